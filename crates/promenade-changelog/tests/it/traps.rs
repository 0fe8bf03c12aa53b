//! The new section is never below a release, and never in a fence or a comment; bad input is
//! refused by name and line.

use chrono::NaiveDate;
use promenade_changelog::{Changelog, ChangelogPolicy, Cut, EditChangelogErrorKind};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[track_caller]
fn check(before: &str, after: &str) {
    let cut = Cut::new("2.0.0", date("2024-05-06"));
    let edits = Changelog::parse(before)
        .cut(&cut, &ChangelogPolicy::default())
        .unwrap();
    assert_eq!(edits.apply(before).unwrap(), after);
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let cut = Cut::new("2.0.0", date("2024-05-06"));
    let error = Changelog::parse(text)
        .cut(&cut, &ChangelogPolicy::default())
        .unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_version_in_a_fence_is_no_release() {
    check(
        "```\n## 9.0.0\n## Unreleased\n```\n\n## Unreleased\n\n- a\n\n## 1.0.0\n",
        "```\n## 9.0.0\n## Unreleased\n```\n\n## Unreleased\n\n## 2.0.0\n\n- a\n\n## 1.0.0\n",
    );
}

#[test]
fn a_version_in_a_comment_is_no_release() {
    check(
        "<!--\n## Unreleased\n\n## 9.0.0\n-->\n## Unreleased\n- a\n## 1.0.0\n",
        "<!--\n## Unreleased\n\n## 9.0.0\n-->\n## Unreleased\n\n## 2.0.0\n- a\n## 1.0.0\n",
    );
}

#[test]
fn a_version_in_html_or_in_a_list_is_no_release() {
    check(
        "<pre>\n## Unreleased\n\n## 8.0.0\n</pre>\n\n- An example:\n\n  ## 9.0.0\n\n## Unreleased\n\n## 1.0.0\n",
        "<pre>\n## Unreleased\n\n## 8.0.0\n</pre>\n\n- An example:\n\n  ## 9.0.0\n\n## Unreleased\n\n## 2.0.0\n\n## 1.0.0\n",
    );
}

#[test]
fn an_indented_version_is_code() {
    check(
        "    ## Unreleased\n\n## Unreleased\n\n- a\n\n    ## 9.0.0\n",
        "    ## Unreleased\n\n## Unreleased\n\n## 2.0.0 - 2024-05-06\n\n- a\n\n    ## 9.0.0\n",
    );
}

#[test]
fn crlf_bom_and_a_missing_final_newline_survive() {
    check(
        "\u{feff}# Log\r\n\r\n## [Unreleased]\r\n\r\n- a\r\n\r\n## [1.0.0] - 2024-01-02\r\n\r\n- b",
        "\u{feff}# Log\r\n\r\n## [Unreleased]\r\n\r\n## [2.0.0] - 2024-05-06\r\n\r\n- a\r\n\r\n## [1.0.0] - 2024-01-02\r\n\r\n- b",
    );
}

#[test]
fn underlined_headings_get_underlines() {
    check(
        "Log\n===\n\nUnreleased\n----------\n\n* a\n\n1.0.0 (2024-01-02)\n------------------\n",
        "Log\n===\n\nUnreleased\n----------\n\n2.0.0 (2024-05-06)\n------------------\n\n* a\n\n1.0.0 (2024-01-02)\n------------------\n",
    );
}

#[test]
fn the_markers_of_cargo_release_stay_in_place() {
    check(
        "<!-- next-header -->\n## [Unreleased] - ReleaseDate\n\n- a\n\n## [1.0.0] - 2024-01-02\n\n<!-- next-url -->\n[Unreleased]: https://x/compare/v1.0.0...HEAD\n[1.0.0]: https://x/compare/v0.9.0...v1.0.0\n",
        "<!-- next-header -->\n## [Unreleased] - ReleaseDate\n\n## [2.0.0] - 2024-05-06\n\n- a\n\n## [1.0.0] - 2024-01-02\n\n<!-- next-url -->\n[Unreleased]: https://x/compare/v2.0.0...HEAD\n[2.0.0]: https://x/compare/v1.0.0...v2.0.0\n[1.0.0]: https://x/compare/v0.9.0...v1.0.0\n",
    );
}

#[test]
fn a_placeholder_is_filled_in_place() {
    check(
        "## Mithril Distribution [XXXX] - UNRELEASED\n\n- a\n\n## Mithril Distribution [2403.1] - 2024-01-31\n",
        "## Mithril Distribution [2.0.0] - 2024-05-06\n\n- a\n\n## Mithril Distribution [2403.1] - 2024-01-31\n",
    );
}

#[test]
fn a_line_of_the_release_date_is_written_where_the_file_has_one() {
    check(
        "# News\n\n## Unreleased\n\n- a\n\n## 1.0.0\n\nReleased 2024-01-02\n\n- b\n",
        "# News\n\n## 2.0.0\n\nReleased 2024-05-06\n\n- a\n\n## 1.0.0\n\nReleased 2024-01-02\n\n- b\n",
    );
}

#[test]
fn an_address_in_the_heading_is_continued() {
    check(
        "## [Unreleased](https://x/compare/v1.0.0...HEAD)\n\n- a\n\n## [1.0.0](https://x/compare/v0.9.0...v1.0.0) (January 2, 2024)\n",
        "## [Unreleased](https://x/compare/v2.0.0...HEAD)\n\n## [2.0.0](https://x/compare/v1.0.0...v2.0.0) (May 6, 2024)\n\n- a\n\n## [1.0.0](https://x/compare/v0.9.0...v1.0.0) (January 2, 2024)\n",
    );
}

#[test]
fn a_policy_links_the_first_version_to_its_page_and_the_next_to_a_comparison() {
    let mut policy = ChangelogPolicy::default();
    policy.compare = Some(promenade_changelog::Compare {
        url: "https://x/compare/{previous_tag}...{tag}".parse().unwrap(),
        base: promenade_changelog::CompareBase::PreviousStable,
    });
    policy.dialect.links = Some(promenade_changelog::LinkStyle::Definition);
    let mut text = "# Log\n\n## [Unreleased]\n\n- a\n".to_owned();
    for version in ["1.0.0", "1.1.0-rc.1", "1.1.0"] {
        let cut = Cut::new(version, date("2024-05-06"));
        let edits = Changelog::parse(&text).cut(&cut, &policy).unwrap();
        text = edits.apply(&text).unwrap();
    }
    assert_eq!(
        text.split_once("- a\n").unwrap().1,
        "\n[1.1.0]: https://x/compare/v1.0.0...v1.1.0\n[1.1.0-rc.1]: https://x/compare/v1.0.0...v1.1.0-rc.1\n[1.0.0]: https://x/releases/tag/v1.0.0\n"
    );
}

#[test]
fn without_unreleased_nothing_is_cut() {
    refused(
        "# Log\n\n```\n## Unreleased\n```\n\n## 1.0.0\n",
        "cannot cut a version: there is no Unreleased section; expected one above the first release (line 7)",
    );
}

#[test]
fn unreleased_below_a_release_is_refused() {
    refused(
        "## 1.0.0\n\n- a\n\n## Unreleased\n\n- b\n",
        "cannot cut a version: Unreleased (line 5) stands below a release (line 1)",
    );
}

#[test]
fn a_date_that_runs_backwards_is_refused() {
    refused(
        "## Unreleased\n\n- a\n\n## 1.0.0 - 2025-01-02\n",
        "cannot cut a version: date 2024-05-06 is before 2025-01-02 of the release on line 5",
    );
}

#[test]
fn a_version_that_exists_is_refused() {
    refused(
        "## Unreleased\n\n- a\n\n## 2.0.0 - 2024-01-02\n",
        "cannot cut a version: version `2.0.0` has a section already (line 5)",
    );
    refused(
        "## Unreleased\n\n- a\n\n## 2.0.0\n\n## 2.0.0\n",
        "cannot cut a version: version `2.0.0` has sections on lines [5, 7]; expected one",
    );
}

#[test]
fn what_is_no_version_is_refused() {
    for version in ["", "next", "1.0.0\n## 3.0.0", "1.0.0]", "x"] {
        let cut = Cut::new(version, date("2024-05-06"));
        let error = Changelog::parse("## Unreleased\n")
            .cut(&cut, &ChangelogPolicy::default())
            .unwrap_err();
        assert!(
            matches!(
                error.kind(),
                EditChangelogErrorKind::UnfitText {
                    what: "version",
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn an_unknown_version_is_named_with_a_known_one() {
    let error = Changelog::parse("## 1.0.0\n").yank("1.0.1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot yank a version: there is no section for version `1.0.1`; the newest one is `1.0.0` (line 1)"
    );
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_their_line() {
    let error = Changelog::from_bytes(b"# a\n\n- \xff\n").unwrap_err();
    assert_eq!((error.line(), error.at()), (3, 7));
    assert_eq!(error.to_string(), "line 3 is not UTF-8 (byte 7)");
}

#[test]
fn nothing_is_added_into_a_fence_that_is_not_closed() {
    let text = "## Unreleased\n\n- a\n\n```\nopen\n";
    let error = Changelog::parse(text)
        .add(Some("Fixed"), "b", &ChangelogPolicy::default())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot add an entry: a code fence or comment (line 5) is not closed: what is added would be part of it"
    );
}

#[test]
fn an_entry_of_nothing_is_refused_and_no_text_is_more_than_an_entry() {
    for text in [
        "a\n\n1. b\n---",
        "a\n- b\n# c",
        "```",
        "## 3.0.0",
        "<!--",
        "[a]: b",
    ] {
        let before = "## Unreleased\n\n## 1.0.0\n";
        let edits = Changelog::parse(before)
            .add(None, text, &ChangelogPolicy::default())
            .unwrap();
        let after = edits.apply(before).unwrap();
        let read = Changelog::parse(&after);
        assert_eq!(read.sections().len(), 2, "{after}");
        assert_eq!(read.entries(&read.sections()[0]).count(), 1, "{after}");
    }
    for text in ["", " \n"] {
        let error =
            Changelog::parse("## Unreleased\n").add(None, text, &ChangelogPolicy::default());
        assert!(error.is_err(), "{text:?}");
    }
}

#[test]
fn a_heading_of_a_number_alone_may_have_a_date_and_a_mark() {
    let text =
        "# Log\n\n## Unreleased\n\n- a\n\n## 12 - 2024-01-02\n\n- b\n\n## 2 days of work\n\n- c\n";
    let cut = Cut::new("13", date("2024-05-06"));
    let policy = ChangelogPolicy::default();
    let edits = Changelog::parse(text).cut(&cut, &policy).unwrap();
    let after = edits.apply(text).unwrap();
    let read = Changelog::parse(&after);
    let yanked = read.yank("13").unwrap().apply(&after).unwrap();
    let read = Changelog::parse(&yanked);
    let versions: Vec<_> = read.releases().map(|section| section.heading()).collect();
    assert_eq!(versions, ["13 - 2024-05-06 [YANKED]", "12 - 2024-01-02"]);
}

#[test]
fn a_forgotten_link_of_unreleased_is_not_compared_with() {
    let links = "[Unreleased]: https://x/compare/v1.0.0...HEAD\n[1.0.0]: https://x/compare/v0.9.0...v1.0.0\n";
    let text =
        |between: &str| format!("## [Unreleased]\n\n- a\n\n{between}## [1.0.0]\n\n- b\n\n{links}");
    let base = |before: &str| {
        let cut = Cut::new("2.0.0", date("2024-05-06"));
        let edits = Changelog::parse(before)
            .cut(&cut, &ChangelogPolicy::default())
            .unwrap();
        let after = edits.apply(before).unwrap();
        let read = Changelog::parse(&after);
        read.link("2.0.0").unwrap().url().to_owned()
    };
    let forgotten = text("## [1.1.0]\n\n- c\n\n");
    assert_eq!(base(&forgotten), "https://x/compare/v1.1.0...v2.0.0");
    // A candidate in between: Unreleased goes on from the stable version.
    let candidate = text("## [2.0.0-rc.1]\n\n- c\n\n");
    assert_eq!(base(&candidate), "https://x/compare/v1.0.0...v2.0.0");
    assert_eq!(base(&text("")), "https://x/compare/v1.0.0...v2.0.0");
}
