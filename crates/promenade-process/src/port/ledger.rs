//! Records that nobody has seen, taken back.
//!
//! A ledger only grows. The one exception is a record that was made by a plan which was then not
//! published: as long as no remote has it and nothing follows it, it may be taken back with the rest.

use promenade_promotion::ledger::{Head, StoreError, StreamId};

use super::repository::Applied;

/// A ledger whose last records can be taken back while nobody else has them.
pub trait Retract {
    /// Takes the stream back from `from` to `to`, which is an earlier head of it; `Already` if it is
    /// not past `to`.
    ///
    /// # Errors
    /// [`StoreError`] if other records follow, or if a remote has them.
    fn retract(&self, stream: &StreamId, from: &Head, to: &Head)
    -> Result<Applied<()>, StoreError>;
}
