//! Whether a revision holds a change: itself, a pick of it, the same patch; and what took it back.

use promenade_promotion::CommitId;

/// How a revision stands to the change of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The commit of the revision.
    pub tip: CommitId,
    /// Whether the commit itself is one of its ancestors, or it.
    pub is_ancestor: bool,
    /// Whether it holds the change, and by what.
    pub held: Held,
}

impl Holding {
    /// Tells whether the revision holds the change; nothing if that cannot be told.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        match self.held {
            Held::By { .. } => Some(true),
            Held::Reverted { .. } | Held::Dropped { .. } | Held::Absent => Some(false),
            Held::Unsure { .. } => None,
        }
    }
}

/// Whether a change is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Held {
    /// It is, by this commit.
    By {
        /// The commit that brought it.
        commit: CommitId,
        /// How it is known to bring it.
        trace: Trace,
    },
    /// It was, and this commit took it back.
    Reverted {
        /// The commit that took it back.
        commit: CommitId,
    },
    /// It is on one side of this merge, and the merge took the files of the other side.
    Dropped {
        /// The merge.
        commit: CommitId,
    },
    /// The sides of this merge contradict each other, and so do their common ancestors.
    Unsure {
        /// The merge.
        commit: CommitId,
    },
    /// It never was.
    Absent,
}

/// How a commit is known to bring a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It is the commit.
    Itself,
    /// One says that it was picked from the other.
    Picked,
    /// It makes the same patch.
    SamePatch,
    /// It takes back what had taken the change back.
    Restored,
}

impl Trace {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Itself => "itself",
            Self::Picked => "picked",
            Self::SamePatch => "same-patch",
            Self::Restored => "restored",
        }
    }
}

impl Held {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::By { trace, .. } => trace.as_str(),
            Self::Reverted { .. } => "reverted",
            Self::Dropped { .. } => "dropped",
            Self::Unsure { .. } => "unsure",
            Self::Absent => "absent",
        }
    }

    /// Returns the commit that brought it, took it back or left it out.
    #[must_use]
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::By { commit, .. }
            | Self::Reverted { commit }
            | Self::Dropped { commit }
            | Self::Unsure { commit } => Some(commit),
            Self::Absent => None,
        }
    }
}
