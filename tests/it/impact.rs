//! The impact of a release, read from what a real history holds since the last one.

use std::path::Path;

use crate::command::{git, json, promenade};

const PROCESS: &str = r#"
[process]
format = 1
name = "acme"

[version]
scheme = "semver"
below-one = "breaking-is-minor"

[impact]
from = "commits"

[[component]]
name = "api"
paths = ["crates/api"]

[[component]]
name = "api-client"
paths = ["crates/api-client/"]

[[tag]]
class = "release"
component = "api"
template = "api-v{version}"

[[tag]]
class = "release"
component = "api-client"
template = "api-client-v{version}"

[[environment]]
name = "production"
accepts = "release"
"#;

fn commit(dir: &Path, path: &str, message: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(&path, format!("{before}{message}\n")).unwrap();
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-q", "-m", message]);
}

fn repository(process: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["config", "user.name", "Ada"]);
    git(dir.path(), &["config", "user.email", "ada@forge.example"]);
    git(dir.path(), &["config", "commit.gpgsign", "false"]);
    std::fs::write(dir.path().join("release.toml"), process).unwrap();
    commit(dir.path(), "crates/api/lib.rs", "feat: the api");
    commit(dir.path(), "crates/api-client/lib.rs", "feat: its client");
    dir
}

fn next(dir: &Path, component: &str) -> (String, String) {
    let next = json(dir, &["version", "next", "--component", component]);
    let text = |key: &str| next[key].as_str().unwrap_or("none").to_owned();
    (text("version"), text("impact"))
}

fn pair(version: &str, impact: &str) -> (String, String) {
    (version.to_owned(), impact.to_owned())
}

#[test]
fn each_component_rises_by_the_commits_that_touch_it() {
    let dir = repository(PROCESS);
    let dir = dir.path();
    git(dir, &["tag", "api-v1.2.3"]);
    git(dir, &["tag", "api-client-v1.0.0"]);
    assert_eq!(next(dir, "api"), pair("none", "none"));
    commit(dir, "crates/api/lib.rs", "fix: no panic on an empty file");
    assert_eq!(next(dir, "api"), pair("1.2.4", "fix"));
    // `crates/api-client` is not below `crates/api`.
    commit(
        dir,
        "crates/api-client/lib.rs",
        "feat!: talk to the second api",
    );
    assert_eq!(next(dir, "api"), pair("1.2.4", "fix"));
    assert_eq!(next(dir, "api-client"), pair("2.0.0", "breaking"));
}

#[test]
fn a_revert_takes_the_impact_back_and_its_own_revert_brings_it_again() {
    let dir = repository(PROCESS);
    let dir = dir.path();
    git(dir, &["tag", "api-v1.2.3"]);
    commit(dir, "crates/api/lib.rs", "feat!: drop the first api");
    assert_eq!(next(dir, "api"), pair("2.0.0", "breaking"));
    git(dir, &["revert", "--no-edit", "HEAD"]);
    assert_eq!(next(dir, "api"), pair("none", "none"));
    git(dir, &["revert", "--no-edit", "HEAD"]);
    assert_eq!(next(dir, "api"), pair("2.0.0", "breaking"));
}

#[test]
fn what_counts_is_what_the_release_does_not_reach_whatever_the_dates_say() {
    let dir = repository(PROCESS);
    let dir = dir.path();
    // A branch that is older than the release and is merged after it.
    git(dir, &["checkout", "-q", "-b", "topic"]);
    commit(dir, "crates/api/topic.rs", "feat: a topic");
    git(dir, &["checkout", "-q", "main"]);
    commit(dir, "crates/api/lib.rs", "fix: in the release already");
    git(dir, &["tag", "api-v1.2.3"]);
    git(
        dir,
        &[
            "merge",
            "-q",
            "--no-ff",
            "-m",
            "Merge branch 'topic'",
            "topic",
        ],
    );
    let next = json(dir, &["version", "next", "--component", "api"]);
    assert_eq!(next["version"], "1.3.0");
    let told = next["changes"].as_array().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    let id = git(dir, &["rev-parse", "topic"]);
    assert_eq!(told[0]["commits"][0], id.trim());
}

#[test]
fn the_categories_of_a_changelog_say_it_where_the_process_wants_that() {
    let process = PROCESS.replace("from = \"commits\"", "from = \"changelog\"")
        + "\n[changelog]\nfile = \"CHANGELOG.md\"\n";
    let dir = repository(&process);
    let dir = dir.path();
    git(dir, &["tag", "api-v1.2.3"]);
    for (category, expected) in [
        ("Fixed", pair("1.2.4", "fix")),
        ("Added", pair("1.3.0", "feature")),
        ("Removed", pair("2.0.0", "breaking")),
    ] {
        let text = format!("# Changelog\n\n## [Unreleased]\n\n### {category}\n\n- Something.\n");
        std::fs::write(dir.join("CHANGELOG.md"), text).unwrap();
        commit(dir, "crates/api/lib.rs", "chore: work");
        assert_eq!(next(dir, "api"), expected);
    }
}

#[test]
fn a_component_that_stands_twice_is_refused_where_it_stands() {
    let twice = format!("{PROCESS}\n[[component]]\nname = \"api\"\npaths = [\"x\"]\n");
    let dir = repository(&twice);
    let run = promenade(dir.path(), &["version", "next", "--component", "api"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("component `api` stands twice"),
        "{}",
        run.err
    );
    assert!(run.err.contains("release.toml:35:1"), "{}", run.err);
}
