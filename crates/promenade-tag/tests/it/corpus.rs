//! The tags of five repositories: one class each, or other.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::DateTime;
use insta::assert_snapshot;
use promenade_tag::{Class, ObjectKind, SignatureKind, TagFacts, TagPolicy, TagRule};
use promenade_version::{Scheme, SchemeKind};
use testkit::Row;

fn facts(row: &Row) -> TagFacts {
    let kind = |column: &str| match row.get(column) {
        "commit" => ObjectKind::Commit,
        "tag" => ObjectKind::Tag,
        "tree" => ObjectKind::Tree,
        "blob" => ObjectKind::Blob,
        other => unreachable!("{other}"),
    };
    TagFacts {
        name: row.get("tag").as_bytes().to_vec(),
        object: kind("object_type"),
        depth: row.get("tag_depth").parse().unwrap(),
        peeled: row.get("peeled_commit").to_owned(),
        peeled_kind: kind("peeled_type"),
        inner_name: row
            .opt("name_in_tag_object")
            .map(|name| name.as_bytes().to_vec()),
        signature: match row.opt("tag_signature") {
            None => None,
            Some("PGP") => Some(SignatureKind::Pgp),
            Some("SSH") => Some(SignatureKind::Ssh),
            Some(other) => unreachable!("{other}"),
        },
        date: DateTime::parse_from_rfc3339(row.get("date")).ok(),
    }
}

fn tags(corpus: &Path, name: &str) -> Vec<TagFacts> {
    let rows = testkit::tsv(corpus.join(name).join("tags.tsv"));
    rows.iter().map(facts).collect()
}

/// Counts the tags by class, and the findings by id.
fn counts(policy: &TagPolicy, tags: &[TagFacts]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in policy.survey(tags) {
        *counts.entry(one.classified.class.name()).or_default() += 1;
        for finding in &one.findings {
            *counts.entry(finding.id()).or_default() += 1;
        }
    }
    let lines = counts.iter().map(|(name, count)| format!("{name} {count}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn others(policy: &TagPolicy, tags: &[TagFacts]) -> String {
    let others = tags
        .iter()
        .filter(|facts| policy.classify(facts).class == Class::Other);
    let names = others.map(|facts| String::from_utf8_lossy(&facts.name).into_owned());
    names.collect::<Vec<_>>().join(" ")
}

fn rule(class: Class, template: &str) -> TagRule {
    let mut rule = TagRule::new(class, template.parse().unwrap());
    rule.annotated = matches!(class, Class::Release | Class::Candidate);
    rule
}

fn plain() -> TagPolicy {
    let rules = vec![
        rule(Class::Candidate, "v{version}"),
        rule(Class::Release, "v{version}"),
    ];
    TagPolicy::build(rules, &Scheme::semver()).unwrap()
}

#[test]
fn mithril_has_candidates_releases_and_three_other_tags() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let scheme = Scheme::builder(SchemeKind::Calendar("YYWW.PATCH".parse().unwrap()))
        .candidate("pre")
        .legacy("prerelease")
        .stable("hotfix")
        .build()
        .unwrap();
    let rules = vec![
        rule(Class::Candidate, "{version}"),
        rule(Class::Release, "{version}"),
        rule(Class::Channel, "unstable"),
    ];
    let policy = TagPolicy::build(rules, &scheme).unwrap();
    let tags = tags(&corpus, "mithril");
    assert_snapshot!(counts(&policy, &tags), @"
    candidate 47
    channel 1
    other 2
    release 41
    tag-lightweight 64
    ");
    assert_snapshot!(others(&policy, &tags), @"remove_old_projects remove_test_lab_monitor");
    let hotfix = policy.read("2543.1-hotfix");
    assert_eq!(hotfix.class, Class::Release);
    assert!(hotfix.version > policy.read("2543.0").version);
    // Same commit, two tag objects: two versions, and no finding about it (A14).
    let pair = tags
        .iter()
        .filter(|facts| facts.name.starts_with(b"2442.0"));
    let commits: Vec<_> = pair.map(|facts| facts.peeled.as_str()).collect();
    assert_eq!(commits.len(), 2);
    assert_eq!(commits[0], commits[1]);
}

#[test]
fn kayron_and_splits_have_releases_only() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    assert_snapshot!(counts(&plain(), &tags(&corpus, "kayron")), @"
    release 23
    tag-lightweight 23
    ");
    assert_snapshot!(counts(&plain(), &tags(&corpus, "splits-releases")), @"
    release 52
    tag-lightweight 52
    ");
}

#[test]
fn git_cliff_signs_all_that_it_annotates() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let tags = tags(&corpus, "git-cliff");
    assert_snapshot!(counts(&plain(), &tags), @"
    candidate 42
    release 86
    tag-lightweight 1
    ");
    assert_snapshot!(others(&plain(), &tags), @"");
}

/// Every way in which celo-monorepo names versions.
fn celo() -> TagPolicy {
    let legacy = |template: &str, reads: &str| {
        let mut rule = rule(Class::Legacy, template);
        rule.reads = (!reads.is_empty()).then(|| reads.parse().unwrap());
        rule
    };
    let service = |class, template: &str| {
        let mut rule = rule(class, template);
        rule.component = Some("attestation-service".to_owned());
        rule
    };
    let rules = vec![
        service(Class::Release, "attestation-service-v{version}"),
        service(Class::Legacy, "attestation-service-{major}-{minor}-{patch}"),
        {
            let mut rule = legacy("{component}-v{version}", "");
            rule.components = [
                "wallet",
                "contractkit",
                "utils",
                "valora",
                "cli",
                "celocli",
                "ganache",
            ]
            .map(str::to_owned)
            .to_vec();
            rule
        },
        legacy("{component}-{version}", ""),
        legacy("@{scope}/{component}@{version}", ""),
        legacy("core-contracts.v{major}", "{major}.0.0"),
    ];
    TagPolicy::build(rules, &Scheme::semver()).unwrap()
}

#[test]
fn every_tag_of_celo_has_one_reading_or_is_other() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let policy = celo();
    let tags = tags(&corpus, "celo-monorepo");
    assert_eq!(tags.len(), 261);
    for facts in &tags {
        let name = std::str::from_utf8(&facts.name).unwrap();
        let readers = policy.rules().iter().filter(|rule| {
            let one = TagPolicy::build(vec![(*rule).clone()], policy.scheme()).unwrap();
            one.read(name).class != Class::Other
        });
        let count = usize::from(policy.read(name).class != Class::Other);
        assert_eq!(readers.count(), count, "{name}");
    }
    assert_snapshot!(counts(&policy, &tags), @"
    legacy 163
    other 91
    release 7
    tag-lightweight 7
    tag-name-mismatch 1
    ");
}

#[test]
fn hostile_names_are_other_and_near_ones_are_read() {
    let policy = celo();
    let other = [
        "contractkit-v1.2.5-",
        "contractkit-v1.1.00",
        "wallet-v1.0.0(12)",
        "wallet-v.1.4.0",
        "v{new_major}.{new_minor}",
        "external-durable-objects-app@undefined",
        "gitgui-0.6",
        "v0.99.9n",
        "2019-01-07",
        "temp",
        "celocli-v3.0",
        "contractkit-v2.0",
        "",
    ];
    for name in other {
        assert_eq!(policy.read(name).class, Class::Other, "{name}");
    }
    let read = policy.read("@celo/celocli@3.0.2-beta.0");
    assert_eq!(
        (read.scope, read.component),
        (Some("celo"), Some("celocli"))
    );
    assert_eq!(read.version.unwrap().to_string(), "3.0.2-beta.0");
    let read = policy.read("attestation-service-1-0-2");
    assert_eq!(read.class, Class::Legacy);
    assert!(read.is_release());
    assert_eq!(read.component, Some("attestation-service"));
    assert_eq!(read.version.unwrap().to_string(), "1.0.2");
    // A legacy name is never written.
    let version = promenade_version::Version::new(1, 0, 2);
    let name = policy
        .name(Class::Release, Some("attestation-service"), &version)
        .unwrap();
    assert_eq!(name.as_str(), "attestation-service-v1.0.2");
    assert!(
        policy
            .name(Class::Legacy, Some("attestation-service"), &version)
            .is_err()
    );
}
