//! What the reference keeps of an event.

use super::{Reference, Runs};
use crate::event::{Event, EventKind};
use crate::subject::Subject;
use crate::{EnvironmentName, Moment};

impl Reference {
    pub(super) fn take(&mut self, event: &Event) {
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
