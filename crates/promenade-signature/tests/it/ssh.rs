//! SSH signatures; the oracle is `ssh-keygen -Y`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use promenade_signature::{
    AllowedSigners, Claim, Distrust, MakeSignature, SshKey, SshKeygenSigner, SshVerifier, Verdict,
    VerifySignature,
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn claim<'a>(payload: &'a [u8], signature: &'a [u8]) -> Claim<'a> {
    Claim {
        payload,
        signature,
        namespace: "git",
        signed_at: at("2026-01-01T00:00:00Z"),
        now: at("2026-11-21T00:00:00Z"),
    }
}

#[track_caller]
fn verifier(keyring: &str) -> SshVerifier {
    SshVerifier::new(keyring.parse().unwrap())
}

#[test]
fn a_seed_gives_one_key_and_one_signature() {
    let (a, b) = (SshKey::from_seed(&[7; 32]), SshKey::from_seed(&[7; 32]));
    assert_eq!(a.sign("git", b"x").unwrap(), b.sign("git", b"x").unwrap());
    assert_ne!(a.key(), SshKey::from_seed(&[8; 32]).key());
    assert_ne!(SshKey::generate().key(), SshKey::generate().key());
}

#[test]
fn any_changed_byte_is_seen() {
    let key = SshKey::from_seed(&[7; 32]);
    let verifier = verifier(&key.allowed_signers_line("ada"));
    let signature = key.sign("git", b"payload").unwrap();
    assert!(
        verifier
            .verify(&claim(b"payload", signature.as_bytes()))
            .is_good()
    );
    for index in 0..7 {
        let mut payload = *b"payload";
        payload[index] ^= 1;
        let verdict = verifier.verify(&claim(&payload, signature.as_bytes()));
        assert_eq!(verdict.name(), "bad");
    }
    for index in 0..signature.len() {
        let mut changed = signature.clone().into_bytes();
        changed[index] ^= 1;
        let verdict = verifier.verify(&claim(b"payload", &changed));
        assert!(!verdict.is_good(), "byte {index}: {verdict}");
    }
}

#[test]
fn an_unknown_key_is_named_and_not_trusted() {
    let key = SshKey::from_seed(&[7; 32]);
    let signature = key.sign("git", b"x").unwrap();
    let verdict = verifier("").verify(&claim(b"x", signature.as_bytes()));
    assert!(
        matches!(verdict, Verdict::UnknownSigner { key: Some(found), .. } if found == key.key())
    );
}

#[test]
fn adv_134_a_signature_for_another_namespace_is_not_one_for_git() {
    let key = SshKey::from_seed(&[7; 32]);
    let signature = key.sign("file", b"x").unwrap();
    let verdict =
        verifier(&key.allowed_signers_line("ada")).verify(&claim(b"x", signature.as_bytes()));
    let Verdict::Untrusted {
        why: Distrust::Namespace { expected, found },
        ..
    } = verdict
    else {
        panic!("{verdict}");
    };
    assert_eq!((expected.as_str(), found.as_str()), ("git", "file"));
}

/// Runs ssh-keygen with `input`; true if it is satisfied.
fn keygen(dir: &Path, args: &[&str], input: &[u8]) -> bool {
    let mut child = Command::new("ssh-keygen")
        .args(args)
        .current_dir(dir)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait().unwrap().success()
}

#[test]
fn adv_135_keyrings_mean_what_they_mean_to_ssh_keygen() {
    let Some(_) = testkit::program("ssh-keygen") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (ada, bob) = (SshKey::from_seed(&[7; 32]), SshKey::from_seed(&[8; 32]));
    let (a, b) = (ada.public_line(), bob.public_line());
    let signature = ada.sign("git", b"payload").unwrap();
    std::fs::write(dir.path().join("sig"), &signature).unwrap();
    let keyrings = [
        format!("ada {a}"),
        format!("ada {a} a comment"),
        format!("\"ada\" {a}"),
        format!("bob,ada {a}"),
        format!("a* {a}"),
        format!("*,!ada {a}"),
        format!("ada {b}\nada {a}"),
        format!("ada {b}"),
        format!("# comment\n\n  ada {a}  "),
        format!("ada namespaces=\"git\" {a}"),
        format!("ada namespaces=\"file,git\" {a}"),
        format!("ada namespaces=\"file\" {a}"),
        format!("ada namespaces=\"g*\" {a}"),
        format!("ada NAMESPACES=\"git\" {a}"),
        format!("ada cert-authority {a}"),
        format!("ada valid-after=\"20251231\" {a}"),
        format!("ada valid-after=\"20260101\" {a}"),
        format!("ada valid-after=\"20260102\" {a}"),
        format!("ada valid-after=\"20260101000001Z\" {a}"),
        format!("ada valid-before=\"20251231\" {a}"),
        format!("ada valid-before=\"20260101\" {a}"),
        format!("ada valid-before=\"202601010000\" {a}"),
        format!("ada valid-before=\"20260102\" {a}"),
        format!("ada valid-after=\"20250101\",valid-before=\"20270101\",namespaces=\"git\" {a}"),
        format!("ada valid-before=\"20251231\" {a}\nada {a}"),
    ];
    let mut good = 0;
    for keyring in &keyrings {
        std::fs::write(dir.path().join("allowed"), format!("{keyring}\n")).unwrap();
        let args = [
            "-Y",
            "verify",
            "-f",
            "allowed",
            "-I",
            "ada",
            "-n",
            "git",
            "-s",
            "sig",
            "-Overify-time=20260101000000",
        ];
        let oracle = keygen(dir.path(), &args, b"payload");
        let verdict = verifier(keyring).verify_as("ada", &claim(b"payload", signature.as_bytes()));
        assert_eq!(verdict.is_good(), oracle, "`{keyring}`: {verdict}");
        good += usize::from(oracle);
    }
    assert!(
        good > 8 && good < keyrings.len() - 5,
        "both verdicts occur: {good}"
    );
}

#[test]
fn keyrings_that_cannot_be_read_are_refused_with_their_line() {
    let key = SshKey::from_seed(&[7; 32]).public_line();
    for (keyring, expected) in [
        ("ada".to_owned(), "expected principals and a key"),
        (format!("\"ada {key}"), "a quote is not closed"),
        (format!("ada frob {key}"), "unknown option `frob`"),
        (
            format!("ada namespaces=git {key}"),
            "option `namespaces` needs a value",
        ),
        (
            format!("ada namespaces=\"a\",namespaces=\"b\" {key}"),
            "stands twice",
        ),
        (format!("ada valid-after=\"2026\" {key}"), "is not a time"),
        (
            format!("ada valid-after=\"20261301\" {key}"),
            "is not a time",
        ),
        (
            format!("ada valid-after=\"20260102\",valid-before=\"20260101\" {key}"),
            "not later",
        ),
        ("ada ssh-ed25519 AAAA".to_owned(), "the key cannot be read"),
    ] {
        let error = format!("# first\n{keyring}\n")
            .parse::<AllowedSigners>()
            .unwrap_err();
        assert_eq!(error.line(), 2, "{error}");
        assert!(error.to_string().contains(expected), "`{keyring}`: {error}");
    }
}

#[test]
fn keys_of_every_kind_that_ssh_keygen_makes_are_verified() {
    let Some(_) = testkit::program("ssh-keygen") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    for (kind, bits) in [
        ("ed25519", "256"),
        ("ecdsa", "256"),
        ("ecdsa", "384"),
        ("ecdsa", "521"),
        ("rsa", "2048"),
    ] {
        let file = format!("{kind}-{bits}");
        assert!(keygen(
            dir.path(),
            &[
                "-q", "-t", kind, "-b", bits, "-N", "", "-C", "", "-f", &file
            ],
            b""
        ));
        std::fs::write(dir.path().join("payload"), b"payload").unwrap();
        assert!(keygen(
            dir.path(),
            &["-q", "-Y", "sign", "-n", "git", "-f", &file, "payload"],
            b""
        ));
        let signature = dir.path().join("payload.sig");
        let armored = std::fs::read(&signature).unwrap();
        std::fs::remove_file(signature).unwrap();
        let public = std::fs::read_to_string(dir.path().join(format!("{file}.pub"))).unwrap();
        let verifier = verifier(&format!("ada {public}"));
        assert!(
            verifier.verify(&claim(b"payload", &armored)).is_good(),
            "{file}"
        );
        assert_eq!(
            verifier.verify(&claim(b"Payload", &armored)).name(),
            "bad",
            "{file}"
        );
        let private = std::fs::read_to_string(dir.path().join(&file)).unwrap();
        let key = SshKey::from_openssh(&private);
        assert_eq!(key.is_ok(), kind == "ed25519", "{key:?}");
        let Ok(key) = key else { continue };
        let ours = key.sign("git", b"payload").unwrap();
        assert!(
            verifier
                .verify(&claim(b"payload", ours.as_bytes()))
                .is_good(),
            "{file}"
        );
    }
}

#[test]
fn tricks_with_the_ssh_armor_are_refused() {
    let key = SshKey::from_seed(&[7; 32]);
    let verifier = verifier(&key.allowed_signers_line("ada"));
    let good = key.sign("git", b"x").unwrap();
    let check = |text: &str| verifier.verify(&claim(b"x", text.as_bytes())).name();
    assert_eq!(check(&good), "good");
    assert_eq!(check(good.trim_end()), "good");
    assert_eq!(check(&good.replace('\n', "\r\n")), "good");
    for trick in [
        format!("{good}{good}"),
        format!("{good}junk\n"),
        format!("\n{good}"),
        good.replace("SIGNATURE-----\n", "SIGNATURE-----\nVersion: 1\n\n"),
        good.replace("BEGIN SSH", "BEGIN PGP"),
        good.replace("U1NIU0lH", "U1NIU0lI"),
        String::new(),
    ] {
        assert_eq!(check(&trick), "bad", "{trick}");
    }
}

/// A field of the wire format: its length, and its bytes.
fn field(bytes: &[u8]) -> Vec<u8> {
    [
        &u32::try_from(bytes.len()).unwrap().to_be_bytes()[..],
        bytes,
    ]
    .concat()
}

#[test]
fn adv_136_rsa_over_sha1_is_refused() {
    use base64ct::{Base64, Encoding as _};
    let Some(_) = testkit::program("ssh-keygen") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let args = [
        "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "", "-f", "rsa",
    ];
    assert!(keygen(dir.path(), &args, b""));
    let public = std::fs::read_to_string(dir.path().join("rsa.pub")).unwrap();
    let key = Base64::decode_vec(public.split(' ').nth(1).unwrap().trim()).unwrap();
    for algorithm in ["ssh-rsa", "ssh-dss"] {
        let inner = [field(algorithm.as_bytes()), field(&[1; 256])].concat();
        let blob = [
            b"SSHSIG\0\0\0\x01".to_vec(),
            field(&key),
            field(b"git"),
            field(b""),
            field(b"sha512"),
            field(&inner),
        ]
        .concat();
        let body = Base64::encode_string(&blob);
        let armored =
            format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n");
        let verdict = verifier(&format!("ada {public}")).verify(&claim(b"x", armored.as_bytes()));
        let Verdict::Untrusted {
            why: Distrust::WeakHash { .. },
            signer,
            ..
        } = verdict
        else {
            panic!("{verdict}");
        };
        assert_eq!(signer.unwrap().principal, "ada");
    }
}

#[test]
fn certificates_count_by_their_authority_names_and_dates() {
    let Some(_) = testkit::program("ssh-keygen") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    for name in ["authority", "other", "user"] {
        let args = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", name];
        assert!(keygen(path, &args, b""));
    }
    let read = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
    let certify = [
        "-q",
        "-s",
        "authority",
        "-I",
        "ada's key",
        "-n",
        "ada,ada@example.org",
        "-V",
        "20250101:20260601",
        "user.pub",
    ];
    assert!(keygen(path, &certify, b""));
    std::fs::write(path.join("payload"), b"payload").unwrap();
    let sign = [
        "-q",
        "-Y",
        "sign",
        "-n",
        "git",
        "-f",
        "user-cert.pub",
        "payload",
    ];
    assert!(keygen(path, &sign, b""));
    let signature = read("payload.sig");
    let (authority, other, user) = (read("authority.pub"), read("other.pub"), read("user.pub"));
    let mut good = 0;
    for (keyring, day) in [
        (format!("ada cert-authority {authority}"), "20260101"),
        (
            format!("* cert-authority,namespaces=\"git\" {authority}"),
            "20260101",
        ),
        (
            format!("ada cert-authority,namespaces=\"file\" {authority}"),
            "20260101",
        ),
        (format!("bob cert-authority {authority}"), "20260101"),
        (format!("ada cert-authority {other}"), "20260101"),
        (format!("ada {authority}"), "20260101"),
        (format!("ada {user}"), "20260101"),
        (format!("ada cert-authority {authority}"), "20241231"),
        (format!("ada cert-authority {authority}"), "20260701"),
        (
            format!("ada cert-authority,valid-before=\"20251231\" {authority}"),
            "20260101",
        ),
    ] {
        std::fs::write(path.join("allowed"), &keyring).unwrap();
        let time = format!("-Overify-time={day}000000");
        let args = [
            "-Y",
            "verify",
            "-f",
            "allowed",
            "-I",
            "ada",
            "-n",
            "git",
            "-s",
            "payload.sig",
            &time,
        ];
        let oracle = keygen(path, &args, b"payload");
        let date = format!("{}-{}-{}T00:00:00Z", &day[..4], &day[4..6], &day[6..]);
        let claim = Claim {
            signed_at: at(&date),
            ..claim(b"payload", signature.as_bytes())
        };
        let verdict = verifier(&keyring).verify_as("ada", &claim);
        assert_eq!(verdict.is_good(), oracle, "`{keyring}` on {day}: {verdict}");
        good += usize::from(oracle);
    }
    assert_eq!(good, 2);
}

#[test]
fn ssh_keygen_signs_without_a_terminal() {
    let Some(program) = testkit::program("ssh-keygen") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    for (name, passphrase) in [("open", ""), ("closed", "secret")] {
        let args = [
            "-q", "-t", "ecdsa", "-b", "384", "-N", passphrase, "-C", "", "-f", name,
        ];
        assert!(keygen(dir.path(), &args, b""));
    }
    let signer = |name: &str| {
        let public = std::fs::read_to_string(dir.path().join(format!("{name}.pub"))).unwrap();
        let limit = std::time::Duration::from_secs(20);
        let signer =
            SshKeygenSigner::new(&program, &dir.path().join(name), &public, limit).unwrap();
        (signer, public)
    };
    let (open, public) = signer("open");
    let signature = open.sign("git", b"payload").unwrap();
    let verdict =
        verifier(&format!("ada {public}")).verify(&claim(b"payload", signature.as_bytes()));
    assert_eq!(
        verdict.good().map(|signer| signer.key.clone()),
        Some(open.key())
    );
    let error = signer("closed").0.sign("git", b"payload").unwrap_err();
    assert!(error.to_string().contains("made no signature"), "{error}");
}

#[test]
fn ssh_keygen_gives_up_in_time() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::{Duration, Instant};
    let dir = tempfile::tempdir().unwrap();
    let key = SshKey::from_seed(&[7; 32]);
    for script in [
        "exec sleep 100",
        // What it started holds its output open.
        "sleep 100",
        "sleep 100 & sleep 100",
        // It ends, and what it started goes on holding its output.
        "sleep 100 &",
        // It has said everything, and stays.
        "exec >&- 2>&-; exec sleep 100",
    ] {
        let slow = dir.path().join("slow");
        std::fs::write(&slow, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&slow, std::fs::Permissions::from_mode(0o755)).unwrap();
        let limit = Duration::from_millis(300);
        let (file, public) = (dir.path().join("key"), key.public_line());
        let signers = [
            SshKeygenSigner::new(&slow, &file, &public, limit).unwrap(),
            SshKeygenSigner::of_agent(&slow, &public, limit).unwrap(),
        ];
        for signer in signers {
            let start = Instant::now();
            let error = signer.sign("git", &[b'x'; 1 << 20]).unwrap_err();
            assert!(error.to_string().contains("did not end within"), "{error}");
            assert!(start.elapsed() < Duration::from_secs(90), "`{script}`");
        }
    }
}

#[test]
fn a_tagger_in_the_future_is_not_believed() {
    let key = SshKey::from_seed(&[7; 32]);
    let signature = key.sign("git", b"x").unwrap();
    let claim = Claim {
        signed_at: at("2030-01-01T00:00:00Z"),
        ..claim(b"x", signature.as_bytes())
    };
    let verdict = verifier(&key.allowed_signers_line("ada")).verify(&claim);
    assert!(matches!(
        verdict,
        Verdict::Untrusted {
            why: Distrust::Future { .. },
            ..
        }
    ));
}
