//! The laws of version edits, as one function over bytes: what the fuzzer runs, and what the tests
//! replay over the seeds.

use std::collections::BTreeMap;

use promenade_manifest::definitions::{DefinitionPolicy, Definitions, Pin};
use promenade_manifest::{
    Cargo, Dependents, FileEdit, FilePolicy, ManifestKind, ManifestPolicy, PackageSelection, Place,
    VersionEdit, VersionFiles,
};
use promenade_version::Scheme;

type Files = BTreeMap<String, Vec<u8>>;

/// The version that every edit sets.
const VERSION: &str = "7.8.9";

/// The manifest beside a lock file, and the one beside a `package-lock.json`.
const CARGO: &str = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n";
const NPM: &str = "{\n  \"name\": \"a\",\n  \"version\": \"1.0.0\"\n}\n";

/// Asserts every law over one input, read as each kind of file in turn.
///
/// An edit changes nothing but the ranges that it announces; what it made says the version; the
/// same edit again changes no byte; and what it made is as consistent as what was there.
///
/// Returns how many of the readings gave an edit.
///
/// # Panics
/// If a law does not hold.
pub(crate) fn manifest(data: &[u8]) -> usize {
    let mut edited = 0;
    let file = |name: &str| Files::from([(name.to_owned(), data.to_vec())]);
    edited += cargo(&file("Cargo.toml"));
    let mut locked = file("Cargo.lock");
    locked.insert("Cargo.toml".to_owned(), CARGO.into());
    edited += cargo(&locked);
    edited += npm(file("package.json"));
    let mut locked = file("package-lock.json");
    locked.insert("package.json".to_owned(), NPM.into());
    edited += npm(locked);
    for (place, form) in places() {
        if let Ok(policy) = FilePolicy::new("f", place, form.parse().expect("a form")) {
            edited += files(
                &file("f"),
                &VersionFiles::new(Vec::new(), vec![policy]).expect("one file"),
            );
        }
    }
    for times in [1, 2] {
        let policy = FilePolicy::pattern("f", "^v = {version}", times).expect("a pattern");
        edited += files(
            &file("f"),
            &VersionFiles::new(Vec::new(), vec![policy]).expect("one file"),
        );
    }
    edited += definitions(&file("service/f.yaml"));
    edited
}

fn places() -> Vec<(Place, &'static str)> {
    let path = || "a.version".parse().expect("a path");
    vec![
        (Place::Whole, "{version}"),
        (Place::Whole, "v{version}"),
        (Place::Yaml(path()), "{version}"),
        (Place::Json(path()), "{version}"),
        (Place::Toml(path()), "{version}"),
        (Place::OpenApi, "{version}"),
        (Place::Env("VERSION".to_owned()), "{version}"),
    ]
}

/// Asserts that an edit is a splice, and returns the files after it.
fn apply(before: &Files, edit: &VersionEdit) -> Files {
    let mut after = before.clone();
    for file in edit.files() {
        assert_eq!(file.before(), before[file.path()], "{}", file.path());
        splice(file);
        after.insert(file.path().to_owned(), file.after());
    }
    after
}

/// Puts the old bytes back into what an edit made.
fn splice(edit: &FileEdit) {
    let after = edit.after();
    let (mut restored, mut from, mut shift) = (Vec::new(), 0, 0_isize);
    for change in edit.edits() {
        let range = change.range();
        let start = range.start.checked_add_signed(shift).expect("in the file");
        let end = start + change.text().len();
        assert_eq!(&after[start..end], change.text().as_bytes());
        restored.extend_from_slice(&after[from..start]);
        restored.extend_from_slice(&edit.before()[range.clone()]);
        from = end;
        shift += change.text().len() as isize - range.len() as isize;
    }
    restored.extend_from_slice(&after[from..]);
    assert_eq!(restored, edit.before());
}

fn cargo(files: &Files) -> usize {
    let version = VERSION.parse().expect("a version");
    let plan = |files: &Files| {
        let cargo = Cargo::read(files, &["Cargo.toml"]).ok()?;
        let edit = cargo.plan_version_edit(&PackageSelection::Shared, &version, Dependents::Follow);
        let package = cargo
            .packages()
            .next()
            .map(|package| package.version().cloned());
        Some((
            edit.ok()?,
            package,
            cargo.check().is_ok_and(|found| found.is_empty()),
        ))
    };
    let Some((edit, _, agreed)) = plan(files) else {
        return 0;
    };
    let after = apply(files, &edit);
    let (again, found, agrees) = plan(&after).expect("what an edit made can be edited");
    assert!(again.is_empty(), "edited twice: {again:?}");
    if !edit.is_empty() {
        assert_eq!(found.flatten().as_ref(), Some(&version));
    }
    assert!(agrees || !agreed, "an edit made places disagree");
    usize::from(!edit.is_empty())
}

fn npm(before: Files) -> usize {
    let policy = ManifestPolicy::new(ManifestKind::Npm, "package.json").expect("a path");
    files(
        &before,
        &VersionFiles::new(vec![policy], Vec::new()).expect("one manifest"),
    )
}

fn files(before: &Files, policy: &VersionFiles) -> usize {
    let (scheme, version) = (Scheme::semver(), VERSION.parse().expect("a version"));
    let plan = |files: &Files| policy.plan_version_edit(files, &scheme, None, &version);
    let Ok(edit) = plan(before) else {
        return 0;
    };
    let after = apply(before, &edit);
    assert!(
        plan(&after)
            .expect("what an edit made can be edited")
            .is_empty()
    );
    for place in policy
        .named(&after, &scheme)
        .expect("what an edit made can be read")
    {
        assert_eq!(place.version, Some(version.clone()), "{place:?}");
    }
    usize::from(!edit.is_empty())
}

fn definitions(files: &Files) -> usize {
    let policy = DefinitionPolicy::kayron();
    let pin: Pin = "v7.8.9".parse().expect("a pin");
    let Ok(read) = Definitions::read(files, &policy) else {
        return 0;
    };
    let _ = read.lint(None);
    let mut edited = 0;
    for entry in read.entries() {
        let Ok(edit) = read.set(entry.name(), &pin) else {
            continue;
        };
        splice(&edit);
        // The pin, and the name of the strategy if that changes.
        assert!(edit.edits().len() <= 2, "more than two places: {edit:?}");
        let mut after = files.clone();
        after.insert(edit.path().to_owned(), edit.after());
        let again = Definitions::read(&after, &policy).expect("what an edit made can be read");
        let again = again.set(entry.name(), &pin).expect("set again");
        assert!(again.edits().is_empty(), "set twice: {again:?}");
        edited += edit.edits().len();
    }
    edited
}
