//! Faults: what can go wrong, and the story that leads there.

use std::fmt;

/// A way in which a process can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FaultRule {
    /// Nothing ever gets into an environment.
    EnvironmentUnreachable,
    /// A gate holds whatever happens.
    GateNeverOpens,
    /// No lane that passes an environment is asked one of its gates.
    GateNeverAsked,
    /// A lane ends before the last environment.
    LaneStuck,
    /// The last environment is entered by what ran nowhere before.
    PathSkips,
    /// A candidate or a commit gets into an environment of production.
    UnreleasedInProduction,
    /// A candidate that was rejected gets into the last environment.
    RejectedInProduction,
    /// An environment of production comes before one for testing.
    StageInverted,
    /// A hotfix gets to the end on nobody's word, where a regular release must be checked.
    HotfixUnchecked,
    /// A candidate is expected that the process cannot name.
    CandidateUnnamed,
    /// A release is expected that the process cannot name.
    ReleaseUnnamed,
    /// A channel of releases goes backwards.
    ChannelBackwards,
    /// Two processes write one channel.
    ChannelShared,
    /// A channel waits for something that never happens.
    ChannelNeverMoves,
}

impl FaultRule {
    /// Returns the id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::EnvironmentUnreachable => "environment-unreachable",
            Self::GateNeverOpens => "gate-never-opens",
            Self::GateNeverAsked => "gate-never-asked",
            Self::LaneStuck => "lane-stuck",
            Self::PathSkips => "path-skips",
            Self::UnreleasedInProduction => "unreleased-in-production",
            Self::RejectedInProduction => "rejected-in-production",
            Self::StageInverted => "stage-inverted",
            Self::HotfixUnchecked => "hotfix-unchecked",
            Self::CandidateUnnamed => "candidate-unnamed",
            Self::ReleaseUnnamed => "release-unnamed",
            Self::ChannelBackwards => "channel-backwards",
            Self::ChannelShared => "channel-shared",
            Self::ChannelNeverMoves => "channel-never-moves",
        }
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// Something that can go wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Fault {
    /// How.
    pub rule: FaultRule,
    /// The environment, the gate or the channel.
    pub subject: String,
    /// What goes wrong.
    pub message: String,
    /// The shortest story that leads there, a step a line.
    pub story: Vec<String>,
}

impl Fault {
    pub(super) fn new(
        rule: FaultRule,
        subject: impl Into<String>,
        message: impl Into<String>,
        story: Vec<String>,
    ) -> Self {
        let (subject, message) = (subject.into(), message.into());
        Self {
            rule,
            subject,
            message,
            story,
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Checked {
    pub(super) faults: Vec<Fault>,
    pub(super) states: usize,
    pub(super) complete: bool,
}

impl Checked {
    /// Returns the faults, by rule and subject.
    pub fn faults(&self) -> impl ExactSizeIterator<Item = &Fault> {
        self.faults.iter()
    }

    /// Returns whether nothing can go wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// Returns how many states were looked at.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states
    }

    /// Returns whether every state of the small worlds was looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Adds a fault, unless the same is known by a story that is no longer.
    pub(super) fn add(&mut self, fault: Fault) {
        let same = |known: &&mut Fault| known.rule == fault.rule && known.subject == fault.subject;
        match self.faults.iter_mut().find(same) {
            Some(known) if known.story.len() > fault.story.len() => *known = fault,
            Some(_) => {}
            None => self.faults.push(fault),
        }
    }

    pub(super) fn settle(&mut self) {
        self.faults.sort();
    }
}
