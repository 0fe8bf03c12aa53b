//! Everything that a manifest or an index refers to, down to the layers.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::{
    Descriptor, ImageConfig, ImageError, ImageErrorKind, Index, Limits, Manifest, Platform,
};
use crate::{AnyArtifactId, ArtifactId, ArtifactKind, Digest, VerifyError, kind};

/// Where blobs are looked up by digest: a layout, a registry, a map in memory.
///
/// Absent is `Ok(None)`. What cannot be known (a server that fails) is an error, never `None`.
pub trait BlobSource {
    /// Returns the bytes of a document; no more than its size, and one byte, need be read.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn document(&mut self, descriptor: &Descriptor) -> io::Result<Option<Vec<u8>>>;

    /// Returns the size of a blob, without reading it.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn size(&mut self, descriptor: &Descriptor) -> io::Result<Option<u64>>;
}

/// Blobs in memory, by digest.
impl BlobSource for BTreeMap<Digest, Vec<u8>> {
    fn document(&mut self, descriptor: &Descriptor) -> io::Result<Option<Vec<u8>>> {
        Ok(self.get(&descriptor.digest()).cloned())
    }

    fn size(&mut self, descriptor: &Descriptor) -> io::Result<Option<u64>> {
        let blob = self.get(&descriptor.digest());
        Ok(blob.map(|bytes| bytes.len() as u64))
    }
}

/// One image of a closure: its manifest, its configuration and its layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosureImage {
    manifest: ArtifactId<kind::OciManifest>,
    config: ImageConfig,
    layers: Vec<Descriptor>,
}

impl ClosureImage {
    /// Returns the identity of the manifest.
    #[must_use]
    pub fn manifest(&self) -> ArtifactId<kind::OciManifest> {
        self.manifest
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &ImageConfig {
        &self.config
    }

    /// Returns the platform.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        self.config.platform()
    }

    /// Returns the descriptors of the layers; each expands to the diff id at its place.
    #[must_use]
    pub fn layers(&self) -> &[Descriptor] {
        &self.layers
    }
}

/// What an index or a manifest refers to, found once and checked again before a name is moved.
///
/// Registries serve an index whose child was deleted. A closure that was collected when the image
/// was built, and is verified before a promotion or a rollback, finds that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    root: Descriptor,
    images: Vec<ClosureImage>,
    attachments: Vec<ArtifactId<kind::OciManifest>>,
    members: BTreeMap<Digest, Descriptor>,
}

impl Closure {
    /// Reads everything below `root`: documents are verified, layers must be there with their
    /// declared size.
    ///
    /// # Errors
    /// [`ImageError`] naming the blob that is missing or not what its descriptor says.
    pub fn collect(
        root: &Descriptor,
        source: &mut dyn BlobSource,
        limits: &Limits,
    ) -> Result<Self, ImageError> {
        let mut closure = Self {
            root: root.clone(),
            images: Vec::new(),
            attachments: Vec::new(),
            members: BTreeMap::new(),
        };
        closure.enter(root, &mut Reader { source, limits }, 0)?;
        Ok(closure)
    }

    fn enter(
        &mut self,
        descriptor: &Descriptor,
        reader: &mut Reader<'_>,
        depth: usize,
    ) -> Result<(), ImageError> {
        let limit = reader.limits.depth;
        let error = |kind| ImageError::new(descriptor.digest().to_string(), kind);
        if depth > limit {
            return Err(error(ImageErrorKind::Depth { limit }));
        }
        match descriptor.kind() {
            Some(ArtifactKind::OciIndex) => {
                let bytes = reader.document(descriptor)?;
                let index = Index::parse(&bytes, Some(descriptor.media_type()))?;
                self.add(descriptor, reader.limits)?;
                for child in index.manifests() {
                    self.enter(child, reader, depth + 1)?;
                }
                Ok(())
            }
            Some(ArtifactKind::OciManifest) => self.manifest(descriptor, reader),
            _ => Err(error(ImageErrorKind::UnknownMediaType {
                found: descriptor.media_type().to_string(),
                expected: "an image manifest or an image index",
            })),
        }
    }

    fn manifest(
        &mut self,
        descriptor: &Descriptor,
        reader: &mut Reader<'_>,
    ) -> Result<(), ImageError> {
        let bytes = reader.document(descriptor)?;
        let manifest = Manifest::parse(&bytes, Some(descriptor.media_type()))?;
        let config = manifest.config();
        self.add(descriptor, reader.limits)?;
        self.add(config, reader.limits)?;
        for layer in manifest.layers() {
            reader.size(layer)?;
            self.add(layer, reader.limits)?;
        }
        // Attachments (attestations, signatures) have manifests, but are no images.
        let unknown = descriptor.platform().is_some_and(Platform::is_unknown);
        if unknown || config.kind() != Some(ArtifactKind::ImageConfig) {
            reader.size(config)?;
            self.attachments.push(manifest.id());
            return Ok(());
        }
        let config = ImageConfig::parse(&reader.document(config)?)?;
        let (layers, diff_ids) = (manifest.layers().len(), config.diff_ids().len());
        if layers != diff_ids {
            let subject = descriptor.digest().to_string();
            let kind = ImageErrorKind::LayerCount { layers, diff_ids };
            return Err(ImageError::new(subject, kind));
        }
        self.images.push(ClosureImage {
            manifest: manifest.id(),
            config,
            layers: manifest.layers().to_vec(),
        });
        Ok(())
    }

    fn add(&mut self, descriptor: &Descriptor, limits: &Limits) -> Result<(), ImageError> {
        let first = self
            .members
            .entry(descriptor.digest())
            .or_insert_with(|| descriptor.clone());
        let error = |kind| ImageError::new(descriptor.digest().to_string(), kind);
        if first.size() != descriptor.size() {
            return Err(error(ImageErrorKind::Verify(VerifyError::Size {
                expected: first.size(),
                found: descriptor.size(),
            })));
        }
        if self.members.len() > limits.entries {
            return Err(error(ImageErrorKind::TooMany {
                what: "blobs",
                limit: limits.entries,
            }));
        }
        Ok(())
    }

    /// Checks that everything is still there: documents by their bytes, layers by their size.
    ///
    /// # Errors
    /// [`ImageError`] naming the blob that is missing or another one.
    pub fn verify(&self, source: &mut dyn BlobSource, limits: &Limits) -> Result<(), ImageError> {
        let mut reader = Reader { source, limits };
        for descriptor in self.members.values() {
            match descriptor.kind() {
                Some(_) => drop(reader.document(descriptor)?),
                None => reader.size(descriptor)?,
            }
        }
        Ok(())
    }

    /// Returns the descriptor that everything was reached from.
    #[must_use]
    pub fn root(&self) -> &Descriptor {
        &self.root
    }

    /// Returns the identity of the root: an index or a manifest.
    #[must_use]
    pub fn id(&self) -> AnyArtifactId {
        // Collecting refuses a root of another kind.
        let kind = self.root.kind().unwrap_or(ArtifactKind::OciManifest);
        AnyArtifactId::new(kind, self.root.digest(), self.root.size())
    }

    /// Returns the images, in the order of the index.
    #[must_use]
    pub fn images(&self) -> &[ClosureImage] {
        &self.images
    }

    /// Returns the manifests that are no images: attestations, signatures.
    #[must_use]
    pub fn attachments(&self) -> &[ArtifactId<kind::OciManifest>] {
        &self.attachments
    }

    /// Returns every blob: the root, manifests, configurations and layers, sorted by digest.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Descriptor> {
        self.members.values()
    }

    /// Checks that the platforms of the images are exactly the expected ones (`linux/amd64`).
    ///
    /// # Errors
    /// [`ImageErrorKind::Missing`] for a platform without image; [`ImageErrorKind::Unexpected`] for
    /// an image of another platform.
    pub fn expect_platforms(&self, expected: &[&str]) -> Result<(), ImageError> {
        let found: BTreeSet<_> = self
            .images
            .iter()
            .map(|i| i.platform().to_string())
            .collect();
        let expected: BTreeSet<_> = expected.iter().map(|text| (*text).to_owned()).collect();
        let error =
            |platform: &String, kind| Err(ImageError::new(format!("platform {platform}"), kind));
        if let Some(platform) = expected.difference(&found).next() {
            return error(platform, ImageErrorKind::Missing);
        }
        match found.difference(&expected).next() {
            Some(platform) => error(platform, ImageErrorKind::Unexpected),
            None => Ok(()),
        }
    }
}

/// Reads from a source and checks what it gives.
struct Reader<'a> {
    source: &'a mut dyn BlobSource,
    limits: &'a Limits,
}

impl Reader<'_> {
    fn document(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, ImageError> {
        let error = |kind| ImageError::new(descriptor.digest().to_string(), kind);
        let limit = self.limits.document_bytes;
        if descriptor.size() > limit {
            return Err(error(ImageErrorKind::Limit {
                limit,
                found: descriptor.size(),
            }));
        }
        let found = self.source.document(descriptor);
        let found = found.map_err(|cause| error(super::Stop::kind_of(&cause)))?;
        let bytes = found.ok_or_else(|| error(ImageErrorKind::Missing))?;
        descriptor
            .verify(&bytes)
            .map_err(|cause| error(ImageErrorKind::Verify(cause)))?;
        Ok(bytes)
    }

    fn size(&mut self, descriptor: &Descriptor) -> Result<(), ImageError> {
        let error = |kind| ImageError::new(descriptor.digest().to_string(), kind);
        let found = self.source.size(descriptor);
        let found = found.map_err(|cause| error(super::Stop::kind_of(&cause)))?;
        let found = found.ok_or_else(|| error(ImageErrorKind::Missing))?;
        if found == descriptor.size() {
            Ok(())
        } else {
            Err(error(ImageErrorKind::Verify(VerifyError::Size {
                expected: descriptor.size(),
                found,
            })))
        }
    }
}
