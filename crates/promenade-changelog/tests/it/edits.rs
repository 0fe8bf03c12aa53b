//! Each edit, by example.

use promenade_changelog::{
    Category, Changelog, ChangelogPolicy, Cut, Deprecation, EditChangelogError, Edits, LintContext,
    UpgradeNotes,
};

#[track_caller]
pub(crate) fn check(
    before: &str,
    edit: impl Fn(&Changelog<'_>) -> Result<Edits, EditChangelogError>,
    after: &str,
) {
    let edits = edit(&Changelog::parse(before)).unwrap();
    assert_eq!(edits.apply(before).unwrap(), after);
    let again = edit(&Changelog::parse(after)).unwrap();
    assert!(again.is_empty(), "twice is once: {again:?}");
}

pub(crate) fn policy() -> ChangelogPolicy {
    ChangelogPolicy::default()
}

#[test]
fn a_missing_category_is_opened_in_its_place() {
    check(
        "## Unreleased\n\n### Added\n\n- a\n\n### Security\n\n- s\n\n## 1.0.0\n",
        |c| c.add(Some("fixed"), "b", &policy()),
        "## Unreleased\n\n### Added\n\n- a\n\n### fixed\n\n- b\n\n### Security\n\n- s\n\n## 1.0.0\n",
    );
}

#[test]
fn a_category_is_spelt_as_the_file_spells_it() {
    check(
        "## Unreleased\n\n## 1.0.0\n\n### Bug Fixes\n\n* x\n",
        |c| c.add(Some("Fixed"), "b", &policy()),
        "## Unreleased\n\n### Bug Fixes\n\n* b\n\n## 1.0.0\n\n### Bug Fixes\n\n* x\n",
    );
}

#[test]
fn an_entry_has_the_marker_the_indentation_and_the_spacing_of_its_list() {
    check(
        "## Unreleased\r\n ### Fixed\r\n *  one\r\n\r\n *  two\r\n## 1.0.0\r\n",
        |c| c.add(Some("Fixed"), "three\nlines\n\nlong", &policy()),
        "## Unreleased\r\n ### Fixed\r\n *  one\r\n\r\n *  two\r\n\r\n *  three\r\n    lines\r\n\r\n    long\r\n\r\n## 1.0.0\r\n",
    );
}

#[test]
fn an_entry_without_category_goes_before_the_first() {
    check(
        "## Unreleased\n\n### Fixed\n\n- a\n",
        |c| c.add(None, "b", &policy()),
        "## Unreleased\n\n- b\n\n### Fixed\n\n- a\n",
    );
}

#[test]
fn a_yank_is_taken_back_to_the_same_bytes() {
    let text = "1.0.0\n-----\n\n- a\n";
    let yanked = "1.0.0 [YANKED]\n--------------\n\n- a\n";
    check(text, |c| c.yank("1.0.0"), yanked);
    check(yanked, |c| c.unyank("1.0.0"), text);
}

#[test]
fn a_deprecation_is_a_banner_that_is_replaced_not_repeated() {
    let once = "## 1.0.0\n\n### ⚠️ Deprecated\n\nIt leaks. Use 1.0.1 instead.\n\n- a\n";
    check(
        "## 1.0.0\n\n- a\n",
        |c| c.deprecate("1.0.0", &Deprecation::new("It leaks.").replacement("1.0.1")),
        once,
    );
    check(
        once,
        |c| c.deprecate("1.0.0", &Deprecation::new("It leaks.").replacement("1.0.2")),
        "## 1.0.0\n\n### ⚠️ Deprecated\n\nIt leaks. Use 1.0.2 instead.\n\n- a\n",
    );
    let read = Changelog::parse(once);
    let section = read.section("1.0.0").unwrap();
    assert_eq!(read.entries(section).next().unwrap().category(), None);
}

#[test]
fn a_note_goes_below_an_old_section_and_above_the_links() {
    check(
        "## [1.0.0]\n\n- a\n\n<!-- next-url -->\n[1.0.0]: https://x\n",
        |c| c.note("1.0.0", "**Incident:** rolled back on 2024-01-03."),
        "## [1.0.0]\n\n- a\n\n**Incident:** rolled back on 2024-01-03.\n\n<!-- next-url -->\n[1.0.0]: https://x\n",
    );
}

#[test]
fn a_rename_follows_the_version_into_its_links() {
    check(
        "## [2.0.0]\n\n## [1.0.0] - 2024-01-02\n\nSee 1.0.0.\n\n[2.0.0]: https://x/compare/v1.0.0...v2.0.0\n[1.0.0]: https://x/compare/v0.1.0...v1.0.0\n",
        |c| c.rename("1.0.0", "1.0.1"),
        "## [2.0.0]\n\n## [1.0.1] - 2024-01-02\n\nSee 1.0.0.\n\n[2.0.0]: https://x/compare/v1.0.1...v2.0.0\n[1.0.1]: https://x/compare/v0.1.0...v1.0.1\n",
    );
}

#[test]
fn relink_adds_what_is_missing_in_the_order_of_the_sections() {
    check(
        "## [Unreleased]\n\n## [1.2.0]\n\n## [1.1.0]\n\n## [1.0.0]\n\n[1.1.0]: https://x/compare/v1.0.0...v1.1.0\n",
        |c| c.relink(&policy(), |_| None),
        "## [Unreleased]\n\n## [1.2.0]\n\n## [1.1.0]\n\n## [1.0.0]\n\n[Unreleased]: https://x/compare/v1.2.0...HEAD\n[1.2.0]: https://x/compare/v1.1.0...v1.2.0\n[1.1.0]: https://x/compare/v1.0.0...v1.1.0\n[1.0.0]: https://x/releases/tag/v1.0.0\n",
    );
}

#[test]
fn relink_mends_what_a_policy_has_otherwise() {
    let mut policy = policy();
    policy.compare = Some(promenade_changelog::Compare {
        url: "https://new/compare/{previous_tag}...{tag}"
            .parse()
            .unwrap(),
        base: promenade_changelog::CompareBase::PreviousAny,
    });
    check(
        "## [Unreleased]\n\n## [1.1.0]\n\n## [1.0.0]\n\n[Unreleased]: https://old/compare/v1.0.0...HEAD\n[1.1.0]: https://old/compare/v0.0.0...v1.1.0\n[1.0.0]: https://old/1\n",
        |c| c.relink(&policy, |version| Some(format!("app-{version}"))),
        "## [Unreleased]\n\n## [1.1.0]\n\n## [1.0.0]\n\n[Unreleased]: https://new/compare/app-1.1.0...HEAD\n[1.1.0]: https://new/compare/app-1.0.0...app-1.1.0\n[1.0.0]: https://old/1\n",
    );
}

#[test]
fn unreleased_is_opened_with_its_link() {
    check(
        "# Log\n\n<!-- next-header -->\n## [1.0.0] - 2024-01-02\n\n- a\n\n[1.0.0]: https://x/compare/v0.9.0...v1.0.0\n",
        |c| c.open(&policy()),
        "# Log\n\n<!-- next-header -->\n## [Unreleased]\n\n## [1.0.0] - 2024-01-02\n\n- a\n\n[Unreleased]: https://x/compare/v1.0.0...HEAD\n[1.0.0]: https://x/compare/v0.9.0...v1.0.0\n",
    );
    check("", |c| c.open(&policy()), "## Unreleased\n");
    check("# Log", |c| c.open(&policy()), "# Log\n\n## Unreleased");
}

#[test]
fn lint_names_rule_and_line() {
    let text = "\
## [1.0.0] - 2024-01-02

### Fixed

- a
- a

### Fixed

### Oddities

- b

## [1.1.0] - 2023-01-02

## [1.0.0] - 2022-01-02

- c

[1.0.0]: https://x
[1.0.0]: https://y
";
    let mut policy = policy();
    policy.dialect.categories = Category::ALL.map(|c| c.as_str().to_owned()).to_vec();
    let context = LintContext::new()
        .tagged(["1.0.0", "0.9.0"])
        .today("2023-06-01".parse().unwrap());
    let found: Vec<_> = Changelog::parse(text)
        .lint(&policy, &context)
        .iter()
        .map(|finding| format!("{} {}", finding.line, finding.rule))
        .collect();
    assert_eq!(
        found,
        [
            "1 future-date",
            "1 unreleased-missing",
            "1 tag-without-section",
            "6 duplicate-entry",
            "8 duplicate-category",
            "8 empty-category",
            "10 unknown-category",
            "14 version-order",
            "14 empty-section",
            "14 missing-link",
            "14 section-without-tag",
            "16 duplicate-version",
            "21 duplicate-link",
        ]
    );
}

#[test]
fn lint_names_what_a_policy_asks_for() {
    let text = "\
## [Unreleased]

## [1.1.0]

- Fix #hash.

## [1.0.1] - 2023-01-02

- Fix a crash ([#3](https://x/3)).

## [1.0.0] - 2024-01-02

- Fix another. (#2)

[1.1.0]: https://x/1
[1.0.1]: https://x/2
[1.0.0]: https://x/3
";
    let mut policy = policy();
    policy.require_entries = true;
    policy.require_links = true;
    let rules = |text: &str| -> Vec<String> {
        let found = Changelog::parse(text).lint(&policy, &LintContext::new());
        let names = found.iter().map(|f| format!("{} {}", f.line, f.rule));
        names.collect()
    };
    assert_eq!(
        rules(text),
        [
            "1 missing-link",
            "1 unreleased-empty",
            "3 missing-date",
            "3 no-reference",
            "7 date-order",
        ]
    );
    let below = "## 1.0.0\n\n### Fixed\n\n- #1\n\n## Unreleased\n\n- See https://x/1\n";
    assert_eq!(rules(below), ["7 unreleased-place"]);
}

#[test]
fn a_new_category_is_spaced_as_the_others_are() {
    // A blank line below the version and none below the category, and the other way round.
    check(
        "## Unreleased\n\n## 1.0.0\n\n### Added\n- a\n",
        |c| c.add(Some("Fixed"), "b", &policy()),
        "## Unreleased\n\n### Fixed\n- b\n\n## 1.0.0\n\n### Added\n- a\n",
    );
    check(
        "## Unreleased\n\n## 1.0.0\n### Added\n\n- a\n",
        |c| c.add(Some("Fixed"), "b", &policy()),
        "## Unreleased\n### Fixed\n\n- b\n\n## 1.0.0\n### Added\n\n- a\n",
    );
    // Where no release shows it, the categories show how a heading is spaced.
    check(
        "## Unreleased\n### Added\n- a\n",
        |c| c.add(None, "b", &policy()),
        "## Unreleased\n- b\n\n### Added\n- a\n",
    );
}

#[test]
fn an_entry_gets_other_words_where_it_stands() {
    check(
        "## Unreleased\r\n\r\n*  one\r\n   more\r\n*  two\r\n\r\n## 1.0.0\r\n",
        |c| c.reword(None, "one more", "One.\nAnd more."),
        "## Unreleased\r\n\r\n*  One.\r\n   And more.\r\n*  two\r\n\r\n## 1.0.0\r\n",
    );
    check(
        "## Unreleased\n\n- one\n\n## 1.0.0\n\n1. one\n2. two\n",
        |c| c.reword(Some("1.0.0"), "two", "[Two](https://forge.example/2)"),
        "## Unreleased\n\n- one\n\n## 1.0.0\n\n1. one\n2. [Two](https://forge.example/2)\n",
    );
}

#[test]
fn an_entry_is_reworded_only_where_one_is_meant() {
    let text = "# Log\n\n## Unreleased\n\n- one\n- two\n- two\n\n## 1.0.0\n\n- # one\nnext\n";
    let refused = |version, from, to| {
        let error = Changelog::parse(text).reword(version, from, to);
        error.unwrap_err().to_string()
    };
    assert_eq!(
        refused(None, "three", "x"),
        "cannot reword an entry: no entry of the section on line 3 says `three`"
    );
    assert_eq!(
        refused(None, "two", "x"),
        "cannot reword an entry: the entries on lines [6, 7] say `two`, or would; expected one"
    );
    assert_eq!(
        refused(None, "one", "two"),
        "cannot reword an entry: the entries on lines [5, 6, 7] say `one`, or would; expected one"
    );
    assert_eq!(
        refused(None, "one", " "),
        "cannot reword an entry: entry ` ` is empty"
    );
    // The paragraph below would go on with the entry.
    assert_eq!(
        refused(Some("1.0.0"), "# one", "one"),
        "cannot reword an entry: line 11 would not be read back as it is meant"
    );
}

#[test]
fn a_banner_on_notes_is_replaced_and_has_their_line_ends() {
    let old = Deprecation::new("Broken.").on_notes("- a\r\n- b\r\n");
    assert_eq!(old, "## ⚠️ Deprecated\r\n\r\nBroken.\r\n\r\n- a\r\n- b\r\n");
    let new = Deprecation::new("It loses data.").replacement("1.0.1");
    assert_eq!(
        new.on_notes(&old),
        "## ⚠️ Deprecated\r\n\r\nIt loses data. Use 1.0.1 instead.\r\n\r\n- a\r\n- b\r\n"
    );
    assert_eq!(new.on_notes(&new.on_notes("")), new.banner("## "));
    // A heading of that name with a list below it is somebody else's.
    let other = "## ⚠️ Deprecated\n\n- The old flag.\n";
    assert!(new.on_notes(other).ends_with(other));
}

#[test]
fn texts_that_would_not_stay_in_the_section_are_refused() {
    let changelog = Changelog::parse("## 1.0.0\n\n- a\n");
    let refused = |edit: Result<Edits, EditChangelogError>| edit.unwrap_err().to_string();
    assert_eq!(
        refused(changelog.deprecate("1.0.0", &Deprecation::new("- a list"))),
        "cannot deprecate a version: reason `- a list` is not one paragraph"
    );
    assert_eq!(
        refused(changelog.note("1.0.0", "\n \n")),
        "cannot add a note: note `\n \n` is empty"
    );
    for text in ["## 0.9.0\n\n- b", "```\nopen", "<!-- open"] {
        assert_eq!(
            refused(changelog.note("1.0.0", text)),
            format!(
                "cannot add a note: note `{text}` would end the section or swallow what follows"
            )
        );
    }
}

#[test]
fn an_underline_that_is_as_long_as_its_heading_stays_so() {
    check(
        "1.0.0\n-----\n\n- a\n",
        |c| c.yank("1.0.0"),
        "1.0.0 [YANKED]\n--------------\n\n- a\n",
    );
    check(
        "1.0.0 [YANKED]\n==============\n\n- a\n",
        |c| c.unyank("1.0.0"),
        "1.0.0\n=====\n\n- a\n",
    );
    check(
        "1.0.0\n---\n\n- a\n",
        |c| c.rename("1.0.0", "1.0.10"),
        "1.0.10\n---\n\n- a\n",
    );
}

#[test]
fn a_cut_stands_at_a_level_that_keeps_its_categories() {
    let date = "2024-05-06".parse().unwrap();
    check(
        "# Unreleased\n\n## Fixed\n\n- a\n\n## 1.0.0\n",
        |c| c.cut(&Cut::new("1.1.0", date), &policy()),
        "# Unreleased\n\n# 1.1.0\n\n## Fixed\n\n- a\n\n## 1.0.0\n",
    );
    check(
        "# Unreleased\n\n### Fixed\n\n- a\n\n## 1.0.0\n",
        |c| c.cut(&Cut::new("1.1.0", date), &policy()),
        "# Unreleased\n\n## 1.1.0\n\n### Fixed\n\n- a\n\n## 1.0.0\n",
    );
}

#[track_caller]
fn upgrade(before: &str, version: &str, text: &str, after: &str) {
    let edits = UpgradeNotes::parse(before).add(version, text).unwrap();
    assert_eq!(edits.apply(before).unwrap(), after);
    assert!(
        UpgradeNotes::parse(after)
            .add(version, text)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn notes_on_upgrading_are_a_row_or_a_section_in_order() {
    upgrade(
        "| Version | Do | Why |\n| --- | --- | --- |\n| `0.4.0` | x | y |\n| `0.7.0` | x | y |\n\nEnd.\n",
        "0.6.0",
        "Run it. | New table.",
        "| Version | Do | Why |\n| --- | --- | --- |\n| `0.4.0` | x | y |\n| `0.6.0` | Run it. | New table. |\n| `0.7.0` | x | y |\n\nEnd.\n",
    );
    upgrade(
        "# Upgrading\n\n## Upgrading to 0.7.0\n\nDo x.\n\n## Upgrading to 0.4.0\n\nDo y.\n",
        "0.6.0",
        "Do z.",
        "# Upgrading\n\n## Upgrading to 0.7.0\n\nDo x.\n\n## Upgrading to 0.6.0\n\nDo z.\n\n## Upgrading to 0.4.0\n\nDo y.\n",
    );
    upgrade(
        "# Upgrading\n",
        "0.6.0",
        "Do z.",
        "# Upgrading\n\n## 0.6.0\n\nDo z.\n",
    );
    let error = UpgradeNotes::parse("## 0.6.0\n\nDo z.\n")
        .add("0.6.0", "Do w.")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot add notes on upgrading: version `0.6.0` has a section already (line 1)"
    );
}
