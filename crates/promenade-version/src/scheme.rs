//! Schemes: injective maps from version texts to [`Version`] values, with an exact inverse.

use semver::Version;

use crate::{FormatVersionError, ParseVersionError, ParseVersionErrorKind};

/// How version texts are read and printed, and what their suffixes mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    name: String,
}

/// What a version stands for, as the scheme's suffixes declare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Meaning {
    /// A release: no suffix.
    Release,
    /// A numbered prerelease of the version before the hyphen.
    Candidate,
    /// A release with a suffix that is declared stable (`-hotfix`, a fork's `-ce60d74`).
    StableSuffix,
    /// A state of a manifest between releases (`-dev`, `-unstable`).
    Manifest,
}

impl Scheme {
    /// Returns strict SemVer 2.0.0, where every prerelease is a candidate.
    #[must_use]
    pub fn semver() -> Self {
        Self {
            name: "semver".to_owned(),
        }
    }

    /// Returns the name of the scheme, as process files write it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads a version text.
    ///
    /// # Errors
    /// [`ParseVersionError`] with the text and what the scheme expected.
    pub fn parse(&self, text: &str) -> Result<Version, ParseVersionError> {
        Version::parse(text).map_err(|error| ParseVersionError {
            scheme: self.name.clone(),
            input: text.to_owned(),
            kind: ParseVersionErrorKind::Grammar {
                reason: error.to_string(),
            },
        })
    }

    /// Prints a version; the exact inverse of [`Scheme::parse`].
    ///
    /// # Errors
    /// [`FormatVersionError`] if no text of this scheme means `version`.
    pub fn format(&self, version: &Version) -> Result<String, FormatVersionError> {
        Ok(version.to_string())
    }

    /// Returns what `version` stands for.
    #[must_use]
    pub fn meaning(&self, version: &Version) -> Meaning {
        if version.pre.is_empty() {
            Meaning::Release
        } else {
            Meaning::Candidate
        }
    }
}
