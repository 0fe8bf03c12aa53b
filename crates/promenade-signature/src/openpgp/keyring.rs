//! The keyring of OpenPGP signatures, and how strict it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use pgp::composed::{Deserializable, SignedPublicKey};
use pgp::types::KeyDetails as _;

/// The largest keyring that is read, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The OpenPGP certificates that may sign, and how strictly they are judged.
///
/// The certificates are the pins: nothing is looked up, and no web of trust is asked.
#[derive(Clone, Debug, Default)]
pub struct PgpKeys {
    pub(super) keys: Vec<SignedPublicKey>,
    pub(super) policy: PgpPolicy,
    pub(super) windows: BTreeMap<String, (DateTime<Utc>, DateTime<Utc>)>,
    pub(super) names: BTreeMap<String, String>,
}

/// How strictly OpenPGP signatures are judged.
///
/// ```
/// use promenade_signature::PgpPolicy;
///
/// let policy = PgpPolicy::default();
/// assert!(!policy.expired_keys && !policy.sha1_bindings);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PgpPolicy {
    /// Accept a signature of a key that has expired since, if the key counted when the signature was
    /// made, and the time of signing that the caller knows agrees.
    pub expired_keys: bool,
    /// Accept certificates whose own bindings are made with SHA-1, as those of many old keys are.
    /// Signatures over data need SHA-2 or SHA-3 all the same.
    pub sha1_bindings: bool,
}

/// Bytes are not a keyring of OpenPGP certificates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the OpenPGP keyring: {problem}")]
pub struct ParsePgpKeysError {
    problem: String,
}

impl PgpKeys {
    /// Reads certificates, armored (one or more blocks) or raw.
    ///
    /// # Errors
    /// [`ParsePgpKeysError`] if any of it is not a certificate. A keyring of which a part was
    /// skipped is not the keyring that was meant.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParsePgpKeysError> {
        let fault = |problem: String| ParsePgpKeysError { problem };
        if bytes.len() > MAX_BYTES {
            return Err(fault(format!("longer than {MAX_BYTES} bytes")));
        }
        let mut keys = Vec::new();
        if bytes.first().is_some_and(|first| first & 0x80 != 0) {
            let parsed = SignedPublicKey::from_bytes_many(bytes);
            for key in parsed.map_err(|error| fault(error.to_string()))? {
                keys.push(key.map_err(|error| fault(error.to_string()))?);
            }
        } else {
            for block in blocks(bytes).map_err(fault)? {
                let (parsed, _) = SignedPublicKey::from_armor_many(block.as_bytes())
                    .map_err(|error| fault(error.to_string()))?;
                for key in parsed {
                    keys.push(key.map_err(|error| fault(error.to_string()))?);
                }
            }
        }
        if keys.is_empty() {
            return Err(fault("it holds no certificate".to_owned()));
        }
        Ok(Self {
            keys,
            ..Self::default()
        })
    }

    /// Judges by this policy.
    #[must_use]
    pub fn with_policy(mut self, policy: PgpPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Lets a key sign only within a span of time (`from` included, `until` not), by the
    /// fingerprint of its primary key.
    #[must_use]
    pub fn with_window(
        mut self,
        fingerprint: &str,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Self {
        let fingerprint = fingerprint.to_ascii_uppercase();
        self.windows.insert(fingerprint, (from, until));
        self
    }

    /// Calls the holder of a key by this name instead of the user id that the certificate claims.
    #[must_use]
    pub fn with_name(mut self, fingerprint: &str, name: &str) -> Self {
        let fingerprint = fingerprint.to_ascii_uppercase();
        self.names.insert(fingerprint, name.to_owned());
        self
    }

    /// Adds the certificates of another keyring after these; the policy stays.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.windows.extend(other.windows);
        self.names.extend(other.names);
        self
    }

    /// Returns the fingerprints of the primary keys, in upper-case hexadecimal.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<String> {
        self.keys
            .iter()
            .map(|key| format!("{:X}", key.fingerprint()))
            .collect()
    }
}

/// Splits a text into its armored blocks; between them only blank lines and `#` comments may stand.
fn blocks(bytes: &[u8]) -> Result<Vec<String>, String> {
    const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";
    let text = str::from_utf8(bytes).map_err(|_| "expected ASCII armor".to_owned())?;
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        match &mut open {
            Some(block) => {
                block.push_str(line);
                block.push('\n');
                if line.trim_end() == END {
                    blocks.extend(open.take());
                }
            }
            None if line.trim_end() == BEGIN => open = Some(format!("{BEGIN}\n")),
            None if line.trim().is_empty() || line.starts_with('#') => {}
            None => return Err(format!("line {}: expected `{BEGIN}`", index + 1)),
        }
    }
    match open {
        None => Ok(blocks),
        Some(_) => Err(format!("expected `{END}` last")),
    }
}
