//! The contract of a store: the ledger in memory keeps it, and a store that breaks one rule is told which.

use promenade_promotion::ledger::{
    AppendError, Head, LedgerStore, MemoryLedger, OpId, Record, StoreError, StreamId, conformance,
};

/// One thing that a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    None,
    ForgetsTheHead,
    WritesOneBody,
    OverwritesOnConflict,
    WritesOnConflict,
    ReadsBackwards,
    ReadsFromTheStart,
    NeverStops,
    StopsWithoutSayingWhere,
    ForgetsOperations,
    FindsAnyOperation,
    MixesStreams,
}

/// A ledger with a flaw.
struct Flawed {
    store: MemoryLedger,
    flaw: Flaw,
}

impl Flawed {
    fn stream(&self, stream: &StreamId) -> StreamId {
        if self.flaw == Flaw::MixesStreams {
            return StreamId::new("one").unwrap();
        }
        stream.clone()
    }
}

impl LedgerStore for Flawed {
    fn head(&self, stream: &StreamId) -> Result<Head, StoreError> {
        if self.flaw == Flaw::ForgetsTheHead {
            return Ok(Head::EMPTY);
        }
        self.store.head(&self.stream(stream))
    }

    fn read(
        &self,
        stream: &StreamId,
        from: u64,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Result<Head, StoreError> {
        let stream = self.stream(stream);
        match self.flaw {
            Flaw::ReadsBackwards => {
                let mut all = Vec::new();
                let head = self.store.read(&stream, from, &mut |record| {
                    all.push(record);
                    true
                })?;
                for record in all.into_iter().rev() {
                    if !visit(record) {
                        break;
                    }
                }
                Ok(head)
            }
            Flaw::ReadsFromTheStart => self.store.read(&stream, 1, visit),
            Flaw::NeverStops => self.store.read(&stream, from, &mut |record| {
                visit(record);
                true
            }),
            Flaw::StopsWithoutSayingWhere => {
                self.store.read(&stream, from, visit)?;
                self.store.head(&stream)
            }
            _ => self.store.read(&stream, from, visit),
        }
    }

    fn append(
        &self,
        stream: &StreamId,
        expected: &Head,
        op: &OpId,
        bodies: &[Vec<u8>],
    ) -> Result<Head, AppendError> {
        let stream = self.stream(stream);
        let actual = self.store.head(&stream).unwrap();
        match self.flaw {
            Flaw::WritesOneBody => self.store.append(&stream, expected, op, &bodies[..1]),
            Flaw::OverwritesOnConflict => self.store.append(&stream, &actual, op, bodies),
            Flaw::WritesOnConflict if actual != *expected => {
                self.store.append(&stream, &actual, op, bodies)?;
                Err(AppendError::Conflict { actual })
            }
            _ => self.store.append(&stream, expected, op, bodies),
        }
    }

    fn resolve(&self, stream: &StreamId, op: &OpId, from: u64) -> Result<Option<Head>, StoreError> {
        match self.flaw {
            Flaw::ForgetsOperations => Ok(None),
            Flaw::FindsAnyOperation => {
                let first = OpId::new("op-1").unwrap();
                self.store.resolve(&self.stream(stream), &first, from)
            }
            _ => self.store.resolve(&self.stream(stream), op, from),
        }
    }
}

#[track_caller]
fn check(flaw: Flaw, expect: Result<(), &str>) {
    let store = MemoryLedger::default();
    let found = conformance::check(&Flawed { store, flaw });
    let expect = expect.map_err(|rule| format!("broken rule: {rule}"));
    assert_eq!(found, expect, "{flaw:?}");
}

#[test]
fn the_ledger_in_memory_keeps_the_contract() {
    assert_eq!(conformance::check(&MemoryLedger::default()), Ok(()));
    check(Flaw::None, Ok(()));
}

#[test]
fn a_store_that_breaks_a_rule_is_told_which() {
    let rules = [
        (Flaw::ForgetsTheHead, "the head is what append returned"),
        (Flaw::WritesOneBody, "two bodies make two records"),
        (
            Flaw::OverwritesOnConflict,
            "an append on a stale head is a conflict that names the head",
        ),
        (Flaw::WritesOnConflict, "a conflict writes nothing"),
        (Flaw::ReadsBackwards, "sequence numbers are contiguous"),
        (
            Flaw::ReadsFromTheStart,
            "read starts where it is told and stops when told",
        ),
        (
            Flaw::NeverStops,
            "read starts where it is told and stops when told",
        ),
        (
            Flaw::StopsWithoutSayingWhere,
            "a stopped read returns the record it stopped at",
        ),
        (
            Flaw::ForgetsOperations,
            "resolve finds an operation by its id",
        ),
        (
            Flaw::FindsAnyOperation,
            "resolve finds no operation that was refused",
        ),
        (Flaw::MixesStreams, "streams are separate"),
    ];
    for (flaw, rule) in rules {
        check(flaw, Err(rule));
    }
}

#[test]
fn a_ledger_that_holds_records_is_no_ground_for_the_check() {
    let store = MemoryLedger::default();
    assert_eq!(conformance::check(&store), Ok(()));
    let again = conformance::check(&store).unwrap_err();
    assert_eq!(
        again,
        "broken rule: a stream without records has the empty head"
    );
}
