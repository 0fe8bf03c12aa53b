//! Channels: names in a registry, and the events that move them.

mod rule;

pub use rule::{BuildMetadataPolicy, ChannelRule, Follows, Mutability, Trigger, Triggers};
