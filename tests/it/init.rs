//! Process files proposed for real histories: how many of the tags they explain, and that they are sound.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::{git, json, promenade};

/// Proposes a process for a repository, and has it checked.
#[track_caller]
fn proposed(repository: &Path) -> Value {
    let proposal = json(repository, &["init"]);
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(&file, proposal["process"].as_str().unwrap()).unwrap();
    let process = file.path().to_str().unwrap();
    let check = promenade(repository, &["--process", process, "check"]);
    assert_eq!(check.code, 0, "{}{}", check.out, check.err);
    proposal
}

/// Every file of a repository that is no object, and what it holds.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.clone(), std::fs::read(path).unwrap());
            }
        }
    }
    found
}

/// A tag holds a version if from some number on all of it is one: two or three numbers with dots between and what
/// SemVer lets follow, or three with dashes.
#[test]
fn the_proposals_for_real_histories_explain_their_version_tags() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    for (name, versions, all) in [
        ("celo-monorepo", 168, 261),
        ("mithril", 88, 91),
        ("kayron", 23, 23),
        ("splits-releases", 52, 52),
        ("git-cliff", 128, 128),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let repository = dir.path().join("repository");
        crate::rebuilt::rebuild(&corpus.join(name).join("tags.tsv"), &repository);
        let before = files(&repository);
        let proposal = proposed(&repository);
        assert!(files(&repository) == before, "{name}: a file was touched");
        assert_eq!(proposal["tags"], all, "{name}");
        let found = &proposal["versions"];
        assert_eq!(found["of"], versions, "{name}");
        let share = found["explained"].as_f64().unwrap() / f64::from(versions);
        assert!(
            share >= 0.95,
            "{name}: {share} {:?}",
            proposal["unexplained_versions"]
        );
    }
}

/// Celo's tags have 40 prefixes. What no process can read is named, with the reason.
#[test]
fn names_that_hold_no_version_are_reported_with_the_reason() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let repository = dir.path().join("repository");
    crate::rebuilt::rebuild(&corpus.join("celo-monorepo/tags.tsv"), &repository);
    let proposal = proposed(&repository);
    let text = proposal["process"].as_str().unwrap();
    for old in [
        "attestation-service-{major}-{minor}-{patch}",
        "alfajores-v{major}.{minor}",
        "v{major}.{minor}",
    ] {
        assert!(
            text.contains(&format!("template = \"{old}\"\nlegacy = true")),
            "{old}\n{text}"
        );
    }
    let why = proposal["why"].as_object().unwrap();
    let hostile: Vec<_> = why
        .iter()
        .filter(|(tag, _)| tag.ends_with('-') || tag.ends_with(')'))
        .collect();
    assert_eq!(hostile.len(), 5, "{hostile:?}");
    for (tag, why) in hostile {
        let version = tag.split_once("-v").unwrap().1;
        let said = why.as_str().unwrap();
        assert!(
            said.starts_with(&format!("`{version}` is no version: ")),
            "{tag}: {said}"
        );
    }
    assert_eq!(why["temp"], "holds no version");
    let unread: Vec<_> = proposal["unexplained_versions"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(
        unread,
        [
            "ContractKit-SDKs-2.0-RC-1",
            "celocli-v1.7-alpha",
            "contract-abis-v10.0-beta"
        ]
    );
}

/// A repository of this workspace as it stands, and as it would be after its first releases.
#[test]
fn the_proposal_for_this_repository_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    git(dir, &["init", "-q", "-b", "main", "."]);
    git(dir, &["config", "user.name", "A"]);
    git(dir, &["config", "user.email", "a@example.invalid"]);
    for file in ["Cargo.toml", "CHANGELOG.md", "README.md"] {
        std::fs::copy(testkit::workspace().join(file), dir.join(file)).unwrap();
    }
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-q", "-m", "first"]);
    let proposal = proposed(dir);
    assert_eq!(proposal["versions"]["of"], 0);
    assert!(
        proposal["process"]
            .as_str()
            .unwrap()
            .contains("path = \"Cargo.toml\"")
    );
    for tag in [
        "promenade-version-v0.1.0",
        "promenade-tag-v0.1.0",
        "v0.1.0-rc.1",
        "v0.1.0",
    ] {
        git(dir, &["tag", tag]);
    }
    let proposal = proposed(dir);
    assert_eq!(proposal["versions"]["explained"], 4, "{proposal}");
    assert_eq!(git(dir, &["status", "--porcelain"]), "");
}

#[test]
fn nothing_is_written_until_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    git(dir, &["init", "-q", "-b", "trunk", "."]);
    git(dir, &["config", "user.name", "A"]);
    git(dir, &["config", "user.email", "a@example.invalid"]);
    std::fs::write(
        dir.join("CHANGELOG.md"),
        "# Changelog\n\n## [0.1.0] - 2026-01-01\n\n- a\n",
    )
    .unwrap();
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-q", "-m", "first"]);
    git(dir, &["tag", "v0.1.0"]);
    let printed = promenade(dir, &["init"]);
    assert_eq!(printed.code, 0, "{}", printed.err);
    assert!(printed.out.contains("main = \"trunk\""), "{}", printed.out);
    assert!(
        printed
            .out
            .contains("It explains 1 of 1 tags, 1 of 1 that hold a version"),
        "{}",
        printed.out
    );
    assert_eq!(git(dir, &["status", "--porcelain"]), "");
    assert_eq!(promenade(dir, &["init", "--execute"]).code, 0);
    assert_eq!(git(dir, &["status", "--porcelain"]), "?? release.toml\n");
    assert_eq!(promenade(dir, &["check"]).code, 0);
    let again = promenade(dir, &["init", "--execute"]);
    assert_eq!(again.code, 3, "{}", again.err);
}

/// A repository with a changelog and a manifest, and a commit for each message; `v1.2.3` in a message is a tag.
fn told(messages: &[String]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    git(path, &["init", "-q", "-b", "main", "."]);
    git(path, &["config", "user.name", "A"]);
    git(path, &["config", "user.email", "a@example.invalid"]);
    std::fs::write(
        path.join("CHANGELOG.md"),
        "# Changelog\n\n## [Unreleased]\n\n- all\n",
    )
    .unwrap();
    let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    std::fs::write(path.join("Cargo.toml"), manifest).unwrap();
    git(path, &["add", "-A"]);
    git(path, &["commit", "-q", "-m", "a beginning"]);
    for message in messages {
        git(path, &["commit", "-q", "--allow-empty", "-m", message]);
        let mut words = message.split_whitespace();
        let version = words.find(|word| word.split('.').count() > 2);
        if let Some(version) = version {
            git(path, &["tag", &format!("v{version}")]);
        }
    }
    dir
}

fn releases(message: &str, count: usize) -> Vec<String> {
    let features = |at| {
        [
            format!("feat: number {at}"),
            format!("fix(core): number {at}"),
        ]
    };
    (0..count)
        .flat_map(|at| {
            let release = message.replace("{}", &format!("1.{at}.0"));
            features(at).into_iter().chain([release])
        })
        .collect()
}

#[test]
fn conventional_commits_and_a_message_of_releases_are_proposed_with_how_many_say_so() {
    let dir = told(&releases("chore(release): {} (#7)", 4));
    let text = proposed(dir.path())["process"].as_str().unwrap().to_owned();
    let impact = "# 12 of the newest 13 commits are conventional: `feat: …`, `fix: …`.\n\
                  [impact]\nfrom = \"commits\"\n";
    assert!(text.contains(impact), "{text}");
    let commit = "# 4 of the newest 4 releases are tagged on a commit with this message.\n\
                  [commit]\nmessage = \"chore(release): {version}\"\n";
    assert!(text.contains(commit), "{text}");
    assert!(!text.contains("[release]"), "{text}");
    // What is proposed is what a release does.
    assert_eq!(promenade(dir.path(), &["init", "--execute"]).code, 0);
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-q", "-m", "feat!: more"]);
    assert_eq!(
        promenade(dir.path(), &["ledger", "adopt", "--execute"]).code,
        0
    );
    let built = tempfile::tempdir().unwrap();
    std::fs::write(built.path().join("a"), "built").unwrap();
    let record = ["build", "record", built.path().to_str().unwrap()];
    let record = promenade(dir.path(), &[&record[..], &["--execute"]].concat());
    assert_eq!(record.code, 0, "{}", record.err);
    let plan = json(dir.path(), &["release"]);
    assert_eq!(plan["title"], "release 2.0.0");
    let text = plan.to_string();
    assert!(text.contains("chore(release): 2.0.0"), "{text}");
}

#[test]
fn a_release_with_candidates_may_differ_from_them_in_what_its_commit_changes() {
    let mut messages = releases("Release {}", 5);
    messages.push("Release candidate 1.5.0-rc.1".to_owned());
    let dir = told(&messages);
    let text = proposed(dir.path())["process"].as_str().unwrap().to_owned();
    let commit = "[commit]\nmessage = \"Release {version}\"\n\n\
                  [release]\nfinal = { paths = [\"CHANGELOG.md\", \"Cargo.toml\", \"Cargo.lock\"] }\n";
    assert!(text.contains(commit), "{text}");
}

#[test]
fn where_few_commits_say_something_nothing_is_proposed() {
    for messages in [
        releases("release {}", 2),
        releases("work on this and that", 9)
            .into_iter()
            .filter(|message| !message.starts_with("fix") && !message.contains("number 8"))
            .collect(),
        [
            "1.0.0",
            "prepare 1.0.1",
            "Version 1.0.2",
            "finish 1.1.0",
            "chore: a",
        ]
        .map(str::to_owned)
        .to_vec(),
        (0..9).map(|at| format!("chore: number {at}")).collect(),
    ] {
        let dir = told(&messages);
        let text = proposed(dir.path())["process"].as_str().unwrap().to_owned();
        for table in ["[impact]", "[commit]", "[release]"] {
            assert!(!text.contains(table), "{messages:?}\n{text}");
        }
    }
}

#[test]
fn the_version_of_lerna_and_its_packages_are_proposed_and_move_together() {
    let dir = told(&[]);
    let path = dir.path();
    std::fs::remove_file(path.join("Cargo.toml")).unwrap();
    for (file, text) in [
        ("lerna.json", "{\n  \"version\": \"1.2.0\"\n}\n"),
        (
            "package.json",
            "{\n  \"name\": \"root\",\n  \"private\": true\n}\n",
        ),
        (
            "packages/a/package.json",
            "{ \"name\": \"a\", \"version\": \"1.2.0\" }\n",
        ),
        (
            "packages/b/package.json",
            "{ \"name\": \"b\", \"version\": \"0.7.0\" }\n",
        ),
    ] {
        std::fs::create_dir_all(path.join(file).parent().unwrap()).unwrap();
        std::fs::write(path.join(file), text).unwrap();
    }
    git(path, &["add", "-A"]);
    git(path, &["commit", "-q", "-m", "packages"]);
    git(path, &["tag", "v1.2.0"]);
    let text = proposed(path)["process"].as_str().unwrap().to_owned();
    let tables = "[[manifest]]\nkind = \"npm\"\npath = \"package.json\"\npackages = [\"a\"]\n\n\
                  [[file]]\npath = \"lerna.json\"\njson = \"version\"\n";
    assert!(text.contains(tables), "{text}");
    assert_eq!(promenade(path, &["init", "--execute"]).code, 0);
    assert_eq!(promenade(path, &["manifest", "check"]).code, 0);
    assert_eq!(
        promenade(path, &["manifest", "set", "1.3.0", "--execute"]).code,
        0
    );
    let read = |file: &str| std::fs::read_to_string(path.join(file)).unwrap();
    assert!(read("lerna.json").contains("1.3.0"));
    assert!(read("packages/a/package.json").contains("1.3.0"));
    assert!(read("packages/b/package.json").contains("0.7.0"));
    // With candidates and commits of releases, those are what may differ.
    for version in ["1.1.7", "1.1.8", "1.1.9"] {
        let release = format!("release {version}");
        git(path, &["commit", "-q", "--allow-empty", "-m", &release]);
        git(path, &["tag", &format!("v{version}")]);
    }
    git(path, &["tag", "v1.3.0-rc.1"]);
    let text = proposed(path)["process"].as_str().unwrap().to_owned();
    let may_differ = "final = { paths = [\"CHANGELOG.md\", \"package.json\", \"package-lock.json\", \
                      \"lerna.json\", \"packages/a/package.json\"] }";
    assert!(text.contains(may_differ), "{text}");
}
