//! A repository: what is read of its history, and what is changed in it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use promenade_promotion::{Blocker, CommitId, Rank};
use promenade_tag::TagFacts;
use serde::{Deserialize, Serialize};

use super::holding::Holding;

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

    /// Returns one commit, with its parents and without its paths.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read, or has no such commit.
    fn commit(&self, commit: &CommitId) -> Result<CommitFacts, RepositoryError>;

    /// Says what comes out when the change of another commit is put onto one: nothing is kept of it.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read, or a commit with two parents is to be picked.
    fn combine(&self, onto: &CommitId, source: &Source) -> Result<Combined, RepositoryError>;

    /// Tells for each of some commits whether it holds the change of one commit: by ancestry, by what
    /// messages say of picks and reverts, and by patches that are the same.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read, or its history is cut off.
    fn holdings(
        &self,
        change: &CommitId,
        tips: &[CommitId],
    ) -> Result<Vec<Holding>, RepositoryError>;
}

/// What a repository is asked to change. Each change can tell done from not done by looking, so
/// that it may be made again after a crash.
pub trait Repository: History {
    /// Returns the id that a commit will have, without moving a branch or touching a file. `before` are
    /// commits that will be made before it, oldest first: it may go on from the last of them.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read.
    fn prepare(
        &self,
        before: &[CommitRequest],
        request: &CommitRequest,
    ) -> Result<CommitId, RepositoryError>;

    /// Says what stands in the way of a change, all of it, without making it.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read.
    fn obstacles(&self, change: Change<'_>) -> Result<Vec<Obstacle>, RepositoryError>;

    /// Makes a change, if it is not made already.
    ///
    /// # Errors
    /// [`RepositoryError::Conflict`] if something else is where the change was to be: nothing was
    /// changed then.
    fn make(&self, change: Change<'_>) -> Result<Applied<()>, RepositoryError>;

    /// Takes a change back that nobody else can have seen; `Already` if there is nothing of it.
    ///
    /// # Errors
    /// [`RepositoryError::Conflict`] if it is not what the change made any more, and
    /// [`RepositoryError::Refused`] if it was published.
    fn undo(&self, change: Change<'_>) -> Result<Applied<()>, RepositoryError>;
}

/// A change of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// A branch from a commit.
    Branch {
        /// Its name, without `refs/heads/`.
        name: &'a str,
        /// Where it starts.
        at: &'a CommitId,
    },
    /// A commit on a branch.
    Commit {
        /// The id that it will have.
        id: &'a CommitId,
        /// What it holds.
        request: &'a CommitRequest,
    },
    /// A tag.
    Tag(&'a TagRequest),
    /// Refs of a remote, all or none.
    Push(&'a PushRequest),
}

/// Where the change of a commit comes from, besides the files that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// The change of one commit, by its author.
    Pick(CommitId),
    /// Everything that another commit reaches; it becomes the second parent.
    Merge(CommitId),
}

impl Source {
    /// Returns the commit that the change comes from.
    #[must_use]
    pub fn commit(&self) -> &CommitId {
        match self {
            Self::Pick(commit) | Self::Merge(commit) => commit,
        }
    }
}

/// What comes out when a change is put onto a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Combined {
    /// The paths in which both sides changed the same.
    pub conflicts: Vec<String>,
    /// The paths that change, in byte order.
    pub changed: Vec<String>,
    /// The commit that both sides come from.
    pub base: Option<CommitId>,
}

/// Refs to publish, all or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushRequest {
    /// The remote: a name, a URL or a path.
    pub remote: String,
    /// The refs; no others are touched.
    pub refs: Vec<PushRef>,
}

/// A ref to publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushRef {
    /// Its full name, the same on both sides.
    pub name: String,
    /// Where the remote has it; nothing if it must not be there.
    pub from: Option<String>,
    /// Where it goes; nothing: wherever the local ref of that name is by then.
    pub to: Option<CommitId>,
}

/// Something that stands in the way of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What kind of thing it is.
    pub kind: ObstacleKind,
    /// What was found, and who or what clears it.
    pub blocker: Blocker,
}

impl Obstacle {
    /// Something that a person or a program can clear.
    pub fn held(gate: &str, why: impl Into<String>, clears_by: impl Into<String>) -> Self {
        Self {
            kind: ObstacleKind::Held,
            blocker: Blocker::new(gate, Rank::NeedsPerson, why, clears_by),
        }
    }

    /// Something else is where the change was to be: another plan is needed.
    pub fn conflict(gate: &str, why: impl Into<String>) -> Self {
        let blocker = Blocker::new(gate, Rank::Blocked, why, "planning again");
        Self {
            kind: ObstacleKind::Conflict,
            blocker,
        }
    }

    /// Something outside does not answer.
    pub fn world(gate: &str, why: impl Into<String>, clears_by: impl Into<String>) -> Self {
        Self {
            kind: ObstacleKind::World,
            blocker: Blocker::new(gate, Rank::Unknown, why, clears_by),
        }
    }
}

/// The kinds of obstacles, from the softest to the hardest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObstacleKind {
    /// Somebody or something can clear it, and the same plan goes on.
    Held,
    /// The world outside failed.
    World,
    /// The world is another one than the plan was made for.
    Conflict,
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
    /// The ids of its parents, the first one first, where they are known.
    pub parents: Vec<String>,
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
            parents: Vec::new(),
        }
    }

    /// Adds the ids of its parents.
    #[must_use]
    pub fn with_parents<P: Into<String>>(mut self, parents: impl IntoIterator<Item = P>) -> Self {
        self.parents = parents.into_iter().map(Into::into).collect();
        self
    }
}

/// Who a commit or a tag is by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// A commit to make: its tree is that of `parent`, with the change of `source` put onto it and `files`
/// replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitRequest {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The commit that the branch is at.
    pub parent: CommitId,
    /// The change that comes first; what both sides changed must be among the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The files to write, by path; `None` removes one.
    #[serde(with = "crate::plan::content::files")]
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    /// The message.
    pub message: String,
    /// Who it is by.
    pub author: Author,
    /// When.
    pub at: DateTime<Utc>,
}

/// A tag to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
