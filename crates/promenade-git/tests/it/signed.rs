//! Signatures of records: an approval counts if the person it names signed it, with real keys of
//! `ssh-keygen` and `gpg`.

use std::path::Path;
use std::process::Command as Program;
use std::time::Duration;

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use promenade_git::{GitLedger, RecordSignature, RecordSignatures, Repository};
use promenade_process::Process;
use promenade_process::port::signature::{MakeSignature, VerifySignature};
use promenade_promotion::ledger::{LedgerStore, Record};
use promenade_promotion::{
    Artifacts, Command, Context, Done, Journal, Lane, Replay, decide, replay,
};
use promenade_signature::{
    AllowedSigners, GpgVerifier, Keyring, PgpKeys, PgpVerifier, SshKeygenSigner, SshVerifier,
};

use crate::support::{fresh, fsck, git, ledger, op, stream};
use crate::verify::Gpg;

fn now() -> DateTime<Utc> {
    "2026-11-21T00:00:00Z".parse().unwrap()
}

/// A process with an environment that one maintainer must approve: ada or bob.
fn process(ada: &str, bob: &str) -> Process {
    let text = format!(
        r#"
        [process]
        format = 1
        name = "acme"

        [version]
        scheme = "semver"
        below-one = "breaking-is-minor"

        [[environment]]
        name = "staging"
        accepts = "candidate"
        gates = [{{ approvals = {{ count = 1, from = ["maintainers"] }} }}, {{ check = "smoke" }}]

        [waivers]
        from = ["maintainers"]

        [[person]]
        name = "ada"
        keys = ["{ada}"]
        roles = ["maintainers"]

        [[person]]
        name = "bob"
        keys = ["{bob}"]
        roles = ["maintainers"]
        "#
    );
    Process::parse("release.toml", &text).unwrap()
}

fn approve() -> Command {
    Command::Approve {
        environment: "staging".parse().unwrap(),
        subject: "1.0.0-rc.1".parse().unwrap(),
    }
}

fn waive() -> Command {
    Command::Waive {
        environment: "staging".parse().unwrap(),
        expires: now() + chrono::TimeDelta::days(9),
        gate: "check:smoke".to_owned(),
        reason: "the farm burnt down".to_owned(),
        subject: "1.0.0-rc.1".parse().unwrap(),
    }
}

fn promote() -> Command {
    Command::Promote {
        automated: false,
        consent: None,
        derived: None,
        environment: "staging".parse().unwrap(),
        subject: "1.0.0-rc.1".parse().unwrap(),
    }
}

/// A ledger that holds a candidate.
struct House {
    dir: tempfile::TempDir,
    repository: Repository,
    process: Process,
}

impl House {
    fn new(ada: &str, bob: &str) -> Self {
        let (dir, repository) = fresh();
        let process = process(ada, bob);
        let house = Self {
            dir,
            repository,
            process,
        };
        let register = Command::RegisterCandidate {
            artifacts: Artifacts::new([("app", Digest::sha256(b"app"))]).unwrap(),
            commit: "94e3a1c0d2b54f6787980a1b2c3d4e5f60718293".parse().unwrap(),
            lane: Lane::Regular,
            tag: None,
            version: "1.0.0-rc.1".parse().unwrap(),
        };
        house.run(&house.ledger(), "ci:build", "register", &register);
        house
    }

    fn ledger(&self) -> GitLedger {
        ledger(&self.repository)
    }

    fn signed(&self, key: &SshKeygenSigner) -> GitLedger {
        let key = key.clone();
        self.ledger()
            .signed(move |bytes| key.sign("git", bytes).map_err(|error| error.to_string()))
    }

    #[track_caller]
    fn run(&self, ledger: &GitLedger, by: &str, name: &str, command: &Command) {
        let journal = Journal::new(ledger, stream(), self.process.promotion());
        let context = Context::new(by.parse().unwrap(), now());
        let done = journal.run(&op(name), command, &context).unwrap();
        assert!(matches!(done, Done::Appended { .. }), "{done:?}");
    }

    fn trusted(&self, verifier: &dyn VerifySignature) -> Replay {
        let ledger = self.ledger();
        let witness = RecordSignatures::new(&ledger, &stream(), verifier, now());
        let roster = self.process.promotion().roster();
        let mut replay = Replay::new(&stream());
        replay.read_on_trusting(&ledger, roster, &witness).unwrap();
        replay
    }

    /// The gates that hold a promotion back, of those that count by this keyring.
    #[track_caller]
    fn held_by(&self, verifier: &dyn VerifySignature) -> Vec<String> {
        let context = Context::new("ci:deploy".parse().unwrap(), now());
        let trusted = self.trusted(verifier);
        let policy = self.process.promotion();
        let verdict = decide(trusted.state(), &promote(), policy, &context);
        // What a journal does with that witness is the same.
        let ledger = self.ledger();
        let witness = RecordSignatures::new(&ledger, &stream(), verifier, now());
        let journal = Journal::new(&ledger, stream(), policy).trusting(&witness);
        assert_eq!(journal.replay().unwrap().0, *trusted.state());
        let gates = verdict.blockers().iter().map(|one| one.gate.clone());
        gates.collect()
    }

    #[track_caller]
    fn doubts(&self, verifier: &dyn VerifySignature) -> Vec<String> {
        let trusted = self.trusted(verifier);
        trusted.doubts().iter().map(ToString::to_string).collect()
    }

    fn last(&self) -> Record {
        let ledger = self.ledger();
        let head = ledger.head(&stream()).unwrap();
        let mut last = None;
        ledger
            .read(&stream(), head.seq, &mut |record| {
                last = Some(record);
                true
            })
            .unwrap();
        last.unwrap()
    }
}

/// A key that `ssh-keygen` makes.
struct Key {
    signer: SshKeygenSigner,
    public: String,
    actor: String,
}

fn key(program: &Path, dir: &Path, name: &str) -> Key {
    let file = dir.join(name);
    let made = Program::new(program)
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
        .arg(&file)
        .status();
    assert!(made.unwrap().success());
    let public = std::fs::read_to_string(file.with_extension("pub")).unwrap();
    let signer = SshKeygenSigner::new(program, &file, &public, Duration::from_secs(30)).unwrap();
    let actor = format!("ssh:{}", signer.key());
    Key {
        signer,
        public,
        actor,
    }
}

fn keyring(lines: &str) -> SshVerifier {
    SshVerifier::new(lines.parse::<AllowedSigners>().unwrap())
}

#[test]
fn an_approval_counts_if_the_person_it_names_signed_it_with_ssh() {
    let Some(program) = testkit::program("ssh-keygen") else {
        return;
    };
    let keys = tempfile::tempdir().unwrap();
    let key = |name| key(&program, keys.path(), name);
    let (ada, bob, eve) = (key("ada"), key("bob"), key("eve"));
    let house = House::new(&ada.actor, &bob.actor);
    let known = keyring(&format!("ada@x {}bob@x {}", ada.public, bob.public));
    let both = ["check:smoke", "approvals"];
    assert_eq!(house.held_by(&known), both);

    // Not signed at all; whoever may push can write it.
    house.run(&house.ledger(), &ada.actor, "a", &approve());
    house.run(&house.ledger(), &ada.actor, "b", &waive());
    assert_eq!(house.held_by(&known), both);
    let unsigned = format!(
        "record 2 (`approved` by {}) does not count: it is not signed",
        ada.actor
    );
    assert_eq!(house.doubts(&known)[0], unsigned);
    assert_eq!(house.doubts(&known).len(), 2, "the waiver neither");

    // By a key that nobody knows.
    house.run(&house.signed(&eve.signer), &ada.actor, "c", &approve());
    assert_eq!(house.held_by(&known), both);
    let doubt = house.doubts(&known).pop().unwrap();
    assert!(
        doubt.contains("by an unknown signer, ssh key SHA256:"),
        "{doubt}"
    );

    // By a key of somebody else.
    house.run(&house.signed(&bob.signer), &ada.actor, "d", &approve());
    assert_eq!(house.held_by(&known), both);
    let doubt = house.doubts(&known).pop().unwrap();
    assert!(
        doubt.ends_with(&format!("it is signed by {}, a key of bob", bob.actor)),
        "{doubt}"
    );
    let all = keyring(&format!(
        "ada@x {}bob@x {}eve@x {}",
        ada.public, bob.public, eve.public
    ));
    let doubts = house.doubts(&all).join("\n");
    assert!(
        doubts.contains("a key of nobody"),
        "a keyring is not a roster: {doubts}"
    );

    // By a key that was taken back before.
    let before = keyring(&format!("ada@x valid-before=\"20260101Z\" {}", ada.public));
    house.run(&house.signed(&ada.signer), &ada.actor, "e", &approve());
    assert_eq!(house.held_by(&before), both);
    let doubt = house.doubts(&before).pop().unwrap();
    assert!(doubt.contains("the key counts until 2026-01-01"), "{doubt}");

    // By her: it counts, and so does her waiver.
    assert_eq!(house.held_by(&known), ["check:smoke"]);
    house.run(&house.signed(&ada.signer), &ada.actor, "f", &waive());
    assert_eq!(house.held_by(&known), [""; 0]);
    // Without a witness everything counts; the state of the ledger is the same for everybody.
    let (state, _) = replay(&house.ledger(), &stream()).unwrap();
    let mut trusted = house.trusted(&all).state().clone();
    trusted.sets.clone_from(&state.sets);
    assert_eq!(trusted, state, "nothing but approvals and waivers differs");
    fsck(house.dir.path());
}

#[test]
fn an_approval_counts_if_the_person_it_names_signed_it_with_gpg() {
    let Some(gpg) = testkit::program("gpg") else {
        return;
    };
    let home = Gpg {
        home: tempfile::Builder::new().prefix("g").tempdir().unwrap(),
    };
    let fingerprint = |name: &str| {
        home.key(name, "0");
        let user = format!("{name}@example.org");
        let listed = home.run("20260105", &["--with-colons", "--list-keys", &user], b"");
        let listed = String::from_utf8(listed).unwrap();
        let line = listed.lines().find(|line| line.starts_with("fpr:"));
        line.unwrap().split(':').nth(9).unwrap().to_owned()
    };
    let (ada, bob) = (fingerprint("ada"), fingerprint("bob"));
    // A process may spell a fingerprint in either case.
    let actors = [&ada, &bob].map(|key| format!("openpgp:{}", key.to_lowercase()));
    let house = House::new(&actors[0], &actors[1]);
    let home = std::sync::Arc::new(home);
    let signed = |name: &str| {
        let (home, user) = (home.clone(), format!("{name}@example.org"));
        house.ledger().signed(move |bytes| {
            let args = ["--armor", "--detach-sign", "--local-user", &user];
            Ok(String::from_utf8(home.run("20260105", &args, bytes)).unwrap())
        })
    };
    house.run(&signed("bob"), &actors[0], "a", &approve());
    house.run(&signed("ada"), &actors[0], "b", &approve());
    let verifiers = |keys: &[u8]| -> [Box<dyn VerifySignature>; 2] {
        let ours = PgpVerifier::new(PgpKeys::parse(keys).unwrap());
        let theirs = GpgVerifier::new(&gpg, keys, Duration::from_secs(30)).unwrap();
        [
            Box::new(Keyring::new().with_pgp(ours)),
            Box::new(Keyring::new().with_pgp(theirs)),
        ]
    };
    let keys = home.run("20261121", &["--armor", "--export"], b"");
    for verifier in verifiers(&keys) {
        assert_eq!(house.held_by(&*verifier), ["check:smoke"]);
        let doubts = house.doubts(&*verifier);
        assert_eq!(doubts.len(), 1, "{doubts:?}");
        assert!(doubts[0].ends_with("a key of bob"), "{doubts:?}");
    }
    // Revoked, it counts no more.
    let file = home.home.path().join(format!("openpgp-revocs.d/{ada}.rev"));
    let revocation = std::fs::read_to_string(file).unwrap();
    let revocation = revocation.replace(":-----BEGIN", "-----BEGIN");
    home.run("20260601", &["--import"], revocation.as_bytes());
    let keys = home.run("20261121", &["--armor", "--export"], b"");
    for verifier in verifiers(&keys) {
        assert_eq!(house.held_by(&*verifier), ["check:smoke", "approvals"]);
        let doubt = house.doubts(&*verifier).pop().unwrap();
        assert!(doubt.contains("revoked"), "{doubt}");
    }
}

#[test]
fn a_signature_of_another_record_is_none() {
    let Some(program) = testkit::program("ssh-keygen") else {
        return;
    };
    let keys = tempfile::tempdir().unwrap();
    let ada = key(&program, keys.path(), "ada");
    let house = House::new(&ada.actor, "ssh:SHA256:bob");
    let known = keyring(&format!("ada@x {}", ada.public));
    house.run(&house.signed(&ada.signer), &ada.actor, "a", &approve());
    let record = house.last();
    let store = house.ledger();
    let signatures = || RecordSignatures::new(&store, &stream(), &known, now());
    let found = signatures().signature(&record).unwrap();
    assert_eq!(found.good().unwrap().principal, "ada@x");
    // Git itself agrees.
    let allowed = keys.path().join("allowed");
    std::fs::write(&allowed, format!("ada@x {}", ada.public)).unwrap();
    let allowed = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    let verify = ["-c", &allowed, "verify-commit", "refs/promenade/ledger"];
    git(house.dir.path(), &verify);

    // Her signature, with another record in the tree, and then with another one in the message too.
    let show = |spec: &str| git(house.dir.path(), &["cat-file", "-p", spec]);
    let commit = show("refs/promenade/ledger");
    let mut forged = record.clone();
    forged.op = op("forged");
    let put = |kind: &str, text: &[u8]| {
        let file = house.dir.path().join(".git/forged");
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let id = git(house.dir.path(), &["hash-object", "-t", kind, "-w", file]);
        id.trim().to_owned()
    };
    let blob = put("blob", &forged.canonical_bytes());
    let name = house.dir.path().join(".git/list");
    std::fs::write(&name, format!("100644 blob {blob}\trecord\n")).unwrap();
    let tree = std::fs::File::open(&name).unwrap();
    let made = Program::new("git")
        .arg("mktree")
        .current_dir(house.dir.path())
        .stdin(tree)
        .output();
    let tree = String::from_utf8(made.unwrap().stdout).unwrap();
    let old = show("refs/promenade/ledger^{tree}");
    assert!(old.contains("record"), "{old}");
    let (_, rest) = commit.split_once('\n').unwrap();
    let other = format!("tree {}\n{rest}", tree.trim());
    let at = |id: &str| {
        git(
            house.dir.path(),
            &["update-ref", "refs/promenade/ledger", id],
        )
    };
    at(&put("commit", other.as_bytes()));
    let found = signatures().signature(&house.last()).unwrap();
    let named = Some(record.hash().to_string());
    assert_eq!(found, RecordSignature::OtherRecord { named });
    assert_eq!(house.held_by(&known), ["check:smoke", "approvals"]);
    let other = other.replace(&record.hash().to_string(), &forged.hash().to_string());
    at(&put("commit", other.as_bytes()));
    let found = signatures().signature(&house.last()).unwrap();
    assert!(found.to_string().contains("is bad"), "{found}");
    assert_eq!(house.held_by(&known), ["check:smoke", "approvals"]);
    // Under a header that is none.
    let unsigned = put("commit", commit.replace("gpgsig", "gpgold").as_bytes());
    at(&unsigned);
    let found = signatures().signature(&house.last()).unwrap();
    assert_eq!(found, RecordSignature::Unsigned);
}
