//! Why no version follows.

use chrono::NaiveDate;
use semver::Version;

use crate::{FormatVersionError, Lane, Level, Line, Scheme};

/// No version follows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {kind}", .current.as_ref().map_or_else(
    || "there is no first version".to_owned(),
    |current| format!("no version follows {current}"),
))]
pub struct NextVersionError {
    current: Option<String>,
    kind: NextVersionErrorKind,
}

impl NextVersionError {
    pub(crate) fn new(
        scheme: &Scheme,
        current: Option<&Version>,
        kind: NextVersionErrorKind,
    ) -> Self {
        let show = |version: &Version| {
            scheme
                .format(version)
                .unwrap_or_else(|_| version.to_string())
        };
        Self {
            current: current.map(|version| format!("`{}`", show(version))),
            kind,
        }
    }

    /// Returns why no version follows.
    #[must_use]
    pub fn kind(&self) -> &NextVersionErrorKind {
        &self.kind
    }
}

/// Why no version follows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NextVersionErrorKind {
    /// The version is a candidate of an open series.
    #[error("its series is open; promote it, or ask for the next candidate")]
    OpenSeries,
    /// The version is no candidate.
    #[error("it is no candidate")]
    NotACandidate,
    /// The version is no plain release: it is a state of the manifest, or has a suffix.
    #[error("it is no release without a suffix")]
    NotReleased,
    /// The version carries no declared marker.
    #[error("it carries no marker that the policy declares")]
    NotAManifestState,
    /// The version that would follow exists already.
    #[error("`{0}` would follow, and `{1}` exists")]
    Taken(String, String),
    /// The policy declares no candidates.
    #[error("the policy declares no `candidate`")]
    NoCandidates,
    /// The policy makes no candidates under this label.
    #[error("the policy makes no candidates labelled `{0}`")]
    UnknownLabel(String),
    /// The label does not come after the current one.
    #[error("label `{0}` does not come after its own")]
    LabelBackwards(String),
    /// A component or a counter is at its maximum.
    #[error("a number is at its maximum, {}", u64::MAX)]
    Overflow,
    /// A calendar scheme needs the day of the release.
    #[error("a calendar scheme needs the day of the release")]
    NeedsDate,
    /// The calendar cannot print the year.
    #[error("the calendar format has no text for {on}")]
    NoSuchYear {
        /// The day asked for.
        on: NaiveDate,
    },
    /// The day lies before the period of the version.
    #[error("{on} lies before its period")]
    DateBeforeCurrent {
        /// The day asked for.
        on: NaiveDate,
    },
    /// The period has a version, and the format no counter.
    #[error("the period of {on} has a version already and the format has no counter")]
    PeriodTaken {
        /// The day asked for.
        on: NaiveDate,
    },
    /// The scheme has no patch.
    #[error("the scheme has no patch")]
    NoPatch,
    /// No release is on the line.
    #[error("no release is on the line `{0}`")]
    NothingOnLine(Line),
    /// The lane does not raise that level.
    #[error("a {level} release is more than the {lane} lane allows, at most {at_most}")]
    AboveCeiling {
        /// The level that the change asks for.
        level: Level,
        /// The lane.
        lane: Lane,
        /// Its ceiling.
        at_most: Level,
    },
    /// The version has no text in the scheme.
    #[error("{0}")]
    NotInScheme(FormatVersionError),
}
