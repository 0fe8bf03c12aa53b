//! The world of a command: a repository with its ledger, the process, a key, a registry; and how a
//! plan is made in it, shown, and carried out.

mod act;
mod key;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use promenade::git::{GitLedger, Ident, Repository, Work};
use promenade::process::port::channels::Channels;
use promenade::process::port::repository::Author;
use promenade::process::{
    ApplyError, Flow, Hand, Outcome, Plan, PlanError, Planned, Planner, Process, Receipt, Step,
    World, apply,
};
use promenade::promotion::ledger::{Head, StreamId};
use promenade::promotion::{Actor, Blockers, CommitId, Event, Replay, State, Subject};
use promenade::signature::{GIT_NAMESPACE, MakeSignature};
use promenade::version::Version;

pub(crate) use act::{ActArgs, run, subject};

use crate::context::{STREAM, git_error};
use crate::{CliError, Context, diff, trust};

/// A repository, with everything that planning in it and acting on it needs.
pub(crate) struct Site {
    pub(crate) repository: Repository,
    pub(crate) process: Process,
    pub(crate) stream: StreamId,
    ledger: GitLedger,
    key: Option<Arc<dyn MakeSignature>>,
    /// The time by which signatures are judged.
    at: DateTime<Utc>,
    replay: RefCell<Replay>,
}

impl Site {
    /// Opens the repository and the process that a command line names.
    pub(crate) fn open(context: &Context) -> Result<Self, CliError> {
        let repository = context.repository()?;
        let process = context.process()?;
        let key = key::signer(&repository)?;
        let who = repository.identity(context.at().fixed_offset());
        let who = who.map_err(git_error)?;
        Self::new(repository, process, key, &who, context.at())
    }

    /// Takes a repository, its process and a key.
    pub(crate) fn new(
        repository: Repository,
        process: Process,
        key: Option<Box<dyn MakeSignature>>,
        who: &Ident,
        at: DateTime<Utc>,
    ) -> Result<Self, CliError> {
        let stream = StreamId::new(STREAM).map_err(CliError::input)?;
        let mut ledger = GitLedger::new(&repository, who).describe(describe);
        let key: Option<Arc<dyn MakeSignature>> = key.map(Arc::from);
        if let Some(key) = key.clone().filter(|_| process.ledger().signed) {
            ledger = ledger.signed(move |bytes| {
                let made = key.sign(GIT_NAMESPACE, bytes);
                made.map_err(|error| error.to_string())
            });
        }
        Ok(Self {
            repository,
            process,
            ledger,
            key,
            at,
            replay: RefCell::new(Replay::new(&stream)),
            stream,
        })
    }

    /// Returns the ledger.
    pub(crate) fn ledger(&self) -> &GitLedger {
        &self.ledger
    }

    /// Returns the key that signs, if there is one.
    pub(crate) fn key(&self) -> Option<&dyn MakeSignature> {
        self.key.as_deref()
    }

    /// Returns who plans: an actor that was named, or whoever holds the key.
    pub(crate) fn hand(&self, named: Option<&str>, at: DateTime<Utc>) -> Result<Hand, CliError> {
        let who = self.repository.identity(at.fixed_offset());
        let who = who.map_err(git_error)?;
        let actor = key::actor(named, self.key(), who.email(), &self.process)?;
        Ok(self.hand_of(actor, who.name(), who.email(), at))
    }

    /// Returns a known actor as the one who plans.
    pub(crate) fn hand_of(&self, actor: Actor, name: &str, email: &str, at: DateTime<Utc>) -> Hand {
        Hand {
            actor,
            author: Author {
                name: name.to_owned(),
                email: email.to_owned(),
            },
            at,
            signs: self.key.is_some(),
        }
    }

    /// Reads what the ledger has got since the last time, and gives its state and head.
    pub(crate) fn replay(&self) -> Result<(State, Head), CliError> {
        let mut replay = self.replay.borrow_mut();
        let process = Some(&self.process);
        trust::read_on(&mut replay, &self.ledger, &self.stream, process, self.at)?;
        Ok((replay.state().clone(), replay.head()))
    }

    /// Returns the repository as plans read it and are applied to it.
    pub(crate) fn work(&self) -> Work<'_> {
        let work = Work::new(&self.repository);
        match self.key() {
            Some(key) => work.signed(key),
            None => work,
        }
    }

    /// Plans. Nothing is changed.
    pub(crate) fn plan(
        &self,
        hand: &Hand,
        wish: impl FnOnce(&Planner<'_>, &Work<'_>) -> Result<Planned, PlanError>,
    ) -> Result<Planned, CliError> {
        let (state, head) = self.replay()?;
        let planner = Planner::new(&self.process, &self.stream, &state, head, hand);
        wish(&planner, &self.work()).map_err(CliError::input)
    }

    /// Carries a plan out. `observe` is told how each step came out, and may stop after it.
    pub(crate) fn apply(
        &self,
        plan: Plan,
        channels: Option<&dyn Channels>,
        observe: &mut dyn FnMut(&Step, Outcome) -> Flow,
    ) -> Result<Receipt, ApplyError> {
        let at = plan.at();
        let ledger = self.ledger.clone().clock(move || at);
        let work = self.work();
        let world = World {
            repository: &work,
            ledger: &ledger,
            stream: &self.stream,
            channels,
        };
        apply(plan, &world, observe)
    }

    /// Returns the commit that a revision stands for.
    pub(crate) fn find(&self, revision: &str) -> Result<CommitId, CliError> {
        let id = self.repository.resolve(revision).map_err(git_error)?;
        CommitId::new(id.as_str()).map_err(CliError::input)
    }

    /// Reads a version in the scheme of the process, or as the ledger writes it.
    pub(crate) fn version(&self, text: &str) -> Result<Version, CliError> {
        let read = self.process.version().scheme().parse(text);
        read.or_else(|error| text.parse().map_err(|_| CliError::input(error)))
    }

    /// Writes a version in the scheme of the process.
    pub(crate) fn text(&self, version: &Version) -> String {
        let scheme = self.process.version().scheme();
        scheme
            .format(version)
            .unwrap_or_else(|_| version.to_string())
    }

    /// Writes a version in the scheme of the process, or a commit.
    pub(crate) fn name(&self, subject: &Subject) -> String {
        match subject {
            Subject::Version(version) => self.text(version),
            Subject::Commit(commit) => commit.to_string(),
        }
    }

    /// Reads a version or a commit.
    pub(crate) fn subject(&self, text: &str) -> Result<Subject, CliError> {
        match CommitId::new(text) {
            Ok(commit) => Ok(Subject::Commit(commit)),
            Err(_) => self.version(text).map(Subject::Version),
        }
    }
}

/// Prints a plan for people: its steps, and the diff of every file that it changes.
pub(crate) fn show(plan: &Plan) -> String {
    let mut text = plan.to_string();
    for step in plan.steps() {
        if let Step::Commit { documents, .. } = step {
            for change in documents {
                let diff = diff::unified(&change.path, &change.before, &change.after);
                text.push_str(&indent(&diff));
            }
        }
    }
    text
}

/// Prints what holds a plan.
pub(crate) fn show_held(title: &str, blockers: &Blockers) -> String {
    let mut text = format!("refused: {title}\n");
    for blocker in blockers.as_slice() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  - {blocker}");
    }
    text
}

/// Gives a plan that was not carried out its exit code.
pub(crate) fn apply_error(error: &ApplyError) -> CliError {
    if error.is_conflict() {
        CliError::conflict(error)
    } else {
        CliError::world(error)
    }
}

/// The subject of a record's commit, from its body.
pub(crate) fn describe(body: &[u8]) -> String {
    Event::parse(body).map_or_else(|error| error.to_string(), |event| event.kind.to_string())
}

pub(crate) fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
