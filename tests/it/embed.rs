//! Programs of other people, outside the workspace, that take Promenade in: compiled and run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::command::git;

/// Builds the workspace of `tests/embed` from what this one has fetched, and returns where its programs are.
fn build() -> PathBuf {
    let root = testkit::workspace();
    let embed = root.join("tests/embed");
    // The same versions, from the same download.
    std::fs::copy(root.join("Cargo.lock"), embed.join("Cargo.lock")).unwrap();
    let target = PathBuf::from(env!("CARGO_BIN_EXE_promenade-under-test"));
    let target = target.ancestors().nth(2).unwrap().join("embed");
    let output = Command::new(env!("CARGO"))
        .current_dir(&embed)
        .args(["build", "--offline", "--quiet", "--target-dir"])
        .arg(&target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    target.join("debug")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(program: &Path, dir: &Path, args: &[&str]) -> Output {
    Command::new(program)
        .current_dir(dir)
        .args(args)
        .output()
        .unwrap()
}

const PROCESS: &str = r#"
[process]
format = 1
name = "acme"

[version]
scheme = "semver"
below-one = "breaking-is-minor"
candidate = { label = "rc.{n}", counter = "label" }

[[tag]]
class = "release"
template = "v{version}"

[[tag]]
class = "candidate"
template = "v{version}"

[[environment]]
name = "staging"
accepts = "candidate"
"#;

#[test]
fn an_xtask_of_someone_else_has_every_command_and_its_own_and_a_gate_of_its_own() {
    let programs = build();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    git(dir, &["init", "-q", "-b", "main"]);
    git(dir, &["config", "user.name", "Ada"]);
    git(dir, &["config", "user.email", "ada@forge.example"]);
    std::fs::write(dir.join("release.toml"), PROCESS).unwrap();
    git(dir, &["add", "-A"]);
    git(
        dir,
        &[
            "-c",
            "commit.gpgsign=false",
            "commit",
            "-q",
            "-m",
            "feat: all of it",
        ],
    );

    let xtask = programs.join("embed-xtask");
    let help = text(&run(&xtask, dir, &["--help"]).stdout);
    for command in ["head", "release", "promote", "audit", "ledger", "explain"] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command} in\n{help}"
        );
    }
    let head = run(&xtask, dir, &["head"]);
    assert_eq!(head.status.code(), Some(0), "{}", text(&head.stderr));
    assert!(
        text(&head.stdout).starts_with("0@sha256:000"),
        "{}",
        text(&head.stdout)
    );

    // The gate holds, is explained, and is cleared by evidence.
    std::fs::create_dir(dir.join("out")).unwrap();
    std::fs::write(dir.join("out/app.bin"), "the artifact").unwrap();
    let does = |args: &[&str], code: i32| {
        let output = run(&xtask, dir, args);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {out}{err}");
        out + &err
    };
    does(&["build", "record", "out", "--execute"], 0);
    does(&["candidate", "--impact", "feature", "--execute"], 0);
    let held = does(&["explain", "staging"], 1);
    assert!(
        held.contains("error-budget") && held.contains("the budget is spent"),
        "{held}"
    );
    does(&["promote", "staging", "--execute"], 1);
    does(
        &[
            "record",
            "error-budget",
            "pass",
            "--version",
            "0.1.0-rc.1",
            "--execute",
        ],
        0,
    );
    does(&["promote", "staging", "--execute"], 0);
}

#[test]
fn twenty_lines_on_the_facade_say_what_comes_next() {
    let programs = build();
    let main = testkit::workspace().join("tests/embed/facade/src/main.rs");
    let source = std::fs::read_to_string(main).unwrap();
    let lines = source
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with("//"));
    assert!(lines.count() <= 20);

    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    git(dir, &["init", "-q", "-b", "main"]);
    git(
        dir,
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "x",
        ],
    );
    git(dir, &["tag", "v1.2.3"]);
    let output = run(&programs.join("embed-facade"), dir, &[]);
    let out = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(out.starts_with("next: 1.3.0 "), "{out}");
    assert!(
        out.contains("v1.2.3: "),
        "a lightweight tag is a finding: {out}"
    );
}
