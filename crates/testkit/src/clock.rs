//! Times that do not hang on what else the machine does.

use std::time::{Duration, Instant};

/// What the system counts for the running thread: how long it ran, and how long it was ready to run and
/// others did.
fn counted() -> Option<(Duration, Duration)> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let mut words = text.split_whitespace();
    let mut next = || words.next()?.parse().ok().map(Duration::from_nanos);
    Some((next()?, next()?))
}

/// Returns how long work had the processor; by the clock where the system does not tell.
pub fn worked(work: impl FnOnce()) -> Duration {
    let (start, before) = (Instant::now(), counted());
    work();
    match before.zip(counted()) {
        Some((before, after)) => after.0.saturating_sub(before.0),
        None => start.elapsed(),
    }
}

/// Returns how long work waited for something that is no processor: a lock, a disk, a pause; by the
/// clock where the system does not tell.
pub fn waited(work: impl FnOnce()) -> Duration {
    let (start, before) = (Instant::now(), counted());
    work();
    let took = start.elapsed();
    match before.zip(counted()) {
        Some((before, after)) => {
            let ready = (after.0 + after.1).saturating_sub(before.0 + before.1);
            took.saturating_sub(ready)
        }
        None => took,
    }
}
