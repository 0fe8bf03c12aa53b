//! `cargo xtask pages DIR`: what a package of the program brings beside it: a man page for each
//! command, and completions for each shell.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, ValueEnum as _};
use clap_complete::Shell;
use promenade_cli::{App, CliError, Context, Report};

/// The program that packages install.
const PROGRAM: &str = "promenade";

pub(crate) fn command() -> clap::Command {
    clap::Command::new("pages")
        .about("Writes the man pages of the program and its completions for every shell")
        .arg(
            Arg::new("dir")
                .value_name("DIR")
                .value_parser(clap::value_parser!(PathBuf))
                .default_value("target/pages")
                .help("The directory to write to: `man1` and `completions` below it"),
        )
}

pub(crate) fn run(matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    let default = PathBuf::new();
    let dir = matches.get_one::<PathBuf>("dir").unwrap_or(&default);
    let program = App::new(PROGRAM).clap();
    let man = folder(dir, "man1")?;
    clap_mangen::generate_to(program.clone(), &man).map_err(CliError::world)?;
    let completions = folder(dir, "completions")?;
    for shell in Shell::value_variants() {
        clap_complete::generate_to(*shell, &mut program.clone(), PROGRAM, &completions)
            .map_err(CliError::world)?;
    }
    let (pages, shells) = (names(&man)?, names(&completions)?);
    let text = format!(
        "{}: {} man pages\n{}: {}\n",
        man.display(),
        pages.len(),
        completions.display(),
        shells.join(" ")
    );
    let json = serde_json::json!({ "man": pages, "completions": shells });
    Ok(Report::new("promenade.xtask-pages/1", json, text))
}

fn folder(dir: &Path, name: &str) -> Result<PathBuf, CliError> {
    let folder = dir.join(name);
    std::fs::create_dir_all(&folder).map_err(CliError::world)?;
    Ok(folder)
}

/// The names of the files in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, CliError> {
    let entries = std::fs::read_dir(folder).map_err(CliError::world)?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(CliError::world)?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
