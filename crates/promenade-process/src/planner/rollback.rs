//! Rollback and deprecation: states, never deletions.

use promenade_promotion::{Command, EnvironmentName, Stage, Subject};
use promenade_tag::{ChannelEvent, Remedy};
use promenade_version::Version;

use super::publish::About;
use super::{Draft, PlanError, Planned, Planner};
use crate::hook::{HookEvent, HookTime};

impl Planner<'_> {
    /// Plans the deprecation of a release: it is advised against, and the channels that point at
    /// it go back to the best release that is left (C28 to C30). Nothing is deleted.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if there is no such release.
    pub fn deprecate(
        &self,
        version: &Version,
        reason: &str,
        replacement: Option<&Version>,
    ) -> Result<Planned, PlanError> {
        let text = self.text(version);
        let mut draft = Draft::new(self, &format!("deprecate {text}"));
        let published = self
            .state
            .version(version)
            .filter(|record| record.stage.is_release())
            .and_then(|record| draft.published(version, &record.commit))
            .ok_or_else(|| PlanError::Unknown {
                what: format!("version {text}"),
                reason: "it was not released".to_owned(),
            })?;
        let tag = published.tag.clone();
        let about = About {
            version: Some(version),
            tag: Some(&tag),
            ..About::default()
        };
        draft.hooks(HookEvent::Deprecation, HookTime::Before, about);
        draft.record([Command::Deprecate {
            reason: reason.to_owned(),
            replacement: replacement.cloned(),
            version: version.clone(),
        }])?;
        let event = ChannelEvent::Withdraw {
            tag: published.tag,
            remedy: Remedy::Repoint,
            reason: reason.to_owned(),
        };
        let plan = draft.plan_channels(&event)?;
        draft.move_channels(&plan, Some(reason), None)?;
        draft.banner(&tag, reason, replacement)?;
        draft.hooks(HookEvent::Deprecation, HookTime::After, about);
        Ok(draft.finish())
    }

    /// Plans the way back of an environment to what it ran before, verified; the environment is held
    /// then (INV-14, INV-16).
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if nothing that it ran before may be gone back to.
    pub fn rollback(
        &self,
        environment: &EnvironmentName,
        to: Option<&Version>,
        reason: &str,
    ) -> Result<Planned, PlanError> {
        let to = match to {
            Some(version) => Subject::Version(version.clone()),
            None => self.before(environment).ok_or_else(|| PlanError::Unknown {
                what: format!("environment `{environment}`"),
                reason: "it has run nothing else, verified, that may be gone back to".to_owned(),
            })?,
        };
        let title = format!("roll {environment} back to {}", self.name(&to));
        let mut draft = Draft::new(self, &title);
        let target = to.clone();
        let about = About {
            version: target.version(),
            environment: Some(environment),
            ..About::default()
        };
        draft.hooks(HookEvent::Rollback, HookTime::Before, about);
        draft.record([Command::Rollback {
            automated: false,
            environment: environment.clone(),
            reason: reason.to_owned(),
            to,
        }])?;
        draft.hooks(HookEvent::Rollback, HookTime::After, about);
        Ok(draft.finish())
    }

    /// The newest version that an environment ran, verified, other than what it runs now.
    fn before(&self, environment: &EnvironmentName) -> Option<Subject> {
        let slot = self.state.slot(environment)?;
        let current = slot.current.as_ref().map(|occupant| &occupant.subject);
        let standing = |subject: &&Subject| {
            subject
                .version()
                .and_then(|version| self.state.version(version))
                .is_none_or(|record| {
                    matches!(
                        record.stage,
                        Stage::Released | Stage::Candidate | Stage::Selected
                    )
                })
        };
        slot.verified
            .iter()
            .rev()
            .filter(|subject| Some(*subject) != current)
            .find(standing)
            .cloned()
    }
}
