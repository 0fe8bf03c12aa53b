//! Programs that make and judge signatures: `gpg` and `ssh-keygen`, with a time-out and no terminal.

mod gpg;
mod run;
mod ssh_keygen;
mod status;

pub use gpg::{GpgSigner, GpgVerifier, OpenGpgError};
pub use run::RunProgramError;
pub use ssh_keygen::SshKeygenSigner;
