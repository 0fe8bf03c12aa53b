//! Moves of refs: of many writers none loses an update, as those of `gix` did before 0.87, and one that is
//! killed is in nobody's way.

use std::sync::atomic::{AtomicU64, Ordering};

use promenade_git::{CommitId, CommitRequest, GitError, TagRequest};

use crate::support::{ada, commit, fresh, fsck, git, try_git};

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

#[test]
fn the_lock_of_a_killed_move_is_taken_away_and_that_of_another_program_is_not() {
    let (dir, repository) = fresh();
    let first = commit(&repository, "a", "0");
    repository.create_branch("side", &first, &ada()).unwrap();
    let second = commit(&repository, "a", "1");
    let repo = dir.path().join(".git");
    let (lock, word) = (
        repo.join("refs/heads/side.lock"),
        repo.join("promenade/MOVE"),
    );
    let left = |value: &CommitId, text: &str| {
        std::fs::write(&word, format!("{value} refs/heads/side\n")).unwrap();
        std::fs::write(&lock, text).unwrap();
    };
    let moved = |from: &CommitId, to: &CommitId| {
        repository.move_ref("refs/heads/side", Some(from), to, "test", &ada())
    };
    // Killed before and after it wrote the value; git itself would wait for a person.
    left(&second, "");
    assert!(!try_git(dir.path(), &["update-ref", "refs/heads/side", "main"]).0);
    moved(&first, &second).unwrap();
    left(&first, &format!("{first}\n"));
    moved(&second, &first).unwrap();
    assert!(!lock.exists() && !word.exists());
    git(dir.path(), &["update-ref", "refs/heads/side", "main"]);
    // Another program's: there is no word of it, or it holds another value.
    std::fs::write(&lock, "").unwrap();
    let error = moved(&second, &first).unwrap_err();
    assert!(matches!(error, GitError::Locked { .. }), "{error}");
    left(&first, &format!("{second}\n"));
    let error = moved(&second, &first).unwrap_err();
    assert!(matches!(error, GitError::Locked { .. }), "{error}");
    assert!(lock.exists());
    std::fs::remove_file(&lock).unwrap();
    fsck(dir.path());
}
