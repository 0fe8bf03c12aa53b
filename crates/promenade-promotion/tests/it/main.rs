//! The behaviour of the promotion state machine, by its public interface.

mod story;
mod support;
