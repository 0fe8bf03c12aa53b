//! An audit in SARIF 2.1.0 (OASIS Standard, 27 March 2020), for tools that show findings.

use serde::Serialize;

use super::{Audit, Baseline, Finding, RuleId, Severity};

/// The schema that the log names.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Debug, Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<ResultObject>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    help: Text,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct Properties {
    tags: [&'static str; 1],
}

#[derive(Debug, Serialize)]
struct Text {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
    logical_locations: [LogicalLocation; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Debug, Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct Fingerprints {
    #[serde(rename = "promenade/v1")]
    key: String,
}

impl Audit {
    /// Returns the findings of at least a severity as a SARIF log. With a baseline each result says whether
    /// it is new.
    #[must_use]
    pub fn to_sarif(&self, least: Severity, baseline: Option<&Baseline>) -> serde_json::Value {
        let findings = self.findings().filter(|finding| finding.severity >= least);
        let log = Log {
            schema: SCHEMA,
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        name: "promenade",
                        version: env!("CARGO_PKG_VERSION"),
                        rules: RuleId::ALL.into_iter().map(rule).collect(),
                    },
                },
                column_kind: "unicodeCodePoints",
                results: findings.map(|finding| result(finding, baseline)).collect(),
            }],
        };
        serde_json::to_value(log).expect("every field has a JSON form")
    }
}

fn rule(rule: RuleId) -> Rule {
    Rule {
        id: rule.id(),
        short_description: Text {
            text: rule.about().to_owned(),
        },
        help: Text {
            text: format!("Remedy: {}.", rule.remedy()),
        },
        default_configuration: Configuration {
            level: rule.severity().name(),
        },
        properties: Properties {
            tags: [rule.area()],
        },
    }
}

fn result(finding: &Finding, baseline: Option<&Baseline>) -> ResultObject {
    let commit = finding.commit.as_deref().unwrap_or_default();
    let at = if commit.is_empty() {
        String::new()
    } else {
        format!("@{commit}")
    };
    let physical = finding.excerpt.as_ref().map(|excerpt| PhysicalLocation {
        artifact_location: ArtifactLocation {
            uri: uri(&excerpt.path),
        },
        region: Region {
            start_line: excerpt.line,
        },
    });
    ResultObject {
        rule_id: finding.rule.id(),
        rule_index: RuleId::ALL
            .iter()
            .position(|rule| *rule == finding.rule)
            .unwrap_or_default(),
        level: finding.severity.name(),
        message: Text {
            text: format!("{}: {}", finding.subject, finding.message),
        },
        locations: [Location {
            physical_location: physical,
            logical_locations: [LogicalLocation {
                name: finding.subject.clone(),
                fully_qualified_name: format!("{}{at}", finding.subject),
                kind: finding.rule.area(),
            }],
        }],
        partial_fingerprints: Fingerprints {
            key: format!("{}:{}:{commit}", finding.rule, finding.subject),
        },
        baseline_state: baseline.map(|known| {
            if known.knows(finding) {
                "unchanged"
            } else {
                "new"
            }
        }),
    }
}

/// Writes a path as a relative URI (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
