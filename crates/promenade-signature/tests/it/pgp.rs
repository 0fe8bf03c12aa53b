//! OpenPGP signatures made by `gpg`, judged in process and through `gpg`; the oracle is `sqop`
//! (Sequoia), which shares no code with either.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, Utc};
use promenade_signature::{
    Claim, Distrust, GpgSigner, GpgVerifier, MakeSignature, PgpKeys, PgpPolicy, PgpVerifier,
    Verdict, VerifySignature,
};

const NOW: &str = "2026-11-21T00:00:00Z";
const LIMIT: Duration = Duration::from_secs(120);
const PAYLOAD: &[u8] = b"object 0000\ntype commit\ntag v1.0.0\n\nRelease\n";

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A home of gpg that is thrown away, with its agent.
pub(crate) struct Home {
    pub(crate) gpg: PathBuf,
    dir: tempfile::TempDir,
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf")
            .args(["--kill", "all"])
            .env("GNUPGHOME", self.dir.path())
            .output();
    }
}

impl Home {
    pub(crate) fn new() -> Option<Self> {
        let gpg = testkit::program("gpg")?;
        let dir = tempfile::Builder::new().prefix("g").tempdir().unwrap();
        Some(Self { gpg, dir })
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs gpg as of a day (`20260101`), with answers on its standard input.
    #[track_caller]
    pub(crate) fn gpg(&self, day: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
        let mut child = Command::new(&self.gpg)
            .arg("--homedir")
            .arg(self.path())
            .args([
                "--batch",
                "--no-tty",
                "--quiet",
                "--pinentry-mode=loopback",
                "--passphrase=",
            ])
            .arg(format!("--faked-system-time={day}T120000"))
            .args(args)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "gpg {args:?}: {said}");
        output.stdout
    }

    /// Makes a key and returns its fingerprint.
    #[track_caller]
    pub(crate) fn key(
        &self,
        day: &str,
        name: &str,
        kind: &str,
        usage: &str,
        expire: &str,
    ) -> String {
        let user = format!("{name} <{name}@example.org>");
        self.gpg(day, &["--quick-gen-key", &user, kind, usage, expire], b"");
        let colons = self.gpg(day, &["--with-colons", "--list-keys", &user], b"");
        let colons = String::from_utf8(colons).unwrap();
        let line = colons
            .lines()
            .find(|line| line.starts_with("fpr:"))
            .unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn sign(&self, day: &str, key: &str, args: &[&str]) -> Vec<u8> {
        let mut all = vec!["--armor", "--detach-sign", "--local-user", key];
        all.extend(args);
        self.gpg(day, &all, PAYLOAD)
    }

    #[track_caller]
    pub(crate) fn export(&self, key: &str) -> Vec<u8> {
        self.gpg("20261121", &["--armor", "--export", key], b"")
    }

    /// Makes a revocation for a reason of gpg's menu (0 none, 1 compromised, 2 superseded, 3 retired).
    #[track_caller]
    pub(crate) fn revoke(&self, day: &str, key: &str, reason: &str) {
        let mut child = Command::new(&self.gpg)
            .arg("--homedir")
            .arg(self.path())
            .args([
                "--no-tty",
                "--quiet",
                "--pinentry-mode=loopback",
                "--passphrase=",
                "--command-fd=0",
            ])
            .arg(format!("--faked-system-time={day}T120000"))
            .args(["--armor", "--gen-revoke", key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = format!("y\n{reason}\n\ny\n");
        child
            .stdin
            .take()
            .unwrap()
            .write_all(answers.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        self.gpg(day, &["--import"], &output.stdout);
    }
}

fn claim<'a>(signature: &'a [u8], signed_at: &str) -> Claim<'a> {
    Claim {
        payload: PAYLOAD,
        signature,
        namespace: "git",
        signed_at: at(signed_at),
        now: at(NOW),
    }
}

/// What a verdict must be, as a word.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Good(_) => "good",
        Verdict::UnknownSigner { .. } => "unknown",
        Verdict::Bad { .. } => "bad",
        Verdict::Unsupported { .. } => "unsupported",
        Verdict::Untrusted { why, .. } => match why {
            Distrust::TooLate { .. } => "too-late",
            Distrust::TooEarly { .. } => "too-early",
            Distrust::Expired { .. } => "expired",
            Distrust::Future { .. } => "future",
            Distrust::Revoked { .. } => "revoked",
            Distrust::WeakHash { .. } => "weak-hash",
            Distrust::Form { .. } => "form",
            Distrust::Unfit { .. } => "unfit",
            _ => "other",
        },
    }
}

fn sqop(dir: &Path, cert: &[u8], signature: &[u8]) -> Option<bool> {
    let sqop = testkit::program("sqop")?;
    std::fs::write(dir.join("cert"), cert).unwrap();
    std::fs::write(dir.join("sig"), signature).unwrap();
    let mut child = Command::new(sqop)
        .args(["verify", "sig", "cert"])
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It may refuse before it reads.
    let _ = child.stdin.take().unwrap().write_all(PAYLOAD);
    Some(child.wait().unwrap().success())
}

struct Case {
    name: &'static str,
    key: String,
    signature: Vec<u8>,
    /// In process.
    ours: &'static str,
    /// Through gpg, which says less about the why.
    gpg: &'static str,
}

/// The table of verdicts: what `gpg --verify` would let pass, told apart.
fn cases(home: &Home) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name, key: &str, signature: Vec<u8>, ours, gpg| {
        cases.push(Case {
            name,
            key: key.to_owned(),
            signature,
            ours,
            gpg,
        });
    };
    let ed = home.key("20240101", "ada", "ed25519", "sign", "0");
    add("good", &ed, home.sign("20260101", &ed, &[]), "good", "good");
    add(
        "text mode",
        &ed,
        home.sign("20260101", &ed, &["--textmode"]),
        "form",
        "form",
    );
    add(
        "SHA-1",
        &ed,
        home.sign("20260101", &ed, &["--digest-algo=SHA1"]),
        "weak-hash",
        "weak-hash",
    );
    let rsa = home.key("20240101", "rsa", "rsa2048", "sign", "0");
    add(
        "rsa, SHA-512",
        &rsa,
        home.sign("20260101", &rsa, &["--digest-algo=SHA512"]),
        "good",
        "good",
    );
    let md5 = home.sign(
        "20260101",
        &rsa,
        &["--digest-algo=MD5", "--allow-weak-digest-algos"],
    );
    add("MD5", &rsa, md5, "weak-hash", "unsupported");
    add(
        "dated 2090",
        &ed,
        home.sign("20900101", &ed, &[]),
        "future",
        "future",
    );
    let expiring = home.sign("20260101", &ed, &["--default-sig-expire=1d"]);
    add("signature expired", &ed, expiring, "expired", "expired");

    let sub = home.key("20240101", "sub", "ed25519", "cert", "0");
    home.gpg(
        "20240102",
        &["--quick-add-key", &sub, "ed25519", "sign", "0"],
        b"",
    );
    add(
        "subkey",
        &sub,
        home.sign("20260101", &sub, &[]),
        "good",
        "good",
    );

    let expired = home.key("20240101", "expired", "ed25519", "sign", "1y");
    add(
        "key expired since",
        &expired,
        home.sign("20240601", &expired, &[]),
        "too-late",
        "too-late",
    );
    let late = home.key("20240101", "late", "ed25519", "sign", "0");
    let signature = home.sign("20250601", &late, &[]);
    home.gpg(
        "20241201",
        &["--quick-set-expire", &late, "20250101T000000"],
        b"",
    );
    add(
        "key expired before",
        &late,
        signature,
        "too-late",
        "too-late",
    );

    for (name, reason) in [
        ("revoked", "0"),
        ("compromised", "1"),
        ("superseded", "2"),
        ("retired", "3"),
    ] {
        let key = home.key("20240101", name, "ed25519", "sign", "0");
        let signature = home.sign("20260101", &key, &[]);
        home.revoke("20260601", &key, reason);
        let ours = if matches!(reason, "2" | "3") {
            "good"
        } else {
            "revoked"
        };
        add(name, &key, signature, ours, "revoked");
    }
    cases
}

#[test]
fn every_verdict_of_the_table_in_both_back_ends() {
    let Some(home) = Home::new() else { return };
    let scratch = tempfile::tempdir().unwrap();
    for case in cases(&home) {
        let cert = home.export(&case.key);
        let recorded = match case.name {
            "dated 2090" => "2090-01-01T12:00:00Z",
            "key expired since" => "2024-06-01T12:00:00Z",
            _ => "2026-01-01T12:00:00Z",
        };
        let claim = claim(&case.signature, recorded);
        let ours = PgpVerifier::new(PgpKeys::parse(&cert).unwrap());
        let verdict = ours.verify(&claim);
        assert_eq!(
            word(&verdict),
            case.ours,
            "{}, in process: {verdict}",
            case.name
        );
        let theirs = GpgVerifier::new(&home.gpg, &cert, LIMIT).unwrap();
        let through = theirs.verify(&claim);
        assert_eq!(
            word(&through),
            case.gpg,
            "{}, through gpg: {through}",
            case.name
        );
        if let (Some(a), Some(b)) = (verdict.good(), through.good()) {
            assert_eq!((&a.key, &a.principal), (&b.key, &b.principal));
        }
        if let Some(accepts) = sqop(scratch.path(), &cert, &case.signature) {
            assert!(
                accepts || !verdict.is_good(),
                "{}: accepted against Sequoia",
                case.name
            );
            assert!(
                accepts || !through.is_good(),
                "{}: accepted against Sequoia",
                case.name
            );
        }
        // A changed payload is never good, and an unknown key is named.
        let other = Claim {
            payload: b"other",
            ..claim
        };
        assert!(!ours.verify(&other).is_good() && !theirs.verify(&other).is_good());
    }
}

/// Judges a signature in process and through gpg, and checks neither accepts what Sequoia refuses.
#[track_caller]
fn both(home: &Home, key: &str, signature: &[u8], recorded: &str) -> [&'static str; 2] {
    let cert = home.export(key);
    let claim = claim(signature, recorded);
    let ours = PgpVerifier::new(PgpKeys::parse(&cert).unwrap()).verify(&claim);
    let theirs = GpgVerifier::new(&home.gpg, &cert, LIMIT).unwrap();
    let through = theirs.verify(&claim);
    let scratch = tempfile::tempdir().unwrap();
    if let Some(accepts) = sqop(scratch.path(), &cert, signature) {
        assert!(accepts || !(ours.is_good() || through.is_good()));
    }
    [word(&ours), word(&through)]
}

const THEN: &str = "2026-01-01T12:00:00Z";

#[test]
fn adv_124_an_expired_signature_is_refused() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "ada", "ed25519", "sign", "0");
    let short = home.sign("20260101", &key, &["--default-sig-expire=1d"]);
    assert_eq!(both(&home, &key, &short, THEN), ["expired"; 2]);
    let long = home.sign("20260101", &key, &["--default-sig-expire=5y"]);
    assert_eq!(both(&home, &key, &long, THEN), ["good"; 2]);
}

#[test]
fn adv_125_a_signature_of_the_future_is_refused() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "ada", "ed25519", "sign", "0");
    let future = home.sign("20900101", &key, &[]);
    // Whatever the tagger says: it is not believed about the time either.
    for recorded in ["2090-01-01T12:00:00Z", THEN] {
        assert_eq!(
            both(&home, &key, &future, recorded),
            ["future"; 2],
            "{recorded}"
        );
    }
}

#[test]
fn adv_126_md5_and_sha1_are_refused() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "rsa", "rsa2048", "sign", "0");
    let sign = |hash: &str| {
        let hash = format!("--digest-algo={hash}");
        home.sign("20260101", &key, &[&hash, "--allow-weak-digest-algos"])
    };
    assert_eq!(both(&home, &key, &sign("SHA1"), THEN), ["weak-hash"; 2]);
    // gpg does not even try, and says no more.
    let md5 = both(&home, &key, &sign("MD5"), THEN);
    assert_eq!(md5, ["weak-hash", "unsupported"]);
    assert_eq!(both(&home, &key, &sign("SHA256"), THEN), ["good"; 2]);
}

#[test]
fn adv_128_a_signature_over_text_is_none_over_a_tag() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "ada", "ed25519", "sign", "0");
    let text = home.sign("20260101", &key, &["--textmode"]);
    assert_eq!(both(&home, &key, &text, THEN), ["form"; 2]);
}

#[test]
fn adv_122_an_expired_key_counts_only_when_the_policy_and_the_record_say_so() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "expired", "ed25519", "sign", "1y");
    let signature = home.sign("20240601", &key, &[]);
    let cert = home.export(&key);
    let mut policy = PgpPolicy::default();
    policy.expired_keys = true;
    let ours = PgpVerifier::new(PgpKeys::parse(&cert).unwrap().with_policy(policy));
    let theirs = GpgVerifier::new(&home.gpg, &cert, LIMIT)
        .unwrap()
        .with_expired_keys();
    for (recorded, expected) in [
        ("2024-06-01T12:00:00Z", "good"),
        ("2026-06-01T12:00:00Z", "too-late"),
        ("2026-11-21T00:00:00Z", "too-late"),
    ] {
        assert_eq!(
            word(&ours.verify(&claim(&signature, recorded))),
            expected,
            "{recorded}"
        );
        assert_eq!(
            word(&theirs.verify(&claim(&signature, recorded))),
            expected,
            "{recorded}"
        );
    }
}

#[test]
fn adv_123_a_stolen_key_never_counts_and_a_retired_one_only_for_what_is_recorded_before() {
    let Some(home) = Home::new() else { return };
    for (name, reason) in [("revoked", "0"), ("compromised", "1")] {
        let key = home.key("20240101", name, "ed25519", "sign", "0");
        let signature = home.sign("20260101", &key, &[]);
        home.revoke("20260601", &key, reason);
        assert_eq!(
            both(&home, &key, &signature, THEN),
            ["revoked"; 2],
            "{name}"
        );
    }
    let key = home.key("20240101", "retired", "ed25519", "sign", "0");
    let (before, after) = (
        home.sign("20260101", &key, &[]),
        home.sign("20260701", &key, &[]),
    );
    home.revoke("20260601", &key, "3");
    let verifier = PgpVerifier::new(PgpKeys::parse(&home.export(&key)).unwrap());
    for (signature, recorded, expected) in [
        (&before, "2026-01-01T12:00:00Z", "good"),
        // Dated before, turned up later: whoever has the key can write any date.
        (&before, "2026-07-01T12:00:00Z", "revoked"),
        (&after, "2026-07-01T12:00:00Z", "revoked"),
        (&after, "2026-01-01T12:00:00Z", "revoked"),
    ] {
        let verdict = verifier.verify(&claim(signature, recorded));
        assert_eq!(word(&verdict), expected, "{recorded}: {verdict}");
    }
}

#[test]
fn adv_120_a_key_outside_the_keyring_is_unknown() {
    let Some(home) = Home::new() else { return };
    let (ada, eve) = (
        home.key("20240101", "ada", "ed25519", "sign", "0"),
        home.key("20240101", "eve", "ed25519", "sign", "0"),
    );
    let signature = home.sign("20260101", &eve, &[]);
    let cert = home.export(&ada);
    let claim = claim(&signature, "2026-01-01T12:00:00Z");
    let ours = PgpVerifier::new(PgpKeys::parse(&cert).unwrap()).verify(&claim);
    assert!(
        matches!(&ours, Verdict::UnknownSigner { key: Some(key), .. } if *key == eve),
        "{ours}"
    );
    let theirs = GpgVerifier::new(&home.gpg, &cert, LIMIT)
        .unwrap()
        .verify(&claim);
    assert_eq!(word(&theirs), "unknown");
    assert!(PgpKeys::parse(b"").is_err());
    assert!(PgpKeys::parse(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n").is_err());
    let mixed = [cert.as_slice(), b"trailing words\n"].concat();
    assert!(PgpKeys::parse(&mixed).is_err());
    let both = [cert, home.export(&eve)].concat();
    assert_eq!(PgpKeys::parse(&both).unwrap().fingerprints(), [ada, eve]);
}

#[test]
fn a_window_bounds_when_a_key_may_sign() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "ada", "ed25519", "sign", "0");
    let signature = home.sign("20260101", &key, &[]);
    let keys = PgpKeys::parse(&home.export(&key)).unwrap();
    for (from, until, expected) in [
        ("2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "good"),
        ("2026-02-01T00:00:00Z", "2027-01-01T00:00:00Z", "too-early"),
        ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "too-late"),
    ] {
        let keys = keys
            .clone()
            .with_window(&key.to_lowercase(), at(from), at(until));
        let verdict = PgpVerifier::new(keys).verify(&claim(&signature, "2026-01-01T12:00:00Z"));
        assert_eq!(word(&verdict), expected, "{from} {until}");
    }
}

#[test]
fn adv_132_two_signatures_are_one_too_many_and_one_key_counts_once() {
    let Some(home) = Home::new() else { return };
    let (ada, bob) = (
        home.key("20240101", "ada", "ed25519", "sign", "0"),
        home.key("20240101", "bob", "ed25519", "sign", "0"),
    );
    let raw = |key: &str| home.gpg("20260101", &["--detach-sign", "--local-user", key], PAYLOAD);
    let keys = [home.export(&ada), home.export(&bob)].concat();
    let verifier = PgpVerifier::new(PgpKeys::parse(&keys).unwrap());
    let distinct = |block: &[u8]| {
        let verdicts = verifier.verify_each(&claim(block, "2026-01-01T12:00:00Z"));
        let signers = verdicts.iter().filter_map(|verdict| verdict.good());
        signers
            .map(|signer| signer.key.clone())
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    };
    let two = [raw(&ada), raw(&bob)].concat();
    assert_eq!(
        word(&verifier.verify(&claim(&two, "2026-01-01T12:00:00Z"))),
        "bad"
    );
    assert_eq!(distinct(&two), 2);
    assert_eq!(distinct(&[raw(&ada), raw(&ada)].concat()), 1);
    assert_eq!(distinct(&raw(&bob)), 1);
    let gpg = GpgVerifier::new(&home.gpg, &keys, LIMIT).unwrap();
    assert!(!gpg.verify(&claim(&two, "2026-01-01T12:00:00Z")).is_good());
}

#[test]
fn adv_133_tricks_with_the_armor_are_refused() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "ada", "ed25519", "sign", "0");
    let good = String::from_utf8(home.sign("20260101", &key, &[])).unwrap();
    let verifier = PgpVerifier::new(PgpKeys::parse(&home.export(&key)).unwrap());
    let check = |text: &str| {
        let verdict = verifier.verify(&claim(text.as_bytes(), "2026-01-01T12:00:00Z"));
        word(&verdict)
    };
    let (head, body) = good.split_once("\n\n").unwrap();
    assert_eq!(check(&good), "good");
    assert_eq!(check(&good.replace('\n', "\r\n")), "good");
    assert_eq!(
        check(&format!("{head}\nComment: made by hand\n\n{body}")),
        "good"
    );
    let sum = good.lines().find(|line| line.starts_with('=')).unwrap();
    assert_eq!(
        check(&good.replace(&format!("{sum}\n"), "")),
        "good",
        "the checksum may be left out"
    );
    for trick in [
        format!("{good}{good}"),
        format!("{good}junk\n"),
        format!("junk\n{good}"),
        format!("{head}\nX-Evil: yes\n\n{body}"),
        format!("{head}\n{body}"),
        good.replace(sum, "=AAAA"),
        good.replace(sum, &format!("{sum}\n{sum}\nAAAA")),
        good.replace("END PGP", "END PGP PUBLIC"),
        good.replace("PGP SIGNATURE", "PGP MESSAGE"),
    ] {
        assert_eq!(check(&trick), "bad", "{trick}");
    }
}

#[test]
fn any_changed_byte_of_a_signature_is_seen() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "ada", "ed25519", "sign", "0");
    let raw = home.gpg(
        "20260101",
        &["--detach-sign", "--local-user", &key],
        PAYLOAD,
    );
    let verifier = PgpVerifier::new(PgpKeys::parse(&home.export(&key)).unwrap());
    let good = |bytes: &[u8]| {
        verifier
            .verify(&claim(bytes, "2026-01-01T12:00:00Z"))
            .is_good()
    };
    assert!(good(&raw));
    // The unhashed area (the key id, and how long the area is) is not signed and may change.
    let mut survivors = Vec::new();
    for index in 0..raw.len() {
        for bit in 0..8 {
            let mut changed = raw.clone();
            changed[index] ^= 1 << bit;
            if good(&changed) {
                survivors.push(index);
            }
        }
    }
    survivors.dedup();
    assert!(survivors.len() <= 12, "{survivors:?} of {}", raw.len());
}

#[test]
fn gpg_signs_without_a_terminal_and_gives_up_in_time() {
    let Some(home) = Home::new() else { return };
    let key = home.key("20240101", "ada", "ed25519", "sign", "0");
    let signer = GpgSigner::new(&home.gpg, Some(home.path()), &key, LIMIT);
    let armored = signer.sign("git", PAYLOAD).unwrap();
    let verifier = PgpVerifier::new(PgpKeys::parse(&home.export(&key)).unwrap());
    let now = Claim {
        now: at("2090-01-01T00:00:00Z"),
        ..claim(armored.as_bytes(), NOW)
    };
    assert!(verifier.verify(&now).is_good());
    let absent = GpgSigner::new(&home.gpg, Some(home.path()), &"0".repeat(40), LIMIT);
    let error = absent.sign("git", PAYLOAD).unwrap_err();
    assert!(error.to_string().contains("made no signature"), "{error}");
    let slow = home.path().join("slow");
    std::fs::write(&slow, "#!/bin/sh\nexec sleep 100\n").unwrap();
    std::os::unix::fs::PermissionsExt::set_mode(
        &mut std::fs::metadata(&slow).unwrap().permissions(),
        0o755,
    );
    std::fs::set_permissions(&slow, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let start = std::time::Instant::now();
    let stuck = GpgSigner::new(&slow, None, &key, Duration::from_millis(200));
    let error = stuck.sign("git", PAYLOAD).unwrap_err();
    assert!(error.to_string().contains("did not end"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(90));
}

#[test]
fn gpg_asks_nobody_for_a_passphrase() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(home) = Home::new() else { return };
    let write = |name: &str, script: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    // Whoever asks leaves a trace, and waits for an answer that never comes.
    let asked = home.path().join("asked");
    let pinentry = write("ask", &format!("touch {}; exec sleep 250", asked.display()));
    let config = format!("pinentry-program {}\n", pinentry.display());
    std::fs::write(home.path().join("gpg-agent.conf"), config).unwrap();
    let user = "closed <closed@example.org>";
    let args = [
        "--passphrase=secret",
        "--quick-gen-key",
        user,
        "ed25519",
        "sign",
        "0",
    ];
    home.gpg("20240101", &args, b"");
    let listed = home.gpg("20240101", &["--with-colons", "--list-keys", user], b"");
    let listed = String::from_utf8(listed).unwrap();
    let line = listed.lines().find(|line| line.starts_with("fpr:"));
    let key = line.unwrap().split(':').nth(9).unwrap();
    // The agent that made the key would know its passphrase.
    let kill = ["--kill", "gpg-agent"];
    let mut gpgconf = Command::new("gpgconf");
    gpgconf.args(kill).env("GNUPGHOME", home.path());
    assert!(gpgconf.status().unwrap().success());

    let signer = GpgSigner::new(&home.gpg, Some(home.path()), key, LIMIT);
    let error = signer.sign("git", PAYLOAD).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("made no signature") && !said.contains("No secret key"),
        "{said}"
    );
    assert!(!said.contains("did not end within") && !asked.exists());

    // The same options in other hands: it is asked for, and nobody answers in time.
    let gpg = home.gpg.display();
    let force = "for one; do shift; case $one in --pinentry-mode=error) one=--pinentry-mode=ask;; esac; set -- \"$@\" \"$one\"; done";
    let asks = write("asks", &format!("{force}\nexec {gpg} \"$@\""));
    // How long it takes until somebody is asked hangs on the machine: more and more time is given.
    for secs in [2, 8, 32, 128] {
        let signer = GpgSigner::new(&asks, Some(home.path()), key, Duration::from_secs(secs));
        let start = std::time::Instant::now();
        let error = signer.sign("git", PAYLOAD).unwrap_err();
        assert!(error.to_string().contains("did not end within"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(secs + 60));
        if asked.exists() {
            return;
        }
    }
    panic!("nobody was asked");
}
