//! Judging OpenPGP signatures.

use std::io::Cursor;

use pgp::composed::{SignedPublicKey, SignedPublicSubKey};
use pgp::packet::{Packet, PacketParser, Signature, SignatureType, SignatureVersion};
use pgp::types::{Fingerprint, KeyDetails as _, KeyId};

use super::armor;
use super::certificate::{Moment, Primary, expiry, is_strong, time, unknown_critical};
use super::keyring::PgpKeys;
use crate::{Claim, Distrust, GIT_NAMESPACE, SignatureKind, Signer, Verdict, VerifySignature};

/// How far the clock of a signer may be ahead, in seconds.
const MAX_SKEW_SECS: i64 = 300;
/// How many signatures one block may hold.
const MAX_SIGNATURES: usize = 64;

/// Judges OpenPGP signatures by a keyring.
///
/// Accepted are version 4 and 6 signatures over binary data with SHA-2 or SHA-3, by a primary key or
/// a subkey that is bound both ways, meant for signing, neither revoked nor expired. Text signatures
/// are accepted over files, never over git objects.
#[derive(Clone, Debug)]
pub struct PgpVerifier {
    keys: PgpKeys,
}

impl PgpVerifier {
    /// Judges by this keyring.
    #[must_use]
    pub fn new(keys: PgpKeys) -> Self {
        Self { keys }
    }

    /// Judges each signature of a block on its own, for thresholds: count the distinct
    /// [`Signer::key`]s of the good ones.
    #[must_use]
    pub fn verify_each(&self, claim: &Claim<'_>) -> Vec<Verdict> {
        match packets(claim.signature) {
            Ok(signatures) => signatures
                .iter()
                .map(|signature| self.judge(signature, claim))
                .collect(),
            Err(problem) => vec![Verdict::Bad { problem }],
        }
    }

    fn judge(&self, signature: &Signature, claim: &Claim<'_>) -> Verdict {
        let candidates = self.candidates(signature);
        let Some(first) = candidates.first() else {
            return Verdict::UnknownSigner {
                kind: SignatureKind::Pgp,
                key: issuer(signature),
            };
        };
        let untrusted = |why, candidate: &Candidate<'_>| Verdict::Untrusted {
            kind: SignatureKind::Pgp,
            signer: Some(self.signer(candidate, claim)),
            why,
        };
        if let Err(why) = check_form(signature, claim) {
            return untrusted(why, first);
        }
        // Two keys may have one 64-bit id; the mathematics tell which one signed.
        let signed = candidates
            .iter()
            .find(|candidate| candidate.verifies(signature, claim.payload));
        let Some(signed) = signed else {
            return Verdict::Bad {
                problem: "the signature does not fit the bytes".to_owned(),
            };
        };
        match self.check(signed, signature, claim) {
            Ok(()) => Verdict::Good(self.signer(signed, claim)),
            Err(why) => untrusted(why, signed),
        }
    }

    fn candidates(&self, signature: &Signature) -> Vec<Candidate<'_>> {
        let fingerprints = signature.issuer_fingerprint();
        let ids = signature.issuer_key_id();
        // The fingerprint is the stronger word: an id beside it may only agree.
        let is_issuer = |fingerprint: Fingerprint, id: KeyId| {
            if fingerprints.is_empty() {
                ids.contains(&&id)
            } else {
                fingerprints.contains(&&fingerprint)
            }
        };
        let mut found = Vec::new();
        for certificate in &self.keys.keys {
            if is_issuer(certificate.fingerprint(), certificate.legacy_key_id()) {
                found.push(Candidate {
                    certificate,
                    subkey: None,
                });
            }
            for subkey in &certificate.public_subkeys {
                if is_issuer(subkey.fingerprint(), subkey.legacy_key_id()) {
                    found.push(Candidate {
                        certificate,
                        subkey: Some(subkey),
                    });
                }
            }
        }
        found
    }

    fn check(
        &self,
        candidate: &Candidate<'_>,
        signature: &Signature,
        claim: &Claim<'_>,
    ) -> Result<(), Distrust> {
        let undated = || Distrust::Form {
            problem: "the signature has no date".to_owned(),
        };
        let moment = Moment {
            signed: signature.created().map(time).ok_or_else(undated)?,
            recorded: claim.signed_at,
            now: claim.now,
        };
        check_times(signature, moment)?;
        let policy = self.keys.policy;
        let primary = Primary::read(candidate.certificate, policy, claim.now);
        if let Some((from, until)) = self.keys.windows.get(&primary.fingerprint()) {
            let (at, from, until) = (moment.signed, *from, *until);
            if at < from {
                return Err(Distrust::TooEarly { at, from });
            }
            if at >= until {
                return Err(Distrust::TooLate { at, until });
            }
        }
        primary.check(moment, policy)?;
        match candidate.subkey {
            None => primary.check_signing(),
            Some(subkey) => primary.check_subkey(subkey, moment, policy),
        }
    }

    fn signer(&self, candidate: &Candidate<'_>, claim: &Claim<'_>) -> Signer {
        let primary = Primary::read(candidate.certificate, self.keys.policy, claim.now);
        let key = primary.fingerprint();
        let named = self.keys.names.get(&key);
        Signer {
            kind: SignatureKind::Pgp,
            principal: named.cloned().unwrap_or_else(|| primary.name()),
            key,
        }
    }
}

impl VerifySignature for PgpVerifier {
    fn verify(&self, claim: &Claim<'_>) -> Verdict {
        let signatures = match packets(claim.signature) {
            Ok(signatures) => signatures,
            Err(problem) => return Verdict::Bad { problem },
        };
        match signatures.as_slice() {
            [signature] => self.judge(signature, claim),
            several => Verdict::Bad {
                problem: format!("expected one signature, found {}", several.len()),
            },
        }
    }
}

/// A key that may have made a signature.
struct Candidate<'a> {
    certificate: &'a SignedPublicKey,
    subkey: Option<&'a SignedPublicSubKey>,
}

impl Candidate<'_> {
    fn verifies(&self, signature: &Signature, payload: &[u8]) -> bool {
        match self.subkey {
            Some(subkey) => signature.verify(&subkey.key, payload).is_ok(),
            None => signature
                .verify(&self.certificate.primary_key, payload)
                .is_ok(),
        }
    }
}

fn packets(bytes: &[u8]) -> Result<Vec<Signature>, String> {
    let raw = armor::read(bytes)?;
    let mut signatures = Vec::new();
    for packet in PacketParser::new(Cursor::new(&raw)) {
        match packet {
            Ok(Packet::Signature(signature)) => signatures.push(signature),
            Ok(_) => return Err("expected nothing but signatures".to_owned()),
            Err(error) => return Err(format!("the signature cannot be read: {error}")),
        }
        if signatures.len() > MAX_SIGNATURES {
            return Err(format!("more than {MAX_SIGNATURES} signatures"));
        }
    }
    if signatures.is_empty() {
        return Err("there is no signature".to_owned());
    }
    Ok(signatures)
}

fn issuer(signature: &Signature) -> Option<String> {
    let fingerprint = signature.issuer_fingerprint().first().copied();
    let id = signature.issuer_key_id().first().copied();
    fingerprint
        .map(|fingerprint| format!("{fingerprint:X}"))
        .or(id.map(|id| id.to_string().to_ascii_uppercase()))
}

/// Checks what needs no key: version, type, hash, critical subpackets.
fn check_form(signature: &Signature, claim: &Claim<'_>) -> Result<(), Distrust> {
    let form = |problem: String| Err(Distrust::Form { problem });
    if !matches!(
        signature.version(),
        SignatureVersion::V4 | SignatureVersion::V6
    ) {
        return form(format!("version {:?}", signature.version()));
    }
    match signature.hash_alg() {
        Some(hash) if is_strong(hash) => {}
        hash => {
            let hash = hash.map_or_else(|| "of no name".to_owned(), |hash| hash.to_string());
            return Err(Distrust::WeakHash { hash });
        }
    }
    match signature.typ() {
        Some(SignatureType::Binary) => {}
        Some(SignatureType::Text) if claim.namespace != GIT_NAMESPACE => {}
        Some(SignatureType::Text) => return form("over text with rewritten line ends".to_owned()),
        _ => return form("not a signature over data".to_owned()),
    }
    match unknown_critical(signature) {
        Some(unknown) => form(format!("{unknown} is not understood")),
        None => Ok(()),
    }
}

fn check_times(signature: &Signature, moment: Moment) -> Result<(), Distrust> {
    let latest = moment.now.timestamp().saturating_add(MAX_SKEW_SECS);
    for at in [moment.signed, moment.recorded] {
        if at.timestamp() > latest {
            return Err(Distrust::Future { at });
        }
    }
    match expiry(signature) {
        Some(at) if at <= moment.now => Err(Distrust::Expired { at }),
        _ => Ok(()),
    }
}
