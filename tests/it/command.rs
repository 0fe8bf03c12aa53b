//! Running the command line as a program would be run.

use std::path::Path;
use std::process::{Command, Output};

/// What a run of the command line gave back.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `promenade` in a directory, without colour and without what the surroundings say of git.
pub(crate) fn promenade(dir: &Path, args: &[&str]) -> Run {
    promenade_in(dir, args, &[])
}

/// Runs it with variables besides.
pub(crate) fn promenade_in(dir: &Path, args: &[&str], env: &[(String, String)]) -> Run {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_promenade-under-test"))
        .current_dir(dir)
        .args(args)
        .env("LC_ALL", "C")
        .env_remove("GIT_DIR")
        .env_remove("GITHUB_TOKEN")
        .env_remove("GH_TOKEN")
        .envs(env.iter().cloned())
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command with `--format json`, which must succeed or find something.
#[track_caller]
pub(crate) fn json(dir: &Path, args: &[&str]) -> serde_json::Value {
    let run = promenade(dir, &[&["--format", "json"], args].concat());
    assert!(run.code <= 1, "exit {}: {}", run.code, run.err);
    serde_json::from_str(&run.out).unwrap()
}

/// Sends a signal to a process, or to a group of them as `-ID`. The `kill` of the shell is there where the
/// program is not: in a small image without procps.
#[track_caller]
pub(crate) fn signal(name: &str, process: &str) {
    let line = format!("kill -s {name} -- {process}");
    let status = Command::new("sh").args(["-c", &line]).status();
    assert!(status.unwrap().success(), "{line}");
}

/// Runs git in a directory; it must succeed.
#[track_caller]
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(dir)
        .args(args)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {err}");
    String::from_utf8(output.stdout).unwrap()
}
