//! `cargo xtask peers`: this program and its peers on one repository of many tags and commits, as processes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, value_parser};
use promenade_cli::{CliError, Context, Report};

use crate::programs::{cargo, is_installed, succeeds};

/// What each of them is asked: the versions of all tags in order, or the next version.
const PROCESS: &str = r#"[process]
format = 1
name = "peers"

[version]
scheme = "semver"
below-one = "breaking-is-minor"
candidate = { label = "rc.{n}", counter = "label" }

[commit]
message = "release: v{version}"

[changelog]
file = "CHANGELOG.md"

[[tag]]
class = "candidate"
template = "v{version}"

[[tag]]
class = "release"
template = "v{version}"
"#;

/// A program, its arguments, and what it is asked.
type Peer = (&'static str, &'static [&'static str], &'static str);

const PEERS: &[Peer] = &[
    ("git", &["tag", "--sort=v:refname"], "every tag, by version"),
    (
        "git",
        &[
            "for-each-ref",
            "--sort=v:refname",
            "--format=%(refname) %(objecttype) %(*objectname) %(creatordate)",
            "refs/tags",
        ],
        "every tag, by version, with its facts",
    ),
    (
        "git",
        &["log", "--format=%H %an %at%n%B", "v-last..HEAD"],
        "the commits since the last release",
    ),
    ("cog", &["get-version"], "the highest version"),
    (
        "git-cliff",
        &["--unreleased", "--offline"],
        "the section of the commits since the last release",
    ),
    (
        "git",
        &["log", "--format=%H %an %at%n%B", "v-first..HEAD"],
        "the whole history",
    ),
    ("cog", &["changelog"], "the whole history in sections"),
    ("git-cliff", &["--offline"], "the whole history in sections"),
];

/// What this program is asked.
const OURS: &[(&[&str], &str)] = &[
    (&["version", "next"], "the next version"),
    (
        &["tags", "--sort", "version"],
        "every tag, by version, with class, facts and findings",
    ),
    (
        &["changelog", "draft", "--stdout"],
        "the section of the commits since the last release",
    ),
    (
        &["changelog", "draft", "--stdout", "--since", "v-first"],
        "the whole history in sections",
    ),
    (
        &["release", "9999.0.0"],
        "the plan of a release: its documents, commit, tag and record",
    ),
];

/// What a program on `gix` that reads each ref and each commit once is asked (`benches/examples/limit.rs`); it knows
/// histories without merges.
const LIMITS: &[(&[&str], &str)] = &[
    (
        &["next"],
        "the highest version, and the commits since the last release",
    ),
    (
        &["since", "v-last"],
        "the subjects of the commits since the last release",
    ),
    (&["since", "v-first"], "the subjects of the whole history"),
];

/// How many commits are not released: as many as the cargo repository had when it was measured.
const UNRELEASED: u32 = 411;

pub(crate) fn command() -> clap::Command {
    let number = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .default_value(default)
            .value_parser(value_parser!(u32))
            .help(help)
    };
    clap::Command::new("peers")
        .about(
            "Times this program beside git, cocogitto and git-cliff on a repository of many tags and commits",
        )
        .arg(number(
            "tags",
            "100000",
            "How many tags, each of a commit of its own",
        ))
        .arg(number(
            "commits",
            "0",
            "How many commits in all; as many as tags, and some that are not released, at least",
        ))
        .arg(number(
            "runs",
            "5",
            "How many counted runs, in turn, after one that is not",
        ))
        .arg(number("limit", "60", "Seconds after which a run is ended"))
        .arg(
            Arg::new("clone")
                .long("clone")
                .value_name("REPOSITORY")
                .requires("last")
                .help("Times on a clone of this repository instead of a generated one"),
        )
        .arg(
            Arg::new("last")
                .long("last")
                .value_name("TAG")
                .help("The last release of the cloned repository"),
        )
        .arg(
            Arg::new("template")
                .long("template")
                .default_value("v{version}")
                .help("How the cloned repository names its tags"),
        )
}

pub(crate) fn run(matches: &ArgMatches, _context: &Context) -> Result<Report, CliError> {
    let number = |name: &str| matches.get_one::<u32>(name).copied().unwrap_or_default();
    let (tags, runs) = (number("tags"), number("runs"));
    let commits = number("commits").max(tags.saturating_add(UNRELEASED));
    let limit = Duration::from_secs(u64::from(number("limit")));
    let dir = std::env::temp_dir().join(format!("promenade-peers-{}", std::process::id()));
    let text = |name: &str| matches.get_one::<String>(name);
    let least = match text("clone") {
        Some(_) => None,
        None => Some(least()?),
    };
    let template = text("template").map_or("v{version}", String::as_str);
    let made = match (text("clone"), text("last")) {
        (Some(of), Some(last)) => cloned(&dir, of, last, template),
        _ => repository(&dir, tags, commits),
    };
    let measured = made.and_then(|()| {
        let tags = lines(&dir, &["tag"])?.len();
        let commits = lines(&dir, &["rev-list", "--all", "--count"])?.concat();
        let commits: u64 = commits.parse().map_err(CliError::world)?;
        Ok((tags, commits, measure(&dir, runs, limit, least.as_deref())?))
    });
    let removed = std::fs::remove_dir_all(&dir);
    let (tags, commits, rows) = measured?;
    removed.map_err(CliError::world)?;
    let mut text =
        format!("{tags} tags, {commits} commits; medians of {runs} runs, whole processes\n");
    let mut json = Vec::new();
    for row in &rows {
        let shown = match &row.outcome {
            Outcome::Took(median) => format!("{:9.3} s", median.as_secs_f64()),
            Outcome::Ended => format!("ended after {} s", limit.as_secs()),
            Outcome::Absent => "not installed".to_owned(),
            Outcome::Failed => "failed".to_owned(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{shown:>20}  {}  ({})", row.name, row.asked);
        let seconds = match &row.outcome {
            Outcome::Took(median) => Some(median.as_secs_f64()),
            Outcome::Ended | Outcome::Absent | Outcome::Failed => None,
        };
        json.push(serde_json::json!({
            "program": row.name, "asked": row.asked, "seconds": seconds, "said": shown.trim(),
        }));
    }
    let json = serde_json::json!({ "tags": tags, "commits": commits, "runs": runs, "rows": json });
    Ok(Report::new("promenade.xtask-peers/1", json, text))
}

struct Row {
    name: String,
    asked: &'static str,
    command: Option<(PathBuf, Vec<String>)>,
    times: Vec<Duration>,
    outcome: Outcome,
}

enum Outcome {
    Took(Duration),
    Ended,
    Absent,
    Failed,
}

/// Builds the program of [`LIMITS`] as this one is built.
fn least() -> Result<PathBuf, CliError> {
    let mut build = cargo(&[
        "build",
        "--quiet",
        "-p",
        "promenade-benches",
        "--example",
        "limit",
    ]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    done(&mut build)?;
    let own = std::env::current_exe().map_err(CliError::world)?;
    let limit = format!("limit{}", std::env::consts::EXE_SUFFIX);
    Ok(own.with_file_name("examples").join(limit))
}

/// Runs all programs in turn, so that a machine that slows down slows all of them.
fn measure(
    dir: &Path,
    runs: u32,
    limit: Duration,
    least: Option<&Path>,
) -> Result<Vec<Row>, CliError> {
    let own = std::env::current_exe().map_err(CliError::world)?;
    let row = |name: String, asked, command: Option<(PathBuf, &[&str])>| Row {
        name,
        asked,
        outcome: match command {
            Some(_) => Outcome::Failed,
            None => Outcome::Absent,
        },
        command: command.map(|(program, arguments)| {
            let arguments = arguments.iter().map(|one| (*one).to_owned());
            (program, arguments.collect())
        }),
        times: Vec::new(),
    };
    let ours = OURS.iter().map(|(arguments, asked)| {
        let name = format!("promenade {}", arguments.join(" "));
        row(name, *asked, Some((own.clone(), *arguments)))
    });
    let peers = PEERS.iter().map(|(program, arguments, asked)| {
        let installed = is_installed(program).then(|| (PathBuf::from(program), *arguments));
        row(
            format!("{program} {}", arguments.join(" ")),
            asked,
            installed,
        )
    });
    let limits = least.into_iter().flat_map(|program| {
        LIMITS.iter().map(move |(arguments, asked)| {
            let name = format!("limit: {}", arguments.join(" "));
            row(name, *asked, Some((program.to_owned(), *arguments)))
        })
    });
    let mut rows: Vec<Row> = ours.chain(limits).chain(peers).collect();
    for round in 0..=runs {
        for row in &mut rows {
            let Some((program, arguments)) = &row.command else {
                continue;
            };
            match time(dir, program, arguments, limit)? {
                Outcome::Took(time) if round > 0 => row.times.push(time),
                Outcome::Took(_) => {}
                other => {
                    row.outcome = other;
                    row.command = None;
                }
            }
        }
    }
    for row in rows.iter_mut().filter(|row| row.command.is_some()) {
        row.times.sort_unstable();
        if let Some(median) = row.times.get(row.times.len() / 2) {
            row.outcome = Outcome::Took(*median);
        }
    }
    Ok(rows)
}

fn time(
    dir: &Path,
    program: &Path,
    arguments: &[String],
    limit: Duration,
) -> Result<Outcome, CliError> {
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(CliError::world)?;
    loop {
        if let Some(status) = child.try_wait().map_err(CliError::world)? {
            let time = start.elapsed();
            // 1: findings, which `tags` has here.
            let well = matches!(status.code(), Some(0 | 1));
            return Ok(if well {
                Outcome::Took(time)
            } else {
                Outcome::Failed
            });
        }
        if start.elapsed() > limit {
            child.kill().map_err(CliError::world)?;
            child.wait().map_err(CliError::world)?;
            return Ok(Outcome::Ended);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Makes a repository: releases, candidates and tags that are neither, spread over the commits.
fn repository(dir: &Path, tags: u32, commits: u32) -> Result<(), CliError> {
    std::fs::create_dir(dir).map_err(CliError::world)?;
    git(dir, &["init", "-q", "-b", "main"])?;
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(dir)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(CliError::world)?;
    if let Some(stdin) = import.stdin.take() {
        write_history(stdin, tags, commits).map_err(CliError::world)?;
    }
    if !import.wait().map_err(CliError::world)?.success() {
        return Err(CliError::world("git fast-import failed"));
    }
    git(dir, &["reset", "-q", "--hard"])?;
    prepare(dir)
}

/// Clones a repository of others, and gives it a process and configurations of the peers.
fn cloned(dir: &Path, of: &str, last: &str, template: &str) -> Result<(), CliError> {
    let Some(target) = dir.to_str() else {
        return Err(CliError::world("a directory whose name is not UTF-8"));
    };
    git(Path::new("."), &["clone", "-q", of, target])?;
    // What is recorded here is not shared with the repository that was cloned.
    git(dir, &["remote", "remove", "origin"])?;
    for (name, text) in FILES {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(CliError::world)?;
        }
        let text = text
            .replace("v{version}", template)
            .replace("v[0-9]", &template.replace("{version}", "[0-9]"));
        std::fs::write(path, text).map_err(CliError::world)?;
    }
    let prefix = template.split('{').next().unwrap_or_default();
    let cog = format!("tag_prefix = \"{prefix}\"\n");
    std::fs::write(dir.join("cog.toml"), cog).map_err(CliError::world)?;
    // As in a generated one, the last release and the first commit have these names too.
    git(dir, &["tag", "v-last", &format!("{last}^{{commit}}")])?;
    let first = lines(dir, &["rev-list", "--max-parents=0", "HEAD"])?;
    let first = first.last().map_or("HEAD", String::as_str);
    git(dir, &["tag", "v-first", first])?;
    git(dir, &["checkout", "-q", "-B", "main"])?;
    git(dir, &["add", "--force", "--", "."])?;
    let author = ["-c", "user.name=A", "-c", "user.email=a@forge.example"];
    git(
        dir,
        &[&author[..], &["commit", "-q", "-m", "ci: a process"]].concat(),
    )?;
    prepare(dir)
}

/// Packs the repository, and records a build of its tip, so that a release can be planned.
fn prepare(dir: &Path) -> Result<(), CliError> {
    for arguments in [
        &["config", "user.name", "A"][..],
        &["config", "user.email", "a@forge.example"],
        &["pack-refs", "--all"],
        &["commit-graph", "write", "--reachable"],
    ] {
        git(dir, arguments)?;
    }
    let own = std::env::current_exe().map_err(CliError::world)?;
    let record = ["build", "record", "dist", "--as", "ci:build", "--execute"];
    let mut build = Command::new(own);
    build.args(record).current_dir(dir).stdout(Stdio::null());
    done(&mut build)
}

fn git(dir: &Path, arguments: &[&str]) -> Result<(), CliError> {
    done(Command::new("git").arg("-C").arg(dir).args(arguments))
}

fn done(command: &mut Command) -> Result<(), CliError> {
    if succeeds(command)? {
        Ok(())
    } else {
        Err(CliError::world("a step of the preparation failed"))
    }
}

/// The lines that git answers with.
fn lines(dir: &Path, arguments: &[&str]) -> Result<Vec<String>, CliError> {
    let mut command = Command::new("git");
    command.arg("-C").arg(dir).args(arguments);
    let output = command.output().map_err(CliError::world)?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(str::to_owned).collect())
}

/// Writes what `git fast-import` reads.
fn write_history(
    stdin: impl std::io::Write,
    tags: u32,
    commits: u32,
) -> Result<(), std::io::Error> {
    let mut stream = std::io::BufWriter::new(stdin);
    let released = commits.saturating_sub(UNRELEASED);
    let mut tagged = 0_u32;
    for n in 0..commits {
        let when = 1_600_000_000 + u64::from(n);
        let kind = if n % 3 == 0 { "feat" } else { "fix" };
        let message = format!("{kind}: number {n}\n");
        write!(
            stream,
            "commit refs/heads/main\nmark :1\ncommitter A <a@forge.example> {when} +0000\n\
             data {}\n{message}",
            message.len()
        )?;
        if n == 0 {
            for (name, text) in FILES {
                write!(
                    stream,
                    "M 100644 inline {name}\ndata {}\n{text}\n",
                    text.len()
                )?;
            }
        }
        // As many tags as there should be up to here, the last one on the last released commit.
        let due = u64::from(n + 1) * u64::from(tags) / u64::from(released.max(1));
        while n < released && u64::from(tagged) < due {
            let (major, minor, patch) = (tagged / 10_000, tagged / 100 % 100, tagged % 100);
            let name = match tagged % 10 {
                0 => format!("build-{tagged}"),
                1..=3 => format!("v{major}.{minor}.{patch}-rc.{}", tagged % 7),
                _ => format!("v{major}.{minor}.{patch}"),
            };
            writeln!(stream, "reset refs/tags/{name}\nfrom :1\n")?;
            tagged += 1;
        }
        if n == 0 {
            writeln!(stream, "reset refs/tags/v-first\nfrom :1\n")?;
        }
        if n + 1 == released {
            writeln!(stream, "reset refs/tags/v-last\nfrom :1\n")?;
        }
    }
    stream.flush()
}

/// The files of the repository.
const FILES: &[(&str, &str)] = &[
    ("release.toml", PROCESS),
    ("cog.toml", "tag_prefix = \"v\"\n"),
    ("cliff.toml", "[git]\ntag_pattern = \"v[0-9].*\"\n"),
    (
        "CHANGELOG.md",
        "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Everything.\n",
    ),
    ("dist/app", "the artifact\n"),
];
