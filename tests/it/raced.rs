//! Law 9: two processes with a plan each for one release. One is stopped at a system call, the other runs
//! meanwhile, the first goes on: exactly one wins, and the other leaves no trace.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::house::House;
use crate::strace::{
    Strace, World, copy, ends_or_waits_for, go_on, planned_at, publishes, run_in, settle,
    stands_still,
};

/// How many interleavings every run has, and the slow one.
const ROUNDS: (usize, usize) = (8, 100);

fn ready_house() -> House {
    let notes = "# Changelog\n\n## [Unreleased]\n\n- Everything.\n";
    let manifest = "[package]\nname = \"acme\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let files = [("Cargo.toml", manifest), ("CHANGELOG.md", notes)];
    let house = House::new("cargo-workspace", "main", &files);
    house.build(&house.head());
    publishes(&house.beside(""), "main");
    house.act(&["candidate"]);
    house
}

fn spawn(root: &Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_promenade-under-test"))
        .current_dir(root.join("repo"))
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// One who applies a plan, and another one at the same time.
struct Race {
    strace: Strace,
    root: PathBuf,
    ours: Vec<String>,
    theirs: Vec<String>,
}

impl Race {
    /// Stops the first at calls spread over its run, lets the second go, and sees that one won, and what
    /// became of the world. Tells how often each won.
    #[expect(clippy::print_stdout, reason = "the figures of a slow row")]
    fn run(&self) -> [usize; 2] {
        let ours: Vec<_> = self.ours.iter().map(String::as_str).collect();
        let theirs: Vec<_> = self.theirs.iter().map(String::as_str).collect();
        let (alone, other) = (copy(&self.root), copy(&self.root));
        let points = self.strace.points(&alone.path().join("repo"), &ours);
        assert_eq!(run_in(other.path(), &theirs).code, 0);
        let ends = [World::look(alone.path()), World::look(other.path())];
        assert_ne!(ends[0], ends[1]);

        let rounds = testkit::scale(ROUNDS.0, ROUNDS.1);
        let mut won = [0, 0];
        for round in 0..rounds {
            // Over all calls of the run, and over some of them twice if there are fewer.
            let place = (2 * round + 1) * points.len() / (2 * rounds);
            // How often a program is waited for hangs on its speed: the call before stands for one that did
            // not come.
            let stopped = points[..=place].iter().rev().find_map(|point| {
                let arena = copy(&self.root);
                let repo = arena.path().join("repo");
                let mut first = self.strace.spawn(&repo, point, "SIGSTOP", &ours);
                let stands = stands_still(&repo, &mut first);
                stands.then_some((point, arena, first))
            });
            let (point, arena, mut first) = stopped.expect("the first call of all is made");
            let mut second = spawn(arena.path(), &theirs);
            // Where the first one holds a lock, the second one waits for it, and both go on together.
            ends_or_waits_for(&first, &mut second);
            go_on(&first);
            let first = first.wait().unwrap().code();
            let second = second.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&second.stderr);
            settle(arena.path());
            let winner = match [first, second.status.code()] {
                [Some(0), Some(3)] => 0,
                // The second one planned when all was done, and found its release made.
                [Some(0), Some(0)] if !self.theirs.iter().any(|word| word == "apply") => 0,
                [Some(3), Some(0)] => 1,
                codes => panic!("round {round}, stopped at {point:?}: {codes:?}: {said}"),
            };
            won[winner] += 1;
            let end = World::look(arena.path());
            assert_eq!(end, ends[winner], "round {round}, stopped at {point:?}");
        }
        let calls = points.len();
        println!("{rounds} interleavings over {calls} calls: {won:?} won");
        won
    }
}

/// A house with plans for one release, made at two times: two different commits, tags and records.
fn house_with_plans() -> (House, String) {
    let house = ready_house();
    for plan in ["ours.json", "theirs.json"] {
        let path = house.beside(plan);
        let run = house.run(&["release", "--save", path.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    }
    let at = planned_at(&house.beside("theirs.json"));
    (house, at)
}

fn check(theirs: &[&str]) {
    let Some(strace) = Strace::find() else {
        return;
    };
    let (house, at) = house_with_plans();
    let global = ["--process", house.process.as_str(), "--at", at.as_str()];
    let args = |args: &[&str]| {
        [&global, args]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let race = Race {
        strace,
        root: house.beside(""),
        ours: args(&["apply", "../ours.json", "--execute"]),
        theirs: args(theirs),
    };
    let won = race.run();
    assert!(won[0] > 0 && won[1] > 0, "{won:?}");
}

#[test]
fn of_two_releases_at_once_one_wins_and_the_other_leaves_no_trace() {
    check(&["apply", "../theirs.json", "--execute"]);
}

/// What one looks at while another one is at work is neither what was nor what will be: it is a conflict.
#[test]
fn who_plans_while_another_one_applies_wins_or_leaves_no_trace() {
    check(&["release", "0.1.0", "--candidate", "0.1.0-rc.1", "--execute"]);
}
