//! Versions: what is built, adopted, registered, released.

use promenade_digest::Digest;
use semver::Version;

use super::{Broken, unknown};
use crate::event::{AdoptedStage, AdoptedVersion, Event, EventKind, Mark};
use crate::state::{Occupant, Phase, Stage, State, VersionRecord};
use crate::subject::{Lane, Subject};
use crate::{Actor, Artifacts, CommitId, EnvironmentName, Moment, Set, table};

impl State {
    /// One commit has one artifact set, for ever (INV-2).
    fn may_build(&self, commit: &CommitId, identity: Digest) -> Result<(), Broken> {
        match self.commits.get(commit) {
            Some(known) if *known != identity => Err((
                "INV-2",
                format!("commit `{commit}` was built to {known}, now {identity}"),
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn build(&mut self, commit: &CommitId, artifacts: &Artifacts) -> Result<(), Broken> {
        let identity = artifacts.identity();
        self.may_build(commit, identity)?;
        self.commits.insert(commit.clone(), identity);
        let set = self.set(identity);
        set.artifacts.get_or_insert_with(|| artifacts.clone());
        Ok(())
    }

    /// All of them are new, or none is taken.
    pub(super) fn adopt(&mut self, all: &[AdoptedVersion], by: &Actor) -> Result<(), Broken> {
        let mut seen = Set::new();
        for AdoptedVersion { version, .. } in all {
            if self.version(version).is_some() || !seen.insert(version) {
                return Err((
                    "INV-2",
                    format!("version `{version}` is adopted, but known"),
                ));
            }
        }
        for adopted in all {
            let stage = match adopted.stage {
                AdoptedStage::Candidate => Stage::Candidate,
                AdoptedStage::Released => Stage::Released,
            };
            let record = VersionRecord {
                artifacts: None,
                author: by.clone(),
                commit: adopted.commit.clone(),
                from: None,
                lane: Lane::Regular,
                order: self.next_order(),
                planned: None,
                reason: None,
                replacement: None,
                stage,
                tag: Some(adopted.tag.clone()),
            };
            self.versions.0.insert(adopted.version.clone(), record);
        }
        Ok(())
    }

    pub(super) fn occupy_adopted(
        &mut self,
        environment: &EnvironmentName,
        subject: &Subject,
        at: &Moment,
    ) {
        let artifacts = self.artifacts_of(subject);
        let newest = self.order_of(subject);
        let slot = self.slot_mut(environment);
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
    pub(super) fn next_order(&self) -> u64 {
        u64::try_from(self.versions.len()).unwrap_or(u64::MAX)
    }

    pub(crate) fn order_of(&self, subject: &Subject) -> Option<u64> {
        self.version(subject.version()?).map(|record| record.order)
    }

    /// One version has one commit and one artifact set, for ever (INV-1, INV-2).
    pub(super) fn register(&mut self, event: &Event) -> Result<(), Broken> {
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
        let selected = self.may_release_from(&event.kind, identity)?;
        if let EventKind::Released {
            derivation: Some(derivation),
            ..
        } = &event.kind
        {
            // The commit was built to what this derives from.
            let set = self.set(identity);
            set.artifacts.get_or_insert_with(|| artifacts.clone());
            set.derivation = Some(derivation.clone());
        } else {
            self.build(commit, artifacts)?;
        }
        if let Some(from) = selected {
            self.restage(from, table::Step::Select, None)?;
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

    /// Returns the candidate that a release selects, if it is made from another version that is not
    /// selected yet.
    fn may_release_from<'a>(
        &self,
        kind: &'a EventKind,
        identity: Digest,
    ) -> Result<Option<&'a Version>, Broken> {
        let EventKind::Released {
            from: Some(from),
            derivation,
            version,
            ..
        } = kind
        else {
            return Ok(None);
        };
        if from == version {
            return Ok(None);
        }
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
            return Ok(None);
        }
        next(from, Some(candidate.stage), table::Step::Select).map(|_| Some(from))
    }

    pub(super) fn restage(
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
