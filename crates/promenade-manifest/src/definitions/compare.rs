//! What is desired against what runs, and one state of the definitions against another.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

use super::definition::{Definition, Strategy};
use super::{Definitions, ReleasePin};

/// A tag of the repository that a definition deploys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpstreamTag {
    /// The name.
    pub name: String,
    /// The time of its commit.
    pub at: DateTime<FixedOffset>,
}

impl UpstreamTag {
    /// Makes a tag.
    #[must_use]
    pub fn new(name: impl Into<String>, at: DateTime<FixedOffset>) -> Self {
        Self {
            name: name.into(),
            at,
        }
    }
}

/// A pin names a version that did not exist when it was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// There is no such tag.
    #[error("`{name}` is pinned to `{pin}`, which does not exist upstream")]
    Missing {
        /// What is pinned.
        name: String,
        /// The pin.
        pin: String,
    },
    /// The tag is younger than the pin.
    #[error("`{name}` is pinned to `{pin}` since {pinned}, and its commit is of {made}")]
    Younger {
        /// What is pinned.
        name: String,
        /// The pin.
        pin: String,
        /// When the pin was made.
        pinned: DateTime<FixedOffset>,
        /// When the commit of the tag was made.
        made: DateTime<FixedOffset>,
    },
}

/// Verifies that the pinned version existed upstream when the pin was made.
///
/// # Errors
/// [`UpstreamError`] if the tag is missing, or its commit is younger than the pin.
pub fn verify_upstream(
    name: &str,
    pin: &ReleasePin,
    pinned: DateTime<FixedOffset>,
    tags: &[UpstreamTag],
) -> Result<(), UpstreamError> {
    match tags.iter().find(|tag| tag.name == pin.as_ref()) {
        None => Err(UpstreamError::Missing {
            name: name.to_owned(),
            pin: pin.to_string(),
        }),
        Some(tag) if tag.at > pinned => Err(UpstreamError::Younger {
            name: name.to_owned(),
            pin: pin.to_string(),
            pinned,
            made: tag.at,
        }),
        Some(_) => Ok(()),
    }
}

/// What runs, and what could run.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Observed {
    /// The version that runs; none if nothing does, or it is not known.
    pub current: Option<String>,
    /// The version that a branch stands for now (a digest of its head), if it is known.
    pub head: Option<String>,
    /// Whether the image of the desired version exists.
    pub image_exists: bool,
}

impl Observed {
    /// Makes what was seen of a pinned release.
    #[must_use]
    pub fn new(current: Option<&str>, image_exists: bool) -> Self {
        Self {
            current: current.map(str::to_owned),
            head: None,
            image_exists,
        }
    }
}

/// What is to be done so that what runs is what is desired.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Comparison {
    /// Nothing: it runs already.
    InSync,
    /// Nothing: the definition is suspended.
    Suspended,
    /// Nothing: the desired version is not known, or the definition breaks the rules.
    Unknown,
    /// Wait: the image of the desired version does not exist yet; what runs stays.
    NotReady {
        /// The desired version.
        desired: String,
    },
    /// Deploy.
    Drift {
        /// The version that runs.
        from: Option<String>,
        /// The desired version.
        to: String,
        /// Whether the desired version is lower than the one that runs.
        downgrade: bool,
    },
}

/// Compares a definition with what runs. Never names a version to deploy whose image does not exist.
#[must_use]
pub fn compare(definition: &Definition, observed: &Observed) -> Comparison {
    let desired = match definition.strategies().as_slice() {
        [Strategy::Suspend] => return Comparison::Suspended,
        [Strategy::Release(release)] => Some((*release).to_owned()),
        [Strategy::Branch(_)] => observed.head.clone(),
        _ => None,
    };
    let Some(desired) = desired else {
        return Comparison::Unknown;
    };
    if observed.current.as_ref() == Some(&desired) {
        return Comparison::InSync;
    }
    if !observed.image_exists {
        return Comparison::NotReady { desired };
    }
    let downgrade = observed
        .current
        .as_ref()
        .is_some_and(|current| lower(&desired, current));
    Comparison::Drift {
        from: observed.current.clone(),
        to: desired,
        downgrade,
    }
}

fn lower(one: &str, other: &str) -> bool {
    match (one.parse::<ReleasePin>(), other.parse::<ReleasePin>()) {
        (Ok(one), Ok(other)) => one.cmp_version(&other) == Ordering::Less,
        _ => false,
    }
}

/// How one entry differs between two states of the definitions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PinChange {
    /// The name.
    pub name: String,
    /// What it was set to, as `release=v1.2.3`; none if it is new.
    pub from: Option<String>,
    /// What it is set to; none if it is gone.
    pub to: Option<String>,
    /// Whether a release gave way to a lower one: this wants explicit consent.
    pub downgrade: bool,
}

/// Returns the entries that differ between two states of the definitions, sorted by name.
#[must_use]
pub fn pin_changes(before: &Definitions, after: &Definitions) -> Vec<PinChange> {
    let (old, new) = (pins(before), pins(after));
    let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| {
            let (from, to) = (old.get(name).cloned(), new.get(name).cloned());
            let release = |pin: &Option<String>| {
                pin.as_ref()
                    .and_then(|pin| pin.strip_prefix("release="))
                    .map(str::to_owned)
            };
            let downgrade = match (release(&from), release(&to)) {
                (Some(from), Some(to)) => lower(&to, &from),
                _ => false,
            };
            PinChange {
                name: (*name).to_owned(),
                from,
                to,
                downgrade,
            }
        })
        .collect()
}

fn pins(definitions: &Definitions) -> BTreeMap<&str, String> {
    definitions
        .entries()
        .iter()
        .map(|entry| {
            let strategies = entry.strategies();
            let pins: Vec<_> = strategies
                .iter()
                .map(|strategy| match strategy {
                    Strategy::Branch(text) | Strategy::Release(text) => {
                        format!("{}={text}", strategy.key())
                    }
                    Strategy::Suspend => strategy.key().to_owned(),
                })
                .collect();
            (entry.name(), pins.join(","))
        })
        .collect()
}
