//! Hooks: commands that the process names, run before or after its steps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One call of a hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookCall {
    /// Its name.
    pub name: String,
    /// The program and its arguments; no shell reads them.
    pub command: Vec<String>,
    /// What it is told: `PROMENADE_VERSION`, `PROMENADE_TAG`, ….
    pub env: BTreeMap<String, String>,
    /// How long it may take, in seconds.
    pub limit_secs: u64,
}

/// Where hooks run.
pub trait Hooks {
    /// Runs a hook to its end and returns what it printed.
    ///
    /// # Errors
    /// [`RunHookError`] if it cannot be started, fails, or takes too long (then it is ended).
    fn run(&self, call: &HookCall) -> Result<String, RunHookError>;
}

/// A hook did not end well: nothing after it is done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hook `{hook}`: {problem}")]
pub struct RunHookError {
    hook: String,
    problem: String,
}

impl RunHookError {
    /// Says what became of a hook.
    pub fn new(hook: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            hook: hook.into(),
            problem: problem.into(),
        }
    }

    /// Returns what happened.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
