//! Drafts: what commits say, as entries.

use promenade_changelog::{Changelog, Draft, DraftCommit, DraftLinks, Edits, TextEdit, draft};
use promenade_version::Impact;

use crate::edits::{check, policy};

fn draft_of(messages: &[(&str, &str)]) -> Draft {
    let commits: Vec<_> = messages
        .iter()
        .map(|(id, message)| DraftCommit {
            id: (*id).to_owned(),
            message: (*message).to_owned(),
        })
        .collect();
    draft(&commits, &DraftLinks::issues("https://x/issues/{number}"))
}

fn drafted(messages: &[(&str, &str)]) -> Vec<String> {
    draft_of(messages)
        .entries
        .iter()
        .map(|entry| format!("{}: {}", entry.category.as_str(), entry.text))
        .collect()
}

#[test]
fn a_draft_reads_conventional_commits_and_others() {
    assert_eq!(
        drafted(&[
            ("a", "fix: one (#1)"),
            ("b", "Add two"),
            ("c", "chore!: drop three"),
            ("d", "docs: four"),
            ("e", "Merge pull request #5 from a/b\n\nfeat: five"),
            ("f", "Merge branch 'main' into x"),
            (
                "g",
                "feat(api): six\n\nCloses #6, fixes #7.\n\nBREAKING CHANGE: yes"
            ),
        ]),
        [
            "Added: Add two",
            "Added: Five ([#5](https://x/issues/5))",
            "Added: **Breaking:** **api:** Six ([#6](https://x/issues/6), [#7](https://x/issues/7))",
            "Changed: **Breaking:** Drop three",
            "Fixed: One ([#1](https://x/issues/1))",
        ]
    );
}

#[test]
fn a_squashed_body_is_read_line_by_line() {
    assert_eq!(
        drafted(&[(
            "a",
            "Rework all (#9)\n\n* feat: one\n* fix: two\n* ci: three\n"
        )]),
        [
            "Added: One ([#9](https://x/issues/9))",
            "Fixed: Two ([#9](https://x/issues/9))",
        ]
    );
}

#[test]
fn a_revert_cancels_and_a_revert_of_it_brings_back() {
    let revert = "Revert \"feat: one\"\n\nThis reverts commit aaaa.";
    assert_eq!(drafted(&[("aaaa", "feat: one"), ("bbbb", revert)]), [""; 0]);
    assert_eq!(
        drafted(&[
            ("aaaa", "feat: one"),
            ("bbbb", revert),
            (
                "cccc",
                "Revert \"Revert \"feat: one\"\"\n\nThis reverts commit bbbb."
            ),
        ]),
        ["Added: One"]
    );
    // The id tells which of two is meant; without one, the last of the subject is.
    for (reverts, skipped) in [
        ("This reverts commit aaaa.", "aaaa"),
        ("This reverts commit of last week.", "cccc"),
        ("It was wrong.", "cccc"),
    ] {
        let revert = format!("Revert \"feat: one\"\n\n{reverts}");
        let commits = [
            ("aaaa", "feat: one"),
            ("cccc", "feat: one"),
            ("dddd", "feat: two"),
            ("eeee", &revert),
        ];
        let draft = draft_of(&commits);
        let skipped_ids: Vec<_> = draft.skipped.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(skipped_ids, [skipped, "eeee"], "{reverts}");
    }
    // What is reverted was released before: users are told.
    assert_eq!(
        drafted(&[("bbbb", revert)]),
        ["Fixed: Revert \"feat: one\""]
    );
}

#[test]
fn an_entry_names_every_commit_that_tells_of_it_and_the_others_are_skipped() {
    let draft = draft_of(&[
        ("a", "fix: one (#1)"),
        ("b", "ci: two"),
        (
            "c",
            "Fix all (#3)\n\n* fix!: three\n* fix: One\n* fix: one\n",
        ),
    ]);
    let entries = draft.entries.iter();
    let entries: Vec<_> = entries
        .map(|entry| {
            (
                entry.commits.concat(),
                entry.impact,
                entry.references.clone(),
            )
        })
        .collect();
    assert_eq!(
        entries,
        [
            ("ac".to_owned(), Impact::Fix, vec![1, 3]),
            ("c".to_owned(), Impact::Breaking, vec![3]),
        ]
    );
    assert_eq!(draft.skipped, [("b".to_owned(), "tells users nothing")]);
}

#[test]
fn a_draft_is_one_edit_of_the_lines_that_differ() {
    let draft = draft_of(&[
        ("a", "feat: one"),
        ("b", "Deprecate two"),
        ("c", "fix: three"),
    ]);
    let text = "## Unreleased\r\n\r\n### Changed\r\n\r\n- c\r\n\r\n### Fixed\r\n\r\n- Four\r\n\r\n## 1.0.0\r\n";
    let edits = Changelog::parse(text).add_draft(&draft, &policy()).unwrap();
    let kept = text.find("### Changed").unwrap()..text.find("\r\n## 1.0.0").unwrap();
    let between = &text[kept.clone()];
    let after = format!(
        "### Added\r\n\r\n- One\r\n\r\n{}- Three\r\n",
        between.replace(
            "### Fixed",
            "### Deprecated\r\n\r\n- Deprecate two\r\n\r\n### Fixed"
        )
    );
    assert_eq!(edits, Edits::one(TextEdit::replace(kept, after)));
    let fixed = draft_of(&[("c", "fix: three")]);
    let edits = Changelog::parse(text).add_draft(&fixed, &policy()).unwrap();
    let end = text.find("\r\n## 1.0.0").unwrap();
    assert_eq!(edits, Edits::one(TextEdit::insert(end, "- Three\r\n")));
}

#[test]
fn a_draft_is_added_once() {
    let draft = draft_of(&[("a", "feat: one"), ("b", "feat: two")]);
    check(
        "## Unreleased\n\n## 1.0.0\n",
        |c| c.add_draft(&draft, &policy()),
        "## Unreleased\n\n### Added\n\n- One\n- Two\n\n## 1.0.0\n",
    );
}
