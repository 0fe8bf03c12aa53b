//! Reading while git packs what is loose, as its maintenance does in the background.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use promenade_git::Repository;
use promenade_promotion::ledger::{Head, LedgerStore as _};

use crate::support::{git, ledger, op, stream};

const RECORDS: usize = 200;
const READERS: usize = 3;

/// Reads over and over with `read`, in `rounds` repositories, while git packs what was written just
/// before: then it removes each loose object that is in a pack.
fn read_while_git_packs(rounds: usize, read: impl Fn(&Path) + Sync) {
    for _ in 0..rounds {
        let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
        Repository::init(dir.path()).unwrap();
        let store = ledger(&Repository::open(dir.path()).unwrap());
        let bodies: Vec<_> = (0..RECORDS)
            .map(|n| format!("event {n}").into_bytes())
            .collect();
        store
            .append(&stream(), &Head::EMPTY, &op("all"), &bodies)
            .unwrap();
        let packed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..READERS {
                scope.spawn(|| {
                    while !packed.load(Ordering::Relaxed) {
                        read(dir.path());
                    }
                });
            }
            let done = std::panic::catch_unwind(|| git(dir.path(), &["repack", "-q", "-a", "-d"]));
            packed.store(true, Ordering::Relaxed);
            done.unwrap();
        });
    }
}

#[test]
fn a_ledger_that_git_packs_meanwhile_is_whole() {
    read_while_git_packs(testkit::scale(15, 200), |dir| {
        let store = ledger(&Repository::open(dir).unwrap());
        let head = store.read(&stream(), 1, &mut |_| true).unwrap();
        assert_eq!(head.seq, RECORDS as u64);
    });
}

#[test]
fn a_history_that_git_packs_meanwhile_is_whole() {
    read_while_git_packs(testkit::scale(15, 200), |dir| {
        let repository = Repository::open(dir).unwrap();
        let commits = repository.commits(&[], "refs/promenade/ledger").unwrap();
        assert_eq!(commits.len(), RECORDS);
        let files = repository.files("refs/promenade/ledger").unwrap();
        assert_eq!(files, ["record"]);
    });
}

#[test]
fn refs_that_git_packs_meanwhile_are_all_there() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let repository = Repository::init(dir.path()).unwrap();
    git(dir.path(), &["commit", "-q", "--allow-empty", "-m", "one"]);
    let head = repository.head().unwrap();
    let names: Vec<_> = (0..RECORDS)
        .map(|n| format!("refs/tags/v1.0.{n:03}"))
        .collect();
    let loose = || {
        for name in &names {
            let path = dir.path().join(".git").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let new = dir.path().join("new");
            std::fs::write(&new, format!("{head}\n")).unwrap();
            std::fs::rename(new, path).unwrap();
        }
    };
    loose();
    let packed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                let repository = Repository::open(dir.path()).unwrap();
                while !packed.load(Ordering::Relaxed) {
                    let found = repository.tag_names().unwrap();
                    assert_eq!(found.len(), names.len());
                    let facts = repository.tags().unwrap();
                    assert_eq!(facts.len(), names.len());
                    for name in &names {
                        assert_eq!(
                            repository.reference(name).unwrap().as_ref(),
                            Some(&head),
                            "{name}"
                        );
                    }
                }
            });
        }
        let done = std::panic::catch_unwind(|| {
            for _ in 0..testkit::scale(10, 100) {
                git(dir.path(), &["pack-refs", "--all", "--prune"]);
                loose();
            }
        });
        packed.store(true, Ordering::Relaxed);
        done.unwrap();
    });
}
