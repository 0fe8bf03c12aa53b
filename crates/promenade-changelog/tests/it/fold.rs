//! Folding the candidates of a version into its section.

use std::collections::BTreeSet;

use promenade_changelog::{CandidateFixes, Changelog};

use crate::edits::{check, policy};

#[test]
fn candidates_fold_into_the_stable_version() {
    let before = "\
## [Unreleased]

## [1.0.0] - 2024-03-01

### Added

- last

## [1.0.0-rc.2] - 2024-02-01

### Fixed

- crash of rc.1

## [1.0.0-rc.1] - 2024-01-01

### Fixed

- old bug

### Added

- first

## [0.9.0] - 2023-01-01

- x

[Unreleased]: https://x/compare/v1.0.0...HEAD
[1.0.0]: https://x/compare/v1.0.0-rc.2...v1.0.0
[1.0.0-rc.2]: https://x/compare/v1.0.0-rc.1...v1.0.0-rc.2
[1.0.0-rc.1]: https://x/compare/v0.9.0...v1.0.0-rc.1
[0.9.0]: https://x/releases/tag/v0.9.0
";
    let after = |fixes: &str| {
        format!(
            "\
## [Unreleased]

## [1.0.0] - 2024-03-01

### Added

- first
- last

### Fixed

{fixes}
## [0.9.0] - 2023-01-01

- x

[Unreleased]: https://x/compare/v1.0.0...HEAD
[1.0.0]: https://x/compare/v0.9.0...v1.0.0
[0.9.0]: https://x/releases/tag/v0.9.0
"
        )
    };
    let fold = |fixes: CandidateFixes| {
        move |c: &Changelog<'_>| Ok(c.fold("1.0.0", &fixes, &policy())?.edits)
    };
    check(
        before,
        fold(CandidateFixes::Keep),
        &after("- old bug\n- crash of rc.1\n"),
    );
    check(
        before,
        fold(CandidateFixes::DropLater),
        &after("- old bug\n"),
    );
    let one = CandidateFixes::Drop(vec!["old  bug".to_owned()]);
    check(before, fold(one), &after("- crash of rc.1\n"));
}

/// Folds 1.0.0; the addresses that pulldown-cmark finds are those of before.
#[track_caller]
fn folds(before: &str, after: &str) {
    check(
        before,
        |c| Ok(c.fold("1.0.0", &CandidateFixes::Keep, &policy())?.edits),
        after,
    );
    let links = |text: &str| -> BTreeSet<String> {
        let parser = pulldown_cmark::Parser::new(text);
        let links = parser.reference_definitions().iter();
        links.map(|(_, link)| link.dest.to_string()).collect()
    };
    assert_eq!(links(before), links(after));
}

#[track_caller]
fn refuses(text: &str, version: &str, line: usize) {
    let fold = Changelog::parse(text).fold(version, &CandidateFixes::Keep, &policy());
    assert_eq!(
        fold.unwrap_err().to_string(),
        format!("cannot fold candidates: line {line} would not be read back as it is meant")
    );
}

#[test]
fn a_fold_keeps_the_definitions_and_comments_of_its_sections() {
    let candidate = "## 1.0.0-rc.1\n\n- c\n";
    // Below the entries, among them, right below the heading or a category of nothing.
    for (stable, folded) in [
        ("- a\n\n[x]: https://x\n\n", "- c\n- a\n\n[x]: https://x\n"),
        (
            "- a\n\n[x]: https://x\n\n- b\n\n",
            "- c\n- a\n- b\n\n[x]: https://x\n",
        ),
        ("[x]: https://x\n\n", "- c\n\n[x]: https://x\n"),
        ("### Added\n[x]: https://x\n\n", "- c\n\n[x]: https://x\n"),
        ("- a\n\n<!-- end -->\n\n", "- c\n- a\n\n<!-- end -->\n"),
    ] {
        folds(
            &format!("## 1.0.0\n\n{stable}{candidate}"),
            &format!("## 1.0.0\n\n{folded}"),
        );
    }
    folds(
        &format!("## 1.0.0\n\n{candidate}\n<!-- links -->\n[1.0.0]: https://x\n"),
        "## 1.0.0\n\n- c\n\n<!-- links -->\n[1.0.0]: https://x\n",
    );
    let tight = "## 1.0.0\n- a\n## 1.0.0-rc.1\n[x]: https://x\n";
    refuses(tight, "1.0.0", 1);
}

#[test]
fn a_fold_writes_what_stands_in_a_category_below_its_heading() {
    folds(
        "## 1.0.0\n\n### Fixed\n\n#### CLI\n\n- y\n\n## 1.0.0-rc.2\n\n### Fixed\n\n#### CLI\n\n- w\n\n#### API\n\n- v\n\n\
         ### Removed\n\n- r\n\n## 1.0.0-rc.1\n\n### Added\n\n#### CLI\n\n- c\n\n### Fixed\n\n- f\n",
        "## 1.0.0\n\n### Added\n\n#### CLI\n\n- c\n\n### Removed\n\n- r\n\n### Fixed\n\n- f\n\n#### CLI\n\n- w\n- y\n\n\
         #### API\n\n- v\n",
    );
    let text =
        "## 1.0.0\n\n## 1.0.0-rc.2\n\n### Fixed\n\n#### CLI\n\n- w\n\n## 1.0.0-rc.1\n\n- c\n";
    let folded = Changelog::parse(text).fold("1.0.0", &CandidateFixes::DropLater, &policy());
    let folded = folded.unwrap();
    assert_eq!(folded.dropped, ["w"]);
    assert_eq!(folded.edits.apply(text).unwrap(), "## 1.0.0\n\n- c\n");
}

#[test]
fn a_fold_spaces_what_it_writes_and_what_has_no_category_goes_first() {
    folds(
        "## 1.0.0\n\n- loose\n\n    - c\n\n## 1.0.0-rc.2\n\n#### Oddities\n\n- o\n\n## 1.0.0-rc.1\n\n#### Added\n\n- c\n\n\
         text\n\n    - c\n\n- d\n- e\n",
        "## 1.0.0\n\n- loose\n\n    - c\n\n#### Added\n\n- c\n\ntext\n\n    - c\n\n- d\n- e\n\n#### Oddities\n\n- o\n",
    );
    folds(
        "## 1.0.0\n### Added\ntext\n\n- a\n\n## 1.0.0-rc.1\n### Added\nmore\n\n- c\n",
        "## 1.0.0\n### Added\nmore\n\n- c\n\ntext\n\n- a\n",
    );
    // A section of nothing, and one whose heading ends the file.
    folds("## 1.0.0\n## 1.0.0-rc.1\n\n- c\n", "## 1.0.0\n\n- c\n");
    folds("## 1.0.0-rc.1\n\n- c\n\n## 1.0.0", "## 1.0.0\n\n- c\n");
}

#[test]
fn a_fold_leaves_links_that_are_not_of_its_candidates() {
    let links = "[1.0.0]: https://x/compare/v0.9.1...v1.0.0\n";
    let candidate = "[1.0.0-rc.1]: https://x/compare/v0.9.0...v1.0.0-rc.1\n";
    let rest = |words: &str| format!("## [0.9.1]\n\n- {words}\n\n{links}");
    for (words, kept) in [("a", ""), ("See [1.0.0-rc.1].", candidate)] {
        let rest = rest(words);
        let before = format!(
            "## [1.0.0]\n\n- a\n\n## [1.0.0-rc.1]\n\n- c\n\n{rest}{candidate}[x]: https://x\n"
        );
        let after = format!("## [1.0.0]\n\n- c\n- a\n\n{rest}{kept}[x]: https://x\n");
        let fold = |c: &Changelog<'_>| Ok(c.fold("1.0.0", &CandidateFixes::Keep, &policy())?.edits);
        check(&before, fold, &after);
    }
}

#[test]
fn a_fold_that_would_underline_a_line_above_is_refused() {
    let text = "# Log\n\ntext\n# 2.0.0-rc.1\n2.0.0\n---\n";
    refuses(text, "2.0.0", 5);
}
