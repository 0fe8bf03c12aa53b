//! Releases on a forge: GitHub's REST API, an in-memory forge, publishing that can be run again, and
//! the banner of a deprecated release.
//!
//! ```
//! use promenade_forge::{Forge, MemoryForge, ReleasePlan, ReleaseText, Stage, deprecate, publish};
//!
//! let forge = MemoryForge::new(["v1.4.0"]);
//! let text = ReleaseText {
//!     name: "Acme 1.4.0".to_owned(),
//!     notes: "### Fixed\n\n- a crash\n".to_owned(),
//!     stage: Stage::Latest,
//! };
//! let plan = ReleasePlan::new("v1.4.0", text).with_asset("app.tar.gz", "application/gzip", b"bytes")?;
//! let release = publish(&forge, &plan)?;
//! assert_eq!(publish(&forge, &plan)?, release, "publishing twice is publishing once");
//!
//! let notes = deprecate(&release.text.notes, "corrupts data", Some("v1.4.1"))?;
//! assert!(notes.starts_with("## ⚠️ Deprecated\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Scope and non-scope
//!
//! The port itself ([`Forge`]) and its conformance test are in `promenade-process`. There is no
//! verb that deletes a release or an asset. What a forge shows as the latest release is observed
//! and reported; the ledger says what it should be.

//!
//! # Features
//!
//! - `http` (default): forges and registries of [`crates`] over HTTP, without TLS and so on this machine only.
//! - `tls`: the same with TLS (rustls and ring, which needs a C compiler).

#[cfg(feature = "http")]
pub mod crates;
#[cfg(feature = "http")]
mod github;
#[cfg(feature = "http")]
mod http;
mod memory;
mod publish;

pub use promenade_process::port::forge::{
    Asset, DeprecateError, Forge, ForgeError, ForgeErrorKind, Release, ReleaseId, ReleaseText,
    Stage, conformance, deprecate, deprecation,
};

#[cfg(feature = "http")]
pub use github::{GITHUB_API, GithubForge};
#[cfg(feature = "http")]
pub use http::{OpenError, Patience, Token, TokenError};
pub use memory::MemoryForge;
pub use publish::{PlanReleaseError, PublishError, ReleasePlan, publish};
