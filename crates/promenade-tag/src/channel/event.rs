//! What happens to channels: versions are published, promoted, withdrawn; main is pushed.

use std::fmt;

use chrono::NaiveDate;
use promenade_version::Version;

/// What a channel points at, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields, default)
)]
pub struct Target {
    /// The tag of the version.
    pub tag: Option<String>,
    /// The version; nothing for a build of main.
    pub version: Option<Version>,
    /// The commit, in lower-case hexadecimal.
    pub commit: Option<String>,
    /// The digest, `sha256:…`; the identity where it is known.
    pub digest: Option<String>,
}

impl Target {
    /// Says whether both are one thing: by digest where both have one, else by commit and version,
    /// else by tag or version.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        if let (Some(one), Some(two)) = (&self.digest, &other.digest) {
            return one == two;
        }
        if let (Some(one), Some(two)) = (&self.commit, &other.commit) {
            return one == two && self.version == other.version;
        }
        match (&self.version, &other.version) {
            (Some(one), Some(two)) => one == two,
            (None, None) => self.tag.is_some() && self.tag == other.tag,
            _ => false,
        }
    }
}

impl fmt::Display for Target {
    /// Prints the tag, else the version, the commit or the digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { tag: Some(tag), .. } => f.write_str(tag),
            Self {
                version: Some(version),
                ..
            } => write!(f, "{version}"),
            Self {
                commit: Some(commit),
                ..
            } => f.write_str(commit),
            Self { digest, .. } => f.write_str(digest.as_deref().unwrap_or("an unknown image")),
        }
    }
}

/// Whether a published version may still be the target of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Standing {
    /// It may.
    #[default]
    Good,
    /// It was rejected, deprecated or rolled back, and never becomes a target again (INV-12).
    Withdrawn,
}

/// A candidate or release that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
pub struct Published {
    /// The name of its tag.
    pub tag: String,
    /// Its component, in a repository of several.
    pub component: Option<String>,
    /// Its version; whether it is a candidate or a release is for the scheme to say.
    pub version: Version,
    /// Its commit, in lower-case hexadecimal.
    pub commit: Option<String>,
    /// The digest of its image.
    pub digest: Option<String>,
    /// Whether it may be a target.
    pub standing: Standing,
}

impl Published {
    /// Makes a version in good standing, of which only tag and version are known.
    pub fn new(tag: impl Into<String>, version: Version) -> Self {
        Self {
            tag: tag.into(),
            component: None,
            version,
            commit: None,
            digest: None,
            standing: Standing::Good,
        }
    }

    /// Returns what a channel points at that points at this version.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            tag: Some(self.tag.clone()),
            version: Some(self.version.clone()),
            commit: self.commit.clone(),
            digest: self.digest.clone(),
        }
    }
}

/// Who publishes: a repair of an immutable name is done by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Hand {
    /// A workflow, on its event.
    #[default]
    Automation,
    /// A person.
    Person,
}

/// What is done about channels that point at a withdrawn version (C30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Remedy {
    /// They go back to the best version that is left.
    Repoint,
    /// They wait for a new version that mends it.
    RollForward,
}

/// An event that may move channels.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelEvent {
    /// A candidate or release is published.
    Publish {
        /// It.
        published: Published,
        /// The day, for names with a date.
        date: Option<NaiveDate>,
        /// Who publishes.
        hand: Hand,
    },
    /// Main is pushed and built.
    Push {
        /// The commit that is pushed.
        commit: String,
        /// The digest of its build.
        digest: Option<String>,
        /// The day, for names with a date.
        date: Option<NaiveDate>,
    },
    /// A published version is promoted to an environment.
    Promote {
        /// The environment.
        environment: String,
        /// The version.
        published: Published,
    },
    /// A published version turns out to be bad: it is rejected, deprecated or rolled back.
    Withdraw {
        /// The name of its tag.
        tag: String,
        /// What is done about channels that point at it.
        remedy: Remedy,
        /// Why.
        reason: String,
    },
}

impl ChannelEvent {
    /// Makes the publication of a version by a workflow, without a day.
    #[must_use]
    pub fn publish(published: Published) -> Self {
        Self::Publish {
            published,
            date: None,
            hand: Hand::Automation,
        }
    }
}
