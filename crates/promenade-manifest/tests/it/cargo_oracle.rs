//! Cargo as the judge: real manifests and lock files, and workspaces that Cargo itself locks.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use promenade_manifest::fs::Directory;
use promenade_manifest::{
    Cargo, Dependents, FileTree, PackageSelection, ReadManifestErrorKind, VersionEdit,
};
use semver::Version;

use crate::cargo_edit::{Files, apply};

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Returns the folders of the packages that this workspace takes from a registry.
fn registry_packages() -> Vec<PathBuf> {
    // Only what this machine builds is surely there; what other platforms need may be absent.
    let rustc = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let rustc = String::from_utf8(rustc).unwrap();
    let host = rustc
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let output = cargo()
        .args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform",
            host,
        ])
        .current_dir(testkit::workspace())
        .output()
        .unwrap();
    assert!(output.status.success());
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .filter(|package| !package["source"].is_null())
        .map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str().unwrap());
            manifest.parent().unwrap().to_path_buf()
        })
        .collect()
}

fn plan(files: &Files, selection: &PackageSelection, version: &str) -> VersionEdit {
    let cargo = Cargo::read(files, &["Cargo.toml"]).unwrap();
    let version = version.parse().unwrap();
    cargo
        .plan_version_edit(selection, &version, Dependents::Follow)
        .unwrap()
}

/// Returns the lines of a text that another text has not, line by line.
#[track_caller]
fn differing<'a>(before: &'a str, after: &'a str) -> Vec<(&'a str, &'a str)> {
    let (old, new): (Vec<_>, Vec<_>) = (before.split('\n').collect(), after.split('\n').collect());
    assert_eq!(old.len(), new.len());
    old.into_iter()
        .zip(new)
        .filter(|(old, new)| old != new)
        .collect()
}

/// Every manifest that is published: the version line changes, and nothing else; the other half of
/// the law is that without an edit no byte changes.
#[test]
fn a_version_edit_of_every_published_manifest_changes_its_line_only() {
    let (mut edited, mut refused) = (0, 0);
    for folder in registry_packages() {
        for name in ["Cargo.toml", "Cargo.toml.orig"] {
            let Ok(bytes) = std::fs::read(folder.join(name)) else {
                continue;
            };
            let files = Files::from([("Cargo.toml".to_owned(), bytes)]);
            let cargo = match Cargo::read(&files, &["Cargo.toml"]) {
                Ok(cargo) => cargo,
                Err(error) => {
                    // What was published without its workspace names what is not there.
                    assert!(
                        matches!(
                            error.kind(),
                            ReadManifestErrorKind::InheritsNothing { .. }
                                | ReadManifestErrorKind::NoSuchMember { .. }
                        ),
                        "{}: {error}",
                        folder.display()
                    );
                    refused += 1;
                    continue;
                }
            };
            let package = cargo.packages().next().unwrap();
            let old = package.version().unwrap().to_string();
            assert!(plan(&files, &PackageSelection::one(package.name()), &old).is_empty());
            let edit = plan(
                &files,
                &PackageSelection::one(package.name()),
                "987.654.321-rc.1",
            );
            let before = String::from_utf8(files["Cargo.toml"].clone()).unwrap();
            let after = String::from_utf8(apply(&files, &edit)["Cargo.toml"].clone()).unwrap();
            let lines = differing(&before, &after);
            assert_eq!(lines.len(), 1, "{}/{name}: {lines:?}", folder.display());
            let (old_line, new_line) = lines[0];
            assert_eq!(old_line.replacen(&old, "987.654.321-rc.1", 1), new_line);
            let manifest: toml::Table = toml::from_str(&after).unwrap();
            let version = match &manifest["package"]["version"] {
                toml::Value::Table(_) => &manifest["workspace"]["package"]["version"],
                version => version,
            };
            assert_eq!(version.as_str(), Some("987.654.321-rc.1"));
            edited += 1;
        }
    }
    assert!(edited > 300, "only {edited} manifests");
    assert!(refused < edited, "{refused} refused");
}

/// Every lock file that is published: with a manifest made for it, its own package moves, and the
/// document reads as before but for that.
#[test]
fn a_version_edit_of_every_published_lock_changes_its_own_entry_only() {
    let mut edited = 0;
    for folder in registry_packages() {
        let Ok(lock) = std::fs::read_to_string(folder.join("Cargo.lock")) else {
            continue;
        };
        let before: toml::Table = toml::from_str(&lock).unwrap();
        let own: Vec<_> = before["package"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|package| package.get("source").is_none())
            .map(|package| {
                (
                    package["name"].as_str().unwrap(),
                    package["version"].as_str().unwrap(),
                )
            })
            .collect();
        let [(name, version)] = own.as_slice() else {
            continue;
        };
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\n");
        let files = Files::from([
            ("Cargo.toml".to_owned(), manifest.into_bytes()),
            ("Cargo.lock".to_owned(), lock.clone().into_bytes()),
        ]);
        let twins = before["package"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|package| package["name"].as_str() == Some(name))
            .count();
        let edit = plan(&files, &PackageSelection::Shared, "987.654.321");
        let after = String::from_utf8(apply(&files, &edit)["Cargo.lock"].clone()).unwrap();
        if twins == 1 {
            let lines = differing(&lock, &after);
            let (old, new) = (
                format!("version = \"{version}\""),
                "version = \"987.654.321\"",
            );
            assert_eq!(lines, [(old.as_str(), new)], "{}", folder.display());
        }
        let after: toml::Table = toml::from_str(&after).unwrap();
        let mut expected: Vec<_> = before["package"].as_array().unwrap().clone();
        for package in &mut expected {
            if package.get("source").is_none() {
                package
                    .as_table_mut()
                    .unwrap()
                    .insert("version".to_owned(), "987.654.321".into());
            }
        }
        let key = |package: &toml::Value| {
            let version: Version = package["version"].as_str().unwrap().parse().unwrap();
            (package["name"].as_str().unwrap().to_owned(), version)
        };
        if twins > 1 {
            expected.sort_by_key(key);
        }
        assert_eq!(
            after["package"].as_array().unwrap(),
            &expected,
            "{}",
            folder.display()
        );
        edited += 1;
    }
    assert!(edited > 100, "only {edited} lock files");
}

/// A small generator that gives the same workspace for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Writes a workspace of `size` members with every form of dependency on each other, a package
/// outside it, one that a patch redirects to, and two packages of a registry (a folder) that have
/// the names of members.
fn workspace(size: usize, seed: u64) -> Files {
    let mut dice = Dice(seed);
    let mut files = Files::new();
    let mut put = |path: String, text: String| {
        files.insert(path, text.into_bytes());
    };
    let requirement = [
        "=1.2.0",
        "^1.2",
        "~1.2.0",
        "1",
        ">=1.2, <2",
        ">= 1.1.0",
        "1.*",
        "*",
        " 1.2.0 ",
        "<3, >1.1",
    ];
    let mut shared = String::new();
    for index in 0..size {
        let mut text = format!("[package]\nname = \"m{index}\"\nedition = \"2021\"\n");
        // One in eight has a version of its own, and does not move.
        let own = index % 8 == 7;
        text.push_str(match (own, dice.roll(3)) {
            (true, _) => "version = \"0.3.0\" # its own\n",
            (false, 0) => "version.workspace = true\n",
            (false, 1) => "version = { workspace = true }\n",
            (false, _) => "[package.version]\nworkspace = true\n",
        });
        let mut tables: BTreeMap<&str, String> = BTreeMap::new();
        for other in 0..index {
            if other % 8 == 7 || dice.roll(size as u64) > 3 {
                continue;
            }
            let r = requirement[dice.roll(requirement.len() as u64) as usize];
            let path = format!("../m{other}");
            let table = [
                "dependencies",
                "build-dependencies",
                "dev-dependencies",
                "target.'cfg(unix)'.dependencies",
                "target.x86_64-pc-windows-msvc.build-dependencies",
            ][dice.roll(5) as usize];
            let line = match dice.roll(7) {
                0 => format!("m{other} = {{ path = \"{path}\", version = \"{r}\" }}\n"),
                1 => format!(
                    "m{other} = {{ version = '{r}', path = '{path}', optional = false }} # inline\n"
                ),
                2 => format!("m{other}.path = \"{path}\"\nm{other}.version = \"{r}\"\n"),
                3 => format!("m{other} = {{ path = \"{path}\" }}\n"),
                4 => format!(
                    "renamed{other} = {{ package = \"m{other}\", path = \"{path}\", version = \"{r}\" }}\n"
                ),
                5 => format!("m{other}.workspace = true\n"),
                _ => format!("m{other} = {{ workspace = true, default-features = true }}\n"),
            };
            tables.entry(table).or_default().push_str(&line);
        }
        if index % 10 == 3 {
            // From the registry, under the name of a member; and by way of the patch.
            tables
                .entry("dependencies")
                .or_default()
                .push_str("twin = { package = \"m0\", version = \"0.9\" }\n");
        }
        if index % 10 == 4 {
            tables.entry("dependencies").or_default().push_str(
                "patched = \"1.2\"\noutside = { path = \"../../outside\", version = \"1.2\" }\n",
            );
        }
        for (table, lines) in tables {
            write!(text, "\n[{table}]\n{lines}").unwrap();
        }
        put(format!("w/crates/m{index}/Cargo.toml"), text);
        put(format!("w/crates/m{index}/src/lib.rs"), String::new());
        if !own {
            writeln!(
                shared,
                "m{index} = {{ path = \"crates/m{index}\", version = \"{}\" }}",
                requirement[dice.roll(7) as usize]
            )
            .unwrap();
        }
    }
    put(
        "w/Cargo.toml".to_owned(),
        format!(
            "[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\", \"patched\"]\n\n[workspace.package]\n\
             version = \"1.2.0\"   # all of them\n\n[workspace.dependencies]\n{shared}\n\
             [patch.crates-io]\npatched = {{ path = \"patched\" }}\n"
        ),
    );
    put(
        "w/patched/Cargo.toml".to_owned(),
        "[package]\nname = \"patched\"\nversion.workspace = true\n".to_owned(),
    );
    put("w/patched/src/lib.rs".to_owned(), String::new());
    put(
        "w/outside/Cargo.toml".to_owned(),
        "[package]\nname = \"outside\"\nversion = \"1.2.0\"\n".to_owned(),
    );
    put("w/outside/src/lib.rs".to_owned(), String::new());
    for (name, version, dependency) in [
        ("m0", "0.9.0", ""),
        ("m0", "1.3.0", ""),
        ("patched", "1.2.9", ""),
        ("user", "1.0.0", "[dependencies]\nm0 = \"1.3\"\n"),
    ] {
        let folder = format!("vendor/{name}-{version}");
        put(
            format!("{folder}/Cargo.toml"),
            format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\n{dependency}"),
        );
        put(format!("{folder}/src/lib.rs"), String::new());
        put(
            format!("{folder}/.cargo-checksum.json"),
            "{\"files\":{},\"package\":null}".to_owned(),
        );
    }
    put(
        "w/.cargo/config.toml".to_owned(),
        "[source.crates-io]\nreplace-with = \"v\"\n[source.v]\ndirectory = \"../vendor\"\n"
            .to_owned(),
    );
    let user = files["w/crates/m1/Cargo.toml"].clone();
    let user = String::from_utf8(user).unwrap() + "\n[dependencies.user]\nversion = \"1\"\n";
    files.insert("w/crates/m1/Cargo.toml".to_owned(), user.into_bytes());
    files
}

fn on_disk(files: &Files) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    dir
}

#[track_caller]
fn run(dir: &Path, args: &[&str]) -> Result<String, String> {
    let output = cargo().args(args).current_dir(dir).output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Cargo writes the lock, we edit, Cargo must find nothing to change; and back again.
#[test]
fn cargo_finds_nothing_to_change_after_an_edit() {
    let size = testkit::scale(50, 200);
    for seed in 0..testkit::scale(2, 12) as u64 {
        let dir = on_disk(&workspace(size, seed));
        let home = dir.path().join("w");
        run(&home, &["generate-lockfile", "--offline"]).unwrap();
        let tree = Directory::open(&home).unwrap();
        let first = std::fs::read_to_string(home.join("Cargo.lock")).unwrap();
        assert!(
            first.contains("m0 1.2.0"),
            "the lock tells twins apart by version"
        );
        // Above, equal to, below and again above the twin in the registry.
        for version in ["1.2.1", "1.3.0", "1.2.0", "2.0.0", "1.10.0", "1.2.0"] {
            let cargo = Cargo::read(&tree, &["Cargo.toml"]).unwrap();
            let edit = cargo
                .plan_version_edit(
                    &PackageSelection::Shared,
                    &version.parse().unwrap(),
                    Dependents::Follow,
                )
                .unwrap();
            assert!(!edit.is_empty());
            tree.write(edit.files()).unwrap();
            let lock = std::fs::read_to_string(home.join("Cargo.lock")).unwrap();
            if let Err(error) = run(
                &home,
                &["metadata", "--format-version=1", "--locked", "--offline"],
            ) {
                run(&home, &["metadata", "--format-version=1", "--offline"]).unwrap();
                let wanted = std::fs::read_to_string(home.join("Cargo.lock")).unwrap();
                let lines: Vec<_> = lock
                    .lines()
                    .zip(wanted.lines())
                    .filter(|(a, b)| a != b)
                    .take(5)
                    .collect();
                panic!("seed {seed}, {version}: {error}\n{lines:?}");
            }
            run(&home, &["update", "--workspace", "--offline"]).unwrap();
            assert_eq!(
                std::fs::read_to_string(home.join("Cargo.lock")).unwrap(),
                lock
            );
            let read = Cargo::read(&tree, &["Cargo.toml"]).unwrap();
            assert_eq!(read.check().unwrap(), []);
        }
        assert_eq!(
            std::fs::read_to_string(home.join("Cargo.lock")).unwrap(),
            first
        );
    }
}

/// The lesson of a release that shipped stale lock files: Cargo refuses them, and so does the check.
#[test]
fn what_the_check_finds_cargo_refuses_too() {
    let files = workspace(10, 7);
    let dir = on_disk(&files);
    let home = dir.path().join("w");
    run(&home, &["generate-lockfile", "--offline"]).unwrap();
    let tree = Directory::open(&home).unwrap();
    let root = String::from_utf8(tree.read("Cargo.toml").unwrap().unwrap().into_owned()).unwrap();
    // The version alone is edited, as by hand.
    std::fs::write(home.join("Cargo.toml"), root.replacen("1.2.0", "1.2.1", 1)).unwrap();
    assert!(
        run(
            &home,
            &["metadata", "--format-version=1", "--locked", "--offline"]
        )
        .is_err()
    );
    let found = Cargo::read(&tree, &["Cargo.toml"])
        .unwrap()
        .check()
        .unwrap();
    let lock = std::fs::read_to_string(home.join("Cargo.lock")).unwrap();
    let stale: Vec<_> = found
        .iter()
        .filter(|mismatch| mismatch.file == "Cargo.lock")
        .collect();
    assert!(!stale.is_empty());
    for mismatch in stale {
        let line = lock.lines().nth(mismatch.position.line() - 1).unwrap();
        assert_eq!(line, "version = \"1.2.0\"");
        assert_eq!(mismatch.expected, "1.2.1");
    }
}
