//! `promenade changelog`: the contract of its flags and exit codes, and git's own merges.

use std::path::Path;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promenade");

const TEXT: &str =
    "# Log\n\n## [Unreleased]\n\n### Fixed\n\n- a\n\n## [1.0.0] - 2024-01-02\n\n- b\n";

fn call(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(PROGRAM)
        .current_dir(folder)
        .arg("changelog")
        .args(args)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("CHANGELOG.md"), text).unwrap();
    folder
}

fn read(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("CHANGELOG.md")).unwrap()
}

#[test]
fn a_cut_is_shown_then_printed_then_written() {
    let folder = folder(TEXT);
    let cut = ["cut", "1.1.0", "--date", "2024-05-06"];
    let expected = TEXT.replace(
        "## [Unreleased]\n",
        "## [Unreleased]\n\n## [1.1.0] - 2024-05-06\n",
    );

    let (exit, shown, _) = call(folder.path(), &cut);
    assert_eq!((exit, read(folder.path()).as_str()), (0, TEXT));
    assert!(shown.contains("+## [1.1.0] - 2024-05-06\n"), "{shown}");

    let (exit, printed, _) = call(folder.path(), &[&cut[..], &["--stdout"]].concat());
    assert_eq!((exit, read(folder.path()).as_str()), (0, TEXT));
    assert_eq!(printed, expected);

    let (exit, ..) = call(folder.path(), &[&cut[..], &["--execute"]].concat());
    assert_eq!((exit, read(folder.path())), (0, expected.clone()));

    // Twice is once.
    let (exit, ..) = call(folder.path(), &[&cut[..], &["--execute"]].concat());
    assert_eq!((exit, read(folder.path())), (0, expected));
}

#[test]
fn an_entry_is_reworded_in_unreleased_or_in_a_version() {
    let folder = folder(TEXT);
    let (exit, ..) = call(folder.path(), &["reword", "a", "A. (#1)", "--execute"]);
    assert_eq!(
        (exit, read(folder.path())),
        (0, TEXT.replace("- a\n", "- A. (#1)\n"))
    );
    let of = ["reword", "b", "B.", "--of", "1.0.0", "--stdout"];
    let (exit, printed, _) = call(folder.path(), &of);
    assert_eq!(exit, 0);
    assert!(printed.ends_with("## [1.0.0] - 2024-01-02\n\n- B.\n"));
}

#[test]
fn show_prints_the_notes_of_a_version() {
    let folder = folder(TEXT);
    assert_eq!(
        call(folder.path(), &["show", "1.0.0"]),
        (0, "- b\n".into(), String::new())
    );
    let (exit, _, error) = call(folder.path(), &["show", "3.0.0"]);
    assert_eq!(exit, 2);
    assert!(
        error.contains("there is no section for version `3.0.0`"),
        "{error}"
    );
}

#[test]
fn lint_exits_with_one_on_findings_and_bad_input_with_two() {
    let folder = folder(TEXT);
    assert_eq!(call(folder.path(), &["lint"]).0, 0);
    let (exit, out, _) = call(folder.path(), &["lint", "--tagged", "v0.9.0"]);
    assert_eq!(exit, 1);
    assert!(out.contains("CHANGELOG.md:9: section-without-tag"), "{out}");
    std::fs::write(folder.path().join("CHANGELOG.md"), b"## a\n\xff\n").unwrap();
    let (exit, _, error) = call(folder.path(), &["lint"]);
    assert_eq!(exit, 2);
    assert!(error.contains("line 2 is not UTF-8"), "{error}");
    assert_eq!(call(folder.path(), &["lint", "--file", "none.md"]).0, 2);
}

#[test]
fn what_is_refused_is_named_and_leaves_the_file_as_it_was() {
    let twice = TEXT.replace("## [1.0.0] - 2024-01-02", "## [1.0.0]\n\n## [1.0.0]");
    let closed = TEXT.replace("## [Unreleased]", "## [2.0.0] - 2024-02-03");
    let cut = ["cut", "1.1.0", "--date", "2024-05-06"];
    let backwards = ["cut", "1.1.0", "--date", "2023-05-06"];
    let cases: [(&[u8], &[&str], &str); 7] = [
        (
            b"## [Unreleased]\n\n- \xff\n",
            &cut,
            "line 3 is not UTF-8 (byte 19)",
        ),
        (
            twice.as_bytes(),
            &["yank", "1.0.0"],
            "has sections on lines [9, 11]",
        ),
        (
            TEXT.as_bytes(),
            &["yank", "3.0.0"],
            "no section for version `3.0.0`; the newest one is `1.0.0` (line 9)",
        ),
        (
            TEXT.as_bytes(),
            &["reword", "c", "C."],
            "no entry of the section on line 3 says `c`",
        ),
        (
            TEXT.as_bytes(),
            &backwards,
            "date 2023-05-06 is before 2024-01-02 of the release on line 9",
        ),
        (
            closed.as_bytes(),
            &cut,
            "no Unreleased section; expected one above the first release (line 3)",
        ),
        (
            TEXT.as_bytes(),
            &["cut", "1.0.0", "--date", "2024-05-06"],
            "has a section already (line 9)",
        ),
    ];
    for (bytes, command, message) in cases {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("CHANGELOG.md");
        std::fs::write(&file, bytes).unwrap();
        let before = std::fs::metadata(&file).unwrap().modified().unwrap();
        let (exit, out, error) = call(folder.path(), &[command, &["--execute"]].concat());
        assert_eq!((exit, out.as_str()), (2, ""), "{command:?}");
        assert!(error.contains(message), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), bytes);
        assert_eq!(
            std::fs::metadata(&file).unwrap().modified().unwrap(),
            before
        );
    }
}

fn git(folder: &Path, args: &[&str]) -> Output {
    Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "-c",
            "commit.gpgSign=false",
        ])
        .args(args)
        .output()
        .unwrap()
}

fn commit(folder: &Path, text: &str) {
    std::fs::write(folder.join("CHANGELOG.md"), text).unwrap();
    assert!(git(folder, &["add", "-A"]).status.success());
    assert!(git(folder, &["commit", "-q", "-m", "x"]).status.success());
}

/// Two branches that both add an entry in the same place, and one of them releases.
fn branches(folder: &Path) {
    assert!(git(folder, &["init", "-q", "-b", "main"]).status.success());
    std::fs::write(
        folder.join(".gitattributes"),
        "CHANGELOG.md merge=changelog\n",
    )
    .unwrap();
    commit(folder, TEXT);
    assert!(
        git(folder, &["checkout", "-q", "-b", "topic"])
            .status
            .success()
    );
    commit(folder, &TEXT.replace("- a\n", "- a\n- topic\n"));
    assert!(git(folder, &["checkout", "-q", "main"]).status.success());
    let released = "## [Unreleased]\n\n## [1.1.0] - 2024-05-06\n";
    commit(
        folder,
        &TEXT
            .replace("- a\n", "- a\n- main\n")
            .replace("## [Unreleased]\n", released),
    );
}

#[test]
fn git_merges_clean_with_the_driver_where_it_conflicts_without() {
    if testkit::program("git").is_none() {
        return;
    }
    let plain = tempfile::tempdir().unwrap();
    branches(plain.path());
    assert!(
        !git(plain.path(), &["merge", "-q", "topic"])
            .status
            .success()
    );

    let driven = tempfile::tempdir().unwrap();
    branches(driven.path());
    let driver = format!("'{PROGRAM}' changelog merge %O %A %B");
    assert!(
        git(
            driven.path(),
            &["config", "merge.changelog.driver", &driver]
        )
        .status
        .success()
    );
    let merged = git(driven.path(), &["merge", "-q", "topic"]);
    assert!(merged.status.success(), "{merged:?}");
    assert_eq!(
        read(driven.path()),
        "# Log\n\n## [Unreleased]\n\n### Fixed\n\n- topic\n\n## [1.1.0] - 2024-05-06\n\n### Fixed\n\n- a\n- main\n\n## [1.0.0] - 2024-01-02\n\n- b\n"
    );
}

#[test]
fn a_conflict_is_marked_and_exits_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, entry: &str| {
        let text = format!("## Unreleased\n\n- one two {entry}\n");
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    write("base", "three");
    write("ours", "four");
    write("theirs", "five");
    let (exit, ..) = call(folder.path(), &["merge", "base", "ours", "theirs"]);
    assert_eq!(exit, 1);
    let ours = std::fs::read_to_string(folder.path().join("ours")).unwrap();
    assert!(
        ours.contains("<<<<<<< ours\n- one two four\n=======\n- one two five\n"),
        "{ours}"
    );
}

#[test]
fn a_draft_comes_from_the_commits_since_the_newest_tag() {
    if testkit::program("git").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(
        git(folder.path(), &["init", "-q", "-b", "main"])
            .status
            .success()
    );
    commit(
        folder.path(),
        "## Unreleased\n\n## 1.0.0 - 2024-01-02\n\n- b\n",
    );
    assert!(git(folder.path(), &["tag", "v1.0.0"]).status.success());
    for message in ["feat: say hello (#3)", "chore: tidy", "Fix a crash"] {
        let args = ["commit", "-q", "--allow-empty", "-m", message];
        assert!(git(folder.path(), &args).status.success());
    }
    let (exit, out, error) = call(folder.path(), &["draft", "--stdout"]);
    assert_eq!(exit, 0, "{error}");
    assert_eq!(
        out,
        "## Unreleased\n\n### Added\n\n- Say hello (#3)\n\n### Fixed\n\n- Fix a crash\n\n## 1.0.0 - 2024-01-02\n\n- b\n"
    );
}

#[test]
fn a_draft_into_a_document_without_versions_starts_at_the_highest_release_of_the_process() {
    if testkit::program("git").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| assert!(git(folder.path(), args).status.success(), "{args:?}");
    git(&["init", "-q", "-b", "main"]);
    let process = "[process]\nformat = 1\nname = \"p\"\n\n[version]\nscheme = \"semver\"\nbelow-one = \"semver\"\n\n\
        [[tag]]\nclass = \"release\"\ntemplate = \"{version}\"\n";
    std::fs::write(folder.path().join("release.toml"), process).unwrap();
    git(&["add", "release.toml"]);
    commit(folder.path(), "# Changelog\n\n## Unreleased\n");
    for (message, tag) in [
        ("feat: first", Some("0.9.0")),
        ("feat: second", Some("0.10.0")),
        ("feat: third", None),
    ] {
        git(&["commit", "-q", "--allow-empty", "-m", message]);
        if let Some(tag) = tag {
            git(&["tag", tag]);
        }
    }
    // A tag on a branch beside: a release that the tip does not have is no end of what it has.
    git(&["checkout", "-q", "--detach", "0.10.0"]);
    git(&["commit", "-q", "--allow-empty", "-m", "fix: beside"]);
    git(&["tag", "0.10.1"]);
    git(&["checkout", "-q", "main"]);
    let (exit, out, error) = call(folder.path(), &["draft", "--stdout"]);
    assert_eq!(exit, 0, "{error}");
    assert_eq!(
        out,
        "# Changelog\n\n## Unreleased\n\n### Added\n\n- Third\n"
    );
}
