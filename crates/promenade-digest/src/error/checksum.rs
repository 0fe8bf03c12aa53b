//! The errors of checksum files.

use super::{ParseDigestErrorKind, ParseNameError, in_line};
use crate::{Algorithm, ArtifactName};

/// Bytes are not a checksum file, or lines do not make up one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid checksum file{}: {kind}", in_line(*line))]
pub struct ParseChecksumsError {
    pub(crate) line: usize,
    pub(crate) kind: ParseChecksumsErrorKind,
}

impl ParseChecksumsError {
    /// Returns the line, counted from 1; 0 if the whole is at fault.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseChecksumsErrorKind {
        &self.kind
    }
}

/// Why bytes are not a checksum file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseChecksumsErrorKind {
    /// There is no line.
    #[error("no line in it")]
    Empty,
    /// There are more than [`crate::MAX_CHECKSUM_LINES`].
    #[error("more than {} lines", crate::MAX_CHECKSUM_LINES)]
    TooManyLines,
    /// A name is longer than [`crate::MAX_CHECKSUM_NAME_BYTES`].
    #[error("the name is longer than {} bytes", crate::MAX_CHECKSUM_NAME_BYTES)]
    TooLong,
    /// The last line has no end.
    #[error("the last line has no end")]
    MissingEnd,
    /// A line ends with a carriage return.
    #[error("the line ends with a carriage return")]
    CarriageReturn,
    /// A line holds a NUL byte.
    #[error("the line holds a NUL byte")]
    NulByte,
    /// A line is not of the form.
    #[error(
        "expected a digest, two spaces (or a space and `*`) and a name, or `SHA256 (NAME) = DIGEST`"
    )]
    Shape,
    /// A digest is not one.
    #[error("{0}")]
    Digest(ParseDigestErrorKind),
    /// A BSD line names an algorithm that does not identify artifacts.
    #[error("algorithm `{found}` does not identify artifacts; expected `SHA256` or `SHA512`")]
    Algorithm {
        /// The algorithm that was named.
        found: String,
    },
    /// A name is escaped where it must not be, or not where it must, or an escape is unknown.
    #[error(
        "`\\` must stand in front of the line if and only if the name has `\\\\`, `\\n` or `\\r`"
    )]
    Escape,
    /// A name is empty.
    #[error("the name is empty")]
    EmptyName,
    /// A line has another algorithm than the first.
    #[error("expected {} as in the first line, found {}", expected.name(), found.name())]
    MixedAlgorithms {
        /// The algorithm of the first line.
        expected: Algorithm,
        /// The algorithm of this one.
        found: Algorithm,
    },
    /// A name is there twice.
    #[error("the name is there twice, first in line {first}{}", if *conflicting { ", with another digest" } else { "" })]
    Duplicate {
        /// The line that has it first.
        first: usize,
        /// Whether the two digests differ.
        conflicting: bool,
    },
}

/// A checksum file does not list what is expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectChecksumsError {
    pub(crate) untrusted: Vec<ParseNameError>,
    pub(crate) case_twins: Vec<(ArtifactName, ArtifactName)>,
    pub(crate) missing: Vec<ArtifactName>,
    pub(crate) unexpected: Vec<ArtifactName>,
}

impl SelectChecksumsError {
    /// Returns the names that cannot be trusted, and why.
    #[must_use]
    pub fn untrusted(&self) -> &[ParseNameError] {
        &self.untrusted
    }

    /// Returns the pairs of names that differ in case only.
    #[must_use]
    pub fn case_twins(&self) -> &[(ArtifactName, ArtifactName)] {
        &self.case_twins
    }

    /// Returns the expected names that are not listed.
    #[must_use]
    pub fn missing(&self) -> &[ArtifactName] {
        &self.missing
    }

    /// Returns the listed names that were not expected.
    #[must_use]
    pub fn unexpected(&self) -> &[ArtifactName] {
        &self.unexpected
    }

    /// Returns `value` if nothing is wrong.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self == Self::default() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl std::fmt::Display for SelectChecksumsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the checksum file cannot be used:")?;
        let mut before = " ";
        let mut say = |what: std::fmt::Arguments<'_>| {
            f.write_str(std::mem::replace(&mut before, "; "))?;
            f.write_fmt(what)
        };
        for error in &self.untrusted {
            say(format_args!("{error}"))?;
        }
        for (name, twin) in &self.case_twins {
            say(format_args!("`{name}` and `{twin}` differ in case only"))?;
        }
        for name in &self.missing {
            say(format_args!("expected `{name}` is not listed"))?;
        }
        for name in &self.unexpected {
            say(format_args!("listed `{name}` was not expected"))?;
        }
        Ok(())
    }
}

impl std::error::Error for SelectChecksumsError {}
