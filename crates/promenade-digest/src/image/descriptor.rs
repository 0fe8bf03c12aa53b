//! Descriptors, manifests, indexes and configurations, kept as the bytes that they were.

use std::fmt;

use serde_json::Value;

use super::{ImageError, ImageErrorKind};
use crate::json::{self, Object};
use crate::{
    AnyArtifactId, ArtifactId, ArtifactKind, Digest, DigestMismatch, JsonError, MediaType,
    VerifyError, base64, kind,
};

/// The largest manifest or index, in bytes: what registries accept.
pub const MAX_MANIFEST_BYTES: u64 = 4 * 1024 * 1024;

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// The annotation with which an index of a layout names an image.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The platform that an image runs on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
    /// What else tells platforms apart (`os.version`, `os.features`).
    more: Vec<String>,
}

impl Platform {
    /// Returns the operating system.
    #[must_use]
    pub fn os(&self) -> &str {
        &self.os
    }

    /// Returns the architecture.
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    fn read(value: &Value) -> Result<Self, JsonError> {
        let known = ["os", "architecture", "variant", "os.version", "os.features"];
        let object = Object::new(value, "platform", &known)?;
        let version = object.optional_text("os.version")?;
        let mut more: Vec<_> = object.texts("os.features")?;
        more.sort_unstable();
        Ok(Self {
            os: object.text("os")?.to_owned(),
            architecture: object.text("architecture")?.to_owned(),
            variant: object.optional_text("variant")?.map(str::to_owned),
            more: version.into_iter().chain(more).map(str::to_owned).collect(),
        })
    }

    /// Says whether it is that of an attachment, which runs nowhere.
    pub(crate) fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        let more = self.variant.iter().chain(&self.more);
        more.into_iter().try_for_each(|part| write!(f, "/{part}"))
    }
}

/// A reference to a blob: media type, digest and size (OCI image specification, "Descriptor").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    media_type: MediaType,
    digest: Digest,
    size: u64,
    platform: Option<Platform>,
    ref_name: Option<String>,
}

impl Descriptor {
    /// Makes the descriptor of a blob.
    #[must_use]
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            platform: None,
            ref_name: None,
        }
    }

    /// Returns the media type.
    #[must_use]
    pub fn media_type(&self) -> &MediaType {
        &self.media_type
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

    /// Returns the platform that an index says the image is for.
    #[must_use]
    pub fn platform(&self) -> Option<&Platform> {
        self.platform.as_ref()
    }

    /// Returns the name that an index of a layout gives; a claim, not an identity.
    #[must_use]
    pub fn ref_name(&self) -> Option<&str> {
        self.ref_name.as_deref()
    }

    /// Returns the kind of artifact that the media type stands for, if it is one of an image.
    #[must_use]
    pub fn kind(&self) -> Option<ArtifactKind> {
        match self.media_type.as_str() {
            OCI_MANIFEST | DOCKER_MANIFEST => Some(ArtifactKind::OciManifest),
            OCI_INDEX | DOCKER_INDEX => Some(ArtifactKind::OciIndex),
            OCI_CONFIG | DOCKER_CONFIG => Some(ArtifactKind::ImageConfig),
            _ => None,
        }
    }

    /// Checks that `bytes` are the blob.
    ///
    /// # Errors
    /// [`VerifyError`] if the size (looked at first) or the digest differs.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), VerifyError> {
        AnyArtifactId::new(ArtifactKind::File, self.digest, self.size).verify(bytes)
    }

    fn read(value: &Value) -> Result<Self, ImageErrorKind> {
        let known = [
            "mediaType",
            "digest",
            "size",
            "urls",
            "data",
            "platform",
            "annotations",
            "artifactType",
        ];
        let object = Object::new(value, "descriptor", &known).map_err(ImageErrorKind::Json)?;
        let text = |key| object.text(key).map_err(ImageErrorKind::Json);
        let media_type = MediaType::new(text("mediaType")?).map_err(ImageErrorKind::Name)?;
        let descriptor = Self {
            digest: text("digest")?.parse().map_err(ImageErrorKind::Digest)?,
            size: object.number("size").map_err(ImageErrorKind::Json)?,
            platform: match object.get("platform") {
                Some(value) => Some(Platform::read(value).map_err(ImageErrorKind::Json)?),
                None => None,
            },
            ref_name: match object.get("annotations") {
                Some(value) => Object::new(value, "annotations", &[])
                    .and_then(|object| object.optional_text(REF_NAME))
                    .map_err(ImageErrorKind::Json)?
                    .map(str::to_owned),
                None => None,
            },
            media_type,
        };
        let urls = object.array("urls").map_err(ImageErrorKind::Json)?;
        let name = descriptor.media_type.as_str();
        if !urls.is_empty() || name.contains("nondistributable") || name.contains(".foreign.") {
            return Err(ImageErrorKind::Foreign);
        }
        if let Some(data) = object.optional_text("data").map_err(ImageErrorKind::Json)? {
            let bytes = base64::decode(data).ok_or_else(|| {
                ImageErrorKind::Json(json::field("data", "base64 in its one spelling"))
            })?;
            descriptor.verify(&bytes).map_err(ImageErrorKind::Verify)?;
        }
        Ok(descriptor)
    }
}

/// An image manifest: the exact bytes, and what they say.
///
/// ```
/// use promenade_digest::{ArtifactId, image::Manifest};
///
/// let hex = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
/// let config = format!(r#"{{"mediaType": "application/vnd.oci.image.config.v1+json",
///     "digest": "sha256:{hex}", "size": 2}}"#);
/// let layer = config.replace("config.v1+json", "layer.v1.tar");
/// let text = format!(r#"{{"schemaVersion": 2, "config": {config}, "layers": [{layer}]}}"#);
/// let manifest = Manifest::parse(text.as_bytes(), None)?;
/// // The identity is that of the bytes; nothing is serialised again.
/// assert_eq!(manifest.id(), ArtifactId::of(text.as_bytes()));
/// # Ok::<(), promenade_digest::image::ImageError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    bytes: Vec<u8>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

impl Manifest {
    /// Reads a manifest; `declared` is the media type of its descriptor or of the response.
    ///
    /// # Errors
    /// [`ImageError`]: no JSON or not of the shape, too long, an index in disguise, another media
    /// type than declared, no layers, a foreign layer.
    pub fn parse(bytes: &[u8], declared: Option<&MediaType>) -> Result<Self, ImageError> {
        Self::read(bytes, declared).map_err(|kind| subject(bytes, "manifest", kind))
    }

    fn read(bytes: &[u8], declared: Option<&MediaType>) -> Result<Self, ImageErrorKind> {
        let value = document(bytes)?;
        let object = top(
            &value,
            declared,
            &[OCI_MANIFEST, DOCKER_MANIFEST],
            "an image manifest",
        )?;
        if object.get("manifests").is_some() {
            return Err(ImageErrorKind::ManifestOrIndex);
        }
        let config = object.require("config").map_err(ImageErrorKind::Json)?;
        let layers = object.array("layers").map_err(ImageErrorKind::Json)?;
        if layers.is_empty() {
            return Err(ImageErrorKind::NoLayers);
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            config: Descriptor::read(config)?,
            layers: layers
                .iter()
                .map(Descriptor::read)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Returns the exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the identity: the SHA-256 of the exact bytes.
    #[must_use]
    pub fn id(&self) -> ArtifactId<kind::OciManifest> {
        ArtifactId::of(&self.bytes)
    }

    /// Returns the descriptor of the configuration.
    #[must_use]
    pub fn config(&self) -> &Descriptor {
        &self.config
    }

    /// Returns the descriptors of the layers.
    #[must_use]
    pub fn layers(&self) -> &[Descriptor] {
        &self.layers
    }
}

/// An image index: the exact bytes, and the manifests it lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    bytes: Vec<u8>,
    manifests: Vec<Descriptor>,
}

impl Index {
    /// Reads an index; `declared` is the media type of its descriptor or of the response.
    ///
    /// # Errors
    /// [`ImageError`]: no JSON or not of the shape, too long, a manifest in disguise, another
    /// media type than declared, two manifests for one platform.
    pub fn parse(bytes: &[u8], declared: Option<&MediaType>) -> Result<Self, ImageError> {
        let error = |kind| subject(bytes, "index", kind);
        let index = Self::read(bytes, declared).map_err(error)?;
        let mut platforms = std::collections::BTreeSet::new();
        for platform in index.manifests.iter().filter_map(Descriptor::platform) {
            if !platform.is_unknown() && !platforms.insert(platform) {
                return Err(error(ImageErrorKind::DuplicatePlatform {
                    platform: platform.to_string(),
                }));
            }
        }
        Ok(index)
    }

    /// Reads the index of a layout, which lists any number of images.
    pub(crate) fn of_layout(bytes: &[u8]) -> Result<Self, ImageError> {
        Self::read(bytes, None).map_err(|kind| ImageError::new("index.json", kind))
    }

    fn read(bytes: &[u8], declared: Option<&MediaType>) -> Result<Self, ImageErrorKind> {
        let value = document(bytes)?;
        let object = top(
            &value,
            declared,
            &[OCI_INDEX, DOCKER_INDEX],
            "an image index",
        )?;
        if object.get("config").is_some() || object.get("layers").is_some() {
            return Err(ImageErrorKind::ManifestOrIndex);
        }
        // An absent list would be read as an empty one.
        object.require("manifests").map_err(ImageErrorKind::Json)?;
        let manifests = object.array("manifests").map_err(ImageErrorKind::Json)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            manifests: manifests
                .iter()
                .map(Descriptor::read)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Returns the exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the identity: the SHA-256 of the exact bytes.
    #[must_use]
    pub fn id(&self) -> ArtifactId<kind::OciIndex> {
        ArtifactId::of(&self.bytes)
    }

    /// Returns the descriptors of the manifests.
    #[must_use]
    pub fn manifests(&self) -> &[Descriptor] {
        &self.manifests
    }
}

/// The configuration of an image: the exact bytes, its platform and the digests of its layers,
/// expanded. Its digest is what docker shows as the image ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageConfig {
    id: ArtifactId<kind::ImageConfig>,
    platform: Platform,
    diff_ids: Vec<Digest>,
}

impl ImageConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`ImageError`]: no JSON or not of the shape, too long.
    pub fn parse(bytes: &[u8]) -> Result<Self, ImageError> {
        Self::read(bytes).map_err(|kind| subject(bytes, "configuration", kind))
    }

    fn read(bytes: &[u8]) -> Result<Self, ImageErrorKind> {
        let value = document(bytes)?;
        let known = [
            "rootfs",
            "os",
            "architecture",
            "variant",
            "config",
            "history",
        ];
        let object = Object::new(&value, "configuration", &known).map_err(ImageErrorKind::Json)?;
        let rootfs = object
            .require("rootfs")
            .and_then(|value| Object::new(value, "rootfs", &["type", "diff_ids"]))
            .map_err(ImageErrorKind::Json)?;
        let diff_ids = rootfs.texts("diff_ids").map_err(ImageErrorKind::Json)?;
        Ok(Self {
            id: ArtifactId::of(bytes),
            platform: Platform::read(&value).map_err(ImageErrorKind::Json)?,
            diff_ids: diff_ids
                .into_iter()
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(ImageErrorKind::Digest)?,
        })
    }

    /// Returns the identity: docker's image ID.
    #[must_use]
    pub fn id(&self) -> ArtifactId<kind::ImageConfig> {
        self.id
    }

    /// Returns the platform.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Returns the digests of the expanded layers.
    #[must_use]
    pub fn diff_ids(&self) -> &[Digest] {
        &self.diff_ids
    }
}

fn subject(bytes: &[u8], what: &str, kind: ImageErrorKind) -> ImageError {
    ImageError::new(format!("{what} {}", Digest::sha256(bytes)), kind)
}

pub(crate) fn document(bytes: &[u8]) -> Result<Value, ImageErrorKind> {
    let found = bytes.len() as u64;
    if found > MAX_MANIFEST_BYTES {
        return Err(ImageErrorKind::Limit {
            limit: MAX_MANIFEST_BYTES,
            found,
        });
    }
    json::parse(bytes).map_err(ImageErrorKind::Json)
}

/// Checks what manifests and indexes have in common: schema version and media type.
fn top<'a>(
    value: &'a Value,
    declared: Option<&MediaType>,
    allowed: &[&str],
    expected: &'static str,
) -> Result<Object<'a>, ImageErrorKind> {
    let known = [
        "schemaVersion",
        "mediaType",
        "config",
        "layers",
        "manifests",
        "subject",
        "annotations",
        "artifactType",
    ];
    let object = Object::new(value, expected, &known).map_err(ImageErrorKind::Json)?;
    let version = object
        .number("schemaVersion")
        .map_err(ImageErrorKind::Json)?;
    if version != 2 {
        return Err(ImageErrorKind::Version {
            expected: "`schemaVersion` 2",
            found: version.to_string(),
        });
    }
    let found = object
        .optional_text("mediaType")
        .map_err(ImageErrorKind::Json)?;
    if let (Some(declared), Some(found)) = (declared, found)
        && declared.as_str() != found
    {
        return Err(ImageErrorKind::MediaType {
            declared: declared.clone(),
            found: found.to_owned(),
        });
    }
    let media_type = found.or(declared.map(MediaType::as_str));
    match media_type {
        Some(found) if !allowed.contains(&found) => Err(ImageErrorKind::UnknownMediaType {
            found: found.to_owned(),
            expected,
        }),
        _ => Ok(object),
    }
}

/// Compares the digest of content with the one that it was asked for.
pub(crate) fn check_digest(expected: Digest, found: Digest) -> Result<(), ImageErrorKind> {
    DigestMismatch::check(expected, found).map_err(ImageErrorKind::Verify)
}
