//! Edits, cuts and merges at their edges: each test stands where one comparison decides.

use chrono::NaiveDate;
use promenade_changelog::{
    Changelog, ChangelogPolicy, Compare, CompareBase, Cut, EditChangelogError, Edits, LinkStyle,
    TextEdit, merge,
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
