//! Tags as the command line lists them.

use crate::command::{git, json, promenade};

const PROCESS: &str = r#"
[process]
format = 1
name = "acme"

[version]
scheme = "semver"
below-one = "breaking-is-minor"

[[tag]]
class = "candidate"
template = "{component}/v{version}"
components = ["api", "web"]

[[tag]]
class = "release"
template = "{component}/v{version}"
components = ["api", "web"]
"#;

#[test]
fn tags_are_listed_by_name_or_by_component_and_version() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main"]);
    std::fs::write(dir.path().join("release.toml"), PROCESS).unwrap();
    let commit = ["-c", "user.name=A", "-c", "user.email=a@forge.example"];
    git(
        dir.path(),
        &[&commit[..], &["commit", "-q", "--allow-empty", "-m", "one"]].concat(),
    );
    let names = [
        "api/v0.10.0",
        "api/v0.10.0-rc.10",
        "api/v0.10.0-rc.9",
        "api/v0.9.0",
        "nightly",
        "web/v0.2.0",
    ];
    for name in names {
        git(dir.path(), &["tag", name]);
    }
    let listed = |args: &[&str]| {
        let tags = json(dir.path(), args);
        let tags = tags["tags"].as_array().unwrap().iter();
        let names: Vec<_> = tags
            .map(|tag| tag["tag"].as_str().unwrap().to_owned())
            .collect();
        names
    };
    assert_eq!(listed(&["tags"]), names);
    assert_eq!(
        listed(&["tags", "--sort", "version"]),
        [
            "nightly",
            "api/v0.9.0",
            "api/v0.10.0-rc.9",
            "api/v0.10.0-rc.10",
            "api/v0.10.0",
            "web/v0.2.0",
        ]
    );
    // The next version asks for names alone: a tag whose object is gone stands in nobody's way.
    let packed = git(dir.path(), &["rev-parse", "HEAD"]).replace(|c: char| c != '\n', "1");
    let gone = format!("{}\n", packed.trim());
    std::fs::write(dir.path().join(".git/refs/tags/api/v0.11.0"), gone).unwrap();
    let next = json(dir.path(), &["version", "next", "--component", "api"]);
    assert_eq!(next["version"], "0.11.1");
    assert!(promenade(dir.path(), &["tags"]).code >= 2);
}
