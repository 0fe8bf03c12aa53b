//! The decision tables of RustShare and Kayron. Where a table and a text contradict each other,
//! both policies exist, and the test names them.

use promenade_tag::{
    BuildMetadataPolicy, ChannelEvent, ChannelRule, ChannelSet, Class, Hand, ImageRepository,
    Mutability, Published, TagPolicy, TagRule, Target, Trigger,
};
use promenade_version::Scheme;

fn channel(name: &str, on: Trigger, mutability: Mutability) -> ChannelRule {
    let mut rule = ChannelRule::new(name.parse().unwrap(), on, mutability);
    rule.build_metadata = BuildMetadataPolicy::Drop;
    rule
}

/// The policy `scripts/release-tag.sh`: candidates are tagged as releases are, and `+meta` is left
/// out of image names.
fn release_tag_script() -> (TagPolicy, ChannelSet) {
    let rule = |class| TagRule::new(class, "v{version}".parse().unwrap());
    let rules = vec![rule(Class::Candidate), rule(Class::Release)];
    let channels = vec![
        channel("{version}", Trigger::Candidate, Mutability::Immutable),
        channel("{version}", Trigger::Release, Mutability::Immutable),
        channel("{major}.{minor}", Trigger::Release, Mutability::Moving),
        channel("{major}", Trigger::Release, Mutability::Moving),
        channel("latest", Trigger::Release, Mutability::Moving),
    ];
    let scheme = Scheme::semver();
    (
        TagPolicy::build(rules, &scheme).unwrap(),
        ChannelSet::build(channels, &scheme).unwrap(),
    )
}

/// The policy of `release.yml` up to August 2026: stable versions only.
fn stable_only() -> TagPolicy {
    let rule = TagRule::new(Class::Release, "v{version}".parse().unwrap());
    TagPolicy::build(vec![rule], &Scheme::semver()).unwrap()
}

#[test]
fn the_release_tag_table_of_rustshare_is_reproduced() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let (script, channels) = release_tag_script();
    let rows = testkit::tsv(corpus.join("vectors/rustshare_release_tag.tsv"));
    assert_eq!(rows.len(), 18);
    for row in &rows {
        let tag = row.get("tag").replace("(empty)", "");
        let read = script.read(&tag);
        let accepted = read.class != Class::Other;
        if let Some(older) = row.get("accepted").strip_prefix("no in release.yml") {
            // The one row on which text, workflow and script disagree.
            assert!(older.contains("yes after scripts/release-tag.sh"));
            assert_eq!(stable_only().read(&tag).class, Class::Other, "{tag}");
            assert_eq!(read.class, Class::Candidate, "{tag}");
        } else {
            assert_eq!(accepted, row.get("accepted") == "yes", "{tag}");
        }
        let Some(version) = read.version else {
            continue;
        };
        assert_eq!(
            read.class == Class::Candidate,
            row.get("is_prerelease") == "yes",
            "{tag}"
        );
        let event = ChannelEvent::publish(Published::new(tag.clone(), version));
        let plan = channels
            .plan(&[], &channels.positions(&[]), &event)
            .unwrap();
        let names: Vec<_> = plan
            .moves()
            .iter()
            .map(|one| one.channel.as_str())
            .collect();
        assert_eq!(names.join(" "), row.get("docker_tags"), "{tag}");
        assert_eq!(plan.refused(), [], "{tag}");
    }
}

#[test]
fn two_versions_never_claim_one_image_tag() {
    let (_, channels) = release_tag_script();
    let scheme = Scheme::semver();
    let published = |text: &str| Published::new(format!("v{text}"), scheme.parse(text).unwrap());
    for (before, then) in [
        ("1.2.3", "1.2.3+meta"),
        ("1.2.3+a", "1.2.3+b"),
        ("1.2.3+a", "1.2.3"),
    ] {
        let before = [published(before)];
        let event = ChannelEvent::publish(published(then));
        let plan = channels
            .plan(&before, &channels.positions(&before), &event)
            .unwrap();
        let refused = plan.refused();
        assert_eq!(refused[0].channel, "1.2.3");
        let why = format!(
            "without its build metadata {} has the same name",
            before[0].tag
        );
        assert_eq!(refused[0].why.to_string(), why);
    }
    // Where nothing is left out, such a version has no image tag at all.
    let strict = ChannelRule::new(
        "{version}".parse().unwrap(),
        Trigger::Release,
        Mutability::Immutable,
    );
    let strict = ChannelSet::build(vec![strict], &scheme).unwrap();
    let event = ChannelEvent::publish(published("1.2.3+meta"));
    let plan = strict.plan(&[], &strict.positions(&[]), &event).unwrap();
    assert!(
        plan.refused()[0]
            .why
            .to_string()
            .contains("is not an image tag")
    );
}

#[test]
fn the_immutability_table_of_rustshare_is_reproduced() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let rows = testkit::tsv(corpus.join("vectors/rustshare_immutability.tsv"));
    assert_eq!(rows.len(), 6);
    let target = |commit: &str| Target {
        tag: Some("v1.0.0".to_owned()),
        version: Some(Scheme::semver().parse("1.0.0").unwrap()),
        commit: Some(commit.to_owned()),
        digest: None,
    };
    for row in &rows {
        let mutability = match row.get("policy_version") {
            text if text.starts_with("with-repair") => Mutability::ImmutableWithRepair,
            text if text.starts_with("strict") => Mutability::Immutable,
            other => unreachable!("{other}"),
        };
        let events = match row.get("event") {
            "workflow_dispatch" => vec![Hand::Person],
            "tag push" => vec![Hand::Automation],
            _ => vec![Hand::Person, Hand::Automation],
        };
        let commits = match row.get("tag_commit_vs_run_commit") {
            "same" => vec!["aa"],
            "different" => vec!["bb"],
            _ => vec!["aa", "bb"],
        };
        for hand in events {
            for commit in &commits {
                let exists = Some(target("aa")).filter(|_| row.get("release_exists") == "yes");
                let again = mutability.publish(exists.as_ref(), &target(commit), hand);
                assert_eq!(again.name(), row.get("decision"), "{row:?}");
            }
        }
    }
}

/// The documented form: `v`, three numbers, a suffix; usable as an image tag.
fn documented() -> TagPolicy {
    let rule = |class| {
        let mut rule = TagRule::new(class, "v{version}".parse().unwrap());
        rule.image = true;
        rule
    };
    TagPolicy::build(
        vec![rule(Class::Candidate), rule(Class::Release)],
        &Scheme::semver(),
    )
    .unwrap()
}

/// What Kayron takes: the documented form, and Go's shorthands `v1` and `v1.2`.
fn go() -> TagPolicy {
    let mut rules = documented().rules().to_vec();
    for (template, reads) in [
        ("v{major}.{minor}", "{major}.{minor}.0"),
        ("v{major}", "{major}.0.0"),
    ] {
        let mut rule = TagRule::new(Class::Legacy, template.parse().unwrap());
        rule.reads = Some(reads.parse().unwrap());
        rule.image = true;
        rules.push(rule);
    }
    TagPolicy::build(rules, &Scheme::semver()).unwrap()
}

#[test]
fn the_release_table_of_kayron_is_reproduced() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let rows = testkit::tsv(corpus.join("vectors/kayron_release_string.tsv"));
    assert_eq!(rows.len(), 17);
    let mut shorthands = Vec::new();
    for row in &rows {
        let value = row.get("value").replace("(empty)", "");
        let accepted = row.get("accepted") == "yes";
        assert_eq!(go().read(&value).class != Class::Other, accepted, "{value}");
        if (documented().read(&value).class != Class::Other) != accepted {
            shorthands.push(value);
        }
    }
    assert_eq!(
        shorthands,
        ["v1.2", "v1"],
        "the documented form contradicts the code there"
    );
}

#[test]
fn the_repository_table_of_kayron_is_reproduced() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let rows = testkit::tsv(corpus.join("vectors/kayron_docker_string.tsv"));
    assert_eq!(rows.len(), 16);
    for row in &rows {
        let value = row.get("value").replace("(empty)", "");
        let accepted = value.parse::<ImageRepository>().is_ok();
        assert_eq!(accepted, row.get("accepted") == "yes", "{value}");
    }
}
