//! Snapshots: a state and the head it belongs to, so that a replay can begin there.

use promenade_digest::Digest;

use crate::codec::{Canonical, ReadError, record};
use crate::journal::{Replay, ReplayError, lost};
use crate::ledger::{Head, LedgerStore, StreamId};
use crate::state::State;

record! {
    /// A state and the head it belongs to. It is a cache of a ledger, never a source: whoever cannot trust
    /// where it was kept replays the ledger.
    Snapshot {
        /// The hash of the record after which the state was.
        head: Digest,
        /// The sequence number of that record.
        seq: u64,
        /// The state.
        state: State,
    }
}

/// Bytes are not a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSnapshotError {
    /// There is no `promenade-snapshot 1` and hash in front, or the hash is that of other bytes.
    #[error("snapshot: expected `promenade-snapshot 1` and the hash of what follows")]
    Seal,
    /// What follows is not a snapshot of this version.
    #[error("snapshot at byte {at}: expected {expected}")]
    Syntax {
        /// Where.
        at: usize,
        /// What was expected.
        expected: String,
    },
}

impl From<ReadError> for ParseSnapshotError {
    fn from(error: ReadError) -> Self {
        Self::Syntax {
            at: error.at,
            expected: error.expected.into_owned(),
        }
    }
}

impl Snapshot {
    /// Takes a snapshot.
    #[must_use]
    pub fn of(replay: &Replay) -> Self {
        Self {
            head: replay.head().hash,
            seq: replay.head().seq,
            state: replay.state().clone(),
        }
    }

    /// Returns its bytes: a line with the hash of what follows, and the canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = Canonical::to_bytes(self);
        let mut bytes = format!("promenade-snapshot 1 {}\n", Digest::sha256(&body)).into_bytes();
        bytes.extend_from_slice(&body);
        bytes
    }

    /// Reads bytes; the exact inverse of [`Snapshot::to_bytes`].
    ///
    /// # Errors
    /// [`ParseSnapshotError`] if they were changed, or are of another version.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseSnapshotError> {
        let end = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or(ParseSnapshotError::Seal)?;
        let (line, body) = bytes.split_at(end);
        let body = body.get(1..).unwrap_or_default();
        let seal = format!("promenade-snapshot 1 {}", Digest::sha256(body));
        if line != seal.as_bytes() {
            return Err(ParseSnapshotError::Seal);
        }
        Ok(Self::from_bytes(body)?)
    }

    /// Goes on from here: checks that the ledger still holds the record, and reads what came since.
    ///
    /// # Errors
    /// [`ReplayError`] if the ledger is not the one of the snapshot, or cannot be replayed.
    pub fn resume(
        &self,
        store: &dyn LedgerStore,
        stream: &StreamId,
    ) -> Result<Replay, ReplayError> {
        let head = Head {
            seq: self.seq,
            hash: self.head,
        };
        if head.seq > 0 {
            let mut found = Head::EMPTY;
            store.read(stream, head.seq, &mut |record| {
                found = record.head();
                false
            })?;
            if found != head {
                return Err(lost(head, found));
            }
        }
        let mut replay = Replay::resume(stream, self.state.clone(), head);
        replay.read_on(store)?;
        Ok(replay)
    }
}
