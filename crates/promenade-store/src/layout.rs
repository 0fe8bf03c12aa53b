//! Where the files of a stream are, and what is in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use promenade_digest::Digest;
use promenade_promotion::ledger::{CorruptLedgerKind, Head, Record, StoreError, StreamId};

use crate::error::{corrupt, file, record};

/// The directories of one stream.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) stream: StreamId,
    pub(crate) dir: PathBuf,
    pub(crate) records: PathBuf,
    pub(crate) bundles: PathBuf,
    pub(crate) tmp: PathBuf,
}

/// A file that holds records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    pub(crate) first: u64,
    /// The last number of a bundle; the file of an append does not say.
    pub(crate) last: Option<u64>,
    pub(crate) path: PathBuf,
}

/// The files of a stream at some moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) bundles: Vec<Segment>,
    pub(crate) loose: Vec<Segment>,
    /// Files of appends that a bundle covers: left behind when it was sealed.
    pub(crate) covered: Vec<Segment>,
}

impl Listing {
    pub(crate) fn sealed_up_to(&self) -> u64 {
        self.bundles
            .iter()
            .filter_map(|bundle| bundle.last)
            .max()
            .unwrap_or(0)
    }
}

impl Layout {
    pub(crate) fn new(root: &Path, stream: &StreamId) -> Self {
        let dir = root.join(stream.as_str());
        Self {
            stream: stream.clone(),
            records: dir.join("records"),
            bundles: dir.join("bundles"),
            tmp: dir.join("tmp"),
            dir,
        }
    }

    pub(crate) fn record_path(&self, first: u64) -> PathBuf {
        Name { last: None, first }.segment(&self.records).path
    }

    pub(crate) fn bundle_path(&self, first: u64, last: u64) -> PathBuf {
        let last = Some(last);
        Name { last, first }.segment(&self.bundles).path
    }

    pub(crate) fn list(&self) -> Result<Listing, StoreError> {
        // Records first: what is sealed meanwhile is found in the bundles that are read after.
        let mut loose = list(&self.records)?;
        let mut bundles = list(&self.bundles)?;
        loose.sort();
        // Two that seal after another number of records may have made bundles that overlap.
        bundles.sort_by_key(|bundle| (bundle.last, bundle.first));
        if let Some(odd) = loose.iter().find(|segment| segment.last.is_some()) {
            return Err(foreign(&odd.path));
        }
        if let Some(odd) = bundles.iter().find(|segment| segment.last.is_none()) {
            return Err(foreign(&odd.path));
        }
        let mut listing = Listing {
            bundles,
            ..Listing::default()
        };
        let sealed = listing.sealed_up_to();
        (listing.covered, listing.loose) = loose.into_iter().partition(|s| s.first <= sealed);
        Ok(listing)
    }

    /// Returns the head, from the last record alone.
    pub(crate) fn head(&self) -> Result<Head, Retry> {
        // Records first, as in `list`, of which this needs the last file alone.
        let (mut loose, mut bundle, mut odd) = (None, None, false);
        each(&self.records, &mut |name| {
            odd |= name.last.is_some();
            loose = loose.max(Some(name));
        })?;
        each(&self.bundles, &mut |name| {
            odd |= name.last.is_none();
            bundle = bundle.max(Some(name));
        })?;
        if odd {
            // It says which file does not belong there.
            self.list()?;
        }
        let newest = match (loose, bundle) {
            (Some(loose), bundle) if bundle.is_none_or(|b| b.last < Some(loose.first)) => {
                Some(loose.segment(&self.records))
            }
            (_, bundle) => bundle.map(|bundle| bundle.segment(&self.bundles)),
        };
        let Some(last) = &newest else {
            return Ok(Head::EMPTY);
        };
        let mut head = Head::EMPTY;
        let mut seq = last.first;
        self.scan(last, &mut |record, hash| {
            if record.seq != seq {
                let (expected, found) = (seq, record.seq);
                return Err(corrupt(
                    seq,
                    CorruptLedgerKind::Sequence { expected, found },
                ));
            }
            seq += 1;
            head = Head {
                seq: record.seq,
                hash,
            };
            Ok(true)
        })?;
        Ok(head)
    }

    /// Calls `visit` with each record of a file and its hash, until it returns `false`.
    pub(crate) fn scan(
        &self,
        segment: &Segment,
        visit: &mut dyn FnMut(Record, Digest) -> Result<bool, StoreError>,
    ) -> Result<(), Retry> {
        let bytes = match fs::read(&segment.path) {
            Ok(bytes) => bytes,
            // Sealed since the directory was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Retry::Again),
            Err(error) => return Err(file("reading", &segment.path, &error).into()),
        };
        let mut rest = bytes.as_slice();
        let mut seq = segment.first;
        if rest.is_empty() {
            return Err(corrupt(seq, CorruptLedgerKind::Missing).into());
        }
        while !rest.is_empty() {
            let parsed = Record::parse_first(rest);
            let (parsed, one) = parsed.map_err(|error| record(seq, error))?;
            if parsed.stream != self.stream {
                let found = parsed.stream.to_string();
                return Err(corrupt(seq, CorruptLedgerKind::Stream { found }).into());
            }
            seq += 1;
            rest = rest.get(one.len()..).unwrap_or_default();
            if !visit(parsed, Digest::sha256(one))? {
                return Ok(());
            }
        }
        match segment.last {
            Some(last) if seq <= last => Err(corrupt(seq, CorruptLedgerKind::Missing).into()),
            _ => Ok(()),
        }
    }
}

/// Why a reading of several files has to be given up.
#[derive(Debug)]
pub(crate) enum Retry {
    /// The files changed meanwhile.
    Again,
    /// It cannot be read.
    No(StoreError),
}

impl From<StoreError> for Retry {
    fn from(error: StoreError) -> Self {
        Self::No(error)
    }
}

/// What the name of a file says of the records in it; the greatest is the one that goes furthest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    last: Option<u64>,
    first: u64,
}

impl Name {
    fn read(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let digits = text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse::<u64>().ok()?;
            (digits && number > 0).then_some(number)
        };
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (number(first)?, Some(number(last)?)),
            None => (number(text)?, None),
        };
        last.is_none_or(|last| first <= last)
            .then_some(Self { last, first })
    }

    fn segment(self, dir: &Path) -> Segment {
        let Self { last, first } = self;
        let path = match last {
            Some(last) => dir.join(format!("{first:020}-{last:020}")),
            None => dir.join(format!("{first:020}")),
        };
        Segment { first, last, path }
    }
}

fn list(dir: &Path) -> Result<Vec<Segment>, StoreError> {
    let mut segments = Vec::new();
    each(dir, &mut |name| segments.push(name.segment(dir)))?;
    Ok(segments)
}

/// Calls `visit` with the name of each file of records in a directory.
fn each(dir: &Path, visit: &mut dyn FnMut(Name)) -> Result<(), StoreError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(file("listing", dir, &error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| file("listing", dir, &error))?;
        let name = entry.file_name();
        let text = name.to_str().unwrap_or_default();
        if text.starts_with('.') {
            continue;
        }
        visit(Name::read(text).ok_or_else(|| foreign(&entry.path()))?);
    }
    Ok(())
}

fn foreign(path: &Path) -> StoreError {
    StoreError::Unusable {
        problem: format!("`{}` is no file of a ledger", path.display()),
        remedy: "move it elsewhere".to_owned(),
    }
}
