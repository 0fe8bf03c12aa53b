//! Snapshots of a ledger's state, so that a replay need not begin at the start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use promenade_promotion::ledger::{LedgerStore, StoreError, StreamId};
use promenade_promotion::{Replay, ReplayError, Snapshot};

use crate::error::file;
use crate::{FileOp, Files, OsFiles};

/// How many snapshots of a stream are kept: the newest, and one to fall back on.
const KEPT: usize = 2;

/// Keeps snapshots of ledgers, of any store, in files beside them.
///
/// A snapshot is a cache and never a source. It is used if its bytes are whole and the ledger still
/// holds the record it was made of; records before that one are not read again, so what was changed
/// there is for [`verify`](promenade_promotion::verify) to find. One that cannot be used is passed
/// over with a note, and the replay begins at an older one or at the start.
///
/// ```
/// use promenade_promotion::ledger::StreamId;
/// use promenade_store::{FileLedger, Snapshots};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dir = tempfile::tempdir()?;
/// let ledger = FileLedger::open(dir.path())?;
/// let snapshots = Snapshots::in_dir(dir.path());
/// let restored = snapshots.replay(&ledger, &StreamId::new("ledger")?)?;
/// assert_eq!((restored.from, restored.replay.head().seq), (0, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Snapshots {
    dir: PathBuf,
    files: Arc<dyn Files>,
    every: u64,
}

/// A replay, and where it began.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Restored {
    /// The replay, at the head of the ledger.
    pub replay: Replay,
    /// The record after which the snapshot was made; 0 if every record was read.
    pub from: u64,
    /// What could not be used or kept, and why.
    pub notes: Vec<String>,
}

impl Snapshots {
    /// Keeps snapshots in `dir`: of stream `app` in `app/snapshots`. For a
    /// [`FileLedger`](crate::FileLedger) it may be the ledger's own directory.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self::with_files(dir, Arc::new(OsFiles))
    }

    /// As [`Snapshots::in_dir`], writing through another port.
    pub fn with_files(dir: impl Into<PathBuf>, files: Arc<dyn Files>) -> Self {
        Self {
            dir: dir.into(),
            files,
            every: 1000,
        }
    }

    /// Sets how many records must have come since the last snapshot for a new one; 1,000 unless set.
    pub fn every(mut self, records: u64) -> Self {
        self.every = records.max(1);
        self
    }

    /// Replays a stream from its newest snapshot on, and takes a new one if enough came since.
    ///
    /// # Errors
    /// [`ReplayError`] if the ledger cannot be replayed. Whatever is wrong with snapshots is in the
    /// notes.
    pub fn replay(
        &self,
        store: &dyn LedgerStore,
        stream: &StreamId,
    ) -> Result<Restored, ReplayError> {
        let mut notes = Vec::new();
        let (replay, from) = match self.resume(store, stream, &mut notes)? {
            Some(found) => found,
            None => {
                let mut replay = Replay::new(stream);
                replay.read_on(store)?;
                (replay, 0)
            }
        };
        if replay.head().seq >= from + self.every
            && let Err(error) = self.take(stream, &replay)
        {
            notes.push(format!("no snapshot was taken: {error}"));
        }
        Ok(Restored {
            replay,
            from,
            notes,
        })
    }

    fn resume(
        &self,
        store: &dyn LedgerStore,
        stream: &StreamId,
        notes: &mut Vec<String>,
    ) -> Result<Option<(Replay, u64)>, ReplayError> {
        for (seq, path) in self.list(stream, notes) {
            let mut pass_over =
                |why: String| notes.push(format!("`{}` is passed over: {why}", path.display()));
            let snapshot = match fs::read(&path) {
                Ok(bytes) => Snapshot::parse(&bytes).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            let snapshot = match snapshot {
                Ok(snapshot) if snapshot.seq == seq => snapshot,
                Ok(snapshot) => {
                    pass_over(format!("it is one of record {}", snapshot.seq));
                    continue;
                }
                Err(why) => {
                    pass_over(why);
                    continue;
                }
            };
            match snapshot.resume(store, stream) {
                Ok(replay) => return Ok(Some((replay, seq))),
                Err(ReplayError::Store(error)) => return Err(error.into()),
                // The ledger is another one, or goes on as it could not after this state.
                Err(error) => pass_over(error.to_string()),
            }
        }
        Ok(None)
    }

    /// Returns the snapshots of a stream, the newest first.
    fn list(&self, stream: &StreamId, notes: &mut Vec<String>) -> Vec<(u64, PathBuf)> {
        let dir = self.directory(stream);
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    notes.push(format!("`{}` cannot be read: {error}", dir.display()));
                }
                return Vec::new();
            }
        };
        let numbered = |path: PathBuf| {
            let name = path.file_name()?.to_str()?;
            let seq = name.parse().ok().filter(|_| name.len() == 20)?;
            Some((seq, path))
        };
        let paths = entries.flatten().map(|entry| entry.path());
        let mut found: Vec<(u64, PathBuf)> = paths.filter_map(numbered).collect();
        found.sort();
        found.reverse();
        found
    }

    fn directory(&self, stream: &StreamId) -> PathBuf {
        self.dir.join(stream.as_str()).join("snapshots")
    }

    /// Writes a snapshot, durably, and removes those that are older than what is kept.
    fn take(&self, stream: &StreamId, replay: &Replay) -> Result<(), StoreError> {
        let dir = self.directory(stream);
        for dir in [dir.parent().unwrap_or(&dir), &dir] {
            self.apply("making", dir, FileOp::MakeDir(dir))?;
        }
        let seq = replay.head().seq;
        let path = dir.join(format!("{seq:020}"));
        let tmp = dir.join(format!(".{seq:020}-{}", std::process::id()));
        if path.exists() {
            // It was passed over, or it would have been begun with.
            self.apply("removing", &path, FileOp::Remove(&path))?;
        }
        if tmp.exists() {
            self.apply("removing", &tmp, FileOp::Remove(&tmp))?;
        }
        let bytes = Snapshot::of(replay).to_bytes();
        let written = self
            .apply("writing", &tmp, FileOp::Write(&tmp, &bytes))
            .and_then(|()| self.apply("syncing", &tmp, FileOp::SyncFile(&tmp)))
            .and_then(|()| self.apply("linking", &path, FileOp::Link(&tmp, &path)));
        let _ = self.files.apply(FileOp::Remove(&tmp));
        written?;
        self.apply("syncing", &dir, FileOp::SyncDir(&dir))?;
        for (_, old) in self.list(stream, &mut Vec::new()).into_iter().skip(KEPT) {
            self.apply("removing", &old, FileOp::Remove(&old))?;
        }
        Ok(())
    }

    fn apply(&self, action: &str, path: &Path, op: FileOp<'_>) -> Result<(), StoreError> {
        let done = self.files.apply(op);
        done.map_err(|error| file(action, path, &error))
    }
}
