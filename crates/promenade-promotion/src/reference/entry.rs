//! What a promotion is judged by: rejections, order, gates, waivers, freezes.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use promenade_digest::Digest;

use super::{Reference, ensure};
use crate::environment::{After, AfterRollback, EnvironmentRule};
use crate::event::{Event, EventKind};
use crate::gate::{Condition, GateRule, Outcome, Separation};
use crate::policy::Policy;
use crate::subject::{Accepts, Lane, Subject};
use crate::{Actor, EnvironmentName, Moment};

/// What a promotion is judged by.
struct Entry<'a> {
    policy: &'a Policy,
    rule: &'a EnvironmentRule,
    subject: &'a Subject,
    digest: Digest,
    lane: Lane,
    by: &'a Actor,
    at: &'a Moment,
}

impl Reference {
    pub(super) fn judge_promotion(&self, policy: &Policy, event: &Event) -> Result<(), String> {
        let EventKind::Promoted {
            artifacts,
            derivation,
            environment,
            subject,
            ..
        } = &event.kind
        else {
            return Ok(());
        };
        self.judge_rejected(subject)?;
        let own = match subject {
            Subject::Commit(commit) => self.built.get(commit).copied(),
            Subject::Version(version) => self.versions.get(version).map(|(_, digest, ..)| *digest),
        };
        let base = derivation
            .as_ref()
            .map_or(*artifacts, |derivation| derivation.from);
        ensure(own == Some(base), "INV-1: a promotion of other artifacts")?;
        let rule = policy
            .environment(environment.as_str())
            .map_err(|error| error.to_string())?;
        let kind = match subject.version() {
            None => Accepts::Commit,
            Some(version) if self.released.contains_key(version) => Accepts::Release,
            Some(_) => Accepts::Candidate,
        };
        ensure(
            kind >= rule.accepts,
            "INV-8: an environment takes less than it accepts",
        )?;
        let busy = self
            .flights
            .get(environment)
            .is_some_and(|(_, _, started)| *started);
        ensure(!busy, "INV-10: two promotions in flight")?;
        if let Some(rolled_back) = self.held.get(environment) {
            let newer = rolled_back
                .as_ref()
                .zip(subject.version())
                .is_some_and(|(old, new)| new > old);
            let allowed = rule.after_rollback == AfterRollback::Newer && newer;
            ensure(allowed, "INV-16: a promotion into a held environment")?;
        }
        let version = subject
            .version()
            .and_then(|version| self.versions.get(version));
        let entry = Entry {
            policy,
            rule,
            subject,
            digest: base,
            lane: version.map_or(Lane::Regular, |(_, _, lane, _)| *lane),
            by: &event.by,
            at: &event.at,
        };
        ensure(
            self.opens(&entry, &rule.after),
            "INV-7: a predecessor has not verified the digests",
        )?;
        for gate in rule.gates.iter().filter(|gate| gate.is_for(entry.lane)) {
            let holds = self.waived(&entry, &gate.id()) || self.holds(&entry, gate);
            ensure(holds, &format!("law 6: gate `{}` does not hold", gate.id()))?;
        }
        for (id, (environments, from, until)) in &self.freezes {
            let here = environments.is_empty() || environments.contains(environment);
            let now = *from <= event.at.at && until.is_none_or(|until| event.at.at < until);
            let free = !here || !now || self.waived(&entry, &format!("freeze:{id}"));
            ensure(free, "INV-31: a promotion in a freeze")?;
        }
        Ok(())
    }

    fn waived(&self, entry: &Entry<'_>, gate: &str) -> bool {
        let key = (entry.rule.name.clone(), entry.digest, gate.to_owned());
        self.waivers
            .get(&key)
            .is_some_and(|expires| entry.at.at < *expires)
    }

    fn opens(&self, entry: &Entry<'_>, after: &After) -> bool {
        let one = |name: &EnvironmentName| {
            let Ok(before) = entry.policy.environment(name.as_str()) else {
                return false;
            };
            if !before.lanes.is_empty() && !before.lanes.contains(&entry.lane) {
                return self.opens(entry, &before.after);
            }
            let there = self.runs.get(name).is_some_and(|runs| {
                runs.verified_since.is_some()
                    && (runs.digest == entry.digest || !entry.rule.derivation.is_empty())
            });
            there || self.waived(entry, &format!("after:{name}"))
        };
        match after {
            After::All(names) => names.iter().all(one),
            After::Any(names) => {
                let whole = format!(
                    "after:{}",
                    names
                        .iter()
                        .map(|n| n.as_str())
                        .collect::<Vec<_>>()
                        .join("-or-")
                );
                names.is_empty() || names.iter().any(one) || self.waived(entry, &whole)
            }
        }
    }

    fn outcome(&self, entry: &Entry<'_>, name: &str) -> bool {
        let of = |place: Option<EnvironmentName>| {
            self.outcomes
                .get(&(entry.digest, name.to_owned(), place))
                .copied()
        };
        let outcome = of(Some(entry.rule.name.clone())).or_else(|| of(None));
        matches!(outcome, Some(Outcome::Pass | Outcome::NotApplicable))
    }

    fn holds(&self, entry: &Entry<'_>, gate: &GateRule) -> bool {
        match &gate.condition {
            Condition::Check(name) | Condition::Checklist(name) | Condition::Signature(name) => {
                self.outcome(entry, name.as_str())
            }
            Condition::Command(rule) => self.outcome(entry, rule.name.as_str()),
            Condition::Approvals(rule) => {
                let author = entry
                    .subject
                    .version()
                    .and_then(|version| self.versions.get(version));
                let mut people = BTreeSet::new();
                for ((place, digest, actor), at) in &self.approvals {
                    let roster = entry.policy.roster();
                    let duty = rule.separation == Separation::Duty
                        && (roster.is_same(actor, entry.by)
                            || author.is_some_and(|(.., author)| roster.is_same(author, actor)));
                    let lasts = rule
                        .expires
                        .and_then(|span| at.checked_add_signed(span.delta()))
                        .is_none_or(|end| entry.at.at < end);
                    let here = *place == entry.rule.name && *digest == entry.digest;
                    if here && !duty && lasts && roster.holds_any(actor, &rule.from) {
                        people.insert(roster.person(actor).map(|person| &person.name));
                    }
                }
                u32::try_from(people.len()).is_ok_and(|count| count >= rule.count)
            }
            Condition::Soak(rule) => self.runs.get(&rule.within).is_some_and(|runs| {
                let long = |start: DateTime<Utc>, now: DateTime<Utc>| {
                    let waited: TimeDelta = now.signed_duration_since(start);
                    waited >= rule.at_least.delta()
                };
                runs.digest == entry.digest
                    && runs.verified_since.as_ref().is_some_and(|since| {
                        let common = |(name, start): (&_, &DateTime<Utc>)| {
                            entry
                                .at
                                .clocks
                                .get(name)
                                .is_none_or(|now| long(*start, *now))
                        };
                        long(since.at, entry.at.at) && since.clocks.iter().all(common)
                    })
            }),
            Condition::Freeze(rule) => rule.frozen_until(&entry.at.at).is_none(),
            // Judged by `decide` alone: the reference keeps neither plans nor obligations.
            Condition::Obligation(_) | Condition::Schedule(_) => true,
        }
    }
}
