//! What the crate does, seen from outside.

mod corpus;
mod decisions;
mod draft;
mod edits;
mod fold;
mod generate;
mod laws;
mod merge;
mod notes;
mod properties;
mod structure;
mod traps;
