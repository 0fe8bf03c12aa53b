//! `cargo xtask coverage`: which lines of the crates that decide their own tests run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Arg, ArgMatches};
use promenade_cli::{CliError, Context, Report};
use serde_json::Value;

use crate::programs::{cargo, is_installed, root, succeeds};

/// The crates that hold policy.
const POLICY: &[&str] = &[
    "promenade-version",
    "promenade-tag",
    "promenade-changelog",
    "promenade-promotion",
    "promenade-digest",
];

pub(crate) fn command() -> clap::Command {
    clap::Command::new("coverage")
        .about(
            "Runs the tests of the policy crates and tells which share of their lines ran, by file",
        )
        .arg(
            Arg::new("name")
                .num_args(0..)
                .help("The crates to run; none runs the policy crates"),
        )
}

pub(crate) fn run(matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    if !is_installed("cargo-llvm-cov") {
        return Err(CliError::world(
            "cargo-llvm-cov is not installed: cargo install --locked cargo-llvm-cov",
        ));
    }
    let named: Vec<&str> = matches
        .get_many::<String>("name")
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let crates = if named.is_empty() {
        POLICY.to_vec()
    } else {
        named
    };
    let found = root().join("target/coverage.json");
    let mut command = cargo(&["llvm-cov", "nextest", "--json", "--output-path"]);
    command
        .arg(&found)
        .args(crates.iter().flat_map(|name| ["-p", *name]));
    if !succeeds(&mut command)? {
        return Err(CliError::world(
            "a test failed, or nothing could be measured",
        ));
    }
    let text = std::fs::read_to_string(&found).map_err(CliError::world)?;
    let found: Value = serde_json::from_str(&text).map_err(CliError::world)?;
    let files = files(&found, &crates);
    if files.is_empty() {
        return Err(CliError::world("no line of these crates was measured"));
    }
    let mut text = String::new();
    let mut rows = Vec::new();
    for (name, files) in &files {
        let (lines, ran) = files
            .iter()
            .fold((0, 0), |sum, file| (sum.0 + file.lines, sum.1 + file.ran));
        let _ = writeln!(
            text,
            "{name}: {} of {lines} lines ran, {}",
            ran,
            percent(ran, lines)
        );
        for file in files.iter().filter(|file| file.ran < file.lines) {
            let _ = writeln!(
                text,
                "  {:>7}  {}: not run {}",
                percent(file.ran, file.lines),
                file.path,
                file.missing.join(" ")
            );
        }
        rows.push(serde_json::json!({ "crate": name, "lines": lines, "ran": ran }));
    }
    let json = serde_json::json!({ "rows": rows });
    Ok(Report::new("promenade.xtask-coverage/1", json, text))
}

struct File {
    path: String,
    lines: u64,
    ran: u64,
    /// The lines where a region begins that no test ran.
    missing: Vec<String>,
}

/// The source files of each crate, by name.
fn files(found: &Value, crates: &[&str]) -> BTreeMap<String, Vec<File>> {
    let mut files: BTreeMap<String, Vec<File>> = BTreeMap::new();
    let all = found.pointer("/data/0/files").and_then(Value::as_array);
    for file in all.into_iter().flatten() {
        let path = file
            .get("filename")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Some((_, path)) = path.split_once("/crates/") else {
            continue;
        };
        let Some((name, below)) = path.split_once('/') else {
            continue;
        };
        if !crates.contains(&name) || !below.starts_with("src/") {
            continue;
        }
        let number = |key: &str| {
            file.pointer(key)
                .and_then(Value::as_u64)
                .unwrap_or_default()
        };
        files.entry(name.to_owned()).or_default().push(File {
            path: below.to_owned(),
            lines: number("/summary/lines/count"),
            ran: number("/summary/lines/covered"),
            missing: missing(file),
        });
    }
    files
}

/// Segments are `[line, column, count, has count, is the entry of a region, is a gap]`.
fn missing(file: &Value) -> Vec<String> {
    let segments = file.get("segments").and_then(Value::as_array);
    let mut lines = Vec::new();
    for segment in segments.into_iter().flatten() {
        let at = |index: usize| segment.get(index);
        let flag = |index: usize| at(index).and_then(Value::as_bool).unwrap_or_default();
        let never = at(2).and_then(Value::as_u64) == Some(0);
        if never
            && flag(3)
            && flag(4)
            && !flag(5)
            && let Some(line) = at(0).and_then(Value::as_u64)
        {
            lines.push(line);
        }
    }
    lines.dedup();
    lines.iter().map(u64::to_string).collect()
}

/// A share in tenths of a percent, rounded down.
fn percent(part: u64, whole: u64) -> String {
    let tenths = (part * 1000).checked_div(whole).unwrap_or(1000);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_by_crate_and_only_of_sources() {
        let file = |name: &str| {
            serde_json::json!({
                "filename": name,
                "summary": { "lines": { "count": 4, "covered": 3 } },
                "segments": [[1, 1, 7, true, true, false], [3, 5, 0, true, true, false], [3, 9, 7, true, false, false]],
            })
        };
        let found = serde_json::json!({ "data": [{ "files": [
            file("/w/crates/promenade-tag/src/rule.rs"),
            file("/w/crates/promenade-tag/tests/it/main.rs"),
            file("/w/crates/testkit/src/lib.rs"),
        ] }] });
        let files = files(&found, &["promenade-tag"]);
        let tag = &files["promenade-tag"];
        assert_eq!(tag.len(), 1);
        assert_eq!(
            (tag[0].path.as_str(), tag[0].lines, tag[0].ran),
            ("src/rule.rs", 4, 3)
        );
        assert_eq!(tag[0].missing, ["3"]);
        assert_eq!(percent(3, 4), "75.0 %");
        assert_eq!(percent(2, 3), "66.6 %");
    }
}
