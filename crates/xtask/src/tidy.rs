//! `cargo xtask tidy`: the checks that need no test: format, lints, documentation, features, and
//! what dependencies may be.

use std::fmt::Write as _;

use clap::ArgMatches;
use promenade_cli::{CliError, Context, Exit, Report};

use crate::programs::{cargo, is_installed, root, succeeds};

/// Returns every crate and the features it declares, `default` left out: each is built alone.
fn features() -> Result<Vec<(String, Vec<String>)>, CliError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).map_err(CliError::world)? {
        let folder = entry.map_err(CliError::world)?.path();
        let manifest = folder.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).map_err(CliError::world)?;
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let table = text.split("\n[features]\n").nth(1).unwrap_or_default();
        let table = table.split("\n[").next().unwrap_or_default();
        let keys = table
            .lines()
            .filter_map(|line| line.split_once(" = ").map(|pair| pair.0));
        let features: Vec<_> = keys
            .filter(|key| *key != "default")
            .map(str::to_owned)
            .collect();
        if !features.is_empty() {
            found.push((name, features));
        }
    }
    found.sort();
    Ok(found)
}

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
    for (package, features) in features()? {
        for feature in std::iter::once(String::new()).chain(features) {
            let name = format!("{package} with features [{feature}]");
            let args = [
                "check",
                "--quiet",
                "-p",
                &package,
                "--no-default-features",
                "--features",
            ];
            check(&name, cargo(&args).arg(&feature))?;
        }
    }
    if is_installed("cargo-deny") {
        let args = [
            "deny",
            "check",
            "--hide-inclusion-graph",
            "bans",
            "licenses",
            "sources",
        ];
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
