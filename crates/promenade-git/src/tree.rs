//! Trees: files of a commit, and what differs between two.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use gix::ObjectId;
use gix::bstr::BString;
use gix::objs::Kind;
use gix::objs::tree::EntryMode;

use crate::packing::again;
use crate::program::Git;
use crate::{GitError, Repository, object};

/// How a path differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It is only in the newer commit.
    Added,
    /// It is only in the older commit.
    Removed,
    /// Its bytes or its mode differ.
    Modified,
}

/// A path that differs between two commits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct PathChange {
    /// The path, with `/`.
    pub path: String,
    /// How it differs.
    pub change: Change,
}

type Entries = BTreeMap<BString, (EntryMode, ObjectId)>;

impl Repository {
    /// Returns the bytes of a file of a commit; of a symbolic link, its text.
    ///
    /// # Errors
    /// [`GitError::NoSuchFile`] if the commit has no file of that path, [`GitError::UnknownRevision`]
    /// if the revision is no commit.
    pub fn read_file(&self, revision: &str, path: &str) -> Result<Vec<u8>, GitError> {
        let missing = || GitError::NoSuchFile {
            revision: revision.to_owned(),
            path: path.to_owned(),
        };
        let repository = self.local();
        let id = self.resolve(revision)?.object()?;
        let tree = again(|| repository.find_commit(id)?.tree())
            .map_err(|error| GitError::object(id, error))?;
        let entry = again(|| tree.lookup_entry(path.split('/')))
            .map_err(|error| GitError::object(id, error))?
            .ok_or_else(missing)?;
        if !entry.mode().is_blob_or_symlink() {
            return Err(missing());
        }
        let id = entry.object_id();
        Ok(object::find(&repository, id)?.detach().data)
    }

    /// Returns the paths of all files of a commit, in the order of their bytes.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] if the revision is no commit.
    pub fn files(&self, revision: &str) -> Result<Vec<String>, GitError> {
        let repository = self.local();
        let tree = self.tree_of(&repository, revision)?;
        let mut changes = Vec::new();
        diff(&repository, None, Some(tree), "", &mut changes)?;
        let mut paths: Vec<_> = changes.into_iter().map(|change| change.path).collect();
        paths.sort();
        Ok(paths)
    }

    /// Returns the paths that differ between two commits, in the order of their bytes. A path that
    /// is not UTF-8 is shown with replacement characters.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] for a revision that is no commit.
    pub fn changed_paths(&self, old: &str, new: &str) -> Result<Vec<PathChange>, GitError> {
        let repository = self.local();
        let old = self.tree_of(&repository, old)?;
        let new = self.tree_of(&repository, new)?;
        let mut changes = Vec::new();
        diff(&repository, Some(old), Some(new), "", &mut changes)?;
        changes.sort();
        Ok(changes)
    }

    /// Returns the paths in which a commit differs from its first parent, in the order of their bytes:
    /// all of them for a commit without parents.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] if the revision is no commit.
    pub fn paths_of(&self, revision: &str) -> Result<Vec<PathChange>, GitError> {
        let repository = self.local();
        let commit = self.commit_at(revision)?;
        let parent = match commit.parents.first() {
            Some(parent) => Some(self.tree_of(&repository, parent.as_str())?),
            None => None,
        };
        let tree = self.tree_of(&repository, commit.id.as_str())?;
        let mut changes = Vec::new();
        diff(&repository, parent, Some(tree), "", &mut changes)?;
        changes.sort();
        Ok(changes)
    }

    /// Writes every file of a commit into a directory, which is made: links and modes as git has them,
    /// without the files of submodules. Neither the index nor the work tree of the repository is touched.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] if the revision is no commit, [`GitError::Bare`] if there is no work
    /// tree, [`GitError::Io`] or [`GitError::Program`] if a file cannot be written.
    pub fn export(&self, revision: &str, dir: &Path) -> Result<(), GitError> {
        let commit = self.resolve(revision)?;
        let top = self.work_tree()?;
        let to = std::path::absolute(dir)
            .and_then(|to| std::fs::create_dir_all(&to).map(|()| to))
            .map_err(|error| GitError::io(format!("make `{}`", dir.display()), error))?;
        let index = to.join(".git-index");
        let git = |args: &[&str]| Git::in_dir(&top).args(args).env("GIT_INDEX_FILE", &index);
        git(&["read-tree", commit.as_str()]).run()?;
        let mut prefix = OsString::from("--prefix=");
        prefix.push(&to);
        prefix.push("/");
        let made = git(&["checkout-index", "--all", "--force"])
            .arg(prefix)
            .run();
        // Nothing else knows it; what stays of it is no file of the commit.
        let _ = std::fs::remove_file(&index);
        made.map(drop)
    }

    pub(crate) fn tree_of(
        &self,
        repository: &gix::Repository,
        revision: &str,
    ) -> Result<ObjectId, GitError> {
        // A commit that was only prepared is known by its id and in no other way.
        let prepared = ObjectId::from_hex(revision.as_bytes()).ok();
        let id = match prepared.filter(|id| again(|| repository.find_commit(*id)).is_ok()) {
            Some(id) => id,
            None => self.resolve(revision)?.object()?,
        };
        let commit =
            again(|| repository.find_commit(id)).map_err(|error| GitError::object(id, error))?;
        let tree = commit
            .tree_id()
            .map_err(|error| GitError::object(id, error))?;
        Ok(tree.detach())
    }
}

pub(crate) fn diff(
    repository: &gix::Repository,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    prefix: &str,
    changes: &mut Vec<PathChange>,
) -> Result<(), GitError> {
    if old == new {
        return Ok(());
    }
    let old = entries(repository, old)?;
    let new = entries(repository, new)?;
    let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let path = format!("{prefix}{name}");
        let (before, after) = (old.get(name), new.get(name));
        if before == after {
            continue;
        }
        let tree = |side: Option<&(EntryMode, ObjectId)>| {
            side.filter(|(mode, _)| mode.is_tree()).map(|(_, id)| *id)
        };
        let leaf =
            |side: Option<&(EntryMode, ObjectId)>| side.is_some_and(|(mode, _)| !mode.is_tree());
        let change = match (leaf(before), leaf(after)) {
            (true, true) => Some(Change::Modified),
            (true, false) => Some(Change::Removed),
            (false, true) => Some(Change::Added),
            (false, false) => None,
        };
        if let Some(change) = change {
            let path = path.clone();
            changes.push(PathChange { path, change });
        }
        if tree(before).is_some() || tree(after).is_some() {
            let prefix = format!("{path}/");
            diff(repository, tree(before), tree(after), &prefix, changes)?;
        }
    }
    Ok(())
}

fn entries(repository: &gix::Repository, id: Option<ObjectId>) -> Result<Entries, GitError> {
    let Some(id) = id else {
        return Ok(Entries::new());
    };
    let object = object::find(repository, id)?;
    if object.kind != Kind::Tree {
        return Err(GitError::object(
            id,
            format!("is a {}, not a tree", object.kind),
        ));
    }
    gix::objs::TreeRefIter::from_bytes(&object.data, id.kind())
        .map(|entry| {
            let entry = entry.map_err(|error| GitError::object(id, error))?;
            Ok((
                entry.filename.to_owned(),
                (entry.mode, entry.oid.to_owned()),
            ))
        })
        .collect()
}
