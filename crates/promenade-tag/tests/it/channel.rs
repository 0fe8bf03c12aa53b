//! Channels: what moves where, and what stays.

use insta::assert_snapshot;
use promenade_tag::{
    ChannelEvent, ChannelPlan, ChannelRule, ChannelSet, Follows, Hand, Mutability, Positions,
    Published, Remedy, Standing, Trigger, Triggers,
};
use promenade_version::Scheme;

fn rule(name: &str, on: impl Into<Triggers>, mutability: Mutability) -> ChannelRule {
    ChannelRule::new(name.parse().unwrap(), on, mutability)
}

/// The table of RustShare's text (C10 to C14).
pub(crate) fn rustshare() -> ChannelSet {
    let rules = vec![
        rule("edge", Trigger::Push, Mutability::Moving),
        rule("nightly-{date}", Trigger::Push, Mutability::Moving),
        rule("sha-{commit}", Trigger::Build, Mutability::Immutable),
        rule("{version}", Trigger::Candidate, Mutability::Immutable),
        rule("{version}", Trigger::Release, Mutability::Immutable),
        rule("{major}.{minor}", Trigger::Release, Mutability::Moving),
        rule("{major}", Trigger::Release, Mutability::Moving),
        rule("latest", Trigger::Release, Mutability::Moving),
    ];
    ChannelSet::build(rules, &Scheme::semver()).unwrap()
}

pub(crate) fn published(tag: &str) -> Published {
    let version = Scheme::semver().parse(tag.trim_start_matches('v')).unwrap();
    Published::new(tag, version)
}

fn all(tags: &[&str]) -> Vec<Published> {
    tags.iter().map(|tag| published(tag)).collect()
}

pub(crate) fn show(plan: &ChannelPlan) -> String {
    let at = |at: Option<&promenade_tag::Target>| {
        at.map_or_else(|| "nothing".to_owned(), ToString::to_string)
    };
    let moves = plan.moves().iter().map(|one| {
        let from = at(one.from.as_ref());
        format!("{}: {from} -> {} ({})", one.channel, one.to, one.why)
    });
    let kept = plan.kept().iter().map(|one| {
        let at = at(one.at.as_ref());
        format!("{} stays at {at}: {}", one.channel, one.why)
    });
    let refused = plan.refused().iter().map(|one| {
        let at = at(one.at.as_ref());
        format!("{} refused, at {at}: {}", one.channel, one.why)
    });
    moves
        .chain(kept)
        .chain(refused)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Publishes a tag after others.
fn publish(set: &ChannelSet, before: &[&str], tag: &str) -> String {
    let before = all(before);
    let event = ChannelEvent::publish(published(tag));
    show(&set.plan(&before, &set.positions(&before), &event).unwrap())
}

/// Finds a tag to be bad.
fn withdraw(set: &ChannelSet, before: &[&str], tag: &str, remedy: Remedy) -> String {
    let before = all(before);
    let event = ChannelEvent::Withdraw {
        tag: tag.to_owned(),
        remedy,
        reason: "it loses data".to_owned(),
    };
    show(&set.plan(&before, &set.positions(&before), &event).unwrap())
}

#[test]
fn a_backport_moves_its_own_line_only() {
    assert_snapshot!(publish(&rustshare(), &["v1.2.4", "v1.3.0"], "v1.2.5"), @r"
    1.2.5: nothing -> v1.2.5 (new)
    1.2: v1.2.4 -> v1.2.5 (the highest version it may name)
    edge stays at nothing: it moves on push only
    sha-{commit} stays at nothing: no commit is known
    1 stays at v1.3.0: v1.3.0 is higher
    latest stays at v1.3.0: v1.3.0 is higher
    ");
}

#[test]
fn a_candidate_moves_no_alias() {
    assert_snapshot!(publish(&rustshare(), &["v0.3.0"], "v0.4.0-rc.1"), @r"
    0.4.0-rc.1: nothing -> v0.4.0-rc.1 (new)
    edge stays at nothing: it moves on push only
    sha-{commit} stays at nothing: no commit is known
    0.4 stays at nothing: it moves on release only
    0 stays at v0.3.0: it moves on release only
    latest stays at v0.3.0: it moves on release only
    ");
}

#[test]
fn a_bad_version_gives_its_channels_back() {
    let set = rustshare();
    let before = ["v0.5.0", "v0.6.0", "v0.6.1"];
    assert_snapshot!(withdraw(&set, &before, "v0.6.1", Remedy::Repoint), @r"
    0.6: v0.6.1 -> v0.6.0 (rolled back: v0.6.1 is withdrawn (it loses data))
    0: v0.6.1 -> v0.6.0 (rolled back: v0.6.1 is withdrawn (it loses data))
    latest: v0.6.1 -> v0.6.0 (rolled back: v0.6.1 is withdrawn (it loses data))
    0.6.1 stays at v0.6.1: it names one thing for ever
    ");
    assert_snapshot!(withdraw(&set, &before, "v0.6.1", Remedy::RollForward), @r"
    0.6.1 stays at v0.6.1: it names one thing for ever
    0.6 stays at v0.6.1: v0.6.1 is withdrawn; it waits for the version that mends it
    0 stays at v0.6.1: v0.6.1 is withdrawn; it waits for the version that mends it
    latest stays at v0.6.1: v0.6.1 is withdrawn; it waits for the version that mends it
    ");
}

#[test]
fn a_bad_version_is_mended_by_the_next_one_and_by_no_older_line() {
    let set = rustshare();
    let mut before = all(&["v0.5.0", "v0.6.0", "v0.6.1"]);
    // It was withdrawn to roll forward: the channels wait at it.
    let positions = set.positions(&before);
    before[2].standing = Standing::Withdrawn;
    let publish = |tag: &str| {
        let event = ChannelEvent::publish(published(tag));
        show(&set.plan(&before, &positions, &event).unwrap())
    };
    assert_snapshot!(publish("v0.6.2"), @"
    0.6.2: nothing -> v0.6.2 (new)
    0.6: v0.6.1 -> v0.6.2 (the highest version it may name)
    0: v0.6.1 -> v0.6.2 (the highest version it may name)
    latest: v0.6.1 -> v0.6.2 (the highest version it may name)
    edge stays at nothing: it moves on push only
    sha-{commit} stays at nothing: no commit is known
    ");
    assert_snapshot!(publish("v0.5.1"), @"
    0.5.1: nothing -> v0.5.1 (new)
    0.5: v0.5.0 -> v0.5.1 (the highest version it may name)
    edge stays at nothing: it moves on push only
    sha-{commit} stays at nothing: no commit is known
    0 stays at v0.6.1: v0.6.0 is higher
    latest stays at v0.6.1: v0.6.0 is higher
    ");
    let event = ChannelEvent::publish(published("v0.6.1"));
    assert_snapshot!(set.plan(&before, &positions, &event).unwrap_err(), @"`v0.6.1` is withdrawn and never becomes the target of a channel again");
}

#[test]
fn a_move_carries_the_digests_before_and_after() {
    let set = rustshare();
    let built = |tag: &str, digest: &str| Published {
        digest: Some(digest.to_owned()),
        ..published(tag)
    };
    let before = [built("v1.0.0", "sha256:aa")];
    let event = ChannelEvent::publish(built("v1.0.1", "sha256:bb"));
    let plan = set.plan(&before, &set.positions(&before), &event).unwrap();
    let digests = plan.moves().iter().map(|one| {
        let from = one.from.as_ref().and_then(|from| from.digest.as_deref());
        (one.channel.as_str(), from, one.to.digest.as_deref())
    });
    let (old, new) = (Some("sha256:aa"), Some("sha256:bb"));
    assert_eq!(
        digests.collect::<Vec<_>>(),
        [
            ("1.0.1", None, new),
            ("1.0", old, new),
            ("1", old, new),
            ("latest", old, new),
        ]
    );
}

#[test]
fn a_channel_whose_last_version_is_bad_says_so() {
    let before = ["v0.6.0", "v0.7.0"];
    assert_snapshot!(withdraw(&rustshare(), &before, "v0.7.0", Remedy::Repoint), @r"
    0: v0.7.0 -> v0.6.0 (rolled back: v0.7.0 is withdrawn (it loses data))
    latest: v0.7.0 -> v0.6.0 (rolled back: v0.7.0 is withdrawn (it loses data))
    0.7.0 stays at v0.7.0: it names one thing for ever
    0.7 stays at v0.7.0: no target left: v0.7.0 is withdrawn and was the last it may name
    ");
}

#[test]
fn a_withdrawn_version_is_never_a_target_again() {
    let set = rustshare();
    let mut before = all(&["v0.6.0", "v0.6.1"]);
    before[1].standing = Standing::Withdrawn;
    let positions = set.positions(&before);
    assert_eq!(positions["latest"].to_string(), "v0.6.0");
    assert_eq!(positions["0.6.1"].to_string(), "v0.6.1");
    let again = ChannelEvent::publish(published("v0.6.1"));
    assert_snapshot!(set.plan(&before, &positions, &again).unwrap_err(), @"`v0.6.1` is withdrawn and never becomes the target of a channel again");
    let mended = ChannelEvent::publish(published("v0.6.2"));
    let plan = set.plan(&before, &positions, &mended).unwrap();
    assert_eq!(plan.moves().len(), 4);
}

#[test]
fn only_a_rollback_moves_back_from_a_withdrawn_version() {
    let set = rustshare();
    let mut before = all(&["v0.6.0", "v0.7.0"]);
    let positions = set.positions(&before);
    before[1].standing = Standing::Withdrawn;
    let event = ChannelEvent::publish(published("v0.6.1"));
    assert_snapshot!(show(&set.plan(&before, &positions, &event).unwrap()), @r"
    0.6.1: nothing -> v0.6.1 (new)
    0.6: v0.6.0 -> v0.6.1 (the highest version it may name)
    edge stays at nothing: it moves on push only
    sha-{commit} stays at nothing: no commit is known
    0 stays at v0.7.0: v0.7.0, though withdrawn, is higher: only a rollback moves back
    latest stays at v0.7.0: v0.7.0, though withdrawn, is higher: only a rollback moves back
    ");
}

#[test]
fn most_recent_follows_a_backport() {
    let mut latest = rule("latest", Trigger::Release, Mutability::Moving);
    latest.follows = Some(Follows::MostRecent);
    let set = ChannelSet::build(vec![latest], &Scheme::semver()).unwrap();
    assert_snapshot!(publish(&set, &["v1.3.0"], "v1.2.5"), @"latest: v1.3.0 -> v1.2.5 (the most recent it may name)");
    assert_snapshot!(withdraw(&set, &["v1.3.0", "v1.2.5"], "v1.2.5", Remedy::Repoint), @"latest: v1.2.5 -> v1.3.0 (rolled back: v1.2.5 is withdrawn (it loses data))");
}

#[test]
fn since_turns_the_alias_of_zero_off() {
    let mut major = rule("{major}", Trigger::Release, Mutability::Moving);
    major.since = Some("1.0.0".to_owned());
    let set = ChannelSet::build(vec![major], &Scheme::semver()).unwrap();
    assert_snapshot!(publish(&set, &[], "v0.7.0"), @"0 stays at nothing: the name is used from 1.0.0 on");
    assert_snapshot!(publish(&set, &[], "v1.0.0"), @"1: nothing -> v1.0.0 (new)");
}

#[test]
fn a_push_moves_edge_and_never_latest() {
    let set = rustshare();
    let before = all(&["v1.0.0"]);
    let event = ChannelEvent::Push {
        commit: "2478748ea9d2bdab4c63fae580456cc50c00f7aa".to_owned(),
        digest: None,
        date: chrono::NaiveDate::from_ymd_opt(2026, 6, 12),
    };
    assert_snapshot!(show(&set.plan(&before, &set.positions(&before), &event).unwrap()), @r"
    edge: nothing -> 2478748ea9d2bdab4c63fae580456cc50c00f7aa (new)
    nightly-2026-06-12: nothing -> 2478748ea9d2bdab4c63fae580456cc50c00f7aa (new)
    sha-2478748ea9d2bdab4c63fae580456cc50c00f7aa: nothing -> 2478748ea9d2bdab4c63fae580456cc50c00f7aa (new)
    latest stays at v1.0.0: it moves on release only
    ");
}

/// The image names of Celo's text (B12 to B14).
fn celo() -> ChannelSet {
    let network = |name: &str| {
        let mut rule = rule(name, Trigger::Promotion, Mutability::Moving);
        rule.environment = Some(name.to_owned());
        rule.exclusive = true;
        rule
    };
    let rules = vec![
        rule(
            "attestation-service-{commit}",
            Trigger::Build,
            Mutability::Immutable,
        ),
        rule(
            "attestation-service-v{version}",
            Trigger::Release,
            Mutability::Immutable,
        ),
        network("alfajores"),
        network("baklava"),
        network("mainnet"),
    ];
    ChannelSet::build(rules, &Scheme::semver()).unwrap()
}

#[test]
fn a_network_name_is_taken_and_version_names_are_not() {
    let set = celo();
    let version = |text: &str| {
        let version = Scheme::semver().parse(text).unwrap();
        Published::new(format!("attestation-service-v{text}"), version)
    };
    let before = [version("1.1.0"), version("1.2.0")];
    let mut positions = set.positions(&before);
    let promote = |positions: &mut Positions, published: &Published| {
        let event = ChannelEvent::Promote {
            environment: "mainnet".to_owned(),
            published: published.clone(),
        };
        let plan = set.plan(&before, positions, &event).unwrap();
        for one in plan.moves() {
            positions.insert(one.channel.clone(), one.to.clone());
        }
        show(&plan)
    };
    assert_snapshot!(promote(&mut positions, &before[0]), @"mainnet: nothing -> attestation-service-v1.1.0 (promoted to mainnet)");
    assert_snapshot!(promote(&mut positions, &before[1]), @"mainnet: attestation-service-v1.1.0 -> attestation-service-v1.2.0 (promoted to mainnet, taken from attestation-service-v1.1.0)");
    assert_snapshot!(promote(&mut positions, &before[1]), @"mainnet stays at attestation-service-v1.2.0: it points there already");
    // Going back is a promotion of its own.
    assert_snapshot!(promote(&mut positions, &before[0]), @"mainnet: attestation-service-v1.2.0 -> attestation-service-v1.1.0 (promoted to mainnet, taken from attestation-service-v1.2.0)");
    assert_eq!(positions.len(), 3);
}

#[test]
fn another_digest_under_one_name_is_refused() {
    let set = rustshare();
    let built = |digest: &str| Published {
        digest: Some(digest.to_owned()),
        ..published("v1.0.0")
    };
    let before = [built("sha256:aa")];
    let positions = set.positions(&before);
    let plan = |digest: &str, hand| {
        let event = ChannelEvent::Publish {
            published: built(digest),
            date: None,
            hand,
        };
        set.plan(&before, &positions, &event).unwrap()
    };
    assert_snapshot!(show(&plan("sha256:bb", Hand::Person)), @r"
    edge stays at nothing: it moves on push only
    sha-{commit} stays at nothing: no commit is known
    1.0.0 refused, at v1.0.0: it is immutable and points at something else
    1.0 refused, at v1.0.0: this version was built once, and this is another build
    1 refused, at v1.0.0: this version was built once, and this is another build
    latest refused, at v1.0.0: this version was built once, and this is another build
    ");
    assert_eq!(plan("sha256:aa", Hand::Automation).refused(), []);
    assert_eq!(plan("sha256:aa", Hand::Automation).moves(), []);
}

/// C10: a build of main has one name for ever, by its commit; `edge` goes where main goes.
#[test]
fn a_push_pins_its_commit_and_carries_its_digest() {
    let set = rustshare();
    let push = |positions: &mut Positions, digest: &str| {
        let event = ChannelEvent::Push {
            commit: "2478748ea9d2bdab4c63fae580456cc50c00f7aa".to_owned(),
            digest: Some(digest.to_owned()),
            date: None,
        };
        let plan = set.plan(&[], positions, &event).unwrap();
        for one in plan.moves() {
            assert_eq!(one.to.digest.as_deref(), Some(digest));
            positions.insert(one.channel.clone(), one.to.clone());
        }
        show(&plan)
    };
    let mut positions = Positions::new();
    assert_snapshot!(push(&mut positions, "sha256:aa"), @"
    edge: nothing -> 2478748ea9d2bdab4c63fae580456cc50c00f7aa (new)
    sha-2478748ea9d2bdab4c63fae580456cc50c00f7aa: nothing -> 2478748ea9d2bdab4c63fae580456cc50c00f7aa (new)
    nightly-{date} stays at nothing: no date is known
    latest stays at nothing: it moves on release only
    ");
    // Built again, main is something else; the name of the build is not.
    assert_snapshot!(push(&mut positions, "sha256:bb"), @"
    edge: 2478748ea9d2bdab4c63fae580456cc50c00f7aa -> 2478748ea9d2bdab4c63fae580456cc50c00f7aa (the most recent it may name)
    nightly-{date} stays at nothing: no date is known
    latest stays at nothing: it moves on release only
    sha-2478748ea9d2bdab4c63fae580456cc50c00f7aa refused, at 2478748ea9d2bdab4c63fae580456cc50c00f7aa: it is immutable and points at something else
    ");
}

#[test]
fn a_name_with_a_date_is_not_told_of_where_nothing_is_pushed() {
    let set = rustshare();
    let event = ChannelEvent::Publish {
        published: published("v1.0.0"),
        date: chrono::NaiveDate::from_ymd_opt(2026, 6, 12),
        hand: Hand::Automation,
    };
    assert_snapshot!(show(&set.plan(&[], &Positions::new(), &event).unwrap()), @"
    1.0.0: nothing -> v1.0.0 (new)
    1.0: nothing -> v1.0.0 (new)
    1: nothing -> v1.0.0 (new)
    latest: nothing -> v1.0.0 (new)
    edge stays at nothing: it moves on push only
    sha-{commit} stays at nothing: no commit is known
    ");
}

#[test]
fn a_repair_is_refused_to_a_workflow() {
    let names = rule(
        "{version}",
        Trigger::Release,
        Mutability::ImmutableWithRepair,
    );
    let set = ChannelSet::build(vec![names], &Scheme::semver()).unwrap();
    let built = |digest: &str| Published {
        digest: Some(digest.to_owned()),
        ..published("v1.0.0")
    };
    let before = [built("sha256:aa")];
    let plan = |hand| {
        let event = ChannelEvent::Publish {
            published: built("sha256:bb"),
            date: None,
            hand,
        };
        show(&set.plan(&before, &set.positions(&before), &event).unwrap())
    };
    assert_snapshot!(plan(Hand::Automation), @"1.0.0 refused, at v1.0.0: it points at something else, and only a person may repair it");
    assert_snapshot!(plan(Hand::Person), @"1.0.0 refused, at v1.0.0: it points at something else, and a repair publishes the very same thing");
}

#[test]
fn a_channel_above_all_that_is_known_is_not_said_to_be_withdrawn() {
    let set = rustshare();
    let bad = Published {
        standing: Standing::Withdrawn,
        ..published("v0.5.0")
    };
    let mut positions = Positions::new();
    positions.insert("latest".to_owned(), published("v9.0.0").target());
    let event = ChannelEvent::publish(published("v1.0.0"));
    let plan = set.plan(&[bad], &positions, &event).unwrap();
    let latest = plan.kept().iter().find(|one| one.channel == "latest");
    assert_snapshot!(latest.unwrap().why, @"v9.0.0 is higher");
}

/// What a channel follows is known by the versions, wherever the channel itself is.
#[test]
fn every_version_that_may_hold_a_name_is_looked_at() {
    let plan = |rule: ChannelRule, before: &str, tag: &str| {
        let set = ChannelSet::build(vec![rule], &Scheme::semver()).unwrap();
        let event = ChannelEvent::publish(published(tag));
        show(
            &set.plan(&all(&[before]), &Positions::new(), &event)
                .unwrap(),
        )
    };
    let both = Triggers::one(Trigger::Candidate).and(Trigger::Release);
    let next = rule("next", both, Mutability::Moving);
    assert_snapshot!(plan(next, "v1.1.0-rc.1", "v1.0.1"), @"next stays at nothing: v1.1.0-rc.1 is higher");
    let mut built = rule("built", Trigger::Build, Mutability::Moving);
    built.follows = Some(Follows::Highest);
    assert_snapshot!(plan(built, "v1.2.0", "v1.1.0"), @"built stays at nothing: v1.2.0 is higher");
}

/// B14: a network name is given away by a promotion only, a bad version or not.
#[test]
fn a_bad_version_keeps_its_network_names() {
    let mut fixed = rule(
        "{environment}-{version}",
        Trigger::Promotion,
        Mutability::Immutable,
    );
    fixed.environment = None;
    let mut mainnet = rule("mainnet", Trigger::Promotion, Mutability::Moving);
    mainnet.environment = Some("mainnet".to_owned());
    let mut baklava = rule("baklava", Trigger::Promotion, Mutability::Moving);
    baklava.environment = Some("baklava".to_owned());
    let set = ChannelSet::build(vec![fixed, mainnet, baklava], &Scheme::semver()).unwrap();
    let before = all(&["v1.0.0", "v1.1.0"]);
    let mut positions = Positions::new();
    for (channel, at) in [("mainnet", 1), ("mainnet-1.1.0", 1), ("baklava", 0)] {
        positions.insert(channel.to_owned(), before[at].target());
    }
    let event = ChannelEvent::Withdraw {
        tag: "v1.1.0".to_owned(),
        remedy: Remedy::Repoint,
        reason: "it loses data".to_owned(),
    };
    assert_snapshot!(show(&set.plan(&before, &positions, &event).unwrap()), @"
    mainnet-1.1.0 stays at v1.1.0: it names one thing for ever
    mainnet stays at v1.1.0: a promotion moves it: roll the environment back
    ");
}

#[test]
fn a_component_moves_its_own_channels_and_those_of_all() {
    let own = |name: &str, component: &str| {
        let mut rule = rule(name, Trigger::Release, Mutability::Moving);
        rule.component = Some(component.to_owned());
        rule
    };
    let rules = vec![own("cli", "cli"), own("server", "server")];
    let set = ChannelSet::build(rules, &Scheme::semver()).unwrap();
    let names: Vec<_> = set.rules().map(|rule| rule.name.to_string()).collect();
    assert_eq!(names, ["cli", "server"]);
    let of = |component: Option<&str>| {
        let published = Published {
            component: component.map(str::to_owned),
            ..published("v1.0.0")
        };
        let event = ChannelEvent::publish(published);
        show(&set.plan(&[], &Positions::new(), &event).unwrap())
    };
    assert_snapshot!(of(Some("cli")), @"cli: nothing -> v1.0.0 (new)");
    assert_snapshot!(of(None), @"
    cli: nothing -> v1.0.0 (new)
    server: nothing -> v1.0.0 (new)
    ");
}
