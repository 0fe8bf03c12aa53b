//! The errors of reading, printing and declaring versions.

#[cfg(feature = "policy")]
mod next;

#[cfg(feature = "scheme")]
use semver::Version;

#[cfg(feature = "policy")]
pub use next::{NextVersionError, NextVersionErrorKind};

/// A text is not a version of the scheme.
#[cfg(feature = "scheme")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {} version `{}`: {}", .refused.scheme, .refused.input, .refused.kind)]
pub struct ParseVersionError {
    refused: Box<Refused>,
}

/// Kept behind a pointer: a version that is read is not moved about with room for all this.
#[cfg(feature = "scheme")]
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refused {
    scheme: &'static str,
    input: String,
    kind: ParseVersionErrorKind,
}

#[cfg(feature = "scheme")]
impl ParseVersionError {
    pub(crate) fn new(scheme: &'static str, input: &str, kind: ParseVersionErrorKind) -> Self {
        let refused = Box::new(Refused {
            scheme,
            input: input.to_owned(),
            kind,
        });
        Self { refused }
    }

    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.refused.input
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseVersionErrorKind {
        &self.refused.kind
    }
}

/// Why a text is not a version of the scheme.
#[cfg(feature = "scheme")]
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
#[cfg(feature = "scheme")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("version `{version}` has no {scheme} text: {reason}")]
pub struct FormatVersionError {
    pub(crate) scheme: &'static str,
    pub(crate) version: Box<Version>,
    pub(crate) reason: String,
}

#[cfg(feature = "scheme")]
impl FormatVersionError {
    /// Returns the version that was refused.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }
}

/// A scheme or a version policy is not sound.
#[cfg(feature = "scheme")]
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
