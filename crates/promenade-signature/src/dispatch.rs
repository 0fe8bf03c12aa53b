//! One verifier for every kind of signature.

use std::fmt;

use crate::{Claim, Distrust, SignatureKind, Verdict, VerifySignature};

/// The verifiers of a process, one per kind of signature; itself a verifier.
///
/// A kind without a verifier is [`Verdict::Unsupported`]. X.509 has none by design: the
/// mathematics of a `gitsign` certificate may hold, yet without its transparency log nobody can say
/// when it was used, so it is recognised and reported as [`Verdict::Untrusted`].
///
/// ```
/// use promenade_signature::{Keyring, Verdict, VerifySignature};
/// # use promenade_signature::Claim;
/// # let now = chrono::DateTime::UNIX_EPOCH;
/// let claim = Claim {
///     payload: b"tag",
///     signature: b"-----BEGIN SIGNED MESSAGE-----\n",
///     namespace: "git",
///     signed_at: now,
///     now,
/// };
/// assert_eq!(Keyring::new().verify(&claim).name(), "untrusted");
/// ```
#[derive(Default)]
#[must_use]
pub struct Keyring {
    ssh: Option<Box<dyn VerifySignature>>,
    pgp: Option<Box<dyn VerifySignature>>,
}

impl Keyring {
    /// Makes a keyring that trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges ssh signatures with `verifier`.
    pub fn with_ssh(mut self, verifier: impl VerifySignature + 'static) -> Self {
        self.ssh = Some(Box::new(verifier));
        self
    }

    /// Judges OpenPGP signatures with `verifier`.
    pub fn with_pgp(mut self, verifier: impl VerifySignature + 'static) -> Self {
        self.pgp = Some(Box::new(verifier));
        self
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("ssh", &self.ssh.is_some())
            .field("pgp", &self.pgp.is_some())
            .finish()
    }
}

impl VerifySignature for Keyring {
    fn verify(&self, claim: &Claim<'_>) -> Verdict {
        let Some(kind) = SignatureKind::of(claim.signature) else {
            return Verdict::Unsupported {
                kind: None,
                problem: "expected an armored OpenPGP, SSH or X.509 signature".to_owned(),
            };
        };
        let verifier = match kind {
            SignatureKind::Ssh => &self.ssh,
            SignatureKind::Pgp => &self.pgp,
            _ => {
                return Verdict::Untrusted {
                    kind,
                    signer: None,
                    why: Distrust::Chain {
                        problem: "no certificate authority is trusted by this keyring".to_owned(),
                    },
                };
            }
        };
        match verifier {
            Some(verifier) => verifier.verify(claim),
            None => Verdict::Unsupported {
                kind: Some(kind),
                problem: format!("the keyring has no {kind} keys"),
            },
        }
    }
}
