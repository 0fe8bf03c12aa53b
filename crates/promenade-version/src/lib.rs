//! Version policy as a value: schemes, impact, bump rules, candidate series, release lines, groups
//! and cadence.
//!
//! ```
//! use promenade_version::{Meaning, Scheme};
//!
//! let scheme = Scheme::semver();
//! let version = scheme.parse("0.4.0-rc.1")?;
//! assert_eq!(scheme.meaning(&version), Meaning::Candidate);
//! assert_eq!(scheme.format(&version)?, "0.4.0-rc.1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod after;
mod cadence;
mod calendar;
mod candidate;
mod error;
mod group;
mod history;
mod label;
mod level;
mod line;
mod next;
mod number;
mod period;
mod policy;
mod reason;
mod rule;
mod scheme;
mod series;
#[cfg(feature = "proptest1")]
pub mod strategy;
mod suffix;
mod support;

pub use after::Branch;
pub use cadence::{Cadence, CadenceError, Enforcement, GapReport, ScheduleStep, schedule};
pub use calendar::CalendarFormat;
pub use candidate::{CandidatePolicy, Counter, SeriesBase};
pub use error::{
    FormatVersionError, NextVersionError, NextVersionErrorKind, ParseVersionError,
    ParseVersionErrorKind, PolicyError, UnknownNameError,
};
pub use group::{Dependency, Group, GroupError, Groups, Sharing};
pub use history::{HistoryFinding, Uniqueness};
pub use label::{Label, StableSuffix};
pub use level::{Impact, Lane, Level};
pub use line::{Line, ParseLineError};
pub use next::{Change, Request};
pub use period::{Offset, ParsePeriodError, Period};
pub use policy::{VersionPolicy, VersionPolicyBuilder};
pub use reason::{Next, Reason, Rule};
pub use rule::{AfterRelease, BelowOne, LaneRules, LevelRange};
pub use scheme::{Meaning, Scheme, SchemeBuilder, SchemeKind};
pub use semver::Version;
pub use support::{EmergencyPatch, LineState, Reach, Support, line_states};
