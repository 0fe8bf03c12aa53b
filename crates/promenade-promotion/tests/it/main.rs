//! The behaviour of the promotion state machine, by its public interface.

mod cells;
mod clocks;
mod corpus;
mod embargo;
mod embedder;
mod gates;
mod laws;
mod model;
mod scale;
mod story;
mod support;
mod tamper;
