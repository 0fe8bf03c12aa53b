//! Asking over HTTP, patiently, and without showing a secret to anybody but whom it is for.

mod token;
mod url;
mod wire;

pub use token::{Token, TokenError};
pub use wire::Patience;

pub(crate) use url::{Url, encode};
pub(crate) use wire::{Answer, Ask, Http, HttpError, Verb};

/// A server cannot be spoken to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address is not one.
    #[error("`{url}` is not an address: expected `https://HOST/…`")]
    Url {
        /// What was given.
        url: String,
    },
    /// The server is elsewhere, and what is sent there could be read on the way.
    #[error("`{url}` is open and not this machine: expected `https://…`")]
    Open {
        /// What was given.
        url: String,
    },
    /// The server is elsewhere and this build has no TLS.
    #[error("`{url}` wants TLS and this build speaks none (feature `tls`)")]
    NoTls {
        /// What was given.
        url: String,
    },
    /// The repository is not of the form `OWNER/NAME`.
    #[error("`{repository}` is not the name of a repository: expected `OWNER/NAME`")]
    Repository {
        /// What was given.
        repository: String,
    },
}
