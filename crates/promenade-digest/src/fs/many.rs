//! Several files on several threads.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use super::{Reader, artifacts, list};
use crate::{Algorithm, BuildSet, HashError, Hashed, Hasher, Observer, WalkError, WalkErrorKind};

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
    let shared = Shared {
        paths,
        algorithm,
        next: AtomicUsize::new(0),
        cancelled: AtomicBool::new(false),
    };
    let mut results: Vec<_> = paths.iter().map(|_| None).collect();
    let mut done = 0;
    std::thread::scope(|scope| {
        let (sender, messages) = channel();
        for _ in 0..threads.get().min(paths.len().max(1)) {
            let sender = sender.clone();
            let shared = &shared;
            scope.spawn(move || shared.work(&sender));
        }
        drop(sender);
        for message in messages {
            match message {
                Message::Bytes(bytes) => done += bytes,
                Message::Done(at, result) => {
                    if let Some(slot) = results.get_mut(at) {
                        *slot = Some(result);
                    }
                    continue;
                }
            }
            if observer(done).is_break() {
                shared.cancelled.store(true, Ordering::Relaxed);
            }
        }
    });
    // Every path has a result, unless the threads were told to stop.
    let results: Option<Vec<_>> = results.into_iter().collect();
    match results {
        Some(results) if !shared.cancelled.into_inner() => Ok(results),
        _ => Err(HashError::Cancelled { at: done }),
    }
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
    let files = list(dir)?;
    let (paths, names): (Vec<_>, Vec<_>) = files.into_iter().unzip();
    let hashed = hash_files(&paths, Algorithm::Sha256, threads, observer)
        .map_err(|error| WalkError::new(dir, WalkErrorKind::Hash(error)))?;
    let hashed: Vec<_> = hashed.into_iter().collect::<Result<_, _>>()?;
    artifacts(dir, names.into_iter().zip(hashed))
}

enum Message {
    Bytes(u64),
    Done(usize, Result<Hashed, WalkError>),
}

/// What the threads have in common.
struct Shared<'a> {
    paths: &'a [PathBuf],
    algorithm: Algorithm,
    next: AtomicUsize,
    cancelled: AtomicBool,
}

impl Shared<'_> {
    fn work(&self, sender: &Sender<Message>) {
        let mut reader = Reader::new(Hasher::new(self.algorithm));
        let mut unreported = 0;
        let report = |unreported: &mut u64, at_least: u64| {
            if *unreported >= at_least.max(1) {
                // The receiver outlives the threads.
                let _ = sender.send(Message::Bytes(std::mem::take(unreported)));
            }
        };
        while !self.cancelled.load(Ordering::Relaxed) {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = self.paths.get(at) else {
                break;
            };
            let mut before = 0;
            let result = reader.hash(path, &mut |bytes| {
                unreported += bytes - before;
                before = bytes;
                report(&mut unreported, REPORT_BYTES);
                if self.cancelled.load(Ordering::Relaxed) {
                    std::ops::ControlFlow::Break(())
                } else {
                    std::ops::ControlFlow::Continue(())
                }
            });
            let _ = sender.send(Message::Done(at, result));
        }
        report(&mut unreported, 1);
    }
}
