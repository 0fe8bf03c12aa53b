//! Artifact identities: what was hashed, its digest and its size, with the kinds as types.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use crate::{Digest, KindMismatch, ParseArtifactIdError, ParseArtifactIdErrorKind, VerifyError};

/// What the bytes of an artifact are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ArtifactKind {
    /// A file: its bytes.
    File,
    /// A directory: its NAR serialisation.
    Tree,
    /// An image manifest of one platform: the exact bytes in the registry.
    OciManifest,
    /// An image index of several platforms: the exact bytes in the registry.
    OciIndex,
    /// An image configuration; docker shows its digest as the image ID.
    ImageConfig,
    /// A file made by `docker save`: its exact bytes.
    DockerArchive,
    /// A git tag object: header and content, as git hashes them.
    GitTag,
    /// A git commit object: header and content, as git hashes them.
    GitCommit,
}

impl ArtifactKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::File,
        Self::Tree,
        Self::OciManifest,
        Self::OciIndex,
        Self::ImageConfig,
        Self::DockerArchive,
        Self::GitTag,
        Self::GitCommit,
    ];

    /// Returns the name as records spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Tree => "tree",
            Self::OciManifest => "oci-manifest",
            Self::OciIndex => "oci-index",
            Self::ImageConfig => "image-config",
            Self::DockerArchive => "docker-archive",
            Self::GitTag => "git-tag",
            Self::GitCommit => "git-commit",
        }
    }
}

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ArtifactKind {
    type Err = ParseArtifactIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| ParseArtifactIdError::new(text, ParseArtifactIdErrorKind::Kind))
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A kind of artifact as a type, so that identities of different kinds cannot be compared.
pub trait Kind: sealed::Sealed + 'static {
    /// The kind as a value.
    const KIND: ArtifactKind;
}

/// The kinds of artifacts, as types without values.
pub mod kind {
    use super::{ArtifactKind, Kind, sealed};

    macro_rules! kinds {
        ($($(#[$doc:meta])* $name:ident,)*) => {$(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $name {}

            impl sealed::Sealed for $name {}

            impl Kind for $name {
                const KIND: ArtifactKind = ArtifactKind::$name;
            }
        )*};
    }

    kinds! {
        /// A file: its bytes.
        File,
        /// A directory: its NAR serialisation.
        Tree,
        /// An image manifest of one platform.
        OciManifest,
        /// An image index of several platforms.
        OciIndex,
        /// An image configuration (docker's image ID).
        ImageConfig,
        /// A file made by `docker save`.
        DockerArchive,
        /// A git tag object.
        GitTag,
        /// A git commit object.
        GitCommit,
    }
}

/// The identity of an artifact: kind, digest and size.
///
/// An image ID and a manifest digest are both `sha256:` and 64 digits, and are not the same thing.
/// Comparing them does not compile:
///
/// ```compile_fail,E0308
/// use promenade_digest::{ArtifactId, kind};
///
/// let image_id = ArtifactId::<kind::ImageConfig>::of(b"{}");
/// let manifest = ArtifactId::<kind::OciManifest>::of(b"{}");
/// assert!(image_id == manifest);
/// ```
pub struct ArtifactId<K: Kind> {
    digest: Digest,
    size: u64,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> ArtifactId<K> {
    /// Makes the identity of an artifact that was hashed elsewhere.
    #[must_use]
    pub fn new(digest: Digest, size: u64) -> Self {
        Self {
            digest,
            size,
            kind: PhantomData,
        }
    }

    /// Returns the SHA-256 identity of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::new(Digest::sha256(bytes), bytes.len() as u64)
    }

    /// Returns the digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Checks that `bytes` are the artifact.
    ///
    /// # Errors
    /// [`VerifyError`] if the size (looked at first) or the digest differs.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), VerifyError> {
        AnyArtifactId::from(*self).verify(bytes)
    }
}

// Derives would ask for the same traits of `K`, which has no values.
impl<K: Kind> Clone for ArtifactId<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kind> Copy for ArtifactId<K> {}

impl<K: Kind> PartialEq for ArtifactId<K> {
    fn eq(&self, other: &Self) -> bool {
        (self.digest, self.size) == (other.digest, other.size)
    }
}

impl<K: Kind> Eq for ArtifactId<K> {}

impl<K: Kind> PartialOrd for ArtifactId<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Kind> Ord for ArtifactId<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.digest, self.size).cmp(&(other.digest, other.size))
    }
}

impl<K: Kind> std::hash::Hash for ArtifactId<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.digest, self.size).hash(state);
    }
}

impl<K: Kind> fmt::Debug for ArtifactId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> fmt::Display for ArtifactId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        AnyArtifactId::from(*self).fmt(f)
    }
}

/// The identity of an artifact whose kind is known when the program runs.
///
/// Its text is `KIND DIGEST SIZE`, one spelling each:
///
/// ```
/// use promenade_digest::{AnyArtifactId, ArtifactId, kind};
///
/// let id = AnyArtifactId::from(ArtifactId::<kind::File>::of(b"hello\n"));
/// assert_eq!(id.to_string().parse::<AnyArtifactId>()?, id);
/// assert!(id.to_string().ends_with("f6be03 6"));
/// # Ok::<(), promenade_digest::ParseArtifactIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct AnyArtifactId {
    kind: ArtifactKind,
    digest: Digest,
    size: u64,
}

impl AnyArtifactId {
    /// Makes the identity of an artifact that was hashed elsewhere.
    #[must_use]
    pub fn new(kind: ArtifactKind, digest: Digest, size: u64) -> Self {
        Self { kind, digest, size }
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> ArtifactKind {
        self.kind
    }

    /// Returns the digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the identity with its kind as a type.
    ///
    /// # Errors
    /// [`KindMismatch`] if it is of another kind.
    pub fn downcast<K: Kind>(&self) -> Result<ArtifactId<K>, KindMismatch> {
        if self.kind == K::KIND {
            Ok(ArtifactId::new(self.digest, self.size))
        } else {
            Err(KindMismatch {
                expected: K::KIND,
                found: self.kind,
            })
        }
    }

    /// Checks that `bytes` are the artifact.
    ///
    /// # Errors
    /// [`VerifyError`] if the size (looked at first) or the digest differs.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), VerifyError> {
        let found = bytes.len() as u64;
        if found != self.size {
            return Err(VerifyError::Size {
                expected: self.size,
                found,
            });
        }
        self.digest.verify(bytes)
    }
}

impl<K: Kind> From<ArtifactId<K>> for AnyArtifactId {
    fn from(id: ArtifactId<K>) -> Self {
        Self::new(K::KIND, id.digest, id.size)
    }
}

impl fmt::Display for AnyArtifactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.kind, self.digest, self.size)
    }
}

impl FromStr for AnyArtifactId {
    type Err = ParseArtifactIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |kind| ParseArtifactIdError::new(text, kind);
        let mut words = text.split(' ');
        let mut word = || {
            words
                .next()
                .ok_or_else(|| error(ParseArtifactIdErrorKind::Shape))
        };
        let (kind, digest, size) = (word()?, word()?, word()?);
        if words.next().is_some() {
            return Err(error(ParseArtifactIdErrorKind::Shape));
        }
        Ok(Self {
            kind: kind
                .parse()
                .map_err(|_| error(ParseArtifactIdErrorKind::Kind))?,
            digest: digest
                .parse()
                .map_err(|cause| error(ParseArtifactIdErrorKind::Digest(cause)))?,
            size: parse_size(size).ok_or_else(|| error(ParseArtifactIdErrorKind::Size))?,
        })
    }
}

/// Reads a size in its one spelling: no sign, no leading zero.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    text.parse()
        .ok()
        .filter(|size: &u64| size.to_string() == text)
}
