//! The ledger as the authority on channels: what it recorded last is where they belong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use promenade_digest::Digest;
use promenade_process::port::registry::ChannelName;
use promenade_promotion::ledger::{Head, LedgerStore, StreamId};
use promenade_promotion::{Event, EventKind, Follows, Replay, State};
use promenade_tag::Mutability;
use semver::Version;

use crate::{Authority, ChannelMove};

/// The channels that a ledger has recorded, with the images of their versions.
///
/// It is asked before each put and after it, and reads what was appended since, so that a writer who
/// lost in the ledger brings the channel to where the winner wants it.
///
/// ```
/// use promenade_promotion::ledger::{MemoryLedger, StreamId};
/// use promenade_registry::{LedgerAuthority, MemoryRegistry, Patience, reconcile};
///
/// let (ledger, stream) = (MemoryLedger::default(), StreamId::new("ledger")?);
/// let authority = LedgerAuthority::new(&ledger, &stream, "image");
/// let moves = authority.moves()?;
/// assert!(moves.is_empty(), "an empty ledger wants no channel anywhere");
/// assert!(reconcile(&MemoryRegistry::new(), &authority, &moves, Patience::default()).is_done());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LedgerAuthority<'a> {
    ledger: &'a dyn LedgerStore,
    stream: StreamId,
    image: &'a str,
    known: Mutex<Known>,
}

/// The ledger cannot say where channels belong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger cannot say where channels belong: {problem}")]
pub struct AskLedgerError {
    problem: String,
}

impl AskLedgerError {
    fn new(problem: impl fmt::Display) -> Self {
        Self {
            problem: problem.to_string(),
        }
    }

    /// Returns why.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// What was read so far.
struct Known {
    replay: Replay,
    /// Every version that each channel was ever sent to.
    sent: BTreeMap<String, BTreeSet<Version>>,
}

impl<'a> LedgerAuthority<'a> {
    /// Takes a stream of a ledger; `image` is the name of the artifact that channels point at.
    #[must_use]
    pub fn new(ledger: &'a dyn LedgerStore, stream: &StreamId, image: &'a str) -> Self {
        Self {
            ledger,
            stream: stream.clone(),
            image,
            known: Mutex::new(Known {
                replay: Replay::new(stream),
                sent: BTreeMap::new(),
            }),
        }
    }

    /// Returns the head of what the ledger holds now.
    ///
    /// # Errors
    /// [`AskLedgerError`] if it cannot be read or a record is not as it must be.
    pub fn head(&self) -> Result<Head, AskLedgerError> {
        Ok(self.known()?.replay.head())
    }

    /// Returns the image of a version, if the ledger holds its build.
    ///
    /// # Errors
    /// [`AskLedgerError`] if it cannot be read or a record is not as it must be.
    pub fn image_of(&self, version: &Version) -> Result<Option<Digest>, AskLedgerError> {
        Ok(image_of(self.known()?.replay.state(), version, self.image))
    }

    /// Returns every channel that the ledger has, as a move to where it belongs: names for ever first,
    /// so that nothing moves if one of them is taken.
    ///
    /// # Errors
    /// [`AskLedgerError`] if it cannot be read, names a channel that no registry takes, or holds no
    /// image of a version that a channel points at.
    pub fn moves(&self) -> Result<Vec<ChannelMove>, AskLedgerError> {
        let known = self.known()?;
        let state = known.replay.state();
        let mut moves = Vec::new();
        for (name, channel) in &state.channels {
            let wanted = image_of(state, &channel.version, self.image).ok_or_else(|| {
                let (version, image) = (&channel.version, self.image);
                AskLedgerError::new(format!(
                    "channel `{name}` is at {version}, of which no artifact `{image}` is recorded"
                ))
            })?;
            let mutability = match channel.follows {
                Follows::Fixed => Mutability::Immutable,
                Follows::Highest
                | Follows::MostRecent
                | Follows::Environment
                | Follows::Candidate => Mutability::Moving,
            };
            let name = name.as_str().parse().map_err(AskLedgerError::new)?;
            moves.push(ChannelMove::new(name, mutability, None, wanted));
        }
        moves.sort_by_key(|one| one.mutability() == Mutability::Moving);
        Ok(moves)
    }

    /// Reads what was appended since.
    fn known(&self) -> Result<MutexGuard<'_, Known>, AskLedgerError> {
        // A panic of another holder leaves a shorter reading behind, never a wrong one.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { replay, sent } = &mut *known;
        let mut failed = None;
        let from = replay.head().seq + 1;
        let head = self.ledger.read(&self.stream, from, &mut |record| {
            if let Err(error) = replay.step(&record) {
                failed = Some(error);
                return false;
            }
            if let Ok(Event {
                kind: EventKind::ChannelMoved { channel, to, .. },
                ..
            }) = Event::parse(&record.body)
            {
                sent.entry(channel.to_string()).or_default().insert(to);
            }
            true
        });
        let head = head.map_err(AskLedgerError::new)?;
        if let Some(error) = failed {
            return Err(AskLedgerError::new(error));
        }
        if head != replay.head() {
            let (found, seen) = (head, replay.head());
            let problem = format!("it is at {found}, and {seen} was read before");
            return Err(AskLedgerError::new(problem));
        }
        Ok(known)
    }
}

impl fmt::Debug for LedgerAuthority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerAuthority")
            .field("image", &self.image)
            .finish_non_exhaustive()
    }
}

impl Authority for LedgerAuthority<'_> {
    fn wanted(&self, channel: &ChannelName) -> Result<Option<Digest>, String> {
        let known = self.known().map_err(|error| error.to_string())?;
        let state = known.replay.state();
        let recorded = state
            .channels
            .iter()
            .find(|(name, _)| name.as_str() == channel.as_str());
        let Some((_, at)) = recorded else {
            return Ok(None);
        };
        match image_of(state, &at.version, self.image) {
            Some(digest) => Ok(Some(digest)),
            None => Err(format!("the ledger holds no image of {}", at.version)),
        }
    }

    fn expects(&self, channel: &ChannelName, observed: Option<&Digest>) -> Result<bool, String> {
        let Some(observed) = observed else {
            // It was sent somewhere and did not arrive yet; nothing of anybody is in the way.
            return Ok(true);
        };
        let known = self.known().map_err(|error| error.to_string())?;
        let sent = known.sent.get(channel.as_str()).into_iter().flatten();
        let state = known.replay.state();
        let mut images = sent.filter_map(|version| image_of(state, version, self.image));
        Ok(images.any(|image| image == *observed))
    }
}

fn image_of(state: &State, version: &Version, image: &str) -> Option<Digest> {
    let identity = state.version(version)?.artifacts?;
    let artifacts = state.sets.get(&identity)?.artifacts.as_ref()?;
    artifacts.by_name().get(image).copied()
}
