//! Why a plan was not applied to its end.

use promenade_promotion::ledger::AppendError;

use crate::port::channels::MoveChannelError;
use crate::port::forge::{AssetError, ForgeError};
use crate::port::hook::RunHookError;
use crate::port::repository::{Obstacle, ObstacleKind, RepositoryError};

/// A plan was not applied to its end.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("step {} of `{plan}` ({step}): {kind}", index + 1)]
pub struct ApplyError {
    plan: String,
    index: usize,
    step: &'static str,
    kind: Box<ApplyErrorKind>,
}

impl ApplyError {
    pub(super) fn new(plan: &str, index: usize, step: &'static str, kind: ApplyErrorKind) -> Self {
        Self {
            plan: plan.to_owned(),
            index,
            step,
            kind: Box::new(kind),
        }
    }

    /// Returns the place of the step in the plan, counted from 0. Those before it are done.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns why it was not done.
    #[must_use]
    pub fn kind(&self) -> &ApplyErrorKind {
        &self.kind
    }

    /// Tells whether the world moved since the plan was made: plan again.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        match &*self.kind {
            ApplyErrorKind::Ledger(error) => matches!(**error, AppendError::Conflict { .. }),
            ApplyErrorKind::Repository(error) => matches!(error, RepositoryError::Conflict { .. }),
            ApplyErrorKind::Channel(error) => matches!(error, MoveChannelError::LostRace { .. }),
            ApplyErrorKind::NotReady { obstacles } => obstacles
                .iter()
                .any(|obstacle| obstacle.kind == ObstacleKind::Conflict),
            ApplyErrorKind::Forge(_)
            | ApplyErrorKind::Asset(_)
            | ApplyErrorKind::Hook(_)
            | ApplyErrorKind::Missing(_)
            | ApplyErrorKind::Stopped => false,
        }
    }
}

/// Why a step was not done.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyErrorKind {
    /// The ledger did not take the events.
    #[error("{0}")]
    Ledger(Box<AppendError>),
    /// The repository did not take the commit, branch or tag.
    #[error("{0}")]
    Repository(RepositoryError),
    /// The registry did not move the channel.
    #[error("{0}")]
    Channel(MoveChannelError),
    /// The forge did not take the release.
    #[error("{0}")]
    Forge(ForgeError),
    /// A file that is to be attached to a release is not what it must be.
    #[error("{0}")]
    Asset(AssetError),
    /// A hook did not end well.
    #[error("{0}")]
    Hook(RunHookError),
    /// Something stands in the way; nothing was changed.
    #[error("{}", list(.obstacles))]
    NotReady {
        /// All of it.
        obstacles: Vec<Obstacle>,
    },
    /// The plan needs a part of the world that was not given.
    #[error("the plan needs a {0}, and there is none")]
    Missing(&'static str),
    /// The observer said so.
    #[error("stopped; apply the same plan again to go on")]
    Stopped,
}

fn list(obstacles: &[Obstacle]) -> String {
    let all: Vec<_> = obstacles
        .iter()
        .map(|one| one.blocker.to_string())
        .collect();
    all.join("; ")
}
