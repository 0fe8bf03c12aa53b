//! Law 10: a plan that is killed at any system call, and applied again, ends as if nothing had happened.

use std::os::unix::process::ExitStatusExt as _;

use crate::house::{House, ssh_key};
use crate::strace::{Strace, World, copy, planned_at, publishes, run_in, settle};

/// How many places of each plan are killed at in every run.
const SAMPLE: usize = 2;

struct Killer {
    strace: Strace,
    points: usize,
}

impl Killer {
    fn new() -> Option<Self> {
        let strace = Strace::find()?;
        Some(Self { strace, points: 0 })
    }

    /// Plans a step of the process, kills it everywhere, and takes it.
    #[track_caller]
    fn kill(&mut self, house: &House, args: &[&str]) {
        let root = house.beside("");
        let plan = house.beside("plan.json");
        let run = house.run(&[args, &["--save", plan.to_str().unwrap()]].concat());
        assert_eq!(run.code, 0, "{args:?}: {}{}", run.out, run.err);
        let at = planned_at(&house.beside("plan.json"));
        let apply = [
            "--process",
            &house.process,
            "--at",
            &at,
            "apply",
            "../plan.json",
            "--execute",
        ];
        let whole = copy(&root);
        let points = self.strace.points(&whole.path().join("repo"), &apply);
        let expected = World::look(whole.path());
        let before = World::look(&root);
        assert_ne!(expected, before, "{args:?} changes something");
        let wanted = testkit::scale(SAMPLE, points.len()).min(points.len());
        for index in 0..wanted {
            // Spread over the whole run, whatever the number.
            let point = &points[(2 * index + 1) * points.len() / (2 * wanted)];
            let what = format!("{args:?} killed at {point:?}");
            let dead = copy(&root);
            let repo = dead.path().join("repo");
            let status = self.strace.spawn(&repo, point, "SIGKILL", &apply).wait();
            let status = status.unwrap();
            settle(dead.path());
            if status.code() == Some(0) {
                // How often a program is waited for hangs on its speed: this call did not come.
                assert_eq!(point.call, "wait4", "{what}");
                assert_eq!(World::look(dead.path()), expected, "{what}");
                continue;
            }
            assert_eq!(status.signal(), Some(9), "{what}");
            let tags = World::look_at_tags(dead.path());
            for tag in tags.lines() {
                assert!(expected.there.contains(tag), "{what}: {tag} was published");
            }
            let again = run_in(dead.path(), &apply);
            assert_eq!(again.code, 0, "{what}: {}{}", again.out, again.err);
            assert_eq!(World::look(dead.path()), expected, "{what}");
            self.points += 1;
        }
        house.act(args);
    }

    #[expect(clippy::print_stdout, reason = "the figure of a slow row")]
    fn done(self, at_least: usize) {
        let slow = testkit::scale(0, 1) == 1;
        println!("killed and resumed at {} places", self.points);
        assert!(!slow || self.points >= at_least, "{}", self.points);
    }
}

impl World {
    /// The tags of the remote, whatever state it is in.
    fn look_at_tags(root: &std::path::Path) -> String {
        let format = "--format=%(objectname) %(refname)";
        crate::command::git(
            &root.join("remote.git"),
            &["for-each-ref", format, "refs/tags"],
        )
    }
}

const NOTES: &str = "# Changelog\n\n## [Unreleased]\n\n- Everything.\n";

#[test]
fn mithril_is_killed_anywhere_and_goes_on() {
    let Some(mut killer) = Killer::new() else {
        return;
    };
    let house = House::new("mithril", "main", &[("CHANGELOG.md", NOTES)]);
    let commit = house.head();
    house.build(&commit);
    publishes(&house.beside(""), "main");
    house.enters("testing-preview", &commit, &[]);
    killer.kill(&house, &["candidate", "--impact", "breaking"]);
    house.enters("pre-release-preview", "0.1-prerelease1", &[]);
    killer.kill(&house, &["release"]);
    killer.kill(&house, &["promote", "release-preprod", "--version", "0.1"]);
    killer.done(50);
}

#[test]
fn celo_is_killed_anywhere_and_goes_on() {
    let Some(mut killer) = Killer::new() else {
        return;
    };
    let manifest = "{\n  \"name\": \"service\",\n  \"version\": \"0.1.0\"\n}\n";
    let path = "packages/attestation-service/package.json";
    let house = House::new("celo", "master", &[(path, manifest)]);
    let Some(key) = ssh_key(&house.beside("")) else {
        return;
    };
    house.signs_with_ssh(&key);
    house.build(&house.head());
    publishes(&house.beside(""), "master");
    killer.kill(&house, &["release", "--impact", "feature"]);
    for check in ["ci", "manual", "e2e"] {
        house.act(&["record", check, "pass", "--version", "0.1.0"]);
    }
    killer.kill(&house, &["promote", "alfajores", "--version", "0.1.0"]);
    killer.done(50);
}

#[test]
fn rustshare_is_killed_anywhere_and_goes_on() {
    let Some(mut killer) = Killer::new() else {
        return;
    };
    let manifest = "[package]\nname = \"acme\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let lock = "version = 4\n\n[[package]]\nname = \"acme\"\nversion = \"0.1.0\"\n";
    let files = [
        ("Cargo.toml", manifest),
        ("Cargo.lock", lock),
        ("CHANGELOG.md", NOTES),
        ("docs/upgrading.md", "# Upgrading\n"),
    ];
    let house = House::new("rustshare", "main", &files);
    let Some(key) = ssh_key(&house.beside("")) else {
        return;
    };
    house.signs_with_ssh(&key);
    house.build(&house.head());
    publishes(&house.beside(""), "main");
    killer.kill(&house, &["candidate", "--impact", "feature"]);
    house.enters("staging", "0.1.0-rc.1", &["smoke", "scan"]);
    for check in ["integration", "migration"] {
        house.act(&["record", check, "pass", "--version", "0.1.0-rc.1"]);
    }
    killer.kill(&house, &["release"]);
    killer.kill(&house, &["deprecate", "0.1.0", "--reason", "it eats files"]);
    killer.done(50);
}

#[test]
fn splits_is_killed_anywhere_and_goes_on() {
    let Some(mut killer) = Killer::new() else {
        return;
    };
    let pin = "- docker: kayron\n  github: kayron\n  deploy:\n    release: v0.1.0\n";
    let house = House::new("splits", "main", &[("infrastructure/kayron.yaml", pin)]);
    let commit = house.head();
    house.build(&commit);
    publishes(&house.beside(""), "main");
    house.act(&["record", "lint", "pass", "--commit", "HEAD"]);
    house.enters("staging", &commit, &[]);
    killer.kill(&house, &["release", "0.1.0"]);
    house.act(&["record", "smoke", "pass", "--version", "0.1.0"]);
    killer.kill(&house, &["promote", "production", "--version", "0.1.0"]);
    killer.done(50);
}
