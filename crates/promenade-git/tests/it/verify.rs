//! Verifying tags; the oracle is `git verify-tag`, also for what it lets pass.

mod table;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, Utc};
use promenade_git::{
    CommitId, CommitRequest, Git, Ident, RecordedTag, Repository, TagCheck, TagProblem, TagReport,
    TagRequest,
};
use promenade_process::port::signature::{
    Distrust, MakeSignature, SignatureKind, TagSigners, Verdict, VerifySignature,
};
use promenade_signature::{Keyring, SshKey, SshVerifier};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

struct House {
    dir: tempfile::TempDir,
    repository: Repository,
    commit: CommitId,
    ada: SshKey,
    who: Ident,
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        let when = at("2026-01-05T09:00:00Z").fixed_offset();
        let who = Ident::new("Ada", "ada@example.org", when).unwrap();
        let request =
            CommitRequest::new("main", "a first file", who.clone()).file("VERSION", "1\n");
        let commit = repository.commit(&request).unwrap();
        let ada = SshKey::from_seed(&[7; 32]);
        let house = Self {
            dir,
            repository,
            commit,
            ada,
            who,
        };
        let keyring = house.dir.path().join(".git/allowed");
        std::fs::write(&keyring, house.ada.allowed_signers_line("ada@example.org")).unwrap();
        house.git(&["config", "gpg.format", "ssh"]);
        house.git(&[
            "config",
            "gpg.ssh.allowedSignersFile",
            keyring.to_str().unwrap(),
        ]);
        house
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    #[track_caller]
    fn git(&self, args: &[&str]) -> String {
        let out = Git::in_dir(self.path())
            .args(args.iter().copied())
            .run()
            .unwrap();
        String::from_utf8(out).unwrap().trim().to_owned()
    }

    /// Whether `git verify-tag` is content.
    fn oracle(&self, name: &str) -> bool {
        let status = Command::new("git")
            .args(["verify-tag", name])
            .current_dir(self.path())
            .stderr(std::process::Stdio::null())
            .status();
        status.unwrap().success()
    }

    #[track_caller]
    fn sign(&self, name: &str, message: &str) -> CommitId {
        self.sign_with(name, message, &self.ada)
    }

    #[track_caller]
    fn sign_with(&self, name: &str, message: &str, key: &SshKey) -> CommitId {
        let signer = |bytes: &[u8]| key.sign("git", bytes).map_err(|error| error.to_string());
        let request = TagRequest::new(name, self.commit.clone(), message, self.who.clone());
        self.repository
            .create_tag(&request.signed(&signer))
            .unwrap()
    }

    /// Stores any bytes as a tag object and points a tag at it.
    #[track_caller]
    fn forge(&self, name: &str, bytes: &[u8]) -> String {
        let file = self.path().join(".git/forged");
        std::fs::write(&file, bytes).unwrap();
        let id = self.git(&[
            "hash-object",
            "-t",
            "tag",
            "-w",
            "--literally",
            file.to_str().unwrap(),
        ]);
        // git itself would look into the object first.
        std::fs::write(
            self.path().join(".git/refs/tags").join(name),
            format!("{id}\n"),
        )
        .unwrap();
        id
    }

    fn verifier(&self) -> SshVerifier {
        SshVerifier::new(
            self.ada
                .allowed_signers_line("ada@example.org")
                .parse()
                .unwrap(),
        )
    }

    #[track_caller]
    fn verify(&self, name: &str) -> TagReport {
        self.verify_with(name, &self.verifier(), &[], &BTreeMap::new())
    }

    #[track_caller]
    fn verify_with(
        &self,
        name: &str,
        verifier: &dyn VerifySignature,
        signers: &[TagSigners],
        recorded: &BTreeMap<String, RecordedTag>,
    ) -> TagReport {
        let now = at("2026-11-21T00:00:00Z");
        let check = TagCheck {
            verifier,
            signers,
            now,
            recorded,
        };
        self.repository
            .verify_tags(&[name], &check)
            .unwrap()
            .remove(0)
    }

    #[track_caller]
    fn object(&self, name: &str) -> Vec<u8> {
        self.repository.tag_object(name).unwrap().unwrap()
    }
}

#[track_caller]
fn only(report: &TagReport) -> &TagProblem {
    let [problem] = report.problems() else {
        panic!("{report:?}");
    };
    assert!(!report.is_good());
    problem
}

#[test]
fn a_signed_tag_is_good_here_and_to_git() {
    if testkit::program("ssh-keygen").is_none() {
        return;
    }
    let house = House::new();
    house.sign("v1.0.0", "Release v1.0.0");
    let report = house.verify("v1.0.0");
    assert!(report.is_good(), "{report:?}");
    let signer = report.signature().and_then(Verdict::good).unwrap();
    assert_eq!(signer.principal, "ada@example.org");
    assert!(house.oracle("v1.0.0"));
    // And one that git itself signed.
    let private = house.path().join(".git/key");
    let keygen = [
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-f",
        private.to_str().unwrap(),
    ];
    assert!(
        Command::new("ssh-keygen")
            .args(keygen)
            .status()
            .unwrap()
            .success()
    );
    std::fs::set_permissions(
        &private,
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let public = std::fs::read_to_string(house.path().join(".git/key.pub")).unwrap();
    house.git(&["config", "user.name", "Ada"]);
    house.git(&["config", "user.email", "ada@example.org"]);
    house.git(&["config", "user.signingkey", private.to_str().unwrap()]);
    house.git(&[
        "-c",
        "tag.gpgSign=true",
        "tag",
        "-s",
        "-m",
        "Release",
        "v1.1.0",
    ]);
    let keyring = format!("git@example.org {public}");
    let verifier = SshVerifier::new(keyring.parse().unwrap());
    let report = {
        let recorded = BTreeMap::new();
        let now = at("2090-01-01T00:00:00Z");
        let check = TagCheck {
            verifier: &verifier,
            signers: &[],
            now,
            recorded: &recorded,
        };
        house
            .repository
            .verify_tags(&["v1.1.0"], &check)
            .unwrap()
            .remove(0)
    };
    assert!(report.is_good(), "{report:?}");
}

#[test]
fn adv_104_a_lightweight_tag_carries_no_signature() {
    let house = House::new();
    house.git(&["tag", "v1.0.0"]);
    assert_eq!(only(&house.verify("v1.0.0")), &TagProblem::Lightweight);
}

#[test]
fn adv_105_an_annotated_tag_without_signature_is_told() {
    let house = House::new();
    let request = TagRequest::new("v1.0.0", house.commit.clone(), "Release", house.who.clone());
    house.repository.create_tag(&request).unwrap();
    assert_eq!(only(&house.verify("v1.0.0")), &TagProblem::Unsigned);
}

#[test]
fn adv_106_a_name_inside_that_is_not_the_name_outside_is_found() {
    let house = House::new();
    let commit = &house.commit;
    for (outer, inner) in [("v1.0.0", "v1.0.1"), ("v1.0.0a", "V1.0.0a"), ("app-1", "1")] {
        let body = format!(
            "object {commit}\ntype commit\ntag {inner}\ntagger A <a@x> 1767225600 +0000\n\nRelease\n"
        );
        let signature = house.ada.sign("git", body.as_bytes()).unwrap();
        house.forge(outer, format!("{body}{signature}").as_bytes());
        let found = inner.to_owned();
        assert_eq!(only(&house.verify(outer)), &TagProblem::OtherName { found });
    }
}

#[test]
fn adv_107_an_old_signed_tag_under_a_new_name_is_found() {
    if testkit::program("ssh-keygen").is_none() {
        return;
    }
    let house = House::new();
    let id = house.sign("v1.0.0", "Release v1.0.0");
    house.git(&["update-ref", "refs/tags/v99.0.0", id.as_str()]);
    assert!(house.oracle("v99.0.0"), "git lets it pass");
    let report = house.verify("v99.0.0");
    assert_eq!(
        only(&report),
        &TagProblem::OtherName {
            found: "v1.0.0".to_owned()
        }
    );
    assert!(house.verify("v1.0.0").is_good());
}

#[test]
fn adv_108_a_tag_of_a_tag_is_refused() {
    let house = House::new();
    let inner = house.sign("v1.0.0", "Release");
    let key = &house.ada;
    let signer = |bytes: &[u8]| key.sign("git", bytes).map_err(|error| error.to_string());
    let request = TagRequest::new("v1.0.1", inner, "Again", house.who.clone());
    house
        .repository
        .create_tag(&request.signed(&signer))
        .unwrap();
    let found = "tag".to_owned();
    assert_eq!(
        only(&house.verify("v1.0.1")),
        &TagProblem::TargetKind { found }
    );
}

#[test]
fn adv_109_a_tag_of_a_blob_or_a_tree_is_refused() {
    let house = House::new();
    for (kind, revision) in [("blob", "HEAD:VERSION"), ("tree", "HEAD^{tree}")] {
        let target = house.git(&["rev-parse", revision]);
        let name = format!("of-{kind}");
        let body = format!(
            "object {target}\ntype {kind}\ntag {name}\ntagger A <a@x> 1767225600 +0000\n\nRelease\n"
        );
        let signature = house.ada.sign("git", body.as_bytes()).unwrap();
        house.forge(&name, format!("{body}{signature}").as_bytes());
        let found = kind.to_owned();
        assert_eq!(
            only(&house.verify(&name)),
            &TagProblem::TargetKind { found }
        );
        let bare = format!("bare-{kind}");
        house.git(&["tag", &bare, &target]);
        let found = kind.to_owned();
        assert_eq!(
            only(&house.verify(&bare)),
            &TagProblem::TargetKind { found }
        );
    }
    // A type that is a lie: the target is a blob.
    let target = house.git(&["rev-parse", "HEAD:VERSION"]);
    let body = format!(
        "object {target}\ntype commit\ntag liar\ntagger A <a@x> 1767225600 +0000\n\nRelease\n"
    );
    let signature = house.ada.sign("git", body.as_bytes()).unwrap();
    house.forge("liar", format!("{body}{signature}").as_bytes());
    assert!(matches!(
        only(&house.verify("liar")),
        TagProblem::Target { .. }
    ));
}

#[test]
fn adv_110_an_object_under_a_wrong_id_is_found() {
    if testkit::program("ssh-keygen").is_none() {
        return;
    }
    let house = House::new();
    let id = house.sign("v1.0.0", "Release");
    let objects = house.path().join(".git/objects");
    let (folder, file) = id.as_str().split_at(2);
    let wrong = "deadbeef".repeat(5);
    std::fs::create_dir_all(objects.join("de")).unwrap();
    std::fs::copy(
        objects.join(folder).join(file),
        objects.join("de").join(&wrong[2..]),
    )
    .unwrap();
    let refs = house.path().join(".git/refs/tags/v1.0.0");
    std::fs::write(refs, format!("{wrong}\n")).unwrap();
    assert!(house.oracle("v1.0.0"), "git lets it pass");
    let report = house.verify("v1.0.0");
    assert!(
        matches!(only(&report), TagProblem::WrongId { found, .. } if *found == id),
        "{report:?}"
    );
}

#[test]
fn adv_111_text_after_the_signature_is_found() {
    let house = House::new();
    house.sign("v1.0.0", "Release");
    for junk in ["junk\n", "\n", "-----END SSH SIGNATURE-----\n"] {
        let bytes = [house.object("v1.0.0"), junk.as_bytes().to_vec()].concat();
        house.git(&["tag", "-d", "v1.0.0"]);
        house.forge("v1.0.0", &bytes);
        let report = house.verify("v1.0.0");
        assert!(
            report.problems().contains(&TagProblem::Trailing),
            "{junk:?}: {report:?}"
        );
        house.git(&["update-ref", "-d", "refs/tags/v1.0.0"]);
        house.sign("v1.0.0", "Release");
    }
}

#[test]
fn adv_112_two_signatures_are_one_too_many() {
    let house = House::new();
    house.sign("v1.0.0", "Release");
    let once = house.object("v1.0.0");
    let again = house.ada.sign("git", &once).unwrap();
    house.forge("v1.0.0", &[once, again.into_bytes()].concat());
    let report = house.verify("v1.0.0");
    assert_eq!(only(&report), &TagProblem::SeveralSignatures { found: 2 });
}

#[test]
fn adv_113_a_message_that_looks_like_a_signature_is_none() {
    let house = House::new();
    house.sign("v1.0.0", "Release\n-----BEGIN PGP SIGNATURE-----\nnot one");
    let report = house.verify("v1.0.0");
    assert_eq!(only(&report), &TagProblem::SeveralSignatures { found: 2 });
    // Without any signature, the text is all there is, and it is bad.
    let request = TagRequest::new(
        "v1.0.1",
        house.commit.clone(),
        "Release\n-----BEGIN SSH SIGNATURE-----\nnot one\n-----END SSH SIGNATURE-----",
        house.who.clone(),
    );
    house.repository.create_tag(&request).unwrap();
    let report = house.verify("v1.0.1");
    assert!(!report.is_good());
    assert_eq!(report.signature().map(Verdict::name), Some("bad"));
}

#[test]
fn adv_114_a_tag_without_tagger_or_with_a_bad_time_is_refused() {
    let house = House::new();
    let commit = &house.commit;
    for (index, lines) in [
        "",
        "tagger Ada <a@x>\n",
        "tagger Ada <a@x> soon +0000\n",
        "tagger Ada <a@x> 1767225600\n",
        "tagger Ada <a@x> 1767225600 +00:00\n",
        "tagger Ada <a@x> 99999999999999999999 +0000\n",
        "tagger Ada <a@x> 1767225600 +0000\nextra header\n",
    ]
    .iter()
    .enumerate()
    {
        let name = format!("t{index}");
        let body = format!("object {commit}\ntype commit\ntag {name}\n{lines}\nRelease\n");
        let signature = house.ada.sign("git", body.as_bytes()).unwrap();
        house.forge(&name, format!("{body}{signature}").as_bytes());
        let report = house.verify(&name);
        assert!(
            matches!(only(&report), TagProblem::Malformed { .. }),
            "{lines:?}: {report:?}"
        );
    }
}

#[test]
fn adv_115_a_tag_of_another_commit_than_the_recorded_one_is_found() {
    let house = House::new();
    let id = house.sign("v1.0.0", "Release");
    let request = CommitRequest::new("main", "another", house.who.clone()).file("VERSION", "2\n");
    let other = house.repository.commit(&request).unwrap();
    let verify = |commit: &CommitId| {
        let recorded = RecordedTag {
            tag: Some(id.clone()),
            commit: commit.clone(),
        };
        let recorded = BTreeMap::from([("v1.0.0".to_owned(), recorded)]);
        house.verify_with("v1.0.0", &house.verifier(), &[], &recorded)
    };
    assert!(verify(&house.commit).is_good());
    let report = verify(&other);
    assert_eq!(
        only(&report),
        &TagProblem::OtherCommit {
            expected: other,
            found: house.commit.clone()
        }
    );
}

#[test]
fn adv_116_a_tag_that_was_made_again_is_found() {
    if testkit::program("ssh-keygen").is_none() {
        return;
    }
    let house = House::new();
    let id = house.sign("v1.0.0", "Release");
    let verify = |tag: &CommitId, commit: &CommitId| {
        let recorded = RecordedTag {
            tag: Some(tag.clone()),
            commit: commit.clone(),
        };
        let recorded = BTreeMap::from([("v1.0.0".to_owned(), recorded)]);
        house.verify_with("v1.0.0", &house.verifier(), &[], &recorded)
    };
    assert!(verify(&id, &house.commit).is_good());
    // The tag is made again: a good signature over the same commit, and still not the recorded tag.
    house.git(&["update-ref", "-d", "refs/tags/v1.0.0"]);
    let again = house.sign("v1.0.0", "Release, once more");
    assert!(house.oracle("v1.0.0"), "git lets it pass");
    assert!(
        matches!(only(&verify(&id, &house.commit)), TagProblem::Moved { found, .. } if *found == again)
    );
    house.git(&["update-ref", "-d", "refs/tags/v1.0.0"]);
    house.git(&["tag", "v1.0.0", house.commit.as_str()]);
    let report = verify(&id, &house.commit);
    assert!(
        report
            .problems()
            .iter()
            .any(|problem| matches!(problem, TagProblem::Moved { .. }))
    );
}

#[test]
fn adv_117_keys_in_the_tree_of_the_tag_are_never_asked() {
    if testkit::program("ssh-keygen").is_none() {
        return;
    }
    let house = House::new();
    let eve = SshKey::from_seed(&[66; 32]);
    let line = eve.allowed_signers_line("ada@example.org");
    let request = CommitRequest::new("main", "keys", house.who.clone())
        .file(".allowed_signers", line.clone())
        .file("allowed_signers", line);
    let commit = house.repository.commit(&request).unwrap();
    let signer = |bytes: &[u8]| eve.sign("git", bytes).map_err(|error| error.to_string());
    let tag = TagRequest::new("v1.0.0", commit, "Release", house.who.clone());
    house.repository.create_tag(&tag.signed(&signer)).unwrap();
    let report = house.verify("v1.0.0");
    assert_eq!(
        report.signature().map(Verdict::name),
        Some("unknown-signer")
    );
    assert!(!report.is_good() && !house.oracle("v1.0.0"));
}

#[test]
fn adv_119_a_name_that_differs_in_case_only_is_found() {
    let house = House::new();
    house.sign("v1.0.0-rc.1", "Release");
    house.sign("V1.0.0-RC.1", "Release");
    let report = house.verify("v1.0.0-rc.1");
    let other = "V1.0.0-RC.1".to_owned();
    assert_eq!(only(&report), &TagProblem::CaseTwin { other });
}

/// Runs openssl in a directory; it must succeed.
#[track_caller]
fn openssl(dir: &Path, args: &[&str]) {
    let output = Command::new("openssl").args(args).current_dir(dir).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {args:?}: {said}");
}

#[test]
fn adv_137_x509_whose_mathematics_hold_is_recognised_and_never_good() {
    if testkit::program("openssl").is_none() {
        return;
    }
    let house = House::new();
    let dir = house.path().join(".git");
    let commit = &house.commit;
    let body = format!(
        "object {commit}\ntype commit\ntag v1.0.0\ntagger A <a@x> 1767225600 +0000\n\nRelease\n"
    );
    std::fs::write(dir.join("body"), &body).unwrap();
    openssl(
        &dir,
        &[
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Ada", "-days", "30",
            "-keyout", "x509.key", "-out", "x509.crt",
        ],
    );
    openssl(
        &dir,
        &[
            "cms", "-sign", "-binary", "-outform", "PEM", "-in", "body", "-signer", "x509.crt",
            "-inkey", "x509.key", "-out", "x509.sig",
        ],
    );
    // The signature is right, as long as one believes the certificate that comes with it.
    openssl(
        &dir,
        &[
            "cms", "-verify", "-binary", "-inform", "PEM", "-in", "x509.sig", "-content", "body",
            "-CAfile", "x509.crt", "-purpose", "any", "-out", "x509.out",
        ],
    );
    let armored = std::fs::read_to_string(dir.join("x509.sig")).unwrap();
    // As `gpgsm` calls it.
    let armored = armored.replace("CMS-----", "SIGNED MESSAGE-----");
    house.forge("v1.0.0", format!("{body}{armored}").as_bytes());
    let keyring = Keyring::new().with_ssh(house.verifier());
    let report = house.verify_with("v1.0.0", &keyring, &[], &BTreeMap::new());
    assert!(
        report.problems().is_empty() && !report.is_good(),
        "{report:?}"
    );
    let verdict = report.signature().unwrap();
    assert!(
        matches!(
            verdict,
            Verdict::Untrusted {
                kind: SignatureKind::X509,
                signer: None,
                why: Distrust::Chain { .. },
            }
        ),
        "{verdict}"
    );
    // A verifier of one kind alone does not take it for its own.
    let verdict = house.verify("v1.0.0");
    assert!(!verdict.is_good(), "{verdict:?}");
}

#[test]
fn adv_138_a_signer_of_other_names_may_not_sign_this_one() {
    let house = House::new();
    house.sign("v1.0.0", "Release");
    house.sign("nightly-1", "Nightly");
    let signers = [
        TagSigners::new("nightly-*", ["ada@example.org"]),
        TagSigners::new("v*", ["bob@example.org", "SHA256:other"]),
    ];
    let verify =
        |name: &str| house.verify_with(name, &house.verifier(), &signers, &BTreeMap::new());
    assert!(verify("nightly-1").is_good());
    let report = verify("v1.0.0");
    let verdict = report.signature().unwrap();
    assert!(
        matches!(
            verdict,
            Verdict::Untrusted {
                why: Distrust::Subject { .. },
                ..
            }
        ),
        "{verdict}"
    );
    // By the fingerprint of the key.
    let signers = [TagSigners::new("v*", [house.ada.key()])];
    assert!(
        house
            .verify_with("v1.0.0", &house.verifier(), &signers, &BTreeMap::new())
            .is_good()
    );
}

#[test]
fn any_changed_byte_of_a_signed_tag_is_found() {
    let house = House::new();
    house.sign("v1.0.0", "Release");
    let bytes = house.object("v1.0.0");
    // One bit of each byte; the loose object is written anew, under its right id.
    for index in (0..bytes.len()).step_by(testkit::scale(7, 1)) {
        let mut changed = bytes.clone();
        changed[index] ^= 1;
        house.git(&["update-ref", "-d", "refs/tags/v1.0.0"]);
        house.forge("v1.0.0", &changed);
        assert!(!house.verify("v1.0.0").is_good(), "byte {index}");
    }
}

/// Runs gpg in a home of its own as of some day.
pub(crate) struct Gpg {
    pub(crate) home: tempfile::TempDir,
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf")
            .args(["--kill", "all"])
            .env("GNUPGHOME", self.home.path())
            .output();
    }
}

impl Gpg {
    #[track_caller]
    pub(crate) fn run(&self, day: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
        use std::io::Write as _;
        let mut child = Command::new("gpg")
            .arg("--homedir")
            .arg(self.home.path())
            .args([
                "--batch",
                "--no-tty",
                "--quiet",
                "--pinentry-mode=loopback",
                "--passphrase=",
            ])
            .arg(format!("--faked-system-time={day}T120000"))
            .args(args)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let out = child.wait_with_output().unwrap();
        assert!(
            out.status.success(),
            "gpg {args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        out.stdout
    }

    pub(crate) fn key(&self, name: &str, expire: &str) {
        let user = format!("{name}@example.org");
        self.run(
            "20240101",
            &["--quick-gen-key", &user, "ed25519", "sign", expire],
            b"",
        );
    }
}
