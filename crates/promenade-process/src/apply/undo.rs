//! Taking a plan back that nobody else can have seen.

use promenade_promotion::Event;
use promenade_promotion::ledger::{Head, OpId, StoreError, StreamId};

use super::{Outcome, World, head_after, outcome, resolve};
use crate::embargo::embargo_stream;
use crate::port::ledger::Retract;
use crate::port::repository::{Change, RepositoryError};
use crate::{Plan, Step};

/// A plan was not taken back.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UndoError {
    /// A step of it is where others see it: it stays.
    #[error("step {} ({step}) cannot be taken back: {why}", .index + 1)]
    Public {
        /// Its place, counted from 0.
        index: usize,
        /// Its kind.
        step: &'static str,
        /// Why.
        why: String,
    },
    /// A step is not what the plan made any more, or was published.
    #[error("step {} ({step}) is not taken back: {cause}", .index + 1)]
    Repository {
        /// Its place, counted from 0.
        index: usize,
        /// Its kind.
        step: &'static str,
        /// What was found.
        cause: RepositoryError,
    },
    /// The records stay.
    #[error("the record is not taken back: {0}")]
    Ledger(StoreError),
}

/// Takes back what a plan has made, last step first: tags, commits and branches, if they still are
/// what the plan made, and its records, if nothing follows them. What others may have seen (a push, a
/// channel, a release on a forge) is refused before anything is taken back.
///
/// # Errors
/// [`UndoError`] naming the step that stays.
pub fn undo(
    plan: &Plan,
    world: &World<'_>,
    records: &dyn Retract,
    observe: &mut dyn FnMut(&Step, Outcome),
) -> Result<(), UndoError> {
    let steps: Vec<_> = plan.steps().iter().enumerate().collect();
    for (index, step) in &steps {
        let public = |why: &str| UndoError::Public {
            index: *index,
            step: step.kind(),
            why: why.to_owned(),
        };
        match step {
            // Says no if any of it was published, and takes nothing back.
            Step::Push { request } => {
                let looked = world.repository.undo(Change::Push(request));
                looked.map_err(|cause| UndoError::Repository {
                    index: *index,
                    step: step.kind(),
                    cause,
                })?;
            }
            Step::Channel { .. }
            | Step::Forge { .. }
            | Step::Banner { .. }
            | Step::Latest { .. }
            | Step::Hook(_)
                if is_past(plan, *index, world)? =>
            {
                return Err(public("others may have seen it"));
            }
            _ => {}
        }
    }
    for (index, step) in steps.into_iter().rev() {
        let taken = match (step, step.change()) {
            (_, Some(change)) => world
                .repository
                .undo(change)
                .map(outcome)
                .map_err(|cause| UndoError::Repository {
                    index,
                    step: step.kind(),
                    cause,
                })?,
            (
                Step::Record {
                    expected,
                    op,
                    events,
                },
                None,
            ) => retract(world, records, world.stream, (expected, op, events))?,
            (
                Step::Private {
                    expected,
                    op,
                    events,
                },
                None,
            ) => {
                let stream = embargo_stream(world.stream);
                retract(world, records, &stream, (expected, op, events))?
            }
            (_, None) => continue,
        };
        observe(step, taken);
    }
    Ok(())
}

/// Whether the record that ends the steps from `index` on was made: then they were done.
fn is_past(plan: &Plan, index: usize, world: &World<'_>) -> Result<bool, UndoError> {
    let rest = plan.steps().iter().skip(index);
    for step in rest {
        if let Step::Record { expected, op, .. } = step {
            let found = resolve(world, world.stream, expected, op).map_err(UndoError::Ledger)?;
            return Ok(found.is_some());
        }
    }
    Ok(false)
}

/// Takes a record back, if it was made and nothing follows it.
fn retract(
    world: &World<'_>,
    records: &dyn Retract,
    stream: &StreamId,
    (expected, op, events): (&Head, &OpId, &[Event]),
) -> Result<Outcome, UndoError> {
    let after = head_after(stream, expected, op, events);
    match resolve(world, stream, expected, op).map_err(UndoError::Ledger)? {
        None => Ok(Outcome::Already),
        Some(_) => records
            .retract(stream, &after, expected)
            .map(outcome)
            .map_err(UndoError::Ledger),
    }
}
