//! Findings: what an audit reports.

use std::collections::BTreeMap;
use std::fmt;

use super::RuleId;

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

impl Severity {
    /// Returns the name that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What an audit reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// How much it weighs.
    pub severity: Severity,
    /// What it is about: the name of a tag, a version, a definition.
    pub subject: String,
    /// The commit, if there is one.
    pub commit: Option<String>,
    /// What was found and what is expected.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// The file at the commit that shows it, if one does, and the lines that it is about.
    pub excerpt: Option<Excerpt>,
}

/// Lines of a file at a commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excerpt {
    /// The path.
    pub path: String,
    /// The line that the finding is about, counted from 1.
    pub line: usize,
    /// Some lines around it, with their numbers.
    pub lines: Vec<(usize, String)>,
}

impl Excerpt {
    /// How many lines before and after the one in question are shown.
    const AROUND: usize = 1;
    /// How much of a line is shown.
    const WIDTH: usize = 100;

    /// Takes the lines around one.
    #[must_use]
    pub fn new(path: &str, text: &str, line: usize) -> Self {
        let from = line.saturating_sub(Self::AROUND).max(1);
        let numbered = text.lines().enumerate().map(|(at, text)| (at + 1, text));
        let lines = numbered
            .skip(from - 1)
            .take_while(|(at, _)| *at <= line + Self::AROUND)
            .map(|(at, text)| (at, text.chars().take(Self::WIDTH).collect()));
        Self {
            path: path.to_owned(),
            line,
            lines: lines.collect(),
        }
    }
}

impl Finding {
    /// Makes a finding with the severity and remedy of its rule.
    pub(crate) fn new(
        rule: RuleId,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity: rule.severity(),
            subject: subject.into(),
            commit: None,
            message: message.into(),
            remedy: rule.remedy().to_owned(),
            excerpt: None,
        }
    }

    pub(crate) fn on(mut self, commit: impl Into<String>) -> Self {
        self.commit = Some(commit.into());
        self
    }

    pub(crate) fn weighing(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(crate) fn showing(mut self, excerpt: Excerpt) -> Self {
        self.excerpt = Some(excerpt);
        self
    }

    /// Returns what stays the same when the same thing is found again: rule, subject and commit.
    #[must_use]
    pub fn key(&self) -> (RuleId, &str, Option<&str>) {
        (self.rule, &self.subject, self.commit.as_deref())
    }
}

/// The findings of an audit, and counts of what was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Audit {
    pub(crate) findings: Vec<Finding>,
    pub(crate) summary: BTreeMap<String, usize>,
}

impl FromIterator<Finding> for Audit {
    fn from_iter<T: IntoIterator<Item = Finding>>(findings: T) -> Self {
        let mut audit = Self {
            findings: findings.into_iter().collect(),
            summary: BTreeMap::new(),
        };
        audit.tally();
        audit
    }
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
        let found = self.findings.iter();
        found.filter(|finding| finding.severity >= severity).count()
    }

    /// Takes the findings of another part of the audit, and its counts.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
        for (what, count) in other.summary {
            self.count(what, count);
        }
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    pub(crate) fn count(&mut self, what: impl Into<String>, count: usize) {
        *self.summary.entry(what.into()).or_default() += count;
    }

    /// Counts the findings by rule, once all are there.
    pub(crate) fn tally(&mut self) {
        self.summary.retain(|what, _| !what.starts_with("rule "));
        for finding in &self.findings {
            let rule = format!("rule {}", finding.rule);
            *self.summary.entry(rule).or_default() += 1;
        }
    }
}
