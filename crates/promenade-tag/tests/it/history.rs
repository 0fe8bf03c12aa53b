//! The laws of channels over random histories of releases, candidates, backports and rollbacks.

use std::collections::{BTreeMap, BTreeSet};

use promenade_tag::strategy::{self, Step};
use promenade_tag::{
    ChannelEvent, ChannelPlan, ChannelRule, ChannelSet, Follows, Mutability, Positions, Published,
    Remedy, Standing, WhyKept, WhyMoved,
};
use promenade_version::{Scheme, Version};
use proptest::prelude::*;

/// A registry: what was published, and what each name points at.
#[derive(Clone, Debug, Default)]
struct World {
    published: Vec<Published>,
    positions: Positions,
}

impl World {
    fn apply(&mut self, plan: &ChannelPlan) {
        for one in plan.moves() {
            assert_eq!(self.positions.get(&one.channel), one.from.as_ref());
            self.positions.insert(one.channel.clone(), one.to.clone());
        }
    }

    fn publish(&mut self, set: &ChannelSet, one: &Published) -> ChannelPlan {
        let event = ChannelEvent::publish(one.clone());
        let plan = set.plan(&self.published, &self.positions, &event).unwrap();
        self.apply(&plan);
        self.published.push(one.clone());
        plan
    }

    /// Does a step of a history; nothing where there is nothing to withdraw.
    fn step(&mut self, set: &ChannelSet, step: &Step) -> Option<ChannelPlan> {
        match step {
            Step::Publish(one) => Some(self.publish(set, one)),
            Step::Withdraw { which, remedy } => {
                let good = |one: &&mut Published| one.standing == Standing::Good;
                let mut left: Vec<_> = self.published.iter_mut().filter(good).collect();
                if left.is_empty() {
                    return None;
                }
                let index = which.index(left.len());
                left[index].standing = Standing::Withdrawn;
                let event = ChannelEvent::Withdraw {
                    tag: left[index].tag.clone(),
                    remedy: *remedy,
                    reason: "it is bad".to_owned(),
                };
                let plan = set.plan(&self.published, &self.positions, &event).unwrap();
                self.apply(&plan);
                Some(plan)
            }
            other => unreachable!("{other:?}"),
        }
    }
}

fn line(version: &Version) -> String {
    format!("{}.{}", version.major, version.minor)
}

fn rule_of<'a>(set: &'a ChannelSet, channel: &str) -> &'a ChannelRule {
    set.rule_of(channel).unwrap()
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(u32::try_from(testkit::scale(300, 20_000)).unwrap())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_step_of_every_history_keeps_the_laws(
        rules in strategy::channel_rules(),
        steps in strategy::history(),
    ) {
        let set = ChannelSet::build(rules, &Scheme::semver()).unwrap();
        let mut world = World::default();
        for step in &steps {
            let before = world.clone();
            let Some(plan) = world.step(&set, step) else { continue };
            prop_assert_eq!(plan.refused(), []);
            // The same inputs give the same plan.
            let again = before.clone().step(&set, step).unwrap();
            prop_assert_eq!(&plan, &again);
            for one in plan.moves() {
                let rule = rule_of(&set, &one.channel);
                let to = one.to.version.as_ref().unwrap();
                let from = one.from.as_ref().and_then(|from| from.version.as_ref());
                let rolls_back = matches!(one.why, WhyMoved::Rollback { .. });
                // `latest` is never a candidate.
                prop_assert!(one.channel != "latest" || to.pre.is_empty());
                // Immutable names are made once and never move.
                prop_assert!(rule.mutability == Mutability::Moving || from.is_none());
                // Under `highest` nothing goes backwards but by rollback.
                if rule.follows() == Follows::Highest && !rolls_back {
                    prop_assert!(from.is_none_or(|from| from < to), "{:?}", one);
                }
                // A withdrawn version never becomes a target.
                let target = world.published.iter().find(|other| other.version == *to).unwrap();
                prop_assert_eq!(target.standing, Standing::Good);
                prop_assert_eq!(rolls_back, matches!(step, Step::Withdraw { .. }));
            }
            // No name ever goes.
            for name in before.positions.keys() {
                prop_assert!(world.positions.contains_key(name));
            }
            if let Step::Publish(one) = step {
                let higher = before.published.iter().any(|other| {
                    other.standing == Standing::Good
                        && other.version > one.version
                        && other.version.pre.is_empty()
                });
                for moved in plan.moves().iter().filter(|_| higher) {
                    let rule = rule_of(&set, &moved.channel);
                    let own = line(&one.version);
                    let major = one.version.major;
                    // A backport moves its own line only, and its major while no line of the same
                    // major is above it.
                    if rule.follows() == Follows::Highest && rule.mutability == Mutability::Moving {
                        let rolling = moved.channel == own
                            || (moved.channel == major.to_string()
                                && !before.published.iter().any(|other| {
                                    other.standing == Standing::Good
                                        && other.version.major == major
                                        && other.version.pre.is_empty()
                                        && other.version > one.version
                                }));
                        prop_assert!(rolling || moved.channel == "next", "{:?}", moved);
                    }
                }
            }
        }
    }

    #[test]
    fn a_withdrawal_leaves_no_channel_at_the_version_unless_it_says_why(
        rules in strategy::channel_rules(),
        steps in strategy::history(),
    ) {
        let set = ChannelSet::build(rules, &Scheme::semver()).unwrap();
        let mut world = World::default();
        for step in &steps {
            let before = world.clone();
            let Some(plan) = world.step(&set, step) else { continue };
            let Step::Withdraw { remedy, .. } = step else { continue };
            let bad = world.published.iter().zip(&before.published)
                .find(|(now, then)| now.standing != then.standing)
                .map(|(now, _)| now.clone())
                .unwrap();
            for (name, _) in world.positions.iter().filter(|(_, at)| at.is(&bad.target())) {
                let kept = plan.kept().iter().find(|kept| kept.channel == *name);
                let why = &kept.unwrap().why;
                let told = match why {
                    WhyKept::Immutable => rule_of(&set, name).mutability != Mutability::Moving,
                    WhyKept::RollForward { .. } => *remedy == Remedy::RollForward,
                    WhyKept::NoTarget { .. } => {
                        // Truly nothing else is left that the name could point at.
                        let good = world.published.iter().filter(|one| one.standing == Standing::Good);
                        !good.clone().any(|one| set.positions(std::slice::from_ref(one)).contains_key(name))
                    }
                    _ => false,
                };
                prop_assert!(told, "{} {:?}", name, why);
            }
        }
    }

    #[test]
    fn unrelated_lines_may_be_replayed_in_any_order(
        rules in strategy::channel_rules(),
        steps in strategy::history(),
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 32),
    ) {
        let rules = rules.into_iter().map(|mut rule| {
            if rule.mutability == Mutability::Moving {
                rule.follows = Some(Follows::Highest);
            }
            rule
        });
        let set = ChannelSet::build(rules.collect(), &Scheme::semver()).unwrap();
        let released: Vec<Published> = steps.into_iter().filter_map(|step| match step {
            Step::Publish(one) => Some(one),
            _ => None,
        }).collect();
        let mut one = World::default();
        for published in &released {
            let _plan = one.publish(&set, published);
        }
        // The same releases, each line in its own order, the lines interleaved otherwise.
        let mut lines: BTreeMap<String, Vec<Published>> = BTreeMap::new();
        for published in released.iter().rev() {
            lines.entry(line(&published.version)).or_default().push(published.clone());
        }
        let mut other = World::default();
        for pick in picks.iter().cycle() {
            lines.retain(|_, left| !left.is_empty());
            if lines.is_empty() {
                break;
            }
            let index = pick.index(lines.len());
            let next = lines.values_mut().nth(index).unwrap().pop().unwrap();
            let _plan = other.publish(&set, &next);
        }
        prop_assert_eq!(&one.positions, &other.positions);
        // And what the positions are computed to be at once is where the steps lead.
        prop_assert_eq!(&one.positions, &set.positions(&released));
        // A twenty-line model: every rolling name is at the highest release that it covers.
        let versions: BTreeSet<&Version> = released.iter().map(|one| &one.version)
            .filter(|version| version.pre.is_empty()).collect();
        for (name, at) in &one.positions {
            let covers = |version: &&&Version| match name.as_str() {
                "latest" => true,
                name => name == line(version) || name == version.major.to_string(),
            };
            if let Some(highest) = versions.iter().rfind(covers) && name != "next" {
                prop_assert_eq!(at.version.as_ref(), Some(*highest), "{}", name);
            }
        }
    }
}
