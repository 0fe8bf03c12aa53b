//! Ctrl-c: a plan stops between two steps, everything else ends at once.

use std::io::{BufRead as _, BufReader, Lines};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::signal;
use crate::house::{House, executable};

/// Longer than any machine takes to end a program, shorter than what the program would wait for.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, hearing ctrl-c even where these tests run in the background of a script, which has what it
/// starts ignore it.
fn program(dir: &Path, args: &[&str]) -> Command {
    let mut env = Command::new("env");
    env.args(["--default-signal=INT", "true"]);
    let under_test = env!("CARGO_BIN_EXE_promenade-under-test");
    let mut command = match env.stderr(Stdio::null()).status() {
        Ok(status) if status.success() => {
            let mut command = Command::new("env");
            command.args(["--default-signal=INT", under_test]);
            command
        }
        _ => Command::new(under_test),
    };
    command
        .current_dir(dir)
        .args(args)
        .env("LC_ALL", "C")
        .env("TMPDIR", dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Waits for the end, which must come.
#[track_caller]
fn ended(child: &mut Child, what: &str) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{what}: it did not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn interrupt(child: &Child) {
    signal("INT", &child.id().to_string());
}

/// Every command waits here for a pipe that nobody writes to, as it would for a long work.
#[test]
fn a_command_that_carries_out_no_plan_ends_at_once() {
    if testkit::program("mkfifo").is_none() {
        return;
    }
    let house = House::new("cargo-workspace", "main", &[("README.md", "acme\n")]);
    let dir = house.path();
    let pipe = dir.join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let sums = format!("{}  pipe\n", "0".repeat(64));
    std::fs::write(dir.join("sums"), sums).unwrap();
    let large = std::fs::File::create(house.beside("large")).unwrap();
    large.set_len(1 << 42).unwrap();
    let large = house.beside("large");
    let large = large.to_str().unwrap();
    let commands: [&[&str]; 14] = [
        &["digest", "pipe"],
        &["digest", "-"],
        &["digest", large],
        &["digest", "image", "pipe"],
        &["changelog", "lint", "--file", "pipe"],
        &["--process", "pipe", "audit"],
        &["--process", "pipe", "check"],
        &["--process", "pipe", "status"],
        &["--process", "pipe", "tags"],
        &["--process", "pipe", "channels", "--publish", "v1.0.0"],
        &["--process", "pipe", "manifest", "check"],
        &["--process", "pipe", "version", "current"],
        &["--process", "pipe", "release"],
        &["--process", "pipe", "release", "--execute"],
    ];
    for args in commands {
        let mut child = program(&dir, args).spawn().unwrap();
        // It waits, or works, and would do so for ever.
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(child.try_wait().unwrap(), None, "{args:?} ended by itself");
        interrupt(&child);
        let status = ended(&mut child, &format!("{args:?}"));
        assert_eq!(status.signal(), Some(2), "{args:?}: {status}");
    }
}

/// A promotion into production whose hook waits until a file is there, or somebody is tired of it.
struct Waiting {
    house: House,
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
}

impl Waiting {
    #[track_caller]
    fn new() -> Self {
        let mut house = House::new("cargo-workspace", "main", &[("README.md", "acme\n")]);
        let (started, go) = (house.beside("started"), house.beside("go"));
        let hook = house.beside("hook");
        let waits =
            "n=0; while [ ! -e \"$2\" ] && [ $n -lt 10000 ]; do sleep 0.02; n=$((n+1)); done";
        executable(&hook, &format!("#!/bin/sh\n: > \"$1\"\n{waits}\n"));
        let text = format!(
            "[process]\nformat = 1\nname = \"acme\"\n\n[version]\nscheme = \"integer\"\n\n\
             [[tag]]\nclass = \"release\"\ntemplate = \"v{{version}}\"\n\n\
             [[environment]]\nname = \"production\"\naccepts = \"release\"\n\n\
             [[hook]]\nname = \"deploy\"\non = \"promotion\"\nrun = [{hook:?}, {started:?}, {go:?}]\nobserves = true\n"
        );
        let process = house.beside("release.toml");
        std::fs::write(&process, text).unwrap();
        house.process = process.to_str().unwrap().to_owned();
        house.build(&house.head());
        house.act(&["release", "1"]);
        let global = ["--process", &house.process, "--at", &house.now()];
        let args = [&global[..], &["promote", "production", "--execute"]].concat();
        let mut child = program(&house.path(), &args).spawn().unwrap();
        let begun = Instant::now();
        while !started.exists() {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "the hook never ran: {ended:?}");
            assert!(begun.elapsed() < PATIENCE, "the hook never ran");
            std::thread::sleep(Duration::from_millis(20));
        }
        interrupt(&child);
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let heard = said.next().unwrap().unwrap();
        assert!(heard.starts_with("stopping after the step that runs now"));
        Self { house, child, said }
    }

    fn lets_the_hook_end(&self) {
        std::fs::write(self.house.beside("go"), "").unwrap();
    }

    /// Goes on with the plan: how each step came out.
    #[track_caller]
    fn goes_on(&self) -> Vec<String> {
        let done = self.house.act(&["apply"]);
        let outcomes = done["outcomes"].as_array().unwrap().iter();
        let word = |one: &Value| one["outcome"].as_str().unwrap().to_owned();
        let words = outcomes.map(word).collect();
        assert_eq!(self.house.runs("production"), "1.0.0");
        words
    }
}

#[test]
fn an_interrupted_plan_stops_between_two_steps_and_goes_on() {
    let mut waiting = Waiting::new();
    // The hook ends after the wish was heard, not before.
    waiting.lets_the_hook_end();
    let said: String = waiting.said.by_ref().map(Result::unwrap).collect();
    let status = ended(&mut waiting.child, "the promotion");
    assert_eq!(status.code(), Some(4), "{said}");
    assert!(said.contains("`apply` goes on with it"), "{said}");
    let records = ["rev-list", "--count", "refs/promenade/ledger"];
    assert_eq!(
        waiting.house.git(&records).trim(),
        "4",
        "built, released, promoted and begun: no more"
    );
    assert_eq!(waiting.goes_on(), ["already-done", "done", "done"]);
}

#[test]
fn a_plan_that_is_interrupted_twice_ends_in_the_middle_of_a_step_and_goes_on() {
    let mut waiting = Waiting::new();
    interrupt(&waiting.child);
    let status = ended(&mut waiting.child, "the promotion");
    assert_eq!(status.code(), Some(130), "{status}");
    waiting.lets_the_hook_end();
    assert_eq!(waiting.goes_on(), ["already-done", "done", "done"]);
}

#[test]
fn a_demo_that_is_interrupted_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = program(dir.path(), &["demo"]).spawn().unwrap();
    let left = || std::fs::read_dir(dir.path()).unwrap().count();
    while left() == 0 {
        assert_eq!(child.try_wait().unwrap(), None, "it told nothing");
        std::thread::sleep(Duration::from_millis(1));
    }
    interrupt(&child);
    let said = BufReader::new(child.stderr.take().unwrap()).lines();
    let said: String = said.map(Result::unwrap).collect();
    let status = ended(&mut child, "the demo");
    assert_eq!(status.code(), Some(4), "{said}");
    assert!(said.contains("its repository thrown away"), "{said}");
    assert_eq!(left(), 0);
}
