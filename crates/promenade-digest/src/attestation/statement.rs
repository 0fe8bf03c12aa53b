//! The statement that a build was promoted.

mod wire;

use std::fmt;
use std::str::FromStr;

use super::{
    ParseStatementError, ParseStatementErrorKind, StatementMismatch, VerifyStatementError,
};
use crate::{BuildSet, Digest};
use wire::{Wire, read};

/// The type of every in-toto statement, version 1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The type of the predicate: a SLSA verification summary, version 1.
pub const PREDICATE_TYPE: &str = "https://slsa.dev/verification_summary/v1";

/// A time in UTC, to the second: `2026-01-31T12:00:00Z`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(String);

impl FromStr for Timestamp {
    type Err = ParseStatementError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape: String = text
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        let number = |range| text.get(range).and_then(|part: &str| part.parse().ok());
        let within = |range, from: u8, to: u8| {
            number(range).is_some_and(|value: u8| (from..=to).contains(&value))
        };
        // Texts of this form sort as the times do.
        if shape == "0000-00-00T00:00:00Z"
            && within(5..7, 1, 12)
            && within(8..10, 1, 31)
            && within(11..13, 0, 23)
            && within(14..16, 0, 59)
            && within(17..19, 0, 59)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseStatementError {
                kind: ParseStatementErrorKind::Time {
                    found: text.to_owned(),
                },
            })
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the verification that a statement tells of succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It did: the build was promoted.
    Passed,
    /// It did not.
    Failed,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
        }
    }
}

/// The statement that a build was promoted from one environment to another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the canonical bytes of a statement hold exactly these"
)]
pub struct Statement {
    /// The artifacts.
    pub build: BuildSet,
    /// The version they are.
    pub version: String,
    /// The tags and channel names that were given to them.
    pub tags: Vec<String>,
    /// The environment they came from; none for the first.
    pub from: Option<String>,
    /// The environment they went to.
    pub to: String,
    /// What the environment is the environment of, as a URI: a repository, a registry.
    pub resource: String,
    /// The number of the statement in its chain; the first has 1.
    pub sequence: u64,
    /// The digest of the statement before it.
    pub previous: Option<Digest>,
    /// The digest of the process that was followed.
    pub policy: Digest,
    /// When it was made.
    pub at: Timestamp,
    /// When it stops to hold, if it does.
    pub expires: Option<Timestamp>,
    /// Who verified, as a URI.
    pub verifier: String,
    /// Whether the verification succeeded.
    pub outcome: Outcome,
}

impl Statement {
    /// Returns the JSON of the statement: one spelling for each value.
    #[must_use]
    pub fn render(&self) -> Vec<u8> {
        serde_json::to_vec(&Wire::of(self)).expect("strings and numbers have a spelling in JSON")
    }

    /// Returns the SHA-256 of the JSON, which the next statement of the chain names.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.render())
    }

    /// Reads a statement; the exact inverse of [`Statement::render`].
    ///
    /// # Errors
    /// [`ParseStatementError`]: no JSON or not of the shape, another type of statement or
    /// predicate, another spelling.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseStatementError> {
        let statement = read(bytes).map_err(|kind| ParseStatementError { kind })?;
        if statement.render() == bytes {
            Ok(statement)
        } else {
            Err(ParseStatementError {
                kind: ParseStatementErrorKind::NotCanonical,
            })
        }
    }

    /// Checks the statement against what is known and expected, everything of it.
    ///
    /// # Errors
    /// [`VerifyStatementError`] with everything that is not as expected.
    pub fn verify(&self, expected: &Expectation) -> Result<(), VerifyStatementError> {
        let mut mismatches = Vec::new();
        if let Err(error) = expected.build.same_build(&self.build) {
            mismatches.push(StatementMismatch::Build(error));
        }
        let fields = [
            ("version", &expected.version, &self.version),
            ("environment", &expected.to, &self.to),
            ("resource", &expected.resource, &self.resource),
        ];
        for (field, expected, found) in fields {
            if expected != found {
                mismatches.push(StatementMismatch::Field {
                    field,
                    expected: expected.clone(),
                    found: found.clone(),
                });
            }
        }
        if expected.from != self.from {
            let text = |from: &Option<String>| from.clone().unwrap_or_default();
            mismatches.push(StatementMismatch::Field {
                field: "previous environment",
                expected: text(&expected.from),
                found: text(&self.from),
            });
        }
        if expected.policy != self.policy {
            mismatches.push(StatementMismatch::Field {
                field: "policy",
                expected: expected.policy.to_string(),
                found: self.policy.to_string(),
            });
        }
        if self.outcome == Outcome::Failed {
            mismatches.push(StatementMismatch::Failed);
        }
        if let Some(expired) = self.expires.as_ref().filter(|time| **time <= expected.now) {
            mismatches.push(StatementMismatch::Expired {
                expired: expired.clone(),
                at: expected.now.clone(),
            });
        }
        if mismatches.is_empty() {
            Ok(())
        } else {
            Err(VerifyStatementError { mismatches })
        }
    }
}

/// What a statement must say to hold at a place and a time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "an expectation that leaves something out would check too little"
)]
pub struct Expectation {
    /// The artifacts that were built.
    pub build: BuildSet,
    /// The version they are.
    pub version: String,
    /// The environment that the process puts before this one.
    pub from: Option<String>,
    /// The environment that asks.
    pub to: String,
    /// What it is the environment of.
    pub resource: String,
    /// The digest of the process.
    pub policy: Digest,
    /// The time.
    pub now: Timestamp,
}

/// The head of a chain of statements: what the next one must follow.
///
/// ```
/// use promenade_digest::attestation::StatementChain;
///
/// let chain = StatementChain::default();
/// assert_eq!((chain.sequence(), chain.head()), (0, None));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementChain {
    sequence: u64,
    head: Option<Digest>,
    at: Option<Timestamp>,
}

impl StatementChain {
    /// Returns the number of the last statement; 0 if there is none.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Returns the digest of the last statement.
    #[must_use]
    pub fn head(&self) -> Option<Digest> {
        self.head
    }

    /// Returns the chain with one more statement, if it is the next one. Of two statements that
    /// were made for one head, the second is refused: it must be made again.
    ///
    /// # Errors
    /// [`VerifyStatementError`] if the number is not the next one (a replay, a gap), it follows
    /// another statement (a fork), or it is older than the last one or newer than `now`.
    pub fn extend(
        &self,
        statement: &Statement,
        now: &Timestamp,
    ) -> Result<Self, VerifyStatementError> {
        let mut mismatches = Vec::new();
        let expected = self.sequence + 1;
        if statement.sequence != expected {
            mismatches.push(StatementMismatch::Sequence {
                expected,
                found: statement.sequence,
            });
        }
        if statement.previous != self.head {
            mismatches.push(StatementMismatch::Previous {
                expected: self.head,
                found: statement.previous,
            });
        }
        let from = self.at.as_ref().unwrap_or(&statement.at);
        if statement.at < *from || statement.at > *now {
            mismatches.push(StatementMismatch::Time {
                found: statement.at.clone(),
                from: from.clone(),
                to: now.clone(),
            });
        }
        if !mismatches.is_empty() {
            return Err(VerifyStatementError { mismatches });
        }
        Ok(Self {
            sequence: statement.sequence,
            head: Some(statement.digest()),
            at: Some(statement.at.clone()),
        })
    }
}
