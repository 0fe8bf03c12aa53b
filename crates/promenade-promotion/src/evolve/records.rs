//! Holds, freezes and owed work.

use super::Broken;
use crate::event::{Event, EventKind};
use crate::state::{Freeze, Hold, Obligation, State};

impl State {
    pub(super) fn stop_and_go(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Held {
                environment,
                reason,
            } => {
                let hold = Hold {
                    by: event.by.clone(),
                    reason: reason.clone(),
                    rolled_back: None,
                };
                self.slot_mut(environment).hold = Some(hold);
            }
            EventKind::HoldReleased { environment } => {
                let slot = self.slot_mut(environment);
                slot.hold = None;
                slot.automated_rollback = false;
            }
            EventKind::Frozen {
                environments,
                from,
                id,
                reason,
                until,
            } => {
                let freeze = Freeze {
                    environments: environments.clone(),
                    from: *from,
                    reason: reason.clone(),
                    until: *until,
                };
                self.freezes.insert(id.clone(), freeze);
            }
            EventKind::Thawed { id } => {
                self.freezes.remove(id);
            }
            _ => {}
        }
    }

    pub(super) fn owe(&mut self, kind: &EventKind) -> Result<(), Broken> {
        match kind {
            EventKind::ObligationOpened {
                id,
                kind,
                line,
                version,
                why,
            } => {
                if self.obligations.contains_key(id) {
                    return Err(("INV-39", format!("obligation `{id}` exists")));
                }
                let obligation = Obligation {
                    closed: None,
                    kind: *kind,
                    line: line.clone(),
                    version: version.clone(),
                    waived: false,
                    why: why.clone(),
                };
                self.obligations.insert(id.clone(), obligation);
            }
            EventKind::ObligationClosed {
                evidence,
                id,
                waived,
            } => {
                let Some(obligation) = self.obligations.get_mut(id) else {
                    return Err(("INV-39", format!("obligation `{id}` does not exist")));
                };
                obligation.closed = Some(evidence.clone());
                obligation.waived = *waived;
            }
            _ => {}
        }
        Ok(())
    }
}
