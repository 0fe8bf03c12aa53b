//! The ledger in files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use promenade_promotion::ledger::{
    AppendError, CorruptLedgerKind, Head, LedgerStore, OpId, Record, StoreError, StreamId,
};

use crate::error::{corrupt, file};
use crate::layout::{Layout, Retry, Segment};
use crate::{FileOp, Files, OsFiles};

/// How often a reading starts over because files were sealed meanwhile, before it is an error.
const MAX_RETRIES: u32 = 8;

/// Distinguishes the files of one process that have no name yet.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A ledger in a directory.
#[derive(Clone)]
pub struct FileLedger {
    root: PathBuf,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) seal_after: u64,
}

impl FileLedger {
    /// Keeps a ledger in `root`, which is made if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] on a system other than Linux or macOS, or if the directory may not
    /// be written; [`StoreError::Io`] if it cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::with_files(root, Arc::new(OsFiles))
    }

    /// As [`FileLedger::open`], writing through another port.
    ///
    /// # Errors
    /// As [`FileLedger::open`].
    pub fn with_files(root: impl Into<PathBuf>, files: Arc<dyn Files>) -> Result<Self, StoreError> {
        let root = root.into();
        if !cfg!(any(target_os = "linux", target_os = "macos")) {
            return Err(StoreError::Unusable {
                problem: "a ledger in files needs `link` and `fsync` as Linux and macOS have them"
                    .to_owned(),
                remedy: "keep the ledger in a git repository".to_owned(),
            });
        }
        std::fs::create_dir_all(&root).map_err(|error| file("making", &root, &error))?;
        Ok(Self {
            root,
            files,
            seal_after: 256,
        })
    }

    /// Sets after how many records they are sealed into one file; 256 unless it is set.
    #[must_use]
    pub fn seal_after(mut self, records: u64) -> Self {
        self.seal_after = records.max(1);
        self
    }

    pub(crate) fn apply(
        &self,
        action: &str,
        path: &Path,
        op: FileOp<'_>,
    ) -> Result<(), StoreError> {
        self.files
            .apply(op)
            .map_err(|error| file(action, path, &error))
    }

    /// Makes the directories of a stream, durably.
    fn prepare(&self, layout: &Layout) -> Result<(), StoreError> {
        if layout.tmp.is_dir() {
            return Ok(());
        }
        // `tmp` comes last: where it is, the others are.
        for dir in [&layout.dir, &layout.records, &layout.bundles] {
            self.apply("making", dir, FileOp::MakeDir(dir))?;
        }
        for dir in [&layout.dir, &self.root] {
            self.apply("syncing", dir, FileOp::SyncDir(dir))?;
        }
        self.apply("making", &layout.tmp, FileOp::MakeDir(&layout.tmp))
    }

    /// Writes `bytes` under a name that must be free, durably. `Ok(false)`: the name was taken.
    pub(crate) fn publish(
        &self,
        layout: &Layout,
        path: &Path,
        bytes: &[u8],
    ) -> Result<Published, StoreError> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let tmp = layout.tmp.join(format!("{}-{number}", std::process::id()));
        let result = self.link_new(&tmp, path, bytes);
        // What stays behind is swept when records are sealed.
        let _ = self.files.apply(FileOp::Remove(&tmp));
        let published = result?;
        if let Published::Taken = published {
            return Ok(published);
        }
        let dir = path.parent().unwrap_or(path);
        match self.apply("syncing", dir, FileOp::SyncDir(dir)) {
            Ok(()) => Ok(published),
            Err(error) => Ok(Published::Unsure(error)),
        }
    }

    fn link_new(&self, tmp: &Path, path: &Path, bytes: &[u8]) -> Result<Published, StoreError> {
        match self.files.apply(FileOp::Write(tmp, bytes)) {
            // A process with our number wrote it and was killed; numbers of processes come again.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.apply("removing", tmp, FileOp::Remove(tmp))?;
                self.apply("writing", tmp, FileOp::Write(tmp, bytes))?;
            }
            done => done.map_err(|error| file("writing", tmp, &error))?,
        }
        self.apply("syncing", tmp, FileOp::SyncFile(tmp))?;
        match self.files.apply(FileOp::Link(tmp, path)) {
            Ok(()) => Ok(Published::Done),
            // A network file system may refuse after our own success, whose answer was lost.
            Err(_) if std::fs::read(path).is_ok_and(|found| found == bytes) => Ok(Published::Done),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Published::Taken),
            Err(error) => Err(file("linking", path, &error)),
        }
    }

    fn head_of(&self, layout: &Layout) -> Result<Head, StoreError> {
        for _ in 0..MAX_RETRIES {
            match layout.head() {
                Ok(head) => return Ok(head),
                Err(Retry::Again) => {}
                Err(Retry::No(error)) => return Err(error),
            }
        }
        Err(restless(layout))
    }

    /// Reads on from `head`, of which nothing is known if it is `None`, and tells how far it came.
    fn read_segments(
        &self,
        layout: &Layout,
        from: u64,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Result<Head, StoreError> {
        let mut next = from.max(1);
        let mut head: Option<Head> = None;
        let mut stopped = false;
        for _ in 0..MAX_RETRIES {
            let listing = layout.list()?;
            // The record before `next` must be read too: its hash is what the next one must name.
            let wanted = next;
            let start = listing
                .loose
                .partition_point(|segment| segment.first < wanted)
                .saturating_sub(1);
            let bundles = listing
                .bundles
                .iter()
                .filter(|bundle| bundle.last.is_none_or(|last| last + 1 >= wanted));
            let mut segments = bundles.chain(listing.loose.iter().skip(start));
            let result = segments.try_for_each(|segment| {
                if stopped {
                    return Ok(());
                }
                self.read_segment(layout, segment, &mut head, &mut next, &mut stopped, visit)
            });
            match result {
                Ok(()) => return Ok(head.unwrap_or(Head::EMPTY)),
                Err(Retry::No(error)) => return Err(error),
                Err(Retry::Again) => {}
            }
        }
        Err(corrupt(next, CorruptLedgerKind::Missing))
    }

    fn read_segment(
        &self,
        layout: &Layout,
        segment: &Segment,
        head: &mut Option<Head>,
        next: &mut u64,
        stopped: &mut bool,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Result<(), Retry> {
        let known = head.map_or(0, |head| head.seq);
        // A directory that is listed while it changes may show a file and not the one before it.
        let needed = head.map_or((*next - 1).max(1), |head| head.seq + 1);
        if segment.first > needed {
            return Err(Retry::Again);
        }
        let mut expected = segment.first;
        layout.scan(segment, &mut |record, hash| {
            if record.seq != expected {
                let found = record.seq;
                return Err(corrupt(
                    expected,
                    CorruptLedgerKind::Sequence { expected, found },
                ));
            }
            expected += 1;
            if record.seq <= known {
                return Ok(true);
            }
            let before = match head {
                Some(head) => Some(head.hash),
                None if record.seq == 1 => Some(Head::EMPTY.hash),
                None => None,
            };
            if let Some(before) = before
                && record.prev != before
            {
                let (expected, found) = (before, record.prev);
                return Err(corrupt(
                    record.seq,
                    CorruptLedgerKind::Previous { expected, found },
                ));
            }
            *head = Some(Head {
                seq: record.seq,
                hash,
            });
            if record.seq >= *next {
                *next = record.seq + 1;
                *stopped = !visit(record);
            }
            Ok(!*stopped)
        })
    }
}

/// What became of a file that was to get a name.
pub(crate) enum Published {
    /// It has the name, durably.
    Done,
    /// Another file has it.
    Taken,
    /// It has the name, and nobody knows whether durably.
    Unsure(StoreError),
}

impl LedgerStore for FileLedger {
    fn head(&self, stream: &StreamId) -> Result<Head, StoreError> {
        self.head_of(&Layout::new(&self.root, stream))
    }

    fn read(
        &self,
        stream: &StreamId,
        from: u64,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Result<Head, StoreError> {
        self.read_segments(&Layout::new(&self.root, stream), from, visit)
    }

    fn append(
        &self,
        stream: &StreamId,
        expected: &Head,
        op: &OpId,
        bodies: &[Vec<u8>],
    ) -> Result<Head, AppendError> {
        let layout = Layout::new(&self.root, stream);
        let actual = self.head_of(&layout)?;
        if actual != *expected {
            return Err(AppendError::Conflict { actual });
        }
        if bodies.is_empty() {
            return Ok(actual);
        }
        self.prepare(&layout)?;
        let mut head = actual;
        let mut bytes = Vec::new();
        for body in bodies {
            let record = Record::after(&head, stream, op, body.clone());
            bytes.extend_from_slice(&record.canonical_bytes());
            head = record.head();
        }
        let path = layout.record_path(actual.seq + 1);
        match self.publish(&layout, &path, &bytes)? {
            Published::Taken => {
                let actual = self.head_of(&layout)?;
                return Err(AppendError::Conflict { actual });
            }
            Published::Unsure(error) => {
                return Err(AppendError::Unknown {
                    cause: error.to_string(),
                });
            }
            Published::Done => {}
        }
        // The name was free because its file was sealed and removed since the head was read.
        let listing = layout.list()?;
        if listing.sealed_up_to() > actual.seq && !self.is_sealed(&layout, op, actual.seq + 1)? {
            let actual = self.head_of(&layout)?;
            return Err(AppendError::Conflict { actual });
        }
        if listing.loose.len() as u64 >= self.seal_after
            || head.seq.saturating_sub(listing.sealed_up_to()) >= self.seal_after
        {
            // The append is done, whatever becomes of this; the next one tries again.
            let _ = self.seal(&layout, &listing);
        }
        Ok(head)
    }
}

impl FileLedger {
    /// Returns whether the sealed record of that number is ours: it may have been sealed between
    /// the moment it got its name and now.
    fn is_sealed(&self, layout: &Layout, op: &OpId, seq: u64) -> Result<bool, StoreError> {
        let mut ours = false;
        self.read_segments(layout, seq, &mut |record| {
            ours = record.op == *op;
            false
        })?;
        Ok(ours)
    }
}

fn restless(layout: &Layout) -> StoreError {
    StoreError::Io {
        action: format!("reading `{}`", layout.dir.display()),
        cause: "its files change faster than they can be read".to_owned(),
    }
}
