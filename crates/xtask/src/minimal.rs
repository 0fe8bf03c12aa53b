//! `cargo xtask minimal-versions`: the crates build with the oldest dependencies that they declare.

use std::path::Path;
use std::process::Command;

use clap::ArgMatches;
use promenade_cli::{CliError, Context, Exit, Report};

use crate::programs::{cargo, root, succeeds};

/// Where the copy is made and built, below the root.
const COPY: &str = "target/minimal-versions";

pub(crate) fn command() -> clap::Command {
    clap::Command::new("minimal-versions").about(
        "Checks that every crate builds with the oldest versions of dependencies that it declares",
    )
}

pub(crate) fn run(_matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    let copy = root().join(COPY);
    let source = copy.join("source");
    if source.exists() {
        std::fs::remove_dir_all(&source).map_err(CliError::world)?;
    }
    copy_workspace(&source)?;
    // What is declared must go together: cargo refuses a declared version that another dependency
    // is too new for. The flag is unstable, so the stable cargo is told to take it.
    let mut failed = Vec::new();
    let resolved = succeeds(
        in_copy(
            &["update", "--quiet", "-Z", "direct-minimal-versions"],
            &source,
        )
        .env("RUSTC_BOOTSTRAP", "1"),
    )?;
    if !resolved {
        failed.push("resolve");
    } else if !succeeds(
        in_copy(
            &["check", "--quiet", "--workspace", "--lib", "--bins"],
            &source,
        )
        .env("CARGO_TARGET_DIR", copy.join("target")),
    )? {
        failed.push("check");
    }
    let text = if failed.is_empty() {
        "every crate builds with the oldest versions that it declares\n".to_owned()
    } else {
        format!(
            "FAILED: {}; raise what `Cargo.toml` declares\n",
            failed.join(", ")
        )
    };
    let json = serde_json::json!({ "failed": failed });
    let report = Report::new("promenade.xtask-minimal-versions/1", json, text);
    Ok(if failed.is_empty() {
        report
    } else {
        report.exit(Exit::Held)
    })
}

fn in_copy(args: &[&str], source: &Path) -> Command {
    let mut command = cargo(args);
    command.current_dir(source);
    command
}

/// Copies the crates that are published, without what only their tests need: that is no promise to
/// who depends on them.
fn copy_workspace(to: &Path) -> Result<(), CliError> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(CliError::world);
    let write = |path: &Path, text: String| std::fs::write(path, text).map_err(CliError::world);
    std::fs::create_dir_all(to).map_err(CliError::world)?;
    let manifest = read(&root().join("Cargo.toml"))?;
    write(&to.join("Cargo.toml"), only_crates(&manifest))?;
    for entry in std::fs::read_dir(root().join("crates")).map_err(CliError::world)? {
        let from = entry.map_err(CliError::world)?.path();
        let name = from.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with("promenade") {
            continue;
        }
        let into = to.join("crates").join(name.as_ref());
        copy(&from, &into)?;
        let manifest = read(&from.join("Cargo.toml"))?;
        write(&into.join("Cargo.toml"), without_tests(&manifest))?;
    }
    Ok(())
}

/// The manifest of a workspace that has `crates` for members, and nothing else.
fn only_crates(manifest: &str) -> String {
    let line = |line: &str| match line.split_once(" = ") {
        Some(("members", _)) => "members = [\"crates/*\"]\n".to_owned(),
        _ => format!("{line}\n"),
    };
    manifest.lines().map(line).collect()
}

/// A manifest without the dependencies of its tests.
fn without_tests(manifest: &str) -> String {
    let mut kept = String::new();
    let mut skipped = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            skipped = line.contains("dev-dependencies");
        }
        if !skipped {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn copy(from: &Path, to: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(to).map_err(CliError::world)?;
    for entry in std::fs::read_dir(from).map_err(CliError::world)? {
        let entry = entry.map_err(CliError::world)?;
        let (path, into) = (entry.path(), to.join(entry.file_name()));
        if !path.is_dir() {
            std::fs::copy(&path, &into).map_err(CliError::world)?;
        } else if !path.ends_with("tests") {
            copy(&path, &into)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_of_tests_are_left_out_wherever_they_stand() {
        let manifest = "[dependencies]\na = \"1\"\n\n[dev-dependencies]\nb = \"1\"\n\n[features]\n\
                        c = []\n\n[target.'cfg(unix)'.dev-dependencies]\nd = \"1\"\n";
        assert_eq!(
            without_tests(manifest),
            "[dependencies]\na = \"1\"\n\n[features]\nc = []\n\n"
        );
    }

    #[test]
    fn the_copy_has_no_member_but_the_crates() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let copied = only_crates(&manifest);
        assert!(copied.contains("\nmembers = [\"crates/*\"]\n"));
        assert!(!copied.contains("\nmembers = [\"crates/*\", "));
    }
}
