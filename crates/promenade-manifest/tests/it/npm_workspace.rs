//! Where the packages of an npm workspace lie; npm is the oracle of its own patterns.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use promenade_manifest::{Entry, FileTree, ReadFileError};
use promenade_version::Scheme;

use crate::cargo_edit::{Files, files};
use crate::files::policy;

const TABLE: &str =
    "[[manifest]]\nkind = \"npm\"\npath = \"package.json\"\nversions = \"per-package\"\n";

/// The folders of packages, each of which has the name of its folder with `-` for `/`.
const FOLDERS: [&str; 9] = [
    "apps/web",
    "components/node_modules/found",
    "components/x",
    "components/x/test/y",
    "components/x/y",
    "node_modules/found",
    "packages/a",
    "packages/b",
    "packages/test",
];

/// A repository with a package in each of the folders.
fn repository(workspaces: &str) -> Files {
    let root = format!("{{\"name\": \"root\", \"private\": true{workspaces}}}\n");
    let mut all = files(&[("package.json", &root)]);
    for folder in FOLDERS {
        let name = folder.replace('/', "-");
        let text = format!("{{\"name\": \"{name}\", \"version\": \"1.2.3\"}}\n");
        all.insert(format!("{folder}/package.json"), text.into_bytes());
    }
    all
}

/// The packages that are found, by name, or the error.
fn found(files: &Files) -> Result<BTreeSet<String>, String> {
    let named = policy(TABLE).named(files, &Scheme::semver());
    let named = named.map_err(|error| error.to_string())?;
    Ok(named.into_iter().map(|one| one.subject).collect())
}

/// The packages that npm finds.
fn oracle(files: &Files) -> BTreeSet<String> {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let output = Command::new("npm")
        .args(["pkg", "get", "version", "--workspaces", "--json"])
        .current_dir(dir.path())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let names: std::collections::BTreeMap<String, String> =
        serde_json::from_slice(&output.stdout).unwrap();
    names.into_keys().collect()
}

#[test]
fn the_packages_are_those_that_npm_finds() {
    if testkit::program("npm").is_none() {
        return;
    }
    for patterns in [
        r#"["packages/*"]"#,
        r#"{"packages": ["./packages/a/", "packages/a"]}"#,
        r#"["components/**"]"#,
        r#"["packages/*", "!packages/b"]"#,
        r#"["!packages/b", "packages/*"]"#,
        r#"["apps/web", "components/**", "packages/*", "!**/test/**"]"#,
        r#"["{packages,apps}/*"]"#,
        r#"["{components/{x,none},packages}/{a,y,test}"]"#,
    ] {
        let files = repository(&format!(", \"workspaces\": {patterns}"));
        assert_eq!(found(&files), Ok(oracle(&files)), "{patterns}");
    }
}

#[test]
fn the_packages_of_pnpm_are_those_of_its_own_file() {
    let names = |names: &[&str]| Ok(names.iter().map(|name| (*name).to_owned()).collect());
    let with = |yaml: &str| {
        let mut files = repository(", \"workspaces\": [\"packages/a\"]");
        files.insert("pnpm-workspace.yaml".to_owned(), yaml.as_bytes().to_vec());
        found(&files)
    };
    assert_eq!(
        with(
            "packages:\n  # all of them\n  - 'packages/*'\n  - \"components/**\"\n  - '!**/test/**'\n"
        ),
        names(&["components-x", "components-x-y", "packages-a", "packages-b"])
    );
    assert_eq!(
        with("packages: [apps/*, '!packages/**']\nonlyBuiltDependencies: [esbuild]\n"),
        names(&["apps-web"])
    );
    // Settings alone name no packages.
    for settings in ["", "# nothing\n", "onlyBuiltDependencies:\n  - esbuild\n"] {
        assert_eq!(with(settings), names(&["packages-a"]), "{settings}");
    }
    for (wrong, at) in [
        ("packages: apps/*\n", "pnpm-workspace.yaml:1:11: "),
        ("packages:\n  - a\n  - [b]\n", "pnpm-workspace.yaml:3:5: "),
        ("packages: [a\n", "pnpm-workspace.yaml:"),
    ] {
        let error = with(wrong).unwrap_err();
        assert!(error.starts_with(at), "{error}");
    }
}

/// A repository of which only the root and `packages` may be listed.
struct Guarded(Files);

impl FileTree for Guarded {
    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, ReadFileError> {
        self.0.read(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadFileError> {
        if folder.is_empty() || folder == "packages" {
            return self.0.list(folder);
        }
        Err(ReadFileError::new(folder, "nobody looks here"))
    }
}

#[test]
fn what_is_excluded_is_not_walked() {
    let files =
        repository(", \"workspaces\": [\"packages/*\", \"!**/test/**\", \"!packages/{b,c}\"]");
    let named = policy(TABLE).named(&Guarded(files), &Scheme::semver());
    let named: Vec<_> = named.unwrap().into_iter().map(|one| one.subject).collect();
    assert_eq!(named, ["packages-a"]);
}
