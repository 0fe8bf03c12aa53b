//! The error of this crate.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::CommitId;

/// A repository cannot be read or written as asked; every message says what can be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// There is no repository.
    #[error(
        "`{}` is not in a git repository; name one with `--repo`, or run `git init`", .dir.display()
    )]
    NoRepository {
        /// The directory that was looked at.
        dir: PathBuf,
    },
    /// There is a repository already.
    #[error("`{}` holds a git repository already; take another directory", .dir.display())]
    RepositoryExists {
        /// The directory.
        dir: PathBuf,
    },
    /// The repository has no commit.
    #[error("the repository `{}` has no commit yet; commit something first", .dir.display())]
    Empty {
        /// The repository.
        dir: PathBuf,
    },
    /// Nobody told git who commits.
    #[error(
        "git does not know who you are; run `git config user.name \"Your Name\"` and \
         `git config user.email you@example.org`"
    )]
    NoIdentity,
    /// A work tree is needed.
    #[error(
        "the repository `{}` is bare and has no work tree; use a clone that is not bare",
        .dir.display()
    )]
    Bare {
        /// The repository.
        dir: PathBuf,
    },
    /// The whole history is needed.
    #[error(
        "the repository `{}` is a shallow clone and its history is cut off; run \
         `git fetch --unshallow --tags` (in CI: a fetch depth of 0)",
        .dir.display()
    )]
    Shallow {
        /// The repository.
        dir: PathBuf,
    },
    /// A name of a revision means no commit.
    #[error("revision `{revision}` is no commit of this repository")]
    UnknownRevision {
        /// The text.
        revision: String,
    },
    /// A commit has no such file.
    #[error("there is no file `{path}` in `{revision}`")]
    NoSuchFile {
        /// The commit.
        revision: String,
        /// The path, with `/`.
        path: String,
    },
    /// A text cannot be what it is meant to be.
    #[error("invalid {what} `{input}`: {reason}")]
    Invalid {
        /// What it is meant to be.
        what: &'static str,
        /// The text.
        input: String,
        /// Why not.
        reason: String,
    },
    /// A name is taken; nothing was changed.
    #[error("`{name}` exists already, at {at}; nothing was changed")]
    Exists {
        /// The full name of the ref.
        name: String,
        /// What it points at.
        at: CommitId,
    },
    /// A ref is not where it was expected; nothing was changed.
    #[error(
        "`{name}` moved: expected {}, found {}; nothing was changed", shown(.expected), shown(.found)
    )]
    Moved {
        /// The full name of the ref.
        name: String,
        /// Where it was expected; nothing if it was not to exist.
        expected: Option<CommitId>,
        /// Where it is; nothing if it does not exist.
        found: Option<CommitId>,
    },
    /// Files of the work tree carry changes that would be lost.
    #[error("the work tree has changes of its own in {}; commit or stash them", list(.paths))]
    Dirty {
        /// The paths.
        paths: Vec<String>,
    },
    /// Two sides changed the same.
    #[error("cannot merge: both sides changed {}; merge by hand", list(.paths))]
    MergeConflict {
        /// The paths.
        paths: Vec<String>,
    },
    /// Somebody holds the lock of a ref.
    #[error(
        "`{}` is locked by another program; if none is running, remove that file", .path.display()
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The program `git` did not do what it was asked.
    #[error("`git {command}` {problem}")]
    Program {
        /// The command.
        command: String,
        /// What happened: the exit code and what it printed.
        problem: String,
    },
    /// The program `git` was ended because it took too long.
    #[error("`git {command}` was ended after {} s; is the network there?", .after.as_secs())]
    TimedOut {
        /// The command.
        command: String,
        /// How long it was given.
        after: Duration,
    },
    /// A remote did not take what was pushed, for a reason of its own.
    #[error("`{remote}` refused `{name}`: {reason}; may this user write it there?")]
    Refused {
        /// The remote.
        remote: String,
        /// The ref.
        name: String,
        /// What the remote said.
        reason: String,
    },
    /// An object cannot be read, or is not what its id says.
    #[error("object {id} {problem}; run `git fsck`")]
    BadObject {
        /// The object.
        id: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The medium failed.
    #[error("{action} failed: {cause}")]
    Io {
        /// What was tried.
        action: String,
        /// What the system answered.
        cause: String,
    },
}

impl GitError {
    pub(crate) fn io(action: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self::Io {
            action: action.into(),
            cause: cause.to_string(),
        }
    }

    pub(crate) fn file(action: &str, path: &Path, cause: &std::io::Error) -> Self {
        let remedy = match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room on the disk",
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                "; let this user write to the repository"
            }
            _ => "",
        };
        Self::io(
            format!("{action} `{}`", path.display()),
            format!("{cause}{remedy}"),
        )
    }

    pub(crate) fn object(id: impl std::fmt::Display, problem: impl std::fmt::Display) -> Self {
        Self::BadObject {
            id: id.to_string(),
            problem: problem.to_string(),
        }
    }
}

fn shown(id: &Option<CommitId>) -> String {
    id.as_ref()
        .map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

fn list(paths: &[String]) -> String {
    let shown: Vec<_> = paths.iter().take(5).map(|p| format!("`{p}`")).collect();
    let more = paths.len().saturating_sub(shown.len());
    if more == 0 {
        shown.join(", ")
    } else {
        format!("{} and {more} more", shown.join(", "))
    }
}
