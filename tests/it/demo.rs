//! The demo: a release travels from a commit to production and back, in a real repository.

use std::path::Path;

use serde_json::Value;

use crate::command::{git, promenade};

struct Kept(Value);

impl Kept {
    fn dir(&self) -> &Path {
        Path::new(self.0["repository"].as_str().unwrap())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.dir());
    }
}

fn demo() -> (Kept, String) {
    let at = std::env::temp_dir();
    let args = ["--at", "2026-11-21T08:00:00Z", "demo", "--keep"];
    let told = promenade(&at, &args);
    assert_eq!(told.code, 0, "{}", told.err);
    let dir = told
        .out
        .lines()
        .last()
        .unwrap()
        .rsplit(' ')
        .next()
        .unwrap()
        .to_owned();
    let kept = Kept(serde_json::json!({ "repository": dir }));
    (kept, told.out)
}

/// Law 5 to 8 and 11, told as one story (C6, C11 to C14, C16 to C22, C26 to C30).
#[test]
fn the_story_ends_with_a_ledger_that_git_and_we_can_read() {
    let (kept, told) = demo();
    for refusal in [
        "refused: release 0.4.0",
        "refused: promote 0.4.0-rc.1 to production",
        "refused: promote 0.4.0 to production",
        "refused: record another build of 0.4.0",
        "refused: release 0.5.0",
    ] {
        assert!(told.contains(refusal), "{refusal}");
    }
    // Plans that were refused left nothing behind: not even an object that nobody names.
    assert_eq!(git(kept.dir(), &["fsck", "--strict"]), "");
    let log = git(
        kept.dir(),
        &["log", "--reverse", "--format=%s", "refs/promenade/ledger"],
    );
    let story = [
        "candidate 0.4.0-rc.1",
        "check integration: fail",
        "rejected 0.4.0-rc.1",
        "candidate 0.4.0-rc.2",
        "released 0.4.0, selected from 0.4.0-rc.2",
        "channel latest: 0.3.0 -> 0.4.0",
        "released 0.3.1",
        "channel 0.3: 0.3.0 -> 0.3.1",
        "released 0.4.1",
        "owed: hotfix 0.4.1",
        "deprecated 0.4.1",
        "channel latest: 0.4.1 -> 0.4.0",
        "paid merge-back-0.4.1",
    ];
    let mut rest = log.as_str();
    for line in story {
        let at = rest
            .find(line)
            .unwrap_or_else(|| panic!("`{line}` is not in its place"));
        rest = &rest[at..];
    }
    assert!(
        !log.contains("channel latest: 0.4.0 -> 0.3.1"),
        "a backport never moves latest"
    );

    let tags = git(kept.dir(), &["tag", "--list"]);
    assert!(tags.contains("v0.4.1"), "nothing is deleted");
    let kinds = git(
        kept.dir(),
        &["for-each-ref", "--format=%(objecttype)", "refs/tags"],
    );
    assert!(
        kinds.lines().all(|kind| kind == "tag"),
        "annotated, all of them"
    );
    let tagged = git(kept.dir(), &["cat-file", "tag", "v0.4.0"]);
    assert!(tagged.contains("BEGIN SSH SIGNATURE"), "signed (C33)");

    let status = crate::command::json(kept.dir(), &["status"]);
    let channel = |name: &str| {
        let channels = status["channels"].as_array().unwrap().iter();
        let mut found = channels.filter(|channel| channel["channel"] == name);
        found.next().unwrap()["version"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(channel("latest"), "0.4.0");
    assert_eq!(channel("0.4"), "0.4.0");
    assert_eq!(channel("0.3"), "0.3.1");
    assert_eq!(channel("0"), "0.4.0");
}

/// The board that the README shows is one that the story draws.
#[test]
fn the_board_of_the_readme_is_in_the_story() {
    let readme = std::fs::read_to_string(testkit::workspace().join("README.md")).unwrap();
    let (_, board) = readme.split_once("```text\nversion").unwrap();
    let (board, _) = board.split_once("```").unwrap();
    let (_kept, told) = demo();
    let (_, end) = told.rsplit_once("== v0.4.1 is found defective").unwrap();
    let (drawn, _) = end.split_once("== the hotfix is merged back").unwrap();
    let builds = |line: &&str| line.contains("  build  ");
    let drawn: Vec<&str> = drawn
        .lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .skip_while(|line| !line.starts_with("version"))
        .filter(|line| !builds(line))
        .collect();
    assert_eq!(format!("version{board}").trim(), drawn.join("\n").trim());
}

/// C21.1: the changelog at the tag has the section, and the lock file says the same version.
#[test]
fn the_tag_holds_a_changelog_and_a_lock_file_of_its_version() {
    let (kept, _) = demo();
    let changelog = git(kept.dir(), &["show", "v0.4.0:CHANGELOG.md"]);
    assert!(changelog.contains("## [0.4.0] - 2026-10-22"), "{changelog}");
    assert!(changelog.contains("compare/v0.3.0...v0.4.0"), "{changelog}");
    assert!(git(kept.dir(), &["show", "v0.4.0:Cargo.lock"]).contains("version = \"0.4.0\""));
    git(kept.dir(), &["diff", "--exit-code", "HEAD"]);
    // C21.2
    let notes = git(kept.dir(), &["show", "v0.4.0:docs/upgrading.md"]);
    assert!(
        notes.contains("0.4.0") && notes.contains("end date"),
        "{notes}"
    );
}
