//! Sharing through a remote, by the real protocol of git.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use promenade_git::{Divergence, GitLedger, Repository, ShareError};
use promenade_promotion::ledger::{AppendError, Head, LedgerStore, StoreError};

use crate::support::{commit, fresh, fsck, git, ledger, op, stream};

/// A bare repository with a branch, and clones of it.
fn remote(clones: usize) -> (tempfile::TempDir, PathBuf, Vec<Repository>) {
    let dir = tempfile::tempdir().unwrap();
    let (_seed_dir, seed) = fresh();
    commit(&seed, "a", "1");
    let bare = dir.path().join("bare.git");
    let from = seed.directory();
    git(
        dir.path(),
        &["clone", "-q", "--bare", from.to_str().unwrap(), "bare.git"],
    );
    let clones = (0..clones)
        .map(|n| {
            let name = format!("clone{n}");
            let url = format!("file://{}", bare.display());
            git(dir.path(), &["clone", "-q", &url, &name]);
            Repository::open(dir.path().join(name)).unwrap()
        })
        .collect();
    (dir, bare, clones)
}

fn add(ledger: &GitLedger, name: &str) -> Head {
    let head = ledger.head(&stream()).unwrap();
    ledger
        .append(&stream(), &head, &op(name), &[name.as_bytes().to_vec()])
        .unwrap()
}

#[test]
fn what_one_pushes_another_pulls() {
    let (_dir, bare, clones) = remote(2);
    let (one, two) = (ledger(&clones[0]), ledger(&clones[1]));
    assert!(matches!(
        two.pull("origin", &stream(), None),
        Err(ShareError::NothingThere { .. })
    ));
    assert!(matches!(
        one.push("origin", &stream()),
        Err(ShareError::NothingThere { .. })
    ));
    let head = {
        add(&one, "a");
        add(&one, "b")
    };
    let pushed = one.push("origin", &stream()).unwrap();
    assert_eq!((pushed.from, pushed.to), (Head::EMPTY, head));
    let pulled = two.pull("origin", &stream(), Some(&head)).unwrap();
    assert_eq!((pulled.from, pulled.to), (Head::EMPTY, head));
    assert_eq!(two.verify(&stream(), Some(&head)).unwrap(), head);
    // A clone that never saw the ledger and goes on from the pulled one.
    let next = add(&two, "c");
    assert_eq!(two.push("origin", &stream()).unwrap().to, next);
    assert_eq!(one.pull("origin", &stream(), None).unwrap().to, next);
    assert_eq!(
        one.push("origin", &stream()).unwrap().to,
        next,
        "nothing to push is fine"
    );
    fsck(&bare);
    fsck(&clones[0].directory());
}

#[test]
fn two_that_diverge_are_told_so_and_nothing_is_merged() {
    let (_dir, bare, clones) = remote(2);
    let (one, two) = (ledger(&clones[0]), ledger(&clones[1]));
    let common = add(&one, "a");
    one.push("origin", &stream()).unwrap();
    two.pull("origin", &stream(), None).unwrap();
    let theirs = add(&one, "one");
    one.push("origin", &stream()).unwrap();
    let ours = {
        add(&two, "two");
        add(&two, "two-more")
    };
    let error = two.push("origin", &stream()).unwrap_err();
    assert_eq!(error, ShareError::Moved { there: theirs });
    let error = two.pull("origin", &stream(), None).unwrap_err();
    let expected = Divergence {
        common,
        here: ours,
        there: theirs,
    };
    assert_eq!(error, ShareError::Diverged(Box::new(expected)));
    assert_eq!(two.head(&stream()).unwrap(), ours, "nothing was changed");
    let pulled = two.pull_theirs("origin", &stream(), None).unwrap();
    assert_eq!((pulled.from, pulled.to), (ours, theirs));
    let aside = git(
        &clones[1].directory(),
        &[
            "for-each-ref",
            "--format=%(refname) %(subject)",
            "refs/promenade-aside",
        ],
    );
    assert!(
        aside.starts_with("refs/promenade-aside/ledger/3-") && aside.ends_with(" two-more\n"),
        "{aside}"
    );
    assert_eq!(
        git(&bare, &["rev-list", "--count", "refs/promenade/ledger"]).trim(),
        "2"
    );
}

#[test]
fn a_rewound_remote_is_refused() {
    let (_dir, bare, clones) = remote(1);
    let one = ledger(&clones[0]);
    add(&one, "a");
    let known = {
        add(&one, "b");
        add(&one, "c")
    };
    one.push("origin", &stream()).unwrap();
    git(
        &bare,
        &[
            "update-ref",
            "refs/promenade/ledger",
            "refs/promenade/ledger~2",
        ],
    );
    let error = one.pull("origin", &stream(), None).unwrap_err();
    assert!(
        matches!(&error, ShareError::Rewound { known: k, found } if **k == known && found.seq == 1),
        "{error}"
    );
    git(&bare, &["update-ref", "-d", "refs/promenade/ledger"]);
    let error = one.push("origin", &stream()).unwrap_err();
    assert!(
        matches!(&error, ShareError::Rewound { known: k, found } if **k == known && **found == Head::EMPTY),
        "{error}"
    );
}

#[test]
fn a_pinned_head_tells_a_forged_ledger() {
    let (_dir, bare, clones) = remote(3);
    let one = ledger(&clones[0]);
    let pinned = {
        add(&one, "a");
        add(&one, "b")
    };
    add(&one, "c");
    one.push("origin", &stream()).unwrap();
    // Somebody writes a whole ledger of their own, unbroken, and forces it to the remote.
    let forger = ledger(&clones[1]);
    for name in ["x", "y", "z", "zz"] {
        add(&forger, name);
    }
    git(
        &clones[1].directory(),
        &["push", "-q", "--force", "origin", "refs/promenade/ledger"],
    );
    let victim = ledger(&clones[2]);
    let error = victim.pull("origin", &stream(), Some(&pinned)).unwrap_err();
    assert!(
        matches!(&error, ShareError::Pinned { pinned: p, .. } if **p == pinned),
        "{error}"
    );
    assert_eq!(victim.head(&stream()).unwrap(), Head::EMPTY);
    // Who has seen the right one needs no pin.
    let error = one.pull("origin", &stream(), None).unwrap_err();
    assert!(matches!(&error, ShareError::Rewound { .. }), "{error}");
    assert!(matches!(
        forger.verify(&stream(), Some(&pinned)),
        Err(ShareError::Pinned { .. })
    ));
    let _ = bare;
}

#[test]
fn a_remote_that_refuses_is_quoted() {
    let (_dir, bare, clones) = remote(1);
    let hook = bare.join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    executable(&hook);
    let one = ledger(&clones[0]);
    add(&one, "a");
    let error = one.push("origin", &stream()).unwrap_err().to_string();
    assert!(
        error.contains("refused `refs/promenade/ledger`")
            && error.contains("pre-receive hook declined"),
        "{error}"
    );
    let shared = ledger(&clones[0]).shared("origin");
    let head = shared.head(&stream()).unwrap();
    let refused = shared
        .append(&stream(), &head, &op("b"), &[b"b".to_vec()])
        .unwrap_err();
    assert!(
        matches!(refused, AppendError::Store(StoreError::Unusable { .. })),
        "{refused}"
    );
    assert_eq!(
        shared.head(&stream()).unwrap(),
        head,
        "nothing of ours is visible"
    );
}

#[test]
fn a_remote_that_is_not_there_is_an_error_and_an_append_is_unknown() {
    let (_dir, bare, clones) = remote(1);
    let shared = ledger(&clones[0]).shared("origin");
    let head = add(&shared, "a");
    std::fs::rename(&bare, bare.with_extension("away")).unwrap();
    let lost = shared
        .append(&stream(), &head, &op("b"), &[b"b".to_vec()])
        .unwrap_err();
    assert!(matches!(lost, AppendError::Unknown { .. }), "{lost}");
    assert!(
        shared.resolve(&stream(), &op("b"), 1).is_err(),
        "nobody can say yet"
    );
    std::fs::rename(bare.with_extension("away"), &bare).unwrap();
    assert_eq!(shared.resolve(&stream(), &op("b"), 1), Ok(None));
    assert_eq!(
        shared
            .append(&stream(), &head, &op("b"), &[b"b".to_vec()])
            .unwrap()
            .seq,
        2
    );
    assert!(matches!(
        shared.pull("--upload-pack=x", &stream(), None),
        Err(ShareError::Git(_))
    ));
}

#[test]
fn an_append_whose_answer_was_lost_is_found_at_the_remote() {
    let (_dir, bare, clones) = remote(2);
    let shared = ledger(&clones[0]).shared("origin");
    let head = add(&shared, "a");
    let before = git(
        &clones[0].directory(),
        &["rev-parse", "refs/promenade/ledger"],
    );
    let after = add(&shared, "b");
    // As if the process had died between the answer of the remote and its own ref.
    for name in [
        "refs/promenade/ledger",
        "refs/promenade-remote/origin/ledger",
    ] {
        git(&clones[0].directory(), &["update-ref", name, before.trim()]);
    }
    assert_eq!(shared.head(&stream()).unwrap(), head);
    let again = shared.append(&stream(), &head, &op("b"), &[b"b".to_vec()]);
    // The commit is the same to the byte, as clock and parents are: done, or found by its operation.
    match again {
        Ok(found) => assert_eq!(found, after),
        Err(AppendError::Conflict { actual }) => assert_eq!(actual, after),
        Err(other) => panic!("{other}"),
    }
    assert_eq!(shared.resolve(&stream(), &op("b"), 1), Ok(Some(after)));
    assert_eq!(
        git(&bare, &["rev-list", "--count", "refs/promenade/ledger"]).trim(),
        "2"
    );
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let (dir, bare, clones) = remote(1);
    let one = ledger(&clones[0]);
    for name in ["a", "b", "c"] {
        add(&one, name);
    }
    one.push("origin", &stream()).unwrap();
    let url = format!("file://{}", bare.display());
    git(dir.path(), &["clone", "-q", "--depth=1", &url, "shallow"]);
    let shallow = dir.path().join("shallow");
    git(
        &shallow,
        &[
            "fetch",
            "-q",
            "--depth=1",
            "origin",
            "refs/promenade/ledger:refs/promenade/ledger",
        ],
    );
    let store = ledger(&Repository::open(&shallow).unwrap());
    assert_eq!(
        store.head(&stream()).unwrap().seq,
        3,
        "the last record is there"
    );
    let error = store
        .read(&stream(), 1, &mut |_| true)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("shallow clone") && error.contains("--unshallow"),
        "{error}"
    );
    git(
        &shallow,
        &[
            "fetch",
            "-q",
            "--unshallow",
            "origin",
            "refs/promenade/ledger",
        ],
    );
    assert_eq!(store.read(&stream(), 1, &mut |_| true).unwrap().seq, 3);
}

#[test]
#[expect(clippy::print_stdout, reason = "the slow row is read by people")]
fn eight_clones_that_push_to_one_remote_lose_nothing() {
    let (_dir, bare, clones) = remote(8);
    let count = testkit::scale(6, 100);
    let rejected = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for (writer, repository) in clones.iter().enumerate() {
            let rejected = &rejected;
            scope.spawn(move || append_shared(repository, writer, count, rejected));
        }
    });
    let length = git(&bare, &["rev-list", "--count", "refs/promenade/ledger"]);
    assert_eq!(length.trim(), (8 * count).to_string());
    let one = ledger(&clones[0]);
    let head = one.pull("origin", &stream(), None).unwrap().to;
    let mut ops = Vec::new();
    assert_eq!(
        one.read(&stream(), 1, &mut |r| {
            ops.push(r.op.to_string());
            true
        }),
        Ok(head)
    );
    ops.sort();
    ops.dedup();
    assert_eq!(ops.len(), 8 * count, "each operation once");
    let rejected = rejected.into_inner() as f64 / (8 * count) as f64;
    println!("{rejected:.2} rejections for each record");
    // A few records say more about the machine than about this.
    if count >= 100 {
        assert!(
            rejected < 3.0,
            "a bare loop has 5.3, this has {rejected:.2}"
        );
    }
    fsck(&bare);
}

fn append_shared(repository: &Repository, writer: usize, count: usize, rejected: &AtomicU64) {
    let shared = ledger(repository).shared("origin");
    let mut head = shared.head(&stream()).unwrap();
    let mut backoff = 0_u32;
    let mut number = 0;
    while number < count {
        let op = op(format!("{writer}-{number}"));
        match shared.append(&stream(), &head, &op, &[b"event".to_vec()]) {
            Ok(new) => {
                head = new;
                number += 1;
                backoff = 0;
            }
            Err(AppendError::Conflict { actual }) => {
                rejected.fetch_add(1, Ordering::Relaxed);
                head = actual;
                backoff = (backoff + 1).min(5);
                let spread = u64::from(head.hash.as_bytes()[writer]) % 64;
                std::thread::sleep(Duration::from_millis(spread << backoff));
            }
            Err(other) => panic!("{writer}: {other}"),
        }
    }
}

#[cfg(unix)]
fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn executable(_path: &Path) {}
