//! Where definitions lie, and which liberties they have.

use std::collections::BTreeSet;

use super::EnvironmentRefs;
use crate::tree::join;

/// What a process says about its environment definitions.
///
/// ```toml
/// [definitions]
/// roots = ["infrastructure", "service"]   # folders, whatever is nested in them
/// extension = "yaml"
/// unknown-keys = "ignore"                 # ignore | deny
/// test-environments = ["testing"]         # where `branch` may stand; others by `--environment`
///
/// [definitions.refs]                      # which ref of the definitions an environment follows
/// named = { staging = "default-branch", production = "latest-release-by-date" }
/// others = "named-or-default-branch"      # absent: another name is an error
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "crate::serde::RawDefinitions",
        into = "crate::serde::RawDefinitions"
    )
)]
pub struct DefinitionPolicy {
    pub(crate) roots: Vec<String>,
    pub(crate) extension: String,
    pub(crate) unknown_keys: UnknownKeys,
    pub(crate) test_environments: BTreeSet<String>,
    pub(crate) refs: EnvironmentRefs,
}

/// What happens to keys that the schema does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum UnknownKeys {
    /// They are a warning: Kayron ignores them.
    #[default]
    Ignore,
    /// They are an error.
    Deny,
}

/// A policy for definitions is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionPolicyError {
    /// A root is no folder inside the repository.
    #[error("invalid folder `{folder}`: expected a relative path with `/`, without `.` and `..`")]
    Folder {
        /// The folder.
        folder: String,
    },
    /// There is no root.
    #[error("no roots: definitions must lie in at least one folder")]
    NoRoots,
    /// The extension is empty or has a dot.
    #[error("invalid extension `{extension}`: expected it without a dot")]
    Extension {
        /// The extension.
        extension: String,
    },
}

impl DefinitionPolicy {
    /// Returns the policy of Splits: `infrastructure` and `service`, `*.yaml`, unknown keys ignored,
    /// `branch` in development and testing.
    #[must_use]
    pub fn kayron() -> Self {
        Self {
            roots: vec!["infrastructure".to_owned(), "service".to_owned()],
            extension: "yaml".to_owned(),
            unknown_keys: UnknownKeys::Ignore,
            test_environments: ["development", "testing"].map(str::to_owned).into(),
            refs: EnvironmentRefs::kayron(),
        }
    }

    /// Sets the folders that hold definitions.
    ///
    /// # Errors
    /// [`DefinitionPolicyError`] if there is none, or one that leads out of the repository.
    pub fn with_roots(mut self, roots: Vec<String>) -> Result<Self, DefinitionPolicyError> {
        if roots.is_empty() {
            return Err(DefinitionPolicyError::NoRoots);
        }
        if let Some(folder) = roots
            .iter()
            .find(|root| root.is_empty() || join("", root).as_ref() != Some(*root))
        {
            let folder = folder.clone();
            return Err(DefinitionPolicyError::Folder { folder });
        }
        self.roots = roots;
        Ok(self)
    }

    /// Sets the extension of definition files, without a dot.
    ///
    /// # Errors
    /// [`DefinitionPolicyError::Extension`].
    pub fn with_extension(mut self, extension: String) -> Result<Self, DefinitionPolicyError> {
        if extension.is_empty() || extension.contains(['.', '/']) {
            return Err(DefinitionPolicyError::Extension { extension });
        }
        self.extension = extension;
        Ok(self)
    }

    /// Sets what happens to keys that the schema does not know.
    #[must_use]
    pub fn with_unknown_keys(mut self, unknown_keys: UnknownKeys) -> Self {
        self.unknown_keys = unknown_keys;
        self
    }

    /// Sets the environments where `branch` may stand.
    #[must_use]
    pub fn with_test_environments(mut self, environments: BTreeSet<String>) -> Self {
        self.test_environments = environments;
        self
    }

    /// Sets which ref of the definitions an environment follows.
    #[must_use]
    pub fn with_refs(mut self, refs: EnvironmentRefs) -> Self {
        self.refs = refs;
        self
    }

    /// Returns the folders that hold definitions.
    #[must_use]
    pub fn roots(&self) -> &[String] {
        &self.roots
    }

    /// Returns the extension of definition files.
    #[must_use]
    pub fn extension(&self) -> &str {
        &self.extension
    }

    /// Returns which ref of the definitions an environment follows.
    #[must_use]
    pub fn refs(&self) -> &EnvironmentRefs {
        &self.refs
    }

    /// Returns whether `branch` may stand in an environment; one that is not named may not.
    #[must_use]
    pub fn is_test(&self, environment: Option<&str>) -> bool {
        environment.is_some_and(|name| {
            self.test_environments
                .contains(super::reference::canonical(name))
        })
    }
}
