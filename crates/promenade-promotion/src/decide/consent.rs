//! Evidence, approvals, waivers, freezes, obligations, effects, seals.

use super::{Decision, Desk, reason_given};
use crate::command::Command;
use crate::embargo;
use crate::environment::EnvironmentRule;
use crate::event::EventKind;
use crate::gate::{Condition, Outcome};
use crate::judge::{Entry, Standing, latest};
use crate::subject::{Line, Subject};
use crate::verdict::{Blocker, Blockers, Rank};
use crate::word::list;
use crate::{EnvironmentName, ItemId, Set};

impl Desk<'_> {
    pub(super) fn consent_command(&self, command: &Command) -> Decision {
        match command {
            Command::RecordCheck {
                artifacts,
                environment,
                gate,
                outcome,
                reason,
            } => {
                if !self.state.sets.contains_key(artifacts) {
                    let why = format!("no build has the artifacts {artifacts}");
                    return Err(Blocker::new(
                        "artifacts",
                        Rank::Unknown,
                        why,
                        "recording the build",
                    )
                    .into());
                }
                if *outcome == Outcome::NotApplicable {
                    reason_given("reason", reason.as_deref().unwrap_or_default())?;
                }
                let environment = match environment {
                    None => None,
                    Some(name) => Some(self.environment_or_release(name)?.name.clone()),
                };
                Ok(vec![EventKind::CheckRecorded {
                    artifacts: *artifacts,
                    environment,
                    gate: gate.clone(),
                    outcome: *outcome,
                    reason: reason.clone(),
                }])
            }
            Command::Approve {
                environment,
                subject,
            } => self.approve(environment, subject),
            Command::WithdrawApproval {
                environment,
                subject,
            } => {
                let rule = self.environment_or_release(environment)?;
                let artifacts = self.artifacts_of(subject)?;
                let set = self.state.sets.get(&artifacts);
                let approvals = set.and_then(|set| set.approvals.get(&rule.name));
                if !approvals.is_some_and(|approvals| approvals.contains_key(&self.context.by)) {
                    return Ok(Vec::new());
                }
                Ok(vec![EventKind::ApprovalWithdrawn {
                    artifacts,
                    environment: rule.name.clone(),
                }])
            }
            Command::Waive {
                environment,
                expires,
                gate,
                reason,
                subject,
            } => self.waive(environment, *expires, gate, reason, subject),
            Command::Freeze {
                environments,
                from,
                id,
                reason,
                until,
            } => {
                reason_given("reason", reason)?;
                if until.is_some_and(|until| until <= *from) {
                    let why = format!("freeze `{id}` ends before it begins");
                    return Err(Blocker::permanent("freeze", why).into());
                }
                if self.state.freezes.contains_key(id) {
                    let why = format!("freeze `{id}` exists");
                    return Err(Blocker::new(
                        "freeze",
                        Rank::Blocked,
                        why,
                        "another name, or lifting it",
                    )
                    .into());
                }
                let mut names = Set::new();
                for name in environments {
                    names.insert(self.environment(name)?.name.clone());
                }
                Ok(vec![EventKind::Frozen {
                    environments: names,
                    from: *from,
                    id: id.clone(),
                    reason: reason.clone(),
                    until: *until,
                }])
            }
            Command::Thaw { id } => {
                if self.state.freezes.contains_key(id) {
                    return Ok(vec![EventKind::Thawed { id: id.clone() }]);
                }
                Err(Blocker::permanent("freeze", format!("freeze `{id}` does not exist")).into())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn approve(&self, environment: &EnvironmentName, subject: &Subject) -> Decision {
        let rule = self.environment_or_release(environment)?;
        let artifacts = self.artifacts_of(subject)?;
        let asked: Vec<_> = rule
            .gates
            .iter()
            .filter_map(|gate| match &gate.condition {
                Condition::Approvals(rule) => Some(rule),
                _ => None,
            })
            .collect();
        let by = &self.context.by;
        if !asked
            .iter()
            .any(|rule| self.policy.roster.holds_any(by, &rule.from))
        {
            let roles = list(asked.iter().flat_map(|rule| &rule.from));
            let why = if roles.is_empty() {
                format!("`{}` asks for no approval", rule.name)
            } else {
                format!("{by} holds none of the roles {roles}")
            };
            return Err(Blocker::permanent("approvals", why).into());
        }
        let expires = asked.iter().filter_map(|rule| rule.expires).min();
        let expires = expires.and_then(|span| self.context.at.at.checked_add_signed(span.delta()));
        let relied = self
            .entry_of(rule, subject, artifacts)
            .standings()
            .into_iter()
            .filter(|(id, standing)| id != "approvals" && *standing == Standing::Pass)
            .map(|(id, _)| id)
            .collect();
        Ok(vec![EventKind::Approved {
            artifacts,
            environment: rule.name.clone(),
            expires,
            relied,
        }])
    }

    fn entry_of<'b>(
        &'b self,
        rule: &'b EnvironmentRule,
        subject: &'b Subject,
        artifacts: promenade_digest::Digest,
    ) -> Entry<'b> {
        Entry {
            state: self.state,
            policy: self.policy,
            context: self.context,
            rule,
            subject,
            artifacts,
            base: None,
            lane: self.state.lane_of(subject),
        }
    }

    fn waive(
        &self,
        environment: &EnvironmentName,
        expires: chrono::DateTime<chrono::Utc>,
        gate: &str,
        reason: &str,
        subject: &Subject,
    ) -> Decision {
        let rule = self.environment_or_release(environment)?;
        let artifacts = self.artifacts_of(subject)?;
        reason_given("reason", reason)?;
        let mut blockers = Vec::new();
        let roles = &self.policy.waivers_from;
        if !roles.is_empty() && !self.policy.roster.holds_any(&self.context.by, roles) {
            let why = format!(
                "{} holds none of the roles {}",
                self.context.by,
                list(roles)
            );
            blockers.push(Blocker::permanent("waiver", why));
        }
        if expires <= latest(self.state, self.context) {
            blockers.push(Blocker::permanent("waiver", "it would have lapsed already"));
        }
        let entry = self.entry_of(rule, subject, artifacts);
        let mut known = entry.standings();
        known.extend(entry.announced_freezes());
        let names: Vec<_> = known.iter().map(|(id, _)| id.as_str()).collect();
        if !names.contains(&gate) {
            let near = crate::word::nearest(gate, &mut names.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let why = format!(
                "`{gate}` is no gate of `{}` that can be waived{near}",
                rule.name
            );
            blockers.push(Blocker::permanent("waiver", why));
        }
        super::unless(
            blockers,
            vec![EventKind::Waived {
                artifacts,
                environment: rule.name.clone(),
                expires,
                gate: gate.to_owned(),
                reason: reason.to_owned(),
            }],
        )
    }

    pub(super) fn record_command(&self, command: &Command) -> Decision {
        match command {
            Command::OpenObligation {
                id,
                kind,
                lines,
                version,
                why,
            } => {
                reason_given("reason", why)?;
                let ids = obligation_ids(id, lines)?;
                if let Some((id, _)) = ids
                    .iter()
                    .find(|(id, _)| self.state.obligations.contains_key(id))
                {
                    let why = format!("obligation `{id}` exists");
                    return Err(Blocker::permanent("obligation", why).into());
                }
                let opened = ids
                    .into_iter()
                    .map(|(id, line)| EventKind::ObligationOpened {
                        id,
                        kind: *kind,
                        line,
                        version: version.clone(),
                        why: why.clone(),
                    });
                Ok(opened.collect())
            }
            Command::CloseObligation {
                evidence,
                id,
                waived,
            } => {
                reason_given("evidence", evidence)?;
                match self
                    .state
                    .obligations
                    .get(id)
                    .map(|owed| owed.closed.is_some())
                {
                    Some(true) => Ok(Vec::new()),
                    Some(false) => Ok(vec![EventKind::ObligationClosed {
                        evidence: evidence.clone(),
                        id: id.clone(),
                        waived: *waived,
                    }]),
                    None => {
                        let mut known = self.state.obligations.keys().map(ItemId::as_str);
                        let near = crate::word::nearest(id.as_str(), &mut known);
                        let near = near
                            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                        let why = format!("obligation `{id}` does not exist{near}");
                        Err(Blocker::permanent("obligation", why).into())
                    }
                }
            }
            Command::IntendEffect { action, id } => match self.state.effects.get(id) {
                Some(known) if known == action => Ok(Vec::new()),
                Some(known) => {
                    let why = format!("effect `{id}` is intended as: {known}");
                    Err(Blocker::permanent("effect", why).into())
                }
                None => Ok(vec![EventKind::EffectIntended {
                    action: action.clone(),
                    id: id.clone(),
                }]),
            },
            Command::SettleEffect { done, id, observed } => {
                if !self.state.effects.contains_key(id) {
                    let why = format!("effect `{id}` is not intended, or is settled");
                    return Err(Blocker::permanent("effect", why).into());
                }
                Ok(vec![EventKind::EffectSettled {
                    done: *done,
                    id: id.clone(),
                    observed: observed.clone(),
                }])
            }
            Command::Seal { commitment } => match self.state.seals.get(commitment) {
                Some(_) => Ok(Vec::new()),
                None => Ok(vec![EventKind::Sealed {
                    commitment: *commitment,
                }]),
            },
            Command::Disclose { event, nonce } => {
                self.by_law(vec![embargo::disclosed(nonce, event)])
            }
            Command::Extend { body, namespace } => Ok(vec![EventKind::Extension {
                body: body.clone(),
                namespace: namespace.clone(),
            }]),
            _ => Ok(Vec::new()),
        }
    }
}

/// One obligation for each line; the id of a single one is as it was given.
fn obligation_ids(id: &ItemId, lines: &[Line]) -> Result<Vec<(ItemId, Line)>, Blockers> {
    match lines {
        [] => {
            Err(Blocker::permanent("obligation", format!("obligation `{id}` names no line")).into())
        }
        [line] => Ok(vec![(id.clone(), line.clone())]),
        lines => lines
            .iter()
            .map(|line| {
                let id = ItemId::new(format!("{id}-{line}"));
                id.map(|id| (id, line.clone()))
                    .map_err(|error| Blocker::permanent("obligation", error.to_string()).into())
            })
            .collect(),
    }
}
