//! The tree digest of a directory on disk.

use std::fs::Metadata;
use std::io::Read as _;
use std::path::Path;

use super::{Entry, MAX_DEPTH, entries, metadata, open, unchanged};
use crate::tree::Nar;
use crate::{ArtifactId, BUFFER_BYTES, HashError, Observer, WalkError, WalkErrorKind, kind};

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
        buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
        done: 0,
        observer,
    };
    let found = metadata(dir)?;
    if !found.is_dir() {
        return Err(WalkError::new(dir, WalkErrorKind::NotDirectory));
    }
    walk.directory(dir, &found, 0)?;
    Ok(walk.nar.finish())
}

struct Walk<'a, 'b> {
    nar: Nar,
    buffer: Box<[u8]>,
    done: u64,
    observer: &'a mut Observer<'b>,
}

impl Walk<'_, '_> {
    fn directory(&mut self, dir: &Path, before: &Metadata, depth: usize) -> Result<(), WalkError> {
        if depth > MAX_DEPTH {
            return Err(WalkError::new(dir, WalkErrorKind::TooDeep));
        }
        self.nar.open_directory();
        for Entry { name, kind } in entries(dir)? {
            self.nar.open_entry(super::bytes(&name));
            let path = dir.join(&name);
            if kind.is_file() {
                self.file(&path)?;
            } else if kind.is_dir() {
                self.directory(&path, &metadata(&path)?, depth + 1)?;
            } else if kind.is_symlink() {
                let target =
                    std::fs::read_link(&path).map_err(|error| WalkError::io(&path, &error))?;
                self.nar.symlink(super::bytes(target.as_os_str()));
            } else {
                return Err(WalkError::new(&path, WalkErrorKind::Special));
            }
            self.nar.close_entry();
        }
        self.nar.close_directory();
        if super::same_state(before, &metadata(dir)?) {
            Ok(())
        } else {
            Err(WalkError::new(dir, WalkErrorKind::Changed))
        }
    }

    fn file(&mut self, path: &Path) -> Result<(), WalkError> {
        let (mut file, before) = open(path)?;
        let size = before.len();
        self.nar.open_file(is_executable(&before), size);
        let mut left = size;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let most = most.min(self.buffer.len());
            let window = self.buffer.get_mut(..most).unwrap_or_default();
            let count = match file.read(window) {
                Ok(0) => {
                    let short = HashError::TooShort {
                        expected: size,
                        found: size - left,
                    };
                    return Err(WalkError::new(path, WalkErrorKind::Hash(short)));
                }
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(WalkError::io(path, &error)),
            };
            self.nar.bytes(window.get(..count).unwrap_or_default());
            left = left.saturating_sub(count as u64);
            self.done += count as u64;
            if (self.observer)(self.done).is_break() {
                let cancelled = HashError::Cancelled { at: self.done };
                return Err(WalkError::new(path, WalkErrorKind::Hash(cancelled)));
            }
        }
        // Growing is a change of the size, which this finds.
        unchanged(path, &file, &before)?;
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
