//! What the history of a manifest's version must not do.

use std::collections::BTreeMap;
use std::fmt;

use semver::Version;

use crate::{Scheme, VersionPolicy};

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

#[derive(Default)]
struct Seen {
    entered: Vec<usize>,
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
        let mut seen: BTreeMap<&Version, Seen> = BTreeMap::new();
        let mut previous = None;
        for (at, version) in history.iter().enumerate() {
            if is_final(self.scheme(), version) {
                let seen = seen.entry(version).or_default();
                seen.commits += 1;
                if previous != Some(version) {
                    seen.entered.push(at);
                }
            }
            previous = Some(version);
        }
        let finding = |(version, seen): (&Version, Seen)| match uniqueness {
            Uniqueness::Introduction if seen.entered.len() > 1 => Some(HistoryFinding::Reentered {
                version: self.show(version),
                entered: seen.entered,
            }),
            Uniqueness::EveryCommit if seen.commits > 1 => Some(HistoryFinding::ManyCommits {
                version: self.show(version),
                commits: seen.commits,
            }),
            Uniqueness::Introduction | Uniqueness::EveryCommit => None,
        };
        seen.into_iter().filter_map(finding).collect()
    }
}

fn is_final(scheme: &Scheme, version: &Version) -> bool {
    scheme.meaning(version).is_final()
}
