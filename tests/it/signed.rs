//! Verdicts on signed tags on the command line.

use promenade::git::{CommitRequest, Ident, Repository, TagRequest};
use promenade::signature::{MakeSignature as _, SshKey};
use serde_json::Value;

use crate::command::{git, promenade};

#[test]
fn signed_tags_are_judged_by_the_keyring_that_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let repository = Repository::init(dir.path()).unwrap();
    let when = "2026-01-05T09:00:00Z".parse().unwrap();
    let who = Ident::new("Ada", "ada@example.org", when).unwrap();
    let request = CommitRequest::new("main", "a first file", who.clone()).file("VERSION", "1\n");
    let commit = repository.commit(&request).unwrap();
    let (ada, eve) = (SshKey::from_seed(&[7; 32]), SshKey::from_seed(&[66; 32]));
    for (name, key) in [("v0.1.0", &ada), ("v0.2.0", &eve)] {
        let signer = |bytes: &[u8]| key.sign("git", bytes).map_err(|error| error.to_string());
        let tag = TagRequest::new(name, commit.clone(), format!("Release {name}"), who.clone());
        repository.create_tag(&tag.signed(&signer)).unwrap();
    }
    // An old signed tag under a new name.
    let old = git(dir.path(), &["rev-parse", "refs/tags/v0.1.0"]);
    git(dir.path(), &["update-ref", "refs/tags/v0.3.0", old.trim()]);
    let keyring = dir.path().join("allowed");
    std::fs::write(&keyring, ada.allowed_signers_line("ada@example.org")).unwrap();

    let tags = [
        "--process",
        "preset:rustshare",
        "--at",
        "2026-11-21T00:00:00Z",
        "tags",
    ];
    let keys = ["--allowed-signers", "allowed", "--format", "json"];
    let run = promenade(dir.path(), &[&tags[..], &keys].concat());
    assert_eq!(run.code, 1, "{}", run.err);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    let verdict = |name: &str| {
        let all = json["tags"].as_array().unwrap();
        all.iter().find(|tag| tag["tag"] == name).unwrap()["verdict"].clone()
    };
    assert_eq!(verdict("v0.1.0")["good"], true);
    assert_eq!(verdict("v0.1.0")["signer"], "ada@example.org");
    assert_eq!(verdict("v0.2.0")["signature"], "unknown-signer");
    let replayed = verdict("v0.3.0");
    assert_eq!(replayed["good"], false);
    assert!(
        replayed["problems"][0].as_str().unwrap().contains("v0.1.0"),
        "{replayed}"
    );

    let text = promenade(dir.path(), &[&tags[..], &keys[..2]].concat()).out;
    assert!(
        text.contains("signature: good, by ada@example.org"),
        "{text}"
    );
    // Without a keyring there is no verdict.
    let plain = ["--process", "preset:celo", "--format", "json", "tags"];
    let json: Value = serde_json::from_str(&promenade(dir.path(), &plain).out).unwrap();
    assert!(json["tags"][0]["verdict"].is_null());
    let run = promenade(
        dir.path(),
        &[&tags[..], &["--allowed-signers", "absent"]].concat(),
    );
    assert_eq!(run.code, 2);
}

/// Runs a command on signed tags, by the people of a process that lies outside the repository.
fn by_people(command: &str, tables: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let repository = Repository::init(dir.path()).unwrap();
    let when = "2026-01-05T09:00:00Z".parse().unwrap();
    let who = Ident::new("Ada", "ada@example.org", when).unwrap();
    let eve = SshKey::from_seed(&[66; 32]);
    // Keys that come with what is judged are never asked.
    let request = CommitRequest::new("main", "a first file", who.clone()).file(
        "allowed_signers",
        eve.allowed_signers_line("ada@example.org"),
    );
    let commit = repository.commit(&request).unwrap();
    let ada = SshKey::from_seed(&[7; 32]);
    for (name, key) in [("v0.1.0", &ada), ("v1.0.0", &ada), ("v0.2.0", &eve)] {
        let signer = |bytes: &[u8]| key.sign("git", bytes).map_err(|error| error.to_string());
        let tag = TagRequest::new(name, commit.clone(), format!("Release {name}"), who.clone());
        repository.create_tag(&tag.signed(&signer)).unwrap();
    }
    let process = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "[process]\nformat = 1\nname = \"acme\"\n[version]\nscheme = \"semver\"\n\
         below-one = \"breaking-is-minor\"\n[[tag]]\nclass = \"release\"\ntemplate = \"v{{version}}\"\n\
         [[person]]\nname = \"ada\"\nkeys = [\"ssh:{}\"]\n{}",
        ada.key(),
        tables.replace("KEY", &format!("ssh:{}", ada.key()))
    );
    std::fs::write(process.path(), text).unwrap();
    let file = process.path().to_str().unwrap();
    let at = "2026-11-21T00:00:00Z";
    let args = ["--process", file, "--format", "json", "--at", at, command];
    let run = promenade(dir.path(), &args);
    assert!(run.code <= 1, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

fn verdicts(json: &Value) -> Vec<(&str, &str)> {
    let tags = json["tags"].as_array().unwrap().iter();
    tags.map(|tag| {
        (
            tag["tag"].as_str().unwrap(),
            tag["verdict"]["signature"].as_str().unwrap(),
        )
    })
    .collect()
}

#[test]
fn the_people_of_the_process_are_the_keyring() {
    let json = by_people("tags", "");
    assert_eq!(
        verdicts(&json),
        [
            ("v0.1.0", "good"),
            ("v0.2.0", "unknown-signer"),
            ("v1.0.0", "good")
        ]
    );
    assert_eq!(json["tags"][0]["verdict"]["signer"], "ada");
    // A key for some names, and for some time.
    let json = by_people("tags", "[[key]]\nid = \"KEY\"\ntags = \"v*,!v0.*\"\n");
    assert_eq!(verdicts(&json)[0], ("v0.1.0", "untrusted"));
    assert_eq!(verdicts(&json)[2], ("v1.0.0", "good"));
    let json = by_people(
        "tags",
        "[[key]]\nid = \"KEY\"\nvalid-before = \"2026-01-01T00:00:00Z\"\n",
    );
    assert_eq!(verdicts(&json)[2], ("v1.0.0", "untrusted"));
}

/// `audit` judges by the same keyring: each signed tag that is not good is a finding, and says why.
#[test]
fn an_audit_judges_by_the_keys_of_the_process() {
    let judged = |tables: &str| {
        let audit = by_people("audit", tables);
        let mut found = Vec::new();
        for finding in audit["findings"].as_array().unwrap() {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            if text("rule").starts_with("tag-signature-") {
                found.push((text("subject"), text("rule"), text("message")));
            }
        }
        found.sort();
        (audit["summary"]["good signatures"].as_u64(), found)
    };
    #[track_caller]
    fn is(found: &(String, String, String), subject: &str, why: &str) {
        assert_eq!(
            (found.0.as_str(), found.1.as_str()),
            (subject, "tag-signature-untrusted")
        );
        assert!(found.2.contains(why), "{}", found.2);
    }
    let (good, found) = judged("");
    assert_eq!((good, found.len()), (Some(2), 1), "{found:?}");
    is(&found[0], "v0.2.0", "unknown signer");

    // A key for some names.
    let (good, found) = judged("[[key]]\nid = \"KEY\"\ntags = \"v*,!v0.*\"\n");
    assert_eq!((good, found.len()), (Some(1), 2), "{found:?}");
    is(&found[0], "v0.1.0", "may not sign `v0.1.0`");
    is(&found[1], "v0.2.0", "unknown signer");

    // A key for some time, which is over, or has not come.
    let (good, found) = judged("[[key]]\nid = \"KEY\"\nvalid-before = \"2026-01-01T00:00:00Z\"\n");
    assert_eq!((good, found.len()), (None, 3), "{found:?}");
    is(&found[0], "v0.1.0", "the key counts until 2026-01-01");
    is(&found[2], "v1.0.0", "the key counts until 2026-01-01");
    let (good, found) = judged("[[key]]\nid = \"KEY\"\nvalid-after = \"2026-02-01T00:00:00Z\"\n");
    assert_eq!((good, found.len()), (None, 3), "{found:?}");
    is(&found[0], "v0.1.0", "the key counts from 2026-02-01");
}
