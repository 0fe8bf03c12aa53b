//! The contract of the port, and sameness with the store in memory.

use promenade_promotion::ledger::{AppendError, Head, LedgerStore, MemoryLedger, conformance};
use promenade_store::FileLedger;
use proptest::prelude::*;
use testkit::disk::Op;

use crate::support::{all, fill, op, recorded, stream};

#[test]
fn it_does_what_every_store_must() {
    for seal in [1, 2, 256] {
        let dir = tempfile::tempdir().unwrap();
        let ledger = FileLedger::open(dir.path()).unwrap().seal_after(seal);
        assert_eq!(conformance::check(&ledger), Ok(()), "sealed after {seal}");
    }
}

#[test]
fn an_append_syncs_exactly_twice_whatever_the_size_of_the_batch() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, recorder) = recorded(dir.path());
    let mut head = fill(&ledger, 1);
    for size in [1_usize, 8, 100] {
        recorder.take();
        let bodies = vec![b"an event".to_vec(); size];
        head = ledger
            .append(&stream(), &head, &op(format!("b{size}")), &bodies)
            .unwrap();
        let log = recorder.take();
        let files = log
            .iter()
            .filter(|op| matches!(op, Op::SyncFile(_)))
            .count();
        let dirs = log.iter().filter(|op| matches!(op, Op::SyncDir(_))).count();
        assert_eq!((files, dirs), (1, 1), "{log:?}");
    }
}

#[test]
fn a_thousand_records_are_sealed_and_read_from_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap().seal_after(64);
    let head = fill(&ledger, 1000);
    let loose = std::fs::read_dir(dir.path().join("ledger/records"))
        .unwrap()
        .count();
    assert!(loose < 64, "{loose} files are not sealed");
    let tmp = std::fs::read_dir(dir.path().join("ledger/tmp"))
        .unwrap()
        .count();
    assert_eq!(tmp, 0, "nothing is left behind");
    for from in [0, 1, 2, 63, 64, 65, 500, 960, 961, 999, 1000, 1001, 5000] {
        let mut seen = Vec::new();
        let end = ledger
            .read(&stream(), from, &mut |r| {
                seen.push(r.seq);
                true
            })
            .unwrap();
        assert_eq!(end, head, "from {from}");
        let expected: Vec<_> = (from.max(1)..=1000).collect();
        assert_eq!(seen, expected, "from {from}");
    }
    // Another process may seal by another number.
    let other = FileLedger::open(dir.path()).unwrap().seal_after(7);
    let head = fill(&other, 30);
    assert_eq!(ledger.read(&stream(), 1, &mut |_| true).unwrap(), head);
}

#[test]
fn a_writer_that_slept_through_a_sealing_does_not_fork() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap().seal_after(4);
    let stale = fill(&ledger, 2);
    let head = fill(&ledger, 6);
    // What the sleeper does when it wakes: it links the file that follows the head it knew, whose
    // name is free again.
    let records = dir.path().join("ledger/records");
    let name = format!("{:020}", stale.seq + 1);
    assert!(!records.join(&name).exists(), "it was sealed");
    std::fs::write(records.join(&name), "whatever it holds").unwrap();
    assert_eq!(ledger.head(&stream()).unwrap(), head);
    assert_eq!(ledger.read(&stream(), 1, &mut |_| true).unwrap(), head);
    let late = ledger.append(&stream(), &stale, &op("late"), &[b"late".to_vec()]);
    assert_eq!(late, Err(AppendError::Conflict { actual: head }));
    fill(&ledger, 8);
    assert!(!records.join(&name).exists(), "it is swept");
}

#[test]
fn the_oldest_ledger_is_read_for_ever() {
    // The very bytes that version 0.1 wrote for the first record; they may never change.
    let golden = concat!(
        "promenade-record 1\nstream ledger\nseq 1\n",
        "prev sha256:0000000000000000000000000000000000000000000000000000000000000000\n",
        "op op-1\nsize 7\n\nevent 1",
    );
    let dir = tempfile::tempdir().unwrap();
    let records = dir.path().join("ledger/records");
    std::fs::create_dir_all(&records).unwrap();
    std::fs::write(records.join("00000000000000000001"), golden).unwrap();
    let ledger = FileLedger::open(dir.path()).unwrap();
    let head = ledger.head(&stream()).unwrap();
    assert_eq!(
        head.to_string(),
        "1@sha256:d29dd711ae19abc2551796f645c0d11fe827d847bee1986bb9801285e39754ad"
    );
    let fresh = tempfile::tempdir().unwrap();
    let fresh = FileLedger::open(fresh.path()).unwrap();
    assert_eq!(fill(&fresh, 1), head);
    assert_eq!(all(&fresh), [golden.as_bytes()]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Any sequence of appends, right and stale ones, ends as in memory, byte for byte.
    #[test]
    fn it_holds_the_bytes_that_memory_holds(
        seal in 1_u64..12,
        steps in prop::collection::vec((0_u64..4, prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5)), 0..30),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let files = FileLedger::open(dir.path()).unwrap().seal_after(seal);
        let memory = MemoryLedger::default();
        let mut heads = vec![Head::EMPTY];
        for (number, (behind, bodies)) in steps.into_iter().enumerate() {
            let at = heads.len().saturating_sub(1 + behind as usize);
            let expected = heads[at];
            let one = files.append(&stream(), &expected, &op(number), &bodies);
            let two = memory.append(&stream(), &expected, &op(number), &bodies);
            prop_assert_eq!(&one, &two);
            heads.extend(one);
        }
        prop_assert_eq!(all(&files), all(&memory));
        prop_assert_eq!(files.head(&stream()), memory.head(&stream()));
    }
}
