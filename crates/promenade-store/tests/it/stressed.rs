//! Races, kills and lost acknowledgements.

use std::path::Path;
use std::time::Duration;

use promenade_promotion::ledger::{AppendError, Head, LedgerStore};
use promenade_store::FileLedger;

use crate::stress;
use crate::support::{op, stream};

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
    let mut head = Head::EMPTY;
    for number in 0..200_u64 {
        let op = op(format!("op-{number}"));
        let body = [format!("event {number}").into_bytes()];
        let mut answer = ledger.append(&stream(), &head, &op, &body);
        if number % 10 == 3 {
            // It was written; the caller hears nothing.
            answer = Err(AppendError::Unknown {
                cause: "the line broke".to_owned(),
            });
        } else if number % 10 == 7 {
            // It hears nothing and sends the same again: refused, not doubled.
            let again = ledger.append(&stream(), &head, &op, &body);
            assert!(matches!(again, Err(AppendError::Conflict { .. })));
            answer = Err(AppendError::Unknown {
                cause: "the line broke".to_owned(),
            });
        }
        head = match answer {
            Ok(head) => head,
            Err(_) => ledger
                .resolve(&stream(), &op, head.seq + 1)
                .unwrap()
                .unwrap(),
        };
    }
    let mut ops = Vec::new();
    ledger
        .read(&stream(), 1, &mut |record| {
            ops.push(record.op);
            true
        })
        .unwrap();
    assert_eq!(ops.len(), 200, "exactly one record per operation");
    ops.dedup();
    assert_eq!(ops.len(), 200);
}
