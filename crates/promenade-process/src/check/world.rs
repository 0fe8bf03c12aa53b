//! The exploration: every state that one version can be in, breadth first, so that each story is shortest.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use promenade_promotion::{
    Accepts, After, Blocker, Context, EnvironmentRule, Lane, Policy, Stage, State, Subject,
    Verdict, decide,
};

use super::CheckStopped;
use super::fault::{Checked, Fault, FaultRule};
use super::moves::{Cast, Does, Step};
use crate::{Flow, Process};

/// How many states are looked at before the check is content.
const MAX_STATES: usize = 4_000;
/// How often a story waits.
const MAX_WAITS: usize = 3;
/// How far the clock goes on to see a gate open.
const MAX_YEARS: i64 = 5;
/// How often the observer is asked.
const ASK_EVERY: usize = 256;

/// When the world begins: a Monday.
pub(super) fn start() -> DateTime<Utc> {
    Utc.timestamp_opt(1_767_600_000, 0)
        .single()
        .unwrap_or_default()
}

struct Node {
    state: State,
    now: DateTime<Utc>,
    /// The node before, and what happened between.
    before: Option<(usize, String)>,
    /// How often its story waited.
    waits: usize,
}

/// The nearest that an environment came to being entered.
struct Nearest {
    node: usize,
    blockers: Vec<Blocker>,
}

struct World<'a> {
    policy: &'a Policy,
    lane: Lane,
    cast: Cast,
    steps: Vec<Step>,
    nodes: Vec<Node>,
    index: HashMap<(State, DateTime<Utc>), usize>,
    reached: Vec<Option<usize>>,
    nearest: BTreeMap<usize, Nearest>,
}

/// Explores a lane, and adds what can go wrong on it.
pub(super) fn explore(
    process: &Process,
    lane: Lane,
    checked: &mut Checked,
    observer: &mut dyn FnMut(usize) -> Flow,
) -> Result<(), CheckStopped> {
    let policy = process.promotion();
    let Some(cast) = Cast::new(policy) else {
        return Ok(());
    };
    let steps = cast.steps(process, lane);
    let root = Node {
        state: State::default(),
        now: start(),
        before: None,
        waits: 0,
    };
    let mut world = World {
        policy,
        lane,
        cast,
        steps,
        index: HashMap::from([((root.state.clone(), root.now), 0)]),
        nodes: vec![root],
        reached: vec![None; policy.environments().len()],
        nearest: BTreeMap::new(),
    };
    let mut at = 0;
    while at < world.nodes.len() && world.nodes.len() < MAX_STATES {
        world.expand(at, checked);
        at += 1;
        if at.is_multiple_of(ASK_EVERY) && observer(checked.states + at) == Flow::Stop {
            return Err(CheckStopped {
                states: checked.states + at,
            });
        }
    }
    let complete = at == world.nodes.len();
    checked.complete = complete && (checked.complete || checked.states == 0);
    checked.states += at;
    world.unreached(checked);
    Ok(())
}

impl World<'_> {
    /// Tries every step at a state.
    fn expand(&mut self, at: usize, checked: &mut Checked) {
        let mut clears: Option<DateTime<Utc>> = None;
        for index in 0..self.steps.len() {
            let (Some(node), Some(step)) = (self.nodes.get(at), self.steps.get(index)) else {
                continue;
            };
            let now = node.now;
            // What ran in an environment once need not enter it again.
            if let Does::Enter(environment, subject) = &step.does
                && self.ran(&node.state, *environment, subject)
            {
                continue;
            }
            match self.take(&node.state, now, step) {
                Err(blockers) => {
                    let waits = blockers
                        .iter()
                        .filter_map(|blocker| blocker.clears_at)
                        .min();
                    clears = clears.into_iter().chain(waits).min();
                    if let Does::Enter(environment, _) = step.does {
                        self.note(environment, at, blockers);
                    }
                }
                Ok(None) => {}
                Ok(Some(after)) => {
                    let (does, tells) = (step.does.clone(), step.tells.clone());
                    self.judge(at, step, checked);
                    if let Does::Enter(environment, _) = does
                        && let Some(reached) = self.reached.get_mut(environment)
                    {
                        reached.get_or_insert(at);
                    }
                    self.push(after, now, at, tells);
                }
            }
        }
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        let limit = start() + TimeDelta::days(365 * MAX_YEARS);
        if let Some(next) =
            clears.filter(|next| *next > node.now && *next <= limit && node.waits < MAX_WAITS)
        {
            let state = node.state.clone();
            self.push(
                state,
                next,
                at,
                format!("wait until {}", next.format("%Y-%m-%d %H:%M")),
            );
        }
    }

    fn ran(&self, state: &State, environment: usize, subject: &Subject) -> bool {
        let rule = self.policy.environments().get(environment);
        let slot = rule.and_then(|rule| state.slot(&rule.name));
        slot.is_some_and(|slot| slot.verified.contains(subject))
    }

    /// Carries a step out: the state after it, or nothing if it changes nothing.
    fn take(
        &self,
        before: &State,
        now: DateTime<Utc>,
        step: &Step,
    ) -> Result<Option<State>, Vec<Blocker>> {
        let mut after: Option<State> = None;
        for (by, command) in &step.commands {
            let context = Context::new(by.clone(), now);
            match decide(
                after.as_ref().unwrap_or(before),
                command,
                self.policy,
                &context,
            ) {
                Verdict::Advance(events) => {
                    for event in &events {
                        // What `decide` gives can be applied.
                        let applied = after.get_or_insert_with(|| before.clone()).apply(event);
                        debug_assert!(applied.is_ok(), "{applied:?}");
                    }
                }
                Verdict::Hold(blockers) => {
                    // Of approvals and plans only some concern what is there already.
                    if step.does == Does::Other && step.commands.len() > 1 {
                        continue;
                    }
                    return Err(blockers.as_slice().to_vec());
                }
            }
        }
        Ok(after.filter(|after| after != before))
    }

    fn push(&mut self, state: State, now: DateTime<Utc>, before: usize, tells: String) {
        let next = self.nodes.len();
        let key = (state, now);
        if self.index.contains_key(&key) {
            return;
        }
        let state = key.0.clone();
        self.index.insert(key, next);
        let waited = self.nodes.get(before);
        let waits = waited.map_or(0, |node| node.waits + usize::from(node.now < now));
        self.nodes.push(Node {
            state,
            now,
            before: Some((before, tells)),
            waits,
        });
    }

    /// Keeps the state in which the least holds an environment closed.
    fn note(&mut self, environment: usize, node: usize, blockers: Vec<Blocker>) {
        let weight = |blockers: &[Blocker]| {
            let hardest = blockers.iter().map(|blocker| blocker.rank).max();
            (hardest, blockers.len())
        };
        let known = self.nearest.get(&environment);
        if known.is_none_or(|known| weight(&blockers) < weight(&known.blockers)) {
            self.nearest.insert(environment, Nearest { node, blockers });
        }
    }

    /// Judges a step that goes through by the laws of a sound process.
    fn judge(&self, at: usize, step: &Step, checked: &mut Checked) {
        let Does::Enter(index, subject) = &step.does else {
            return;
        };
        let (Some(node), Some(rule)) = (self.nodes.get(at), self.policy.environments().get(*index))
        else {
            return;
        };
        let state = &node.state;
        let name = rule.name.to_string();
        let mut found = |fault, message: String| {
            let mut story = self.story(at);
            story.push(step.tells.clone());
            checked.add(Fault::new(fault, name.clone(), message, story));
        };
        let candidate = state.version(&self.cast.candidate);
        let rejected = candidate.is_some_and(|record| record.stage == Stage::Rejected);
        // Another version of the same bytes may have been released before they were rejected, on purpose.
        let after = |version: &semver::Version| {
            *version == self.cast.candidate || self.released_after_rejection(at, version)
        };
        if rejected && self.is_last(rule) && subject.version().is_none_or(after) {
            let message = format!(
                "is entered by {} after it was rejected",
                self.cast.candidate
            );
            found(FaultRule::RejectedInProduction, message);
        }
        let released = state
            .versions
            .iter()
            .any(|(_, record)| record.stage.is_release());
        if rank(rule) == Some(3) && !released {
            found(
                FaultRule::UnreleasedInProduction,
                format!("is entered by {subject}, which is no release"),
            );
        }
        if self.lane == Lane::Regular && self.is_last(rule) && self.skips(rule, state) {
            let others = self.before(rule);
            let message = format!("is entered by what ran in none of {}", others.join(", "));
            found(FaultRule::PathSkips, message);
        }
        if let Some(later) = self.inverted(rule) {
            let message = format!("is for earlier stages than `{later}`, and comes after it");
            found(FaultRule::StageInverted, message);
        }
        if self.lane == Lane::Hotfix && self.is_last(rule) && self.unchecked(rule) {
            let message = "is entered by a hotfix that nobody checked".to_owned();
            found(FaultRule::HotfixUnchecked, message);
        }
    }

    /// Whether a version was released when the candidate was rejected already.
    fn released_after_rejection(&self, at: usize, version: &semver::Version) -> bool {
        let mut next = self.nodes.get(at);
        while let Some(node) = next {
            let stage = |version| node.state.version(version).map(|record| record.stage);
            if !stage(version).is_some_and(Stage::is_release) {
                return stage(&self.cast.candidate) == Some(Stage::Rejected);
            }
            let before = node.before.as_ref();
            next = before.and_then(|(before, _)| self.nodes.get(*before));
        }
        false
    }

    /// Whether an environment is one that users meet.
    fn is_last(&self, rule: &EnvironmentRule) -> bool {
        match rank(rule) {
            Some(rank) => rank == 3,
            None => {
                let none_is = self
                    .policy
                    .environments()
                    .iter()
                    .all(|other| rank(other) != Some(3));
                let followed = self
                    .policy
                    .environments()
                    .iter()
                    .any(|other| other.after.names().contains(&rule.name));
                none_is && !followed && rule.accepts == Accepts::Release
            }
        }
    }

    /// The environments of earlier stages that releases could run in before.
    fn before(&self, rule: &EnvironmentRule) -> Vec<String> {
        let others = self.policy.environments().iter().filter(|other| {
            other.name != rule.name
                && !self.is_last(other)
                && rank(other).is_none_or(|rank| rank >= 1)
        });
        others.map(|other| other.name.to_string()).collect()
    }

    fn skips(&self, rule: &EnvironmentRule, state: &State) -> bool {
        let others = self.before(rule);
        let ran = |other: &EnvironmentRule| {
            state
                .slot(&other.name)
                .is_some_and(|slot| !slot.verified.is_empty())
        };
        !others.is_empty()
            && !self
                .policy
                .environments()
                .iter()
                .any(|other| other.name != rule.name && ran(other))
    }

    /// An environment of a later stage that this one comes after.
    fn inverted(&self, rule: &EnvironmentRule) -> Option<String> {
        let own = rank(rule)?;
        let mut rest: Vec<_> = names(&rule.after);
        let mut seen = Vec::new();
        while let Some(name) = rest.pop() {
            let Ok(other) = self.policy.environment(&name) else {
                continue;
            };
            if rank(other).is_some_and(|rank| rank > own) {
                return Some(other.name.to_string());
            }
            if !seen.contains(&name) {
                rest.extend(names(&other.after));
                seen.push(name);
            }
        }
        None
    }

    /// Whether a hotfix meets no gate on the whole way, and a regular release does.
    fn unchecked(&self, rule: &EnvironmentRule) -> bool {
        let asked = |lane: Lane| {
            let mut way: Vec<&EnvironmentRule> = vec![rule];
            let mut gates = self
                .policy
                .release()
                .gates
                .iter()
                .filter(|gate| gate.is_for(lane))
                .count();
            let mut seen = Vec::new();
            while let Some(rule) = way.pop() {
                if seen.contains(&&rule.name) {
                    continue;
                }
                seen.push(&rule.name);
                let passes = rule.lanes.is_empty() || rule.lanes.contains(&lane);
                if passes {
                    gates += rule.gates.iter().filter(|gate| gate.is_for(lane)).count();
                }
                let before = rule.after.names().iter();
                way.extend(before.filter_map(|name| self.policy.environment(name.as_str()).ok()));
            }
            gates
        };
        asked(Lane::Hotfix) == 0 && asked(Lane::Regular) > 0
    }

    /// Tells what was never entered, from the state that came nearest to it.
    fn unreached(&self, checked: &mut Checked) {
        let environments = self.policy.environments().iter().enumerate();
        let passed =
            |rule: &EnvironmentRule| rule.lanes.is_empty() || rule.lanes.contains(&self.lane);
        let mut stuck = None;
        for (index, rule) in environments {
            let entered = self.reached.get(index).is_some_and(Option::is_some);
            let declared = self.lane == Lane::Regular || passed(rule);
            if entered || !declared {
                continue;
            }
            if self.lane == Lane::Regular && !passed(rule) {
                continue;
            }
            let Some(nearest) = self.nearest.get(&index) else {
                continue;
            };
            let mut story = self.story(nearest.node);
            let name = rule.name.to_string();
            for blocker in &nearest.blockers {
                story.push(format!(
                    "{name} stays closed: {}: {}",
                    blocker.gate, blocker.why
                ));
            }
            let gates: Vec<String> = rule.gates.iter().map(|gate| gate.id()).collect();
            let gate = nearest
                .blockers
                .iter()
                .find(|blocker| gates.contains(&blocker.gate));
            let fault = match gate {
                Some(blocker) => {
                    let message =
                        format!("gate `{}` never opens on lane {}", blocker.gate, self.lane);
                    Fault::new(FaultRule::GateNeverOpens, name, message, story)
                }
                None => {
                    let message = format!("nothing ever gets in on lane {}", self.lane);
                    Fault::new(FaultRule::EnvironmentUnreachable, name, message, story)
                }
            };
            stuck.get_or_insert(());
            checked.add(fault);
        }
        let last: Vec<_> = self
            .policy
            .environments()
            .iter()
            .filter(|rule| self.is_last(rule))
            .collect();
        if stuck.is_none() && !last.is_empty() && !last.iter().any(|rule| passed(rule)) {
            let names: Vec<_> = last.iter().map(|rule| rule.name.to_string()).collect();
            let message = format!("lane {} passes none of {}", self.lane, names.join(", "));
            let furthest = self
                .reached
                .iter()
                .flatten()
                .max()
                .copied()
                .unwrap_or_default();
            let fault = Fault::new(
                FaultRule::LaneStuck,
                self.lane.to_string(),
                message,
                self.story(furthest),
            );
            checked.add(fault);
        }
    }

    fn story(&self, node: usize) -> Vec<String> {
        let mut story = Vec::new();
        let mut at = Some(node);
        while let Some((before, tells)) = at
            .and_then(|at| self.nodes.get(at))
            .and_then(|node| node.before.as_ref())
        {
            story.push(tells.clone());
            at = Some(*before);
        }
        story.reverse();
        story
    }
}

fn names(after: &After) -> Vec<String> {
    after.names().iter().map(ToString::to_string).collect()
}

/// How late a stage is, where its name is one of those in use.
fn rank(rule: &EnvironmentRule) -> Option<u8> {
    match rule.stage.as_ref()?.as_str() {
        "development" | "dev" => Some(0),
        "testing" | "test" => Some(1),
        "pre-release" | "staging" | "stage" | "preview" => Some(2),
        "release" | "production" | "prod" => Some(3),
        _ => None,
    }
}
