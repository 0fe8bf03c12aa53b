//! The lock of a ledger's ref, and what becomes of one whose holder died.
//!
//! Two things exclude writers. Writers of Promenade queue at an advisory lock of the operating
//! system (`flock`) on a file of their own, which ends with its process, however that ends. Inside of
//! it they take git's own lock, `<ref>.lock`, so that git and other programs keep out as well; that
//! one is a file, and stays when its holder is killed. Ours is made complete by `link(2)` and carries
//! a mark. Whoever holds the first lock and finds a marked second one knows that its holder is dead,
//! and removes it. A lock without the mark is another program's, and is waited for.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::GitError;
use crate::durable;

/// The first word of a lock file that Promenade made.
const MARK: &str = "promenade-lock 1\n";

/// How long another writer is waited for.
const WAIT: Duration = Duration::from_secs(30);
/// How long the lock of another program is waited for.
const FOREIGN_WAIT: Duration = Duration::from_secs(2);

/// The right to write a stream, until it is dropped.
pub(crate) struct Guard {
    _file: File,
    dir: PathBuf,
}

impl Guard {
    /// Waits for the right to write; `dir` is the stream's own directory.
    pub(crate) fn acquire(dir: &Path) -> Result<Self, GitError> {
        fs::create_dir_all(dir).map_err(|error| GitError::file("making", dir, &error))?;
        let path = dir.join("guard");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| GitError::file("opening", &path, &error))?;
        lock(&file, &path)?;
        let guard = Self {
            _file: file,
            dir: dir.to_path_buf(),
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
            if entry.file_name() != "guard" {
                // Litter is no reason to refuse an append.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Takes git's lock of a ref.
    pub(crate) fn lock_ref(&self, ref_path: &Path) -> Result<RefLock, GitError> {
        let path = PathBuf::from(format!("{}.lock", ref_path.display()));
        let mark = self.dir.join("mark");
        let text = format!("{MARK}process {}\n", std::process::id());
        fs::write(&mark, text).map_err(|error| GitError::file("writing", &mark, &error))?;
        let deadline = Instant::now() + FOREIGN_WAIT;
        loop {
            match fs::hard_link(&mark, &path) {
                Ok(()) => {
                    let _ = fs::remove_file(&mark);
                    return Ok(RefLock { path });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    let is_ours =
                        fs::read(&path).is_ok_and(|text| text.starts_with(MARK.as_bytes()));
                    if is_ours {
                        fs::remove_file(&path)
                            .map_err(|error| GitError::file("removing", &path, &error))?;
                    } else if Instant::now() >= deadline {
                        return Err(GitError::Locked { path });
                    } else {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
                Err(error) => return Err(GitError::file("locking", &path, &error)),
            }
        }
    }

    /// Replaces the value of a ref that is locked, durably: `Err(false)` if nothing was changed,
    /// `Err(true)` if nobody can say.
    pub(crate) fn replace(
        &self,
        lock: RefLock,
        ref_path: &Path,
        value: &str,
    ) -> Result<(), (bool, GitError)> {
        let scratch = self.dir.join("value");
        durable::write_synced(&scratch, format!("{value}\n").as_bytes()).map_err(|e| (false, e))?;
        fs::rename(&scratch, ref_path)
            .map_err(|error| (false, GitError::file("writing", ref_path, &error)))?;
        drop(lock);
        let dir = ref_path.parent().unwrap_or(ref_path);
        durable::sync_dir(dir).map_err(|error| (true, error))
    }
}

/// Git's lock of a ref, held.
pub(crate) struct RefLock {
    path: PathBuf,
}

impl Drop for RefLock {
    fn drop(&mut self) {
        // If it stays it bears our mark, and the next writer removes it.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn lock(file: &File, path: &Path) -> Result<(), GitError> {
    use rustix::fs::{FlockOperation, flock};
    let deadline = Instant::now() + WAIT;
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
fn lock(_file: &File, _path: &Path) -> Result<(), GitError> {
    Ok(())
}
