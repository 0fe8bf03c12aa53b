//! What templates, tags and channels do, seen from outside.

mod ambiguity;
mod channel;
mod channel_rules;
mod corpus;
mod edges;
mod finding;
mod history;
mod policy;
mod refname;
mod seeds;
mod serde;
mod template;
mod vectors;
