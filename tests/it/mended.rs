//! The bad day: hotfixes, backports, emergencies, embargoes, rollbacks and deprecations, in real
//! repositories from the first commit on.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::command::git;
use crate::house::{House, ssh_key};
use crate::server::{Server, run as program};

const PACKAGE: &str = "packages/attestation-service/package.json";

/// A source with lines far enough apart that changes of two of them do not touch.
fn source(mended: bool, extra: &str) -> String {
    let first = if mended { "checked add" } else { "add" };
    let lines: String = (0..20).map(|n| format!("line {n}\n")).collect();
    format!("{first}\n{lines}{extra}\n")
}

fn plan(house: &House, args: &[&str]) -> Value {
    let run = house.run(args);
    assert_eq!(run.code, 0, "{args:?}: {}{}", run.out, run.err);
    serde_json::from_str(&run.out).unwrap()
}

fn kinds(plan: &Value) -> Vec<&str> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps.map(|step| step["step"].as_str().unwrap()).collect()
}

fn owed(house: &House) -> Vec<String> {
    let board = plan(house, &["status"]);
    let owed = board["owed"].as_array().unwrap().iter();
    owed.map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// Every file of a repository with its bytes, `.git` included: what a dry run must not change.
fn everything(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![dir.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((path.clone(), std::fs::read(&path).unwrap())),
            }
        }
    }
    found.sort();
    found
}

/// Prints the plan, and finds every byte where it was.
fn dry(house: &House, args: &[&str]) -> Value {
    // The first look refreshes the index.
    house.is_clean();
    let before = everything(&house.path());
    let planned = plan(house, args);
    assert_eq!(planned["executed"], false);
    assert!(
        everything(&house.path()) == before,
        "{args:?} changed something"
    );
    planned
}

fn named(house: &mut House, preset: &str, change: impl Fn(String) -> String) {
    let text = promenade::process::preset::text(preset).unwrap();
    let process = house.beside("release.toml");
    std::fs::write(&process, change(text.to_owned())).unwrap();
    house.process = process.to_str().unwrap().to_owned();
}

/// An attestation service with releases 1.0.0, 1.1.0 and 1.2.0, of which the process supports all lines.
fn celo(registry: Option<&str>) -> Option<House> {
    let dev = "{\n  \"name\": \"attestation-service\",\n  \"version\": \"1.0.0-dev\"\n}\n";
    let files = [(PACKAGE, dev), ("src.txt", &*source(false, "first"))];
    let mut house = House::new("celo", "master", &files);
    let key = ssh_key(&house.beside(""))?;
    house.signs_with_ssh(&key);
    named(&mut house, "celo", |text| {
        let text = text.replace("support = { newest = 2 }", "support = { newest = 3 }");
        match registry {
            Some(host) => {
                format!("{text}\n[registry]\nrepository = \"{host}/app\"\nimage = \"image\"\n")
            }
            None => text,
        }
    });
    for (version, extra) in [("1.0.0", "first"), ("1.1.0", "second"), ("1.2.0", "third")] {
        house.commit(
            &format!("feat: {extra}"),
            &[("src.txt", &source(false, extra))],
        );
        house.build(&house.head());
        house.act(&["release", version]);
    }
    Some(house)
}

/// Row 1, B7, B19, B27, INV-40: one commit onto three supported lines, one of them waived; each line owes
/// it until a release has it.
#[test]
fn celo_mends_every_supported_line_from_one_commit() {
    let Some(house) = celo(None) else { return };
    let fix = house.commit("fix: overflow", &[("src.txt", &source(true, "third"))]);
    let waive = "1.0.x=not affected";
    let args = ["emergency", &fix, "--waive", waive];
    let planned = dry(&house, &args);
    let steps = ["record", "branch", "commit", "branch", "commit"];
    assert_eq!(kinds(&planned), steps, "{planned}");
    let strange = house.run(&["emergency", &fix, "--waive", "3.4.x=what"]);
    assert_eq!(strange.code, 2, "{}", strange.out);
    assert!(
        strange.err.contains("1.2.x, 1.1.x, 1.0.x"),
        "{}",
        strange.err
    );
    house.act(&args);
    let branches = house.git(&["branch", "--list", "--format=%(refname:short)"]);
    let line = |minor: &str| format!("release/attestation-service/1.{minor}");
    let expected = format!("master\n{}\n{}\n", line("1"), line("2"));
    assert_eq!(branches, expected);
    assert_eq!(owed(&house).len(), 2, "{:?}", owed(&house));
    let all = plan(&house, &["obligation", "list", "--all"]);
    let waived = all["obligations"].as_array().unwrap().iter();
    let waived: Vec<_> = waived.filter(|one| one["waived"] == true).collect();
    assert_eq!(waived.len(), 1, "{all}");
    assert_eq!(waived[0]["line"], "1.0.x");
    assert_eq!(waived[0]["evidence"], "not affected");
    // Again: nothing is picked twice, and nothing is owed twice.
    let again = plan(&house, &["emergency", &fix]);
    assert_eq!(kinds(&again), ["branch", "commit"], "1.0.x alone: {again}");

    for (minor, version) in [("2", "1.2.1"), ("1", "1.1.1")] {
        let tip = house.git(&["rev-parse", &line(minor)]).trim().to_owned();
        let message = house.git(&["log", "-1", "--format=%B", &tip]);
        assert_eq!(
            message.trim(),
            format!("fix: overflow\n\n(cherry picked from commit {fix})")
        );
        house.build(&tip);
        let args = [
            "release",
            version,
            "--branch",
            &line(minor),
            "--lane",
            "hotfix",
        ];
        house.act(&args);
        house.git(&["verify-tag", &format!("attestation-service-v{version}")]);
    }
    // Each release paid what its line owed; picked from master, it owes no merge back either.
    assert_eq!(owed(&house), [""; 0]);

    let contains = plan(&house, &["contains", &fix]);
    let places = contains["places"].as_array().unwrap().iter();
    let places: Vec<_> = places
        .map(|one| {
            (
                one["version"].as_str().unwrap(),
                one["how"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("1.0.0", "absent"),
        ("1.1.0", "absent"),
        ("1.1.1", "picked"),
        ("1.2.0", "absent"),
        ("1.2.1", "picked"),
    ];
    assert_eq!(places, expected);
    let since = &contains["first"];
    assert_eq!(
        (&since["1.1.x"], &since["1.2.x"]),
        (&"1.1.1".into(), &"1.2.1".into())
    );
    house.git(&["fsck", "--strict"]);
}

/// INV-40: a line that is mended by hand owes it, and no release of it goes out without.
#[test]
fn a_line_that_is_mended_by_hand_owes_the_mend() {
    let Some(house) = celo(None) else { return };
    let fix = house.commit("fix: overflow", &[("src.txt", &source(true, "third"))]);
    let waive = ["--waive", "1.2.x=later", "--waive", "1.0.x=not affected"];
    let args = ["emergency", &fix, "--by-hand", "1.1.x"];
    house.act(&[&args[..], &waive].concat());
    let begun = house.act(&["hotfix", "start", "--line", "1.1.x"]);
    assert_eq!(kinds(&begun), ["branch"]);
    let line = "release/attestation-service/1.1";
    house.git(&["checkout", "-q", line]);
    let other = house.commit("chore: something else", &[("other.txt", "1\n")]);
    house.build(&other);
    let release = ["release", "1.1.1", "--branch", line, "--lane", "hotfix"];
    assert_eq!(house.held(&release), ["obligation:patch"]);
    // A pick that conflicts is told by its path, and changes nothing.
    let text = source(false, "second").replace("add\n", "sum\n");
    house.commit("refactor: sum", &[("src.txt", &text)]);
    let (refs, run) = (
        house.refs(),
        house.run(&["backport", &fix, "--onto", "1.1.x"]),
    );
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let held: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(held["blockers"][0]["gate"], "conflict");
    let why = held["blockers"][0]["why"].as_str().unwrap();
    assert!(why.ends_with("both changed src.txt"), "{why}");
    assert_eq!(house.refs(), refs);
    let text = text.replace("sum\n", "checked sum\n");
    let message = format!("fix: overflow\n\n(cherry picked from commit {fix})");
    let mended = house.commit(&message, &[("src.txt", &text)]);
    house.build(&mended);
    house.act(&release);
    assert_eq!(
        owed(&house).len(),
        1,
        "the other change is not on master: {:?}",
        owed(&house)
    );
}

/// B7: a backport is what `git cherry-pick -x` makes, byte for byte, and nothing is touched before it is
/// carried out.
#[test]
fn a_backport_is_what_git_picks() {
    let Some(house) = celo(None) else { return };
    let message = "fix: overflow\n\nIt wraps at 2^32.\n\nReviewed-by: Bob <bob@example.org>";
    let fix = house.commit(message, &[("src.txt", &source(true, "third"))]);
    let program = house.path().join("run.sh");
    std::fs::write(&program, "#!/bin/sh\n").unwrap();
    git(&house.path(), &["add", "run.sh"]);
    git(&house.path(), &["update-index", "--chmod=+x", "run.sh"]);
    git(&house.path(), &["checkout", "-q", "--", "run.sh"]);
    git(&house.path(), &["commit", "-q", "--amend", "--no-edit"]);
    let fix = if fix == house.head() {
        fix
    } else {
        house.head()
    };
    let onto = ["backport", &fix, "--onto", "1.0.x", "--onto", "1.1.x"];
    let planned = dry(&house, &onto);
    assert_eq!(kinds(&planned), ["branch", "commit", "branch", "commit"]);
    house.act(&onto);
    for minor in ["0", "1"] {
        let own = format!("release/attestation-service/1.{minor}");
        let tag = format!("attestation-service-v1.{minor}.0");
        let other = house.beside(&format!("oracle-{minor}"));
        git(
            &house.path(),
            &[
                "worktree",
                "add",
                "-q",
                "--detach",
                other.to_str().unwrap(),
                &tag,
            ],
        );
        git(&other, &["cherry-pick", "-x", &fix]);
        let format = ["log", "-1", "--format=%T%n%an %ae %aI%n%B"];
        let expected = git(&other, &format);
        assert_eq!(
            git(&house.path(), &[&format[..], &[&own]].concat()),
            expected
        );
    }
    let again = plan(&house, &onto);
    assert_eq!(kinds(&again), [""; 0], "{again}");
    assert!(again["why"].to_string().contains("(picked)"), "{again}");
}

/// Row 1, B29, B31, INV-41: mended in private. Nothing of it is at the remote or in the registry before it
/// is disclosed, whatever else is published meanwhile; afterwards the public ledger proves the order.
#[test]
fn celo_mends_in_private_and_proves_the_order_after() {
    let Some((public, private)) = Server::start().zip(Server::start()) else {
        return;
    };
    let Some(house) = celo(Some(&public.host)) else {
        return;
    };
    let bare = house.beside("remote.git");
    git(
        &house.beside(""),
        &["init", "-q", "--bare", "-b", "master", "remote.git"],
    );
    house.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    let all = [
        "push",
        "-q",
        "origin",
        "master",
        "refs/promenade/ledger",
        "--tags",
    ];
    house.git(&all);
    let listed = || {
        git(
            &bare,
            &["for-each-ref", "--format=%(objectname) %(refname)"],
        )
    };
    let names = || {
        let catalog = format!("docker://{}/app", public.host);
        let out = std::process::Command::new("skopeo")
            .args(["list-tags", "--tls-verify=false", &catalog])
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let (refs, tags) = (listed(), names());

    let line = "release/attestation-service/1.2";
    let private_act = |args: &[&str]| house.act(&[args, &["--embargoed"]].concat());
    private_act(&["hotfix", "start", "--line", "1.2.x"]);
    house.git(&["checkout", "-q", line]);
    let secret = "fix: forged attestations";
    let fix = house.commit(secret, &[("src.txt", &source(true, "third"))]);
    let digest = private.build("mend");
    let built = house.beside("built");
    std::fs::create_dir(&built).unwrap();
    std::fs::write(built.join("service.tar"), "the mended service").unwrap();
    let layout = private.dir.path().join("build-mend/img");
    let image = format!("image={}", layout.display());
    private_act(&[
        "build",
        "record",
        built.to_str().unwrap(),
        "--commit",
        &fix,
        "--image",
        &image,
    ]);
    let release = ["release", "1.2.1", "--branch", line, "--lane", "embargoed"];
    assert_eq!(
        house.held(&release),
        ["build"],
        "the public ledger knows of no build"
    );
    let released = private_act(&release);
    assert!(
        !kinds(&released)
            .iter()
            .any(|kind| ["push", "channel", "forge", "hook"].contains(kind))
    );
    assert!(
        released["why"].to_string().contains("waits for disclosure"),
        "{released}"
    );
    house.git(&["verify-tag", "attestation-service-v1.2.1"]);
    assert_eq!(listed(), refs, "no ref, tag or note of the remote moved");
    assert_eq!(names(), tags, "no name of the registry moved");

    // The world goes on: what is published in between holds nothing of it but seals.
    house.git(&["checkout", "-q", "master"]);
    let more = house.commit("feat: more", &[("other.txt", "more\n")]);
    house.build(&more);
    house.act(&["release", "1.3.0"]);
    let meanwhile = listed();
    assert!(
        meanwhile.contains("attestation-service-v1.3.0"),
        "{meanwhile}"
    );
    assert!(
        !meanwhile.contains("1.2.1") && !meanwhile.contains(line),
        "{meanwhile}"
    );
    assert!(
        !meanwhile.contains("embargo") && !meanwhile.contains("refs/notes"),
        "{meanwhile}"
    );
    assert!(!names().contains("1.2.1"));
    let told = std::process::Command::new("git")
        .current_dir(&bare)
        .args(["cat-file", "--batch-all-objects", "--batch"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let own = house.git(&["rev-parse", "attestation-service-v1.2.1^{commit}"]);
    let hex = digest.strip_prefix("sha256:").unwrap();
    for secret in [
        "1.2.1",
        secret,
        "forged",
        fix.as_str(),
        own.trim(),
        hex,
        "embargo",
    ] {
        assert!(!told.contains(secret), "{secret} is public");
    }
    let ledger = git(&bare, &["rev-parse", "refs/promenade/ledger"])
        .trim()
        .to_owned();
    assert_eq!(
        told.matches("\"event\":\"sealed\"").count(),
        3,
        "a build, a release and what it owes"
    );
    let public_board = plan(&house, &["status"]).to_string();
    assert!(!public_board.contains("1.2.1"));
    assert!(
        plan(&house, &["--embargoed", "status"])
            .to_string()
            .contains("1.2.1")
    );

    // B31: that it must be disclosed is owed, and as private as what it is owed for.
    let in_private = plan(&house, &["--embargoed", "status"]);
    let owed_in_private = &in_private["embargo"]["owed"];
    assert_eq!(owed_in_private[0]["id"], "disclose-1.2.1", "{in_private}");
    assert!(owed_in_private.to_string().contains("`disclose`"));
    assert_eq!(plan(&house, &["status"])["embargo"]["owed"], json!([]));

    // Disclosed: the image, then everything at once.
    let from = format!("docker://{}/app:build-mend", private.host);
    let to = format!("docker://{}/app:build-mend", public.host);
    let flags = [
        "copy",
        "-q",
        "--preserve-digests",
        "--insecure-policy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        &from,
        &to,
    ];
    program(public.dir.path(), "skopeo", &flags);
    let disclosed = house.act(&["disclose"]);
    let pushes = disclosed["steps"].as_array().unwrap().iter();
    let pushes: Vec<_> = pushes.filter(|step| step["step"] == "push").collect();
    assert!(!pushes.is_empty(), "{disclosed}");
    let after = listed();
    for name in [
        "refs/tags/attestation-service-v1.2.1",
        &format!("refs/heads/{line}"),
    ] {
        assert!(after.contains(name), "{name}: {after}");
    }
    assert!(
        names().contains("attestation-service-v1.2.1"),
        "{}",
        names()
    );
    assert_eq!(public.oracle("attestation-service-v1.2.1"), digest);

    // Anybody can check it: a clone verifies the ledger, and sha256sum each seal.
    let other = house.clone_of(&bare, "clone");
    git(
        &other,
        &[
            "fetch",
            "-q",
            "origin",
            "refs/promenade/ledger:refs/promenade/ledger",
        ],
    );
    let global = ["--process", house.process.as_str(), "--format", "json"];
    let verified =
        crate::command::promenade(&other, &[&global[..], &["ledger", "verify"]].concat());
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    let exported = crate::command::promenade(&other, &["ledger", "export"]);
    let events: Vec<Value> = exported
        .out
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    proves_the_order(&other, &events, &ledger);
    assert!(
        disclosed.to_string().contains("released"),
        "the plan says what becomes public: {disclosed}"
    );
    let all = plan(&house, &["obligation", "list", "--all"]).to_string();
    assert!(
        all.contains("disclose-1.2.1") && all.contains("its disclosure"),
        "{all}"
    );
    let still = plan(&house, &["obligation", "list"]).to_string();
    assert!(!still.contains("disclose-1.2.1"), "{still}");
    let nothing = house.run(&["disclose"]);
    assert_eq!(nothing.code, 2, "{}", nothing.out);
    house.git(&["fsck", "--strict"]);
}

/// Each disclosed event was sealed in a record that the remote had before it was disclosed.
#[track_caller]
fn proves_the_order(clone: &Path, events: &[Value], before: &str) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    // What an export wraps an event in does not matter.
    fn find<'a>(value: &'a Value, kind: &str) -> Option<&'a Value> {
        match value {
            Value::Object(map) if map.get("event").is_some_and(|it| it == kind) => {
                map.get("fields")
            }
            Value::Object(map) => map.values().find_map(|value| find(value, kind)),
            _ => None,
        }
    }
    let disclosed: Vec<_> = events
        .iter()
        .filter_map(|it| find(it, "disclosed"))
        .collect();
    assert_eq!(disclosed.len(), 3, "{events:?}");
    let sealed = git(clone, &["log", "-p", "--format=%H", before]);
    for one in disclosed {
        let (event, nonce) = (text(&one["event"]), text(&one["nonce"]));
        assert!(nonce.len() >= 64);
        let bytes = format!("promenade-embargo 1\n{}\n{nonce}\n{event}", nonce.len());
        let path = clone.join("sealed");
        std::fs::write(&path, bytes).unwrap();
        let sum = std::process::Command::new("sha256sum")
            .arg(&path)
            .output()
            .unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        let sum = sum.split(' ').next().unwrap();
        assert_eq!(text(&one["commitment"]), format!("sha256:{sum}"));
        assert!(sealed.contains(sum), "{sum} was not public before");
    }
}

const MANIFEST: &str = "[package]\nname = \"acme\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const LOCK: &str = "# This file is automatically @generated by Cargo.\n# It is not intended for \
     manual editing.\nversion = 4\n\n[[package]]\nname = \"acme\"\nversion = \"0.1.0\"\n";
const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Everything.\n";

/// RustShare with its own maintainer.
fn rustshare() -> Option<House> {
    let mut house = House::new(
        "rustshare",
        "main",
        &[
            ("Cargo.toml", MANIFEST),
            ("Cargo.lock", LOCK),
            ("CHANGELOG.md", CHANGELOG),
            ("docs/upgrading.md", "# Upgrading\n"),
            ("src/lib.rs", &source(false, "first")),
        ],
    );
    let key = ssh_key(&house.beside(""))?;
    let own = house.signs_with_ssh(&key);
    named(&mut house, "rustshare", |text| {
        text.replace(
            "ssh:SHA256:nLPnMZC4Df0xQ6XbBV2yT8mG1c7jrK5uWqHsEoaYtI9",
            &own,
        )
    });
    Some(house)
}

/// Adds an entry to what is not released.
fn entry(house: &House, text: &str) -> String {
    let changelog = std::fs::read_to_string(house.path().join("CHANGELOG.md")).unwrap();
    let heading = "## [Unreleased]\n";
    assert!(changelog.contains(heading), "{changelog}");
    changelog.replacen(heading, &format!("{heading}\n### Fixed\n\n- {text}\n"), 1)
}

/// The regular way from a commit to production.
fn regular(house: &House, version: &str, impact: &str) {
    let candidate = format!("{version}-rc.1");
    house.build(&house.head());
    house.act(&["candidate", "--impact", impact]);
    house.enters("staging", &candidate, &["smoke", "scan"]);
    for check in ["integration", "migration"] {
        house.act(&["record", check, "pass", "--version", &candidate]);
    }
    house.act(&["release"]);
    house.act(&["approve", "production"]);
    house.enters("production", version, &[]);
    assert_eq!(house.channel("latest"), version);
}

/// A hotfix of the last release: branch, mend, reduced gates, production.
fn hotfix(house: &House, version: &str, mended: &str, what: &str) {
    let started = house.act(&["hotfix", "start"]);
    assert_eq!(kinds(&started), ["branch"], "{started}");
    let branch = format!("hotfix/v{version}");
    house.git(&["checkout", "-q", &branch]);
    let changelog = entry(house, what);
    let fix = [("src/lib.rs", mended), ("CHANGELOG.md", &changelog)];
    let fix = house.commit(&format!("fix: {what}"), &fix);
    house.build(&fix);
    let release = ["release", version, "--branch", &branch, "--lane", "hotfix"];
    // The migration check is for the regular lane alone (C18, C24).
    assert_eq!(house.held(&release), ["check:integration"]);
    house.act(&["record", "integration", "pass", "--commit", &fix]);
    house.act(&release);
    house.git(&["verify-tag", &format!("v{version}")]);
    let tag = format!("refs/tags/v{version}");
    let said = house.git(&["for-each-ref", "--format=%(contents:subject)", &tag]);
    assert_eq!(said.trim(), format!("Hotfix v{version}"));
    // Staging is not on the way of a hotfix; the approval is.
    let args = ["promote", "production", "--version", version];
    assert_eq!(house.held(&args), ["approvals"]);
    house.act(&["approve", "production", "--version", version]);
    house.enters("production", version, &[]);
    assert_eq!(house.channel("latest"), version);
}

/// Rows 1 and 5, C22 to C32: hotfix, merge back, rollback by rolling forward and by repointing. What is
/// owed shows in `status`, holds the next release, and is closed by the merge.
#[test]
fn rustshare_mends_merges_back_and_goes_back() {
    let Some(house) = rustshare() else { return };
    regular(&house, "0.1.0", "feature");
    let changelog = entry(&house, "It is another.");
    let more = [
        ("src/lib.rs", &*source(false, "second")),
        ("CHANGELOG.md", &changelog),
    ];
    house.commit("feat: second", &more);
    hotfix(&house, "0.1.1", &source(true, "first"), "Sums do not wrap.");
    let owing = "merge-back-0.1.1-x: hotfix 0.1.1 must be merged back into every line";
    assert_eq!(owed(&house), [owing]);

    // The next release waits for the merge (C27).
    house.git(&["checkout", "-q", "main"]);
    house.build(&house.head());
    house.act(&["candidate", "--impact", "breaking"]);
    house.enters("staging", "0.2.0-rc.1", &["smoke", "scan"]);
    for check in ["integration", "migration"] {
        house.act(&["record", check, "pass", "--version", "0.2.0-rc.1"]);
    }
    assert_eq!(house.held(&["release"]), ["obligation:merge-back"]);
    let planned = dry(&house, &["hotfix", "finish"]);
    assert_eq!(kinds(&planned), ["commit", "record"], "{planned}");
    house.act(&["hotfix", "finish"]);
    assert_eq!(owed(&house), [""; 0]);
    let parents = house.git(&["log", "-1", "--format=%P", "main"]);
    assert_eq!(parents.split_whitespace().count(), 2);
    house.git(&["merge-base", "--is-ancestor", "v0.1.1", "main"]);
    let merged = house.git(&["show", "main:CHANGELOG.md"]);
    for text in ["- It is another.", "- Sums do not wrap.", "## [0.1.1]"] {
        assert_eq!(merged.matches(text).count(), 1, "{text}: {merged}");
    }
    assert!(!merged.contains("<<<<<<<"), "{merged}");
    // What was merged is another commit than the candidate's: the next one takes it along.
    house.build(&house.head());
    house.act(&["candidate"]);
    house.enters("staging", "0.2.0-rc.2", &["smoke", "scan"]);
    for check in ["integration", "migration"] {
        house.act(&["record", check, "pass", "--version", "0.2.0-rc.2"]);
    }
    house.act(&["release"]);
    house.act(&["approve", "production"]);
    house.enters("production", "0.2.0", &[]);

    // Rolled forward (C30): names stay, and the hotfix takes them.
    let tags = house.git(&["tag", "--list"]);
    let reason = ["--reason", "it eats files"];
    house.act(&[&["deprecate", "0.2.0", "--roll-forward"], &reason[..]].concat());
    assert_eq!(house.channel("latest"), "0.2.0");
    let from = house.act(&["hotfix", "start", "0.2.0"]);
    assert_eq!(kinds(&from), ["branch"]);
    house.git(&["checkout", "-q", "hotfix/v0.2.1"]);
    let changelog = entry(&house, "Files stay.");
    let files = [
        ("src/lib.rs", &*source(true, "third")),
        ("CHANGELOG.md", &changelog),
    ];
    let fix = house.commit("fix: files stay", &files);
    house.build(&fix);
    house.act(&["record", "integration", "pass", "--commit", &fix]);
    house.act(&[
        "release",
        "0.2.1",
        "--branch",
        "hotfix/v0.2.1",
        "--lane",
        "hotfix",
    ]);
    assert_eq!(house.channel("latest"), "0.2.1");
    house.act(&["approve", "production", "--version", "0.2.1"]);
    house.enters("production", "0.2.1", &[]);

    // Merged by hand: the next release finds the merge, and closes what was owed by itself (row 5).
    house.git(&["checkout", "-q", "main"]);
    let merge = [
        "merge",
        "-q",
        "--no-ff",
        "-X",
        "theirs",
        "--no-edit",
        "hotfix/v0.2.1",
    ];
    house.git(&merge);
    assert_eq!(owed(&house).len(), 1);
    let changelog = entry(&house, "More.");
    house.commit(
        "feat: fourth",
        &[("other.rs", "\n"), ("CHANGELOG.md", &changelog)],
    );
    regular(&house, "0.3.0", "breaking");
    assert_eq!(owed(&house), [""; 0]);
    let all = plan(&house, &["obligation", "list", "--all"]);
    let last = all["obligations"].as_array().unwrap().last().unwrap();
    let evidence = last["evidence"].as_str().unwrap();
    assert!(
        evidence.starts_with("0.2.1 is an ancestor of "),
        "{evidence}"
    );

    // Repointed (C28 to C32): names and production go back, a banner tells, nothing is deleted.
    let bad = ["deprecate", "0.3.0", "--instead", "0.2.1", "--yank"];
    let planned = dry(&house, &[&bad[..], &reason].concat());
    assert!(kinds(&planned).contains(&"commit"), "{planned}");
    house.act(&[&bad[..], &reason].concat());
    assert_eq!(house.channel("latest"), "0.2.1");
    assert_eq!(house.channel("0"), "0.2.1");
    let changelog = house.git(&["show", "main:CHANGELOG.md"]);
    assert!(
        changelog.contains("## [0.3.0] - 2026-11-02 [YANKED]\n"),
        "{changelog}"
    );
    assert!(
        changelog.contains("it eats files") && changelog.contains("Deprecated"),
        "{changelog}"
    );
    let never = ["rollback", "production", "--to", "0.2.0-rc.2"];
    assert_eq!(
        house.held(&[&never[..], &reason].concat()),
        ["rollback"],
        "never verified there"
    );
    house.act(&[&["rollback", "production", "--to", "0.2.1"], &reason[..]].concat());
    house.act(&["observe", "production", "--version", "0.2.1"]);
    assert_eq!(house.runs("production"), "0.2.1");
    let global = ["--process", house.process.as_str(), "status"];
    let board = crate::command::promenade(&house.path(), &global).out;
    assert!(
        board.contains("held"),
        "production is held after a rollback (INV-16): {board}"
    );
    let now = house.git(&["tag", "--list"]);
    assert!(
        tags.lines().all(|tag| now.lines().any(|it| it == tag)),
        "nothing is deleted"
    );
    house.git(&["fsck", "--strict"]);
}

/// A9: the hotfix of a calendar version, `2645.1-hotfix`, as `2543.1-hotfix` was; this one is merged back.
#[test]
fn mithril_makes_a_hotfix_under_its_suffix() {
    let files = [
        (
            "CHANGELOG.md",
            "# Changelog\n\n## [Unreleased]\n\n- Everything.\n",
        ),
        ("src.txt", &*source(false, "first")),
    ];
    let house = House::new("mithril-adr12", "main", &files);
    let Some(key) = ssh_key(&house.beside("")) else {
        return;
    };
    house.signs_with_ssh(&key);
    let commit = house.head();
    house.build(&commit);
    house.enters("testing-preview", &commit, &[]);
    house.act(&["candidate"]);
    house.enters("pre-release-preview", "2645.0-pre", &[]);
    house.act(&["release"]);
    house.enters("release-mainnet", "2645.0", &[]);
    house.commit("feat: second", &[("src.txt", &source(false, "second"))]);

    house.act(&["hotfix", "start"]);
    house.git(&["checkout", "-q", "hotfix/2645.1"]);
    let fix = house.commit("fix: wrap", &[("src.txt", &source(true, "first"))]);
    house.build(&fix);
    let release = [
        "release",
        "2645.1-hotfix",
        "--branch",
        "hotfix/2645.1",
        "--lane",
        "hotfix",
    ];
    house.act(&release);
    house.git(&["verify-tag", "2645.1-hotfix"]);
    let peeled = house.git(&["rev-parse", "2645.1-hotfix^{commit}"]);
    assert_eq!(peeled.trim(), fix, "the commit is tagged as it is");
    assert_eq!(house.channel("latest"), "2645.1.0+hotfix");
    assert_eq!(owed(&house).len(), 1);
    house.git(&["checkout", "-q", "main"]);
    house.act(&["hotfix", "finish"]);
    assert_eq!(owed(&house), [""; 0]);
    let merged = std::fs::read_to_string(house.path().join("src.txt")).unwrap();
    assert_eq!(merged, source(true, "second"), "the work tree followed");
    let found = plan(&house, &["contains", &fix]);
    let held = found["places"].as_array().unwrap().iter();
    let held: Vec<_> = held.filter(|place| place["holds"] == true).collect();
    assert_eq!(held.len(), 1, "{found}");
    assert_eq!(held[0]["name"], "2645.1-hotfix");
}

/// D10, D12, D15, INV-14: production goes back to definitions that ran there, by an edit of one line; its
/// comment stays, and the next release carries it out, for production follows the latest one.
#[test]
fn splits_rolls_a_definition_back() {
    let pins = |release: &str| {
        format!(
            "- docker: kayron\n  github: kayron\n  deploy:\n    release: {release} # pinned by hand\n\
             - docker: specta\n  github: specta\n  deploy:\n    release: v1.0.0\n"
        )
    };
    let file = "infrastructure/kayron.yaml";
    let house = House::new("splits", "main", &[(file, &pins("v0.1.0"))]);
    let way = |version: &str| {
        let commit = house.head();
        house.build(&commit);
        house.act(&["record", "lint", "pass", "--commit", "HEAD"]);
        house.enters("staging", &commit, &[]);
        house.act(&["release", version]);
        house.enters("production", version, &["smoke"]);
    };
    way("0.1.0");
    house.commit("point to v0.2.0", &[(file, &pins("v0.2.0"))]);
    way("0.2.0");
    let args = [
        "rollback",
        "production",
        "--reason",
        "it does not reconcile",
    ];
    let planned = dry(&house, &args);
    assert_eq!(kinds(&planned), ["record", "commit"], "{planned}");
    house.act(&args);
    let now = house.git(&["show", "HEAD"]);
    assert!(now.contains("Roll back kayron to v0.1.0"), "{now}");
    let lines = |sign: &str| {
        let changed = now.lines().filter(|line| line.starts_with(sign));
        changed.skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines("-"), ["-    release: v0.2.0 # pinned by hand"]);
    assert_eq!(lines("+"), ["+    release: v0.1.0 # pinned by hand"]);
    assert_eq!(
        std::fs::read_to_string(house.path().join(file)).unwrap(),
        pins("v0.1.0")
    );
    house.act(&["observe", "production", "--version", "0.1.0"]);
    assert_eq!(house.runs("production"), "0.1.0");
    // The tag of the bad one stays; the next one has the old pins.
    house.build(&house.head());
    house.act(&["record", "lint", "pass", "--commit", "HEAD"]);
    house.enters("staging", &house.head(), &[]);
    house.act(&["release", "0.2.1"]);
    assert_eq!(house.git(&["tag", "--list"]), "v0.1.0\nv0.2.0\nv0.2.1\n");
    assert_eq!(house.git(&["diff", "v0.1.0", "v0.2.1"]), "");
}

/// INV-41, law 10: a plan under an embargo that was stopped anywhere goes on where it stopped, or is taken
/// back; what nobody sealed is never planned on.
#[test]
fn an_embargoed_plan_goes_on_where_it_stopped() {
    let Some(house) = celo(None) else { return };
    let built = house.beside("built");
    std::fs::create_dir(&built).unwrap();
    std::fs::write(built.join("service.tar"), "the mended service").unwrap();
    let fix = house.commit("fix: overflow", &[("src.txt", &source(true, "third"))]);
    let before = house.refs();
    let record = [
        "build",
        "record",
        built.to_str().unwrap(),
        "--commit",
        &fix,
        "--embargoed",
    ];
    let planned = dry(&house, &record);
    assert_eq!(kinds(&planned), ["private", "record"]);
    let stop = [&record[..], &["--execute", "--until", "private"]].concat();
    let run = house.run(&stop);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(
        plan(&house, &["status"])["owed"].as_array().unwrap().len(),
        0
    );
    let run = house.run(&["--embargoed", "status"]);
    assert_eq!(run.code, 3, "{}", run.out);
    assert!(run.err.contains("`apply` goes on with it"), "{}", run.err);
    let back = house.run(&["undo", "--execute"]);
    assert_eq!(back.code, 0, "{}{}", back.out, back.err);
    assert_eq!(house.refs(), before, "taken back whole");
    let run = house.run(&stop);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = house.run(&["apply", "--execute"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(
        plan(&house, &["--embargoed", "status"])["schema"],
        "promenade.status/1"
    );
    shows_a_seal(&house, &fix);
    let told = dry(&house, &["disclose"]);
    assert_eq!(kinds(&told), ["record"], "{told}");
    house.act(&["disclose"]);
    assert_eq!(plan(&house, &["status"])["embargo"]["sealed"], json!([]));
    let run = house.run(&["--embargoed", "disclose"]);
    assert_eq!(run.code, 2, "{}", run.out);
}

/// B31: every board says that something is sealed, since when and by whom, and nothing of what it is.
#[track_caller]
fn shows_a_seal(house: &House, secret: &str) {
    let (svg, html) = (house.beside("board.svg"), house.beside("board.html"));
    let files = [
        "--svg",
        svg.to_str().unwrap(),
        "--html",
        html.to_str().unwrap(),
    ];
    let board = plan(house, &[&["status"], &files[..]].concat());
    let sealed = board["embargo"]["sealed"].as_array().unwrap();
    assert_eq!(sealed.len(), 1, "{board}");
    let text = |key: &str| sealed[0][key].as_str().unwrap().to_owned();
    let log = house.run(&["ledger", "export"]).out;
    assert!(log.contains(&text("commitment")), "{log}");
    assert!(text("by").starts_with("ssh:SHA256:"), "{board}");
    assert!(text("since").starts_with("2026-"), "{board}");
    assert_eq!(board["embargo"]["owed"], json!([]));
    let (digest, by) = (text("commitment"), text("by"));
    let short = &digest["sha256:".len()..][..12];
    let shown = crate::command::promenade(
        &house.path(),
        &["--process", &house.process, "--at", &house.now(), "status"],
    );
    let read = |path| std::fs::read_to_string(path).unwrap();
    for drawn in [shown.out, read(&svg), read(&html)] {
        for told in ["1 record since 2026-", &by, short] {
            assert!(drawn.contains(told), "{told}: {drawn}");
        }
        assert!(!drawn.contains(&secret[..10]) && !drawn.contains("service.tar"));
    }
}

/// Law 9: a plan under an embargo that waited is judged again before its first effect, as every other.
#[test]
fn an_embargoed_plan_that_waited_is_judged_again() {
    let Some(house) = celo(None) else { return };
    house.commit("fix: overflow", &[("src.txt", &source(true, "third"))]);
    house.build(&house.head());
    let path = house.beside("plan.json").to_str().unwrap().to_owned();
    let release = ["release", "1.2.1", "--lane", "embargoed", "--embargoed"];
    plan(&house, &[&release[..], &["--save", &path]].concat());
    let text = std::fs::read_to_string(&house.process).unwrap();
    let gate = "[release]\ngates = [{ check = \"audit\" }]\n";
    let stricter = match text.contains("[release]\n") {
        true => text.replace("[release]\n", gate),
        false => format!("{text}\n{gate}"),
    };
    std::fs::write(&house.process, stricter).unwrap();
    assert_eq!(house.held(&["apply", &path]), ["check:audit"]);
    std::fs::write(&house.process, &text).unwrap();

    // Nor is one carried out that somebody has edited.
    let kept = std::fs::read_to_string(&path).unwrap();
    let edited = kept.replace("1.2.1", "1.2.2");
    assert_ne!(kept, edited);
    std::fs::write(&path, edited).unwrap();
    let run = house.run(&["apply", &path, "--execute"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    std::fs::write(&path, kept).unwrap();

    // Somebody sealed something else since: neither stream is where it was.
    let built = house.beside("built");
    std::fs::create_dir(&built).unwrap();
    std::fs::write(built.join("service.tar"), "another").unwrap();
    let other = house.commit("fix: another", &[("other.txt", "more\n")]);
    let before = house.refs();
    let record = [
        "build",
        "record",
        built.to_str().unwrap(),
        "--commit",
        &other,
    ];
    house.act(&[&record[..], &["--embargoed"]].concat());
    let run = house.run(&["apply", &path, "--execute"]);
    assert_eq!(run.code, 3, "the ledger went on: {}{}", run.out, run.err);
    house.reset(&before);
    house.git(&["reset", "-q", "--hard", "HEAD~1"]);
    house.act(&["apply", &path]);
    house.git(&["verify-tag", "attestation-service-v1.2.1"]);
}
