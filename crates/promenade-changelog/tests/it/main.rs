//! What the crate does, seen from outside.

mod corpus;
mod generate;
mod laws;
mod structure;
