//! Verdicts: go on with these events, or everything that still holds it up.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::Event;
use crate::codec::Text as _;
use crate::word::keywords;

/// What [`decide`](crate::decide) says about a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// These events are to be appended, all or none. There is none if everything is already as
    /// the command wants it.
    Advance(Vec<Event>),
    /// It is held, by all of these at once.
    Hold(Blockers),
}

impl Verdict {
    /// Returns the blockers, of which there are none if the verdict is to advance.
    #[must_use]
    pub fn blockers(&self) -> &[Blocker] {
        match self {
            Self::Advance(_) => &[],
            Self::Hold(blockers) => blockers.as_slice(),
        }
    }
}

keywords! {
    /// How hard a blocker is, from the softest to the hardest. The rank of a verdict is that of its
    /// hardest blocker; people are asked only for what no clock and no program can give.
    Rank, "rank" {
        /// It clears by itself, by time or by a check that runs.
        Waiting = "waiting",
        /// Something else must happen first: another promotion, an obligation, a predecessor.
        Blocked = "blocked",
        /// A person must act: approve, take off a hold, consent.
        NeedsPerson = "needs-person",
        /// It could not be judged, which is not the same as failed.
        Unknown = "unknown",
        /// It will never clear for this version.
        Permanent = "permanent",
    }
}

/// Why something is held, and what would change that (INV-44).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocker {
    /// The gate or the law that holds: `check:smoke`, `approvals`, `after:staging`, `identity`.
    pub gate: String,
    /// How hard it is.
    pub rank: Rank,
    /// What was found and what is expected.
    pub why: String,
    /// When it clears by itself, if time clears it.
    pub clears_at: Option<DateTime<Utc>>,
    /// Who or what can clear it; nothing can, if it is permanent.
    pub clears_by: Option<String>,
}

impl Blocker {
    /// Something that will never change for this version.
    #[must_use]
    pub fn permanent(gate: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            gate: gate.into(),
            rank: Rank::Permanent,
            why: why.into(),
            clears_at: None,
            clears_by: None,
        }
    }

    /// Something that time clears.
    #[must_use]
    pub fn until(gate: impl Into<String>, why: impl Into<String>, at: DateTime<Utc>) -> Self {
        Self {
            gate: gate.into(),
            rank: Rank::Waiting,
            why: why.into(),
            clears_at: Some(at),
            clears_by: None,
        }
    }

    /// Something that someone or some event can clear.
    #[must_use]
    pub fn new(
        gate: impl Into<String>,
        rank: Rank,
        why: impl Into<String>,
        clears_by: impl Into<String>,
    ) -> Self {
        Self {
            gate: gate.into(),
            rank,
            why: why.into(),
            clears_at: None,
            clears_by: Some(clears_by.into()),
        }
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.gate, self.rank, self.why)?;
        if let Some(at) = self.clears_at {
            write!(f, "; clears at {}", at.to_text())?;
        }
        match &self.clears_by {
            Some(by) => write!(f, "; clears by {by}"),
            None => Ok(()),
        }
    }
}

/// One blocker at least, the softest first; those of one rank in the order of their gates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blockers(Vec<Blocker>);

impl Blockers {
    /// Ranks blockers; gives nothing if there is none.
    #[must_use]
    pub fn new(mut blockers: Vec<Blocker>) -> Option<Self> {
        blockers.sort_by(|a, b| (a.rank, &a.gate, &a.why).cmp(&(b.rank, &b.gate, &b.why)));
        blockers.dedup();
        (!blockers.is_empty()).then_some(Self(blockers))
    }

    /// Returns them in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Blocker] {
        &self.0
    }

    /// Returns the rank of the hardest.
    #[must_use]
    pub fn rank(&self) -> Rank {
        self.0.last().map_or(Rank::Waiting, |blocker| blocker.rank)
    }

    /// Returns when time will have cleared everything, if time clears everything.
    #[must_use]
    pub fn clears_at(&self) -> Option<DateTime<Utc>> {
        let times: Option<Vec<_>> = self.0.iter().map(|blocker| blocker.clears_at).collect();
        times?.into_iter().max()
    }
}

impl From<Blocker> for Blockers {
    fn from(blocker: Blocker) -> Self {
        Self(vec![blocker])
    }
}

impl fmt::Display for Blockers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, blocker) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            blocker.fmt(f)?;
        }
        Ok(())
    }
}
