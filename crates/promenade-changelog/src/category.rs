//! Categories: Keep a Changelog's six, and how headings name them.

use crate::policy::ChangelogPolicy;

/// Keep a Changelog's six categories, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Category {
    /// New features.
    Added,
    /// Changes in what was there.
    Changed,
    /// Features that will go.
    Deprecated,
    /// Features that went.
    Removed,
    /// Mended defects.
    Fixed,
    /// Vulnerabilities.
    Security,
}

impl Category {
    /// Every category, in order.
    pub const ALL: [Self; 6] = [
        Self::Added,
        Self::Changed,
        Self::Deprecated,
        Self::Removed,
        Self::Fixed,
        Self::Security,
    ];

    /// Returns the heading.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Deprecated => "Deprecated",
            Self::Removed => "Removed",
            Self::Fixed => "Fixed",
            Self::Security => "Security",
        }
    }

    /// Reads a heading, in its common spellings: `Fixes`, `Bug Fixes`, `Features`, `Added:`.
    #[must_use]
    pub fn read(heading: &str) -> Option<Self> {
        let lower = plain(heading);
        Some(match lower.as_str() {
            "added" | "add" | "additions" | "new" | "new features" | "features" | "feature"
            | "enhancements" => Self::Added,
            "changed" | "change" | "changes" | "improvements" | "improved" => Self::Changed,
            "deprecated" | "deprecations" => Self::Deprecated,
            "removed" | "removals" => Self::Removed,
            "fixed" | "fixes" | "fix" | "bug fixes" | "bugfixes" | "bugs" => Self::Fixed,
            "security" => Self::Security,
            _ => return None,
        })
    }
}

/// Folds a heading for comparison: case, closing colons, emphasis and pictures do not count.
pub(crate) fn plain(heading: &str) -> String {
    heading
        .trim_matches(|c: char| !c.is_alphanumeric() && c != '(' && c != ')')
        .to_lowercase()
}

/// Where a category stands: as the policy lists them, else as Keep a Changelog does, else last.
pub(crate) fn rank(name: &str, policy: &ChangelogPolicy) -> usize {
    let listed = &policy.dialect.categories;
    if !listed.is_empty() {
        return listed
            .iter()
            .position(|known| plain(known) == plain(name))
            .unwrap_or(listed.len());
    }
    Category::read(name)
        .and_then(|kind| Category::ALL.iter().position(|known| *known == kind))
        .unwrap_or(Category::ALL.len())
}
