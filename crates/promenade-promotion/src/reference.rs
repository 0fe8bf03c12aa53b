//! A reference model: the invariants as a plain second opinion on a history.

mod entry;
mod history;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use semver::Version;

use crate::event::{Event, EventKind, Follows, MoveCause};
use crate::gate::Outcome;
use crate::policy::Policy;
use crate::subject::{Lane, Subject};
use crate::{Actor, CommitId, EnvironmentName, ItemId, Moment, Set};

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
type Window = (Set<EnvironmentName>, DateTime<Utc>, Option<DateTime<Utc>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Runs {
    subject: Subject,
    digest: Digest,
    verified_since: Option<Moment>,
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
}

fn ensure(holds: bool, broken: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(broken.to_owned())
    }
}
