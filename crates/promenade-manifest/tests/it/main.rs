//! The public behaviour of the crate, a module per topic.

mod cargo_edit;
mod files;
mod npm;
