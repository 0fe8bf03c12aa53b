//! Signatures: who vouches for some bytes, and who may.
//!
//! A verdict never comes from what is verified: keyrings are input. A signature whose mathematics
//! hold is not good by that alone; it is good when its key is in the keyring, may sign this, and
//! could at that time.

mod allowed;
mod pattern;
mod verdict;

use chrono::{DateTime, Utc};

pub use allowed::TagSigners;
pub use pattern::list_matches;
pub use promenade_tag::{ParseSignatureKindError, SignatureKind};
pub use verdict::{Distrust, Signer, Verdict};

/// The namespace of signatures over git objects, as `git` and `ssh-keygen` spell it.
pub const GIT_NAMESPACE: &str = "git";
/// The namespace of signatures over files, the default of `ssh-keygen -Y sign -n file`.
pub const FILE_NAMESPACE: &str = "file";

/// What a signature claims, and for what it is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The bytes that were signed.
    pub payload: &'a [u8],
    /// The signature, armored or raw.
    pub signature: &'a [u8],
    /// What the signature is for ([`GIT_NAMESPACE`], [`FILE_NAMESPACE`], …). Kinds of signatures
    /// that have no namespaces ignore it.
    pub namespace: &'a str,
    /// When the payload says that it was signed (the time of the tagger), else the time of judging.
    pub signed_at: DateTime<Utc>,
    /// The time of judging; nothing may be signed later than this.
    pub now: DateTime<Utc>,
}

/// Judges signatures by a keyring that it was given.
pub trait VerifySignature: Send + Sync {
    /// Judges one claim. It always has a verdict: a failure to judge is
    /// [`Verdict::Unsupported`], which is never good.
    fn verify(&self, claim: &Claim<'_>) -> Verdict;
}

/// Makes signatures with one key.
pub trait MakeSignature: Send + Sync {
    /// Signs bytes for a namespace and returns the armored signature, ending with a newline.
    ///
    /// # Errors
    /// [`MakeSignatureError`] if the key cannot be used.
    fn sign(&self, namespace: &str, payload: &[u8]) -> Result<String, MakeSignatureError>;

    /// Returns the kind of signatures this makes.
    fn kind(&self) -> SignatureKind;

    /// Returns the fingerprint of the key, as the tools of its kind print it.
    fn key(&self) -> String;
}

/// A signature could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot sign with {key}: {problem}")]
pub struct MakeSignatureError {
    key: String,
    problem: String,
}

impl MakeSignatureError {
    /// Describes why signing with `key` failed.
    pub fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            problem: problem.into(),
        }
    }

    /// Returns the key that was to sign.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns why it could not.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
