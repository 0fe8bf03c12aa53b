//! Moving channels: look, put, look again, and ask the ledger who won.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use promenade_digest::Digest;
use promenade_process::port::registry::{ChannelName, Reference, Registry, RegistryError};
use promenade_tag::Mutability;

use crate::patient::Patient;
use crate::{CheckClosureError, CheckClosureErrorKind, Patience, check_closure};

/// One channel to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelMove {
    channel: ChannelName,
    mutability: Mutability,
    from: Option<Digest>,
    to: Digest,
}

impl ChannelMove {
    /// Describes the move of a channel from where it is expected to be (nowhere: it does not exist
    /// yet) to a digest.
    #[must_use]
    pub fn new(
        channel: ChannelName,
        mutability: Mutability,
        from: Option<Digest>,
        to: Digest,
    ) -> Self {
        Self {
            channel,
            mutability,
            from,
            to,
        }
    }

    /// Returns the channel.
    #[must_use]
    pub fn channel(&self) -> &ChannelName {
        &self.channel
    }

    /// Returns whether the channel may ever point elsewhere.
    #[must_use]
    pub fn mutability(&self) -> Mutability {
        self.mutability
    }

    /// Returns where the channel is expected to point before the move.
    #[must_use]
    pub fn from(&self) -> Option<&Digest> {
        self.from.as_ref()
    }

    /// Returns where the channel shall point.
    #[must_use]
    pub fn to(&self) -> &Digest {
        &self.to
    }
}

/// Says where channels belong. A ledger is one: whoever appended last, decides.
pub trait Authority {
    /// Returns where a channel shall point now, if the authority has said anything about it.
    ///
    /// # Errors
    /// One sentence if the authority cannot be asked.
    fn wanted(&self, channel: &ChannelName) -> Result<Option<Digest>, String>;

    /// Returns true if the channel may be found at `observed` without a stranger having moved it:
    /// the authority expected it there, or once sent it there.
    ///
    /// # Errors
    /// One sentence if the authority cannot be asked.
    fn expects(&self, channel: &ChannelName, observed: Option<&Digest>) -> Result<bool, String>;
}

/// A set of moves is its own authority where there is only one writer.
impl Authority for [ChannelMove] {
    fn wanted(&self, channel: &ChannelName) -> Result<Option<Digest>, String> {
        Ok(self
            .iter()
            .find(|one| one.channel == *channel)
            .map(|one| one.to))
    }

    fn expects(&self, channel: &ChannelName, observed: Option<&Digest>) -> Result<bool, String> {
        let mut moves = self.iter().filter(|one| one.channel == *channel);
        Ok(moves.any(|one| one.from.as_ref() == observed))
    }
}

/// What became of one move.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// The channel points at the digest now, and did not before.
    Moved,
    /// The channel pointed there already; nothing was put.
    AlreadyThere,
    /// Somebody else moved the channel, or the ledger wants it elsewhere by now.
    LostRace {
        /// Where the channel points.
        observed: Option<Digest>,
    },
    /// Nobody knows where the channel points. Run again.
    Indeterminate {
        /// What happened.
        cause: String,
    },
    /// The move must not be made.
    Refused(Refusal),
    /// The move was not tried, because another one of the set was not made.
    NotTried,
}

impl Outcome {
    /// Returns true if the channel points where it should.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Moved | Self::AlreadyThere)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved => f.write_str("moved"),
            Self::AlreadyThere => f.write_str("already there"),
            Self::LostRace { observed } => match observed {
                Some(digest) => write!(f, "lost the race: it points at {digest}"),
                None => f.write_str("lost the race: it does not exist"),
            },
            Self::Indeterminate { cause } => write!(f, "nobody knows: {cause}; run again"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::NotTried => f.write_str("not tried"),
        }
    }
}

/// Why a move must not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// An immutable channel points elsewhere.
    #[error("the name is immutable and points at {at}")]
    Immutable {
        /// Where it points.
        at: Digest,
    },
    /// The image is not complete.
    #[error("{0}")]
    Incomplete(CheckClosureError),
    /// The registry says no.
    #[error("{0}")]
    Registry(RegistryError),
    /// The same channel stands twice in the set.
    #[error("the channel stands twice in the set")]
    Twice,
    /// The authority has said nothing about the channel.
    #[error("the ledger says nothing about this channel")]
    Unauthorized,
}

/// What became of a set of moves, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct MoveReport {
    moves: Vec<(ChannelMove, Outcome)>,
}

impl MoveReport {
    /// Returns each move with its outcome.
    pub fn moves(&self) -> &[(ChannelMove, Outcome)] {
        &self.moves
    }

    /// Returns the outcomes, in the order of the moves.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.moves.iter().map(|(_, outcome)| outcome)
    }

    /// Returns true if every channel points where it should.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcomes().all(Outcome::is_done)
    }
}

/// Moves a set of channels for a single writer: the set itself says where they belong.
pub fn move_channels(registry: &dyn Registry, moves: &[ChannelMove]) -> MoveReport {
    reconcile(registry, moves, moves, Patience::default())
}

/// Brings channels in line with the authority.
///
/// First everything is looked at: if an image is incomplete, an immutable name taken, or a channel
/// where nobody sent it, nothing is put at all. Then each channel is put, read back, and the
/// authority asked again: if it changed its mind meanwhile, the channel is brought to where it
/// belongs now, and the move reports [`Outcome::LostRace`]. The first move without a certain
/// end stops the set. Running the same set again takes up where it stopped.
pub fn reconcile<A: Authority + ?Sized>(
    registry: &dyn Registry,
    authority: &A,
    moves: &[ChannelMove],
    patience: Patience,
) -> MoveReport {
    let desk = Desk {
        registry: Patient { registry, patience },
        authority,
    };
    let mut outcomes: Vec<Option<Outcome>> = desk.look(moves);
    let blocked = outcomes.iter().flatten().any(|outcome| !outcome.is_done());
    let mut stopped = blocked;
    for (one, outcome) in moves.iter().zip(&mut outcomes) {
        if outcome.is_none() {
            let made = if stopped {
                Outcome::NotTried
            } else {
                desk.bring(one)
            };
            stopped |= !made.is_done();
            *outcome = Some(made);
        }
    }
    MoveReport {
        moves: moves
            .iter()
            .cloned()
            .zip(
                outcomes
                    .into_iter()
                    .map(|outcome| outcome.unwrap_or(Outcome::NotTried)),
            )
            .collect(),
    }
}

/// How often a channel is put before this writer gives up: another one keeps moving it, or no put arrives.
const MAX_ROUNDS: u32 = 16;

struct Desk<'a, A: ?Sized> {
    registry: Patient<'a>,
    authority: &'a A,
}

impl<A: Authority + ?Sized> Desk<'_, A> {
    /// Looks at every move without changing anything; `None` means: to be made.
    fn look(&self, moves: &[ChannelMove]) -> Vec<Option<Outcome>> {
        let mut channels = BTreeSet::new();
        let mut closures = BTreeMap::new();
        moves
            .iter()
            .map(|one| {
                if !channels.insert(&one.channel) {
                    return Some(Outcome::Refused(Refusal::Twice));
                }
                // What is there already needs no put, so nothing of its image is asked for.
                if let Some(outcome) = self.look_at(one) {
                    return Some(outcome);
                }
                let closure = closures
                    .entry(one.to)
                    .or_insert_with(|| self.closure(&one.to));
                closure.clone()
            })
            .collect()
    }

    fn closure(&self, digest: &Digest) -> Option<Outcome> {
        let error = check_closure(&self.registry, digest).err()?;
        Some(match error.kind() {
            CheckClosureErrorKind::Registry(cause) if cause.is_passing() => {
                Outcome::Indeterminate {
                    cause: cause.to_string(),
                }
            }
            _ => Outcome::Refused(Refusal::Incomplete(error)),
        })
    }

    fn look_at(&self, one: &ChannelMove) -> Option<Outcome> {
        let observed = match self.observe(&one.channel) {
            Ok(observed) => observed,
            Err(outcome) => return Some(outcome),
        };
        match self.authority.wanted(&one.channel) {
            Err(cause) => return Some(Outcome::Indeterminate { cause }),
            Ok(None) => return Some(Outcome::Refused(Refusal::Unauthorized)),
            Ok(Some(wanted)) if wanted != one.to => return Some(Outcome::LostRace { observed }),
            Ok(Some(_)) => {}
        }
        self.judge(one, observed)
    }

    /// Says what is known without putting; `None` means: to be put.
    fn judge(&self, one: &ChannelMove, observed: Option<Digest>) -> Option<Outcome> {
        match (one.mutability, observed) {
            (_, Some(at)) if at == one.to => Some(Outcome::AlreadyThere),
            (Mutability::Immutable, Some(at)) => Some(Outcome::Refused(Refusal::Immutable { at })),
            _ => match self.authority.expects(&one.channel, observed.as_ref()) {
                Ok(true) => None,
                Ok(false) => Some(Outcome::LostRace { observed }),
                Err(cause) => Some(Outcome::Indeterminate { cause }),
            },
        }
    }

    /// Puts, reads back and asks again, until the channel is where the authority wants it.
    fn bring(&self, one: &ChannelMove) -> Outcome {
        let mut target = one.clone();
        let mut touched = false;
        for _ in 0..MAX_ROUNDS {
            let observed = match self.observe(&target.channel) {
                Ok(observed) => observed,
                Err(outcome) => return outcome,
            };
            let wanted = match self.authority.wanted(&target.channel) {
                Ok(Some(wanted)) => wanted,
                Ok(None) => return Outcome::Refused(Refusal::Unauthorized),
                Err(cause) => return Outcome::Indeterminate { cause },
            };
            if wanted != target.to && !touched {
                // Whoever sent it elsewhere brings it there; nothing of ours is in the way.
                return Outcome::LostRace { observed };
            }
            target.to = wanted;
            match self.judge(&target, observed) {
                Some(Outcome::AlreadyThere) if wanted != one.to => {
                    return Outcome::LostRace { observed };
                }
                Some(Outcome::AlreadyThere) if touched => return Outcome::Moved,
                Some(outcome) => return outcome,
                None => {}
            }
            touched = true;
            if let Some(outcome) = self.put(&target) {
                return outcome;
            }
        }
        Outcome::Indeterminate {
            cause: format!("it was put {MAX_ROUNDS} times and is not there"),
        }
    }

    /// Puts once. An unknown outcome is not an error here: the next look tells.
    fn put(&self, target: &ChannelMove) -> Option<Outcome> {
        let fetched = self.registry.fetch(&target.to);
        match fetched.and_then(|manifest| self.registry.put(&target.channel, &manifest)) {
            Ok(()) => None,
            Err(error) if error.is_passing() => {
                std::thread::sleep(self.registry.patience.pause);
                None
            }
            Err(error) => Some(Outcome::Refused(Refusal::Registry(error))),
        }
    }

    fn observe(&self, channel: &ChannelName) -> Result<Option<Digest>, Outcome> {
        match self.registry.find(&Reference::Channel(channel.clone())) {
            Ok(found) => Ok(found.map(|found| found.digest)),
            Err(error) if error.is_passing() => Err(Outcome::Indeterminate {
                cause: error.to_string(),
            }),
            Err(error) => Err(Outcome::Refused(Refusal::Registry(error))),
        }
    }
}
