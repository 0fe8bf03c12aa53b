//! The environment promotion state machine: environments, gates, evidence, approvals, candidates,
//! releases and the ledger of records.
//!
//! ```
//! use promenade_promotion::ledger::{Head, LedgerStore, MemoryLedger, OpId, StreamId};
//!
//! let ledger = MemoryLedger::default();
//! let stream = StreamId::new("ledger")?;
//! let head = ledger.append(&stream, &Head::EMPTY, &OpId::new("op-1")?, &[b"an event".to_vec()])?;
//! assert_eq!(head.seq, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod ledger;
