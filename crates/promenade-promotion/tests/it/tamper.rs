//! Tampering: any changed, dropped, reordered or inserted record is found and located (INV-37).

use promenade_promotion::ledger::{
    AppendError, CorruptLedger, CorruptLedgerKind, Head, LedgerStore, MemoryLedger, OpId, Record,
    StoreError, StreamId,
};
use promenade_promotion::{Outcome, Replay, ReplayError, verify as verify_ledger};

use crate::support::*;

/// A store of plain bytes, as a medium keeps them.
struct Medium(Vec<Vec<u8>>);

impl LedgerStore for Medium {
    fn head(&self, stream: &StreamId) -> Result<Head, StoreError> {
        self.read(stream, 1, &mut |_| true)
    }

    fn read(
        &self,
        _: &StreamId,
        from: u64,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Result<Head, StoreError> {
        let mut head = Head::EMPTY;
        for (seq, bytes) in (1..).zip(&self.0) {
            let record = Record::parse(bytes).map_err(|error| CorruptLedger {
                seq,
                kind: CorruptLedgerKind::Record(error),
            })?;
            head = record.head();
            if seq >= from && !visit(record) {
                break;
            }
        }
        Ok(head)
    }

    fn append(&self, _: &StreamId, _: &Head, _: &OpId, _: &[Vec<u8>]) -> Result<Head, AppendError> {
        unreachable!("the medium is only read")
    }
}

fn stream() -> StreamId {
    StreamId::new("app").unwrap()
}

/// A ledger of a real history with `length` records, and its head.
fn ledger(length: usize) -> (Vec<Vec<u8>>, Head) {
    let mut bench = Bench::new(two_stages());
    let mut n = 0;
    while bench.events.len() < length {
        n += 1;
        let text = format!("1.0.0-rc.{n}");
        bench.candidate(&text);
        bench.run(record(&bench.state, "smoke", &text, Outcome::Pending));
        bench.pass("smoke", &text);
        bench.deploy("staging", &text);
        bench.run(reject(&text));
    }
    let store = MemoryLedger::default();
    let mut head = Head::EMPTY;
    for (index, event) in bench.events.iter().take(length).enumerate() {
        let op = OpId::new(format!("op-{index}")).unwrap();
        head = store
            .append(&stream(), &head, &op, &[event.canonical_bytes()])
            .unwrap();
    }
    let mut bytes = Vec::new();
    store
        .read(&stream(), 1, &mut |record| {
            bytes.push(record.canonical_bytes());
            true
        })
        .unwrap();
    (bytes, head)
}

/// Where an error says the ledger is broken.
fn located(error: &ReplayError) -> u64 {
    match error {
        ReplayError::Store(StoreError::Corrupt(corrupt)) => corrupt.seq,
        ReplayError::Event { seq, .. } | ReplayError::Law { seq, .. } => *seq,
        ReplayError::Pinned(lost) => lost.found.seq,
        other => panic!("not located: {other}"),
    }
}

#[track_caller]
fn check(medium: &Medium, head: &Head, at: u64) {
    let error = verify_ledger(medium, &stream(), Some(head)).expect_err("tampering is not found");
    let found = located(&error);
    // The record itself, or the next one, which names another hash.
    assert!(
        found == at || found == at + 1,
        "tampered at {at}, found at {found}: {error}"
    );
}

/// The replay before each record of a sound ledger, so that a flip costs two records and not all of them.
fn replays(bytes: &[Vec<u8>]) -> Vec<Replay> {
    let mut replays = vec![Replay::new(&stream())];
    for bytes in bytes {
        let mut next = replays.last().unwrap().clone();
        next.step(&Record::parse(bytes).unwrap()).unwrap();
        replays.push(next);
    }
    replays
}

/// Flips a bit and checks that it is found at the record, or at the next one, or at the pinned head.
fn check_flip(replays: &[Replay], bytes: &[Vec<u8>], record: usize, bit: usize) {
    let mut flipped = bytes[record].clone();
    flipped[bit / 8] ^= 1 << (bit % 8);
    let Ok(parsed) = Record::parse(&flipped) else {
        return;
    };
    let mut replay = replays[record].clone();
    if replay.step(&parsed).is_err() {
        return;
    }
    match bytes.get(record + 1) {
        Some(next) => assert!(
            replay.step(&Record::parse(next).unwrap()).is_err(),
            "bit {bit} of record {record} is not found"
        ),
        None => assert_ne!(replay.head(), replays.last().unwrap().head()),
    }
}

#[test]
fn an_untouched_ledger_verifies() {
    let (bytes, head) = ledger(32);
    assert_eq!(
        verify_ledger(&Medium(bytes), &stream(), Some(&head))
            .unwrap()
            .head,
        head
    );
}

#[test]
fn every_flipped_bit_of_a_short_ledger_is_found_and_located() {
    let (bytes, head) = ledger(32);
    let replays = replays(&bytes);
    assert_eq!(replays.last().unwrap().head(), head);
    let mut flips = 0;
    for record in 0..bytes.len() {
        for bit in 0..8 * bytes[record].len() {
            check_flip(&replays, &bytes, record, bit);
            flips += 1;
        }
    }
    println!("{flips} flips");
    assert!(flips > 100_000);
}

#[test]
fn sampled_flips_of_a_long_ledger_are_found_and_located() {
    let (bytes, head) = ledger(1_000);
    let replays = replays(&bytes);
    assert_eq!(replays.last().unwrap().head(), head);
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..10_000 {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let record = (seed >> 33) as usize % bytes.len();
        let bit = (seed >> 11) as usize % (8 * bytes[record].len());
        check_flip(&replays, &bytes, record, bit);
    }
}

#[test]
fn every_truncation_is_found_with_a_pinned_head() {
    let (bytes, head) = ledger(32);
    for length in 0..bytes.len() {
        let medium = Medium(bytes[..length].to_vec());
        let error = verify_ledger(&medium, &stream(), Some(&head)).unwrap_err();
        assert_eq!(located(&error), length as u64);
        // Without one it is a shorter ledger, and as good as that.
        assert!(verify_ledger(&medium, &stream(), None).is_ok());
    }
}

#[test]
fn swapped_dropped_and_repeated_records_are_found() {
    let (bytes, head) = ledger(32);
    for left in 0..bytes.len() {
        let mut dropped = bytes.clone();
        dropped.remove(left);
        check(&Medium(dropped), &head, left as u64);
        let mut repeated = bytes.clone();
        repeated.insert(left, bytes[left].clone());
        check(&Medium(repeated), &head, left as u64 + 1);
        for right in left + 1..bytes.len() {
            let mut swapped = bytes.clone();
            swapped.swap(left, right);
            check(&Medium(swapped), &head, left as u64 + 1);
        }
    }
}

#[test]
fn a_fork_is_found_with_a_pinned_head() {
    let (bytes, head) = ledger(32);
    for at in 0..bytes.len() {
        // A ledger that is sound in itself, and another one from record `at` on.
        let records: Vec<_> = bytes
            .iter()
            .map(|bytes| Record::parse(bytes).unwrap())
            .collect();
        let mut before = if at == 0 {
            Head::EMPTY
        } else {
            records[at - 1].head()
        };
        let mut forked = bytes[..at].to_vec();
        for record in &records[at..] {
            let op = OpId::new(format!("forged-{}", record.seq)).unwrap();
            let forged = Record::after(&before, &stream(), &op, record.body.clone());
            before = forged.head();
            forked.push(forged.canonical_bytes());
        }
        let medium = Medium(forked);
        assert!(verify_ledger(&medium, &stream(), None).is_ok());
        let error = verify_ledger(&medium, &stream(), Some(&head)).unwrap_err();
        assert!(matches!(error, ReplayError::Pinned(_)), "{error}");
    }
}
