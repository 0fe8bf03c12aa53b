//! Decide: what a command becomes, or everything that holds it.

mod channels;
mod consent;
mod deploy;
mod versions;

pub(crate) use deploy::Wish;
use promenade_digest::Digest;
use semver::Version;

use crate::EnvironmentName;
use crate::command::{Command, Context};
use crate::environment::EnvironmentRule;
use crate::event::{Event, EventKind};
use crate::judge::Standing;
use crate::policy::Policy;
use crate::state::State;
use crate::subject::Subject;
use crate::verdict::{Blocker, Blockers, Rank, Verdict};

/// Judges a command: gives the events to append, or all blockers at once.
///
/// Pure: the same state, command, policy and context give the same verdict (INV-6).
pub fn decide(state: &State, command: &Command, policy: &Policy, context: &Context) -> Verdict {
    let desk = Desk {
        state,
        policy,
        context,
    };
    match desk.judge(command) {
        Ok(kinds) => Verdict::Advance(kinds.into_iter().map(|kind| desk.event(kind)).collect()),
        Err(blockers) => Verdict::Hold(blockers),
    }
}

/// Everything that holds a subject back from an environment, and how each gate stands.
pub(crate) fn entry_of(
    state: &State,
    policy: &Policy,
    context: &Context,
    wish: &Wish<'_>,
) -> Result<Judged, Blockers> {
    let desk = Desk {
        state,
        policy,
        context,
    };
    desk.understood()?;
    let artifacts = desk.artifacts_of(wish.subject)?;
    Ok(desk.entry_blockers(wish, artifacts, artifacts))
}

/// Blockers, and how each gate stands.
type Judged = (Vec<Blocker>, Vec<(String, Standing)>);

/// Events, or what holds them.
type Decision = Result<Vec<EventKind>, Blockers>;

#[derive(Clone, Copy)]
struct Desk<'a> {
    state: &'a State,
    policy: &'a Policy,
    context: &'a Context,
}

impl<'a> Desk<'a> {
    fn event(&self, kind: EventKind) -> Event {
        Event {
            at: self.context.at.clone(),
            by: self.context.by.clone(),
            kind,
            policy: Some(self.policy.digest()),
        }
    }

    fn judge(&self, command: &Command) -> Decision {
        self.understood()?;
        self.dispatch(command)
    }

    /// Judges events by the laws that hold under every policy, where only they can tell.
    fn by_law(&self, kinds: Vec<EventKind>) -> Decision {
        let mut ahead = self.state.clone();
        for kind in &kinds {
            if let Err(error) = ahead.apply(&self.event(kind.clone())) {
                return Err(Blocker::permanent(error.law(), error.why).into());
            }
        }
        Ok(kinds)
    }

    fn dispatch(&self, command: &Command) -> Decision {
        match command {
            Command::Adopt { .. }
            | Command::RecordBuild { .. }
            | Command::RegisterCandidate { .. }
            | Command::Reject { .. }
            | Command::Release(_)
            | Command::Schedule { .. }
            | Command::Deprecate { .. } => self.version_command(command),
            Command::Promote { .. }
            | Command::Deploy { .. }
            | Command::VerifyDeployed { .. }
            | Command::FailDeployment { .. }
            | Command::Observe { .. }
            | Command::Rollback { .. }
            | Command::Hold { .. }
            | Command::Unhold { .. } => self.deploy_command(command),
            Command::MoveChannels { moves } => self.move_channels(moves, None),
            Command::RollbackChannels { moves, reason } => self.move_channels(moves, Some(reason)),
            Command::RecordCheck { .. }
            | Command::Approve { .. }
            | Command::WithdrawApproval { .. }
            | Command::Waive { .. }
            | Command::Freeze { .. }
            | Command::Thaw { .. } => self.consent_command(command),
            Command::OpenObligation { .. }
            | Command::CloseObligation { .. }
            | Command::IntendEffect { .. }
            | Command::SettleEffect { .. }
            | Command::Seal { .. }
            | Command::Disclose { .. }
            | Command::Extend { .. } => self.record_command(command),
        }
    }

    /// Nothing is decided on a ledger that holds more than this version understands (INV-38).
    fn understood(&self) -> Result<(), Blockers> {
        match self.state.unknown.first() {
            None => Ok(()),
            Some(kind) => Err(Blocker::new(
                "format",
                Rank::Unknown,
                format!(
                    "the ledger holds events of kind `{kind}`, which this version does not know"
                ),
                "a newer version of Promenade",
            )
            .into()),
        }
    }

    fn environment(&self, name: &EnvironmentName) -> Result<&'a EnvironmentRule, Blockers> {
        self.policy
            .environment(name.as_str())
            .map_err(|error| Blocker::permanent("environment", error.to_string()).into())
    }

    /// An environment, or the gates of a release.
    fn environment_or_release(
        &self,
        name: &EnvironmentName,
    ) -> Result<&'a EnvironmentRule, Blockers> {
        match self.policy.environment(name.as_str()) {
            Ok(rule) => Ok(rule),
            Err(_) if name.as_str() == crate::policy::RELEASE => Ok(&self.policy.release_gates),
            Err(error) => Err(Blocker::permanent("environment", error.to_string()).into()),
        }
    }

    fn artifacts_of(&self, subject: &Subject) -> Result<Digest, Blockers> {
        if let Some(artifacts) = self.state.artifacts_of(subject) {
            return Ok(artifacts);
        }
        let known = match subject {
            Subject::Commit(_) => false,
            Subject::Version(version) => self.state.version(version).is_some(),
        };
        Err(if known {
            // Every other version is registered with what it was built to.
            let why = format!("`{subject}` was adopted, and no artifacts of it are recorded");
            let by = "a version that is registered with its build";
            Blocker::new("artifacts", Rank::Unknown, why, by).into()
        } else {
            let why = format!("`{subject}` is not known; {}", self.known_versions(subject));
            let by = match subject {
                Subject::Commit(_) => format!("recording the build of `{subject}`"),
                Subject::Version(_) => {
                    format!("registering `{subject}` as a candidate or a release")
                }
            };
            Blocker::new("subject", Rank::Unknown, why, by).into()
        })
    }

    fn known_versions(&self, subject: &Subject) -> String {
        let texts: Vec<_> = self
            .state
            .versions
            .iter()
            .map(|(version, _)| version.to_string())
            .collect();
        let near =
            crate::word::nearest(&subject.to_string(), &mut texts.iter().map(String::as_str));
        near.map_or_else(
            || format!("{} versions are", texts.len()),
            |near| format!("did you mean `{near}`?"),
        )
    }

    fn known(&self, version: &Version) -> Result<&'a crate::state::VersionRecord, Blockers> {
        self.state.version(version).ok_or_else(|| {
            let subject = Subject::Version(version.clone());
            let why = format!(
                "version `{version}` is not known; {}",
                self.known_versions(&subject)
            );
            Blocker::permanent("subject", why).into()
        })
    }
}

/// Gives the events if nothing holds them.
fn unless(blockers: Vec<Blocker>, kinds: Vec<EventKind>) -> Decision {
    match Blockers::new(blockers) {
        None => Ok(kinds),
        Some(blockers) => Err(blockers),
    }
}

/// A text for people must say something.
fn reason_given(gate: &str, reason: &str) -> Result<(), Blockers> {
    if reason.trim().is_empty() {
        Err(Blocker::new(
            gate,
            Rank::NeedsPerson,
            "no reason is given",
            "giving a reason",
        )
        .into())
    } else {
        Ok(())
    }
}
