//! Races, kills and lost acknowledgements.

use std::path::Path;
use std::time::Duration;

use promenade_promotion::ledger::{LedgerStore, MemoryLedger};
use promenade_store::FileLedger;

use crate::stress;

fn open(dir: &Path) -> Box<dyn LedgerStore> {
    Box::new(FileLedger::open(dir).unwrap())
}

/// Not a test of its own: the processes of the tests below are this one.
#[test]
fn worker() {
    stress::worker(open);
}

#[test]
fn eight_writers_lose_double_and_fork_nothing() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let count = testkit::scale(1000, 10_000) as u64;
    stress::race(&dir.path().join("store"), open, 8, count);
}

#[test]
fn sixty_four_writers_lose_double_and_fork_nothing() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let count = testkit::scale(50, 10_000) as u64;
    stress::race(&dir.path().join("store"), open, 64, count);
}

#[test]
fn killed_writers_lose_and_double_nothing_and_the_next_one_goes_on() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let longest = stress::kill(&dir.path().join("store"), open, testkit::scale(300, 2000));
    assert!(longest < Duration::from_secs(1), "{longest:?}");
}

#[test]
fn a_lost_acknowledgement_is_resolved_by_the_operation() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap().seal_after(16);
    stress::lose_answers(&ledger, testkit::scale(200, 10_000) as u64);
    stress::lose_answers(&MemoryLedger::default(), 200);
}

/// The race of a store that lives in this process alone: every writer is a thread.
fn race_of_threads(dir: &Path, store: &dyn LedgerStore, writers: usize, count: u64) {
    std::thread::scope(|scope| {
        for n in 0..writers {
            scope.spawn(move || {
                let writer = format!("t{n}");
                stress::write(store, &stress::acks(dir, &writer), &writer, count)
            });
        }
    });
    assert_eq!(stress::check_store(dir, store), writers as u64 * count);
}

#[test]
fn writers_in_memory_lose_double_and_fork_nothing() {
    for (writers, count) in [(8, 1000), (64, testkit::scale(50, 10_000))] {
        let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
        let store = MemoryLedger::default();
        race_of_threads(&dir.path().join("store"), &store, writers, count as u64);
    }
}

#[test]
fn a_disk_that_is_full_or_read_only_stops_writing_with_a_remedy() {
    stress::fill_disk(open);
}
