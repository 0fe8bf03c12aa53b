//! A reference model: the invariants as a plain second opinion on a history.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use promenade_digest::Digest;
use semver::Version;

use crate::environment::{After, AfterRollback, EnvironmentRule};
use crate::event::{Event, EventKind, Follows, MoveCause};
use crate::gate::{Condition, GateRule, Outcome, Separation};
use crate::policy::Policy;
use crate::subject::{Accepts, Lane, Subject};
use crate::{Actor, CommitId, EnvironmentName, ItemId, Moment};

/// Watches a history of events and names the first invariant that one breaks.
///
/// It is written apart from [`decide`](crate::decide) and [`evolve`](crate::evolve), as sets and lookups
/// without their state, so that a fault of theirs shows as a difference. It judges by the rules of the
/// policy: environments, predecessors, lanes, checks, approvals, soaks, announced freezes, waivers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reference {
    built: BTreeMap<CommitId, Digest>,
    versions: BTreeMap<Version, (CommitId, Digest, Lane, Actor)>,
    rejected: BTreeSet<Version>,
    deprecated: BTreeSet<Version>,
    released: BTreeMap<Version, Option<Version>>,
    runs: BTreeMap<EnvironmentName, Runs>,
    ever: BTreeSet<(EnvironmentName, Subject)>,
    flights: BTreeMap<EnvironmentName, (Subject, Digest, bool)>,
    held: BTreeMap<EnvironmentName, Option<Version>>,
    automated: BTreeSet<EnvironmentName>,
    outcomes: BTreeMap<(Digest, String, Option<EnvironmentName>), Outcome>,
    approvals: BTreeMap<(EnvironmentName, Digest, Actor), DateTime<Utc>>,
    waivers: BTreeMap<(EnvironmentName, Digest, String), DateTime<Utc>>,
    freezes: BTreeMap<ItemId, Window>,
    channels: BTreeMap<String, (Follows, Version)>,
    latest: Option<DateTime<Utc>>,
}

/// The environments of a freeze (all if there is none), and its beginning and end.
type Window = (
    BTreeSet<EnvironmentName>,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Runs {
    subject: Subject,
    digest: Digest,
    verified_since: Option<Moment>,
}

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
    /// Takes the next event.
    ///
    /// # Errors
    /// One sentence that names the invariant which the event breaks.
    pub fn step(&mut self, policy: &Policy, event: &Event) -> Result<(), String> {
        self.judge(policy, event)?;
        self.latest = self.latest.max(Some(event.at.at));
        self.take(event);
        Ok(())
    }

    fn judge(&self, policy: &Policy, event: &Event) -> Result<(), String> {
        match &event.kind {
            EventKind::BuildRecorded {
                artifacts, commit, ..
            } => self.judge_build(commit, artifacts.identity()),
            EventKind::CandidateRegistered {
                artifacts,
                commit,
                version,
                ..
            } => {
                ensure(
                    !self.released.contains_key(version),
                    "INV-2: a release becomes a candidate",
                )?;
                self.judge_version(version, commit, artifacts.identity())
            }
            EventKind::CandidateRejected { version, .. } => {
                ensure(
                    self.versions.contains_key(version),
                    "INV-12: an unknown version is rejected",
                )?;
                ensure(
                    !self.released.contains_key(version),
                    "INV-13: a release is rejected",
                )
            }
            EventKind::Released {
                artifacts,
                commit,
                from,
                version,
                derivation,
                ..
            } => {
                ensure(
                    !self.rejected.contains(version),
                    "INV-12: a rejected version is released",
                )?;
                let known = self.versions.get(version);
                let same = known.is_none_or(|(c, d, ..)| c == commit && *d == artifacts.identity());
                ensure(same, "INV-2: one version, two commits or artifact sets")?;
                if derivation.is_none() {
                    self.judge_build(commit, artifacts.identity())?;
                }
                let Some(from) = from else { return Ok(()) };
                ensure(
                    !self.rejected.contains(from),
                    "INV-12: a release of a rejected candidate",
                )?;
                let candidate = self.versions.get(from).map(|(_, digest, ..)| *digest);
                let same = candidate == Some(artifacts.identity());
                ensure(
                    same || derivation.is_some(),
                    "INV-1: a release is not what its candidate was",
                )
            }
            EventKind::Promoted { .. } => self.judge_promotion(policy, event),
            EventKind::DeploymentStarted { environment } => {
                let (subject, ..) = self
                    .flights
                    .get(environment)
                    .ok_or("INV-42: nothing to start")?;
                self.judge_rejected(subject)
            }
            EventKind::DeploymentVerified {
                artifacts,
                environment,
            } => {
                let intended = self
                    .flights
                    .get(environment)
                    .map(|(_, digest, _)| *digest)
                    .or_else(|| self.runs.get(environment).map(|runs| runs.digest));
                ensure(
                    intended == Some(*artifacts),
                    "INV-4: verified is not what was intended",
                )
            }
            EventKind::RolledBack { .. } => self.judge_rollback(event),
            EventKind::ChannelMoved { .. } => self.judge_move(event),
            EventKind::Waived {
                reason, expires, ..
            } => {
                ensure(!reason.is_empty(), "INV-28: a waiver without a reason")?;
                ensure(*expires > event.at.at, "INV-28: a waiver that has lapsed")
            }
            _ => Ok(()),
        }
    }

    fn judge_build(&self, commit: &CommitId, digest: Digest) -> Result<(), String> {
        let known = self.built.get(commit).is_none_or(|known| *known == digest);
        ensure(known, "INV-2: one commit, two artifact sets")
    }

    fn judge_version(
        &self,
        version: &Version,
        commit: &CommitId,
        digest: Digest,
    ) -> Result<(), String> {
        let known = self.versions.get(version);
        let same = known.is_none_or(|(c, d, ..)| c == commit && *d == digest);
        ensure(same, "INV-2: one version, two commits or artifact sets")?;
        self.judge_build(commit, digest)
    }

    fn judge_rejected(&self, subject: &Subject) -> Result<(), String> {
        let rejected = subject
            .version()
            .is_some_and(|version| self.rejected.contains(version));
        ensure(!rejected, "INV-12: a rejected version moves on")
    }

    fn judge_promotion(&self, policy: &Policy, event: &Event) -> Result<(), String> {
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
                        .is_none_or(|span| entry.at.at < *at + span.delta());
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

    fn judge_rollback(&self, event: &Event) -> Result<(), String> {
        let EventKind::RolledBack {
            automated,
            environment,
            reason,
            to,
            ..
        } = &event.kind
        else {
            return Ok(());
        };
        self.judge_rejected(to)?;
        let verified = self.ever.contains(&(environment.clone(), to.clone()));
        ensure(
            verified,
            "INV-14: a rollback to what was never verified there",
        )?;
        let deprecated = to
            .version()
            .is_some_and(|version| self.deprecated.contains(version));
        ensure(!deprecated, "INV-14: a rollback to what is deprecated")?;
        ensure(!reason.is_empty(), "law 8: a rollback without a reason")?;
        let storm = *automated && self.automated.contains(environment);
        ensure(!storm, "INV-17: an automated rollback after another one")
    }

    fn judge_move(&self, event: &Event) -> Result<(), String> {
        let EventKind::ChannelMoved {
            cause,
            channel,
            follows,
            to,
            ..
        } = &event.kind
        else {
            return Ok(());
        };
        ensure(
            !self.rejected.contains(to),
            "INV-12: a channel at a rejected version",
        )?;
        if matches!(follows, Follows::Highest | Follows::MostRecent) {
            let stable = self.released.contains_key(to) && !self.deprecated.contains(to);
            ensure(
                stable,
                "INV-19: a stable channel at something else than a release",
            )?;
        }
        match self.channels.get(channel.as_str()) {
            Some((Follows::Fixed, at)) => ensure(at == to, "INV-23: a fixed channel moves"),
            Some((Follows::Highest, at)) => {
                let forward = at <= to || *cause == MoveCause::Rollback;
                ensure(
                    forward,
                    "INV-20: a channel goes backwards without a rollback",
                )
            }
            _ => Ok(()),
        }
    }

    fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::BuildRecorded {
                artifacts, commit, ..
            } => {
                self.built.insert(commit.clone(), artifacts.identity());
            }
            EventKind::CandidateRegistered {
                artifacts,
                commit,
                lane,
                version,
                ..
            } => {
                self.built.insert(commit.clone(), artifacts.identity());
                let record = (
                    commit.clone(),
                    artifacts.identity(),
                    *lane,
                    event.by.clone(),
                );
                self.versions.insert(version.clone(), record);
            }
            EventKind::Released {
                derivation,
                artifacts,
                commit,
                lane,
                version,
                from,
                ..
            } => {
                if derivation.is_none() {
                    self.built.insert(commit.clone(), artifacts.identity());
                }
                let by = from
                    .as_ref()
                    .and_then(|from| self.versions.get(from))
                    .map(|known| known.3.clone());
                let by = by.unwrap_or_else(|| event.by.clone());
                self.versions.entry(version.clone()).or_insert((
                    commit.clone(),
                    artifacts.identity(),
                    *lane,
                    by,
                ));
                self.released.insert(version.clone(), from.clone());
            }
            EventKind::CandidateRejected { version, .. } => {
                self.rejected.insert(version.clone());
            }
            EventKind::Deprecated { version, .. } => {
                self.deprecated.insert(version.clone());
            }
            EventKind::CheckRecorded {
                artifacts,
                environment,
                gate,
                outcome,
                ..
            } => {
                let key = (*artifacts, gate.to_string(), environment.clone());
                self.outcomes.insert(key, *outcome);
            }
            EventKind::Approved {
                artifacts,
                environment,
                ..
            } => {
                let key = (environment.clone(), *artifacts, event.by.clone());
                self.approvals.insert(key, event.at.at);
            }
            EventKind::ApprovalWithdrawn {
                artifacts,
                environment,
            } => {
                let key = (environment.clone(), *artifacts, event.by.clone());
                self.approvals.remove(&key);
            }
            EventKind::Waived {
                artifacts,
                environment,
                expires,
                gate,
                ..
            } => {
                let key = (environment.clone(), *artifacts, gate.clone());
                self.waivers.insert(key, *expires);
            }
            EventKind::Frozen {
                environments,
                from,
                id,
                until,
                ..
            } => {
                self.freezes
                    .insert(id.clone(), (environments.clone(), *from, *until));
            }
            EventKind::Thawed { id } => {
                self.freezes.remove(id);
            }
            EventKind::ChannelMoved {
                channel,
                follows,
                to,
                ..
            } => {
                self.channels
                    .insert(channel.to_string(), (*follows, to.clone()));
            }
            _ => self.take_deployment(event),
        }
    }

    fn take_deployment(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Promoted {
                artifacts,
                environment,
                subject,
                ..
            } => {
                self.held.remove(environment);
                self.flights
                    .insert(environment.clone(), (subject.clone(), *artifacts, false));
            }
            EventKind::RolledBack {
                artifacts,
                automated,
                environment,
                from,
                to,
                ..
            } => {
                let left = from.as_ref().and_then(Subject::version).cloned();
                self.held.insert(environment.clone(), left);
                if *automated {
                    self.automated.insert(environment.clone());
                } else {
                    self.automated.remove(environment);
                }
                self.flights
                    .insert(environment.clone(), (to.clone(), *artifacts, false));
            }
            EventKind::DeploymentStarted { environment } => {
                if let Some(flight) = self.flights.get_mut(environment) {
                    flight.2 = true;
                }
            }
            EventKind::DeploymentVerified {
                artifacts,
                environment,
            } => {
                let since = self.since(event);
                let runs = self.runs.get(environment);
                let subject = self
                    .flights
                    .remove(environment)
                    .map(|(subject, ..)| subject);
                let subject = subject.or_else(|| runs.map(|runs| runs.subject.clone()));
                let Some(subject) = subject else { return };
                // Occupancy goes on only if nothing changes and nothing was in doubt (INV-29).
                let old = runs.filter(|runs| runs.subject == subject && runs.digest == *artifacts);
                let verified_since = old
                    .and_then(|runs| runs.verified_since.clone())
                    .unwrap_or(since);
                self.ever.insert((environment.clone(), subject.clone()));
                let runs = Runs {
                    subject,
                    digest: *artifacts,
                    verified_since: Some(verified_since),
                };
                self.runs.insert(environment.clone(), runs);
            }
            EventKind::DeploymentFailed { environment, .. } => {
                self.flights.remove(environment);
                self.doubt(environment);
            }
            EventKind::Observed {
                artifacts,
                environment,
            } => {
                let since = self.since(event);
                let runs = self.runs.get_mut(environment);
                match runs {
                    Some(runs) if runs.digest == *artifacts => {
                        runs.verified_since.get_or_insert(since);
                    }
                    Some(_) => self.doubt(environment),
                    None => {}
                }
            }
            EventKind::Held { environment, .. } => {
                self.held.insert(environment.clone(), None);
            }
            EventKind::HoldReleased { environment } => {
                self.held.remove(environment);
                self.automated.remove(environment);
            }
            _ => {}
        }
    }

    fn since(&self, event: &Event) -> Moment {
        let at = self
            .latest
            .map_or(event.at.at, |latest| latest.max(event.at.at));
        Moment {
            at,
            clocks: event.at.clocks.clone(),
        }
    }

    /// Something else runs there, or nobody knows: what relied on it is void.
    fn doubt(&mut self, environment: &EnvironmentName) {
        if let Some(runs) = self.runs.get_mut(environment) {
            runs.verified_since = None;
        }
    }
}

fn ensure(holds: bool, broken: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(broken.to_owned())
    }
}
