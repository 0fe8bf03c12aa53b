//! Channels: names in a registry, and the events that move them.

mod event;
mod plan;
mod planner;
mod rule;
mod set;

pub use event::{ChannelEvent, Hand, Published, Remedy, Standing, Target};
pub use plan::{ChannelPlan, Kept, Move, Refusal, WhyKept, WhyMoved, WhyRefused};
pub use rule::{
    BuildMetadataPolicy, ChannelRule, Follows, Mutability, Publication, Trigger, Triggers,
};
pub use set::{ChannelSet, Positions};
