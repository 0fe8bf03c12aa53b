//! Files of a directory.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::tree::join;
use crate::{Entry, EntryKind, FileEdit, FileTree, ReadFileError};

/// The files below a directory. Symbolic links are followed while they stay inside, and refused
/// where they lead out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    root: PathBuf,
}

/// The files of an edit were not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteFilesError {
    /// A file is not what the edit was planned for; nothing was written.
    #[error("`{path}` has changed since the edit was planned")]
    Changed {
        /// The path.
        path: String,
    },
    /// A file must not or cannot be read; nothing was written.
    #[error("{0}")]
    Read(ReadFileError),
    /// A file cannot be written. Those before it in the order of the edit are written.
    #[error("cannot write `{path}`: {error}")]
    Write {
        /// The path.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
}

impl Directory {
    /// Opens a directory.
    ///
    /// # Errors
    /// [`ReadFileError`] if it is none.
    pub fn open(root: impl AsRef<Path>) -> Result<Self, ReadFileError> {
        let root = root.as_ref();
        let error =
            |error: std::io::Error| ReadFileError::new(root.to_string_lossy(), error.to_string());
        let canonical = root.canonicalize().map_err(error)?;
        if !canonical.is_dir() {
            return Err(ReadFileError::new(
                root.to_string_lossy(),
                "not a directory",
            ));
        }
        Ok(Self { root: canonical })
    }

    /// Returns the directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns where a path leads; nothing if there is nothing.
    fn resolve(&self, path: &str) -> Result<Option<PathBuf>, ReadFileError> {
        if join("", path).as_deref() != Some(path) {
            return Err(ReadFileError::new(path, "not a path inside the directory"));
        }
        match self.root.join(path).canonicalize() {
            Ok(found) if found.starts_with(&self.root) => Ok(Some(found)),
            Ok(_) => Err(ReadFileError::new(
                path,
                "a symbolic link leads out of the directory",
            )),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => Err(ReadFileError::new(path, error.to_string())),
        }
    }

    /// Writes the files of an edit. Every file is compared with what the edit expects before the
    /// first is written; each is replaced as a whole, so no reader sees half of one.
    ///
    /// # Errors
    /// [`WriteFilesError`]; planning and writing again completes what was interrupted.
    pub fn write(&self, edits: &[FileEdit]) -> Result<(), WriteFilesError> {
        let mut targets = Vec::new();
        for edit in edits {
            let target = self.resolve(edit.path()).map_err(WriteFilesError::Read)?;
            let changed = || WriteFilesError::Changed {
                path: edit.path().to_owned(),
            };
            let target = target.ok_or_else(changed)?;
            let found = fs::read(&target).map_err(|error| {
                WriteFilesError::Read(ReadFileError::new(edit.path(), error.to_string()))
            })?;
            if found != edit.before() {
                return Err(changed());
            }
            targets.push(target);
        }
        for (edit, target) in edits.iter().zip(targets) {
            replace(&target, &edit.after()).map_err(|error| WriteFilesError::Write {
                path: edit.path().to_owned(),
                error,
            })?;
        }
        Ok(())
    }
}

/// Replaces a file by way of a new one beside it, with the old one's permissions.
fn replace(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".promenade-new");
    let beside = target.with_file_name(name);
    let written = || -> std::io::Result<()> {
        let permissions = fs::metadata(target)?.permissions();
        // A file that an interrupted run left behind is overwritten.
        let mut file: File = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&beside)?;
        file.write_all(bytes)?;
        file.set_permissions(permissions)?;
        file.sync_all()?;
        fs::rename(&beside, target)
    };
    written().inspect_err(|_| {
        // What could not be completed is taken away; the first error is the one that tells.
        let _ = fs::remove_file(&beside);
    })
}

impl FileTree for Directory {
    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, ReadFileError> {
        let Some(found) = self.resolve(path)? else {
            return Ok(None);
        };
        if found.is_dir() {
            return Ok(None);
        }
        fs::read(&found)
            .map(|bytes| Some(Cow::Owned(bytes)))
            .map_err(|error| ReadFileError::new(path, error.to_string()))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadFileError> {
        let Some(found) = self.resolve(folder)? else {
            return Ok(Vec::new());
        };
        if !found.is_dir() {
            return Ok(Vec::new());
        }
        let error = |error: std::io::Error| ReadFileError::new(folder, error.to_string());
        let mut entries = Vec::new();
        for entry in fs::read_dir(&found).map_err(error)? {
            let entry = entry.map_err(error)?;
            let kind = entry.file_type().map_err(error)?;
            // A name that is no UTF-8 is named by no manifest. A linked folder is not walked into:
            // it may lead back to where it stands.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = if kind.is_dir() {
                EntryKind::Folder
            } else if kind.is_file() || (kind.is_symlink() && !entry.path().is_dir()) {
                EntryKind::File
            } else {
                continue;
            };
            entries.push(Entry { name, kind });
        }
        entries.sort();
        Ok(entries)
    }
}
