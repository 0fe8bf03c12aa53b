//! The tables of a process file, as serde reads them.

use promenade_changelog::ChangelogPolicy;
use promenade_manifest::definitions::DefinitionPolicy;
use promenade_manifest::{FilePolicy, ManifestPolicy};
use promenade_promotion::{EnvironmentName, EnvironmentRule, PersonRule, ReleaseRule, Role};
use promenade_tag::{BranchTemplate, ChannelRule, MessageTemplate, TagRule};
use promenade_version::VersionPolicy;
use serde::Deserialize;
use toml::Spanned;

use crate::hook::{ForgeRules, HookRule};

use crate::impact::{ComponentRule, ImpactRules};
use crate::keyring::KeyRule;

/// The format of process files that this version reads.
pub(crate) const FORMAT: u64 = 1;

/// A whole file. Values keep their spans, so that what only shows across tables can be pointed at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    pub(crate) process: Header,
    pub(crate) version: VersionPolicy,
    #[serde(default)]
    pub(crate) branches: BranchRules,
    #[serde(default)]
    pub(crate) commit: CommitRules,
    #[serde(default)]
    pub(crate) tag: Vec<Spanned<TagRule>>,
    #[serde(default)]
    pub(crate) channel: Vec<Spanned<ChannelRule>>,
    #[serde(default)]
    pub(crate) changelog: Option<ChangelogPolicy>,
    #[serde(default)]
    pub(crate) manifest: Vec<ManifestPolicy>,
    #[serde(default)]
    pub(crate) file: Vec<FilePolicy>,
    #[serde(default)]
    pub(crate) definitions: Option<DefinitionPolicy>,
    #[serde(default)]
    pub(crate) pin: Vec<PinRule>,
    #[serde(default)]
    pub(crate) registry: Option<RegistryRules>,
    #[serde(default)]
    pub(crate) release: Option<Spanned<ReleaseRule>>,
    #[serde(default)]
    pub(crate) hook: Vec<HookRule>,
    #[serde(default)]
    pub(crate) forge: Option<ForgeRules>,
    #[serde(default)]
    pub(crate) environment: Vec<Spanned<EnvironmentRule>>,
    #[serde(default)]
    pub(crate) person: Vec<PersonRule>,
    #[serde(default)]
    pub(crate) key: Vec<Spanned<KeyRule>>,
    #[serde(default)]
    pub(crate) waivers: WaiverRules,
    #[serde(default)]
    pub(crate) impact: ImpactRules,
    #[serde(default)]
    pub(crate) component: Vec<Spanned<ComponentRule>>,
    #[serde(default)]
    pub(crate) ledger: Option<Spanned<LedgerRules>>,
}

/// The `[process]` table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Header {
    pub(crate) format: Spanned<u64>,
    pub(crate) name: String,
}

/// The `[branches]` table: where work happens, and where hotfixes do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct BranchRules {
    /// The branch that releases are cut from, and that hotfixes are merged back into.
    pub main: String,
    /// The branch of a hotfix or of a release line.
    pub hotfix: Option<BranchTemplate>,
}

impl Default for BranchRules {
    fn default() -> Self {
        Self {
            main: "main".to_owned(),
            hotfix: None,
        }
    }
}

/// The `[commit]` table: the commit that prepares a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct CommitRules {
    /// Its message; a process without one tags commits as they are.
    pub message: Option<MessageTemplate>,
    /// The message of the commit that goes on to the next version after a release, which is its
    /// `{version}`; by default `chore: begin {version}`.
    pub after_release: Option<MessageTemplate>,
}

/// A `[[pin]]` table: a file that says what an environment is meant to run. Its history is audited.
///
/// ```toml
/// [[pin]]
/// environment = "mainnet"
/// file = { path = ".env.mainnet", env = "ACME_IMAGE_TAG" }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct PinRule {
    /// The environment.
    pub environment: EnvironmentName,
    /// The file, and where in it the name of a tag or an image stands.
    pub file: FilePolicy,
}

/// The `[ledger]` table: what a record must carry to count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct LedgerRules {
    /// Whether an approval or a waiver counts only if its record is signed by a key of the person whom
    /// it names.
    pub signed: bool,
}

/// The `[waivers]` table: who may answer for a gate that does not hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct WaiverRules {
    pub(crate) from: Vec<Role>,
}

/// The `[registry]` table: which of the artifacts is the image that channels point at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct RegistryRules {
    /// Where images are: a registry and a name in it.
    pub repository: ImageRepositoryName,
    /// The name of the artifact that is the image.
    pub image: String,
}

/// A registry and a name in it: `registry.example/acme/app`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ImageRepositoryName(String);

impl ImageRepositoryName {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ImageRepositoryName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let host = text.split('/').next().unwrap_or_default();
        if text.contains('/') && host.contains(['.', ':']) && !text.contains(char::is_whitespace) {
            Ok(Self(text))
        } else {
            Err(format!(
                "invalid image repository `{text}`: expected `registry.example/name`"
            ))
        }
    }
}
