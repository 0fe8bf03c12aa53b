//! Verifying SSH signatures against a keyring.

use chrono::{DateTime, Utc};
use signature::Verifier as _;
use ssh_key::public::KeyData;
use ssh_key::{Certificate, HashAlg, SshSig};

use super::allowed::{AllowedSigner, AllowedSigners};
use super::envelope::{self, Envelope, EnvelopeKey};
use crate::{Claim, Distrust, SignatureKind, Signer, Verdict, VerifySignature};

/// How far the clock of a signer may be ahead, in seconds.
const MAX_SKEW_SECS: i64 = 300;
/// The shortest RSA key that counts, in bits.
const MIN_RSA_BITS: usize = 2048;

/// Judges SSH signatures by an `allowed_signers` keyring.
#[derive(Clone, Debug)]
pub struct SshVerifier {
    allowed: AllowedSigners,
}

impl SshVerifier {
    /// Judges by this keyring.
    #[must_use]
    pub fn new(allowed: AllowedSigners) -> Self {
        Self { allowed }
    }

    /// Judges a claim as made by `principal`, as `ssh-keygen -Y verify -I PRINCIPAL` does: lines
    /// of the keyring that do not name it are left out.
    pub fn verify_as(&self, principal: &str, claim: &Claim<'_>) -> Verdict {
        self.judge(claim, Some(principal))
    }

    fn judge(&self, claim: &Claim<'_>, principal: Option<&str>) -> Verdict {
        let envelope = match envelope::read(claim.signature) {
            Ok(envelope) => envelope,
            Err(problem) => return Verdict::Bad { problem },
        };
        match check_bytes(&envelope, claim.payload) {
            Ok(()) => {}
            Err(Fault::Bad(problem)) => return Verdict::Bad { problem },
            Err(Fault::Unsupported(problem)) => {
                return Verdict::Unsupported {
                    kind: Some(SignatureKind::Ssh),
                    problem,
                };
            }
            Err(Fault::Distrust(why)) => return self.distrusted(&envelope, why),
        }
        // The first line that trusts the signer decides; else the first that knows it says why not.
        let mut refusal = None;
        for line in self.allowed.signers() {
            if principal.is_some_and(|principal| !line.names(principal)) {
                continue;
            }
            match judge_line(line, &envelope, claim, principal) {
                None => {}
                Some(Ok(signer)) => return Verdict::Good(signer),
                Some(Err(untrusted)) => refusal = refusal.or(Some(untrusted)),
            }
        }
        match refusal {
            Some((signer, why)) => Verdict::Untrusted {
                kind: SignatureKind::Ssh,
                signer: Some(signer),
                why,
            },
            None => Verdict::UnknownSigner {
                kind: SignatureKind::Ssh,
                key: Some(envelope.key.fingerprint()),
            },
        }
    }

    fn distrusted(&self, envelope: &Envelope, why: Distrust) -> Verdict {
        let known = |line: &&AllowedSigner| line.is_about(envelope.key.data());
        Verdict::Untrusted {
            kind: SignatureKind::Ssh,
            signer: self
                .allowed
                .signers()
                .iter()
                .find(known)
                .map(|line| signer(line.principals(), envelope)),
            why,
        }
    }
}

impl VerifySignature for SshVerifier {
    fn verify(&self, claim: &Claim<'_>) -> Verdict {
        self.judge(claim, None)
    }
}

enum Fault {
    Bad(String),
    Unsupported(String),
    Distrust(Distrust),
}

/// Checks that the signature fits the bytes, whoever signed.
fn check_bytes(envelope: &Envelope, payload: &[u8]) -> Result<(), Fault> {
    let key = envelope.key.data();
    let Some(signature) = &envelope.signature else {
        let hash = format!("SHA-1 (`{}`)", envelope.algorithm);
        return Err(Fault::Distrust(Distrust::WeakHash { hash }));
    };
    let kind = key.algorithm();
    match key {
        KeyData::Rsa(_) if cfg!(feature = "rsa") => {}
        #[cfg(feature = "ecdsa")]
        KeyData::Ecdsa(_) | KeyData::SkEcdsaSha2NistP256(_) => {}
        KeyData::Ed25519(_) | KeyData::SkEd25519(_) => {}
        _ => {
            let problem = format!("keys of type `{}` are not supported", kind.as_str());
            return Err(Fault::Unsupported(problem));
        }
    }
    if let KeyData::Rsa(rsa) = key {
        let bits = rsa.n.as_positive_bytes().map_or(0, |n| {
            let lead = n.first().map_or(0, |first| first.leading_zeros() as usize);
            8 * n.len() - lead
        });
        if bits < MIN_RSA_BITS {
            let problem = format!("RSA key of {bits} bits, expected {MIN_RSA_BITS} or more");
            return Err(Fault::Distrust(Distrust::Unfit { problem }));
        }
    }
    let data = SshSig::signed_data(&envelope.namespace, envelope.hash, payload)
        .map_err(|error| Fault::Bad(error.to_string()))?;
    key.verify(&data, signature)
        .map_err(|_| Fault::Bad("the signature does not fit the bytes".to_owned()))
}

type Untrusted = (Signer, Distrust);

/// Judges by one line: nothing if the line is about another key.
fn judge_line(
    line: &AllowedSigner,
    envelope: &Envelope,
    claim: &Claim<'_>,
    principal: Option<&str>,
) -> Option<Result<Signer, Untrusted>> {
    let (name, certified) = match &envelope.key {
        EnvelopeKey::Plain(key) if !line.is_authority() && line.is_about(key) => {
            (principal.unwrap_or(line.principals()).to_owned(), Ok(()))
        }
        EnvelopeKey::Certificate(certificate)
            if line.is_authority() && line.is_about(certificate.signature_key()) =>
        {
            judge_certificate(line, certificate, claim.signed_at, principal)
        }
        _ => return None,
    };
    let signer = signer(&name, envelope);
    let verdict = certified.and_then(|()| check_claim(line, envelope, claim));
    Some(match verdict {
        Ok(()) => Ok(signer),
        Err(why) => Err((signer, why)),
    })
}

fn check_claim(
    line: &AllowedSigner,
    envelope: &Envelope,
    claim: &Claim<'_>,
) -> Result<(), Distrust> {
    let namespace = |found: &str| Distrust::Namespace {
        expected: claim.namespace.to_owned(),
        found: found.to_owned(),
    };
    if envelope.namespace != claim.namespace {
        return Err(namespace(&envelope.namespace));
    }
    if !line.allows_namespace(claim.namespace) {
        return Err(namespace(line.namespaces().unwrap_or_default()));
    }
    let at = claim.signed_at;
    if at.timestamp() > claim.now.timestamp().saturating_add(MAX_SKEW_SECS) {
        return Err(Distrust::Future { at });
    }
    match (line.valid_after(), line.valid_before()) {
        (Some(from), _) if at < from => Err(Distrust::TooEarly { at, from }),
        (_, Some(until)) if at > until => Err(Distrust::TooLate { at, until }),
        _ => Ok(()),
    }
}

/// Checks a certificate of an authority the keyring names (`PROTOCOL.certkeys`).
fn judge_certificate(
    line: &AllowedSigner,
    certificate: &Certificate,
    at: DateTime<Utc>,
    principal: Option<&str>,
) -> (String, Result<(), Distrust>) {
    let names = certificate.valid_principals();
    let named = names.iter().find(|name| {
        line.names(name) && principal.is_none_or(|principal| principal == name.as_str())
    });
    let name = named.or(names.first()).cloned().unwrap_or_default();
    let unfit = |problem: &str| {
        Err(Distrust::Unfit {
            problem: problem.to_owned(),
        })
    };
    if !certificate.cert_type().is_user() {
        return (name, unfit("the certificate is not one of a user"));
    }
    if named.is_none() {
        let problem =
            "the keyring does not let the authority vouch for any name in the certificate";
        return (name, unfit(problem));
    }
    let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    let bound = |seconds: u64| {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    };
    let (from, until) = (
        bound(certificate.valid_after()),
        bound(certificate.valid_before()),
    );
    let verdict = if at < from {
        Err(Distrust::TooEarly { at, from })
    } else if at >= until {
        Err(Distrust::TooLate { at, until })
    } else if certificate.validate_at(seconds, [&authority]).is_err() {
        unfit("the certificate is not signed by its authority, or demands what is not known")
    } else {
        Ok(())
    };
    (name, verdict)
}

fn signer(principal: &str, envelope: &Envelope) -> Signer {
    Signer {
        kind: SignatureKind::Ssh,
        principal: principal.to_owned(),
        key: envelope.key.fingerprint(),
    }
}
