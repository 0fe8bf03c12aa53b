//! Kinds of signatures, and how to tell one from the other.

use std::fmt;
use std::str::FromStr;

/// The kind of a signature; what it is worth is for a verifier to say.
///
/// ```
/// use promenade_tag::SignatureKind;
///
/// let armor = b"-----BEGIN SSH SIGNATURE-----\n";
/// assert_eq!(SignatureKind::of(armor), Some(SignatureKind::Ssh));
/// assert_eq!(SignatureKind::of(b"some text"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SignatureKind {
    /// OpenPGP (`gpg`).
    Pgp,
    /// SSH (`ssh-keygen -Y sign`).
    Ssh,
    /// X.509 (`gpgsm`, `gitsign`).
    X509,
}

impl SignatureKind {
    /// The kinds, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Pgp, Self::Ssh, Self::X509];

    /// Returns the kind of an armored signature by its first line, as git does.
    #[must_use]
    pub fn of(armored: &[u8]) -> Option<Self> {
        const MARKS: [(&[u8], SignatureKind); 4] = [
            (b"-----BEGIN PGP SIGNATURE-----", SignatureKind::Pgp),
            (b"-----BEGIN PGP MESSAGE-----", SignatureKind::Pgp),
            (b"-----BEGIN SSH SIGNATURE-----", SignatureKind::Ssh),
            (b"-----BEGIN SIGNED MESSAGE-----", SignatureKind::X509),
        ];
        MARKS
            .iter()
            .find(|(mark, _)| armored.starts_with(mark))
            .map(|(_, kind)| *kind)
    }

    /// Returns the name: `pgp`, `ssh` or `x509`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pgp => "pgp",
            Self::Ssh => "ssh",
            Self::X509 => "x509",
        }
    }
}

impl fmt::Display for SignatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text does not name a kind of signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of signature `{input}`: expected `pgp`, `ssh` or `x509`")]
pub struct ParseSignatureKindError {
    input: String,
}

impl FromStr for SignatureKind {
    type Err = ParseSignatureKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| ParseSignatureKindError {
                input: text.to_owned(),
            })
    }
}
