//! Applying a plan: step by step, each compared with the world before and after.

mod error;
mod forge;
mod ready;
mod undo;

use std::fmt;

use promenade_promotion::Event;
use promenade_promotion::ledger::{
    AppendError, Head, LedgerStore, OpId, Record, StoreError, StreamId,
};

pub use error::{ApplyError, ApplyErrorKind};
pub use ready::ready;
pub use undo::{UndoError, undo};

use crate::embargo::embargo_stream;
use crate::port::channels::Channels;
use crate::port::forge::{Assets, Forge};
use crate::port::hook::Hooks;
use crate::port::repository::{Applied, Repository};
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
    /// The forge; a process without a forge has none.
    pub forge: Option<&'a dyn Forge>,
    /// Where hooks run; a process without hooks has none.
    pub hooks: Option<&'a dyn Hooks>,
    /// Where the files lie that are attached to releases; a plan without assets needs none.
    pub assets: Option<&'a dyn Assets>,
}

impl<'a> World<'a> {
    /// Makes a world of a repository and its ledger, without a registry, a forge and hooks.
    #[must_use]
    pub fn new(
        repository: &'a dyn Repository,
        ledger: &'a dyn LedgerStore,
        stream: &'a StreamId,
    ) -> Self {
        Self {
            repository,
            ledger,
            stream,
            channels: None,
            forge: None,
            hooks: None,
            assets: None,
        }
    }
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

/// Applies a plan: every step in order, each done if it is not done already.
///
/// Before the first step everything that could stand in its way is looked at; see [`ready`]. A plan
/// may be stopped or killed anywhere and applied again: steps that are done are recognised by looking
/// at the world. `observe` is told after each step how it came out, and may stop there.
///
/// # Errors
/// [`ApplyError`] naming the step. [`ApplyError::is_conflict`] if the world moved since the plan was
/// made: nothing of that step is visible then, and a new plan is needed.
pub fn apply(
    plan: Plan,
    world: &World<'_>,
    observe: &mut dyn FnMut(&Step, Outcome) -> Flow,
) -> Result<Receipt, ApplyError> {
    let fail = |index: usize, step: Option<&Step>, kind| {
        ApplyError::new(&plan.title, index, step.map_or("nothing", Step::kind), kind)
    };
    let obstacles = ready(&plan, world).map_err(|kind| fail(0, plan.steps.first(), kind))?;
    if !obstacles.is_empty() {
        let kind = ApplyErrorKind::NotReady { obstacles };
        return Err(fail(0, plan.steps.first(), kind));
    }
    let mut head = plan.expected;
    let mut outcomes = Vec::with_capacity(plan.steps.len());
    for (index, step) in plan.steps.iter().enumerate() {
        let rest = plan.steps.get(index + 1..).unwrap_or_default();
        let outcome =
            run(step, rest, world, &mut head).map_err(|kind| fail(index, Some(step), kind))?;
        outcomes.push(outcome);
        if observe(step, outcome) == Flow::Stop && !rest.is_empty() {
            return Err(fail(index, Some(step), ApplyErrorKind::Stopped));
        }
    }
    Ok(Receipt { head, outcomes })
}

fn run(
    step: &Step,
    rest: &[Step],
    world: &World<'_>,
    head: &mut Head,
) -> Result<Outcome, ApplyErrorKind> {
    if let Some(change) = step.change() {
        let made = world.repository.make(change);
        return made.map(outcome).map_err(ApplyErrorKind::Repository);
    }
    match step {
        Step::Record {
            expected,
            op,
            events,
        } => {
            let (after, outcome) = record(world, world.stream, (expected, op), events)?;
            *head = after;
            Ok(outcome)
        }
        Step::Private {
            expected,
            op,
            events,
        } => {
            let stream = embargo_stream(world.stream);
            let (_, outcome) = record(world, &stream, (expected, op), events)?;
            Ok(outcome)
        }
        Step::Channel {
            name,
            from,
            to,
            mutability,
            ..
        } => {
            let channels = world.channels.ok_or(ApplyErrorKind::Missing("registry"))?;
            channels
                .move_to(name, *mutability, from.as_ref(), to)
                .map(outcome)
                .map_err(ApplyErrorKind::Channel)
        }
        Step::Hook(call) => {
            // What comes after it is done only if it ended well in an earlier try.
            if is_begun(rest, world)? {
                return Ok(Outcome::Already);
            }
            let hooks = world
                .hooks
                .ok_or(ApplyErrorKind::Missing("place for hooks"))?;
            hooks.run(call).map_err(ApplyErrorKind::Hook)?;
            Ok(Outcome::Done)
        }
        Step::Forge { tag, text, assets } => forge::release(world, tag, text, assets),
        Step::Banner {
            tag,
            reason,
            instead,
        } => forge::banner(world, tag, reason, instead.as_deref()),
        Step::Latest { tag, known } => forge::latest(world, tag, known),
        Step::Branch { .. } | Step::Commit { .. } | Step::Tag { .. } | Step::Push { .. } => {
            Err(ApplyErrorKind::Missing("change of the repository"))
        }
    }
}

fn record(
    world: &World<'_>,
    stream: &StreamId,
    (expected, op): (&Head, &OpId),
    events: &[Event],
) -> Result<(Head, Outcome), ApplyErrorKind> {
    let bodies: Vec<_> = events.iter().map(Event::canonical_bytes).collect();
    match world.ledger.append(stream, expected, op, &bodies) {
        Ok(after) => Ok((after, Outcome::Done)),
        // Either somebody was faster, or an earlier try of ours was: its id tells.
        Err(error @ (AppendError::Conflict { .. } | AppendError::Unknown { .. })) => {
            let found = resolve(world, stream, expected, op);
            match found.map_err(|error| ledger(error.into()))? {
                Some(after) => Ok((after, Outcome::Already)),
                None => Err(ledger(error)),
            }
        }
        Err(error) => Err(ledger(error)),
    }
}

/// Returns the head after an operation, if the ledger has it.
fn resolve(
    world: &World<'_>,
    stream: &StreamId,
    expected: &Head,
    op: &OpId,
) -> Result<Option<Head>, StoreError> {
    world.ledger.resolve(stream, op, expected.seq + 1)
}

/// Tells whether the first of these steps that leaves a trace was done.
fn is_begun(steps: &[Step], world: &World<'_>) -> Result<bool, ApplyErrorKind> {
    for step in steps {
        match step {
            Step::Hook(_)
            | Step::Forge { .. }
            | Step::Banner { .. }
            | Step::Latest { .. }
            | Step::Channel { .. }
            | Step::Push { .. }
            | Step::Private { .. } => {}
            Step::Record { expected, op, .. } => {
                let found = resolve(world, world.stream, expected, op);
                return found
                    .map(|head| head.is_some())
                    .map_err(|error| ledger(error.into()));
            }
            Step::Commit { id, request, .. } => {
                let tip = world
                    .repository
                    .find(&format!("refs/heads/{}", request.branch));
                return tip
                    .map(|tip| tip.as_ref() == Some(id))
                    .map_err(ApplyErrorKind::Repository);
            }
            Step::Tag { request, .. } => {
                let found = world
                    .repository
                    .find(&format!("refs/tags/{}", request.name));
                return found
                    .map(|found| found.is_some())
                    .map_err(ApplyErrorKind::Repository);
            }
            Step::Branch { name, .. } => {
                let found = world.repository.find(&format!("refs/heads/{name}"));
                return found
                    .map(|found| found.is_some())
                    .map_err(ApplyErrorKind::Repository);
            }
        }
    }
    Ok(false)
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
pub(crate) fn head_after(stream: &StreamId, head: &Head, op: &OpId, events: &[Event]) -> Head {
    events.iter().fold(*head, |head, event| {
        Record::after(&head, stream, op, event.canonical_bytes()).head()
    })
}
