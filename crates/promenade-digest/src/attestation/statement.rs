//! The statement that a build was promoted.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{
    ParseStatementError, ParseStatementErrorKind, StatementMismatch, VerifyStatementError,
};
use crate::json::{self, Object};
use crate::{AnyArtifactId, Artifact, ArtifactName, BuildSet, Digest, MediaType};

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

#[derive(Serialize)]
struct Wire<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: Vec<WireSubject<'a>>,
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    predicate: WirePredicate<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireSubject<'a> {
    name: &'a str,
    digest: std::collections::BTreeMap<&'static str, String>,
    media_type: &'a str,
    annotations: WireAnnotations,
}

#[derive(Serialize)]
struct WireAnnotations {
    kind: &'static str,
    size: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePredicate<'a> {
    verifier: WireVerifier<'a>,
    time_verified: &'a str,
    resource_uri: &'a str,
    policy: WirePolicy,
    verification_result: &'static str,
    verified_levels: [&'static str; 0],
    promotion: WirePromotion<'a>,
}

#[derive(Serialize)]
struct WireVerifier<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct WirePolicy {
    digest: std::collections::BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct WirePromotion<'a> {
    version: &'a str,
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    to: &'a str,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<&'a str>,
}

fn digest_set(digest: Digest) -> std::collections::BTreeMap<&'static str, String> {
    [(digest.algorithm().name(), digest.encoded())].into()
}

impl<'a> Wire<'a> {
    fn of(statement: &'a Statement) -> Self {
        let subject = |artifact: &'a Artifact| WireSubject {
            name: artifact.name.as_str(),
            digest: digest_set(artifact.id.digest()),
            media_type: artifact.media_type.as_str(),
            annotations: WireAnnotations {
                kind: artifact.id.kind().name(),
                size: artifact.id.size(),
            },
        };
        Self {
            kind: STATEMENT_TYPE,
            subject: statement.build.artifacts().map(subject).collect(),
            predicate_type: PREDICATE_TYPE,
            predicate: WirePredicate {
                verifier: WireVerifier {
                    id: &statement.verifier,
                },
                time_verified: &statement.at.0,
                resource_uri: &statement.resource,
                policy: WirePolicy {
                    digest: digest_set(statement.policy),
                },
                verification_result: statement.outcome.name(),
                verified_levels: [],
                promotion: WirePromotion {
                    version: &statement.version,
                    tags: &statement.tags,
                    from: statement.from.as_deref(),
                    to: &statement.to,
                    sequence: statement.sequence,
                    previous: statement.previous.map(|digest| digest.to_string()),
                    expires: statement.expires.as_ref().map(|time| time.0.as_str()),
                },
            },
        }
    }
}

fn read(bytes: &[u8]) -> Result<Statement, ParseStatementErrorKind> {
    let value = json::parse(bytes).map_err(ParseStatementErrorKind::Json)?;
    let top = object(
        &value,
        "statement",
        &["_type", "subject", "predicateType", "predicate"],
    )?;
    let found = text(&top, "_type")?;
    if found != STATEMENT_TYPE {
        return Err(ParseStatementErrorKind::Type {
            found: found.to_owned(),
        });
    }
    let found = text(&top, "predicateType")?;
    if found != PREDICATE_TYPE {
        return Err(ParseStatementErrorKind::PredicateType {
            found: found.to_owned(),
        });
    }
    let known = [
        "verifier",
        "timeVerified",
        "resourceUri",
        "policy",
        "verificationResult",
        "promotion",
    ];
    let predicate = object(require(&top, "predicate")?, "predicate", &known)?;
    let verifier = object(require(&predicate, "verifier")?, "verifier", &["id"])?;
    let policy = object(require(&predicate, "policy")?, "policy", &["digest"])?;
    let promotion = object(require(&predicate, "promotion")?, "promotion", &[])?;
    let optional = |key| {
        let text = promotion.optional_text(key);
        text.map_err(ParseStatementErrorKind::Json)
    };
    let tags = promotion
        .texts("tags")
        .map_err(ParseStatementErrorKind::Json)?;
    Ok(Statement {
        build: subjects(&top)?,
        version: text(&promotion, "version")?.to_owned(),
        tags: tags.into_iter().map(str::to_owned).collect(),
        from: optional("from")?.map(str::to_owned),
        to: text(&promotion, "to")?.to_owned(),
        resource: text(&predicate, "resourceUri")?.to_owned(),
        sequence: promotion
            .number("sequence")
            .map_err(ParseStatementErrorKind::Json)?,
        previous: optional("previous")?
            .map(str::parse)
            .transpose()
            .map_err(ParseStatementErrorKind::Digest)?,
        policy: read_digest(&policy)?,
        at: text(&predicate, "timeVerified")?
            .parse()
            .map_err(|error: ParseStatementError| error.kind)?,
        expires: optional("expires")?
            .map(str::parse)
            .transpose()
            .map_err(|error: ParseStatementError| error.kind)?,
        verifier: text(&verifier, "id")?.to_owned(),
        outcome: match text(&predicate, "verificationResult")? {
            "PASSED" => Outcome::Passed,
            "FAILED" => Outcome::Failed,
            _ => {
                let error = json::field("verificationResult", "`PASSED` or `FAILED`");
                return Err(ParseStatementErrorKind::Json(error));
            }
        },
    })
}

fn subjects(top: &Object<'_>) -> Result<BuildSet, ParseStatementErrorKind> {
    let known = ["name", "digest", "mediaType", "annotations"];
    let subjects = top
        .array("subject")
        .map_err(ParseStatementErrorKind::Json)?;
    if subjects.is_empty() {
        return Err(ParseStatementErrorKind::Empty);
    }
    let artifacts = subjects.iter().map(|value| {
        let subject = object(value, "subject", &known)?;
        let annotations = require(&subject, "annotations")?;
        let annotations = object(annotations, "annotations", &["kind", "size"])?;
        let kind = text(&annotations, "kind")?.parse().map_err(|_| {
            ParseStatementErrorKind::Json(json::field("kind", "a kind of artifact"))
        })?;
        let size = annotations
            .number("size")
            .map_err(ParseStatementErrorKind::Json)?;
        let name = ArtifactName::new(text(&subject, "name")?);
        let media_type = MediaType::new(text(&subject, "mediaType")?);
        Ok(Artifact {
            name: name.map_err(ParseStatementErrorKind::Name)?,
            id: AnyArtifactId::new(kind, read_digest(&subject)?, size),
            media_type: media_type.map_err(ParseStatementErrorKind::Name)?,
        })
    });
    let artifacts: Vec<_> = artifacts.collect::<Result<_, ParseStatementErrorKind>>()?;
    BuildSet::new(artifacts).map_err(ParseStatementErrorKind::Subjects)
}

/// Reads a digest set, which must have one digest.
fn read_digest(of: &Object<'_>) -> Result<Digest, ParseStatementErrorKind> {
    let set = object(require(of, "digest")?, "digest", &["sha256", "sha512"])?;
    let wrong = || ParseStatementErrorKind::Json(json::field("digest", "one digest"));
    let mut keys = set.keys();
    let key = keys.next().ok_or_else(wrong)?;
    if keys.next().is_some() {
        return Err(wrong());
    }
    let digest = format!("{key}:{}", text(&set, key)?).parse();
    digest.map_err(ParseStatementErrorKind::Digest)
}

fn object<'a>(
    value: &'a serde_json::Value,
    name: &str,
    known: &[&str],
) -> Result<Object<'a>, ParseStatementErrorKind> {
    Object::new(value, name, known).map_err(ParseStatementErrorKind::Json)
}

fn require<'a>(
    object: &Object<'a>,
    key: &str,
) -> Result<&'a serde_json::Value, ParseStatementErrorKind> {
    object.require(key).map_err(ParseStatementErrorKind::Json)
}

fn text<'a>(object: &Object<'a>, key: &str) -> Result<&'a str, ParseStatementErrorKind> {
    object.text(key).map_err(ParseStatementErrorKind::Json)
}
