//! OpenPGP signatures, in process: rpgp does the mathematics, the policy is ours.
//!
//! rpgp has no policy: by itself it accepts revoked and expired keys, dates in the future, MD5 and
//! SHA-1. Everything it does not ask is asked in `judge` and `certificate`.

mod armor;
mod certificate;
mod judge;
mod keyring;

pub use judge::PgpVerifier;
pub use keyring::{ParsePgpKeysError, PgpKeys, PgpPolicy};
