//! Release engineering as a library: version policy, tag naming, changelog editing, promotion and
//! digests behind one facade.
//!
//! ```
//! let scheme = promenade::version::Scheme::semver();
//! assert!(scheme.parse("0.10.0")? > scheme.parse("0.9.0")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each module is one crate, behind the feature of the same name; there is nothing else in here but
//! the [`guide`].

#[cfg(feature = "changelog")]
pub use promenade_changelog as changelog;
#[cfg(feature = "digest")]
pub use promenade_digest as digest;
#[cfg(feature = "forge")]
pub use promenade_forge as forge;
#[cfg(feature = "git")]
pub use promenade_git as git;
#[cfg(feature = "manifest")]
pub use promenade_manifest as manifest;
#[cfg(feature = "process")]
pub use promenade_process as process;
#[cfg(feature = "promotion")]
pub use promenade_promotion as promotion;
#[cfg(feature = "registry")]
pub use promenade_registry as registry;
#[cfg(feature = "signature")]
pub use promenade_signature as signature;
#[cfg(feature = "store")]
pub use promenade_store as store;
#[cfg(feature = "tag")]
pub use promenade_tag as tag;
#[cfg(feature = "version")]
pub use promenade_version as version;

/// What is longer than the page of an item.
pub mod guide {
    #[doc = include_str!("../docs/processes.md")]
    pub mod processes {}
}
