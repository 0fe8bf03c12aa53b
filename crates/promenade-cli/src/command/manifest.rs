//! `manifest`: every place that names the version, and the edit that changes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use promenade::manifest::fs::Directory;
use promenade::manifest::{FileTree as _, Mismatch, NamedVersion, VersionFiles};
use promenade::version::Scheme;
use serde_json::{Value, json};

use super::edit::{self, Outcome};
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ManifestArgs {
    #[command(subcommand)]
    command: ManifestCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum ManifestCommand {
    /// Says whether everything that names the version says the same, and which line does not
    Check {
        /// The version that everything must say; by default what the first manifest says
        #[arg(long, value_name = "VERSION")]
        expect: Option<String>,
    },
    /// Sets the version in every manifest, lock file and other file that names it
    Set {
        /// The version
        version: String,
        /// A package or a group; may be left out where there is one version
        #[arg(long, value_name = "P")]
        package: Option<String>,
        /// Write the files
        #[arg(long)]
        execute: bool,
    },
}

pub(crate) fn run(args: &ManifestArgs, context: &Context) -> Result<Report, CliError> {
    let around = || context.repository().ok()?.work_tree().ok();
    let root = match &context.global.repo {
        Some(directory) => directory.clone(),
        None => around().unwrap_or_else(|| context.directory().to_path_buf()),
    };
    let tree = Directory::open(root).map_err(CliError::input)?;
    let (files, scheme) = version_files(&tree, context)?;
    match &args.command {
        ManifestCommand::Check { expect } => {
            let mut expected = BTreeMap::new();
            if let Some(text) = expect {
                expected.insert(None, scheme.parse(text).map_err(CliError::input)?);
            }
            let named = files.named(&tree, &scheme).map_err(CliError::input)?;
            let found = files
                .check(&tree, &scheme, &expected)
                .map_err(CliError::input)?;
            Ok(check(&named, &found))
        }
        ManifestCommand::Set {
            version,
            package,
            execute,
        } => {
            let version = scheme.parse(version).map_err(CliError::input)?;
            let planned = files
                .plan_version_edit(&tree, &scheme, package.as_deref(), &version)
                .map_err(CliError::input)?;
            let mut summary = String::new();
            for change in planned.changes() {
                // Writing to a string cannot fail.
                let _ = writeln!(
                    summary,
                    "{}: {} -> {}",
                    change.subject, change.from, change.to
                );
            }
            let changes: Vec<_> = planned
                .changes()
                .iter()
                .map(|change| json!({ "subject": change.subject, "from": change.from, "to": change.to }))
                .collect();
            edit::report(
                &Outcome {
                    schema: "promenade.manifest-set/1",
                    fields: json!({ "version": version.to_string(), "changes": changes }),
                    summary,
                    files: planned.files(),
                },
                &tree,
                *execute,
            )
        }
    }
}

/// Returns the files that name versions: those of the process, or without one those at the root.
fn version_files(tree: &Directory, context: &Context) -> Result<(VersionFiles, Scheme), CliError> {
    if context.names_process() {
        let process = context.process()?;
        let has = |path: &str| !matches!(tree.read(path), Ok(None));
        let files = process.version_files().present(has);
        if !files.is_empty() {
            return Ok((files, process.version().scheme().clone()));
        }
    }
    let found = VersionFiles::found_in(tree).map_err(CliError::input)?;
    if found.manifests().is_empty() {
        return Err(CliError::input(
            "no `[[manifest]]` in a process file, no `Cargo.toml` and no `package.json`: nothing \
             names a version",
        ));
    }
    Ok((found, Scheme::semver()))
}

fn check(named: &[NamedVersion], found: &[Mismatch]) -> Report {
    let mut text: String = found
        .iter()
        .map(|mismatch| format!("{mismatch}\n"))
        .collect();
    if found.is_empty() {
        for place in named {
            let _ = writeln!(
                text,
                "{}:{}: {} {}",
                place.file, place.position, place.subject, place.text
            );
        }
    }
    let versions: Vec<_> = named.iter().map(place).collect();
    let mismatches: Vec<_> = found
        .iter()
        .map(|mismatch| {
            json!({
                "file": mismatch.file,
                "line": mismatch.position.line(),
                "column": mismatch.position.column(),
                "subject": mismatch.subject,
                "found": mismatch.found,
                "expected": mismatch.expected,
            })
        })
        .collect();
    Report::new(
        "promenade.manifest-check/1",
        json!({ "consistent": found.is_empty(), "versions": versions, "mismatches": mismatches }),
        text,
    )
    .exit(if found.is_empty() {
        Exit::Done
    } else {
        Exit::Held
    })
}

fn place(named: &NamedVersion) -> Value {
    json!({
        "group": named.group,
        "subject": named.subject,
        "file": named.file,
        "line": named.position.line(),
        "column": named.position.column(),
        "text": named.text,
    })
}
