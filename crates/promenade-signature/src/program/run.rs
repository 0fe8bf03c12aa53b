//! Running a program that must not hang and must not ask anybody.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The longest answer that is read, in bytes.
const MAX_OUTPUT_BYTES: u64 = 16 * 1024 * 1024;

/// A program could not be run to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {problem}", program.display())]
pub struct RunProgramError {
    program: PathBuf,
    problem: String,
}

impl RunProgramError {
    pub(super) fn new(program: &Path, problem: impl Into<String>) -> Self {
        Self {
            program: program.to_owned(),
            problem: problem.into(),
        }
    }

    /// Returns the program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Returns what happened.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// What a program left behind.
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Runs a program with `input` on its standard input, and ends it after `limit`.
///
/// It gets a process group of its own and no way to ask for a passphrase.
pub(super) fn run<A: AsRef<OsStr>>(
    program: &Path,
    args: impl IntoIterator<Item = A>,
    input: &[u8],
    limit: Duration,
) -> Result<Output, RunProgramError> {
    let fault = |problem: String| RunProgramError::new(program, problem);
    let mut command = Command::new(program);
    command
        .args(args)
        .env("LC_ALL", "C")
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("SSH_ASKPASS", "false")
        .env_remove("GPG_TTY")
        .env_remove("DISPLAY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command
        .spawn()
        .map_err(|error| fault(format!("cannot be started: {error}")))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        // A program that stops reading early is judged by what it answers.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        let out = scope.spawn(move || drain(stdout));
        let err = scope.spawn(move || drain(stderr));
        let closed = || out.is_finished() && err.is_finished();
        let status = wait(&mut child, closed, limit);
        let (out, err) = (out.join(), err.join());
        let status = status
            .map_err(|error| fault(error.to_string()))?
            .ok_or_else(|| fault(format!("did not end within {} s", limit.as_secs_f64())))?;
        match (out, err) {
            (Ok(Ok(stdout)), Ok(Ok(stderr))) => Ok(Output {
                status,
                stdout,
                stderr,
            }),
            _ => Err(fault("its answer cannot be read".to_owned())),
        }
    })
}

fn drain(stream: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(MAX_OUTPUT_BYTES).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Waits for the end, and for the output to be closed, or ends the program after `limit`.
fn wait(
    child: &mut Child,
    closed: impl Fn() -> bool,
    limit: Duration,
) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()?
            && closed()
        {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            end(child)?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Ends a program with all that it started: whoever holds its output open would be waited for.
#[cfg(unix)]
fn end(child: &Child) -> io::Result<()> {
    use rustix::io::Errno;
    use rustix::process::{Pid, Signal, kill_process_group};
    match kill_process_group(Pid::from_child(child), Signal::KILL) {
        // All of them ended just now.
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Ends a program.
#[cfg(not(unix))]
fn end(child: &mut Child) -> io::Result<()> {
    child.kill()
}
