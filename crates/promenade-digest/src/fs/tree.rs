//! The tree digest of a directory on disk.

use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Entry, MAX_DEPTH, entries, metadata, open, unchanged};
use crate::tree::Nar;
use crate::{ArtifactId, HashError, Observer, WalkError, WalkErrorKind, kind};

/// Returns the identity of a directory: the SHA-256 and the size of its NAR, which is what
/// `nix-hash --type sha256 DIR` prints.
///
/// Symbolic links are recorded, not followed. `.git` is a directory like any other.
///
/// # Errors
/// [`WalkError`] with the path: a device or another special file, a set-user-ID file (no digest
/// covers the bit), or something that changes while it is read.
pub fn tree_id(
    dir: &Path,
    observer: &mut Observer<'_>,
) -> Result<ArtifactId<kind::Tree>, WalkError> {
    let mut walk = Walk {
        nar: Nar::start(),
        path: dir.to_path_buf(),
        done: 0,
        observer,
    };
    let found = metadata(dir)?;
    if !found.is_dir() {
        return Err(WalkError::new(dir, WalkErrorKind::NotDirectory));
    }
    walk.directory(&found, 0)?;
    Ok(walk.nar.finish())
}

struct Walk<'a, 'b> {
    nar: Nar,
    /// Where the walk is.
    path: PathBuf,
    done: u64,
    observer: &'a mut Observer<'b>,
}

impl Walk<'_, '_> {
    fn directory(&mut self, before: &Metadata, depth: usize) -> Result<(), WalkError> {
        if depth > MAX_DEPTH {
            return Err(WalkError::new(&self.path, WalkErrorKind::TooDeep));
        }
        self.nar.open_directory();
        for Entry { name, kind } in entries(&self.path)? {
            self.nar.open_entry(super::bytes(&name));
            self.path.push(&name);
            if kind.is_file() {
                self.file()?;
            } else if kind.is_dir() {
                self.directory(&metadata(&self.path)?, depth + 1)?;
            } else if kind.is_symlink() {
                let target = std::fs::read_link(&self.path)
                    .map_err(|error| WalkError::io(&self.path, &error))?;
                self.nar.symlink(super::bytes(target.as_os_str()));
            } else {
                return Err(WalkError::new(&self.path, WalkErrorKind::Special));
            }
            self.path.pop();
            self.nar.close_entry();
        }
        self.nar.close_directory();
        if super::same_state(before, &metadata(&self.path)?) {
            Ok(())
        } else {
            Err(WalkError::new(&self.path, WalkErrorKind::Changed))
        }
    }

    fn file(&mut self) -> Result<(), WalkError> {
        let (mut file, before) = open(&self.path)?;
        let size = before.len();
        self.nar.open_file(is_executable(&before), size);
        let failed = |kind| WalkError::new(&self.path, kind);
        let mut left = size;
        while left > 0 {
            let count = match file.read(self.nar.room(left)) {
                Ok(0) => {
                    return Err(failed(WalkErrorKind::Hash(HashError::TooShort {
                        expected: size,
                        found: size - left,
                    })));
                }
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(WalkError::io(&self.path, &error)),
            };
            self.nar.fill(count);
            left = left.saturating_sub(count as u64);
            self.done += count as u64;
            if (self.observer)(self.done).is_break() {
                let cancelled = HashError::Cancelled { at: self.done };
                return Err(failed(WalkErrorKind::Hash(cancelled)));
            }
        }
        // Growing is a change of the size, which this finds.
        unchanged(&self.path, &file, &before)?;
        self.nar.close_file(size);
        Ok(())
    }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}
