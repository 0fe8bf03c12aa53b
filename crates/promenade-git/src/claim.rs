//! Ref moves that were killed half-way: the lock that they leave is taken away by the next one.
//!
//! Git's lock of a ref is a file, which stays when its holder is killed, and from then on nobody can
//! move the ref until a person removes it. A move of ours therefore says first what it is about to do,
//! in a file of its own, and excludes other moves of ours by a lock that ends with its process. Whoever
//! finds such a word holds that second lock, so the one who gave it is dead; the lock of the named ref
//! is then a dead one's if it is empty or holds the named value, as no other program leaves it so.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::ObjectId;
use gix::refs::FullName;

use crate::GitError;
use crate::durable::{Disk, DiskOp, OsDisk, apply};
use crate::lock::Guard;

/// How old a lock must be: another program that makes one fills it at once.
const MIN_AGE: Duration = Duration::from_secs(1);

/// The right to move a ref, until it is dropped.
pub(crate) struct Claim {
    word: PathBuf,
    _guard: Guard<'static>,
}

impl Claim {
    /// Waits for the right, takes away what a dead move has left, and says what is about to be done.
    pub(crate) fn take(git_dir: &Path, name: &FullName, new: &ObjectId) -> Result<Self, GitError> {
        // Upper case: no ledger has such a name.
        let dir = git_dir.join("promenade");
        let guard = Guard::acquire(&OsDisk, &dir.join("MOVES"))?;
        let word = dir.join("MOVE");
        if let Ok(text) = fs::read_to_string(&word) {
            clear(git_dir, &text)?;
        }
        let text = format!("{new} {name}\n");
        apply(&OsDisk, DiskOp::Write(&word, text.as_bytes()))?;
        apply(&OsDisk, DiskOp::SyncFile(&word))?;
        Ok(Self {
            word,
            _guard: guard,
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // If it stays, the next move finds no lock and overwrites it.
        let _ = OsDisk.apply(DiskOp::Remove(&self.word));
    }
}

/// Takes away the lock of a move that is over, if that is what is there.
fn clear(git_dir: &Path, word: &str) -> Result<(), GitError> {
    let Some((value, name)) = word.trim_end().split_once(' ') else {
        // It was killed while it wrote this, and so before it took the lock.
        return Ok(());
    };
    let lock = git_dir.join(format!("{name}.lock"));
    let is_ours = || {
        let text = fs::read_to_string(&lock).ok()?;
        (text.is_empty() || text.trim_end() == value).then_some(())?;
        let made = fs::metadata(&lock).ok()?.modified().ok()?;
        Some(made.elapsed().unwrap_or_default())
    };
    // Elsewhere the right to move does not end with a process, and nobody is known to be dead.
    if !cfg!(unix) {
        return Ok(());
    }
    while let Some(age) = is_ours() {
        match MIN_AGE.checked_sub(age) {
            Some(rest) if !rest.is_zero() => std::thread::sleep(rest),
            _ => return apply(&OsDisk, DiskOp::Remove(&lock)),
        }
    }
    Ok(())
}
