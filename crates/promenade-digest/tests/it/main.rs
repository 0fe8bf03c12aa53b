//! The tests of `promenade-digest`, one binary.

mod build;
mod checksum;
#[cfg(unix)]
mod tree;
