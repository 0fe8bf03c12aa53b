//! Explain: how every gate of an environment stands for the next subject.

use chrono::{DateTime, Utc};

use crate::EnvironmentName;
use crate::command::Context;
use crate::decide::{Wish, entry_of};
use crate::environment::EnvironmentRule;
use crate::judge::Standing;
use crate::policy::{Policy, UnknownEnvironmentError};
use crate::state::{Stage, State};
use crate::subject::{Accepts, Subject};
use crate::verdict::{Blocker, Blockers, Rank};

/// How a promotion of one subject into one environment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The environment.
    pub environment: EnvironmentName,
    /// The subject that is next, if there is one.
    pub subject: Option<Subject>,
    /// Every gate, and how it stands.
    pub gates: Vec<(String, Standing)>,
    /// Everything that holds the promotion, the softest first; nothing if it is open.
    pub blockers: Vec<Blocker>,
}

impl Explanation {
    /// Returns whether nothing holds the promotion.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.blockers.is_empty()
    }

    /// Returns when time will have cleared everything, if time clears everything.
    #[must_use]
    pub fn clears_at(&self) -> Option<DateTime<Utc>> {
        Blockers::new(self.blockers.clone())?.clears_at()
    }
}

/// Explains the next step of an environment: of `subject`, or of the subject that is next.
///
/// # Errors
/// [`UnknownEnvironmentError`] if no environment has the name.
pub fn explain(
    state: &State,
    policy: &Policy,
    environment: &str,
    subject: Option<&Subject>,
    context: &Context,
) -> Result<Explanation, UnknownEnvironmentError> {
    let rule = policy.environment(environment)?;
    let subject = subject.cloned().or_else(|| next_subject(state, rule));
    let mut explanation = Explanation {
        environment: rule.name.clone(),
        subject: subject.clone(),
        gates: Vec::new(),
        blockers: Vec::new(),
    };
    let Some(subject) = subject else {
        explanation.blockers.push(Blocker::new(
            "subject",
            Rank::Blocked,
            format!(
                "there is no {} that is not in `{}` yet",
                rule.accepts, rule.name
            ),
            format!("registering a {}", rule.accepts),
        ));
        return Ok(explanation);
    };
    let wish = Wish {
        consent: None,
        derived: None,
        rule,
        subject: &subject,
        automated: false,
    };
    match entry_of(state, policy, context, &wish) {
        Err(blockers) => explanation.blockers = blockers.as_slice().to_vec(),
        Ok((blockers, gates)) => {
            let blockers = Blockers::new(blockers);
            explanation.blockers = blockers.map_or_else(Vec::new, |held| held.as_slice().to_vec());
            explanation.gates = gates;
        }
    }
    Ok(explanation)
}

/// Returns the subject that is next for an environment: the highest one that it accepts, that is neither
/// rejected nor deprecated, and that does not run there.
#[must_use]
pub fn next_subject(state: &State, rule: &EnvironmentRule) -> Option<Subject> {
    let slot = state.slot(&rule.name);
    let current = slot
        .and_then(|slot| slot.current.as_ref())
        .map(|current| &current.subject);
    let accepted = |stage: Stage| match rule.accepts {
        Accepts::Release => matches!(
            stage,
            Stage::Released | Stage::Prerelease | Stage::RolledBack
        ),
        Accepts::Commit | Accepts::Candidate => {
            !matches!(stage, Stage::Rejected | Stage::Deprecated | Stage::Selected)
        }
    };
    let there = current.and_then(Subject::version);
    let next = state.versions.iter().rev().find(|(version, record)| {
        accepted(record.stage) && there.is_none_or(|there| *version > there)
    });
    next.map(|(version, _)| Subject::Version(version.clone()))
}
