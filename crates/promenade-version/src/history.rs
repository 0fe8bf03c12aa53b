//! What the history of a manifest's version must not do.

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
        let mut released: Vec<(&Version, usize)> = Vec::new();
        for (at, version) in history.iter().enumerate() {
            if self.scheme().meaning(version).is_final() {
                released.push((version, at));
            }
        }
        released.sort_unstable();
        let mut findings = Vec::new();
        for commits in released.chunk_by(|one, other| one.0 == other.0) {
            let Some((version, _)) = commits.first() else {
                continue;
            };
            let entered = entered(commits);
            match uniqueness {
                Uniqueness::Introduction if entered.len() > 1 => {
                    findings.push(HistoryFinding::Reentered {
                        version: self.show(version),
                        entered,
                    });
                }
                Uniqueness::EveryCommit if commits.len() > 1 => {
                    findings.push(HistoryFinding::ManyCommits {
                        version: self.show(version),
                        commits: commits.len(),
                    });
                }
                Uniqueness::Introduction | Uniqueness::EveryCommit => {}
            }
        }
        findings
    }
}

/// Returns the commits of one version that do not follow another of them.
fn entered(commits: &[(&Version, usize)]) -> Vec<usize> {
    let mut entered = Vec::new();
    let mut following = None;
    for (_, at) in commits {
        if following != Some(*at) {
            entered.push(*at);
        }
        following = Some(at + 1);
    }
    entered
}
