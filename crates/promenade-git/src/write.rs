//! Commits: a tree of given files on given parents, and a branch moved to it.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::objs::tree::EntryKind;
use gix::objs::{Kind, WriteTo as _};

use crate::packing::again;
use crate::{CommitId, Git, GitError, Ident, Repository, Signer};

/// The tree without files, which git knows in every repository.
const EMPTY_TREE_SHA1: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// A commit to make.
#[derive(Clone)]
#[must_use]
pub struct CommitRequest<'a> {
    branch: String,
    message: String,
    author: Ident,
    committer: Ident,
    files: BTreeMap<String, Option<Vec<u8>>>,
    parents: Option<Vec<CommitId>>,
    tree: Option<String>,
    /// Whether the tree is known by its id alone: its objects were not kept.
    unwritten: bool,
    signer: Option<&'a Signer<'a>>,
}

impl<'a> CommitRequest<'a> {
    /// Asks for a commit on a branch (short name; made if it does not exist), on top of what the
    /// branch points at, with its files.
    pub fn new(branch: impl Into<String>, message: impl Into<String>, author: Ident) -> Self {
        Self {
            branch: branch.into(),
            message: message.into(),
            committer: author.clone(),
            author,
            files: BTreeMap::new(),
            parents: None,
            tree: None,
            unwritten: false,
            signer: None,
        }
    }

    /// Sets the bytes of a file; the mode of one that exists is kept.
    pub fn file(mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), Some(bytes.into()));
        self
    }

    /// Removes a file.
    pub fn remove(mut self, path: impl Into<String>) -> Self {
        self.files.insert(path.into(), None);
        self
    }

    /// Names the parents. The first one must be what the branch points at, unless the branch is new.
    pub fn parents(mut self, parents: impl IntoIterator<Item = CommitId>) -> Self {
        self.parents = Some(parents.into_iter().collect());
        self
    }

    /// Starts from the files of this tree (an id that [`Repository::merge`] or
    /// [`Repository::cherry_pick`] gave, or a commit), not from those of the first parent.
    pub fn tree(mut self, tree: impl Into<String>) -> Self {
        self.tree = Some(tree.into());
        self
    }

    /// Takes the id of a tree whose objects were not kept, for the id that the commit will have.
    pub(crate) fn unwritten(mut self, tree: impl Into<String>) -> Self {
        self.unwritten = true;
        self.tree(tree)
    }

    /// Names another committer than the author.
    pub fn committer(mut self, committer: Ident) -> Self {
        self.committer = committer;
        self
    }

    /// Has it signed.
    pub fn signed(mut self, signer: &'a Signer<'a>) -> Self {
        self.signer = Some(signer);
        self
    }
}

impl Repository {
    /// Makes a commit and moves its branch to it, compare-and-swap; if the branch is checked out,
    /// the index and the work tree follow, with changes elsewhere in it left as they are.
    ///
    /// The same request on the same parents gives the same id. If the branch is there already, as
    /// after a crash, nothing is made and the work tree is brought up to date.
    ///
    /// # Errors
    /// [`GitError::Moved`] if the branch is elsewhere, [`GitError::Dirty`] if the work tree has
    /// changes in the way: nothing was moved then. [`GitError::Invalid`] for a path that git refuses.
    pub fn commit(&self, request: &CommitRequest<'_>) -> Result<CommitId, GitError> {
        let branch = format!("refs/heads/{}", request.branch);
        let repository = self.local();
        let tip = self.reference(&branch)?;
        let (id, parents) = self.write_commit(&repository, request, tip.as_ref())?;
        let checked_out = self.branch()?.as_ref() == Some(&request.branch) && !repository.is_bare();
        if tip.as_ref() == Some(&id) {
            if checked_out {
                self.follow(parents.first(), &id, false)?;
            }
            return Ok(id);
        }
        let expected = tip.as_ref();
        if let (Some(tip), first) = (expected, parents.first())
            && first != Some(tip)
        {
            return Err(GitError::Moved {
                name: branch,
                expected: first.cloned(),
                found: Some(tip.clone()),
            });
        }
        if checked_out {
            self.follow(expected, &id, true)?;
        }
        let subject = request.message.lines().next().unwrap_or_default();
        let why = format!("commit: {subject}");
        self.move_ref(&branch, expected, &id, &why, &request.committer)?;
        if checked_out {
            self.follow(expected, &id, false)?;
        }
        Ok(id)
    }

    /// Takes the newest commit of a branch back: the branch is at its first parent then, and so are the
    /// index and the work tree if it is checked out. For commits that nobody else can have seen.
    pub(crate) fn uncommit(&self, branch: &str, tip: &CommitId) -> Result<(), GitError> {
        let commit = self.commit_at(tip.as_str())?;
        let name = format!("refs/heads/{branch}");
        let Some(parent) = commit.parents.first() else {
            return Err(GitError::Invalid {
                what: "commit to take back",
                input: tip.to_string(),
                reason: "it is the first one of its branch".to_owned(),
            });
        };
        let checked_out = self.branch()?.as_deref() == Some(branch) && !self.local().is_bare();
        if checked_out {
            self.follow(Some(tip), parent, true)?;
        }
        let why = format!("undo: {}", commit.subject());
        self.move_ref(&name, Some(tip), parent, &why, &commit.committer)?;
        if checked_out {
            self.follow(Some(tip), parent, false)?;
        }
        Ok(())
    }

    /// Returns the id that a commit will have; its objects are made in memory, and nothing is written.
    ///
    /// # Errors
    /// [`GitError::Invalid`] for a path that git refuses, [`GitError::Io`] if a parent cannot be read.
    pub fn prepare_commit(&self, request: &CommitRequest<'_>) -> Result<CommitId, GitError> {
        self.prepare_commit_after(&[], request)
    }

    /// As [`Repository::prepare_commit`], after commits that are to be made before it, oldest first.
    ///
    /// # Errors
    /// As [`Repository::prepare_commit`].
    pub fn prepare_commit_after(
        &self,
        before: &[CommitRequest<'_>],
        request: &CommitRequest<'_>,
    ) -> Result<CommitId, GitError> {
        let tip = self.reference(&format!("refs/heads/{}", request.branch))?;
        let repository = self.local().with_object_memory();
        for one in before {
            self.write_commit(&repository, one, tip.as_ref())?;
        }
        Ok(self.write_commit(&repository, request, tip.as_ref())?.0)
    }

    /// Writes the commit object, and returns its id and parents.
    fn write_commit(
        &self,
        repository: &gix::Repository,
        request: &CommitRequest<'_>,
        tip: Option<&CommitId>,
    ) -> Result<(CommitId, Vec<CommitId>), GitError> {
        let parents = match (&request.parents, tip) {
            (Some(parents), _) => parents.clone(),
            (None, Some(tip)) => vec![tip.clone()],
            (None, None) => Vec::new(),
        };
        let tree = self.edited_tree(repository, request, parents.first())?;
        let bytes = encode(request, &parents, tree)?;
        let id = gix::prelude::Write::write_buf(&repository.objects, Kind::Commit, &bytes)
            .map_err(|error| GitError::io("writing a commit", error))?;
        Ok((CommitId::of(id), parents))
    }

    fn edited_tree(
        &self,
        repository: &gix::Repository,
        request: &CommitRequest<'_>,
        parent: Option<&CommitId>,
    ) -> Result<ObjectId, GitError> {
        if let (true, Some(tree)) = (request.unwritten, &request.tree) {
            return ObjectId::from_hex(tree.as_bytes())
                .map_err(|error| GitError::io("reading the id of a tree", error));
        }
        let base = match (&request.tree, parent) {
            (Some(tree), _) => {
                let object = again(|| {
                    let id = repository.rev_parse_single(tree.as_str())?;
                    id.object()?.peel_to_kind(Kind::Tree)
                });
                let unknown = || GitError::UnknownRevision {
                    revision: tree.clone(),
                };
                object.map_err(|_| unknown())?.id
            }
            (None, Some(parent)) => self.tree_of(repository, parent.as_str())?,
            (None, None) => ObjectId::empty_tree(repository.object_hash()),
        };
        again(|| edited(repository, base, request))
    }

    /// Brings index and work tree from one commit to the next, as `git checkout` would; with `try_only`
    /// only says whether it could. What is at the next commit already is left alone.
    fn follow(
        &self,
        from: Option<&CommitId>,
        to: &CommitId,
        try_only: bool,
    ) -> Result<(), GitError> {
        let dir = self.work_tree()?;
        // Entries whose time stamps alone changed would pass for changed files; the exit code says
        // only whether there are changed ones.
        let _ = Git::in_dir(&dir)
            .args(["update-index", "-q", "--refresh"])
            .output()?;
        let from = from.map_or(EMPTY_TREE_SHA1, CommitId::as_str);
        let options: &[&str] = if try_only { &["-n"] } else { &[] };
        let git = Git::in_dir(&dir)
            .args(["read-tree", "-m", "-u"])
            .args(options)
            .args([from, to.as_str()]);
        let output = git.output()?;
        if output.code == Some(0) {
            return Ok(());
        }
        let status = self.status()?;
        let mut paths = status.changed;
        paths.extend(status.untracked);
        if paths.is_empty() {
            return Err(git.failed(&output));
        }
        Err(GitError::Dirty { paths })
    }
}

/// Writes the tree with the files of a request in it.
fn edited(
    repository: &gix::Repository,
    base: ObjectId,
    request: &CommitRequest<'_>,
) -> Result<ObjectId, GitError> {
    let edit = |error| GitError::io("editing a tree", error);
    let mut editor = repository.edit_tree(base).map_err(edit)?;
    for (path, bytes) in &request.files {
        check_path(path)?;
        match bytes {
            None => {
                editor.remove(path.as_str()).map_err(edit)?;
            }
            Some(bytes) => {
                let blob = repository.write_blob(bytes).map_err(edit)?.detach();
                let before = editor.get(path.as_str()).map(|entry| entry.mode().kind());
                let kind = match before {
                    Some(EntryKind::BlobExecutable) => EntryKind::BlobExecutable,
                    _ => EntryKind::Blob,
                };
                editor.upsert(path.as_str(), kind, blob).map_err(edit)?;
            }
        }
    }
    Ok(editor.write().map_err(edit)?.detach())
}

fn encode(
    request: &CommitRequest<'_>,
    parents: &[CommitId],
    tree: ObjectId,
) -> Result<Vec<u8>, GitError> {
    if request.message.trim().is_empty() || request.message.contains('\0') {
        return Err(GitError::Invalid {
            what: "commit message",
            input: request.message.clone(),
            reason: "expected text".to_owned(),
        });
    }
    let commit = gix::objs::Commit {
        tree,
        parents: parents
            .iter()
            .map(CommitId::object)
            .collect::<Result<_, _>>()?,
        author: request.author.signature(),
        committer: request.committer.signature(),
        encoding: None,
        message: format!("{}\n", request.message.trim_end()).into(),
        extra_headers: Vec::new(),
    };
    signed(commit, request.signer)
}

/// Returns the bytes of a commit, with its signature if there is a signer.
pub(crate) fn signed(
    mut commit: gix::objs::Commit,
    signer: Option<&Signer<'_>>,
) -> Result<Vec<u8>, GitError> {
    let write = |commit: &gix::objs::Commit| {
        let mut bytes = Vec::new();
        commit
            .write_to(&mut bytes)
            .map(|()| bytes)
            .map_err(|error| GitError::io("writing a commit", error))
    };
    let bytes = write(&commit)?;
    let Some(sign) = signer else { return Ok(bytes) };
    let signature = sign(&bytes).map_err(|error| GitError::io("signing a commit", error))?;
    let field = gix::objs::commit::signature_field_name(commit.tree.kind());
    let signature = signature.trim_end_matches('\n');
    commit.extra_headers.push((field.into(), signature.into()));
    write(&commit)
}

fn check_path(path: &str) -> Result<(), GitError> {
    let is_bad = |part: &str| {
        matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git") || part.contains('\0')
    };
    if path.split('/').any(is_bad) {
        return Err(GitError::Invalid {
            what: "path",
            input: path.to_owned(),
            reason: "expected names separated by `/`, none of them empty, `.`, `..` or `.git`"
                .to_owned(),
        });
    }
    Ok(())
}
