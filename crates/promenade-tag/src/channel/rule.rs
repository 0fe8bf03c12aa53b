//! The rules of channels, as a process file writes them.

use super::{Hand, Target};
use crate::ChannelTemplate;

/// What moves a channel, or makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Trigger {
    /// A push to the main branch.
    Push,
    /// Every build that is published: of a push, a candidate or a release.
    Build,
    /// A candidate is published.
    Candidate,
    /// A release is published.
    Release,
    /// A release or candidate is promoted to an environment.
    Promotion,
}

impl Trigger {
    /// Returns the name that process files use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Build => "build",
            Self::Candidate => "candidate",
            Self::Release => "release",
            Self::Promotion => "promotion",
        }
    }
}

/// One or more triggers; never none. Process files write `on = "release"` or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triggers(Vec<Trigger>);

impl Triggers {
    /// Makes a set of one.
    #[must_use]
    pub fn one(trigger: Trigger) -> Self {
        Self(vec![trigger])
    }

    /// Adds a trigger.
    #[must_use]
    pub fn and(mut self, trigger: Trigger) -> Self {
        if let Err(at) = self.0.binary_search(&trigger) {
            self.0.insert(at, trigger);
        }
        self
    }

    /// Says whether `trigger` is among them.
    #[must_use]
    pub fn has(&self, trigger: Trigger) -> bool {
        self.0.contains(&trigger)
    }

    /// Iterates in order.
    pub fn iter(&self) -> impl Iterator<Item = Trigger> + '_ {
        self.0.iter().copied()
    }
}

impl From<Trigger> for Triggers {
    fn from(trigger: Trigger) -> Self {
        Self::one(trigger)
    }
}

/// Whether a name may point at something else later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Mutability {
    /// It moves by its events.
    Moving,
    /// It points at one thing for ever.
    Immutable,
    /// It points at one thing for ever; publishing that very thing again by hand is a repair.
    ImmutableWithRepair,
}

/// What publishing under an immutable name comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Publication {
    /// The name is new.
    Allowed,
    /// The very same thing is published again, by hand.
    Repair,
    /// The name exists.
    Refused,
}

impl Publication {
    /// Returns the words of RustShare's decision table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "ALLOW",
            Self::Repair => "ALLOW (repair)",
            Self::Refused => "FAIL",
        }
    }
}

impl Mutability {
    /// Decides whether `wanted` may be built and published under a name that holds `existing`.
    ///
    /// This is about publishing anew. To carry on with a publication that was interrupted, plan
    /// it again: what is there already stays, see [`WhyKept::AlreadyThere`](crate::WhyKept).
    pub fn publish(self, existing: Option<&Target>, wanted: &Target, hand: Hand) -> Publication {
        match (self, existing) {
            (_, None) | (Self::Moving, _) => Publication::Allowed,
            (Self::ImmutableWithRepair, Some(at)) if at.is(wanted) && hand == Hand::Person => {
                Publication::Repair
            }
            (Self::Immutable | Self::ImmutableWithRepair, Some(_)) => Publication::Refused,
        }
    }
}

/// Which of the released versions a moving channel points at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Follows {
    /// The highest: a backport never moves it back.
    #[default]
    Highest,
    /// The one that was published last.
    MostRecent,
}

/// What becomes of `+meta` in a name: image tags have no plus sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum BuildMetadataPolicy {
    /// A version with build metadata has no such name.
    #[default]
    Refuse,
    /// It is left out, unless another released version claims the same name.
    Drop,
}

/// One `[[channel]]` table: a name, and what moves it.
///
/// ```
/// use promenade_tag::{ChannelRule, Follows, Mutability, Trigger};
///
/// let rule = ChannelRule::new("{major}.{minor}".parse()?, Trigger::Release, Mutability::Moving);
/// assert_eq!(rule.follows(), Follows::Highest);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct ChannelRule {
    /// The name, or the names.
    pub name: ChannelTemplate,
    /// What moves it.
    pub on: Triggers,
    /// Whether it may point at something else later.
    pub mutability: Mutability,
    /// What a moving channel points at; where nothing is said, `highest` for releases and
    /// candidates, and `most-recent` for the rest.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub follows: Option<Follows>,
    /// The version from which the name is used, in the spelling of the scheme: `1.0.0` turns the
    /// channel `0` off (C14).
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub since: Option<String>,
    /// The environment whose promotions move it; any where nothing is said.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub environment: Option<String>,
    /// The names that `{environment}` may take; any identifier where there are none.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub environments: Vec<String>,
    /// The component whose versions move it; any where nothing is said.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub component: Option<String>,
    /// The names that `{component}` may take; any identifier where there are none.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub components: Vec<String>,
    /// Whether it is a network name that one image at a time may hold (B24): it is taken from the
    /// one that has it, and nothing else is.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "std::ops::Not::not")
    )]
    pub exclusive: bool,
    /// What becomes of build metadata in the name.
    #[cfg_attr(feature = "serde", serde(default))]
    pub build_metadata: BuildMetadataPolicy,
}

impl ChannelRule {
    /// Makes a rule for all versions, components and environments.
    #[must_use]
    pub fn new(name: ChannelTemplate, on: impl Into<Triggers>, mutability: Mutability) -> Self {
        Self {
            name,
            on: on.into(),
            mutability,
            follows: None,
            since: None,
            environment: None,
            environments: Vec::new(),
            component: None,
            components: Vec::new(),
            exclusive: false,
            build_metadata: BuildMetadataPolicy::Refuse,
        }
    }

    /// Returns what a moving channel points at.
    #[must_use]
    pub fn follows(&self) -> Follows {
        let versions = self.on.has(Trigger::Release) || self.on.has(Trigger::Candidate);
        self.follows.unwrap_or(if versions {
            Follows::Highest
        } else {
            Follows::MostRecent
        })
    }
}
