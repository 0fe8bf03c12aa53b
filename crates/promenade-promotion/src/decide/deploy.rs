//! Promotions, their effects, observations, rollbacks and holds.

use promenade_digest::Digest;
use semver::Version;

use super::{Decision, Desk, Judged, reason_given, unless};
use crate::command::Command;
use crate::environment::{AfterRollback, Downgrade, EnvironmentRule, Queue, RollbackInFreeze};
use crate::event::{Derivation, EventKind};
use crate::judge::{Entry, Standing};
use crate::state::{Flight, Phase, Slot, Stage};
use crate::subject::{Accepts, Subject};
use crate::verdict::{Blocker, Blockers, Rank};

/// What [`Desk::entry_blockers`] is asked.
pub(crate) struct Wish<'a> {
    pub(crate) automated: bool,
    pub(crate) consent: Option<&'a str>,
    pub(crate) derived: Option<&'a (Digest, Derivation)>,
    pub(crate) rule: &'a EnvironmentRule,
    pub(crate) subject: &'a Subject,
}

impl<'a> Desk<'a> {
    pub(super) fn deploy_command(&self, command: &Command) -> Decision {
        match command {
            Command::Promote {
                automated,
                consent,
                derived,
                environment,
                subject,
            } => {
                let rule = self.environment(environment)?;
                self.promote(&Wish {
                    automated: *automated,
                    consent: consent.as_deref(),
                    derived: derived.as_ref(),
                    rule,
                    subject,
                })
            }
            Command::Deploy { environment } => self.deploy(self.environment(environment)?),
            Command::VerifyDeployed {
                environment,
                observed,
            } => self.verify(self.environment(environment)?, *observed),
            Command::FailDeployment {
                environment,
                reason,
            } => {
                let rule = self.environment(environment)?;
                reason_given("reason", reason)?;
                self.flight(rule)?;
                let (environment, reason) = (rule.name.clone(), reason.clone());
                Ok(vec![EventKind::DeploymentFailed {
                    environment,
                    reason,
                }])
            }
            Command::Observe {
                environment,
                observed,
            } => self.observe(self.environment(environment)?, *observed),
            Command::Rollback {
                automated,
                environment,
                reason,
                to,
            } => self.rollback(self.environment(environment)?, *automated, reason, to),
            Command::Hold {
                environment,
                reason,
            } => {
                let rule = self.environment(environment)?;
                reason_given("reason", reason)?;
                let (environment, reason) = (rule.name.clone(), reason.clone());
                Ok(vec![EventKind::Held {
                    environment,
                    reason,
                }])
            }
            Command::Unhold { environment } => {
                let rule = self.environment(environment)?;
                match self.slot(rule).and_then(|slot| slot.hold.as_ref()) {
                    None => Ok(Vec::new()),
                    Some(_) => Ok(vec![EventKind::HoldReleased {
                        environment: rule.name.clone(),
                    }]),
                }
            }
            _ => Ok(Vec::new()),
        }
    }

    fn slot(&self, rule: &EnvironmentRule) -> Option<&'a Slot> {
        self.state.slot(&rule.name)
    }

    fn flight(&self, rule: &EnvironmentRule) -> Result<&'a Flight, Blockers> {
        self.slot(rule)
            .and_then(|slot| slot.flight.as_ref())
            .ok_or_else(|| {
                let why = format!("nothing is on its way into `{}`", rule.name);
                Blocker::new("flight", Rank::Blocked, why, "a promotion").into()
            })
    }

    fn promote(&self, wish: &Wish<'_>) -> Decision {
        let Wish {
            rule,
            subject,
            derived,
            ..
        } = wish;
        let own = self.artifacts_of(subject)?;
        let artifacts = derived.map_or(own, |(artifacts, _)| *artifacts);
        if self.is_there(rule, subject, artifacts) {
            return Ok(Vec::new());
        }
        let (blockers, standings) = self.entry_blockers(wish, own, artifacts);
        let held = |standing: &Standing| matches!(standing, Standing::Held(_));
        let gates = standings
            .iter()
            .filter(|(_, standing)| !held(standing))
            .map(|(id, standing)| (id.clone(), standing.summary()))
            .collect();
        unless(
            blockers,
            vec![EventKind::Promoted {
                artifacts,
                automated: wish.automated,
                consent: wish.consent.map(str::to_owned),
                derivation: derived.map(|(_, derivation)| derivation.clone()),
                environment: rule.name.clone(),
                gates,
                subject: (*subject).clone(),
            }],
        )
    }

    /// Returns whether the subject is on its way already, or verified there with nothing else on its way.
    fn is_there(&self, rule: &EnvironmentRule, subject: &Subject, artifacts: Digest) -> bool {
        self.slot(rule)
            .is_some_and(|slot| match (&slot.flight, &slot.current) {
                (Some(flight), _) => {
                    flight.subject == *subject && flight.artifacts == artifacts && !flight.rollback
                }
                (None, Some(current)) => {
                    current.subject == *subject
                        && current.artifacts == Some(artifacts)
                        && current.phase == Phase::Verified
                }
                (None, None) => false,
            })
    }

    /// Everything that holds a subject back from an environment, and how each gate stands.
    pub(super) fn entry_blockers(&self, wish: &Wish<'_>, own: Digest, artifacts: Digest) -> Judged {
        let mut blockers = Vec::new();
        self.qualified(wish, &mut blockers);
        self.in_turn(wish, &mut blockers);
        self.holds(wish, &mut blockers);
        if let Some((_, derivation)) = wish.derived {
            self.derivation(wish.rule, own, derivation, &mut blockers);
        }
        let entry = self.entry(wish, own, artifacts);
        let mut standings = entry.standings();
        standings.extend(entry.announced_freezes());
        blockers.extend(standings.iter().filter_map(|(_, standing)| match standing {
            Standing::Held(blocker) => Some(blocker.clone()),
            Standing::Pass | Standing::NotApplicable(_) | Standing::Waived(_) => None,
        }));
        (blockers, standings)
    }

    pub(super) fn entry<'b>(
        &'b self,
        wish: &'b Wish<'_>,
        own: Digest,
        artifacts: Digest,
    ) -> Entry<'b> {
        Entry {
            state: self.state,
            policy: self.policy,
            context: self.context,
            rule: wish.rule,
            subject: wish.subject,
            artifacts,
            base: (own != artifacts).then_some(own),
            lane: self.state.lane_of(wish.subject),
        }
    }

    /// The environment takes this kind of subject, from this lane, in this stage.
    fn qualified(&self, wish: &Wish<'_>, blockers: &mut Vec<Blocker>) {
        let Wish { rule, subject, .. } = wish;
        let stage = subject
            .version()
            .and_then(|version| self.state.version(version))
            .map(|r| r.stage);
        match stage {
            Some(stage @ (Stage::Rejected | Stage::Deprecated)) => {
                let why = format!("`{subject}` is {stage}, for ever");
                blockers.push(Blocker::permanent("stage", why));
            }
            None
            | Some(
                Stage::Candidate
                | Stage::Selected
                | Stage::Prerelease
                | Stage::Released
                | Stage::RolledBack,
            ) => {}
        }
        let kind = match stage {
            None => Accepts::Commit,
            Some(stage) if stage.is_release() => Accepts::Release,
            Some(_) => Accepts::Candidate,
        };
        if kind < rule.accepts {
            let why = format!(
                "`{}` accepts a {}; `{subject}` is a {kind}",
                rule.name, rule.accepts
            );
            let by = format!("making it a {}", rule.accepts);
            blockers.push(Blocker::new("accepts", Rank::Blocked, why, by));
        }
        let lane = self.state.lane_of(subject);
        if !self.policy.is_on(lane, rule) {
            let why = format!("lane `{lane}` does not pass through `{}`", rule.name);
            blockers.push(Blocker::permanent("lane", why));
        }
    }

    /// What is in flight, what came before, what runs there now.
    fn in_turn(&self, wish: &Wish<'_>, blockers: &mut Vec<Blocker>) {
        let Wish { rule, subject, .. } = wish;
        let slot = self.slot(rule);
        if let Some(flight) = slot.and_then(|slot| slot.flight.as_ref()) {
            let replaces = rule.queue == Queue::Superseded
                && !flight.started
                && !flight.rollback
                && self.state.order_of(subject) > self.state.order_of(&flight.subject);
            if !replaces {
                let why = format!("`{}` is on its way into `{}`", flight.subject, rule.name);
                let by = format!("its verification or failure in `{}`", rule.name);
                blockers.push(Blocker::new("in-flight", Rank::Blocked, why, by));
            }
        }
        match rule.queue {
            Queue::Superseded => self.superseded(wish, slot, blockers),
            Queue::Queued => self.queued(wish, blockers),
            Queue::Parallel => {}
        }
        self.downgrade(wish, slot, blockers);
    }

    /// A newer version of the same line got in: the older one no longer does, unless it was meant to go back.
    fn superseded(&self, wish: &Wish<'_>, slot: Option<&Slot>, blockers: &mut Vec<Blocker>) {
        let Wish { rule, subject, .. } = wish;
        let order = self.state.order_of(subject);
        let newest = slot.and_then(|slot| slot.newest);
        if order.is_none() || order >= newest || wish.consent.is_some() {
            return;
        }
        let newer = self
            .state
            .versions
            .iter()
            .find(|(_, record)| Some(record.order) == newest);
        if let Some((newer, record)) = newer
            && record.stage != Stage::Rejected
        {
            let why = format!(
                "`{newer}` was registered later and got into `{}` first",
                rule.name
            );
            let by = "consent to the older version, with a reason";
            blockers.push(Blocker::new("superseded", Rank::NeedsPerson, why, by));
        }
    }

    /// The versions registered earlier that are ready in front of this environment go first.
    fn queued(&self, wish: &Wish<'_>, blockers: &mut Vec<Blocker>) {
        let Wish { rule, subject, .. } = wish;
        let Some(order) = self.state.order_of(subject) else {
            return;
        };
        for name in rule.after.names() {
            let current = self.state.slot(name).and_then(|slot| slot.current.as_ref());
            let Some(current) = current.filter(|current| current.phase == Phase::Verified) else {
                continue;
            };
            let been_here = self
                .slot(rule)
                .is_some_and(|slot| slot.verified.contains(&current.subject));
            let earlier = self
                .state
                .order_of(&current.subject)
                .is_some_and(|other| other < order);
            let same = self.state.artifacts_of(subject) == current.artifacts;
            if earlier && !been_here && !same {
                let why = format!(
                    "`{}` waits in `{name}` and was registered earlier",
                    current.subject
                );
                let by = format!("the promotion or rejection of `{}`", current.subject);
                blockers.push(Blocker::new("queue", Rank::Blocked, why, by));
            }
        }
    }

    /// An older version follows a newer one only if that is meant.
    fn downgrade(&self, wish: &Wish<'_>, slot: Option<&Slot>, blockers: &mut Vec<Blocker>) {
        let Wish { rule, subject, .. } = wish;
        let there = slot
            .and_then(|slot| slot.current.as_ref())
            .and_then(|current| current.subject.version());
        let Some((here, there)) = subject.version().zip(there) else {
            return;
        };
        if here >= there || is_candidate_of(self, there, here) {
            return;
        }
        let why = format!("`{}` runs `{there}`; `{here}` is older", rule.name);
        match (rule.downgrade, wish.consent) {
            (Downgrade::Consent, Some(consent)) if !consent.trim().is_empty() => {}
            (Downgrade::Consent, _) => {
                let by = "consent to the older version, with a reason, or a rollback";
                blockers.push(Blocker::new("downgrade", Rank::NeedsPerson, why, by));
            }
            (Downgrade::Never, _) => {
                blockers.push(Blocker::new(
                    "downgrade",
                    Rank::NeedsPerson,
                    why,
                    "a rollback",
                ));
            }
        }
    }

    fn holds(&self, wish: &Wish<'_>, blockers: &mut Vec<Blocker>) {
        let Wish { rule, subject, .. } = wish;
        let Some(hold) = self.slot(rule).and_then(|slot| slot.hold.as_ref()) else {
            return;
        };
        let newer = rule.after_rollback == AfterRollback::Newer
            && hold
                .rolled_back
                .as_ref()
                .zip(subject.version())
                .is_some_and(|(old, new)| new > old);
        if !newer {
            let why = format!("`{}` is held by {}: {}", rule.name, hold.by, hold.reason);
            let by = format!("taking the hold off `{}`", rule.name);
            blockers.push(Blocker::new("hold", Rank::NeedsPerson, why, by));
        }
    }

    fn derivation(
        &self,
        rule: &EnvironmentRule,
        own: Digest,
        derivation: &Derivation,
        blockers: &mut Vec<Blocker>,
    ) {
        if derivation.from != own {
            let why = format!(
                "the artifacts derive from {}; the subject is {own}",
                derivation.from
            );
            blockers.push(Blocker::permanent("identity", why));
        }
        if !rule.derivation.contains(&derivation.kind) {
            let why = format!("`{}` takes no {} artifacts", rule.name, derivation.kind);
            blockers.push(Blocker::permanent("derivation", why));
        }
    }

    /// Judged again when the effect begins: a freeze, a hold or a rejection may have come in between.
    fn deploy(&self, rule: &'a EnvironmentRule) -> Decision {
        let flight = self.flight(rule)?;
        if flight.started {
            return Ok(Vec::new());
        }
        let wish = Wish {
            automated: false,
            consent: None,
            derived: None,
            rule,
            subject: &flight.subject,
        };
        let mut blockers = Vec::new();
        self.qualified(&wish, &mut blockers);
        if flight.rollback {
            if rule.rollback_in_freeze == RollbackInFreeze::Refused {
                self.frozen(&wish, flight.artifacts, &mut blockers);
            }
        } else {
            self.holds(&wish, &mut blockers);
            self.frozen(&wish, flight.artifacts, &mut blockers);
        }
        unless(
            blockers,
            vec![EventKind::DeploymentStarted {
                environment: rule.name.clone(),
            }],
        )
    }

    fn frozen(&self, wish: &Wish<'_>, artifacts: Digest, blockers: &mut Vec<Blocker>) {
        let standings = self.entry(wish, artifacts, artifacts).freezes();
        blockers.extend(
            standings
                .into_iter()
                .filter_map(|(_, standing)| match standing {
                    Standing::Held(blocker) => Some(blocker),
                    Standing::Pass | Standing::NotApplicable(_) | Standing::Waived(_) => None,
                }),
        );
    }

    /// What is so is recorded, whatever was asked: the right digest verifies, another one is drift.
    fn verify(&self, rule: &EnvironmentRule, observed: Digest) -> Decision {
        let slot = self.slot(rule);
        let environment = rule.name.clone();
        let verified = |artifacts| EventKind::DeploymentVerified {
            artifacts,
            environment: rule.name.clone(),
        };
        match slot.map(|slot| (&slot.flight, &slot.current)) {
            Some((Some(flight), _)) if flight.artifacts == observed => Ok(vec![verified(observed)]),
            Some((Some(flight), current)) => {
                let seen = current.as_ref().and_then(|current| current.artifacts);
                if seen == Some(observed) {
                    let why = format!(
                        "`{environment}` still runs what it ran before `{}`",
                        flight.subject
                    );
                    let by = "the end of the effect, or its failure";
                    return Err(Blocker::new("observed", Rank::Waiting, why, by).into());
                }
                let why = format!(
                    "`{environment}` runs {observed}; intended is {}",
                    flight.artifacts
                );
                let by = "deploying what is intended, or recording the failure";
                Err(Blocker::new("observed", Rank::Blocked, why, by).into())
            }
            Some((None, Some(_))) => self.observe(rule, observed),
            Some((None, None)) | None => {
                let why = format!("nothing was promoted into `{environment}`");
                Err(Blocker::new("flight", Rank::Blocked, why, "a promotion").into())
            }
        }
    }

    fn observe(&self, rule: &EnvironmentRule, observed: Digest) -> Decision {
        let current = self.slot(rule).and_then(|slot| slot.current.as_ref());
        match current {
            None => {
                let why = format!("nothing is recorded to run in `{}`", rule.name);
                Err(Blocker::new(
                    "observed",
                    Rank::Blocked,
                    why,
                    "a promotion, or adopting what runs",
                )
                .into())
            }
            Some(current)
                if current.phase == Phase::Verified && current.artifacts == Some(observed) =>
            {
                Ok(Vec::new())
            }
            Some(current)
                if current.phase == Phase::Drifted && current.observed == Some(observed) =>
            {
                Ok(Vec::new())
            }
            Some(_) => Ok(vec![EventKind::Observed {
                artifacts: observed,
                environment: rule.name.clone(),
            }]),
        }
    }

    fn rollback(
        &self,
        rule: &EnvironmentRule,
        automated: bool,
        reason: &str,
        to: &Subject,
    ) -> Decision {
        reason_given("reason", reason)?;
        let own = self.artifacts_of(to)?;
        let slot = self.slot(rule);
        let mut blockers = Vec::new();
        if !slot.is_some_and(|slot| slot.verified.contains(to)) {
            let why = format!("`{to}` was never verified in `{}`", rule.name);
            blockers.push(Blocker::permanent("rollback", why));
        }
        let stage = to
            .version()
            .and_then(|version| self.state.version(version))
            .map(|r| r.stage);
        if let Some(stage @ (Stage::Rejected | Stage::Deprecated)) = stage {
            blockers.push(Blocker::permanent("stage", format!("`{to}` is {stage}")));
        }
        if automated && slot.is_some_and(|slot| slot.automated_rollback) {
            let why = "the last move here was an automated rollback; another one needs a person";
            let by = format!(
                "a person who rolls back, or takes the hold off `{}`",
                rule.name
            );
            blockers.push(Blocker::new("rollback", Rank::NeedsPerson, why, by));
        }
        let current = slot.and_then(|slot| slot.current.as_ref());
        let from = slot
            .and_then(|slot| slot.flight.as_ref().filter(|flight| !flight.rollback))
            .map(|flight| &flight.subject)
            .or_else(|| current.map(|current| &current.subject));
        if from == Some(to) && current.is_some_and(|current| current.phase == Phase::Verified) {
            blockers.push(Blocker::permanent(
                "rollback",
                format!("`{}` runs `{to}` already", rule.name),
            ));
        }
        if let Some(flight) = slot
            .and_then(|slot| slot.flight.as_ref())
            .filter(|flight| flight.rollback)
        {
            let why = format!("a rollback to `{}` is on its way", flight.subject);
            let by = "its verification or failure";
            blockers.push(Blocker::new("in-flight", Rank::Blocked, why, by));
        }
        if rule.rollback_in_freeze == RollbackInFreeze::Refused {
            let wish = Wish {
                automated,
                consent: None,
                derived: None,
                rule,
                subject: to,
            };
            self.frozen(&wish, own, &mut blockers);
        }
        unless(
            blockers,
            vec![EventKind::RolledBack {
                artifacts: own,
                automated,
                environment: rule.name.clone(),
                from: from.cloned(),
                reason: reason.to_owned(),
                to: to.clone(),
            }],
        )
    }
}

/// A release may have the lower number of order than its own candidate where the scheme counts so.
fn is_candidate_of(desk: &Desk<'_>, candidate: &Version, release: &Version) -> bool {
    let record = desk.state.version(release);
    record.is_some_and(|record| record.from.as_ref() == Some(candidate))
}
