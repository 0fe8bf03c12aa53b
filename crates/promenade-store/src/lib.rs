//! The promotion ledger in files: one immutable file per append, hash chained, crash safe.
//!
//! ```
//! use promenade_promotion::ledger::{Head, LedgerStore, OpId, StreamId};
//! use promenade_store::FileLedger;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let ledger = FileLedger::open(dir.path())?;
//! let stream = StreamId::new("ledger")?;
//! let head = ledger.append(&stream, &Head::EMPTY, &OpId::new("op-1")?, &[b"an event".to_vec()])?;
//! assert_eq!(ledger.head(&stream)?, head);
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//!
//! ```text
//! <root>/<stream>/records/00000000000000000257        the records of one append, canonical bytes
//! <root>/<stream>/bundles/00000000000000000001-00000000000000000256        sealed
//! <root>/<stream>/tmp/                                files that have no name yet
//! <root>/<stream>/snapshots/00000000000000001000      the state after that record, if it is kept
//! ```
//!
//! An append is written to `tmp`, synced, and linked (`link(2)`) to the name of its first sequence
//! number, which exactly one writer can do; then the directory is synced. That is the whole of the
//! compare-and-swap: there is no lock, and nothing that a killed writer could leave behind would
//! stop the next one. Once 256 records have gathered they are sealed into one file.
//!
//! # Scope and non-scope
//!
//! For embedders without a repository, on Linux and macOS, on a file system with hard links; it is
//! the reference that other stores are measured by. The ledger knows nothing of events;
//! [`Snapshots`], which serve every store, do. It does not guard
//! against someone who may write to the directory and rewrites the whole chain: pin a head elsewhere
//! for that (every read returns one).

mod error;
mod files;
mod layout;
mod ledger;
mod seal;
mod snapshots;

pub use files::{FileOp, Files, OsFiles};
pub use ledger::FileLedger;
pub use snapshots::{Restored, Snapshots};
