//! `cargo xtask bench`: every bench, and one table of ratios from what they measured.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use clap::{Arg, ArgAction, ArgMatches};
use promenade_cli::{CliError, Context, Exit, Report};
use serde_json::Value;

use crate::programs::{cargo, root, succeeds};

/// Where the table is kept.
const RESULTS: &str = "benches/RESULTS.md";

/// What is asked of the machine and of the peers, for the head of the table.
const VERSIONS: &[(&str, &[&str])] = &[
    ("rustc", &["--version"]),
    ("git", &["--version"]),
    ("git-cliff", &["--version"]),
    ("cog", &["--version"]),
    ("cargo", &["set-version", "--version"]),
    ("openssl", &["version"]),
    ("sha256sum", &["--version"]),
    ("nix-hash", &["--version"]),
    ("sqlite3", &["--version"]),
    ("gpg", &["--version"]),
];

/// Above this ratio a group says why.
const BEHIND: f64 = 1.1;

/// Why a group is not at its limit, or behind a peer: what the work beyond it is for.
const REASONS: &[(&str, &str)] = &[
    (
        "changelog/edit/100kB",
        "Both are microseconds: an edit copies the file once too, and looks for its place and its duplicates first. \
         On a file of 10 MB the copy is all that is left.",
    ),
    (
        "changelog/parse",
        "`parse-changelog` finds headings alone. Here entries, categories, link definitions, fences, comments and \
         HTML are found in the same pass, as CommonMark reads them; the line scan finds line ends.",
    ),
    (
        "digest/archive",
        "The archive and the files in it are two hashes of the same bytes: twice one pass is the limit of one thread.",
    ),
    (
        "eight durable records",
        "The file store syncs twice for each batch. The git store writes a blob, a tree and a commit for each record, \
         which people can read with git, and syncs all of them before the ref moves.",
    ),
    (
        "manifest/workspace-500",
        "The limit looks at no meaning. Here names, inheritance, requirements and the lock file are understood.",
    ),
    (
        "replay",
        "A replay checks each record and takes it into the state; the limit only hashes. In git each record is \
         inflated from its pack and its commit and blob are hashed again, of which `git log` does nothing.",
    ),
    (
        "tags/classify-and-sort",
        "The limit is given the version. Here the class, the component and the template are found too.",
    ),
    (
        "tags/read-one",
        "`semver` is given the text after the `v`, and is told that it is a version.",
    ),
    (
        "version-",
        "A scheme reads and writes its own form, checks declared suffixes and dates, and ends in the same \
         `semver::Version`, which the peer makes from its own form alone.",
    ),
];

/// Repositories that whole processes are timed on: tags, commits.
const REPOSITORIES: &[(&str, &str)] = &[("100000", "100000"), ("1000", "1000000")];

pub(crate) fn command() -> clap::Command {
    clap::Command::new("bench")
        .about(
            "Runs the benches and writes their ratios to peers and limits into benches/RESULTS.md",
        )
        .arg(
            Arg::new("quick")
                .long("quick")
                .action(ArgAction::SetTrue)
                .help("Few samples, and no whole processes; prints the table and writes nothing"),
        )
        .arg(
            Arg::new("name")
                .num_args(0..)
                .help("The benches to run, as in benches/benches; none runs them all"),
        )
}

pub(crate) fn run(matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    let quick = matches.get_flag("quick");
    let names: Vec<&String> = matches.get_many("name").into_iter().flatten().collect();
    let whole = !quick && names.is_empty();
    let measured = root().join("target/criterion");
    if measured.exists() {
        // What an earlier run measured under another name is not from this run.
        std::fs::remove_dir_all(&measured).map_err(CliError::world)?;
    }
    let mut failed = Vec::new();
    // A whole process of this workspace is timed beside its peers.
    if !succeeds(&mut cargo(&[
        "build",
        "--quiet",
        "--release",
        "-p",
        "promenade-cli",
    ]))? {
        failed.push("build".to_owned());
    }
    let mut benches = cargo(&[
        "bench",
        "--quiet",
        "--no-fail-fast",
        "-p",
        "promenade-benches",
    ]);
    for name in &names {
        benches.args(["--bench", name]);
    }
    if quick {
        benches.args(["--", "--quick"]);
    } else {
        benches.env("PROMENADE_SLOW", "1");
    }
    if !succeeds(&mut benches)? {
        failed.push("benches".to_owned());
    }
    let groups = groups(&measured)?;
    let mut text = head();
    let mut json = Vec::new();
    for (group, functions) in &groups {
        table(group, functions, &mut text, &mut json);
    }
    if whole {
        text.push_str("\n## Whole processes\n");
        for (tags, commits) in REPOSITORIES {
            match processes(tags, commits)? {
                Some(rows) => {
                    let _ = write!(text, "\n```text\n{rows}```\n");
                }
                None => failed.push(format!("peers of {tags} tags")),
            }
        }
        std::fs::write(root().join(RESULTS), &text).map_err(CliError::world)?;
    }
    for failed in &failed {
        let _ = writeln!(text, "failed: {failed}");
    }
    let json = serde_json::json!({ "rows": json, "failed": failed });
    let report = Report::new("promenade.xtask-bench/1", json, text);
    Ok(if failed.is_empty() {
        report
    } else {
        report.exit(Exit::Held)
    })
}

/// A measured function: what it is called in its group, its parameter, and its median in nanoseconds.
struct Function {
    name: String,
    parameter: Option<String>,
    median_ns: f64,
}

impl Function {
    /// A function that stands for somebody else's program, or for what is physically needed.
    fn is_measure(&self) -> bool {
        self.name.starts_with("peer: ") || self.name.starts_with("limit: ")
    }

    fn title(&self) -> String {
        match &self.parameter {
            Some(parameter) => format!("{} ({parameter})", self.name),
            None => self.name.clone(),
        }
    }
}

/// Reads what criterion left, by group.
fn groups(dir: &Path) -> Result<BTreeMap<String, Vec<Function>>, CliError> {
    let mut groups: BTreeMap<String, Vec<Function>> = BTreeMap::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).map_err(CliError::world)? {
            let path = entry.map_err(CliError::world)?.path();
            if !path.is_dir() {
                continue;
            }
            if path.ends_with("new") {
                let (group, function) = function(&path)?;
                groups.entry(group).or_default().push(function);
            } else {
                dirs.push(path);
            }
        }
    }
    for functions in groups.values_mut() {
        functions.sort_by_key(Function::title);
    }
    Ok(groups)
}

fn function(dir: &Path) -> Result<(String, Function), CliError> {
    let read = |name: &str| -> Result<Value, CliError> {
        let text = std::fs::read_to_string(dir.join(name)).map_err(CliError::world)?;
        serde_json::from_str(&text).map_err(CliError::world)
    };
    let (id, estimates) = (read("benchmark.json")?, read("estimates.json")?);
    let text = |key: &str| id.get(key).and_then(Value::as_str).map(str::to_owned);
    let median = estimates.pointer("/median/point_estimate");
    let unknown = || CliError::world(format!("no median in `{}`", dir.display()));
    let function = Function {
        name: text("function_id").unwrap_or_default(),
        parameter: text("value_str"),
        median_ns: median.and_then(Value::as_f64).ok_or_else(unknown)?,
    };
    Ok((text("group_id").unwrap_or_default(), function))
}

/// One group: each of ours beside each peer and limit that was given the same.
fn table(group: &str, functions: &[Function], text: &mut String, json: &mut Vec<Value>) {
    let _ = writeln!(
        text,
        "\n## {group}\n\n| ours | median | beside | median | ours ÷ that |\n|---|---|---|---|---|"
    );
    let mut behind = false;
    for ours in functions.iter().filter(|one| !one.is_measure()) {
        let measures: Vec<_> = functions
            .iter()
            .filter(|one| one.is_measure() && one.parameter == ours.parameter)
            .collect();
        if measures.is_empty() {
            let _ = writeln!(
                text,
                "| {} | {} | | | |",
                ours.title(),
                time(ours.median_ns)
            );
        }
        for measure in measures {
            let ratio = ours.median_ns / measure.median_ns;
            behind |= ratio > BEHIND;
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {ratio:.2} |",
                ours.title(),
                time(ours.median_ns),
                measure.name,
                time(measure.median_ns)
            );
            json.push(serde_json::json!({
                "group": group, "ours": ours.title(), "ours_ns": ours.median_ns,
                "beside": measure.name, "beside_ns": measure.median_ns, "ratio": ratio,
            }));
        }
    }
    let reason = REASONS.iter().find(|(name, _)| group.starts_with(name));
    if let Some((_, reason)) = reason.filter(|_| behind) {
        let _ = writeln!(text, "\n{reason}");
    }
}

fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// What the table is, and on what it was measured.
fn head() -> String {
    let mut text = "# Results\n\n\
        One run of `cargo xtask bench`, which writes this file. Each group stands beside a peer or a physical limit\n\
        in the same run, so read the ratios: below 1 is faster than that. Medians; where a group says CPU, processor time.\n\n"
        .to_owned();
    text.push_str(&machine());
    let versions: Vec<String> = VERSIONS
        .iter()
        .filter_map(|(program, args)| {
            let output = Command::new(program).args(*args).output().ok()?;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let line = said.lines().next().filter(|_| output.status.success())?;
            // A program tells its version, and some where it was built.
            let told = line.split(" (").next().unwrap_or(line);
            let line = if told.contains('.') { told } else { line };
            Some(if line.starts_with(|c: char| c.is_ascii_digit()) {
                format!("{program} {}", line.split(' ').next().unwrap_or(line))
            } else {
                line.to_owned()
            })
        })
        .collect();
    let _ = writeln!(text, "Versions: {}.", versions.join(", "));
    text
}

/// The line that says what machine this is.
pub(crate) fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("an unknown processor", |line| {
        line.trim_start_matches([' ', '\t', ':'])
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "Machine: {model}, {cores} threads, {} {}.\n",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

/// This program and its peers as processes, by an optimised build of this one.
fn processes(tags: &str, commits: &str) -> Result<Option<String>, CliError> {
    let output = cargo(&["run", "--quiet", "--release", "-p", "xtask", "--", "peers"])
        .args(["--tags", tags, "--commits", commits])
        .output()
        .map_err(CliError::world)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(output.status.success().then_some(text))
}
