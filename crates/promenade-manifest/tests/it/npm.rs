//! npm: `package.json`, workspaces, lock files of the formats 1 to 3.

use std::collections::BTreeMap;

use promenade_manifest::{VersionFiles, Versions};
use promenade_version::Scheme;

use crate::cargo_edit::{Files, apply, files};
use crate::files::policy;

const TABLE: &str = "[[manifest]]\nkind = \"npm\"\npath = \"package.json\"\n";
const PER_PACKAGE: &str =
    "[[manifest]]\nkind = \"npm\"\npath = \"package.json\"\nversions = \"per-package\"\n";

#[track_caller]
fn set(files: &Files, table: &str, name: Option<&str>, version: &str) -> String {
    let policy = policy(table);
    let scheme = Scheme::semver();
    let version = version.parse().unwrap();
    let edit = match policy.plan_version_edit(files, &scheme, name, &version) {
        Ok(edit) => edit,
        Err(error) => return format!("error: {error}"),
    };
    let after = apply(files, &edit);
    assert_eq!(policy.check(&after, &scheme, &BTreeMap::new()).unwrap(), []);
    assert!(
        policy
            .plan_version_edit(&after, &scheme, name, &version)
            .unwrap()
            .is_empty()
    );
    let mut lines = String::new();
    for (path, before) in files {
        let before = String::from_utf8(before.clone()).unwrap();
        let now = String::from_utf8(after[path].clone()).unwrap();
        serde_json::from_str::<serde_json::Value>(&now).unwrap();
        assert_eq!(before.lines().count(), now.lines().count());
        for (old, new) in before.split('\n').zip(now.split('\n')) {
            if old != new {
                lines.push_str(&format!("{path}: {}\n", new.trim()));
            }
        }
    }
    lines
}

fn workspace(lock: &str) -> Files {
    files(&[
        (
            "package.json",
            "{\n  \"name\": \"root\",\n  \"private\": true,\n  \"workspaces\": [\"packages/*\"],\n  \"dependencies\": {\"a\": \"^1.2.0\"}\n}\n",
        ),
        (
            "packages/a/package.json",
            "{\n\t\"name\": \"a\",\n\t\"version\": \"1.2.0\"\n}",
        ),
        (
            "packages/b/package.json",
            "{\r\n  \"name\": \"@x/b\",\r\n  \"version\": \"0.3.0\",\r\n  \"devDependencies\": {\r\n    \"a\": \"workspace:~1.2.0\",\r\n    \"c\": \"1.2.0\"\r\n  },\r\n  \"peerDependencies\": { \"a\": \"^1 || ^2\" }\r\n}\r\n",
        ),
        (
            "packages/c/package.json",
            "{\"name\": \"c\", \"version\": \"1.2.0\", \"dependencies\": {\"a\": \"1.2.0\", \"@x/b\": \"file:../b\"}}",
        ),
        ("package-lock.json", lock),
    ])
}

const LOCK_3: &str = r#"{
  "name": "root",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": {
      "name": "root",
      "workspaces": ["packages/*"],
      "dependencies": { "a": "^1.2.0" }
    },
    "node_modules/a": { "resolved": "packages/a", "link": true },
    "node_modules/z": { "version": "1.2.0", "dependencies": { "a": "^1.2.0" } },
    "packages/a": {
      "version": "1.2.0"
    },
    "packages/b": {
      "name": "@x/b",
      "version": "0.3.0",
      "devDependencies": { "a": "workspace:~1.2.0",
                           "c": "1.2.0" }
    },
    "packages/c": {
      "version": "1.2.0",
      "dependencies": { "a": "1.2.0" }
    }
  }
}
"#;

#[test]
fn a_workspace_package_moves_with_the_ranges_on_it_and_the_lock() {
    insta::assert_snapshot!(set(&workspace(LOCK_3), PER_PACKAGE, Some("a"), "1.3.0"), @r#"
    package-lock.json: "dependencies": { "a": "^1.3.0" }
    package-lock.json: "version": "1.3.0"
    package-lock.json: "devDependencies": { "a": "workspace:~1.3.0",
    package-lock.json: "dependencies": { "a": "1.3.0" }
    package.json: "dependencies": {"a": "^1.3.0"}
    packages/a/package.json: "version": "1.3.0"
    packages/b/package.json: "a": "workspace:~1.3.0",
    packages/c/package.json: {"name": "c", "version": "1.2.0", "dependencies": {"a": "1.3.0", "@x/b": "file:../b"}}
    "#);
    insta::assert_snapshot!(set(&workspace(LOCK_3), PER_PACKAGE, Some("c"), "2.0.0-rc.1"), @r#"
    package-lock.json: "c": "2.0.0-rc.1" }
    package-lock.json: "version": "2.0.0-rc.1",
    packages/b/package.json: "c": "2.0.0-rc.1"
    packages/c/package.json: {"name": "c", "version": "2.0.0-rc.1", "dependencies": {"a": "1.2.0", "@x/b": "file:../b"}}
    "#);
}

#[test]
fn a_range_of_several_parts_that_excludes_the_version_is_refused() {
    insta::assert_snapshot!(set(&workspace(LOCK_3), PER_PACKAGE, Some("a"), "3.0.0"), @"error: packages/b/package.json:8:31: requirement `^1 || ^2` on `a` cannot accept 3.0.0: a range of several parts has no one way to move");
}

#[test]
fn different_versions_need_a_name() {
    insta::assert_snapshot!(set(&workspace(LOCK_3), TABLE, None, "3.0.0"), @"error: packages have different versions (a 1.2.0, @x/b 0.3.0, c 1.2.0): name the package");
}

#[test]
fn lock_files_of_formats_1_and_2() {
    let single = |lock: &str| {
        files(&[
            (
                "package.json",
                "{\"name\": \"a\", \"version\": \"1.0.0\", \"dependencies\": {\"b\": \"1.0.0\"}}",
            ),
            ("package-lock.json", lock),
            ("npm-shrinkwrap.json", "{\"version\":\"1.0.0\"}"),
        ])
    };
    let format_1 = "{\n\"name\": \"a\",\n\"version\": \"1.0.0\",\n\"lockfileVersion\": 1,\n\"dependencies\": {\n\"b\": {\n\"version\": \"1.0.0\"\n}\n}\n}\n";
    insta::assert_snapshot!(set(&single(format_1), TABLE, None, "1.1.0"), @r#"
    npm-shrinkwrap.json: {"version":"1.1.0"}
    package-lock.json: "version": "1.1.0",
    package.json: {"name": "a", "version": "1.1.0", "dependencies": {"b": "1.0.0"}}
    "#);
    let format_2 = "{\n\"name\": \"a\",\n\"version\": \"1.0.0\",\n\"lockfileVersion\": 2,\n\"packages\": {\n\"\": {\n\"version\": \"1.0.0\"\n},\n\"node_modules/b\": {\n\"version\": \"1.0.0\"\n}\n},\n\"dependencies\": {\n\"b\": {\n\"version\": \"1.0.0\"\n}\n}\n}\n";
    insta::assert_snapshot!(set(&single(format_2), TABLE, None, "1.1.0"), @r#"
    npm-shrinkwrap.json: {"version":"1.1.0"}
    package-lock.json: "version": "1.1.0",
    package-lock.json: "version": "1.1.0"
    package.json: {"name": "a", "version": "1.1.0", "dependencies": {"b": "1.0.0"}}
    "#);
}

#[test]
fn a_stale_lock_is_found() {
    let lock = LOCK_3.replace("\"version\": \"0.3.0\"", "\"version\": \"0.2.0\"");
    let found = policy(PER_PACKAGE)
        .check(&workspace(&lock), &Scheme::semver(), &BTreeMap::new())
        .unwrap();
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["package-lock.json:18:19: `0.2.0` for `@x/b`, expected `0.3.0`"]
    );
}

fn lerna(version: &str, packages: &str, other: &str) -> Files {
    files(&[
        (
            "lerna.json",
            &format!("{{\n  \"version\": \"{version}\"{packages}\n}}\n"),
        ),
        (
            "package.json",
            "{\n  \"name\": \"root\",\n  \"private\": true\n}\n",
        ),
        (
            "packages/a/package.json",
            "{\"name\": \"a\", \"version\": \"1.2.0\"}\n",
        ),
        (
            "packages/b/package.json",
            &format!(
                "{{\"name\": \"b\", \"version\": \"{other}\", \"dependencies\": {{\"a\": \"^1.2.0\"}}}}\n"
            ),
        ),
    ])
}

#[test]
fn the_packages_of_lerna_are_found_where_npm_knows_of_none() {
    let table = "[[manifest]]\nkind = \"npm\"\npath = \"package.json\"\n\n[[file]]\npath = \"lerna.json\"\njson = \"version\"\n";
    let expected = "lerna.json: \"version\": \"1.3.0\"{comma}\npackages/a/package.json: {\"name\": \"a\", \"version\": \"1.3.0\"}\npackages/b/package.json: {\"name\": \"b\", \"version\": \"1.3.0\", \"dependencies\": {\"a\": \"^1.3.0\"}}\n";
    for (packages, comma) in [("", ""), (",\n  \"packages\": [\"packages/*\"]", ",")] {
        assert_eq!(
            set(&lerna("1.2.0", packages, "1.2.0"), table, None, "1.3.0"),
            expected.replace("{comma}", comma)
        );
    }
    let wrong = set(
        &lerna("1.2.0", ",\n  \"packages\": 1", "1.2.0"),
        table,
        None,
        "1.3.0",
    );
    assert!(wrong.starts_with("error: lerna.json:3:"), "{wrong}");
}

#[test]
fn what_lerna_says_of_versions_is_proposed() {
    let found = |files: &Files| VersionFiles::found_in(files).unwrap();
    let tables = |files: &Files| {
        let found = found(files);
        let [manifest] = found.manifests() else {
            panic!("{found:?}");
        };
        let paths: Vec<_> = found
            .files()
            .iter()
            .map(|file| file.path().to_owned())
            .collect();
        (
            manifest.versions_rule(),
            manifest.package_names().to_vec(),
            paths,
        )
    };
    let file = || vec!["lerna.json".to_owned()];
    assert_eq!(
        tables(&lerna("1.2.0", "", "1.2.0")),
        (Versions::Shared, vec![], file())
    );
    // A package with another version is not one of those that move together.
    assert_eq!(
        tables(&lerna("1.2.0", "", "0.1.0")),
        (Versions::Shared, vec!["a".to_owned()], file())
    );
    assert_eq!(
        tables(&lerna("independent", "", "1.2.0")),
        (Versions::PerPackage, vec![], vec![])
    );
    let scheme = Scheme::semver();
    for files in [
        lerna("1.2.0", "", "1.2.0"),
        lerna("1.2.0", "", "0.1.0"),
        lerna("independent", "", "0.1.0"),
    ] {
        assert_eq!(
            found(&files)
                .check(&files, &scheme, &BTreeMap::new())
                .unwrap(),
            []
        );
    }
}
