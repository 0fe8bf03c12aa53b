//! `cargo xtask slow NAME`: rows that are too long for every run, at their full size.

use std::fmt::Write as _;

use clap::{Arg, ArgMatches};
use promenade_cli::{CliError, Context, Exit, Report};

use crate::programs::{cargo, is_installed, succeeds};

/// A row: its name, the package, the filter of its tests, and what it shows.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Every row. In every other run the same tests run at a smaller size.
const ROWS: &[Row] = &[];

pub(crate) fn command() -> clap::Command {
    clap::Command::new("slow")
        .about("Runs rows that are too long for every run, at their full size")
        .arg(
            Arg::new("name")
                .num_args(0..)
                .help("The rows; none lists them; `all` runs them all"),
        )
}

pub(crate) fn run(matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    let names: Vec<&String> = matches.get_many("name").into_iter().flatten().collect();
    let mut text = String::new();
    if names.is_empty() {
        for (name, package, _, about) in ROWS {
            let _ = writeln!(text, "{name:<28} {package:<22} {about}");
        }
        let rows: Vec<_> = ROWS.iter().map(|row| row.0).collect();
        return Ok(Report::new(
            "promenade.xtask-slow/1",
            serde_json::json!({ "rows": rows }),
            text,
        ));
    }
    let mut failed = Vec::new();
    let mut ran = Vec::new();
    for name in names {
        let rows: Vec<_> = ROWS
            .iter()
            .filter(|row| name == "all" || name == row.0)
            .collect();
        if rows.is_empty() {
            let known: Vec<_> = ROWS.iter().map(|row| row.0).collect();
            let known = known.join(", ");
            return Err(CliError::input(format!(
                "no slow row `{name}`; there are: {known}"
            )));
        }
        for (name, package, filter, _) in rows {
            let mut test = if is_installed("cargo-nextest") {
                cargo(&[
                    "nextest",
                    "run",
                    "--release",
                    "--no-capture",
                    "-p",
                    package,
                    filter,
                ])
            } else {
                cargo(&[
                    "test",
                    "--release",
                    "-p",
                    package,
                    filter,
                    "--",
                    "--nocapture",
                ])
            };
            ran.push(*name);
            if !succeeds(test.env("PROMENADE_SLOW", "1"))? {
                failed.push(*name);
            }
        }
    }
    let _ = writeln!(
        text,
        "{} rows ran, {} failed {}",
        ran.len(),
        failed.len(),
        failed.join(" ")
    );
    let json = serde_json::json!({ "ran": ran, "failed": failed });
    let report = Report::new("promenade.xtask-slow/1", json, text);
    Ok(if failed.is_empty() {
        report
    } else {
        report.exit(Exit::Held)
    })
}
