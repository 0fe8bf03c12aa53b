//! Names of artifacts and media types.

use std::fmt;
use std::str::FromStr;

use crate::{ParseNameError, ParseNameErrorKind};

/// The longest name of an artifact in bytes.
pub const MAX_NAME_BYTES: usize = 1024;

/// The name of an artifact: a relative path of one or more parts with `/` between them.
///
/// A name must mean one file wherever it is read, and look like what it is. Refused are absolute
/// paths, `.` and `..`, `\`, drive letters, a leading `-`, spaces at an end, control and
/// bidirectional characters, and letters written with combining marks (`e` and U+0301 for `é`),
/// which have a twin that looks the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct ArtifactName(String);

impl ArtifactName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`ParseNameError`] saying what is not allowed and where.
    pub fn new(name: impl Into<String>) -> Result<Self, ParseNameError> {
        let name = name.into();
        match check_name(&name) {
            Ok(()) => Ok(Self(name)),
            Err(kind) => Err(ParseNameError { input: name, kind }),
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Says whether there are several parts.
    pub(crate) fn is_path(&self) -> bool {
        self.0.as_bytes().contains(&b'/')
    }

    /// Returns the last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, last)| last)
    }

    /// Says whether no other name folds to the same that is not spelled with a capital, or a
    /// letter outside ASCII.
    pub(crate) fn is_folded(&self) -> bool {
        self.0
            .bytes()
            .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    }

    /// Returns what two names that a file system may take for one have in common.
    pub(crate) fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// Sorts keys, each with its place.
pub(crate) fn in_order(keys: Vec<&[u8]>) -> Vec<(&[u8], usize)> {
    let mut places: Vec<(&[u8], usize)> = Vec::with_capacity(keys.len());
    for key in keys {
        places.push((key, places.len()));
    }
    places.sort_unstable();
    places
}

/// Returns for each key the last place before it that has the same.
pub(crate) fn same_before(keys: Vec<&[u8]>) -> Vec<Option<usize>> {
    let mut before = vec![None; keys.len()];
    for pair in in_order(keys).windows(2) {
        if let [(one, first), (two, second)] = pair
            && one == two
            && let Some(before) = before.get_mut(*second)
        {
            *before = Some(*first);
        }
    }
    before
}

/// Returns for each name the last place before it of one that differs in case at most.
pub(crate) fn case_twins(names: &[&ArtifactName]) -> Vec<Option<usize>> {
    // Names of which none has a capital have no twins.
    if names.iter().all(|name| name.is_folded()) {
        return vec![None; names.len()];
    }
    let folded: Vec<String> = names.iter().map(|name| name.folded()).collect();
    same_before(folded.iter().map(String::as_bytes).collect())
}

pub(crate) fn check_name(name: &str) -> Result<(), ParseNameErrorKind> {
    if name.is_empty() {
        return Err(ParseNameErrorKind::Empty);
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(ParseNameErrorKind::TooLong { found: name.len() });
    }
    if let Some((at, found)) = name.char_indices().find(|(_, c)| is_deceptive(*c)) {
        return Err(ParseNameErrorKind::Character { at, found });
    }
    if let Some(at) = name.find('\\') {
        return Err(ParseNameErrorKind::Character { at, found: '\\' });
    }
    if name.starts_with('/') {
        return Err(ParseNameErrorKind::Absolute);
    }
    let mut start = name.chars();
    if start.next().is_some_and(|c| c.is_ascii_alphabetic()) && start.next() == Some(':') {
        return Err(ParseNameErrorKind::Absolute);
    }
    if name.starts_with('-') {
        return Err(ParseNameErrorKind::Dash);
    }
    for part in name.split('/') {
        if matches!(part, "" | "." | "..") {
            return Err(ParseNameErrorKind::Part {
                found: part.to_owned(),
            });
        }
        if part.starts_with(' ') || part.ends_with(' ') {
            return Err(ParseNameErrorKind::Space);
        }
    }
    Ok(())
}

/// Says whether a character hides, reorders or doubles what a name looks like: control, format
/// and bidirectional characters, combining marks, conjoining jamo, and letters that normalise to
/// others.
fn is_deceptive(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}'
            | '\u{0300}'..='\u{036f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}'
            | '\u{1100}'..='\u{11ff}' | '\u{3099}' | '\u{309a}'
            | '\u{2126}' | '\u{212a}' | '\u{212b}' | '\u{e0000}'..='\u{e0fff}')
}

/// A media type: `type/subtype`, without parameters (RFC 6838, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct MediaType(String);

impl MediaType {
    /// Checks a media type.
    ///
    /// # Errors
    /// [`ParseNameError`] if it is not `type/subtype`.
    pub fn new(text: impl Into<String>) -> Result<Self, ParseNameError> {
        let text = text.into();
        let valid = text
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
        if valid {
            Ok(Self(text))
        } else {
            Err(ParseNameError {
                input: text,
                kind: ParseNameErrorKind::MediaType,
            })
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the media type that the ending of a name stands for;
    /// `application/octet-stream` if it stands for none that is known here.
    #[must_use]
    pub fn of_name(name: &ArtifactName) -> Self {
        let file = name.file_name().to_ascii_lowercase();
        let known = ENDINGS.iter().find(|(ending, _)| file.ends_with(ending));
        Self(known.map_or(OCTETS, |(_, kind)| kind).to_owned())
    }

    /// Returns what an artifact of this type is to a release.
    #[must_use]
    pub fn role(&self) -> Role {
        match self.as_str() {
            "application/spdx+json"
            | "text/spdx"
            | "application/vnd.cyclonedx+json"
            | "application/vnd.cyclonedx+xml" => Role::Sbom,
            "application/vnd.in-toto+json"
            | "application/vnd.dsse.envelope.v1+json"
            | "application/vnd.dev.sigstore.bundle.v0.3+json" => Role::Attestation,
            "application/pgp-signature" | "application/vnd.promenade.signature" => Role::Signature,
            "application/vnd.promenade.checksums" => Role::Checksums,
            _ => Role::Payload,
        }
    }
}

const OCTETS: &str = "application/octet-stream";

/// Endings of names and what they stand for, longer endings first.
const ENDINGS: [(&str, &str); 30] = [
    (".intoto.jsonl", "application/vnd.dsse.envelope.v1+json"),
    (".intoto.json", "application/vnd.in-toto+json"),
    (
        ".sigstore.json",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
    ),
    (".dsse.json", "application/vnd.dsse.envelope.v1+json"),
    (".cdx.json", "application/vnd.cyclonedx+json"),
    (".spdx.json", "application/spdx+json"),
    (".cdx.xml", "application/vnd.cyclonedx+xml"),
    (".spdx", "text/spdx"),
    (".sbom", "application/spdx+json"),
    ("sha256sums", "application/vnd.promenade.checksums"),
    ("sha512sums", "application/vnd.promenade.checksums"),
    (".sha256", "application/vnd.promenade.checksums"),
    (".sha512", "application/vnd.promenade.checksums"),
    (".minisig", "application/vnd.promenade.signature"),
    (".asc", "application/pgp-signature"),
    (".sig", "application/vnd.promenade.signature"),
    (".tar", "application/x-tar"),
    (".tar.gz", "application/gzip"),
    (".tgz", "application/gzip"),
    (".gz", "application/gzip"),
    (".xz", "application/x-xz"),
    (".zst", "application/zstd"),
    (".zip", "application/zip"),
    (".deb", "application/vnd.debian.binary-package"),
    (".rpm", "application/x-rpm"),
    (".wasm", "application/wasm"),
    (".json", "application/json"),
    (".md", "text/markdown"),
    (".txt", "text/plain"),
    (".crate", "application/gzip"),
];

fn is_token(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= 127
        && bytes.next().is_some_and(|b| b.is_ascii_alphanumeric())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
}

/// What an artifact is to a release, by its media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// What is shipped.
    Payload,
    /// A software bill of materials.
    Sbom,
    /// A statement about artifacts: in-toto, DSSE, a sigstore bundle.
    Attestation,
    /// A detached signature.
    Signature,
    /// A checksum file.
    Checksums,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Payload => "a payload",
            Self::Sbom => "a bill of materials",
            Self::Attestation => "an attestation",
            Self::Signature => "a signature",
            Self::Checksums => "a checksum file",
        })
    }
}

macro_rules! text {
    ($name:ident) => {
        impl FromStr for $name {
            type Err = ParseNameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseNameError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(ArtifactName);
text!(MediaType);
