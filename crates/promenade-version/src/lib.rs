//! Version policy as a value: schemes, impact, bump rules, candidate series, release lines, groups
//! and cadence.
//!
//! ```
//! use promenade_version::{
//!     BelowOne, CandidatePolicy, Impact, Meaning, Request, SchemeKind, VersionPolicy,
//! };
//!
//! let policy = VersionPolicy::builder(SchemeKind::Semver)
//!     .below_one(BelowOne::BreakingIsMinor)
//!     .candidate(CandidatePolicy::in_label("rc.{n}")?)
//!     .build()?;
//! let released = policy.scheme().parse("0.3.2")?;
//! let request = Request::after(&released).impact(Impact::Breaking);
//! let candidate = policy.open_series(&request)?.ok_or("nothing to release")?;
//! assert_eq!(candidate.text(), "0.4.0-rc.1");
//! assert_eq!(policy.scheme().meaning(candidate.version()), Meaning::Candidate);
//! assert_eq!(
//!     candidate.why(),
//!     "a breaking change below 1.0.0 raises the minor (`breaking-is-minor`); \
//!      0.4.0-rc.1 opens the series of 0.4.0"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`rules`] shows every rule running.
//!
//! # Scope and non-scope
//!
//! A [`Scheme`] maps version texts to [`Version`] values and back, each text and each value once, so
//! that every scheme has the order of SemVer. A [`VersionPolicy`] says what follows, and each
//! [`Next`] carries its [`Reason`]s as data.
//!
//! Nothing is read or written here: no clock, no files, no repository. Days and the versions that
//! exist are arguments. Tags are in `promenade-tag`, files that name a version in
//! `promenade-manifest`.
//!
//! # Grammar
//!
//! ```text
//! semver       NUMBER.NUMBER.NUMBER [-SUFFIX] [+BUILD]
//! major-minor  NUMBER.NUMBER [.NUMBER above 0] [-SUFFIX]
//! integer      NUMBER [-SUFFIX]
//! calendar     one to three numbers in the tokens of the format [-SUFFIX]
//! SUFFIX       a declared label (`rc.{n}`, `pre`), stable suffix or state of the manifest; in `semver`
//!              any other prerelease is a candidate
//! ```
//!
//! Not preserved: nothing. A text in another spelling is refused with the canonical one.
//!
//! # Features
//!
//! - `policy` (default): what follows a version; with it
//! - `scheme`: schemes, versions and lines. Without both, [`Impact`], [`Level`] and [`Lane`] are left.
//! - `serde`: policies, schemes and reasons in the shape of the `[version]` table of a process file.
//! - `proptest1`: the module `strategy`, with strategies for every public value.

#[cfg(feature = "policy")]
mod after;
#[cfg(feature = "policy")]
mod cadence;
#[cfg(feature = "scheme")]
mod calendar;
#[cfg(feature = "policy")]
mod candidate;
mod error;
#[cfg(feature = "policy")]
mod group;
#[cfg(feature = "policy")]
mod history;
#[cfg(feature = "scheme")]
mod label;
mod level;
#[cfg(feature = "scheme")]
mod line;
#[cfg(feature = "policy")]
mod next;
#[cfg(feature = "scheme")]
mod number;
#[cfg(feature = "policy")]
mod period;
#[cfg(feature = "policy")]
mod policy;
#[cfg(feature = "policy")]
mod reason;
#[cfg(feature = "policy")]
mod rule;
#[cfg(feature = "scheme")]
mod scheme;
#[cfg(feature = "policy")]
mod series;
#[cfg(feature = "proptest1")]
pub mod strategy;
#[cfg(feature = "scheme")]
mod suffix;
#[cfg(feature = "policy")]
mod support;

#[cfg(feature = "policy")]
pub use after::Branch;
#[cfg(feature = "policy")]
pub use cadence::{Cadence, CadenceError, Enforcement, GapReport, ScheduleStep, schedule};
#[cfg(feature = "scheme")]
pub use calendar::CalendarFormat;
#[cfg(feature = "policy")]
pub use candidate::{CandidatePolicy, Counter, SeriesBase};
pub use error::UnknownNameError;
#[cfg(feature = "scheme")]
pub use error::{FormatVersionError, ParseVersionError, ParseVersionErrorKind, PolicyError};
#[cfg(feature = "policy")]
pub use error::{NextVersionError, NextVersionErrorKind};
#[cfg(feature = "policy")]
pub use group::{Dependency, Group, GroupError, Groups, Sharing};
#[cfg(feature = "policy")]
pub use history::{HistoryFinding, Uniqueness};
#[cfg(feature = "scheme")]
pub use label::{Label, StableSuffix};
pub use level::{Impact, Lane, Level};
#[cfg(feature = "scheme")]
pub use line::{Line, ParseLineError};
#[cfg(feature = "policy")]
pub use next::{Change, Request};
#[cfg(feature = "policy")]
pub use period::{Offset, ParsePeriodError, Period};
#[cfg(feature = "policy")]
pub use policy::{VersionPolicy, VersionPolicyBuilder};
#[cfg(feature = "policy")]
pub use reason::{Next, Reason, Rule};
#[cfg(feature = "policy")]
pub use rule::{AfterRelease, BelowOne, LaneRules, LevelRange};
#[cfg(feature = "scheme")]
pub use scheme::{Meaning, Scheme, SchemeBuilder, SchemeKind};
pub use semver::Version;
#[cfg(feature = "policy")]
pub use support::{EmergencyPatch, LineState, Reach, Support, line_states};

#[cfg(feature = "policy")]
#[doc = include_str!("../RULES.md")]
pub mod rules {}
