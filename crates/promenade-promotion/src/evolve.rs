//! Evolve: the state after an event. What no policy may ever allow is refused here as well.

mod consent;
mod deploy;
mod records;
mod versions;

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use semver::Version;

use crate::event::{Event, EventKind, MoveCause};
use crate::state::{Channel, SetRecord, Slot, Stage, State};
use crate::{EnvironmentName, embargo, table};

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
                self.adopt(versions, &event.by)?;
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

    fn slot_mut(&mut self, environment: &EnvironmentName) -> &mut Slot {
        self.slots.get_or_insert_with(environment, Slot::default)
    }
}

fn unknown(version: &Version) -> String {
    format!("version `{version}` is not known")
}

/// Returns whether a time lies in `[from, until)`.
pub(crate) fn within(at: DateTime<Utc>, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> bool {
    from <= at && until.is_none_or(|until| at < until)
}
