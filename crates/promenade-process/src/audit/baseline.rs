//! Baselines: findings that are known, so that only new ones count.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Audit, Finding};

/// The schema of the file.
const SCHEMA: &str = "promenade.baseline/1";

/// The findings that are known: rule, subject and commit of each. The words of a message may change.
///
/// ```
/// use promenade_process::{Process, audit::{self, Baseline}};
/// use promenade_tag::TagFacts;
///
/// let process = Process::preset("celo")?;
/// let tags = [TagFacts::lightweight("attestation-service-v1.2.0", "f632e799a9")];
/// let audit = audit::tags(&process, &tags);
/// let text = Baseline::of(&audit).to_text();
/// let known = Baseline::parse(&text)?;
/// assert!(audit.findings().all(|finding| known.knows(finding)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeSet<(String, String, Option<String>)>,
}

/// A file is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a baseline: {problem}")]
pub struct ParseBaselineError {
    problem: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    findings: Vec<Known>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    rule: String,
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
}

impl Baseline {
    /// Takes every finding of an audit as known.
    #[must_use]
    pub fn of(audit: &Audit) -> Self {
        Self {
            known: audit.findings().map(key).collect(),
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`ParseBaselineError`] with line and column, or for another schema.
    pub fn parse(text: &str) -> Result<Self, ParseBaselineError> {
        let fail = |problem: String| ParseBaselineError { problem };
        let file: File = serde_json::from_str(text).map_err(|error| fail(error.to_string()))?;
        if file.schema != SCHEMA {
            return Err(fail(format!(
                "schema `{}`, expected `{SCHEMA}`",
                file.schema
            )));
        }
        let known = file.findings.into_iter();
        Ok(Self {
            known: known
                .map(|known| (known.rule, known.subject, known.commit))
                .collect(),
        })
    }

    /// Writes the file: one finding a line, sorted, so that it can be reviewed and merged.
    #[must_use]
    pub fn to_text(&self) -> String {
        let lines = self.known.iter().map(|(rule, subject, commit)| {
            let known = Known {
                rule: rule.clone(),
                subject: subject.clone(),
                commit: commit.clone(),
            };
            let line = serde_json::to_string(&known);
            format!("    {}", line.expect("strings have a JSON form"))
        });
        let lines: Vec<_> = lines.collect();
        let open = if lines.is_empty() { "" } else { "\n" };
        format!(
            "{{\n  \"schema\": \"{SCHEMA}\",\n  \"findings\": [{open}{}{open}  ]\n}}\n",
            lines.join(",\n")
        )
    }

    /// Says whether a finding is known.
    #[must_use]
    pub fn knows(&self, finding: &Finding) -> bool {
        self.known.contains(&key(finding))
    }

    /// Returns how many findings it knows that an audit no longer has.
    #[must_use]
    pub fn gone(&self, audit: &Audit) -> usize {
        let found: BTreeSet<_> = audit.findings().map(key).collect();
        self.known.difference(&found).count()
    }
}

fn key(finding: &Finding) -> (String, String, Option<String>) {
    let (rule, subject, commit) = finding.key();
    (
        rule.id().to_owned(),
        subject.to_owned(),
        commit.map(str::to_owned),
    )
}
