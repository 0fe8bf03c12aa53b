//! The table of verdicts, over tag objects signed with real keys, in every back end; `git verify-tag`
//! says what it would let pass.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use promenade_git::{Ident, TagRequest};
use promenade_process::port::signature::{Distrust, MakeSignature as _, Verdict, VerifySignature};
use promenade_signature::{GpgVerifier, PgpKeys, PgpVerifier, SshKey, SshVerifier};

use super::{BTreeMap, Gpg, House, at, openssl};

/// Whoever signs.
type Sign<'a> = &'a (dyn Fn(&[u8]) -> Result<String, String> + Send + Sync);

/// What was found, as a word; why it does not count, if the keyring knows the key.
fn word(verdict: &Verdict) -> &'static str {
    let Verdict::Untrusted { why, .. } = verdict else {
        return verdict.name();
    };
    match why {
        Distrust::Namespace { .. } => "namespace",
        Distrust::TooEarly { .. } => "too-early",
        Distrust::TooLate { .. } => "too-late",
        Distrust::Expired { .. } => "signature-expired",
        Distrust::Future { .. } => "future",
        Distrust::Revoked { .. } => "revoked",
        Distrust::WeakHash { .. } => "weak-hash",
        Distrust::Form { .. } => "form",
        other => panic!("{other}"),
    }
}

impl House {
    /// Makes a tag at noon of a day (`20260105`), signed by `signer`.
    #[track_caller]
    fn tag_at(&self, name: &str, day: &str, signer: Sign<'_>) {
        let (year, month, day) = (&day[..4], &day[4..6], &day[6..]);
        let noon = at(&format!("{year}-{month}-{day}T12:00:00Z")).fixed_offset();
        let who = Ident::new("Ada", "ada@example.org", noon).unwrap();
        let request = TagRequest::new(name, self.commit.clone(), "Release", who);
        self.repository.create_tag(&request.signed(signer)).unwrap();
    }

    #[track_caller]
    fn word(&self, name: &str, verifier: &dyn VerifySignature) -> &'static str {
        let report = self.verify_with(name, verifier, &[], &BTreeMap::new());
        assert!(report.problems().is_empty(), "{name}: {report:?}");
        let verdict = report.signature().unwrap();
        assert_eq!(report.is_good(), verdict.is_good(), "{name}");
        word(verdict)
    }
}

impl Gpg {
    fn fingerprint(&self, user: &str) -> String {
        let listed = self.run("20260601", &["--with-colons", "--list-keys", user], b"");
        let listed = String::from_utf8(listed).unwrap();
        let line = listed.lines().find(|line| line.starts_with("fpr:"));
        line.unwrap().split(':').nth(9).unwrap().to_owned()
    }

    /// Revokes a key for a reason of gpg's menu (0 none, 1 compromised, 2 superseded, 3 retired).
    fn revoke(&self, day: &str, user: &str, reason: &str) {
        use std::io::Write as _;
        let mut child = Command::new("gpg")
            .arg("--homedir")
            .arg(self.home.path())
            .args(["--no-tty", "--quiet", "--pinentry-mode=loopback"])
            .args(["--passphrase=", "--command-fd=0"])
            .arg(format!("--faked-system-time={day}T120000"))
            .args(["--armor", "--gen-revoke", &self.fingerprint(user)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let answers = format!("y\n{reason}\n\ny\n");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(answers.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{user}");
        self.run(day, &["--import"], &output.stdout);
    }
}

/// Name of the tag; key; day of signing; options of gpg; verdict in process, and through gpg; does
/// git let it pass.
type PgpCase = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
    bool,
);

const MD5: &[&str] = &["--digest-algo=MD5", "--allow-weak-digest-algos"];

const PGP_CASES: [PgpCase; 16] = [
    ("current", "current", "20260105", &[], "good", "good", true),
    ("subkey", "sub", "20260105", &[], "good", "good", true),
    (
        "rsa-sha512",
        "rsa",
        "20260105",
        &["--digest-algo=SHA512"],
        "good",
        "good",
        true,
    ),
    (
        "expired-since",
        "expired",
        "20240601",
        &[],
        "too-late",
        "too-late",
        false,
    ),
    (
        "expired-before",
        "late",
        "20250601",
        &[],
        "too-late",
        "too-late",
        false,
    ),
    (
        "signature-expired",
        "current",
        "20260105",
        &["--default-sig-expire=1d"],
        "signature-expired",
        "signature-expired",
        false,
    ),
    (
        "revoked",
        "revoked",
        "20260105",
        &[],
        "revoked",
        "revoked",
        false,
    ),
    (
        "compromised",
        "compromised",
        "20260105",
        &[],
        "revoked",
        "revoked",
        false,
    ),
    // Put away after it signed: gpg does not tell when, so it counts in process only.
    (
        "superseded",
        "superseded",
        "20260105",
        &[],
        "good",
        "revoked",
        false,
    ),
    (
        "retired",
        "retired",
        "20260105",
        &[],
        "good",
        "revoked",
        false,
    ),
    (
        "future",
        "current",
        "20900101",
        &[],
        "future",
        "future",
        true,
    ),
    (
        "sha1",
        "current",
        "20260105",
        &["--digest-algo=SHA1"],
        "weak-hash",
        "weak-hash",
        true,
    ),
    (
        "sha1-of-rsa",
        "rsa",
        "20260105",
        &["--digest-algo=SHA1"],
        "weak-hash",
        "weak-hash",
        true,
    ),
    (
        "md5",
        "rsa",
        "20260105",
        MD5,
        "weak-hash",
        "unsupported",
        false,
    ),
    (
        "text",
        "current",
        "20260105",
        &["--textmode"],
        "form",
        "form",
        true,
    ),
    (
        "unknown",
        "stranger",
        "20260105",
        &[],
        "unknown-signer",
        "unknown-signer",
        true,
    ),
];

/// Makes the keys of the table, none of them revoked yet.
fn keys(home: &Gpg) {
    for (name, expire) in [
        ("current", "0"),
        ("expired", "1y"),
        ("late", "0"),
        ("stranger", "0"),
        ("revoked", "0"),
        ("compromised", "0"),
        ("superseded", "0"),
        ("retired", "0"),
    ] {
        home.key(name, expire);
    }
    let new = |user: &str, kind: &str, usage: &str| {
        let user = format!("{user}@example.org");
        home.run(
            "20240101",
            &["--quick-gen-key", &user, kind, usage, "0"],
            b"",
        );
    };
    new("rsa", "rsa2048", "sign");
    new("sub", "ed25519", "cert");
    let sub = home.fingerprint("sub@example.org");
    let add = ["--quick-add-key", &sub, "ed25519", "sign", "0"];
    home.run("20240102", &add, b"");
}

#[test]
fn tags_signed_with_gpg_have_the_verdicts_of_the_table_in_both_back_ends() {
    let Some(gpg) = testkit::program("gpg") else {
        return;
    };
    let home = Gpg {
        home: tempfile::Builder::new().prefix("g").tempdir().unwrap(),
    };
    let house = House::new();
    house.git(&["config", "gpg.format", "openpgp"]);
    keys(&home);
    for (name, key, day, options, ..) in PGP_CASES {
        let user = format!("{key}@example.org");
        house.tag_at(name, day, &|bytes| {
            let args = ["--armor", "--detach-sign", "--local-user", &user];
            let out = home.run(day, &[&args[..], options].concat(), bytes);
            Ok(String::from_utf8(out).unwrap())
        });
    }
    for (name, reason) in [
        ("revoked", "0"),
        ("compromised", "1"),
        ("superseded", "2"),
        ("retired", "3"),
    ] {
        home.revoke("20260601", &format!("{name}@example.org"), reason);
    }
    let late = home.fingerprint("late@example.org");
    let end = ["--quick-set-expire", &late, "20250101T000000"];
    home.run("20241201", &end, b"");

    // Everybody is in the keyring but the stranger.
    let users = [
        "current",
        "sub",
        "rsa",
        "expired",
        "late",
        "revoked",
        "compromised",
        "superseded",
        "retired",
    ];
    let users = users.map(|user| format!("{user}@example.org"));
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let export = [&["--armor", "--export"], &users[..]].concat();
    let keys = home.run("20261121", &export, b"");
    let ours = PgpVerifier::new(PgpKeys::parse(&keys).unwrap());
    let theirs = GpgVerifier::new(&gpg, &keys, Duration::from_secs(30)).unwrap();
    for (name, _, _, _, in_process, through_gpg, passes) in PGP_CASES {
        assert_eq!(house.word(name, &ours), in_process, "{name}, in process");
        assert_eq!(
            house.word(name, &theirs),
            through_gpg,
            "{name}, through gpg"
        );
        let status = Command::new("git")
            .args(["verify-tag", name])
            .current_dir(house.path())
            .env("GNUPGHOME", home.home.path())
            .output()
            .unwrap()
            .status;
        assert_eq!(status.success(), passes, "{name}: what git says");
    }
}

/// A field of the wire format of SSH: its length, and its bytes.
fn field(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&length.to_be_bytes(), bytes].concat()
}

/// A signature with RSA over SHA-1, which `ssh-keygen` makes no more: its envelope by hand, its
/// mathematics by `openssl`. With SHA-2 the same is a good signature.
fn rsa_signature(dir: &Path, hash: &str, algorithm: &str, payload: &[u8]) -> String {
    let public = std::fs::read_to_string(dir.join("rsa.pub")).unwrap();
    let key = run_with(
        dir,
        "base64",
        &["-d"],
        public.split(' ').nth(1).unwrap().trim().as_bytes(),
    );
    let digest = run_with(dir, "openssl", &["dgst", "-sha512", "-binary"], payload);
    let rest = [field(b"git"), field(b""), field(b"sha512")].concat();
    let signed = [&b"SSHSIG"[..], &rest, &field(&digest)].concat();
    std::fs::write(dir.join("signed"), signed).unwrap();
    let out = ["dgst", hash, "-sign", "rsa", "-out", "raw", "signed"];
    openssl(dir, &out);
    let raw = std::fs::read(dir.join("raw")).unwrap();
    let inner = [field(algorithm.as_bytes()), field(&raw)].concat();
    let blob = [b"SSHSIG\0\0\0\x01", &field(&key)[..], &rest, &field(&inner)].concat();
    let body = run_with(dir, "base64", &["-w70"], &blob);
    let body = String::from_utf8(body).unwrap();
    let body = body.trim();
    format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n")
}

#[track_caller]
fn run_with(dir: &Path, program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut child = Command::new(program)
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {args:?}");
    output.stdout
}

#[test]
fn tags_signed_with_ssh_have_the_verdicts_of_the_table() {
    for program in ["ssh-keygen", "openssl", "base64"] {
        if testkit::program(program).is_none() {
            return;
        }
    }
    let house = House::new();
    let dir = house.path().join(".git");
    let (ada, eve) = (&house.ada, SshKey::from_seed(&[66; 32]));
    let line = |options: &str| {
        let plain = ada.allowed_signers_line("ada@example.org");
        plain.replacen(' ', &format!(" {options} "), 1)
    };
    let make = [
        "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-C", "", "-f", "rsa",
    ];
    run_with(&dir, "ssh-keygen", &make, b"");
    let rsa = std::fs::read_to_string(dir.join("rsa.pub")).unwrap();
    let rsa = format!("ada@example.org {rsa}");
    let by_ada = |bytes: &[u8]| ada.sign("git", bytes).map_err(|error| error.to_string());
    let by_eve = |bytes: &[u8]| eve.sign("git", bytes).map_err(|error| error.to_string());
    let of_file = |bytes: &[u8]| ada.sign("file", bytes).map_err(|error| error.to_string());
    let sha1 = |bytes: &[u8]| Ok(rsa_signature(&dir, "-sha1", "ssh-rsa", bytes));
    let sha512 = |bytes: &[u8]| Ok(rsa_signature(&dir, "-sha512", "rsa-sha2-512", bytes));
    // Name of the tag, day of signing, who signs, the keyring, verdict, does git let it pass.
    let cases: [(&str, &str, Sign<'_>, String, &str, bool); 12] = [
        (
            "current",
            "20260105",
            &by_ada,
            line("namespaces=\"git\""),
            "good",
            true,
        ),
        ("rsa", "20260105", &sha512, rsa.clone(), "good", true),
        (
            "expired-since",
            "20260105",
            &by_ada,
            line("valid-before=\"20260601\""),
            "good",
            true,
        ),
        (
            "expired-before",
            "20260105",
            &by_ada,
            line("valid-before=\"20251201\""),
            "too-late",
            false,
        ),
        (
            "too-early",
            "20260105",
            &by_ada,
            line("valid-after=\"20260201\""),
            "too-early",
            false,
        ),
        (
            "future",
            "20900101",
            &by_ada,
            line("namespaces=\"git\""),
            "future",
            true,
        ),
        // A key is revoked by taking it out of the keyring, or by ending its time.
        (
            "taken-out",
            "20260105",
            &by_ada,
            rsa.clone(),
            "unknown-signer",
            false,
        ),
        (
            "ended",
            "20260105",
            &by_ada,
            line("valid-before=\"20260105\""),
            "too-late",
            false,
        ),
        ("sha1", "20260105", &sha1, rsa.clone(), "weak-hash", false),
        (
            "of-a-file",
            "20260105",
            &of_file,
            line("namespaces=\"git,file\""),
            "namespace",
            false,
        ),
        (
            "for-files",
            "20260105",
            &by_ada,
            line("namespaces=\"file\""),
            "namespace",
            false,
        ),
        (
            "unknown",
            "20260105",
            &by_eve,
            line("namespaces=\"git\""),
            "unknown-signer",
            false,
        ),
    ];
    for (name, day, sign, keyring, expected, passes) in cases {
        house.tag_at(name, day, sign);
        let verifier = SshVerifier::new(keyring.parse().unwrap());
        assert_eq!(house.word(name, &verifier), expected, "{name}");
        std::fs::write(dir.join("allowed"), keyring).unwrap();
        assert_eq!(house.oracle(name), passes, "{name}: what git says");
    }
}
