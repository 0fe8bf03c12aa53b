//! Commands: what someone wants to happen, and the context in which they want it.

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use semver::Version;

use crate::event::{AdoptedVersion, Derivation, Follows, Mark};
use crate::gate::{ObligationKind, Outcome};
use crate::subject::{Lane, Line, Subject};
use crate::{
    Actor, Artifacts, ChannelName, CommitId, EnvironmentName, GateName, ItemId, Moment, Set,
};

/// Who asks, and when.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Context {
    /// Who: an actor whose signature or CI identity was verified by the caller.
    pub by: Actor,
    /// When, by the caller's clock and any other that is trusted.
    pub at: Moment,
}

impl Context {
    /// Makes a context.
    #[must_use]
    pub fn new(by: Actor, at: impl Into<Moment>) -> Self {
        Self { by, at: at.into() }
    }
}

/// What someone wants to happen. Environments may be named by an alias.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Take up a repository in mid-history; possible only as the first event.
    Adopt {
        /// Where each environment stands, as far as it is known.
        current: Vec<(EnvironmentName, Subject)>,
        /// Where the facts come from.
        source: String,
        /// The versions that exist, in the order in which they were made.
        versions: Vec<AdoptedVersion>,
    },
    /// Record what a commit was built to.
    RecordBuild {
        /// What came out.
        artifacts: Artifacts,
        /// The commit.
        commit: CommitId,
        /// The version it carries, if it carries one.
        version: Option<Version>,
    },
    /// Register a candidate.
    RegisterCandidate {
        /// What is promoted.
        artifacts: Artifacts,
        /// The commit it was built from.
        commit: CommitId,
        /// The way it takes.
        lane: Lane,
        /// Its tag.
        tag: Option<String>,
        /// Its version.
        version: Version,
    },
    /// Record the outcome of a check, a signature's verification, or a checklist item.
    RecordCheck {
        /// The identity of the artifact set.
        artifacts: Digest,
        /// The environment, if it means only there.
        environment: Option<EnvironmentName>,
        /// The name.
        gate: GateName,
        /// The outcome.
        outcome: Outcome,
        /// Why it does not apply (needed then), or where its log is.
        reason: Option<String>,
    },
    /// Agree that a subject may enter an environment (`release` for the gates of a release).
    Approve {
        /// The environment.
        environment: EnvironmentName,
        /// What.
        subject: Subject,
    },
    /// Take an approval back.
    WithdrawApproval {
        /// The environment.
        environment: EnvironmentName,
        /// What.
        subject: Subject,
    },
    /// Reject a candidate, for ever.
    Reject {
        /// Why.
        reason: String,
        /// The candidate.
        version: Version,
    },
    /// Promote a subject into an environment: record the intent.
    Promote {
        /// Whether a program asks, and no person.
        automated: bool,
        /// Why an older version may follow a newer one, if that is meant.
        consent: Option<String>,
        /// The artifact set, if it derives from the subject's own.
        derived: Option<(Digest, Derivation)>,
        /// Where to.
        environment: EnvironmentName,
        /// What.
        subject: Subject,
    },
    /// Begin the effect of a promotion; freezes, holds and rejections are judged again (INV-31).
    Deploy {
        /// Where.
        environment: EnvironmentName,
    },
    /// Record that an environment was seen to run an artifact set, after an effect.
    VerifyDeployed {
        /// Where.
        environment: EnvironmentName,
        /// What was seen.
        observed: Digest,
    },
    /// Record that an effect did not come about, or give a promotion up.
    FailDeployment {
        /// Where.
        environment: EnvironmentName,
        /// Why.
        reason: String,
    },
    /// Record what an environment runs, at any time.
    Observe {
        /// Where.
        environment: EnvironmentName,
        /// What was seen.
        observed: Digest,
    },
    /// Make a release.
    Release(Box<MakeRelease>),
    /// Plan the day of a version.
    Schedule {
        /// The planned time.
        at: DateTime<Utc>,
        /// The version.
        version: Version,
    },
    /// Record that channels were moved.
    MoveChannels {
        /// The moves, all or none.
        moves: Vec<ChannelMove>,
    },
    /// Advise against a release.
    Deprecate {
        /// Why.
        reason: String,
        /// What to use instead.
        replacement: Option<Version>,
        /// The release.
        version: Version,
    },
    /// Take an environment back to what it ran before.
    Rollback {
        /// Whether a program asks, and no person.
        automated: bool,
        /// Where.
        environment: EnvironmentName,
        /// Why.
        reason: String,
        /// Back to what.
        to: Subject,
    },
    /// Take channels back to an earlier release.
    RollbackChannels {
        /// The moves, all or none.
        moves: Vec<ChannelMove>,
        /// Why.
        reason: String,
    },
    /// Hold an environment.
    Hold {
        /// Where.
        environment: EnvironmentName,
        /// Why.
        reason: String,
    },
    /// Take a hold off.
    Unhold {
        /// Where.
        environment: EnvironmentName,
    },
    /// Announce a freeze.
    Freeze {
        /// The environments; all if there is none.
        environments: Set<EnvironmentName>,
        /// From when.
        from: DateTime<Utc>,
        /// Its name.
        id: ItemId,
        /// Why.
        reason: String,
        /// Until when.
        until: Option<DateTime<Utc>>,
    },
    /// Lift a freeze.
    Thaw {
        /// Its name.
        id: ItemId,
    },
    /// Answer for a gate that does not hold.
    Waive {
        /// Where.
        environment: EnvironmentName,
        /// When the waiver lapses.
        expires: DateTime<Utc>,
        /// The gate, as blockers name it.
        gate: String,
        /// Why.
        reason: String,
        /// For what.
        subject: Subject,
    },
    /// Record owed work.
    OpenObligation {
        /// Its id.
        id: ItemId,
        /// What kind of work.
        kind: ObligationKind,
        /// The lines whose next release waits for it; one obligation each.
        lines: Vec<Line>,
        /// What it is about.
        version: Version,
        /// In words.
        why: String,
    },
    /// Record that owed work was done, or is left.
    CloseObligation {
        /// The evidence, or why it is left.
        evidence: String,
        /// Its id.
        id: ItemId,
        /// Whether it is left.
        waived: bool,
    },
    /// Record the intent of an effect on the world.
    IntendEffect {
        /// What it does.
        action: String,
        /// Its id.
        id: ItemId,
    },
    /// Record how an effect came out.
    SettleEffect {
        /// Whether it is done.
        done: bool,
        /// Its id.
        id: ItemId,
        /// What was seen.
        observed: String,
    },
    /// Record the commitment to an event that is not public.
    Seal {
        /// The commitment.
        commitment: Digest,
    },
    /// Make a sealed event public.
    Disclose {
        /// The event.
        event: Box<crate::Event>,
        /// The nonce of its commitment.
        nonce: String,
    },
    /// Record something of an embedder.
    Extend {
        /// What.
        body: String,
        /// Whose.
        namespace: GateName,
    },
}

/// The release to make.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MakeRelease {
    /// Its artifacts.
    pub artifacts: Artifacts,
    /// Whether it is a backport: a release of an older line that has no candidate of its own.
    pub backport: bool,
    /// Its commit.
    pub commit: CommitId,
    /// How the artifacts derive from the candidate's, where they are not the same.
    pub derivation: Option<Derivation>,
    /// The candidate that is selected.
    pub from: Option<Version>,
    /// The way it takes.
    pub lane: Lane,
    /// How it is marked.
    pub mark: Mark,
    /// The lines that a hotfix must be merged back into; `x` if none is named.
    pub merge_back: Vec<Line>,
    /// The paths that differ between the commits.
    pub paths: Set<String>,
    /// Its tag.
    pub tag: Option<String>,
    /// Its version.
    pub version: Version,
}

impl MakeRelease {
    /// A release of a candidate, with the candidate's artifacts.
    #[must_use]
    pub fn of_candidate(
        version: Version,
        from: Version,
        commit: CommitId,
        artifacts: Artifacts,
    ) -> Self {
        Self {
            from: Some(from),
            ..Self::direct(version, commit, artifacts)
        }
    }

    /// A release without a candidate: a hotfix, a backport, or a process that has no candidates.
    #[must_use]
    pub fn direct(version: Version, commit: CommitId, artifacts: Artifacts) -> Self {
        Self {
            artifacts,
            backport: false,
            commit,
            derivation: None,
            from: None,
            lane: Lane::Regular,
            mark: Mark::Release,
            merge_back: Vec::new(),
            paths: Set::new(),
            tag: None,
            version,
        }
    }

    /// A backport: a release of an older line.
    #[must_use]
    pub fn backport(version: Version, commit: CommitId, artifacts: Artifacts) -> Self {
        Self {
            backport: true,
            ..Self::direct(version, commit, artifacts)
        }
    }
}

/// One move of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChannelMove {
    /// The channel.
    pub channel: ChannelName,
    /// What it follows.
    pub follows: Follows,
    /// The version it points at now, as far as the caller knows; the move is refused if it does not (INV-23).
    pub from: Option<Version>,
    /// The version it is to point at.
    pub to: Version,
    /// The environment it names, if it follows one.
    pub environment: Option<EnvironmentName>,
}
