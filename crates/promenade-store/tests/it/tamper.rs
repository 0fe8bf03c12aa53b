//! Every changed, dropped, reordered or inserted record is found and located.

use promenade_promotion::ledger::{LedgerStore, StoreError};
use promenade_store::FileLedger;

use crate::support::{fill, stream};

fn broken_at(ledger: &FileLedger) -> Option<u64> {
    match ledger.read(&stream(), 1, &mut |_| true) {
        Err(StoreError::Corrupt(corrupt)) => Some(corrupt.seq),
        Err(StoreError::Unusable { .. }) => Some(0),
        Err(other) => panic!("{other}"),
        Ok(_) => None,
    }
}

#[test]
fn every_flipped_bit_is_found_by_the_chain_or_by_the_head() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap().seal_after(8);
    let records = testkit::scale(16, 200) as u64;
    let head = fill(&ledger, records as usize);
    let mut flips = 0;
    for folder in ["ledger/bundles", "ledger/records"] {
        let mut files: Vec<_> = std::fs::read_dir(dir.path().join(folder))
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        files.sort();
        for path in files {
            let bytes = std::fs::read(&path).unwrap();
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut changed = bytes.clone();
                    changed[at] ^= 1 << bit;
                    std::fs::write(&path, &changed).unwrap();
                    let seen = ledger.read(&stream(), 1, &mut |_| true);
                    assert_ne!(seen, Ok(head), "{}: byte {at}, bit {bit}", path.display());
                    flips += 1;
                }
            }
            std::fs::write(&path, &bytes).unwrap();
        }
    }
    assert!(flips > 16 * 100 * 8);
    assert_eq!(ledger.read(&stream(), 1, &mut |_| true), Ok(head));
}

#[test]
fn a_changed_record_is_named() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap();
    fill(&ledger, 9);
    let path = dir.path().join("ledger/records/00000000000000000004");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("event 4", "event 5")).unwrap();
    assert_eq!(
        broken_at(&ledger),
        Some(5),
        "the next record names another hash"
    );
    std::fs::write(&path, text.replace("seq 4", "seq 5")).unwrap();
    assert_eq!(broken_at(&ledger), Some(4));
    std::fs::write(&path, "").unwrap();
    assert_eq!(broken_at(&ledger), Some(4));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(broken_at(&ledger), Some(4));
}

#[test]
fn dropped_swapped_and_inserted_records_are_found() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap();
    fill(&ledger, 6);
    let path = |n: u64| dir.path().join(format!("ledger/records/{n:020}"));
    let (two, three) = (
        std::fs::read(path(2)).unwrap(),
        std::fs::read(path(3)).unwrap(),
    );
    std::fs::write(path(2), &three).unwrap();
    std::fs::write(path(3), &two).unwrap();
    assert_eq!(broken_at(&ledger), Some(2));
    std::fs::write(path(2), [two.clone(), two.clone()].concat()).unwrap();
    std::fs::write(path(3), &three).unwrap();
    assert!(broken_at(&ledger).is_some());
    std::fs::write(path(2), &two).unwrap();
    assert_eq!(broken_at(&ledger), None);
    // Cutting off the end is seen by whoever pinned a head.
    std::fs::remove_file(path(6)).unwrap();
    assert_eq!(ledger.head(&stream()).unwrap().seq, 5);
}
