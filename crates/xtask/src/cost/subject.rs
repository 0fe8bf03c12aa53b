//! What is measured, and the limits that it must keep.

use promenade_cli::CliError;

use super::Cost;
use crate::programs::root;

/// Processor seconds that a build of a crate that stands alone may take, from nothing.
pub(super) const SECONDS_MAX: f64 = 15.0;

/// What `cargo build --release` of `promenade-promotion` may take instead. It does not come down to
/// [`SECONDS_MAX`]: what it needs takes 11 seconds, its own code as many. This keeps it from growing.
pub(super) const PROMOTION_SECONDS_MAX: f64 = 28.0;

/// Our crates, the features each is measured with, and what it may cost if it stands alone.
const OURS: &[Ours] = &[
    Ours::alone("promenade-version", &[Features::Default]),
    Ours::alone("promenade-tag", &[Features::Default]),
    Ours::alone("promenade-changelog", &[Features::Default, Features::None]),
    Ours::alone("promenade-digest", &[Features::Default]),
    Ours {
        name: "promenade-promotion",
        features: &[Features::Default],
        limits: Some(Limits {
            crates: 25,
            release_secs: PROMOTION_SECONDS_MAX,
        }),
    },
    Ours::with_others("promenade-manifest", &[Features::Default, Features::None]),
    Ours::with_others("promenade-process", &[Features::Default]),
    Ours::with_others("promenade-store", &[Features::Default]),
    Ours::with_others("promenade-registry", &[Features::Default, Features::None]),
    Ours::with_others("promenade-forge", &[Features::Default, Features::None]),
    Ours::with_others("promenade-signature", &[Features::Default, Features::None]),
    Ours::with_others("promenade-git", &[Features::Default]),
    Ours::with_others("promenade", &[Features::Default, Features::And("git")]),
    Ours::with_others("promenade-cli", &[Features::Default]),
];

/// Those that a tool which only names and describes releases takes together.
const TOGETHER: &[&str] = &["promenade-version", "promenade-tag", "promenade-changelog"];

/// A crate of ours.
struct Ours {
    name: &'static str,
    features: &'static [Features],
    /// Of one that stands alone.
    limits: Option<Limits>,
}

/// What a crate may cost.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Other crates that it brings.
    crates: usize,
    /// Processor seconds of a release build.
    release_secs: f64,
}

/// The features that a crate is taken with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Features {
    Default,
    None,
    /// The default features and this one.
    And(&'static str),
}

impl Ours {
    const fn alone(name: &'static str, features: &'static [Features]) -> Self {
        let limits = Some(Limits {
            crates: 15,
            release_secs: SECONDS_MAX,
        });
        Self {
            name,
            features,
            limits,
        }
    }

    const fn with_others(name: &'static str, features: &'static [Features]) -> Self {
        Self {
            name,
            features,
            limits: None,
        }
    }
}

/// What the examples of our crates take besides: its name in code, and its line in a manifest.
const BESIDES: &[(&str, &str)] = &[
    (
        "chrono",
        "chrono = { version = \"0.4\", default-features = false, features = [\"std\"] }",
    ),
    ("semver", "semver = \"1\""),
    ("tempfile", "tempfile = \"3\""),
];

/// A peer: its name, its version, the features that it is taken with, and a program that brings in
/// what its main verb needs. An asynchronous verb is not run, but all of it is linked.
type Peer = (&'static str, &'static str, &'static str, &'static str);

pub(super) const PEERS: &[Peer] = &[
    (
        "parse-changelog",
        "0.6",
        "none",
        "fn main() {\n\
         let text = \"## 1.0.0\\n\\n- first\\n\";\n\
         println!(\"{}\", parse_changelog::parse(text).is_ok());\n\
         }\n",
    ),
    (
        // What `promenade-git` takes of it.
        "gix",
        "0.90",
        "sha1, revision, index, max-control",
        "fn main() -> Result<(), Box<dyn std::error::Error>> {\n\
         println!(\"{}\", gix::open(\".\")?.head_id()?);\n\
         Ok(())\n\
         }\n",
    ),
    (
        "knope-versioning",
        "0.8",
        "none",
        "fn main() {\n\
         std::hint::black_box(knope_versioning::Package::apply_changes as *const ());\n\
         std::hint::black_box(knope_versioning::Package::calculate_new_version as *const ());\n\
         }\n",
    ),
    (
        "git-cliff-core",
        "2.14",
        "none",
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
        "none",
        "fn main() {\n\
         std::hint::black_box(cargo_smart_release::command::release as *const ());\n\
         }\n",
    ),
    (
        "releasaurus-core",
        "1.3",
        "none",
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
        "default",
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

/// Crates to measure, and the program that uses them.
pub(super) struct Subject {
    /// The packages, joined by ` + `.
    pub(super) name: String,
    pub(super) packages: Vec<&'static str>,
    pub(super) is_peer: bool,
    pub(super) features: String,
    /// None for what has no limits, and for more than the least of a crate that has them.
    limits: Option<Limits>,
    /// The lines of `[dependencies]`.
    pub(super) dependencies: Vec<String>,
    pub(super) program: String,
}

impl Subject {
    /// How often it is built.
    pub(super) fn builds(&self) -> usize {
        if self.limits.is_some() { 3 } else { 1 }
    }

    /// What of the cost is over the limits of a crate that stands alone.
    pub(super) fn broken(&self, cost: &Cost) -> Vec<String> {
        let Some(limits) = self.limits else {
            return Vec::new();
        };
        let mut broken = Vec::new();
        if cost.crates > limits.crates {
            broken.push(format!(
                "`{}` brings {} other crates, {} at most",
                self.name, cost.crates, limits.crates
            ));
        }
        for (build, secs, max) in [
            (
                "development",
                cost.dev_secs.unwrap_or_default(),
                SECONDS_MAX,
            ),
            ("release", cost.release_secs, limits.release_secs),
        ] {
            if secs >= max {
                broken.push(format!(
                    "a {build} build of `{}` takes {secs:.1} processor seconds, below {max} is allowed",
                    self.name
                ));
            }
        }
        broken
    }
}

/// All that is measured, ours first.
pub(super) fn subjects() -> Result<Vec<Subject>, CliError> {
    let mut subjects = Vec::new();
    for one in OURS {
        for features in one.features {
            subjects.push(ours(one, *features)?);
        }
    }
    subjects.push(together()?);
    subjects.extend(PEERS.iter().map(|(name, version, features, program)| {
        let line = match *features {
            "default" => format!("{name} = {version:?}"),
            "none" => format!("{name} = {{ version = {version:?}, default-features = false }}"),
            some => format!(
                "{name} = {{ version = {version:?}, default-features = false, features = {:?} }}",
                some.split(", ").collect::<Vec<_>>()
            ),
        };
        Subject {
            name: (*name).to_owned(),
            packages: vec![*name],
            is_peer: true,
            features: (*features).to_owned(),
            limits: None,
            dependencies: vec![line],
            program: (*program).to_owned(),
        }
    }));
    Ok(subjects)
}

fn ours(one: &Ours, features: Features) -> Result<Subject, CliError> {
    let (example, program) = example(one.name)?;
    let (label, settings) = match features {
        Features::Default => ("default".to_owned(), String::new()),
        Features::None => ("none".to_owned(), ", default-features = false".to_owned()),
        Features::And(name) => (
            format!("default, {name}"),
            format!(", features = [{name:?}]"),
        ),
    };
    let mut dependencies = vec![dependency(one.name, &settings)];
    dependencies.extend(besides(&example));
    for other in OURS.iter().filter(|other| other.name != one.name) {
        if example.contains(&format!("use {}::", other.name.replace('-', "_"))) {
            dependencies.push(dependency(other.name, ""));
        }
    }
    let is_least = features == Features::None || !one.features.contains(&Features::None);
    Ok(Subject {
        name: one.name.to_owned(),
        packages: vec![one.name],
        is_peer: false,
        features: label,
        limits: one.limits.filter(|_| is_least),
        dependencies,
        program,
    })
}

/// The crates of [`TOGETHER`], and a program that runs the example of each.
fn together() -> Result<Subject, CliError> {
    let mut dependencies: Vec<String> = TOGETHER.iter().map(|name| dependency(name, "")).collect();
    let mut program = String::new();
    let mut calls = String::new();
    for name in TOGETHER {
        let module = name.replace('-', "_");
        let (example, code) = example(name)?;
        dependencies.extend(besides(&example));
        program += &format!("mod of_{module} {{\npub {code}}}\n");
        calls += &format!("of_{module}::main();\n");
    }
    program += &format!("fn main() {{\n{calls}}}\n");
    dependencies.sort_unstable();
    dependencies.dedup();
    Ok(Subject {
        name: TOGETHER.join(" + "),
        packages: TOGETHER.to_vec(),
        is_peer: false,
        features: "default".to_owned(),
        limits: None,
        dependencies,
        program,
    })
}

/// The lines of what an example takes besides our crates.
fn besides(example: &str) -> impl Iterator<Item = String> {
    BESIDES
        .iter()
        .filter(|(name, _)| example.contains(&format!("{name}::")))
        .map(|(_, line)| (*line).to_owned())
}

/// The line of a crate of this workspace in `[dependencies]`.
fn dependency(name: &str, settings: &str) -> String {
    let path = root().join("crates").join(name).display().to_string();
    format!("{name} = {{ path = {path:?}{settings} }}")
}

/// The first example of a crate's page, and the program that rustdoc would make of it.
fn example(name: &str) -> Result<(String, String), CliError> {
    let page = root().join("crates").join(name).join("src/lib.rs");
    let page = std::fs::read_to_string(&page).map_err(CliError::world)?;
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
    Ok((code, program))
}
