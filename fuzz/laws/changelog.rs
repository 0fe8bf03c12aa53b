//! The laws of changelog editing, as one function over bytes: what the fuzzer runs, and what the
//! tests replay over the seeds.

use promenade_changelog::{
    CandidateFixes, Changelog, ChangelogPolicy, Cut, Deprecation, EditChangelogError,
    EditChangelogErrorKind, Edits, SectionKind, merge,
};

/// Asserts every law over one document.
///
/// No edit gives the same bytes; an edit changes bytes inside its ranges only; undo gives the
/// document back; doing it twice is doing it once; a version that is cut stands above every release
/// and is read back with every entry; a merge with an unchanged side is the other side.
///
/// # Panics
/// If a law does not hold.
pub(crate) fn changelog(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(Changelog::from_bytes(data).is_err());
        return;
    };
    let changelog = Changelog::parse(text);
    assert_eq!(Edits::none().apply(text).as_deref(), Ok(text));
    covers(&changelog);
    let policy = ChangelogPolicy::default();
    let date = "2030-01-02".parse().expect("a date");
    let cut = Cut::new("99.0.0", date);
    // A version that is cut already is left as it is.
    if let Some(after) = law(text, "cut", |c| c.cut(&cut, &policy)).filter(|after| after != text) {
        is_cut(&changelog, &after);
    }
    if let Some(after) = law(text, "add", |c| {
        c.add(Some("Fixed"), "New\nentry.", &policy)
    }) {
        let read = Changelog::parse(&after);
        let section = read.unreleased().expect("it was added to");
        let mut entries = read.entries(section);
        assert!(
            entries.any(|entry| entry.text().split_whitespace().eq(["New", "entry."])),
            "{text:?}\n{after:?}"
        );
    }
    law(text, "add", |c| c.add(None, "New entry.", &policy));
    let unreleased = changelog.unreleased();
    let first = unreleased.and_then(|section| changelog.entries(section).next());
    if let Some(entry) = first {
        law(text, "reword", |c| {
            c.reword(None, entry.text(), "Other\nwords.")
        });
    }
    law(text, "open", |c| c.open(&policy));
    law(text, "relink", |c| c.relink(&policy, |_| None));
    let mut versions: Vec<_> = changelog
        .sections()
        .iter()
        .filter_map(|s| s.version())
        .collect();
    versions.dedup();
    versions.truncate(3);
    for version in versions {
        let deprecation = Deprecation::new("It is broken.").replacement("1.2.4");
        law(text, "yank", |c| c.yank(version));
        law(text, "unyank", |c| c.unyank(version));
        law(text, "deprecate", |c| c.deprecate(version, &deprecation));
        law(text, "note", |c| c.note(version, "It was rolled back."));
        law(text, "rename", |c| c.rename(version, "98.0.0"));
        law(text, "fold", |c| {
            Ok(c.fold(version, &CandidateFixes::Keep, &policy)?.edits)
        });
        let _ = changelog.notes(version);
    }
    assert_eq!(merge(text, text, "- x\n").text(), "- x\n");
    assert_eq!(merge(text, "- x\n", text).text(), "- x\n");
    assert_eq!(merge("- x\n", text, text).text(), text);
}

/// Blocks are sorted, disjoint, and between them is nothing but white space.
fn covers(changelog: &Changelog<'_>) {
    let text = changelog.text();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    for block in changelog.blocks() {
        let range = block.range();
        assert!(
            text[at..range.start]
                .trim_matches([' ', '\t', '\r', '\n'])
                .is_empty(),
            "{text:?}"
        );
        assert!(range.start < range.end);
        at = range.end;
    }
    assert!(
        text[at..].trim_matches([' ', '\t', '\r', '\n']).is_empty(),
        "{text:?}"
    );
}

/// Does an edit, and asserts what holds for every edit.
fn law(
    text: &str,
    name: &str,
    edit: impl Fn(&Changelog<'_>) -> Result<Edits, EditChangelogError>,
) -> Option<String> {
    let edits = edit(&Changelog::parse(text)).ok()?;
    let after = edits.apply(text).expect("edits fit their own text");
    let (mut at, mut rest) = (0, after.as_str());
    for edit in &edits {
        assert!(edit.range().start >= at, "{name}: sorted and disjoint");
        let kept = &text[at..edit.range().start];
        rest = rest
            .strip_prefix(kept)
            .expect("bytes before an edit are untouched");
        rest = rest
            .strip_prefix(edit.text())
            .expect("the edit's own text stands there");
        at = edit.range().end;
    }
    assert_eq!(rest, &text[at..], "bytes after the edits are untouched");
    let undo = edits.invert(text).expect("edits fit their own text");
    assert_eq!(undo.apply(&after).as_deref(), Ok(text), "{name}: undo");
    match edit(&Changelog::parse(&after)) {
        Ok(again) => assert_eq!(
            again.apply(&after).as_deref(),
            Ok(after.as_str()),
            "{name} twice of {text:?}"
        ),
        // A second unreleased section, with content of its own, is not silently left out.
        Err(error) => assert!(
            name == "cut" && matches!(error.kind(), EditChangelogErrorKind::VersionExists { .. }),
            "{name} twice of {text:?}: {error}"
        ),
    }
    Some(after)
}

/// The new section is read back above every release, and holds every entry of Unreleased.
fn is_cut(before: &Changelog<'_>, text: &str) {
    let after = Changelog::parse(text);
    let section = after.section("99.0.0").unwrap_or_else(|error| {
        panic!("{error}: {:?}\n{text:?}", before.text());
    });
    assert_eq!(
        section.kind(),
        SectionKind::Release,
        "{:?}\n{text:?}",
        before.text()
    );
    let newest = after.releases().next().expect("one was cut");
    assert_eq!(
        newest.version(),
        Some("99.0.0"),
        "{:?}\n{text:?}",
        before.text()
    );
    let unreleased = before.unreleased().expect("it was cut");
    // A definition of Unreleased inside an entry is pointed at the new tag, as anywhere.
    if before
        .entries(unreleased)
        .any(|entry| entry.text().contains("]:"))
    {
        return;
    }
    let old: Vec<_> = before
        .entries(unreleased)
        .map(|entry| entry.text())
        .collect();
    let new: Vec<_> = after.entries(section).map(|entry| entry.text()).collect();
    assert_eq!(old, new, "{:?}\n{text:?}", before.text());
}
