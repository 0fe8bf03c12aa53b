//! The values the forge port speaks of.

use std::collections::BTreeMap;
use std::fmt;

use promenade_digest::Digest;
use serde::{Deserialize, Serialize};

/// The forge's own name for a release; it stays when the release is edited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseId(String);

impl ReleaseId {
    /// Takes the id as the forge spells it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Only those who may write see it.
    Draft,
    /// Everybody sees it, marked as a pre-release; never the latest.
    Prerelease,
    /// A release.
    Full,
    /// A release that the forge shows as the latest.
    Latest,
}

impl Stage {
    /// Returns the word used in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Prerelease => "prerelease",
            Self::Full => "full",
            Self::Latest => "latest",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a release says: everything that can be edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseText {
    /// The heading; not the tag.
    pub name: String,
    /// The notes, in Markdown.
    pub notes: String,
    /// How far it is.
    pub stage: Stage,
}

/// A file attached to a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The digest of its bytes, where the forge tells it.
    pub digest: Option<Digest>,
    /// Its size, in bytes.
    pub size_bytes: u64,
}

/// A release as the forge shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The forge's own name for it.
    pub id: ReleaseId,
    /// The tag it belongs to.
    pub tag: String,
    /// What it says.
    pub text: ReleaseText,
    /// Its assets, by name.
    pub assets: BTreeMap<String, Asset>,
}
