//! The errors of reading, printing and declaring versions.

use chrono::NaiveDate;
use semver::Version;

use crate::{Lane, Level, Line, Scheme};

/// A text is not a version of the scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {scheme} version `{input}`: {kind}")]
pub struct ParseVersionError {
    pub(crate) scheme: &'static str,
    pub(crate) input: String,
    pub(crate) kind: ParseVersionErrorKind,
}

impl ParseVersionError {
    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseVersionErrorKind {
        &self.kind
    }
}

/// Why a text is not a version of the scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseVersionErrorKind {
    /// The grammar of the scheme does not accept the text.
    #[error("{reason}")]
    Grammar {
        /// What the grammar expected, and what it found.
        reason: String,
    },
    /// The text is a second spelling of a version; only one spelling is read.
    #[error("expected the canonical form `{canonical}`")]
    NotCanonical {
        /// The spelling that is read.
        canonical: String,
    },
    /// A component does not fit into 64 bits.
    #[error("the {component} component `{digits}` exceeds {}", u64::MAX)]
    Overflow {
        /// `major`, `minor`, `patch`, a calendar token, or `suffix`.
        component: &'static str,
        /// The digits found.
        digits: String,
    },
    /// The scheme declares its suffixes, and this is none of them.
    #[error("suffix `{suffix}` is not declared; declared: {declared}")]
    UnknownSuffix {
        /// The suffix found, without its hyphen.
        suffix: String,
        /// The declared suffixes.
        declared: String,
    },
    /// A calendar component names no date.
    #[error("{token} is {found}, expected {expected}")]
    NoSuchDate {
        /// The token of the format.
        token: &'static str,
        /// What was found.
        found: u64,
        /// The range of the token.
        expected: String,
    },
}

/// A version has no text in the scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("version `{version}` has no {scheme} text: {reason}")]
pub struct FormatVersionError {
    pub(crate) scheme: &'static str,
    pub(crate) version: Box<Version>,
    pub(crate) reason: String,
}

impl FormatVersionError {
    /// Returns the version that was refused.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }
}

/// A scheme or a version policy is not sound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A suffix template is not one.
    #[error("invalid suffix `{suffix}`: {reason}")]
    InvalidSuffix {
        /// The template.
        suffix: String,
        /// What was expected.
        reason: &'static str,
    },
    /// One text would have two readings.
    #[error("suffixes `{first}` and `{second}` both read `{example}`")]
    AmbiguousSuffixes {
        /// One template.
        first: String,
        /// The other.
        second: String,
        /// A text that both accept, or the value that both give.
        example: String,
    },
    /// Labels are declared in an order that is not the order of versions.
    #[error("label `{later}` follows `{earlier}` in the policy but sorts before it")]
    LabelOrder {
        /// The label declared first.
        earlier: String,
        /// The label declared after it.
        later: String,
    },
    /// A calendar format is not one.
    #[error("invalid calendar format `{format}`: {reason}")]
    InvalidCalendar {
        /// The format.
        format: String,
        /// What was expected.
        reason: String,
    },
    /// A key is needed that is not there.
    #[error("`{key}` is required when the scheme is {scheme}: one of {expected}")]
    Missing {
        /// The key.
        key: &'static str,
        /// The scheme.
        scheme: &'static str,
        /// The values it may have.
        expected: &'static str,
    },
    /// Two keys contradict each other.
    #[error("`{key}` {reason}")]
    Contradiction {
        /// The key to change.
        key: &'static str,
        /// What contradicts it.
        reason: String,
    },
}

/// A name is none of those known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{input}`, expected one of {expected}")]
pub struct UnknownNameError {
    what: &'static str,
    input: String,
    expected: String,
}

impl UnknownNameError {
    pub(crate) fn new(what: &'static str, input: &str) -> Self {
        Self {
            what,
            input: input.to_owned(),
            expected: String::new(),
        }
    }

    /// Adds a name that is known.
    pub(crate) fn expect(&mut self, name: &str) {
        if !self.expected.is_empty() {
            self.expected.push_str(", ");
        }
        self.expected.push_str(name);
    }

    /// Returns the name that is not known.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }
}

/// No version follows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no version follows {}: {kind}", .current.as_deref().unwrap_or("nothing"))]
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
    #[error("the policy has no candidates")]
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
