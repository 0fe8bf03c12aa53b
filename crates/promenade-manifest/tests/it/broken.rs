//! Manifests that cannot be read: named, with the place, and nothing is planned.

use std::collections::BTreeMap;

use promenade_manifest::Cargo;
use promenade_version::Scheme;

use crate::files::policy;

#[test]
fn invalid_toml_is_named_with_its_place() {
    let text = "[package]\nname = \"acme\"\nversion = \"0.1.0\nedition = \"2024\"\n";
    let files = BTreeMap::from([("Cargo.toml".to_owned(), text.as_bytes().to_vec())]);
    let error = Cargo::read(&files, &["Cargo.toml"]).unwrap_err();
    assert_eq!(error.file(), "Cargo.toml");
    assert_eq!(error.position().unwrap().line(), 3, "{error}");
    assert!(error.to_string().contains(":3:"), "{error}");
}

/// Every kind of bad input by its name and its place; nothing is planned.
#[test]
fn bad_input_is_named_with_its_place() {
    let manifest = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n";
    let json = "[[manifest]]\nkind = \"npm\"\npath = \"package.json\"\n";
    let cargo = "[[manifest]]\nkind = \"cargo\"\npath = \"Cargo.toml\"\n";
    let yaml = "[[file]]\npath = \"f\"\nyaml = \"a.version\"\n";
    let pattern = "[[file]]\npath = \"f\"\npattern = \"^v{version}$\"\n";
    let mut said = String::new();
    for (table, files) in [
        (
            cargo,
            vec![("Cargo.toml", "[package]\nname = \"a\nversion = \"1.0.0\"\n")],
        ),
        (
            cargo,
            vec![(
                "Cargo.toml",
                "[package]\nname = \"a\"\nversion.workspace = true\n",
            )],
        ),
        (
            cargo,
            vec![("Cargo.toml", "[package]\nname = \"a\"\nversion = \"1.0\"\n")],
        ),
        (
            cargo,
            vec![("Cargo.toml", "[workspace]\nmembers = [\"gone\"]\n")],
        ),
        (
            cargo,
            vec![
                ("Cargo.toml", manifest),
                (
                    "Cargo.lock",
                    "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1\n",
                ),
            ],
        ),
        (
            cargo,
            vec![("Cargo.toml", manifest), ("Cargo.lock", "version = 4\n")],
        ),
        (cargo, Vec::new()),
        (
            json,
            vec![(
                "package.json",
                "{\n  \"name\": \"a\",\n  \"version\" \"1.0.0\"\n}\n",
            )],
        ),
        (
            json,
            vec![(
                "package.json",
                "{\n  \"name\": \"a\",\n  \"version\": 1\n}\n",
            )],
        ),
        (yaml, vec![("f", "a:\n  version: \"1.0.0\n")]),
        (yaml, vec![("f", "a:\n  b: 1.0.0\n")]),
        (pattern, vec![("f", "v1.0.0\nv1.0.0\n")]),
        (pattern, vec![("f", "1.0.0\n")]),
    ] {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        let files: BTreeMap<_, _> = files.collect();
        let version = "2.0.0".parse().unwrap();
        let planned = policy(table).plan_version_edit(&files, &Scheme::semver(), None, &version);
        said.push_str(&format!("{}\n", planned.unwrap_err()));
    }
    insta::assert_snapshot!(said, @r#"
    Cargo.toml:2:10: invalid TOML: invalid basic string, expected `"`
    Cargo.toml:3:21: the version of `a` is inherited, and no workspace defines it
    Cargo.toml:3:12: invalid version `1.0`: unexpected end of input while parsing minor version number
    Cargo.toml: workspace member `gone` has no `Cargo.toml`
    Cargo.lock:5:13: invalid TOML: invalid basic string, expected `"`
    Cargo.lock:1:1: 0 entries for package `a`, expected one
    Cargo.toml: no such file
    package.json:3:13: invalid JSON: Expected colon after the string or word in object property
    package.json:3:14: `version` must be a text on one line
    f:2:12: invalid YAML: Unterminated quoted string
    f: no `a.version`
    f: pattern `v{version}` matches 2 times, expected 1
    f: pattern `v{version}` matches 0 times, expected 1
    "#);
}
