//! Plans as files: stored, applied in pieces, stale, taken back; two writers; a remote between them.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::command::git;
use crate::house::{House, executable, ssh_key};

/// A repository with a recorded build, from which a candidate can be cut.
fn ready_house() -> House {
    let changelog = "# Changelog\n\n## [Unreleased]\n\n- Everything.\n";
    let house = House::new(
        "cargo-workspace",
        "main",
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"acme\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
            ),
            ("CHANGELOG.md", changelog),
            ("src/lib.rs", "//! Nothing yet.\n"),
        ],
    );
    house.build(&house.head());
    house
}

fn plan_of(house: &House, args: &[&str]) -> String {
    let path = house.beside("plan.json").to_str().unwrap().to_owned();
    let run = house.run(&[args, &["--save", &path]].concat());
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    path
}

/// Laws 9 and 10: stopped after any step and applied again, the same plan ends in the same state.
#[test]
fn a_saved_plan_is_applied_step_by_step_and_again_to_the_same_end() {
    let whole = ready_house();
    whole.act(&["candidate"]);
    let plan = plan_of(&whole, &["release"]);
    whole.act(&["apply", &plan]);
    let text = std::fs::read_to_string(&plan).unwrap();
    let stored: Value = serde_json::from_str(&text).unwrap();
    let steps = stored["steps"].as_array().unwrap().len();
    assert!(steps >= 3, "record, commit, tag: {stored}");

    let again = whole.act(&["apply", &plan]);
    let outcomes = again["outcomes"].as_array().unwrap().iter();
    assert!(outcomes.clone().count() == steps);
    assert!(
        outcomes.clone().all(|one| one["outcome"] == "already-done"),
        "{again}"
    );

    let pieces = ready_house();
    pieces.act(&["candidate"]);
    let plan = plan_of(&pieces, &["release"]);
    for step in 1..=steps {
        let number = step.to_string();
        let run = pieces.run(&["apply", &plan, "--until", &number, "--execute"]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    }
    assert_eq!(tree_of(&whole), tree_of(&pieces));
    pieces.is_clean();
    pieces.git(&["fsck", "--strict"]);
}

/// Names and contents, without the times that two stories do not share.
fn tree_of(house: &House) -> String {
    let names = house.git(&["for-each-ref", "--format=%(refname)"]);
    names + &house.git(&["rev-parse", "v0.1.0^{tree}"])
}

/// A plan for a head that the ledger left behind is a conflict that names both heads.
#[test]
fn a_stale_plan_is_a_conflict_and_changes_nothing() {
    let house = ready_house();
    house.act(&["candidate"]);
    let plan = plan_of(&house, &["release"]);
    house.act(&["record", "tests", "pass", "--version", "0.1.0-rc.1"]);
    let before = house.refs();
    let run = house.run(&["apply", &plan, "--execute"]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.err.contains("made for ledger head 2@"), "{}", run.err);
    assert!(run.err.contains("it is at 3@"), "{}", run.err);
    assert_eq!(house.refs(), before);
}

/// A plan that somebody edited is no plan.
#[test]
fn an_edited_plan_is_refused_with_its_step() {
    let house = ready_house();
    house.act(&["candidate"]);
    let plan = plan_of(&house, &["release"]);
    let text = std::fs::read_to_string(&plan).unwrap();
    for (from, to, names) in [
        (
            "\"name\": \"v0.1.0\"",
            "\"name\": \"v9.9.9\"",
            "no record names tag `v9.9.9`",
        ),
        (
            "\"promenade.plan/1\"",
            "\"promenade.plan/7\"",
            "promenade.plan/7",
        ),
        (
            "\"version\":\"0.1.0\"",
            "\"version\":\"0.2.0\"",
            "operation",
        ),
    ] {
        let edited = text.replace(from, to).replace(
            &from.replace("\":\"", "\": \""),
            &to.replace("\":\"", "\": \""),
        );
        assert_ne!(edited, text, "{from}");
        std::fs::write(&plan, edited).unwrap();
        let run = house.run(&["apply", &plan, "--execute"]);
        assert_eq!(run.code, 2, "{names}: {}{}", run.out, run.err);
        assert!(run.err.contains(names), "{}", run.err);
    }
}

/// What stands in the way is said before the first effect, all of it.
#[test]
fn obstacles_are_named_at_once_and_before_the_first_effect() {
    let house = ready_house();
    house.act(&["candidate"]);
    house.config("gpg.format", "ssh");
    house.config("user.signingkey", "/nowhere/key");
    std::fs::write(house.path().join("CHANGELOG.md"), "edited\n").unwrap();
    let held = house.held_plan(&["release"]);
    assert_eq!(held, ["work-tree", "signature"]);
    house.git(&["tag", "v0.1.0", "HEAD~0"]);
    let before = house.refs();
    let run = house.run(&["release", "--execute"]);
    assert_eq!(run.code, 3, "a taken name is a conflict: {}", run.err);
    assert!(run.err.contains("tag `v0.1.0` is taken"), "{}", run.err);
    assert!(run.err.contains("the work tree has changes"), "{}", run.err);
    assert_eq!(house.refs(), before);
}

/// A program that asks a terminal is ended, and nothing was changed.
#[test]
fn a_signer_that_waits_for_a_terminal_is_ended_before_the_first_effect() {
    let house = ready_house();
    house.act(&["candidate"]);
    let Some(_home) = house.signs_with_gpg() else {
        return;
    };
    let real = house.git(&["config", "gpg.program"]);
    let waits = house.beside("waits");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *--list-secret-keys*) exec {} \"$@\";; esac\nexec sleep 1000\n",
        real.trim()
    );
    executable(&waits, &text);
    house.config("gpg.program", waits.to_str().unwrap());
    house.config("promenade.signTimeout", "1");
    assert_eq!(house.held_plan(&["release"]), ["signature"]);
    let before = house.refs();
    let run = house.run(&["release", "--execute"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.err.contains("did not end within 1 s"), "{}", run.err);
    assert_eq!(house.refs(), before);
}

/// What nobody has seen is taken back; what went on is not.
#[test]
fn undo_takes_back_tag_commit_and_record() {
    let house = ready_house();
    house.act(&["candidate"]);
    let before = house.refs();
    let plan = plan_of(&house, &["release"]);
    house.act(&["apply", &plan]);
    assert_ne!(house.refs(), before);
    let run = house.run(&["undo", &plan, "--execute"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(house.refs(), before);
    house.is_clean();
    house.act(&["apply", &plan]);
    house.act(&["record", "tests", "pass", "--version", "0.1.0"]);
    let run = house.run(&["undo", &plan, "--execute"]);
    assert_eq!(run.code, 3, "records follow: {}{}", run.out, run.err);
}

/// Hooks are told what happens; one that fails stops the plan before its next step.
#[test]
fn hooks_run_before_and_after_and_a_failing_one_changes_nothing() {
    let mut house = ready_house();
    let preset = promenade::process::preset::text("cargo-workspace").unwrap();
    let process = house.beside("release.toml");
    let hook = house.beside("hook");
    let seen = house.beside("seen");
    let log = "echo \"$1 $PROMENADE_EVENT $PROMENADE_VERSION $PROMENADE_TAG\"";
    executable(
        &hook,
        &format!(
            "#!/bin/sh\n{log} >> {}\n{log}\n[ ! -e {}.fails ]\n",
            seen.display(),
            seen.display()
        ),
    );
    let hooks = format!(
        "\n[[hook]]\nname = \"look\"\non = \"candidate\"\nwhen = \"before\"\nrun = [{hook:?}, \"before\"]\n\
         \n[[hook]]\nname = \"tell\"\non = \"candidate\"\nrun = [{hook:?}, \"after\"]\n\
         \n[[hook]]\nname = \"deploy\"\non = \"promotion\"\nrun = [{hook:?}, \"deploy\"]\nobserves = true\n"
    );
    std::fs::write(&process, format!("{preset}{hooks}")).unwrap();
    house.process = process.to_str().unwrap().to_owned();
    let fails = house.beside("seen.fails");
    std::fs::write(&fails, "").unwrap();
    let before = house.refs();
    let run = house.run(&["candidate", "--execute"]);
    assert_eq!(run.code, 4, "{}{}", run.out, run.err);
    assert!(run.err.contains("hook `look`"), "{}", run.err);
    assert_eq!(house.refs(), before);
    std::fs::remove_file(&fails).unwrap();
    std::fs::remove_file(&seen).unwrap();
    house.act(&["candidate"]);
    let told = std::fs::read_to_string(&seen).unwrap();
    assert_eq!(
        told,
        "before candidate 0.1.0-rc.1 v0.1.0-rc.1\nafter candidate 0.1.0-rc.1 v0.1.0-rc.1\n"
    );
    house.act(&["release"]);
    house.act(&["record", "tests", "pass", "--version", "0.1.0"]);
    house.act(&["promote", "crates"]);
    assert_eq!(
        house.runs("crates"),
        "0.1.0",
        "the hook that deploys observes"
    );
}

/// Law 9: of two that cut the same release at once one wins, and the other leaves no trace.
#[test]
fn of_two_writers_one_wins_and_the_other_leaves_no_trace() {
    let rounds = testkit::scale(20, 100);
    let house = ready_house();
    house.act(&["candidate"]);
    let base = house.refs();
    for round in 0..u64::try_from(rounds).unwrap() {
        let plan = plan_of(&house, &["release"]);
        // One has a plan from before; the other planned before at another second, or plans now: two plans for
        // one release.
        let theirs = house.beside("theirs.json").to_str().unwrap().to_owned();
        let saved = house.run(&["release", "--save", &theirs]);
        assert_eq!(saved.code, 0, "{}{}", saved.out, saved.err);
        let planned = round % 2 == 0;
        let start = |args: &[&str]| -> Child {
            Command::new(env!("CARGO_BIN_EXE_promenade-under-test"))
                .current_dir(house.path())
                .args(["--process", &house.process, "--at", &house.now()])
                .args(args)
                .arg("--execute")
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        house.wait(chrono::TimeDelta::seconds(1));
        let one = start(&["apply", &plan]);
        // Another delay each round: the two meet at other steps.
        std::thread::sleep(std::time::Duration::from_millis(round * 7 % 140));
        let two = if planned {
            start(&["apply", &theirs])
        } else {
            start(&["release", "0.1.0", "--candidate", "0.1.0-rc.1"])
        };
        let codes = [one, two].map(|child| child.wait_with_output().unwrap());
        let won = codes
            .iter()
            .filter(|out| out.status.code() == Some(0))
            .count();
        let lost = codes
            .iter()
            .filter(|out| out.status.code() == Some(3))
            .count();
        let said: Vec<_> = codes
            .iter()
            .map(|out| String::from_utf8_lossy(&out.stderr))
            .collect();
        // Who plans when all is done finds its release made; a plan from before is in conflict, however late.
        assert!(won >= 1 && won + lost == 2, "round {round}: {said:?}");
        assert!(won == 1 || !planned, "round {round}: {said:?}");
        let tags = house.git(&["tag", "--list"]);
        assert_eq!(tags, "v0.1.0\nv0.1.0-rc.1\n");
        let records = house.git(&["rev-list", "--count", "refs/promenade/ledger"]);
        assert_eq!(records.trim(), "3", "built, candidate, release: once");
        let parent = house.git(&["rev-parse", "main~1"]);
        assert!(base.contains(parent.trim()), "one commit on the branch");
        house.is_clean();
        house.reset(&base);
    }
}

/// Law 9: files that another writer has moved the branch of, but not brought up to date yet, are no changes of
/// one's own. `core.fsmonitor` is a program that `git status` runs: here it is the other writer.
#[test]
fn a_branch_that_moves_while_the_work_tree_is_looked_at_is_a_conflict() {
    let house = ready_house();
    house.act(&["candidate"]);
    let plan = plan_of(&house, &["release"]);
    let ledger = house.git(&["rev-parse", "refs/promenade/ledger"]);
    let changelog = house.path().join("CHANGELOG.md");
    std::fs::write(&changelog, "# Changelog\n\n## [Unreleased]\n\n- Theirs.\n").unwrap();
    house.git(&["commit", "-qam", "theirs"]);
    let theirs = house.head();
    house.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let hook = house.beside("monitor");
    executable(
        &hook,
        &format!("#!/bin/sh\ngit update-ref refs/heads/main {theirs}\nprintf 'token\\0/\\0'\n"),
    );
    house.git(&["config", "core.fsmonitor", hook.to_str().unwrap()]);
    let run = house.run(&["apply", &plan, "--execute"]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    let said = format!("branch `main` is at {theirs}");
    assert!(run.err.contains(&said), "{}", run.err);
    assert_eq!(house.git(&["rev-parse", "refs/promenade/ledger"]), ledger);
    assert_eq!(house.git(&["tag", "--list"]), "v0.1.0-rc.1\n");
}

/// Branch, tag and ledger are published together; what was rejected is not anywhere, and goes on later.
#[test]
fn a_push_is_all_or_nothing_and_goes_on_after_it_was_rejected() {
    let house = ready_house();
    let Some(key) = ssh_key(&house.beside("")) else {
        return;
    };
    house.signs_with_ssh(&key);
    let bare = house.publishes();
    let there = || git(&bare, &["for-each-ref", "--format=%(refname)"]);
    house.act(&["candidate"]);
    assert_eq!(
        there(),
        "refs/heads/main\nrefs/promenade/ledger\nrefs/tags/v0.1.0-rc.1\n"
    );
    // Nothing but what was planned: a tag of one's own stays here.
    house.git(&["tag", "mine"]);
    // The remote rejects one ref of several: none of them moves there.
    let hook = bare.join("hooks/update");
    executable(&hook, "#!/bin/sh\n[ \"$1\" != refs/tags/v0.1.0 ]\n");
    let before = git(&bare, &["for-each-ref"]);
    let run = house.run(&["release", "--execute"]);
    assert_eq!(run.code, 4, "{}{}", run.out, run.err);
    assert!(run.err.contains("refs/tags/v0.1.0"), "{}", run.err);
    assert!(
        run.err.contains("`apply` goes on from there"),
        "{}",
        run.err
    );
    assert_eq!(git(&bare, &["for-each-ref"]), before);
    std::fs::remove_file(&hook).unwrap();
    house.act(&["apply"]);
    assert!(there().contains("refs/tags/v0.1.0\n"));
    assert!(!there().contains("mine"));
    for name in [
        "refs/heads/main",
        "refs/tags/v0.1.0",
        "refs/promenade/ledger",
    ] {
        let here = house.git(&["rev-parse", name]);
        assert_eq!(git(&bare, &["rev-parse", name]), here, "{name}");
    }
}

/// Two clones of one remote: the slower one is told, and nothing of its is anywhere.
#[test]
fn of_two_clones_the_slower_one_leaves_no_trace() {
    let house = ready_house();
    let bare = house.publishes();
    house.act(&["candidate"]);
    let other = house.clone_of(&bare, "other");
    let at = house.now();
    let global = ["--process", &house.process, "--at", &at];
    let pulled = crate::command::promenade(
        &other,
        &[&global[..], &["ledger", "pull", "--execute"]].concat(),
    );
    assert_eq!(pulled.code, 0, "{}", pulled.err);
    let plan = house.beside("theirs.json");
    let save = ["release", "--save", plan.to_str().unwrap()];
    let saved = crate::command::promenade(&other, &[&global[..], &save].concat());
    assert_eq!(saved.code, 0, "{}{}", saved.out, saved.err);
    let before = git(
        &other,
        &["for-each-ref", "--format=%(objectname) %(refname)"],
    );

    house.act(&["release"]);
    let apply = ["apply", plan.to_str().unwrap(), "--execute"];
    let lost = crate::command::promenade(&other, &[&global[..], &apply].concat());
    assert_eq!(lost.code, 3, "{}{}", lost.out, lost.err);
    assert_eq!(
        git(
            &other,
            &["for-each-ref", "--format=%(objectname) %(refname)"]
        ),
        before
    );
    assert_eq!(git(&other, &["status", "--porcelain"]), "");
}

/// A remote that is gone is said before anything is done.
#[test]
fn a_remote_that_is_gone_stops_the_plan_before_its_first_effect() {
    let house = ready_house();
    let bare = house.publishes();
    let plan = plan_of(&house, &["candidate"]);
    std::fs::rename(&bare, house.beside("gone.git")).unwrap();
    let before = house.refs();
    let run = house.run(&["apply", &plan, "--execute"]);
    assert_eq!(run.code, 4, "{}{}", run.out, run.err);
    assert_eq!(house.refs(), before);
    std::fs::rename(house.beside("gone.git"), &bare).unwrap();
    house.act(&["apply", &plan]);
    assert!(exists(&bare, "refs/tags/v0.1.0-rc.1"));
}

fn exists(repository: &Path, name: &str) -> bool {
    git(repository, &["for-each-ref", "--format=%(refname)"]).contains(name)
}
