//! Strategies of every public value, for the property tests of those who build on this crate
//! (feature `proptest1`).

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use crate::{
    Algorithm, AnyArtifactId, Artifact, ArtifactKind, ArtifactName, BuildSet, ChecksumFile,
    ChecksumLine, Digest, MediaType, TreeNode,
};

/// Generates algorithms.
pub fn algorithm() -> impl Strategy<Value = Algorithm> {
    select(&Algorithm::ALL[..])
}

/// Generates digests of both algorithms.
pub fn digest() -> impl Strategy<Value = Digest> {
    prop_oneof![
        4 => any::<[u8; 32]>().prop_map(Digest::Sha256),
        1 => (any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(a, b)| {
            let mut bytes = [0; 64];
            for (to, from) in bytes.iter_mut().zip(a.into_iter().chain(b)) {
                *to = from;
            }
            Digest::Sha512(bytes)
        }),
    ]
}

/// Generates kinds of artifacts.
pub fn artifact_kind() -> impl Strategy<Value = ArtifactKind> {
    select(&ArtifactKind::ALL[..])
}

/// Generates identities of artifacts.
pub fn artifact_id() -> impl Strategy<Value = AnyArtifactId> {
    (artifact_kind(), digest(), any::<u64>())
        .prop_map(|(kind, digest, size)| AnyArtifactId::new(kind, digest, size))
}

/// Generates names of artifacts, of one to three parts.
pub fn artifact_name() -> impl Strategy<Value = ArtifactName> {
    "[a-zA-Z0-9_é][a-zA-Z0-9._ +é-]{0,10}[a-zA-Z0-9_](/[a-z0-9]{1,4}){0,2}"
        .prop_filter_map("not the name of an artifact", |text| {
            ArtifactName::new(text).ok()
        })
}

/// Generates media types.
pub fn media_type() -> impl Strategy<Value = MediaType> {
    "[a-z]{1,8}/[a-z0-9][a-z0-9.+-]{0,12}"
        .prop_filter_map("not a media type", |text| MediaType::new(text).ok())
}

/// Generates artifacts.
pub fn artifact() -> impl Strategy<Value = Artifact> {
    (artifact_name(), artifact_id(), media_type()).prop_map(|(name, id, media_type)| Artifact {
        name,
        id,
        media_type,
    })
}

/// Generates build sets of at most eight artifacts.
pub fn build_set() -> impl Strategy<Value = BuildSet> {
    vec(artifact(), 0..8).prop_filter_map("a name is there twice", |artifacts| {
        BuildSet::new(artifacts).ok()
    })
}

/// Generates checksum files with names of any bytes, many of which must be escaped.
pub fn checksum_file() -> impl Strategy<Value = ChecksumFile> {
    let name = prop_oneof![
        vec(1..=255_u8, 1..20),
        vec(select(&b"ab \\\n\r*().-=/"[..]), 1..8),
    ];
    let lines = btree_map(name, (any::<[u8; 32]>(), any::<bool>()), 1..8);
    lines.prop_filter_map("not a checksum file", |lines| {
        let lines = lines.into_iter().map(|(name, (digest, binary))| {
            let line = ChecksumLine::new(name, Digest::Sha256(digest));
            if binary { line.binary() } else { line }
        });
        ChecksumFile::new(lines).ok()
    })
}

/// Generates trees that can be written to a Unix file system.
pub fn tree() -> impl Strategy<Value = TreeNode> {
    let directory = |inner: BoxedStrategy<TreeNode>| {
        btree_map(file_name(), inner, 0..6).prop_map(|entries| TreeNode::Directory { entries })
    };
    let leaf = prop_oneof![
        (any::<bool>(), vec(any::<u8>(), 0..40)).prop_map(|(executable, contents)| {
            TreeNode::File {
                executable,
                contents,
            }
        }),
        file_name().prop_map(|target| TreeNode::Symlink { target }),
    ];
    let node = leaf.prop_recursive(3, 24, 6, directory);
    directory(node.boxed())
}

fn file_name() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![1..=46_u8, 48..=255_u8], 1..12)
        .prop_filter("every directory has these", |name| {
            name != b"." && name != b".."
        })
}
