//! The first day with a repository that has a history and no ledger: what was found, where, and what to do next.

use std::path::{Path, PathBuf};

use crate::command::{git, promenade};

const MANIFEST: &str = "[package]\nname = \"acme\"\nversion = \"1.2.0\"\nedition = \"2024\"\n";

/// A repository with two releases and a process file that `init` proposed.
struct Day(tempfile::TempDir);

impl Day {
    fn new(files: &[(&str, &str)]) -> Self {
        let day = Self(tempfile::tempdir().unwrap());
        let dir = day.path();
        std::fs::create_dir_all(dir.join("sub")).unwrap();
        git(&dir, &["init", "-q", "-b", "main"]);
        identify(&dir);
        std::fs::write(dir.join("sub/notes.txt"), "notes\n").unwrap();
        for (path, text) in files {
            std::fs::write(dir.join(path), text).unwrap();
        }
        git(&dir, &["add", "-A"]);
        git(&dir, &["commit", "-q", "-m", "feat: all of it"]);
        git(&dir, &["tag", "v1.1.0"]);
        git(&dir, &["commit", "-q", "--allow-empty", "-m", "1.2.0"]);
        git(&dir, &["tag", "v1.2.0"]);
        assert_eq!(day.run(&["init", "--execute"]).0, 0);
        git(&dir, &["add", "-A"]);
        git(&dir, &["commit", "-q", "-m", "feat!: drop the old form"]);
        day
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("repo")
    }

    /// Runs a command there: its exit code, and all that it says.
    fn run(&self, args: &[&str]) -> (i32, String) {
        run(&self.path(), args)
    }

    #[track_caller]
    fn says(&self, args: &[&str], code: i32, words: &[&str]) {
        says(&self.path(), args, code, words);
    }
}

fn identify(dir: &Path) {
    git(dir, &["config", "user.name", "Ada"]);
    git(dir, &["config", "user.email", "ada@example.org"]);
    git(dir, &["config", "commit.gpgsign", "false"]);
}

fn run(dir: &Path, args: &[&str]) -> (i32, String) {
    let run = promenade(dir, args);
    (run.code, run.out + &run.err)
}

#[track_caller]
fn says(dir: &Path, args: &[&str], code: i32, words: &[&str]) {
    let (found, said) = run(dir, args);
    assert_eq!(found, code, "{args:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?}: no `{word}` in: {said}");
    }
}

/// 0.1.0 was planned above the tag `v1.2.0`, for the ledger knew of nothing.
#[test]
fn a_release_does_not_begin_with_a_first_version_where_tags_name_releases() {
    let day = Day::new(&[]);
    let words = [
        "`v1.2.0` names a release",
        "ledger adopt --execute",
        "ledger pull",
    ];
    day.says(&["release"], 2, &words);
    day.says(&["--process=preset:rustshare", "candidate"], 2, &words);
    // Somebody who says the version knows it.
    day.says(&["release", "1.3.0"], 1, &["refused: release 1.3.0"]);

    let build = ["build", "record", "sub", "--as", "ci:build"];
    day.says(
        &build,
        0,
        &["`v1.2.0` names a release", "only an empty ledger can"],
    );
    day.says(&[&build[..], &["--execute"]].concat(), 0, &["record 1"]);
    day.says(
        &["release"],
        2,
        &["git update-ref -d refs/promenade/ledger"],
    );
    git(&day.path(), &["update-ref", "-d", "refs/promenade/ledger"]);

    day.says(&["ledger", "adopt", "--execute"], 0, &["adopt 2 versions"]);
    day.says(&["release"], 1, &["refused: release 1.2.1"]);
    let build = day.run(&build).1;
    assert!(!build.contains("only an empty ledger"), "{build}");
}

#[test]
fn a_shallow_clone_is_no_repository_without_a_release() {
    let day = Day::new(&[]);
    let url = format!("file://{}", day.path().display());
    let beside = day.0.path();
    git(beside, &["clone", "-q", "--depth=1", &url, "clone"]);
    let shallow = beside.join("clone");
    identify(&shallow);
    let words = ["shallow clone", "git fetch --unshallow --tags"];
    says(&shallow, &["version", "next"], 2, &words);
    says(&shallow, &["release", "--no-push"], 2, &words);
    says(&shallow, &["init"], 0, &words);
    says(
        &shallow,
        &["version", "next", "--from", "1.2.0"],
        0,
        &["1.2.1"],
    );
    git(&shallow, &["fetch", "-q", "--unshallow", "--tags"]);
    says(&shallow, &["version", "next"], 0, &["1.2.1"]);
    assert!(!run(&shallow, &["init"]).1.contains("shallow"));
}

#[test]
fn a_fix_that_nobody_spoke_of_is_said_to_be_taken_for_one() {
    let day = Day::new(&[]);
    let assumed = "nothing says what changed";
    day.says(&["version", "next"], 0, &["1.2.1", assumed, "[impact]"]);
    for args in [
        ["version", "next", "--impact", "fix"],
        ["version", "next", "--level", "patch"],
        ["version", "next", "--lane", "hotfix"],
    ] {
        let (code, said) = day.run(&args);
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains(assumed), "{said}");
    }
    let process = day.path().join("release.toml");
    let text = std::fs::read_to_string(&process).unwrap();
    std::fs::write(&process, format!("{text}\n[impact]\nfrom = \"commits\"\n")).unwrap();
    let (_, said) = day.run(&["version", "next"]);
    assert!(
        said.starts_with("2.0.0") && !said.contains(assumed),
        "{said}"
    );
}

#[test]
fn outside_of_a_repository_the_place_is_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let words = [
        "is not in a git repository",
        "--repo",
        "--process preset:NAME",
    ];
    says(dir.path(), &["check"], 2, &words);
    says(
        dir.path(),
        &["--process=preset:rustshare", "check"],
        0,
        &["sound"],
    );
    git(dir.path(), &["init", "-q", "--bare", "bare.git"]);
    says(
        &dir.path().join("bare.git"),
        &["audit"],
        2,
        &["is bare", "--process FILE"],
    );
    // A file in the directory is taken all the same.
    let day = Day::new(&[]);
    std::fs::copy(
        day.path().join("release.toml"),
        dir.path().join("release.toml"),
    )
    .unwrap();
    says(dir.path(), &["check"], 0, &["sound"]);
}

#[test]
fn a_folder_of_the_repository_is_under_its_process() {
    let day = Day::new(&[]);
    let process = day.path().join("release.toml");
    let text = std::fs::read_to_string(&process).unwrap();
    std::fs::write(&process, text.replace("\"semver\"", "\"major-minor\"")).unwrap();
    day.says(&["version", "parse", "1.2"], 0, &["1.2: release"]);
    says(
        &day.path().join("sub"),
        &["version", "parse", "1.2"],
        0,
        &["1.2: release"],
    );
}

#[test]
fn the_changelog_and_the_definitions_of_a_process_are_those_at_its_root() {
    let text = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-01\n\n- All.\n";
    let day = Day::new(&[("CHANGELOG.md", text)]);
    let deep = day.path().join("sub/deep");
    std::fs::create_dir(&deep).unwrap();
    // Another one that is nearer is none of the process.
    std::fs::write(deep.join("CHANGELOG.md"), "# Changelog\n").unwrap();
    says(&deep, &["changelog", "show", "1.2.0"], 0, &["- All."]);
    let add = ["changelog", "add", "More.", "--execute"];
    says(&deep, &add, 0, &["../../CHANGELOG.md"]);
    let written = std::fs::read_to_string(day.path().join("CHANGELOG.md")).unwrap();
    assert!(written.contains("- More."), "{written}");
    let here = ["changelog", "show", "--file", "CHANGELOG.md"];
    says(&deep, &here, 0, &[]);
    let splits = ["--process", "preset:splits"];
    let pin = "- docker: kayron\n  github: kayron\n  deploy:\n    release: v0.1.0\n";
    std::fs::create_dir(day.path().join("infrastructure")).unwrap();
    std::fs::write(day.path().join("infrastructure/kayron.yaml"), pin).unwrap();
    let lint = [&splits[..], &["--format", "json", "definitions", "lint"]].concat();
    says(&deep, &lint, 0, &["\"definitions\": 1,"]);
    let set = ["definitions", "set", "kayron", "v0.2.0", "--execute"];
    says(&deep, &[&splits[..], &set].concat(), 0, &["1 file written"]);
}

#[test]
fn what_is_not_there_yet_is_said_with_the_way_to_it() {
    let day = Day::new(&[("Cargo.toml", MANIFEST)]);
    day.says(&["status"], 0, &["nothing is recorded yet", "ledger adopt"]);
    day.says(
        &["changelog", "add", "Words."],
        2,
        &["`CHANGELOG.md`", "--file", "## [Unreleased]"],
    );
    day.says(&["candidate"], 2, &["no candidates", "`candidate = {"]);
    day.says(&["init", "--execute"], 3, &["is there already and stays"]);
    day.says(&["ledger", "adopt", "--execute"], 0, &["adopted"]);
    assert!(!day.run(&["status"]).1.contains("nothing is recorded"));
    let wrong = "`1.2.0` for `acme`, expected `1.2.1`; set it";
    day.says(
        &["release"],
        2,
        &[wrong, "`manifest set 1.2.1`", "`[commit]`"],
    );
    let nobody = ["names no `[[person]]`", "`ci:me`"];
    day.says(&["release", "--as", "me"], 2, &nobody);
}

/// A blocker names what a person would type, and that clears it.
#[test]
fn a_build_that_is_missing_is_told_with_the_command_that_records_it() {
    let day = Day::new(&[]);
    day.says(&["ledger", "adopt", "--execute"], 0, &["adopted"]);
    let id = git(&day.path(), &["rev-parse", "HEAD"]);
    let short = &id[..10];
    let record = format!("clears by recording its build: `build record DIR --commit {short}`");
    day.says(&["release"], 1, &[&record]);
    // What was adopted has no artifacts, and no record gives it any.
    let promote = ["promote", "production", "--version", "1.2.0"];
    let way = "a version that is registered with its build";
    day.says(&promote, 1, &["`1.2.0` was adopted", way]);
    let unknown = ["promote", "production", "--version", "7.0.0"];
    let way = "registering `7.0.0` as a candidate or a release";
    day.says(&unknown, 1, &[way]);
    let built = tempfile::tempdir().unwrap();
    std::fs::write(built.path().join("app"), "built").unwrap();
    let build = ["build", "record", built.path().to_str().unwrap()];
    let by = ["--commit", short, "--as", "ci:build", "--execute"];
    day.says(&[&build[..], &by].concat(), 0, &["record 2"]);
    let (_, said) = day.run(&["release"]);
    assert!(!said.contains("recording its build"), "{said}");
}

#[test]
fn where_no_tag_names_a_version_there_is_nothing_to_adopt() {
    let day = Day::new(&[]);
    git(&day.path(), &["tag", "-d", "v1.1.0"]);
    git(&day.path(), &["tag", "-d", "v1.2.0"]);
    for args in [&["ledger", "adopt"][..], &["ledger", "adopt", "--execute"]] {
        day.says(args, 0, &["there is nothing to adopt"]);
        assert!(!day.run(args).1.contains("--execute"));
    }
    assert_eq!(git(&day.path(), &["for-each-ref", "refs/promenade"]), "");
}
