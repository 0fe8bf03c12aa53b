//! Loss of power: whatever was not synced may be gone, and the ledger is as before or as after.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use promenade_git::{Disk, DiskOp, OsDisk, Repository};
use promenade_promotion::ledger::{AppendError, Head, LedgerStore, StoreError};
use testkit::disk::{Op, copy, crash_states};

use crate::support::{commit, git, ledger, op, stream};

#[derive(Default)]
struct Recorder {
    log: Mutex<Vec<Op>>,
    fail: Mutex<Option<(usize, io::ErrorKind)>>,
}

impl Disk for Recorder {
    fn apply(&self, op: DiskOp<'_>) -> io::Result<()> {
        let mut log = self.log.lock().unwrap();
        if let Some((at, kind)) = *self.fail.lock().unwrap()
            && at == log.len()
        {
            log.push(Op::SyncDir("/failed".into()));
            return Err(kind.into());
        }
        OsDisk.apply(op)?;
        let own = Path::to_path_buf;
        log.push(match op {
            DiskOp::MakeDir(path) => Op::MakeDir(own(path)),
            DiskOp::Write(path, bytes) => Op::Write(own(path), bytes.to_vec()),
            DiskOp::SyncFile(path) => Op::SyncFile(own(path)),
            DiskOp::Link(from, to) => Op::Link(own(from), own(to)),
            DiskOp::Rename(from, to) => Op::Rename(own(from), own(to)),
            DiskOp::Remove(path) => Op::Remove(own(path)),
            DiskOp::SyncDir(path) => Op::SyncDir(own(path)),
            other => panic!("{other:?} is not recorded"),
        });
        Ok(())
    }
}

/// A disk that is quick, as nothing is synced: for states that are thrown away at once.
struct Forgetful;

impl Disk for Forgetful {
    fn apply(&self, op: DiskOp<'_>) -> io::Result<()> {
        match op {
            DiskOp::SyncFile(_) | DiskOp::SyncDir(_) => Ok(()),
            other => OsDisk.apply(other),
        }
    }
}

/// One append: how many records are there before, how many it adds, and whether git packed them.
const CASES: [(usize, usize, bool); 4] =
    [(0, 1, false), (1, 1, false), (3, 4, false), (4, 1, true)];

fn read(root: &Path) -> Result<(Vec<Vec<u8>>, Head), String> {
    let repository = Repository::open(root).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let head = ledger(&repository)
        .read(&stream(), 1, &mut |record| {
            bytes.push(record.canonical_bytes());
            true
        })
        .map_err(|error| error.to_string())?;
    Ok((bytes, head))
}

fn bodies(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|n| format!("event {n}").into_bytes())
        .collect()
}

/// Returns how many states there were, the first wrong one, and the changes of the append.
fn run(case: (usize, usize, bool), without: Option<usize>) -> (usize, Option<String>, Vec<Op>) {
    let (before, batch, packed) = case;
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let (root, snapshot) = (dir.path().join("root"), dir.path().join("snapshot"));
    let repository = Repository::init(&root).unwrap();
    commit(&repository, "a", "1");
    // Each state is a copy of the repository: it need not hold the examples of hooks.
    std::fs::remove_dir_all(root.join(".git/hooks")).unwrap();
    let mut head = Head::EMPTY;
    if before > 0 {
        head = ledger(&repository)
            .append(&stream(), &head, &op("before"), &bodies(before))
            .unwrap();
    }
    if packed {
        git(&root, &["gc", "-q", "--prune=now"]);
    }
    let (old, _) = read(&root).unwrap();
    copy(&root, &snapshot);
    let recorder = Arc::new(Recorder::default());
    let recorded = ledger(&repository).disk(recorder.clone());
    recorded
        .append(&stream(), &head, &op("new"), &bodies(batch))
        .unwrap();
    let (new, _) = read(&root).unwrap();
    let log = std::mem::take(&mut *recorder.log.lock().unwrap());
    let mut tried = log.clone();
    if let Some(at) = without {
        tried.remove(at);
    }
    let states = crash_states(&tried);
    let mut wrong = None;
    for (number, state) in states.iter().enumerate() {
        let into = dir.path().join(format!("crash-{number}"));
        state.build(&root, &snapshot, &into);
        let found = read(&into);
        let acknowledged = state.at == tried.len();
        let fine = match &found {
            Ok((bytes, _)) if *bytes == new => true,
            Ok((bytes, _)) => *bytes == old && !acknowledged,
            Err(_) => false,
        };
        if !fine && wrong.is_none() {
            let found = found.map(|(bytes, head)| format!("{} records, head {head}", bytes.len()));
            wrong = Some(format!(
                "after {} changes, {}: {found:?}",
                state.at, state.fate
            ));
        }
        // The same append again, as after a crash: it is done, or it can be done now.
        if fine && without.is_none() && number % 3 == 0 {
            let again = ledger(&Repository::open(&into).unwrap()).disk(Arc::new(Forgetful));
            match again.append(&stream(), &head, &op("new"), &bodies(batch)) {
                Ok(_) => {}
                Err(AppendError::Conflict { actual }) => {
                    assert_eq!(
                        again.resolve(&stream(), &op("new"), 1).unwrap(),
                        Some(actual)
                    );
                }
                Err(other) => panic!("after {} changes, {}: {other}", state.at, state.fate),
            }
            assert_eq!(read(&into).unwrap().0, new);
        }
        std::fs::remove_dir_all(&into).unwrap();
    }
    (states.len(), wrong, log)
}

#[test]
fn after_a_loss_of_power_the_ledger_is_as_before_or_as_after() {
    let mut total = 0;
    for case in CASES {
        let (states, wrong, log) = run(case, None);
        assert_eq!(wrong, None, "{case:?}, {} changes", log.len());
        total += states;
    }
    assert!(total > 500, "only {total} states");
}

/// What a sync is for.
fn role(log: &[Op], at: usize) -> Option<&'static str> {
    let has = |path: &Path, text: &str| path.to_string_lossy().contains(text);
    match log.get(at)? {
        Op::SyncFile(path) if has(path, "/value-") => Some("the ref"),
        Op::SyncFile(path) if has(path, "/object-") => Some("an object"),
        // The mark of locks: without it a lock is of nobody, and waited for.
        Op::SyncFile(_) => None,
        Op::SyncDir(path) if path.ends_with("refs") => Some("names of the refs"),
        Op::SyncDir(path) if has(path, "/refs/promenade") => Some("names of the ledgers"),
        Op::SyncDir(path) if path.ends_with("objects") => Some("names of the folders of objects"),
        Op::SyncDir(_) => Some("names of objects"),
        _ => None,
    }
}

#[test]
fn each_forgotten_sync_is_noticed() {
    let mut noticed: BTreeMap<&str, bool> = BTreeMap::new();
    for case in [CASES[0], CASES[1]] {
        let (_, _, log) = run(case, None);
        for at in 0..log.len() {
            let Some(role) = role(&log, at) else { continue };
            if !noticed.get(role).is_some_and(|noticed| *noticed) {
                let (_, wrong, _) = run(case, Some(at));
                *noticed.entry(role).or_default() |= wrong.is_some();
            }
        }
    }
    let expected = [
        "an object",
        "names of objects",
        "names of the folders of objects",
        "names of the ledgers",
        "names of the refs",
        "the ref",
    ];
    assert_eq!(noticed, expected.map(|role| (role, true)).into());
}

#[test]
fn an_append_syncs_three_objects_their_folders_and_the_ref() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let repository = Repository::init(dir.path()).unwrap();
    let head = ledger(&repository)
        .append(&stream(), &Head::EMPTY, &op("1"), &bodies(1))
        .unwrap();
    let recorder = Arc::new(Recorder::default());
    let recorded = ledger(&repository).disk(recorder.clone());
    recorded
        .append(&stream(), &head, &op("2"), &bodies(1))
        .unwrap();
    let log = recorder.log.lock().unwrap();
    let files = log
        .iter()
        .filter(|op| matches!(op, Op::SyncFile(_)))
        .count();
    let dirs = log.iter().filter(|op| matches!(op, Op::SyncDir(_))).count();
    assert_eq!(files, 4, "blob, tree, commit and ref");
    assert!(
        (3..=5).contains(&dirs),
        "{dirs} folders: of the objects, theirs, and of the ref"
    );
}

#[test]
fn whichever_change_fails_nothing_is_half_done_and_the_error_says_why() {
    for kind in [
        io::ErrorKind::StorageFull,
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::Other,
    ] {
        for at in 0..26 {
            let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
            let repository = Repository::init(dir.path()).unwrap();
            let plain = ledger(&repository);
            let head = plain
                .append(&stream(), &Head::EMPTY, &op("1"), &bodies(1))
                .unwrap();
            let recorder = Arc::new(Recorder::default());
            *recorder.fail.lock().unwrap() = Some((at, kind));
            let failing = ledger(&repository).disk(recorder);
            let result = failing.append(&stream(), &head, &op("x"), &bodies(1));
            let found = plain.resolve(&stream(), &op("x"), 1).unwrap();
            match result {
                Ok(head) => assert_eq!(found, Some(head), "{kind} at {at}"),
                Err(AppendError::Unknown { .. }) => assert!(found.is_some(), "{kind} at {at}"),
                Err(AppendError::Store(error)) => {
                    assert_eq!(found, None, "{kind} at {at}: {error}");
                    let remedy = matches!(error, StoreError::Unusable { .. });
                    assert_eq!(remedy, kind != io::ErrorKind::Other, "{error}");
                }
                Err(other) => panic!("{kind} at {at}: {other}"),
            }
            let head = plain.head(&stream()).unwrap();
            plain
                .append(&stream(), &head, &op("y"), &bodies(1))
                .unwrap();
        }
    }
}

/// A disk on which a git that clears up removes each empty directory of the object store right before an
/// object is moved there, so many times.
struct Cleared(Mutex<usize>);

impl Disk for Cleared {
    fn apply(&self, op: DiskOp<'_>) -> io::Result<()> {
        if let DiskOp::Rename(_, to) = op {
            let mut left = self.0.lock().unwrap();
            let directory = to.parent().unwrap();
            // One that is not empty stays, as git does it.
            if *left > 0 && std::fs::remove_dir(directory).is_ok() {
                *left -= 1;
            }
        }
        OsDisk.apply(op)
    }
}

/// Git removes directories of objects that are empty, also one that was made for an object a moment ago.
#[test]
fn a_directory_that_git_clears_away_again_and_again_is_made_again() {
    for (times, fits) in [(1, true), (12, true), (10_000, false)] {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        let cleared = ledger(&repository).disk(Arc::new(Cleared(Mutex::new(times))));
        let done = cleared.append(&stream(), &Head::EMPTY, &op("1"), &bodies(1));
        assert_eq!(done.is_ok(), fits, "{times}: {done:?}");
        let kept = read(dir.path()).unwrap().0.len();
        assert_eq!(kept, usize::from(fits), "all or nothing");
        git(dir.path(), &["fsck", "--strict"]);
    }
}
