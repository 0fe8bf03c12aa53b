//! What a branch goes on to after a release: the next version in its manifests, a place in its changelog.

use serde_json::Value;

use crate::house::House;

const PACKAGE: &str = "packages/attestation-service/package.json";

fn package(version: &str) -> String {
    format!("{{\n  \"name\": \"attestation-service\",\n  \"version\": \"{version}\"\n}}\n")
}

/// The rules of the attestation service, without a key.
fn celo(files: &[(&str, &str)]) -> House {
    let mut house = House::new("celo", "master", files);
    let text = promenade::process::preset::text("celo").unwrap();
    let text = text.replace("signature = \"required\"", "signature = \"none\"");
    let process = house.beside("release.toml");
    std::fs::write(&process, text).unwrap();
    house.process = process.to_str().unwrap().to_owned();
    house
}

#[track_caller]
fn is_at(house: &House, revision: &str, version: &str) {
    let found = house.git(&["show", &format!("{revision}:{PACKAGE}")]);
    assert_eq!(found, package(version), "{revision}");
}

fn subject(house: &House, revision: &str) -> String {
    let text = house.git(&["log", "-1", "--format=%s", revision]);
    text.trim().to_owned()
}

/// B3, B20 to B22: the release is one commit, the next one has the next marker; on a line the next patch.
#[test]
fn a_release_is_one_commit_and_the_next_one_has_the_next_marker() {
    let house = celo(&[(PACKAGE, &package("0.1.0-dev"))]);
    house.build(&house.head());
    house.act(&["release", "--impact", "feature"]);
    let tag = "attestation-service-v0.1.0";
    is_at(&house, tag, "0.1.0");
    is_at(&house, "master", "0.2.0-dev");
    assert_eq!(
        subject(&house, "master"),
        "Begin attestation-service v0.2.0-dev"
    );
    let released = house.git(&["rev-parse", &format!("{tag}^{{commit}}")]);
    assert_eq!(
        house.git(&["rev-parse", "master~1"]),
        released,
        "right after"
    );

    house.commit("feat: more", &[("src.txt", "more\n")]);
    house.build(&house.head());
    house.act(&["release", "--impact", "breaking", "--next", "major"]);
    is_at(&house, "attestation-service-v0.2.0", "0.2.0");
    is_at(&house, "master", "1.0.0-dev");

    let line = "release/attestation-service/0.1";
    house.git(&["checkout", "-q", "-b", line, tag]);
    house.commit("fix: no crash", &[("src.txt", "mended\n")]);
    house.build(&house.head());
    house.act(&["release", "0.1.1", "--backport", "--branch", line]);
    is_at(&house, "attestation-service-v0.1.1", "0.1.1");
    is_at(&house, line, "0.1.2-dev");

    house.git(&["checkout", "-q", "master"]);
    let run = house.run(&["audit"]);
    let audit: Value = serde_json::from_str(&run.out).unwrap();
    let rules = audit["findings"].as_array().unwrap().iter();
    let rules: Vec<_> = rules.map(|one| one["rule"].as_str().unwrap()).collect();
    for rule in [
        "dev-marker-missing",
        "tag-off-introduction",
        "version-reentered",
    ] {
        assert!(!rules.contains(&rule), "{rule}: {}", run.out);
    }
}

/// Both commits are pushed with the tag, or taken back together.
#[test]
fn both_commits_are_published_together_or_taken_back_together() {
    let house = celo(&[(PACKAGE, &package("0.1.0-dev"))]);
    house.build(&house.head());
    let before = house.refs();
    let plan = house.beside("plan.json").to_str().unwrap().to_owned();
    let run = house.run(&["release", "--impact", "feature", "--save", &plan]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let shown: Value = serde_json::from_str(&run.out).unwrap();
    let kinds = shown["steps"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["record", "commit", "tag", "commit", "record"]);
    for step in ["1", "2", "3", "4", "5"] {
        let run = house.run(&["apply", &plan, "--until", step, "--execute"]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    }
    house.is_clean();
    is_at(&house, "master", "0.2.0-dev");
    let run = house.run(&["undo", &plan, "--execute"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(house.refs(), before);
    is_at(&house, "master", "0.1.0-dev");
    house.is_clean();
}

/// A14, A17: the tag is at the candidate's commit though work went on, and the manifests follow it there.
#[test]
fn the_next_version_is_in_the_manifests_after_a_release_of_the_same_commit() {
    let manifest = |version: &str| {
        format!("[package]\nname = \"acme\"\nversion = \"{version}\"\nedition = \"2024\"\n")
    };
    let notes = "# Changelog\n\n## [Unreleased]\n\n- Everything.\n";
    let first = manifest("0.1.0");
    let files = [("Cargo.toml", first.as_str()), ("CHANGELOG.md", notes)];
    let house = House::new("mithril", "main", &files);
    let commit = house.head();
    house.build(&commit);
    house.enters("testing-preview", &commit, &[]);
    house.act(&["candidate"]);
    house.enters("pre-release-preview", "0.1-prerelease1", &[]);
    let ahead = house.commit("feat: more", &[("src.txt", "more\n")]);
    house.act(&["release"]);
    assert_eq!(house.git(&["rev-parse", "0.1^{commit}"]).trim(), commit);
    assert_eq!(house.git(&["show", "0.1:Cargo.toml"]), first);
    assert_eq!(house.git(&["rev-parse", "main~1"]).trim(), ahead);
    assert_eq!(house.git(&["show", "main:Cargo.toml"]), manifest("0.2.0"));
    assert_eq!(subject(&house, "main"), "chore: begin 0.2");
}

/// A changelog that keeps no empty section gets one after the release, not in it.
#[test]
fn a_place_for_what_comes_is_opened_after_the_release() {
    let notes = "# Changelog\n\n## Unreleased\n\n- Everything.\n";
    let mut house = House::new("cargo-workspace", "main", &[("CHANGELOG.md", notes)]);
    let text = "[process]\nformat = 1\nname = \"acme\"\n\n[version]\nscheme = \"semver\"\n\
         below-one = \"breaking-is-minor\"\nafter-release = \"next-in-manifest\"\n\n\
         [commit]\nmessage = \"release {version}\"\nafter-release = \"open {version}\"\n\n\
         [changelog]\nfile = \"CHANGELOG.md\"\ndialect = { keep-unreleased = false }\n\n\
         [[tag]]\nclass = \"release\"\ntemplate = \"v{version}\"\n\n\
         [[environment]]\nname = \"production\"\naccepts = \"release\"\n";
    let process = house.beside("release.toml");
    std::fs::write(&process, text).unwrap();
    house.process = process.to_str().unwrap().to_owned();
    house.build(&house.head());
    house.act(&["release", "0.1.0"]);
    let released = house.git(&["show", "v0.1.0:CHANGELOG.md"]);
    assert!(!released.contains("Unreleased"), "{released}");
    let after = house.git(&["show", "main:CHANGELOG.md"]);
    assert!(
        after.starts_with("# Changelog\n\n## Unreleased\n\n## 0.1.0"),
        "{after}"
    );
    assert_eq!(subject(&house, "main"), "open 0.2.0");
}
