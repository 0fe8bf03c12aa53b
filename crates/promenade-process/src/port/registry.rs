//! Channels in a registry: names that point at manifests.
//!
//! The identity of a manifest is the digest of its exact bytes; they are kept raw and never written
//! again from a parsed form. No registry can compare and swap a tag, so nothing here pretends to:
//! the ledger decides, and the registry is brought in line and read back.

pub mod conformance;
mod error;
mod value;

use std::collections::BTreeSet;

use promenade_digest::Digest;

pub use error::{RegistryError, RegistryErrorKind};
pub use value::{ChannelName, Descriptor, Manifest, Reference};

/// One repository of images (`registry.example/acme/app`).
///
/// Implementations are checked by [`conformance::check`].
pub trait Registry: Send + Sync {
    /// Returns what a reference points at, or nothing if the registry says that it does not exist.
    ///
    /// Only a clear answer is nothing: a failure of the registry (any 5xx) is an error, because a
    /// registry answers 500 while a tag is being overwritten.
    ///
    /// # Errors
    /// [`RegistryError`] if the registry does not answer, refuses, or answers what cannot be true.
    fn find(&self, reference: &Reference) -> Result<Option<Descriptor>, RegistryError>;

    /// Returns the exact bytes of a manifest. They hash to `digest`, or this is an error.
    ///
    /// # Errors
    /// [`RegistryErrorKind::Absent`] if there is none, [`RegistryErrorKind::OtherBytes`] if the
    /// bytes have another digest, else as for [`find`](Self::find).
    fn fetch(&self, digest: &Digest) -> Result<Manifest, RegistryError>;

    /// Points a channel at a manifest, storing the manifest if it is not there. Doing it twice is
    /// doing it once.
    ///
    /// # Errors
    /// As for [`find`](Self::find). After [`RegistryErrorKind::Unknown`] the channel may point at
    /// the manifest or not: look.
    fn put(&self, channel: &ChannelName, manifest: &Manifest) -> Result<(), RegistryError>;

    /// Returns every channel, in byte order, each once.
    ///
    /// # Errors
    /// As for [`find`](Self::find).
    fn list(&self) -> Result<BTreeSet<ChannelName>, RegistryError>;
}
