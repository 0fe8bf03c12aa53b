//! Digests: an algorithm and its bytes, one spelling each.

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

use crate::{DigestMismatch, ParseDigestError, ParseDigestErrorKind, VerifyError};

/// A hash algorithm that may identify an artifact (OCI image specification, "Registered Algorithms").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Algorithm {
    /// SHA-256, the algorithm of identity.
    Sha256,
    /// SHA-512, accepted for reading and for files.
    Sha512,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// Returns the name as digests spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns the length of a digest in bytes.
    #[must_use]
    pub fn size_bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// A digest: `sha256:` and 64, or `sha512:` and 128 lower-case hexadecimal digits.
///
/// Digests of different algorithms are never equal, also where they are of the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub enum Digest {
    /// A SHA-256 digest.
    Sha256([u8; 32]),
    /// A SHA-512 digest.
    Sha512([u8; 64]),
}

impl Digest {
    /// Returns the SHA-256 digest of `bytes`.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        Self::Sha256(sha2::Sha256::digest(bytes).into())
    }

    /// Returns the SHA-512 digest of `bytes`.
    #[must_use]
    pub fn sha512(bytes: &[u8]) -> Self {
        Self::Sha512(sha2::Sha512::digest(bytes).into())
    }

    /// Returns the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sha256(_) => Algorithm::Sha256,
            Self::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// Returns the raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha256(bytes) => bytes,
            Self::Sha512(bytes) => bytes,
        }
    }

    /// Returns the digest of `bytes` by an algorithm.
    #[must_use]
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::sha256(bytes),
            Algorithm::Sha512 => Self::sha512(bytes),
        }
    }

    /// Reads the hexadecimal part alone, as checksum files have it.
    ///
    /// # Errors
    /// [`ParseDigestError`] as for the whole text.
    pub fn from_encoded(algorithm: Algorithm, encoded: &str) -> Result<Self, ParseDigestError> {
        let digest = match algorithm {
            Algorithm::Sha256 => decode(encoded, 0).map(Self::Sha256),
            Algorithm::Sha512 => decode(encoded, 0).map(Self::Sha512),
        };
        digest.map_err(|kind| ParseDigestError {
            input: encoded.to_owned(),
            kind,
        })
    }

    /// Checks that the digest is that of `bytes`.
    ///
    /// # Errors
    /// [`VerifyError::Digest`] if it is not.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), VerifyError> {
        DigestMismatch::check(*self, Self::of(self.algorithm(), bytes))
    }

    /// Returns the hexadecimal part, without the algorithm.
    #[must_use]
    pub fn encoded(&self) -> String {
        let mut encoded = String::with_capacity(2 * self.as_bytes().len());
        for byte in self.as_bytes() {
            encoded.push(digit(byte >> 4));
            encoded.push(digit(byte & 15));
        }
        encoded
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm().name())?;
        f.write_str(":")?;
        f.write_str(&self.encoded())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|kind| ParseDigestError {
            input: text.to_owned(),
            kind,
        })
    }
}

impl TryFrom<String> for Digest {
    type Error = ParseDigestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

fn parse(text: &str) -> Result<Digest, ParseDigestErrorKind> {
    let (algorithm, encoded) = text
        .split_once(':')
        .ok_or(ParseDigestErrorKind::MissingAlgorithm)?;
    let offset = algorithm.len() + 1;
    match algorithm {
        "sha256" => decode(encoded, offset).map(Digest::Sha256),
        "sha512" => decode(encoded, offset).map(Digest::Sha512),
        other => Err(ParseDigestErrorKind::UnknownAlgorithm {
            found: other.to_owned(),
        }),
    }
}

fn decode<const N: usize>(encoded: &str, offset: usize) -> Result<[u8; N], ParseDigestErrorKind> {
    let wrong = || {
        let mut digits = encoded.char_indices();
        let (at, found) = digits.find(|(_, c)| !matches!(c, '0'..='9' | 'a'..='f'))?;
        Some(ParseDigestErrorKind::Character {
            at: offset + at,
            found,
        })
    };
    if encoded.len() != 2 * N {
        return Err(wrong().unwrap_or(ParseDigestErrorKind::Length {
            expected: 2 * N,
            found: encoded.len(),
        }));
    }
    let mut bytes = [0; N];
    let mut all_digits = true;
    for (byte, pair) in bytes.iter_mut().zip(encoded.as_bytes().chunks_exact(2)) {
        for digit in pair {
            let value = nibble(*digit);
            all_digits &= value < 16;
            *byte = *byte << 4 | (value & 15);
        }
    }
    if all_digits {
        return Ok(bytes);
    }
    wrong().map_or(Ok(bytes), Err)
}

/// Returns the value of a lower-case digit, 255 for anything else.
fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => u8::MAX,
    }
}

fn digit(nibble: u8) -> char {
    char::from(if nibble < 10 {
        b'0' + nibble
    } else {
        b'a' + nibble - 10
    })
}
