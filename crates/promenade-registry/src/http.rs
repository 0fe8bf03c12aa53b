//! An OCI registry over HTTP (distribution specification 1.1).

mod auth;
mod client;
mod config;
mod url;
mod wire;

pub use auth::{Challenge, Credentials};
pub use client::{HttpRegistry, OpenRegistryError};
pub use config::{DockerConfig, FindCredentialsError};
