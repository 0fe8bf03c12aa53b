//! The errors of reading and printing versions.

use semver::Version;

/// A text is not a version of the scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {scheme} version `{input}`: {kind}")]
pub struct ParseVersionError {
    pub(crate) scheme: String,
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
}

/// A version has no text in the scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("version `{version}` has no {scheme} text: {reason}")]
pub struct FormatVersionError {
    pub(crate) scheme: String,
    pub(crate) version: Version,
    pub(crate) reason: String,
}
