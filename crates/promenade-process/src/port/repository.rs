//! A repository: what is read of its history, and what is changed in it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use promenade_promotion::CommitId;
use promenade_tag::TagFacts;

/// What planning and auditing read. Nothing here changes the repository.
pub trait History {
    /// Returns the facts of every tag, in any order.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read.
    fn tags(&self) -> Result<Vec<TagFacts>, RepositoryError>;

    /// Returns the commit that a branch, a tag or an id stands for, or nothing if there is none.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read.
    fn find(&self, revision: &str) -> Result<Option<CommitId>, RepositoryError>;

    /// Returns the bytes of a file at a commit, or nothing if it has no such file.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read.
    fn file(&self, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>, RepositoryError>;

    /// Returns the paths of every file at a commit, in byte order.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read.
    fn files(&self, commit: &CommitId) -> Result<Vec<String>, RepositoryError>;

    /// Returns the commits that `until` has and `since` has not, the newest first, without their paths:
    /// [`History::paths_of`] has those.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read, or its history is cut off.
    fn commits(
        &self,
        since: Option<&CommitId>,
        until: &CommitId,
    ) -> Result<Vec<CommitFacts>, RepositoryError>;

    /// Returns the paths in which a commit differs from its first parent, in byte order.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read.
    fn paths_of(&self, commit: &CommitId) -> Result<Vec<String>, RepositoryError>;

    /// Returns the paths that differ between two commits, in byte order.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read.
    fn changed(&self, from: &CommitId, to: &CommitId) -> Result<Vec<String>, RepositoryError>;
}

/// What a repository is asked to change. Each request can tell done from not done by looking, so
/// that it may be made again after a crash.
pub trait Repository: History {
    /// Returns the id that a commit will have, without moving a branch or touching a file.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read.
    fn prepare(&self, request: &CommitRequest) -> Result<CommitId, RepositoryError>;

    /// Makes a commit on a branch; the same request makes the same commit.
    ///
    /// # Errors
    /// [`RepositoryError::Conflict`] if the branch is neither at the parent nor at this commit.
    fn commit(&self, request: &CommitRequest) -> Result<Applied<CommitId>, RepositoryError>;

    /// Makes a tag.
    ///
    /// # Errors
    /// [`RepositoryError::Conflict`] if the name exists and is another tag.
    fn tag(&self, request: &TagRequest) -> Result<Applied<()>, RepositoryError>;

    /// Makes a branch.
    ///
    /// # Errors
    /// [`RepositoryError::Conflict`] if the name exists and points elsewhere.
    fn branch(&self, name: &str, at: &CommitId) -> Result<Applied<()>, RepositoryError>;
}

/// The outcome of a change: made now, or found made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied<T> {
    /// It was made by this call.
    Now(T),
    /// It stood already.
    Already(T),
}

impl<T> Applied<T> {
    /// Returns what was made.
    pub fn into_inner(self) -> T {
        match self {
            Self::Now(value) | Self::Already(value) => value,
        }
    }

    /// Tells whether it stood already.
    #[must_use]
    pub fn is_already(&self) -> bool {
        matches!(self, Self::Already(_))
    }
}

/// A commit as plans read it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitFacts {
    /// Its id, in full.
    pub id: String,
    /// Its message, in full.
    pub message: String,
    /// The paths that differ from its first parent, where they were asked for.
    pub paths: Vec<String>,
}

impl CommitFacts {
    /// Makes the facts of a commit.
    pub fn new<P: Into<String>>(
        id: impl Into<String>,
        message: impl Into<String>,
        paths: impl IntoIterator<Item = P>,
    ) -> Self {
        Self {
            id: id.into(),
            message: message.into(),
            paths: paths.into_iter().map(Into::into).collect(),
        }
    }
}

/// Who a commit or a tag is by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// A commit to make: its tree is that of `parent` with `files` replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitRequest {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The commit that the branch is at.
    pub parent: CommitId,
    /// The files to write, by path; `None` removes one.
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    /// The message.
    pub message: String,
    /// Who it is by.
    pub author: Author,
    /// When.
    pub at: DateTime<Utc>,
}

/// A tag to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRequest {
    /// The name, without `refs/tags/`.
    pub name: String,
    /// The commit it points at.
    pub target: CommitId,
    /// The message of an annotated tag; `None` makes a lightweight one.
    pub message: Option<String>,
    /// Whether it is signed.
    pub signed: bool,
    /// Who it is by.
    pub author: Author,
    /// When.
    pub at: DateTime<Utc>,
}

/// A repository cannot be read or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// Something is there that is not what was expected; nothing was changed.
    #[error("{what}: expected {expected}, found {found}")]
    Conflict {
        /// The name of the branch or tag.
        what: String,
        /// What was expected there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Something was asked for that cannot be done.
    #[error("{reason}")]
    Refused {
        /// Why.
        reason: String,
    },
    /// The medium failed.
    #[error("{action} failed: {cause}")]
    Io {
        /// What was tried.
        action: String,
        /// What was answered.
        cause: String,
    },
}
