//! In-toto statements of promotions, in DSSE envelopes (feature `attestation`).
//!
//! A [`Statement`] says that a build (its artifacts, by digest) was promoted from one environment
//! to another. Its JSON is an in-toto Statement v1 whose predicate is a SLSA verification summary,
//! so that other tools can read it; what a promotion needs beyond that (version, tags, sequence,
//! the statement before it) stands beside. A signature is over the digest, the names and the
//! environments: it cannot be carried to another tag, repository or environment.
//!
//! Signing and verifying are not done here: [`Envelope::sign`] and [`Envelope::verify`] take a
//! function, which `promenade-signature` and others provide.

mod envelope;
mod error;
mod statement;

pub use envelope::{Envelope, EnvelopeSignature, MAX_ENVELOPE_BYTES, PAYLOAD_TYPE, pae};
pub use error::{
    EnvelopeError, ParseStatementError, ParseStatementErrorKind, StatementMismatch,
    VerifyStatementError,
};
pub use statement::{
    Expectation, Outcome, PREDICATE_TYPE, STATEMENT_TYPE, Statement, StatementChain, Timestamp,
};
