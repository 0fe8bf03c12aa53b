//! Events: what happened, who did it, when, and under which policy.

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use semver::Version;

use crate::codec::{Canonical, ReadError, Reader, Stop, Writer, record};
use crate::environment::DerivationKind;
use crate::gate::{ObligationKind, Outcome};
use crate::subject::{Lane, Line, Subject};
use crate::word::keywords;
use crate::{
    Actor, Artifacts, ChannelName, CommitId, EnvironmentName, GateName, ItemId, Map, Moment, Set,
};

/// The format of event bodies that this version writes.
pub const EVENT_FORMAT: u64 = 1;

/// Something that happened.
///
/// ```
/// use promenade_promotion::{Event, EventKind};
///
/// let bytes = br#"{"at":"2026-11-21T08:00:00Z","by":"ci:build","clocks":{},"event":"hold-released","fields":{"environment":"staging"},"format":1,"policy":null}"#;
/// let event = Event::parse(bytes)?;
/// assert!(matches!(event.kind, EventKind::HoldReleased { .. }));
/// assert_eq!(event.canonical_bytes(), bytes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// When, by which clocks; advisory, the order is that of the ledger.
    pub at: Moment,
    /// Who.
    pub by: Actor,
    /// What.
    pub kind: EventKind,
    /// The digest of the policy it was judged under; nothing for facts of before.
    pub policy: Option<Digest>,
}

/// Bytes are not an event in its canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseEventError {
    /// The event was written by a newer version of Promenade.
    #[error("event format `{found}` is not known; expected `1`")]
    NewerFormat {
        /// The format that was found.
        found: String,
    },
    /// The bytes are not what the canonical spelling has there.
    #[error("event at byte {at}: expected {expected}")]
    Syntax {
        /// Where.
        at: usize,
        /// What was expected.
        expected: String,
    },
}

impl From<ReadError> for ParseEventError {
    fn from(error: ReadError) -> Self {
        Self::Syntax {
            at: error.at,
            expected: error.expected.into_owned(),
        }
    }
}

impl Event {
    /// Returns the bytes that the ledger keeps: one JSON object with sorted keys and no white space.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }

    /// Reads canonical bytes; the exact inverse of [`Event::canonical_bytes`]. An event of a kind
    /// that is not known here is kept as [`EventKind::Unknown`] (INV-38).
    ///
    /// # Errors
    /// [`ParseEventError`] naming the byte, or the format if it is a newer one.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseEventError> {
        Self::from_bytes(bytes).map_err(|error| match other_format(bytes) {
            Some(found) => ParseEventError::NewerFormat { found },
            None => error.into(),
        })
    }
}

/// Returns the format that an object names, if it names another one than ours.
fn other_format(bytes: &[u8]) -> Option<String> {
    let mut input = Reader::new(bytes);
    input.begin(b'{').ok()?;
    loop {
        input.element().ok()?;
        let key = input.string().ok()?;
        input.colon().ok()?;
        let value = input.any().ok()?;
        if key == "format" {
            return (value != "1").then(|| value.to_owned());
        }
    }
}

impl Canonical for Event {
    fn write(&self, out: &mut Writer) {
        out.begin(b'{');
        out.key("at");
        self.at.at.write(out);
        out.key("by");
        self.by.write(out);
        out.key("clocks");
        self.at.clocks.write(out);
        out.key("event");
        out.string(self.kind.name());
        out.key("fields");
        self.kind.write_fields(out);
        out.key("format");
        EVENT_FORMAT.write(out);
        out.key("policy");
        self.policy.write(out);
        out.end(b'}');
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
        input.begin(b'{')?;
        let at = input.field("\"at\":")?;
        let by = input.field("\"by\":")?;
        let clocks = input.field("\"clocks\":")?;
        input.key("\"event\":")?;
        let name = input.string()?;
        input.key("\"fields\":")?;
        let kind = EventKind::read_fields(&name, input)?;
        input.key("\"format\":")?;
        input.literal("1")?;
        let policy = input.field("\"policy\":")?;
        input.close(b'}')?;
        let at = Moment { at, clocks };
        Ok(Self {
            at,
            by,
            kind,
            policy,
        })
    }
}

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    })+) => {
        /// What happened: a closed list. Embedders add [`EventKind::Extension`]s, which change no state.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind {
            $($(#[$doc])* $variant { $($(#[$field_doc])* $field: $type,)* },)+
            /// An event of a kind that a newer version of Promenade knows. It can be read past, but
            /// nothing can be decided after it (INV-38).
            Unknown {
                /// The name of the kind.
                name: String,
                /// The fields, as they stand in the ledger.
                fields: String,
            },
        }

        impl EventKind {
            /// The names of all kinds that are known.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Returns the name of the kind, as the ledger spells it.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant { .. } => $name,)+
                    Self::Unknown { name, .. } => name,
                }
            }

            fn write_fields(&self, out: &mut Writer) {
                match self {
                    $(Self::$variant { $($field),* } => {
                        out.begin(b'{');
                        $(
                            out.key(stringify!($field));
                            $field.write(out);
                        )*
                        out.end(b'}');
                    })+
                    Self::Unknown { fields, .. } => out.raw(fields),
                }
            }

            fn read_fields(name: &str, input: &mut Reader<'_>) -> Result<Self, Stop> {
                match name {
                    $($name => {
                        input.begin(b'{')?;
                        $(let $field = input.field(concat!("\"", stringify!($field), "\":"))?;)*
                        input.close(b'}')?;
                        Ok(Self::$variant { $($field),* })
                    })+
                    _ => Ok(Self::Unknown {
                        name: name.to_owned(),
                        fields: input.any()?.to_owned(),
                    }),
                }
            }
        }
    };
}

events! {
    /// A repository was taken up in mid-history: what its tags say is the genesis of the ledger.
    Adopted = "adopted" {
        /// Where each environment stood, as far as it is known.
        current: Map<EnvironmentName, Subject>,
        /// Where the facts come from.
        source: String,
        /// The versions that existed.
        versions: Vec<AdoptedVersion>,
    }
    /// A commit was built.
    BuildRecorded = "build-recorded" {
        /// What came out.
        artifacts: Artifacts,
        /// The commit.
        commit: CommitId,
        /// The version it carries, if it carries one.
        version: Option<Version>,
    }
    /// A candidate was registered; its artifacts are fixed from here on (INV-1).
    CandidateRegistered = "candidate-registered" {
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
    }
    /// A check had an outcome for an artifact set.
    CheckRecorded = "check-recorded" {
        /// The identity of the artifact set it looked at.
        artifacts: Digest,
        /// The environment in which it looked, if it means only there.
        environment: Option<EnvironmentName>,
        /// The check.
        gate: GateName,
        /// Its outcome.
        outcome: Outcome,
        /// Why it does not apply, or where its log is.
        reason: Option<String>,
    }
    /// Someone agreed that an artifact set may enter an environment.
    Approved = "approved" {
        /// The identity of the artifact set.
        artifacts: Digest,
        /// The environment.
        environment: EnvironmentName,
        /// When the approval lapses.
        expires: Option<DateTime<Utc>>,
        /// The gates that held then, on which the approval relies (INV-27).
        relied: Set<String>,
    }
    /// Someone took an approval back.
    ApprovalWithdrawn = "approval-withdrawn" {
        /// The identity of the artifact set.
        artifacts: Digest,
        /// The environment.
        environment: EnvironmentName,
    }
    /// A candidate was rejected, for ever (INV-12, INV-13).
    CandidateRejected = "candidate-rejected" {
        /// Why.
        reason: String,
        /// The candidate.
        version: Version,
    }
    /// A promotion is intended; what follows is its effect.
    Promoted = "promoted" {
        /// The identity of the artifact set.
        artifacts: Digest,
        /// Whether a program does it, and no person.
        automated: bool,
        /// Why an older version may follow a newer one, if it does.
        consent: Option<String>,
        /// How the artifacts derive from those that the version was registered with.
        derivation: Option<Derivation>,
        /// The environment.
        environment: EnvironmentName,
        /// The gates that held, and how.
        gates: Map<String, String>,
        /// What is promoted.
        subject: Subject,
    }
    /// The effect of a promotion began.
    DeploymentStarted = "deployment-started" {
        /// The environment.
        environment: EnvironmentName,
    }
    /// The environment was seen to run exactly what was intended.
    DeploymentVerified = "deployment-verified" {
        /// The identity of the artifact set that was seen.
        artifacts: Digest,
        /// The environment.
        environment: EnvironmentName,
    }
    /// A promotion or rollback did not come about.
    DeploymentFailed = "deployment-failed" {
        /// The environment.
        environment: EnvironmentName,
        /// Why.
        reason: String,
    }
    /// An environment was looked at.
    Observed = "observed" {
        /// The identity of the artifact set that it runs.
        artifacts: Digest,
        /// The environment.
        environment: EnvironmentName,
    }
    /// A release was made.
    Released = "released" {
        /// Its artifacts: those of the candidate, unless they derive from them.
        artifacts: Artifacts,
        /// The commit of the release.
        commit: CommitId,
        /// How the artifacts derive from the candidate's, where they are not the same.
        derivation: Option<Derivation>,
        /// The candidate that was selected.
        from: Option<Version>,
        /// The way it took.
        lane: Lane,
        /// Whether it is marked as a pre-release.
        mark: Mark,
        /// The paths that differ between the commit of the candidate and that of the release.
        paths: Set<String>,
        /// Its tag.
        tag: Option<String>,
        /// Its version.
        version: Version,
    }
    /// The day of a version was planned.
    Scheduled = "scheduled" {
        /// The planned time.
        at: DateTime<Utc>,
        /// The version.
        version: Version,
    }
    /// A channel was moved.
    ChannelMoved = "channel-moved" {
        /// What moved it.
        cause: MoveCause,
        /// The channel.
        channel: ChannelName,
        /// What it follows.
        follows: Follows,
        /// The version it pointed at.
        from: Option<Version>,
        /// The version it points at.
        to: Version,
    }
    /// A release was deprecated; it is not deleted (law 7).
    Deprecated = "deprecated" {
        /// Why.
        reason: String,
        /// What to use instead.
        replacement: Option<Version>,
        /// The release.
        version: Version,
    }
    /// An environment goes back to what it ran before; it is held from here on (INV-16).
    RolledBack = "rolled-back" {
        /// The identity of the artifact set it goes back to.
        artifacts: Digest,
        /// Whether a program does it, and no person.
        automated: bool,
        /// The environment.
        environment: EnvironmentName,
        /// What it leaves.
        from: Option<Subject>,
        /// Why.
        reason: String,
        /// What it goes back to.
        to: Subject,
    }
    /// An environment was held.
    Held = "held" {
        /// The environment.
        environment: EnvironmentName,
        /// Why.
        reason: String,
    }
    /// The hold of an environment was taken off.
    HoldReleased = "hold-released" {
        /// The environment.
        environment: EnvironmentName,
    }
    /// Nothing moves for a while.
    Frozen = "frozen" {
        /// The environments; all if there is none.
        environments: Set<EnvironmentName>,
        /// From when.
        from: DateTime<Utc>,
        /// The name of the freeze.
        id: ItemId,
        /// Why.
        reason: String,
        /// Until when; until it is lifted, if there is none.
        until: Option<DateTime<Utc>>,
    }
    /// A freeze was lifted.
    Thawed = "thawed" {
        /// The name of the freeze.
        id: ItemId,
    }
    /// Someone answers for a gate that does not hold (INV-28).
    Waived = "waived" {
        /// The identity of the artifact set; the waiver is for no other.
        artifacts: Digest,
        /// The environment.
        environment: EnvironmentName,
        /// When the waiver lapses.
        expires: DateTime<Utc>,
        /// The gate, as blockers name it.
        gate: String,
        /// Why.
        reason: String,
    }
    /// Work is owed.
    ObligationOpened = "obligation-opened" {
        /// Its id.
        id: ItemId,
        /// What kind of work.
        kind: ObligationKind,
        /// The line whose next release waits for it.
        line: Line,
        /// What it is about.
        version: Version,
        /// In words.
        why: String,
    }
    /// Owed work was done, or someone answers for leaving it.
    ObligationClosed = "obligation-closed" {
        /// The evidence: a commit that holds the merge, a link, or why it is not needed.
        evidence: String,
        /// Its id.
        id: ItemId,
        /// Whether it was waived and not done.
        waived: bool,
    }
    /// An effect on the world is intended (INV-42).
    EffectIntended = "effect-intended" {
        /// What it does, for people.
        action: String,
        /// Its id, by which it is done once.
        id: ItemId,
    }
    /// An effect was seen to be done, or not to come about.
    EffectSettled = "effect-settled" {
        /// Whether it is done.
        done: bool,
        /// Its id.
        id: ItemId,
        /// What was seen.
        observed: String,
    }
    /// Something happened that is not public yet: only its commitment is.
    Sealed = "sealed" {
        /// The commitment to one event.
        commitment: Digest,
    }
    /// What was sealed is public now: the event and the nonce under its commitment (INV-41).
    Disclosed = "disclosed" {
        /// The commitment that was sealed.
        commitment: Digest,
        /// The canonical bytes of the event.
        event: String,
        /// The nonce of the commitment.
        nonce: String,
    }
    /// Something of an embedder; it changes no state.
    Extension = "extension" {
        /// What the embedder keeps.
        body: String,
        /// Whose it is.
        namespace: GateName,
    }
}

record! {
    /// A version that existed before the ledger.
    AdoptedVersion {
        /// The commit.
        commit: CommitId,
        /// The day of its tag.
        since: DateTime<Utc>,
        /// The standing.
        stage: AdoptedStage,
        /// The tag.
        tag: String,
        /// The version.
        version: Version,
    }
}

keywords! {
    /// What an adopted version was.
    AdoptedStage, "adopted stage" {
        /// A candidate that no release followed.
        Candidate = "candidate",
        /// A release.
        Released = "released",
    }
}

keywords! {
    /// How a release is marked where it is shown.
    Mark, "mark" {
        /// As a pre-release: it exists, and no stable channel may point at it.
        Prerelease = "pre-release",
        /// As a release.
        Release = "release",
    }
}

record! {
    /// How an artifact set derives from another one.
    Derivation {
        /// The identity of the set it derives from.
        from: Digest,
        /// In which way.
        kind: DerivationKind,
        /// The digest of the proof.
        proof: Digest,
    }
}

keywords! {
    /// What moves a channel.
    MoveCause, "cause of a move" {
        /// A release.
        Release = "release",
        /// A promotion into the environment that the channel names.
        Promotion = "promotion",
        /// A rollback, the only thing that moves one backwards.
        Rollback = "rollback",
    }
}

keywords! {
    /// What a channel follows.
    Follows, "channel policy" {
        /// Exactly one version, for ever: `1.4.2`.
        Fixed = "fixed",
        /// The highest release of its line: `latest`, `1`, `1.4`.
        Highest = "highest",
        /// The release made last.
        MostRecent = "most-recent",
        /// What runs in an environment: `mainnet`.
        Environment = "environment",
        /// The newest candidate: `next`, `pre-release`.
        Candidate = "candidate",
    }
}
