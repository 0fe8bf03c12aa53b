//! A registry in memory, for tests, simulation and the demonstration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use promenade_digest::Digest;
use promenade_process::port::registry::{
    ChannelName, Descriptor, Manifest, Reference, Registry, RegistryError, RegistryErrorKind,
};

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A repository of images that lives as long as the value.
#[derive(Debug, Default)]
pub struct MemoryRegistry {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    blobs: BTreeMap<Digest, u64>,
    manifests: BTreeMap<Digest, Manifest>,
    channels: BTreeMap<ChannelName, Digest>,
}

impl MemoryRegistry {
    /// Makes an empty repository.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a blob and returns its digest.
    pub fn add_blob(&self, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        self.lock().blobs.insert(digest, bytes.len() as u64);
        digest
    }

    /// Adds an image of one layer, without a channel, and returns its manifest.
    pub fn add_image(&self, layer: &[u8]) -> Manifest {
        let config = br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers"}}"#;
        let (config_digest, layer_digest) = (self.add_blob(config), self.add_blob(layer));
        let (config_size, layer_size) = (config.len(), layer.len());
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{IMAGE}","config":{{"mediaType":"{CONFIG}","digest":"{config_digest}","size":{config_size}}},"layers":[{{"mediaType":"{LAYER}","digest":"{layer_digest}","size":{layer_size}}}]}}"#
        );
        let manifest = Manifest::new(IMAGE, text);
        self.add_manifest(&manifest);
        manifest
    }

    /// Adds a manifest or an index without a channel.
    pub fn add_manifest(&self, manifest: &Manifest) {
        let mut state = self.lock();
        state.manifests.insert(*manifest.digest(), manifest.clone());
    }

    /// Returns where every channel points.
    #[must_use]
    pub fn channels(&self) -> BTreeMap<ChannelName, Digest> {
        self.lock().channels.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one insertion: a panic of another holder leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry for MemoryRegistry {
    fn find(&self, reference: &Reference) -> Result<Option<Descriptor>, RegistryError> {
        let state = self.lock();
        let manifest = |digest| state.manifests.get(digest).map(Manifest::descriptor);
        Ok(match reference {
            Reference::Channel(name) => state.channels.get(name).and_then(manifest),
            Reference::Manifest(digest) => manifest(digest),
            Reference::Blob(digest) => state
                .blobs
                .get(digest)
                .map(|size_bytes| Descriptor::new(*digest, *size_bytes, None)),
        })
    }

    fn fetch(&self, digest: &Digest) -> Result<Manifest, RegistryError> {
        let absent = || {
            let action = format!("fetch manifest {digest}");
            RegistryError::new(action, RegistryErrorKind::Absent)
        };
        self.lock()
            .manifests
            .get(digest)
            .cloned()
            .ok_or_else(absent)
    }

    fn put(&self, channel: &ChannelName, manifest: &Manifest) -> Result<(), RegistryError> {
        let mut state = self.lock();
        let digest = *manifest.digest();
        state.manifests.insert(digest, manifest.clone());
        state.channels.insert(channel.clone(), digest);
        Ok(())
    }

    fn list(&self) -> Result<BTreeSet<ChannelName>, RegistryError> {
        Ok(self.lock().channels.keys().cloned().collect())
    }
}
