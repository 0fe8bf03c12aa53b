//! The `[[hook]]` and `[forge]` tables of a process file.

use promenade_promotion::{EnvironmentName, Span};
use promenade_tag::MessageTemplate;
use serde::Deserialize;

/// One `[[hook]]` table: a command that runs before or after a step of the process.
///
/// Its environment holds `PROMENADE_EVENT`, and `PROMENADE_VERSION`, `PROMENADE_TAG`,
/// `PROMENADE_COMMIT` and `PROMENADE_ENVIRONMENT` as far as there are such. `PROMENADE_PLAN` is a file with
/// the plan that is carried out: before the first effect it is the only place that has what will be made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct HookRule {
    /// Its name.
    pub name: String,
    /// The step it belongs to.
    pub on: HookEvent,
    /// Whether it runs before the first effect or after the last one.
    #[serde(default)]
    pub when: HookTime,
    /// The program and its arguments; no shell reads them.
    pub run: Vec<String>,
    /// The environments for which it runs; all if none is named.
    #[serde(default)]
    pub environments: Vec<EnvironmentName>,
    /// How long it may take; ten minutes unless it is said.
    #[serde(default)]
    pub limit: Option<Span>,
    /// Of a promotion: when it has ended well, the environment was seen to run the artifacts.
    #[serde(default)]
    pub observes: bool,
}

impl HookRule {
    /// How long a hook may take that does not say it, in seconds.
    const LIMIT_SECS: u64 = 600;

    /// Returns how long it may take, in seconds.
    #[must_use]
    pub fn limit_secs(&self) -> u64 {
        self.limit.map_or(Self::LIMIT_SECS, |limit| {
            u64::try_from(limit.delta().num_seconds()).unwrap_or(Self::LIMIT_SECS)
        })
    }

    /// Tells whether it runs for an environment; one that names none runs for all.
    #[must_use]
    pub fn is_for(&self, environment: Option<&EnvironmentName>) -> bool {
        self.environments.is_empty()
            || environment.is_some_and(|name| self.environments.contains(name))
    }
}

/// The steps of a process that have hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HookEvent {
    /// A candidate is registered.
    Candidate,
    /// A release is made.
    Release,
    /// A version is promoted into an environment.
    Promotion,
    /// An environment goes back.
    Rollback,
    /// A release is advised against.
    Deprecation,
}

impl HookEvent {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Release => "release",
            Self::Promotion => "promotion",
            Self::Rollback => "rollback",
            Self::Deprecation => "deprecation",
        }
    }
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookTime {
    /// Before the first effect; if it fails, nothing is changed.
    Before,
    /// After the last effect; if it fails, the same plan runs it again.
    #[default]
    After,
}

/// The `[forge]` table: how releases are called on the forge (B8, B9).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ForgeRules {
    /// The heading of a release, which is not its tag (A12): `Mithril v{version}`.
    pub name: MessageTemplate,
    /// Whether candidates have a release of their own, marked as a pre-release.
    #[serde(default)]
    pub candidates: bool,
    /// The repository there: `owner/name`. Without it no plan that makes a release can be carried out.
    #[serde(default)]
    pub repository: Option<String>,
    /// The address of its API; GitHub's own if none is named.
    #[serde(default)]
    pub api: Option<String>,
    /// The environment variable that holds the token; `GITHUB_TOKEN`, else `GH_TOKEN`, if none is
    /// named. The token itself never stands in the file.
    #[serde(default)]
    pub token_env: Option<VariableName>,
}

/// The name of an environment variable: capitals, digits and `_`, as those are named that hold
/// secrets. A secret that was written there by mistake is not one, and is not repeated in the error.
///
/// ```
/// use promenade_process::VariableName;
///
/// let name: VariableName = "ACME_TOKEN".to_owned().try_into()?;
/// assert_eq!(name.as_str(), "ACME_TOKEN");
/// let error = VariableName::try_from("ghp_s3cr3t".to_owned()).unwrap_err();
/// assert!(!error.to_string().contains("s3cr3t"));
/// # Ok::<(), promenade_process::ParseVariableNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct VariableName(String);

/// A text is not the name of an environment variable. The text is not kept: it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an environment variable: expected `A-Z`, `0-9` and `_`, and no secret")]
pub struct ParseVariableNameError(());

impl VariableName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for VariableName {
    type Error = ParseVariableNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let first = text.chars().next().is_some_and(|c| !c.is_ascii_digit());
        if first && text.chars().all(known) {
            Ok(Self(text))
        } else {
            Err(ParseVariableNameError(()))
        }
    }
}
