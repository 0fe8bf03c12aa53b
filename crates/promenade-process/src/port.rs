//! The ports: what the process asks of the world outside, in its own words.
//!
//! Each port is a small object-safe trait with the values it speaks of, the errors it may answer,
//! and a `conformance` check that any implementation can run. The adapters (`promenade-registry`,
//! `promenade-forge`, `promenade-signature`) implement them; nothing here does I/O.

pub mod channels;
pub mod forge;
pub mod holding;
pub mod hook;
pub mod ledger;
pub mod past;
pub mod registry;
pub mod repository;
pub mod signature;
