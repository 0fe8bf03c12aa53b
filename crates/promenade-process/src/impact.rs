//! Impact: what the changes since the last release do to users, for the whole and per component.

use std::collections::BTreeSet;
use std::fmt;

use promenade_changelog::{Category, Changelog, DraftCommit, DraftLinks, draft};
use promenade_promotion::CommitId;
use promenade_version::Impact;
use serde::Deserialize;

use crate::Process;
use crate::port::repository::{CommitFacts, History, RepositoryError};

/// The `[impact]` table: where the impact of a release is read from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct ImpactRules {
    /// Where from.
    pub from: ImpactSource,
}

/// Where the impact of a release is read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ImpactSource {
    /// Whoever releases says it.
    #[default]
    Explicit,
    /// The messages of the commits since the last release, conventional or not.
    Commits,
    /// The categories of the changelog's Unreleased section.
    Changelog,
}

/// A `[[component]]` table: a part of the repository with versions of its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ComponentRule {
    /// Its name, as tags spell it.
    pub name: String,
    /// The directories and files that it is made of.
    pub paths: Vec<String>,
}

impl ComponentRule {
    /// Tells whether a path of the repository belongs to the component.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        self.paths.iter().any(|own| {
            let own = own.trim_end_matches('/');
            let rest = path.strip_prefix(own);
            matches!(own, "" | ".")
                || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// One change that users see.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImpactReason {
    /// What it does to users.
    pub impact: Impact,
    /// What it is, in the words of the commit or of the changelog.
    pub text: String,
    /// The ids of the commits it comes from; none if a changelog says it.
    pub commits: Vec<String>,
}

impl fmt::Display for ImpactReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.impact, self.text)?;
        if let Some(commit) = self.commits.first() {
            write!(f, " ({})", commit.get(..10).unwrap_or(commit))?;
        }
        Ok(())
    }
}

/// What changes do to users, and which say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Impacts {
    reasons: Vec<ImpactReason>,
    skipped: Vec<(String, &'static str)>,
}

impl Impacts {
    /// Reads commits, the newest first as a history gives them.
    ///
    /// Conventional subjects, plain verbs and the lines of squashed bodies count; a revert cancels what it
    /// reverts. With a component, only commits that touch its paths count.
    ///
    /// ```
    /// use promenade_process::Impacts;
    /// use promenade_process::port::repository::CommitFacts;
    /// use promenade_version::Impact;
    ///
    /// let commit = |id: &str, message: &str| CommitFacts::new(id, message, ["src/lib.rs"]);
    /// let impacts = Impacts::of_commits(
    ///     &[
    ///         commit("c3", "Revert \"feat!: drop v1\"\n\nThis reverts commit b2."),
    ///         commit("b2", "feat!: drop v1"),
    ///         commit("a1", "fix: no panic on an empty file"),
    ///     ],
    ///     None,
    /// );
    /// assert_eq!(impacts.strongest(), Impact::Fix);
    /// ```
    pub fn of_commits(commits: &[CommitFacts], component: Option<&ComponentRule>) -> Self {
        let touches = |facts: &CommitFacts| match component {
            Some(rule) => facts.paths.iter().any(|path| rule.holds(path)),
            None => true,
        };
        // Reverts are paired over all commits: the revert of a change to one component may touch more.
        let oldest_first: Vec<_> = commits
            .iter()
            .rev()
            .map(|facts| DraftCommit {
                id: facts.id.clone(),
                message: facts.message.clone(),
            })
            .collect();
        let own: BTreeSet<&str> = commits
            .iter()
            .filter(|facts| touches(facts))
            .map(|facts| facts.id.as_str())
            .collect();
        let draft = draft(&oldest_first, &DraftLinks::plain());
        let reasons = draft.entries.into_iter().filter_map(|mut entry| {
            entry.commits.retain(|id| own.contains(id.as_str()));
            (!entry.commits.is_empty()).then_some(ImpactReason {
                impact: entry.impact,
                // The impact says so itself.
                text: match entry.text.strip_prefix("**Breaking:** ") {
                    Some(text) => text.to_owned(),
                    None => entry.text,
                },
                commits: entry.commits,
            })
        });
        Self {
            reasons: reasons.collect(),
            skipped: draft
                .skipped
                .into_iter()
                .filter(|(id, _)| own.contains(id.as_str()))
                .collect(),
        }
    }

    /// Reads the Unreleased section of a changelog: what was removed breaks, what was added or changed or
    /// deprecated is a feature, what was mended is a fix; an entry that says `breaking` breaks.
    ///
    /// ```
    /// use promenade_changelog::Changelog;
    /// use promenade_process::Impacts;
    /// use promenade_version::Impact;
    ///
    /// let text = "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- An empty file.\n\n## [1.0.0] - 2026-01-01\n\n### Added\n\n- All.\n";
    /// assert_eq!(Impacts::of_changelog(&Changelog::parse(text)).strongest(), Impact::Fix);
    /// ```
    pub fn of_changelog(changelog: &Changelog<'_>) -> Self {
        let Some(unreleased) = changelog.unreleased() else {
            return Self::default();
        };
        let reasons = changelog.entries(unreleased).map(|entry| ImpactReason {
            impact: impact_of(entry.kind(), entry.text()),
            text: entry.text().lines().next().unwrap_or_default().to_owned(),
            commits: Vec::new(),
        });
        Self {
            reasons: reasons.collect(),
            skipped: Vec::new(),
        }
    }

    /// Reads the impact from where the process says, between the last release and a commit; nothing where
    /// people say it.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository cannot be read, its history is cut off, or the changelog is no
    /// UTF-8.
    pub fn observe(
        process: &Process,
        history: &dyn History,
        since: Option<&CommitId>,
        until: &CommitId,
        component: Option<&str>,
    ) -> Result<Option<Self>, RepositoryError> {
        match process.impact().from {
            ImpactSource::Explicit => Ok(None),
            ImpactSource::Commits => {
                let rules = process.components();
                let rule = rules
                    .iter()
                    .find(|rule| Some(rule.name.as_str()) == component);
                let mut commits = history.commits(since, until)?;
                if rule.is_some() {
                    for facts in &mut commits {
                        let id = CommitId::new(&facts.id).map_err(|error| refused(&error))?;
                        facts.paths = history.paths_of(&id)?;
                    }
                }
                Ok(Some(Self::of_commits(&commits, rule)))
            }
            ImpactSource::Changelog => {
                let file = process.changelog().map(|policy| policy.file.to_owned());
                let Some(bytes) = file
                    .map(|file| history.file(until, &file))
                    .transpose()?
                    .flatten()
                else {
                    return Ok(Some(Self::default()));
                };
                let changelog = Changelog::from_bytes(&bytes).map_err(|error| refused(&error))?;
                Ok(Some(Self::of_changelog(&changelog)))
            }
        }
    }

    /// Returns the strongest impact; [`Impact::None`] if nothing changed that users see.
    #[must_use]
    pub fn strongest(&self) -> Impact {
        let impacts = self.reasons.iter().map(|reason| reason.impact);
        impacts.max().unwrap_or(Impact::None)
    }

    /// Returns the changes, those of one category together.
    #[must_use]
    pub fn reasons(&self) -> &[ImpactReason] {
        &self.reasons
    }

    /// Returns the ids of the commits that tell users nothing, each with the reason.
    #[must_use]
    pub fn skipped(&self) -> &[(String, &'static str)] {
        &self.skipped
    }
}

fn refused(error: &dyn fmt::Display) -> RepositoryError {
    RepositoryError::Refused {
        reason: error.to_string(),
    }
}

/// What a changelog entry does to users.
fn impact_of(category: Option<Category>, text: &str) -> Impact {
    let says_breaking = text
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word.eq_ignore_ascii_case("breaking"));
    match category {
        _ if says_breaking => Impact::Breaking,
        Some(Category::Removed) => Impact::Breaking,
        Some(Category::Added | Category::Changed | Category::Deprecated) => Impact::Feature,
        Some(Category::Fixed | Category::Security) | None => Impact::Fix,
    }
}
