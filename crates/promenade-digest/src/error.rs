//! The errors of this crate.

#[cfg(feature = "artifacts")]
mod artifact;
#[cfg(feature = "artifacts")]
mod build;
#[cfg(feature = "artifacts")]
mod checksum;
#[cfg(feature = "fs")]
mod walk;

use crate::Digest;

#[cfg(feature = "artifacts")]
pub use artifact::{
    KindMismatch, ParseArtifactIdError, ParseArtifactIdErrorKind, ParseNameError,
    ParseNameErrorKind,
};
#[cfg(feature = "artifacts")]
pub use build::{
    BuildDifference, BuildSetError, CompareBuildsError, ParseBuildSetError, ParseBuildSetErrorKind,
    VerifyBuildError,
};
#[cfg(feature = "artifacts")]
pub use checksum::{ParseChecksumsError, ParseChecksumsErrorKind, SelectChecksumsError};
#[cfg(feature = "fs")]
pub use walk::{WalkError, WalkErrorKind};

/// A text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid digest `{input}`: {kind}")]
pub struct ParseDigestError {
    pub(crate) input: String,
    pub(crate) kind: ParseDigestErrorKind,
}

impl ParseDigestError {
    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseDigestErrorKind {
        &self.kind
    }
}

/// Why a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseDigestErrorKind {
    /// There is no `algorithm:` in front.
    #[error("expected `sha256:` or `sha512:` in front")]
    MissingAlgorithm,
    /// The algorithm is not one that identifies artifacts.
    #[error("algorithm `{found}` does not identify artifacts; expected `sha256` or `sha512`")]
    UnknownAlgorithm {
        /// The algorithm that was named.
        found: String,
    },
    /// The encoded part has the wrong number of characters.
    #[error("expected {expected} hexadecimal digits, found {found} bytes")]
    Length {
        /// How many digits the algorithm has.
        expected: usize,
        /// How many bytes the encoded part has.
        found: usize,
    },
    /// A character is not a lower-case hexadecimal digit.
    #[error("character {found:?} at byte {at} is not a lower-case hexadecimal digit")]
    Character {
        /// Where, in bytes from the start of the input.
        at: usize,
        /// What was found.
        found: char,
    },
}

/// A digest is not the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct DigestMismatch {
    /// The recorded digest.
    pub expected: Digest,
    /// The digest of what was given.
    pub found: Digest,
}

impl DigestMismatch {
    /// Compares two digests.
    pub(crate) fn check(expected: Digest, found: Digest) -> Result<(), VerifyError> {
        if expected == found {
            Ok(())
        } else {
            Err(VerifyError::Digest(Box::new(Self { expected, found })))
        }
    }
}

/// Bytes are not the ones that were expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The size differs.
    #[error("expected {expected} bytes, found {found}")]
    Size {
        /// The recorded size.
        expected: u64,
        /// The size of what was given.
        found: u64,
    },
    /// The digest differs.
    #[error("{0}")]
    Digest(Box<DigestMismatch>),
    /// Nothing of that name is recorded.
    #[error("no artifact `{name}` is recorded")]
    Unknown {
        /// The name.
        name: String,
    },
}

/// A pass over a reader did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// The reader failed.
    #[error("reading failed after {at} bytes: {cause}")]
    Read {
        /// How many bytes had been read.
        at: u64,
        /// The kind of failure.
        kind: std::io::ErrorKind,
        /// What the system said.
        cause: String,
    },
    /// There are more bytes than demanded.
    #[error("expected {expected} bytes, found more")]
    TooLong {
        /// The demanded size.
        expected: u64,
    },
    /// There are fewer bytes than demanded.
    #[error("expected {expected} bytes, found {found}")]
    TooShort {
        /// The demanded size.
        expected: u64,
        /// The found size.
        found: u64,
    },
    /// The observer broke off.
    #[error("cancelled after {at} bytes")]
    Cancelled {
        /// How many bytes had been hashed.
        at: u64,
    },
}

impl HashError {
    pub(crate) fn read(at: u64, error: &std::io::Error) -> Self {
        Self::Read {
            at,
            kind: error.kind(),
            cause: error.to_string(),
        }
    }
}

/// Says in which line, counted from 1, if it is in one.
#[cfg(feature = "artifacts")]
pub(crate) fn in_line(line: usize) -> String {
    match line {
        0 => String::new(),
        line => format!(", line {line}"),
    }
}
