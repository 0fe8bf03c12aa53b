//! Channel rules: which are refused when a set is built, and what each setting of one decides.

use insta::assert_snapshot;
use promenade_tag::{
    ChannelEvent, ChannelRule, ChannelSet, Follows, Mutability, Positions, Published, Trigger,
    Triggers,
};
use promenade_version::Scheme;

use crate::channel::{published, show};

fn rule(name: &str, on: impl Into<Triggers>) -> ChannelRule {
    ChannelRule::new(name.parse().unwrap(), on, Mutability::Moving)
}

#[track_caller]
fn refused(rule: ChannelRule) -> String {
    let error = ChannelSet::build(vec![rule], &Scheme::semver()).unwrap_err();
    assert_eq!(error.index(), 0);
    error.kind().to_string()
}

#[test]
fn a_rule_whose_event_lacks_a_value_is_refused() {
    assert_snapshot!(refused(rule("{major}", Trigger::Push)), @"`{major}` has no value on push");
    assert_snapshot!(refused(rule("{tag}", Trigger::Build)), @"`{tag}` has no value on push");
    assert_snapshot!(refused(rule("{environment}", Trigger::Release)), @"`{environment}` has no value on release");
    let both = Triggers::one(Trigger::Promotion).and(Trigger::Candidate);
    assert_snapshot!(refused(rule("{environment}", both)), @"`{environment}` has no value on candidate");
    assert_snapshot!(refused(rule("x-{scope}", Trigger::Release)), @"`{scope}` has no value on release");
}

#[test]
fn a_rule_that_contradicts_itself_is_refused() {
    let mut own = rule("mainnet", Trigger::Release);
    own.environment = Some("mainnet".to_owned());
    assert_snapshot!(refused(own), @"`environment` is for channels that move on promotion");
    let mut twice = rule("{component}-{major}", Trigger::Release);
    twice.component = Some("api".to_owned());
    assert_snapshot!(refused(twice), @"`component` is for names without `{component}`; list names in `components`");
    let mut unused = rule("stable", Trigger::Release);
    unused.components = vec!["api".to_owned()];
    assert_snapshot!(refused(unused), @"names are listed for `{component}`, which the name lacks");
    let mut since = rule("{major}", Trigger::Release);
    since.since = Some("one".to_owned());
    assert!(refused(since).starts_with("`since`: "));
}

#[test]
fn latest_is_never_of_candidates_and_immutable_names_are_of_one_version() {
    // C13: a user of `latest` gets what was released.
    for trigger in [Trigger::Candidate, Trigger::Push, Trigger::Build] {
        assert_eq!(
            refused(rule("latest", trigger)),
            "`latest` is for releases: neither a candidate nor a push may move it"
        );
    }
    let immutable = |name: &str| {
        ChannelRule::new(
            name.parse().unwrap(),
            Trigger::Release,
            Mutability::Immutable,
        )
    };
    assert_snapshot!(refused(immutable("{major}.{minor}")), @"an immutable name must hold the version, the tag or the commit");
    let mut exclusive = immutable("{version}");
    exclusive.exclusive = true;
    assert_snapshot!(refused(exclusive), @"an immutable name neither follows anything nor is exclusive");
    let mut follows = immutable("{version}");
    follows.follows = Some(Follows::Highest);
    assert_snapshot!(refused(follows), @"an immutable name neither follows anything nor is exclusive");
    for name in [
        "{version}",
        "{tag}",
        "{commit:7}",
        "{major}.{minor}.{patch}",
    ] {
        let set = ChannelSet::build(vec![immutable(name)], &Scheme::semver());
        assert!(set.is_ok(), "{name}: {set:?}");
    }
}

/// Promotes to `staging` and lets the channels follow.
fn promote(set: &ChannelSet, positions: &mut Positions, published: &Published) -> String {
    let event = ChannelEvent::Promote {
        environment: "staging".to_owned(),
        published: published.clone(),
    };
    let known = [published.clone()];
    let plan = set.plan(&known, positions, &event).unwrap();
    for one in plan.moves() {
        positions.insert(one.channel.clone(), one.to.clone());
    }
    show(&plan)
}

#[test]
fn a_promotion_moves_each_channel_as_its_rule_says() {
    let mut highest = rule("{environment}-{major}", Trigger::Promotion);
    highest.follows = Some(Follows::Highest);
    let mut late = rule("{environment}-late", Trigger::Promotion);
    late.since = Some("2.0.0".to_owned());
    let fixed = ChannelRule::new(
        "{environment}-{version}".parse().unwrap(),
        Trigger::Promotion,
        Mutability::Immutable,
    );
    let mut elsewhere = rule("prod", Trigger::Promotion);
    elsewhere.environment = Some("production".to_owned());
    let rules = vec![highest, late, fixed, elsewhere];
    let set = ChannelSet::build(rules, &Scheme::semver()).unwrap();
    let mut positions = Positions::new();
    let built = |digest: &str| Published {
        digest: Some(digest.to_owned()),
        ..published("v1.2.0")
    };
    assert_snapshot!(promote(&set, &mut positions, &built("sha256:aa")), @"
    staging-1: nothing -> v1.2.0 (promoted to staging)
    staging-1.2.0: nothing -> v1.2.0 (new)
    staging-late stays at nothing: the name is used from 2.0.0 on
    ");
    // A lower version does not take back a channel that follows the highest.
    assert_snapshot!(promote(&set, &mut positions, &published("v1.1.0")), @"
    staging-1.1.0: nothing -> v1.1.0 (new)
    staging-1 stays at v1.2.0: v1.2.0 is higher
    staging-late stays at nothing: the name is used from 2.0.0 on
    ");
    // From `since` on, that version included.
    assert_snapshot!(promote(&set, &mut positions, &published("v2.0.0")), @"
    staging-2: nothing -> v2.0.0 (promoted to staging)
    staging-late: nothing -> v2.0.0 (promoted to staging)
    staging-2.0.0: nothing -> v2.0.0 (new)
    ");
    // Another build of one version gets no name.
    assert_snapshot!(promote(&set, &mut positions, &built("sha256:bb")), @"
    staging-late stays at v2.0.0: the name is used from 2.0.0 on
    staging-1 refused, at v1.2.0: this version was built once, and this is another build
    staging-1.2.0 refused, at v1.2.0: it is immutable and points at something else
    ");
}
