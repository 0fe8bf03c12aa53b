//! The public behaviour of the crate, a module per topic.

mod broken;
mod cargo_edit;
mod cargo_oracle;
mod definitions;
mod definitions_corpus;
mod directory;
mod documents_oracle;
mod files;
mod laws;
mod npm;
mod npm_workspace;
