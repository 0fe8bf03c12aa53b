//! The errors of the ledger.

use promenade_digest::Digest;

use super::Head;

/// A text is not the name of a stream or of an operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid {what} name `{input}`: expected 1 to 128 of a-z, 0-9, `-`, `_`, `.`, starting with a \
     letter or digit, without `..`, not ending with `.` or `.lock`"
)]
pub struct ParseNameError {
    pub(super) what: &'static str,
    pub(super) input: String,
}

/// Bytes are not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRecordError {
    /// The record was written by a newer version of Promenade.
    #[error("record format `{found}` is not known; expected `1`")]
    NewerFormat {
        /// The format that was found.
        found: String,
    },
    /// A header line is not as it must be.
    #[error("record line `{field}`: expected {expected}")]
    Line {
        /// The key of the line.
        field: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// The body is not as long as declared.
    #[error("record declares {declared} bytes of body, found {found}")]
    Size {
        /// The size in the header.
        declared: usize,
        /// The size of what follows it.
        found: usize,
    },
    /// The bytes mean a record, in another spelling than the canonical one.
    #[error("record is not in its canonical spelling")]
    NotCanonical,
}

/// A store cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The medium failed.
    #[error("ledger store: {action} failed: {cause}")]
    Io {
        /// What was tried.
        action: String,
        /// What the medium answered.
        cause: String,
    },
    /// What is stored is not an unbroken chain of records.
    #[error(transparent)]
    Corrupt(Box<CorruptLedger>),
    /// The store cannot be used as it is, and says what a person can do about it.
    #[error("ledger store: {problem}; {remedy}")]
    Unusable {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
}

impl From<CorruptLedger> for StoreError {
    fn from(corrupt: CorruptLedger) -> Self {
        Self::Corrupt(Box::new(corrupt))
    }
}

/// A record that breaks the chain, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ledger is broken at record {seq}: {kind}")]
pub struct CorruptLedger {
    /// The sequence number at which the chain breaks.
    pub seq: u64,
    /// How it breaks.
    pub kind: CorruptLedgerKind,
}

/// How a chain of records breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CorruptLedgerKind {
    /// The bytes are not a record.
    #[error("{0}")]
    Record(ParseRecordError),
    /// The sequence number is not the next one.
    #[error("expected sequence number {expected}, found {found}")]
    Sequence {
        /// The next number.
        expected: u64,
        /// The number of the record.
        found: u64,
    },
    /// The record names another predecessor.
    #[error("expected previous hash {expected}, found {found}")]
    Previous {
        /// The hash of the record before it.
        expected: Digest,
        /// The hash that the record names.
        found: Digest,
    },
    /// The record belongs to another stream.
    #[error("belongs to stream `{found}`")]
    Stream {
        /// The stream that the record names.
        found: String,
    },
    /// The record is absent.
    #[error("the record is missing")]
    Missing,
}

/// An append did not succeed, or nobody knows whether it did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The head is not the expected one; nothing of ours was written.
    #[error("the ledger moved: its head is {actual}; read again and decide again")]
    Conflict {
        /// The head that was found.
        actual: Head,
    },
    /// The acknowledgement was lost; look the operation up with `resolve`.
    #[error("the outcome of the append is unknown: {cause}; look the operation up by its id")]
    Unknown {
        /// What happened.
        cause: String,
    },
    /// The store refused or failed; nothing of ours is visible.
    #[error(transparent)]
    Store(#[from] StoreError),
}
