//! Crates published by the command line to a registry of our own, with the real cargo.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::crates::{Crates, TOKEN};

use crate::house::House;

/// In the order in which they are to be published.
const ORDER: [&str; 5] = ["acme-base", "acme-one", "acme-two", "acme-app", "acme-cli"];

/// A repository of five crates that need each other.
fn house(registry: &Crates, more: &str) -> Option<House> {
    testkit::program("cargo")?;
    let workspace = "[workspace]\nmembers = [\"acme-*\"]\nresolver = \"3\"\n\n\
         [workspace.package]\nversion = \"0.1.0\"\n";
    let config = format!("[registries.local]\nindex = \"{}\"\n", registry.index());
    let mut files = vec![
        ("Cargo.toml".to_owned(), workspace.to_owned()),
        (".cargo/config.toml".to_owned(), config),
        (".gitignore".to_owned(), "Cargo.lock\n".to_owned()),
        (
            "CHANGELOG.md".to_owned(),
            "# Changelog\n\n## [Unreleased]\n\n- Everything.\n".to_owned(),
        ),
    ];
    for (name, needs) in [
        ("acme-base", ""),
        ("acme-one", "base"),
        ("acme-two", "base one"),
        ("acme-app", "two"),
        ("acme-cli", "app base"),
    ] {
        let needs = needs.split_whitespace().map(|need| {
            format!(
                "acme-{need} = {{ path = \"../acme-{need}\", version = \"0.1.0\", \
                 registry = \"local\" }}\n"
            )
        });
        let needs: Vec<_> = needs.collect();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion.workspace = true\nedition = \"2024\"\n\
             description = \"A test.\"\nlicense = \"MIT\"\npublish = [\"local\"]\n\n\
             [dependencies]\n{}",
            needs.concat()
        );
        files.push((format!("{name}/Cargo.toml"), manifest));
        files.push((format!("{name}/src/lib.rs"), "//! A test.\n".to_owned()));
    }
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let mut house = House::new("cargo-workspace", "main", &files);
    house.goes_by("cargo-workspace", more);
    for (name, value) in [
        ("CARGO_HOME", house.beside("home").display().to_string()),
        (
            "CARGO_TARGET_DIR",
            house.beside("target").display().to_string(),
        ),
        ("CARGO_REGISTRIES_LOCAL_TOKEN", TOKEN.to_owned()),
        // The registry is on this machine, whatever else is out of reach.
        ("CARGO_NET_OFFLINE", "false".to_owned()),
    ] {
        house.env.push((name.to_owned(), value));
    }
    Some(house)
}

#[track_caller]
fn publish(house: &House, args: &[&str]) -> Value {
    let run = house.run(&[&["publish", "--registry", "local"], args].concat());
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(!format!("{}{}", run.out, run.err).contains(TOKEN));
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["schema"], "promenade.publish/1");
    report
}

fn states(report: &Value) -> Vec<(&str, &str)> {
    let all = report["crates"].as_array().unwrap().iter();
    all.map(|one| {
        (
            one["name"].as_str().unwrap(),
            one["state"].as_str().unwrap(),
        )
    })
    .collect()
}

fn all(state: &'static str) -> Vec<(&'static str, &'static str)> {
    ORDER.iter().map(|name| (*name, state)).collect()
}

fn uploads(registry: &Crates) -> Vec<String> {
    let made = registry.uploads();
    made.iter()
        .map(|one| one.split(' ').next().unwrap().to_owned())
        .collect()
}

/// Killed with everything it started while the third upload waits for its answer; then run again.
#[test]
fn publishing_is_killed_after_the_third_crate_and_goes_on() {
    let (tell, told) = mpsc::channel();
    let registry = Crates::observed(move |number| {
        if number == 3 && tell.send(()).is_ok() {
            // No answer ever comes: whoever waits for it is killed.
            std::thread::sleep(Duration::from_secs(120));
        }
    });
    let Some(house) = house(&registry, "") else {
        return;
    };
    assert_eq!(states(&publish(&house, &[])), all("missing"));
    assert_eq!(uploads(&registry), [""; 0], "a plan changes nothing");
    let mut child = Command::new(env!("CARGO_BIN_EXE_promenade-under-test"))
        .current_dir(house.path())
        .args(["publish", "--registry", "local", "--execute"])
        .envs(house.env.iter().cloned())
        .process_group(0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let limit = Instant::now() + Duration::from_secs(300);
    let third = loop {
        match told.recv_timeout(Duration::from_millis(20)) {
            Err(RecvTimeoutError::Timeout) if Instant::now() < limit => {
                let ended = child.try_wait().unwrap();
                assert!(ended.is_none(), "{ended:?} before the third upload");
            }
            told => break told,
        }
    };
    let group = format!("-{}", child.id());
    crate::command::signal("KILL", &group);
    assert!(!child.wait().unwrap().success());
    third.unwrap();
    assert_eq!(uploads(&registry), ORDER[..3]);

    let plan = publish(&house, &[]);
    let mut expected = all("there");
    expected[3].1 = "missing";
    expected[4].1 = "missing";
    assert_eq!(states(&plan), expected);
    let done = publish(&house, &["--execute"]);
    expected[3].1 = "published";
    expected[4].1 = "published";
    assert_eq!(states(&done), expected);
    assert_eq!(uploads(&registry), ORDER, "each once, in order");
    for one in done["crates"].as_array().unwrap() {
        let there = registry.digest(one["name"].as_str().unwrap(), "0.1.0");
        assert_eq!(one["digest"], format!("sha256:{}", there.unwrap()));
    }
    assert_eq!(states(&publish(&house, &["--execute"])), all("there"));
    assert_eq!(uploads(&registry).len(), 5);
}

/// A version that is there stays as it is, and the others go around it.
#[test]
fn a_version_that_is_there_already_is_left_alone() {
    let registry = Crates::start();
    let Some(house) = house(&registry, "") else {
        return;
    };
    let base = publish(&house, &["--execute", "--package", "acme-base"]);
    assert_eq!(states(&base), [("acme-base", "published")]);
    let before = registry.digest("acme-base", "0.1.0");
    let done = publish(&house, &["--execute"]);
    let mut expected = all("published");
    expected[0].1 = "there";
    assert_eq!(states(&done), expected);
    assert_eq!(registry.digest("acme-base", "0.1.0"), before);
    assert_eq!(uploads(&registry), ORDER);
}

/// What is packaged before a release is what the release will tag, and not what it goes on from.
#[test]
fn a_package_that_fails_only_with_its_new_version_stops_before_any_tag() {
    let program = env!("CARGO_BIN_EXE_promenade-under-test");
    let hooks = format!(
        "\n[[hook]]\nname = \"package\"\non = \"release\"\nwhen = \"before\"\n\
         run = [{program:?}, \"publish\", \"--registry\", \"local\", \"--verify\"]\n"
    );
    let registry = Crates::start();
    let Some(house) = house(&registry, &hooks) else {
        return;
    };
    let old = |path: &str| {
        let text = std::fs::read_to_string(house.path().join(path)).unwrap();
        text.replace("0.1.0", "0.0.1")
    };
    let paths = ORDER.map(|name| format!("{name}/Cargo.toml"));
    let rules = std::fs::read_to_string(&house.process).unwrap();
    let may = paths.each_ref().map(|path| format!("{path:?}")).join(", ");
    let wider = rules.replace("\"Cargo.lock\"]", &format!("\"Cargo.lock\", {may}]"));
    assert_ne!(rules, wider);
    std::fs::write(&house.process, wider).unwrap();
    let mut files: Vec<(&str, String)> = vec![("Cargo.toml", old("Cargo.toml"))];
    files.extend(paths.iter().map(|path| (path.as_str(), old(path))));
    let broken = "//! Builds as 0.0.1 only.\n\
         const _: () = assert!(matches!(env!(\"CARGO_PKG_VERSION\").as_bytes(), b\"0.0.1\"));\n";
    files.push(("acme-two/src/lib.rs", broken.to_owned()));
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    house.commit("feat: what knows its version", &files);
    house.build(&house.head());
    house.act(&["candidate"]);
    let refs = house.refs();
    publish(&house, &["--verify"]);

    let path = house.beside("plan.json").to_str().unwrap().to_owned();
    let saved = house.run(&["release", "--save", &path]);
    assert_eq!(saved.code, 0, "{}{}", saved.out, saved.err);
    let verify = [
        "publish",
        "--registry",
        "local",
        "--verify",
        "--plan",
        &path,
    ];
    let by_hand = house.run(&verify);
    assert_eq!(by_hand.code, 4, "{}{}", by_hand.out, by_hand.err);
    let run = house.run(&["release", "--execute"]);
    assert_ne!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.err.contains("hook `package`"), "{}", run.err);
    assert!(run.err.contains("acme-two v0.1.0"), "{}", run.err);
    assert_eq!(house.refs(), refs, "no tag, no commit, no record");
    house.is_clean();

    house.commit("fix: build", &[("acme-two/src/lib.rs", "//! A test.\n")]);
    house.build(&house.head());
    house.act(&["candidate"]);
    house.act(&["release"]);
    let tagged = house.git(&["show", "v0.1.0:Cargo.toml"]);
    assert!(tagged.contains("version = \"0.1.0\""), "{tagged}");
    let left = std::fs::read_dir(house.beside("target")).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = left.filter(|name| name.contains("verify")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(uploads(&registry), [""; 0]);
}

/// Every crate is packaged and built before the release has its first effect.
#[test]
fn a_failing_package_stops_before_any_tag() {
    let program = env!("CARGO_BIN_EXE_promenade-under-test");
    let hooks = format!(
        "\n[[hook]]\nname = \"package\"\non = \"release\"\nwhen = \"before\"\n\
         run = [{program:?}, \"publish\", \"--registry\", \"local\", \"--verify\"]\n\
         \n[[hook]]\nname = \"publish\"\non = \"release\"\n\
         run = [{program:?}, \"publish\", \"--registry\", \"local\", \"--execute\"]\n"
    );
    let registry = Crates::start();
    let Some(house) = house(&registry, &hooks) else {
        return;
    };
    house.commit(
        "feat: what does not build",
        &[("acme-two/src/lib.rs", "compile_error!(\"broken\");\n")],
    );
    house.build(&house.head());
    house.act(&["candidate"]);
    let refs = house.refs();
    let run = house.run(&["release", "--execute"]);
    assert_ne!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.err.contains("hook `package`"), "{}", run.err);
    assert!(run.err.contains("failed to verify"), "{}", run.err);
    assert_eq!(house.refs(), refs, "no tag, no commit, no record");
    assert_eq!(uploads(&registry), [""; 0]);

    house.commit("fix: build", &[("acme-two/src/lib.rs", "//! A test.\n")]);
    house.build(&house.head());
    house.act(&["candidate"]);
    house.act(&["release"]);
    assert!(house.git(&["tag", "--list"]).contains("v0.1.0\n"));
    assert_eq!(uploads(&registry), ORDER);
}

/// What a pick makes is not known before it is made: the refusal names the way, which leads there and back.
#[test]
fn a_plan_that_picks_is_verified_once_it_is_made() {
    let registry = Crates::start();
    let Some(house) = house(&registry, "") else {
        return;
    };
    house.build(&house.head());
    house.act(&["candidate"]);
    house.act(&["release"]);
    let mended = "//! A better test.\n";
    let fix = house.commit("fix: a test", &[("acme-base/src/lib.rs", mended)]);
    house.act(&["hotfix", "start"]);
    let path = house.beside("plan.json").to_str().unwrap().to_owned();
    let saved = house.run(&["backport", &fix, "--onto", "0.1.x", "--save", &path]);
    assert_eq!(saved.code, 0, "{}{}", saved.out, saved.err);
    let verify = ["publish", "--registry", "local", "--verify"];
    let refused = house.run(&[&verify[..], &["--plan", &path]].concat());
    assert_eq!(refused.code, 2, "{}{}", refused.out, refused.err);
    for way in [
        format!("`apply {path} --until commit --execute`"),
        "check out `hotfix/v0.1.1`".to_owned(),
        "`publish --verify`".to_owned(),
        format!("`undo {path} --execute`"),
    ] {
        assert!(refused.err.contains(&way), "{way}: {}", refused.err);
    }
    let refs = house.refs();
    let made = house.run(&["apply", &path, "--until", "commit", "--execute"]);
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    house.git(&["checkout", "-q", "hotfix/v0.1.1"]);
    let text = std::fs::read_to_string(house.path().join("acme-base/src/lib.rs"));
    assert_eq!(text.unwrap(), mended);
    house.git(&["checkout", "-q", "main"]);
    let undone = house.run(&["undo", &path, "--execute"]);
    assert_eq!(undone.code, 0, "{}{}", undone.out, undone.err);
    assert_eq!(house.refs(), refs);
}
