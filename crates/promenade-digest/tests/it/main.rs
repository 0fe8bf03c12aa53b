//! The tests of `promenade-digest`, one binary.

mod adversarial;
mod build;
mod checksum;
mod edges;
mod image;
mod laws;
mod memory;
#[cfg(unix)]
mod tree;
