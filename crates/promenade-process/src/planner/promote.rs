//! Promotions, and what an environment was seen to run.

use promenade_digest::Digest;
use promenade_promotion::{Command, EnvironmentName, Subject};
use promenade_tag::ChannelEvent;

use super::publish::About;
use super::{Draft, PlanError, Planned, Planner};
use crate::hook::{HookEvent, HookTime};

impl Planner<'_> {
    /// Plans the way of a subject into an environment: the record of the intent and of its begin, the
    /// hooks that carry it out, and, if one of them observes, the record of what was seen.
    ///
    /// # Errors
    /// [`PlanError`] if a channel cannot be planned.
    pub fn promote(
        &self,
        environment: &EnvironmentName,
        subject: &Subject,
        automated: bool,
        consent: Option<String>,
    ) -> Result<Planned, PlanError> {
        let title = format!("promote {} to {environment}", self.name(subject));
        let mut draft = Draft::new(self, &title);
        let record = subject
            .version()
            .and_then(|version| self.state.version(version));
        let about = About {
            version: subject.version(),
            tag: record.and_then(|record| record.tag.as_deref()),
            commit: record.map(|record| &record.commit),
            environment: Some(environment),
        };
        draft.hooks(HookEvent::Promotion, HookTime::Before, about);
        draft.record([
            Command::Promote {
                automated,
                consent,
                derived: None,
                environment: environment.clone(),
                subject: subject.clone(),
            },
            Command::Deploy {
                environment: environment.clone(),
            },
        ])?;
        draft.hooks(HookEvent::Promotion, HookTime::After, about);
        let observes = self.process.hooks().iter().any(|rule| {
            rule.observes && rule.on == HookEvent::Promotion && rule.is_for(Some(environment))
        });
        if observes && let Some(observed) = self.state.artifacts_of(subject) {
            draft.seen(environment, observed)?;
        }
        Ok(draft.finish())
    }

    /// Plans the record of what an environment was seen to run; the channels that follow it move.
    ///
    /// # Errors
    /// [`PlanError`] if a channel cannot be planned.
    pub fn observe(
        &self,
        environment: &EnvironmentName,
        observed: Digest,
    ) -> Result<Planned, PlanError> {
        let mut draft = Draft::new(self, &format!("look at {environment}"));
        draft.seen(environment, observed)?;
        Ok(draft.finish())
    }

    /// Returns a subject in the words of the process.
    pub(super) fn name(&self, subject: &Subject) -> String {
        match subject {
            Subject::Version(version) => self.text(version),
            Subject::Commit(commit) => commit.to_string(),
        }
    }
}

impl Draft<'_, '_> {
    /// Records what was seen: it ends the promotion that is on its way, if one is.
    fn seen(&mut self, environment: &EnvironmentName, observed: Digest) -> Result<(), PlanError> {
        let slot = self.state().slot(environment);
        let environment = environment.clone();
        let command = match slot.and_then(|slot| slot.flight.as_ref()) {
            Some(_) => Command::VerifyDeployed {
                environment: environment.clone(),
                observed,
            },
            None => Command::Observe {
                environment: environment.clone(),
                observed,
            },
        };
        self.record([command])?;
        self.environment_channels(&environment)
    }

    /// Moves the channels that follow an environment to what is verified there (INV-22).
    fn environment_channels(&mut self, environment: &EnvironmentName) -> Result<(), PlanError> {
        use promenade_promotion::Phase;

        let slot = self.state().slot(environment);
        let current = slot.and_then(|slot| slot.current.as_ref());
        let verified = current.filter(|current| current.phase == Phase::Verified);
        let Some(version) = verified.and_then(|current| current.subject.version().cloned()) else {
            return Ok(());
        };
        let commit = self.state().version(&version).map(|it| it.commit.clone());
        let Some(published) = commit.and_then(|commit| self.published(&version, &commit)) else {
            return Ok(());
        };
        let event = ChannelEvent::Promote {
            environment: environment.to_string(),
            published,
        };
        let plan = self.plan_channels(&event)?;
        self.move_channels(&plan, None, Some(environment))
    }
}
