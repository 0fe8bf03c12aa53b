//! The environment promotion state machine: environments, gates, evidence, approvals, candidates,
//! releases and the ledger of records.
//!
//! Everything that happens is an [`Event`] in a ledger. [`evolve`] folds events into a [`State`];
//! [`decide`] judges a [`Command`] against state and [`Policy`] and gives either the events to append
//! or every [`Blocker`] at once, each with who or when clears it. Both are pure: time and actor come in
//! with the [`Context`]. A [`Journal`] is the loop around them: read, decide, append, and on a conflict
//! read and decide again.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use promenade_digest::Digest;
//! use promenade_promotion::{
//!     Accepts, Artifacts, Command, Context, EnvironmentRule, Lane, Policy, PolicyRules, State, Verdict,
//!     decide,
//! };
//!
//! let staging = EnvironmentRule::new("staging".parse()?, Accepts::Release);
//! let policy = Policy::build(PolicyRules { environments: vec![staging], ..PolicyRules::default() })?;
//! let at: DateTime<Utc> = "2026-11-21T08:00:00Z".parse()?;
//! let context = Context::new("ssh:SHA256:abc".parse()?, at);
//!
//! let mut state = State::default();
//! let command = Command::RegisterCandidate {
//!     artifacts: Artifacts::new([("app", Digest::sha256(b"app"))])?,
//!     commit: "94e3a1c0d2b54f6787980a1b2c3d4e5f60718293".parse()?,
//!     lane: Lane::Regular,
//!     tag: Some("v1.4.0-rc.1".to_owned()),
//!     version: "1.4.0-rc.1".parse()?,
//! };
//! if let Verdict::Advance(events) = decide(&state, &command, &policy, &context) {
//!     for event in &events {
//!         state.apply(event)?;
//!     }
//! }
//! let promote = Command::Promote {
//!     automated: false,
//!     consent: None,
//!     derived: None,
//!     environment: "staging".parse()?,
//!     subject: "1.4.0-rc.1".parse()?,
//! };
//! let verdict = decide(&state, &promote, &policy, &context);
//! assert_eq!(verdict.blockers()[0].why, "`staging` accepts a release; `1.4.0-rc.1` is a candidate");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod artifacts;
mod board;
mod codec;
mod command;
mod decide;
mod describe;
pub mod embargo;
mod environment;
mod event;
mod evolve;
mod explain;
pub mod export;
mod freeze;
mod gate;
mod journal;
mod judge;
pub mod ledger;
pub mod map;
mod moment;
mod policy;
#[cfg(feature = "proptest1")]
mod reference;
mod roster;
#[cfg(feature = "serde")]
mod serde;
mod snapshot;
mod state;
mod story;
#[cfg(feature = "proptest1")]
pub mod strategy;
mod subject;
pub mod table;
mod trust;
mod verdict;
mod verify;
mod word;

pub use artifacts::{Artifacts, MakeArtifactsError};
pub use board::{Board, Cell, Column, Row};
pub use command::{ChannelMove, Command, Context, MakeRelease};
pub use decide::decide;
pub use environment::{
    After, AfterRollback, DerivationKind, Downgrade, EnvironmentRule, Queue, RollbackInFreeze,
};
pub use event::{
    AdoptedStage, AdoptedVersion, Derivation, EVENT_FORMAT, Event, EventKind, Follows, Mark,
    MoveCause, ParseEventError,
};
pub use evolve::{EvolveError, evolve};
pub use explain::{Explanation, explain, next_subject};
pub use freeze::{DatedWindow, Day, FreezeRule, WeekTime, WeeklyWindow, Zone};
pub use gate::{
    ApprovalsRule, CommandRule, Condition, Gate, GateRule, Judgement, ObligationKind, Outcome,
    Question, ScheduleRule, Separation, SoakRule,
};
pub use journal::{
    Done, Journal, LostHeadError, MAX_ATTEMPTS, Replay, ReplayError, RunCommandError, replay,
};
pub use judge::Standing;
pub use map::{Map, Set};
pub use moment::{Moment, Span};
pub use policy::{
    BuildPolicyError, FinalCommit, Policy, PolicyRules, ReleaseRule, UnknownEnvironmentError,
};
#[cfg(feature = "proptest1")]
pub use reference::Reference;
pub use roster::{PersonRule, Roster};
pub use snapshot::{ParseSnapshotError, Snapshot};
pub use state::{
    Approval, Channel, Evidence, Flight, Freeze, Hold, Obligation, Occupant, Phase, Seal,
    SetRecord, Slot, Stage, State, VersionRecord, Versions, Waiver,
};
pub use subject::{Accepts, Lane, Line, Subject};
pub use trust::{Doubt, Witness};
pub use verdict::{Blocker, Blockers, Rank, Verdict};
pub use verify::{Verified, verify};
pub use word::{
    Actor, ChannelName, ClockName, CommitId, EnvironmentName, GateName, ItemId, Label,
    ParseNameError, PersonName, Role,
};
