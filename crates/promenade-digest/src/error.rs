//! The errors of this crate.

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
