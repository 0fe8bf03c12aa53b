//! `cargo xtask api`: the public API of each crate as a list of its items, kept in `tests/api`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Arg, ArgAction, ArgMatches};
use promenade_cli::{CliError, Context, Exit, Report, diff};

use crate::programs::{cargo, root, succeeds};

/// Where the lists are kept, below the root.
const LISTS: &str = "tests/api";

/// The format of rustdoc's JSON that `public-api` reads, as `xtask` pins it.
const FORMAT: u64 = 57;

pub(crate) fn command() -> clap::Command {
    clap::Command::new("api")
        .about("Writes the public API of every crate into tests/api")
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .help("Writes nothing; a difference is shown and fails"),
        )
        .arg(
            Arg::new("baseline")
                .long("baseline")
                .value_name("REV")
                .conflicts_with("check")
                .help("Writes nothing; says what changed since that revision, and which level it asks for at least"),
        )
}

pub(crate) fn run(matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    let crates = published()?;
    document()?;
    let mut text = String::new();
    let mut changed = Vec::new();
    let baseline = matches.get_one::<String>("baseline");
    for name in &crates {
        let file = format!("{LISTS}/{name}.txt");
        let now = list(name)?;
        let before = match baseline {
            Some(revision) => at(revision, &file)?,
            None => kept(&root().join(&file))?,
        };
        let difference = diff::unified(&file, before.as_bytes(), now.as_bytes());
        if baseline.is_some() {
            let level = level(&before, &now);
            let _ = writeln!(text, "{name}: {level}\n{difference}");
            changed.push(serde_json::json!({ "crate": name, "change": level }));
        } else if !difference.is_empty() {
            text.push_str(&difference);
            changed.push(serde_json::json!({ "crate": name }));
            if !matches.get_flag("check") {
                std::fs::write(root().join(&file), &now).map_err(CliError::world)?;
            }
        }
    }
    let held = matches.get_flag("check") && !changed.is_empty();
    if held {
        text.push_str(
            "The public API changed. If that is meant: `cargo xtask api`, commit the lists, and say so in CHANGELOG.md.\n",
        );
    } else if changed.is_empty() {
        let _ = writeln!(
            text,
            "the public API of {} crates is as it was",
            crates.len()
        );
    }
    let json = serde_json::json!({ "crates": crates, "changed": changed });
    let report = Report::new("promenade.xtask-api/1", json, text);
    Ok(if held {
        report.exit(Exit::Held)
    } else {
        report
    })
}

/// The crates that have a public API, sorted.
fn published() -> Result<Vec<String>, CliError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).map_err(CliError::world)? {
        let name = entry.map_err(CliError::world)?.file_name();
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("promenade") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn target() -> PathBuf {
    root().join("target")
}

/// Has rustdoc describe every crate with every feature. Cargo does what it does for `cargo xtask
/// tidy`, so dependencies are not built again; only rustdoc is told to take an unstable flag.
fn document() -> Result<(), CliError> {
    let rustdoc = target().join("rustdoc-unstable");
    std::fs::create_dir_all(target()).map_err(CliError::world)?;
    std::fs::write(
        &rustdoc,
        "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n",
    )
    .map_err(CliError::world)?;
    executable(&rustdoc)?;
    let mut command = cargo(&[
        "doc",
        "--quiet",
        "--workspace",
        "--no-deps",
        "--all-features",
        "--lib",
    ]);
    command
        .env("RUSTDOC", &rustdoc)
        .env("RUSTDOCFLAGS", "-Z unstable-options --output-format json");
    if succeeds(&mut command)? {
        Ok(())
    } else {
        Err(CliError::world("rustdoc describes no API"))
    }
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).map_err(CliError::world)
}

#[cfg(not(unix))]
fn executable(_path: &Path) -> Result<(), CliError> {
    Err(CliError::world("rustdoc is called through a shell script"))
}

/// The public items of a crate, one a line. What a type is by itself (`Send`), or by an
/// implementation for every type, is left out.
fn list(name: &str) -> Result<String, CliError> {
    let path = target().join(format!("doc/{}.json", name.replace('-', "_")));
    let json = std::fs::read_to_string(&path).map_err(CliError::world)?;
    let json: serde_json::Value = serde_json::from_str(&json).map_err(CliError::world)?;
    let format = json
        .get("format_version")
        .and_then(serde_json::Value::as_u64);
    if format != Some(FORMAT) {
        return Err(CliError::world(format!(
            "rustdoc writes format {}, `public-api` reads {FORMAT}: take the version of `public-api` for this compiler",
            format.unwrap_or_default()
        )));
    }
    let api = public_api::Builder::from_rustdoc_json(&path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .sorted(true)
        .build()
        .map_err(CliError::world)?;
    Ok(outline(api.items().map(ToString::to_string)))
}

/// One line for each item, and one for each trait that a type has: what the trait brings is known.
fn outline(items: impl Iterator<Item = String>) -> String {
    let mut kept = String::new();
    // The path that begins the items of the implementation which the lines before opened.
    let mut below: Option<String> = None;
    for item in items {
        if item.starts_with("impl") {
            let of = item.split_once(" for ").map(|(_, of)| of);
            let of = of.and_then(|of| of.split(['<', ' ']).next());
            below = of.map(|of| format!(" {of}::"));
        } else if below.as_ref().is_some_and(|path| item.contains(path)) {
            continue;
        } else {
            below = None;
        }
        kept.push_str(&item);
        kept.push('\n');
    }
    kept
}

/// What a file holds; nothing where there is none.
fn kept(path: &Path) -> Result<String, CliError> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(CliError::world),
    }
}

/// What a file held in a revision; nothing where it had none.
fn at(revision: &str, file: &str) -> Result<String, CliError> {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(root()).args(args);
        command.output().map_err(CliError::world)
    };
    let commit = format!("{revision}^{{commit}}");
    if !git(&["rev-parse", "--verify", "--quiet", &commit])?
        .status
        .success()
    {
        return Err(CliError::input(format!("no revision `{revision}`")));
    }
    let output = git(&["show", &format!("{revision}:{file}")])?;
    Ok(if output.status.success() {
        String::from_utf8_lossy(&output.stdout).into_owned()
    } else {
        String::new()
    })
}

/// What a change of the items asks for, at least: a variant added to an enum that is not
/// `#[non_exhaustive]` looks like an addition here and is not one.
fn level(before: &str, now: &str) -> &'static str {
    let (before, now): (BTreeSet<_>, BTreeSet<_>) =
        (before.lines().collect(), now.lines().collect());
    if before.difference(&now).next().is_some() {
        "breaking"
    } else if now.difference(&before).next().is_some() {
        "additions"
    } else {
        "unchanged"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_breaks_and_what_is_more_does_not() {
        assert_eq!(level("pub fn a::b()\n", "pub fn a::b()\n"), "unchanged");
        assert_eq!(
            level("pub fn a::b()\n", "pub fn a::b()\npub fn a::c()\n"),
            "additions"
        );
        assert_eq!(level("pub fn a::b()\n", "pub fn a::b(u8)\n"), "breaking");
        assert_eq!(level("pub fn a::b()\n", ""), "breaking");
    }

    #[test]
    fn a_trait_is_one_line_and_what_is_inherent_is_all_there() {
        let items = [
            "pub struct a::B",
            "impl a::B",
            "pub fn a::B::new() -> Self",
            "impl core::clone::Clone for a::B",
            "pub fn a::B::clone(&self) -> a::B",
            "impl<T> core::convert::From<T> for a::B where T: a::C",
            "pub fn a::B::from(T) -> Self",
            "pub fn a::free(a::B) -> u8",
        ];
        let lines = outline(items.map(str::to_owned).into_iter());
        assert_eq!(
            lines.lines().collect::<Vec<_>>(),
            [items[0], items[1], items[2], items[3], items[5], items[7]]
        );
    }

    #[test]
    fn a_revision_that_does_not_exist_is_refused() {
        assert!(at("no-such-revision", "README.md").is_err());
        assert!(at("HEAD", "no-such-file").unwrap().is_empty());
    }
}
