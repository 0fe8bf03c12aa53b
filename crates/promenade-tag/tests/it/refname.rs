//! Ref names, with git as the judge.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use promenade_tag::{TagName, refname, strategy};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Asks git about every name: one process for all names that fit on a line of its input, where
/// `git show-ref --exclude-existing` prints those that are ref names, and one for each other.
fn judge(git: &Path, names: &[Vec<u8>]) -> Vec<bool> {
    let batch = |name: &[u8]| !name.iter().any(|byte| *byte <= b' ') && !name.ends_with(b"^{}");
    let accepted = batched(git, names.iter().filter(|name| batch(name)));
    let answer = |name: &Vec<u8>| {
        if batch(name) {
            accepted.contains(name)
        } else {
            ask(git, name)
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = names
            .chunks(names.len().div_ceil(2))
            .map(|half| scope.spawn(|| half.iter().map(answer).collect::<Vec<_>>()))
            .collect();
        let answers = threads.into_iter().flat_map(|one| one.join().unwrap());
        answers.collect()
    })
}

fn batched<'a>(git: &Path, names: impl Iterator<Item = &'a Vec<u8>>) -> BTreeSet<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let command = |args: &[&str]| {
        let mut command = Command::new(git);
        command.arg("-C").arg(folder.path()).args(args);
        command
    };
    assert!(command(&["init", "-q"]).status().unwrap().success());
    let input = folder.path().join("input");
    let lines = names.flat_map(|name| [b"refs/tags/", name.as_slice(), b"\n"].concat());
    std::fs::write(&input, lines.collect::<Vec<u8>>()).unwrap();
    let output = command(&["show-ref", "--exclude-existing"])
        .stdin(std::fs::File::open(&input).unwrap())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    let lines = output.stdout.split(|byte| *byte == b'\n');
    let names = lines.filter_map(|line| line.strip_prefix(b"refs/tags/"));
    names.map(<[u8]>::to_vec).collect()
}

fn ask(git: &Path, name: &[u8]) -> bool {
    let refname = [b"refs/tags/", name].concat();
    Command::new(git)
        .arg("check-ref-format")
        .arg(OsStr::from_bytes(&refname))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

fn names(count: usize) -> Vec<Vec<u8>> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut names = Vec::new();
    while names.len() < count {
        let name = strategy::name_bytes().new_tree(&mut runner);
        let name = name.unwrap().current();
        // No program can be handed a NUL.
        if !name.contains(&0) {
            names.push(name);
        }
    }
    names
}

#[test]
fn both_ways_to_ask_git_give_one_answer() {
    let Some(git) = testkit::program("git") else {
        return;
    };
    let names = names(300);
    let singly: Vec<bool> = names.iter().map(|name| ask(&git, name)).collect();
    assert_eq!(judge(&git, &names), singly);
}

#[test]
fn ref_names_are_those_that_git_accepts() {
    let Some(git) = testkit::program("git") else {
        return;
    };
    let count = testkit::scale(10_000, 100_000);
    let names = names(count);
    let answers = judge(&git, &names);
    let accepted = answers.iter().filter(|accepts| **accepts).count();
    assert!(
        accepted > count / 5 && accepted < count * 4 / 5,
        "{accepted} of {count}"
    );
    for (name, git) in names.iter().zip(answers) {
        let shown = String::from_utf8_lossy(name);
        assert_eq!(
            refname::check(name).is_ok(),
            git,
            "`{shown}` {:?}",
            refname::check(name)
        );
        if let Ok(text) = std::str::from_utf8(name) {
            let ours = text.parse::<TagName>().is_ok();
            assert_eq!(ours, git && !text.starts_with('-'), "`{shown}`");
        }
    }
}

#[test]
fn a_tag_name_is_refused_with_the_rule_it_breaks() {
    let refused = |name: &str| name.parse::<TagName>().unwrap_err().to_string();
    insta::assert_snapshot!(refused("v1 0"), @"invalid tag name `v1 0`: byte 2 is ' ', which git does not allow in a ref name");
    insta::assert_snapshot!(refused("v1..0"), @"invalid tag name `v1..0`: `..` at byte 2 is not allowed in a ref name");
    insta::assert_snapshot!(refused("a/.b"), @"invalid tag name `a/.b`: no part of a ref name may start with a dot");
    insta::assert_snapshot!(refused("a.lock"), @"invalid tag name `a.lock`: no part of a ref name may end with `.lock`");
    insta::assert_snapshot!(refused("-d"), @"invalid tag name `-d`: the name of a tag may not start with a hyphen");
    insta::assert_snapshot!(refused(""), @"invalid tag name ``: expected a name, found nothing");
}

#[test]
fn a_tag_name_prints_what_it_was_read_from() {
    for name in [
        "v1.0.0",
        "@celo/celocli@3.0.2-beta.0",
        "wallet-v1.0.0(12)",
        "é",
    ] {
        assert_eq!(name.parse::<TagName>().unwrap().to_string(), name);
        assert_eq!(
            name.parse::<TagName>().unwrap().refname(),
            format!("refs/tags/{name}")
        );
    }
}
