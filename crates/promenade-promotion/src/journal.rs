//! The journal: replay a ledger, and the loop read, decide, append.

use crate::command::{Command, Context};
use crate::event::{Event, ParseEventError};
use crate::evolve::EvolveError;
use crate::ledger::{
    AppendError, CorruptLedger, CorruptLedgerKind, Head, LedgerStore, OpId, Record, StoreError,
    StreamId,
};
use crate::policy::Policy;
use crate::roster::Roster;
use crate::state::State;
use crate::trust::{Doubt, Trust, Witness};
use crate::verdict::{Blockers, Verdict};
use crate::{decide, embargo};

/// How often a command is decided anew because others were faster.
pub const MAX_ATTEMPTS: u32 = 64;

/// A ledger cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The store cannot be read, or its chain is broken.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record holds no event.
    #[error("record {seq}: {error}")]
    Event {
        /// The sequence number.
        seq: u64,
        /// What is wrong with it.
        error: ParseEventError,
    },
    /// An event breaks a law.
    #[error("record {seq}: {error}")]
    Law {
        /// The sequence number.
        seq: u64,
        /// The law.
        error: EvolveError,
    },
    /// The ledger does not hold a head that was seen before (INV-37).
    #[error(transparent)]
    Pinned(Box<LostHeadError>),
}

/// A ledger does not hold a head that was seen before: it was cut off, or is another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger does not hold record {pinned} that was seen before; found {found}")]
pub struct LostHeadError {
    /// The head that was seen before.
    pub pinned: Head,
    /// The record that stands there, or the last one.
    pub found: Head,
}

/// Reads a stream from its start: checks the chain, folds every event, and gives state and head.
///
/// # Errors
/// [`ReplayError`] with the sequence number of the first record that is not as it must be.
pub fn replay(store: &dyn LedgerStore, stream: &StreamId) -> Result<(State, Head), ReplayError> {
    let mut replay = Replay::new(stream);
    replay.read_on(store)?;
    Ok((replay.state, replay.head))
}

/// A replay that can be continued.
#[derive(Clone, Debug)]
pub struct Replay {
    stream: StreamId,
    state: State,
    head: Head,
    doubts: Vec<Doubt>,
}

impl Replay {
    /// Begins at the start of a stream.
    #[must_use]
    pub fn new(stream: &StreamId) -> Self {
        Self {
            stream: stream.clone(),
            state: State::default(),
            head: Head::EMPTY,
            doubts: Vec::new(),
        }
    }

    /// Goes on from a state that belongs to a head.
    pub(crate) fn resume(stream: &StreamId, state: State, head: Head) -> Self {
        Self {
            stream: stream.clone(),
            state,
            head,
            doubts: Vec::new(),
        }
    }

    /// Returns the state so far.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the head so far.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// Reads what came since.
    ///
    /// # Errors
    /// [`ReplayError`] with the sequence number of the first record that is not as it must be; what
    /// was read before it is kept.
    pub fn read_on(&mut self, store: &dyn LedgerStore) -> Result<(), ReplayError> {
        self.read_on_for(store, None, None).map(|_| ())
    }

    /// As [`Replay::read_on`], but an approval or a waiver counts only if `witness` names a key of the
    /// person who, by its own word, gave it. Such a state is for deciding: its hash is not that of the
    /// ledger, and a snapshot is made of a replay without a witness.
    ///
    /// # Errors
    /// As [`Replay::read_on`].
    pub fn read_on_trusting(
        &mut self,
        store: &dyn LedgerStore,
        roster: &Roster,
        witness: &dyn Witness,
    ) -> Result<(), ReplayError> {
        let trust = Trust { roster, witness };
        self.read_on_for(store, None, Some(trust)).map(|_| ())
    }

    /// Returns what does not count, in the order of the ledger.
    #[must_use]
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// Reads what came since and tells whether an operation is among it.
    fn read_on_for(
        &mut self,
        store: &dyn LedgerStore,
        op: Option<&OpId>,
        trust: Option<Trust<'_>>,
    ) -> Result<bool, ReplayError> {
        let mut failed = None;
        let mut seen = false;
        let stream = self.stream.clone();
        let head = store.read(&stream, self.head.seq + 1, &mut |record| {
            seen |= op == Some(&record.op);
            match self.step_if(&record, trust) {
                Ok(()) => true,
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        })?;
        match failed {
            Some(error) => Err(error),
            // The store's own head must be what was read: a shorter ledger than the one that was read
            // before is found here.
            None if head != self.head => Err(lost(self.head, head)),
            None => Ok(seen),
        }
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// [`ReplayError`] if the record is not the next one of the chain, holds no event, or breaks a law.
    pub fn step(&mut self, record: &Record) -> Result<(), ReplayError> {
        self.step_if(record, None)
    }

    fn step_if(&mut self, record: &Record, trust: Option<Trust<'_>>) -> Result<(), ReplayError> {
        let seq = self.head.seq + 1;
        self.head = check_link(&self.head, &self.stream, record)?;
        let event =
            Event::parse(&record.body).map_err(|error| ReplayError::Event { seq, error })?;
        if let Some(doubt) = trust.and_then(|trust| trust.doubt(record, &event)) {
            self.doubts.push(doubt);
            // It happened, and later than what came before.
            self.state.clock = self.state.clock.max(Some(event.at.at));
            return Ok(());
        }
        let applied = self.state.apply(&event);
        applied.map_err(|error| ReplayError::Law { seq, error })
    }
}

pub(crate) fn lost(pinned: Head, found: Head) -> ReplayError {
    ReplayError::Pinned(Box::new(LostHeadError { pinned, found }))
}

/// Checks that a record follows a head, and gives the head after it.
pub(crate) fn check_link(
    head: &Head,
    stream: &StreamId,
    record: &Record,
) -> Result<Head, StoreError> {
    let expected = head.seq + 1;
    let kind = if record.seq != expected {
        CorruptLedgerKind::Sequence {
            expected,
            found: record.seq,
        }
    } else if record.prev != head.hash {
        CorruptLedgerKind::Previous {
            expected: head.hash,
            found: record.prev,
        }
    } else if record.stream != *stream {
        CorruptLedgerKind::Stream {
            found: record.stream.to_string(),
        }
    } else {
        return Ok(record.head());
    };
    Err(CorruptLedger {
        seq: expected,
        kind,
    }
    .into())
}

/// A stream of a store, and the policy by which commands are judged.
///
/// ```
/// use promenade_digest::Digest;
/// use promenade_promotion::ledger::{MemoryLedger, OpId, StreamId};
/// use promenade_promotion::{Artifacts, Command, Context, Done, Journal, Lane, Policy, PolicyRules};
///
/// let store = MemoryLedger::default();
/// let policy = Policy::build(PolicyRules::default())?;
/// let journal = Journal::new(&store, StreamId::new("app")?, &policy);
/// let context = Context::new("ci:build".parse()?, "2026-11-21T08:00:00Z".parse::<chrono::DateTime<_>>()?);
/// let register = |bytes: &[u8]| {
///     Ok::<_, Box<dyn std::error::Error>>(Command::RegisterCandidate {
///         artifacts: Artifacts::new([("app", Digest::sha256(bytes))])?,
///         commit: "94e3a1c0d2b54f6787980a1b2c3d4e5f60718293".parse()?,
///         lane: Lane::Regular,
///         tag: None,
///         version: "1.4.0-rc.1".parse()?,
///     })
/// };
/// let done = journal.run(&OpId::new("op-1")?, &register(b"app")?, &context)?;
/// assert!(matches!(done, Done::Appended { .. }));
/// // Another digest under the same version is refused, for ever.
/// let done = journal.run(&OpId::new("op-2")?, &register(b"app, built again")?, &context)?;
/// assert!(matches!(done, Done::Held(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Journal<'a> {
    store: &'a dyn LedgerStore,
    stream: StreamId,
    policy: &'a Policy,
    witness: Option<&'a dyn Witness>,
}

/// How a command came out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Done {
    /// These events were appended; the state and the head are those after them.
    Appended {
        /// The events.
        events: Vec<Event>,
        /// The state after them.
        state: Box<State>,
        /// The head after them.
        head: Head,
    },
    /// The operation is in the ledger already, or everything is already as it is wanted.
    Already {
        /// The state.
        state: Box<State>,
        /// The head.
        head: Head,
    },
    /// It is held; nothing was written.
    Held(Blockers),
}

/// A command could not be carried out or refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunCommandError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The store refused or failed.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Others were faster, each time.
    #[error("decided {attempts} times, and each time the ledger had moved; its head is {head}")]
    Contended {
        /// How often.
        attempts: u32,
        /// The head that was read last.
        head: Head,
    },
    /// The events would break a law; nothing was written.
    #[error(transparent)]
    Law(#[from] EvolveError),
    /// The events would make something public that is under an embargo.
    #[error("`{event}` would make an embargoed version public: seal it, and disclose it later")]
    Embargoed {
        /// The kind of the event.
        event: String,
    },
}

impl<'a> Journal<'a> {
    /// Makes a journal.
    #[must_use]
    pub fn new(store: &'a dyn LedgerStore, stream: StreamId, policy: &'a Policy) -> Self {
        Self {
            store,
            stream,
            policy,
            witness: None,
        }
    }

    /// Lets approvals and waivers count only if `witness` names a key of the person who gave them.
    #[must_use]
    pub fn trusting(mut self, witness: &'a dyn Witness) -> Self {
        self.witness = Some(witness);
        self
    }

    fn trust(&self) -> Option<Trust<'a>> {
        let roster = self.policy.roster();
        self.witness.map(|witness| Trust { roster, witness })
    }

    /// Returns the stream.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Replays the stream.
    ///
    /// # Errors
    /// [`ReplayError`] with the sequence number of the first record that is not as it must be.
    pub fn replay(&self) -> Result<(State, Head), ReplayError> {
        let mut replay = Replay::new(&self.stream);
        replay.read_on_for(self.store, None, self.trust())?;
        Ok((replay.state, replay.head))
    }

    /// Decides a command and appends its events, all or none. On a conflict it reads what came and
    /// decides again; where the outcome of an append is unknown it looks the operation up. So an
    /// operation is in the ledger once or not at all (INV-34, INV-35).
    ///
    /// # Errors
    /// [`RunCommandError`] if the ledger cannot be read or written.
    pub fn run(
        &self,
        op: &OpId,
        command: &Command,
        context: &Context,
    ) -> Result<Done, RunCommandError> {
        let mut replay = Replay::new(&self.stream);
        for _ in 0..MAX_ATTEMPTS {
            if replay.read_on_for(self.store, Some(op), self.trust())? {
                return Ok(already(replay));
            }
            let events = match decide(replay.state(), command, self.policy, context) {
                Verdict::Hold(blockers) => return Ok(Done::Held(blockers)),
                Verdict::Advance(events) if events.is_empty() => return Ok(already(replay)),
                Verdict::Advance(events) => events,
            };
            if let Some(event) = events
                .iter()
                .find(|event| embargo::is_private(replay.state(), event))
            {
                let event = event.kind.name().to_owned();
                return Err(RunCommandError::Embargoed { event });
            }
            // The laws that hold under every policy have the last word: what a replay would refuse is never
            // written.
            let mut ahead = replay.state().clone();
            events.iter().try_for_each(|event| ahead.apply(event))?;
            let bodies: Vec<_> = events.iter().map(Event::canonical_bytes).collect();
            match self.store.append(&self.stream, &replay.head(), op, &bodies) {
                Ok(_) => {
                    replay.read_on_for(self.store, None, self.trust())?;
                    let Replay { state, head, .. } = replay;
                    return Ok(Done::Appended {
                        events,
                        state: Box::new(state),
                        head,
                    });
                }
                // Read again and decide again; never send again.
                Err(AppendError::Conflict { .. } | AppendError::Unknown { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(RunCommandError::Contended {
            attempts: MAX_ATTEMPTS,
            head: replay.head(),
        })
    }
}

fn already(replay: Replay) -> Done {
    let Replay { state, head, .. } = replay;
    Done::Already {
        state: Box::new(state),
        head,
    }
}
