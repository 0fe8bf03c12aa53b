//! Checksum files: GNU, BSD and NUL forms, written and read strictly, and checked against the
//! names that are expected.

mod line;

use std::collections::BTreeMap;

use crate::name::{case_twins, in_order, same_before};
use crate::{
    Algorithm, ArtifactName, BuildSet, Digest, ParseChecksumsError, ParseChecksumsErrorKind,
    ParseNameError, ParseNameErrorKind, SelectChecksumsError,
};
use line::{check_bytes, parse_line};

pub use line::ChecksumLine;

/// The most lines of a checksum file that are read.
pub const MAX_CHECKSUM_LINES: usize = 100_000;
/// The longest name in a checksum file, in bytes, before escaping.
pub const MAX_CHECKSUM_NAME_BYTES: usize = 4096;
/// The longest line: each byte of a name escaped, a digest, and what stands between.
const MAX_LINE_BYTES: usize = 2 * MAX_CHECKSUM_NAME_BYTES + 160;

/// A form of checksum file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChecksumFormat {
    /// `HEX  NAME`, or `HEX *NAME` for binary mode: what `sha256sum` prints.
    Gnu,
    /// `SHA256 (NAME) = HEX`: what `sha256sum --tag` and BSD print.
    Bsd,
    /// As GNU, each line ended by a NUL byte and nothing escaped: what `sha256sum -z` prints.
    Nul,
}

impl ChecksumFormat {
    /// Returns the form that bytes have if they are a checksum file: a NUL byte at the end, `SHA`
    /// at the start, or else GNU. Reading then says whether they are one.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Self {
        let start = bytes.strip_prefix(b"\\").unwrap_or(bytes);
        if bytes.ends_with(b"\0") {
            Self::Nul
        } else if start.starts_with(b"SHA") {
            Self::Bsd
        } else {
            Self::Gnu
        }
    }

    fn terminator(self) -> u8 {
        match self {
            Self::Gnu | Self::Bsd => b'\n',
            Self::Nul => b'\0',
        }
    }
}

/// A checksum file: lines of one algorithm, each name once.
///
/// Reading is strict, as `sha256sum -c` is not: lower-case digits, two spaces (or a space and
/// `*`), a line feed at the end, no comments, no other lines, no name twice. What is read is
/// written again byte for byte. Which files are checked is decided by the names that are expected
/// ([`ChecksumFile::select`]), not by what the file lists.
///
/// ```
/// use promenade_digest::{ArtifactName, ChecksumFile, ChecksumFormat, ChecksumLine, Digest};
///
/// let line = ChecksumLine::new("app.tar.gz", Digest::sha256(b"hello\n"));
/// let file = ChecksumFile::new([line])?;
/// let bytes = file.render(ChecksumFormat::Gnu);
/// assert!(bytes.ends_with(b"f6be03  app.tar.gz\n"));
///
/// let file = ChecksumFile::parse(&bytes, ChecksumFormat::Gnu)?;
/// let selected = file.select(&[ArtifactName::new("app.tar.gz")?])?;
/// assert_eq!(selected.len(), 1);
/// // A file that lists another name is no proof of this one.
/// assert!(file.select(&[ArtifactName::new("other.tar.gz")?]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChecksumFile {
    algorithm: Algorithm,
    lines: Vec<ChecksumLine>,
}

impl ChecksumFile {
    /// Makes a checksum file, its lines sorted by the bytes of the names.
    ///
    /// # Errors
    /// [`ParseChecksumsError`] as for reading: no line, a name twice, empty, too long or with a
    /// NUL byte, several algorithms.
    pub fn new(lines: impl IntoIterator<Item = ChecksumLine>) -> Result<Self, ParseChecksumsError> {
        let mut lines: Vec<_> = lines.into_iter().collect();
        lines.sort_unstable();
        Self::checked(lines)
    }

    /// Returns the checksum file of a build set: every artifact that is a file, by the algorithm of
    /// its identity.
    ///
    /// # Errors
    /// As [`ChecksumFile::new`].
    pub fn of_build(build: &BuildSet) -> Result<Self, ParseChecksumsError> {
        let files = build.artifacts().filter(|artifact| {
            matches!(
                artifact.id.kind(),
                crate::ArtifactKind::File | crate::ArtifactKind::DockerArchive
            )
        });
        Self::new(files.map(|file| ChecksumLine::new(file.name.as_str(), file.id.digest())))
    }

    fn checked(lines: Vec<ChecksumLine>) -> Result<Self, ParseChecksumsError> {
        let error = |line, kind| ParseChecksumsError { line, kind };
        let algorithm = match lines.first() {
            Some(first) => first.digest.algorithm(),
            None => return Err(error(0, ParseChecksumsErrorKind::Empty)),
        };
        // Names that rise, as in a file that was sorted, are there once.
        let rising = lines.is_sorted_by(|line, next| line.name < next.name);
        let earlier = if rising {
            Vec::new()
        } else {
            same_before(lines.iter().map(|line| line.name.as_slice()).collect())
        };
        for (line, number) in lines.iter().zip(1..) {
            if number > MAX_CHECKSUM_LINES {
                return Err(error(number, ParseChecksumsErrorKind::TooManyLines));
            }
            check_bytes(&line.name).map_err(|kind| error(number, kind))?;
            let found = line.digest.algorithm();
            if found != algorithm {
                return Err(error(
                    number,
                    ParseChecksumsErrorKind::MixedAlgorithms {
                        expected: algorithm,
                        found,
                    },
                ));
            }
            if let Some(Some(first)) = earlier.get(number - 1) {
                let twin = lines.get(*first);
                return Err(error(
                    number,
                    ParseChecksumsErrorKind::Duplicate {
                        first: first + 1,
                        conflicting: twin.is_none_or(|twin| twin.digest != line.digest),
                    },
                ));
            }
        }
        Ok(Self { algorithm, lines })
    }

    /// Reads a checksum file.
    ///
    /// # Errors
    /// [`ParseChecksumsError`] naming the first line that is not as it must be.
    pub fn parse(bytes: &[u8], format: ChecksumFormat) -> Result<Self, ParseChecksumsError> {
        let error = |line, kind| ParseChecksumsError { line, kind };
        if bytes.is_empty() {
            return Err(error(0, ParseChecksumsErrorKind::Empty));
        }
        let end = format.terminator();
        let mut lines = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let number = lines.len() + 1;
            if number > MAX_CHECKSUM_LINES {
                return Err(error(number, ParseChecksumsErrorKind::TooManyLines));
            }
            let window = rest.get(..=MAX_LINE_BYTES).unwrap_or(rest);
            let Some((line, after)) = split_at_byte(window, rest, end) else {
                let kind = if window.len() < rest.len() {
                    ParseChecksumsErrorKind::TooLong
                } else {
                    ParseChecksumsErrorKind::MissingEnd
                };
                return Err(error(number, kind));
            };
            lines.push(parse_line(line, format).map_err(|kind| error(number, kind))?);
            rest = after;
        }
        Self::checked(lines)
    }

    /// Returns the bytes of the file.
    #[must_use]
    pub fn render(&self, format: ChecksumFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in &self.lines {
            bytes.append(&mut line.render(format));
        }
        bytes
    }

    /// Returns the algorithm of all lines.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the lines in their order.
    #[must_use]
    pub fn lines(&self) -> &[ChecksumLine] {
        &self.lines
    }

    /// Returns the digest of each listed name, if every name is one that can be trusted: an
    /// [`ArtifactName`] without `/`, and no two that differ in case only.
    ///
    /// # Errors
    /// [`SelectChecksumsError`] naming every name that cannot be trusted.
    pub fn names(&self) -> Result<BTreeMap<ArtifactName, Digest>, SelectChecksumsError> {
        self.trusted(false)
    }

    /// As [`ChecksumFile::names`], with paths of several parts.
    ///
    /// # Errors
    /// [`SelectChecksumsError`] naming every name that cannot be trusted.
    pub fn paths(&self) -> Result<BTreeMap<ArtifactName, Digest>, SelectChecksumsError> {
        self.trusted(true)
    }

    fn trusted(&self, paths: bool) -> Result<BTreeMap<ArtifactName, Digest>, SelectChecksumsError> {
        let mut error = SelectChecksumsError::default();
        let mut names = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            match trusted_name(&line.name, paths) {
                Ok(name) => names.push((name, line.digest)),
                Err(refused) => error.untrusted.push(refused),
            }
        }
        let twins = case_twins(&names.iter().map(|(name, _)| name).collect::<Vec<_>>());
        for ((name, _), twin) in names.iter().zip(twins) {
            if let Some((twin, _)) = twin.and_then(|at| names.get(at)) {
                error.case_twins.push((twin.clone(), name.clone()));
            }
        }
        error.or(names.into_iter().collect())
    }

    /// Returns the digests of the expected names, if the file lists exactly these, each once.
    ///
    /// # Errors
    /// [`SelectChecksumsError`] with every name that is missing, was not expected, or cannot be
    /// trusted.
    pub fn select(
        &self,
        expected: &[ArtifactName],
    ) -> Result<BTreeMap<ArtifactName, Digest>, SelectChecksumsError> {
        self.select_of(expected, false)
    }

    /// Returns the digests of the expected names, if the file lists each once; it may list others.
    ///
    /// # Errors
    /// [`SelectChecksumsError`] with every name that is missing or cannot be trusted.
    pub fn select_among(
        &self,
        expected: &[ArtifactName],
    ) -> Result<BTreeMap<ArtifactName, Digest>, SelectChecksumsError> {
        self.select_of(expected, true)
    }

    fn select_of(
        &self,
        expected: &[ArtifactName],
        extra: bool,
    ) -> Result<BTreeMap<ArtifactName, Digest>, SelectChecksumsError> {
        let paths = expected.iter().any(|name| name.is_path());
        let mut wanted = in_order(expected.iter().map(ArtifactName::as_bytes).collect());
        wanted.dedup_by(|one, other| one.0 == other.0);
        let mut is_listed = vec![false; wanted.len()];
        let mut selected = Vec::with_capacity(wanted.len());
        let mut error = SelectChecksumsError::default();
        for (name, digest) in self.trusted(paths)? {
            let found = wanted.binary_search_by(|(wanted, _)| (*wanted).cmp(name.as_bytes()));
            if let Some(listed) = found.ok().and_then(|at| is_listed.get_mut(at)) {
                *listed = true;
                selected.push((name, digest));
            } else if !extra {
                error.unexpected.push(name);
            }
        }
        for ((_, at), is_listed) in wanted.iter().zip(is_listed) {
            if !is_listed && let Some(name) = expected.get(*at) {
                error.missing.push(name.clone());
            }
        }
        error.or(selected.into_iter().collect())
    }
}

fn trusted_name(bytes: &[u8], paths: bool) -> Result<ArtifactName, ParseNameError> {
    let refused = |kind| ParseNameError {
        input: bytes.escape_ascii().to_string(),
        kind,
    };
    let name = std::str::from_utf8(bytes).map_err(|_| refused(ParseNameErrorKind::NotUtf8))?;
    let name = ArtifactName::new(name)?;
    if !paths && name.is_path() {
        return Err(refused(ParseNameErrorKind::NotBase));
    }
    Ok(name)
}

/// Splits `all` at the first `end` within `window`, the start of it.
fn split_at_byte<'a>(window: &[u8], all: &'a [u8], end: u8) -> Option<(&'a [u8], &'a [u8])> {
    let at = window.iter().position(|byte| *byte == end)?;
    Some((all.get(..at)?, all.get(at + 1..)?))
}
