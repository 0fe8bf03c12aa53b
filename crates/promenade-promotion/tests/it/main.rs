//! The behaviour of the promotion state machine, by its public interface.

#![expect(
    clippy::print_stdout,
    reason = "the figures of sizes and times are shown where a test is run by hand"
)]

mod cells;
mod clocks;
mod contract;
mod corpus;
mod decisions;
mod embargo;
mod embedder;
mod gates;
mod invariants;
mod laws;
mod map;
mod model;
mod scale;
mod seeds;
mod story;
mod support;
mod tamper;
mod trust;
mod wishes;
