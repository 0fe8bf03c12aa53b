//! `promenade ledger`, run as a program in real repositories.

use std::path::Path;

use promenade::git::{GitLedger, Ident, Repository};
use promenade::process::Process;
use promenade::promotion::ledger::{OpId, StreamId};
use promenade::promotion::{Command as Act, Context, Done, Journal};

use crate::command::{git, json, promenade};
use crate::house::{House, ssh_key};

/// A repository with three tags, and a bare remote of it.
fn repository(dir: &Path) -> std::path::PathBuf {
    let work = dir.join("work");
    git(dir, &["init", "-q", "-b", "main", "work"]);
    git(&work, &["config", "user.name", "Ada"]);
    git(&work, &["config", "user.email", "ada@example.org"]);
    for tag in ["v0.1.0", "v0.2.0-rc.1", "v0.2.0"] {
        git(&work, &["commit", "-q", "--allow-empty", "-m", tag]);
        git(&work, &["tag", "-a", "-m", tag, tag]);
    }
    git(dir, &["clone", "-q", "--bare", "work", "remote.git"]);
    git(&work, &["remote", "add", "origin", "../remote.git"]);
    work
}

#[test]
fn a_history_is_adopted_shared_and_verified() {
    let dir = tempfile::tempdir().unwrap();
    let work = repository(dir.path());
    let adopt = ["--process", "preset:rustshare", "ledger", "adopt"];
    let plan = promenade(&work, &adopt);
    assert_eq!(plan.code, 0, "{}", plan.err);
    assert!(plan.out.starts_with("adopt 3 versions\n") && plan.out.contains("--execute"));
    assert_eq!(
        git(&work, &["for-each-ref", "refs/promenade"]),
        "",
        "a plan writes nothing"
    );
    let nobody = [&adopt[..], &["--as", "grace", "--execute"]].concat();
    let nobody = promenade(&work, &nobody);
    assert_eq!(nobody.code, 2);
    assert!(
        nobody.err.contains("`grace` is no person"),
        "{}",
        nobody.err
    );
    let done = json(
        &work,
        &[&adopt[..], &["--as", "ci:import", "--execute"]].concat(),
    );
    assert_eq!(done["executed"], true);
    assert_eq!(done["versions"].as_array().unwrap().len(), 3);
    let again = promenade(&work, &[&adopt[..], &["--execute"]].concat());
    assert_eq!(again.code, 3, "{}", again.err);

    let verified = json(&work, &["ledger", "verify"]);
    let head = verified["head"]["text"].as_str().unwrap().to_owned();
    assert_eq!(
        (&verified["ok"], &verified["records"]),
        (&true.into(), &1.into())
    );
    assert_eq!(promenade(&work, &["ledger", "push", "--execute"]).code, 0);
    git(dir.path(), &["clone", "-q", "remote.git", "other"]);
    let other = dir.path().join("other");
    let pull = ["ledger", "pull", "--pinned", &head, "--execute"];
    assert_eq!(json(&other, &pull)["to"]["text"], head.as_str());
    assert_eq!(
        json(&work, &["ledger", "export"])["records"],
        json(&other, &["ledger", "export"])["records"]
    );
    let log = json(&other, &["ledger", "log"]);
    assert_eq!(log["records"][0]["event"], "adopted");
    assert_eq!(log["records"][0]["by"], "ci:import");
    let forged = format!("1@sha256:{}", "0".repeat(64));
    let refused = promenade(&other, &["ledger", "verify", "--pinned", &forged]);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("pinned"), "{}", refused.out);
}

#[test]
fn one_changed_byte_of_a_record_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let work = repository(dir.path());
    let adopt = [
        "--process",
        "preset:rustshare",
        "ledger",
        "adopt",
        "--execute",
    ];
    assert_eq!(promenade(&work, &adopt).code, 0);
    let id = |spec: &str| git(&work, &["rev-parse", spec]).trim().to_owned();
    let path = |id: &str| work.join(".git/objects").join(&id[..2]).join(&id[2..]);
    let blob = id("refs/promenade/ledger:record");
    let text = git(&work, &["cat-file", "blob", &blob]).replace("0.1.0", "0.1.1");
    std::fs::write(work.join("changed"), text).unwrap();
    let changed = git(&work, &["hash-object", "-w", "changed"])
        .trim()
        .to_owned();
    std::fs::remove_file(path(&blob)).unwrap();
    std::fs::copy(path(&changed), path(&blob)).unwrap();
    let verify = promenade(&work, &["ledger", "verify"]);
    assert_eq!(verify.code, 1);
    assert!(verify.out.contains("record 1 is broken"), "{}", verify.out);
}

/// A process whose staging one maintainer must approve, by a record that she signed.
const SIGNED: &str = r#"
[process]
format = 1
name = "acme"

[version]
scheme = "semver"
below-one = "breaking-is-minor"
candidate = { label = "rc.{n}", counter = "label" }

[ledger]
signed = true

[[tag]]
class = "candidate"
template = "v{version}"
annotated = true
signature = "none"
message = "Release candidate {version}"

[[environment]]
name = "staging"
accepts = "candidate"
gates = [{ approvals = { count = 1, from = ["maintainers"] } }]

[[person]]
name = "ada"
keys = ["ADA"]
roles = ["maintainers"]
"#;

#[test]
fn an_approval_that_nobody_signed_does_not_count() {
    let mut house = House::new("cargo-workspace", "main", &[("VERSION", "0.1.0\n")]);
    let Some(key) = ssh_key(&house.beside("")) else {
        return;
    };
    let listed = std::process::Command::new("ssh-keygen")
        .args(["-l", "-f", key.to_str().unwrap()])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let ada = format!("ssh:{}", listed.split(' ').nth(1).unwrap());
    let file = house.beside("release.toml");
    std::fs::write(&file, SIGNED.replace("ADA", &ada)).unwrap();
    house.process = file.to_str().unwrap().to_owned();
    house.build(&house.head());
    let keyless = house.run(&["candidate", "--execute"]);
    assert_eq!(keyless.code, 2);
    assert!(keyless.err.contains("user.signingkey"), "{}", keyless.err);
    house.signs_with_ssh(&key);
    house.act(&["candidate", "--impact", "feature"]);
    assert_eq!(house.held(&["promote", "staging"]), ["approvals"]);

    // Whoever may push can write her name.
    let repository = Repository::open(house.path()).unwrap();
    let at = "2026-11-02T09:30:00Z";
    let who = Ident::new("Eve", "eve@example.org", at.parse().unwrap()).unwrap();
    let ledger = GitLedger::new(&repository, &who).clock(move || at.parse().unwrap());
    let process = Process::parse("release.toml", &SIGNED.replace("ADA", &ada)).unwrap();
    let stream = StreamId::new("ledger").unwrap();
    let forged = Act::Approve {
        environment: "staging".parse().unwrap(),
        subject: "0.1.0-rc.1".parse().unwrap(),
    };
    let asking = Context::new(
        ada.parse().unwrap(),
        at.parse::<chrono::DateTime<chrono::Utc>>().unwrap(),
    );
    let done = Journal::new(&ledger, stream, process.promotion()).run(
        &OpId::new("forged").unwrap(),
        &forged,
        &asking,
    );
    assert!(matches!(done, Ok(Done::Appended { .. })), "{done:?}");
    assert_eq!(house.held(&["promote", "staging"]), ["approvals"]);
    let verified = house.run(&["ledger", "verify"]);
    let report: serde_json::Value = serde_json::from_str(&verified.out).unwrap();
    let doubt = report["doubts"][0].as_str().unwrap();
    assert!(
        doubt.ends_with("does not count: it is not signed"),
        "{doubt}"
    );
    let verdicts: Vec<_> = report["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts.first(), Some(&"unsigned"), "the build, by CI");
    assert!(verdicts.contains(&"good"), "{verdicts:?}");

    house.act(&["approve", "staging"]);
    let last = house.run(&["ledger", "verify"]);
    let report: serde_json::Value = serde_json::from_str(&last.out).unwrap();
    let signature = report["signatures"].as_array().unwrap().last().unwrap();
    assert_eq!(signature["signer"]["person"], "ada", "{signature}");
    house.act(&["promote", "staging"]);
}
