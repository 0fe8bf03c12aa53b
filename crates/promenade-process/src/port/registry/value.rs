//! The values the registry port speaks of.

use std::fmt;

use promenade_digest::Digest;
use promenade_tag::ImageTag;

/// The name of a channel: a tag of an OCI registry.
pub type ChannelName = ImageTag;

/// Something that a repository of images may hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// What a channel points at.
    Channel(ChannelName),
    /// A manifest or an index.
    Manifest(Digest),
    /// A configuration or a layer.
    Blob(Digest),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(name) => write!(f, "channel `{name}`"),
            Self::Manifest(digest) => write!(f, "manifest {digest}"),
            Self::Blob(digest) => write!(f, "blob {digest}"),
        }
    }
}

/// What a registry says about one thing it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Descriptor {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its size, in bytes.
    pub size_bytes: u64,
    /// Its media type, where the registry names one.
    pub media_type: Option<String>,
}

impl Descriptor {
    /// Describes bytes by digest and size.
    #[must_use]
    pub fn new(digest: Digest, size_bytes: u64, media_type: Option<String>) -> Self {
        Self {
            digest,
            size_bytes,
            media_type,
        }
    }
}

/// The exact bytes of a manifest or an index, and the media type they were given with.
#[derive(Clone, PartialEq, Eq)]
pub struct Manifest {
    media_type: String,
    bytes: Vec<u8>,
    digest: Digest,
}

impl Manifest {
    /// Takes bytes as they are; the digest is computed, never believed.
    pub fn new(media_type: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self {
            media_type: media_type.into(),
            digest: Digest::sha256(&bytes),
            bytes,
        }
    }

    /// Takes bytes that must have a digest.
    ///
    /// # Errors
    /// The digest that they have, if it is another.
    pub fn checked(
        media_type: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        expected: &Digest,
    ) -> Result<Self, Digest> {
        let bytes = bytes.into();
        let digest = match expected {
            Digest::Sha256(_) => Digest::sha256(&bytes),
            Digest::Sha512(_) => Digest::sha512(&bytes),
        };
        if digest != *expected {
            return Err(digest);
        }
        Ok(Self {
            media_type: media_type.into(),
            bytes,
            digest,
        })
    }

    /// Returns the media type.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Returns the exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the digest of the bytes: the identity of the manifest.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns digest, size and media type.
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        let size_bytes = self.bytes.len() as u64;
        Descriptor::new(self.digest, size_bytes, Some(self.media_type.clone()))
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("media_type", &self.media_type)
            .field("digest", &self.digest)
            .field("size_bytes", &self.bytes.len())
            .finish()
    }
}
