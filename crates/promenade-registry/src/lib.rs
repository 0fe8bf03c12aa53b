//! Channels in an OCI registry: an in-memory registry, and moves that are reconciled to the ledger.
//!
//! ```
//! use promenade_registry::{ChannelMove, MemoryRegistry, Mutability, Outcome, move_channels};
//!
//! let registry = MemoryRegistry::new();
//! let image = registry.add_image(b"the only layer");
//! let moves = [ChannelMove::new("1.4.0".parse()?, Mutability::Immutable, None, *image.digest())];
//!
//! let report = move_channels(&registry, &moves);
//! assert_eq!(report.outcomes().collect::<Vec<_>>(), [&Outcome::Moved]);
//! // Running it again finds that there is nothing to do.
//! let report = move_channels(&registry, &moves);
//! assert_eq!(report.outcomes().collect::<Vec<_>>(), [&Outcome::AlreadyThere]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Scope and non-scope
//!
//! The port itself ([`Registry`]) and its conformance test are in `promenade-process`. No registry
//! can compare and swap a tag: two writers who look, put and look again may both believe that they
//! won. The ledger decides ([`LedgerAuthority`]); [`reconcile`] brings the registry in line with it, reads back what it
//! did, asks the ledger again, and repairs what a late write of its own undid. Which names move
//! where is the policy of `promenade-tag`. Nothing here deletes.
//!
//! # Features
//!
//! - `http` (default): a registry over HTTP, without TLS and so on this machine only; docker's credentials.
//! - `tls`: the same with TLS (rustls and ring, which needs a C compiler).

mod channels;
mod closure;
#[cfg(feature = "http")]
mod http;
mod ledger;
mod memory;
mod moves;
mod patient;

pub use promenade_process::port::registry::{
    ChannelName, Descriptor, Manifest, Reference, Registry, RegistryError, RegistryErrorKind,
    conformance,
};

pub use promenade_tag::Mutability;

pub use channels::RegistryChannels;
pub use closure::{CheckClosureError, CheckClosureErrorKind, check_closure};
#[cfg(feature = "http")]
pub use http::{
    Challenge, Credentials, DockerConfig, FindCredentialsError, HttpRegistry, OpenRegistryError,
};
pub use ledger::{AskLedgerError, LedgerAuthority};
pub use memory::MemoryRegistry;
pub use moves::{Authority, ChannelMove, MoveReport, Outcome, Refusal, move_channels, reconcile};
pub use patient::Patience;
