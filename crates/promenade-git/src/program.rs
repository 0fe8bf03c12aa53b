//! Calls of the program `git`: no terminal, the `C` locale, a time limit, nothing inherited.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::GitError;

/// How long a call may take unless it is told otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The most of what git printed that a message repeats.
const MAX_SHOWN_BYTES: usize = 400;

/// Variables of a surrounding git (a hook, a `rebase --exec`) that would redirect the call.
const REDIRECTING: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// One call of the program `git`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Git {
    dir: PathBuf,
    args: Vec<OsString>,
    input: Vec<u8>,
    env: Vec<(&'static str, OsString)>,
    timeout: Duration,
}

/// What a call gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Git {
    /// Starts a call that works in `dir`.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            args: Vec::new(),
            input: Vec::new(),
            env: Vec::new(),
            timeout: TIMEOUT,
        }
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned());
        self.args.extend(args);
        self
    }

    /// Adds one argument.
    pub fn arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.args([arg])
    }

    /// Gives it bytes to read.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Sets a variable of its environment.
    pub(crate) fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name, value.as_ref().to_owned()));
        self
    }

    /// Sets how long it may take; a minute if nothing is set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs it and returns what it printed to its standard output.
    ///
    /// # Errors
    /// [`GitError::Program`] if it is missing, fails, or takes too long (then it is ended).
    pub fn run(&self) -> Result<Vec<u8>, GitError> {
        let output = self.output()?;
        if output.code == Some(0) {
            return Ok(output.stdout);
        }
        Err(self.failed(&output))
    }

    /// The error for an output that was not expected.
    pub(crate) fn failed(&self, output: &Output) -> GitError {
        let text = String::from_utf8_lossy(&output.stderr);
        let text = text.trim().replace('\n', "; ");
        let shown: String = text.chars().take(MAX_SHOWN_BYTES).collect();
        let code = output.code.map_or_else(
            || "was ended by a signal".to_owned(),
            |c| format!("exited with {c}"),
        );
        self.problem(format!("{code}: {shown}"))
    }

    /// Runs it and returns what it printed, whatever its exit code.
    pub(crate) fn output(&self) -> Result<Output, GitError> {
        let mut child = self.start()?;
        let mut stdin = child.stdin.take();
        let input = self.input.clone();
        // Each pipe has its own thread, so that none fills up while another is waited for.
        let writer = std::thread::spawn(move || {
            if let Some(stdin) = stdin.as_mut() {
                // A child that does not want its input says so by its exit code.
                let _ = stdin.write_all(&input);
            }
        });
        let stdout = child.stdout.take().map(read_all);
        let stderr = child.stderr.take().map(read_all);
        let status = self.wait(&mut child)?;
        let _ = writer.join();
        Ok(Output {
            code: status.code(),
            stdout: stdout.and_then(|t| t.join().ok()).unwrap_or_default(),
            stderr: stderr.and_then(|t| t.join().ok()).unwrap_or_default(),
        })
    }

    fn start(&self) -> Result<Child, GitError> {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.dir)
            .args(&self.args)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "true")
            .env("SSH_ASKPASS", "true")
            .env("GCM_INTERACTIVE", "never")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in REDIRECTING {
            command.env_remove(name);
        }
        for (name, value) in &self.env {
            command.env(name, value);
        }
        command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                self.problem("cannot start: the program `git` is not on the `PATH`".to_owned())
            }
            _ => self.problem(format!("cannot start: {error}")),
        })
    }

    fn wait(&self, child: &mut Child) -> Result<std::process::ExitStatus, GitError> {
        let deadline = Instant::now() + self.timeout;
        let mut pause = Duration::from_micros(200);
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if Instant::now() >= deadline => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(GitError::TimedOut {
                        command: self.command(),
                        after: self.timeout,
                    });
                }
                Ok(None) => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(10));
                }
                Err(error) => return Err(self.problem(format!("cannot be waited for: {error}"))),
            }
        }
    }

    fn problem(&self, problem: String) -> GitError {
        let command = self.command();
        GitError::Program { command, problem }
    }

    fn command(&self) -> String {
        let args: Vec<_> = self.args.iter().map(|arg| arg.to_string_lossy()).collect();
        args.join(" ")
    }

    /// Returns the directory it works in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

fn read_all(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until the pipe broke is still worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}
