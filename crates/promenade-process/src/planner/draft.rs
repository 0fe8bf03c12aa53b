//! A plan in the making: commands are judged one after the other on the state that the ones before
//! them leave behind.

use promenade_digest::Digest;
use promenade_promotion::ledger::{Head, OpId};
use promenade_promotion::{
    Blocker, Blockers, ChannelMove, Command, CommitId, Context, EnvironmentName, Event, EventKind,
    Follows, Lane as Way, Rank, State, Verdict, decide, evolve,
};
use promenade_tag::{
    ChannelEvent, ChannelPlan, ChannelRule, Class, Kept, Mutability, Positions, Published,
    SignaturePolicy, Standing, Trigger, WhyKept,
};
use promenade_version::{Lane, Version};

use super::publish::with_pushes;
use super::{PlanError, Planned, Planner};
use crate::apply::head_after;
use crate::embargo::Embargo;
use crate::plan::{Plan, Step};
use crate::port::repository::TagRequest;

pub(super) struct Draft<'p, 'a> {
    planner: &'p Planner<'a>,
    title: String,
    state: State,
    head: Head,
    why: Vec<String>,
    steps: Vec<Step>,
    blockers: Vec<Blocker>,
    /// The head of the private stream.
    private: Option<Head>,
    /// Refs that are published besides those that the steps make.
    also: Vec<(String, Option<CommitId>)>,
}

impl<'p, 'a> Draft<'p, 'a> {
    pub(super) fn new(planner: &'p Planner<'a>, title: &str) -> Self {
        Self {
            planner,
            title: title.to_owned(),
            state: planner.state.clone(),
            head: planner.head,
            why: planner.why.to_vec(),
            steps: Vec::new(),
            blockers: Vec::new(),
            private: planner.embargo.map(|embargo| embargo.head()),
            also: Vec::new(),
        }
    }

    pub(super) fn planner(&self) -> &'p Planner<'a> {
        self.planner
    }

    pub(super) fn process(&self) -> &'a crate::Process {
        self.planner.process
    }

    /// Returns the state that the steps so far lead to.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Returns whether the plan is made under an embargo.
    pub(super) fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// Publishes a ref that no step of the plan makes.
    pub(super) fn also_push(&mut self, name: String, to: Option<CommitId>) {
        self.also.push((name, to));
    }

    /// Adds a reason of something that was computed.
    pub(super) fn because(&mut self, why: String) {
        self.why.push(why);
    }

    /// Adds a step.
    ///
    /// What others could see waits for disclosure under an embargo.
    pub(super) fn step(&mut self, step: Step) {
        let public = matches!(
            step,
            Step::Channel { .. }
                | Step::Hook(_)
                | Step::Forge { .. }
                | Step::Banner { .. }
                | Step::Latest { .. }
                | Step::Push { .. }
        );
        if public && self.is_private() {
            self.why.push(format!("this waits for disclosure: {step}"));
        } else {
            self.steps.push(step);
        }
    }

    /// Holds the plan.
    pub(super) fn hold(&mut self, blocker: Blocker) {
        self.blockers.push(blocker);
    }

    /// Returns whether anything holds the plan.
    pub(super) fn is_held(&self) -> bool {
        !self.blockers.is_empty()
    }

    /// Gives up because a commit was not built: there is nothing to promote.
    pub(super) fn held_for_build(mut self, commit: &CommitId) -> Planned {
        let why = format!("commit {commit} has no recorded build");
        self.hold(Blocker::new("build", Rank::Blocked, why, recording(commit)));
        self.finish()
    }

    /// Judges commands, one after the other, and adds one record of all their events.
    pub(super) fn record(
        &mut self,
        commands: impl IntoIterator<Item = Command>,
    ) -> Result<(), PlanError> {
        let hand = self.planner.hand;
        let context = Context::new(hand.actor.clone(), hand.at);
        let mut events = Vec::new();
        for command in commands {
            match decide(
                &self.state,
                &command,
                self.planner.process.promotion(),
                &context,
            ) {
                Verdict::Advance(fresh) => {
                    if let (Some(event), false) = (fresh.iter().find(tells), self.is_private()) {
                        let why = format!("`{}` would make it public", event.kind.name());
                        let by = "planning it under an embargo: `--embargoed`";
                        let blocker = Blocker::new("embargo", Rank::Blocked, why, by);
                        self.blockers.push(blocker);
                        return Ok(());
                    }
                    for event in &fresh {
                        self.evolve(event)?;
                    }
                    events.extend(fresh);
                }
                Verdict::Hold(blockers) => {
                    self.blockers.extend(blockers.as_slice().iter().cloned());
                    // What comes after was to be judged on a state that does not come about.
                    return Ok(());
                }
            }
        }
        let events = match (self.private, self.planner.embargo) {
            (Some(head), Some(embargo)) => self.seal(&head, embargo, &events),
            _ => events,
        };
        if !events.is_empty() {
            let op = operation(&self.head, &events);
            let expected = self.head;
            self.head = head_after(self.planner.stream, &self.head, &op, &events);
            self.steps.push(Step::Record {
                expected,
                op,
                events,
            });
        }
        Ok(())
    }

    fn evolve(&mut self, event: &Event) -> Result<(), PlanError> {
        let state = std::mem::take(&mut self.state);
        self.state = evolve(state, event).map_err(|error| PlanError::Unknown {
            what: "the ledger".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(())
    }

    /// Puts events into the private stream, and gives the seals that go into the public one: first the
    /// private record, for a seal without what is under it could never be disclosed.
    fn seal(&mut self, head: &Head, embargo: &Embargo, events: &[Event]) -> Vec<Event> {
        if events.is_empty() {
            return Vec::new();
        }
        let sealed = events.iter().map(|event| embargo.seal(head, event));
        let (public, private): (Vec<_>, Vec<_>) = sealed.unzip();
        let op = operation(head, &private);
        self.private = Some(head_after(embargo.stream(), head, &op, &private));
        self.steps.push(Step::Private {
            expected: *head,
            op,
            events: private,
        });
        public
    }

    /// Adds the tag of a version, as the rule of its class says it must be.
    pub(super) fn tag(
        &mut self,
        class: Class,
        version: &Version,
        commit: &CommitId,
        lane: Lane,
    ) -> Result<(), PlanError> {
        let (tags, hand) = (self.planner.process.tags(), self.planner.hand);
        let component = self.planner.component;
        let Some(rule) = tags.rule(class, component, version) else {
            return Ok(());
        };
        let name = self.planner.tag_name(class, version)?.unwrap_or_default();
        let message = tags
            .message(class, component, version, lane)
            .map_err(PlanError::Tag)?;
        let signed = rule.signature != SignaturePolicy::None && hand.signs;
        if rule.signature == SignaturePolicy::Required && !hand.signs {
            let why = format!("tag `{name}` must be signed, and there is no signing key");
            self.hold(Blocker::new(
                "signature",
                Rank::NeedsPerson,
                why,
                "naming a signing key",
            ));
        }
        let request = TagRequest {
            name: name.clone(),
            target: commit.clone(),
            message: rule
                .needs_object()
                .then(|| message.unwrap_or_else(|| name.clone())),
            signed,
            author: hand.author.clone(),
            at: hand.at,
        };
        self.steps.push(Step::Tag {
            request: Box::new(request),
            by: rule.by,
        });
        Ok(())
    }

    /// Adds the moves of channels that the publication of a version brings, and their record.
    pub(super) fn channels(
        &mut self,
        version: &Version,
        commit: &CommitId,
    ) -> Result<(), PlanError> {
        let Some(published) = self.published(version, commit) else {
            return Ok(());
        };
        let event = ChannelEvent::Publish {
            published,
            date: Some(self.planner.hand.at.date_naive()),
            hand: promenade_tag::Hand::Automation,
        };
        let plan = self.plan_channels(&event)?;
        self.move_channels(&plan, None, None)
    }

    /// Plans what an event does to the channels, as the ledger has them.
    pub(super) fn plan_channels(&self, event: &ChannelEvent) -> Result<ChannelPlan, PlanError> {
        let published: Vec<_> = self
            .state
            .versions
            .iter()
            .filter_map(|(version, record)| self.published(version, &record.commit))
            .collect();
        let positions: Positions = self
            .state
            .channels
            .iter()
            .filter_map(|(name, channel)| {
                let record = self.state.version(&channel.version)?;
                let published = self.published(&channel.version, &record.commit)?;
                Some((name.to_string(), published.target()))
            })
            .collect();
        let policy = self.planner.process.channels();
        policy
            .plan(&published, &positions, event)
            .map_err(|error| PlanError::Channel {
                reason: error.to_string(),
            })
    }

    /// Adds the moves of a plan of channels: first in the ledger, which decides, then in the registry.
    pub(super) fn move_channels(
        &mut self,
        plan: &ChannelPlan,
        rollback: Option<&str>,
        environment: Option<&EnvironmentName>,
    ) -> Result<(), PlanError> {
        if self.is_private() {
            for wish in plan.moves() {
                let why = format!("channel {} waits for disclosure", wish.channel);
                self.why.push(why);
            }
            return Ok(());
        }
        for refused in plan.refused() {
            let gate = format!("channel:{}", refused.channel);
            self.hold(Blocker::permanent(gate, refused.why.to_string()));
        }
        let (mut moves, mut steps) = (Vec::new(), Vec::new());
        for wish in plan.moves() {
            let Some(to) = wish.to.version.clone() else {
                continue;
            };
            let rule = self.rule_of(&wish.channel);
            moves.push(ChannelMove {
                channel: wish.channel.parse().map_err(|error| PlanError::Channel {
                    reason: format!("{error}"),
                })?,
                follows: follows(rule),
                from: wish.from.as_ref().and_then(|target| target.version.clone()),
                to,
                environment: environment.cloned(),
            });
            if let Some(digest) = wish.to.digest.as_deref().and_then(|text| text.parse().ok()) {
                let from = wish
                    .from
                    .as_ref()
                    .and_then(|target| target.digest.as_deref());
                steps.push(Step::Channel {
                    name: wish.channel.clone(),
                    from: from.and_then(|text| text.parse().ok()),
                    to: digest,
                    mutability: rule.map_or(Mutability::Immutable, |rule| rule.mutability),
                    why: wish.why.to_string(),
                });
            }
        }
        let events = |kept: &&Kept| !matches!(kept.why, WhyKept::OtherEvent { .. });
        for kept in plan.kept().iter().filter(events) {
            self.why
                .push(format!("channel {} stays: {}", kept.channel, kept.why));
        }
        if moves.is_empty() {
            return Ok(());
        }
        self.record([match rollback {
            Some(reason) => Command::RollbackChannels {
                moves,
                reason: reason.to_owned(),
            },
            None => Command::MoveChannels { moves },
        }])?;
        self.steps.extend(steps);
        Ok(())
    }

    fn rule_of(&self, channel: &str) -> Option<&'a ChannelRule> {
        self.planner.process.channels().rule_of(channel)
    }

    /// Returns a version as the planner of channels knows it.
    pub(super) fn published(&self, version: &Version, commit: &CommitId) -> Option<Published> {
        use promenade_promotion::Stage;
        let record = self.state.version(version)?;
        let standing = match record.stage {
            Stage::Rejected | Stage::Deprecated | Stage::RolledBack => Standing::Withdrawn,
            Stage::Candidate | Stage::Selected | Stage::Prerelease | Stage::Released => {
                Standing::Good
            }
        };
        let tag = record
            .tag
            .clone()
            .unwrap_or_else(|| self.planner.text(version));
        let mut published = Published::new(tag, version.clone());
        published.commit = Some(commit.to_string());
        published.digest = self.image_of(version).map(|digest| digest.to_string());
        published.standing = standing;
        Some(published)
    }

    /// Returns the digest that the channels of a version point at.
    fn image_of(&self, version: &Version) -> Option<Digest> {
        let identity = self.state.version(version)?.artifacts?;
        let artifacts = self.state.sets.get(&identity)?.artifacts.as_ref()?;
        artifacts
            .by_name()
            .get(self.planner.process.image()?)
            .copied()
    }

    /// Ends the draft.
    pub(super) fn finish(self) -> Planned {
        match Blockers::new(self.blockers) {
            Some(blockers) => Planned::Held {
                title: self.title,
                blockers,
            },
            None => {
                let steps = match self.planner.remote {
                    Some(remote) if self.private.is_none() => {
                        with_pushes(self.steps, &self.also, remote)
                    }
                    _ => self.steps,
                };
                Planned::Ready(Box::new(Plan {
                    title: self.title,
                    at: self.planner.hand.at,
                    expected: self.planner.head,
                    why: self.why,
                    steps,
                }))
            }
        }
    }
}

/// What makes the build of a commit known.
pub(super) fn recording(commit: &CommitId) -> String {
    let short = crate::plan::short(commit);
    format!("recording its build: `build record DIR --commit {short}`")
}

/// Whether an event would tell of a version that is under an embargo. A version on that lane that the
/// public ledger knows is disclosed.
fn tells(event: &&Event) -> bool {
    matches!(
        event.kind,
        EventKind::CandidateRegistered {
            lane: Way::Embargoed,
            ..
        } | EventKind::Released {
            lane: Way::Embargoed,
            ..
        }
    )
}

/// What the ledger says that a channel follows.
fn follows(rule: Option<&ChannelRule>) -> Follows {
    let Some(rule) = rule else {
        return Follows::Fixed;
    };
    match (rule.mutability, rule.follows()) {
        (Mutability::Immutable | Mutability::ImmutableWithRepair, _) => Follows::Fixed,
        (Mutability::Moving, _) if rule.on.has(Trigger::Promotion) => Follows::Environment,
        (Mutability::Moving, _) if rule.on.has(Trigger::Candidate) => Follows::Candidate,
        (Mutability::Moving, promenade_tag::Follows::Highest) => Follows::Highest,
        (Mutability::Moving, promenade_tag::Follows::MostRecent) => Follows::MostRecent,
    }
}

/// The id of an operation: made from what it appends and where, so that the same plan has the same
/// one in every try.
pub(crate) fn operation(head: &Head, events: &[Event]) -> OpId {
    let mut bytes = head.to_string().into_bytes();
    for event in events {
        bytes.push(b'\n');
        bytes.extend_from_slice(&event.canonical_bytes());
    }
    let encoded = Digest::sha256(&bytes).encoded();
    let short: String = encoded.chars().take(32).collect();
    OpId::new(short).expect("hexadecimal digits are a name")
}
