//! Strategies for property tests of other crates, behind the feature `proptest1`.
//!
//! ```
//! use promenade_tag::strategy;
//! use proptest::prelude::*;
//!
//! proptest!(ProptestConfig::with_cases(16), |(facts in strategy::tag_facts())| {
//!     prop_assert_eq!(facts.object == promenade_tag::ObjectKind::Tag, facts.depth > 0);
//! });
//! ```

use chrono::NaiveDate;
use promenade_version::Version;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use semver::{BuildMetadata, Prerelease};

use crate::{
    ChannelRule, Class, Follows, Mutability, ObjectKind, Published, Remedy, SignatureKind,
    TagFacts, TagRule, TagTemplate, Trigger, Values,
};

/// Identifiers as open placeholders read them, short ones mostly, so that names meet.
pub fn identifier() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c](-[0-2a-c])?",
        1 => "[A-Za-z]([A-Za-z0-9_-]{0,6}[A-Za-z0-9])?",
    ]
}

/// SemVer versions: small numbers mostly, releases, candidates, build metadata.
pub fn version() -> impl Strategy<Value = Version> {
    let number = || prop_oneof![8 => 0_u64..4, 1 => any::<u64>()];
    let pre = prop_oneof![
        4 => Just(String::new()),
        3 => (0_u64..12).prop_map(|n| format!("rc.{n}")),
        1 => "[a-z]{1,3}(-[0-9a-z]{1,3})?(\\.[1-9][0-9]{0,2}){0,2}",
    ];
    let build = prop_oneof![6 => Just(String::new()), 1 => "[0-9a-z]{1,4}"];
    (number(), number(), number(), pre, build).prop_map(|(major, minor, patch, pre, build)| {
        Version {
            pre: Prerelease::new(&pre).unwrap_or(Prerelease::EMPTY),
            build: BuildMetadata::new(&build).unwrap_or(BuildMetadata::EMPTY),
            ..Version::new(major, minor, patch)
        }
    })
}

/// Commit ids: 40 hexadecimal digits.
pub fn commit() -> impl Strategy<Value = String> {
    "[0-9a-f]{40}"
}

/// Days of this century.
pub fn date() -> impl Strategy<Value = NaiveDate> {
    (0_i32..36_000)
        .prop_map(|day| NaiveDate::from_num_days_from_ce_opt(730_120 + day).unwrap_or_default())
}

/// Values for every placeholder that versions, components and commits give.
pub fn values() -> impl Strategy<Value = Values> {
    let names = (identifier(), identifier(), identifier());
    (version(), names, commit(), date()).prop_map(|(version, names, commit, date)| {
        Values::of_version(version, &promenade_version::Scheme::semver())
            .with_component(names.0)
            .with_scope(names.1)
            .with_environment(names.2)
            .with_commit(commit)
            .with_date(date)
    })
}

/// Texts of templates: literals and placeholders in any order, ambiguous ones among them.
pub fn template_text() -> impl Strategy<Value = String> {
    let field = select(vec![
        "{version}",
        "{version}",
        "{version}",
        "{component}",
        "{component}",
        "{scope}",
        "{major}",
        "{minor}",
        "{patch}",
        "{prerelease}",
        "{date}",
        "{commit:7}",
        "{line}",
        "{next_patch}",
        "{environment}",
    ]);
    let literal = select(vec![
        "-", "-v", "v", "/", "@", ".", "-1", "a-", "a", "release/",
    ]);
    let piece = prop_oneof![
        field.prop_map(str::to_owned),
        literal.prop_map(str::to_owned)
    ];
    vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

/// Tag templates.
pub fn tag_template() -> impl Strategy<Value = TagTemplate> {
    template_text().prop_filter_map("no ref name", |text| text.parse().ok())
}

/// Rules of tags of any class, with and without listed components.
pub fn tag_rule() -> impl Strategy<Value = TagRule> {
    let classes = vec![
        Class::Release,
        Class::Candidate,
        Class::Channel,
        Class::Legacy,
    ];
    let names = prop_oneof![Just(Vec::new()), vec(identifier(), 1..4)];
    (select(classes), tag_template(), names).prop_map(|(class, template, names)| {
        let mut rule = TagRule::new(class, template);
        if rule.template.names(crate::Placeholder::Component) {
            rule.components = names;
        }
        rule
    })
}

/// Names as repositories have them: well formed ones, near misses, any bytes.
pub fn name_bytes() -> impl Strategy<Value = Vec<u8>> {
    let near = "[-@{}./~^:?*\\[\\\\ a-c0-2v\u{7f}\t]{0,12}";
    let lock = "[a-c/.]{0,4}\\.lock[/a]{0,1}";
    prop_oneof![
        2 => version().prop_map(|version| format!("v{version}").into_bytes()),
        4 => near.prop_map(String::into_bytes),
        1 => lock.prop_map(String::into_bytes),
        1 => "\\PC{1,8}".prop_map(String::into_bytes),
        1 => vec(1_u8..=255, 1..8),
    ]
}

/// Facts of tags: lightweight and annotated, of commits and of blobs, nested, signed, misnamed.
pub fn tag_facts() -> impl Strategy<Value = TagFacts> {
    let signature = select(vec![
        None,
        Some(SignatureKind::Pgp),
        Some(SignatureKind::Ssh),
        Some(SignatureKind::X509),
    ]);
    let kind = prop_oneof![
        8 => Just(ObjectKind::Commit),
        1 => Just(ObjectKind::Tree),
        1 => Just(ObjectKind::Blob),
    ];
    let inner = prop_oneof![4 => Just(None), 1 => name_bytes().prop_map(Some)];
    (name_bytes(), commit(), 0_u32..3, kind, signature, inner).prop_map(
        |(name, commit, depth, kind, signature, inner)| {
            if depth == 0 {
                return TagFacts {
                    object: kind,
                    peeled_kind: kind,
                    ..TagFacts::lightweight(name, commit)
                };
            }
            let own = TagFacts::annotated(name, commit, signature);
            TagFacts {
                depth,
                peeled_kind: kind,
                inner_name: inner.or_else(|| own.inner_name.clone()),
                ..own
            }
        },
    )
}

/// Rules of channels that may stand in one set: rolling names, `latest`, immutable names.
pub fn channel_rules() -> impl Strategy<Value = Vec<ChannelRule>> {
    let texts = [
        ("{major}.{minor}", Trigger::Release, Mutability::Moving),
        ("{major}", Trigger::Release, Mutability::Moving),
        ("latest", Trigger::Release, Mutability::Moving),
        ("next", Trigger::Candidate, Mutability::Moving),
        ("{version}", Trigger::Release, Mutability::Immutable),
        (
            "{version}",
            Trigger::Candidate,
            Mutability::ImmutableWithRepair,
        ),
        ("edge", Trigger::Push, Mutability::Moving),
    ];
    let follows = select(vec![
        None,
        Some(Follows::Highest),
        Some(Follows::MostRecent),
    ]);
    let all = texts.map(|(text, trigger, mutability)| {
        let name = text.parse();
        (proptest::bool::weighted(0.8), follows.clone()).prop_map(move |(taken, follows)| {
            let mut rule = ChannelRule::new(name.clone().ok()?, trigger, mutability);
            if mutability == Mutability::Moving {
                rule.follows = follows;
            }
            taken.then_some(rule)
        })
    });
    all.prop_map(|rules| rules.into_iter().flatten().collect())
}

/// A step of a release history.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step {
    /// A candidate or release is published: a backport, if a later line exists.
    Publish(Published),
    /// One of the versions published so far is withdrawn.
    Withdraw {
        /// Which.
        which: Index,
        /// What is done about it.
        remedy: Remedy,
    },
}

/// Release histories: releases, candidates, backports in any order, each version once, and
/// withdrawals among them.
pub fn history() -> impl Strategy<Value = Vec<Step>> {
    let number = || 0_u64..3;
    let candidate = proptest::option::weighted(0.3, 1_u64..3);
    let publish = (number(), number(), number(), candidate).prop_map(|(x, y, z, candidate)| {
        let mut version = Version::new(x, y, z);
        if let Some(n) = candidate {
            version.pre = Prerelease::new(&format!("rc.{n}")).unwrap_or(Prerelease::EMPTY);
        }
        Step::Publish(Published::new(format!("v{version}"), version))
    });
    let remedy = select(vec![Remedy::Repoint, Remedy::RollForward]);
    let withdraw =
        (any::<Index>(), remedy).prop_map(|(which, remedy)| Step::Withdraw { which, remedy });
    vec(prop_oneof![5 => publish, 1 => withdraw], 1..24).prop_map(|steps| {
        let mut seen = std::collections::BTreeSet::new();
        let fresh = |step: &Step| match step {
            Step::Publish(published) => seen.insert(published.version.clone()),
            Step::Withdraw { .. } => true,
        };
        steps.into_iter().filter(fresh).collect()
    })
}
