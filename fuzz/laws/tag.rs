//! The laws of templates and tags, as one function over bytes: what the fuzzer runs, and what the
//! tests replay over the seeds.

use promenade_tag::{Class, MAX_NAME_BYTES, TagPolicy, TagRule, Vocabulary, refname};
use promenade_version::{Scheme, SchemeKind};

/// Asserts every law over one input of lines: a letter that picks the scheme and the names that
/// components may take, after a space each; templates, after a letter for their class each; an
/// empty line; and names of tags.
///
/// A template prints as it was read. A set that is accepted reads every name in one way at most,
/// the policy and each rule by itself agree on it, a name is a ref name, and what is read is written
/// back byte for byte. A set that is refused comes with a name that is no longer than it must be.
///
/// # Panics
/// If a law does not hold.
pub(crate) fn tag(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (head, names) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut head = head.split('\n');
    let mut first = head.next().unwrap_or_default().split(' ');
    let scheme = scheme(first.next().unwrap_or_default());
    let components: Vec<String> = first.take(4).map(str::to_owned).collect();
    let mut rules = Vec::new();
    for line in head.take(4) {
        let Some((class, template)) = line.split_at_checked(1) else {
            return;
        };
        let Ok(template) = template.parse::<promenade_tag::TagTemplate>() else {
            continue;
        };
        assert_eq!(template.to_string(), line[1..]);
        let mut rule = TagRule::new(class_of(class), template);
        if rule.template.names(promenade_tag::Placeholder::Component) {
            rule.components.clone_from(&components);
        }
        rules.push(rule);
    }
    match TagPolicy::build(rules.clone(), &scheme) {
        Ok(policy) => {
            let alone: Vec<_> = policy
                .rules()
                .iter()
                .map(|rule| {
                    let one = TagPolicy::build(vec![rule.clone()], policy.scheme());
                    (rule, one.expect("a rule of an accepted set"))
                })
                .collect();
            for name in names.split('\n').take(16) {
                reads(&policy, &alone, name);
            }
        }
        Err(error) => {
            let promenade_tag::BuildTagPolicyErrorKind::Ambiguous(ambiguity) = error.kind() else {
                return;
            };
            assert!(!ambiguity.text().is_empty());
            let [one, other] = ambiguity.readings();
            assert!(!ambiguity.is_certain() || !one.is_empty() && !other.is_empty());
        }
    }
}

fn reads(policy: &TagPolicy, alone: &[(&TagRule, TagPolicy)], name: &str) {
    let read = policy.read(name);
    let alone: Vec<&TagRule> = alone
        .iter()
        .filter(|(_, one)| one.read(name).class != Class::Other)
        .map(|(rule, _)| *rule)
        .collect();
    assert_eq!(alone.first().copied(), read.rule, "{name:?}");
    assert!(alone.len() <= 1, "{name:?} is of {alone:?}");
    let Some(rule) = read.rule else {
        assert_eq!((read.class, read.version), (Class::Other, None));
        return;
    };
    assert!(refname::check(name.as_bytes()).is_ok(), "{name:?}");
    assert!(name.len() <= MAX_NAME_BYTES);
    if let Some(version) = &read.version {
        assert_eq!(read.meaning, Some(policy.scheme().meaning(version)));
        assert!(rule.class.takes(policy.scheme().meaning(version)));
    }
    // What is read is written back, by the policy and by the template alone.
    let values = policy.values(name).expect("what is read has values");
    assert_eq!(values.version, read.version);
    let vocabulary = Vocabulary {
        components: rule.components.clone(),
        ..Vocabulary::default()
    };
    if let Ok(naming) = rule.template.bind(policy.scheme(), &vocabulary) {
        let values = naming.parse(name).expect("the template reads it");
        assert_eq!(naming.format(&values).as_deref(), Ok(name));
    }
    let versions = matches!(rule.class, Class::Candidate | Class::Release);
    if versions && !name.starts_with('-') {
        // Of two rules of one class the first writes, and its name reads as the same values.
        let written = policy
            .write(rule.class, &values)
            .expect("a rule of the class writes");
        let again = policy
            .values(written.as_str())
            .expect("what is written is read");
        assert_eq!(
            (again.component, again.version),
            (values.component, values.version)
        );
        let one = |other: &&TagRule| other.class == rule.class;
        assert!(written.as_str() == name || policy.rules().iter().filter(one).count() > 1);
    }
}

fn class_of(letter: &str) -> Class {
    match letter {
        "c" => Class::Candidate,
        "n" => Class::Channel,
        "l" => Class::Legacy,
        _ => Class::Release,
    }
}

fn scheme(letter: &str) -> Scheme {
    let builder = match letter {
        "m" => Scheme::builder(SchemeKind::MajorMinor).candidate("prerelease{n}"),
        "i" => Scheme::builder(SchemeKind::Integer).candidate("rc{n}"),
        "w" => Scheme::builder(SchemeKind::Calendar(
            "YYWW.PATCH".parse().expect("a format"),
        ))
        .candidate("pre")
        .stable("hotfix"),
        "d" => Scheme::builder(SchemeKind::Semver)
            .candidate("rc.{n}")
            .stable("{hex}")
            .manifest("dev"),
        _ => return Scheme::semver(),
    };
    builder.build().expect("a sound scheme")
}
