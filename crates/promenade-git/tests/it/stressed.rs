//! Races and kills of the ledger on a ref.

use std::path::Path;
use std::time::Duration;

use promenade_git::Repository;
use promenade_promotion::ledger::LedgerStore;

use crate::stress;
use crate::support::{fsck, git, ledger};

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
    let (writers, count) = (testkit::scale(8, 16), testkit::scale(100, 2000));
    stress::race(&store, open, writers, count as u64);
    fsck(&store);
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
        stress::race(&store, open, 4, testkit::scale(60, 1000) as u64);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    fsck(&store);
}
