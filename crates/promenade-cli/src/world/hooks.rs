//! Hooks, run in the work tree: no shell, a time limit, and what they print is kept.

use std::cell::RefCell;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use promenade::process::port::hook::{HookCall, Hooks, RunHookError};

/// The variable that names the file of the plan that a hook runs for.
pub(crate) const PLAN: &str = "PROMENADE_PLAN";

/// Runs hooks in a directory.
pub(crate) struct HookRunner {
    dir: PathBuf,
    plan: Option<PathBuf>,
    printed: RefCell<Vec<(String, String)>>,
}

impl HookRunner {
    /// Runs them in this directory.
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            plan: None,
            printed: RefCell::default(),
        }
    }

    /// Tells them where the plan is kept that they run for.
    pub(crate) fn for_plan(&mut self, path: PathBuf) {
        self.plan = Some(path);
    }

    /// Gives what hooks have printed since the last time, by name.
    pub(crate) fn take_printed(&self) -> Vec<(String, String)> {
        self.printed.take()
    }
}

impl Hooks for HookRunner {
    fn run(&self, call: &HookCall) -> Result<String, RunHookError> {
        let (status, text) = self.end_of(call)?;
        self.printed
            .borrow_mut()
            .push((call.name.clone(), text.clone()));
        if status.success() {
            return Ok(text);
        }
        let last = last_line(&text);
        Err(RunHookError::new(&call.name, format!("{status}: {last}")))
    }
}

/// The last line that a program printed.
pub(crate) fn last_line(text: &str) -> &str {
    text.trim().lines().last().unwrap_or("it printed nothing")
}

impl HookRunner {
    /// Runs a program to its end, whatever that is, and gives what it printed.
    pub(crate) fn end_of(&self, call: &HookCall) -> Result<(ExitStatus, String), RunHookError> {
        let fault = |problem: String| RunHookError::new(&call.name, problem);
        let (program, args) = call
            .command
            .split_first()
            .ok_or_else(|| fault("it names no program".to_owned()))?;
        let mut child = Command::new(program)
            .args(args)
            .current_dir(&self.dir)
            .envs(&call.env)
            .envs(self.plan.iter().map(|path| (PLAN, path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| fault(format!("`{program}` cannot be started: {error}")))?;
        let out = child.stdout.take().map(drain);
        let err = child.stderr.take().map(drain);
        let status = wait(&mut child, Duration::from_secs(call.limit_secs));
        let status = status.map_err(|error| fault(error.to_string()))?;
        let Some(status) = status else {
            // Nobody waits for what it has started itself: its pipes may stay open.
            return Err(fault(format!("did not end within {} s", call.limit_secs)));
        };
        let mut text = text(out);
        text.push_str(&self::text(err));
        Ok((status, text))
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until the pipe broke is still worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn text(pipe: Option<JoinHandle<Vec<u8>>>) -> String {
    let bytes = pipe.and_then(|pipe| pipe.join().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits for the end, or ends the program after `limit`.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
