//! The keyring that a process file holds, as verifiers.

use promenade_process::{TrustedKey, TrustedKeys};

use crate::{AllowedSigners, Keyring, SignatureKind, SshVerifier};

/// A key of a process file cannot be read, or is another one than its id says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key `{key}` of {person}: {problem}")]
pub struct ReadTrustedKeysError {
    key: String,
    person: String,
    problem: String,
}

impl ReadTrustedKeysError {
    fn new(key: &TrustedKey, problem: String) -> Self {
        Self {
            key: key.actor().to_string(),
            person: key.person().to_string(),
            problem,
        }
    }

    /// Returns the key as the process names it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl Keyring {
    /// Trusts the keys that a process trusts, within the times that it states; signers are called by
    /// the names of the people.
    ///
    /// Which tags a key may sign is for a check of tags to ask ([`TrustedKeys::tag_signers`]). An
    /// OpenPGP key of which the process holds no certificate cannot be judged, and its signatures are
    /// never good.
    ///
    /// ```
    /// use promenade_process::Process;
    /// use promenade_signature::Keyring;
    ///
    /// let process = Process::preset("rustshare")?;
    /// let keyring = Keyring::of(process.keyring())?;
    /// # let _ = keyring;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ReadTrustedKeysError`] for the first key that cannot be read or is not the one that is named.
    pub fn of(trusted: &TrustedKeys) -> Result<Self, ReadTrustedKeysError> {
        let mut keyring = Self::new();
        let of_kind = |kind| trusted.keys().iter().filter(move |key| key.kind() == kind);
        let mut signers = AllowedSigners::default();
        for key in of_kind(SignatureKind::Ssh) {
            check_ssh(key)?;
            signers = signers.with_fingerprint(
                key.person().as_str(),
                &key.fingerprint(),
                key.valid_after(),
                key.valid_before(),
            );
        }
        if !signers.signers().is_empty() {
            keyring = keyring.with_ssh(SshVerifier::new(signers));
        }
        #[cfg(feature = "openpgp")]
        if let Some(keys) = certificates(of_kind(SignatureKind::Pgp))? {
            keyring = keyring.with_pgp(crate::PgpVerifier::new(keys));
        }
        Ok(keyring)
    }
}

/// Checks that the ssh key that a process spells out is the one that it names.
fn check_ssh(key: &TrustedKey) -> Result<(), ReadTrustedKeysError> {
    let Some(line) = key.public_key() else {
        return Ok(());
    };
    let fault = |problem: String| ReadTrustedKeysError::new(key, problem);
    let public =
        ssh_key::PublicKey::from_openssh(line.trim()).map_err(|error| fault(error.to_string()))?;
    let found = public.fingerprint(ssh_key::HashAlg::Sha256).to_string();
    if found == key.fingerprint() {
        Ok(())
    } else {
        Err(fault(format!("its public key has fingerprint `{found}`")))
    }
}

#[cfg(feature = "openpgp")]
fn certificates<'a>(
    keys: impl Iterator<Item = &'a TrustedKey>,
) -> Result<Option<crate::PgpKeys>, ReadTrustedKeysError> {
    use chrono::{DateTime, Utc};

    let mut all: Option<crate::PgpKeys> = None;
    for key in keys {
        let Some(armored) = key.public_key() else {
            continue;
        };
        let fault = |problem: String| ReadTrustedKeysError::new(key, problem);
        let fingerprint = key.fingerprint();
        let mut one = crate::PgpKeys::parse(armored.as_bytes())
            .map_err(|error| fault(error.to_string()))?
            .with_name(&fingerprint, key.person().as_str());
        let found = one.fingerprints();
        if found != [fingerprint.clone()] {
            let found = found.join("`, `");
            return Err(fault(format!("its public key has fingerprint `{found}`")));
        }
        if key.valid_after().is_some() || key.valid_before().is_some() {
            let from = key.valid_after().unwrap_or(DateTime::<Utc>::MIN_UTC);
            let until = key.valid_before().unwrap_or(DateTime::<Utc>::MAX_UTC);
            one = one.with_window(&fingerprint, from, until);
        }
        all = Some(match all {
            Some(all) => all.merge(one),
            None => one,
        });
    }
    Ok(all)
}
