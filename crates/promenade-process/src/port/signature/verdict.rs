//! What was found about a signature.

use std::fmt;

use chrono::{DateTime, Utc};

use super::SignatureKind;

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signer {
    /// The kind of the signature.
    pub kind: SignatureKind,
    /// The name the keyring has for the key: a principal, a user id, or the fingerprint itself.
    pub principal: String,
    /// The fingerprint of the key, as the tools of its kind print it. For a subkey of an OpenPGP
    /// key this is the fingerprint of the primary key.
    pub key: String,
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} key {})", self.principal, self.kind, self.key)
    }
}

/// What was found about a signature. Only [`Verdict::Good`] is good.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The signature fits the bytes, and the keyring lets this key sign this at this time.
    Good(Signer),
    /// The signature may fit the bytes; the keyring does not know the key.
    UnknownSigner {
        /// The kind of the signature.
        kind: SignatureKind,
        /// The fingerprint or id of the key, if the signature tells it.
        key: Option<String>,
    },
    /// The keyring knows the key, and it may not sign this, or not at this time, or not this way.
    Untrusted {
        /// The kind of the signature.
        kind: SignatureKind,
        /// Who the keyring says signed; nobody if that cannot be told.
        signer: Option<Signer>,
        /// Why that does not count.
        why: Distrust,
    },
    /// The signature does not fit the bytes, or is no signature.
    Bad {
        /// What is wrong.
        problem: String,
    },
    /// This kind of signature cannot be judged here.
    Unsupported {
        /// The kind, if it is known at all.
        kind: Option<SignatureKind>,
        /// What is missing.
        problem: String,
    },
}

impl Verdict {
    /// Returns the signer if the signature is good.
    #[must_use]
    pub fn good(&self) -> Option<&Signer> {
        match self {
            Self::Good(signer) => Some(signer),
            _ => None,
        }
    }

    /// Returns true if the signature is good.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.good().is_some()
    }

    /// Returns the word used in tables: `good`, `unknown-signer`, `untrusted`, `bad` or
    /// `unsupported`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Good(_) => "good",
            Self::UnknownSigner { .. } => "unknown-signer",
            Self::Untrusted { .. } => "untrusted",
            Self::Bad { .. } => "bad",
            Self::Unsupported { .. } => "unsupported",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(signer) => write!(f, "good, by {signer}"),
            Self::UnknownSigner { kind, key } => {
                let key = key.as_deref().unwrap_or("that it does not name");
                write!(f, "by an unknown signer, {kind} key {key}")
            }
            Self::Untrusted { kind, signer, why } => match signer {
                Some(signer) => write!(f, "by {signer}, not trusted: {why}"),
                None => write!(f, "{kind}, not trusted: {why}"),
            },
            Self::Bad { problem } => write!(f, "bad: {problem}"),
            Self::Unsupported { kind, problem } => {
                let kind = kind.map_or("unknown kind", SignatureKind::name);
                write!(f, "cannot be judged ({kind}): {problem}")
            }
        }
    }
}

/// Why a key that the keyring knows does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// The keyring lets the key sign for other namespaces only, or the signature is for another.
    #[error("expected a signature for namespace `{expected}`, found `{found}`")]
    Namespace {
        /// The namespace that was asked for.
        expected: String,
        /// The namespace that was found.
        found: String,
    },
    /// The keyring lets the key sign from a later time on.
    #[error("signed at {at}, the key counts from {from} on")]
    TooEarly {
        /// When it was signed.
        at: DateTime<Utc>,
        /// From when on the key counts.
        from: DateTime<Utc>,
    },
    /// The key has expired, or the keyring lets it sign until an earlier time only.
    #[error("signed at {at}, the key counts until {until}")]
    TooLate {
        /// When it was signed.
        at: DateTime<Utc>,
        /// Until when the key counts.
        until: DateTime<Utc>,
    },
    /// The signature itself has expired.
    #[error("the signature expired at {at}")]
    Expired {
        /// When.
        at: DateTime<Utc>,
    },
    /// The signature says that it was made in the future.
    #[error("the signature is dated {at}, which is later than now")]
    Future {
        /// When.
        at: DateTime<Utc>,
    },
    /// The key was revoked.
    #[error("the key was revoked: {reason}")]
    Revoked {
        /// The reason that was given.
        reason: String,
    },
    /// The hash is too weak.
    #[error("the hash {hash} is too weak")]
    WeakHash {
        /// Which.
        hash: String,
    },
    /// The key is not meant for signing, or its binding to the primary key does not hold.
    #[error("the key may not sign: {problem}")]
    Unfit {
        /// Why.
        problem: String,
    },
    /// The signature is of a form that is not accepted.
    #[error("the form of the signature is not accepted: {problem}")]
    Form {
        /// Which.
        problem: String,
    },
    /// The key may sign, though not this name.
    #[error("the signer may not sign `{subject}`")]
    Subject {
        /// What was signed.
        subject: String,
    },
    /// The chain of trust cannot be checked.
    #[error("the chain of trust cannot be checked: {problem}")]
    Chain {
        /// Why.
        problem: String,
    },
}
