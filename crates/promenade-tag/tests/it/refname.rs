//! Ref names, with git as the judge.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use promenade_tag::{TagName, refname, strategy};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Asks git about every name, on both cores.
fn judge(git: &Path, names: &[Vec<u8>]) -> Vec<bool> {
    let halves: Vec<&[Vec<u8>]> = names.chunks(names.len().div_ceil(2)).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = halves
            .into_iter()
            .map(|half| scope.spawn(|| half.iter().map(|name| ask(git, name)).collect::<Vec<_>>()))
            .collect();
        let answers = threads.into_iter().flat_map(|one| one.join().unwrap());
        answers.collect()
    })
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

#[test]
fn ref_names_are_those_that_git_accepts() {
    let Some(git) = testkit::program("git") else {
        return;
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let count = testkit::scale(1_000, 10_000);
    let mut names: Vec<Vec<u8>> = Vec::new();
    while names.len() < count {
        let name = strategy::name_bytes()
            .new_tree(&mut runner)
            .unwrap()
            .current();
        // No program can be handed a NUL.
        if !name.contains(&0) {
            names.push(name);
        }
    }
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
