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

/// The crates without a clock, files, a network or processes: they are built for the web too.
const PURE: &[&str] = &[
    "promenade-version",
    "promenade-digest",
    "promenade-tag",
    "promenade-changelog",
    "promenade-manifest",
    "promenade-promotion",
    "promenade-process",
];

/// The target that the pure crates are checked for.
const WEB: &str = "wasm32-unknown-unknown";

/// Checks the targets and the oldest Rust that VERSIONING.md promises.
fn portable(checks: &mut Vec<(String, bool)>) -> Result<(), CliError> {
    let targets = rustup(&["target", "list", "--installed"]);
    if targets.lines().any(|line| line == WEB) {
        let mut command = cargo(&["check", "--quiet", "--target", WEB]);
        command.args(PURE.iter().flat_map(|name| ["-p", *name]));
        checks.push((format!("pure crates for {WEB}"), succeeds(&mut command)?));
    } else {
        checks.push((
            format!("{WEB} is not installed: rustup target add {WEB}"),
            false,
        ));
    }
    let oldest = oldest()?;
    let toolchains = rustup(&["toolchain", "list"]);
    if toolchains.lines().any(|line| line.starts_with(&oldest)) {
        let mut command = std::process::Command::new("rustup");
        let target = format!("target/rust-{oldest}");
        command
            .current_dir(root())
            .args(["run", &oldest, "cargo", "check", "--quiet", "--workspace"])
            .args(["--lib", "--bins", "--all-features", "--target-dir", &target])
            // What cargo says to the programs it runs is about the toolchain that runs this one.
            .env_remove("RUSTC")
            .env_remove("RUSTDOC")
            .env_remove("CARGO");
        let good = succeeds(&mut command)?;
        checks.push((format!("the oldest Rust, {oldest}"), good));
    } else {
        let line = format!("rustup toolchain install {oldest} --profile minimal");
        checks.push((format!("Rust {oldest} is not installed: {line}"), false));
    }
    Ok(())
}

/// What rustup prints; nothing where there is no rustup.
fn rustup(args: &[&str]) -> String {
    let output = std::process::Command::new("rustup").args(args).output();
    let stdout = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&stdout).into_owned()
}

/// The oldest Rust that the workspace declares.
fn oldest() -> Result<String, CliError> {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).map_err(CliError::world)?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \""));
    let version = line.and_then(|rest| rest.strip_suffix('"'));
    version
        .map(str::to_owned)
        .ok_or_else(|| CliError::input("the workspace declares no `rust-version`"))
}

/// Words that `codespell` takes for mistakes: terms, and the mistakes that examples show.
const WORDS: &str = "chanel,crate,enviroment,fo,fpr,hel,inflight,nd,ser,verson";

/// Checks the spelling of what people read.
fn spelling(checks: &mut Vec<(String, bool)>) -> Result<(), CliError> {
    if !is_installed("codespell") {
        let line = "apt-get install --yes --no-install-recommends codespell";
        checks.push((format!("codespell is not installed: {line}"), false));
        return Ok(());
    }
    let mut command = std::process::Command::new("codespell");
    command
        .current_dir(root())
        .args(["--ignore-words-list", WORDS, "--skip", "*.lock,*/tests/*"])
        .args([
            "README.md",
            "ARCHITECTURE.md",
            "CHANGELOG.md",
            "VERSIONING.md",
        ])
        .args(["release.toml", "docs", "crates", "benches"]);
    checks.push(("spelling".to_owned(), succeeds(&mut command)?));
    Ok(())
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
    portable(&mut checks)?;
    spelling(&mut checks)?;
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
