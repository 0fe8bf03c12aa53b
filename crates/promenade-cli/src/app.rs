//! The command line as a value: the built-in commands and those of an embedder.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgMatches, Args as _, FromArgMatches as _, Subcommand as _};

use promenade::promotion::Gate;

use crate::command::Command;
use crate::context::{Color, Context, Format, GlobalArgs};
use crate::{CliError, Exit, Report, world};

/// A command of an embedder.
type Run = Box<dyn Fn(&ArgMatches, &Context) -> Result<Report, CliError>>;

/// The command line: every built-in command, and those added with [`App::command`].
#[must_use]
pub struct App {
    name: &'static str,
    own: Vec<(clap::Command, Run)>,
    gates: Vec<Arc<dyn Gate>>,
}

impl App {
    /// Makes the command line under the name that its help shows.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            own: Vec::new(),
            gates: Vec::new(),
        }
    }

    /// Adds a command of the embedder; it takes the global options as the built-in ones do.
    pub fn command(
        mut self,
        command: clap::Command,
        run: impl Fn(&ArgMatches, &Context) -> Result<Report, CliError> + 'static,
    ) -> Self {
        self.own.push((command, Box::new(run)));
        self
    }

    /// Adds a gate of the embedder: it is judged for every environment, in every command that reads the
    /// process.
    pub fn gate(mut self, gate: impl Gate + 'static) -> Self {
        self.gates.push(Arc::new(gate));
        self
    }

    /// Runs on the arguments of the program; ctrl-c stops a plan between two steps, and ends everything
    /// else at once.
    #[must_use]
    pub fn main(&self) -> ExitCode {
        world::interrupt::listen();
        ExitCode::from(self.run(std::env::args_os()).code())
    }

    /// Runs on the given arguments, the program's name first, prints, and returns the exit code.
    pub fn run(&self, args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Exit {
        let matches = match self.clap().try_get_matches_from(args) {
            Ok(matches) => matches,
            Err(error) => {
                let exit = if error.use_stderr() {
                    Exit::Input
                } else {
                    Exit::Done
                };
                // Nothing is left to report to if the terminal is gone.
                let _ = error.print();
                return exit;
            }
        };
        let global = match GlobalArgs::from_arg_matches(&matches) {
            Ok(global) => global,
            Err(error) => {
                let _ = error.print();
                return Exit::Input;
            }
        };
        match global.color {
            Color::Auto => {}
            Color::Always => anstream::ColorChoice::Always.write_global(),
            Color::Never => anstream::ColorChoice::Never.write_global(),
        }
        let context = Context {
            global,
            gates: self.gates.clone(),
        };
        let result = self.dispatch(&matches, &context);
        print(result, &context)
    }

    fn dispatch(&self, matches: &ArgMatches, context: &Context) -> Result<Report, CliError> {
        if let Some((name, matches)) = matches.subcommand()
            && let Some((_, run)) = self.own.iter().find(|(own, _)| own.get_name() == name)
        {
            return run(matches, context);
        }
        Command::from_arg_matches(matches)
            .map_err(CliError::input)?
            .run(context)
    }

    /// Returns the definition of the command line, with the commands of the embedder: what man pages
    /// and shell completions are made from.
    ///
    /// ```
    /// let command = promenade_cli::App::new("promenade").clap();
    /// assert!(command.find_subcommand("release").is_some());
    /// ```
    #[must_use]
    pub fn clap(&self) -> clap::Command {
        let root = clap::Command::new(self.name)
            .version(env!("CARGO_PKG_VERSION"))
            .subcommand_required(true)
            .arg_required_else_help(true);
        // The two bring what is said of them, which is not what the program does.
        let root = Command::augment_subcommands(GlobalArgs::augment_args(root)).about(
            "Plans a release, applies it, explains what blocks it, checks the policy, audits history",
        );
        self.own
            .iter()
            .fold(root, |root, (command, _)| root.subcommand(command.clone()))
    }
}

fn print(result: Result<Report, CliError>, context: &Context) -> Exit {
    let json = context.global.format != Format::Text;
    let (exit, bytes) = match result {
        Ok(report) if json => (report.exit, pretty(&report.json)),
        Ok(report) if context.global.quiet && report.exit == Exit::Done => {
            (report.exit, Vec::new())
        }
        Ok(report) => (report.exit, report.text),
        Err(error) => {
            let mut stderr = anstream::stderr().lock();
            let style = anstyle::AnsiColor::Red.on_default().bold();
            let _ = writeln!(stderr, "{style}error{style:#}: {error}");
            let object = serde_json::json!({
                "schema": "promenade.error/1",
                "exit": error.exit.code(),
                "error": error.message,
            });
            (error.exit, if json { pretty(&object) } else { Vec::new() })
        }
    };
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(&bytes).and_then(|()| stdout.flush()) {
        Ok(()) => exit,
        // `promenade … | head` is no failure.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => exit,
        Err(_) => Exit::World,
    }
}

fn pretty(value: &serde_json::Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}
