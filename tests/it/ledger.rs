//! `promenade ledger`, run as a program in real repositories.

use std::path::Path;

use crate::command::{git, json, promenade};

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
    let done = json(&work, &[&adopt[..], &["--execute"]].concat());
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
