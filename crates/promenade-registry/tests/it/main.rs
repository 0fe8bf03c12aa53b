//! Channels in a registry.

#[cfg(feature = "http")]
mod docker;
#[cfg(feature = "http")]
mod fake;
#[cfg(feature = "http")]
mod http;
mod moves;
#[cfg(feature = "http")]
mod proxy;
#[cfg(feature = "http")]
mod real;
#[cfg(feature = "http")]
mod seeds;
#[cfg(feature = "http")]
mod server;
