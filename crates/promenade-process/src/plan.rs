//! Plans: ordered steps as plain data, with the state they expect.

mod again;
pub(crate) mod content;
mod step;
mod stored;

use std::fmt;

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use promenade_promotion::CommitId;
use promenade_promotion::ledger::Head;
use serde::Serialize as _;
use serde_json::Value;

pub use step::{DocumentChange, Step};
pub use stored::{SCHEMA, StoredPlan, StoredPlanError};

/// What is going to be done, in order, and the state that it was planned for.
///
/// A plan is made by a [`Planner`](crate::Planner) and by nothing else; [`apply`](crate::apply) takes
/// it by value. It prints as the list of its steps, and is kept as JSON: see [`StoredPlan`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Plan {
    pub(crate) title: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) expected: Head,
    pub(crate) why: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    /// Returns what the plan is for, in a few words.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the time it was made for.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Returns the head that the ledger must have.
    #[must_use]
    pub fn expected_head(&self) -> &Head {
        &self.expected
    }

    /// Returns the reasons of what was computed, a sentence each.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        &self.why
    }

    /// Returns the steps in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Tells whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns the plan as JSON, schema `promenade.plan/1`: everything that is in it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let stored = StoredPlan::of(self.clone());
        stored
            .serialize(serde_json::value::Serializer)
            .expect("the keys of a plan are texts")
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan: {}", self.title)?;
        for why in &self.why {
            writeln!(f, "  because {why}")?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(f, "  {}. {step}", index + 1)?;
        }
        if self.steps.is_empty() {
            writeln!(f, "  nothing to do")?;
        }
        Ok(())
    }
}

/// The first digits of a commit, for people.
pub(crate) fn short(commit: &CommitId) -> &str {
    commit.as_str().get(..10).unwrap_or(commit.as_str())
}

/// The first digits of a digest, for people.
pub(crate) fn brief(digest: &Digest) -> String {
    let encoded = digest.encoded();
    encoded.get(..12).unwrap_or(&encoded).to_owned()
}
