//! Candidates and releases take their version from what changed since the last release, in real histories.

use serde_json::Value;

use crate::house::House;

const MANIFEST: &str = "[package]\nname = \"acme\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";

fn released_house() -> House {
    let house = House::new(
        "cargo-workspace",
        "main",
        &[
            ("Cargo.toml", MANIFEST),
            ("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- All.\n"),
            ("src/lib.rs", "//! Nothing yet.\n"),
        ],
    );
    house.build(&house.head());
    house.act(&["release", "1.0.0"]);
    house
}

/// The title and the reasons of a plan.
#[track_caller]
fn plan(house: &House, args: &[&str]) -> (String, Vec<String>) {
    let run = house.run(args);
    assert_eq!(run.code, 0, "{args:?}: {}{}", run.out, run.err);
    let plan: Value = serde_json::from_str(&run.out).unwrap();
    let why = plan["why"].as_array().unwrap().iter();
    let why = why.map(|one| one.as_str().unwrap().to_owned()).collect();
    (plan["title"].as_str().unwrap().to_owned(), why)
}

fn change(house: &House, message: &str) {
    let text = format!("//! {message}\n");
    let commit = house.commit(message, &[("src/lib.rs", &text)]);
    house.build(&commit);
}

/// C5, A18: the strongest change since the last release, and the plan says which it was.
#[test]
fn a_candidate_takes_its_version_from_the_commits_since_the_release() {
    let house = released_house();
    change(&house, "fix: no panic on an empty file");
    let (title, why) = plan(&house, &["candidate"]);
    assert_eq!(title, "candidate 1.0.1-rc.1");
    assert!(
        why[0].starts_with("fix: No panic on an empty file"),
        "{why:?}"
    );
    change(&house, "feat: read two files");
    assert_eq!(plan(&house, &["candidate"]).0, "candidate 1.1.0-rc.1");
    // Whoever knows better says so.
    let said = plan(&house, &["candidate", "--impact", "fix"]).0;
    assert_eq!(said, "candidate 1.0.1-rc.1");
    house.act(&["candidate"]);
    // What comes into an open series may raise what it leads to.
    change(&house, "fix: start");
    assert_eq!(plan(&house, &["candidate"]).0, "candidate 1.1.0-rc.2");
    change(&house, "feat!: read no file without a name");
    assert_eq!(plan(&house, &["candidate"]).0, "candidate 2.0.0-rc.1");
    house.git(&["revert", "--no-edit", "HEAD"]);
    house.build(&house.head());
    assert_eq!(
        plan(&house, &["candidate"]).0,
        "candidate 1.1.0-rc.2",
        "a revert cancels"
    );
}

#[test]
fn a_release_without_a_candidate_takes_its_version_from_the_commits() {
    let house = released_house();
    change(&house, "docs: say more");
    let run = house.run(&["release"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.err.contains("nothing changed"), "{}", run.err);
    change(&house, "feat!: another format");
    let (title, why) = plan(&house, &["release"]);
    assert_eq!(title, "release 2.0.0");
    assert!(why[0].starts_with("breaking: Another format"), "{why:?}");
    house.git(&["revert", "--no-edit", "HEAD"]);
    house.build(&house.head());
    assert_eq!(house.run(&["release"]).code, 2, "a revert cancels");
    // A branch that is older than the release and is merged after it counts.
    house.git(&["checkout", "-q", "-b", "topic", "HEAD~3"]);
    house.commit("feat: an old idea", &[("src/old.rs", "//! Old.\n")]);
    house.git(&["checkout", "-q", "main"]);
    house.git(&["merge", "-q", "--no-edit", "topic"]);
    house.build(&house.head());
    assert_eq!(plan(&house, &["release"]).0, "release 1.1.0");
}

const PARTS: &str = r#"
[process]
format = 1
name = "acme"

[version]
scheme = "semver"
below-one = "breaking-is-minor"

[impact]
from = "commits"

[commit]
message = "release: v{version}"

[[component]]
name = "api"
paths = ["api"]

[[component]]
name = "client"
paths = ["client"]

[[file]]
path = "api/VERSION"
group = "api"

[[file]]
path = "client/VERSION"
group = "client"

[[tag]]
class = "release"
component = "api"
template = "api-v{version}"

[[tag]]
class = "release"
component = "client"
template = "client-v{version}"

[[environment]]
name = "production"
accepts = "release"
"#;

/// A6: each component has versions, tags, files and a ledger of its own, by the paths that are its.
#[test]
fn components_are_released_by_the_commits_that_touch_them() {
    let mut house = House::new(
        "cargo-workspace",
        "main",
        &[("api/VERSION", "0.0.0\n"), ("client/VERSION", "0.0.0\n")],
    );
    let process = house.beside("release.toml");
    std::fs::write(&process, PARTS).unwrap();
    house.process = process.to_str().unwrap().to_owned();
    let built = |component: &str| {
        let dist = house.beside("dist");
        std::fs::create_dir_all(&dist).unwrap();
        std::fs::write(dist.join(component), house.head()).unwrap();
        let dist = dist.to_str().unwrap();
        house.act(&["--component", component, "build", "record", dist]);
    };
    let run = house.run(&["release"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("one of api, client"), "{}", run.err);
    for component in ["api", "client"] {
        built(component);
        house.act(&["--component", component, "release", "1.0.0"]);
    }
    house.commit("feat!: a second api", &[("api/lib.rs", "//! Two.\n")]);
    house.commit("fix: wait longer", &[("client/lib.rs", "//! Wait.\n")]);
    for (component, version) in [("api", "2.0.0"), ("client", "1.0.1")] {
        built(component);
        let args = ["--component", component, "release"];
        let (title, why) = plan(&house, &args);
        assert_eq!(title, format!("release {version}"));
        assert_eq!(why.len(), 2, "{why:?}");
        house.act(&args);
        let tag = format!("{component}-v{version}");
        let file = house.git(&["show", &format!("{tag}:{component}/VERSION")]);
        assert_eq!(file, format!("{version}\n"));
        house.act(&["--component", component, "promote", "production"]);
    }
    let refs = house.refs();
    assert!(refs.contains(" refs/promenade/ledger-api\n"), "{refs}");
    assert!(refs.contains(" refs/promenade/ledger-client\n"), "{refs}");
}
