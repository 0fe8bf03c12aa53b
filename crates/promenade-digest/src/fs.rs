//! Files and directories (feature `fs`): hashed through one opened handle, symbolic links never
//! followed, devices refused, changes while reading found.

#[cfg(feature = "parallel")]
mod many;
mod tree;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{File, FileType, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::{
    Algorithm, Artifact, ArtifactId, ArtifactName, BuildSet, Digest, DigestMismatch, HashError,
    Hashed, Hasher, Observer, Pass, WalkError, WalkErrorKind, kind,
};

#[cfg(feature = "parallel")]
pub use many::{hash_files, record_build_parallel};
pub use tree::tree_id;

/// The most files that a walk records.
pub const MAX_FILES: usize = 1_000_000;
/// The deepest nesting of directories that a walk enters.
pub const MAX_DEPTH: usize = 128;

/// Hashes one file: a regular one, not through a symbolic link.
///
/// The handle that was checked is the one that is read; a file that grows, shrinks or is written
/// to meanwhile is an error.
///
/// # Errors
/// [`WalkError`] with the path.
pub fn hash_file(
    path: &Path,
    algorithm: Algorithm,
    observer: &mut Observer<'_>,
) -> Result<Hashed, WalkError> {
    Reader::new(Hasher::new(algorithm)).hash(path, observer)
}

/// Records every file below a directory as an artifact of kind `file`, by SHA-256; names are paths
/// relative to it, sorted by bytes. Directories themselves are not recorded.
///
/// # Errors
/// [`WalkError`] with the path: a symbolic link, a device or another special file, a name that is
/// no [`ArtifactName`], a set-user-ID file, or a file that changes while it is read.
///
/// ```
/// # use promenade_digest::{fs::record_build, unobserved};
/// let dir = tempfile::tempdir()?;
/// std::fs::write(dir.path().join("app.tar.gz"), "hello\n")?;
/// let build = record_build(dir.path(), &mut unobserved())?;
/// assert_eq!(build.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn record_build(dir: &Path, observer: &mut Observer<'_>) -> Result<BuildSet, WalkError> {
    let names = list(dir)?;
    let mut reader = Reader::new(Hasher::new(Algorithm::Sha256));
    let mut before = 0;
    let mut path = PathBuf::new();
    let mut hashed = Vec::with_capacity(names.len());
    for name in names {
        set_path(&mut path, dir, &name);
        let file = reader.hash(&path, &mut |bytes| observer(before + bytes))?;
        before += file.size();
        hashed.push((name, file));
    }
    artifacts(dir, hashed)
}

/// Makes `path` that of a name in a directory; its memory is used again.
fn set_path(path: &mut PathBuf, dir: &Path, name: &ArtifactName) {
    path.clear();
    path.push(dir);
    path.push(name.as_str());
}

/// Makes the set of files that were hashed.
fn artifacts(
    dir: &Path,
    hashed: impl IntoIterator<Item = (ArtifactName, Hashed)>,
) -> Result<BuildSet, WalkError> {
    let artifacts = hashed.into_iter().map(|(name, hashed)| {
        let id = ArtifactId::<kind::File>::new(hashed.digest(), hashed.size());
        Artifact::new(name, id)
    });
    BuildSet::new(artifacts).map_err(|error| WalkError::new(dir, WalkErrorKind::Set(error)))
}

/// Lists the names of the files below a directory.
fn list(dir: &Path) -> Result<Vec<ArtifactName>, WalkError> {
    if !metadata(dir)?.is_dir() {
        return Err(WalkError::new(dir, WalkErrorKind::NotDirectory));
    }
    let mut files = Vec::new();
    list_files(dir, "", 0, &mut files)?;
    Ok(files)
}

/// Checks files in a directory against their digests, all of them, and returns what each is.
///
/// # Errors
/// [`WalkError`] if the observer broke off; what is wrong with a file is in its own result.
pub fn check_files(
    dir: &Path,
    digests: &BTreeMap<ArtifactName, Digest>,
    observer: &mut Observer<'_>,
) -> Result<Vec<CheckedFile>, WalkError> {
    let mut readers: BTreeMap<Algorithm, Reader> = BTreeMap::new();
    let mut before = 0;
    let mut checked = Vec::with_capacity(digests.len());
    let mut path = PathBuf::new();
    for (name, digest) in digests {
        let algorithm = digest.algorithm();
        let reader = readers
            .entry(algorithm)
            .or_insert_with(|| Reader::new(Hasher::new(algorithm)));
        set_path(&mut path, dir, name);
        let outcome = check_parents(dir, name)
            .and_then(|()| reader.read(&path, &mut |bytes| observer(before + bytes)))
            .and_then(|read| {
                before += read.hashed.size();
                read.verify(&path, *digest)
            });
        match outcome {
            Err(error) if error.is_cancelled() => return Err(error),
            outcome => checked.push(CheckedFile {
                name: name.clone(),
                outcome,
            }),
        }
    }
    Ok(checked)
}

/// What became of one file of [`check_files`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct CheckedFile {
    /// Its name.
    pub name: ArtifactName,
    /// Nothing, or why it is not the expected file.
    pub outcome: Result<(), WalkError>,
}

/// Refuses a directory on the way to `name` that is a symbolic link.
pub(crate) fn check_parents(dir: &Path, name: &ArtifactName) -> Result<(), WalkError> {
    let Some((parents, _)) = name.as_str().rsplit_once('/') else {
        return Ok(());
    };
    let mut path = dir.to_path_buf();
    for part in parents.split('/') {
        path.push(part);
        let found = metadata(&path)?.file_type();
        if !found.is_dir() {
            return Err(not_regular(&path, found));
        }
    }
    Ok(())
}

fn list_files(
    dir: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<ArtifactName>,
) -> Result<(), WalkError> {
    if depth > MAX_DEPTH {
        return Err(WalkError::new(dir, WalkErrorKind::TooDeep));
    }
    for Entry { name, kind: found } in entries(dir)? {
        let path = || dir.join(&name);
        let text = name
            .to_str()
            .ok_or_else(|| WalkError::new(&path(), WalkErrorKind::NotUtf8))?;
        let artifact = ArtifactName::new([prefix, text].concat())
            .map_err(|error| WalkError::new(&path(), WalkErrorKind::Name(error)))?;
        if found.is_dir() {
            list_files(&path(), &format!("{artifact}/"), depth + 1, files)?;
        } else if !found.is_file() {
            return Err(not_regular(&path(), found));
        } else if files.len() >= MAX_FILES {
            return Err(WalkError::new(&path(), WalkErrorKind::TooMany));
        } else {
            files.push(artifact);
        }
    }
    Ok(())
}

/// An entry of a directory.
pub(crate) struct Entry {
    pub(crate) name: OsString,
    pub(crate) kind: FileType,
}

/// Returns the entries of a directory, sorted by the bytes of their names.
pub(crate) fn entries(dir: &Path) -> Result<Vec<Entry>, WalkError> {
    let failed = |error| WalkError::io(dir, &error);
    let mut entries: Vec<_> = std::fs::read_dir(dir)
        .map_err(failed)?
        .map(|entry| {
            let entry = entry?;
            Ok(Entry {
                kind: entry.file_type()?,
                name: entry.file_name(),
            })
        })
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    entries.sort_unstable_by(|a, b| bytes(&a.name).cmp(bytes(&b.name)));
    Ok(entries)
}

pub(crate) fn bytes(name: &OsStr) -> &[u8] {
    name.as_encoded_bytes()
}

pub(crate) fn metadata(path: &Path) -> Result<Metadata, WalkError> {
    std::fs::symlink_metadata(path).map_err(|error| WalkError::io(path, &error))
}

pub(crate) fn not_regular(path: &Path, found: FileType) -> WalkError {
    let kind = if found.is_symlink() {
        WalkErrorKind::Symlink
    } else if found.is_dir() {
        WalkErrorKind::Directory
    } else {
        WalkErrorKind::Special
    };
    WalkError::new(path, kind)
}

/// Hashes files one after the other with one buffer.
pub(crate) struct Reader {
    pass: Pass,
}

impl Reader {
    pub(crate) fn new(hasher: Hasher) -> Self {
        Self {
            pass: Pass::new(hasher),
        }
    }

    /// Hashes a file that must not change meanwhile.
    pub(crate) fn hash(
        &mut self,
        path: &Path,
        observer: &mut Observer<'_>,
    ) -> Result<Hashed, WalkError> {
        let read = self.read(path, observer)?;
        unchanged(path, &read.file, &read.before)?;
        Ok(read.hashed)
    }

    fn read(&mut self, path: &Path, observer: &mut Observer<'_>) -> Result<Read, WalkError> {
        let (file, before) = open(path)?;
        self.pass.set_expected_size(Some(before.len()));
        // What grew is found by its size afterwards, without reading once more.
        let hashed = self
            .pass
            .run((&file).take(before.len()), observer)
            .map_err(|error| WalkError::new(path, WalkErrorKind::Hash(error)))?;
        Ok(Read {
            file,
            before,
            hashed,
        })
    }
}

/// A file that was read once.
struct Read {
    file: File,
    before: Metadata,
    hashed: Hashed,
}

impl Read {
    /// Checks what was read. Bytes that have the digest are the expected ones, whatever became of
    /// the file since; of others it is asked whether they were changed meanwhile.
    fn verify(self, path: &Path, expected: Digest) -> Result<(), WalkError> {
        let Err(error) = DigestMismatch::check(expected, self.hashed.digest()) else {
            return Ok(());
        };
        unchanged(path, &self.file, &self.before)?;
        Err(WalkError::new(path, WalkErrorKind::Verify(error)))
    }
}

/// Opens a regular file, not through a symbolic link.
pub(crate) fn open(path: &Path) -> Result<(File, Metadata), WalkError> {
    let file = open_unfollowed(path)?;
    let opened = file
        .metadata()
        .map_err(|error| WalkError::io(path, &error))?;
    if !opened.is_file() {
        return Err(not_regular(path, opened.file_type()));
    }
    if has_special_bits(&opened) {
        return Err(WalkError::new(path, WalkErrorKind::SpecialBits));
    }
    Ok((file, opened))
}

#[cfg(unix)]
fn open_unfollowed(path: &Path) -> Result<File, WalkError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    // A pipe that took the place of the file must not hold the walk up.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let opened = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path);
    opened.map_err(|error| match error.raw_os_error() {
        Some(libc::ELOOP) => WalkError::new(path, WalkErrorKind::Symlink),
        // A socket cannot be opened.
        Some(libc::ENXIO) => WalkError::new(path, WalkErrorKind::Special),
        _ => WalkError::io(path, &error),
    })
}

#[cfg(not(unix))]
fn open_unfollowed(path: &Path) -> Result<File, WalkError> {
    let seen = metadata(path)?;
    if !seen.is_file() {
        return Err(not_regular(path, seen.file_type()));
    }
    File::open(path).map_err(|error| WalkError::io(path, &error))
}

/// Checks that a file was not written to since `before`.
pub(crate) fn unchanged(path: &Path, file: &File, before: &Metadata) -> Result<(), WalkError> {
    let after = file
        .metadata()
        .map_err(|error| WalkError::io(path, &error))?;
    let expected = before.len();
    if same_state(before, &after) {
        Ok(())
    } else if after.len() > expected {
        let grown = HashError::TooLong { expected };
        Err(WalkError::new(path, WalkErrorKind::Hash(grown)))
    } else {
        Err(WalkError::new(path, WalkErrorKind::Changed))
    }
}

#[cfg(unix)]
pub(crate) fn same_state(before: &Metadata, after: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let state = |m: &Metadata| {
        (
            m.len(),
            m.mtime(),
            m.mtime_nsec(),
            m.ctime(),
            m.ctime_nsec(),
        )
    };
    state(before) == state(after)
}

#[cfg(not(unix))]
pub(crate) fn same_state(before: &Metadata, after: &Metadata) -> bool {
    after.len() == before.len() && after.modified().ok() == before.modified().ok()
}

/// Says whether a file has the set-user-ID or set-group-ID bit, which no digest covers.
#[cfg(unix)]
pub(crate) fn has_special_bits(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.mode() & 0o6000 != 0
}

#[cfg(not(unix))]
pub(crate) fn has_special_bits(_: &Metadata) -> bool {
    false
}
