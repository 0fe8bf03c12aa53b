//! Archives and images made by hand, to be broken.

use std::io::Write as _;

use promenade_digest::image::{ImageError, ImageErrorKind, Images, Limits, read_archive};
use promenade_digest::{Digest, unobserved};
use serde_json::{Value, json};
use tar::{EntryType, Header};

pub(super) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(super) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A tar archive that grows.
#[derive(Clone, Default)]
pub(super) struct Tar(pub(super) Vec<u8>);

impl Tar {
    /// A header with its checksum.
    pub(super) fn header(name: &[u8], size: u64, kind: EntryType) -> Header {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_entry_type(kind);
        header.set_cksum();
        header
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn entry(self, header: &Header, body: &[u8]) -> Self {
        let mut tar = self.raw(header.as_bytes()).raw(body);
        tar.0.resize(tar.0.len().next_multiple_of(512), 0);
        tar
    }

    pub(super) fn file(self, name: &str, body: &[u8]) -> Self {
        let header = Self::header(name.as_bytes(), body.len() as u64, EntryType::Regular);
        self.entry(&header, body)
    }

    pub(super) fn link(self, name: &str, target: &str) -> Self {
        let mut header = Self::header(name.as_bytes(), 0, EntryType::Symlink);
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.entry(&header, b"")
    }

    pub(super) fn files(self, files: &[(String, Vec<u8>)]) -> Self {
        let add = |tar: Self, (name, body): &(String, Vec<u8>)| tar.file(name, body);
        files.iter().fold(self, add)
    }

    /// The archive with its end mark.
    pub(super) fn end(self) -> Vec<u8> {
        self.raw(&[0; 1024]).0
    }
}

pub(super) fn read(archive: &[u8]) -> Result<Images, ImageError> {
    read_archive(archive, &Limits::default(), &mut unobserved())
}

/// Why an archive is refused.
#[track_caller]
pub(super) fn refused(archive: &[u8]) -> ImageErrorKind {
    read(archive).unwrap_err().kind().clone()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::best();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    let digest = Digest::sha256(bytes).to_string();
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

pub(super) fn config(diff_ids: &[Digest]) -> Vec<u8> {
    let diff_ids: Vec<_> = diff_ids.iter().map(ToString::to_string).collect();
    let rootfs = json!({ "type": "layers", "diff_ids": diff_ids });
    let value = json!({ "architecture": "amd64", "os": "linux", "rootfs": rootfs });
    serde_json::to_vec(&value).unwrap()
}

/// An image of one layer, its parts open to be changed.
#[derive(Clone)]
pub(super) struct Parts {
    /// The layer as it is stored.
    pub(super) layer: Vec<u8>,
    pub(super) config: Vec<u8>,
    pub(super) tags: Value,
    pub(super) manifest: Value,
}

impl Parts {
    pub(super) fn new() -> Self {
        Self::of(b"a layer".to_vec(), Digest::sha256(b"a layer"))
    }

    pub(super) fn of(layer: Vec<u8>, diff_id: Digest) -> Self {
        let config = config(&[diff_id]);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(CONFIG, &config),
            "layers": [descriptor(LAYER, &layer)],
        });
        let tags = json!(["app:1.2.3"]);
        Self {
            layer,
            config,
            tags,
            manifest,
        }
    }

    /// The files of a docker archive.
    pub(super) fn docker(&self) -> Vec<(String, Vec<u8>)> {
        let config = format!("{}.json", Digest::sha256(&self.config).encoded());
        let list = json!([{ "Config": config, "RepoTags": self.tags, "Layers": ["l.tar"] }]);
        vec![
            ("l.tar".to_owned(), self.layer.clone()),
            (config, self.config.clone()),
            (
                "manifest.json".to_owned(),
                serde_json::to_vec(&list).unwrap(),
            ),
        ]
    }

    pub(super) fn blobs(&self) -> Vec<Vec<u8>> {
        let manifest = serde_json::to_vec(&self.manifest).unwrap();
        vec![self.layer.clone(), self.config.clone(), manifest]
    }

    /// The files of an OCI archive whose index names the manifest.
    pub(super) fn oci(&self) -> Vec<(String, Vec<u8>)> {
        let manifest = serde_json::to_vec(&self.manifest).unwrap();
        let root = descriptor(MANIFEST, &manifest);
        let index = json!({ "schemaVersion": 2, "manifests": [root] });
        layout(&serde_json::to_vec(&index).unwrap(), &self.blobs())
    }
}

/// The files of an OCI layout with an index and blobs.
pub(super) fn layout(index: &[u8], blobs: &[Vec<u8>]) -> Vec<(String, Vec<u8>)> {
    let version = br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec();
    let mut files = vec![
        ("oci-layout".to_owned(), version),
        ("index.json".to_owned(), index.to_vec()),
    ];
    files.extend(blobs.iter().map(|blob| {
        let encoded = Digest::sha256(blob).encoded();
        (format!("blobs/sha256/{encoded}"), blob.clone())
    }));
    files
}

pub(super) fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    Tar::default().files(files).end()
}
