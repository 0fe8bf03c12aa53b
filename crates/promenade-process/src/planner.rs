//! Planning: from facts, state and a wish to a plan, or to everything that holds it.

mod after;
mod assets;
mod disclose;
mod documents;
mod draft;
mod emergency;
mod line;
mod promote;
mod publish;
mod release;
mod rollback;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use promenade_promotion::ledger::{Head, StreamId};
use promenade_promotion::{Actor, Artifacts, Blockers, Command, CommitId, Stage, State};
use promenade_tag::{Class, NameTagError};
use promenade_version::{Change, Lane, Next, NextVersionError, Request, Version};

use crate::Plan;
use crate::Process;
use crate::embargo::Embargo;
use crate::hook::{HookEvent, HookTime};
use crate::port::forge::AssetError;
use crate::port::repository::{Author, RepositoryError};
pub use assets::{Build, BuildFile};
use draft::Draft;
pub(crate) use draft::operation;
pub use emergency::EmergencyRequest;
pub use line::HotfixRequest;
use publish::About;
pub use publish::Remote;
pub use release::ReleaseRequest;
pub use rollback::Withdrawal;

/// The outcome of planning: refusal is data, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Planned {
    /// This is what would be done.
    Ready(Box<Plan>),
    /// It is held, by all of these at once.
    Held {
        /// What was wanted.
        title: String,
        /// What holds it, and who or when clears it.
        blockers: Blockers,
    },
}

/// Something cannot be planned at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The next version cannot be computed.
    #[error("{0}")]
    Version(NextVersionError),
    /// The tag has no name.
    #[error("{0}")]
    Tag(NameTagError),
    /// A document cannot be edited.
    #[error("`{path}`: {reason}")]
    Document {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A channel cannot be planned.
    #[error("channels: {reason}")]
    Channel {
        /// Why.
        reason: String,
    },
    /// Something that the plan needs is not known.
    #[error("{what}: {reason}")]
    Unknown {
        /// What was asked for.
        what: String,
        /// What is known instead.
        reason: String,
    },
    /// A file cannot be attached to the release on the forge.
    #[error("{0}")]
    Asset(AssetError),
    /// The repository cannot be read.
    #[error("{0}")]
    Repository(RepositoryError),
}

/// Who plans, when, and for whom commits and tags are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hand {
    /// The actor that the ledger names.
    pub actor: Actor,
    /// The author of commits and tags.
    pub author: Author,
    /// The time.
    pub at: DateTime<Utc>,
    /// Whether tags can be signed.
    pub signs: bool,
}

/// Plans the steps of a process from a state of its ledger. Pure: nothing is read or written.
#[derive(Clone, Copy, Debug)]
pub struct Planner<'a> {
    process: &'a Process,
    stream: &'a StreamId,
    state: &'a State,
    head: Head,
    hand: &'a Hand,
    remote: Option<&'a Remote>,
    component: Option<&'a str>,
    why: &'a [String],
    embargo: Option<&'a Embargo>,
}

impl<'a> Planner<'a> {
    /// Makes a planner for the state at `head` of a stream.
    #[must_use]
    pub fn new(
        process: &'a Process,
        stream: &'a StreamId,
        state: &'a State,
        head: Head,
        hand: &'a Hand,
    ) -> Self {
        Self {
            process,
            stream,
            state,
            head,
            hand,
            remote: None,
            component: None,
            why: &[],
            embargo: None,
        }
    }

    /// Has what is made published at a remote, each time before the first step outside of the
    /// repository, and at the end.
    #[must_use]
    pub fn publishing(mut self, remote: &'a Remote) -> Self {
        self.remote = Some(remote);
        self
    }

    /// Plans for one of several components: its tags, its group of files. Its ledger is its own.
    #[must_use]
    pub fn of_component(mut self, component: Option<&'a str>) -> Self {
        self.component = component;
        self
    }

    /// Has plans say why, before the reasons of their own: what changed since the last release.
    #[must_use]
    pub fn because(mut self, why: &'a [String]) -> Self {
        self.why = why;
        self
    }

    /// Plans under an embargo: every event goes into the private stream, its seal into the public one, and
    /// no step that others could see is taken (INV-41). The state must be [`Embargo::state`].
    #[must_use]
    pub fn under_embargo(mut self, embargo: &'a Embargo) -> Self {
        self.embargo = Some(embargo);
        self
    }

    /// Plans commands of the promotion machine (evidence, an approval, a promotion, a rejection) that
    /// are recorded together, all or none.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if the ledger does not take an event that was decided on it.
    pub fn commands(
        &self,
        title: &str,
        commands: impl IntoIterator<Item = Command>,
    ) -> Result<Planned, PlanError> {
        let mut draft = Draft::new(self, title);
        draft.record(commands)?;
        Ok(draft.finish())
    }

    /// Plans the next candidate on a commit that was built: its tag and its registration.
    ///
    /// An open series goes on; else one is opened for the version that `change` leads to.
    ///
    /// # Errors
    /// [`PlanError`] if there is no next version, or it has no tag.
    pub fn candidate(&self, commit: &CommitId, change: Change) -> Result<Planned, PlanError> {
        let next = self.next_candidate(change)?;
        let version = next.version().clone();
        let text = self.text(&version);
        let mut draft = Draft::new(self, &format!("candidate {text}"));
        draft.because(next.why());
        let Some(artifacts) = self.artifacts_of(commit) else {
            return Ok(draft.held_for_build(commit));
        };
        let tag = self.tag_name(Class::Candidate, &version)?;
        let about = About {
            version: Some(&version),
            tag: tag.as_deref(),
            commit: Some(commit),
            environment: None,
        };
        draft.hooks(HookEvent::Candidate, HookTime::Before, about);
        draft.record([Command::RegisterCandidate {
            artifacts,
            commit: commit.clone(),
            lane: promenade_promotion::Lane::Regular,
            tag: tag.clone(),
            version: version.clone(),
        }])?;
        draft.tag(Class::Candidate, &version, commit, Lane::Regular)?;
        draft.forge(Class::Candidate, &version, None, Vec::new())?;
        draft.channels(&version, commit)?;
        draft.hooks(HookEvent::Candidate, HookTime::After, about);
        Ok(draft.finish())
    }

    fn next_candidate(&self, change: Change) -> Result<Next, PlanError> {
        let policy = self.process.version();
        let released = self.highest_release();
        let open = self.open_candidate(released.as_ref());
        if let Some(open) = open {
            let impact = match change {
                Change::Impact(impact) => impact,
                Change::Level(_) => promenade_version::Impact::None,
            };
            return policy
                .next_candidate(&open, released.as_ref(), impact)
                .map_err(PlanError::Version);
        }
        let request = match &released {
            Some(released) => Request::after(released),
            None => Request::first(),
        };
        let request = match change {
            Change::Impact(impact) => request.impact(impact),
            Change::Level(level) => request.level(level),
        };
        policy
            .open_series(&request.on(self.hand.at.date_naive()))
            .map_err(PlanError::Version)?
            .ok_or_else(|| PlanError::Unknown {
                what: "the next version".to_owned(),
                reason: "nothing has changed since the last release".to_owned(),
            })
    }

    /// Returns the highest version that was released.
    fn highest_release(&self) -> Option<Version> {
        let versions = self.state.versions.iter().rev();
        versions
            .filter(|(_, record)| record.stage.is_release())
            .map(|(version, _)| version.clone())
            .next()
    }

    /// Returns the newest candidate above the last release: its series is open, even if it was
    /// rejected.
    fn open_candidate(&self, released: Option<&Version>) -> Option<Version> {
        let candidates = self
            .state
            .versions
            .iter()
            .filter(|(_, record)| matches!(record.stage, Stage::Candidate | Stage::Rejected));
        let (newest, _) = candidates.max_by_key(|(_, record)| record.order)?;
        (released < Some(newest)).then(|| newest.clone())
    }

    /// Returns the artifacts that a commit was built to, as the ledger has them.
    fn artifacts_of(&self, commit: &CommitId) -> Option<Artifacts> {
        let identity = self.state.commits.get(commit)?;
        self.state.sets.get(identity)?.artifacts.clone()
    }

    fn tag_name(&self, class: Class, version: &Version) -> Result<Option<String>, PlanError> {
        let tags = self.process.tags();
        if tags.rule(class, self.component, version).is_none() {
            return Ok(None);
        }
        tags.name(class, self.component, version)
            .map(|name| Some(name.to_string()))
            .map_err(PlanError::Tag)
    }

    /// Returns the text of a version in the scheme of the process.
    fn text(&self, version: &Version) -> String {
        let scheme = self.process.version().scheme();
        scheme
            .format(version)
            .unwrap_or_else(|_| version.to_string())
    }
}

/// The documents of a commit, by path.
pub type Documents = BTreeMap<String, Vec<u8>>;
