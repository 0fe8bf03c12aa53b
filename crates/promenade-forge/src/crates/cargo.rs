//! The program `cargo`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::workspace::{ReadWorkspaceError, Workspace};

/// `cargo`, run in a workspace for one registry.
#[derive(Clone, Debug)]
pub struct Cargo {
    directory: PathBuf,
    registry: Option<String>,
    allow_dirty: bool,
    env: Vec<(String, String)>,
}

/// `cargo` did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CargoError {
    /// It cannot be run.
    #[error("cannot run `cargo`: {reason}")]
    Missing {
        /// Why.
        reason: String,
    },
    /// It failed.
    #[error("`cargo {action}` failed:\n{said}")]
    Failed {
        /// What it was to do.
        action: String,
        /// What it said.
        said: String,
    },
    /// What it said cannot be read.
    #[error(transparent)]
    Metadata(#[from] ReadWorkspaceError),
}

impl Cargo {
    /// Runs in a directory, for a registry (by its name in cargo's configuration) or the default one.
    pub fn new(directory: impl Into<PathBuf>, registry: Option<&str>) -> Self {
        Self {
            directory: directory.into(),
            registry: registry.map(str::to_owned),
            allow_dirty: false,
            env: Vec::new(),
        }
    }

    /// Packages what is not committed, too.
    #[must_use]
    pub fn allow_dirty(mut self, allow: bool) -> Self {
        self.allow_dirty = allow;
        self
    }

    /// Sets a variable that cargo finds in its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the name of the registry, unless it is the default one.
    #[must_use]
    pub fn registry(&self) -> Option<&str> {
        self.registry.as_deref()
    }

    /// Reads the workspace.
    ///
    /// # Errors
    /// [`CargoError`] if there is no cargo, or no workspace.
    pub fn workspace(&self) -> Result<Workspace, CargoError> {
        let said = self.run(&["metadata", "--no-deps", "--format-version", "1"])?;
        Ok(Workspace::parse(&said)?)
    }

    /// Packages crates and builds what was packaged, all together: they may need each other before any
    /// of them is published (cargo 1.90).
    pub(super) fn package(&self, names: &[&str]) -> Result<(), CargoError> {
        let mut args = vec!["package"];
        args.extend(names.iter().flat_map(|name| ["-p", *name]));
        self.run(&self.with_options(args)).map(drop)
    }

    /// Uploads one crate, which is verified already.
    pub(super) fn publish(&self, name: &str) -> Result<(), CargoError> {
        let args = vec!["publish", "--no-verify", "-p", name];
        self.run(&self.with_options(args)).map(drop)
    }

    fn with_options<'a>(&'a self, mut args: Vec<&'a str>) -> Vec<&'a str> {
        if let Some(registry) = &self.registry {
            args.extend(["--registry", registry]);
        }
        if self.allow_dirty {
            args.push("--allow-dirty");
        }
        args
    }

    fn run(&self, args: &[&str]) -> Result<Vec<u8>, CargoError> {
        let program = self.env.iter().find(|(name, _)| name == "CARGO");
        let output = Command::new(program.map_or("cargo", |(_, path)| path))
            .current_dir(&self.directory)
            .args(args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("CARGO_TERM_COLOR", "never")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| CargoError::Missing {
                reason: error.to_string(),
            })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(CargoError::Failed {
            action: args.join(" "),
            said: String::from_utf8_lossy(&output.stderr)
                .trim_end()
                .to_owned(),
        })
    }
}
