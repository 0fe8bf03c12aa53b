//! Law 9: two processes with a plan each for one release. One is stopped at a system call, the other runs
//! meanwhile, the first goes on: exactly one wins, and the other leaves no trace.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::house::House;
use crate::strace::{
    Strace, World, copy, ends_within, go_on, planned_at, publishes, run_in, settle, stands_still,
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
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[expect(clippy::print_stdout, reason = "the figures of a slow row")]
#[test]
fn of_two_releases_at_once_one_wins_and_the_other_leaves_no_trace() {
    let Some(strace) = Strace::find() else {
        return;
    };
    let house = ready_house();
    let root = house.beside("");
    // Planned at two times: two different commits, tags and records for one version.
    for plan in ["ours.json", "theirs.json"] {
        let path = house.beside(plan);
        let run = house.run(&["release", "--save", path.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    }
    let at = planned_at(&house.beside("theirs.json"));
    let apply = |plan: &'static str| {
        let process = house.process.as_str();
        [
            "--process",
            process,
            "--at",
            &at,
            "apply",
            plan,
            "--execute",
        ]
        .map(str::to_owned)
    };
    let (ours, theirs) = (apply("../ours.json"), apply("../theirs.json"));
    let ours: Vec<_> = ours.iter().map(String::as_str).collect();
    let theirs: Vec<_> = theirs.iter().map(String::as_str).collect();
    let (alone, other) = (copy(&root), copy(&root));
    let points = strace.points(&alone.path().join("repo"), &ours);
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
            let arena = copy(&root);
            let repo = arena.path().join("repo");
            let mut first = strace.spawn(&repo, point, "SIGSTOP", &ours);
            let stands = stands_still(&repo, &mut first);
            stands.then_some((point, arena, first))
        });
        let (point, arena, mut first) = stopped.expect("the first call of all is made");
        let mut second = spawn(arena.path(), &theirs);
        // Where the first one holds a lock, the second one waits for it, and both go on together.
        ends_within(&mut second, Duration::from_secs(2));
        go_on(&first);
        let codes = [first.wait().unwrap().code(), second.wait().unwrap().code()];
        settle(arena.path());
        let winner = match codes {
            [Some(0), Some(3)] => 0,
            [Some(3), Some(0)] => 1,
            _ => panic!("round {round}, stopped at {point:?}: {codes:?}"),
        };
        won[winner] += 1;
        let end = World::look(arena.path());
        assert_eq!(end, ends[winner], "round {round}, stopped at {point:?}");
    }
    println!(
        "{rounds} interleavings over {} calls: {won:?} won",
        points.len()
    );
    assert!(won[0] > 0 && won[1] > 0, "{won:?}");
}
