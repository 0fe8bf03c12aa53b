//! The public behaviour of the crate, a module per topic.

mod cargo_edit;
mod definitions;
mod definitions_corpus;
mod directory;
mod files;
mod npm;
