//! State: the fold of all events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use semver::Version;

use crate::codec::{Canonical, Reader, Stop, Writer, record};
use crate::event::{Derivation, Follows};
use crate::gate::{ObligationKind, Outcome};
use crate::subject::{Lane, Line, Subject};
use crate::word::keywords;
use crate::{Actor, Artifacts, ChannelName, CommitId, EnvironmentName, ItemId, Map, Moment, Set};

record! {
    /// Everything that is recorded, folded. Its size grows with what exists, not with what happened.
    #[derive(Default)]
    State {
        /// Channels, and where they point.
        channels: BTreeMap<ChannelName, Channel>,
        /// The latest time that any event carries.
        clock: Option<DateTime<Utc>>,
        /// The identity of the artifact set that each commit was built to.
        commits: BTreeMap<CommitId, Digest>,
        /// The effects that are intended and not settled.
        effects: Map<ItemId, String>,
        /// The freezes that were not lifted.
        freezes: Map<ItemId, Freeze>,
        /// The obligations, open and closed.
        obligations: BTreeMap<ItemId, Obligation>,
        /// What is sealed and not disclosed, and what is disclosed.
        seals: Map<Digest, Seal>,
        /// What is known about each artifact set, by its identity.
        sets: BTreeMap<Digest, SetRecord>,
        /// The environments that something ever entered.
        slots: Map<EnvironmentName, Slot>,
        /// Kinds of events that only a newer version knows.
        unknown: Set<String>,
        /// The versions.
        versions: Versions,
    }
}

impl State {
    /// Returns the SHA-256 of the canonical bytes: the same on every machine for the same ledger
    /// (INV-36).
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::sha256(&self.to_bytes())
    }

    /// Returns a version, if it is known.
    #[must_use]
    pub fn version(&self, version: &Version) -> Option<&VersionRecord> {
        self.versions.get(version)
    }

    /// Returns the identity of the artifact set of a subject, if it is known and has one.
    #[must_use]
    pub fn artifacts_of(&self, subject: &Subject) -> Option<Digest> {
        match subject {
            Subject::Commit(commit) => self.commits.get(commit).copied(),
            Subject::Version(version) => self.version(version)?.artifacts,
        }
    }

    /// Returns the lane of a subject; a commit is on the regular one.
    #[must_use]
    pub fn lane_of(&self, subject: &Subject) -> Lane {
        subject
            .version()
            .and_then(|version| self.version(version))
            .map_or(Lane::Regular, |record| record.lane)
    }

    /// Returns what stands in an environment, if anything ever did.
    #[must_use]
    pub fn slot(&self, environment: &EnvironmentName) -> Option<&Slot> {
        self.slots.get(environment)
    }

    /// Returns the open obligations.
    pub fn open_obligations(&self) -> impl Iterator<Item = (&ItemId, &Obligation)> {
        self.obligations
            .iter()
            .filter(|(_, obligation)| obligation.closed.is_none())
    }

    /// Returns the commitments to what is not disclosed yet, in the order in which they were made.
    pub fn sealed(&self) -> impl Iterator<Item = &Digest> {
        let hidden = self.seals.iter().filter(|(_, seal)| !seal.disclosed);
        let by_order: Map<_, _> = hidden.map(|(digest, seal)| (seal.order, digest)).collect();
        by_order.into_iter().map(|(_, commitment)| commitment)
    }
}

/// Versions in the order of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Versions(pub(crate) BTreeMap<Version, VersionRecord>);

impl Versions {
    /// Returns a version.
    #[must_use]
    pub fn get(&self, version: &Version) -> Option<&VersionRecord> {
        self.0.get(version)
    }

    /// Returns all, lowest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Version, &VersionRecord)> {
        self.0.iter()
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

// The order of versions is not that of their texts, so this is a list of pairs and no object.
impl Canonical for Versions {
    fn write(&self, out: &mut Writer) {
        out.begin(b'[');
        for (version, record) in &self.0 {
            out.element();
            out.begin(b'[');
            out.element();
            version.write(out);
            out.element();
            record.write(out);
            out.end(b']');
        }
        out.end(b']');
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
        input.begin(b'[')?;
        let mut versions = BTreeMap::new();
        while input.peek() != Some(b']') {
            input.element()?;
            input.begin(b'[')?;
            input.element()?;
            let version = Version::read(input)?;
            input.element()?;
            let record = VersionRecord::read(input)?;
            input.close(b']')?;
            if versions
                .last_key_value()
                .is_some_and(|(last, _)| *last >= version)
            {
                return Err(input.stop("a greater version than the one before"));
            }
            versions.insert(version, record);
        }
        input.close(b']')?;
        Ok(Self(versions))
    }
}

keywords! {
    /// The standing of a version.
    Stage, "stage" {
        /// Registered, and neither selected nor rejected.
        Candidate = "candidate",
        /// Rejected, for ever.
        Rejected = "rejected",
        /// A release was made from it.
        Selected = "selected",
        /// Released, and marked as a pre-release.
        Prerelease = "pre-release",
        /// Released.
        Released = "released",
        /// Released, and advised against.
        Deprecated = "deprecated",
        /// Released, and taken back from an environment for releases.
        RolledBack = "rolled-back",
    }
}

impl Stage {
    /// Returns whether a release was made under this version.
    #[must_use]
    pub fn is_release(self) -> bool {
        match self {
            Self::Prerelease | Self::Released | Self::Deprecated | Self::RolledBack => true,
            Self::Candidate | Self::Rejected | Self::Selected => false,
        }
    }
}

record! {
    /// A version.
    VersionRecord {
        /// The identity of its artifact set; nothing for versions from before the ledger.
        artifacts: Option<Digest>,
        /// Who registered it.
        author: Actor,
        /// Its commit.
        commit: CommitId,
        /// The candidate it was made from.
        from: Option<Version>,
        /// The way it takes.
        lane: Lane,
        /// Its place in the order of registration.
        order: u64,
        /// The planned time.
        planned: Option<DateTime<Utc>>,
        /// Why it was rejected or deprecated.
        reason: Option<String>,
        /// What to use instead.
        replacement: Option<Version>,
        /// Its standing.
        stage: Stage,
        /// Its tag.
        tag: Option<String>,
    }
}

record! {
    /// What is known about an artifact set.
    #[derive(Default)]
    SetRecord {
        /// Who agreed that it may enter which environment.
        approvals: Map<EnvironmentName, Map<Actor, Approval>>,
        /// The artifacts.
        artifacts: Option<Artifacts>,
        /// The set it derives from.
        derivation: Option<Derivation>,
        /// The latest outcome of each check; `check` or `check@environment`.
        evidence: Map<String, Evidence>,
        /// The waivers, by environment and gate.
        waivers: Map<EnvironmentName, Map<String, Waiver>>,
    }
}

record! {
    /// The latest outcome of a check.
    Evidence {
        /// When.
        at: DateTime<Utc>,
        /// Who recorded it.
        by: Actor,
        /// The outcome.
        outcome: Outcome,
        /// Why it does not apply, or where its log is.
        reason: Option<String>,
    }
}

record! {
    /// An approval.
    Approval {
        /// When.
        at: DateTime<Utc>,
        /// When it lapses.
        expires: Option<DateTime<Utc>>,
        /// The gates that held then.
        relied: Set<String>,
    }
}

record! {
    /// A waiver.
    Waiver {
        /// Who answers for it.
        by: Actor,
        /// When it lapses.
        expires: DateTime<Utc>,
        /// Why.
        reason: String,
    }
}

record! {
    /// What stands in an environment.
    #[derive(Default)]
    Slot {
        /// Whether a program moved it back the last time (INV-17).
        automated_rollback: bool,
        /// What it runs.
        current: Option<Occupant>,
        /// What is on its way in.
        flight: Option<Flight>,
        /// Why nothing gets in by itself.
        hold: Option<Hold>,
        /// The place in the order of registration of the newest version that got in.
        newest: Option<u64>,
        /// What it ran, verified, at any time.
        verified: BTreeSet<Subject>,
    }
}

keywords! {
    /// How well an occupant is known.
    Phase, "phase" {
        /// Seen to run exactly what was intended.
        Verified = "verified",
        /// Seen to run something else (INV-4).
        Drifted = "drifted",
        /// An effect failed; nobody has looked since.
        Unsure = "unsure",
    }
}

record! {
    /// What an environment runs.
    Occupant {
        /// The identity of the intended artifact set.
        artifacts: Option<Digest>,
        /// The identity of what was seen instead.
        observed: Option<Digest>,
        /// How well it is known.
        phase: Phase,
        /// Since when it is in this phase.
        since: Moment,
        /// What it is.
        subject: Subject,
    }
}

record! {
    /// What is on its way into an environment.
    Flight {
        /// The identity of the artifact set.
        artifacts: Digest,
        /// Who intends it.
        by: Actor,
        /// Whether it is a rollback.
        rollback: bool,
        /// Whether its effect began.
        started: bool,
        /// What it is.
        subject: Subject,
    }
}

record! {
    /// Why nothing gets into an environment by itself.
    Hold {
        /// Who put it on.
        by: Actor,
        /// Why.
        reason: String,
        /// The version that was rolled back, where a rollback put it on.
        rolled_back: Option<Version>,
    }
}

record! {
    /// A freeze that was announced.
    Freeze {
        /// The environments; all if there is none.
        environments: Set<EnvironmentName>,
        /// From when.
        from: DateTime<Utc>,
        /// Why.
        reason: String,
        /// Until when.
        until: Option<DateTime<Utc>>,
    }
}

record! {
    /// Owed work.
    Obligation {
        /// The evidence, if it is closed.
        closed: Option<String>,
        /// What kind of work.
        kind: ObligationKind,
        /// The line whose next release waits for it.
        line: Line,
        /// What it is about.
        version: Version,
        /// Whether it was waived and not done.
        waived: bool,
        /// In words.
        why: String,
    }
}

record! {
    /// Where a channel points.
    Channel {
        /// What it follows.
        follows: Follows,
        /// The version.
        version: Version,
    }
}

record! {
    /// A commitment to an event.
    Seal {
        /// Whether the event is public.
        disclosed: bool,
        /// Its place among all commitments.
        order: u64,
    }
}
