//! Races and kills of the ledger on a ref.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use promenade_git::Repository;
use promenade_promotion::ledger::{Head, LedgerStore};

use crate::stress;
use crate::support::{fsck, git, ledger, op, stream};

fn open(dir: &Path) -> Box<dyn LedgerStore> {
    if !dir.join(".git").exists() {
        Repository::init(dir).unwrap();
    }
    Box::new(ledger(&Repository::open(dir).unwrap()))
}

/// Not a test of its own: the processes of the tests below are this one.
#[test]
fn worker() {
    stress::worker(open);
}

#[test]
fn eight_writers_lose_double_and_fork_nothing() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let store = dir.path().join("store");
    let (writers, count) = (testkit::scale(8, 16), testkit::scale(1000, 2000));
    stress::race(&store, open, writers, count as u64);
    fsck(&store);
}

#[test]
fn sixty_four_writers_lose_double_and_fork_nothing() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let store = dir.path().join("store");
    stress::race(&store, open, 64, 50);
    fsck(&store);
}

#[test]
fn a_lost_acknowledgement_is_resolved_by_the_operation() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let store = dir.path().join("store");
    stress::lose_answers(&*open(&store), testkit::scale(100, 2000) as u64);
    fsck(&store);
}

#[test]
fn a_disk_that_is_full_or_read_only_stops_writing_with_a_remedy() {
    stress::fill_disk(open);
}

/// The limit in the same run: what `git log` takes, which checks no object and no chain.
#[test]
fn a_hundred_thousand_records_are_replayed() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let store = dir.path().join("store");
    let ledger = open(&store);
    let mut head = Head::EMPTY;
    for batch in 0..testkit::scale(2, 100) {
        let body = |n: usize| format!("event {n} of {batch} {}", "x".repeat(280)).into_bytes();
        let bodies: Vec<_> = (0..1000).map(body).collect();
        head = ledger
            .append(&stream(), &head, &op(batch), &bodies)
            .unwrap();
    }
    git(&store, &["repack", "-q", "-a", "-d"]);
    git(&store, &["prune-packed", "-q"]);
    let ledger = open(&store);
    let started = Instant::now();
    assert_eq!(ledger.read(&stream(), 1, &mut |_| true), Ok(head));
    let took = started.elapsed();
    let started = Instant::now();
    git(&store, &["log", "--format=%H", "refs/promenade/ledger"]);
    let log = started.elapsed();
    let figure = format!("{} records in {took:?}; `git log` took {log:?}", head.seq);
    let _ = writeln!(std::io::stderr(), "{figure}");
}

#[test]
fn killed_writers_lose_and_double_nothing_and_the_next_one_goes_on() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let store = dir.path().join("store");
    let longest = stress::kill(&store, open, testkit::scale(300, 2000));
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    // Nothing of git's is left locked either.
    git(
        &store,
        &[
            "update-ref",
            "refs/promenade/other",
            "refs/promenade/ledger",
        ],
    );
    fsck(&store);
}

#[test]
fn git_that_packs_and_collects_meanwhile_loses_nothing() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let store = dir.path().join("store");
    open(&store);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                git(&store, &["pack-refs", "--all"]);
                git(&store, &["repack", "-q", "-a", "-d"]);
                git(&store, &["prune-packed", "-q"]);
            }
        });
        // It ends if this fails, too.
        let count = testkit::scale(60, 1000) as u64;
        let raced = std::panic::catch_unwind(|| stress::race(&store, open, 4, count));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        raced.unwrap();
    });
    fsck(&store);
}
