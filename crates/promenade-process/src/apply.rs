//! Applying a plan: step by step, each compared with the world before and after.

use std::fmt;

use promenade_promotion::ledger::{AppendError, Head, LedgerStore, Record, StreamId};
use promenade_promotion::{CommitId, Event};

use crate::port::channels::{Channels, MoveChannelError};
use crate::port::repository::{Applied, Repository, RepositoryError};
use crate::{Plan, Step};

/// The world that a plan is applied to.
pub struct World<'a> {
    /// The repository.
    pub repository: &'a dyn Repository,
    /// The ledger.
    pub ledger: &'a dyn LedgerStore,
    /// The stream of the ledger.
    pub stream: &'a StreamId,
    /// The registry; a process without channels has none.
    pub channels: Option<&'a dyn Channels>,
}

/// How a step came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done by this call.
    Done,
    /// It stood already, from an earlier try.
    Already,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Already => "already done",
        })
    }
}

/// What an applied plan left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Receipt {
    head: Head,
    outcomes: Vec<Outcome>,
}

impl Receipt {
    /// Returns the head of the ledger after the plan.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Returns how each step came out, in order.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }
}

/// What an observer answers after each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop here; the same plan can be applied again later.
    Stop,
}

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
            ApplyErrorKind::OtherCommit { .. } => true,
            ApplyErrorKind::NoRegistry | ApplyErrorKind::Stopped => false,
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
    /// The commit that was made is not the one that was planned.
    #[error("expected commit {expected}, made {found}; plan again")]
    OtherCommit {
        /// The planned one.
        expected: CommitId,
        /// The one that was made.
        found: CommitId,
    },
    /// The plan moves channels, and there is no registry.
    #[error("the plan moves a channel, and no registry is given")]
    NoRegistry,
    /// The observer said so.
    #[error("stopped; apply the same plan again to go on")]
    Stopped,
}

/// Applies a plan: every step in order, each done if it is not done already.
///
/// A plan may be stopped or killed anywhere and applied again: steps that are done are recognised by
/// looking at the world. `observe` is told after each step how it came out, and may stop there.
///
/// # Errors
/// [`ApplyError`] naming the step. [`ApplyError::is_conflict`] if the world moved since the plan was
/// made: nothing of that step is visible then, and a new plan is needed.
pub fn apply(
    plan: Plan,
    world: &World<'_>,
    observe: &mut dyn FnMut(&Step, Outcome) -> Flow,
) -> Result<Receipt, ApplyError> {
    let mut head = plan.expected;
    let mut outcomes = Vec::with_capacity(plan.steps.len());
    let count = plan.steps.len();
    for (index, step) in plan.steps.iter().enumerate() {
        let fail = |kind| ApplyError {
            plan: plan.title.clone(),
            index,
            step: step.kind(),
            kind: Box::new(kind),
        };
        let outcome = run(step, world, &mut head).map_err(fail)?;
        outcomes.push(outcome);
        if observe(step, outcome) == Flow::Stop && index + 1 < count {
            return Err(fail(ApplyErrorKind::Stopped));
        }
    }
    Ok(Receipt { head, outcomes })
}

fn run(step: &Step, world: &World<'_>, head: &mut Head) -> Result<Outcome, ApplyErrorKind> {
    match step {
        Step::Branch { name, at } => world
            .repository
            .branch(name, at)
            .map(outcome)
            .map_err(ApplyErrorKind::Repository),
        Step::Commit { id, request, .. } => {
            let made = world
                .repository
                .commit(request)
                .map_err(ApplyErrorKind::Repository)?;
            let already = made.is_already();
            let found = made.into_inner();
            if found != *id {
                return Err(ApplyErrorKind::OtherCommit {
                    expected: id.clone(),
                    found,
                });
            }
            Ok(if already {
                Outcome::Already
            } else {
                Outcome::Done
            })
        }
        Step::Tag { request, .. } => world
            .repository
            .tag(request)
            .map(outcome)
            .map_err(ApplyErrorKind::Repository),
        Step::Record {
            expected,
            op,
            events,
        } => {
            let bodies: Vec<_> = events.iter().map(Event::canonical_bytes).collect();
            let appended = world.ledger.append(world.stream, expected, op, &bodies);
            let (after, outcome) = match appended {
                Ok(after) => (after, Outcome::Done),
                // Either somebody was faster, or an earlier try of ours was: its id tells.
                Err(error @ (AppendError::Conflict { .. } | AppendError::Unknown { .. })) => {
                    let from = expected.seq + 1;
                    let found = world.ledger.resolve(world.stream, op, from);
                    match found.map_err(|error| ledger(error.into()))? {
                        Some(after) => (after, Outcome::Already),
                        None => return Err(ledger(error)),
                    }
                }
                Err(error) => return Err(ledger(error)),
            };
            *head = after;
            Ok(outcome)
        }
        Step::Channel {
            name,
            from,
            to,
            mutability,
            ..
        } => {
            let channels = world.channels.ok_or(ApplyErrorKind::NoRegistry)?;
            channels
                .move_to(name, *mutability, from.as_ref(), to)
                .map(outcome)
                .map_err(ApplyErrorKind::Channel)
        }
    }
}

fn ledger(error: AppendError) -> ApplyErrorKind {
    ApplyErrorKind::Ledger(Box::new(error))
}

fn outcome(applied: Applied<()>) -> Outcome {
    if applied.is_already() {
        Outcome::Already
    } else {
        Outcome::Done
    }
}

/// Returns the head that a stream has after events are appended: known before, because records are
/// made of nothing but what the plan holds.
pub(crate) fn head_after(
    stream: &StreamId,
    head: &Head,
    op: &promenade_promotion::ledger::OpId,
    events: &[Event],
) -> Head {
    events.iter().fold(*head, |head, event| {
        Record::after(&head, stream, op, event.canonical_bytes()).head()
    })
}
