//! How a statement is written: the JSON of in-toto, with its keys in one order.

use serde::Serialize;

use super::{Outcome, PREDICATE_TYPE, STATEMENT_TYPE, Statement};
use crate::attestation::{ParseStatementError, ParseStatementErrorKind};
use crate::json::{self, Object};
use crate::{AnyArtifactId, Artifact, ArtifactName, BuildSet, Digest, MediaType};

#[derive(Serialize)]
pub(super) struct Wire<'a> {
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
    pub(super) fn of(statement: &'a Statement) -> Self {
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

pub(super) fn read(bytes: &[u8]) -> Result<Statement, ParseStatementErrorKind> {
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
