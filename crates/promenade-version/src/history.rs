//! What the history of a manifest's version must not do.

use std::collections::BinaryHeap;
use std::fmt;

use semver::Version;

use crate::VersionPolicy;

/// What "only one commit exists with a released version" means (B4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Uniqueness {
    /// A released version is introduced once: left, it is not entered again.
    Introduction,
    /// Only one commit has a released version in its manifest.
    EveryCommit,
}

/// What is wrong in the history of a manifest's version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum HistoryFinding {
    /// A released version was left and entered again.
    Reentered {
        /// The text of the version.
        version: String,
        /// Where it was entered, as positions in the history.
        entered: Vec<usize>,
    },
    /// A released version is on several commits.
    ManyCommits {
        /// The text of the version.
        version: String,
        /// How many commits carry it.
        commits: usize,
    },
}

impl fmt::Display for HistoryFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reentered { version, entered } => write!(
                f,
                "released version `{version}` was entered {} times",
                entered.len()
            ),
            Self::ManyCommits { version, commits } => {
                write!(f, "released version `{version}` is on {commits} commits")
            }
        }
    }
}

/// Commits in a row that have one version.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Run<'a> {
    version: &'a Version,
    /// The position of the first of them.
    entered: usize,
    commits: usize,
}

impl VersionPolicy {
    /// Checks the version that each commit of a branch has in its manifest, oldest first.
    ///
    /// ```
    /// use promenade_version::{
    ///     AfterRelease, BelowOne, SchemeKind, Uniqueness, Version, VersionPolicy,
    /// };
    ///
    /// let policy = VersionPolicy::builder(SchemeKind::Semver)
    ///     .below_one(BelowOne::ZeroIsOpen)
    ///     .after_release(AfterRelease::Marker("dev".parse()?))
    ///     .build()?;
    /// let history = ["1.5.0-dev", "1.5.0", "1.6.0-dev", "1.5.0", "1.6.0-dev"];
    /// let history: Vec<Version> =
    ///     history.iter().map(|text| policy.scheme().parse(text)).collect::<Result<_, _>>()?;
    /// let findings = policy.check_history(&history, Uniqueness::Introduction);
    /// assert_eq!(findings.len(), 1);
    /// assert_eq!(findings[0].to_string(), "released version `1.5.0` was entered 2 times");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn check_history(
        &self,
        history: &[Version],
        uniqueness: Uniqueness,
    ) -> Vec<HistoryFinding> {
        // A version is mostly on many commits in a row.
        let mut runs: Vec<Run> = Vec::new();
        for (entered, version) in history.iter().enumerate() {
            match runs.last_mut() {
                Some(run) if run.version == version => run.commits += 1,
                _ => runs.push(Run {
                    version,
                    entered,
                    commits: 1,
                }),
            }
        }
        runs.retain(|run| self.scheme().meaning(run.version).is_final());
        // A heap sorts with a fifth of the code of `sort`, and runs are few.
        let runs = BinaryHeap::from(runs).into_sorted_vec();
        let mut findings = Vec::new();
        for runs in runs.chunk_by(|one, other| one.version == other.version) {
            let Some(Run { version, .. }) = runs.first() else {
                continue;
            };
            let (mut entered, mut commits) = (Vec::new(), 0);
            for run in runs {
                entered.push(run.entered);
                commits += run.commits;
            }
            match uniqueness {
                Uniqueness::Introduction if runs.len() > 1 => {
                    findings.push(HistoryFinding::Reentered {
                        version: self.show(version),
                        entered,
                    });
                }
                Uniqueness::EveryCommit if commits > 1 => {
                    findings.push(HistoryFinding::ManyCommits {
                        version: self.show(version),
                        commits,
                    });
                }
                Uniqueness::Introduction | Uniqueness::EveryCommit => {}
            }
        }
        findings
    }
}
