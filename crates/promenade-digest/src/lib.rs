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

mod artifact;
#[cfg(feature = "attestation")]
pub mod attestation;
#[cfg(any(feature = "image", feature = "attestation"))]
mod base64;
mod build;
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
mod name;
mod tree;

pub use artifact::{AnyArtifactId, ArtifactId, ArtifactKind, Kind, kind};
pub use build::{Artifact, BuildSet, ExpectedArtifacts, MAX_BUILD_SET_BYTES};
pub use checksum::{
    ChecksumFile, ChecksumFormat, ChecksumLine, MAX_CHECKSUM_LINES, MAX_CHECKSUM_NAME_BYTES,
};
pub use digest::{Algorithm, Digest};
pub use error::{
    BuildDifference, BuildSetError, CompareBuildsError, DigestMismatch, HashError, KindMismatch,
    ParseArtifactIdError, ParseArtifactIdErrorKind, ParseBuildSetError, ParseBuildSetErrorKind,
    ParseChecksumsError, ParseChecksumsErrorKind, ParseDigestError, ParseDigestErrorKind,
    ParseNameError, ParseNameErrorKind, SelectChecksumsError, VerifyBuildError, VerifyError,
};
#[cfg(feature = "fs")]
pub use error::{WalkError, WalkErrorKind};
pub use hash::{BUFFER_BYTES, Hashed, Hasher, Observer, Pass, hash, unobserved};
#[cfg(any(feature = "image", feature = "attestation"))]
pub use json::JsonError;
pub use name::{ArtifactName, MAX_NAME_BYTES, MediaType, Role};
pub use tree::TreeNode;
