//! `cargo xtask test`: every test that this machine can run, and the list of what it did not run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Arg, ArgAction, ArgMatches};
use promenade_cli::{CliError, Context, Exit, Report};

use crate::programs::{PACKAGES, cargo, is_installed, root, succeeds};

pub(crate) fn command() -> clap::Command {
    clap::Command::new("test")
        .about("Runs every test that this machine can run, and lists what it did not run")
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .help("Anything not run is a failure"),
        )
}

pub(crate) fn run(matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    let notes = root().join("target/not-run.tsv");
    if notes.exists() {
        std::fs::remove_file(&notes).map_err(CliError::world)?;
    }
    let nextest = is_installed("cargo-nextest");
    let mut tests = if nextest {
        cargo(&["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        cargo(&[
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ])
    };
    let passed = succeeds(tests.env("PROMENADE_NOT_RUN", &notes))?;
    let documented = succeeds(
        cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]).env("PROMENADE_NOT_RUN", &notes),
    )?;
    let mut missing = read(&std::fs::read_to_string(&notes).unwrap_or_default());
    if !nextest {
        missing.insert("cargo-nextest".to_owned(), Vec::new());
    }
    let all = matches.get_flag("all");
    let required = missing.keys().any(|need| !need.starts_with("optional: "));
    let failed = !passed || !documented || (all && required);
    let json = serde_json::json!({ "passed": passed && documented, "not_run": missing });
    let report = Report::new(
        "promenade.xtask-test/1",
        json,
        describe(&missing, passed && documented),
    );
    Ok(if failed {
        report.exit(Exit::Held)
    } else {
        report
    })
}

/// Reads lines of `need TAB test`, in any order, repeated or not.
fn read(notes: &str) -> BTreeMap<String, Vec<String>> {
    let mut missing = BTreeMap::<String, Vec<String>>::new();
    for (need, test) in notes.lines().filter_map(|line| line.split_once('\t')) {
        missing
            .entry(need.to_owned())
            .or_default()
            .push(test.to_owned());
    }
    for tests in missing.values_mut() {
        tests.sort();
        tests.dedup();
    }
    missing
}

fn describe(missing: &BTreeMap<String, Vec<String>>, passed: bool) -> String {
    let mut text = String::from("\n");
    if missing.is_empty() {
        text.push_str("every test ran\n");
    } else {
        text.push_str("not run on this machine:\n");
    }
    for (need, tests) in missing {
        let what = match need.as_str() {
            "cargo-nextest" => "the tests ran with `cargo test` instead".to_owned(),
            _ => format!("{} tests: {}", tests.len(), tests.join(", ")),
        };
        let _ = writeln!(text, "  {need}: {what}");
    }
    let packages: Vec<_> = PACKAGES
        .iter()
        .filter(|(program, _)| missing.contains_key(*program))
        .map(|(_, package)| *package)
        .collect();
    if !packages.is_empty() {
        let _ = writeln!(
            text,
            "install what is missing: apt-get install --yes --no-install-recommends {}",
            packages.join(" ")
        );
    }
    if missing.contains_key("cargo-nextest") {
        text.push_str("install what is missing: cargo install --locked cargo-nextest\n");
    }
    if missing.contains_key("corpus") {
        text.push_str("the corpus of real repositories: set PROMENADE_CORPUS to its folder\n");
    }
    text.push_str(if passed {
        "tests passed\n"
    } else {
        "tests FAILED\n"
    });
    text
}
