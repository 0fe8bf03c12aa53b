//! The audit of a long history: its answers, what it costs beside git, and that cost grows as the history does.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{git, json};

const PROCESS: &str = r#"
[process]
format = 1
name = "large"

[version]
scheme = "semver"
below-one = "breaking-is-minor"
candidate = { label = "rc.{n}", counter = "label" }

[branches]
main = "main"

[[tag]]
class = "release"
template = "v{version}"
annotated = true

[[tag]]
class = "candidate"
template = "v{version}"
annotated = true

[changelog]
file = "CHANGELOG.md"

[[manifest]]
kind = "cargo"
path = "Cargo.toml"

[[environment]]
name = "staging"
accepts = "candidate"

[[environment]]
name = "production"
after = ["staging"]
accepts = "release"
"#;

/// How many releases there are to a hotfix off the main branch; every second one comes back.
const HOTFIX: usize = 50;
/// How many sections the changelog keeps.
const SECTIONS: usize = 20;

/// Writes a history for `git fast-import`.
struct Story<W: Write> {
    out: W,
    mark: usize,
    head: usize,
    sections: Vec<String>,
}

impl<W: Write> Story<W> {
    fn at(&self) -> usize {
        1_500_000_000 + 60 * self.mark
    }

    fn commit(&mut self, branch: &str, from: &[usize], message: &str, files: &[(&str, &str)]) {
        self.mark += 1;
        let (mark, at) = (self.mark, self.at());
        let person = mark % 50;
        write!(
            self.out,
            "commit refs/heads/{branch}\nmark :{mark}\nauthor A <a{person}@example.invalid> {at} +0000\n\
             committer C <c@example.invalid> {at} +0000\ndata {}\n{message}\n",
            message.len()
        )
        .unwrap();
        for (parent, word) in from.iter().zip(["from", "merge"]) {
            writeln!(self.out, "{word} :{parent}").unwrap();
        }
        for (path, text) in files {
            write!(
                self.out,
                "M 644 inline {path}\ndata {}\n{text}\n",
                text.len()
            )
            .unwrap();
        }
        writeln!(self.out).unwrap();
    }

    /// A commit on the main branch; every tenth one merges another branch.
    fn work(&mut self) {
        let path = format!("src/m{}.rs", self.mark % 40);
        let text = format!("// {}\n", self.mark);
        let message = format!(
            "work {}\n\nand the reason why, as people write it",
            self.mark
        );
        let files = [(path.as_str(), text.as_str())];
        if self.mark.is_multiple_of(10) {
            self.commit("topic", &[self.head], &message, &files);
            self.commit("main", &[self.head, self.mark], "merge a topic", &files);
        } else {
            self.commit("main", &[self.head], &message, &files);
        }
        self.head = self.mark;
    }

    fn release(&mut self, branch: &str, from: usize, version: &str) {
        let manifest = format!("[package]\nname = \"acme\"\nversion = \"{version}\"\n");
        let day = chrono::DateTime::from_timestamp(self.at().try_into().unwrap(), 0).unwrap();
        let section = format!(
            "## [{version}] - {}\n\n### Fixed\n\n- a fault that was in {version}\n- [another](https://example.invalid)\n\n",
            day.format("%F")
        );
        let older = self.sections.iter().rev().take(SECTIONS - 1).cloned();
        let sections: String = std::iter::once(section.clone()).chain(older).collect();
        if branch == "main" {
            self.sections.push(section);
        }
        let changelog = format!("# Changelog\n\n## [Unreleased]\n\n{sections}");
        let files = [
            ("Cargo.toml", manifest.as_str()),
            ("CHANGELOG.md", changelog.as_str()),
        ];
        self.commit(branch, &[from], &format!("release {version}"), &files);
    }

    fn tag(&mut self, name: &str) {
        let (mark, at) = (self.mark, self.at());
        write!(
            self.out,
            "tag {name}\nfrom :{mark}\ntagger C <c@example.invalid> {at} +0000\ndata 8\nRelease\n\n"
        )
        .unwrap();
    }
}

/// Makes a repository, and returns how many releases, and how many hotfixes that were not merged back, it has.
fn history(dir: &Path, tags: usize, commits: usize) -> (usize, usize) {
    git(
        Path::new("."),
        &["init", "-q", "--bare", "-b", "main", dir.to_str().unwrap()],
    );
    let mut child = Command::new("git")
        .current_dir(dir)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufWriter::new(child.stdin.take().unwrap());
    let mut story = Story {
        out,
        mark: 0,
        head: 1,
        sections: Vec::new(),
    };
    story.commit(
        "main",
        &[],
        "first",
        &[(
            "Cargo.toml",
            "[package]\nname = \"acme\"\nversion = \"1.0.0\"\n",
        )],
    );
    let (mut made, mut releases, mut off) = (0, 0, 0);
    let mut minor = 0_usize;
    while made + 3 <= tags {
        minor += 1;
        made += 2;
        while story.mark + 4 < (made * commits) / tags {
            story.work();
        }
        story.release("main", story.head, &format!("1.{minor}.0"));
        story.head = story.mark;
        story.tag(&format!("v1.{minor}.0-rc.1"));
        story.tag(&format!("v1.{minor}.0"));
        releases += 1;
        if minor.is_multiple_of(HOTFIX) {
            story.release("hotfix", story.head, &format!("1.{minor}.1"));
            story.tag(&format!("v1.{minor}.1"));
            made += 1;
            releases += 1;
            if minor.is_multiple_of(2 * HOTFIX) {
                let from = [story.head, story.mark];
                story.commit("main", &from, "merge the hotfix back", &[]);
                story.head = story.mark;
            } else {
                off += 1;
            }
        }
    }
    drop(story);
    assert!(child.wait().unwrap().success());
    git(dir, &["pack-refs", "--all"]);
    (releases, off)
}

/// What a run cost: seconds of processor time, and the most memory at once, in MiB.
#[derive(Clone, Copy, Debug)]
struct Cost {
    seconds: f64,
    mib: f64,
}

/// Runs a program without its output.
fn cost(time: &Path, program: &str, args: &[&str]) -> Cost {
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("report");
    let status = Command::new(time)
        .args([
            "--quiet",
            "-o",
            report.to_str().unwrap(),
            "-f",
            "%U %S %M",
            program,
        ])
        .args(args)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(
        status.code().is_some_and(|code| code <= 1),
        "{program} {args:?}"
    );
    let report = std::fs::read_to_string(report).unwrap();
    let numbers: Vec<f64> = report
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    Cost {
        seconds: numbers[0] + numbers[1],
        mib: numbers[2] / 1024.0,
    }
}

fn count(audit: &Value, rule: &str) -> u64 {
    audit["summary"][format!("rule {rule}")]
        .as_u64()
        .unwrap_or_default()
}

/// The answers, with a commit-graph and without.
#[test]
fn a_commit_graph_changes_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let repository = dir.path().join("repository");
    let process = dir.path().join("release.toml");
    std::fs::write(&process, PROCESS).unwrap();
    let (releases, off) = history(&repository, 300, 6_000);
    let audit = || {
        json(
            &repository,
            &["--process", process.to_str().unwrap(), "audit"],
        )
    };
    let plain = audit();
    assert_eq!(count(&plain, "hotfix-not-merged-back"), off as u64);
    assert_eq!(plain["summary"]["class release"], releases as u64);
    assert!(off > 0 && plain["findings"].as_array().unwrap().len() < 3 * releases);
    git(&repository, &["commit-graph", "write", "--reachable"]);
    assert_eq!(audit(), plain);
    // Commits that the graph does not know yet stand upon those that it knows.
    git(&repository, &["config", "user.name", "A"]);
    git(&repository, &["config", "user.email", "a@example.invalid"]);
    let commit = git(
        &repository,
        &["commit-tree", "main^{tree}", "-p", "main", "-m", "one more"],
    );
    git(
        &repository,
        &["update-ref", "refs/heads/main", commit.trim()],
    );
    let with = audit();
    git(&repository, &["config", "core.commitGraph", "false"]);
    assert_eq!(audit(), with);
    // Where every tag is on the main branch, commits that the graph knows are not read.
    git(
        &repository,
        &[
            "update-ref",
            "--no-deref",
            "refs/heads/main",
            "refs/heads/hotfix",
        ],
    );
    let without = audit();
    git(&repository, &["config", "--unset", "core.commitGraph"]);
    assert_eq!(audit(), without);
    let tags = git(&repository, &["tag", "--no-merged", "main"]);
    for tag in tags.lines() {
        git(&repository, &["tag", "-d", tag]);
    }
    let on_main = audit();
    git(&repository, &["config", "core.commitGraph", "false"]);
    assert_eq!(audit(), on_main);
    assert_eq!(count(&on_main, "hotfix-not-merged-back"), 0);
}

/// Time is that of the processor, beside git on the same repository in the same run. The whole size is
/// 25,000 tags and 1,000,000 commits.
#[test]
#[expect(clippy::print_stdout, reason = "a slow row shows its figures")]
fn the_cost_of_an_audit_grows_with_tags_and_commits() {
    let Some(time) = testkit::program("time") else {
        return;
    };
    let tags = testkit::scale(1_000, 25_000);
    let dir = tempfile::tempdir().unwrap();
    let process = dir.path().join("release.toml");
    std::fs::write(&process, PROCESS).unwrap();
    let mut seconds = Vec::new();
    for part in [4, 1] {
        let repository = dir.path().join(format!("part{part}"));
        let (tags, commits) = (tags / part, tags / part * 40);
        let (releases, off) = history(&repository, tags, commits);
        let (at, with) = (repository.to_str().unwrap(), process.to_str().unwrap());
        let ours = env!("CARGO_BIN_EXE_promenade-under-test");
        let args = ["--repo", at, "--process", with, "--format", "json", "audit"];
        let mut runs = vec![("audit", cost(&time, ours, &args))];
        let facts = "--format=%(refname) %(objecttype) %(*objectname) %(creatordate)";
        for (name, args) in [
            (
                "git for-each-ref",
                &["-C", at, "for-each-ref", facts, "refs/tags"][..],
            ),
            (
                "git log",
                &["-C", at, "log", "--format=%H %ae %at%n%B", "main"],
            ),
            (
                "git log -- Cargo.toml",
                &["-C", at, "log", "--format=%H", "main", "--", "Cargo.toml"],
            ),
        ] {
            runs.push((name, cost(&time, "git", args)));
        }
        let git_log = runs[2].1;
        git(&repository, &["commit-graph", "write", "--reachable"]);
        runs.push(("audit, with a commit-graph", cost(&time, ours, &args)));
        println!("{tags} tags, {commits} commits");
        for (name, cost) in &runs {
            println!(
                "{name:<28} {:>7.2} s {:>6.2} of git log {:>7.0} MiB {:>5.2} of git log",
                cost.seconds,
                cost.seconds / git_log.seconds,
                cost.mib,
                cost.mib / git_log.mib
            );
        }
        let audit = json(&repository, &["--process", with, "audit"]);
        assert_eq!(count(&audit, "hotfix-not-merged-back"), off as u64);
        assert_eq!(audit["summary"]["class release"], releases as u64);
        if !cfg!(debug_assertions) && part == 1 && git_log.seconds > 1.0 {
            let ours = runs[0].1;
            assert!(
                ours.seconds <= 2.0 * git_log.seconds,
                "{ours:?} beside {git_log:?}"
            );
            assert!(ours.mib <= 1.5 * git_log.mib, "{ours:?} beside {git_log:?}");
        }
        seconds.push(runs[0].1.seconds);
    }
    // Four times as much may take a half more than four times as long: maps and packs outgrow caches.
    let growth = seconds[1] / seconds[0];
    println!("four times the history takes {growth:.2} times as long");
    assert!(growth <= 6.0 || seconds[1] < 1.0, "{seconds:?}");
}
