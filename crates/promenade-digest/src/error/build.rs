//! The errors of build sets.

use super::{ParseDigestError, ParseNameError, in_line};
use crate::{AnyArtifactId, ArtifactName, Role};

/// Artifacts do not make up a build set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildSetError {
    /// A name occurs twice.
    #[error("artifact `{name}` is there twice")]
    Duplicate {
        /// The name.
        name: ArtifactName,
    },
    /// Two names differ in case only, and would be one file on some systems.
    #[error("artifacts `{name}` and `{twin}` differ in case only")]
    CaseTwins {
        /// A name.
        name: ArtifactName,
        /// The other one.
        twin: ArtifactName,
    },
}

/// Bytes are not a build set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid build set{}: {kind}", in_line(*line))]
pub struct ParseBuildSetError {
    pub(crate) line: usize,
    pub(crate) kind: ParseBuildSetErrorKind,
}

impl ParseBuildSetError {
    /// Returns the line, counted from 1; 0 if the whole is at fault.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns why the bytes were refused.
    #[must_use]
    pub fn kind(&self) -> &ParseBuildSetErrorKind {
        &self.kind
    }
}

/// Why bytes are not a build set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseBuildSetErrorKind {
    /// There are more than [`crate::MAX_BUILD_SET_BYTES`].
    #[error("more than {} bytes", crate::MAX_BUILD_SET_BYTES)]
    TooLong,
    /// They are not text.
    #[error("not UTF-8")]
    NotUtf8,
    /// The last line has no end.
    #[error("expected a line feed at the end")]
    MissingNewline,
    /// The first line names no format that is known.
    #[error("expected `promenade-build 1`")]
    Format,
    /// A line has too few words.
    #[error("expected `KIND DIGEST SIZE MEDIA-TYPE NAME`")]
    Shape,
    /// A kind is not known.
    #[error("kind `{0}` is not known")]
    Kind(String),
    /// A digest is not one.
    #[error("{0}")]
    Digest(ParseDigestError),
    /// A size is not a plain number.
    #[error("the size is not a number without sign and leading zeros")]
    Size,
    /// A name or media type is not one.
    #[error("{0}")]
    Name(ParseNameError),
    /// The artifacts do not make up a set.
    #[error("{0}")]
    Set(BuildSetError),
    /// The bytes mean a set, in another spelling than the canonical one.
    #[error("not in its canonical spelling: sorted by name, one space between words")]
    NotCanonical,
}

/// A build is not what was expected of the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyBuildError {
    pub(crate) missing: Vec<ArtifactName>,
    pub(crate) unexpected: Vec<ArtifactName>,
    pub(crate) roles: Vec<Role>,
}

impl VerifyBuildError {
    /// Returns the expected names that are not there.
    #[must_use]
    pub fn missing(&self) -> &[ArtifactName] {
        &self.missing
    }

    /// Returns the names that were not expected.
    #[must_use]
    pub fn unexpected(&self) -> &[ArtifactName] {
        &self.unexpected
    }

    /// Returns the demanded roles that no artifact has.
    #[must_use]
    pub fn missing_roles(&self) -> &[Role] {
        &self.roles
    }
}

impl std::fmt::Display for VerifyBuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the build is not the expected one:")?;
        let mut before = " ";
        for (what, names) in [("missing", &self.missing), ("unexpected", &self.unexpected)] {
            for (at, name) in names.iter().enumerate() {
                match at {
                    0 => write!(f, "{before}{what} `{name}`")?,
                    _ => write!(f, ", `{name}`")?,
                }
                before = "; ";
            }
        }
        for role in &self.roles {
            write!(f, "{before}no artifact is {role}")?;
            before = "; ";
        }
        Ok(())
    }
}

impl std::error::Error for VerifyBuildError {}

/// Two builds that should be one are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareBuildsError {
    pub(crate) differences: Vec<BuildDifference>,
}

impl CompareBuildsError {
    /// Returns every difference, sorted by name; there is at least one.
    #[must_use]
    pub fn differences(&self) -> &[BuildDifference] {
        &self.differences
    }
}

impl std::fmt::Display for CompareBuildsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not the recorded build:")?;
        let mut before = " ";
        for difference in &self.differences {
            write!(f, "{before}{difference}")?;
            before = "; ";
        }
        Ok(())
    }
}

impl std::error::Error for CompareBuildsError {}

/// How an artifact differs between two builds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildDifference {
    /// It has another identity, or another media type.
    #[error("`{name}` is {found}, recorded is {recorded}")]
    Changed {
        /// The name.
        name: ArtifactName,
        /// The identity in the record.
        recorded: AnyArtifactId,
        /// The identity that was found.
        found: AnyArtifactId,
    },
    /// It is in the record only.
    #[error("`{name}` is missing")]
    Missing {
        /// The name.
        name: ArtifactName,
    },
    /// It is not in the record.
    #[error("`{name}` was added")]
    Added {
        /// The name.
        name: ArtifactName,
    },
}
