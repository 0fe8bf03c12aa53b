//! SSH signing through the program `ssh-keygen`, for keys in an agent or in hardware.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ssh_key::HashAlg;
use tempfile::NamedTempFile;

use super::run::run;
use crate::{LoadSshKeyError, MakeSignature, MakeSignatureError, SignatureKind};

/// Signs through `ssh-keygen -Y sign`. A key that needs a passphrase nobody has typed fails.
#[derive(Clone, Debug)]
pub struct SshKeygenSigner {
    program: PathBuf,
    key_file: PathBuf,
    fingerprint: String,
    limit: Duration,
    /// Keeps the file of a public key that was given as text.
    _public: Option<Arc<NamedTempFile>>,
}

impl SshKeygenSigner {
    /// Signs with a key file: a private key, or a public key whose private half an agent holds.
    /// `public` is the line of the public key.
    ///
    /// # Errors
    /// [`LoadSshKeyError`] if the public key cannot be read.
    pub fn new(
        program: &Path,
        key_file: &Path,
        public: &str,
        limit: Duration,
    ) -> Result<Self, LoadSshKeyError> {
        let public = ssh_key::PublicKey::from_openssh(public.trim())
            .map_err(|error| LoadSshKeyError::new(error.to_string()))?;
        Ok(Self {
            program: program.to_owned(),
            key_file: key_file.to_owned(),
            fingerprint: public.fingerprint(HashAlg::Sha256).to_string(),
            limit,
            _public: None,
        })
    }

    /// Signs with a key that an agent holds, named by the line of its public key.
    ///
    /// # Errors
    /// [`LoadSshKeyError`] if the line is no public key, or cannot be kept in a file.
    pub fn of_agent(
        program: &Path,
        public: &str,
        limit: Duration,
    ) -> Result<Self, LoadSshKeyError> {
        let kept = |error: std::io::Error| LoadSshKeyError::new(error.to_string());
        let file = tempfile::Builder::new()
            .prefix("ssh-")
            .suffix(".pub")
            .tempfile()
            .map_err(kept)?;
        std::fs::write(file.path(), format!("{}\n", public.trim())).map_err(kept)?;
        let signer = Self::new(program, file.path(), public, limit)?;
        Ok(Self {
            _public: Some(Arc::new(file)),
            ..signer
        })
    }
}

impl MakeSignature for SshKeygenSigner {
    fn sign(&self, namespace: &str, payload: &[u8]) -> Result<String, MakeSignatureError> {
        let failed = |problem: String| MakeSignatureError::new(&self.fingerprint, problem);
        let args: [OsString; 6] = [
            "-Y".into(),
            "sign".into(),
            "-n".into(),
            namespace.into(),
            "-f".into(),
            self.key_file.clone().into(),
        ];
        let output = run(&self.program, args, payload, self.limit)
            .map_err(|error| failed(error.to_string()))?;
        let armored = String::from_utf8(output.stdout)
            .ok()
            .filter(|text| SignatureKind::of(text.as_bytes()) == Some(SignatureKind::Ssh));
        let problem = || {
            let said = String::from_utf8_lossy(&output.stderr);
            failed(format!("ssh-keygen made no signature: {}", said.trim()))
        };
        armored
            .filter(|_| output.status.success())
            .ok_or_else(problem)
    }

    fn kind(&self) -> SignatureKind {
        SignatureKind::Ssh
    }

    fn key(&self) -> String {
        self.fingerprint.clone()
    }
}
