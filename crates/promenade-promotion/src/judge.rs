//! Judging gates: how each one stands for a subject that wants into an environment.

use chrono::{DateTime, TimeDelta, Utc};
use promenade_digest::Digest;

use crate::codec::Text as _;
use crate::command::Context;
use crate::environment::EnvironmentRule;
use crate::evolve::within;
use crate::gate::{
    ApprovalsRule, Condition, GateRule, Judgement, Outcome, Question, ScheduleRule, Separation,
    SoakRule,
};
use crate::policy::{Need, Policy};
use crate::state::{Approval, Phase, SetRecord, State, Waiver};
use crate::subject::{Lane, Subject};
use crate::verdict::{Blocker, Rank};
use crate::word::list;
use crate::{Actor, EnvironmentName, GateName, ItemId, Span};

/// How a gate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Pass,
    /// It has no meaning here, and why.
    NotApplicable(String),
    /// It does not hold; someone answers for it.
    Waived(Waiver),
    /// It does not hold.
    Held(Blocker),
}

impl Standing {
    /// Returns how it stands, in words.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Pass => "pass".to_owned(),
            Self::NotApplicable(why) => format!("not-applicable: {why}"),
            Self::Waived(waiver) => format!("waived by {}: {}", waiver.by, waiver.reason),
            Self::Held(blocker) => blocker.why.clone(),
        }
    }
}

/// A subject that wants into an environment.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) state: &'a State,
    pub(crate) policy: &'a Policy,
    pub(crate) context: &'a Context,
    pub(crate) rule: &'a EnvironmentRule,
    pub(crate) subject: &'a Subject,
    /// The identity of what is to run there.
    pub(crate) artifacts: Digest,
    /// The identity of the set it derives from, if it does.
    pub(crate) base: Option<Digest>,
    pub(crate) lane: Lane,
}

impl<'a> Entry<'a> {
    fn set(&self) -> Option<&'a SetRecord> {
        self.state.sets.get(&self.artifacts)
    }

    /// The time that counts for what lapses: never before what the ledger has seen.
    fn latest(&self) -> DateTime<Utc> {
        latest(self.state, self.context)
    }

    /// Judges everything that can be waived: predecessors, gates, gates of embedders.
    pub(crate) fn standings(&self) -> Vec<(String, Standing)> {
        let mut standings = Vec::new();
        let need = self.policy.needs(&self.rule.after, self.lane);
        self.predecessors(&need, &mut standings);
        for gate in self.rule.gates.iter().filter(|gate| gate.is_for(self.lane)) {
            let id = gate.id();
            let standing = self.waivable(&id, self.condition(&id, gate));
            standings.push((id, standing));
        }
        let question = Question {
            state: self.state,
            environment: self.rule,
            subject: self.subject,
            artifacts: &self.artifacts,
            lane: self.lane,
            now: &self.context.at,
        };
        for gate in &self.policy.gates {
            let id = format!("gate:{}", gate.id());
            let standing = match gate.judge(&question) {
                Judgement::Pass => Standing::Pass,
                Judgement::NotApplicable(why) => Standing::NotApplicable(why),
                Judgement::Hold(blocker) => Standing::Held(Blocker {
                    gate: id.clone(),
                    ..blocker
                }),
            };
            let standing = self.waivable(&id, standing);
            standings.push((id, standing));
        }
        standings
    }

    /// Judges announced freezes and freeze gates alone, which are judged again at the effect (INV-31).
    pub(crate) fn freezes(&self) -> Vec<(String, Standing)> {
        let mut standings: Vec<_> = self
            .rule
            .gates
            .iter()
            .filter(|gate| matches!(gate.condition, Condition::Freeze(_)) && gate.is_for(self.lane))
            .map(|gate| {
                (
                    gate.id(),
                    self.waivable(&gate.id(), self.condition(&gate.id(), gate)),
                )
            })
            .collect();
        standings.extend(self.announced_freezes());
        standings
    }

    pub(crate) fn announced_freezes(&self) -> Vec<(String, Standing)> {
        let readings = || {
            [self.context.at.at]
                .into_iter()
                .chain(self.context.at.clocks.values().copied())
        };
        self.state
            .freezes
            .iter()
            .filter(|(_, freeze)| {
                let here =
                    freeze.environments.is_empty() || freeze.environments.contains(&self.rule.name);
                here && readings().any(|at| within(at, freeze.from, freeze.until))
            })
            .map(|(id, freeze)| {
                let gate = format!("freeze:{id}");
                let why = format!("frozen: {}", freeze.reason);
                let mut blocker =
                    Blocker::new(&gate, Rank::Waiting, why, format!("lifting freeze `{id}`"));
                blocker.clears_at = freeze.until;
                if freeze.until.is_none() {
                    blocker.rank = Rank::NeedsPerson;
                }
                (gate.clone(), self.waivable(&gate, Standing::Held(blocker)))
            })
            .collect()
    }

    fn waivable(&self, id: &str, standing: Standing) -> Standing {
        let Standing::Held(blocker) = standing else {
            return standing;
        };
        let waivers = self.set().and_then(|set| set.waivers.get(&self.rule.name));
        match waivers.and_then(|waivers| waivers.get(id)) {
            Some(waiver) if self.latest() < waiver.expires => Standing::Waived(waiver.clone()),
            _ => Standing::Held(blocker),
        }
    }

    fn predecessors(&self, need: &Need, standings: &mut Vec<(String, Standing)>) {
        match need {
            Need::All(parts) => parts
                .iter()
                .for_each(|part| self.predecessors(part, standings)),
            Need::Verified(name) => {
                let id = format!("after:{name}");
                if standings.iter().all(|(known, _)| *known != id) {
                    let standing = self.waivable(&id, self.after(name, &id));
                    standings.push((id, standing));
                }
            }
            Need::Any(parts) => {
                let mut inner: Vec<Vec<(String, Standing)>> = Vec::new();
                for part in parts {
                    let mut here = Vec::new();
                    self.predecessors(part, &mut here);
                    inner.push(here);
                }
                let open = inner.iter().position(|here| {
                    here.iter()
                        .all(|(_, standing)| !matches!(standing, Standing::Held(_)))
                });
                match open {
                    Some(index) => {
                        standings.extend(inner.into_iter().nth(index).unwrap_or_default())
                    }
                    None if parts.is_empty() => {}
                    None => {
                        let id = format!("after:{}", need.to_string().replace(' ', "-"));
                        let why = format!("needs to be verified in {need}");
                        let by = format!("a verified deployment in {need}");
                        let held = Standing::Held(Blocker::new(&id, Rank::Blocked, why, by));
                        standings.push((id.clone(), self.waivable(&id, held)));
                    }
                }
            }
        }
    }

    fn is_same_or_derived(&self, there: Digest) -> bool {
        if there == self.artifacts {
            return true;
        }
        let set = self.set().and_then(|set| set.derivation.as_ref());
        let recorded = set.is_some_and(|derivation| {
            derivation.from == there && self.rule.derivation.contains(&derivation.kind)
        });
        recorded || self.base == Some(there)
    }

    /// Returns whether this very artifact set, or what it derives from, is verified there now (INV-7).
    pub(crate) fn is_verified_in(&self, name: &EnvironmentName) -> bool {
        let Some(slot) = self.state.slot(name) else {
            return false;
        };
        // What is being taken away or replaced is there no longer.
        let stays = slot
            .flight
            .as_ref()
            .is_none_or(|flight| !flight.rollback && !flight.started);
        stays
            && slot.current.as_ref().is_some_and(|current| {
                current.phase == Phase::Verified
                    && current
                        .artifacts
                        .is_some_and(|there| self.is_same_or_derived(there))
            })
    }

    fn after(&self, name: &EnvironmentName, id: &str) -> Standing {
        if self.is_verified_in(name) {
            return Standing::Pass;
        }
        let current = self.state.slot(name).and_then(|slot| slot.current.as_ref());
        let (why, by) = match current {
            None => (
                format!("nothing runs in `{name}`"),
                format!("a verified deployment of `{}` in `{name}`", self.subject),
            ),
            Some(current) => {
                let same = current
                    .artifacts
                    .is_some_and(|there| self.is_same_or_derived(there));
                if same {
                    (
                        format!("`{}` in `{name}` is {}", current.subject, current.phase),
                        format!("seeing in `{name}` what is intended there"),
                    )
                } else {
                    (
                        format!(
                            "`{name}` runs `{}`, other artifacts than `{}`",
                            current.subject, self.subject
                        ),
                        format!("a verified deployment of `{}` in `{name}`", self.subject),
                    )
                }
            }
        };
        Standing::Held(Blocker::new(id, Rank::Blocked, why, by))
    }

    fn condition(&self, id: &str, gate: &GateRule) -> Standing {
        match &gate.condition {
            Condition::Check(name) | Condition::Signature(name) => {
                self.evidence(id, name, Rank::Waiting, || format!("recording `{name}`"))
            }
            Condition::Command(rule) => self.evidence(id, &rule.name, Rank::Waiting, || {
                format!("running `{}`", rule.run.join(" "))
            }),
            Condition::Checklist(name) => self.evidence(id, name, Rank::NeedsPerson, || {
                format!("someone who does and records `{name}`")
            }),
            Condition::Approvals(rule) => self.approvals(id, rule),
            Condition::Soak(rule) => self.soak(id, rule),
            Condition::Freeze(rule) => {
                let readings = [self.context.at.at]
                    .into_iter()
                    .chain(self.context.at.clocks.values().copied());
                let until = readings.filter_map(|at| rule.frozen_until(&at)).max();
                until.map_or(Standing::Pass, |until| {
                    let why = format!("frozen, by the clocks of {}", rule.zone);
                    Standing::Held(Blocker::until(id, why, until))
                })
            }
            Condition::Obligation(kind) => {
                let open = self
                    .state
                    .open_obligations()
                    .find(|(_, owed)| owed.kind == *kind);
                open.map_or(Standing::Pass, |(key, owed)| {
                    Standing::Held(owes(id, key, &owed.why))
                })
            }
            Condition::Schedule(rule) => self.schedule(id, rule),
        }
    }

    fn evidence(&self, id: &str, name: &GateName, rank: Rank, by: impl Fn() -> String) -> Standing {
        let evidence = self.set().and_then(|set| {
            let here = set.evidence.get(&format!("{name}@{}", self.rule.name));
            here.or_else(|| set.evidence.get(name.as_str()))
        });
        let Some(evidence) = evidence else {
            let why = format!("no outcome is recorded for `{}`", self.subject);
            return Standing::Held(Blocker::new(id, rank, why, by()));
        };
        match evidence.outcome {
            Outcome::Pass => Standing::Pass,
            Outcome::NotApplicable => {
                Standing::NotApplicable(evidence.reason.clone().unwrap_or_default())
            }
            Outcome::Fail => {
                let why = format!("failed, recorded by {}", evidence.by);
                let by = format!(
                    "a pass for the same artifacts, or a waiver; otherwise a rejection of `{}`",
                    self.subject
                );
                Standing::Held(Blocker::new(id, Rank::Blocked, why, by))
            }
            Outcome::Pending => Standing::Held(Blocker::new(id, Rank::Waiting, "pending", by())),
            Outcome::NotRun => Standing::Held(Blocker::new(id, Rank::Unknown, "not run", by())),
        }
    }

    fn approvals(&self, id: &str, rule: &ApprovalsRule) -> Standing {
        let approvals = self
            .set()
            .and_then(|set| set.approvals.get(&self.rule.name));
        let mut people: Vec<&Actor> = Vec::new();
        let mut lapses: Option<DateTime<Utc>> = None;
        for (actor, approval) in approvals.into_iter().flatten() {
            let counts = self.counts(actor, approval, rule);
            // One person with two keys counts once (INV-26).
            if counts
                && !people
                    .iter()
                    .any(|known| self.policy.roster.is_same(known, actor))
            {
                people.push(actor);
                lapses = lapses.max(approval.expires);
            }
        }
        let missing = usize::try_from(rule.count)
            .unwrap_or(usize::MAX)
            .saturating_sub(people.len());
        if missing == 0 {
            return Standing::Pass;
        }
        let who = self
            .policy
            .roster
            .with_any_role(&rule.from)
            .filter(|person| {
                person.keys.first().is_some_and(|key| {
                    self.may_approve(key, rule)
                        && !people
                            .iter()
                            .any(|known| self.policy.roster.is_same(known, key))
                })
            })
            .map(|person| &person.name);
        let why = format!("{} of {} approvals", people.len(), rule.count);
        let by = format!("{missing} of {}", list(who));
        Standing::Held(Blocker::new(id, Rank::NeedsPerson, why, by))
    }

    /// Who counts is judged now, not when they approved (INV-25).
    fn counts(&self, actor: &Actor, approval: &Approval, rule: &ApprovalsRule) -> bool {
        let lasts = |expires: DateTime<Utc>| self.latest() < expires;
        // An end past the end of all calendars is none.
        let end = |span: Span| approval.at.checked_add_signed(span.delta());
        let by_rule = rule.expires.and_then(end).is_none_or(lasts);
        self.policy.roster.holds_any(actor, &rule.from)
            && self.may_approve(actor, rule)
            && approval.expires.is_none_or(lasts)
            && by_rule
    }

    fn may_approve(&self, actor: &Actor, rule: &ApprovalsRule) -> bool {
        match rule.separation {
            Separation::None => true,
            Separation::Duty => {
                let record = self
                    .subject
                    .version()
                    .and_then(|version| self.state.version(version));
                let roster = &self.policy.roster;
                let mut chain = record;
                let mut is_author = false;
                // The author of the candidate is an author of the release that was made from it.
                while let Some(record) = chain {
                    is_author |= roster.is_same(&record.author, actor);
                    let from = record.from.as_ref();
                    chain = from
                        .and_then(|from| self.state.version(from))
                        .filter(|next| *next != record);
                }
                !is_author && !roster.is_same(&self.context.by, actor)
            }
        }
    }

    fn soak(&self, id: &str, rule: &SoakRule) -> Standing {
        let name = &rule.within;
        let needed = rule.at_least.delta();
        let start = self
            .state
            .slot(name)
            .and_then(|slot| slot.current.as_ref())
            .filter(|_| self.is_verified_in(name))
            .map(|current| &current.since);
        let Some(start) = start else {
            let why = format!("`{}` is not verified in `{name}`", self.subject);
            let by = format!(
                "a verified deployment of `{}` in `{name}`, and {}",
                self.subject, rule.at_least
            );
            return Standing::Held(Blocker::new(id, Rank::Blocked, why, by));
        };
        if let Some(clock) = &rule.clock
            && !(start.clocks.contains_key(clock) && self.context.at.clocks.contains_key(clock))
        {
            let why = format!("clock `{clock}` was not read both times");
            let by = format!("readings of clock `{clock}` at the verification and now");
            return Standing::Held(Blocker::new(id, Rank::Unknown, why, by));
        }
        let elapsed = self.context.at.elapsed_since(start);
        if elapsed >= needed {
            return Standing::Pass;
        }
        let why = format!("in `{name}` for {} of {}", lapse(elapsed), rule.at_least);
        let at = self.context.at.at.checked_add_signed(needed - elapsed);
        Standing::Held(Blocker::until(
            id,
            why,
            at.unwrap_or(DateTime::<Utc>::MAX_UTC),
        ))
    }

    fn schedule(&self, id: &str, rule: &ScheduleRule) -> Standing {
        let planned = self
            .subject
            .version()
            .and_then(|version| self.state.version(version))
            .and_then(|record| {
                let from = record
                    .from
                    .as_ref()
                    .and_then(|from| self.state.version(from));
                record
                    .planned
                    .or_else(|| from.and_then(|from| from.planned))
            });
        let Some(planned) = planned else {
            let why = format!("no day is planned for `{}`", self.subject);
            let by = "planning its day";
            return Standing::Held(Blocker::new(id, Rank::NeedsPerson, why, by));
        };
        let opens = planned
            .checked_add_signed(rule.offset.delta())
            .unwrap_or(planned);
        // The slowest clock decides (INV-30).
        let readings = self
            .context
            .at
            .clocks
            .values()
            .copied()
            .chain([self.context.at.at]);
        if readings.min().is_some_and(|now| now >= opens) {
            Standing::Pass
        } else {
            let why = format!("planned for {} from {}", rule.offset, planned.to_text());
            Standing::Held(Blocker::until(id, why, opens))
        }
    }
}

/// The time that counts for what lapses: never before what the ledger has seen.
pub(crate) fn latest(state: &State, context: &Context) -> DateTime<Utc> {
    state
        .clock
        .map_or(context.at.at, |clock| clock.max(context.at.at))
}

pub(crate) fn owes(gate: &str, id: &ItemId, why: &str) -> Blocker {
    let by = format!("closing obligation `{id}`");
    Blocker::new(gate, Rank::Blocked, format!("owed: {why}"), by)
}

impl Outcome {
    /// Returns whether the outcome lets a gate hold.
    #[must_use]
    pub fn holds(self) -> bool {
        match self {
            Self::Pass | Self::NotApplicable => true,
            Self::Fail | Self::Pending | Self::NotRun => false,
        }
    }
}

/// Says how long something took, in its two greatest units: `3d 4h`, `5m`, `0s`.
fn lapse(elapsed: TimeDelta) -> String {
    let mut rest = elapsed.num_seconds().max(0);
    let mut parts = Vec::new();
    for (unit, seconds) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        let count = rest / seconds;
        rest %= seconds;
        // The second unit is the one right below the first.
        if count > 0 || !parts.is_empty() {
            parts.push((count, unit));
        }
    }
    let parts = parts.iter().take(2).filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    match parts.as_slice() {
        [] => "0s".to_owned(),
        parts => parts.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lapse_has_two_units_at_most() {
        for (seconds, text) in [
            (-1, "0s"),
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_661, "1h 1m"),
            (84_600, "23h 30m"),
            (86_400, "1d"),
            (86_460, "1d"),
            (270_000, "3d 3h"),
        ] {
            assert_eq!(lapse(TimeDelta::seconds(seconds)), text);
        }
    }
}
