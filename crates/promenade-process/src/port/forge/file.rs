//! The files that are attached to releases.

use std::fmt;

use promenade_digest::Digest;
use serde::{Deserialize, Serialize};

/// A file to attach to a release: its name there, where it lies here, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AssetFile {
    /// Its name on the forge, which is that of the artifact.
    pub name: String,
    /// Where it lies.
    pub path: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// What its bytes are.
    pub media_type: String,
}

/// A file cannot be attached to a release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("asset `{name}`: {problem}")]
pub struct AssetError {
    name: String,
    problem: String,
}

impl AssetError {
    /// Says what is wrong with the file of an asset.
    pub fn new(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            problem: problem.into(),
        }
    }

    /// Returns the name of the asset.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl AssetFile {
    /// Takes a file under the name of its artifact.
    ///
    /// # Errors
    /// [`AssetError`] for a name that forges rewrite: they replace blanks and other characters in
    /// silence, and then the name in a checksum file no longer fits.
    pub fn new(
        name: impl Into<String>,
        path: impl Into<String>,
        digest: Digest,
        size_bytes: u64,
        media_type: impl Into<String>,
    ) -> Result<Self, AssetError> {
        let name = name.into();
        let kept = |c: char| c.is_ascii_alphanumeric() || "._-+~@".contains(c);
        if name.is_empty() || !name.chars().all(kept) || name.starts_with('.') {
            let problem = "a forge would change this name; expected A-Z, a-z, 0-9, `.`, `_`, `-`, `+`, \
                           `~`, `@`, and no `.` in front";
            return Err(AssetError::new(name, problem));
        }
        Ok(Self {
            name,
            path: path.into(),
            digest,
            size_bytes,
            media_type: media_type.into(),
        })
    }

    /// Compares what was read with what it must be.
    ///
    /// # Errors
    /// [`AssetError`] if it has other bytes.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), AssetError> {
        let found = Digest::of(self.digest.algorithm(), bytes);
        if found == self.digest {
            return Ok(());
        }
        let problem = format!(
            "`{}` is not what was recorded: expected {} of {} bytes, found {found} of {}",
            self.path,
            self.digest,
            self.size_bytes,
            bytes.len()
        );
        Err(AssetError::new(&self.name, problem))
    }
}

impl fmt::Display for AssetFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = crate::plan::brief(&self.digest);
        write!(f, "{} ({} bytes, {digest})", self.name, self.size_bytes)
    }
}

/// Where the files of assets lie.
pub trait Assets {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`AssetError`] if there is no such file, or it cannot be read.
    fn read(&self, asset: &AssetFile) -> Result<Vec<u8>, AssetError>;
}
