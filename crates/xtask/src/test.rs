//! `cargo xtask test`: every test that this machine can run, and the list of what it did not run.

use std::collections::{BTreeMap, BTreeSet};
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
            _ => {
                let plural = if tests.len() == 1 { "" } else { "s" };
                format!("{} test{plural}: {}", tests.len(), tests.join(", "))
            }
        };
        let _ = writeln!(text, "  {need}: {what}");
    }
    // A test that needs several programs names the first that it misses: the line brings all of them.
    let wanted = |program: &str| missing.contains_key(program) || !is_installed(program);
    let packages: BTreeSet<_> = PACKAGES
        .iter()
        .filter(|(program, _)| !missing.is_empty() && wanted(program))
        .map(|(_, package)| *package)
        .collect();
    if !packages.is_empty() {
        let packages: Vec<_> = packages.into_iter().collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_brings_every_program_that_is_missing_once() {
        let notes = "mkfifo\tone\nsha256sum\ttwo\nsha256sum\tone\nmount\tthree\n";
        let text = describe(&read(notes), true);
        assert!(text.contains("  mkfifo: 1 test: one\n"), "{text}");
        assert!(text.contains("  sha256sum: 2 tests: one, two\n"), "{text}");
        let line = text.lines().find(|line| line.contains("apt-get")).unwrap();
        assert_eq!(line.matches(" coreutils").count(), 1, "{line}");
        assert!(line.contains(" mount"), "{line}");
        for (program, package) in PACKAGES {
            assert!(is_installed(program) || line.contains(package), "{line}");
        }
        assert!(!describe(&BTreeMap::new(), true).contains("apt-get"));
    }
}
