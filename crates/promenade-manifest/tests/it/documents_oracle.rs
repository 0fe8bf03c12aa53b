//! npm, Node's packages and another YAML reader as the judges.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use promenade_manifest::VersionEdit;
use promenade_manifest::fs::Directory;
use promenade_version::Scheme;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use crate::cargo_edit::{Files, apply, files};
use crate::files::policy;

fn plan(files: &Files, table: &str, name: Option<&str>, version: &str) -> VersionEdit {
    let version = version.parse().unwrap();
    policy(table)
        .plan_version_edit(files, &Scheme::semver(), name, &version)
        .unwrap()
}

/// Returns every `package.json` below the folder of the packages that npm itself brings.
fn node_packages() -> Option<Vec<PathBuf>> {
    let npm = testkit::program("npm")?;
    let output = Command::new(npm).args(["root", "-g"]).output().ok()?;
    let root = String::from_utf8(output.stdout).ok()?;
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(root.trim())];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            } else if entry.file_name() == "package.json" {
                found.push(entry.path());
            }
        }
    }
    Some(found)
}

#[test]
fn a_version_edit_of_every_package_json_changes_its_line_only() {
    let Some(paths) = node_packages() else { return };
    let mut edited = 0;
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        let before: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let Some(old) = before["version"].as_str() else {
            continue;
        };
        // Its workspaces are not here.
        let files = Files::from([("package.json".to_owned(), bytes)]);
        let table = "[[manifest]]\nkind = \"npm\"\npath = \"package.json\"\n";
        assert!(plan(&files, table, None, old).is_empty());
        let edit = plan(&files, table, None, "987.654.321");
        let after = apply(&files, &edit);
        let mut expected = before.clone();
        expected["version"] = "987.654.321".into();
        let now: serde_json::Value = serde_json::from_slice(&after["package.json"]).unwrap();
        assert_eq!(now, expected, "{}", path.display());
        assert_eq!(edit.files()[0].edits().len(), 1);
        assert_eq!(
            edit.files()[0].after().len(),
            edit.files()[0].before().len() + "987.654.321".len() - old.len()
        );
        edited += 1;
    }
    assert!(edited > 50, "only {edited} of {}", paths.len());
}

fn npm(dir: &Path, format: &str) {
    let status = Command::new("npm")
        .args([
            "install",
            "--package-lock-only",
            "--offline",
            "--no-audit",
            "--no-fund",
            "--lockfile-version",
            format,
        ])
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

/// npm writes the lock, we edit, npm must find nothing to change: formats 1, 2 and 3.
#[test]
fn npm_finds_nothing_to_change_after_an_edit() {
    if testkit::program("npm").is_none() {
        return;
    }
    let files = files(&[
        (
            "package.json",
            "{\n  \"name\": \"root\",\n  \"version\": \"0.1.0\",\n  \"workspaces\": [\"packages/*\"],\n  \"dependencies\": { \"a\": \"^1.2.0\" }\n}\n",
        ),
        (
            "packages/a/package.json",
            "{ \"name\": \"a\", \"version\": \"1.2.0\" }\n",
        ),
        (
            "packages/b/package.json",
            "{ \"name\": \"@x/b\", \"version\": \"0.3.0\", \"dependencies\": { \"a\": \"~1.2.0\" }, \"peerDependencies\": { \"a\": \"1.x || 2.x\" } }\n",
        ),
        (
            "packages/c/package.json",
            "{ \"name\": \"c\", \"version\": \"1.2.0\", \"devDependencies\": { \"a\": \"1.2.0\", \"@x/b\": \">=0.2\" } }\n",
        ),
    ]);
    let table =
        "[[manifest]]\nkind = \"npm\"\npath = \"package.json\"\nversions = \"per-package\"\n";
    for format in ["1", "2", "3"] {
        let dir = tempfile::tempdir().unwrap();
        for (path, bytes) in &files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        npm(dir.path(), format);
        let tree = Directory::open(dir.path()).unwrap();
        for (name, version) in [
            ("a", "1.3.0"),
            ("a", "2.0.0"),
            ("@x/b", "0.4.0"),
            ("root", "0.2.0"),
        ] {
            let edit = policy(table)
                .plan_version_edit(
                    &tree,
                    &Scheme::semver(),
                    Some(name),
                    &version.parse().unwrap(),
                )
                .unwrap();
            assert!(!edit.is_empty());
            tree.write(edit.files()).unwrap();
            assert_eq!(
                policy(table)
                    .check(&tree, &Scheme::semver(), &BTreeMap::new())
                    .unwrap(),
                []
            );
        }
        let lock = dir.path().join("package-lock.json");
        let ours = std::fs::read_to_string(&lock).unwrap();
        npm(dir.path(), format);
        assert_eq!(
            ours,
            std::fs::read_to_string(&lock).unwrap(),
            "format {format}"
        );
    }
}

/// Reads documents with another reader: for each pair, whether the second is the first with
/// `new` at the path.
const READER: &str = r#"
import json, sys, yaml
for line in sys.stdin:
    case = json.loads(line)
    before, after = (yaml.load(case[side].lstrip('\ufeff'), yaml.BaseLoader) for side in ('before', 'after'))
    node = before
    for key in case['path'][:-1]:
        node = node[key]
    node[case['path'][-1]] = case['new']
    print(before == after)
"#;

fn python_with_yaml() -> Option<PathBuf> {
    let python = testkit::program("python3")?;
    let ready = Command::new(&python)
        .args(["-c", "import yaml"])
        .stderr(Stdio::null())
        .status()
        .ok()?;
    ready.success().then_some(python)
}

/// A version as YAML may write it: plain, in either quotes.
fn written() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1.2.3".to_owned()),
        Just("'1.2.3'".to_owned()),
        Just("\"1.2.3\"".to_owned())
    ]
}

/// A document with a version at `info.version`, in block or flow style, among other things.
fn document() -> impl Strategy<Value = String> {
    let others = proptest::collection::btree_set(0..OTHERS.len(), 0..5);
    (
        others,
        written(),
        0..4_usize,
        0..3_usize,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(others, version, style, place, crlf, newline)| {
            let mut parts: Vec<String> = others
                .iter()
                .map(|index| OTHERS[*index].to_owned())
                .collect();
            let info = match style {
                0 => format!("info:\n  version: {version} # here\n"),
                1 => format!("info: {{title: x, version: {version}, z: 1}}\n"),
                2 => format!("\"info\":\n    a: 1\n    'version':   {version}\n\n    b: 2\n"),
                _ => format!("info:\n  version:\n    {version}\n"),
            };
            parts.insert(place.min(parts.len()), info);
            let mut text = parts.concat();
            if !newline {
                text.truncate(text.trim_end().len());
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            text
        })
}

const OTHERS: [&str; 12] = [
    "title: \"odd: # text\"\n",
    "list: [1.2.3, '1.2.3', {version: 1.2.3}]\n",
    "# version: 1.2.3\n",
    "text: |\n  version: 1.2.3\n\n  more\n",
    "folded: >-\n  version:\n  1.2.3\n",
    "? complex\n: 1.2.3\n",
    "anchored: &a 1.2.3\nalias: *a\n",
    "umlaut: \u{e4}\u{f6}\u{fc}\n",
    "empty:\n",
    "version: 1.2.3\n",
    "nested:\n  info:\n    version: 1.2.3\n",
    "seq:\n- info\n- version: 1.2.3\n",
];

#[test]
fn another_reader_sees_the_edited_value_and_no_other_change() {
    let Some(python) = python_with_yaml() else {
        return;
    };
    let table = "[[file]]\npath = \"f\"\nyaml = \"info.version\"\n";
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut cases = Vec::new();
    for _ in 0..testkit::scale(300, 5000) {
        let before = document().new_tree(&mut runner).unwrap().current();
        let files = files(&[("f", &before)]);
        let edit = plan(&files, table, None, "4.5.6-rc.1");
        assert_eq!(edit.files()[0].edits().len(), 1, "{before}");
        let after = String::from_utf8(edit.files()[0].after()).unwrap();
        assert!(
            plan(&files, table, None, "1.2.3").is_empty(),
            "no edit, no byte"
        );
        cases.push((before, after));
    }
    let mut child = Command::new(python)
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: Vec<_> = cases
        .iter()
        .map(|(before, after)| {
            let case = serde_json::json!({
                "before": before, "after": after, "path": ["info", "version"], "new": "4.5.6-rc.1",
            });
            format!("{case}\n")
        })
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.concat().as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers: Vec<_> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .collect();
    assert_eq!(answers.len(), cases.len());
    for (answer, (before, after)) in answers.iter().zip(&cases) {
        assert_eq!(*answer, "True", "before:\n{before}\nafter:\n{after}");
    }
}
