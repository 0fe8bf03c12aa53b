//! The laws of digests, as one function over bytes: what the fuzzer runs, and what the tests replay
//! over the seeds.

use promenade_digest::attestation::{Envelope, Statement};
use promenade_digest::image::{ImageConfig, Index, Limits, Manifest, read_archive};
use promenade_digest::{ArtifactId, BuildSet, ChecksumFile, ChecksumFormat, Digest, unobserved};

/// Asserts every law over one input.
///
/// What is read is written byte for byte; what is kept is the bytes that were given, and its
/// identity is theirs; an archive that is read has the digest of all of its bytes, and is refused
/// one byte shorter.
///
/// # Panics
/// If a law does not hold.
pub(crate) fn digest(data: &[u8]) {
    for format in [
        ChecksumFormat::Gnu,
        ChecksumFormat::Bsd,
        ChecksumFormat::Nul,
    ] {
        if let Ok(file) = ChecksumFile::parse(data, format) {
            assert_eq!(file.render(format), data);
        }
    }
    if let Ok(set) = BuildSet::parse(data) {
        assert_eq!(set.canonical_bytes(), data);
        assert_eq!(set.digest(), Digest::sha256(data));
    }
    if let Ok(statement) = Statement::parse(data) {
        assert_eq!(statement.render(), data);
    }
    if let Ok(envelope) = Envelope::parse(data) {
        let again = Envelope::parse(envelope.render().as_bytes());
        assert_eq!(again.as_ref(), Ok(&envelope));
    }
    if let Ok(manifest) = Manifest::parse(data, None) {
        assert_eq!(
            (manifest.bytes(), manifest.id()),
            (data, ArtifactId::of(data))
        );
        assert!(
            Index::parse(data, None).is_err(),
            "both a manifest and an index"
        );
    }
    if let Ok(index) = Index::parse(data, None) {
        assert_eq!((index.bytes(), index.id()), (data, ArtifactId::of(data)));
    }
    if let Ok(config) = ImageConfig::parse(data) {
        assert_eq!(config.id(), ArtifactId::of(data));
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(digest) = text.parse::<Digest>()
    {
        assert_eq!(digest.to_string(), text);
    }
    archive(data);
}

fn archive(data: &[u8]) {
    let mut limits = Limits::default();
    limits.entry_bytes = 1 << 20;
    if let Ok(images) = read_archive(data, &limits, &mut unobserved()) {
        let id = images.archive().expect("it was read from an archive");
        assert_eq!(
            (id.digest(), id.size()),
            (Digest::sha256(data), data.len() as u64)
        );
        let shorter = data.split_last().map_or(data, |(_, rest)| rest);
        assert!(read_archive(shorter, &limits, &mut unobserved()).is_err());
    }
}
