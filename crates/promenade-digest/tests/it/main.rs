//! The tests of `promenade-digest`, one binary.

mod build;
mod checksum;
