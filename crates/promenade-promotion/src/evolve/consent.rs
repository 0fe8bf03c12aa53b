//! Evidence, approvals and waivers.

use std::borrow::Cow;

use crate::event::{Event, EventKind};
use crate::state::{Approval, Evidence, SetRecord, State, Waiver};
use crate::{EnvironmentName, Map};

impl State {
    pub(super) fn check(&mut self, event: &Event) {
        let EventKind::CheckRecorded {
            artifacts,
            environment,
            gate,
            outcome,
            reason,
        } = &event.kind
        else {
            return;
        };
        let set = self.set(*artifacts);
        if !outcome.holds() {
            // An approval that relied on this check is void (INV-27).
            let suffix = format!(":{gate}");
            set.void_approvals(environment.as_ref(), |relied| relied.ends_with(&suffix));
        }
        let key = match environment {
            None => Cow::Borrowed(gate.as_str()),
            Some(environment) => Cow::Owned(format!("{gate}@{environment}")),
        };
        // Most checks are of a gate that was checked before: what it holds is written over.
        if let Some(evidence) = set.evidence.get_mut(&*key) {
            evidence.at = event.at.at;
            if evidence.by != event.by {
                evidence.by = event.by.clone();
            }
            evidence.outcome = *outcome;
            evidence.reason.clone_from(reason);
            return;
        }
        let evidence = Evidence {
            at: event.at.at,
            by: event.by.clone(),
            outcome: *outcome,
            reason: reason.clone(),
        };
        set.evidence.insert(key.into_owned(), evidence);
    }

    pub(super) fn consent(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Approved {
                artifacts,
                environment,
                expires,
                relied,
            } => {
                let approval = Approval {
                    at: event.at.at,
                    expires: *expires,
                    relied: relied.clone(),
                };
                let approvals = &mut self.set(*artifacts).approvals;
                let here = approvals.get_or_insert_with(environment, Map::new);
                here.insert(event.by.clone(), approval);
            }
            EventKind::ApprovalWithdrawn {
                artifacts,
                environment,
            } => {
                let approvals = &mut self.set(*artifacts).approvals;
                if let Some(here) = approvals.get_mut(environment) {
                    here.remove(&event.by);
                    if here.is_empty() {
                        approvals.remove(environment);
                    }
                }
            }
            EventKind::Waived {
                artifacts,
                environment,
                expires,
                gate,
                reason,
            } => {
                let waiver = Waiver {
                    by: event.by.clone(),
                    expires: *expires,
                    reason: reason.clone(),
                };
                let waivers = &mut self.set(*artifacts).waivers;
                let here = waivers.get_or_insert_with(environment, Map::new);
                here.insert(gate.clone(), waiver);
            }
            _ => {}
        }
    }
}

impl SetRecord {
    pub(super) fn void_approvals(
        &mut self,
        environment: Option<&EnvironmentName>,
        relied_on: impl Fn(&str) -> bool,
    ) {
        for (place, approvals) in self.approvals.iter_mut() {
            if environment.is_none_or(|environment| environment == place) {
                approvals.retain(|_, approval| !approval.relied.iter().any(|gate| relied_on(gate)));
            }
        }
        self.approvals.retain(|_, approvals| !approvals.is_empty());
    }
}
