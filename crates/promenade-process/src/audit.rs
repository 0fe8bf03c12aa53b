//! The process read backwards: history against the rules.
//!
//! ```
//! use promenade_process::{Process, audit};
//! use promenade_tag::TagFacts;
//!
//! let process = Process::preset("mithril-adr12")?;
//! let first = "f3ea8fb6e2d1c4b5a69788796a5b4c3d2e1f0a9b";
//! let second = "567a8e8e63b1c4b5a69788796a5b4c3d2e1f0a9b";
//! let tags = [
//!     TagFacts::lightweight("2603.0-pre", first),
//!     TagFacts::lightweight("2603.1-pre", second),
//!     TagFacts::lightweight("2603.1", second),
//! ];
//! let audit = audit::tags(&process, &tags);
//! let rejected: Vec<_> = audit.findings().filter(|f| f.rule == audit::CANDIDATE_REJECTED).collect();
//! assert_eq!(rejected[0].subject, "2603.0-pre");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod tags;

use std::collections::BTreeMap;
use std::fmt;

pub use tags::tags;

/// A candidate was replaced by a later one and never released (A13): a fact, not a fault.
pub const CANDIDATE_REJECTED: &str = "candidate-rejected";
/// A candidate is the last of its series and was not released, or not yet.
pub const CANDIDATE_OPEN: &str = "candidate-open";
/// A release has no candidate (C19).
pub const RELEASE_WITHOUT_CANDIDATE: &str = "release-without-candidate";
/// A release is on another commit than its candidate, and the process asks for the same (A14).
pub const RELEASE_OTHER_COMMIT: &str = "release-other-commit";
/// A tag is named by a template that is only read (B8).
pub const TAG_LEGACY: &str = "tag-legacy";

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; the process allows it.
    Note,
    /// The process advises against it.
    Warning,
    /// The process forbids it.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// What an audit reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Finding {
    /// The id of the rule; stable.
    pub rule: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What it is about: the name of a tag.
    pub subject: String,
    /// The commit, if there is one.
    pub commit: Option<String>,
    /// What was found and what is expected.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// The findings of an audit, and counts of what was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Audit {
    findings: Vec<Finding>,
    summary: BTreeMap<String, usize>,
}

impl Audit {
    /// Returns the findings, in the order of the history.
    pub fn findings(&self) -> impl ExactSizeIterator<Item = &Finding> {
        self.findings.iter()
    }

    /// Returns how many things of each kind were looked at, by name.
    #[must_use]
    pub fn summary(&self) -> &BTreeMap<String, usize> {
        &self.summary
    }

    /// Returns the number of findings of a severity or more.
    #[must_use]
    pub fn count_from(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity >= severity)
            .count()
    }
}
