//! What a certificate says about its keys: bindings, dates, flags, revocations.

use chrono::{DateTime, Utc};
use pgp::composed::{SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{
    PublicKey, RevocationCode, Signature, SignatureType, SignatureVersion, SubpacketData,
};
use pgp::ser::Serialize as _;
use pgp::types::{Duration, KeyDetails as _, PublicParams, Tag, Timestamp};

use super::keyring::PgpPolicy;
use crate::Distrust;

/// The shortest RSA key that counts, in bytes of its modulus.
const MIN_RSA_BYTES: usize = 256;

/// When a signature was made, and when it is judged.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) signed: DateTime<Utc>,
    /// The time of signing that the caller knows.
    pub(super) recorded: DateTime<Utc>,
    pub(super) now: DateTime<Utc>,
}

/// Returns a time of OpenPGP.
pub(super) fn time(stamp: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(i64::from(stamp.as_secs()), 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn later(from: DateTime<Utc>, span: Duration) -> Option<DateTime<Utc>> {
    let seconds = i64::from(span.as_secs());
    (seconds > 0)
        .then(|| DateTime::from_timestamp(from.timestamp() + seconds, 0))
        .flatten()
}

/// Returns when a signature expires, if it does.
pub(super) fn expiry(signature: &Signature) -> Option<DateTime<Utc>> {
    later(
        time(signature.created()?),
        signature.signature_expiration_time()?,
    )
}

/// Returns the first critical subpacket that is not understood.
pub(super) fn unknown_critical(signature: &Signature) -> Option<String> {
    let config = signature.config()?;
    let mut unknown = config
        .hashed_subpackets()
        .filter_map(|one| match &one.data {
            _ if !one.is_critical => None,
            SubpacketData::Other(number, _) | SubpacketData::Experimental(number, _) => {
                Some(format!("critical subpacket {number}"))
            }
            SubpacketData::Notation(notation) => {
                let name = String::from_utf8_lossy(&notation.name).into_owned();
                Some(format!("critical notation `{name}`"))
            }
            _ => None,
        });
    unknown.next()
}

/// Returns true if a hash is one that counts.
pub(super) fn is_strong(hash: HashAlgorithm) -> bool {
    matches!(
        hash,
        HashAlgorithm::Sha256
            | HashAlgorithm::Sha384
            | HashAlgorithm::Sha512
            | HashAlgorithm::Sha3_256
            | HashAlgorithm::Sha3_512
    )
}

fn is_sound(signature: &Signature, policy: PgpPolicy, now: DateTime<Utc>) -> bool {
    let version = matches!(
        signature.version(),
        SignatureVersion::V4 | SignatureVersion::V6
    );
    let hash = signature.hash_alg().is_some_and(|hash| {
        is_strong(hash) || (policy.sha1_bindings && hash == HashAlgorithm::Sha1)
    });
    let dated = signature
        .created()
        .is_some_and(|created| time(created) <= now);
    let lapsed = expiry(signature).is_some_and(|at| at <= now);
    version && hash && dated && !lapsed && unknown_critical(signature).is_none()
}

fn unfit(problem: impl Into<String>) -> Distrust {
    let problem = problem.into();
    Distrust::Unfit { problem }
}

/// Returns the latest of the signatures that hold.
fn latest<'a>(
    signatures: impl Iterator<Item = &'a Signature>,
    holds: impl Fn(&Signature) -> bool,
) -> Option<&'a Signature> {
    signatures
        .filter(|signature| holds(signature))
        .max_by_key(|signature| signature.created().map(Timestamp::as_secs))
}

/// The primary key with what it says about itself.
pub(super) struct Primary<'a> {
    pub(super) certificate: &'a SignedPublicKey,
    /// The latest self-signature that holds: over the key itself, or over a user id.
    own: Option<&'a Signature>,
    /// The user id that names the key, if its binding holds.
    user: Option<&'a [u8]>,
}

impl<'a> Primary<'a> {
    pub(super) fn read(
        certificate: &'a SignedPublicKey,
        policy: PgpPolicy,
        now: DateTime<Utc>,
    ) -> Self {
        let key = &certificate.primary_key;
        let direct = latest(certificate.details.direct_signatures.iter(), |one| {
            is_sound(one, policy, now) && one.verify_key(key).is_ok()
        });
        let mut users: Vec<(&'a [u8], &'a Signature)> = Vec::new();
        for user in &certificate.details.users {
            // A user id that was revoked later than it was last certified names nobody.
            let last = latest(user.signatures.iter(), |one| {
                let revokes = one.typ() == Some(SignatureType::CertRevocation);
                (revokes || is_sound(one, policy, now))
                    && one.verify_certification(key, Tag::UserId, &user.id).is_ok()
            });
            if let Some(last) = last
                && last.typ() != Some(SignatureType::CertRevocation)
            {
                users.push((user.id.id(), last));
            }
        }
        // The primary user id is the one marked so, else the one certified last.
        let user = users
            .iter()
            .max_by_key(|(_, last)| (last.is_primary(), last.created().map(Timestamp::as_secs)));
        let own = latest(
            direct.into_iter().chain(user.map(|(_, last)| *last)),
            |_| true,
        );
        Self {
            certificate,
            own,
            user: user.map(|(id, _)| *id),
        }
    }

    /// Returns the name of the key: its primary user id, else its fingerprint.
    pub(super) fn name(&self) -> String {
        self.user.map_or_else(
            || self.fingerprint(),
            |id| String::from_utf8_lossy(id).into_owned(),
        )
    }

    pub(super) fn fingerprint(&self) -> String {
        format!("{:X}", self.certificate.primary_key.fingerprint())
    }

    fn key(&self) -> &'a PublicKey {
        &self.certificate.primary_key
    }

    /// Checks that the certificate as a whole counts: bound, not revoked, within its dates.
    pub(super) fn check(&self, moment: Moment, policy: PgpPolicy) -> Result<(), Distrust> {
        self.check_revocations(moment)?;
        let own = self
            .own
            .ok_or_else(|| unfit("no self-signature of the key holds"))?;
        check_dates(self.key().created_at(), own, moment, policy)
    }

    /// Checks that the primary key itself may sign data.
    pub(super) fn check_signing(&self) -> Result<(), Distrust> {
        check_material(self.key().public_params())?;
        match self.own.map(flags) {
            Some(Some(false)) => Err(unfit("the primary key is not meant for signing data")),
            _ => Ok(()),
        }
    }

    fn check_revocations(&self, moment: Moment) -> Result<(), Distrust> {
        let key = self.key();
        for revocation in &self.certificate.details.revocation_signatures {
            if revocation.verify_key(key).is_ok() {
                check_revocation(revocation, moment)?;
            } else if self.names_a_revoker() {
                let reason = "by a designated revoker, which cannot be checked".to_owned();
                return Err(Distrust::Revoked { reason });
            }
        }
        Ok(())
    }

    fn names_a_revoker(&self) -> bool {
        let details = &self.certificate.details;
        let users = details.users.iter().flat_map(|user| &user.signatures);
        let mut all = details.direct_signatures.iter().chain(users);
        all.any(|one| one.revocation_key().is_some())
    }

    /// Checks that a subkey is bound, may sign data, bound itself back, and counts.
    pub(super) fn check_subkey(
        &self,
        subkey: &SignedPublicSubKey,
        moment: Moment,
        policy: PgpPolicy,
    ) -> Result<(), Distrust> {
        let key = self.key();
        let bound = |one: &Signature| one.verify_subkey_binding(key, &subkey.key).is_ok();
        let of_type = |wanted| move |one: &&Signature| one.typ() == Some(wanted);
        for revocation in subkey
            .signatures
            .iter()
            .filter(of_type(SignatureType::SubkeyRevocation))
        {
            if bound(revocation) {
                check_revocation(revocation, moment)?;
            }
        }
        let bindings = subkey
            .signatures
            .iter()
            .filter(of_type(SignatureType::SubkeyBinding));
        let binding = latest(bindings, |one| {
            is_sound(one, policy, moment.now) && bound(one)
        })
        .ok_or_else(|| unfit("the binding of the subkey to its primary key does not hold"))?;
        if flags(binding) != Some(true) {
            return Err(unfit("the subkey is not meant for signing data"));
        }
        let back = binding
            .embedded_signature()
            .ok_or_else(|| unfit("the subkey has not signed its binding to the primary key"))?;
        let sound = is_sound(back, policy, moment.now)
            && back.verify_primary_key_binding(&subkey.key, key).is_ok();
        if !sound {
            return Err(unfit("the back-signature of the subkey does not hold"));
        }
        check_material(subkey.key.public_params())?;
        check_dates(subkey.key.created_at(), binding, moment, policy)
    }
}

/// Returns whether the flags let the key sign data, if there are flags at all.
fn flags(signature: &Signature) -> Option<bool> {
    let config = signature.config()?;
    let mut flags = config
        .hashed_subpackets()
        .filter_map(|one| match &one.data {
            SubpacketData::KeyFlags(flags) => Some(flags.sign()),
            _ => None,
        });
    flags.next()
}

/// A revocation for a reason that leaves old signatures in doubt counts for ever; a key that was
/// replaced or retired still vouches for what was signed before.
fn check_revocation(revocation: &Signature, moment: Moment) -> Result<(), Distrust> {
    let soft = matches!(
        revocation.revocation_reason_code(),
        Some(RevocationCode::KeySuperseded | RevocationCode::KeyRetired)
    );
    let before = revocation
        .created()
        .map(time)
        .is_some_and(|at| moment.signed < at && moment.recorded < at);
    if soft && before {
        return Ok(());
    }
    let reason = match revocation.revocation_reason_code() {
        Some(RevocationCode::KeyCompromised) => "it was compromised",
        Some(RevocationCode::KeySuperseded) => "it was replaced",
        Some(RevocationCode::KeyRetired) => "it was retired",
        _ => "no reason was given",
    };
    let reason = reason.to_owned();
    Err(Distrust::Revoked { reason })
}

fn check_dates(
    created: Timestamp,
    binding: &Signature,
    moment: Moment,
    policy: PgpPolicy,
) -> Result<(), Distrust> {
    let from = time(created);
    let at = moment.signed;
    if at < from {
        return Err(Distrust::TooEarly { at, from });
    }
    let until = binding
        .key_expiration_time()
        .and_then(|span| later(from, span));
    match until {
        Some(until) if at >= until => Err(Distrust::TooLate { at, until }),
        Some(until) if moment.now >= until => {
            let agrees = moment.recorded >= from && moment.recorded < until;
            if policy.expired_keys && agrees {
                Ok(())
            } else {
                let at = moment.now;
                Err(Distrust::TooLate { at, until })
            }
        }
        _ => Ok(()),
    }
}

fn check_material(params: &PublicParams) -> Result<(), Distrust> {
    match params {
        // The modulus and the exponent, each after two bytes of length.
        PublicParams::RSA(_) if params.write_len() < MIN_RSA_BYTES + 5 => {
            Err(unfit("the RSA key is shorter than 2048 bits"))
        }
        PublicParams::RSA(_)
        | PublicParams::ECDSA(_)
        | PublicParams::EdDSALegacy(_)
        | PublicParams::Ed25519(_)
        | PublicParams::Ed448(_) => Ok(()),
        _ => Err(unfit("the algorithm of the key is not one that counts")),
    }
}
