//! Makes and verifies signatures over tags, records and files: ssh in process, gpg and ssh-keygen as programs.
//!
//! A signature is judged by a keyring that the caller gives, never by anything that comes with what
//! is verified.
//!
//! ```
//! use chrono::DateTime;
//! use promenade_signature::{AllowedSigners, Claim, MakeSignature, SshKey, SshVerifier, VerifySignature};
//!
//! let key = SshKey::from_seed(&[7; 32]);
//! let armored = key.sign("file", b"the bytes")?;
//!
//! let keyring: AllowedSigners = key.allowed_signers_line("ada@example.org").parse()?;
//! let now = DateTime::UNIX_EPOCH;
//! let claim = Claim {
//!     payload: b"the bytes",
//!     signature: armored.as_bytes(),
//!     namespace: "file",
//!     signed_at: now,
//!     now,
//! };
//! let verdict = SshVerifier::new(keyring).verify(&claim);
//! assert_eq!(verdict.good().map(|signer| signer.principal.as_str()), Some("ada@example.org"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Scope and non-scope
//!
//! Verdicts over bytes and a detached signature. What makes a git *tag* valid (its name, its target,
//! one signature and nothing after it) is for `promenade-git` to say. Nothing here reads
//! a clock: times are part of the [`Claim`].
//!
//! # Features
//!
//! - `ecdsa` (default): ssh keys on the NIST curves P-256, P-384 and P-521.
//! - `rsa` (default): ssh keys of RSA, with SHA-2 only.
//! - `openpgp` (default): OpenPGP signatures in process.

mod dispatch;
#[cfg(feature = "openpgp")]
mod openpgp;
mod program;
mod ssh;
mod trusted;

pub use promenade_process::port::signature::{
    Claim, Distrust, FILE_NAMESPACE, GIT_NAMESPACE, MakeSignature, MakeSignatureError,
    SignatureKind, Signer, TagSigners, Verdict, VerifySignature,
};

pub use dispatch::Keyring;
#[cfg(feature = "openpgp")]
pub use openpgp::{ParsePgpKeysError, PgpKeys, PgpPolicy, PgpVerifier};
pub use program::{GpgSigner, GpgVerifier, OpenGpgError, RunProgramError, SshKeygenSigner};
pub use ssh::{
    AllowedSigner, AllowedSigners, LoadSshKeyError, ParseAllowedSignersError,
    ParseAllowedSignersErrorKind, SshKey, SshVerifier,
};
pub use trusted::ReadTrustedKeysError;
