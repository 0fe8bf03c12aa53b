//! The keyring of a process file: people, their keys, and when these count.

use chrono::{DateTime, Utc};
use promenade_process::Process;
use promenade_signature::{Claim, Keyring, MakeSignature, SshKey, Verdict, VerifySignature};

use crate::pgp::Home;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn process(keys: &[String], tables: &str) -> Process {
    let text = format!(
        "[process]\nformat = 1\nname = \"acme\"\n\n[version]\nscheme = \"integer\"\n\n[[person]]\n\
         name = \"ada\"\nkeys = {keys:?}\n\n{tables}"
    );
    match Process::parse("release.toml", &text) {
        Ok(process) => process,
        Err(error) => panic!("{error}"),
    }
}

fn judge(keyring: &Keyring, signature: &str, signed_at: &str) -> Verdict {
    keyring.verify(&Claim {
        payload: b"payload",
        signature: signature.as_bytes(),
        namespace: "git",
        signed_at: at(signed_at),
        now: at("2026-11-21T00:00:00Z"),
    })
}

#[test]
fn a_fingerprint_is_enough_for_an_ssh_key_and_its_times_bind() {
    let (ada, eve) = (SshKey::from_seed(&[7; 32]), SshKey::from_seed(&[66; 32]));
    let id = format!("ssh:{}", ada.key());
    let signature = ada.sign("git", b"payload").unwrap();
    let table = format!(
        "[[key]]\nid = \"{id}\"\nvalid-after = \"2026-01-01T00:00:00Z\"\nvalid-before = \"2026-06-01T00:00:00Z\"\n"
    );
    for (tables, signed_at, expected) in [
        ("", "2025-12-31T00:00:00Z", "good"),
        (&table, "2025-12-31T00:00:00Z", "untrusted"),
        (&table, "2026-01-02T00:00:00Z", "good"),
        (&table, "2026-06-02T00:00:00Z", "untrusted"),
    ] {
        let process = process(std::slice::from_ref(&id), tables);
        let keyring = Keyring::of(process.keyring()).unwrap();
        let verdict = judge(&keyring, &signature, signed_at);
        assert_eq!(verdict.name(), expected, "{signed_at}: {verdict}");
        if let Some(signer) = verdict.good() {
            assert_eq!(signer.principal, "ada");
            let key = process.keyring().find(signer).unwrap();
            assert_eq!(key.actor().as_str(), id);
        }
        let other = eve.sign("git", b"payload").unwrap();
        assert_eq!(judge(&keyring, &other, signed_at).name(), "unknown-signer");
    }
}

#[test]
fn a_public_key_that_is_not_the_one_named_is_refused() {
    let (ada, eve) = (SshKey::from_seed(&[7; 32]), SshKey::from_seed(&[66; 32]));
    let id = format!("ssh:{}", ada.key());
    let table = |line: String| format!("[[key]]\nid = \"{id}\"\npublic-key = \"{line}\"\n");
    let read = |line: String| {
        let process = process(std::slice::from_ref(&id), &table(line));
        Keyring::of(process.keyring()).map(|_| ())
    };
    assert_eq!(read(ada.public_line()), Ok(()));
    let error = read(eve.public_line()).unwrap_err();
    assert!(error.to_string().contains(&eve.key()), "{error}");
    assert_eq!(error.key(), id);
    assert!(read("ssh-ed25519 AAAA".to_owned()).is_err());
}

#[test]
fn an_openpgp_key_counts_by_the_certificate_in_the_process() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "ada", "ed25519", "sign", "0");
    let other = home.key("20240101", "eve", "ed25519", "sign", "0");
    let sign = |key: &str| {
        let args = ["--armor", "--detach-sign", "--local-user", key];
        String::from_utf8(home.gpg("20260101", &args, b"payload")).unwrap()
    };
    let id = format!("openpgp:{key}");
    let armored = |key: &str| String::from_utf8(home.export(key)).unwrap();
    let table = |certificate: &str, more: &str| {
        format!("[[key]]\nid = \"{id}\"\npublic-key = '''\n{certificate}'''\n{more}")
    };
    let keyring = |tables: &str| Keyring::of(process(std::slice::from_ref(&id), tables).keyring());
    let now = "2026-01-01T12:00:00Z";
    let good = judge(
        &keyring(&table(&armored(&key), "")).unwrap(),
        &sign(&key),
        now,
    );
    assert_eq!(
        good.good().map(|signer| signer.principal.as_str()),
        Some("ada"),
        "{good}"
    );
    let bounded = table(&armored(&key), "valid-before = \"2025-01-01T00:00:00Z\"\n");
    assert_eq!(
        judge(&keyring(&bounded).unwrap(), &sign(&key), now).name(),
        "untrusted"
    );
    let unknown = judge(
        &keyring(&table(&armored(&key), "")).unwrap(),
        &sign(&other),
        now,
    );
    assert_eq!(unknown.name(), "unknown-signer");
    // Without a certificate nothing can be said, which is never good.
    assert_eq!(
        judge(&keyring("").unwrap(), &sign(&key), now).name(),
        "unsupported"
    );
    let error = keyring(&table(&armored(&other), "")).unwrap_err();
    assert!(error.to_string().contains(&other), "{error}");
}
