//! Lines: the next patch, what is supported, emergency patches, who moves what.

use chrono::NaiveDate;
use promenade_version::{
    BelowOne, CandidatePolicy, Impact, Line, NextVersionErrorKind, Reach, Request, SchemeKind,
    Support, Version, VersionPolicy, line_states,
};

fn policy() -> VersionPolicy {
    VersionPolicy::builder(SchemeKind::Semver)
        .below_one(BelowOne::BreakingIsMinor)
        .candidate(CandidatePolicy::in_label("rc.{n}").unwrap())
        .build()
        .unwrap()
}

fn versions(policy: &VersionPolicy, texts: &[&str]) -> Vec<Version> {
    texts
        .iter()
        .map(|text| policy.scheme().parse(text).unwrap())
        .collect()
}

fn releases() -> Vec<(Version, NaiveDate)> {
    let rows = [
        ("1.3.0", "2025-01-01"),
        ("1.4.0", "2025-03-01"),
        ("1.3.1", "2025-03-20"),
        ("1.4.1", "2025-04-01"),
        ("2.0.0", "2025-06-01"),
    ];
    rows.map(|(text, date)| (text.parse().unwrap(), date.parse().unwrap()))
        .to_vec()
}

#[test]
fn the_next_patch_is_free_on_every_line() {
    let policy = policy();
    let existing = versions(
        &policy,
        &[
            "1.3.0",
            "1.4.0",
            "1.4.1",
            "1.4.2",
            "2.0.0-rc.1",
            "1.5.0-rc.1",
        ],
    );
    let next = policy.next_on_lines(&existing);
    let shown: Vec<_> = next
        .iter()
        .map(|(line, next)| format!("{line} {}", next.as_ref().unwrap().text()))
        .collect();
    assert_eq!(shown, ["1.3.x 1.3.1", "1.4.x 1.4.3"]);
}

#[test]
fn an_open_series_holds_its_line() {
    let policy = policy();
    let line: Line = "1.4.x".parse().unwrap();
    let existing = versions(&policy, &["1.4.0", "1.4.1-rc.1"]);
    let refused = policy.next_patch(&line, &existing).unwrap_err();
    assert_eq!(refused.kind(), &NextVersionErrorKind::OpenSeries);
    let refused = policy
        .next_patch(&"1.5.x".parse().unwrap(), &existing)
        .unwrap_err();
    assert!(matches!(
        refused.kind(),
        NextVersionErrorKind::NothingOnLine(_)
    ));
}

#[test]
fn numbers_that_candidates_used_up_are_skipped() {
    let policy = VersionPolicy::builder(SchemeKind::Calendar("YYWW.PATCH".parse().unwrap()))
        .candidate(CandidatePolicy::in_patch("pre").unwrap())
        .stable_suffix("hotfix".parse().unwrap())
        .build()
        .unwrap();
    let line = "2603.x".parse().unwrap();
    let existing = versions(
        &policy,
        &["2603.0-pre", "2603.1-pre", "2603.1", "2603.2-hotfix"],
    );
    assert_eq!(
        policy.next_patch(&line, &existing).unwrap().text(),
        "2603.3"
    );
    assert_eq!(policy.hotfix_base(&line, &existing), existing.last());
}

#[test]
fn a_release_that_exists_on_another_line_is_refused() {
    let policy = policy();
    let existing = versions(&policy, &["1.4.2", "1.5.0", "1.6.0-rc.1"]);
    let from = |at: usize, impact| {
        policy.next_free(&Request::after(&existing[at]).impact(impact), &existing)
    };
    let refused = from(0, Impact::Feature).unwrap_err();
    insta::assert_snapshot!(refused, @"no version follows `1.4.2`: `1.5.0` would follow, and `1.5.0` exists");
    assert_eq!(from(0, Impact::Fix).unwrap().unwrap().text(), "1.4.3");
    assert!(from(1, Impact::Feature).is_err()); // 1.6.0-rc.1 holds its numbers
}

#[test]
fn an_emergency_patch_is_one_result_per_supported_line() {
    let policy = policy();
    let on = "2025-07-01".parse().unwrap();
    let patches = policy.emergency_patches(&releases(), &[], &Support::Newest(3), on);
    let shown: Vec<_> = patches
        .iter()
        .map(|patch| {
            (
                patch.state.highest.to_string(),
                patch.next.as_ref().unwrap().text().to_owned(),
                patch.reach,
            )
        })
        .collect();
    let row = |base: &str, next: &str, reach| (base.to_owned(), next.to_owned(), reach);
    assert_eq!(
        shown,
        [
            row("2.0.0", "2.0.1", Reach::Latest),
            row("1.4.1", "1.4.2", Reach::Major),
            row("1.3.1", "1.3.2", Reach::Line),
        ]
    );
}

#[test]
fn support_is_a_predicate_over_dates_and_versions() {
    let policy = policy();
    let states = line_states(policy.scheme(), &releases());
    let check = |support: Support, expect: &[&str]| {
        let on = "2025-07-01".parse().unwrap();
        let lines = states.iter().filter(|state| support.holds(state, on));
        let lines: Vec<String> = lines.map(|state| state.line.to_string()).collect();
        assert_eq!(lines, expect, "{support:?}");
    };
    check(Support::Newest(2), &["2.0.x", "1.4.x"]);
    check(Support::NewestOfMajors(2), &["2.0.x", "1.4.x"]);
    check(Support::NewestOfMajors(1), &["2.0.x"]);
    check(
        Support::OpenedWithin("130d".parse().unwrap()),
        &["2.0.x", "1.4.x"],
    );
    check(
        Support::SucceededWithin("5w".parse().unwrap()),
        &["2.0.x", "1.4.x"],
    );
    check(
        Support::Since("1.4.x".parse().unwrap()),
        &["2.0.x", "1.4.x"],
    );
    let all = vec![Support::Newest(2), Support::Since("2.0.x".parse().unwrap())];
    check(Support::All(all.clone()), &["2.0.x"]);
    check(Support::Any(all), &["2.0.x", "1.4.x"]);
}

#[test]
fn lines_have_one_spelling() {
    for text in ["1.4.x", "2543.x", "0.1.x"] {
        assert_eq!(text.parse::<Line>().unwrap().to_string(), text);
    }
    for text in [
        "1.4", "x", ".x", "1.04.x", "1.4.2.x", "1.x.x", "v1.4.x", "1.4.X", "+1.4.x",
    ] {
        assert!(text.parse::<Line>().is_err(), "{text}");
    }
}
