//! What is wrong with tags.

use insta::assert_snapshot;
use promenade_tag::{
    Class, ObjectKind, SignatureKind, SignaturePolicy, TagFacts, TagFinding, TagPolicy, TagRule,
    strategy,
};
use promenade_version::Scheme;
use proptest::prelude::*;

fn policy() -> TagPolicy {
    let mut release = TagRule::new(Class::Release, "v{version}".parse().unwrap());
    release.signature = SignaturePolicy::Required;
    let mut candidate = TagRule::new(Class::Candidate, "v{version}".parse().unwrap());
    candidate.signature = SignaturePolicy::Recommended;
    let mut legacy = TagRule::new(Class::Legacy, "r{major}-{minor}-{patch}".parse().unwrap());
    legacy.reads = Some("{major}.{minor}.{patch}".parse().unwrap());
    TagPolicy::build(vec![release, candidate, legacy], &Scheme::semver()).unwrap()
}

fn commit(digit: char) -> String {
    std::iter::repeat_n(digit, 40).collect()
}

fn show(tags: &[TagFacts]) -> String {
    let policy = policy();
    let lines = policy.survey(tags).into_iter().flat_map(|one| {
        let name = String::from_utf8_lossy(&one.facts.name).into_owned();
        one.findings.into_iter().map(move |finding| {
            format!(
                "{name}: {} [{} {}]",
                finding,
                finding.severity().name(),
                finding.id()
            )
        })
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_tag_is_held_to_its_rule() {
    let tags = [
        TagFacts::lightweight("v1.0.0", commit('a')),
        TagFacts::lightweight("v1.1.0-rc.1", commit('b')),
        TagFacts::annotated("v1.1.0", commit('b'), None),
        TagFacts::annotated("v1.2.0", commit('c'), Some(SignatureKind::Ssh)),
        TagFacts::lightweight("anything", commit('d')),
    ];
    assert_snapshot!(show(&tags), @r"
    v1.0.0: it is lightweight, and must be a tag object [error tag-lightweight]
    v1.0.0: it is not signed, and must be [error tag-unsigned]
    v1.1.0-rc.1: it is not signed, and should be [warning tag-unsigned]
    v1.1.0: it is not signed, and must be [error tag-unsigned]
    ");
}

#[test]
fn odd_objects_are_findings_and_no_errors() {
    let signed = |name: &str| TagFacts::annotated(name, commit('a'), Some(SignatureKind::Pgp));
    let tags = [
        TagFacts {
            inner_name: Some(b"v1.0.0a".to_vec()),
            ..signed("v1.0.1")
        },
        TagFacts {
            depth: 2,
            ..signed("v1.0rc1")
        },
        TagFacts {
            peeled_kind: ObjectKind::Blob,
            ..signed("junio-gpg-pub")
        },
        TagFacts {
            peeled_kind: ObjectKind::Tree,
            ..signed("v2.0.0")
        },
        TagFacts::lightweight(*b"\xff\xfe", commit('a')),
    ];
    assert_snapshot!(show(&tags), @r"
    v1.0.1: the tag object says `v1.0.0a`; the name of the ref counts [warning tag-name-mismatch]
    v1.0rc1: it is a tag of a tag, 2 deep [note tag-nested]
    junio-gpg-pub: it leads to a blob, not to a commit [note tag-not-a-commit]
    v2.0.0: it leads to a tree, not to a commit [error tag-not-a-commit]
    ��: its name is not UTF-8 [note tag-not-utf8]
    ");
}

#[test]
fn one_version_has_one_commit() {
    let tags = [
        TagFacts::annotated("r1-0-0", commit('a'), Some(SignatureKind::Pgp)),
        TagFacts::annotated("v1.0.0", commit('a'), Some(SignatureKind::Pgp)),
        TagFacts::annotated("r1-1-0", commit('a'), Some(SignatureKind::Pgp)),
        TagFacts::annotated("v1.1.0", commit('b'), Some(SignatureKind::Pgp)),
    ];
    assert_snapshot!(show(&tags), @r"
    v1.0.0: `r1-0-0` stands for the same version, on the same commit [warning tag-version-twice]
    v1.1.0: `r1-1-0` stands for the same version, on commit aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa [error tag-version-on-two-commits]
    ");
}

/// Whatever the order of the tags: what a legacy name shares is told of the other one.
#[test]
fn no_finding_depends_on_the_order_of_the_tags() {
    let tag =
        |name: &str, digit| TagFacts::annotated(name, commit(digit), Some(SignatureKind::Pgp));
    let mut tags = [tag("a-tag", 'c'), tag("r1-0-0", 'a'), tag("v1.0.0", 'b')];
    let lines = |tags: &[TagFacts]| {
        let mut lines: Vec<_> = show(tags).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let found = lines(&tags);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("v1.0.0: `r1-0-0` stands for"),
        "{found:?}"
    );
    for _ in 0..2 {
        tags.rotate_left(1);
        assert_eq!(lines(&tags), found);
        let mut back = tags.clone();
        back.reverse();
        assert_eq!(lines(&back), found);
    }
}

proptest! {
    #[test]
    fn any_order_of_tags_has_the_same_findings(
        tags in proptest::collection::vec(strategy::tag_facts(), 0..12),
        turn in 0..12_usize,
    ) {
        let mut tags = tags;
        tags.sort_by(|a, b| a.name.cmp(&b.name));
        tags.dedup_by(|a, b| a.name == b.name);
        let policy = policy();
        let of = |tags: &[TagFacts]| {
            let all = policy.survey(tags).into_iter();
            let mut all: Vec<_> = all.map(|one| (one.facts.name.clone(), one.findings)).collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all
        };
        let before = of(&tags);
        let turn = turn % tags.len().max(1);
        tags.rotate_left(turn);
        tags.reverse();
        prop_assert_eq!(of(&tags), before);
    }

    #[test]
    fn any_tags_are_surveyed_each_once_and_ids_are_known(
        tags in proptest::collection::vec(strategy::tag_facts(), 0..20),
    ) {
        let policy = policy();
        let survey = policy.survey(&tags);
        prop_assert_eq!(survey.len(), tags.len());
        for (one, facts) in survey.iter().zip(&tags) {
            prop_assert_eq!(one.facts, facts);
            for finding in &one.findings {
                prop_assert!(TagFinding::IDS.contains(&finding.id()));
            }
            if facts.peeled_kind != ObjectKind::Commit {
                prop_assert!(one.findings.iter().any(|finding| finding.id() == "tag-not-a-commit"));
            }
        }
    }
}
