//! SSH signatures (OpenSSH `PROTOCOL.sshsig`), in process.

mod allowed;
mod envelope;
mod sign;
mod verify;

pub use allowed::{
    AllowedSigner, AllowedSigners, ParseAllowedSignersError, ParseAllowedSignersErrorKind,
};
pub use sign::{LoadSshKeyError, SshKey};
pub use verify::SshVerifier;
