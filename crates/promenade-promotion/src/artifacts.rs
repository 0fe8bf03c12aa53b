//! Artifact sets: what is built once and promoted by digest.

use promenade_digest::Digest;

use crate::Map;
use crate::codec::{Canonical, Reader, Stop, Writer};

/// The artifacts of one build: named digests, at least one, fixed for ever.
///
/// Their [`identity`](Artifacts::identity) is one digest that names exactly this set.
///
/// ```
/// use promenade_digest::Digest;
/// use promenade_promotion::Artifacts;
///
/// let set = Artifacts::new([("app.tar.gz", Digest::sha256(b"app"))])?;
/// let other = Artifacts::new([("app.tar.gz", Digest::sha256(b"app, built again"))])?;
/// assert_ne!(set.identity(), other.identity());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Artifacts {
    by_name: Map<String, Digest>,
    identity: Digest,
}

impl Artifacts {
    /// Makes a set of named digests.
    ///
    /// # Errors
    /// [`MakeArtifactsError`] if there is none, a name is empty, holds a control character or is
    /// given twice.
    pub fn new<N: Into<String>>(
        artifacts: impl IntoIterator<Item = (N, Digest)>,
    ) -> Result<Self, MakeArtifactsError> {
        let mut by_name = Map::new();
        for (name, digest) in artifacts {
            let name = name.into();
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err(MakeArtifactsError::Name { found: name });
            }
            if by_name.insert(name.clone(), digest).is_some() {
                return Err(MakeArtifactsError::Twice { name });
            }
        }
        Self::from_map(by_name).ok_or(MakeArtifactsError::None)
    }

    fn from_map(by_name: Map<String, Digest>) -> Option<Self> {
        if by_name.is_empty() {
            return None;
        }
        // The text that `sha256sum` would print: names hold no line feed, so it has one reading.
        let text: String = by_name
            .iter()
            .map(|(name, digest)| format!("{digest}  {name}\n"))
            .collect();
        let identity = Digest::sha256(text.as_bytes());
        Some(Self { by_name, identity })
    }

    /// Returns the SHA-256 of the lines `digest, two spaces, name` in the order of the names.
    #[must_use]
    pub fn identity(&self) -> Digest {
        self.identity
    }

    /// Returns the names and digests, in the order of the names.
    #[must_use]
    pub fn by_name(&self) -> &Map<String, Digest> {
        &self.by_name
    }
}

/// Names and digests are not an artifact set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeArtifactsError {
    /// There is no artifact.
    #[error("an artifact set needs at least one artifact")]
    None,
    /// A name cannot be used.
    #[error("invalid artifact name {found:?}: expected text without control characters")]
    Name {
        /// The name.
        found: String,
    },
    /// A name is given twice.
    #[error("artifact `{name}` is given twice")]
    Twice {
        /// The name.
        name: String,
    },
}

impl Canonical for Artifacts {
    fn write(&self, out: &mut Writer) {
        self.by_name.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
        let by_name = Map::<String, Digest>::read(input)?;
        if by_name
            .keys()
            .any(|name| name.is_empty() || name.chars().any(char::is_control))
        {
            return Err(input.stop("artifact names without control characters"));
        }
        match Self::from_map(by_name) {
            Some(artifacts) => Ok(artifacts),
            None => Err(input.stop("at least one artifact")),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Artifacts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.by_name.iter().map(|(k, v)| (k, v.to_string())))
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Artifacts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use std::collections::BTreeMap;

        use serde::de::Error as _;

        let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
        let mut pairs = Vec::new();
        for (name, text) in texts {
            pairs.push((name, text.parse::<Digest>().map_err(D::Error::custom)?));
        }
        Self::new(pairs).map_err(D::Error::custom)
    }
}
