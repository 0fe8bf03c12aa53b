//! `cargo xtask slow NAME`: rows that are too long for every run, at their full size.

use std::fmt::Write as _;

use clap::{Arg, ArgMatches};
use promenade_cli::{CliError, Context, Exit, Report};

use crate::programs::{cargo, is_installed, succeeds};

/// A row: its name, the package, the filter of its tests, and what it shows.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Every row. In every other run the same tests run at a smaller size.
const ROWS: &[Row] = &[
    (
        "two-writers",
        "promenade-tests",
        "of_two_writers",
        "100 releases cut by two processes at once",
    ),
    (
        "contains",
        "promenade-git",
        "contains",
        "500 histories with picks, reverts and merges, against git",
    ),
    (
        "version-laws",
        "promenade-version",
        "properties",
        "100,000 cases of every law",
    ),
    (
        "tag-ref-names",
        "promenade-tag",
        "ref_names_are",
        "100,000 names against git",
    ),
    (
        "channel-laws",
        "promenade-tag",
        "history",
        "20,000 random histories of channels",
    ),
    (
        "changelog-structure",
        "promenade-changelog",
        "structure",
        "a million documents, generated and mutated, against pulldown-cmark",
    ),
    (
        "changelog-laws",
        "promenade-changelog",
        "laws",
        "edits and their inverses over many documents",
    ),
    (
        "changelog-merge",
        "promenade-changelog",
        "merge",
        "thousands of histories of two branches",
    ),
    (
        "promotion-model",
        "promenade-promotion",
        "model",
        "the model check: eight million states",
    ),
    (
        "promotion-clocks",
        "promenade-promotion",
        "clocks",
        "a million schedules of clocks",
    ),
    (
        "promotion-scale",
        "promenade-promotion",
        "scale",
        "replay of a million records",
    ),
    (
        "digest-memory",
        "promenade-digest",
        "memory",
        "4 GiB in at most 8 MiB of memory",
    ),
    (
        "manifest-cargo",
        "promenade-manifest",
        "cargo_finds_nothing",
        "200 members, judged by cargo",
    ),
    (
        "store-writers",
        "promenade-store",
        "writers",
        "races and kills at full size",
    ),
    (
        "store-flips",
        "promenade-store",
        "every_flipped_bit",
        "every bit of a ledger of files",
    ),
    (
        "git-writers",
        "promenade-git",
        "writers",
        "16 writers of 2,000 records and 2,000 kills on the ledger in git",
    ),
    (
        "git-packing",
        "promenade-git",
        "meanwhile",
        "400 repositories read while git packs them, and 100 times their refs",
    ),
    (
        "git-replay",
        "promenade-git",
        "a_hundred_thousand",
        "replay of 100,000 records that git packed",
    ),
    (
        "git-race",
        "promenade-git",
        "race",
        "races on refs and on the ledger in git",
    ),
    (
        "git-clones",
        "promenade-git",
        "eight_clones",
        "eight clones that push to one repository",
    ),
    (
        "registry-real",
        "promenade-registry",
        "real::",
        "400 rounds of two writers on a real registry",
    ),
    (
        "plan-kills",
        "promenade-tests",
        "killed",
        "plans of the four processes killed at every system call, and gone on with",
    ),
    (
        "audit-large",
        "promenade-tests",
        "the_cost_of_an_audit",
        "an audit of 25,000 tags and 1,000,000 commits beside git",
    ),
    (
        "plan-races",
        "promenade-tests",
        "raced",
        "100 forced interleavings of two releases",
    ),
];

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
                    "--profile=slow",
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
