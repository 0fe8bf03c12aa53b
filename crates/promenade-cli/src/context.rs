//! The global options, and what they stand for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use promenade::git::{GitError, GitLedger, Ident, Repository};
use promenade::process::Process;
use promenade::promotion::ledger::{Head, LedgerStore as _, StreamId};
use promenade::promotion::{Event, Gate, Replay, State};

use crate::{CliError, trust, world};

/// The process file of a repository that names no other.
const PROCESS_FILE: &str = "release.toml";

/// The stream of the ledger in a repository.
pub(crate) const STREAM: &str = "ledger";

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One object for programs.
    Json,
    /// SARIF 2.1.0, where a command has findings.
    Sarif,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Color {
    /// When standard output is a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The options that every command takes; the help of a command has its own before them.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// The repository; by default the one around the current directory
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,
    /// The process file, or `preset:NAME`; by default `release.toml` in the repository
    #[arg(long, global = true, value_name = "FILE|preset:NAME")]
    pub(crate) process: Option<String>,
    /// How the report is printed
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// The time to work at, instead of the clock
    #[arg(long, global = true, value_name = "RFC3339")]
    pub(crate) at: Option<DateTime<Utc>>,
    /// The component, where the process has several
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) component: Option<String>,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) color: Color,
    /// Under an embargo: publish nothing, and record only what nobody can read before `disclose`
    #[arg(long, global = true)]
    pub(crate) embargoed: bool,
    /// Print less: only errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What a command works with: the global options, resolved when asked for.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) global: GlobalArgs,
    pub(crate) gates: Vec<Arc<dyn Gate>>,
}

impl Context {
    /// Returns the directory that `--repo` names, or the current one.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.global.repo.as_deref().unwrap_or(Path::new("."))
    }

    /// Returns the time to work at: `--at`, or the clock.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is where the clock is read"
    )]
    pub fn at(&self) -> DateTime<Utc> {
        self.global.at.unwrap_or_else(Utc::now)
    }

    /// Opens the repository around [`Context::directory`].
    ///
    /// # Errors
    /// [`CliError`] with a sentence that helps: exit code 2 if there is none, 4 if it cannot be read.
    pub fn repository(&self) -> Result<Repository, CliError> {
        Repository::discover(self.directory()).map_err(git_error)
    }

    /// Reads the process that `--process` names, or the `release.toml` of the repository (without a
    /// repository, of the directory).
    ///
    /// # Errors
    /// [`CliError`] with line, column and the nearest known word, exit code 2.
    pub fn process(&self) -> Result<Process, CliError> {
        let process = match self.global.process.as_deref() {
            Some(name) => match name.strip_prefix("preset:") {
                Some(preset) => Process::preset(preset).map_err(CliError::input),
                None => self.process_file(Path::new(name)),
            },
            None => self.process_of_repository(),
        }?;
        let gates = self.gates.iter().cloned();
        Ok(gates.fold(process, Process::with_gate))
    }

    /// The folder that a repository has its process file in, or why there is none.
    fn root(&self) -> Result<PathBuf, GitError> {
        Repository::discover(self.directory())?.work_tree()
    }

    /// Returns the folder that the paths of a process are relative to: what `--repo` names, else the root of
    /// the repository. Without a repository or a process it is the current directory.
    pub(crate) fn base(&self) -> PathBuf {
        let here = self.directory();
        let root = match self.global.repo.is_none() && self.names_process() {
            true => self.root().ok(),
            false => None,
        };
        let Some(root) = root else {
            return here.to_path_buf();
        };
        let real = |path: &Path| path.canonicalize();
        match (real(here), real(&root)) {
            (Ok(from), Ok(to)) if from == to => here.to_path_buf(),
            // What is read by people is as short as they would write it.
            (Ok(from), Ok(to)) => match from.strip_prefix(&to) {
                Ok(below) => below.iter().map(|_| "..").collect(),
                Err(_) => root,
            },
            _ => root,
        }
    }

    /// Reads the process file of the repository, or without one of the directory.
    fn process_of_repository(&self) -> Result<Process, CliError> {
        let (root, none) = match self.root() {
            Ok(root) => (root, None),
            Err(error) => (self.directory().to_path_buf(), Some(error)),
        };
        let path = root.join(PROCESS_FILE);
        match none {
            // What is wrong first is the place, not that a file is missing in it.
            Some(why) if !path.exists() => Err(CliError::input(format!(
                "{why}; a process can also be named: `--process FILE`, or one that ships: {}",
                presets()
            ))),
            _ => self.process_file(&path),
        }
    }

    /// Returns the component that is worked on, where a process has several: each has versions, tags and
    /// a ledger of its own.
    pub(crate) fn component<'a>(
        &'a self,
        process: &'a Process,
    ) -> Result<Option<&'a str>, CliError> {
        let all = process.components();
        if all.len() < 2 {
            return Ok(None);
        }
        let named = self.global.component.as_deref();
        if named.is_some_and(|named| all.iter().any(|rule| rule.name == named)) {
            return Ok(named);
        }
        let names: Vec<_> = all.iter().map(|rule| rule.name.as_str()).collect();
        Err(CliError::input(format!(
            "the process has several components, expected `--component` with one of {}",
            names.join(", ")
        )))
    }

    /// Tells whether a component was named.
    pub(crate) fn names_component(&self) -> bool {
        self.global.component.is_some()
    }

    /// Returns the stream of the ledger: one for each component, where there are several.
    pub(crate) fn stream(&self, process: Option<&Process>) -> Result<StreamId, CliError> {
        let component = match process {
            Some(process) => self.component(process)?,
            None => None,
        };
        let name = component.map(|name| format!("{STREAM}-{name}"));
        StreamId::new(name.as_deref().unwrap_or(STREAM)).map_err(CliError::input)
    }

    /// Replays the ledger of the repository.
    ///
    /// # Errors
    /// [`CliError`] naming the record that is not as it must be.
    pub fn replay(&self) -> Result<(State, Head), CliError> {
        let repository = self.repository()?;
        let nobody = Ident::new("promenade", "promenade@localhost", self.at().fixed_offset());
        let ledger = GitLedger::new(&repository, &nobody.map_err(git_error)?);
        let process = self.names_process().then(|| self.process()).transpose()?;
        let stream = self.stream(process.as_ref())?;
        let mut replay = Replay::new(&stream);
        trust::read_on(&mut replay, &ledger, &stream, process.as_ref(), self.at())?;
        let state = replay.state().clone();
        if !self.global.embargoed {
            return Ok((state, replay.head()));
        }
        let embargo = world::embargo(&ledger, &stream)?;
        Ok((world::in_private(&embargo, &state)?, replay.head()))
    }

    /// Replays the ledger of the repository, and returns its events besides.
    ///
    /// # Errors
    /// As [`Context::replay`].
    pub(crate) fn history(&self) -> Result<(State, Head, Vec<Event>), CliError> {
        let (state, head) = self.replay()?;
        let repository = self.repository()?;
        let nobody = Ident::new("promenade", "promenade@localhost", self.at().fixed_offset());
        let ledger = GitLedger::new(&repository, &nobody.map_err(git_error)?);
        let process = self.names_process().then(|| self.process()).transpose()?;
        let stream = self.stream(process.as_ref())?;
        let mut events = Vec::new();
        let read = ledger.read(&stream, 1, &mut |record| {
            events.extend(Event::parse(&record.body));
            true
        });
        read.map_err(CliError::world)?;
        Ok((state, head, events))
    }

    /// Returns whether a process was named, or stands in the repository.
    #[must_use]
    pub fn names_process(&self) -> bool {
        let root = || {
            self.root()
                .unwrap_or_else(|_| self.directory().to_path_buf())
        };
        self.global.process.is_some() || root().join(PROCESS_FILE).is_file()
    }

    pub(crate) fn process_file(&self, path: &Path) -> Result<Process, CliError> {
        let bytes = self.read(path).map_err(|error| {
            let message = format!(
                "{error}; `init` proposes one and `init --execute` writes it; name another with \
                 `--process FILE`, or take one that ships: {}",
                presets()
            );
            CliError { message, ..error }
        })?;
        let origin = path.display().to_string();
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            CliError::input(format!(
                "{origin}: byte {at} is not UTF-8; expected a TOML file"
            ))
        })?;
        Process::parse(&origin, &text).map_err(CliError::input)
    }

    /// Reads a file that an argument names; bytes, not text.
    ///
    /// # Errors
    /// [`CliError`] with the path: exit code 2 if there is no such file, 4 if it cannot be read.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, CliError> {
        std::fs::read(path).map_err(|error| {
            let message = format!("cannot read `{}`: {error}", path.display());
            match error.kind() {
                std::io::ErrorKind::NotFound => CliError::input(message),
                _ => CliError::world(message),
            }
        })
    }
}

/// The processes that ship, as a command line names them.
fn presets() -> String {
    let names = promenade::process::preset::NAMES.join(", ");
    format!("`--process preset:NAME` ({names})")
}

/// Gives an error of git its exit code.
pub(crate) fn git_error(error: GitError) -> CliError {
    match error {
        GitError::Exists { .. } | GitError::Moved { .. } => CliError::conflict(error),
        GitError::Io { .. } | GitError::Locked { .. } | GitError::Program { .. } => {
            CliError::world(error)
        }
        _ => CliError::input(error),
    }
}
