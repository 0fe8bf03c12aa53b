//! The lines of checksum files.

use super::{ChecksumFormat, MAX_CHECKSUM_NAME_BYTES};
use crate::{Algorithm, Digest, ParseChecksumsErrorKind};

/// A line of a checksum file: a digest and the name of a file, which may be any bytes but NUL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChecksumLine {
    pub(super) name: Vec<u8>,
    pub(super) digest: Digest,
    binary: bool,
}

impl ChecksumLine {
    /// Makes a line in text mode, which is how names are written by default.
    #[must_use]
    pub fn new(name: impl Into<Vec<u8>>, digest: Digest) -> Self {
        Self {
            name: name.into(),
            digest,
            binary: false,
        }
    }

    /// Marks the file as read in binary mode (`*`); it changes nothing but the line.
    #[must_use]
    pub fn binary(mut self) -> Self {
        self.binary = true;
        self
    }

    /// Returns the name of the file.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Returns the digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the line as coreutils prints it, with its end.
    #[must_use]
    pub fn render(&self, format: ChecksumFormat) -> Vec<u8> {
        let encoded = self.digest.encoded();
        let mut line = Vec::with_capacity(encoded.len() + self.name.len() + 8);
        let name = match format {
            ChecksumFormat::Nul => None,
            ChecksumFormat::Gnu | ChecksumFormat::Bsd => escape(&self.name),
        };
        if name.is_some() {
            line.push(b'\\');
        }
        let name = name.as_deref().unwrap_or(&self.name);
        match format {
            ChecksumFormat::Gnu | ChecksumFormat::Nul => {
                line.extend_from_slice(encoded.as_bytes());
                line.extend_from_slice(if self.binary { b" *" } else { b"  " });
                line.extend_from_slice(name);
            }
            ChecksumFormat::Bsd => {
                line.extend_from_slice(bsd_name(self.digest.algorithm()).as_bytes());
                line.extend_from_slice(b" (");
                line.extend_from_slice(name);
                line.extend_from_slice(b") = ");
                line.extend_from_slice(encoded.as_bytes());
            }
        }
        line.push(format.terminator());
        line
    }
}

fn bsd_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    }
}

/// Escapes a name, if it must be.
fn escape(name: &[u8]) -> Option<Vec<u8>> {
    if !name
        .iter()
        .any(|byte| matches!(byte, b'\\' | b'\n' | b'\r'))
    {
        return None;
    }
    let mut escaped = Vec::with_capacity(name.len() + 2);
    for byte in name {
        match byte {
            b'\\' => escaped.extend_from_slice(b"\\\\"),
            b'\n' => escaped.extend_from_slice(b"\\n"),
            b'\r' => escaped.extend_from_slice(b"\\r"),
            byte => escaped.push(*byte),
        }
    }
    Some(escaped)
}

fn unescape(name: &[u8]) -> Result<Vec<u8>, ParseChecksumsErrorKind> {
    let mut bytes = name.iter();
    let mut plain = Vec::with_capacity(name.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'\\') => b'\\',
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                _ => return Err(ParseChecksumsErrorKind::Escape),
            },
            byte => *byte,
        });
    }
    Ok(plain)
}

pub(super) fn check_bytes(name: &[u8]) -> Result<(), ParseChecksumsErrorKind> {
    if name.is_empty() {
        return Err(ParseChecksumsErrorKind::EmptyName);
    }
    if name.len() > MAX_CHECKSUM_NAME_BYTES {
        return Err(ParseChecksumsErrorKind::TooLong);
    }
    if name.contains(&0) {
        return Err(ParseChecksumsErrorKind::NulByte);
    }
    Ok(())
}

pub(super) fn parse_line(
    line: &[u8],
    format: ChecksumFormat,
) -> Result<ChecksumLine, ParseChecksumsErrorKind> {
    if format == ChecksumFormat::Nul {
        return parse_gnu(line);
    }
    if line.contains(&0) {
        return Err(ParseChecksumsErrorKind::NulByte);
    }
    if line.ends_with(b"\r") {
        return Err(ParseChecksumsErrorKind::CarriageReturn);
    }
    let (escaped, line) = match line.strip_prefix(b"\\") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let mut line = match format {
        ChecksumFormat::Bsd => parse_bsd(line),
        _ => parse_gnu(line),
    }?;
    // A name has one spelling: escaped where it must be, and only there.
    if escaped != line.name.contains(&b'\\') || line.name.contains(&b'\r') {
        return Err(ParseChecksumsErrorKind::Escape);
    }
    if escaped {
        line.name = unescape(&line.name)?;
    }
    Ok(line)
}

fn parse_gnu(line: &[u8]) -> Result<ChecksumLine, ParseChecksumsErrorKind> {
    let end = line.iter().position(|byte| *byte == b' ');
    let (encoded, rest) = match end.and_then(|at| line.split_at_checked(at)) {
        Some(parts) => parts,
        None => return Err(ParseChecksumsErrorKind::Shape),
    };
    let (binary, name) = match (rest.strip_prefix(b"  "), rest.strip_prefix(b" *")) {
        (Some(name), _) => (false, name),
        (_, Some(name)) => (true, name),
        _ => return Err(ParseChecksumsErrorKind::Shape),
    };
    let algorithm = match encoded.len() {
        128 => Algorithm::Sha512,
        _ => Algorithm::Sha256,
    };
    Ok(ChecksumLine {
        name: name.to_vec(),
        digest: parse_hex(algorithm, encoded)?,
        binary,
    })
}

fn parse_bsd(line: &[u8]) -> Result<ChecksumLine, ParseChecksumsErrorKind> {
    const CLOSE: &[u8] = b") = ";
    let open = line.windows(2).position(|two| two == b" (");
    let (tag, rest) = match open.and_then(|at| line.split_at_checked(at)) {
        Some(parts) => parts,
        None => return Err(ParseChecksumsErrorKind::Shape),
    };
    let algorithm = Algorithm::ALL
        .into_iter()
        .find(|algorithm| bsd_name(*algorithm).as_bytes() == tag)
        .ok_or_else(|| ParseChecksumsErrorKind::Algorithm {
            found: tag.escape_ascii().to_string(),
        })?;
    let rest = rest.strip_prefix(b" (").unwrap_or(rest);
    let close = rest.windows(CLOSE.len()).rposition(|four| four == CLOSE);
    let (name, encoded) = match close.and_then(|at| rest.split_at_checked(at)) {
        Some(parts) => parts,
        None => return Err(ParseChecksumsErrorKind::Shape),
    };
    let encoded = encoded.strip_prefix(CLOSE).unwrap_or(encoded);
    Ok(ChecksumLine {
        name: name.to_vec(),
        digest: parse_hex(algorithm, encoded)?,
        binary: false,
    })
}

fn parse_hex(algorithm: Algorithm, encoded: &[u8]) -> Result<Digest, ParseChecksumsErrorKind> {
    let text = std::str::from_utf8(encoded).map_err(|_| ParseChecksumsErrorKind::Shape)?;
    Digest::from_encoded(algorithm, text)
        .map_err(|error| ParseChecksumsErrorKind::Digest(error.kind().clone()))
}
