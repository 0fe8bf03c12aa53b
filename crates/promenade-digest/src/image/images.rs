//! The images of an archive or a layout, by what identifies them.

use std::collections::BTreeSet;

use super::blob::Facts;
use super::descriptor::{check_digest, document};
use super::{
    BlobSource, Closure, Descriptor, ImageConfig, ImageError, ImageErrorKind, Index, Limits,
    Platform,
};
use crate::json::{self, Object};
use crate::{AnyArtifactId, ArtifactId, ArtifactKind, Digest, DigestMismatch, kind};

/// How images are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ImageFormat {
    /// A directory with `oci-layout`, `index.json` and `blobs`.
    OciLayout,
    /// The same in a tar archive.
    OciArchive,
    /// What `docker save` writes; newer versions hold an OCI layout as well.
    DockerArchive,
}

impl std::fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OciLayout => "oci-layout",
            Self::OciArchive => "oci-archive",
            Self::DockerArchive => "docker-archive",
        })
    }
}

/// One image: its identities, and the names that somebody gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    names: Vec<String>,
    config: ImageConfig,
    manifest: Option<ArtifactId<kind::OciManifest>>,
}

impl Image {
    /// Returns the names in the archive: a claim of whoever made it, no identity.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the identity of the configuration: docker's image ID.
    #[must_use]
    pub fn config(&self) -> ArtifactId<kind::ImageConfig> {
        self.config.id()
    }

    /// Returns the identity of the manifest, if there is one: a docker archive may have none.
    #[must_use]
    pub fn manifest(&self) -> Option<ArtifactId<kind::OciManifest>> {
        self.manifest
    }

    /// Returns the platform.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        self.config.platform()
    }

    /// Returns the digests of the expanded layers.
    #[must_use]
    pub fn diff_ids(&self) -> &[Digest] {
        self.config.diff_ids()
    }
}

/// By what two sets of images were found to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agreement {
    /// The configurations are the same, and so are the expanded layers; the manifests are not
    /// known on both sides, or differ by compression.
    Config,
    /// The manifests are the same, byte for byte.
    Manifest,
}

/// The images of an archive or a layout, every one of them checked: each blob is what its name or
/// descriptor says, each layer expands to its diff id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    format: ImageFormat,
    archive: Option<AnyArtifactId>,
    roots: Vec<AnyArtifactId>,
    images: Vec<Image>,
}

impl Images {
    /// Returns how the images are stored.
    #[must_use]
    pub fn format(&self) -> ImageFormat {
        self.format
    }

    /// Returns the identity of the exact bytes of the archive; two saves of one image differ in it.
    #[must_use]
    pub fn archive(&self) -> Option<AnyArtifactId> {
        self.archive
    }

    pub(crate) fn set_archive(&mut self, digest: Digest, size: u64) {
        let (format, kind) = match self.format {
            ImageFormat::DockerArchive => (self.format, ArtifactKind::DockerArchive),
            _ => (ImageFormat::OciArchive, ArtifactKind::File),
        };
        self.format = format;
        self.archive = Some(AnyArtifactId::new(kind, digest, size));
    }

    /// Returns the indexes and manifests that a layout names.
    #[must_use]
    pub fn roots(&self) -> &[AnyArtifactId] {
        &self.roots
    }

    /// Returns the images.
    #[must_use]
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// Returns the only image.
    ///
    /// # Errors
    /// [`ImageErrorKind::Count`] if there is none or more than one.
    pub fn single(&self) -> Result<&Image, ImageError> {
        match self.images.as_slice() {
            [image] => Ok(image),
            images => Err(ImageError::new(
                self.format.to_string(),
                ImageErrorKind::Count {
                    found: images.len(),
                },
            )),
        }
    }

    /// Checks that `other` holds the same images, however it was saved, and says by what.
    ///
    /// # Errors
    /// [`ImageErrorKind::Other`] if the configurations differ.
    pub fn same_images(&self, other: &Self) -> Result<Agreement, ImageError> {
        let configs = |images: &Self| -> BTreeSet<_> {
            images.images.iter().map(|i| i.config().digest()).collect()
        };
        let manifests = |images: &Self| -> Option<BTreeSet<_>> {
            let manifests = images.images.iter();
            manifests.map(|i| Some(i.manifest?.digest())).collect()
        };
        let (ours, theirs) = (configs(self), configs(other));
        if ours != theirs {
            return Err(ImageError::new(
                other.format.to_string(),
                ImageErrorKind::Other {
                    kind: ArtifactKind::ImageConfig,
                    expected: join(&ours),
                    found: join(&theirs),
                },
            ));
        }
        match (manifests(self), manifests(other)) {
            (Some(ours), Some(theirs)) if ours == theirs => Ok(Agreement::Manifest),
            _ => Ok(Agreement::Config),
        }
    }

    /// Checks that the only image has this configuration, whatever its names claim.
    ///
    /// # Errors
    /// [`ImageErrorKind::Count`] if there is not one image, [`ImageErrorKind::Other`] if it is
    /// another.
    pub fn expect(&self, expected: &ArtifactId<kind::ImageConfig>) -> Result<(), ImageError> {
        let found = self.single()?.config();
        if found == *expected {
            return Ok(());
        }
        Err(ImageError::new(
            self.format.to_string(),
            ImageErrorKind::Other {
                kind: ArtifactKind::ImageConfig,
                expected: expected.digest().to_string(),
                found: found.digest().to_string(),
            },
        ))
    }
}

fn join(digests: &BTreeSet<Digest>) -> String {
    let texts: Vec<_> = digests.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// The files of an archive or a layout, examined.
pub(crate) trait Files {
    /// Returns what is known of a file; nothing if it is not there.
    fn facts(&mut self, name: &str) -> Result<Option<&Facts>, ImageError>;
}

/// Reads the images of a set of files.
pub(crate) fn read_images(files: &mut dyn Files, limits: &Limits) -> Result<Images, ImageError> {
    let docker = match files.facts("manifest.json")? {
        Some(_) => Some(read_docker(files, limits)?),
        None => None,
    };
    let oci = match files.facts("oci-layout")? {
        Some(_) => Some(read_oci(files, limits)?),
        None => None,
    };
    match (docker, oci) {
        (None, None) => Err(ImageError::new("the archive", ImageErrorKind::Unknown)),
        (None, Some(oci)) => Ok(oci),
        (Some(docker), None) => Ok(docker),
        (Some(docker), Some(oci)) => merge(docker, oci),
    }
}

/// Joins the two views of one archive, if they show the same images.
fn merge(docker: Images, oci: Images) -> Result<Images, ImageError> {
    if docker.same_images(&oci).is_err() {
        return Err(ImageError::new(
            "the archive",
            ImageErrorKind::ViewsDisagree,
        ));
    }
    let images = docker.images.into_iter().map(|image| Image {
        manifest: oci
            .images
            .iter()
            .find(|other| other.config() == image.config())
            .and_then(|other| other.manifest),
        ..image
    });
    Ok(Images {
        images: images.collect(),
        format: docker.format,
        archive: None,
        roots: oci.roots,
    })
}

fn read_docker(files: &mut dyn Files, limits: &Limits) -> Result<Images, ImageError> {
    let error = |kind| ImageError::new("manifest.json", kind);
    let bytes = file_document(files, "manifest.json", limits)?;
    let value = document(&bytes).map_err(error)?;
    let list = value.as_array().ok_or_else(|| {
        error(ImageErrorKind::Json(json::field(
            "manifest.json",
            "an array",
        )))
    })?;
    if list.is_empty() {
        return Err(error(ImageErrorKind::Count { found: 0 }));
    }
    let mut images = Vec::new();
    for value in list {
        let wrong = |cause| error(ImageErrorKind::Json(cause));
        let object =
            Object::new(value, "image", &["Config", "RepoTags", "Layers"]).map_err(wrong)?;
        let name = object.text("Config").map_err(wrong)?;
        let config = docker_config(files, name, limits)?;
        let layers = object.texts("Layers").map_err(wrong)?;
        if layers.is_empty() {
            return Err(error(ImageErrorKind::NoLayers));
        }
        let diff_ids = config.diff_ids();
        if layers.len() != diff_ids.len() {
            return Err(error(ImageErrorKind::LayerCount {
                layers: layers.len(),
                diff_ids: diff_ids.len(),
            }));
        }
        for (layer, expected) in layers.iter().zip(diff_ids) {
            check_layer(files, layer, *expected)?;
        }
        let names = object.texts("RepoTags").map_err(wrong)?;
        images.push(Image {
            names: names.into_iter().map(str::to_owned).collect(),
            config,
            manifest: None,
        });
    }
    Ok(Images {
        format: ImageFormat::DockerArchive,
        archive: None,
        roots: Vec::new(),
        images,
    })
}

/// Reads the configuration of a docker archive, whose name is its digest.
fn docker_config(
    files: &mut dyn Files,
    name: &str,
    limits: &Limits,
) -> Result<ImageConfig, ImageError> {
    let error = |kind| ImageError::new(name, kind);
    let bytes = file_document(files, name, limits)?;
    let config = ImageConfig::parse(&bytes)?;
    let encoded = name
        .strip_prefix("blobs/sha256/")
        .or_else(|| name.strip_suffix(".json"))
        .unwrap_or(name);
    let expected = Digest::from_encoded(crate::Algorithm::Sha256, encoded)
        .map_err(|cause| error(ImageErrorKind::Digest(cause)))?;
    check_digest(expected, config.id().digest()).map_err(error)?;
    Ok(config)
}

fn read_oci(files: &mut dyn Files, limits: &Limits) -> Result<Images, ImageError> {
    let error = |kind| ImageError::new("oci-layout", kind);
    let layout = document(&file_document(files, "oci-layout", limits)?).map_err(error)?;
    let version = Object::new(&layout, "oci-layout", &["imageLayoutVersion"])
        .and_then(|object| object.text("imageLayoutVersion"))
        .map_err(|cause| error(ImageErrorKind::Json(cause)))?;
    if version != "1.0.0" {
        return Err(error(ImageErrorKind::Version {
            expected: "`imageLayoutVersion` 1.0.0",
            found: version.to_owned(),
        }));
    }
    let index = Index::of_layout(&file_document(files, "index.json", limits)?)?;
    let mut roots = Vec::new();
    let mut images: Vec<Image> = Vec::new();
    for root in index.manifests() {
        let closure = Closure::collect(root, &mut Blobs { files }, limits)?;
        if !roots.contains(&closure.id()) {
            roots.push(closure.id());
        }
        for image in closure.images() {
            for (layer, expected) in image.layers().iter().zip(image.config().diff_ids()) {
                check_layer(files, &blob_name(layer.digest()), *expected)?;
            }
            let name = root.ref_name().map(str::to_owned);
            let manifest = Some(image.manifest());
            match images.iter_mut().find(|known| known.manifest == manifest) {
                Some(known) => known.names.extend(name),
                None => images.push(Image {
                    names: name.into_iter().collect(),
                    config: image.config().clone(),
                    manifest,
                }),
            }
        }
    }
    Ok(Images {
        format: ImageFormat::OciLayout,
        archive: None,
        roots,
        images,
    })
}

fn check_layer(files: &mut dyn Files, name: &str, expected: Digest) -> Result<(), ImageError> {
    let error = |kind| ImageError::new(name, kind);
    let facts = files.facts(name)?;
    let facts = facts.ok_or_else(|| error(ImageErrorKind::Missing))?;
    match &facts.expanded {
        Ok(found) if *found == expected => Ok(()),
        Ok(found) => Err(error(ImageErrorKind::DiffId(Box::new(DigestMismatch {
            expected,
            found: *found,
        })))),
        Err(compression) => Err(error(ImageErrorKind::Compression {
            found: compression.clone(),
        })),
    }
}

fn file_document(
    files: &mut dyn Files,
    name: &str,
    limits: &Limits,
) -> Result<Vec<u8>, ImageError> {
    let error = |kind| ImageError::new(name, kind);
    let facts = files.facts(name)?;
    let facts = facts.ok_or_else(|| error(ImageErrorKind::Missing))?;
    match &facts.document {
        Some(bytes) => Ok(bytes.clone()),
        None if facts.hashed.size() > limits.document_bytes => Err(error(ImageErrorKind::Limit {
            limit: limits.document_bytes,
            found: facts.hashed.size(),
        })),
        None => Err(error(ImageErrorKind::Json(json::field(
            name,
            "a JSON object or array",
        )))),
    }
}

pub(crate) fn blob_name(digest: Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().name(), digest.encoded())
}

/// The digest that a file in `blobs` must have by its name.
pub(crate) fn named_digest(name: &str) -> Option<Result<Digest, ImageErrorKind>> {
    let (algorithm, encoded) = name.strip_prefix("blobs/")?.split_once('/')?;
    let digest = format!("{algorithm}:{encoded}").parse();
    Some(digest.map_err(ImageErrorKind::Digest))
}

/// Checks that a file in `blobs` is what its name says.
pub(crate) fn check_name(name: &str, facts: &Facts) -> Result<(), ImageErrorKind> {
    match named_digest(name) {
        Some(expected) => check_digest(expected?, facts.hashed.digest()),
        None => Ok(()),
    }
}

/// The blobs of a layout.
struct Blobs<'a> {
    files: &'a mut dyn Files,
}

impl Blobs<'_> {
    fn facts(&mut self, descriptor: &Descriptor) -> std::io::Result<Option<&Facts>> {
        let facts = self.files.facts(&blob_name(descriptor.digest()));
        facts.map_err(std::io::Error::other)
    }
}

impl BlobSource for Blobs<'_> {
    fn document(&mut self, descriptor: &Descriptor) -> std::io::Result<Option<Vec<u8>>> {
        let facts = self.facts(descriptor)?;
        Ok(facts.map(|facts| facts.document.clone().unwrap_or_default()))
    }

    fn size(&mut self, descriptor: &Descriptor) -> std::io::Result<Option<u64>> {
        let facts = self.facts(descriptor)?;
        Ok(facts.map(|facts| facts.hashed.size()))
    }
}
