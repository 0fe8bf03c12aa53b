//! The ledger in memory, for tests, simulation and `check`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{AppendError, Head, LedgerStore, OpId, Record, StoreError, StreamId};
use crate::Map;

/// A ledger that lives as long as the value.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    streams: Mutex<Map<StreamId, Vec<Record>>>,
}

impl MemoryLedger {
    fn lock(&self) -> MutexGuard<'_, Map<StreamId, Vec<Record>>> {
        // A panic of another holder cannot leave a stream half appended: `extend` is the last step.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LedgerStore for MemoryLedger {
    fn head(&self, stream: &StreamId) -> Result<Head, StoreError> {
        let streams = self.lock();
        let last = streams.get(stream).and_then(|records| records.last());
        Ok(last.map_or(Head::EMPTY, Record::head))
    }

    fn read(
        &self,
        stream: &StreamId,
        from: u64,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Result<Head, StoreError> {
        let records = self.lock().get(stream).cloned().unwrap_or_default();
        let head = records.last().map_or(Head::EMPTY, Record::head);
        for record in records.into_iter().filter(|record| record.seq >= from) {
            let here = record.head();
            if !visit(record) {
                return Ok(here);
            }
        }
        Ok(head)
    }

    fn append(
        &self,
        stream: &StreamId,
        expected: &Head,
        op: &OpId,
        bodies: &[Vec<u8>],
    ) -> Result<Head, AppendError> {
        let mut streams = self.lock();
        let records = streams.get_or_insert_with(stream, Vec::new);
        let mut head = records.last().map_or(Head::EMPTY, Record::head);
        if head != *expected {
            return Err(AppendError::Conflict { actual: head });
        }
        let mut fresh = Vec::with_capacity(bodies.len());
        for body in bodies {
            let record = Record::after(&head, stream, op, body.clone());
            head = record.head();
            fresh.push(record);
        }
        records.extend(fresh);
        Ok(head)
    }
}
