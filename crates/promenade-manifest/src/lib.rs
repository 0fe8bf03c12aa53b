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
#[cfg(feature = "yaml")]
pub mod definitions;
mod diff;
mod document;
mod edit;
mod error;
mod form;
#[cfg(feature = "fs")]
pub mod fs;
mod json;
mod key_path;
mod lerna;
mod mismatch;
mod npm;
mod npm_range;
mod npm_workspace;
mod place;
mod policy;
mod position;
mod requirement;
#[cfg(feature = "serde")]
mod serde;
mod toml;
mod tree;
mod version_files;
#[cfg(feature = "yaml")]
mod yaml;

pub use cargo::{Cargo, Package, PackageSelection, VersionChange, VersionEdit};
pub use edit::{EditList, FileEdit, TextEdit};
pub use error::{
    EditOrderError, PlanEditError, PlanEditErrorKind, ReadFileError, ReadManifestError,
    ReadManifestErrorKind,
};
pub use form::{Form, ParseFormError};
pub use key_path::{KeyPath, ParseKeyPathError};
pub use mismatch::Mismatch;
pub use policy::{FilePolicy, ManifestKind, ManifestPolicy, Place, PolicyError, Versions};
pub use position::Position;
pub use requirement::Dependents;
pub use tree::{Entry, EntryKind, FileTree};
pub use version_files::{NamedVersion, VersionFiles};
