//! What the tests of this crate share.

use std::path::Path;
use std::process::Command;

use promenade_git::{CommitId, CommitRequest, GitLedger, Ident, Repository};
use promenade_promotion::ledger::{OpId, StreamId};

pub(crate) fn ada() -> Ident {
    Ident::new(
        "Ada",
        "ada@example.org",
        "2026-01-05T09:00:00+01:00".parse().unwrap(),
    )
    .unwrap()
}

/// A new repository in a directory that lives as long as the first value.
pub(crate) fn fresh() -> (tempfile::TempDir, Repository) {
    let dir = tempfile::tempdir().unwrap();
    let repository = Repository::init(dir.path()).unwrap();
    (dir, repository)
}

pub(crate) fn commit(repository: &Repository, path: &str, text: &str) -> CommitId {
    let request = CommitRequest::new("main", format!("set {path} to {text}"), ada());
    repository.commit(&request.file(path, text)).unwrap()
}

pub(crate) fn ledger(repository: &Repository) -> GitLedger {
    GitLedger::new(repository, &ada()).clock(|| "2026-01-05T09:00:00Z".parse().unwrap())
}

pub(crate) fn stream() -> StreamId {
    StreamId::new("ledger").unwrap()
}

pub(crate) fn op(text: impl std::fmt::Display) -> OpId {
    OpId::new(text.to_string()).unwrap()
}

/// Runs git itself, the oracle.
#[track_caller]
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let (ok, text) = try_git(dir, args);
    assert!(ok, "git {args:?}: {text}");
    text
}

#[track_caller]
pub(crate) fn try_git(dir: &Path, args: &[&str]) -> (bool, String) {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "protocol.file.allow=always",
        ])
        .arg("-C")
        .arg(dir)
        .args(args)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[track_caller]
pub(crate) fn fsck(dir: &Path) {
    let text = git(dir, &["fsck", "--strict", "--full", "--no-dangling"]);
    // A repository that holds nothing but a ledger has no branch, and git remarks on that.
    let said: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("notice: "))
        .collect();
    assert_eq!(said, [""; 0], "fsck has nothing to say");
}
