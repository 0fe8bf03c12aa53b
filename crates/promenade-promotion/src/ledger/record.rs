//! Records, heads, and the names of streams and operations.

use std::fmt;
use std::str::FromStr;

use promenade_digest::Digest;

use super::{ParseNameError, ParseRecordError};
use crate::codec::{Text as _, push_hex, push_number};

/// The longest name of a stream or of an operation, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 128;

/// The most bytes of the lines before a body, names excepted, where the hash is a SHA-256.
const LINES_BYTES: usize = 176;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks a name: 1 to 128 of `a-z 0-9 - _ .`, starting with a letter or digit, not
            /// ending with `.` or `.lock`, without `..`.
            ///
            /// # Errors
            /// [`ParseNameError`] with the text.
            pub fn new(text: impl Into<String>) -> Result<Self, ParseNameError> {
                let text = text.into();
                if is_name(&text) {
                    Ok(Self(text))
                } else {
                    Err(ParseNameError { what: $what, input: text })
                }
            }

            /// Returns the name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseNameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a stream of records; one product has one stream.
    StreamId, "stream"
}
name! {
    /// The id of an operation: chosen by the caller before the first try, the same in every retry.
    OpId, "operation"
}

fn is_name(text: &str) -> bool {
    let first = text.bytes().next();
    text.len() <= MAX_NAME_BYTES
        && first.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && text
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'))
        && !text.ends_with('.')
        && !text.ends_with(".lock")
        && !text.contains("..")
}

/// The last record of a stream: its sequence number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    /// The sequence number of the last record; 0 if there is none.
    pub seq: u64,
    /// The hash of the last record; 32 zero bytes if there is none.
    pub hash: Digest,
}

impl Head {
    /// The head of a stream without records.
    pub const EMPTY: Self = Self {
        seq: 0,
        hash: Digest::Sha256([0; 32]),
    };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.seq, self.hash)
    }
}

/// One record of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its sequence number; the first record has 1.
    pub seq: u64,
    /// The hash of the record before it.
    pub prev: Digest,
    /// The operation that wrote it.
    pub op: OpId,
    /// The canonical bytes of the event.
    pub body: Vec<u8>,
}

impl Record {
    /// Returns the record that follows `head`.
    #[must_use]
    pub fn after(head: &Head, stream: &StreamId, op: &OpId, body: Vec<u8>) -> Self {
        Self {
            stream: stream.clone(),
            seq: head.seq + 1,
            prev: head.hash,
            op: op.clone(),
            body,
        }
    }

    /// Returns the bytes that every store keeps and that the hash covers:
    ///
    /// ```text
    /// promenade-record 1
    /// stream ledger
    /// seq 12
    /// prev sha256:…
    /// op 0191f0c2
    /// size 42
    ///
    /// …42 bytes of body…
    /// ```
    ///
    /// Lines end with one line feed; nothing follows the body.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let names = self.stream.as_str().len() + self.op.as_str().len();
        let mut text = String::with_capacity(LINES_BYTES + names + self.body.len());
        text.push_str("promenade-record 1\nstream ");
        text.push_str(self.stream.as_str());
        text.push_str("\nseq ");
        push_number(&mut text, self.seq);
        text.push_str("\nprev ");
        text.push_str(self.prev.algorithm().name());
        text.push(':');
        push_hex(&mut text, self.prev.as_bytes());
        text.push_str("\nop ");
        text.push_str(self.op.as_str());
        text.push_str("\nsize ");
        push_number(&mut text, self.body.len() as u64);
        text.push_str("\n\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Reads canonical bytes; the exact inverse of [`Record::canonical_bytes`].
    ///
    /// # Errors
    /// [`ParseRecordError`] naming the line that is not as it must be.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseRecordError> {
        let (record, own) = Self::parse_first(bytes)?;
        if own.len() == bytes.len() {
            return Ok(record);
        }
        Err(ParseRecordError::Size {
            declared: record.body.len(),
            found: record.body.len() + bytes.len() - own.len(),
        })
    }

    /// Reads the first of several records that follow each other, and returns it with its own bytes.
    ///
    /// # Errors
    /// [`ParseRecordError`] naming the line that is not as it must be.
    pub fn parse_first(bytes: &[u8]) -> Result<(Self, &[u8]), ParseRecordError> {
        let mut rest = bytes;
        let format = line(&mut rest, "promenade-record", 18)?;
        if format != "1" {
            return Err(ParseRecordError::NewerFormat {
                found: format.to_owned(),
            });
        }
        let stream = field(&mut rest, "stream")?;
        let seq = number(&mut rest, "seq")?;
        let prev = line(&mut rest, "prev", 76)?;
        let prev = Digest::from_text(prev).ok_or(ParseRecordError::Line {
            field: "prev",
            expected: "a value in its canonical spelling",
        })?;
        let op = field(&mut rest, "op")?;
        let size: usize = number(&mut rest, "size")?;
        let Some(rest) = rest.strip_prefix(b"\n") else {
            return Err(ParseRecordError::Line {
                field: "size",
                expected: "an empty line after it",
            });
        };
        let Some((body, after)) = rest.split_at_checked(size) else {
            return Err(ParseRecordError::Size {
                declared: size,
                found: rest.len(),
            });
        };
        let record = Self {
            stream,
            seq,
            prev,
            op,
            body: body.to_vec(),
        };
        let own = bytes.len() - after.len();
        Ok((record, bytes.get(..own).unwrap_or(bytes)))
    }

    /// Returns the SHA-256 of the canonical bytes.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::sha256(&self.canonical_bytes())
    }

    /// Returns the head of a stream that ends with this record.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash(),
        }
    }
}

/// Reads a line; it most likely ends at byte `likely`, and nothing that is a value holds a line feed.
fn line<'a>(
    rest: &mut &'a [u8],
    key: &'static str,
    likely: usize,
) -> Result<&'a str, ParseRecordError> {
    let error = ParseRecordError::Line {
        field: key,
        expected: "one line `key value`",
    };
    let end = match rest.get(likely) {
        Some(b'\n') => Some(likely),
        _ => rest.iter().position(|byte| *byte == b'\n'),
    };
    let Some((text, after)) = end.and_then(|end| rest.split_at_checked(end)) else {
        return Err(error);
    };
    let value = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.strip_prefix(key)?.strip_prefix(' '));
    *rest = after.strip_prefix(b"\n").unwrap_or(after);
    value.ok_or(error)
}

fn field<T: FromStr>(rest: &mut &[u8], key: &'static str) -> Result<T, ParseRecordError> {
    value(line(rest, key, usize::MAX)?, key)
}

/// Reads a number, which has one spelling: `012` or `+12` would be read, but not written.
fn number<T: FromStr>(rest: &mut &[u8], key: &'static str) -> Result<T, ParseRecordError> {
    let text = line(rest, key, usize::MAX)?;
    let number = value(text, key)?;
    if text.starts_with('+') || (text.len() > 1 && text.starts_with('0')) {
        return Err(ParseRecordError::NotCanonical);
    }
    Ok(number)
}

fn value<T: FromStr>(text: &str, key: &'static str) -> Result<T, ParseRecordError> {
    text.parse().map_err(|_| ParseRecordError::Line {
        field: key,
        expected: "a value in its canonical spelling",
    })
}
