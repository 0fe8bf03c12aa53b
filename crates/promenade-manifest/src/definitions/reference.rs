//! Which ref of the definitions an environment follows.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

use super::ReleasePin;

/// The rule of an environment: where its definitions are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum EnvironmentRef {
    /// The head of the default branch.
    DefaultBranch,
    /// The head of the branch that has the environment's name; it must exist.
    NamedBranch,
    /// The head of the branch that has the environment's name, else that of the default branch.
    NamedOrDefaultBranch,
    /// The tag of the newest release by the date of its commit, as a forge shows it.
    LatestReleaseByDate,
    /// The tag of the release with the highest version.
    LatestReleaseByVersion,
    /// None: the environment is not deployed from definitions.
    None,
}

/// The rules of all environments.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
pub struct EnvironmentRefs {
    /// By name.
    #[cfg_attr(feature = "serde", serde(default))]
    named: BTreeMap<String, EnvironmentRef>,
    /// For every other name; none makes an unknown name an error.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    others: Option<EnvironmentRef>,
}

/// A release as a forge lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForgeRelease {
    /// The tag.
    pub tag: String,
    /// The time of its commit.
    pub at: DateTime<FixedOffset>,
    /// Whether it is a draft.
    pub draft: bool,
    /// Whether it is marked as a prerelease.
    pub prerelease: bool,
}

impl ForgeRelease {
    /// Makes a full release.
    #[must_use]
    pub fn new(tag: impl Into<String>, at: DateTime<FixedOffset>) -> Self {
        Self {
            tag: tag.into(),
            at,
            draft: false,
            prerelease: false,
        }
    }
}

/// By what the latest release is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LatestBy {
    /// The date of the commit.
    Date,
    /// The version.
    Version,
}

/// What is known of the repository that holds the definitions.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RefFacts {
    /// The name of the default branch.
    pub default_branch: String,
    /// The branches.
    pub branches: Vec<String>,
    /// The releases.
    pub releases: Vec<ForgeRelease>,
}

impl RefFacts {
    /// Makes the facts of a repository without releases.
    #[must_use]
    pub fn new(default_branch: impl Into<String>, branches: Vec<String>) -> Self {
        Self {
            default_branch: default_branch.into(),
            branches,
            releases: Vec::new(),
        }
    }
}

/// The ref that an environment follows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ResolvedRef {
    /// The head of a branch.
    Branch(String),
    /// A tag.
    Tag(String),
}

/// No ref can be named for an environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveRefError {
    /// No rule names the environment.
    #[error("unknown environment `{environment}`; the known ones are {known}")]
    Unknown {
        /// The name asked for.
        environment: String,
        /// The names there are.
        known: String,
    },
    /// The environment is not deployed from definitions.
    #[error("environment `{environment}` is not deployed from definitions")]
    NotDeployed {
        /// The environment.
        environment: String,
    },
    /// There is no release.
    #[error("no release for environment `{environment}`, expected at least one")]
    NoRelease {
        /// The environment.
        environment: String,
    },
    /// There is no branch of the name.
    #[error("no branch `{branch}`")]
    NoBranch {
        /// The branch.
        branch: String,
    },
}

/// Returns the long name of an environment: `dev`, `test`, `stage` and `prod` are aliases.
pub(crate) fn canonical(name: &str) -> &str {
    match name {
        "dev" => "development",
        "test" => "testing",
        "stage" => "staging",
        "prod" => "production",
        name => name,
    }
}

impl EnvironmentRefs {
    /// Makes the rules: by name, and for every other name.
    #[must_use]
    pub fn new(named: BTreeMap<String, EnvironmentRef>, others: Option<EnvironmentRef>) -> Self {
        Self { named, others }
    }

    /// Returns the rules of Kayron: staging follows the default branch, production the newest
    /// release by date, any other name its branch or else the default one; development none.
    #[must_use]
    pub fn kayron() -> Self {
        Self {
            named: BTreeMap::from([
                ("development".to_owned(), EnvironmentRef::None),
                ("staging".to_owned(), EnvironmentRef::DefaultBranch),
                ("production".to_owned(), EnvironmentRef::LatestReleaseByDate),
            ]),
            others: Some(EnvironmentRef::NamedOrDefaultBranch),
        }
    }

    /// Returns the ref that an environment follows; `dev`, `test`, `stage` and `prod` are aliases.
    ///
    /// # Errors
    /// [`ResolveRefError`] if no rule names the environment, or the ref of its rule does not exist.
    pub fn resolve(
        &self,
        environment: &str,
        facts: &RefFacts,
    ) -> Result<ResolvedRef, ResolveRefError> {
        let environment = canonical(environment).to_owned();
        let rule = self.named.get(&environment).copied().or(self.others);
        let Some(rule) = rule else {
            let known: Vec<_> = self.named.keys().cloned().collect();
            return Err(ResolveRefError::Unknown {
                environment,
                known: known.join(", "),
            });
        };
        let exists = facts.branches.contains(&environment);
        let default = || ResolvedRef::Branch(facts.default_branch.clone());
        match rule {
            EnvironmentRef::DefaultBranch => Ok(default()),
            EnvironmentRef::NamedBranch | EnvironmentRef::NamedOrDefaultBranch if exists => {
                Ok(ResolvedRef::Branch(environment))
            }
            EnvironmentRef::NamedBranch => Err(ResolveRefError::NoBranch {
                branch: environment,
            }),
            EnvironmentRef::NamedOrDefaultBranch => Ok(default()),
            EnvironmentRef::LatestReleaseByDate => facts
                .latest(LatestBy::Date)
                .map(ResolvedRef::Tag)
                .ok_or(ResolveRefError::NoRelease { environment }),
            EnvironmentRef::LatestReleaseByVersion => facts
                .latest(LatestBy::Version)
                .map(ResolvedRef::Tag)
                .ok_or(ResolveRefError::NoRelease { environment }),
            EnvironmentRef::None => Err(ResolveRefError::NotDeployed { environment }),
        }
    }
}

impl RefFacts {
    /// Returns the tag of the latest full release: neither draft nor prerelease.
    #[must_use]
    pub fn latest(&self, by: LatestBy) -> Option<String> {
        let full = self
            .releases
            .iter()
            .filter(|release| !release.draft && !release.prerelease);
        let latest = match by {
            LatestBy::Date => full.max_by_key(|release| release.at),
            LatestBy::Version => full
                .filter_map(|release| {
                    Some((release.tag.parse::<ReleasePin>().ok()?.version(), release))
                })
                .max_by(|one, other| one.0.cmp(&other.0))
                .map(|(_, release)| release),
        };
        latest.map(|release| release.tag.clone())
    }
}
