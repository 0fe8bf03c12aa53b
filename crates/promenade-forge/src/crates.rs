//! Crates, published to their registry in dependency order, so that it can be run again.
//!
//! A plan is made from what `cargo metadata` says and from what the sparse index of the registry has;
//! versions that are there are left as they are. Before the first upload every crate that is missing
//! is packaged and built by `cargo package`, all of them together, so a failing one stops everything.
//! Then `cargo publish` uploads one after the other, and the index is read back: the digest there must
//! be that of the package here. Killed anywhere and run again, it goes on where the index says.
//!
//! ```
//! use promenade_forge::crates::Workspace;
//!
//! let metadata = r#"{
//!   "target_directory": "/acme/target",
//!   "packages": [
//!     { "name": "acme", "version": "0.1.0", "publish": null, "dependencies": [
//!       { "name": "acme-core", "kind": null, "req": "^0.1.0", "path": "/acme/core" } ] },
//!     { "name": "acme-core", "version": "0.1.0", "publish": null, "dependencies": [
//!       { "name": "acme", "kind": "dev", "req": "*", "path": "/acme" } ] },
//!     { "name": "xtask", "version": "0.0.0", "publish": [], "dependencies": [] }
//!   ]
//! }"#;
//! let workspace = Workspace::parse(metadata.as_bytes())?;
//! let order: Vec<_> = workspace.order(None, &[])?.into_iter().map(|one| one.name()).collect();
//! // A dev-dependency without a version is no obstacle: cargo leaves it out of what it publishes.
//! assert_eq!(order, ["acme-core", "acme"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cargo;
mod index;
mod plan;
mod workspace;

pub use cargo::{Cargo, CargoError};
pub use index::{CRATES_IO_INDEX, FindIndexError, IndexError, Published, SparseIndex, find_index};
pub use plan::{CratePlan, PlannedCrate, PublishCrateError, State, plan, publish, verify};
pub use workspace::{OrderError, Package, ReadWorkspaceError, Workspace};
