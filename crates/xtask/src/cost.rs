//! `cargo xtask cost`: what a crate of ours costs who embeds it, beside what its peers cost.

mod subject;
mod table;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::{Arg, ArgAction, ArgMatches};
use promenade_cli::{CliError, Context, Exit, Report};

use crate::programs::{root, succeeds};
use subject::{Subject, subjects};
use table::Table;

pub(crate) fn command() -> clap::Command {
    clap::Command::new("cost")
        .about("Builds each crate from nothing and writes what it costs to embed into benches/COST.md")
        .arg(
            Arg::new("peers")
                .long("peers")
                .action(ArgAction::SetTrue)
                .help("The peers too; each takes minutes"),
        )
        .arg(
            Arg::new("name")
                .num_args(0..)
                .help("The crates to measure, peers too; none measures all of ours. Other rows of the table are kept"),
        )
}

pub(crate) fn run(matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    let names: BTreeSet<&str> = matches
        .get_many::<String>("name")
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let mut subjects = subjects()?;
    let known: BTreeSet<&str> = subjects
        .iter()
        .flat_map(|one| one.packages.iter().copied())
        .collect();
    if let Some(unknown) = names.difference(&known).next() {
        return Err(CliError::input(format!(
            "no crate `{unknown}`; there are: {}",
            known.iter().copied().collect::<Vec<_>>().join(", ")
        )));
    }
    subjects.retain(|one| {
        if names.is_empty() {
            !one.is_peer || matches.get_flag("peers")
        } else {
            one.packages.iter().all(|name| names.contains(name))
        }
    });
    let mut table = Table::read()?;
    let mut rows = Vec::new();
    let mut broken = Vec::new();
    for subject in &subjects {
        let cost = measure(subject)?;
        broken.extend(subject.broken(&cost));
        table.insert(subject, &cost);
        // A run that is stopped keeps what it has measured.
        table.write()?;
        rows.push(serde_json::json!({
            "crate": subject.name, "features": subject.features, "crates": cost.crates,
            "dev_cpu_secs": cost.dev_secs, "release_cpu_secs": cost.release_secs,
            "program_size_bytes": cost.size_bytes,
        }));
    }
    let mut text = table.text()?;
    for line in &broken {
        let _ = writeln!(text, "over its limit: {line}");
    }
    let json = serde_json::json!({ "rows": rows, "broken": broken });
    let report = Report::new("promenade.xtask-cost/1", json, text);
    Ok(if broken.is_empty() {
        report
    } else {
        report.exit(Exit::Held)
    })
}

struct Cost {
    /// Other crates than what is measured, by package and version.
    crates: usize,
    /// Not measured of peers, which take minutes as it is.
    dev_secs: Option<f64>,
    release_secs: f64,
    size_bytes: u64,
}

/// Builds a program that has the crate for a dependency, from nothing, in a directory of its own.
fn measure(subject: &Subject) -> Result<Cost, CliError> {
    let dir = std::env::temp_dir().join(format!("promenade-cost-{}", std::process::id()));
    let measured = measure_in(subject, &dir);
    let removed = std::fs::remove_dir_all(&dir);
    let cost = measured?;
    removed.map_err(CliError::world)?;
    Ok(cost)
}

fn measure_in(subject: &Subject, dir: &Path) -> Result<Cost, CliError> {
    std::fs::create_dir_all(dir.join("src")).map_err(CliError::world)?;
    let manifest = format!(
        "[package]\nname = \"embeds\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [profile.release]\nstrip = true\n\n[dependencies]\n{}\n",
        subject.dependencies.join("\n")
    );
    std::fs::write(dir.join("Cargo.toml"), manifest).map_err(CliError::world)?;
    std::fs::write(dir.join("src/main.rs"), &subject.program).map_err(CliError::world)?;
    if !subject.is_peer {
        // Ours are built with the versions that they are tested with.
        std::fs::copy(root().join("Cargo.lock"), dir.join("Cargo.lock"))
            .map_err(CliError::world)?;
    }
    let crates = crates(subject, dir)?;
    let release = dir.join("release");
    let release_secs = least(subject, dir, &release, true)?;
    if !succeeds(&mut cargo(
        &["build", "--quiet", "--release"],
        dir,
        &release,
    ))? {
        return Err(CliError::world(format!(
            "the program of `{}` does not build",
            subject.name
        )));
    }
    let program = release.join("release/embeds");
    let size_bytes = std::fs::metadata(&program).map_err(CliError::world)?.len();
    let dev_secs = if subject.is_peer {
        None
    } else {
        Some(least(subject, dir, &dir.join("dev"), false)?)
    };
    Ok(Cost {
        crates,
        dev_secs,
        release_secs,
        size_bytes,
    })
}

/// Makes a cargo command for the program that embeds, with default settings.
fn cargo(args: &[&str], dir: &Path, target: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .current_dir(dir)
        .args(args)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", target)
        .env_remove("RUSTFLAGS");
    command
}

/// Counts what is linked or expanded besides the crate itself, on this machine.
fn crates(subject: &Subject, dir: &Path) -> Result<usize, CliError> {
    let args = ["tree", "--edges", "normal", "--prefix", "none"];
    let output = cargo(&args, dir, &dir.join("release"))
        .args(named(subject))
        .stderr(Stdio::inherit())
        .output()
        .map_err(CliError::world)?;
    if !output.status.success() {
        return Err(CliError::world(format!(
            "cargo knows no tree of `{}`",
            subject.name
        )));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let packages: BTreeSet<&str> = text
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    Ok(packages.len().saturating_sub(subject.packages.len()))
}

/// The packages to measure, as arguments of cargo.
fn named(subject: &Subject) -> impl Iterator<Item = &str> {
    subject
        .packages
        .iter()
        .flat_map(|name| ["--package", *name])
}

/// Builds what has limits three times, each from nothing, and tells the least: other work on the machine
/// only adds.
fn least(subject: &Subject, dir: &Path, target: &Path, release: bool) -> Result<f64, CliError> {
    let mut least = build(subject, dir, target, release)?;
    for _ in 1..subject.builds() {
        std::fs::remove_dir_all(target).map_err(CliError::world)?;
        least = least.min(build(subject, dir, target, release)?);
    }
    Ok(least)
}

/// Builds the crates and what they need, and tells the processor seconds of it.
fn build(subject: &Subject, dir: &Path, target: &Path, release: bool) -> Result<f64, CliError> {
    let mut command = cargo(&["build", "--quiet"], dir, target);
    command.args(named(subject));
    if release {
        command.arg("--release");
    }
    let before = children_secs()?;
    if !succeeds(&mut command)? {
        return Err(CliError::world(format!(
            "`{}` does not build",
            subject.name
        )));
    }
    Ok(children_secs()? - before)
}

/// Processor seconds, in user and system, of the processes that ended below this one.
fn children_secs() -> Result<f64, CliError> {
    /// What the kernel tells times in, to programs (`USER_HZ`).
    const TICKS_PER_SEC: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").map_err(CliError::world)?;
    // The name of the program, in parentheses, is the second field; the third follows it.
    let rest = stat.rsplit_once(") ").map_or("", |parts| parts.1);
    let ticks = |field: usize| -> Option<f64> { rest.split(' ').nth(field - 3)?.parse().ok() };
    match (ticks(16), ticks(17)) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SEC),
        _ => Err(CliError::world("`/proc/self/stat` has no times")),
    }
}
