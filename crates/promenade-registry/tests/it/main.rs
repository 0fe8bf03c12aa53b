//! Channels in a registry.

mod moves;
