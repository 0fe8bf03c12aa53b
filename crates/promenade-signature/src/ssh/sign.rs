//! Signing with an SSH key in memory.

use std::fmt;

use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};

use crate::{MakeSignature, MakeSignatureError, SignatureKind};

/// An SSH private key in memory. It is wiped when dropped and never printed.
#[derive(Clone)]
pub struct SshKey {
    key: PrivateKey,
}

/// A text is not an SSH private key that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot load the ssh key: {problem}")]
pub struct LoadSshKeyError {
    problem: String,
}

impl LoadSshKeyError {
    pub(crate) fn new(problem: String) -> Self {
        Self { problem }
    }

    /// Returns why it cannot be used.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl SshKey {
    /// Makes the ed25519 key of a seed; the same seed gives the same key and the same signatures.
    ///
    /// For demonstrations and tests: whoever knows the seed can sign.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self {
            key: PrivateKey::from(Ed25519Keypair::from_seed(seed)),
        }
    }

    /// Makes a new ed25519 key from the randomness of the system.
    #[must_use]
    pub fn generate() -> Self {
        let mut rng = ssh_key::rand_core::OsRng;
        let pair = Ed25519Keypair::random(&mut rng);
        Self {
            key: PrivateKey::from(pair),
        }
    }

    /// Reads an ed25519 key in OpenSSH's format, without a passphrase. RSA private keys are never
    /// used in process (RUSTSEC-2023-0071), nor are others: `ssh-keygen` signs with those.
    ///
    /// # Errors
    /// [`LoadSshKeyError`] if the text is no such key, or if it is encrypted.
    pub fn from_openssh(text: &str) -> Result<Self, LoadSshKeyError> {
        let problem = LoadSshKeyError::new;
        let key = PrivateKey::from_openssh(text).map_err(|error| problem(error.to_string()))?;
        match key.key_data() {
            KeypairData::Ed25519(_) => Ok(Self { key }),
            KeypairData::Encrypted(_) => Err(problem(
                "it has a passphrase; sign with `ssh-keygen` and an agent instead".to_owned(),
            )),
            _ => Err(problem(format!(
                "expected an ed25519 key, found `{}`; sign with `ssh-keygen` instead",
                key.algorithm().as_str(),
            ))),
        }
    }

    /// Returns the public key as one line (`ssh-ed25519 AAAA…`), without a comment.
    #[must_use]
    pub fn public_line(&self) -> String {
        let mut public = self.key.public_key().clone();
        public.set_comment("");
        public
            .to_openssh()
            .expect("a public key that was read or made can be written")
    }

    /// Returns the line that lets `principal` sign with this key for every namespace.
    #[must_use]
    pub fn allowed_signers_line(&self, principal: &str) -> String {
        format!("{principal} {}\n", self.public_line())
    }
}

impl fmt::Debug for SshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SshKey({})", self.key())
    }
}

impl MakeSignature for SshKey {
    fn sign(&self, namespace: &str, payload: &[u8]) -> Result<String, MakeSignatureError> {
        let failed = |error: ssh_key::Error| MakeSignatureError::new(self.key(), error.to_string());
        let signed = self
            .key
            .sign(namespace, HashAlg::Sha512, payload)
            .map_err(failed)?;
        let mut armored = signed.to_pem(LineEnding::LF).map_err(failed)?;
        if !armored.ends_with('\n') {
            armored.push('\n');
        }
        Ok(armored)
    }

    fn kind(&self) -> SignatureKind {
        SignatureKind::Ssh
    }

    fn key(&self) -> String {
        self.key.fingerprint(HashAlg::Sha256).to_string()
    }
}
