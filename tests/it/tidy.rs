//! The invariants of the architecture, each phrased as an absence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates by layer, lowest first; arrows point down only.
const LAYERS: &[&[&str]] = &[
    &["promenade-version", "promenade-digest"],
    &[
        "promenade-tag",
        "promenade-changelog",
        "promenade-manifest",
        "promenade-promotion",
    ],
    &["promenade-process"],
    &[
        "promenade-git",
        "promenade-store",
        "promenade-signature",
        "promenade-registry",
        "promenade-forge",
    ],
    &["promenade"],
    &["promenade-cli"],
];

/// The five crates that stand alone, and how many crates each may need, itself included.
const ALONE: &[(&str, usize)] = &[
    ("promenade-version", 16),
    ("promenade-tag", 16),
    ("promenade-changelog", 16),
    ("promenade-digest", 16),
    ("promenade-promotion", 26),
];

/// The crates without a clock, an environment, files, a network or processes.
const PURE: &[&str] = &[
    "promenade-version",
    "promenade-digest",
    "promenade-tag",
    "promenade-changelog",
    "promenade-manifest",
    "promenade-promotion",
    "promenade-process",
];

fn sources(krate: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![testkit::workspace().join("crates").join(krate).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn manifest(krate: &str) -> String {
    let path = testkit::workspace()
        .join("crates")
        .join(krate)
        .join("Cargo.toml");
    std::fs::read_to_string(path).unwrap()
}

/// The normal dependencies that a manifest names.
fn dependencies(krate: &str) -> BTreeSet<String> {
    let text = manifest(krate);
    let table = text.split("\n[dependencies]\n").nth(1).unwrap_or("");
    let table = table.split("\n[").next().unwrap_or("");
    let names = table
        .lines()
        .filter_map(|line| line.split_once([' ', '.']).map(|pair| pair.0));
    names
        .filter(|name| !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

fn crates() -> Vec<String> {
    let folder = std::fs::read_dir(testkit::workspace().join("crates")).unwrap();
    let mut names: Vec<_> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn arrows_point_down_only() {
    let layer: BTreeMap<_, _> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(layer, crates)| crates.iter().map(move |krate| (krate.to_string(), layer)))
        .collect();
    for krate in crates()
        .iter()
        .filter(|krate| krate.starts_with("promenade"))
    {
        let own = layer
            .get(krate)
            .unwrap_or_else(|| panic!("`{krate}` has no layer"));
        for dependency in dependencies(krate) {
            if let Some(below) = layer.get(&dependency) {
                assert!(
                    below < own,
                    "`{krate}` depends on `{dependency}`, which is not below it"
                );
            }
        }
    }
}

#[test]
fn gix_is_confined() {
    for krate in crates() {
        let allowed = krate == "promenade-git";
        assert!(
            allowed || !dependencies(&krate).contains("gix"),
            "`{krate}` depends on gix"
        );
    }
}

#[test]
fn toml_edit_is_confined() {
    for krate in crates() {
        let allowed = krate == "promenade-manifest";
        assert!(
            allowed || !dependencies(&krate).contains("toml_edit"),
            "`{krate}` has toml_edit"
        );
    }
}

#[test]
fn pure_crates_do_no_io() {
    let words = [
        "std::env",
        "std::process",
        "std::net",
        "SystemTime",
        "Utc::now",
        "Local::now",
    ];
    for krate in PURE {
        for (path, text) in sources(krate) {
            let code: Vec<_> = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            let code = code.join("\n");
            for word in words {
                assert!(!code.contains(word), "{} names {word}", path.display());
            }
            // Walkers of directories sit behind a feature, in a file of that name.
            let behind_feature = path.ends_with("fs.rs") || path.iter().any(|part| part == "fs");
            assert!(
                behind_feature || !code.contains("std::fs"),
                "{} names files",
                path.display()
            );
        }
    }
}

#[test]
fn the_five_crates_stand_alone() {
    for (krate, limit) in ALONE {
        let output = Command::new(env!("CARGO"))
            .current_dir(testkit::workspace())
            .args([
                "tree",
                "--offline",
                "-e",
                "normal",
                "--prefix",
                "none",
                "-p",
                krate,
            ])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        let needed: BTreeSet<_> = text
            .lines()
            .map(|line| line.trim_end_matches(" (*)"))
            .filter(|l| !l.is_empty())
            .collect();
        assert!(
            needed.len() <= *limit,
            "`{krate}` needs {}: {needed:?}",
            needed.len()
        );
    }
}

#[test]
fn every_crate_page_opens_with_a_sentence_and_an_example() {
    for krate in crates()
        .iter()
        .filter(|krate| krate.starts_with("promenade"))
    {
        let path = testkit::workspace()
            .join("crates")
            .join(krate)
            .join("src/lib.rs");
        let text = std::fs::read_to_string(&path).unwrap();
        let docs: Vec<_> = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        assert!(docs.join(" ").contains(". ") || docs.iter().any(|line| line.ends_with('.')));
        let example = docs.iter().position(|line| line.starts_with("//! ```"));
        assert!(example.is_some(), "the page of `{krate}` has no example");
        assert!(
            example < Some(30),
            "the page of `{krate}` opens too far from its example"
        );
    }
}

#[test]
fn members_take_the_lints_of_the_workspace() {
    for krate in crates() {
        assert!(
            manifest(&krate).contains("[lints]\nworkspace = true"),
            "`{krate}`"
        );
    }
}

#[test]
fn no_path_of_one_machine_and_no_real_host_is_named() {
    let output = Command::new("git")
        .current_dir(testkit::workspace())
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    // Written apart, so that this file does not name them.
    let words = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["ghcr", ".io"].concat(),
        ["gcr", ".io/"].concat(),
    ];
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let path = testkit::workspace().join(Path::new(name));
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        for word in &words {
            assert!(!text.contains(word.as_str()), "{name} names {word}");
        }
    }
}
