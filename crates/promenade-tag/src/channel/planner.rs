//! Plans what an event does to channels: pure, and total over the rules of the set.

use super::set::{Channel, NoName, is_spelt};
use super::{
    ChannelEvent, ChannelPlan, ChannelSet, Follows, Hand, Kept, Move, Mutability, Positions,
    Publication, Published, Refusal, Remedy, Standing, Target, Trigger, WhyKept, WhyMoved,
    WhyRefused,
};
use crate::{Placeholder, PlanChannelsError, Values};

impl ChannelSet {
    /// Plans what `event` does to the channels.
    ///
    /// `published` is every version that was published before, oldest first, withdrawn ones
    /// included; `positions` is what the channels point at now. The answer depends on the whole
    /// set: a channel that follows the highest moves only to the highest version that it may
    /// name, and never backwards but by [`ChannelEvent::Withdraw`] (INV-19, INV-20).
    ///
    /// # Errors
    /// [`PlanChannelsError`] if the version may not be published, promoted or withdrawn. What a
    /// channel's own rule forbids is no error: see [`ChannelPlan::refused`].
    pub fn plan(
        &self,
        published: &[Published],
        positions: &Positions,
        event: &ChannelEvent,
    ) -> Result<ChannelPlan, PlanChannelsError> {
        let mut planner = Planner {
            set: self,
            published,
            positions,
            plan: ChannelPlan::default(),
        };
        match event {
            ChannelEvent::Publish {
                published,
                date,
                hand,
            } => {
                let trigger = planner.check(published)?;
                let mut values = self.values(published);
                values.date = *date;
                for channel in &self.channels {
                    planner.publish(channel, trigger, published, &values, *hand);
                }
            }
            ChannelEvent::Push {
                commit,
                digest,
                date,
            } => planner.push(commit, digest.as_deref(), *date),
            ChannelEvent::Promote {
                environment,
                published,
            } => {
                planner.check(published)?;
                planner.promote(environment, published);
            }
            ChannelEvent::Withdraw {
                tag,
                remedy,
                reason,
            } => {
                let bad = published.iter().find(|one| one.tag == *tag);
                let bad = bad.ok_or_else(|| PlanChannelsError::Unknown { tag: tag.clone() })?;
                planner.withdraw(bad, *remedy, reason);
            }
        }
        Ok(planner.plan)
    }

    /// Returns what the channels point at when each of `published` was published in turn and
    /// nothing else happened: what a registry should show. Names that need a date or an
    /// environment are not among them.
    #[must_use]
    pub fn positions(&self, published: &[Published]) -> Positions {
        let mut positions = Positions::new();
        // Withdrawn versions first: a channel shows one only where no good version is left.
        for standing in [Standing::Withdrawn, Standing::Good] {
            for one in published.iter().filter(|one| one.standing == standing) {
                let Some(trigger) = self.trigger(&one.version) else {
                    continue;
                };
                let values = self.values(one);
                for channel in &self.channels {
                    let Some(name) = self.claims(channel, trigger, one, &values) else {
                        continue;
                    };
                    let held = positions.get(&name).and_then(|at| at.version.clone());
                    let stays = match (channel.rule.mutability, channel.rule.follows()) {
                        (Mutability::Moving, Follows::MostRecent) => false,
                        (Mutability::Moving, Follows::Highest) => held.is_some_and(|held| {
                            let withdrawn = published.iter().any(|other| {
                                other.version == held && other.standing == Standing::Withdrawn
                            });
                            held > one.version && !(standing == Standing::Good && withdrawn)
                        }),
                        _ => held.is_some(),
                    };
                    if !stays {
                        positions.insert(name, one.target());
                    }
                }
            }
        }
        positions
    }

    /// Returns the name by which `one` may hold the channel, if it may.
    fn claims(
        &self,
        channel: &Channel,
        trigger: Trigger,
        one: &Published,
        values: &Values,
    ) -> Option<String> {
        let fits = channel.moves_on(trigger)
            && channel.is_of(one.component.as_deref())
            && channel.in_use(&one.version);
        fits.then(|| channel.name(values, &self.scheme).ok())
            .flatten()
    }
}

struct Planner<'a> {
    set: &'a ChannelSet,
    published: &'a [Published],
    positions: &'a Positions,
    plan: ChannelPlan,
}

impl Planner<'_> {
    fn check(&self, published: &Published) -> Result<Trigger, PlanChannelsError> {
        let tag = || published.tag.clone();
        let withdrawn = |one: &Published| {
            one.standing == Standing::Withdrawn
                && one.version == published.version
                && one.component == published.component
        };
        if withdrawn(published) || self.published.iter().any(withdrawn) {
            return Err(PlanChannelsError::Withdrawn { tag: tag() });
        }
        self.set
            .trigger(&published.version)
            .ok_or_else(|| PlanChannelsError::NotPublishable { tag: tag() })
    }

    fn keep(&mut self, channel: impl Into<String>, why: WhyKept) {
        let channel = channel.into();
        let at = self.positions.get(&channel).cloned();
        self.plan.kept.push(Kept { channel, at, why });
    }

    fn refuse(&mut self, channel: impl Into<String>, to: Target, why: WhyRefused) {
        let channel = channel.into();
        let at = self.positions.get(&channel).cloned();
        let refusal = Refusal {
            channel,
            at,
            to,
            why,
        };
        self.plan.refused.push(refusal);
    }

    fn moves(&mut self, channel: String, to: Target, why: WhyMoved) {
        let from = self.positions.get(&channel).cloned();
        self.plan.moves.push(Move {
            channel,
            from,
            to,
            why,
        });
    }

    fn publish(
        &mut self,
        channel: &Channel,
        trigger: Trigger,
        published: &Published,
        values: &Values,
        hand: Hand,
    ) {
        if !channel.is_of(published.component.as_deref()) {
            return;
        }
        if !channel.moves_on(trigger) {
            self.other_event(channel, values);
            return;
        }
        let name = match channel.name(values, &self.set.scheme) {
            Ok(name) => name,
            Err(NoName::NotKnown(field)) => {
                self.not_known(channel, field);
                return;
            }
            Err(NoName::Refused(reason)) => {
                let template = channel.rule.name.to_string();
                self.refuse(template, published.target(), WhyRefused::Name { reason });
                return;
            }
        };
        if !channel.in_use(&published.version) {
            let version = channel.rule.since.clone().unwrap_or_default();
            self.keep(name, WhyKept::Since { version });
            return;
        }
        if channel.rule.mutability != Mutability::Moving {
            if let Some(by) = self.claimed(channel, &name, trigger, published) {
                self.refuse(name, published.target(), WhyRefused::Claimed { by });
            } else {
                self.pin(channel, name, published.target(), hand);
            }
            return;
        }
        match channel.rule.follows() {
            Follows::Highest => self.follow_highest(channel, name, trigger, published),
            Follows::MostRecent => self.follow(name, published.target(), WhyMoved::MostRecent),
        }
    }

    /// Says who else claims the name, where build metadata is left out of it.
    fn claimed(
        &self,
        channel: &Channel,
        name: &str,
        trigger: Trigger,
        published: &Published,
    ) -> Option<String> {
        let scheme = &self.set.scheme;
        let other = |one: &&Published| {
            one.component == published.component
                && one.version != published.version
                && (is_spelt(&one.version, scheme) || is_spelt(&published.version, scheme))
                && self.set.trigger(&one.version) == Some(trigger)
                && channel.name(&self.set.values(one), scheme).ok().as_deref() == Some(name)
        };
        let found = self.published.iter().find(other);
        found.map(|one| one.tag.clone())
    }

    /// Points an immutable name.
    fn pin(&mut self, channel: &Channel, name: String, to: Target, hand: Hand) {
        let mutability = channel.rule.mutability;
        let at = self.positions.get(&name);
        match mutability.publish(at, &to, hand) {
            Publication::Allowed => self.moves(name, to, WhyMoved::New),
            Publication::Repair => self.keep(name, WhyKept::Repair),
            Publication::Refused if at.is_some_and(|at| at.is(&to)) => {
                self.keep(name, WhyKept::AlreadyThere);
            }
            Publication::Refused if mutability == Mutability::ImmutableWithRepair => {
                self.refuse(name, to, WhyRefused::NoRepair { hand });
            }
            Publication::Refused => self.refuse(name, to, WhyRefused::Immutable),
        }
    }

    /// Points a moving name, wherever it was.
    fn follow(&mut self, name: String, to: Target, why: WhyMoved) {
        match self.positions.get(&name) {
            None if matches!(why, WhyMoved::MostRecent | WhyMoved::Highest) => {
                self.moves(name, to, WhyMoved::New);
            }
            Some(at) if at.is(&to) => self.keep(name, WhyKept::AlreadyThere),
            Some(at) if at.version.is_some() && at.version == to.version => {
                self.refuse(name, to, WhyRefused::OtherBuild);
            }
            _ => self.moves(name, to, why),
        }
    }

    fn follow_highest(
        &mut self,
        channel: &Channel,
        name: String,
        trigger: Trigger,
        published: &Published,
    ) {
        if let Some(best) = self.rival(channel, &name, trigger, published, Follows::Highest)
            && best.version > published.version
        {
            let than = best.tag.clone();
            self.keep(name, WhyKept::Higher { than });
            return;
        }
        let at = self.positions.get(&name);
        let higher = at.filter(|at| at.version.as_ref() > Some(&published.version));
        match higher {
            Some(at) => {
                let than = at.to_string();
                let withdrawn = self.published.iter().any(|one| {
                    one.standing == Standing::Withdrawn && Some(&one.version) == at.version.as_ref()
                });
                let why = if withdrawn {
                    WhyKept::HigherWithdrawn { than }
                } else {
                    WhyKept::Higher { than }
                };
                self.keep(name, why);
            }
            None => self.follow(name, published.target(), WhyMoved::Highest),
        }
    }

    /// Returns which other version the channel would follow, of those that may hold its name.
    fn rival(
        &self,
        channel: &Channel,
        name: &str,
        trigger: Trigger,
        than: &Published,
        follows: Follows,
    ) -> Option<&Published> {
        let mut best: Option<&Published> = None;
        for one in self.published {
            let follows = match follows {
                Follows::Highest => best.is_none_or(|best| best.version <= one.version),
                Follows::MostRecent => true,
            };
            if follows && self.rivals(channel, name, trigger, than, one) {
                best = Some(one);
            }
        }
        best
    }

    /// Says whether `one` is another version in good standing that may hold the channel.
    fn rivals(
        &self,
        channel: &Channel,
        name: &str,
        trigger: Trigger,
        than: &Published,
        one: &Published,
    ) -> bool {
        let other = one.version != than.version && one.component == than.component;
        let Some(own) = self.set.trigger(&one.version) else {
            return false;
        };
        // A rule for candidates and releases follows both; any other follows its own.
        let follows = own == trigger || channel.rule.on.has(own);
        if !other || !follows || one.standing != Standing::Good {
            return false;
        }
        let values = self.set.values(one);
        self.set.claims(channel, own, one, &values).as_deref() == Some(name)
    }

    fn not_known(&mut self, channel: &Channel, field: Placeholder) {
        let field = field.to_string();
        self.keep(channel.rule.name.to_string(), WhyKept::NotKnown { field });
    }

    /// Notes a moving channel that the event leaves alone, where it has a name of its own.
    fn other_event(&mut self, channel: &Channel, values: &Values) {
        let dated = channel.rule.name.names(Placeholder::Date);
        if channel.rule.mutability != Mutability::Moving || dated {
            return;
        }
        let on = channel.rule.on.iter().collect();
        match channel.name(values, &self.set.scheme) {
            Ok(name) => self.keep(name, WhyKept::OtherEvent { on }),
            Err(NoName::NotKnown(_) | NoName::Refused(_)) => {}
        }
    }

    fn push(&mut self, commit: &str, digest: Option<&str>, date: Option<chrono::NaiveDate>) {
        let set = self.set;
        let to = Target {
            commit: Some(commit.to_owned()),
            digest: digest.map(str::to_owned),
            ..Target::default()
        };
        let mut values = Values::default().with_commit(commit);
        values.date = date;
        for channel in &set.channels {
            values.component.clone_from(&channel.rule.component);
            if !channel.moves_on(Trigger::Push) {
                self.other_event(channel, &values);
                continue;
            }
            match channel.name(&values, &set.scheme) {
                Ok(name) if channel.rule.mutability == Mutability::Moving => {
                    self.follow(name, to.clone(), WhyMoved::MostRecent);
                }
                Ok(name) => self.pin(channel, name, to.clone(), Hand::Automation),
                Err(NoName::NotKnown(field)) => self.not_known(channel, field),
                Err(NoName::Refused(reason)) => {
                    let template = channel.rule.name.to_string();
                    self.refuse(template, to.clone(), WhyRefused::Name { reason });
                }
            }
        }
    }

    fn promote(&mut self, environment: &str, published: &Published) {
        let set = self.set;
        let values = set.values(published).with_environment(environment);
        for channel in &set.channels {
            let own = channel.rule.environment.as_deref();
            let here = own.is_none_or(|own| own == environment);
            let promoted = channel.rule.on.has(Trigger::Promotion);
            if !promoted || !here || !channel.is_of(published.component.as_deref()) {
                continue;
            }
            let to = published.target();
            let name = match channel.name(&values, &set.scheme) {
                Ok(name) => name,
                Err(NoName::NotKnown(field)) => {
                    self.not_known(channel, field);
                    continue;
                }
                Err(NoName::Refused(reason)) => {
                    let template = channel.rule.name.to_string();
                    self.refuse(template, to, WhyRefused::Name { reason });
                    continue;
                }
            };
            if !channel.in_use(&published.version) {
                let version = channel.rule.since.clone().unwrap_or_default();
                self.keep(name, WhyKept::Since { version });
                continue;
            }
            if channel.rule.mutability != Mutability::Moving {
                self.pin(channel, name, to, Hand::Automation);
                continue;
            }
            let held = self.positions.get(&name);
            let higher = held.filter(|at| at.version.as_ref() > Some(&published.version));
            if let (Follows::Highest, Some(at)) = (channel.rule.follows(), higher) {
                let than = at.to_string();
                self.keep(name, WhyKept::Higher { than });
                continue;
            }
            let taken_from = held
                .filter(|_| channel.rule.exclusive)
                .map(ToString::to_string);
            let why = WhyMoved::Promoted {
                environment: environment.to_owned(),
                taken_from,
            };
            self.follow(name, to, why);
        }
    }

    fn withdraw(&mut self, bad: &Published, remedy: Remedy, reason: &str) {
        let set = self.set;
        let Some(trigger) = set.trigger(&bad.version) else {
            return;
        };
        let values = set.values(bad);
        for channel in &set.channels {
            if channel.rule.on.has(Trigger::Promotion) {
                self.keep_environments(channel, bad);
            }
            let Some(name) = set.claims(channel, trigger, bad, &values) else {
                continue;
            };
            if channel.rule.mutability != Mutability::Moving {
                self.keep(name, WhyKept::Immutable);
                continue;
            }
            let there = self
                .positions
                .get(&name)
                .is_some_and(|at| at.is(&bad.target()));
            if !there {
                self.keep(name, WhyKept::Elsewhere);
                continue;
            }
            let withdrawn = bad.tag.clone();
            if remedy == Remedy::RollForward {
                self.keep(name, WhyKept::RollForward { withdrawn });
                continue;
            }
            let next = self.rival(channel, &name, trigger, bad, channel.rule.follows());
            match next.map(Published::target) {
                None => self.keep(name, WhyKept::NoTarget { withdrawn }),
                Some(to) => {
                    let reason = reason.to_owned();
                    self.moves(name, to, WhyMoved::Rollback { withdrawn, reason });
                }
            }
        }
    }

    /// Notes the network names that a withdrawn version holds: they are an environment's affair.
    fn keep_environments(&mut self, channel: &Channel, bad: &Published) {
        let set = self.set;
        let bad = bad.target();
        for (name, at) in self.positions {
            if at.is(&bad) && channel.bound.read(name, &set.scheme).is_some() {
                let why = if channel.rule.mutability == Mutability::Moving {
                    WhyKept::Environment
                } else {
                    WhyKept::Immutable
                };
                self.keep(name, why);
            }
        }
    }
}
