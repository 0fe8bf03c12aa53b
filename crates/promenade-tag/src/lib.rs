//! Tag naming and channels: templates that write and read, tag classes, branch names, messages,
//! and channels that never move backwards.

mod facts;

pub use facts::{ObjectKind, SignatureKind, TagFacts};
