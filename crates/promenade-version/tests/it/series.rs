//! Candidates: numbering, moving bases, promotion.

use promenade_version::{
    BelowOne, CandidatePolicy, Impact, NextVersionErrorKind, Request, SchemeKind, SeriesBase,
    VersionPolicy,
};

fn seed_mithril() -> VersionPolicy {
    VersionPolicy::builder(SchemeKind::MajorMinor)
        .candidate(CandidatePolicy::in_label("prerelease{n}").unwrap())
        .build()
        .unwrap()
}

fn adr12_mithril() -> VersionPolicy {
    let candidate = CandidatePolicy::in_patch("pre").unwrap();
    VersionPolicy::builder(SchemeKind::Calendar("YYWW.PATCH".parse().unwrap()))
        .candidate(candidate.legacy("prerelease").unwrap())
        .stable_suffix("hotfix".parse().unwrap())
        .build()
        .unwrap()
}

pub(crate) fn semver(base: SeriesBase) -> VersionPolicy {
    let candidate = CandidatePolicy::in_label("rc.{n}").unwrap();
    let candidate = candidate.earlier("alpha.{n}").unwrap();
    let candidate = candidate.earlier("beta.{n}").unwrap();
    VersionPolicy::builder(SchemeKind::Semver)
        .below_one(BelowOne::BreakingIsMinor)
        .candidate(candidate.base(base))
        .build()
        .unwrap()
}

#[track_caller]
fn check_next(policy: &VersionPolicy, candidate: &str, impact: Impact, expect: &str) {
    let version = policy.scheme().parse(candidate).unwrap();
    let next = policy.next_candidate(&version, None, impact).unwrap();
    assert_eq!(next.text(), expect, "{next}");
    assert!(*next.version() > version);
}

#[test]
fn rejected_candidates_count_where_the_policy_says() {
    check_next(&adr12_mithril(), "2603.0-pre", Impact::Fix, "2603.1-pre");
    check_next(
        &adr12_mithril(),
        "2318.0-prerelease",
        Impact::Fix,
        "2318.1-pre",
    );
    check_next(
        &seed_mithril(),
        "0.1-prerelease1",
        Impact::Fix,
        "0.1-prerelease2",
    );
    check_next(
        &semver(SeriesBase::FromRelease),
        "0.4.0-rc.1",
        Impact::Fix,
        "0.4.0-rc.2",
    );
}

#[test]
fn a_stronger_impact_moves_the_base_only_under_the_rule_that_says_so() {
    let breaking = Impact::Breaking;
    check_next(
        &semver(SeriesBase::Keep),
        "1.0.0-rc.1",
        breaking,
        "1.0.0-rc.2",
    );
    check_next(
        &semver(SeriesBase::FromRelease),
        "1.0.0-rc.1",
        breaking,
        "1.0.0-rc.2",
    );
    check_next(
        &semver(SeriesBase::FromCandidate),
        "1.0.0-rc.1",
        breaking,
        "2.0.0-alpha.1",
    );
    check_next(
        &semver(SeriesBase::FromRelease),
        "1.4.0-rc.3",
        breaking,
        "2.0.0-alpha.1",
    );
    check_next(
        &semver(SeriesBase::FromRelease),
        "1.4.1-rc.3",
        Impact::Feature,
        "1.5.0-alpha.1",
    );
    check_next(
        &semver(SeriesBase::Keep),
        "1.4.1-rc.3",
        Impact::Feature,
        "1.4.1-rc.4",
    );
}

#[test]
fn a_later_label_keeps_the_base() {
    let policy = semver(SeriesBase::FromRelease);
    let alpha = policy.scheme().parse("1.0.0-alpha.3").unwrap();
    assert_eq!(
        policy.advance_label(&alpha, "beta").unwrap().text(),
        "1.0.0-beta.1"
    );
    assert!(policy.advance_label(&alpha, "alpha").is_err());
}

#[test]
fn only_promotion_leaves_a_series() {
    let policy = semver(SeriesBase::FromRelease);
    let candidate = policy.scheme().parse("1.0.0-rc.1").unwrap();
    let refused = policy.next(&Request::after(&candidate)).unwrap_err();
    assert_eq!(refused.kind(), &NextVersionErrorKind::OpenSeries);
    assert_eq!(policy.promote(&candidate).unwrap().text(), "1.0.0");
}
