//! Bad input and a failing world: a sentence with a remedy, and writing stops.

use std::io::ErrorKind;

use promenade_promotion::ledger::{AppendError, Head, LedgerStore, StoreError};
use promenade_store::FileLedger;

use crate::support::{all, fill, op, recorded, stream};

#[test]
fn a_record_of_a_newer_format_stops_writing_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap();
    let head = fill(&ledger, 3);
    let path = dir.path().join("ledger/records/00000000000000000004");
    std::fs::write(path, "promenade-record 2\nwho knows\n").unwrap();
    let refused = ledger
        .append(&stream(), &head, &op("x"), &[b"x".to_vec()])
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "ledger store: record 4 has format `2`, which this version does not know; update Promenade; \
         nothing was written"
    );
    let mut seen = 0;
    let read = ledger.read(&stream(), 1, &mut |_| {
        seen += 1;
        true
    });
    assert_eq!(seen, 3, "what can be read is read");
    assert!(matches!(read, Err(StoreError::Unusable { .. })));
}

#[test]
fn a_foreign_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap();
    fill(&ledger, 1);
    let path = dir.path().join("ledger/records/notes.txt");
    std::fs::write(&path, "mine").unwrap();
    let error = ledger.head(&stream()).unwrap_err().to_string();
    assert!(
        error.contains("notes.txt") && error.contains("move it elsewhere"),
        "{error}"
    );
    std::fs::remove_file(path).unwrap();
    std::fs::write(dir.path().join("ledger/records/.DS_Store"), "").unwrap();
    assert_eq!(
        ledger.head(&stream()).unwrap().seq,
        1,
        "hidden files of the system are let be"
    );
}

#[test]
fn a_directory_that_cannot_be_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    assert!(FileLedger::open(dir.path().join("file/below")).is_err());
}

#[test]
fn whichever_change_fails_nothing_is_half_done_and_the_error_says_why() {
    for kind in [
        ErrorKind::StorageFull,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::PermissionDenied,
        ErrorKind::Other,
    ] {
        for at in 0..20 {
            let dir = tempfile::tempdir().unwrap();
            let (ledger, recorder) = recorded(dir.path());
            let ledger = ledger.seal_after(3);
            let head = fill(&ledger, 2);
            let before = all(&ledger);
            recorder.take();
            *recorder.fail.lock().unwrap() = Some((at, kind));
            let bodies = [b"a".to_vec(), b"b".to_vec()];
            let result = ledger.append(&stream(), &head, &op("x"), &bodies);
            let found = ledger.resolve(&stream(), &op("x"), 1).unwrap();
            match result {
                Ok(head) => assert_eq!(found, Some(head), "{kind} at {at}"),
                Err(AppendError::Unknown { .. }) => assert!(found.is_some(), "{kind} at {at}"),
                Err(AppendError::Store(error)) => {
                    assert_eq!(found, None, "{kind} at {at}: {error}");
                    assert_eq!(all(&ledger), before);
                    let remedy = matches!(error, StoreError::Unusable { .. });
                    assert_eq!(remedy, kind != ErrorKind::Other, "{error}");
                }
                Err(other) => panic!("{kind} at {at}: {other}"),
            }
            *recorder.fail.lock().unwrap() = None;
            fill(&ledger, 2);
        }
    }
}

#[test]
fn a_stream_without_records_is_empty_and_reads_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap();
    assert_eq!(ledger.read(&stream(), 7, &mut |_| true), Ok(Head::EMPTY));
    assert_eq!(
        ledger.append(&stream(), &Head::EMPTY, &op("x"), &[]),
        Ok(Head::EMPTY)
    );
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        0,
        "reading writes nothing"
    );
}
