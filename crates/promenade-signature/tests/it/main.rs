//! Signatures, with the programs that others use as oracles.

#[cfg(feature = "openpgp")]
mod crafted;
#[cfg(feature = "openpgp")]
mod image;
#[cfg(feature = "openpgp")]
mod pgp;
#[cfg(all(feature = "ecdsa", feature = "rsa"))]
mod seeds;
mod ssh;
#[cfg(feature = "openpgp")]
mod trusted;
