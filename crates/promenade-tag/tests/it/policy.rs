//! Policies: rules checked together.

use insta::assert_snapshot;
use promenade_tag::{Class, TagPolicy, TagRule, Values};
use promenade_version::{Lane, Scheme, Version};

fn rule(class: Class, template: &str) -> TagRule {
    TagRule::new(class, template.parse().unwrap())
}

fn policy(rules: Vec<TagRule>) -> TagPolicy {
    TagPolicy::build(rules, &Scheme::semver()).unwrap()
}

#[track_caller]
fn refused(rule: TagRule) -> String {
    TagPolicy::build(vec![rule], &Scheme::semver())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_rule_that_contradicts_itself_is_refused() {
    assert_snapshot!(refused(rule(Class::Release, "v{major}")), @"tag rule 1 (`v{major}`): a candidate or release tag must hold a whole version");
    assert_snapshot!(refused(rule(Class::Other, "v{version}")), @"tag rule 1 (`v{version}`): `other` is the class of tags that no rule reads; it has no rule");
    let mut twice = rule(Class::Release, "{component}-v{version}");
    twice.component = Some("a".to_owned());
    assert_snapshot!(refused(twice), @"tag rule 1 (`{component}-v{version}`): `component` is for templates without `{component}`; list names in `components`");
    let mut unused = rule(Class::Release, "v{version}");
    unused.components = vec!["a".to_owned()];
    assert_snapshot!(refused(unused), @"tag rule 1 (`v{version}`): names are listed for `{component}`, which the template lacks");
    let mut reads = rule(Class::Release, "v{version}");
    reads.reads = Some("{version}".parse().unwrap());
    assert_snapshot!(refused(reads), @"tag rule 1 (`v{version}`): `reads` is for rules of class `legacy`");
    let mut reads = rule(Class::Legacy, "v{major}");
    reads.reads = Some("{major}.{minor}.0".parse().unwrap());
    assert_snapshot!(refused(reads), @"tag rule 1 (`v{major}`): `reads` needs `{minor}`, which the template lacks");
}

#[test]
fn messages_are_those_of_the_rule_and_the_lane() {
    let mut release = rule(Class::Release, "v{version}");
    release.message = Some("Release {tag}".parse().unwrap());
    release.hotfix_message = Some("Hotfix {tag}".parse().unwrap());
    let policy = policy(vec![release, rule(Class::Candidate, "v{version}")]);
    let version = Version::new(0, 6, 1);
    let message = |lane| {
        policy
            .message(Class::Release, None, &version, lane)
            .unwrap()
    };
    assert_eq!(message(Lane::Regular).as_deref(), Some("Release v0.6.1"));
    assert_eq!(message(Lane::Hotfix).as_deref(), Some("Hotfix v0.6.1"));
    let candidate = Scheme::semver().parse("0.7.0-rc.1").unwrap();
    let none = policy.message(Class::Candidate, None, &candidate, Lane::Regular);
    assert_eq!(none.unwrap(), None);
    // A candidate is no release.
    let wrong = policy.name(Class::Release, None, &candidate).unwrap_err();
    assert_snapshot!(wrong, @"`v{version}` cannot write this name: `v0.7.0-rc.1` would not read back as what it was made from");
}

#[test]
fn components_choose_their_rule() {
    let own = |component: &str, template: &str| {
        let mut rule = rule(Class::Release, template);
        rule.component = Some(component.to_owned());
        rule
    };
    let policy = policy(vec![
        own("api", "api/v{version}"),
        own("web", "web-{version}"),
    ]);
    let version = Version::new(2, 0, 0);
    let name = |component| policy.name(Class::Release, Some(component), &version);
    assert_eq!(name("api").unwrap().as_str(), "api/v2.0.0");
    assert_eq!(name("web").unwrap().as_str(), "web-2.0.0");
    assert_snapshot!(name("cli").unwrap_err(), @"no rule writes a release tag of `cli`");
    assert_eq!(policy.read("web-2.0.0").component, Some("web"));
}

#[test]
fn names_with_a_scope_are_written_and_read() {
    let policy = policy(vec![rule(Class::Release, "@{scope}/{component}@{version}")]);
    let version = Values::of_version(Version::new(5, 1, 0), policy.scheme());
    let values = version.with_scope("celo").with_component("wallet-hsm-aws");
    let name = policy.write(Class::Release, &values).unwrap();
    assert_eq!(name.as_str(), "@celo/wallet-hsm-aws@5.1.0");
    let read = policy.values(name.as_str()).unwrap();
    assert_eq!(read.scope.as_deref(), Some("celo"));
}

#[test]
fn an_image_name_takes_no_build_metadata() {
    let mut image = rule(Class::Release, "v{version}");
    image.image = true;
    let policy = policy(vec![image]);
    let version = Scheme::semver().parse("1.2.3+meta").unwrap();
    let error = policy.name(Class::Release, None, &version).unwrap_err();
    assert_snapshot!(error, @"`v{version}` cannot write this name: `v1.2.3+meta` is not an image tag: character '+' at byte 6 is not allowed there");
    assert_eq!(policy.read("v1.2.3+meta").class, Class::Other);
}

#[test]
fn order_is_by_version_and_not_by_text() {
    let policy = policy(vec![
        rule(Class::Candidate, "v{version}"),
        rule(Class::Release, "v{version}"),
    ]);
    let mut tags = ["v0.10.0", "v0.9.0", "v0.10.0-rc.10", "v0.10.0-rc.9"];
    tags.sort_by_key(|tag| policy.read(tag).version);
    assert_eq!(tags, ["v0.9.0", "v0.10.0-rc.9", "v0.10.0-rc.10", "v0.10.0"]);
}
