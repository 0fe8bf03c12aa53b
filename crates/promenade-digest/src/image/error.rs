//! The errors of images.

use crate::{
    ArtifactKind, DigestMismatch, JsonError, MediaType, ParseDigestError, ParseNameError,
    VerifyError,
};

/// An image, an archive or a layout is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: {kind}")]
pub struct ImageError {
    subject: String,
    kind: Box<ImageErrorKind>,
}

impl ImageError {
    pub(crate) fn new(subject: impl Into<String>, kind: ImageErrorKind) -> Self {
        Self {
            subject: subject.into(),
            kind: Box::new(kind),
        }
    }

    /// Returns what is at fault: a digest, a path in an archive, a file.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub fn kind(&self) -> &ImageErrorKind {
        &self.kind
    }
}

/// What is wrong with an image, an archive or a layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageErrorKind {
    /// Reading failed.
    #[error("reading failed: {cause}")]
    Read {
        /// What the system said.
        cause: String,
    },
    /// The observer broke off.
    #[error("cancelled")]
    Cancelled,
    /// A size is above its limit.
    #[error("{found} bytes are more than the limit of {limit}")]
    Limit {
        /// The limit.
        limit: u64,
        /// The declared or found size.
        found: u64,
    },
    /// There are more entries, images or members than the limit.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The archive ends in the middle of an entry.
    #[error("the archive ends in the middle of an entry")]
    Truncated,
    /// The archive ends without the two blocks of zeros that mark its end.
    #[error("the archive has no end mark; it may be cut off")]
    MissingEnd,
    /// There is something after the end.
    #[error("there are bytes after the end")]
    TrailingData,
    /// The checksum of a header is wrong.
    #[error("the checksum of the header is wrong")]
    HeaderChecksum,
    /// A header holds no number where one must be.
    #[error("the header is malformed: {cause}")]
    Header {
        /// What is wrong.
        cause: String,
    },
    /// An extended header says another thing than the header, or a thing that is not allowed.
    #[error("the extended header is not allowed: {cause}")]
    Extended {
        /// What is wrong.
        cause: String,
    },
    /// The archive holds an entry that is no file, directory or link within it.
    #[error("entries of type {found:?} are not allowed")]
    EntryType {
        /// The type in the header.
        found: char,
    },
    /// The name of an entry cannot be trusted.
    #[error("{0}")]
    Name(ParseNameError),
    /// A name is there twice.
    #[error("is there twice")]
    Duplicate,
    /// An entry lies under one that is no directory, or a link points out of the archive or at
    /// another link.
    #[error("a link may only point at a file of the archive, and nothing lies under one")]
    Link,
    /// A file that must be there is not.
    #[error("is missing")]
    Missing,
    /// It is there and was not expected.
    #[error("was not expected")]
    Unexpected,
    /// A document is not the JSON it must be.
    #[error("{0}")]
    Json(JsonError),
    /// A digest is not one.
    #[error("{0}")]
    Digest(ParseDigestError),
    /// Content is not what its descriptor or its name says.
    #[error("{0}")]
    Verify(VerifyError),
    /// The version of a schema or layout is not known.
    #[error("expected {expected}, found {found}")]
    Version {
        /// What is known.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// The body names another media type than its descriptor.
    #[error("the media type is `{declared}` by its descriptor, `{found}` by its body")]
    MediaType {
        /// The media type of the descriptor.
        declared: MediaType,
        /// The media type in the body.
        found: String,
    },
    /// The media type is not one that is known here.
    #[error("media type `{found}` is not {expected}")]
    UnknownMediaType {
        /// The media type.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// One document is both a manifest and an index (CVE-2021-41190).
    #[error("has the fields of a manifest and of an index")]
    ManifestOrIndex,
    /// A manifest has no layers.
    #[error("the manifest has no layers")]
    NoLayers,
    /// A manifest has another number of layers than its configuration.
    #[error("{layers} layers, but {diff_ids} diff ids in the configuration")]
    LayerCount {
        /// The layers of the manifest.
        layers: usize,
        /// The diff ids of the configuration.
        diff_ids: usize,
    },
    /// An expanded layer has another digest than the configuration says.
    #[error("the expanded layer is not the one of its configuration: {0}")]
    DiffId(Box<DigestMismatch>),
    /// The compression is not one that is expanded here.
    #[error("compression `{found}` is not expanded here; the diff id cannot be checked")]
    Compression {
        /// The compression.
        found: String,
    },
    /// Compressed data is damaged.
    #[error("damaged compression: {cause}")]
    Damaged {
        /// What is wrong.
        cause: String,
    },
    /// What is expanded is far larger than what was compressed.
    #[error("expands to more than {limit} bytes, or more than {ratio} times its size")]
    Bomb {
        /// The limit on the expanded size.
        limit: u64,
        /// The limit on the ratio.
        ratio: u64,
    },
    /// What was expanded is compressed again.
    #[error("is compressed twice")]
    Nested,
    /// Indexes are nested deeper than the limit, or hold themselves.
    #[error("indexes are nested deeper than {limit}")]
    Depth {
        /// The limit.
        limit: usize,
    },
    /// Two manifests of an index are for one platform.
    #[error("two manifests are for the platform `{platform}`")]
    DuplicatePlatform {
        /// The platform.
        platform: String,
    },
    /// The blob is to be fetched from elsewhere, and nobody says what it will be then.
    #[error("the blob is foreign: it has `urls` or may not be distributed")]
    Foreign,
    /// The two views of an archive, `manifest.json` and `index.json`, show other images.
    #[error("`manifest.json` and `index.json` show other images")]
    ViewsDisagree,
    /// There is not exactly one image.
    #[error("expected one image, found {found}")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// The archive is neither a docker archive nor an OCI archive.
    #[error("neither a docker archive nor an OCI layout")]
    Unknown,
    /// It is not the expected image.
    #[error("expected the {kind} {expected}, found {found}")]
    Other {
        /// What was compared.
        kind: ArtifactKind,
        /// The expected digests.
        expected: String,
        /// The found digests.
        found: String,
    },
}
