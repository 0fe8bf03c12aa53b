//! Tags: their facts, and making them.

use gix::bstr::BStr;
use gix::objs::Kind;
use promenade_tag::{ObjectKind, SignatureKind, TagFacts};

use crate::ident::date;
use crate::{CommitId, GitError, Ident, Repository, object, refs};

/// Makes the armoured signature of the bytes of a commit or tag; the error says why not.
pub type Signer<'a> = dyn Fn(&[u8]) -> Result<String, String> + Send + Sync + 'a;

/// How many tags may lie upon each other.
const MAX_DEPTH: u32 = 64;

/// An annotated tag to make.
#[derive(Clone)]
#[must_use]
pub struct TagRequest<'a> {
    name: String,
    target: CommitId,
    message: String,
    tagger: Ident,
    signer: Option<&'a Signer<'a>>,
}

impl<'a> TagRequest<'a> {
    /// Asks for an annotated tag, without a signature.
    pub fn new(
        name: impl Into<String>,
        target: CommitId,
        message: impl Into<String>,
        tagger: Ident,
    ) -> Self {
        Self {
            name: name.into(),
            target,
            message: message.into(),
            tagger,
            signer: None,
        }
    }

    /// Has it signed.
    pub fn signed(mut self, signer: &'a Signer<'a>) -> Self {
        self.signer = Some(signer);
        self
    }
}

const TAGS: &str = "refs/tags/";

impl Repository {
    /// Returns the facts of every tag, in the order of their names. Each object is decoded once.
    ///
    /// # Errors
    /// [`GitError::Io`] if the refs cannot be read, [`GitError::BadObject`] if an object is missing.
    pub fn tags(&self) -> Result<Vec<TagFacts>, GitError> {
        let repository = self.local();
        let mut facts = Vec::new();
        for (name, id) in refs::list(&repository, TAGS, |name, id| (short(name), id))?.whole()? {
            let Some(id) = id else { continue };
            facts.push(read(&repository, name, id)?);
        }
        Ok(facts)
    }

    /// Returns the names of all tags, in order, below `refs/tags/`. No object is read: what a name
    /// says of a version needs none, and a hundred thousand objects take their time.
    ///
    /// # Errors
    /// [`GitError::Io`] if the refs cannot be read.
    pub fn tag_names(&self) -> Result<Vec<Vec<u8>>, GitError> {
        refs::list(&self.local(), TAGS, |name, _| short(name))?.whole()
    }

    /// Makes an annotated tag, if no tag has that name.
    ///
    /// # Errors
    /// [`GitError::Exists`] if the name is taken, even by an equal tag; [`GitError::Invalid`] for a
    /// name that git refuses or a message without text; [`GitError::Io`] if it cannot be signed.
    pub fn create_tag(&self, request: &TagRequest<'_>) -> Result<CommitId, GitError> {
        let name = format!("refs/tags/{}", request.name);
        refs::full_name(&name)?;
        if let Some(at) = self.reference(&name)? {
            return Err(GitError::Exists { name, at });
        }
        if request.message.trim().is_empty() || request.message.contains('\0') {
            return Err(GitError::Invalid {
                what: "tag message",
                input: request.message.clone(),
                reason: "expected text".to_owned(),
            });
        }
        let repository = self.local();
        let target = request.target.object()?;
        let kind = object::kind(&repository, target)?;
        let bytes = encode(request, target, kind)?;
        let id = gix::prelude::Write::write_buf(&repository.objects, Kind::Tag, &bytes)
            .map_err(|error| GitError::io("writing a tag object", error))?;
        let id = CommitId::of(id);
        let why = format!("tag: {}", request.name);
        self.move_ref(&name, None, &id, &why, &request.tagger)?;
        Ok(id)
    }

    /// Makes a lightweight tag, if no tag has that name.
    ///
    /// # Errors
    /// As [`Repository::create_tag`].
    pub fn create_lightweight_tag(
        &self,
        name: &str,
        target: &CommitId,
        who: &Ident,
    ) -> Result<(), GitError> {
        let why = format!("tag: {name}");
        self.move_ref(&format!("refs/tags/{name}"), None, target, &why, who)
    }

    /// Returns the bytes of the tag object of a tag: what a signature covers and, after it, the
    /// signature; nothing for a lightweight tag.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] if there is no such tag.
    pub fn tag_object(&self, name: &str) -> Result<Option<Vec<u8>>, GitError> {
        let full = format!("refs/tags/{name}");
        let id = self
            .reference(&full)?
            .ok_or(GitError::UnknownRevision { revision: full })?;
        let repository = self.local();
        let object = object::find(&repository, id.object()?)?;
        Ok((object.kind == Kind::Tag).then(|| object.detach().data))
    }
}

/// The name of a tag below `refs/tags/`.
fn short(name: &BStr) -> Vec<u8> {
    name.strip_prefix(TAGS.as_bytes()).unwrap_or(name).to_vec()
}

fn encode(
    request: &TagRequest<'_>,
    target: gix::ObjectId,
    kind: Kind,
) -> Result<Vec<u8>, GitError> {
    let mut bytes = format!(
        "object {target}\ntype {kind}\ntag {}\ntagger ",
        request.name
    )
    .into_bytes();
    request
        .tagger
        .signature()
        .write_to(&mut bytes)
        .map_err(|error| GitError::io("writing a tag object", error))?;
    bytes.extend_from_slice(b"\n\n");
    bytes.extend_from_slice(request.message.trim_end().as_bytes());
    bytes.push(b'\n');
    if let Some(sign) = request.signer {
        let signature = sign(&bytes).map_err(|error| GitError::io("signing a tag", error))?;
        bytes.extend_from_slice(signature.as_bytes());
        if !signature.ends_with('\n') {
            bytes.push(b'\n');
        }
    }
    Ok(bytes)
}

pub(crate) fn read(
    repository: &gix::Repository,
    name: Vec<u8>,
    id: gix::ObjectId,
) -> Result<TagFacts, GitError> {
    let mut facts = TagFacts::lightweight(name, String::new());
    let mut at = id;
    loop {
        let object = object::find(repository, at)?;
        let kind = kind(object.kind);
        if facts.depth == 0 {
            facts.object = kind;
        }
        match object.kind {
            Kind::Tag => {
                let tag = gix::objs::TagRef::from_bytes(&object.data, at.kind())
                    .map_err(|error| GitError::object(at, error))?;
                if facts.depth == 0 {
                    facts.inner_name = Some(tag.name.to_vec());
                    facts.signature = tag.signature.and_then(|text| SignatureKind::of(text));
                    let tagger = tag.tagger().ok().flatten();
                    facts.date = tagger.and_then(|tagger| tagger.time().ok()).map(date);
                }
                facts.depth += 1;
                if facts.depth > MAX_DEPTH {
                    return Err(GitError::object(
                        id,
                        "is a tag of a tag too many times over",
                    ));
                }
                at = tag.target();
                // The kind is written in the tag: what it points at need not be read.
                if tag.target_kind != Kind::Tag {
                    facts.peeled_kind = self::kind(tag.target_kind);
                    break;
                }
            }
            Kind::Commit => {
                facts.peeled_kind = kind;
                let commit = gix::objs::CommitRefIter::from_bytes(&object.data, at.kind());
                let time = commit.committer().ok().and_then(|who| who.time().ok());
                facts.date = time.map(date);
                break;
            }
            Kind::Tree | Kind::Blob => {
                facts.peeled_kind = kind;
                break;
            }
        }
    }
    facts.peeled = at.to_string();
    Ok(facts)
}

fn kind(kind: Kind) -> ObjectKind {
    match kind {
        Kind::Commit => ObjectKind::Commit,
        Kind::Tag => ObjectKind::Tag,
        Kind::Tree => ObjectKind::Tree,
        Kind::Blob => ObjectKind::Blob,
    }
}
