//! What a change does to users, and which component of a version rises for it.

use std::fmt;
use std::str::FromStr;

use crate::UnknownNameError;

/// What a change does to users, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Impact {
    /// Nothing that a user can see.
    #[default]
    None,
    /// A defect is mended.
    Fix,
    /// Something new that keeps what was there.
    Feature,
    /// Something a user relied on changes or goes.
    Breaking,
}

impl Impact {
    /// Every impact, weakest first.
    pub const ALL: [Self; 4] = [Self::None, Self::Fix, Self::Feature, Self::Breaking];

    /// Returns the name that process files and the command line use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fix => "fix",
            Self::Feature => "feature",
            Self::Breaking => "breaking",
        }
    }
}

/// Which component of a version rises, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Level {
    /// `x.y.Z`.
    Patch,
    /// `x.Y.0`.
    Minor,
    /// `X.0.0`.
    Major,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 3] = [Self::Patch, Self::Minor, Self::Major];

    /// Returns the name that process files and the command line use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// Which gates apply to a release, and what of it may be public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Lane {
    /// The planned release.
    #[default]
    Regular,
    /// A fix between planned releases.
    Hotfix,
    /// A fix that stays private until its date.
    Embargoed,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 3] = [Self::Regular, Self::Hotfix, Self::Embargoed];

    /// Returns the name that process files and the command line use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Hotfix => "hotfix",
            Self::Embargoed => "embargoed",
        }
    }
}

macro_rules! named {
    ($($type:ident, $what:literal);*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownNameError;

            fn from_str(name: &str) -> Result<Self, UnknownNameError> {
                for value in &Self::ALL {
                    if value.as_str() == name {
                        return Ok(*value);
                    }
                }
                let mut error = UnknownNameError::new($what, name);
                for value in &Self::ALL {
                    error.expect(value.as_str());
                }
                Err(error)
            }
        }
    )*};
}

named!(Impact, "impact"; Level, "level"; Lane, "lane");
