//! Cargo: which bytes change, in every form a version takes.

use std::collections::BTreeMap;

use promenade_manifest::{Cargo, Dependents, PackageSelection, PlanEditError, VersionEdit};

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn files(list: &[(&str, &str)]) -> Files {
    list.iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
        .collect()
}

fn plan(files: &Files, name: Option<&str>, version: &str) -> Result<VersionEdit, PlanEditError> {
    let cargo = Cargo::read(files, &["Cargo.toml"])?;
    let selection = name.map_or(PackageSelection::Shared, PackageSelection::one);
    cargo.plan_version_edit(&selection, &version.parse().unwrap(), Dependents::Follow)
}

pub(crate) fn apply(files: &Files, edit: &VersionEdit) -> Files {
    let mut after = files.clone();
    for file in edit.files() {
        assert_eq!(after[file.path()], file.before());
        after.insert(file.path().to_owned(), file.after());
    }
    after
}

/// Returns the lines that changed, as `file: line`.
#[track_caller]
fn changed_lines(files: &Files, name: Option<&str>, version: &str) -> String {
    let edit = plan(files, name, version).unwrap();
    let after = apply(files, &edit);
    let mut lines = String::new();
    for (path, before) in files {
        let before = String::from_utf8(before.clone()).unwrap();
        let now = String::from_utf8(after[path].clone()).unwrap();
        assert_eq!(before.lines().count(), now.lines().count());
        for (old, new) in before.split('\n').zip(now.split('\n')) {
            if old != new {
                lines.push_str(&format!("{path}: {new}\n"));
            }
        }
    }
    assert!(
        Cargo::read(&after, &["Cargo.toml"])
            .unwrap()
            .check()
            .unwrap()
            .is_empty()
    );
    let again = plan(&after, name, version).unwrap();
    assert!(
        again.is_empty(),
        "an edit made twice is made once: {again:?}"
    );
    lines
}

fn workspace() -> Files {
    files(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/old\"]\n\n\
             [workspace.package]\nversion = \"1.2.0\"  # the one version\n\n\
             [workspace.dependencies]\na = { version = \"=1.2.0\", path = \"crates/a\" }\n\
             b-renamed = { package = \"b\", path = 'crates/b', version = '^ 1.2' }\nserde = \"1.2.0\"\n",
        ),
        (
            "crates/a/Cargo.toml",
            "[package]\nname = \"a\"\nversion.workspace = true\n",
        ),
        (
            "crates/b/Cargo.toml",
            "[package]\nname = \"b\"\nversion = { workspace = true }\n\n[dependencies]\n\
             a.workspace = true\n\n[target.'cfg(unix)'.build-dependencies.a]\npath = \"../a\"\n\
             version = \">=1.2.0, <1.3\" # bounds\n\n[dev-dependencies]\n\
             c = { path = \"../c\", version = \"~0.3.1\" }\n",
        ),
        (
            "crates/c/Cargo.toml",
            "[package]\nname = \"c\"\nversion = \"0.3.1\"\n\n[dependencies]\n\
             b = { path = \"../b\", version = \"1.*\" }\na = { path = \"../a\" }\n",
        ),
        (
            "crates/old/Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"0.0.1\"\n",
        ),
        (
            "Cargo.lock",
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n\
             source = \"registry+https://example.org/index\"\nchecksum = \"00\"\n\n\
             [[package]]\nname = \"a\"\nversion = \"1.2.0\"\n\n\
             [[package]]\nname = \"b\"\nversion = \"1.2.0\"\ndependencies = [\n \"a 1.2.0\",\n \"c\",\n]\n\n\
             [[package]]\nname = \"c\"\nversion = \"0.3.1\"\ndependencies = [\n \"a 0.1.0\",\n \"b\",\n]\n",
        ),
    ])
}

#[test]
fn a_shared_version_moves_with_every_requirement_and_lock_entry() {
    insta::assert_snapshot!(changed_lines(&workspace(), None, "1.3.0"), @r#"
    Cargo.lock: version = "1.3.0"
    Cargo.lock: version = "1.3.0"
    Cargo.lock:  "a 1.3.0",
    Cargo.toml: version = "1.3.0"  # the one version
    Cargo.toml: a = { version = "=1.3.0", path = "crates/a" }
    Cargo.toml: b-renamed = { package = "b", path = 'crates/b', version = '^ 1.3' }
    crates/b/Cargo.toml: version = ">=1.2.0, <1.4" # bounds
    "#);
}

#[test]
fn a_package_of_its_own_moves_alone() {
    insta::assert_snapshot!(changed_lines(&workspace(), Some("c"), "0.3.2"), @r#"
    Cargo.lock: version = "0.3.2"
    crates/b/Cargo.toml: c = { path = "../c", version = "~0.3.2" }
    crates/c/Cargo.toml: version = "0.3.2"
    "#);
}

#[test]
fn a_package_that_inherits_takes_the_others_along() {
    let edit = plan(&workspace(), Some("a"), "1.3.0").unwrap();
    let names: Vec<_> = edit.changes().iter().map(|c| c.subject.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn no_edit_no_byte() {
    assert!(plan(&workspace(), None, "1.2.0").unwrap().is_empty());
}

#[test]
fn byte_order_mark_crlf_and_a_missing_final_newline_survive() {
    let before = "\u{feff}[package]\r\nname = \"x\"\r\n# odd\r\nversion   =   '1.0.0'\t# kept";
    let edit = plan(&files(&[("Cargo.toml", before)]), None, "2.0.0-rc.1").unwrap();
    assert_eq!(
        String::from_utf8(edit.files()[0].after()).unwrap(),
        before.replace("1.0.0", "2.0.0-rc.1")
    );
}

#[test]
fn a_stale_lock_is_found_with_its_line_and_mended_by_the_next_edit() {
    let mut files = workspace();
    let lock = String::from_utf8(files["Cargo.lock"].clone()).unwrap();
    let stale = lock
        .replace("\"1.2.0\"", "\"1.1.0\"")
        .replace("a 1.2.0", "a 1.1.0");
    files.insert("Cargo.lock".to_owned(), stale.into_bytes());
    let found = Cargo::read(&files, &["Cargo.toml"])
        .unwrap()
        .check()
        .unwrap();
    insta::assert_snapshot!(found.iter().map(|m| format!("{m}\n")).collect::<String>(), @r"
    Cargo.lock:11:12: `1.1.0` for `a`, expected `1.2.0`
    Cargo.lock:15:12: `1.1.0` for `b`, expected `1.2.0`
    ");
    let edit = plan(&files, None, "1.2.0").unwrap();
    assert_eq!(apply(&files, &edit), workspace());
}

#[test]
fn lock_entries_are_put_where_cargo_would_put_them() {
    // Above the registry's 1.3.0 the entry comes second; at 1.3.0 only the source tells them apart.
    let files = files(&[
        (
            "Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"1.2.0\"\n\n[dependencies]\nd = \"1\"\n",
        ),
        (
            "Cargo.lock",
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.0\"\ndependencies = [\n \"d\",\n]\n\n\
             [[package]]\nname = \"a\"\nversion = \"1.3.0\"\nsource = \"registry+r\"\nchecksum = \"00\"\n\n\
             [[package]]\nname = \"d\"\nversion = \"1.0.0\"\nsource = \"registry+r\"\nchecksum = \"00\"\n\
             dependencies = [\n \"a 1.3.0\",\n]\n",
        ),
    ]);
    let lock = |version: &str| {
        let edit = plan(&files, None, version).unwrap();
        String::from_utf8(apply(&files, &edit)["Cargo.lock"].clone()).unwrap()
    };
    insta::assert_snapshot!(lock("1.10.0"), @r#"
    version = 4

    [[package]]
    name = "a"
    version = "1.3.0"
    source = "registry+r"
    checksum = "00"

    [[package]]
    name = "a"
    version = "1.10.0"
    dependencies = [
     "d",
    ]

    [[package]]
    name = "d"
    version = "1.0.0"
    source = "registry+r"
    checksum = "00"
    dependencies = [
     "a 1.3.0",
    ]
    "#);
    assert!(lock("1.3.0").contains(" \"a 1.3.0 (registry+r)\",\n"));
}
