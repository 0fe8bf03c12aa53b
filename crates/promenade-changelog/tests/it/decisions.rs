//! Edits, cuts and merges at their edges: each test stands where one comparison decides.

use chrono::NaiveDate;
use promenade_changelog::{
    Changelog, ChangelogPolicy, Compare, CompareBase, Cut, DateStyle, Dialect, DialectPolicy,
    EditChangelogError, Edits, LinkStyle, SectionKind, TextEdit, merge,
};

fn day() -> NaiveDate {
    "2024-05-06".parse().unwrap()
}

/// Cuts under a policy.
fn cut_under(
    policy: &ChangelogPolicy,
    text: &str,
    version: &str,
) -> Result<String, EditChangelogError> {
    let edits = Changelog::parse(text).cut(&Cut::new(version, day()), policy)?;
    Ok(edits.apply(text).unwrap())
}

#[track_caller]
fn cut(text: &str, version: &str, after: &str) {
    let found = cut_under(&ChangelogPolicy::default(), text, version).unwrap();
    assert_eq!(found, after);
}

#[track_caller]
fn refused(text: &str, version: &str) -> String {
    let found = cut_under(&ChangelogPolicy::default(), text, version);
    found.unwrap_err().to_string()
}

#[test]
fn edits_that_overlap_are_refused_and_those_that_touch_are_one() {
    let overlap = Edits::new([TextEdit::replace(3..7, "b"), TextEdit::replace(0..5, "a")]);
    assert_eq!(
        overlap.unwrap_err().to_string(),
        "edits of bytes 0..5 and 3..7 overlap"
    );
    let touching = Edits::new([TextEdit::replace(2..4, "b"), TextEdit::replace(0..2, "a")]);
    let touching = touching.unwrap();
    assert_eq!(touching, Edits::one(TextEdit::replace(0..4, "ab")));
    assert_eq!((touching.len(), touching.is_empty()), (1, false));
    let apart = Edits::new([TextEdit::replace(3..4, "b"), TextEdit::replace(0..2, "a")]);
    assert_eq!(apart.unwrap().len(), 2);
    let nothing = Edits::new([TextEdit::insert(1, ""), TextEdit::delete(2..2)]).unwrap();
    assert_eq!((nothing.len(), nothing.is_empty()), (0, true));
    assert_eq!(nothing, Edits::none());
}

#[test]
fn a_version_that_is_cut_is_cut_once_and_never_on_top_of_itself() {
    let cut_already = "## Unreleased\n\n## 1.1.0 - 2024-05-06\n\n- a\n\n## 1.0.0 - 2024-01-02\n";
    cut(cut_already, "1.1.0", cut_already);
    let without = "## 1.1.0 - 2024-05-06\n\n- a\n";
    cut(without, "1.1.0", without);
    let undated = "## Unreleased\n\n## 1.1.0\n\n- a\n";
    cut(undated, "1.1.0", undated);
    // Something new, or another day: it is another version than the one that was asked for.
    for other in [
        "## Unreleased\n\n- b\n\n## 1.1.0 - 2024-05-06\n\n- a\n",
        "## Unreleased\n\n## 1.1.0 - 2024-05-05\n\n- a\n",
        "## Unreleased\n\n- b\n\n## 1.1.0 - 2024-05-05\n\n- a\n",
    ] {
        let error = refused(other, "1.1.0");
        assert!(error.contains("`1.1.0` has a section already"), "{error}");
    }
}

#[test]
fn a_section_that_waits_for_its_date_is_cut_in_place() {
    cut(
        "## 1.1.0 (unreleased)\n\n- b\n\n## 1.0.0 (2024-01-02)\n\n- a\n",
        "1.1.0",
        "## 1.1.0 (2024-05-06)\n\n- b\n\n## 1.0.0 (2024-01-02)\n\n- a\n",
    );
    cut(
        "## XXXX\n\n- b\n\n## 1.0.0 - 2024-01-02\n\n- a\n",
        "1.1.0",
        "## 1.1.0 - 2024-05-06\n\n- b\n\n## 1.0.0 - 2024-01-02\n\n- a\n",
    );
    // Where releases have no date, the one that is cut has none, and the words around it stay.
    cut(
        "## Version X.Y.Z of the tool\n\n- b\n\n## 1.0.0\n\n- a\n",
        "1.1.0",
        "## Version 1.1.0 of the tool\n\n- b\n\n## 1.0.0\n\n- a\n",
    );
}

#[test]
fn a_cut_stands_at_the_level_of_the_releases() {
    cut(
        "### Unreleased\n\n- b\n\n## 1.0.0 - 2024-01-02\n\n- a\n",
        "1.1.0",
        "### Unreleased\n\n## 1.1.0 - 2024-05-06\n\n- b\n\n## 1.0.0 - 2024-01-02\n\n- a\n",
    );
}

fn comparing(base: CompareBase) -> ChangelogPolicy {
    let url = "https://x/compare/{previous_tag}...{tag}?of={version}";
    let url = serde_json::from_value(serde_json::json!(url)).unwrap();
    let mut policy = ChangelogPolicy::default();
    policy.compare = Some(Compare { url, base });
    policy.dialect.links = Some(LinkStyle::Definition);
    policy
}

/// Versions of two numbers are ordered by number too.
#[test]
fn a_version_is_compared_with_the_highest_stable_one_below_it() {
    let text = "## [Unreleased]\n\n- n\n\n## [0.11-rc1] - 2024-04-01\n\n## [0.9] - 2024-03-01\n\n\
                ## [0.10] - 2024-02-01\n\n## [0.12] - 2024-01-05\n\n## [0.8] - 2024-01-02\n";
    let found = cut_under(&comparing(CompareBase::PreviousStable), text, "0.11").unwrap();
    assert!(
        found.contains("\n[0.11]: https://x/compare/v0.10...v0.11?of=0.11\n"),
        "{found}"
    );
    let found = cut_under(&comparing(CompareBase::PreviousAny), text, "0.11").unwrap();
    assert!(
        found.contains("\n[0.11]: https://x/compare/v0.11-rc1...v0.11?of=0.11\n"),
        "{found}"
    );
}

#[test]
fn versions_that_are_compared_keep_an_unreleased_to_compare() {
    let policy = comparing(CompareBase::PreviousAny);
    let found = cut_under(&policy, "## [Unreleased]\n\n- b\n", "1.1.0").unwrap();
    assert!(
        found.starts_with("## [Unreleased]\n\n## [1.1.0] - 2024-05-06\n"),
        "{found}"
    );
    // A place to be filled is filled.
    let found = cut_under(&policy, "## [XXXX]\n\n- b\n", "1.1.0").unwrap();
    assert!(found.starts_with("## [1.1.0] - 2024-05-06\n"), "{found}");
}

#[track_caller]
fn check(base: &str, ours: &str, theirs: &str, expected: &str) {
    let merged = merge(base, ours, theirs);
    assert_eq!((merged.text(), merged.conflicts()), (expected, 0));
}

/// Whichever side goes first, the merge is the same.
#[track_caller]
fn either(base: &str, one: &str, other: &str, expected: &str) {
    check(base, one, other, expected);
    check(base, other, one, expected);
}

#[test]
fn what_one_side_deleted_and_the_other_left_alone_is_gone() {
    either(
        "## Unreleased\n\n- gone\n- kept\n\n## 1.0.0\n\n- x\n",
        "## Unreleased\n\n- kept\n\n## 1.0.0\n\n- x\n",
        "## Unreleased\n\n- gone\n- kept\n\n## 1.0.0\n\n- x\n- y\n",
        "## Unreleased\n\n- kept\n\n## 1.0.0\n\n- x\n- y\n",
    );
    // A link definition too.
    either(
        "- x\n\n[a]: https://x/1\n[b]: https://x/2\n",
        "- x\n\n[b]: https://x/2\n",
        "- x\n- y\n\n[a]: https://x/1\n[b]: https://x/2\n",
        "- x\n- y\n\n[b]: https://x/2\n",
    );
}

#[test]
fn the_same_correction_on_both_sides_is_no_conflict() {
    either(
        "## Unreleased\n\n- the quick brwn fox\n- kept\n",
        "## Unreleased\n\n- the quick brown fox\n- kept\n- ours\n",
        "## Unreleased\n\n- the quick brown fox\n- kept\n",
        "## Unreleased\n\n- the quick brown fox\n- kept\n- ours\n",
    );
}

const MOVABLE: &str = "## Unreleased\n\n### Added\n\n- one two three\n- a\n\n### Changed\n\n- c\n\n### Fixed\n\n- f\n";

#[test]
fn an_entry_goes_where_one_side_moved_it() {
    let moved = "## Unreleased\n\n### Added\n\n- a\n\n### Changed\n\n- c\n\n### Fixed\n\n- one two three\n- f\n";
    let other = "## Unreleased\n\n### Added\n\n- one two three\n- a\n- b\n\n### Changed\n\n- c\n\n### Fixed\n\n- f\n";
    let merged = merge(MOVABLE, moved, other);
    assert_eq!(
        (merged.text(), merged.conflicts()),
        (
            "## Unreleased\n\n### Added\n\n- a\n- b\n\n### Changed\n\n- c\n\n### Fixed\n\n- one two three\n- f\n",
            0
        )
    );
    let merged = merge(MOVABLE, other, moved);
    let (added, fixed) = merged.text().split_once("### Changed").unwrap();
    assert_eq!(merged.conflicts(), 0);
    assert!(!added.contains("one two three") && fixed.contains("- one two three\n"));
}

#[test]
fn an_entry_that_both_sides_moved_stands_in_one_place_from_either_side() {
    let to_changed = "## Unreleased\n\n### Added\n\n- a\n\n### Changed\n\n- c\n- one two three\n\n### Fixed\n\n- f\n";
    let to_fixed = "## Unreleased\n\n### Added\n\n- a\n\n### Changed\n\n- c\n\n### Fixed\n\n- f\n- one two three\n";
    either(MOVABLE, to_changed, to_fixed, to_changed);
    either(
        MOVABLE,
        to_changed,
        &to_changed.replace("- f\n", "- f\n- g\n"),
        &to_changed.replace("- f\n", "- f\n- g\n"),
    );
}

#[test]
fn the_same_entry_in_two_places_is_matched_where_it_stands() {
    let base = "## Unreleased\n\n### Added\n\n- a\n\n### Fixed\n\n- f\n";
    let both = "## Unreleased\n\n### Added\n\n- a\n- same\n\n### Fixed\n\n- f\n- same\n";
    let fixed = "## Unreleased\n\n### Added\n\n- a\n\n### Fixed\n\n- f\n- same\n";
    either(base, both, fixed, both);
    let added = "## Unreleased\n\n### Added\n\n- a\n- same\n\n### Fixed\n\n- f\n";
    either(base, both, added, both);
}

#[test]
fn a_section_that_one_side_deleted_comes_back_only_with_what_the_other_added() {
    let base = "## Unreleased\n\n- u\n\n## 1.1.0\n\n- b\n\n## 1.0.0\n\n- a\n";
    let deleted = "## Unreleased\n\n- u\n\n## 1.0.0\n\n- a\n";
    check(
        base,
        deleted,
        "## Unreleased\n\n- u\n\n## 1.1.0\n\n- b\n- late\n\n## 1.0.0\n\n- a\n",
        "## Unreleased\n\n- u\n\n## 1.1.0\n\n- late\n\n## 1.0.0\n\n- a\n",
    );
    either(
        base,
        deleted,
        "## Unreleased\n\n- u\n- v\n\n## 1.1.0\n\n- b\n\n## 1.0.0\n\n- a\n",
        "## Unreleased\n\n- u\n- v\n\n## 1.0.0\n\n- a\n",
    );
}

#[test]
fn a_definition_goes_above_the_one_it_stands_above() {
    check(
        "- x\n\n[b]: https://x/b\n",
        "- x\n- y\n\n[b]: https://x/b\n",
        "- x\n\n[a]: https://x/a\n[b]: https://x/b\n",
        "- x\n- y\n\n[a]: https://x/a\n[b]: https://x/b\n",
    );
    // Where ours has none, they go to the end, whether it ends its last line or not.
    check(
        "- x\n",
        "- x\n- y\n",
        "- x\n\n[a]: https://x/a\n",
        "- x\n- y\n\n[a]: https://x/a\n",
    );
    check(
        "- x",
        "- x\n- y",
        "- x\n\n[a]: https://x/a\n",
        "- x\n- y\n\n[a]: https://x/a\n",
    );
}

#[test]
fn new_categories_stand_in_the_order_of_the_side_that_opened_them() {
    let base = "## Unreleased\n\n### Changed\n\n- c\n\n## 1.0.0\n\n- a\n";
    let theirs = "## Unreleased\n\n### Added\n\n- n\n\n### Changed\n\n- c\n\n### Removed\n\n- r\n\n### Fixed\n\n- f\n- g\n\n## 1.0.0\n\n- a\n";
    check(
        base,
        "## Unreleased\n\n### Changed\n\n- c\n- d\n\n## 1.0.0\n\n- a\n",
        theirs,
        "## Unreleased\n\n### Added\n\n- n\n\n### Changed\n\n- c\n- d\n\n### Removed\n\n- r\n\n### Fixed\n\n- f\n- g\n\n## 1.0.0\n\n- a\n",
    );
}

#[test]
fn a_new_section_comes_whole_and_in_its_place() {
    let base = "## Unreleased\n\n- u\n\n## 1.0.0\n\n- a\n";
    let ours = "## Unreleased\n\n- u\n- v\n\n## 1.0.0\n\n- a\n";
    let section =
        "## 1.1.0\n\nWords first.\n\n- loose\n\n### Added\n\n- n\n- m\n\n### Fixed\n\n- f\n";
    check(
        base,
        ours,
        &format!("## Unreleased\n\n- u\n\n{section}\n## 1.0.0\n\n- a\n"),
        &format!("## Unreleased\n\n- u\n- v\n\n{section}\n## 1.0.0\n\n- a\n"),
    );
    // Below all that ours has, and in a file that parts headings by no blank line.
    check(
        base,
        ours,
        &format!(
            "## Unreleased\n\n- u\n\n## 1.0.0\n\n- a\n\n{}",
            section.replace("1.1.0", "0.9.0")
        ),
        &format!(
            "## Unreleased\n\n- u\n- v\n\n## 1.0.0\n\n- a\n\n{}",
            section.replace("1.1.0", "0.9.0")
        ),
    );
    check(
        "## Unreleased\n- u\n\n## 1.0.0\n- a\n",
        "## Unreleased\n- u\n- v\n\n## 1.0.0\n- a\n",
        "## Unreleased\n- u\n\n## 1.1.0\n- loose\n### Added\n- n\n### Fixed\n- f\n\n## 1.0.0\n- a\n",
        "## Unreleased\n- u\n- v\n\n## 1.1.0\n- loose\n\n### Added\n- n\n\n### Fixed\n- f\n\n## 1.0.0\n- a\n",
    );
}

#[test]
fn paragraphs_and_entries_of_a_new_category_keep_their_gaps() {
    let body = "### Added\n\nWords.\n\n- n\n\n- m\n\n- o\n- p\n\nMore words.\n";
    check(
        "## Unreleased\n\n- u\n\n## 1.0.0\n\n- a\n",
        "## Unreleased\n\n- u\n- v\n\n## 1.0.0\n\n- a\n",
        &format!("## Unreleased\n\n- u\n\n{body}\n## 1.0.0\n\n- a\n"),
        &format!("## Unreleased\n\n- u\n- v\n\n{body}\n## 1.0.0\n\n- a\n"),
    );
}

#[test]
fn a_cut_without_entries_is_refused_where_entries_are_required() {
    let mut policy = ChangelogPolicy::default();
    let empty = "## Unreleased\n\n## 1.0.0 - 2024-01-02\n\n- a\n";
    assert!(cut_under(&policy, empty, "1.1.0").is_ok());
    policy.require_entries = true;
    let error = cut_under(&policy, empty, "1.1.0").unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");
    let some = "## Unreleased\n\n- b\n\n## 1.0.0 - 2024-01-02\n\n- a\n";
    assert!(cut_under(&policy, some, "1.1.0").is_ok());
}

#[test]
fn words_before_the_first_section_stay_there() {
    let base = "## Unreleased\n\n- u\n";
    let ours = "## Unreleased\n\n- u\n- v\n";
    check(
        base,
        ours,
        "Words.\n\n## Unreleased\n\n- u\n",
        "Words.\n\n## Unreleased\n\n- u\n- v\n",
    );
    check(
        &format!("[a]: https://x/a\n\n{base}"),
        &format!("[a]: https://x/a\n\n{ours}"),
        &format!("[a]: https://x/a\n\nWords.\n\n{base}"),
        &format!("[a]: https://x/a\n\nWords.\n\n{ours}"),
    );
}

/// What the section of a heading says: its kind, its version, and whether it is yanked.
fn said(heading: &str) -> Option<(SectionKind, String, bool)> {
    let text = format!("## {heading}\n");
    let changelog = Changelog::parse(&text);
    let [section] = changelog.sections() else {
        return None;
    };
    let version = section.version().unwrap_or_default().to_owned();
    Some((section.kind(), version, section.is_yanked()))
}

#[test]
fn a_word_of_a_heading_is_a_version_only_where_nothing_joins_it() {
    for (heading, version) in [
        ("name-1.2.3", "1.2.3"),
        ("name-v1.2.3", "1.2.3"),
        ("7zip-1.2.3 - 2024-01-02", "1.2.3"),
        ("[v12]", "12"),
        ("v12 - 2024-01-02", "12"),
        ("1.2.3.4", "1.2.3.4"),
        ("[1.2.3 - 2024-01-02]", "1.2.3"),
    ] {
        let release = (SectionKind::Release, version.to_owned(), false);
        assert_eq!(said(heading), Some(release), "{heading}");
    }
    for heading in [
        "a1.2.3",
        "rev1.2.3",
        "1.2.3.4.5",
        "[#12]",
        "[name-v12]",
        "X 11 is supported",
        "X.org 7",
    ] {
        assert_eq!(said(heading), None, "{heading}");
    }
    let unreleased = |heading| said(heading).map(|(kind, ..)| kind);
    for heading in ["XXXX", "1.X.Y", "v1.2.X - 2024", "Version X.Y.Z"] {
        assert_eq!(
            unreleased(heading),
            Some(SectionKind::Unreleased),
            "{heading}"
        );
    }
}

#[test]
fn a_version_that_is_a_date_is_of_that_day_whatever_stands_beside_it() {
    for heading in [
        "2024.01.02",
        "[2024-01-02]",
        "[2024.1.2 rolling]",
        "[2024-01-02 rolling]",
    ] {
        let text = format!("## {heading}\n");
        let changelog = Changelog::parse(&text);
        let day = changelog.sections()[0].date().unwrap();
        assert_eq!(day.to_string(), "2024-01-02", "{heading}");
    }
}

/// Taking the mark away must leave the version that it marks.
#[test]
fn a_mark_is_one_only_where_no_word_goes_on_after_it() {
    let yanked = |heading| said(heading).map(|(_, version, yanked)| (version, yanked));
    for (heading, is_yanked) in [
        ("1.2.3 [YANKED]", true),
        ("1.2.3 (yanked), see below", true),
        ("**1.2.3 [YANKED]**", true),
        ("1.2.3 [YANKED]-rc.1", false),
        ("1.2.3 [YANKED]beta", false),
    ] {
        assert_eq!(
            yanked(heading),
            Some(("1.2.3".to_owned(), is_yanked)),
            "{heading}"
        );
    }
}

#[test]
fn words_before_a_version_are_those_of_one_level_unless_they_say_version() {
    let versions = |word: &str| {
        let text = format!("## {word} 1.1.0\n\n### {word} 1.0.0\n\n## {word} 0.9.0\n");
        Changelog::parse(&text).releases().count()
    };
    assert_eq!((versions("Version"), versions("Release:")), (3, 3));
    assert_eq!((versions("Name"), versions("The version")), (2, 2));
}

#[test]
fn a_dialect_is_what_the_newest_headings_show() {
    use DateStyle::{Dotted, Iso, LongMonthFirst};
    for (text, heading, date, unreleased, keeps, bullet) in [
        (
            "## Next release\n\n## v1.0.0 (January 2, 2024) Codename\n\n1. one\n\n* a\n",
            "v{version} ({date})",
            LongMonthFirst,
            "Next release",
            true,
            "*",
        ),
        // A place for the date shows how it will be written; without one, the last release tells.
        (
            "## [Unreleased] (ReleaseDate)\n\n+ a\n",
            "[{version}] ({date})",
            Iso,
            "[Unreleased] (ReleaseDate)",
            true,
            "+",
        ),
        (
            "## Unreleased (TBD)\n",
            "{version} ({date})",
            Iso,
            "Unreleased (TBD)",
            true,
            "-",
        ),
        (
            "## [2.0.0]\n\n## [1.0.0] (2024-01-02)\n",
            "[{version}] ({date})",
            Iso,
            "[Unreleased]",
            false,
            "-",
        ),
        // A heading without what was of that version only would not be one.
        (
            "## [1.0.0 - 2024.01.02 Codename]\n",
            "{version} - {date}",
            Dotted,
            "Unreleased",
            false,
            "-",
        ),
    ] {
        let dialect = Dialect::learn(&Changelog::parse(text), &DialectPolicy::default());
        assert_eq!(
            (
                dialect.heading().as_ref(),
                dialect.date(),
                dialect.unreleased(),
                dialect.keeps_unreleased(),
                dialect.bullet()
            ),
            (heading, date, unreleased, keeps, bullet),
            "{text}"
        );
    }
}

#[test]
fn a_date_is_written_as_the_one_before_it_or_as_its_nearest_style() {
    let next = |heading: &str| {
        let text = format!("## 1.0.0 {heading}\n");
        let dialect = Dialect::learn(&Changelog::parse(&text), &DialectPolicy::default());
        dialect.date().render("2024-05-06".parse().unwrap())
    };
    for (heading, written) in [
        ("- 2024-01-02", "2024-05-06"),
        ("(2024-1-2)", "2024-05-06"),
        ("- 2024/01/02", "2024/05/06"),
        ("- 2024/1/2", "2024/05/06"),
        ("2024.01.02", "2024.05.06"),
        ("2024.1.2", "2024.05.06"),
        ("(2.1.2024)", "06.05.2024"),
        ("- January 2, 2024", "May 6, 2024"),
        ("- January 2nd, 2024", "May 6th, 2024"),
        ("- january 2 2024", "May 6, 2024"),
        ("- 2 January 2024", "6 May 2024"),
        ("- 2nd of January 2024", "2024-05-06"),
        // Neither of these is a date.
        ("- 2024-01-02-03", "2024-05-06"),
        ("- 01/02/2024", "2024-05-06"),
    ] {
        assert_eq!(next(heading), written, "{heading}");
    }
    let dates =
        |heading: &str| Changelog::parse(&format!("## 1.0.0 {heading}\n")).sections()[0].date();
    assert_eq!(dates("- 2024-01-02-03"), None);
    assert_eq!(dates("- 01/02/2024"), None);
}

#[test]
fn a_day_has_the_ending_of_its_number() {
    let ending = |day: u32| {
        let date = NaiveDate::from_ymd_opt(2024, 1, day).unwrap();
        DateStyle::OrdinalMonthFirst.render(date)
    };
    for (days, end) in [
        (&[1, 21, 31][..], "st"),
        (&[2, 22], "nd"),
        (&[3, 23], "rd"),
        (&[4, 10, 11, 12, 13, 14, 20, 24, 30], "th"),
    ] {
        for day in days {
            assert_eq!(ending(*day), format!("January {day}{end}, 2024"));
        }
    }
}

/// The address that a cut of 1.1.0 defines.
fn continued(address: &str) -> Option<String> {
    let text = format!("## Unreleased\n\n- b\n\n## [1.0.0]\n\n- a\n\n[1.0.0]: {address}\n");
    let after = cut_under(&ChangelogPolicy::default(), &text, "1.1.0").unwrap();
    let parser = pulldown_cmark::Parser::new(&after);
    let found = parser.reference_definitions().get("1.1.0");
    found.map(|definition| definition.dest.to_string())
}

/// An address that stands in `<…>` may hold what one without these cannot, such as a bracket of no
/// pair (CommonMark 0.31.2, §6.3).
#[test]
fn an_address_is_continued_where_a_definition_can_hold_it() {
    for (address, next) in [
        ("https://x/v1.0.0", "https://x/v1.1.0"),
        ("https://x/a_(b(c))/v1.0.0", "https://x/a_(b(c))/v1.1.0"),
        (
            "https://x/+log/v0.9.0..v1.0.0",
            "https://x/+log/v1.0.0..v1.1.0",
        ),
    ] {
        assert_eq!(continued(address).as_deref(), Some(next));
    }
    for address in [
        "<https://x/(a/v1.0.0>",
        "<https://x/a)/v1.0.0>",
        "<https://x/)a(/v1.0.0>",
        "<https://x/a b/v1.0.0>",
    ] {
        assert_eq!(continued(address), None, "{address}");
    }
}
