//! A repository: where it is and what state it is in.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use gix::bstr::ByteSlice as _;

use crate::packing::again;
use crate::{CommitId, Git, GitError, Ident, packing};

/// How much memory recently read objects may take: without a cache, walks decode each commit two or
/// three times.
const OBJECT_CACHE_BYTES: usize = 64 * 1024 * 1024;

/// How much memory the bases of deltas may take: without a cache, each object of a chain is made from
/// the start of the chain again.
const PACK_CACHE_BYTES: usize = 16 * 1024 * 1024;

/// A git repository. Cheap to clone; usable from several threads.
#[derive(Clone, Debug)]
pub struct Repository {
    inner: gix::ThreadSafeRepository,
}

/// What differs between the work tree, the index and the last commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Files of the last commit or of the index that were changed, added or removed.
    pub changed: Vec<String>,
    /// Files that git does not know and was not told to ignore.
    pub untracked: Vec<String>,
}

impl Status {
    /// Returns whether nothing that git tracks is changed; unknown files do not count.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.changed.is_empty()
    }
}

impl Repository {
    /// Opens the repository of which `dir` is the work tree or the git directory.
    ///
    /// # Errors
    /// [`GitError::NoRepository`] if there is none, [`GitError::Io`] if it cannot be read.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, GitError> {
        let dir = dir.as_ref();
        if !dir.join(".git").exists() && !dir.join("HEAD").exists() {
            return Err(no_repository(dir));
        }
        let inner = gix::ThreadSafeRepository::open(dir)
            .map_err(|error| GitError::io(format!("opening `{}`", dir.display()), error))?;
        Ok(Self { inner })
    }

    /// Opens the repository that `dir` is in.
    ///
    /// # Errors
    /// [`GitError::NoRepository`] if there is none, [`GitError::Io`] if it cannot be read.
    pub fn discover(dir: impl AsRef<Path>) -> Result<Self, GitError> {
        let dir = dir.as_ref();
        let full = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
        let is_repository = |at: &Path| {
            at.join(".git").exists() || (at.join("HEAD").is_file() && at.join("objects").is_dir())
        };
        if !full.is_dir() || !full.ancestors().any(is_repository) {
            return Err(no_repository(dir));
        }
        let inner = gix::ThreadSafeRepository::discover(dir)
            .map_err(|error| GitError::io(format!("opening `{}`", dir.display()), error))?;
        Ok(Self { inner })
    }

    /// Makes a new repository with a work tree, on branch `main`.
    ///
    /// # Errors
    /// [`GitError::RepositoryExists`] if there is one, [`GitError::Io`] if it cannot be written.
    pub fn init(dir: impl AsRef<Path>) -> Result<Self, GitError> {
        let dir = dir.as_ref();
        if dir.join(".git").exists() {
            return Err(GitError::RepositoryExists {
                dir: dir.to_path_buf(),
            });
        }
        let action = || format!("making a repository in `{}`", dir.display());
        let made = gix::create::into(
            dir,
            gix::create::Kind::WithWorktree,
            gix::create::Options::default(),
        )
        .map_err(|error| GitError::io(action(), error))?;
        let (git_dir, _) = made.into_repository_and_work_tree_directories();
        std::fs::write(git_dir.join("HEAD"), "ref: refs/heads/main\n")
            .map_err(|error| GitError::io(action(), error))?;
        Self::open(dir)
    }

    /// Returns the git directory that linked work trees share.
    #[must_use]
    pub fn git_dir(&self) -> PathBuf {
        let dir = self.local().common_dir().to_path_buf();
        std::path::absolute(&dir).unwrap_or(dir)
    }

    /// Returns the work tree, or the git directory of a bare repository.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        let repository = self.local();
        let dir = repository.workdir().unwrap_or(repository.git_dir());
        std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf())
    }

    /// Returns the work tree.
    ///
    /// # Errors
    /// [`GitError::Bare`] if there is none.
    pub fn work_tree(&self) -> Result<PathBuf, GitError> {
        match self.inner.work_dir() {
            Some(_) => Ok(self.directory()),
            None => Err(GitError::Bare {
                dir: self.directory(),
            }),
        }
    }

    /// Refuses a repository whose history is cut off.
    ///
    /// # Errors
    /// [`GitError::Shallow`] if it is.
    pub fn require_history(&self) -> Result<(), GitError> {
        let shallow = self
            .local()
            .is_shallow()
            .map_err(|error| GitError::io("reading the boundary of a shallow clone", error))?;
        if shallow {
            return Err(GitError::Shallow {
                dir: self.directory(),
            });
        }
        Ok(())
    }

    /// Returns the commit that is checked out.
    ///
    /// # Errors
    /// [`GitError::Empty`] if there is no commit yet.
    pub fn head(&self) -> Result<CommitId, GitError> {
        let repository = self.local();
        let fail = |error: &dyn std::fmt::Display| GitError::io("reading `HEAD`", error);
        packing::steady(&repository, || {
            let head = repository.head().map_err(|error| fail(&error))?;
            if head.is_unborn() {
                return Err(GitError::Empty {
                    dir: self.directory(),
                });
            }
            let id = again(|| repository.head_id()).map_err(|error| fail(&error))?;
            Ok(CommitId::of(id.detach()))
        })
    }

    /// Returns who git would write as the committer of what is made at that time (`user.name`,
    /// `user.email`, or their environment variables).
    ///
    /// # Errors
    /// [`GitError::NoIdentity`] if git was not told.
    pub fn identity(&self, at: DateTime<FixedOffset>) -> Result<Ident, GitError> {
        let repository = self.local();
        match repository.committer() {
            Some(Ok(who)) => Ident::new(who.name.to_str_lossy(), who.email.to_str_lossy(), at),
            _ => Err(GitError::NoIdentity),
        }
    }

    /// Returns what git's configuration says for a key (`user.signingkey`), if it says anything.
    ///
    /// # Errors
    /// [`GitError::Program`] if git fails.
    pub fn config(&self, key: &str) -> Result<Option<String>, GitError> {
        self.configured(&["--get", key])
    }

    /// Returns what git's configuration says for a key that holds a path, with `~` resolved.
    ///
    /// # Errors
    /// [`GitError::Program`] if git fails.
    pub fn config_path(&self, key: &str) -> Result<Option<String>, GitError> {
        self.configured(&["--type=path", "--get", key])
    }

    fn configured(&self, args: &[&str]) -> Result<Option<String>, GitError> {
        let git = Git::in_dir(self.directory()).arg("config").args(args);
        let output = git.output()?;
        match output.code {
            Some(0) => {
                let text = String::from_utf8_lossy(&output.stdout);
                let text = text.trim_end_matches('\n');
                Ok((!text.is_empty()).then(|| text.to_owned()))
            }
            // No such key.
            Some(1) => Ok(None),
            _ => Err(git.failed(&output)),
        }
    }

    /// Returns the short name of the branch that is checked out; nothing if `HEAD` is detached.
    ///
    /// # Errors
    /// [`GitError::Io`] if `HEAD` cannot be read.
    pub fn branch(&self) -> Result<Option<String>, GitError> {
        let name = self
            .local()
            .head_name()
            .map_err(|error| GitError::io("reading `HEAD`", error))?;
        Ok(name.map(|name| name.shorten().to_str_lossy().into_owned()))
    }

    /// Returns the commit that a revision means: an id, a branch, a tag (peeled), `HEAD~2`.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] with the text; [`GitError::Empty`] for `HEAD` if there is no
    /// commit.
    pub fn resolve(&self, revision: &str) -> Result<CommitId, GitError> {
        if revision == "HEAD" {
            return self.head();
        }
        self.resolve_in(&self.local(), revision).map(CommitId::of)
    }

    pub(crate) fn resolve_in(
        &self,
        repository: &gix::Repository,
        revision: &str,
    ) -> Result<gix::ObjectId, GitError> {
        let unknown = || GitError::UnknownRevision {
            revision: revision.to_owned(),
        };
        packing::steady(repository, || {
            let commit = again(|| {
                let id = repository.rev_parse_single(revision)?;
                id.object()?.peel_to_commit()
            });
            Ok(commit.map_err(|_| unknown())?.id)
        })
    }

    /// Compares the work tree and the index with the last commit, as `git status` does.
    ///
    /// # Errors
    /// [`GitError::Bare`] without a work tree, [`GitError::Program`] if git fails.
    pub fn status(&self) -> Result<Status, GitError> {
        let dir = self.work_tree()?;
        let out = Git::in_dir(&dir)
            .args([
                "--no-optional-locks",
                "status",
                "--porcelain=v1",
                "-z",
                "--no-renames",
            ])
            .run()?;
        let mut status = Status::default();
        for line in out.split(|byte| *byte == 0).filter(|line| line.len() > 3) {
            let path = String::from_utf8_lossy(line.get(3..).unwrap_or_default()).into_owned();
            match line.get(..2) {
                Some(b"??") => status.untracked.push(path),
                _ => status.changed.push(path),
            }
        }
        Ok(status)
    }

    /// Returns a handle for this thread that keeps what it reads.
    pub(crate) fn local(&self) -> gix::Repository {
        let mut repository = self.inner.to_thread_local();
        repository.object_cache_size_if_unset(OBJECT_CACHE_BYTES);
        repository.objects.set_pack_cache(|| {
            Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(
                PACK_CACHE_BYTES,
            ))
        });
        repository
    }
}

fn no_repository(dir: &Path) -> GitError {
    GitError::NoRepository {
        dir: dir.to_path_buf(),
    }
}
