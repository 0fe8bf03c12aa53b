//! Loss of power: whatever was not synced may be gone, and the ledger is as before or as after.

use std::collections::BTreeMap;
use std::path::Path;

use promenade_promotion::ledger::{Head, LedgerStore};
use promenade_store::FileLedger;
use testkit::disk::{Op, copy, crash_states};

use crate::support::{all, fill, op, recorded, stream};

/// One command of the store: how many records are there before, and what it appends.
struct Case {
    before: usize,
    batch: usize,
    seal: u64,
}

const CASES: [Case; 8] = [
    Case {
        before: 0,
        batch: 1,
        seal: 256,
    },
    Case {
        before: 0,
        batch: 5,
        seal: 256,
    },
    Case {
        before: 1,
        batch: 1,
        seal: 256,
    },
    Case {
        before: 7,
        batch: 3,
        seal: 256,
    },
    Case {
        before: 3,
        batch: 1,
        seal: 4,
    },
    Case {
        before: 7,
        batch: 1,
        seal: 4,
    },
    Case {
        before: 6,
        batch: 9,
        seal: 4,
    },
    Case {
        before: 0,
        batch: 1,
        seal: 1,
    },
];

/// Runs a case and checks every crash state; returns how many there were, and the first that is
/// neither before nor after, or was acknowledged and is not after.
fn run(case: &Case, without: Option<usize>) -> (usize, Option<String>, Vec<Op>) {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let root = dir.path().join("root");
    let snapshot = dir.path().join("snapshot");
    let (ledger, recorder) = recorded(&root);
    let ledger = ledger.seal_after(case.seal);
    let head = fill(&ledger, case.before);
    let before = all(&ledger);
    copy(&root, &snapshot);
    recorder.take();
    let bodies: Vec<_> = (0..case.batch)
        .map(|n| format!("new {n}").into_bytes())
        .collect();
    let after_head = ledger
        .append(&stream(), &head, &op("new"), &bodies)
        .unwrap();
    let after = all(&ledger);
    let log = recorder.take();
    let mut tried = log.clone();
    if let Some(at) = without {
        // As if the call had been forgotten.
        tried.remove(at);
    }
    let states = crash_states(&tried);
    let mut wrong = None;
    for (number, state) in states.iter().enumerate() {
        let into = dir.path().join(format!("crash-{number}"));
        state.build(&root, &snapshot, &into);
        let found = recover(&into);
        let acknowledged = state.at == tried.len();
        let fine = match &found {
            Ok((bytes, head)) if *bytes == after => *head == after_head,
            Ok((bytes, found)) => *bytes == before && *found == head && !acknowledged,
            Err(_) => false,
        };
        if !fine && wrong.is_none() {
            let found = found.map(|(bytes, head)| format!("{} records, head {head}", bytes.len()));
            wrong = Some(format!(
                "after {} changes, {}: {found:?}",
                state.at, state.fate
            ));
        }
        // Whatever was found, the next append goes on from it.
        if fine && without.is_none() {
            let ledger = FileLedger::open(&into).unwrap().seal_after(case.seal);
            let count = all(&ledger).len();
            fill(&ledger, 2);
            assert_eq!(
                all(&ledger).len(),
                count + 2,
                "{}: {}",
                state.at,
                state.fate
            );
        }
        std::fs::remove_dir_all(&into).unwrap();
    }
    (states.len(), wrong, log)
}

fn summary(log: &[Op]) -> String {
    let name = |path: &Path| {
        path.to_string_lossy()
            .rsplit("root")
            .next()
            .unwrap()
            .to_owned()
    };
    let lines = log.iter().map(|op| match op {
        Op::MakeDir(path) => format!("make {}", name(path)),
        Op::Write(path, bytes) => format!("write {} ({} bytes)", name(path), bytes.len()),
        Op::SyncFile(path) => format!("sync {}", name(path)),
        Op::Link(from, to) | Op::Rename(from, to) => format!("{} to {}", name(from), name(to)),
        Op::Remove(path) => format!("remove {}", name(path)),
        Op::SyncDir(path) => format!("sync names of {}", name(path)),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn recover(root: &Path) -> Result<(Vec<Vec<u8>>, Head), String> {
    let ledger = FileLedger::open(root).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = ledger.read(&stream(), 1, &mut |record| {
        bytes.push(record.canonical_bytes());
        true
    });
    let head = read.map_err(|error| error.to_string())?;
    let same = ledger.head(&stream()).map_err(|error| error.to_string())?;
    assert_eq!(head, same);
    Ok((bytes, head))
}

#[test]
fn after_a_loss_of_power_the_ledger_is_as_before_or_as_after() {
    let mut total = 0;
    for case in &CASES {
        let (states, wrong, log) = run(case, None);
        assert_eq!(
            wrong,
            None,
            "{} records and {} more: {}",
            case.before,
            case.batch,
            summary(&log)
        );
        total += states;
    }
    assert!(total >= 500, "only {total} states");
}

/// What a sync is for: the file of which folder, or the names of which.
fn role(log: &[Op], at: usize) -> Option<String> {
    let folder = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    match (log.get(at)?, log.get(at + 1)) {
        (Op::SyncFile(_), Some(Op::Link(_, to))) => {
            Some(format!("a file of {}", folder(to.parent().unwrap())))
        }
        (Op::SyncDir(path), _) => Some(format!("names of {}", folder(path))),
        _ => None,
    }
}

#[test]
fn each_forgotten_sync_is_noticed() {
    let mut noticed: BTreeMap<String, bool> = BTreeMap::new();
    for case in &CASES {
        let (_, _, log) = run(case, None);
        for at in 0..log.len() {
            let Some(role) = role(&log, at) else { continue };
            // A sync may be made good by a later one of the same command; in no case it is not.
            if !noticed.get(&role).is_some_and(|noticed| *noticed) {
                let (_, wrong, _) = run(case, Some(at));
                *noticed.entry(role).or_default() |= wrong.is_some();
            }
        }
    }
    let expected = [
        "a file of bundles",
        "a file of records",
        "names of bundles",
        "names of ledger",
        "names of records",
        "names of root",
    ];
    let expected: BTreeMap<_, _> = expected.map(|role| (role.to_owned(), true)).into();
    assert_eq!(noticed, expected);
}
