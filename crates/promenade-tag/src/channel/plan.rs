//! What becomes of channels: the moves, what stays where it is, and what is refused.

use std::fmt;

use crate::{Hand, Target, Trigger};

/// A channel moves, or is made.
///
/// `from` is what it must point at before the move, and `to` what it must point at after it:
/// whoever applies the move compares both.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
pub struct Move {
    /// The name.
    pub channel: String,
    /// What it points at before; nothing if it is new.
    pub from: Option<Target>,
    /// What it points at after.
    pub to: Target,
    /// Why it moves.
    pub why: WhyMoved,
}

/// A channel stays where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
pub struct Kept {
    /// The name, or the template where a value for the name is missing.
    pub channel: String,
    /// What it points at; nothing if it does not exist.
    pub at: Option<Target>,
    /// Why it stays.
    pub why: WhyKept,
}

/// A channel that would have to break its own rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
pub struct Refusal {
    /// The name, or the template where no name can be written.
    pub channel: String,
    /// What it points at.
    pub at: Option<Target>,
    /// What it was to point at.
    pub to: Target,
    /// Why that is refused.
    pub why: WhyRefused,
}

/// Why a channel moves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum WhyMoved {
    /// The name is new.
    New,
    /// It follows the highest, and this is it.
    Highest,
    /// It follows the most recent, and this is it.
    MostRecent,
    /// The version was promoted to this environment; a network name is taken from `taken_from`.
    Promoted {
        /// The environment.
        environment: String,
        /// The tag that loses the exclusive name.
        taken_from: Option<String>,
    },
    /// The version it points at was withdrawn.
    Rollback {
        /// The tag that was withdrawn.
        withdrawn: String,
        /// Why.
        reason: String,
    },
}

/// Why a channel stays.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum WhyKept {
    /// It points there already.
    AlreadyThere,
    /// It points there already, and a person may publish that very thing again.
    Repair,
    /// A higher version is published.
    Higher {
        /// The tag of the higher version.
        than: String,
    },
    /// It points at a version that was withdrawn and is higher than this one.
    HigherWithdrawn {
        /// The tag of the withdrawn version.
        than: String,
    },
    /// This event does not move it.
    OtherEvent {
        /// What does.
        on: Vec<Trigger>,
    },
    /// The name is used from a later version on.
    Since {
        /// That version, in the spelling of the process file.
        version: String,
    },
    /// The name needs something that is not known here.
    NotKnown {
        /// The placeholder.
        field: String,
    },
    /// It names one thing for ever.
    Immutable,
    /// It points at something else than what was withdrawn.
    Elsewhere,
    /// Every version it could point at is withdrawn: it has no target left, and a name that was
    /// published is not deleted.
    NoTarget {
        /// The tag that was withdrawn.
        withdrawn: String,
    },
    /// It waits for a version that mends the withdrawn one.
    RollForward {
        /// The tag that was withdrawn.
        withdrawn: String,
    },
    /// Only a promotion moves it: roll the environment back.
    Environment,
}

/// Why a move is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum WhyRefused {
    /// The name is immutable and points at something else.
    Immutable,
    /// The name is immutable with repair, and this is no repair: not by hand, or not the same.
    NoRepair {
        /// Who publishes.
        hand: Hand,
    },
    /// The same version was published with another digest or commit (law 5).
    OtherBuild,
    /// No name can be written.
    Name {
        /// Why not.
        reason: String,
    },
    /// Without its build metadata another version has the same name.
    Claimed {
        /// The tag of that version.
        by: String,
    },
}

/// What an event does to all channels of a set: the same inputs give the same plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct ChannelPlan {
    pub(crate) moves: Vec<Move>,
    pub(crate) kept: Vec<Kept>,
    pub(crate) refused: Vec<Refusal>,
}

impl ChannelPlan {
    /// Returns the moves, in the order of the rules.
    #[must_use]
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// Returns what stays where it is, in the order of the rules.
    #[must_use]
    pub fn kept(&self) -> &[Kept] {
        &self.kept
    }

    /// Returns what is refused; a plan with refusals must not be applied.
    #[must_use]
    pub fn refused(&self) -> &[Refusal] {
        &self.refused
    }

    /// Returns the channels that point at a withdrawn version because nothing else is left.
    pub fn without_target(&self) -> impl Iterator<Item = &Kept> {
        self.kept
            .iter()
            .filter(|kept| matches!(kept.why, WhyKept::NoTarget { .. }))
    }
}

impl fmt::Display for WhyMoved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::Highest => f.write_str("the highest version it may name"),
            Self::MostRecent => f.write_str("the most recent it may name"),
            Self::Promoted {
                environment,
                taken_from: None,
            } => write!(f, "promoted to {environment}"),
            Self::Promoted {
                environment,
                taken_from: Some(tag),
            } => write!(f, "promoted to {environment}, taken from {tag}"),
            Self::Rollback { withdrawn, reason } => {
                write!(f, "rolled back: {withdrawn} is withdrawn ({reason})")
            }
        }
    }
}

impl fmt::Display for WhyKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyThere => f.write_str("it points there already"),
            Self::Repair => f.write_str("it points there already; a repair may publish it again"),
            Self::Higher { than } => write!(f, "{than} is higher"),
            Self::HigherWithdrawn { than } => {
                write!(
                    f,
                    "{than}, though withdrawn, is higher: only a rollback moves back"
                )
            }
            Self::OtherEvent { on } => {
                f.write_str("it moves on")?;
                let mut before = " ";
                for trigger in on {
                    write!(f, "{before}{}", trigger.name())?;
                    before = " or ";
                }
                f.write_str(" only")
            }
            Self::Since { version } => write!(f, "the name is used from {version} on"),
            Self::NotKnown { field } => write!(f, "no {field} is known"),
            Self::Immutable => f.write_str("it names one thing for ever"),
            Self::Elsewhere => f.write_str("it does not point at what is withdrawn"),
            Self::NoTarget { withdrawn } => write!(
                f,
                "no target left: {withdrawn} is withdrawn and was the last it may name"
            ),
            Self::RollForward { withdrawn } => {
                write!(
                    f,
                    "{withdrawn} is withdrawn; it waits for the version that mends it"
                )
            }
            Self::Environment => f.write_str("a promotion moves it: roll the environment back"),
        }
    }
}

impl fmt::Display for WhyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Immutable => f.write_str("it is immutable and points at something else"),
            Self::NoRepair {
                hand: Hand::Automation,
            } => f.write_str("it points at something else, and only a person may repair it"),
            Self::NoRepair { hand: Hand::Person } => f.write_str(
                "it points at something else, and a repair publishes the very same thing",
            ),
            Self::OtherBuild => {
                f.write_str("this version was built once, and this is another build")
            }
            Self::Name { reason } => f.write_str(reason),
            Self::Claimed { by } => {
                write!(f, "without its build metadata {by} has the same name")
            }
        }
    }
}
