//! Version edits in manifests, lock files and environment definitions, as byte splices.
//!
//! ```
//! use std::collections::BTreeMap;
//! use promenade_manifest::{Cargo, Dependents, PackageSelection};
//!
//! let files = BTreeMap::from([(
//!     "Cargo.toml".to_owned(),
//!     b"[package]\nname = \"acme\"\nversion = \"1.3.0\" # bumped by the release\n".to_vec(),
//! )]);
//! let cargo = Cargo::read(&files, &["Cargo.toml"])?;
//! assert_eq!(cargo.check()?, []);
//!
//! let edit = cargo.plan_version_edit(
//!     &PackageSelection::Shared,
//!     &"1.4.0".parse()?,
//!     Dependents::Follow,
//! )?;
//! assert_eq!(
//!     edit.files()[0].after(),
//!     b"[package]\nname = \"acme\"\nversion = \"1.4.0\" # bumped by the release\n",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cargo;
mod edit;
mod error;
mod mismatch;
mod position;
mod requirement;
mod toml;
mod tree;

pub use cargo::{Cargo, Package, PackageSelection, VersionChange, VersionEdit};
pub use edit::{EditList, FileEdit, TextEdit};
pub use error::{
    EditOrderError, PlanEditError, PlanEditErrorKind, ReadFileError, ReadManifestError,
    ReadManifestErrorKind,
};
pub use mismatch::Mismatch;
pub use position::Position;
pub use requirement::Dependents;
pub use tree::{Entry, EntryKind, FileTree};
