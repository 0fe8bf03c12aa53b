//! Every other file that names a version: YAML, JSON, TOML, `.env`, whole files, patterns.

use std::collections::BTreeMap;

use promenade_manifest::{FilePolicy, ManifestPolicy, PlanEditError, VersionEdit, VersionFiles};
use promenade_version::Scheme;

use crate::cargo_edit::{Files, apply, files};

/// The two tables of a process file, composed as the process composes them.
#[derive(serde::Deserialize)]
struct Tables {
    #[serde(default)]
    manifest: Vec<ManifestPolicy>,
    #[serde(default)]
    file: Vec<FilePolicy>,
}

pub(crate) fn policy(text: &str) -> VersionFiles {
    let tables: Tables = toml::from_str(text).unwrap();
    VersionFiles::new(tables.manifest, tables.file).unwrap()
}

fn plan(
    files: &Files,
    table: &str,
    name: Option<&str>,
    version: &str,
) -> Result<VersionEdit, PlanEditError> {
    let version = version.parse().unwrap();
    policy(table).plan_version_edit(files, &Scheme::semver(), name, &version)
}

/// Sets the version of one file to 2.0.0 and returns the file after.
#[track_caller]
fn set(table: &str, before: &str) -> String {
    let table = format!("[[file]]\npath = \"f\"\n{table}");
    let files = files(&[("f", before)]);
    match plan(&files, &table, None, "2.0.0") {
        Ok(edit) => {
            let after = apply(&files, &edit);
            let again = plan(&after, &table, None, "2.0.0").unwrap();
            assert!(again.is_empty(), "edited twice: {again:?}");
            assert!(
                policy(&table)
                    .check(&after, &Scheme::semver(), &BTreeMap::new())
                    .unwrap()
                    .is_empty()
            );
            String::from_utf8(after["f"].clone()).unwrap()
        }
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn a_whole_file_keeps_its_white_space() {
    assert_eq!(set("", "1.0.0"), "2.0.0");
    assert_eq!(set("", "\u{feff} 1.0.0\r\n\r\n"), "\u{feff} 2.0.0\r\n\r\n");
    assert_eq!(set("form = \"v{version}\"", "v1.0.0\n"), "v2.0.0\n");
    assert_eq!(
        set("form = \"v{version}\"", "1.0.0\n"),
        "error: f:1:1: `1.0.0` is not of the form `v{version}`"
    );
    assert_eq!(
        set("", "1.0.0\n1.0.1\n"),
        "error: f:1:1: `the file` must be one line with a version"
    );
}

#[test]
fn a_yaml_value_keeps_quotes_comments_and_everything_around() {
    let table = "yaml = \"info.version\"";
    for (before, after) in [
        (
            "# API\r\ninfo:\r\n  title:  odd  \r\n  version: 1.0.0   # here\r\nx: [1,  2]\r\n",
            "# API\r\ninfo:\r\n  title:  odd  \r\n  version: 2.0.0   # here\r\nx: [1,  2]\r\n",
        ),
        ("info: {version: '1.0.0'}", "info: {version: '2.0.0'}"),
        (
            "---\ninfo:\n    \"version\":\t\"1.0.0\"",
            "---\ninfo:\n    \"version\":\t\"2.0.0\"",
        ),
        (
            "\u{feff}info: { title: x, version: 1.0.0 } # flow\n",
            "\u{feff}info: { title: x, version: 2.0.0 } # flow\n",
        ),
        ("info:\n  version: 1.0.0", "info:\n  version: 2.0.0"),
        (
            "info:\n  version: 1.0.0\n\n\nlast: 1\n",
            "info:\n  version: 2.0.0\n\n\nlast: 1\n",
        ),
    ] {
        assert_eq!(set(table, before), after);
    }
    assert_eq!(
        set(
            "yaml = \"a[1].b\"",
            "a:\n- b: 0.0.0\n- b: 1.0.0\n  c: 1\n- b: 0.0.0\n"
        ),
        "a:\n- b: 0.0.0\n- b: 2.0.0\n  c: 1\n- b: 0.0.0\n"
    );
}

#[test]
fn yaml_that_cannot_be_edited_safely_is_refused_with_its_place() {
    let table = "yaml = \"info.version\"";
    insta::assert_snapshot!(set(table, "info:\n  version: 1.0.0\n  version: 1.0.1\n"), @"error: f:3:3: `version` stands twice");
    insta::assert_snapshot!(set(table, "info:\n  version: |\n    1.0.0\n"), @"error: f:2:12: `info.version` must be a text on one line");
    insta::assert_snapshot!(set(table, "info:\n  version: *v\n"), @"error: f:2:12: `info.version` must be a text on one line");
    insta::assert_snapshot!(set(table, "info: 1\n"), @"error: f:1:7: `info.version` must be a path through mappings");
    insta::assert_snapshot!(set(table, "info:\n  title: x\n"), @"error: f: no `info.version`");
    insta::assert_snapshot!(set(table, "a: 1\n---\nb: 2\n"), @"error: f:2:1: invalid YAML: a second document, expected one");
    insta::assert_snapshot!(set(table, "info:\n\t- [\n"), @"error: f:3:1: invalid YAML: Unclosed flow sequence. Expected: ']' to close sequence. Found: end of input. Context: in flow sequence. Suggestion: Add ']' to close the array, or check for missing commas between elements");
}

#[test]
fn json_and_toml_values_are_found_by_path() {
    assert_eq!(
        set(
            "json = \"a.v\"",
            "{\"a\" : {\"w\":1,\n\t\"v\" :\"1.0.0\"  }}"
        ),
        "{\"a\" : {\"w\":1,\n\t\"v\" :\"2.0.0\"  }}"
    );
    assert_eq!(
        set(
            "toml = \"tool.acme.version\"",
            "[tool.acme]\r\nversion='1.0.0'#x"
        ),
        "[tool.acme]\r\nversion='2.0.0'#x"
    );
    insta::assert_snapshot!(set("json = \"v\"", "{\"v\": 1.0}"), @"error: f:1:7: `v` must be a text on one line");
    insta::assert_snapshot!(set("json = \"v\"", "{\"v\": \"1.0.0\",}"), @"error: f:1:14: invalid JSON: Trailing commas are not allowed");
    insta::assert_snapshot!(set("toml = \"v\"", "v = 1.0\nv = 2"), @"error: f:2:1: invalid TOML: duplicate key");
}

#[test]
fn an_openapi_description_must_be_one() {
    assert_eq!(
        set(
            "openapi = true",
            "openapi: 3.0.3\ninfo:\n  version: 1.0.0\n"
        ),
        "openapi: 3.0.3\ninfo:\n  version: 2.0.0\n"
    );
    assert_eq!(
        set(
            "openapi = true",
            "{\"swagger\":\"2.0\",\"info\":{\"version\":\"1.0.0\"}}"
        ),
        "{\"swagger\":\"2.0\",\"info\":{\"version\":\"2.0.0\"}}"
    );
    assert_eq!(
        set("openapi = true", "info:\n  version: 1.0.0\n"),
        "error: f: no `openapi`"
    );
}

#[test]
fn variables_keep_quotes_and_comments() {
    let table = "env = \"TAG\"\nform = \"acme-{version}\"";
    for (before, after) in [
        (
            "OTHER=1\nTAG=acme-1.0.0 # x\r\n",
            "OTHER=1\nTAG=acme-2.0.0 # x\r\n",
        ),
        ("export TAG = 'acme-1.0.0'", "export TAG = 'acme-2.0.0'"),
        ("TAG=\"acme-1.0.0\"\nTAGS=1", "TAG=\"acme-2.0.0\"\nTAGS=1"),
        ("#TAG=0\nTAG=acme-1.0.0", "#TAG=0\nTAG=acme-2.0.0"),
    ] {
        assert_eq!(set(table, before), after);
    }
    assert_eq!(
        set(table, "TAG=acme-1.0.0\nTAG=acme-1.0.1\n"),
        "error: f:2:5: `TAG` stands twice"
    );
    assert_eq!(set(table, "X=1\n"), "error: f: no `TAG`");
    assert_eq!(
        set(table, "TAG=\"acme-1\n"),
        "error: f:1:5: `TAG` must be a value whose quote is closed on its line"
    );
}

#[test]
fn a_pattern_must_match_as_often_as_it_says() {
    let table = "pattern = \"acme:{version}\"\ntimes = 2";
    assert_eq!(
        set(table, "run acme:1.0.0 or acme:1.0.0-rc.1.\nacme:latest\n"),
        "run acme:2.0.0 or acme:2.0.0.\nacme:latest\n"
    );
    assert_eq!(
        set("pattern = \"acme:{version}\"", "acme:1.0.0 acme:1.0.0"),
        "error: f: pattern `acme:{version}` matches 2 times, expected 1"
    );
    assert_eq!(
        set(
            "pattern = \"^version: {version}$\"",
            "old version: 0.1.0\nversion: 1.0.0\r\nversion: 1.0.0 x"
        ),
        "old version: 0.1.0\nversion: 2.0.0\r\nversion: 1.0.0 x"
    );
    assert_eq!(
        set(
            "pattern = \"acme-{version}-x86_64.tar.gz\"",
            "get acme-1.0.0-rc.1-x86_64.tar.gz"
        ),
        "get acme-2.0.0-x86_64.tar.gz"
    );
    assert_eq!(
        set("pattern = 'acme = \"{major}.{minor}\"'", "acme = \"1.4\""),
        "acme = \"2.0\""
    );
}

#[test]
fn a_version_that_a_yaml_number_would_swallow_is_refused() {
    let files = files(&[("f", "v: v1\n")]);
    let table = "[[file]]\npath = \"f\"\nyaml = \"v\"\nform = \"v{major}\"\n";
    let edit = plan(&files, table, None, "2.0.0").unwrap();
    assert_eq!(edit.files()[0].after(), b"v: v2\n");
}

#[track_caller]
fn refused(table: &str) -> String {
    match toml::from_str::<Tables>(table) {
        Err(error) => error.message().to_owned(),
        Ok(tables) => VersionFiles::new(tables.manifest, tables.file)
            .unwrap_err()
            .to_string(),
    }
}

#[test]
fn tables_that_say_too_much_or_too_little_are_refused() {
    let file = |rest: &str| refused(&format!("[[file]]\npath = \"f\"\n{rest}"));
    insta::assert_snapshot!(file("yaml = \"a\"\nenv = \"B\""), @"`f` has several places (yaml, env), expected one");
    insta::assert_snapshot!(file("times = 1"), @"`times` of `f` needs a pattern, and must be at least 1");
    insta::assert_snapshot!(file("pattern = \"x{version}\"\ntimes = 0"), @"`times` of `f` needs a pattern, and must be at least 1");
    insta::assert_snapshot!(file("pattern = \"{version}\""), @"pattern `{version}` would match every word: give the text around the version");
    insta::assert_snapshot!(file("pattern = \"x\""), @"invalid form `x`: expected `{version}`, `{major}.{minor}` or `{major}`, once");
    insta::assert_snapshot!(file("env = \"1A\""), @"invalid variable `1A`: expected letters, digits and `_`, no digit first");
    insta::assert_snapshot!(file("colour = 1"), @"unknown field `colour`, expected one of `path`, `group`, `yaml`, `json`, `toml`, `openapi`, `env`, `pattern`, `times`, `form`");
    insta::assert_snapshot!(refused("[[file]]\npath = \"../f\""), @"invalid path `../f`: expected a relative path with `/`, without `.` and `..`");
    insta::assert_snapshot!(refused("[[file]]\npath = \"f\"\n[[file]]\npath = \"f\""), @"`f` is named twice");
}

#[test]
fn tables_round_trip() {
    for table in [
        "[[file]]\npath = \"f\"\npattern = \"^x{version}$\"\ntimes = 2\n",
        "[[file]]\npath = \"f\"\ngroup = \"g\"\nyaml = \"a[0].b\"\nform = \"v{version}\"\n",
        "[[file]]\npath = \"f\"\nopenapi = true\n",
        "[[file]]\npath = \"f\"\n",
    ] {
        let tables: Tables = toml::from_str(table).unwrap();
        let json = serde_json::to_string(&tables.file).unwrap();
        let back: Vec<FilePolicy> = serde_json::from_str(&json).unwrap();
        assert_eq!(back, tables.file);
    }
    let table = "[[manifest]]\nkind = \"npm\"\npath = \"web/package.json\"\ngroup = \"web\"\n\
                 packages = [\"@a/b\"]\nversions = \"per-package\"\ndependents = \"when-needed\"\n";
    let tables: Tables = toml::from_str(table).unwrap();
    let json = serde_json::to_string(&tables.manifest).unwrap();
    assert_eq!(
        serde_json::from_str::<Vec<ManifestPolicy>>(&json).unwrap(),
        tables.manifest
    );
}

/// A repository with two groups: the program with its image names, and the API.
fn two_groups() -> (Files, &'static str) {
    let files = files(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"a\", \"b\"]\n[workspace.package]\nversion = \"1.2.0\"\n",
        ),
        (
            "a/Cargo.toml",
            "[package]\nname = \"a\"\nversion.workspace = true\n",
        ),
        (
            "b/Cargo.toml",
            "[package]\nname = \"b\"\nversion = \"0.9.0\"\n",
        ),
        (
            "fuzz/Cargo.toml",
            "[workspace]\n[package]\nname = \"fuzz\"\nversion = \"0.0.0\"\n[dependencies]\na = { path = \"../a\" }\n",
        ),
        (
            "fuzz/Cargo.lock",
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.0\"\n\n[[package]]\nname = \"fuzz\"\nversion = \"0.0.0\"\ndependencies = [\n \"a\",\n]\n",
        ),
        (".env", "IMAGE=acme:v1.2.0\n"),
        ("openapi.yaml", "openapi: 3.1.0\ninfo:\n  version: 0.5.0\n"),
        ("API_VERSION", "0.5.0\n"),
    ]);
    let table = r#"
[[manifest]]
kind = "cargo"
path = "Cargo.toml"

[[manifest]]
kind = "cargo"
path = "Cargo.toml"
group = "core"
packages = ["b"]

[[manifest]]
kind = "cargo"
path = "fuzz/Cargo.toml"
versions = "none"

[[file]]
path = ".env"
env = "IMAGE"
form = "acme:v{version}"

[[file]]
path = "openapi.yaml"
openapi = true
group = "api"

[[file]]
path = "API_VERSION"
group = "api"
"#;
    (files, table)
}

#[test]
fn a_group_moves_in_every_file_that_names_it_and_in_no_other() {
    let (files, table) = two_groups();
    let paths = |name: Option<&str>, version: &str| {
        let edit = plan(&files, table, name, version).unwrap();
        let paths: Vec<_> = edit.files().iter().map(|f| f.path().to_owned()).collect();
        paths.join(" ")
    };
    assert_eq!(paths(None, "1.3.0"), ".env Cargo.toml fuzz/Cargo.lock");
    assert_eq!(paths(Some("api"), "1.3.0"), "API_VERSION openapi.yaml");
    assert_eq!(paths(Some("core"), "1.3.0"), "b/Cargo.toml");
    assert_eq!(paths(Some("b"), "1.3.0"), "b/Cargo.toml");
    assert_eq!(
        paths(Some("fuzz"), "1.3.0"),
        "fuzz/Cargo.lock fuzz/Cargo.toml"
    );
    let error = plan(&files, table, Some("c"), "1.3.0").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no package `c`; the packages are a, api, b, core, fuzz"
    );
}

#[test]
fn a_check_names_file_line_found_and_expected() {
    let (mut files, table) = two_groups();
    let check = |files: &Files, expected: BTreeMap<_, _>| {
        let found = policy(table)
            .check(files, &Scheme::semver(), &expected)
            .unwrap();
        found
            .iter()
            .map(|mismatch| format!("{mismatch}\n"))
            .collect::<String>()
    };
    assert_eq!(check(&files, BTreeMap::new()), "");
    files.insert(".env".to_owned(), b"# image\nIMAGE=acme:v1.1.0\n".to_vec());
    files.insert("API_VERSION".to_owned(), b"0.4.0\n".to_vec());
    insta::assert_snapshot!(check(&files, BTreeMap::new()), @r"
    .env:2:7: `acme:v1.1.0` for `.env`, expected `acme:v1.2.0`
    API_VERSION:1:1: `0.4.0` for `api`, expected `0.5.0`
    ");
    let expected = BTreeMap::from([(None, "1.3.0".parse().unwrap())]);
    insta::assert_snapshot!(check(&files, expected), @r"
    .env:2:7: `acme:v1.1.0` for `.env`, expected `acme:v1.3.0`
    API_VERSION:1:1: `0.4.0` for `api`, expected `0.5.0`
    Cargo.toml:4:12: `1.2.0` for `a`, expected `1.3.0`
    ");
}
