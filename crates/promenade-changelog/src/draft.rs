//! `draft`: entries from commits.

mod message;
mod reverts;

use promenade_version::Impact;

use message::changes;
use reverts::cancelled;

use crate::category::Category;
use crate::edit::{Edits, TextEdit};
use crate::entry::folded;
use crate::error::EditChangelogError;
use crate::index::{Index, sort_by_numbers};
use crate::policy::ChangelogPolicy;
use crate::{Changelog, EditChangelogErrorKind};

/// A commit, as plain data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftCommit {
    /// The id, in full.
    pub id: String,
    /// The message, in full.
    pub message: String,
}

/// An entry that commits propose.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub struct DraftEntry {
    /// The category it goes to.
    pub category: Category,
    /// The text.
    pub text: String,
    /// What the change does to users.
    pub impact: Impact,
    /// The commits that it comes from.
    pub commits: Vec<String>,
    /// The issues and pull requests that the commits name, by number.
    pub references: Vec<u64>,
}

/// The entries that commits propose, and the commits that propose none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
#[non_exhaustive]
pub struct Draft {
    /// The entries, by category, in the order of the commits.
    pub entries: Vec<DraftEntry>,
    /// The ids of the commits that tell users nothing, each with the reason.
    pub skipped: Vec<(String, &'static str)>,
}

/// How references become links.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[must_use]
pub struct DraftLinks {
    issue: Option<String>,
}

impl DraftLinks {
    /// References stay plain text, as a forge links them itself.
    pub fn plain() -> Self {
        Self::default()
    }

    /// `#12` links to `url` with `{number}` filled in.
    pub fn issues(url: impl Into<String>) -> Self {
        Self {
            issue: Some(url.into()),
        }
    }

    fn render(&self, number: u64) -> String {
        match &self.issue {
            Some(url) => format!(
                "[#{number}]({})",
                url.replace("{number}", &number.to_string())
            ),
            None => format!("#{number}"),
        }
    }
}

/// Drafts entries from commits, oldest first.
///
/// Conventional or not: `feat: …` and `Add …` are both features. The lines of a squashed body
/// count each; a revert cancels what it reverts, if that is among the commits, and a revert of the
/// revert brings it back; merges speak through their pull request's title. Work that users do not
/// see (`chore`, `ci`, `test`, …) is skipped, unless it breaks something.
///
/// ```
/// use promenade_changelog::{Category, DraftCommit, DraftLinks, draft};
///
/// let commit = |id: &str, message: &str| DraftCommit {
///     id: id.to_owned(),
///     message: message.to_owned(),
/// };
/// let draft = draft(
///     &[
///         commit("a1", "feat(cli): say hello (#12)"),
///         commit("b2", "feat: a mistake"),
///         commit("c3", "ci: run twice"),
///         commit("d4", "Revert \"feat: a mistake\"\n\nThis reverts commit b2."),
///     ],
///     &DraftLinks::plain(),
/// );
/// assert_eq!(draft.entries.len(), 1);
/// assert_eq!(draft.entries[0].category, Category::Added);
/// assert_eq!(draft.entries[0].text, "**cli:** Say hello (#12)");
/// ```
pub fn draft(commits: &[DraftCommit], links: &DraftLinks) -> Draft {
    let cancelled = cancelled(commits);
    let mut draft = Draft::default();
    let mut seen = Index::default();
    for (at, commit) in commits.iter().enumerate() {
        if let Some(reason) = cancelled.get(at).copied().flatten() {
            draft.skipped.push((commit.id.clone(), reason));
            continue;
        }
        let mut told = false;
        for change in changes(&commit.message) {
            let Some(category) = change.category else {
                continue;
            };
            told = true;
            let key = format!(
                "{} {}",
                category.as_str(),
                folded(&change.text).to_lowercase()
            );
            if let Some(entry) = seen.get(&key).and_then(|at| draft.entries.get_mut(at)) {
                if !entry.commits.contains(&commit.id) {
                    entry.commits.push(commit.id.clone());
                }
                entry.references.extend(&change.references);
                entry.impact = entry.impact.max(change.impact);
                continue;
            }
            seen.insert(key, draft.entries.len());
            draft.entries.push(DraftEntry {
                category,
                text: change.text,
                impact: change.impact,
                commits: vec![commit.id.clone()],
                references: change.references,
            });
        }
        if !told {
            draft
                .skipped
                .push((commit.id.clone(), "tells users nothing"));
        }
    }
    for entry in &mut draft.entries {
        sort_by_numbers(&mut entry.references, |number| {
            (usize::try_from(*number).unwrap_or(usize::MAX), 0)
        });
        entry.references.dedup();
        if !entry.references.is_empty() {
            let all: Vec<_> = entry.references.iter().map(|&n| links.render(n)).collect();
            entry.text = format!("{} ({})", entry.text, all.join(", "));
        }
    }
    sort_by_numbers(&mut draft.entries, |entry| (entry.category as usize, 0));
    draft
}

impl Changelog<'_> {
    /// Adds the entries of a draft to Unreleased; those that stand there are not added again.
    ///
    /// # Errors
    /// As [`Changelog::add`].
    pub fn add_draft(
        &self,
        draft: &Draft,
        policy: &ChangelogPolicy,
    ) -> Result<Edits, EditChangelogError> {
        // A category is added to the text that the one before left, and the whole is one edit of the
        // lines that differ.
        let mut text = self.text.to_owned();
        let same = |a: &DraftEntry, b: &DraftEntry| a.category == b.category;
        for entries in draft.entries.chunk_by(same) {
            let category = entries.first().map(|entry| entry.category.as_str());
            let texts: Vec<_> = entries.iter().map(|entry| entry.text.as_str()).collect();
            let edits = Changelog::parse(&text).add_all(category, &texts, policy)?;
            text = edits.apply(&text).map_err(|_| {
                let kind = EditChangelogErrorKind::NoPlace {
                    what: "place for an entry",
                };
                EditChangelogError::new("add a draft", kind)
            })?;
        }
        Ok(Edits::one(difference(self.text, &text)))
    }
}

/// The one edit of whole lines between two texts.
fn difference(before: &str, after: &str) -> TextEdit {
    fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
        text.split_inclusive('\n')
    }
    fn len<'t>(pairs: impl Iterator<Item = (&'t str, &'t str)>) -> usize {
        let same = pairs.take_while(|(a, b)| a == b);
        same.map(|(line, _)| line.len()).sum()
    }
    let start = len(lines(before).zip(lines(after)));
    let (a, b) = (
        before.get(start..).unwrap_or_default(),
        after.get(start..).unwrap_or_default(),
    );
    let tail = len(lines(a).rev().zip(lines(b).rev()));
    TextEdit::replace(
        start..before.len() - tail,
        b.get(..b.len() - tail).unwrap_or_default(),
    )
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default().trim()
}
