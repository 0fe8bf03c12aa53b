//! The behaviour of version policies, seen from outside.

mod cadence;
mod calendar;
mod celo;
mod edges;
mod groups;
mod levels;
mod lines;
mod mithril;
mod node_semver;
mod policy_file;
mod properties;
mod seeds;
mod semver_org;
mod series;
mod suffixes;
