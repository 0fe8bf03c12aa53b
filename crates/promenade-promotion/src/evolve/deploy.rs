//! Deployments: promoted, verified, failed, drifted, rolled back.

use promenade_digest::Digest;

use super::Broken;
use crate::event::{Derivation, Event, EventKind};
use crate::state::{Flight, Hold, Occupant, Phase, Stage, State};
use crate::subject::Subject;
use crate::{Actor, EnvironmentName, Moment, table};

impl State {
    pub(super) fn deploy(&mut self, event: &Event) -> Result<(), Broken> {
        match &event.kind {
            EventKind::Promoted {
                artifacts,
                derivation,
                environment,
                subject,
                ..
            } => self.promoted(
                environment,
                subject,
                *artifacts,
                derivation.as_ref(),
                &event.by,
            ),
            EventKind::RolledBack {
                artifacts,
                automated,
                environment,
                from,
                reason,
                to,
            } => {
                self.rolled_back(environment, from.as_ref(), to, *artifacts)?;
                let rolled_back = from.as_ref().and_then(Subject::version).cloned();
                let slot = self.slot_mut(environment);
                slot.automated_rollback = *automated;
                slot.hold = Some(Hold {
                    by: event.by.clone(),
                    reason: reason.clone(),
                    rolled_back,
                });
                slot.flight = Some(Flight {
                    artifacts: *artifacts,
                    by: event.by.clone(),
                    rollback: true,
                    started: false,
                    subject: to.clone(),
                });
                Ok(())
            }
            EventKind::DeploymentStarted { environment } => match self.flight(environment) {
                Some(flight) => {
                    flight.started = true;
                    Ok(())
                }
                None => Err(no_flight(environment)),
            },
            EventKind::DeploymentVerified {
                artifacts,
                environment,
            } => self.verified(environment, *artifacts, &event.at),
            EventKind::DeploymentFailed { environment, .. } => self.failed(environment, &event.at),
            EventKind::Observed {
                artifacts,
                environment,
            } => {
                self.observed(environment, *artifacts, &event.at);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn flight(&mut self, environment: &EnvironmentName) -> Option<&mut Flight> {
        self.slots.get_mut(environment)?.flight.as_mut()
    }

    pub(super) fn promoted(
        &mut self,
        environment: &EnvironmentName,
        subject: &Subject,
        artifacts: Digest,
        derivation: Option<&Derivation>,
        by: &Actor,
    ) -> Result<(), Broken> {
        let base = derivation.map_or(artifacts, |derivation| derivation.from);
        if self.artifacts_of(subject) != Some(base) {
            return Err((
                "INV-1",
                format!("`{subject}` is promoted with artifacts that are not its own"),
            ));
        }
        let stage = subject.version().and_then(|version| self.stage(version));
        if stage == Some(Stage::Rejected) {
            return Err((
                "INV-12",
                format!("rejected `{subject}` is promoted into `{environment}`"),
            ));
        }
        if self
            .flight(environment)
            .is_some_and(|flight| flight.started)
        {
            return Err((
                "INV-10",
                format!("two promotions into `{environment}` at once"),
            ));
        }
        if let Some(derivation) = derivation {
            self.set(artifacts).derivation = Some(derivation.clone());
        }
        let order = self.order_of(subject);
        let slot = self.slot_mut(environment);
        slot.hold = None;
        slot.newest = slot.newest.max(order);
        slot.flight = Some(Flight {
            artifacts,
            by: by.clone(),
            rollback: false,
            started: false,
            subject: subject.clone(),
        });
        Ok(())
    }

    pub(super) fn rolled_back(
        &mut self,
        environment: &EnvironmentName,
        from: Option<&Subject>,
        to: &Subject,
        artifacts: Digest,
    ) -> Result<(), Broken> {
        let slot = self.slot(environment);
        if !slot.is_some_and(|slot| slot.verified.contains(to)) {
            return Err((
                "INV-14",
                format!("`{environment}` goes back to `{to}`, which was never verified there"),
            ));
        }
        if self
            .artifacts_of(to)
            .is_some_and(|own| own != artifacts && !self.derives(artifacts, own))
        {
            return Err((
                "INV-1",
                format!("`{environment}` goes back to other artifacts than those of `{to}`"),
            ));
        }
        let stage = to.version().and_then(|version| self.stage(version));
        if matches!(stage, Some(Stage::Rejected | Stage::Deprecated)) {
            return Err((
                "INV-14",
                format!("`{environment}` goes back to rejected or deprecated `{to}`"),
            ));
        }
        let left = from.and_then(Subject::version);
        if let Some(version) = left.filter(|version| self.stage(version) == Some(Stage::Released)) {
            let version = version.clone();
            self.restage(&version, table::Step::RollBack, None)?;
        }
        Ok(())
    }

    /// Returns whether one artifact set is recorded to derive from another one.
    pub(crate) fn derives(&self, artifacts: Digest, from: Digest) -> bool {
        let derivation = self
            .sets
            .get(&artifacts)
            .and_then(|set| set.derivation.as_ref());
        derivation.is_some_and(|derivation| derivation.from == from)
    }

    pub(super) fn verified(
        &mut self,
        environment: &EnvironmentName,
        artifacts: Digest,
        at: &Moment,
    ) -> Result<(), Broken> {
        let since = self.not_before_clock(at);
        let Some(slot) = self.slots.get_mut(environment) else {
            return Err(no_flight(environment));
        };
        let (subject, intended) = match (&slot.flight, &slot.current) {
            (Some(flight), _) => (flight.subject.clone(), flight.artifacts),
            (None, Some(current)) => match current.artifacts {
                Some(intended) => (current.subject.clone(), intended),
                None => return Err(no_flight(environment)),
            },
            (None, None) => return Err(no_flight(environment)),
        };
        if intended != artifacts {
            return Err((
                "INV-4",
                format!("`{environment}` runs {artifacts}, intended is {intended}"),
            ));
        }
        slot.flight = None;
        // A new verification of what is verified already interrupts nothing; anything else begins anew.
        let goes_on = slot.current.as_ref().is_some_and(|current| {
            current.phase == Phase::Verified
                && current.artifacts == Some(artifacts)
                && current.subject == subject
        });
        if !goes_on {
            slot.current = Some(Occupant {
                artifacts: Some(artifacts),
                observed: None,
                phase: Phase::Verified,
                since,
                subject: subject.clone(),
            });
        }
        slot.verified.insert(subject.clone());
        if let Some(version) = subject
            .version()
            .filter(|version| self.stage(version) == Some(Stage::RolledBack))
        {
            let version = version.clone();
            self.restage(&version, table::Step::Reinstate, None)?;
        }
        Ok(())
    }

    /// A start is never before the latest time the ledger knows: a clock that went back makes a
    /// wait longer (INV-30).
    pub(super) fn not_before_clock(&self, at: &Moment) -> Moment {
        Moment {
            at: self.clock.unwrap_or(at.at).max(at.at),
            clocks: at.clocks.clone(),
        }
    }

    pub(super) fn failed(
        &mut self,
        environment: &EnvironmentName,
        at: &Moment,
    ) -> Result<(), Broken> {
        let slot = self.slots.get_mut(environment);
        if slot.and_then(|slot| slot.flight.take()).is_none() {
            return Err(no_flight(environment));
        }
        self.unsettle(environment, Phase::Unsure, None, at);
        Ok(())
    }

    pub(super) fn observed(
        &mut self,
        environment: &EnvironmentName,
        artifacts: Digest,
        at: &Moment,
    ) {
        let current = self
            .slot(environment)
            .and_then(|slot| slot.current.as_ref());
        let Some(current) = current else { return };
        match (current.artifacts == Some(artifacts), current.phase) {
            (true, Phase::Verified) => {}
            (true, Phase::Drifted | Phase::Unsure) => {
                // Back to what was intended: the time of occupancy begins anew (INV-29).
                self.unsettle(environment, Phase::Verified, None, at);
            }
            (false, _) => self.unsettle(environment, Phase::Drifted, Some(artifacts), at),
        }
    }

    pub(super) fn unsettle(
        &mut self,
        environment: &EnvironmentName,
        phase: Phase,
        seen: Option<Digest>,
        at: &Moment,
    ) {
        let since = self.not_before_clock(at);
        let slot = self.slots.get_mut(environment);
        let Some(current) = slot.and_then(|slot| slot.current.as_mut()) else {
            return;
        };
        current.phase = phase;
        current.since = since;
        current.observed = seen;
        if phase != Phase::Verified
            && let Some(identity) = current.artifacts
        {
            // What relied on the verification here is void (INV-27).
            let (after, soak) = (
                format!("after:{environment}"),
                format!("soak:{environment}"),
            );
            self.set(identity)
                .void_approvals(None, |relied| relied == after || relied == soak);
        }
    }
}

fn no_flight(environment: &EnvironmentName) -> Broken {
    (
        "INV-42",
        format!("nothing is on its way into `{environment}`"),
    )
}
