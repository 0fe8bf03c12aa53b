//! The compare-and-swap of `gix` itself, which lost updates before 0.87: the reason for the floor.

use std::sync::atomic::{AtomicU64, Ordering};

use promenade_git::{CommitId, CommitRequest, GitError, TagRequest};

use crate::support::{ada, commit, fresh, fsck, git};

#[test]
fn a_ref_that_eight_threads_move_loses_no_update() {
    let (dir, repository) = fresh();
    let first = commit(&repository, "a", "0");
    repository.create_branch("race", &first, &ada()).unwrap();
    let count = testkit::scale(60, 1000);
    let rejected = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (repository, rejected) = (&repository, &rejected);
            scope.spawn(move || {
                let mut done = 0;
                while done < count {
                    let message = format!("{writer} {done}");
                    let request = CommitRequest::new("race", message, ada());
                    match repository.commit(&request) {
                        Ok(_) => done += 1,
                        Err(GitError::Moved { .. }) => {
                            rejected.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    });
    let length = git(dir.path(), &["rev-list", "--count", "race"]);
    assert_eq!(length.trim(), (8 * count + 1).to_string());
    let subjects = git(dir.path(), &["log", "--format=%s", "race"]);
    let mut subjects: Vec<_> = subjects.lines().collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), 8 * count + 1, "nothing is there twice");
    fsck(dir.path());
}

#[test]
fn of_eight_that_make_the_same_tag_exactly_one_wins() {
    let (dir, repository) = fresh();
    let id = commit(&repository, "a", "0");
    for round in 0..testkit::scale(30, 500) {
        let wins = AtomicU64::new(0);
        let make = |annotated: bool| {
            let name = format!("v{round}");
            let made: Result<(), GitError> = if annotated {
                let request = TagRequest::new(name, id.clone(), "Release", ada());
                repository.create_tag(&request).map(|_: CommitId| ())
            } else {
                repository.create_lightweight_tag(&name, &id, &ada())
            };
            match made {
                Ok(()) => {
                    wins.fetch_add(1, Ordering::Relaxed);
                }
                Err(GitError::Exists { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| make(round % 2 == 0));
            }
        });
        assert_eq!(wins.into_inner(), 1, "round {round}");
    }
    fsck(dir.path());
}
