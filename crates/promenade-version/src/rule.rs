//! Named rules: from an impact to a level, per lane, below one, and after a release.

use semver::Version;

use crate::{Impact, Label, Lane, Level, PolicyError};

/// What an impact raises while the major version is zero.
///
/// | impact | `semver` | `breaking-is-minor` at `0.y.z` | at `0.0.z` | `zero-is-open` |
/// |---|---|---|---|---|
/// | breaking | major | minor | patch | minor |
/// | feature | minor | patch | patch | minor |
/// | fix | patch | patch | patch | patch |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum BelowOne {
    /// As from 1.0.0 on.
    Semver,
    /// Cargo's: the leftmost component that is not zero is the one that may break.
    BreakingIsMinor,
    /// SemVer item 4: below one anything may change, so nothing leaves zero.
    ZeroIsOpen,
}

impl BelowOne {
    /// Returns the name that process files use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Semver => "semver",
            Self::BreakingIsMinor => "breaking-is-minor",
            Self::ZeroIsOpen => "zero-is-open",
        }
    }

    /// Returns what `impact` raises in `current`; nothing for [`Impact::None`].
    ///
    /// ```
    /// use promenade_version::{BelowOne, Impact, Level, Version};
    ///
    /// let (rule, at) = (BelowOne::BreakingIsMinor, |major, minor| Version::new(major, minor, 3));
    /// assert_eq!(rule.level(&at(0, 2), Impact::Breaking), Some(Level::Minor));
    /// assert_eq!(rule.level(&at(0, 0), Impact::Breaking), Some(Level::Patch));
    /// assert_eq!(rule.level(&at(1, 2), Impact::Breaking), Some(Level::Major));
    /// ```
    #[must_use]
    pub fn level(self, current: &Version, impact: Impact) -> Option<Level> {
        let below = current.major == 0;
        Some(match (impact, self) {
            (Impact::None, _) => return None,
            (Impact::Fix, _) => Level::Patch,
            (Impact::Feature, Self::BreakingIsMinor) if below => Level::Patch,
            (Impact::Feature, _) => Level::Minor,
            (Impact::Breaking, Self::BreakingIsMinor) if below && current.minor == 0 => {
                Level::Patch
            }
            (Impact::Breaking, Self::BreakingIsMinor | Self::ZeroIsOpen) if below => Level::Minor,
            (Impact::Breaking, _) => Level::Major,
        })
    }
}

/// The levels that a lane may raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields, default)
)]
#[non_exhaustive]
pub struct LevelRange {
    /// A lower level is raised to this one.
    pub at_least: Level,
    /// A higher level is refused.
    pub at_most: Level,
}

impl Default for LevelRange {
    fn default() -> Self {
        Self {
            at_least: Level::Patch,
            at_most: Level::Major,
        }
    }
}

/// The levels that each lane may raise.
///
/// By default a hotfix raises the patch and no more, and the other lanes are free. Mithril's text
/// says that a regular release is major or minor and that a patch is a hotfix:
///
/// ```
/// use promenade_version::{Lane, LaneRules, Level};
///
/// let lanes = LaneRules::default().at_least(Lane::Regular, Level::Minor)?;
/// assert_eq!(lanes.range(Lane::Regular).at_least, Level::Minor);
/// assert_eq!(lanes.range(Lane::Hotfix).at_most, Level::Patch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "RawLaneRules", into = "RawLaneRules")
)]
pub struct LaneRules {
    raw: RawLaneRules,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields, default)
)]
struct RawLaneRules {
    regular: LevelRange,
    hotfix: LevelRange,
    embargoed: LevelRange,
}

impl Default for RawLaneRules {
    fn default() -> Self {
        Self {
            regular: LevelRange::default(),
            hotfix: LevelRange {
                at_least: Level::Patch,
                at_most: Level::Patch,
            },
            embargoed: LevelRange::default(),
        }
    }
}

impl TryFrom<RawLaneRules> for LaneRules {
    type Error = PolicyError;

    fn try_from(raw: RawLaneRules) -> Result<Self, PolicyError> {
        let rules = Self { raw };
        for lane in Lane::ALL {
            let range = rules.range(lane);
            if range.at_most < range.at_least {
                return Err(PolicyError::Contradiction {
                    key: "lanes",
                    reason: format!(
                        "of {lane}: at least {} and at most {} leave nothing",
                        range.at_least, range.at_most
                    ),
                });
            }
        }
        Ok(rules)
    }
}

impl From<LaneRules> for RawLaneRules {
    fn from(rules: LaneRules) -> Self {
        rules.raw
    }
}

impl LaneRules {
    /// Returns the levels of a lane.
    #[must_use]
    pub fn range(&self, lane: Lane) -> LevelRange {
        match lane {
            Lane::Regular => self.raw.regular,
            Lane::Hotfix => self.raw.hotfix,
            Lane::Embargoed => self.raw.embargoed,
        }
    }

    /// Sets the floor of a lane.
    ///
    /// # Errors
    /// [`PolicyError::Contradiction`] if the lane's ceiling is lower.
    pub fn at_least(self, lane: Lane, level: Level) -> Result<Self, PolicyError> {
        self.with(lane, |range| range.at_least = level)
    }

    /// Sets the ceiling of a lane.
    ///
    /// # Errors
    /// [`PolicyError::Contradiction`] if the lane's floor is higher.
    pub fn at_most(self, lane: Lane, level: Level) -> Result<Self, PolicyError> {
        self.with(lane, |range| range.at_most = level)
    }

    fn with(
        mut self,
        lane: Lane,
        change: impl FnOnce(&mut LevelRange),
    ) -> Result<Self, PolicyError> {
        change(match lane {
            Lane::Regular => &mut self.raw.regular,
            Lane::Hotfix => &mut self.raw.hotfix,
            Lane::Embargoed => &mut self.raw.embargoed,
        });
        Self::try_from(self.raw)
    }
}

/// What the manifest says after a release.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum AfterRelease {
    /// The version that was released.
    #[default]
    None,
    /// The version that is planned next (A17).
    NextInManifest,
    /// The version that is planned next, with this marker (B20 to B22).
    Marker(Label),
}
