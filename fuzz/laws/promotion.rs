//! The laws of the ledger's bytes, as one function over bytes: what the fuzzer runs, and what the
//! tests replay over the seeds.

use promenade_digest::Digest;
use promenade_promotion::ledger::{Head, OpId, Record, StreamId};
use promenade_promotion::{Event, Replay, Snapshot};

/// Asserts every law over one input: it is read as a record, as an event, as a snapshot, and as a
/// history with one event on each line.
///
/// What is read is written byte for byte; a record's hash is that of its bytes; an event that is
/// refused leaves the state as it was; a history has one state, by replay and by snapshot.
///
/// # Panics
/// If a law does not hold.
pub(crate) fn promotion(data: &[u8]) {
    if let Ok(record) = Record::parse(data) {
        assert_eq!(record.canonical_bytes(), data);
        assert_eq!(record.hash(), Digest::sha256(data));
        event(&record.body);
    }
    event(data);
    if let Ok(snapshot) = Snapshot::parse(data) {
        assert_eq!(snapshot.to_bytes(), data);
    }
    history(data);
}

fn event(data: &[u8]) {
    if let Ok(event) = Event::parse(data) {
        assert_eq!(event.canonical_bytes(), data);
    }
}

fn history(data: &[u8]) {
    let stream = StreamId::new("fuzz").expect("a name");
    let op = OpId::new("op").expect("a name");
    let mut head = Head::EMPTY;
    let mut records = Vec::new();
    let mut replay = Replay::new(&stream);
    for line in data.split(|byte| *byte == b'\n') {
        let record = Record::after(&head, &stream, &op, line.to_vec());
        let mut next = replay.clone();
        match next.step(&record) {
            Ok(()) => {
                replay = next;
                head = record.head();
                records.push(record);
            }
            Err(_) => {
                let mut before = replay.state().clone();
                let mut after = next.state().clone();
                (before.clock, after.clock) = (None, None);
                assert_eq!(before, after, "a refused event changed the state");
            }
        }
    }
    let mut again = Replay::new(&stream);
    for record in &records {
        again.step(record).expect("it was taken before");
    }
    assert_eq!(again.head(), replay.head());
    assert_eq!(again.state().hash(), replay.state().hash());
    let snapshot = Snapshot::of(&again);
    let read = Snapshot::parse(&snapshot.to_bytes());
    assert_eq!(read.as_ref(), Ok(&snapshot));
}
