//! Git for Promenade: the facts of tags and history, commits and tags, and the ledger on a ref.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use promenade_git::{CommitRequest, Ident, Repository};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let repository = Repository::init(dir.path())?;
//! let who = Ident::new("Ada", "ada@example.org", "2026-01-05T09:00:00Z".parse()?)?;
//!
//! let request = CommitRequest::new("main", "a first file", who)
//!     .file("VERSION", "0.1.0\n");
//! let commit = repository.commit(&request)?;
//!
//! assert_eq!(repository.head()?, commit);
//! assert_eq!(repository.read_file("HEAD", "VERSION")?, b"0.1.0\n");
//! # Ok(())
//! # }
//! ```
//!
//! # Scope and non-scope
//!
//! This crate says what a repository holds and writes what it is told, compare-and-swap: it knows no
//! policy. It is the only user of `gix`, and no type of `gix` is in its interface. Reading and
//! writing objects and refs is native; the work tree, merging of contents and the network are left
//! to the program `git`, which is called without a terminal, in the `C` locale and with a time limit.
//!
//! # Durability
//!
//! What [`GitLedger`] acknowledges was synced: objects, ref and directories. Git itself syncs neither
//! by default.

#[doc = include_str!("ci.md")]
pub mod ci {}
mod claim;
mod combine;
mod contains;
mod durable;
mod error;
mod history;
mod id;
mod ident;
mod ledger;
mod lock;
mod object;
mod packing;
mod past;
mod port;
mod program;
mod refs;
mod remote;
mod repository;
mod tags;
mod tree;
mod verify;
mod write;

pub use durable::{Disk, DiskOp, OsDisk};
pub use error::GitError;
pub use history::Commit;
pub use id::CommitId;
pub use ident::Ident;
pub use ledger::{
    Describe, Divergence, GitLedger, Pulled, Pushed, RecordSignature, RecordSignatures, ShareError,
};
pub use past::Archive;
pub use port::Work;
pub use program::Git;
pub use repository::{Repository, Status};
pub use tags::{Signer, TagRequest};
pub use tree::{Change, PathChange};
pub use verify::{RecordedTag, TagCheck, TagProblem, TagReport};
pub use write::CommitRequest;
