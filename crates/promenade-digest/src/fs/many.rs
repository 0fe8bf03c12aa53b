//! Several files on several threads.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use super::{Reader, artifacts, list};
use crate::{Algorithm, BuildSet, HashError, Hashed, Hasher, Observer, WalkError, WalkErrorKind};

/// The most files that a thread takes at a time.
const MAX_BATCH: usize = 32;
/// How many bytes a thread hashes before it tells the observer.
const REPORT_BYTES: u64 = 8 * 1024 * 1024;

/// Hashes files on `threads` threads, and returns what became of each, in the order of `paths`.
///
/// The observer is called on the calling thread with the bytes of all files so far.
///
/// # Errors
/// [`HashError::Cancelled`] if the observer broke off; what is wrong with a file is in its own
/// result.
pub fn hash_files(
    paths: &[PathBuf],
    algorithm: Algorithm,
    threads: NonZeroUsize,
    observer: &mut Observer<'_>,
) -> Result<Vec<Result<Hashed, WalkError>>, HashError> {
    let set_path = |at: usize, path: &mut PathBuf| {
        let named = paths.get(at);
        path.clone_from(named.unwrap_or(&PathBuf::new()));
    };
    Work::new(paths.len(), &set_path, algorithm).run(threads, observer)
}

/// As [`super::record_build`], on `threads` threads.
///
/// # Errors
/// As [`super::record_build`].
pub fn record_build_parallel(
    dir: &Path,
    threads: NonZeroUsize,
    observer: &mut Observer<'_>,
) -> Result<BuildSet, WalkError> {
    let names = list(dir)?;
    let set_path = |at: usize, path: &mut PathBuf| {
        if let Some(name) = names.get(at) {
            super::set_path(path, dir, name);
        }
    };
    let hashed = Work::new(names.len(), &set_path, Algorithm::Sha256)
        .run(threads, observer)
        .map_err(|error| WalkError::new(dir, WalkErrorKind::Hash(error)))?;
    let hashed: Vec<_> = hashed.into_iter().collect::<Result<_, _>>()?;
    artifacts(dir, names.into_iter().zip(hashed))
}

type Outcome = Result<Hashed, WalkError>;

/// The files to hash, by number, and what the threads have in common.
struct Work<'a> {
    count: usize,
    /// Makes the path that of a file.
    set_path: &'a (dyn Fn(usize, &mut PathBuf) + Sync),
    algorithm: Algorithm,
    next: AtomicUsize,
    cancelled: AtomicBool,
}

impl<'a> Work<'a> {
    fn new(
        count: usize,
        set_path: &'a (dyn Fn(usize, &mut PathBuf) + Sync),
        algorithm: Algorithm,
    ) -> Self {
        Self {
            count,
            set_path,
            algorithm,
            next: AtomicUsize::new(0),
            cancelled: AtomicBool::new(false),
        }
    }

    fn run(
        self,
        threads: NonZeroUsize,
        observer: &mut Observer<'_>,
    ) -> Result<Vec<Outcome>, HashError> {
        let threads = threads.get().min(self.count.max(1));
        // Many small files come in batches; of few large ones each is its own.
        let batch = (self.count / (threads * MAX_BATCH)).clamp(1, MAX_BATCH);
        let mut done = 0;
        let mut outcomes: Vec<Option<Outcome>> = Vec::new();
        outcomes.resize_with(self.count, || None);
        std::thread::scope(|scope| {
            let (sender, messages) = channel();
            let spawn = |_| {
                let (work, sender) = (&self, sender.clone());
                scope.spawn(move || work.hash(batch, &sender))
            };
            let running: Vec<_> = (0..threads).map(spawn).collect();
            drop(sender);
            for bytes in messages {
                done += bytes;
                if observer(done).is_break() {
                    self.cancelled.store(true, Ordering::Relaxed);
                }
            }
            for thread in running {
                let hashed = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
                for (at, outcome) in hashed {
                    if let Some(slot) = outcomes.get_mut(at) {
                        *slot = Some(outcome);
                    }
                }
            }
        });
        // Every file has an outcome, unless the threads were told to stop.
        let outcomes: Option<Vec<_>> = outcomes.into_iter().collect();
        match outcomes {
            Some(outcomes) if !self.cancelled.into_inner() => Ok(outcomes),
            _ => Err(HashError::Cancelled { at: done }),
        }
    }

    /// Hashes files on one thread until there are no more, a batch at a time.
    fn hash(&self, batch: usize, sender: &Sender<u64>) -> Vec<(usize, Outcome)> {
        let mut reader = Reader::new(Hasher::new(self.algorithm));
        let mut path = PathBuf::new();
        let mut outcomes = Vec::new();
        let mut unreported = 0;
        let report = |unreported: &mut u64, at_least: u64| {
            if *unreported >= at_least.max(1) {
                // The receiver outlives the threads.
                let _ = sender.send(std::mem::take(unreported));
            }
        };
        while !self.cancelled.load(Ordering::Relaxed) {
            let first = self.next.fetch_add(batch, Ordering::Relaxed);
            if first >= self.count {
                break;
            }
            for at in first..(first + batch).min(self.count) {
                (self.set_path)(at, &mut path);
                let mut before = 0;
                let outcome = reader.hash(&path, &mut |bytes| {
                    unreported += bytes - before;
                    before = bytes;
                    report(&mut unreported, REPORT_BYTES);
                    if self.cancelled.load(Ordering::Relaxed) {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                });
                outcomes.push((at, outcome));
            }
        }
        report(&mut unreported, 1);
        outcomes
    }
}
