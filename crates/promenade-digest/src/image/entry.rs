//! Entries of a tar archive, read strictly: what `tar` readers differ about is refused.

use std::io::{BufRead, Read};

use tar::{EntryType, Header, PaxExtensions};

use super::blob::Stop;
use super::{ImageError, ImageErrorKind, Limits};
use crate::ArtifactName;

const BLOCK: usize = 512;
/// The longest extended header or long name.
const MAX_EXTENDED_BYTES: u64 = 64 * 1024;
/// The most zeros after the end mark: archives are filled up to a record, commonly 10,240 bytes.
const MAX_FILLING_BYTES: u64 = 1024 * 1024;
/// The largest size that eleven octal digits hold.
const MAX_OCTAL: u64 = 0o777_7777_7777;

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File { size: u64 },
    Directory,
    Link { target: String },
}

/// An entry; the bytes of a file follow in the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: ArtifactName,
    pub(crate) kind: EntryKind,
}

/// Reads one entry after the other.
pub(crate) struct EntryReader<'a, R> {
    reader: R,
    limits: &'a Limits,
    entries: usize,
}

/// What extended headers say about the entry that follows.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<'a, R: BufRead> EntryReader<'a, R> {
    pub(crate) fn new(reader: R, limits: &'a Limits) -> Self {
        Self {
            reader,
            limits,
            entries: 0,
        }
    }

    /// Returns the next entry, or nothing at the end mark, which must be followed by zeros only.
    /// The bytes of a file must have been read with [`EntryReader::body`].
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, ImageError> {
        let mut extended = Extended::default();
        loop {
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(self.error(ImageErrorKind::TooMany {
                    what: "entries",
                    limit: self.limits.entries,
                }));
            }
            let Some(block) = self.header()? else {
                return if extended.is_empty() {
                    self.end().map(|()| None)
                } else {
                    Err(self.error(ImageErrorKind::Truncated))
                };
            };
            let header = Header::from_byte_slice(&block);
            match header.entry_type() {
                EntryType::GNULongName => {
                    let name = self.long_name(header)?;
                    self.set_once(&mut extended.path, name)?;
                }
                EntryType::GNULongLink => {
                    let name = self.long_name(header)?;
                    self.set_once(&mut extended.link, name)?;
                }
                EntryType::XHeader => self.pax(header, &mut extended)?,
                _ => match self.entry(header, std::mem::take(&mut extended))? {
                    Some(entry) => return Ok(Some(entry)),
                    None => continue,
                },
            }
        }
    }

    /// Returns a reader of the bytes of the file that [`EntryReader::next`] returned.
    pub(crate) fn body(&mut self, size: u64) -> Body<'_, R> {
        Body {
            reader: &mut self.reader,
            left: size,
        }
    }

    /// Reads what fills the last block of a file.
    pub(crate) fn skip_padding(&mut self, size: u64) -> Result<(), ImageError> {
        let mut padding = [0; BLOCK];
        let count = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        let count = usize::try_from(count).unwrap_or_default();
        let window = padding.get_mut(..count).unwrap_or_default();
        self.reader
            .read_exact(window)
            .map_err(|error| self.read_error(&error))
    }

    fn error(&self, kind: ImageErrorKind) -> ImageError {
        ImageError::new(format!("entry {} of the archive", self.entries), kind)
    }

    fn read_error(&self, error: &std::io::Error) -> ImageError {
        self.error(match error.kind() {
            std::io::ErrorKind::UnexpectedEof => ImageErrorKind::Truncated,
            _ => Stop::kind_of(error),
        })
    }

    /// Returns the next header; nothing if it is a block of zeros.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>, ImageError> {
        let at_end = self.reader.fill_buf().map(<[u8]>::is_empty);
        if at_end.map_err(|error| self.read_error(&error))? {
            return Err(self.error(ImageErrorKind::MissingEnd));
        }
        let mut block = [0; BLOCK];
        self.reader
            .read_exact(&mut block)
            .map_err(|error| self.read_error(&error))?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block);
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        let field: u32 = header.as_old().cksum.iter().map(|b| u32::from(*b)).sum();
        // The field counts as eight spaces.
        if header.cksum().ok() != Some(sum - field + 8 * u32::from(b' ')) {
            return Err(self.error(ImageErrorKind::HeaderChecksum));
        }
        Ok(Some(block))
    }

    /// Reads the second block of zeros, and the zeros that fill the archive up.
    fn end(&mut self) -> Result<(), ImageError> {
        let mut zeros = 0_u64;
        loop {
            let buffer = self.reader.fill_buf();
            let (count, all_zeros) = match buffer {
                Ok(buffer) => (buffer.len(), buffer.iter().all(|byte| *byte == 0)),
                Err(error) => return Err(self.read_error(&error)),
            };
            if count == 0 {
                break;
            }
            zeros += count as u64;
            if !all_zeros || zeros > MAX_FILLING_BYTES {
                return Err(self.error(ImageErrorKind::TrailingData));
            }
            self.reader.consume(count);
        }
        if zeros >= BLOCK as u64 && zeros.is_multiple_of(BLOCK as u64) {
            Ok(())
        } else {
            Err(self.error(ImageErrorKind::MissingEnd))
        }
    }

    fn size(&self, header: &Header) -> Result<u64, ImageError> {
        header.entry_size().map_err(|error| {
            self.error(ImageErrorKind::Header {
                cause: error.to_string(),
            })
        })
    }

    /// Reads the body of an extended header or a long name.
    fn small_body(&mut self, header: &Header) -> Result<Vec<u8>, ImageError> {
        let size = self.size(header)?;
        if size > MAX_EXTENDED_BYTES {
            return Err(self.error(ImageErrorKind::Limit {
                limit: MAX_EXTENDED_BYTES,
                found: size,
            }));
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|error| self.read_error(&error))?;
        self.skip_padding(size)?;
        Ok(bytes)
    }

    fn long_name(&mut self, header: &Header) -> Result<Vec<u8>, ImageError> {
        let mut bytes = self.small_body(header)?;
        // The name ends with one NUL byte, and has none in it.
        if bytes.pop() == Some(0) && !bytes.contains(&0) {
            Ok(bytes)
        } else {
            Err(self.extended("a long name must end with its only NUL byte"))
        }
    }

    fn pax(&mut self, header: &Header, extended: &mut Extended) -> Result<(), ImageError> {
        let bytes = self.small_body(header)?;
        for record in PaxExtensions::new(&bytes) {
            let record = record.map_err(|error| self.extended(&error.to_string()))?;
            let value = record.value_bytes().to_vec();
            match record.key_bytes() {
                b"path" => self.set_once(&mut extended.path, value)?,
                b"linkpath" => self.set_once(&mut extended.link, value)?,
                b"size" => {
                    let size = std::str::from_utf8(&value).ok();
                    let size = size.and_then(crate::artifact::parse_size);
                    let size = size.ok_or_else(|| self.extended("`size` is not a number"))?;
                    if extended.size.replace(size).is_some() {
                        return Err(self.extended("`size` is there twice"));
                    }
                }
                b"hdrcharset" => return Err(self.extended("`hdrcharset`")),
                key if key.starts_with(b"GNU.sparse") => {
                    return Err(self.extended("sparse files"));
                }
                // Times, owners and attributes change neither names nor bytes.
                _ => {}
            }
        }
        Ok(())
    }

    fn set_once(&self, slot: &mut Option<Vec<u8>>, value: Vec<u8>) -> Result<(), ImageError> {
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => Err(self.extended("one name is given twice")),
        }
    }

    fn extended(&self, cause: &str) -> ImageError {
        self.error(ImageErrorKind::Extended {
            cause: cause.to_owned(),
        })
    }

    /// Returns the entry of a header; nothing for the directory that the archive was made of.
    fn entry(&self, header: &Header, extended: Extended) -> Result<Option<Entry>, ImageError> {
        let mut size = self.size(header)?;
        if let Some(declared) = extended.size {
            // A reader that ignores the extension must see the same archive, unless the header
            // cannot hold the size.
            if declared != size && !(declared > MAX_OCTAL && size == 0) {
                return Err(self.extended(&format!("`size` is {declared}, the header says {size}")));
            }
            size = declared;
        }
        let link = extended.link;
        let path = extended
            .path
            .unwrap_or_else(|| header.path_bytes().into_owned());
        let kind = match header.entry_type() {
            EntryType::Regular if link.is_none() => EntryKind::File { size },
            EntryType::Directory if link.is_none() && size == 0 => EntryKind::Directory,
            EntryType::Symlink if size == 0 => {
                let target = link.or_else(|| header.link_name_bytes().map(|b| b.into_owned()));
                let target = String::from_utf8(target.unwrap_or_default())
                    .map_err(|_| self.error(ImageErrorKind::Link))?;
                EntryKind::Link { target }
            }
            other => {
                return Err(self.error(ImageErrorKind::EntryType {
                    found: char::from(other.as_byte()),
                }));
            }
        };
        if size > self.limits.entry_bytes {
            return Err(self.error(ImageErrorKind::Limit {
                limit: self.limits.entry_bytes,
                found: size,
            }));
        }
        let name = entry_name(&path, &kind)
            .map_err(|kind| ImageError::new(path.escape_ascii().to_string(), kind))?;
        Ok(name.map(|name| Entry { name, kind }))
    }
}

impl Extended {
    fn is_empty(&self) -> bool {
        self.path.is_none() && self.link.is_none() && self.size.is_none()
    }
}

/// Checks the name of an entry; `./` in front, and `/` after a directory, are dropped.
fn entry_name(path: &[u8], kind: &EntryKind) -> Result<Option<ArtifactName>, ImageErrorKind> {
    let refused = |kind| {
        ImageErrorKind::Name(crate::ParseNameError {
            input: path.escape_ascii().to_string(),
            kind,
        })
    };
    let text =
        std::str::from_utf8(path).map_err(|_| refused(crate::ParseNameErrorKind::NotUtf8))?;
    let text = text.strip_prefix("./").unwrap_or(text);
    let text = match kind {
        EntryKind::Directory => text.strip_suffix('/').unwrap_or(text),
        _ => text,
    };
    if matches!(text, "" | ".") && *kind == EntryKind::Directory {
        return Ok(None);
    }
    ArtifactName::new(text)
        .map(Some)
        .map_err(ImageErrorKind::Name)
}

/// The bytes of one file of an archive. An archive that ends within them is an error, not an end.
pub(crate) struct Body<'a, R> {
    reader: &'a mut R,
    left: u64,
}

impl<R: BufRead> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        if let (Some(from), Some(to)) = (available.get(..count), buffer.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Body<'_, R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let available = self.reader.fill_buf()?;
        if available.is_empty() {
            return Err(Stop::CutOff.into());
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        Ok(available.get(..most).unwrap_or(available))
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count as u64);
        self.reader.consume(count);
    }
}
