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
//! the `guide`, which comes with the feature `process`.

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

/// What is longer than the page of an item: ways in, and the two formats as specifications.
///
/// | page | for |
/// |---|---|
/// | [`hour`](guide::hour) | your process in an hour, from a repository that was released by hand |
/// | [`from_cargo_release`](guide::from_cargo_release) | who comes from cargo-release |
/// | [`from_release_plz`](guide::from_release_plz) | who comes from release-plz |
/// | [`from_release_md`](guide::from_release_md) | who comes from a page of prose |
/// | [`processes`](guide::processes) | four real processes, rule by rule |
/// | [`process_file`](guide::process_file) | the process file, specified |
/// | [`ledger`](guide::ledger) | the ledger, specified |
///
/// Every command on these pages is run by a test, and every process file is read.
#[cfg(feature = "process")]
pub mod guide {
    #[doc = include_str!("../docs/from-cargo-release.md")]
    pub mod from_cargo_release {}
    #[doc = include_str!("../docs/from-release-md.md")]
    pub mod from_release_md {}
    #[doc = include_str!("../docs/from-release-plz.md")]
    pub mod from_release_plz {}
    #[doc = include_str!("../docs/hour.md")]
    pub mod hour {}
    #[doc = include_str!("../docs/ledger.md")]
    pub mod ledger {}
    #[doc = include_str!("../docs/process-file.md")]
    pub mod process_file {}
    #[doc = include_str!("../docs/processes.md")]
    pub mod processes {}
}
