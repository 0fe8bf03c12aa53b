//! What the crate does, seen from outside.

mod corpus;
mod decisions;
mod edits;
mod generate;
mod laws;
mod merge;
mod notes;
mod properties;
mod structure;
mod traps;
