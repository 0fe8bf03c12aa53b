//! What every [`LedgerStore`] must do, as a test that any implementation can run.

use super::{AppendError, Head, LedgerStore, OpId, Record, StreamId};

/// Checks a new, empty store against the contract of [`LedgerStore`].
///
/// # Errors
/// One sentence naming the first rule that does not hold.
// Inline here and below: it is built in the tests that call it, and not by everyone who embeds a ledger.
#[inline]
pub fn check(store: &dyn LedgerStore) -> Result<(), String> {
    let stream = StreamId::new("conformance").map_err(|error| error.to_string())?;
    let op = |text: &str| OpId::new(text).map_err(|error| error.to_string());
    let head = store.head(&stream).map_err(|error| error.to_string())?;
    expect(
        head == Head::EMPTY,
        "a stream without records has the empty head",
    )?;

    let bodies = [b"one".to_vec(), b"two".to_vec()];
    let two = append(store, &stream, &head, &op("op-1")?, &bodies)?;
    expect(two.seq == 2, "two bodies make two records")?;
    expect(
        store.head(&stream) == Ok(two),
        "the head is what append returned",
    )?;

    let stale = store.append(&stream, &Head::EMPTY, &op("op-2")?, &[b"late".to_vec()]);
    expect(
        stale == Err(AppendError::Conflict { actual: two }),
        "an append on a stale head is a conflict that names the head",
    )?;
    expect(store.head(&stream) == Ok(two), "a conflict writes nothing")?;

    let three = append(store, &stream, &two, &op("op-3")?, &[b"three".to_vec()])?;
    let mut seen = Vec::new();
    let read = store.read(&stream, 1, &mut |record| {
        seen.push(record);
        true
    });
    expect(read == Ok(three), "read returns the head")?;
    check_chain(&seen)?;
    let bodies: Vec<_> = seen.iter().map(|record| record.body.as_slice()).collect();
    expect(
        bodies == [b"one".as_slice(), b"two", b"three"],
        "read gives every body in order",
    )?;

    let mut from = Vec::new();
    let stopped = store.read(&stream, 2, &mut |record| {
        from.push(record.seq);
        false
    });
    expect(
        from == [2],
        "read starts where it is told and stops when told",
    )?;
    expect(
        stopped == Ok(two),
        "a stopped read returns the record it stopped at",
    )?;

    let found = store.resolve(&stream, &op("op-1")?, 1);
    expect(
        found == Ok(Some(two)),
        "resolve finds an operation by its id",
    )?;
    let absent = store.resolve(&stream, &op("op-2")?, 1);
    expect(
        absent == Ok(None),
        "resolve finds no operation that was refused",
    )?;

    let other = StreamId::new("conformance-other").map_err(|error| error.to_string())?;
    expect(
        store.head(&other) == Ok(Head::EMPTY),
        "streams are separate",
    )
}

#[inline]
fn append(
    store: &dyn LedgerStore,
    stream: &StreamId,
    head: &Head,
    op: &OpId,
    bodies: &[Vec<u8>],
) -> Result<Head, String> {
    store
        .append(stream, head, op, bodies)
        .map_err(|error| format!("append failed: {error}"))
}

#[inline]
fn check_chain(records: &[Record]) -> Result<(), String> {
    let mut head = Head::EMPTY;
    for record in records {
        expect(
            record.seq == head.seq + 1,
            "sequence numbers are contiguous",
        )?;
        expect(
            record.prev == head.hash,
            "each record names the hash of the one before",
        )?;
        head = record.head();
    }
    Ok(())
}

#[inline]
fn expect(holds: bool, rule: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("broken rule: {rule}"))
    }
}
