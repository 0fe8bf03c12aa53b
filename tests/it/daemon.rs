//! A bare remote over the real git protocol, on loopback: a push that is rejected in the middle, a connection
//! that breaks, a remote that moved, a remote that is gone. The state is clear, and the same plan goes on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::command::{git, promenade};
use crate::house::{House, executable};

/// A `git daemon` that takes pushes; it ends with the value.
struct Daemon {
    child: Child,
    address: SocketAddr,
}

/// An address of this machine with a port that nobody takes while no daemon listens at it: on Linux the whole
/// of 127.0.0.0/8 is this machine's, and each process has an address of its own.
fn own_address() -> SocketAddr {
    let host = if cfg!(target_os = "linux") {
        let [_, a, b, c] = std::process::id().to_be_bytes();
        // Process numbers end below 2^22.
        Ipv4Addr::new(127, 128 | a, b, c)
    } else {
        Ipv4Addr::LOCALHOST
    };
    let free = TcpListener::bind((IpAddr::V4(host), 0)).unwrap();
    free.local_addr().unwrap()
}

impl Daemon {
    /// Serves a folder.
    fn serve(base: &Path, address: SocketAddr) -> Option<Self> {
        let exec = git(base, &["--exec-path"]);
        let program = PathBuf::from(exec.trim()).join("git-daemon");
        if !program.is_file() {
            testkit::program("git-daemon")?;
        }
        let child = Command::new(program)
            .args(["--export-all", "--enable=receive-pack", "--reuseaddr"])
            .arg("--informative-errors")
            .arg(format!("--listen={}", address.ip()))
            .arg(format!("--port={}", address.port()))
            .arg(format!("--base-path={}", base.display()))
            .arg(base)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut daemon = Self { child, address };
        while TcpStream::connect(address).is_err() {
            let ended = daemon.child.try_wait().unwrap();
            assert!(ended.is_none(), "the daemon does not answer: {ended:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(daemon)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A house with a candidate that is published through a daemon.
fn published() -> Option<(House, PathBuf, Daemon)> {
    let files = [
        (
            "Cargo.toml",
            "[package]\nname = \"acme\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        ),
        (
            "CHANGELOG.md",
            "# Changelog\n\n## [Unreleased]\n\n- Everything.\n",
        ),
    ];
    let house = House::new("cargo-workspace", "main", &files);
    house.build(&house.head());
    let bare = house.publishes();
    let daemon = Daemon::serve(&house.beside(""), own_address())?;
    let url = format!("git://{}/remote.git", daemon.address);
    house.git(&["remote", "set-url", "origin", &url]);
    house.act(&["candidate"]);
    assert!(refs(&bare).contains("refs/tags/v0.1.0-rc.1"));
    Some((house, bare, daemon))
}

fn refs(repository: &Path) -> String {
    git(
        repository,
        &["for-each-ref", "--format=%(objectname) %(refname)"],
    )
}

/// All refs of the plan are at the remote as they are here.
#[track_caller]
fn same(house: &House, bare: &Path) {
    for name in [
        "refs/heads/main",
        "refs/tags/v0.1.0",
        "refs/promenade/ledger",
    ] {
        let here = house.git(&["rev-parse", name]);
        assert_eq!(git(bare, &["rev-parse", name]), here, "{name}");
    }
    house.is_clean();
    house.git(&["fsck", "--strict"]);
    git(bare, &["fsck", "--strict"]);
}

/// One ref refused, all refused, and a server that dies: nothing moves there, and the plan goes on.
#[test]
fn a_push_that_breaks_in_the_middle_moves_nothing_and_goes_on() {
    for (hook, text) in [
        ("update", "[ \"$1\" != refs/tags/v0.1.0 ]"),
        ("pre-receive", "echo no >&2; exit 1"),
        ("pre-receive", "kill -9 $PPID"),
    ] {
        let Some((house, bare, _daemon)) = published() else {
            return;
        };
        let hook = bare.join("hooks").join(hook);
        executable(&hook, &format!("#!/bin/sh\n{text}\n"));
        let before = refs(&bare);
        let run = house.run(&["release", "--execute"]);
        assert_eq!(run.code, 4, "{text}: {}{}", run.out, run.err);
        assert!(
            run.err.contains("`apply` goes on from there"),
            "{text}: {}",
            run.err
        );
        assert_eq!(refs(&bare), before, "{text}");
        std::fs::remove_file(&hook).unwrap();
        house.act(&["apply"]);
        same(&house, &bare);
    }
}

/// Somebody else was faster: before the first effect, and after all local steps.
#[test]
fn a_remote_that_moved_is_a_conflict_that_leaves_no_trace() {
    for begun in [false, true] {
        let Some((house, bare, _daemon)) = published() else {
            return;
        };
        let before = house.refs();
        let plan = house.beside("plan.json").to_str().unwrap().to_owned();
        let run = house.run(&["release", "--save", &plan]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        if begun {
            let run = house.run(&["apply", &plan, "--until", "tag", "--execute"]);
            assert_eq!(run.code, 0, "{}{}", run.out, run.err);
            assert_ne!(house.refs(), before);
        }
        let other = house.clone_of(&bare, "other");
        git(&other, &["commit", "-q", "--allow-empty", "-m", "faster"]);
        git(&other, &["push", "-q", "origin", "main"]);
        let there = refs(&bare);
        let run = house.run(&["apply", &plan, "--execute"]);
        assert_eq!(run.code, 3, "{begun}: {}{}", run.out, run.err);
        assert!(run.err.contains("refs/heads/main"), "{}", run.err);
        assert_eq!(refs(&bare), there, "{begun}");
        if begun {
            let run = house.run(&["undo", &plan, "--execute"]);
            assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        }
        assert_eq!(house.refs(), before, "{begun}");
        house.is_clean();
        // After a pull another plan is made for what is there now.
        house.git(&[
            "pull",
            "-q",
            "--ff-only",
            &bare.display().to_string(),
            "main",
        ]);
        house.build(&house.head());
        house.act(&["candidate"]);
        house.act(&["release"]);
        same(&house, &bare);
    }
}

/// Gone before the first effect, and gone after all local steps.
#[test]
fn a_remote_that_is_gone_is_said_and_the_plan_goes_on_when_it_is_back() {
    let Some((house, bare, daemon)) = published() else {
        return;
    };
    let address = daemon.address;
    let plan = house.beside("plan.json").to_str().unwrap().to_owned();
    let run = house.run(&["release", "--save", &plan]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    drop(daemon);
    let before = house.refs();
    let run = house.run(&["apply", &plan, "--execute"]);
    assert_eq!(run.code, 4, "{}{}", run.out, run.err);
    assert_eq!(house.refs(), before, "nothing was begun");
    let back = Daemon::serve(&house.beside(""), address);
    let run = house.run(&["apply", &plan, "--until", "tag", "--execute"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    drop(back);
    let there = refs(&bare);
    let begun = house.refs();
    let run = house.run(&["apply", &plan, "--execute"]);
    assert_eq!(run.code, 4, "{}{}", run.out, run.err);
    assert_eq!(
        (house.refs(), refs(&bare)),
        (begun, there),
        "what is done stays"
    );
    let _back = Daemon::serve(&house.beside(""), address);
    house.act(&["apply", &plan]);
    same(&house, &bare);
    let at = house.now();
    let status = promenade(
        &house.path(),
        &["--process", &house.process, "--at", &at, "status"],
    );
    assert_eq!(status.code, 0, "{}", status.err);
}
