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

mod digest;
mod error;

pub use digest::{Algorithm, Digest};
pub use error::{ParseDigestError, ParseDigestErrorKind};
