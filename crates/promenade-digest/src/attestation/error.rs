//! The errors of attestations.

use crate::{
    BuildSetError, CompareBuildsError, Digest, JsonError, ParseDigestError, ParseNameError,
};

/// Bytes are not an envelope, or its signatures do not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// It is longer than [`super::MAX_ENVELOPE_BYTES`].
    #[error("the envelope is longer than {} bytes", super::MAX_ENVELOPE_BYTES)]
    TooLong,
    /// It is not the JSON it must be.
    #[error("invalid envelope: {0}")]
    Json(JsonError),
    /// It has a key that is not known.
    #[error("invalid envelope: key `{key}` is not known")]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A field is not base64 in its one spelling.
    #[error("invalid envelope: field `{field}` is not base64 in its one spelling")]
    Base64 {
        /// The field.
        field: &'static str,
    },
    /// There is no signature.
    #[error("the envelope has no signature")]
    Unsigned,
    /// The payload is of another type than was asked for.
    #[error("expected a payload of type `{expected}`, found `{found}`")]
    PayloadType {
        /// The type that was asked for.
        expected: String,
        /// The type of the payload.
        found: String,
    },
    /// Fewer keys than demanded signed; one key counts once.
    #[error("expected good signatures by {expected} keys, found {found}")]
    Threshold {
        /// How many keys must have signed.
        expected: usize,
        /// How many did.
        found: usize,
    },
}

/// Bytes are not a statement of a promotion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid statement: {kind}")]
pub struct ParseStatementError {
    pub(super) kind: ParseStatementErrorKind,
}

impl ParseStatementError {
    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseStatementErrorKind {
        &self.kind
    }
}

/// Why bytes are not a statement of a promotion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseStatementErrorKind {
    /// It is not the JSON it must be.
    #[error("{0}")]
    Json(JsonError),
    /// `_type` is not [`super::STATEMENT_TYPE`].
    #[error("expected `_type` `{}`, found `{found}`", super::STATEMENT_TYPE)]
    Type {
        /// The type that was found.
        found: String,
    },
    /// `predicateType` is not [`super::PREDICATE_TYPE`].
    #[error(
        "expected `predicateType` `{}`, found `{found}`",
        super::PREDICATE_TYPE
    )]
    PredicateType {
        /// The type that was found.
        found: String,
    },
    /// A digest is not one.
    #[error("{0}")]
    Digest(ParseDigestError),
    /// A name is not one.
    #[error("{0}")]
    Name(ParseNameError),
    /// The subjects do not make up a build.
    #[error("{0}")]
    Subjects(BuildSetError),
    /// There is no subject.
    #[error("there is no subject")]
    Empty,
    /// A time is not of the form `YYYY-MM-DDThh:mm:ssZ`.
    #[error("`{found}` is not a time `YYYY-MM-DDThh:mm:ssZ`")]
    Time {
        /// What was found.
        found: String,
    },
    /// The JSON means a statement, in another spelling than the one that is written here.
    #[error("not in the spelling that statements of promotions are written in")]
    NotCanonical,
}

/// A statement does not say what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the statement does not hold here: {}", join(mismatches))]
pub struct VerifyStatementError {
    pub(super) mismatches: Vec<StatementMismatch>,
}

impl VerifyStatementError {
    /// Returns everything that is not as expected; there is at least one.
    #[must_use]
    pub fn mismatches(&self) -> &[StatementMismatch] {
        &self.mismatches
    }
}

fn join(mismatches: &[StatementMismatch]) -> String {
    let texts: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// One thing that a statement does not say as expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementMismatch {
    /// The artifacts are others.
    #[error("{0}")]
    Build(CompareBuildsError),
    /// A field has another value.
    #[error("expected {field} `{expected}`, found `{found}`")]
    Field {
        /// Which field.
        field: &'static str,
        /// The expected value.
        expected: String,
        /// The value in the statement.
        found: String,
    },
    /// The verification it tells of failed.
    #[error("the verification result is FAILED")]
    Failed,
    /// It follows another statement.
    #[error(
        "expected the previous statement {}, found {}",
        or_none(expected),
        or_none(found)
    )]
    Previous {
        /// The digest of the last known statement.
        expected: Option<Digest>,
        /// The digest that the statement names.
        found: Option<Digest>,
    },
    /// It is not the next one.
    #[error("expected sequence number {expected}, found {found}")]
    Sequence {
        /// The next number.
        expected: u64,
        /// The number of the statement.
        found: u64,
    },
    /// It has expired.
    #[error("it expired at {expired}; it is {at}")]
    Expired {
        /// When it expired.
        expired: super::Timestamp,
        /// When it is looked at.
        at: super::Timestamp,
    },
    /// It was made before the one it follows, or after now.
    #[error("it is of {found}, but must be between {from} and {to}")]
    Time {
        /// The time of the statement.
        found: super::Timestamp,
        /// The time of the one before it.
        from: super::Timestamp,
        /// Now.
        to: super::Timestamp,
    },
}

fn or_none(digest: &Option<Digest>) -> String {
    digest.map_or_else(|| "none".to_owned(), |digest| digest.to_string())
}
