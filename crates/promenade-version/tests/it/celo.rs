//! Celo: development markers, patch branches, uniqueness of a release, contract versions.

use promenade_version::{
    AfterRelease, BelowOne, Branch, CandidatePolicy, HistoryFinding, Impact, Label, Level, Line,
    Request, Scheme, SchemeKind, Uniqueness, Version, VersionPolicy,
};

fn service() -> VersionPolicy {
    VersionPolicy::builder(SchemeKind::Semver)
        .below_one(BelowOne::ZeroIsOpen)
        .manifest_state("unstable".parse().unwrap())
        .after_release(AfterRelease::Marker("dev".parse().unwrap()))
        .unique(Uniqueness::Introduction)
        .build()
        .unwrap()
}

#[test]
fn main_goes_from_marker_to_release_to_the_next_marker() {
    let policy = service();
    let dev = policy.scheme().parse("1.5.0-dev").unwrap();
    let release = policy.drop_marker(&dev).unwrap();
    assert_eq!(release.text(), "1.5.0");
    let minor = policy
        .after(release.version(), Branch::Main(Level::Minor))
        .unwrap()
        .unwrap();
    let major = policy
        .after(release.version(), Branch::Main(Level::Major))
        .unwrap()
        .unwrap();
    assert_eq!((minor.text(), major.text()), ("1.6.0-dev", "2.0.0-dev"));
    // The marker announces the release: `next` agrees, unless more happened than was announced.
    let next = |impact| {
        policy
            .next(&Request::after(&dev).impact(impact))
            .unwrap()
            .unwrap()
    };
    assert_eq!(next(Impact::Feature).text(), "1.5.0");
    assert_eq!(next(Impact::Breaking).text(), "2.0.0");
}

#[test]
fn a_patch_branch_goes_from_release_to_marker_to_patch() {
    let policy = service();
    let base = policy.scheme().parse("1.5.0").unwrap();
    let dev = policy.after(&base, Branch::Patch).unwrap().unwrap();
    assert_eq!(dev.text(), "1.5.1-dev");
    assert_eq!(policy.drop_marker(dev.version()).unwrap().text(), "1.5.1");
}

#[test]
fn a_release_that_is_left_and_entered_again_is_a_finding() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let policy = service();
    let mut history: Vec<Version> = Vec::new();
    for run in testkit::tsv(corpus.join("celo-monorepo/attestation_version_runs.tsv")) {
        let version = policy.scheme().parse(run.get("version")).unwrap();
        let commits = run.get("commits_on_first_parent").parse().unwrap();
        history.extend(std::iter::repeat_n(version, commits));
    }
    let name = |finding: &HistoryFinding| match finding {
        HistoryFinding::Reentered { version, .. } | HistoryFinding::ManyCommits { version, .. } => {
            version.clone()
        }
        other => panic!("unexpected {other}"),
    };
    // B4: read by introductions only 1.5.0 breaks the rule, read strictly all thirteen do.
    let introduced = policy.check_history(&history, Uniqueness::Introduction);
    assert_eq!(introduced.iter().map(name).collect::<Vec<_>>(), ["1.5.0"]);
    let strict = policy.check_history(&history, Uniqueness::EveryCommit);
    assert_eq!(strict.len(), 13);
    let many = HistoryFinding::ManyCommits {
        version: "1.2.0".to_owned(),
        commits: 404,
    };
    assert!(strict.contains(&many), "{strict:?}");
}

/// The version that a contracts release gets: from its tag, or from its branch and the registry.
fn contracts(tag: Option<&str>, branch: &str, registry: Option<&str>) -> (String, String) {
    let integer = Scheme::builder(SchemeKind::Integer).build().unwrap();
    let numbers = |text: &str| {
        integer
            .parse(text)
            .or_else(|_| Scheme::semver().parse(text))
            .unwrap()
    };
    let policy = |label: &str| {
        let candidate = CandidatePolicy::in_label(&format!("{label}.{{n}}"));
        VersionPolicy::builder(SchemeKind::Semver)
            .below_one(BelowOne::Semver)
            .candidate(candidate.unwrap().start(0).unwrap())
            .build()
            .unwrap()
    };
    let (policy, next) = match tag.and_then(|tag| tag.strip_prefix("core-contracts.v")) {
        Some(text) => {
            // `12.post-audit`: the numbers end where the first letter stands.
            let at = text
                .find(|c: char| c.is_ascii_alphabetic())
                .unwrap_or(text.len() + 1);
            let base = numbers(&text[..at - 1]);
            match text.get(at..) {
                None => return (base.to_string(), "latest".to_owned()),
                Some(label) => {
                    let label = if label.parse::<Label>().is_ok() {
                        label
                    } else {
                        "alpha"
                    };
                    let policy = policy(label);
                    let first = policy.open_series_at(&base).unwrap().version().clone();
                    (policy, first)
                }
            }
        }
        None => {
            let policy = policy("alpha");
            let wanted = numbers(branch.strip_prefix("release/core-contracts/").unwrap());
            let published = numbers(registry.unwrap());
            let line: Line = policy.scheme().line_of(&wanted).unwrap();
            let next = policy.next_patch(&line, [&published]).unwrap();
            (policy, next.version().clone())
        }
    };
    let dist_tag = match next.pre.split_once('.') {
        Some((label, _)) => label.to_owned(),
        None => "latest".to_owned(),
    };
    (policy.scheme().format(&next).unwrap(), dist_tag)
}

#[test]
fn contract_versions_follow_the_decision_table() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let rows = testkit::tsv(corpus.join("vectors/celo_contracts_next_version.tsv"));
    assert_eq!(rows.len(), 7);
    for row in rows {
        let found = contracts(
            row.opt("git_tag"),
            row.get("branch"),
            row.opt("registry_version"),
        );
        let expect = (
            row.get("next_version").to_owned(),
            row.get("dist_tag").to_owned(),
        );
        assert_eq!(found, expect, "{row:?}");
    }
}
