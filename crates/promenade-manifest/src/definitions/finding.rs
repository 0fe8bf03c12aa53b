//! What is wrong with definitions.

use std::fmt;

use crate::Position;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing to mend where it is meant so.
    Note,
    /// The operator accepts it, and it is a mistake all the same.
    Warning,
    /// The operator refuses it.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A rule of the schema, or a hole that it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DefinitionRule {
    /// There is at least one definition.
    Empty,
    /// A file is a list of mappings, and its values have the right kinds.
    Shape,
    /// `deploy` says something.
    DeployEmpty,
    /// At most one of `branch`, `release` and `suspend`.
    SeveralStrategies,
    /// `deploy.release` is a version and an image tag.
    Release,
    /// `github` is there, and a repository name.
    Github,
    /// `docker` is an image path.
    Docker,
    /// `docker` or `provider` is there.
    NoProvider,
    /// `provider` is `cloudformation`.
    Provider,
    /// No `preview` for infrastructure.
    ProviderPreview,
    /// Exactly one entry is infrastructure; the operator checks it, its own lint does not.
    OneInfrastructure,
    /// `deploy.branch` is a branch name.
    Branch,
    /// A hole: `deploy.branch` outside a test environment.
    BranchOutsideTest,
    /// A hole: two entries of one name.
    Duplicate,
    /// A hole: `preview` without a strategy.
    PreviewAlone,
    /// A hole: `v1.2`, which a later `v1.2.1` does not match.
    ShortRelease,
    /// A hole: a definition file outside the folders for them.
    OutsideRoots,
    /// A key that the schema does not know.
    UnknownKey,
    /// A hole: an image and a provider in one entry.
    DockerAndProvider,
}

impl DefinitionRule {
    /// Returns the name of the rule, stable for programs.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Empty => "no-definitions",
            Self::Shape => "shape",
            Self::DeployEmpty => "deploy-empty",
            Self::SeveralStrategies => "several-strategies",
            Self::Release => "release-format",
            Self::Github => "github-format",
            Self::Docker => "docker-format",
            Self::NoProvider => "no-provider",
            Self::Provider => "provider-name",
            Self::ProviderPreview => "provider-preview",
            Self::OneInfrastructure => "one-infrastructure",
            Self::Branch => "branch-format",
            Self::BranchOutsideTest => "branch-outside-test",
            Self::Duplicate => "duplicate",
            Self::PreviewAlone => "preview-alone",
            Self::ShortRelease => "short-release",
            Self::OutsideRoots => "outside-roots",
            Self::UnknownKey => "unknown-key",
            Self::DockerAndProvider => "docker-and-provider",
        }
    }
}

/// Something that is wrong with definitions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct DefinitionFinding {
    /// The file; none for what is wrong with all of them together.
    pub file: Option<String>,
    /// The entry of the file, counted from 0.
    pub index: Option<usize>,
    /// The line and column.
    pub position: Option<Position>,
    /// The rule.
    pub rule: DefinitionRule,
    /// How much it weighs.
    pub severity: Severity,
    /// What was found, and what was expected.
    pub message: String,
}

impl fmt::Display for DefinitionFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            match (self.position, self.index) {
                (Some(position), _) => write!(f, ":{position}")?,
                (None, Some(index)) => write!(f, "[{index}]")?,
                (None, None) => {}
            }
            f.write_str(": ")?;
        }
        write!(
            f,
            "{}: {} ({})",
            self.severity,
            self.message,
            self.rule.id()
        )
    }
}
