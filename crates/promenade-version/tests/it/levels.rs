//! From impact to level: rules below one, lanes, the first version, overflow.

use promenade_version::{
    BelowOne, Impact, Lane, LaneRules, Level, NextVersionErrorKind, Request, SchemeKind, Version,
    VersionPolicy,
};

fn semver(rule: BelowOne) -> VersionPolicy {
    VersionPolicy::builder(SchemeKind::Semver)
        .below_one(rule)
        .build()
        .unwrap()
}

#[track_caller]
fn check(policy: &VersionPolicy, current: &str, impact: Impact, expect: &str) {
    let current = policy.scheme().parse(current).unwrap();
    let next = policy
        .next(&Request::after(&current).impact(impact))
        .unwrap()
        .unwrap();
    assert_eq!(next.text(), expect, "{next}");
}

#[test]
fn each_rule_below_one_gives_its_own_release() {
    use BelowOne::{BreakingIsMinor, Semver, ZeroIsOpen};
    use Impact::{Breaking, Feature, Fix};
    let rows = [
        ("0.2.3", Breaking, "1.0.0", "0.3.0", "0.3.0"),
        ("0.2.3", Feature, "0.3.0", "0.2.4", "0.3.0"),
        ("0.2.3", Fix, "0.2.4", "0.2.4", "0.2.4"),
        ("0.0.3", Breaking, "1.0.0", "0.0.4", "0.1.0"),
        ("1.2.3", Breaking, "2.0.0", "2.0.0", "2.0.0"),
        ("1.2.3", Feature, "1.3.0", "1.3.0", "1.3.0"),
        ("1.2.3", Fix, "1.2.4", "1.2.4", "1.2.4"),
    ];
    for (current, impact, strict, cargo, open) in rows {
        check(&semver(Semver), current, impact, strict);
        check(&semver(BreakingIsMinor), current, impact, cargo);
        check(&semver(ZeroIsOpen), current, impact, open);
    }
}

#[test]
fn a_regular_release_is_at_least_minor_where_the_lane_says_so() {
    // A8, A9: the released version is major or minor; a patch is a hotfix.
    let lanes = LaneRules::default()
        .at_least(Lane::Regular, Level::Minor)
        .unwrap();
    let policy = VersionPolicy::builder(SchemeKind::MajorMinor)
        .lanes(lanes)
        .build()
        .unwrap();
    check(&policy, "1.1", Impact::Fix, "1.2");
    check(&policy, "1.1", Impact::Breaking, "2.0");
    let current = policy.scheme().parse("1.1").unwrap();
    let hotfix = Request::after(&current).lane(Lane::Hotfix);
    let next = policy.next(&hotfix).unwrap().unwrap();
    assert_eq!(next.text(), "1.1.1");
    let refused = policy.next(&hotfix.impact(Impact::Breaking)).unwrap_err();
    insta::assert_snapshot!(refused, @"no version follows `1.1`: a major release is more than the hotfix lane allows, at most patch");
    assert!(lanes.at_most(Lane::Regular, Level::Patch).is_err());
}

#[test]
fn no_impact_is_no_release() {
    let policy = semver(BelowOne::Semver);
    let request = Request::after(&Version::new(1, 0, 0)).impact(Impact::None);
    assert_eq!(policy.next(&request), Ok(None));
}

#[test]
fn a_component_at_its_maximum_is_a_named_error() {
    let policy = semver(BelowOne::Semver);
    let current = Version::new(1, u64::MAX, u64::MAX);
    for (impact, expect) in [
        (Impact::Fix, false),
        (Impact::Feature, false),
        (Impact::Breaking, true),
    ] {
        let next = policy.next(&Request::after(&current).impact(impact));
        match next {
            Ok(Some(next)) => assert!(expect && *next.version() == Version::new(2, 0, 0)),
            Err(error) => assert!(!expect && *error.kind() == NextVersionErrorKind::Overflow),
            Ok(None) => panic!("an impact was given"),
        }
    }
}

#[test]
fn the_first_version_is_the_policys() {
    let first = |policy: &VersionPolicy| {
        policy
            .next(&Request::first())
            .unwrap()
            .unwrap()
            .text()
            .to_owned()
    };
    assert_eq!(first(&semver(BelowOne::Semver)), "0.1.0");
    let integer = VersionPolicy::builder(SchemeKind::Integer);
    assert_eq!(first(&integer.clone().build().unwrap()), "1");
    assert_eq!(first(&integer.initial("7").build().unwrap()), "7");
}

#[test]
fn a_number_counts_one_up_whatever_changed() {
    let policy = VersionPolicy::builder(SchemeKind::Integer).build().unwrap();
    check(&policy, "11", Impact::Fix, "12");
    check(&policy, "11", Impact::Breaking, "12");
}

#[test]
fn a_decision_prints_as_one_sentence() {
    let lanes = LaneRules::default()
        .at_least(Lane::Regular, Level::Minor)
        .unwrap();
    let policy = VersionPolicy::builder(SchemeKind::Semver)
        .below_one(BelowOne::BreakingIsMinor)
        .lanes(lanes)
        .build()
        .unwrap();
    let next = policy
        .next(&Request::after(&Version::new(0, 4, 1)))
        .unwrap()
        .unwrap();
    insta::assert_snapshot!(next, @"0.5.0: a fix below 1.0.0 raises the patch (`breaking-is-minor`); the regular lane raises at least the minor");
    let data = serde_json::to_value(&next).unwrap();
    assert_eq!(data["version"], "0.5.0");
    assert_eq!(data["reasons"][1]["rule"], "lane-floor");
}
