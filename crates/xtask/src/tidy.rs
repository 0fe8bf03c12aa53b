//! `cargo xtask tidy`: the checks that need no test: format, lints, documentation, features, and
//! what dependencies may be.

use std::fmt::Write as _;

use clap::ArgMatches;
use promenade_cli::{CliError, Context, Exit, Report};

use crate::programs::{cargo, is_installed, succeeds};

/// The crates that stand alone, with the features that each is built with, one at a time.
const FEATURES: &[(&str, &[&str])] = &[
    ("promenade-version", &["", "serde", "proptest1"]),
    ("promenade-tag", &["", "serde", "proptest1"]),
    ("promenade-changelog", &["", "serde", "proptest1"]),
    ("promenade-promotion", &["", "serde", "proptest1", "tz"]),
    ("promenade-digest", &["", "serde", "proptest1", "fs"]),
];

pub(crate) fn command() -> clap::Command {
    clap::Command::new("tidy")
        .about("Checks format, lints, documentation, features and dependencies")
}

pub(crate) fn run(_matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    let mut checks: Vec<(String, bool)> = Vec::new();
    let mut check = |name: &str, command: &mut std::process::Command| {
        succeeds(command).map(|good| checks.push((name.to_owned(), good)))
    };
    check("fmt", &mut cargo(&["fmt", "--all", "--", "--check"]))?;
    check(
        "clippy, libraries and programs",
        &mut cargo(&[
            "clippy",
            "--workspace",
            "--lib",
            "--bins",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    // Tests may unwrap, index and panic: that is how they fail.
    let lenient = [
        "-A",
        "clippy::unwrap_used",
        "-A",
        "clippy::indexing_slicing",
        "-A",
        "clippy::panic",
    ];
    check(
        "clippy, tests and benches",
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])
        .args(lenient),
    )?;
    check(
        "documentation",
        cargo(&["doc", "--workspace", "--no-deps", "--all-features"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    for (package, features) in FEATURES {
        for feature in *features {
            let name = format!("{package} with features [{feature}]");
            let args = [
                "check",
                "--quiet",
                "-p",
                package,
                "--no-default-features",
                "--features",
            ];
            check(&name, cargo(&args).arg(feature))?;
        }
    }
    if is_installed("cargo-deny") {
        let args = ["deny", "--offline", "check", "bans", "licenses", "sources"];
        check(
            "licences, bans and sources of dependencies",
            &mut cargo(&args),
        )?;
    } else {
        checks.push((
            "cargo-deny is not installed: cargo install --locked cargo-deny".into(),
            false,
        ));
    }
    let mut text = String::new();
    for (name, good) in &checks {
        let _ = writeln!(text, "{} {name}", if *good { "ok    " } else { "FAILED" });
    }
    let failed: Vec<_> = checks
        .iter()
        .filter(|(_, good)| !good)
        .map(|(name, _)| name)
        .collect();
    let report = Report::new(
        "promenade.xtask-tidy/1",
        serde_json::json!({ "failed": failed }),
        text,
    );
    Ok(if failed.is_empty() {
        report
    } else {
        report.exit(Exit::Held)
    })
}
