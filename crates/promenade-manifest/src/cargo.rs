//! Cargo workspaces: who names which version, and where.

mod check;
mod lock;
mod manifest;
mod plan;
mod workspace;

pub use plan::{PackageSelection, VersionChange, VersionEdit};
pub use workspace::{Cargo, Package};
