//! The port of `promenade-process` onto a repository.

mod look;
mod push;
mod undo;

use std::collections::BTreeMap;

use promenade_process::port::holding::Holding;
use promenade_process::port::repository as port;
use promenade_process::port::signature::{GIT_NAMESPACE, MakeSignature};
use promenade_promotion::CommitId as Id;
use promenade_tag::{ObjectKind, TagFacts};

use crate::combine::Theirs;
use crate::{CommitId, CommitRequest, GitError, Ident, Repository, TagRequest};

/// A repository as plans read it and are applied to it.
pub struct Work<'a> {
    repository: &'a Repository,
    signer: Option<&'a dyn MakeSignature>,
}

impl<'a> Work<'a> {
    /// Takes a repository, without a key: tags that ask for a signature are refused.
    #[must_use]
    pub fn new(repository: &'a Repository) -> Self {
        Self {
            repository,
            signer: None,
        }
    }

    /// Signs with a key.
    #[must_use]
    pub fn signed(mut self, signer: &'a dyn MakeSignature) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Tells whether a commit that may not exist is reached from another one.
    fn reaches(&self, from: &CommitId, sought: &CommitId) -> Result<bool, port::RepositoryError> {
        match self.repository.is_ancestor(sought.as_str(), from.as_str()) {
            Ok(reached) => Ok(reached),
            Err(GitError::UnknownRevision { .. } | GitError::BadObject { .. }) => Ok(false),
            Err(other) => Err(error(other)),
        }
    }

    fn existing(&self, name: &str) -> Result<Option<TagFacts>, GitError> {
        if self
            .repository
            .reference(&format!("refs/tags/{name}"))?
            .is_none()
        {
            return Ok(None);
        }
        let tags = self.repository.tags()?;
        Ok(tags.into_iter().find(|facts| facts.name == name.as_bytes()))
    }

    fn write_tag(&self, request: &port::TagRequest) -> Result<(), GitError> {
        let who = ident(&request.author, request.at)?;
        let target = own(&request.target)?;
        let Some(message) = &request.message else {
            return self
                .repository
                .create_lightweight_tag(&request.name, &target, &who);
        };
        let tag = TagRequest::new(&request.name, target, message, who);
        if !request.signed {
            return self.repository.create_tag(&tag).map(|_| ());
        }
        let Some(signer) = self.signer else {
            return Err(GitError::Invalid {
                what: "tag",
                input: request.name.clone(),
                reason: "it must be signed, and no signing key is given".to_owned(),
            });
        };
        let sign = |payload: &[u8]| {
            signer
                .sign(GIT_NAMESPACE, payload)
                .map_err(|error| error.to_string())
        };
        self.repository.create_tag(&tag.signed(&sign)).map(|_| ())
    }
}

impl port::History for Work<'_> {
    fn tags(&self) -> Result<Vec<TagFacts>, port::RepositoryError> {
        self.repository.tags().map_err(error)
    }

    fn find(&self, revision: &str) -> Result<Option<Id>, port::RepositoryError> {
        match self.repository.resolve(revision) {
            Ok(id) => theirs(&id).map(Some).map_err(error),
            Err(GitError::UnknownRevision { .. }) => Ok(None),
            Err(other) => Err(error(other)),
        }
    }

    fn file(&self, commit: &Id, path: &str) -> Result<Option<Vec<u8>>, port::RepositoryError> {
        match self.repository.read_file(commit.as_str(), path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(GitError::NoSuchFile { .. }) => Ok(None),
            Err(other) => Err(error(other)),
        }
    }

    fn files(&self, commit: &Id) -> Result<Vec<String>, port::RepositoryError> {
        self.repository.files(commit.as_str()).map_err(error)
    }

    fn commits(
        &self,
        since: Option<&Id>,
        until: &Id,
    ) -> Result<Vec<port::CommitFacts>, port::RepositoryError> {
        let since: Vec<_> = since.iter().map(|id| id.as_str()).collect();
        let commits = self
            .repository
            .commits(&since, until.as_str())
            .map_err(error)?;
        let facts = commits.into_iter().map(|commit| {
            port::CommitFacts::new(commit.id.to_string(), commit.message, [] as [String; 0])
                .with_parents(commit.parents.iter().map(ToString::to_string))
        });
        Ok(facts.collect())
    }

    fn commit(&self, commit: &Id) -> Result<port::CommitFacts, port::RepositoryError> {
        let commit = self.repository.commit_at(commit.as_str()).map_err(error)?;
        let none = [] as [String; 0];
        Ok(
            port::CommitFacts::new(commit.id.to_string(), commit.message, none)
                .with_parents(commit.parents.iter().map(ToString::to_string)),
        )
    }

    fn combine(
        &self,
        onto: &Id,
        source: &port::Source,
    ) -> Result<port::Combined, port::RepositoryError> {
        let change = theirs_of(source).map_err(error)?;
        let combined = self
            .repository
            .combine(onto.as_str(), change, false, &BTreeMap::new());
        let combined = combined.map_err(error)?;
        let base = combined.base.as_ref().map(theirs).transpose();
        Ok(port::Combined {
            conflicts: combined.conflicts,
            changed: combined.changed,
            base: base.map_err(error)?,
        })
    }

    fn paths_of(&self, commit: &Id) -> Result<Vec<String>, port::RepositoryError> {
        let changes = self.repository.paths_of(commit.as_str()).map_err(error)?;
        Ok(changes.into_iter().map(|change| change.path).collect())
    }

    fn changed(&self, from: &Id, to: &Id) -> Result<Vec<String>, port::RepositoryError> {
        let changed = self
            .repository
            .changed_paths(from.as_str(), to.as_str())
            .map_err(error)?;
        Ok(changed.into_iter().map(|change| change.path).collect())
    }

    fn holdings(&self, change: &Id, tips: &[Id]) -> Result<Vec<Holding>, port::RepositoryError> {
        let tips: Vec<_> = tips.iter().map(Id::as_str).collect();
        self.repository
            .holdings(change.as_str(), &tips)
            .map_err(error)
    }
}

impl port::Repository for Work<'_> {
    fn prepare(
        &self,
        before: &[port::CommitRequest],
        request: &port::CommitRequest,
    ) -> Result<Id, port::RepositoryError> {
        let before: Result<Vec<_>, _> = before
            .iter()
            .map(|request| self.request(request, false))
            .collect();
        let request = self.request(request, false).map_err(error)?;
        let id = self
            .repository
            .prepare_commit_after(&before.map_err(error)?, &request);
        theirs(&id.map_err(error)?).map_err(error)
    }

    fn obstacles(
        &self,
        change: port::Change<'_>,
    ) -> Result<Vec<port::Obstacle>, port::RepositoryError> {
        self.look(change)
    }

    fn make(&self, change: port::Change<'_>) -> Result<port::Applied<()>, port::RepositoryError> {
        match change {
            port::Change::Branch { name, at } => self.make_branch(name, at),
            port::Change::Commit { id, request } => self.make_commit(id, request),
            port::Change::Tag(request) => self.make_tag(request),
            port::Change::Push(request) => self.push(request),
        }
    }

    fn undo(&self, change: port::Change<'_>) -> Result<port::Applied<()>, port::RepositoryError> {
        self.take_back(change)
    }
}

impl Work<'_> {
    /// Reads a request. Without `keep` its tree may be known by its id alone.
    fn request(
        &self,
        request: &port::CommitRequest,
        keep: bool,
    ) -> Result<CommitRequest<'static>, GitError> {
        let who = ident(&request.author, request.at)?;
        let (branch, message) = (&request.branch, &request.message);
        let parent = own(&request.parent)?;
        let commit = match &request.source {
            None => CommitRequest::new(branch, message, who).parents([parent]),
            Some(source) => {
                let theirs = theirs_of(source)?;
                let combined =
                    self.repository
                        .combine(parent.as_str(), theirs, keep, &request.files)?;
                let open = combined.conflicts.into_iter();
                let open: Vec<_> = open
                    .filter(|path| !request.files.contains_key(path))
                    .collect();
                if !open.is_empty() {
                    return Err(GitError::MergeConflict { paths: open });
                }
                let commit = match source {
                    port::Source::Pick(from) => {
                        let author = self.repository.commit_at(from.as_str())?.author;
                        CommitRequest::new(branch, message, author)
                            .committer(who)
                            .parents([parent])
                    }
                    other => CommitRequest::new(branch, message, who)
                        .parents([parent, own(other.commit())?]),
                };
                match keep {
                    true => commit.tree(combined.tree),
                    false => commit.unwritten(combined.tree),
                }
            }
        };
        Ok(request
            .files
            .iter()
            .fold(commit, |commit, (path, bytes)| match bytes {
                Some(bytes) => commit.file(path, bytes.as_slice()),
                None => commit.remove(path),
            }))
    }

    fn make_commit(
        &self,
        id: &Id,
        request: &port::CommitRequest,
    ) -> Result<port::Applied<()>, port::RepositoryError> {
        let branch = format!("refs/heads/{}", request.branch);
        let request = self.request(request, true).map_err(error)?;
        let planned = self.repository.prepare_commit(&request).map_err(error)?;
        if planned.as_str() != id.as_str() {
            return Err(port::RepositoryError::Conflict {
                what: "the commit".to_owned(),
                expected: id.to_string(),
                found: planned.to_string(),
            });
        }
        // Somebody may have gone on from the commit since: then it is done all the same.
        let tip = self.repository.reference(&branch).map_err(error)?;
        if let Some(tip) = &tip
            && *tip != planned
            && self.reaches(tip, &planned)?
        {
            return Ok(port::Applied::Already(()));
        }
        let stood = tip.as_ref() == Some(&planned);
        self.repository.commit(&request).map_err(error)?;
        Ok(if stood {
            port::Applied::Already(())
        } else {
            port::Applied::Now(())
        })
    }

    fn make_tag(
        &self,
        request: &port::TagRequest,
    ) -> Result<port::Applied<()>, port::RepositoryError> {
        match self.standing_tag(request)? {
            Standing::Free => self
                .write_tag(request)
                .map(port::Applied::Now)
                .map_err(error),
            Standing::Same => Ok(port::Applied::Already(())),
            Standing::Other(found) => Err(port::RepositoryError::Conflict {
                what: format!("tag `{}`", request.name),
                expected: format!("a new tag of {}", request.target),
                found,
            }),
        }
    }

    /// What stands under the name of a tag that is to be made.
    fn standing_tag(&self, request: &port::TagRequest) -> Result<Standing, port::RepositoryError> {
        let Some(found) = self.existing(&request.name).map_err(error)? else {
            return Ok(Standing::Free);
        };
        let annotated = found.object == ObjectKind::Tag;
        if found.peeled == request.target.as_str() && annotated == request.message.is_some() {
            return Ok(Standing::Same);
        }
        Ok(Standing::Other(format!("a tag of {}", found.peeled)))
    }

    fn make_branch(&self, name: &str, at: &Id) -> Result<port::Applied<()>, port::RepositoryError> {
        let branch = format!("refs/heads/{name}");
        let at = own(at).map_err(error)?;
        match self.repository.reference(&branch).map_err(error)? {
            None => {
                let who = self.repository.commit_at(at.as_str());
                let who = who.map_err(error)?.committer;
                let made = self.repository.create_branch(name, &at, &who);
                made.map(port::Applied::Now).map_err(error)
            }
            // Work on the branch may have gone on.
            Some(tip) if tip == at || self.reaches(&tip, &at)? => Ok(port::Applied::Already(())),
            Some(tip) => Err(port::RepositoryError::Conflict {
                what: format!("branch `{name}`"),
                expected: format!("a new branch from {at}"),
                found: format!("a branch at {tip}"),
            }),
        }
    }
}

/// What stands under a name.
enum Standing {
    /// Nothing.
    Free,
    /// What was to be made.
    Same,
    /// Something else.
    Other(String),
}

fn ident(author: &port::Author, at: chrono::DateTime<chrono::Utc>) -> Result<Ident, GitError> {
    Ident::new(&author.name, &author.email, at.fixed_offset())
}

fn theirs_of(source: &port::Source) -> Result<Theirs<'_>, GitError> {
    match source {
        port::Source::Pick(commit) => Ok(Theirs::Pick(commit.as_str())),
        port::Source::Merge(commit) => Ok(Theirs::Merge(commit.as_str())),
        other => Err(GitError::Invalid {
            what: "source of a change",
            input: other.commit().to_string(),
            reason: "this version knows picks and merges".to_owned(),
        }),
    }
}

fn own(id: &Id) -> Result<CommitId, GitError> {
    id.as_str().parse()
}

fn theirs(id: &CommitId) -> Result<Id, GitError> {
    Id::new(id.as_str()).map_err(|error| GitError::Invalid {
        what: "commit id",
        input: id.to_string(),
        reason: error.to_string(),
    })
}

fn error(error: GitError) -> port::RepositoryError {
    let shown = |id: &Option<CommitId>| {
        id.as_ref()
            .map_or_else(|| "nothing".to_owned(), ToString::to_string)
    };
    match &error {
        GitError::Exists { name, at } => port::RepositoryError::Conflict {
            what: format!("`{name}`"),
            expected: "nothing".to_owned(),
            found: at.to_string(),
        },
        GitError::Moved {
            name,
            expected,
            found,
        } => port::RepositoryError::Conflict {
            what: format!("`{name}`"),
            expected: shown(expected),
            found: shown(found),
        },
        GitError::Io { action, cause } => port::RepositoryError::Io {
            action: action.clone(),
            cause: cause.clone(),
        },
        _ => port::RepositoryError::Refused {
            reason: error.to_string(),
        },
    }
}
