//! The tests of `promenade-digest`, one binary.

mod adversarial;
mod build;
mod checksum;
mod image;
#[cfg(unix)]
mod tree;
