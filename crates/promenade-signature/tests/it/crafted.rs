//! OpenPGP signatures and certificates that `gpg` does not make.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use pgp::composed::{
    ArmorOptions, Deserializable as _, DetachedSignature, SignedPublicKey, SignedSecretKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{
    KeyFlags, Notation, PacketHeader, Signature, SignatureConfig, SignatureType, Subpacket,
    SubpacketData,
};
use pgp::ser::Serialize as _;
use pgp::types::{KeyDetails as _, Password, SigningKey, Tag, Timestamp};
use promenade_signature::{Claim, Distrust, PgpKeys, PgpVerifier, Verdict, VerifySignature};

use crate::pgp::{Home, at};

const PAYLOAD: &[u8] = b"bytes";
const HASH: HashAlgorithm = HashAlgorithm::Sha512;

fn stamp(text: &str) -> Timestamp {
    let time: DateTime<Utc> = at(text);
    Timestamp::from_secs(u32::try_from(time.timestamp()).unwrap())
}

fn regular(data: SubpacketData) -> Subpacket {
    Subpacket::regular(data).unwrap()
}

fn made(day: &str) -> Subpacket {
    regular(SubpacketData::SignatureCreationTime(stamp(day)))
}

fn flags(change: impl Fn(&mut KeyFlags)) -> KeyFlags {
    let mut flags = KeyFlags::default();
    change(&mut flags);
    flags
}

/// A certificate with a primary key that certifies and one subkey.
struct Pair {
    secret: SignedSecretKey,
    public: SignedPublicKey,
}

impl Pair {
    fn new(home: &Home, name: &str) -> Self {
        let key = home.key("20240101", name, "ed25519", "cert", "0");
        home.gpg(
            "20240102",
            &["--quick-add-key", &key, "ed25519", "sign", "0"],
            b"",
        );
        let bytes = home.gpg("20260101", &["--export-secret-keys", &key], b"");
        let secret = SignedSecretKey::from_bytes(bytes.as_slice()).unwrap();
        let public = secret.to_public_key();
        Self { secret, public }
    }

    /// Binds the subkey anew, by the primary key of `by`.
    fn bound(&self, by: &Self, flags: KeyFlags, back: bool) -> Vec<u8> {
        let mut public = self.public.clone();
        let subkey = &mut public.public_subkeys[0];
        let mut config = SignatureConfig::v4(
            SignatureType::SubkeyBinding,
            by.secret.primary_key.algorithm(),
            HASH,
        );
        config.hashed_subpackets = vec![
            made("2024-01-02T12:00:00Z"),
            regular(SubpacketData::KeyFlags(flags)),
            regular(SubpacketData::IssuerFingerprint(self.public.fingerprint())),
        ];
        if back {
            let secret = &self.secret.secret_subkeys[0].key;
            let mut back = SignatureConfig::v4(SignatureType::KeyBinding, secret.algorithm(), HASH);
            back.hashed_subpackets = vec![made("2024-01-02T12:00:00Z")];
            let back = back
                .sign_primary_key_binding(
                    secret,
                    &subkey.key,
                    &Password::empty(),
                    &self.public.primary_key,
                )
                .unwrap();
            config
                .hashed_subpackets
                .push(regular(SubpacketData::EmbeddedSignature(Box::new(back))));
        }
        let binding = config
            .sign_subkey_binding(
                &by.secret.primary_key,
                &by.public.primary_key,
                &Password::empty(),
                &subkey.key,
            )
            .unwrap();
        subkey.signatures = vec![binding];
        public.to_armored_bytes(ArmorOptions::default()).unwrap()
    }

    fn keys(&self) -> Vec<u8> {
        self.public
            .to_armored_bytes(ArmorOptions::default())
            .unwrap()
    }

    /// Signs with the subkey; `more` goes into the signed part.
    fn sign(&self, more: Vec<Subpacket>) -> Signature {
        let key = &self.secret.secret_subkeys[0].key;
        let issuer = regular(SubpacketData::IssuerFingerprint(key.fingerprint()));
        sign(key, [vec![issuer], more].concat(), vec![])
    }
}

fn sign(key: &impl SigningKey, hashed: Vec<Subpacket>, unhashed: Vec<Subpacket>) -> Signature {
    let mut config = SignatureConfig::v4(SignatureType::Binary, key.algorithm(), HASH);
    config.hashed_subpackets = [vec![made("2026-01-01T12:00:00Z")], hashed].concat();
    config.unhashed_subpackets = unhashed;
    config.sign(key, &Password::empty(), PAYLOAD).unwrap()
}

#[track_caller]
fn judge(keys: &[u8], signature: &Signature) -> Verdict {
    let armored = DetachedSignature::new(signature.clone())
        .to_armored_bytes(ArmorOptions::default())
        .unwrap();
    let claim = Claim {
        payload: PAYLOAD,
        signature: &armored,
        namespace: "git",
        signed_at: at("2026-01-01T12:00:00Z"),
        now: at("2026-11-21T00:00:00Z"),
    };
    PgpVerifier::new(PgpKeys::parse(keys).unwrap()).verify(&claim)
}

#[track_caller]
fn unfit(verdict: &Verdict, expected: &str) {
    let Verdict::Untrusted {
        why: Distrust::Unfit { problem },
        ..
    } = verdict
    else {
        panic!("{verdict}");
    };
    assert!(problem.contains(expected), "{problem}");
}

fn signing() -> KeyFlags {
    flags(|flags| flags.set_sign(true))
}

#[test]
fn adv_129_a_subkey_for_encryption_may_not_sign() {
    let Some(home) = Home::new() else { return };
    let ada = Pair::new(&home, "ada");
    let signature = ada.sign(vec![]);
    assert!(judge(&ada.keys(), &signature).is_good());
    assert!(judge(&ada.bound(&ada, signing(), true), &signature).is_good());
    let encrypting = flags(|flags| flags.set_encrypt_comms(true));
    unfit(
        &judge(&ada.bound(&ada, encrypting, true), &signature),
        "not meant for signing",
    );
    unfit(
        &judge(&ada.bound(&ada, KeyFlags::default(), true), &signature),
        "not meant for signing",
    );
}

#[test]
fn adv_130_a_subkey_that_has_not_signed_its_binding_may_not_sign() {
    let Some(home) = Home::new() else { return };
    let ada = Pair::new(&home, "ada");
    let signature = ada.sign(vec![]);
    assert!(judge(&ada.bound(&ada, signing(), true), &signature).is_good());
    unfit(
        &judge(&ada.bound(&ada, signing(), false), &signature),
        "has not signed its binding",
    );
}

#[test]
fn adv_131_a_subkey_that_another_key_bound_may_not_sign() {
    let Some(home) = Home::new() else { return };
    let (ada, eve) = (Pair::new(&home, "ada"), Pair::new(&home, "eve"));
    let signature = ada.sign(vec![]);
    assert!(judge(&ada.bound(&ada, signing(), true), &signature).is_good());
    unfit(
        &judge(&ada.bound(&eve, signing(), true), &signature),
        "does not hold",
    );
}

#[test]
fn adv_121_a_key_id_alone_names_a_key_and_proves_nothing() {
    let Some(home) = Home::new() else { return };
    let (ada, eve) = (Pair::new(&home, "ada"), Pair::new(&home, "eve"));
    let key = &ada.secret.secret_subkeys[0].key;
    let id = || regular(SubpacketData::IssuerKeyId(key.legacy_key_id()));
    assert!(judge(&ada.keys(), &sign(key, vec![], vec![id()])).is_good());
    // Eve claims the id of Ada: as if hers collided.
    let forged = sign(&eve.secret.secret_subkeys[0].key, vec![], vec![id()]);
    let both = [ada.keys(), eve.keys()].concat();
    assert_eq!(judge(&both, &forged).name(), "bad");
    assert_eq!(judge(&eve.keys(), &forged).name(), "unknown-signer");
    // Nobody is named at all.
    assert_eq!(
        judge(&both, &sign(key, vec![], vec![])).name(),
        "unknown-signer"
    );
}

#[test]
fn adv_127_version_3_is_refused() {
    let Some(home) = Home::new() else { return };
    let ada = Pair::new(&home, "ada");
    let key = &ada.secret.secret_subkeys[0].key;
    let bytes = ada.sign(vec![]).signature().unwrap().clone();
    let old = |length| {
        Signature::v3(
            PacketHeader::new_fixed(Tag::Signature, length),
            SignatureType::Binary,
            key.algorithm(),
            HASH,
            stamp("2026-01-01T12:00:00Z"),
            key.legacy_key_id(),
            [0, 0],
            bytes.clone(),
        )
    };
    let length = u32::try_from(old(0).write_len()).unwrap();
    let old = old(length);
    let verdict = judge(&ada.keys(), &old);
    assert!(
        matches!(
            &verdict,
            Verdict::Untrusted {
                why: Distrust::Form { .. },
                ..
            }
        ),
        "{verdict}"
    );
}

#[test]
fn what_is_critical_and_not_understood_is_refused() {
    let Some(home) = Home::new() else { return };
    let ada = Pair::new(&home, "ada");
    let unknown = || SubpacketData::Experimental(100, Bytes::from_static(b"x"));
    let notation = || {
        SubpacketData::Notation(Notation {
            readable: true,
            name: Bytes::from_static(b"rule@example.org"),
            value: Bytes::from_static(b"only on Mondays"),
        })
    };
    for data in [unknown(), notation()] {
        assert!(judge(&ada.keys(), &ada.sign(vec![regular(data.clone())])).is_good());
        let critical = Subpacket::critical(data).unwrap();
        let verdict = judge(&ada.keys(), &ada.sign(vec![critical]));
        assert!(
            matches!(
                &verdict,
                Verdict::Untrusted {
                    why: Distrust::Form { .. },
                    ..
                }
            ),
            "{verdict}"
        );
    }
}
