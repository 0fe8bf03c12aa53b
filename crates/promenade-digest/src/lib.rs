//! Artifact identities: digests, checksum files, tree digests, build sets, image identities and
//! attestations.
//!
//! ```
//! use promenade_digest::Digest;
//!
//! let digest = Digest::sha256(b"hello\n");
//! assert_eq!(
//!     digest.to_string(),
//!     "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
//! );
//! assert_eq!(digest.to_string().parse::<Digest>()?, digest);
//! # Ok::<(), promenade_digest::ParseDigestError>(())
//! ```
//!
//! "Built once, promoted by digest" is as strong as what the digest covers. So an identity is
//! ([`ArtifactId`]) a kind, a digest and a size, and kinds are types: an image ID and a manifest
//! digest do not compare. A release is one record of all its artifacts ([`BuildSet`]). Checksum
//! files ([`ChecksumFile`]) are checked against the names that are expected, not against those they
//! happen to list. What one reader takes and another refuses is refused.
//!
//! # Scope and non-scope
//!
//! Text, hashes and comparison: bytes in, values out. No clock, network, process or environment;
//! files only behind `fs`. SHA-256 identifies; SHA-512 is read as well; MD5, SHA-1 and BLAKE3
//! identify nothing here. Signing and verifying signatures, registries and git are other crates;
//! this one says what a signature is over (a DSSE envelope) and where blobs are asked for.
//!
//! # Not preserved
//!
//! Nothing: a checksum file is written back byte for byte, manifests and statements are kept as
//! the bytes they were.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `artifacts` | names, identities, checksum files, trees and build sets (default); [`Digest`] and [`Hasher`] need no feature |
//! | `serde` | `Serialize` and `Deserialize` of digests, artifacts and build sets |
//! | `fs` | files, directories (NAR) and build directories |
//! | `parallel` | several files at once, archives on two threads (`std::thread::scope`) |
//! | `image` | OCI layouts, OCI archives, docker archives, the closure of an index |
//! | `attestation` | in-toto statements of promotions in DSSE envelopes |
//! | `proptest1` | strategies of every public value |

#[cfg(feature = "artifacts")]
mod artifact;
#[cfg(feature = "attestation")]
pub mod attestation;
#[cfg(any(feature = "image", feature = "attestation"))]
mod base64;
#[cfg(feature = "artifacts")]
mod build;
#[cfg(feature = "artifacts")]
mod checksum;
mod digest;
mod error;
#[cfg(feature = "fs")]
pub mod fs;
mod hash;
#[cfg(feature = "image")]
pub mod image;
#[cfg(any(feature = "image", feature = "attestation"))]
mod json;
#[cfg(feature = "artifacts")]
mod name;
#[cfg(feature = "proptest1")]
pub mod strategy;
#[cfg(feature = "artifacts")]
mod tree;

#[cfg(feature = "artifacts")]
pub use artifact::{AnyArtifactId, ArtifactId, ArtifactKind, Kind, kind};
#[cfg(feature = "artifacts")]
pub use build::{Artifact, BuildSet, ExpectedArtifacts, MAX_BUILD_SET_BYTES};
#[cfg(feature = "artifacts")]
pub use checksum::{
    ChecksumFile, ChecksumFormat, ChecksumLine, MAX_CHECKSUM_LINES, MAX_CHECKSUM_NAME_BYTES,
};
pub use digest::{Algorithm, Digest};
#[cfg(feature = "artifacts")]
pub use error::{
    BuildDifference, BuildSetError, CompareBuildsError, KindMismatch, ParseArtifactIdError,
    ParseArtifactIdErrorKind, ParseBuildSetError, ParseBuildSetErrorKind, ParseChecksumsError,
    ParseChecksumsErrorKind, ParseNameError, ParseNameErrorKind, SelectChecksumsError,
    VerifyBuildError,
};
pub use error::{DigestMismatch, HashError, ParseDigestError, ParseDigestErrorKind, VerifyError};
#[cfg(feature = "fs")]
pub use error::{WalkError, WalkErrorKind};
pub use hash::{BUFFER_BYTES, Hashed, Hasher, Observer, Pass, hash, unobserved};
#[cfg(any(feature = "image", feature = "attestation"))]
pub use json::JsonError;
#[cfg(feature = "artifacts")]
pub use name::{ArtifactName, MAX_NAME_BYTES, MediaType, Role};
#[cfg(feature = "artifacts")]
pub use tree::TreeNode;
