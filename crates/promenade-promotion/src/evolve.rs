//! Evolve: the state after an event. What no policy may ever allow is refused here as well.

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use semver::Version;

use crate::event::{AdoptedStage, AdoptedVersion, Derivation, Event, EventKind, Mark, MoveCause};
use crate::state::{
    Approval, Channel, Evidence, Flight, Freeze, Hold, Obligation, Occupant, Phase, SetRecord,
    Stage, State, VersionRecord, Waiver,
};
use crate::subject::{Lane, Subject};
use crate::{Actor, Artifacts, CommitId, EnvironmentName, Moment, embargo, table};

/// An event breaks a law that holds under every policy: the ledger was not written by these rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event `{event}` breaks a law ({law}): {why}")]
pub struct EvolveError {
    pub(crate) event: String,
    pub(crate) law: &'static str,
    pub(crate) why: String,
}

impl EvolveError {
    /// Returns the law that is broken, by its invariant.
    #[must_use]
    pub fn law(&self) -> &'static str {
        self.law
    }
}

type Broken = (&'static str, String);

/// Returns the state after an event.
///
/// # Errors
/// [`EvolveError`] if the event breaks a law that holds under every policy.
pub fn evolve(mut state: State, event: &Event) -> Result<State, EvolveError> {
    state.apply(event)?;
    Ok(state)
}

impl State {
    /// Applies an event in place; on an error the state is as it was, its clock excepted.
    ///
    /// # Errors
    /// [`EvolveError`] if the event breaks a law that holds under every policy.
    pub fn apply(&mut self, event: &Event) -> Result<(), EvolveError> {
        self.clock = self.clock.max(Some(event.at.at));
        self.fold(event).map_err(|(law, why)| EvolveError {
            event: event.kind.name().to_owned(),
            law,
            why,
        })
    }

    fn fold(&mut self, event: &Event) -> Result<(), Broken> {
        use EventKind as K;

        match &event.kind {
            K::Adopted {
                current, versions, ..
            } => {
                versions
                    .iter()
                    .try_for_each(|version| self.adopt(version, &event.by))?;
                for (environment, subject) in current {
                    self.occupy_adopted(environment, subject, &event.at);
                }
                Ok(())
            }
            K::BuildRecorded {
                artifacts, commit, ..
            } => self.build(commit, artifacts),
            K::CandidateRegistered { .. } | K::Released { .. } => self.register(event),
            K::CheckRecorded { .. } => {
                self.check(event);
                Ok(())
            }
            K::Approved { .. } | K::ApprovalWithdrawn { .. } | K::Waived { .. } => {
                self.consent(event);
                Ok(())
            }
            K::CandidateRejected { version, reason } => {
                self.restage(version, table::Step::Reject, Some(reason))
            }
            K::Deprecated {
                version,
                reason,
                replacement,
            } => {
                self.restage(version, table::Step::Deprecate, Some(reason))?;
                if let Some(record) = self.versions.0.get_mut(version) {
                    record.replacement.clone_from(replacement);
                }
                Ok(())
            }
            K::Promoted { .. }
            | K::RolledBack { .. }
            | K::DeploymentStarted { .. }
            | K::DeploymentVerified { .. }
            | K::DeploymentFailed { .. }
            | K::Observed { .. } => self.deploy(event),
            K::Scheduled { at, version } => {
                let record = self.versions.0.get_mut(version);
                record.ok_or(("INV-1", unknown(version)))?.planned = Some(*at);
                Ok(())
            }
            K::ChannelMoved {
                cause,
                channel,
                follows,
                to,
                ..
            } => {
                self.version_known(to)?;
                if *cause != MoveCause::Rollback && self.stage(to) == Some(Stage::Rejected) {
                    return Err((
                        "INV-12",
                        format!("channel `{channel}` moves to rejected `{to}`"),
                    ));
                }
                let target = Channel {
                    follows: *follows,
                    version: to.clone(),
                };
                self.channels.insert(channel.clone(), target);
                Ok(())
            }
            K::Held { .. } | K::HoldReleased { .. } | K::Frozen { .. } | K::Thawed { .. } => {
                self.stop_and_go(event);
                Ok(())
            }
            K::ObligationOpened { .. } | K::ObligationClosed { .. } => self.owe(&event.kind),
            K::EffectIntended { action, id } => {
                self.effects.insert(id.clone(), action.clone());
                Ok(())
            }
            K::EffectSettled { id, .. } => match self.effects.remove(id) {
                Some(_) => Ok(()),
                None => Err(("INV-42", format!("effect `{id}` was not intended"))),
            },
            K::Sealed { commitment } => embargo::seal(self, *commitment),
            K::Disclosed {
                commitment,
                event,
                nonce,
            } => embargo::disclose(self, *commitment, event, nonce),
            K::Extension { .. } => Ok(()),
            K::Unknown { name, .. } => {
                self.unknown.insert(name.clone());
                Ok(())
            }
        }
    }

    fn stage(&self, version: &Version) -> Option<Stage> {
        self.version(version).map(|record| record.stage)
    }

    fn version_known(&self, version: &Version) -> Result<(), Broken> {
        match self.version(version) {
            Some(_) => Ok(()),
            None => Err(("INV-1", unknown(version))),
        }
    }

    fn set(&mut self, identity: Digest) -> &mut SetRecord {
        self.sets.entry(identity).or_default()
    }

    /// One commit has one artifact set, for ever (INV-2).
    fn build(&mut self, commit: &CommitId, artifacts: &Artifacts) -> Result<(), Broken> {
        let identity = artifacts.identity();
        if let Some(known) = self.commits.get(commit).filter(|known| **known != identity) {
            return Err((
                "INV-2",
                format!("commit `{commit}` was built to {known}, now {identity}"),
            ));
        }
        self.commits.insert(commit.clone(), identity);
        let set = self.set(identity);
        set.artifacts.get_or_insert_with(|| artifacts.clone());
        Ok(())
    }

    fn adopt(&mut self, adopted: &AdoptedVersion, by: &Actor) -> Result<(), Broken> {
        let AdoptedVersion {
            commit,
            stage,
            tag,
            version,
            ..
        } = adopted;
        if self.version(version).is_some() {
            return Err((
                "INV-2",
                format!("version `{version}` is adopted, but known"),
            ));
        }
        let stage = match stage {
            AdoptedStage::Candidate => Stage::Candidate,
            AdoptedStage::Released => Stage::Released,
        };
        let record = VersionRecord {
            artifacts: None,
            author: by.clone(),
            commit: commit.clone(),
            from: None,
            lane: Lane::Regular,
            order: self.next_order(),
            planned: None,
            reason: None,
            replacement: None,
            stage,
            tag: Some(tag.clone()),
        };
        self.versions.0.insert(version.clone(), record);
        Ok(())
    }

    fn occupy_adopted(&mut self, environment: &EnvironmentName, subject: &Subject, at: &Moment) {
        let artifacts = self.artifacts_of(subject);
        let newest = self.order_of(subject);
        let slot = self.slots.entry(environment.clone()).or_default();
        slot.newest = slot.newest.max(newest);
        slot.current = Some(Occupant {
            artifacts,
            observed: None,
            phase: Phase::Unsure,
            since: at.clone(),
            subject: subject.clone(),
        });
    }

    /// Versions are never removed, so their number is the next place in the order.
    fn next_order(&self) -> u64 {
        u64::try_from(self.versions.len()).unwrap_or(u64::MAX)
    }

    pub(crate) fn order_of(&self, subject: &Subject) -> Option<u64> {
        self.version(subject.version()?).map(|record| record.order)
    }

    /// One version has one commit and one artifact set, for ever (INV-1, INV-2).
    fn register(&mut self, event: &Event) -> Result<(), Broken> {
        let (artifacts, commit, lane, tag, version, step) = match &event.kind {
            EventKind::CandidateRegistered {
                artifacts,
                commit,
                lane,
                tag,
                version,
            } => (artifacts, commit, lane, tag, version, table::Step::Register),
            EventKind::Released {
                artifacts,
                commit,
                lane,
                mark,
                tag,
                version,
                ..
            } => {
                let step = match mark {
                    Mark::Prerelease => table::Step::ReleaseAsPrerelease,
                    Mark::Release => table::Step::Release,
                };
                (artifacts, commit, lane, tag, version, step)
            }
            _ => return Ok(()),
        };
        let identity = artifacts.identity();
        let stage = next(version, self.stage(version), step)?;
        if let Some(known) = self.version(version) {
            let same =
                known.commit == *commit && known.artifacts.is_none_or(|known| known == identity);
            if !same {
                return Err((
                    "INV-2",
                    format!("version `{version}` has another commit or artifact set"),
                ));
            }
        }
        self.release_from(&event.kind, identity)?;
        let derived = matches!(
            &event.kind,
            EventKind::Released {
                derivation: Some(_),
                ..
            }
        );
        if derived {
            // The commit was built to what this derives from.
            self.set(identity)
                .artifacts
                .get_or_insert_with(|| artifacts.clone());
        } else {
            self.build(commit, artifacts)?;
        }
        let order = self.next_order();
        let record = self
            .versions
            .0
            .entry(version.clone())
            .or_insert_with(|| VersionRecord {
                artifacts: Some(identity),
                author: event.by.clone(),
                commit: commit.clone(),
                from: None,
                lane: *lane,
                order,
                planned: None,
                reason: None,
                replacement: None,
                stage,
                tag: None,
            });
        record.stage = stage;
        record.artifacts = Some(identity);
        if tag.is_some() {
            record.tag.clone_from(tag);
        }
        if let EventKind::Released {
            from: Some(from), ..
        } = &event.kind
        {
            record.from = Some(from.clone());
        }
        Ok(())
    }

    /// Marks the candidate of a release as selected, and keeps how the artifacts derive from its.
    fn release_from(&mut self, kind: &EventKind, identity: Digest) -> Result<(), Broken> {
        let EventKind::Released {
            from,
            derivation,
            version,
            ..
        } = kind
        else {
            return Ok(());
        };
        if let Some(derivation) = derivation {
            self.set(identity).derivation = Some(derivation.clone());
        }
        let Some(from) = from.as_ref().filter(|from| *from != version) else {
            return Ok(());
        };
        let candidate = self.version(from).ok_or(("INV-1", unknown(from)))?;
        let base = derivation
            .as_ref()
            .map_or(identity, |derivation| derivation.from);
        if candidate
            .artifacts
            .is_some_and(|artifacts| artifacts != base)
        {
            return Err((
                "INV-1",
                format!("release `{version}` is not what candidate `{from}` was"),
            ));
        }
        if candidate.stage == Stage::Selected {
            return Ok(());
        }
        self.restage(from, table::Step::Select, None)
    }

    fn restage(
        &mut self,
        version: &Version,
        step: table::Step,
        reason: Option<&String>,
    ) -> Result<(), Broken> {
        let stage = next(version, self.stage(version), step)?;
        if let Some(record) = self.versions.0.get_mut(version) {
            record.stage = stage;
            if reason.is_some() {
                record.reason = reason.cloned();
            }
        }
        Ok(())
    }

    fn check(&mut self, event: &Event) {
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
        let evidence = Evidence {
            at: event.at.at,
            by: event.by.clone(),
            outcome: *outcome,
            reason: reason.clone(),
        };
        let set = self.set(*artifacts);
        if !outcome.holds() {
            // An approval that relied on this check is void (INV-27).
            let suffix = format!(":{gate}");
            set.void_approvals(environment.as_ref(), |relied| relied.ends_with(&suffix));
        }
        let key = match environment {
            None => gate.to_string(),
            Some(environment) => format!("{gate}@{environment}"),
        };
        set.evidence.insert(key, evidence);
    }

    fn consent(&mut self, event: &Event) {
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
                let here = approvals.entry(environment.clone()).or_default();
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
                let here = waivers.entry(environment.clone()).or_default();
                here.insert(gate.clone(), waiver);
            }
            _ => {}
        }
    }

    fn stop_and_go(&mut self, event: &Event) {
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
                self.slots.entry(environment.clone()).or_default().hold = Some(hold);
            }
            EventKind::HoldReleased { environment } => {
                let slot = self.slots.entry(environment.clone()).or_default();
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

    fn owe(&mut self, kind: &EventKind) -> Result<(), Broken> {
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

    fn deploy(&mut self, event: &Event) -> Result<(), Broken> {
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
                let slot = self.slots.entry(environment.clone()).or_default();
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

    fn flight(&mut self, environment: &EnvironmentName) -> Option<&mut Flight> {
        self.slots.get_mut(environment)?.flight.as_mut()
    }

    fn promoted(
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
        if let Some(derivation) = derivation {
            self.set(artifacts).derivation = Some(derivation.clone());
        }
        let order = self.order_of(subject);
        let slot = self.slots.entry(environment.clone()).or_default();
        if slot.flight.as_ref().is_some_and(|flight| flight.started) {
            return Err((
                "INV-10",
                format!("two promotions into `{environment}` at once"),
            ));
        }
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

    fn rolled_back(
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

    fn verified(
        &mut self,
        environment: &EnvironmentName,
        artifacts: Digest,
        at: &Moment,
    ) -> Result<(), Broken> {
        let since = self.not_before_clock(at);
        let slot = self.slots.entry(environment.clone()).or_default();
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
    fn not_before_clock(&self, at: &Moment) -> Moment {
        Moment {
            at: self.clock.unwrap_or(at.at).max(at.at),
            clocks: at.clocks.clone(),
        }
    }

    fn failed(&mut self, environment: &EnvironmentName, at: &Moment) -> Result<(), Broken> {
        let slot = self.slots.entry(environment.clone()).or_default();
        if slot.flight.take().is_none() {
            return Err(no_flight(environment));
        }
        self.unsettle(environment, Phase::Unsure, None, at);
        Ok(())
    }

    fn observed(&mut self, environment: &EnvironmentName, artifacts: Digest, at: &Moment) {
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

    fn unsettle(
        &mut self,
        environment: &EnvironmentName,
        phase: Phase,
        seen: Option<Digest>,
        at: &Moment,
    ) {
        let since = self.not_before_clock(at);
        let slot = self.slots.entry(environment.clone()).or_default();
        let Some(current) = &mut slot.current else {
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

impl SetRecord {
    fn void_approvals(
        &mut self,
        environment: Option<&EnvironmentName>,
        relied_on: impl Fn(&str) -> bool,
    ) {
        for (place, approvals) in &mut self.approvals {
            if environment.is_none_or(|environment| environment == place) {
                approvals.retain(|_, approval| !approval.relied.iter().any(|gate| relied_on(gate)));
            }
        }
        self.approvals.retain(|_, approvals| !approvals.is_empty());
    }
}

fn next(version: &Version, stage: Option<Stage>, step: table::Step) -> Result<Stage, Broken> {
    table::next(stage, step).ok_or_else(|| {
        let found = stage.map_or("absent", Stage::as_str);
        (
            "INV-13",
            format!("version `{version}` is {found}: no step `{step}` from there"),
        )
    })
}

fn unknown(version: &Version) -> String {
    format!("version `{version}` is not known")
}

fn no_flight(environment: &EnvironmentName) -> Broken {
    (
        "INV-42",
        format!("nothing is on its way into `{environment}`"),
    )
}

/// Returns whether a time lies in `[from, until)`.
pub(crate) fn within(at: DateTime<Utc>, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> bool {
    from <= at && until.is_none_or(|until| at < until)
}
