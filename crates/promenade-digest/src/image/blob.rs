//! What one pass over a blob finds out: digests, the digest of what it expands to, documents.

use std::fmt;
use std::io::{self, BufRead, Cursor, Read};

use flate2::bufread::GzDecoder;

use super::{ImageErrorKind, Limits};
use crate::{Algorithm, BUFFER_BYTES, Digest, Hashed, Hasher};

/// What is known of a blob after one pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) hashed: Hashed,
    /// The SHA-256 of the blob, expanded if it is compressed.
    pub(crate) expanded: Result<Digest, String>,
    /// The bytes, if it may be a document.
    pub(crate) document: Option<Vec<u8>>,
}

/// Why a reader of ours stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    CutOff,
    Cancelled,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CutOff => "the archive ends in the middle of an entry",
            Self::Cancelled => "cancelled",
        })
    }
}

impl std::error::Error for Stop {}

impl From<Stop> for io::Error {
    fn from(stop: Stop) -> Self {
        Self::other(stop)
    }
}

impl Stop {
    /// Returns what an error of reading means.
    pub(crate) fn kind_of(error: &io::Error) -> ImageErrorKind {
        match Self::of(error) {
            Some(Self::CutOff) => ImageErrorKind::Truncated,
            Some(Self::Cancelled) => ImageErrorKind::Cancelled,
            None => ImageErrorKind::Read {
                cause: error.to_string(),
            },
        }
    }

    fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Reads a blob to its end.
pub(crate) fn examine(
    mut body: impl BufRead,
    size: u64,
    algorithm: Algorithm,
    limits: &Limits,
) -> Result<Facts, ImageErrorKind> {
    let mut start = Vec::with_capacity(ZSTD.len());
    let read = body
        .by_ref()
        .take(ZSTD.len() as u64)
        .read_to_end(&mut start);
    read.map_err(|error| Stop::kind_of(&error))?;
    let keep = size <= limits.document_bytes && matches!(start.first(), Some(b'{' | b'['));
    let gzip = start.starts_with(GZIP);
    let zstd = start.starts_with(ZSTD);
    let mut watched = Watched {
        reader: Cursor::new(start).chain(body),
        hasher: Hasher::new(algorithm).and(Algorithm::Sha256),
        count: 0,
        kept: keep.then(Vec::new),
    };
    let expanded = if gzip {
        Some(expand(&mut watched, limits)?)
    } else {
        watched
            .read_to_end()
            .map_err(|error| Stop::kind_of(&error))?;
        None
    };
    let hashed = watched.hasher.finish();
    Ok(Facts {
        hashed,
        expanded: match expanded {
            Some(digest) => Ok(digest),
            None if zstd => Err("zstd".to_owned()),
            None => Ok(hashed.other().unwrap_or(hashed.digest())),
        },
        document: watched.kept,
    })
}

/// A reader that hashes, counts and may keep what is consumed.
struct Watched<R> {
    reader: R,
    hasher: Hasher,
    count: u64,
    kept: Option<Vec<u8>>,
}

impl<R: BufRead> Watched<R> {
    fn read_to_end(&mut self) -> io::Result<()> {
        loop {
            let count = self.fill_buf()?.len();
            if count == 0 {
                return Ok(());
            }
            self.consume(count);
        }
    }
}

impl<R: BufRead> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // The buffer is filled: this returns what is in it.
        if let Ok(buffer) = self.reader.fill_buf() {
            let consumed = buffer.get(..count).unwrap_or(buffer);
            self.hasher.update(consumed);
            self.count += consumed.len() as u64;
            if let Some(kept) = &mut self.kept {
                kept.extend_from_slice(consumed);
            }
        }
        self.reader.consume(count);
    }
}

/// Returns the SHA-256 of what one gzip member expands to; nothing may follow it.
fn expand<R: BufRead>(
    compressed: &mut Watched<R>,
    limits: &Limits,
) -> Result<Digest, ImageErrorKind> {
    let mut decoder = GzDecoder::new(compressed);
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut expanded = 0_u64;
    loop {
        let count = decoder.read(&mut buffer).map_err(|error| {
            if Stop::of(&error).is_some() {
                Stop::kind_of(&error)
            } else {
                ImageErrorKind::Damaged {
                    cause: error.to_string(),
                }
            }
        })?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if expanded == 0 && (bytes.starts_with(GZIP) || bytes.starts_with(ZSTD)) {
            return Err(ImageErrorKind::Nested);
        }
        if count == 0 {
            break;
        }
        hasher.update(bytes);
        expanded += count as u64;
        let most = limits.ratio.saturating_mul(decoder.get_ref().count);
        if expanded > limits.entry_bytes || expanded > most.max(limits.ratio_from) {
            return Err(ImageErrorKind::Bomb {
                limit: limits.entry_bytes,
                ratio: limits.ratio,
            });
        }
    }
    let rest = decoder.into_inner().fill_buf();
    match rest {
        Ok([]) => Ok(hasher.finish().digest()),
        Ok(_) => Err(ImageErrorKind::TrailingData),
        Err(error) => Err(Stop::kind_of(&error)),
    }
}
