//! Repositories that are odd: their audit has findings, and never a panic.

use std::path::Path;

use serde_json::Value;

use crate::command::{git, json, promenade};
use crate::rebuilt::feed;

const PROCESS: &str = r#"
[process]
format = 1
name = "odd"

[version]
scheme = "semver"
below-one = "breaking-is-minor"

[[tag]]
class = "release"
template = "v{version}"
annotated = true

[changelog]

[definitions]
roots = ["service"]
refs = { named = {}, others = "named-or-default-branch" }

[[file]]
path = "VERSION"

[[environment]]
name = "production"
accepts = "release"
"#;

/// A repository with three commits and the tag `v0.1.0` on the second one.
fn repository(dir: &Path) {
    git(dir, &["init", "-q", "-b", "main", "."]);
    git(dir, &["config", "user.name", "A"]);
    git(dir, &["config", "user.email", "a@example.invalid"]);
    std::fs::write(dir.join("release.toml"), PROCESS).unwrap();
    for (n, version) in ["0.0.0", "0.1.0", "0.2.0"].iter().enumerate() {
        std::fs::write(dir.join("VERSION"), format!("{version}\n")).unwrap();
        git(dir, &["add", "-A"]);
        git(dir, &["commit", "-q", "-m", &format!("commit {n}")]);
        if n == 1 {
            git(dir, &["tag", "-m", "Release", "v0.1.0"]);
        }
    }
}

fn audit(dir: &Path) -> Value {
    json(dir, &["audit"])
}

fn subjects<'a>(audit: &'a Value, rule: &str) -> Vec<&'a str> {
    let findings = audit["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect()
}

#[test]
fn a_shallow_clone_is_audited_as_far_as_it_goes() {
    let dir = tempfile::tempdir().unwrap();
    let full = dir.path().join("full");
    std::fs::create_dir(&full).unwrap();
    repository(&full);
    let url = format!("file://{}", full.display());
    git(
        dir.path(),
        &["clone", "-q", "--depth", "1", &url, "shallow"],
    );
    let audit = audit(&dir.path().join("shallow"));
    assert_eq!(subjects(&audit, "history-shallow"), ["shallow"]);
    assert_eq!(audit["summary"]["commits of the main branch"], 1);
    assert_eq!(subjects(&audit, "object-unreadable"), Vec::<&str>::new());
}

#[test]
fn grafts_and_replaced_objects_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    repository(dir);
    let (first, last) = (
        git(dir, &["rev-parse", "main~2"]),
        git(dir, &["rev-parse", "main"]),
    );
    std::fs::write(dir.join(".git/info/grafts"), format!("{}\n", last.trim())).unwrap();
    git(dir, &["replace", last.trim(), first.trim()]);
    let audit = audit(dir);
    assert_eq!(subjects(&audit, "history-grafted"), ["info/grafts"]);
    assert_eq!(subjects(&audit, "history-replaced"), [last.trim()]);
}

/// Removes an object of a repository that has it as a loose file.
fn remove(dir: &Path, id: &str) {
    let (folder, file) = id.split_at(2);
    std::fs::remove_file(dir.join(".git/objects").join(folder).join(file)).unwrap();
}

#[test]
fn missing_objects_are_findings_wherever_they_are() {
    // A commit in the middle, the tree of a commit, a file at the tag, the target of a tag, a tag object.
    for missing in [
        "main~1",
        "main~1^{tree}",
        "v0.1.0:VERSION",
        "v0.1.0^{commit}",
        "v0.1.0",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        repository(dir);
        let id = git(dir, &["rev-parse", missing]);
        remove(dir, id.trim());
        let audit = audit(dir);
        let found = subjects(&audit, "object-unreadable").len()
            + subjects(&audit, "manifest-unreadable").len();
        assert!(found > 0, "{missing}: {audit:#}");
    }
}

#[test]
fn a_truncated_object_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    repository(dir);
    let id = git(dir, &["rev-parse", "main~1"]);
    let (folder, file) = id.trim().split_at(2);
    let path = dir.join(".git/objects").join(folder).join(file);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(!subjects(&audit(dir), "object-unreadable").is_empty());
}

#[test]
fn tags_of_blobs_and_trees_and_tags_stand_for_nothing_that_is_released() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    repository(dir);
    git(dir, &["tag", "-m", "a key", "key", "main:VERSION"]);
    git(dir, &["tag", "v9.0.0", "main^{tree}"]);
    git(
        dir,
        &[
            "-c",
            "advice.nestedTag=false",
            "tag",
            "-m",
            "again",
            "v0.2.0",
            "v0.1.0",
        ],
    );
    let audit = audit(dir);
    assert_eq!(subjects(&audit, "tag-not-a-commit"), ["key", "v9.0.0"]);
    assert_eq!(subjects(&audit, "tag-nested"), ["v0.2.0"]);
    // It is on the commit of 0.1.0, whose file says so.
    assert_eq!(subjects(&audit, "manifest-differs"), ["v0.2.0"]);
}

#[test]
fn names_that_are_not_utf8_are_named_as_far_as_they_are_text() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    repository(dir);
    let head = git(dir, &["rev-parse", "main"]);
    let update = [
        b"create refs/tags/v1.0.\xff\0".as_slice(),
        head.trim().as_bytes(),
        b"\0",
    ]
    .concat();
    feed(dir, &["update-ref", "--stdin", "-z"], &update);
    // A folder and a definition file whose names are no text either.
    let blob = feed(
        dir,
        &["hash-object", "-w", "--stdin"],
        b"- docker: [\xff\xfe\n",
    );
    let line = [b"100644 blob ", blob.as_bytes(), b"\t\xfe.yaml\n"].concat();
    let tree = feed(dir, &["mktree"], &line);
    let line = [
        b"040000 tree ",
        tree.as_bytes(),
        b"\tservice\n100644 blob ",
        blob.as_bytes(),
        b"\tCHANGELOG.md\n",
    ]
    .concat();
    let root = feed(dir, &["mktree"], &line);
    let commit = git(dir, &["commit-tree", &root, "-p", "main", "-m", "bytes"]);
    git(dir, &["update-ref", "refs/heads/main", commit.trim()]);
    git(dir, &["tag", "-m", "bytes", "v0.3.0", "main"]);
    let audit = audit(dir);
    assert_eq!(subjects(&audit, "tag-not-utf8"), ["v1.0.\u{fffd}"]);
    assert_eq!(subjects(&audit, "changelog-unreadable"), ["v0.3.0"]);
}

#[test]
fn definitions_that_lead_round_in_circles_are_findings() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    repository(dir);
    std::fs::create_dir_all(dir.join("service/nested")).unwrap();
    let circles = [
        "&a [*a]\n",
        "- &a\n  docker: x\n  deploy: *a\n",
        "a: &a {b: *a}\n",
    ];
    for (n, text) in circles.iter().enumerate() {
        std::fs::write(dir.join("service/nested/circle.yaml"), text).unwrap();
        git(dir, &["add", "-A"]);
        git(dir, &["commit", "-q", "-m", &format!("circle {n}")]);
    }
    // A link to the folder above, which would never end: a link is no folder.
    let link = feed(dir, &["hash-object", "-w", "--stdin"], b"..");
    let index = format!("120000 {link}\tservice/nested/up\n");
    feed(dir, &["update-index", "--index-info"], index.as_bytes());
    git(dir, &["commit", "-q", "-m", "a link"]);
    // Deep, so that a reader that calls itself would run out of stack.
    std::fs::write(dir.join("service/nested/circle.yaml"), "[".repeat(20_000)).unwrap();
    git(dir, &["add", "service/nested/circle.yaml"]);
    git(dir, &["commit", "-q", "-m", "deep"]);
    let audit = audit(dir);
    let found = subjects(&audit, "definition-refused").len()
        + subjects(&audit, "definition-unreadable").len();
    assert!(found >= 3, "{audit:#}");
}

/// A baseline makes what is known silent, and only what is new fails.
#[test]
fn only_new_findings_fail_with_a_baseline() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    repository(dir);
    let plain = promenade(dir, &["audit"]);
    assert_eq!(plain.code, 1, "{}", plain.out);
    let known = ["audit", "--baseline", "known.json"];
    let missing = promenade(dir, &known);
    assert_eq!(missing.code, 2, "{}", missing.err);
    let write = [&known[..], &["--write-baseline"]].concat();
    assert_eq!(promenade(dir, &write).code, 0);
    let quiet = promenade(dir, &known);
    assert_eq!(quiet.code, 0, "{}", quiet.out);
    assert!(quiet.out.contains("nothing new was found"), "{}", quiet.out);

    git(dir, &["tag", "v0.9.0", "main"]);
    let new = promenade(dir, &known);
    assert_eq!(new.code, 1, "{}", new.out);
    assert!(
        new.out.contains("v0.9.0") && !new.out.contains("v0.1.0:"),
        "{}",
        new.out
    );
    let listed = json(dir, &known);
    let known: Vec<_> = listed["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["known"])
        .collect();
    assert!(known.contains(&&Value::Bool(true)) && known.contains(&&Value::Bool(false)));
}

/// Only what was made after a revision.
#[test]
fn findings_on_older_commits_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    repository(dir);
    git(dir, &["tag", "v0.9.0", "main"]);
    let audit = json(dir, &["audit", "--since", "v0.1.0"]);
    let found: std::collections::BTreeSet<_> = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["v0.9.0"]);
    let unknown = promenade(dir, &["audit", "--since", "nowhere"]);
    assert_eq!(unknown.code, 2, "{}", unknown.err);
}

/// A tag whose commit is not what the ledger recorded would be found; here the ledger itself is broken.
#[test]
fn a_broken_ledger_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    repository(dir);
    git(dir, &["update-ref", "refs/promenade/ledger", "main"]);
    assert_eq!(subjects(&audit(dir), "ledger-broken"), ["ledger"]);
}

/// Nothing of a terminal is written where there is none.
#[test]
fn the_text_has_no_colour_when_it_is_piped() {
    let dir = tempfile::tempdir().unwrap();
    repository(dir.path());
    let run = promenade(dir.path(), &["audit"]);
    assert!(
        !run.out.contains('\u{1b}') && run.err.is_empty(),
        "{}{}",
        run.out,
        run.err
    );
}
