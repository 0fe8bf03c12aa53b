//! No name has two readings: refused sets come with a shortest one, accepted sets have none.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use promenade_tag::{
    BuildTagPolicyError, BuildTagPolicyErrorKind, Class, TagPolicy, TagRule, strategy,
};
use promenade_version::{Meaning, Scheme, SchemeKind};
use proptest::collection::vec;
use proptest::prelude::*;

fn rule(class: Class, template: &str, components: &[&str]) -> TagRule {
    let mut rule = TagRule::new(class, template.parse().unwrap());
    rule.components = components.iter().map(|name| (*name).to_owned()).collect();
    rule
}

fn releases(templates: &[&str], scheme: &Scheme) -> Result<TagPolicy, BuildTagPolicyError> {
    let rules = templates.iter().map(|text| rule(Class::Release, text, &[]));
    TagPolicy::build(rules.collect(), scheme)
}

#[track_caller]
fn refused(rules: Vec<TagRule>, scheme: &Scheme) -> String {
    TagPolicy::build(rules, scheme).unwrap_err().to_string()
}

#[test]
fn components_that_run_into_versions_are_refused_with_an_example() {
    // SemVer alone reads `a-1-…` as of `a-1`; whoever takes `1-0.0.0` for a version does not.
    let tags =
        |components: &[&str]| vec![rule(Class::Release, "{component}-{version}", components)];
    assert_snapshot!(refused(tags(&["a", "a-1"]), &Scheme::semver()), @"tag rule 1 (`{component}-{version}`): `a-1-0.0.0` has two readings for all who do not know the scheme: `{component}-{version}` with component `a-1`, version `0.0.0` and `{component}-{version}` with component `a`, version `1-0.0.0`; separate the name from the version by more than that, or write a rule for each name");
    let error = TagPolicy::build(tags(&["a", "a-1"]), &Scheme::semver()).unwrap_err();
    let BuildTagPolicyErrorKind::Ambiguous(ambiguity) = error.kind() else {
        panic!("{error}");
    };
    assert!(!ambiguity.is_certain());
    // The lists of two rules are no better than one.
    let apart = vec![
        rule(Class::Release, "{component}-{version}", &["a"]),
        rule(Class::Release, "{component}-{version}", &["a-1"]),
    ];
    assert_snapshot!(refused(apart, &Scheme::semver()), @"tag rule 2 (`{component}-{version}`): `a-1-0.0.0` has two readings for all who do not know the scheme: `{component}-{version}` with component `a-1`, version `0.0.0` and `{component}-{version}` with component `a`, version `1-0.0.0`; separate the name from the version by more than that, or write a rule for each name");
    // Another separator, another name, or a rule for each name says where the name ends.
    for (template, components) in [
        ("{component}-v{version}", ["a", "a-1"]),
        ("{component}@{version}", ["a", "a-1"]),
        ("{component}/{version}", ["a", "a-1"]),
        ("{component}-{version}", ["a", "a-b"]),
        ("{component}-{version}", ["a", "a-3d"]),
    ] {
        let rules = vec![rule(Class::Release, template, &components)];
        assert!(
            TagPolicy::build(rules, &Scheme::semver()).is_ok(),
            "{template} {components:?}"
        );
    }
    assert!(releases(&["a-{version}", "a-1-{version}"], &Scheme::semver()).is_ok());
    // A longer name meets versions of the scheme itself.
    let candidates = vec![rule(
        Class::Candidate,
        "{component}-{version}",
        &["a", "a-1.0.0"],
    )];
    assert_snapshot!(refused(candidates, &Scheme::semver()), @"tag rule 1 (`{component}-{version}`): `a-1.0.0-0.0.0-0` has two readings: `{component}-{version}` with component `a`, version `1.0.0-0.0.0-0` and `{component}-{version}` with component `a-1.0.0`, version `0.0.0-0`");
    // With a bare number for a version, and a suffix that is a number, it would be.
    let numbers = vec![
        rule(
            Class::Release,
            "{component}-{major}-{minor}-{patch}",
            &["a", "a-1"],
        ),
        rule(Class::Legacy, "{component}-{major}-{minor}", &["a", "a-1"]),
    ];
    assert_snapshot!(refused(numbers, &Scheme::semver()), @"tag rule 2 (`{component}-{major}-{minor}`): `a-1-0-0` has two readings: `{component}-{major}-{minor}-{patch}` with component `a`, major `1`, minor `0`, patch `0` and `{component}-{major}-{minor}` with component `a-1`, major `0`, minor `0`");
}

#[test]
fn components_that_start_alike_are_told_apart() {
    let scheme = Scheme::semver();
    let policy = releases(&["api/v{version}", "api-client/v{version}"], &scheme).unwrap();
    let read = policy.read("api-client/v1.0.0");
    assert_eq!(
        read.rule.unwrap().template.as_str(),
        "api-client/v{version}"
    );
    let open = vec![rule(
        Class::Release,
        "{component}/v{version}",
        &["api", "api-client"],
    )];
    let policy = TagPolicy::build(open, &scheme).unwrap();
    assert_eq!(
        policy.read("api-client/v1.0.0").component,
        Some("api-client")
    );
    let policy = vec![
        rule(Class::Release, "{component}/v{version}", &[]),
        rule(Class::Release, "api/v{version}", &[]),
    ];
    assert_snapshot!(refused(policy, &scheme), @"tag rule 2 (`api/v{version}`): `api/v0.0.0` has two readings: `{component}/v{version}` with component `api`, version `0.0.0` and `api/v{version}` with version `0.0.0`");
}

#[test]
fn placeholders_that_touch_are_refused() {
    let scheme = Scheme::semver();
    let touch = vec![rule(Class::Channel, "{major}{minor}", &[])];
    assert_snapshot!(refused(touch, &scheme), @"tag rule 1 (`{major}{minor}`): `110` has two readings: `{major}{minor}` with major `1`, minor `10` and `{major}{minor}` with major `11`, minor `0`");
}

#[test]
fn one_name_for_candidates_and_releases_has_one_reading() {
    let rules = vec![
        rule(Class::Candidate, "v{version}", &[]),
        rule(Class::Release, "v{version}", &[]),
    ];
    assert!(TagPolicy::build(rules, &Scheme::semver()).is_ok());
    let twice = vec![
        rule(Class::Release, "v{version}", &[]),
        rule(Class::Legacy, "v{version}", &[]),
    ];
    assert_snapshot!(refused(twice, &Scheme::semver()), @"tag rule 2 (`v{version}`): `v0.0.0` has two readings: `v{version}` with version `0.0.0` and `v{version}` with version `0.0.0`");
}

#[test]
fn the_languages_of_schemes_are_sharp_enough() {
    let calendar = Scheme::builder(SchemeKind::Calendar("YYWW.PATCH".parse().unwrap()))
        .candidate("pre")
        .stable("hotfix")
        .build()
        .unwrap();
    let rules = vec![
        rule(Class::Candidate, "{version}", &[]),
        rule(Class::Release, "{version}", &[]),
        rule(Class::Legacy, "{version}-prerelease", &[]),
        rule(Class::Channel, "unstable", &[]),
    ];
    assert!(TagPolicy::build(rules, &calendar).is_ok());
    let clash = vec![
        rule(Class::Release, "{version}", &[]),
        rule(Class::Channel, "2512.{patch}-hotfix", &[]),
    ];
    assert_snapshot!(refused(clash, &calendar), @"tag rule 2 (`2512.{patch}-hotfix`): `2512.0-hotfix` has two readings: `{version}` with version `2512.0-hotfix` and `2512.{patch}-hotfix` with patch `0`");
    let integer = Scheme::builder(SchemeKind::Integer).build().unwrap();
    let rules = vec![
        rule(Class::Release, "{component}-{version}", &["a", "a-1"]),
        rule(Class::Channel, "{component}-{major}-{minor}", &["a"]),
    ];
    assert_snapshot!(refused(rules, &integer), @"tag rule 2 (`{component}-{major}-{minor}`): `a-1-0` has two readings: `{component}-{version}` with component `a-1`, version `0` and `{component}-{major}-{minor}` with component `a`, major `1`, minor `0`");
}

/// Counts the readings of a text by trying every way to cut it: twenty lines that know nothing of
/// automata, for templates of literals, versions, components, numbers.
fn naive(rules: &[TagRule], text: &str) -> usize {
    let count = |rule: &TagRule| cut(rule, is, rule.template.as_str(), text);
    rules.iter().map(count).sum()
}

/// The same for a reader who knows no scheme: a version is numbers, and maybe a suffix.
fn loose(rules: &[TagRule], text: &str) -> usize {
    let count = |rule: &TagRule| cut(rule, is_loosely, rule.template.as_str(), text);
    rules.iter().map(count).sum()
}

fn is_loosely(rule: &TagRule, field: &str, text: &str) -> bool {
    if field != "version" {
        return is(rule, field, text);
    }
    let (core, suffix) = match text.find(['-', '+']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let numbers = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    core.split('.').all(numbers) && suffix != Some("")
}

type Judge = fn(&TagRule, &str, &str) -> bool;

fn cut(rule: &TagRule, is: Judge, template: &str, text: &str) -> usize {
    if template.is_empty() {
        return usize::from(text.is_empty());
    }
    let Some(field) = template.strip_prefix('{') else {
        let first = template.chars().next().unwrap();
        return text
            .strip_prefix(first)
            .map_or(0, |text| cut(rule, is, &template[1..], text));
    };
    let (field, template) = field.split_once('}').unwrap();
    (1..=text.len())
        .filter(|end| is(rule, field, &text[..*end]))
        .map(|end| cut(rule, is, template, &text[end..]))
        .sum()
}

fn is(rule: &TagRule, field: &str, text: &str) -> bool {
    let number = || {
        text == "0"
            || (!text.starts_with('0') && text.parse::<u64>().is_ok() && !text.starts_with('+'))
    };
    match field {
        "version" => semver::Version::parse(text).is_ok_and(|version| {
            rule.class.takes(if version.pre.is_empty() {
                Meaning::Release
            } else {
                Meaning::Candidate
            })
        }),
        "component" if !rule.components.is_empty() => {
            rule.components.iter().any(|name| name == text)
        }
        "component" => {
            text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.ends_with(|c: char| c.is_ascii_alphanumeric())
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        }
        "major" | "minor" => number(),
        other => unreachable!("{other}"),
    }
}

fn simple_rule() -> impl Strategy<Value = TagRule> {
    let piece = prop::sample::select(vec![
        "{version}",
        "{version}",
        "{component}",
        "{component}",
        "{major}",
        "{minor}",
        "-",
        "v",
        "a",
        "a-",
        "1",
        "0.",
    ]);
    let names = prop::sample::subsequence(vec!["a", "a-1", "b", "a-1.0.0", "aa"], 0..4);
    let class = prop::sample::select(vec![Class::Release, Class::Candidate, Class::Channel]);
    (vec(piece, 1..5), names, class).prop_filter_map("no rule", |(pieces, names, class)| {
        // A placeholder that stands twice has one value: the naive reference does not know that.
        let fields: Vec<_> = pieces
            .iter()
            .filter(|piece| piece.starts_with('{'))
            .collect();
        if fields.iter().collect::<BTreeSet<_>>().len() < fields.len() {
            return None;
        }
        // Nor that a name's version and its parts must agree.
        if fields.contains(&&"{version}")
            && fields.len() > 1 + usize::from(fields.contains(&&"{component}"))
        {
            return None;
        }
        let mut rule = TagRule::new(class, pieces.concat().parse().ok()?);
        if fields.contains(&&"{component}") {
            rule.components = names.iter().map(|name| (*name).to_owned()).collect();
        }
        TagPolicy::build(vec![rule.clone()], &Scheme::semver())
            .map_or_else(
                |error| matches!(error.kind(), BuildTagPolicyErrorKind::Ambiguous(_)),
                |_| true,
            )
            .then_some(rule)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(testkit::scale(300, 5_000)).unwrap()))]

    #[test]
    fn a_refused_set_has_a_name_with_two_readings_and_an_accepted_one_has_none(
        rules in vec(simple_rule(), 1..4),
        texts in vec("[a1v0.-]{1,9}", 64),
        versions in vec((strategy::version(), strategy::identifier()), 8),
    ) {
        match TagPolicy::build(rules.clone(), &Scheme::semver()) {
            Err(error) => {
                let BuildTagPolicyErrorKind::Ambiguous(ambiguity) = error.kind() else {
                    return Err(TestCaseError::fail(error.to_string()));
                };
                let readings = naive(&rules, ambiguity.text());
                if ambiguity.is_certain() {
                    prop_assert!(readings >= 2, "{}", error);
                } else {
                    // One reading for the scheme, and one more for who does not know it.
                    prop_assert_eq!(readings, 1, "{}", error);
                    prop_assert!(loose(&rules, ambiguity.text()) >= 2, "{}", error);
                }
                // No shorter text has two readings: the example is a shortest one of its pair of rules,
                // and pairs are judged in turn.
                let is_sound = |rule: &TagRule| {
                    TagPolicy::build(vec![rule.clone()], &Scheme::semver()).is_ok()
                };
                if rules.len() == 1 || (rules.len() == 2 && rules.iter().all(is_sound)) {
                    for text in texts.iter().filter(|text| text.len() < ambiguity.text().len()) {
                        prop_assert!(naive(&rules, text) <= 1, "{} beside {}", text, error);
                    }
                }
            }
            Ok(policy) => {
                let written = versions.iter().flat_map(|(version, component)| {
                    rules.iter().map(move |rule| {
                        rule.template.as_str()
                            .replace("{version}", &version.to_string())
                            .replace("{component}", rule.components.first().unwrap_or(component))
                            .replace("{major}", &version.major.to_string())
                            .replace("{minor}", &version.minor.to_string())
                    })
                });
                for text in texts.iter().cloned().chain(written) {
                    let count = naive(&rules, &text);
                    prop_assert!(count <= 1, "{} has {} readings", text, count);
                    let valid = promenade_tag::refname::check(text.as_bytes()).is_ok();
                    let read = policy.read(&text).class != Class::Other;
                    prop_assert_eq!(read, count == 1 && valid, "{}", text);
                }
            }
        }
    }

    #[test]
    fn names_and_values_are_inverse_under_every_accepted_set(
        rules in vec(strategy::tag_rule(), 1..4),
        values in vec(strategy::values(), 8),
    ) {
        let scheme = Scheme::semver();
        let Ok(policy) = TagPolicy::build(rules.clone(), &scheme) else {
            return Ok(());
        };
        for values in &values {
            for rule in &rules {
                let mut values = values.clone();
                if let Some(name) = rule.components.first() {
                    values.component = Some(name.clone());
                }
                let Ok(name) = policy.write(rule.class, &values) else {
                    continue;
                };
                // Read back as the same values, and written again as the same name.
                let read = policy.values(name.as_str());
                prop_assert!(read.is_some(), "{}", name);
                let read = read.unwrap();
                prop_assert!(read.version.is_none() || read.version == values.version);
                prop_assert!(read.component.is_none() || read.component == values.component);
                let class = policy.read(name.as_str()).class;
                prop_assert_eq!(class, rule.class);
                // One rule reads it, and no other.
                let readers = rules.iter().filter(|rule| {
                    let one = TagPolicy::build(vec![(*rule).clone()], &scheme).unwrap();
                    one.read(name.as_str()).class != Class::Other
                });
                prop_assert_eq!(readers.count(), 1, "{}", name);
            }
        }
    }
}
