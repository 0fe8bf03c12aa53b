//! The errors of this crate.

use crate::{Algorithm, AnyArtifactId, ArtifactKind, ArtifactName, Digest, Role};

/// A text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid digest `{input}`: {kind}")]
pub struct ParseDigestError {
    pub(crate) input: String,
    pub(crate) kind: ParseDigestErrorKind,
}

impl ParseDigestError {
    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseDigestErrorKind {
        &self.kind
    }
}

/// Why a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseDigestErrorKind {
    /// There is no `algorithm:` in front.
    #[error("expected `sha256:` or `sha512:` in front")]
    MissingAlgorithm,
    /// The algorithm is not one that identifies artifacts.
    #[error("algorithm `{found}` does not identify artifacts; expected `sha256` or `sha512`")]
    UnknownAlgorithm {
        /// The algorithm that was named.
        found: String,
    },
    /// The encoded part has the wrong number of characters.
    #[error("expected {expected} hexadecimal digits, found {found} bytes")]
    Length {
        /// How many digits the algorithm has.
        expected: usize,
        /// How many bytes the encoded part has.
        found: usize,
    },
    /// A character is not a lower-case hexadecimal digit.
    #[error("character {found:?} at byte {at} is not a lower-case hexadecimal digit")]
    Character {
        /// Where, in bytes from the start of the input.
        at: usize,
        /// What was found.
        found: char,
    },
}

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

/// A digest is not the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct DigestMismatch {
    /// The recorded digest.
    pub expected: Digest,
    /// The digest of what was given.
    pub found: Digest,
}

impl DigestMismatch {
    /// Compares two digests.
    pub(crate) fn check(expected: Digest, found: Digest) -> Result<(), VerifyError> {
        if expected == found {
            Ok(())
        } else {
            Err(VerifyError::Digest(Box::new(Self { expected, found })))
        }
    }
}

/// Bytes are not the ones that were expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The size differs.
    #[error("expected {expected} bytes, found {found}")]
    Size {
        /// The recorded size.
        expected: u64,
        /// The size of what was given.
        found: u64,
    },
    /// The digest differs.
    #[error("{0}")]
    Digest(Box<DigestMismatch>),
    /// Nothing of that name is recorded.
    #[error("no artifact `{name}` is recorded")]
    Unknown {
        /// The name.
        name: String,
    },
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

/// A pass over a reader did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// The reader failed.
    #[error("reading failed after {at} bytes: {cause}")]
    Read {
        /// How many bytes had been read.
        at: u64,
        /// The kind of failure.
        kind: std::io::ErrorKind,
        /// What the system said.
        cause: String,
    },
    /// There are more bytes than demanded.
    #[error("expected {expected} bytes, found more")]
    TooLong {
        /// The demanded size.
        expected: u64,
    },
    /// There are fewer bytes than demanded.
    #[error("expected {expected} bytes, found {found}")]
    TooShort {
        /// The demanded size.
        expected: u64,
        /// The found size.
        found: u64,
    },
    /// The observer broke off.
    #[error("cancelled after {at} bytes")]
    Cancelled {
        /// How many bytes had been hashed.
        at: u64,
    },
}

impl HashError {
    pub(crate) fn read(at: u64, error: &std::io::Error) -> Self {
        Self::Read {
            at,
            kind: error.kind(),
            cause: error.to_string(),
        }
    }
}

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

/// Says in which line, counted from 1, if it is in one.
pub(crate) fn in_line(line: usize) -> String {
    match line {
        0 => String::new(),
        line => format!(", line {line}"),
    }
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
        let names = |names: &[ArtifactName]| -> Vec<_> {
            names.iter().map(|name| format!("`{name}`")).collect()
        };
        let mut parts = Vec::new();
        if !self.missing.is_empty() {
            parts.push(format!("missing {}", names(&self.missing).join(", ")));
        }
        if !self.unexpected.is_empty() {
            parts.push(format!("unexpected {}", names(&self.unexpected).join(", ")));
        }
        for role in &self.roles {
            parts.push(format!("no artifact is {role}"));
        }
        write!(f, "the build is not the expected one: {}", parts.join("; "))
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
        let texts: Vec<_> = self.differences.iter().map(ToString::to_string).collect();
        write!(f, "not the recorded build: {}", texts.join("; "))
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

/// Bytes are not a checksum file, or lines do not make up one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid checksum file{}: {kind}", in_line(*line))]
pub struct ParseChecksumsError {
    pub(crate) line: usize,
    pub(crate) kind: ParseChecksumsErrorKind,
}

impl ParseChecksumsError {
    /// Returns the line, counted from 1; 0 if the whole is at fault.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseChecksumsErrorKind {
        &self.kind
    }
}

/// Why bytes are not a checksum file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseChecksumsErrorKind {
    /// There is no line.
    #[error("no line in it")]
    Empty,
    /// There are more than [`crate::MAX_CHECKSUM_LINES`].
    #[error("more than {} lines", crate::MAX_CHECKSUM_LINES)]
    TooManyLines,
    /// A name is longer than [`crate::MAX_CHECKSUM_NAME_BYTES`].
    #[error("the name is longer than {} bytes", crate::MAX_CHECKSUM_NAME_BYTES)]
    TooLong,
    /// The last line has no end.
    #[error("the last line has no end")]
    MissingEnd,
    /// A line ends with a carriage return.
    #[error("the line ends with a carriage return")]
    CarriageReturn,
    /// A line holds a NUL byte.
    #[error("the line holds a NUL byte")]
    NulByte,
    /// A line is not of the form.
    #[error(
        "expected a digest, two spaces (or a space and `*`) and a name, or `SHA256 (NAME) = DIGEST`"
    )]
    Shape,
    /// A digest is not one.
    #[error("{0}")]
    Digest(ParseDigestErrorKind),
    /// A BSD line names an algorithm that does not identify artifacts.
    #[error("algorithm `{found}` does not identify artifacts; expected `SHA256` or `SHA512`")]
    Algorithm {
        /// The algorithm that was named.
        found: String,
    },
    /// A name is escaped where it must not be, or not where it must, or an escape is unknown.
    #[error(
        "`\\` must stand in front of the line if and only if the name has `\\\\`, `\\n` or `\\r`"
    )]
    Escape,
    /// A name is empty.
    #[error("the name is empty")]
    EmptyName,
    /// A line has another algorithm than the first.
    #[error("expected {} as in the first line, found {}", expected.name(), found.name())]
    MixedAlgorithms {
        /// The algorithm of the first line.
        expected: Algorithm,
        /// The algorithm of this one.
        found: Algorithm,
    },
    /// A name is there twice.
    #[error("the name is there twice, first in line {first}{}", if *conflicting { ", with another digest" } else { "" })]
    Duplicate {
        /// The line that has it first.
        first: usize,
        /// Whether the two digests differ.
        conflicting: bool,
    },
}

/// A checksum file does not list what is expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectChecksumsError {
    pub(crate) untrusted: Vec<ParseNameError>,
    pub(crate) case_twins: Vec<(ArtifactName, ArtifactName)>,
    pub(crate) missing: Vec<ArtifactName>,
    pub(crate) unexpected: Vec<ArtifactName>,
}

impl SelectChecksumsError {
    /// Returns the names that cannot be trusted, and why.
    #[must_use]
    pub fn untrusted(&self) -> &[ParseNameError] {
        &self.untrusted
    }

    /// Returns the pairs of names that differ in case only.
    #[must_use]
    pub fn case_twins(&self) -> &[(ArtifactName, ArtifactName)] {
        &self.case_twins
    }

    /// Returns the expected names that are not listed.
    #[must_use]
    pub fn missing(&self) -> &[ArtifactName] {
        &self.missing
    }

    /// Returns the listed names that were not expected.
    #[must_use]
    pub fn unexpected(&self) -> &[ArtifactName] {
        &self.unexpected
    }

    /// Returns `value` if nothing is wrong.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self == Self::default() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl std::fmt::Display for SelectChecksumsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let untrusted = self.untrusted.iter().map(ToString::to_string);
        let twins = self.case_twins.iter();
        let twins = twins.map(|(name, twin)| format!("`{name}` and `{twin}` differ in case only"));
        let missing = self.missing.iter();
        let missing = missing.map(|name| format!("expected `{name}` is not listed"));
        let unexpected = self.unexpected.iter();
        let unexpected = unexpected.map(|name| format!("listed `{name}` was not expected"));
        let all: Vec<_> = untrusted
            .chain(twins)
            .chain(missing)
            .chain(unexpected)
            .collect();
        write!(f, "the checksum file cannot be used: {}", all.join("; "))
    }
}

impl std::error::Error for SelectChecksumsError {}

/// A file or directory was not read.
#[cfg(feature = "fs")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {kind}", path.display())]
pub struct WalkError {
    path: std::path::PathBuf,
    kind: Box<WalkErrorKind>,
}

#[cfg(feature = "fs")]
impl WalkError {
    pub(crate) fn new(path: &std::path::Path, kind: WalkErrorKind) -> Self {
        Self {
            path: path.to_owned(),
            kind: Box::new(kind),
        }
    }

    pub(crate) fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            path,
            WalkErrorKind::Io {
                kind: error.kind(),
                cause: error.to_string(),
            },
        )
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub fn kind(&self) -> &WalkErrorKind {
        &self.kind
    }

    /// Says whether an observer broke off.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(*self.kind, WalkErrorKind::Hash(HashError::Cancelled { .. }))
    }
}

/// Why a file or directory was not read.
#[cfg(feature = "fs")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalkErrorKind {
    /// The system failed.
    #[error("{cause}")]
    Io {
        /// The kind of failure.
        kind: std::io::ErrorKind,
        /// What the system said.
        cause: String,
    },
    /// It is a symbolic link.
    #[error("is a symbolic link; links are not followed")]
    Symlink,
    /// It is a directory where a file is expected.
    #[error("is a directory; expected a file")]
    Directory,
    /// It is not a directory where one is expected.
    #[error("expected a directory")]
    NotDirectory,
    /// It is a device, a pipe or a socket.
    #[error("is a device, a pipe or a socket; expected a file")]
    Special,
    /// It has the set-user-ID or set-group-ID bit, which no digest covers.
    #[error("has the set-user-ID or set-group-ID bit, which no digest covers")]
    SpecialBits,
    /// It was written to while it was read.
    #[error("was changed while it was read")]
    Changed,
    /// Its name is not text.
    #[error("the name is not UTF-8")]
    NotUtf8,
    /// Its name is not that of an artifact.
    #[error("{0}")]
    Name(ParseNameError),
    /// There are more files than are recorded.
    #[error("more than {} files", crate::fs::MAX_FILES)]
    TooMany,
    /// Directories are nested too deep.
    #[error("directories are nested more than {} deep", crate::fs::MAX_DEPTH)]
    TooDeep,
    /// Hashing did not come to its end.
    #[error("{0}")]
    Hash(HashError),
    /// It is not the expected file.
    #[error("{0}")]
    Verify(VerifyError),
    /// The files do not make up a build set.
    #[error("{0}")]
    Set(BuildSetError),
}
