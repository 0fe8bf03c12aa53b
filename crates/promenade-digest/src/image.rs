//! Identities of images (feature `image`): OCI layouts, OCI archives, docker archives, manifests,
//! indexes and what they refer to.
//!
//! Four digests are called "the digest of the image", and they are not the same:
//!
//! | identity | kind | what it covers |
//! |---|---|---|
//! | image ID | [`crate::kind::ImageConfig`] | the configuration, and by its diff ids the layers, expanded |
//! | manifest | [`crate::kind::OciManifest`] | configuration and layers as they are compressed; what a registry serves for one platform |
//! | index | [`crate::kind::OciIndex`] | the manifests of all platforms; the unit to promote |
//! | archive | [`crate::kind::DockerArchive`] | one file that was saved; another save of the image differs |
//!
//! Manifests and indexes are kept as the bytes that they were; nothing is serialised again.
//! Everything has a limit ([`Limits`]). Not expanded here: zstd layers, and gzip layers of several
//! members; both are refused where a diff id must be checked.

mod archive;
mod blob;
mod closure;
mod descriptor;
mod entry;
mod error;
mod images;
#[cfg(feature = "fs")]
mod layout;

use blob::Stop;

pub use archive::read_archive;
#[cfg(feature = "parallel")]
pub use archive::read_archive_parallel;
pub use closure::{BlobSource, Closure, ClosureImage};
pub use descriptor::{Descriptor, ImageConfig, Index, MAX_MANIFEST_BYTES, Manifest, Platform};
pub use error::{ImageError, ImageErrorKind};
pub use images::{Agreement, Image, ImageFormat, Images};
#[cfg(feature = "fs")]
pub use layout::read_layout;

/// Limits on what is read; exceeding one is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest manifest, index or configuration, in bytes; 4 MiB.
    pub document_bytes: u64,
    /// The documents of one archive together, in bytes; 64 MiB.
    pub documents_bytes: u64,
    /// The largest blob or entry, as it is and expanded, in bytes; 64 GiB.
    pub entry_bytes: u64,
    /// The most entries of an archive or blobs of a closure; 100,000.
    pub entries: usize,
    /// How deep indexes may be nested; 4.
    pub depth: usize,
    /// How many times its size a blob may expand to; 200.
    pub ratio: u64,
    /// The expanded size up to which the ratio is not looked at, in bytes; 16 MiB.
    pub ratio_from: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: MAX_MANIFEST_BYTES,
            documents_bytes: 64 << 20,
            entry_bytes: 64 << 30,
            entries: 100_000,
            depth: 4,
            ratio: 200,
            ratio_from: 16 << 20,
        }
    }
}
