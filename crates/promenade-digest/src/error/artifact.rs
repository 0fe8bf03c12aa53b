//! The errors of artifact identities and names.

use super::ParseDigestError;
use crate::ArtifactKind;

/// A text is not the identity of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid artifact id `{input}`: {kind}")]
pub struct ParseArtifactIdError {
    input: String,
    kind: ParseArtifactIdErrorKind,
}

impl ParseArtifactIdError {
    pub(crate) fn new(input: &str, kind: ParseArtifactIdErrorKind) -> Self {
        Self {
            input: input.to_owned(),
            kind,
        }
    }

    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseArtifactIdErrorKind {
        &self.kind
    }
}

/// Why a text is not the identity of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseArtifactIdErrorKind {
    /// It is not three words.
    #[error("expected `KIND DIGEST SIZE` with one space between")]
    Shape,
    /// The kind is not known.
    #[error(
        "expected one of `file`, `tree`, `oci-manifest`, `oci-index`, `image-config`, \
         `docker-archive`, `git-tag`, `git-commit`"
    )]
    Kind,
    /// The digest is not one.
    #[error("{0}")]
    Digest(ParseDigestError),
    /// The size is not a plain number.
    #[error("the size is not a number without sign and leading zeros")]
    Size,
}

/// An artifact is of another kind than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an identity of kind `{expected}`, found `{found}`")]
pub struct KindMismatch {
    /// The kind that was asked for.
    pub expected: ArtifactKind,
    /// The kind that it has.
    pub found: ArtifactKind,
}

/// A text is not the name of an artifact, or not a media type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid name {input:?}: {kind}")]
pub struct ParseNameError {
    pub(crate) input: String,
    pub(crate) kind: ParseNameErrorKind,
}

impl ParseNameError {
    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseNameErrorKind {
        &self.kind
    }
}

/// Why a text is not the name of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNameErrorKind {
    /// There is nothing.
    #[error("the name is empty")]
    Empty,
    /// It is longer than [`crate::MAX_NAME_BYTES`].
    #[error("{found} bytes are more than {}", crate::MAX_NAME_BYTES)]
    TooLong {
        /// How long it is.
        found: usize,
    },
    /// A character hides, reorders or doubles what the name looks like, or is a backslash.
    #[error("character {found:?} at byte {at} is not allowed in a name")]
    Character {
        /// Where, in bytes.
        at: usize,
        /// What was found.
        found: char,
    },
    /// It starts at a root or a drive.
    #[error("expected a relative path")]
    Absolute,
    /// It starts with `-`, and programs would read it as an option or as standard input.
    #[error("a name must not start with `-`")]
    Dash,
    /// A part is empty, `.` or `..`.
    #[error("`{found}` is not allowed as a part of a name")]
    Part {
        /// The part.
        found: String,
    },
    /// A part starts or ends with a space.
    #[error("a part of a name must not start or end with a space")]
    Space,
    /// It is not text.
    #[error("expected UTF-8")]
    NotUtf8,
    /// It has a `/` where a single part is expected.
    #[error("expected a name without `/`")]
    NotBase,
    /// A template has a placeholder that is not known.
    #[error("expected no other placeholder than `{{version}}` and `{{target}}`")]
    Placeholder,
    /// It is not `type/subtype`.
    #[error("expected a media type `type/subtype` without parameters")]
    MediaType,
}
