//! Merges lose no entry and double none; either side may go first.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use promenade_changelog::{Changelog, ChangelogPolicy, Cut, merge};

use crate::generate::{self, Dice};

#[track_caller]
fn check(base: &str, ours: &str, theirs: &str, expected: &str) {
    let merged = merge(base, ours, theirs);
    assert_eq!((merged.text(), merged.conflicts()), (expected, 0));
}

#[test]
fn entries_of_both_sides_stand_one_after_the_other() {
    check(
        "## Unreleased\n\n### Fixed\n\n- a\n\n## 1.0.0\n",
        "## Unreleased\n\n### Fixed\n\n- a\n- ours\n\n## 1.0.0\n",
        "## Unreleased\n\n### Fixed\n\n- a\n- theirs\n\n## 1.0.0\n",
        "## Unreleased\n\n### Fixed\n\n- a\n- theirs\n- ours\n\n## 1.0.0\n",
    );
}

#[test]
fn the_same_entry_on_both_sides_stands_once() {
    check(
        "## Unreleased\n\n- a\n",
        "## Unreleased\n\n- a\n- both\n- ours\n",
        "## Unreleased\n\n- a\n- both\n- theirs\n",
        "## Unreleased\n\n- a\n- both\n- theirs\n- ours\n",
    );
}

#[test]
fn an_entry_added_while_the_other_side_released_stays_unreleased() {
    check(
        "## [Unreleased]\n\n### Added\n\n- a\n\n## [1.0.0] - 2024-01-02\n\n- x\n",
        "## [Unreleased]\n\n## [1.1.0] - 2024-02-02\n\n### Added\n\n- a\n\n## [1.0.0] - 2024-01-02\n\n- x\n",
        "## [Unreleased]\n\n### Added\n\n- a\n- late\n\n## [1.0.0] - 2024-01-02\n\n- x\n",
        "## [Unreleased]\n\n### Added\n\n- late\n\n## [1.1.0] - 2024-02-02\n\n### Added\n\n- a\n\n## [1.0.0] - 2024-01-02\n\n- x\n",
    );
}

#[test]
fn a_correction_follows_an_entry_into_the_release() {
    check(
        "## Unreleased\n\n- the quick brwn fox\n\n## 1.0.0\n\n- x\n",
        "## Unreleased\n\n## 1.1.0\n\n- the quick brwn fox\n\n## 1.0.0\n\n- x\n",
        "## Unreleased\n\n- the quick brown fox\n\n## 1.0.0\n\n- x\n",
        "## Unreleased\n\n## 1.1.0\n\n- the quick brown fox\n\n## 1.0.0\n\n- x\n",
    );
}

#[test]
fn a_yank_and_a_note_meet_without_conflict() {
    check(
        "## 1.0.0 - 2024-01-02\n\n- x\n",
        "## 1.0.0 - 2024-01-02 [YANKED]\n\n- x\n",
        "## 1.0.0 - 2024-01-02\n\n- x\n\nIt broke.\n",
        "## 1.0.0 - 2024-01-02 [YANKED]\n\n- x\n\nIt broke.\n",
    );
}

#[test]
fn two_changes_of_one_entry_are_a_conflict_and_both_are_shown() {
    let merged = merge(
        "## Unreleased\n\n- one two three\n- kept\n",
        "## Unreleased\n\n- one two four\n- kept\n",
        "## Unreleased\n\n- one two five\n- kept\n",
    );
    assert_eq!(merged.conflicts(), 1);
    assert_eq!(
        merged.text(),
        "## Unreleased\n\n<<<<<<< ours\n- one two four\n=======\n- one two five\n>>>>>>> theirs\n- kept\n"
    );
}

#[test]
fn a_deletion_against_a_change_is_a_conflict() {
    let base = "## Unreleased\n\n- one two three\n- kept\n";
    let deleted = "## Unreleased\n\n- kept\n";
    let changed = "## Unreleased\n\n- one two four\n- kept\n";
    for merged in [merge(base, deleted, changed), merge(base, changed, deleted)] {
        assert_eq!(merged.conflicts(), 1);
        assert!(merged.text().contains("- one two four\n"));
    }
}

#[test]
fn links_are_merged_by_label() {
    check(
        "## [1.0.0]\n\n- x\n\n[1.0.0]: https://x/1\n[b]: https://x/b\n",
        "## [1.0.0]\n\n- x\n\n[1.0.0]: https://x/releases/1\n[b]: https://x/b\n",
        "## [1.0.0]\n\n- x\n\n[1.0.0]: https://x/1\n[c]: https://x/c\n[b]: https://x/b\n",
        "## [1.0.0]\n\n- x\n\n[1.0.0]: https://x/releases/1\n[c]: https://x/c\n[b]: https://x/b\n",
    );
}

#[test]
fn a_definition_that_one_side_changed_is_changed() {
    let base = "## [1.0.0]\n\n- x\n\n[1.0.0]: https://x/1\n";
    let changed = "## [1.0.0]\n\n- x\n\n[1.0.0]: https://x/releases/1\n";
    let other = "## [1.0.0]\n\n- x\n- y\n\n[1.0.0]: https://x/1\n";
    let both = "## [1.0.0]\n\n- x\n- y\n\n[1.0.0]: https://x/releases/1\n";
    check(base, changed, other, both);
    check(base, other, changed, both);
}

#[test]
fn a_definition_changed_in_two_ways_or_deleted_by_one_is_a_conflict() {
    let base = "- x\n\n[a]: https://x/1\n";
    let (two, three) = ("- x\n\n[a]: https://x/2\n", "- x\n\n[a]: https://x/3\n");
    let merged = merge(base, two, three);
    assert_eq!(
        (merged.text(), merged.conflicts()),
        (
            "- x\n\n<<<<<<< ours\n[a]: https://x/2\n=======\n[a]: https://x/3\n>>>>>>> theirs\n",
            1
        )
    );
    let merged = merge(base, two, "- x\n");
    assert_eq!(
        (merged.text(), merged.conflicts()),
        (
            "- x\n\n<<<<<<< ours\n[a]: https://x/2\n=======\n>>>>>>> theirs\n",
            1
        )
    );
    let merged = merge(base, "- x\n", two);
    assert_eq!(
        (merged.text(), merged.conflicts()),
        (
            "- x\n\n<<<<<<< ours\n=======\n[a]: https://x/2\n>>>>>>> theirs\n",
            1
        )
    );
    check(base, base, "- x\n", "- x\n");
    check(
        base,
        "- x\n\n[a]: https://x/1\n- y\n",
        "- x\n",
        "- x\n\n- y\n",
    );
}

#[test]
fn a_new_definition_stands_by_its_neighbours_or_at_the_end() {
    let (base, ours) = ("- x\n", "- x\n- ours\n");
    let theirs = "- x\n\n[a]: https://x/a\n";
    check(base, ours, theirs, "- x\n- ours\n\n[a]: https://x/a\n");
    let base = "- x\n\n[b]: https://x/b\n";
    let ours = "- x\n- ours\n\n[b]: https://x/b\n";
    let theirs = "- x\n\n[a]: https://x/a\n[b]: https://x/b\n";
    let both = "- x\n- ours\n\n[a]: https://x/a\n[b]: https://x/b\n";
    check(base, ours, theirs, both);
}

#[test]
fn a_heading_that_one_side_changed_is_changed_and_two_ways_are_a_conflict() {
    let of = |date: &str, entry: &str| format!("## 1.0.0 - {date}\n\n- x\n{entry}");
    let (base, dated) = (of("UNRELEASED", ""), of("2024-01-02", ""));
    let other = of("UNRELEASED", "- y\n");
    check(&base, &dated, &other, &of("2024-01-02", "- y\n"));
    check(&base, &other, &dated, &of("2024-01-02", "- y\n"));
    let merged = merge(&base, &dated, &of("2024-01-03", ""));
    assert_eq!(
        (merged.text(), merged.conflicts()),
        (
            "<<<<<<< ours\n## 1.0.0 - 2024-01-02\n=======\n## 1.0.0 - 2024-01-03\n>>>>>>> theirs\n\n- x\n",
            1
        )
    );
}

/// One branch of a history: what it did to the base.
fn branch(base: &str, name: &str, dice: &mut Dice) -> (String, Vec<String>) {
    let policy = ChangelogPolicy::default();
    let (mut text, mut added) = (base.to_owned(), Vec::new());
    for step in 0..dice.below(5) + 1 {
        let changelog = Changelog::parse(&text);
        let edits = match dice.below(6) {
            0..=3 => {
                let entry = format!("{name} made change number {step}.");
                added.push(entry.clone());
                let category =
                    [None, Some("Added"), Some("Fixed"), Some("Security")][dice.below(4)];
                changelog.add(category, &entry, &policy)
            }
            4 if name == "ours" => {
                let date = NaiveDate::from_ymd_opt(2030, 1, 2).unwrap();
                changelog.cut(&Cut::new(format!("9.{step}.0"), date), &policy)
            }
            4 => changelog.note("1.1.0", &format!("{name} noted {step}.")),
            _ => changelog.yank("1.1.0"),
        };
        if let Ok(edits) = edits {
            text = edits.apply(&text).unwrap();
        }
    }
    (text, added)
}

/// Every entry, with how often it stands.
fn entries(text: &str) -> BTreeMap<String, usize> {
    let changelog = Changelog::parse(text);
    let mut count = BTreeMap::new();
    for section in changelog.sections() {
        for entry in changelog.entries(section) {
            let words: Vec<_> = entry.text().split_whitespace().collect();
            *count.entry(words.join(" ")).or_default() += 1;
        }
    }
    count
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn merges_of_generated_histories_lose_and_double_no_entry() {
    for seed in 0..testkit::scale(500, 200_000) as u64 {
        let mut dice = Dice::new(seed);
        let base = generate::changelog(seed);
        let (ours, our_entries) = branch(&base, "ours", &mut dice);
        let (theirs, their_entries) = branch(&base, "theirs", &mut dice);
        let merged = merge(&base, &ours, &theirs);
        let story = format!(
            "seed {seed}\nBASE\n{base}\nOURS\n{ours}\nTHEIRS\n{theirs}\nGOT\n{}",
            merged.text()
        );
        assert_eq!(merged.conflicts(), 0, "{story}");
        let found = entries(merged.text());
        for entry in our_entries.iter().chain(&their_entries) {
            assert_eq!(found.get(entry.as_str()), Some(&1), "{entry}\n{story}");
        }
        for (entry, count) in entries(&base) {
            assert_eq!(found.get(&entry), Some(&count), "{entry}\n{story}");
        }
        let other = merge(&base, &theirs, &ours);
        assert_eq!(
            lines(merged.text()),
            lines(other.text()),
            "{story}\nOTHER\n{}",
            other.text()
        );
        assert_eq!(merge(&base, &base, &theirs).text(), theirs);
        assert_eq!(merge(&base, &ours, &base).text(), ours);
        // Merging again what is merged changes nothing.
        assert_eq!(entries(merge(&ours, merged.text(), &ours).text()), found);
    }
}
