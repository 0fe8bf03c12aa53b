//! `cargo xtask cost`: what a crate of ours costs who embeds it, beside what its peers cost.

mod table;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::{Arg, ArgAction, ArgMatches};
use promenade_cli::{CliError, Context, Exit, Report};

use crate::programs::{root, succeeds};
use table::Table;

/// Processor seconds that `cargo build --release` of a crate that stands alone may take, from nothing.
const SECONDS_MAX: f64 = 15.0;

/// Our crates: whether it is also measured without its default features, and how many other crates
/// it may bring if it stands alone.
const OURS: &[(&str, bool, Option<usize>)] = &[
    ("promenade-version", false, Some(15)),
    ("promenade-tag", false, Some(15)),
    ("promenade-changelog", true, Some(15)),
    ("promenade-digest", false, Some(15)),
    ("promenade-promotion", false, Some(25)),
    ("promenade-manifest", true, None),
    ("promenade-process", false, None),
    ("promenade-store", false, None),
    ("promenade-registry", true, None),
    ("promenade-forge", true, None),
    ("promenade-signature", true, None),
    ("promenade-git", false, None),
    ("promenade", false, None),
    ("promenade-cli", false, None),
];

/// What the examples of our crates take besides: its name in code, and its line in a manifest.
const BESIDES: &[(&str, &str)] = &[
    (
        "chrono",
        "chrono = { version = \"0.4\", default-features = false, features = [\"std\"] }",
    ),
    ("semver", "semver = \"1\""),
    ("tempfile", "tempfile = \"3\""),
];

/// A peer: its name, its version, whether it is taken with its default features, and a program that
/// brings in what its main verb needs. An asynchronous verb is not run, but all of it is linked.
type Peer = (&'static str, &'static str, bool, &'static str);

const PEERS: &[Peer] = &[
    (
        "knope-versioning",
        "0.8",
        false,
        "fn main() {\n\
         std::hint::black_box(knope_versioning::Package::apply_changes as *const ());\n\
         std::hint::black_box(knope_versioning::Package::calculate_new_version as *const ());\n\
         }\n",
    ),
    (
        "git-cliff-core",
        "2.14",
        false,
        "use git_cliff_core::{changelog::Changelog, config::Config};\n\
         fn main() -> Result<(), Box<dyn std::error::Error>> {\n\
         let config: Config = git_cliff_core::embed::EmbeddedConfig::parse()?;\n\
         Changelog::new(Vec::new(), config, None)?.generate(&mut std::io::stdout())?;\n\
         Ok(())\n\
         }\n",
    ),
    (
        "cargo-smart-release",
        "0.22",
        false,
        "fn main() {\n\
         std::hint::black_box(cargo_smart_release::command::release as *const ());\n\
         }\n",
    ),
    (
        "releasaurus-core",
        "1.3",
        false,
        "use releasaurus_core::orchestrator::Orchestrator;\n\
         fn run(it: &Orchestrator) {\n\
         let next: std::pin::Pin<Box<dyn Future<Output = _>>> = Box::pin(it.create_releases(None));\n\
         std::hint::black_box(next);\n\
         }\n\
         fn main() {\n\
         std::hint::black_box(run as fn(&Orchestrator));\n\
         }\n",
    ),
    (
        // Later ones are built on a cargo that needs Rust 1.96 or newer.
        "release_plz_core",
        "=0.37.0",
        true,
        "use release_plz_core::update_request::UpdateRequest;\n\
         fn run(it: &UpdateRequest) {\n\
         let next: std::pin::Pin<Box<dyn Future<Output = _>>> = Box::pin(release_plz_core::update(it));\n\
         std::hint::black_box(next);\n\
         }\n\
         fn main() {\n\
         std::hint::black_box(run as fn(&UpdateRequest));\n\
         }\n",
    ),
];

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
    let known: BTreeSet<&str> = OURS
        .iter()
        .map(|one| one.0)
        .chain(PEERS.iter().map(|one| one.0))
        .collect();
    if let Some(unknown) = names.difference(&known).next() {
        return Err(CliError::input(format!(
            "no crate `{unknown}`; there are: {}",
            known.iter().copied().collect::<Vec<_>>().join(", ")
        )));
    }
    let mut subjects = subjects()?;
    subjects.retain(|one| {
        if names.is_empty() {
            !one.is_peer || matches.get_flag("peers")
        } else {
            names.contains(one.name.as_str())
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
            "crate": subject.name, "features": subject.features(), "crates": cost.crates,
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

/// A crate to measure, and the program that uses it.
struct Subject {
    name: String,
    is_peer: bool,
    default_features: bool,
    crates_max: Option<usize>,
    /// Whether the limit of processor seconds is for it: the least of a crate that stands alone.
    is_least: bool,
    /// The lines of `[dependencies]`.
    dependencies: Vec<String>,
    program: String,
}

impl Subject {
    fn features(&self) -> &'static str {
        if self.default_features {
            "default"
        } else {
            "none"
        }
    }

    /// What of the cost is over the limits of a crate that stands alone.
    fn broken(&self, cost: &Cost) -> Vec<String> {
        let Some(max) = self.crates_max else {
            return Vec::new();
        };
        let mut broken = Vec::new();
        if cost.crates > max {
            broken.push(format!(
                "`{}` brings {} other crates, {max} at most",
                self.name, cost.crates
            ));
        }
        let secs = cost.release_secs;
        if self.is_least && secs >= SECONDS_MAX {
            broken.push(format!(
                "`{}` takes {secs:.1} processor seconds, below {SECONDS_MAX} is allowed",
                self.name
            ));
        }
        broken
    }
}

struct Cost {
    /// Other crates than itself, by package and version.
    crates: usize,
    /// Not measured of peers, which take minutes as it is.
    dev_secs: Option<f64>,
    release_secs: f64,
    size_bytes: u64,
}

fn subjects() -> Result<Vec<Subject>, CliError> {
    let mut subjects = Vec::new();
    for (name, bare, crates_max) in OURS {
        let page = root().join("crates").join(name).join("src/lib.rs");
        let page = std::fs::read_to_string(&page).map_err(CliError::world)?;
        let (example, program) = example(&page);
        for default_features in std::iter::once(true).chain(bare.then_some(false)) {
            let path = root().join("crates").join(name);
            let mut dependencies = vec![format!(
                "{name} = {{ path = {:?}, default-features = {default_features} }}",
                path.display().to_string()
            )];
            for (besides, line) in BESIDES {
                if example.contains(&format!("{besides}::")) {
                    dependencies.push((*line).to_owned());
                }
            }
            for (other, ..) in OURS.iter().filter(|other| other.0 != *name) {
                if example.contains(&format!("use {}::", other.replace('-', "_"))) {
                    let path = root().join("crates").join(other).display().to_string();
                    dependencies.push(format!("{other} = {{ path = {path:?} }}"));
                }
            }
            subjects.push(Subject {
                name: (*name).to_owned(),
                is_peer: false,
                default_features,
                crates_max: *crates_max,
                is_least: !(*bare && default_features),
                dependencies,
                program: program.clone(),
            });
        }
    }
    for (name, version, default_features, program) in PEERS {
        subjects.push(Subject {
            name: (*name).to_owned(),
            is_peer: true,
            default_features: *default_features,
            crates_max: None,
            is_least: false,
            dependencies: vec![format!(
                "{name} = {{ version = {version:?}, default-features = {default_features} }}"
            )],
            program: (*program).to_owned(),
        });
    }
    Ok(subjects)
}

/// The first example of a crate's page, and the program that rustdoc would make of it.
fn example(page: &str) -> (String, String) {
    let lines = page.lines().filter_map(|line| line.strip_prefix("//!"));
    let code: Vec<&str> = lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .skip_while(|line| !line.starts_with("```"))
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .collect();
    let code = code.join("\n");
    let program = if code.contains("fn main()") {
        format!("{code}\n")
    } else {
        format!(
            "fn main() {{\nfn example() -> Result<(), impl std::fmt::Debug> {{\n{code}\n}}\n\
             if let Err(error) = example() {{ panic!(\"{{error:?}}\") }}\n}}\n"
        )
    };
    (code, program)
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
    let name = subject.name.as_str();
    let crates = crates(name, dir)?;
    let release = dir.join("release");
    let release_secs = build(name, dir, &release, true)?;
    if !succeeds(&mut cargo(
        &["build", "--quiet", "--release"],
        dir,
        &release,
    ))? {
        return Err(CliError::world(format!(
            "the program of `{name}` does not build"
        )));
    }
    let program = release.join("release/embeds");
    let size_bytes = std::fs::metadata(&program).map_err(CliError::world)?.len();
    let dev_secs = if subject.is_peer {
        None
    } else {
        Some(build(name, dir, &dir.join("dev"), false)?)
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
fn crates(name: &str, dir: &Path) -> Result<usize, CliError> {
    let args = [
        "tree",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--package",
        name,
    ];
    let output = cargo(&args, dir, &dir.join("release"))
        .stderr(Stdio::inherit())
        .output()
        .map_err(CliError::world)?;
    if !output.status.success() {
        return Err(CliError::world(format!("cargo knows no tree of `{name}`")));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let packages: BTreeSet<&str> = text
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    Ok(packages.len().saturating_sub(1))
}

/// Builds the crate and what it needs, and tells the processor seconds of it.
fn build(name: &str, dir: &Path, target: &Path, release: bool) -> Result<f64, CliError> {
    let mut command = cargo(&["build", "--quiet", "--package", name], dir, target);
    if release {
        command.arg("--release");
    }
    let before = children_secs()?;
    if !succeeds(&mut command)? {
        return Err(CliError::world(format!("`{name}` does not build")));
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
