//! Verify: the whole ledger, against a head that was seen before.

use promenade_digest::Digest;

use crate::journal::{Replay, ReplayError, lost};
use crate::ledger::{Head, LedgerStore, StreamId};

/// What a verified ledger holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Its head.
    pub head: Head,
    /// The hash of the state after it.
    pub state: Digest,
}

/// Reads a stream from its start and checks everything: every record's bytes, the chain, every event,
/// every law, and that the head `pinned`, which was seen before, is part of it. Without a pinned head
/// a ledger that was cut off at its end looks like one that was not written yet (INV-37).
///
/// # Errors
/// [`ReplayError`] with the sequence number of the first record that is not as it must be.
pub fn verify(
    store: &dyn LedgerStore,
    stream: &StreamId,
    pinned: Option<&Head>,
) -> Result<Verified, ReplayError> {
    let mut replay = Replay::new(stream);
    let mut failed = None;
    let end = store.read(stream, 1, &mut |record| {
        let stepped = replay.step(&record).and_then(|()| match pinned {
            Some(pinned) if pinned.seq == record.seq && *pinned != replay.head() => {
                Err(lost(*pinned, replay.head()))
            }
            _ => Ok(()),
        });
        failed = stepped.err();
        failed.is_none()
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let head = replay.head();
    if end != head {
        return Err(lost(end, head));
    }
    match pinned {
        Some(pinned) if pinned.seq > head.seq => Err(lost(*pinned, head)),
        _ => Ok(Verified {
            head,
            state: replay.state().hash(),
        }),
    }
}
