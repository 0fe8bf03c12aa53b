//! The ledger: records in a hash chain, and the one port that a store implements.
//!
//! *Create record n of a stream if and only if its head is (n − 1, hash).* Everything else is built
//! on that. A record's hash is the SHA-256 of its canonical bytes ([`Record::canonical_bytes`]),
//! which are the same in every store.

pub mod conformance;
mod error;
mod memory;
mod record;

pub use error::{
    AppendError, CorruptLedger, CorruptLedgerKind, ParseNameError, ParseRecordError, StoreError,
};
pub use memory::MemoryLedger;
pub use record::{Head, OpId, Record, StreamId};

/// Where the records of a ledger are kept.
///
/// Implementations are checked by [`conformance::check`].
pub trait LedgerStore: Send + Sync {
    /// Returns the head of a stream: [`Head::EMPTY`] if it holds no record.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn head(&self, stream: &StreamId) -> Result<Head, StoreError>;

    /// Calls `visit` with each record from sequence number `from` on (the first is 1), in order,
    /// until it returns `false`, and returns the head that was read up to.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read or holds bytes that are not a record.
    fn read(
        &self,
        stream: &StreamId,
        from: u64,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Result<Head, StoreError>;

    /// Appends one record per body, all or none, if and only if the head is `expected`.
    /// Durable on `Ok`.
    ///
    /// # Errors
    /// [`AppendError::Conflict`]: nothing of ours was written, read again and decide again.
    /// [`AppendError::Unknown`]: the outcome must be looked up with [`LedgerStore::resolve`].
    fn append(
        &self,
        stream: &StreamId,
        expected: &Head,
        op: &OpId,
        bodies: &[Vec<u8>],
    ) -> Result<Head, AppendError>;

    /// Looks for the records of an operation from sequence number `from` on, and returns the head
    /// just after its last record, if it was written.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn resolve(&self, stream: &StreamId, op: &OpId, from: u64) -> Result<Option<Head>, StoreError> {
        let mut found = None;
        self.read(stream, from, &mut |record| {
            if record.op == *op {
                found = Some(record.head());
            }
            true
        })?;
        Ok(found)
    }
}
