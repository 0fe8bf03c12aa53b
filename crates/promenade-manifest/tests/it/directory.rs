//! Directories: links that lead out, files that changed in between, diffs that git applies.

use std::fs;
use std::process::Command;

use promenade_manifest::fs::{Directory, WriteFilesError};
use promenade_manifest::{
    Cargo, Dependents, EditList, FileEdit, FileTree, PackageSelection, TextEdit,
};
use proptest::prelude::*;

use crate::cargo_edit::{Files, files};

fn on_disk(files: &Files) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

fn package() -> Files {
    files(&[(
        "Cargo.toml",
        "[workspace]\nmembers = [\"m/*\"]\n[package]\nname = \"x\"\nversion = \"1.0.0\"\n",
    )])
}

fn edit(tree: &impl FileTree) -> Vec<FileEdit> {
    let cargo = Cargo::read(tree, &["Cargo.toml"]).unwrap();
    let version = "1.1.0".parse().unwrap();
    let edit = cargo.plan_version_edit(&PackageSelection::Shared, &version, Dependents::Follow);
    edit.unwrap().files().to_vec()
}

#[test]
fn a_directory_reads_and_writes_as_the_map_does() {
    let files = package();
    let dir = on_disk(&files);
    let tree = Directory::open(dir.path()).unwrap();
    let edits = edit(&tree);
    assert_eq!(edits, edit(&files));
    tree.write(&edits).unwrap();
    assert_eq!(
        fs::read(dir.path().join("Cargo.toml")).unwrap(),
        edits[0].after()
    );
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "no file is left behind"
    );
}

#[test]
fn a_file_that_changed_in_between_is_not_written() {
    let mut files = package();
    files.insert("VERSION".to_owned(), b"1.0.0\n".to_vec());
    let dir = on_disk(&files);
    let tree = Directory::open(dir.path()).unwrap();
    let version = FileEdit::new(
        "VERSION",
        b"1.0.0\n".to_vec(),
        vec![TextEdit::new(0..5, "1.1.0")],
    );
    let edits = [edit(&tree), vec![version.unwrap()]].concat();
    fs::write(dir.path().join("VERSION"), "1.0.1\n").unwrap();
    let error = tree.write(&edits).unwrap_err();
    assert!(
        matches!(&error, WriteFilesError::Changed { path } if path == "VERSION"),
        "{error}"
    );
    assert_eq!(
        fs::read(dir.path().join("Cargo.toml")).unwrap(),
        files["Cargo.toml"]
    );
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_out_of_the_directory_is_refused_and_nothing_written() {
    use std::os::unix::fs::symlink;
    let outside = on_disk(&files(&[(
        "Cargo.toml",
        "[package]\nname = \"m\"\nversion = \"1.0.0\"\n",
    )]));
    let dir = on_disk(&package());
    fs::create_dir_all(dir.path().join("m/a")).unwrap();
    symlink(
        outside.path().join("Cargo.toml"),
        dir.path().join("m/a/Cargo.toml"),
    )
    .unwrap();
    let tree = Directory::open(dir.path()).unwrap();
    let error = Cargo::read(&tree, &["Cargo.toml"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "m/a/Cargo.toml: cannot be read: a symbolic link leads out of the directory"
    );
    // One that stays inside is followed, and stays a link.
    fs::remove_file(dir.path().join("m/a/Cargo.toml")).unwrap();
    fs::rename(dir.path().join("Cargo.toml"), dir.path().join("real.toml")).unwrap();
    symlink("real.toml", dir.path().join("Cargo.toml")).unwrap();
    tree.write(&edit(&tree)).unwrap();
    assert!(dir.path().join("Cargo.toml").is_symlink());
    assert!(
        fs::read_to_string(dir.path().join("real.toml"))
            .unwrap()
            .contains("1.1.0")
    );
    assert!(tree.read("../x").is_err());
    assert!(Directory::open(dir.path().join("real.toml")).is_err());
}

/// A text of short lines with all kinds of line ends, and edits of it.
fn edited() -> impl Strategy<Value = (String, Vec<TextEdit>)> {
    let line = prop_oneof![
        Just("a\n"),
        Just("bb\r\n"),
        Just("\n"),
        Just("c c\n"),
        Just("dd")
    ];
    let text = proptest::collection::vec(line, 0..30).prop_map(|lines| lines.concat());
    (
        text,
        proptest::collection::vec((0..200_usize, 0..4_usize, "[x\n]{0,3}"), 0..6),
    )
        .prop_map(|(text, edits)| {
            let mut end = 0;
            let mut made = Vec::new();
            let mut edits = edits;
            edits.sort();
            for (start, length, new) in edits {
                let start = start % (text.len() + 1);
                let stop = (start + length).min(text.len());
                if start >= end && (made.is_empty() || start > end) {
                    made.push(TextEdit::new(start..stop, new));
                    end = stop;
                }
            }
            (text, made)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(testkit::scale(24, 500) as u32))]

    /// git is the judge: it applies the diff to the old bytes and gets the new ones.
    #[test]
    fn git_applies_the_diff((text, edits) in edited()) {
        let Some(git) = testkit::program("git") else { return Ok(()) };
        let edit = FileEdit::new("f", text.clone().into_bytes(), edits).unwrap();
        let dir = on_disk(&files(&[("f", &text)]));
        let diff = edit.diff();
        prop_assert_eq!(diff.is_empty(), edit.edits().is_empty());
        if text.is_empty() || edit.after().is_empty() || diff.is_empty() {
            // git wants to create or delete the file there, which an edit never does.
            return Ok(());
        }
        fs::write(dir.path().join("d"), &diff).unwrap();
        let output = Command::new(git)
            .args(["apply", "--whitespace=nowarn", "--unidiff-zero", "d"])
            .current_dir(dir.path())
            .env("GIT_CEILING_DIRECTORIES", dir.path())
            .output()
            .unwrap();
        prop_assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&diff));
        prop_assert_eq!(fs::read(dir.path().join("f")).unwrap(), edit.after());
    }

    /// The bytes outside an edit are untouched, whatever the edit.
    #[test]
    fn bytes_outside_an_edit_are_untouched((text, edits) in edited()) {
        let list = EditList::new(text.as_bytes(), edits).unwrap();
        let after = list.apply(text.as_bytes());
        let (mut old, mut new) = (0, 0);
        for edit in &list {
            let kept = edit.range().start - old;
            prop_assert_eq!(&text.as_bytes()[old..old + kept], &after[new..new + kept]);
            old = edit.range().end;
            new += kept + edit.text().len();
        }
        prop_assert_eq!(&text.as_bytes()[old..], &after[new..]);
    }
}

#[test]
fn edits_that_overlap_are_refused() {
    let edits = |ranges: &[std::ops::Range<usize>]| {
        let edits = ranges
            .iter()
            .map(|range| TextEdit::new(range.clone(), "x"))
            .collect();
        EditList::new(b"0123456789", edits)
    };
    assert!(edits(&[0..3, 2..4]).is_err());
    assert!(edits(&[0..1, 8..11]).is_err());
    assert!(edits(&[3..3, 3..5]).is_err());
    assert_eq!(edits(&[5..6, 0..3, 3..5]).unwrap().len(), 3);
    assert_eq!(edits(&[0..1, 0..1]).unwrap().len(), 1);
}
