//! The lock of a ledger's ref, and what becomes of one whose holder died.
//!
//! Two things exclude writers. Writers of Promenade queue at an advisory lock of the operating
//! system (`flock`) on a file of their own, which ends with its process, however that ends. Inside of
//! it they take git's own lock, `<ref>.lock`, so that git and other programs keep out as well; that
//! one is a file, and stays when its holder is killed. Ours is made complete by `link(2)` and carries
//! a mark. Whoever holds the first lock and finds a marked second one knows that its holder is dead,
//! and removes it. A lock without the mark is another program's, and is waited for.
//!
//! Writers wait in turn: whoever waits for the first lock holds another one meanwhile, the queue, so that
//! a writer that has just had its turn does not overtake those that wait.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::GitError;
use crate::durable::{Disk, DiskOp, apply};

/// What a lock file holds that Promenade made.
const MARK: &str = "promenade-lock 1\n";

/// How long another writer is waited for.
const WAIT: Duration = Duration::from_secs(30);
/// How long a writer waits for its turn; then it tries without, as the one whose turn it is may stand still.
const TURN_WAIT: Duration = Duration::from_secs(10);
/// How long the lock of another program is waited for.
const FOREIGN_WAIT: Duration = Duration::from_secs(2);

/// What stays in the directory of a stream.
const KEPT: [&str; 3] = ["guard", "queue", "mark"];

/// A file that is locked until this is dropped.
struct Locked {
    _file: File,
}

impl Locked {
    fn of(path: PathBuf, deadline: Instant) -> Result<Self, GitError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| GitError::file("opening", &path, &error))?;
        lock(&file, &path, deadline)?;
        Ok(Self { _file: file })
    }
}

/// The right to write a stream, until it is dropped.
pub(crate) struct Guard<'a> {
    _locked: Locked,
    dir: PathBuf,
    disk: &'a dyn Disk,
    prepared: Cell<u32>,
}

impl<'a> Guard<'a> {
    /// Waits for the right to write; `dir` is the stream's own directory.
    pub(crate) fn acquire(disk: &'a dyn Disk, dir: &Path) -> Result<Self, GitError> {
        if !dir.is_dir() {
            let parent = dir.parent().unwrap_or(dir);
            apply(disk, DiskOp::MakeDir(parent))?;
            apply(disk, DiskOp::MakeDir(dir))?;
        }
        let deadline = Instant::now() + WAIT;
        let turn = Locked::of(dir.join("queue"), Instant::now() + TURN_WAIT);
        let guard = Locked::of(dir.join("guard"), deadline)?;
        drop(turn);
        let dir = dir.to_path_buf();
        let guard = Self {
            _locked: guard,
            dir,
            disk,
            prepared: Cell::new(0),
        };
        guard.sweep();
        Ok(guard)
    }

    /// Returns the directory for files that have no name yet.
    pub(crate) fn scratch(&self) -> &Path {
        &self.dir
    }

    /// Removes what writers that died have left here: nobody else is at work.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        for entry in entries.flatten() {
            if !KEPT.iter().any(|name| entry.file_name() == *name) {
                // Litter is no reason to refuse an append.
                let _ = self.disk.apply(DiskOp::Remove(&entry.path()));
            }
        }
    }

    /// Returns the marked file that locks are links to. It is made once and synced, so that a lock has
    /// its mark even after a loss of power.
    fn mark(&self) -> Result<PathBuf, GitError> {
        let path = self.dir.join("mark");
        if fs::read(&path).is_ok_and(|text| text == MARK.as_bytes()) {
            return Ok(path);
        }
        let scratch = self.dir.join("mark-new");
        apply(self.disk, DiskOp::Write(&scratch, MARK.as_bytes()))?;
        apply(self.disk, DiskOp::SyncFile(&scratch))?;
        apply(self.disk, DiskOp::Rename(&scratch, &path))?;
        Ok(path)
    }

    /// Takes git's lock of a ref.
    pub(crate) fn lock_ref(&self, ref_path: &Path) -> Result<RefLock<'a>, GitError> {
        let path = PathBuf::from(format!("{}.lock", ref_path.display()));
        let mark = self.mark()?;
        let deadline = Instant::now() + FOREIGN_WAIT;
        loop {
            match self.disk.apply(DiskOp::Link(&mark, &path)) {
                Ok(()) => {
                    let disk = self.disk;
                    return Ok(RefLock { path, disk });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let text = fs::read(&path).unwrap_or_default();
                    if text == MARK.as_bytes() {
                        apply(self.disk, DiskOp::Remove(&path))?;
                    } else if Instant::now() >= deadline {
                        return Err(GitError::Locked { path });
                    } else {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
                // Git removes directories of refs that are empty.
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && Instant::now() < deadline =>
                {
                    self.make_parent(ref_path)?;
                }
                Err(error) => return Err(GitError::file("locking", &path, &error)),
            }
        }
    }

    /// Makes the directories above a ref, durably.
    fn make_parent(&self, path: &Path) -> Result<(), GitError> {
        let missing = path.ancestors().skip(1).take_while(|dir| !dir.is_dir());
        let missing: Vec<_> = missing.collect();
        for dir in missing.into_iter().rev() {
            apply(self.disk, DiskOp::MakeDir(dir))?;
            apply(self.disk, DiskOp::SyncDir(dir.parent().unwrap_or(dir)))?;
        }
        Ok(())
    }

    /// Moves a ref that only writers of Promenade use, durably.
    pub(crate) fn set(&self, ref_path: &Path, value: &str) -> Result<(), GitError> {
        let lock = self.lock_ref(ref_path)?;
        let prepared = self.prepare(value)?;
        apply(self.disk, DiskOp::SyncFile(&prepared.path))?;
        let replaced = self.replace(lock, ref_path, prepared);
        replaced.map_err(ReplaceError::into_cause)
    }

    /// Writes the next value of a ref beside it; it must be synced before it takes its place.
    pub(crate) fn prepare(&self, value: &str) -> Result<Prepared, GitError> {
        // Not the file that moves where the remote was last seen: that happens in between.
        let number = self.prepared.get();
        self.prepared.set(number + 1);
        let path = self.dir.join(format!("value-{number}"));
        apply(
            self.disk,
            DiskOp::Write(&path, format!("{value}\n").as_bytes()),
        )?;
        Ok(Prepared { path })
    }

    /// Replaces the value of a ref that is locked by one that is prepared and synced, durably.
    pub(crate) fn replace(
        &self,
        lock: RefLock<'a>,
        ref_path: &Path,
        prepared: Prepared,
    ) -> Result<(), ReplaceError> {
        let rename = DiskOp::Rename(&prepared.path, ref_path);
        apply(self.disk, rename).map_err(ReplaceError::Unchanged)?;
        drop(lock);
        let dir = ref_path.parent().unwrap_or(ref_path);
        apply(self.disk, DiskOp::SyncDir(dir)).map_err(ReplaceError::Unknown)
    }
}

/// The next value of a ref, in a file of its own.
pub(crate) struct Prepared {
    pub(crate) path: PathBuf,
}

/// Why a ref was not replaced.
pub(crate) enum ReplaceError {
    /// It has its old value.
    Unchanged(GitError),
    /// It has the new value, and nobody knows whether durably.
    Unknown(GitError),
}

impl ReplaceError {
    pub(crate) fn into_cause(self) -> GitError {
        match self {
            Self::Unchanged(cause) | Self::Unknown(cause) => cause,
        }
    }
}

/// Git's lock of a ref, held.
pub(crate) struct RefLock<'a> {
    path: PathBuf,
    disk: &'a dyn Disk,
}

impl Drop for RefLock<'_> {
    fn drop(&mut self) {
        // If it stays it bears our mark, and the next writer removes it.
        let _ = self.disk.apply(DiskOp::Remove(&self.path));
    }
}

#[cfg(unix)]
fn lock(file: &File, path: &Path, deadline: Instant) -> Result<(), GitError> {
    use rustix::fs::{FlockOperation, flock};
    let mut pause = Duration::from_micros(50);
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() >= deadline => {
                return Err(GitError::Locked {
                    path: path.to_path_buf(),
                });
            }
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(4));
            }
            Err(error) => return Err(GitError::io(format!("locking `{}`", path.display()), error)),
        }
    }
}

/// Elsewhere git's lock alone excludes.
#[cfg(not(unix))]
fn lock(_file: &File, _path: &Path, _deadline: Instant) -> Result<(), GitError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::durable::OsDisk;

    #[test]
    fn who_has_had_a_turn_does_not_overtake_who_waits() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("stream");
        let turns = Mutex::new(Vec::new());
        for _ in 0..20 {
            let first = Guard::acquire(&OsDisk, &dir).unwrap();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let _second = Guard::acquire(&OsDisk, &dir).unwrap();
                    turns.lock().unwrap().push("who waits");
                });
                // The queue is taken: the other one waits.
                while Locked::of(dir.join("queue"), Instant::now()).is_ok() {
                    std::thread::yield_now();
                }
                drop(first);
                let _again = Guard::acquire(&OsDisk, &dir).unwrap();
                turns.lock().unwrap().push("who had a turn");
            });
            let turns = std::mem::take(&mut *turns.lock().unwrap());
            assert_eq!(turns, ["who waits", "who had a turn"]);
        }
    }

    #[test]
    fn a_queue_that_stands_still_is_passed_by() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("stream");
        drop(Guard::acquire(&OsDisk, &dir).unwrap());
        let _still = Locked::of(dir.join("queue"), Instant::now()).unwrap();
        assert!(Guard::acquire(&OsDisk, &dir).is_ok());
    }
}
