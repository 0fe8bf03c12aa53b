//! The command line of Promenade, as a library to embed in any xtask and as the program
//! `promenade`.
//!
//! The whole of an xtask that has every command:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     promenade_cli::main()
//! }
//! ```
//!
//! One with a command of its own beside them:
//!
//! ```
//! use promenade_cli::{App, Report};
//!
//! let app = App::new("xtask").command(clap::Command::new("hello"), |_matches, _context| {
//!     Ok(Report::new("acme.hello/1", serde_json::json!({"hello": "world"}), "hello\n"))
//! });
//! assert_eq!(app.run(["xtask", "hello"]).code(), 0);
//! ```

mod app;
mod board;
mod command;
mod context;
pub mod diff;
mod forge;
mod progress;
mod registry;
mod report;
mod trust;
mod world;

pub use app::App;
pub use context::Context;
pub use report::{CliError, Exit, Report};

/// Runs the command line on the arguments of the program.
#[must_use]
pub fn main() -> std::process::ExitCode {
    App::new("promenade").main()
}

/// The README of the project: its examples are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
