//! `lint`: what is wrong with a changelog, by rule and line.

mod linter;

use std::fmt;

use chrono::NaiveDate;

use crate::document::Changelog;
use crate::index::sort_by_numbers;
use crate::policy::ChangelogPolicy;
use crate::section::Section;

/// A rule that a changelog breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum LintRule {
    /// A version stands below an older one.
    VersionOrder,
    /// A release is dated before the one below it.
    DateOrder,
    /// A release has no date, though others have.
    MissingDate,
    /// A date is after the day of the check.
    FutureDate,
    /// A version has two sections.
    DuplicateVersion,
    /// A category occurs twice in a section.
    DuplicateCategory,
    /// An entry occurs twice in a category.
    DuplicateEntry,
    /// A release has no content.
    EmptySection,
    /// A section links to no issue and no pull request, though the policy asks for it (B9).
    NoReference,
    /// A category has no content.
    EmptyCategory,
    /// A category is not one of those that the policy lists.
    UnknownCategory,
    /// A version in brackets has no link definition, though others have.
    MissingLink,
    /// A label is defined twice; only the first counts.
    DuplicateLink,
    /// There is no Unreleased section.
    UnreleasedMissing,
    /// Unreleased has no content (C15).
    UnreleasedEmpty,
    /// Unreleased stands below a release.
    UnreleasedPlace,
    /// A version has a section and no tag.
    SectionWithoutTag,
    /// A tag has no section.
    TagWithoutSection,
}

impl LintRule {
    /// Returns the id of the rule.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::VersionOrder => "version-order",
            Self::DateOrder => "date-order",
            Self::MissingDate => "missing-date",
            Self::FutureDate => "future-date",
            Self::DuplicateVersion => "duplicate-version",
            Self::DuplicateCategory => "duplicate-category",
            Self::DuplicateEntry => "duplicate-entry",
            Self::EmptySection => "empty-section",
            Self::NoReference => "no-reference",
            Self::EmptyCategory => "empty-category",
            Self::UnknownCategory => "unknown-category",
            Self::MissingLink => "missing-link",
            Self::DuplicateLink => "duplicate-link",
            Self::UnreleasedMissing => "unreleased-missing",
            Self::UnreleasedEmpty => "unreleased-empty",
            Self::UnreleasedPlace => "unreleased-place",
            Self::SectionWithoutTag => "section-without-tag",
            Self::TagWithoutSection => "tag-without-section",
        }
    }
}

impl fmt::Display for LintRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A rule that is broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LintFinding {
    /// The rule.
    pub rule: LintRule,
    /// The line, counted from 1.
    pub line: usize,
    /// The version that it is about, or `Unreleased`.
    pub subject: String,
    /// What was found, and what was expected.
    pub message: String,
}

/// What a lint may know beyond the file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[must_use]
pub struct LintContext {
    /// Sorted, each once.
    tagged: Option<Vec<String>>,
    today: Option<NaiveDate>,
}

impl LintContext {
    /// Nothing but the file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the versions that have a tag: sections and tags are compared.
    pub fn tagged(mut self, versions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut versions: Vec<String> = versions.into_iter().map(Into::into).collect();
        versions.sort_unstable();
        versions.dedup();
        self.tagged = Some(versions);
        self
    }

    /// Names the day of the check: later dates are found.
    pub fn today(mut self, today: NaiveDate) -> Self {
        self.today = Some(today);
        self
    }
}

struct Linter<'l, 'a> {
    changelog: &'l Changelog<'a>,
    found: Vec<LintFinding>,
}

impl<'a> Changelog<'a> {
    /// Finds what is wrong, in the order of the lines.
    ///
    /// ```
    /// use promenade_changelog::{Changelog, ChangelogPolicy, LintContext};
    ///
    /// let text = "## Unreleased\n\n- a\n\n## 1.0.0 - 2024-02-02\n\n- b\n\n## 1.1.0 - 2024-01-01\n\n- c\n";
    /// let found = Changelog::parse(text).lint(&ChangelogPolicy::default(), &LintContext::new());
    /// let rules: Vec<_> = found.iter().map(|finding| finding.rule.id()).collect();
    /// assert_eq!(rules, ["version-order"]);
    /// ```
    #[must_use]
    pub fn lint(&self, policy: &ChangelogPolicy, context: &LintContext) -> Vec<LintFinding> {
        let mut linter = Linter {
            changelog: self,
            found: Vec::new(),
        };
        linter.unreleased(policy);
        linter.order();
        linter.dates(context);
        linter.duplicates();
        linter.content(policy);
        linter.links(policy);
        linter.tags(context);
        let mut found = linter.found;
        // Until here the lines are places in the text: they are counted in one pass.
        sort_by_numbers(&mut found, |finding| (finding.line, 0));
        let (mut at, mut line) = (0, 1);
        for finding in &mut found {
            let between = self.slice(at..finding.line);
            line += memchr::memchr_iter(b'\n', between.as_bytes()).count();
            at = finding.line;
            finding.line = line;
        }
        sort_by_numbers(&mut found, |finding| (finding.line, finding.rule as usize));
        found
    }

    /// Returns how a section is called in messages.
    fn name(section: &Section<'a>) -> &'a str {
        section.version.unwrap_or("Unreleased")
    }
}
