//! The errors of reading files and directories.

use super::{BuildSetError, HashError, ParseNameError, VerifyError};

/// A file or directory was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {kind}", path.display())]
pub struct WalkError {
    path: std::path::PathBuf,
    kind: Box<WalkErrorKind>,
}

impl WalkError {
    pub(crate) fn new(path: &std::path::Path, kind: WalkErrorKind) -> Self {
        Self {
            path: path.to_owned(),
            kind: Box::new(kind),
        }
    }

    pub(crate) fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            path,
            WalkErrorKind::Io {
                kind: error.kind(),
                cause: error.to_string(),
            },
        )
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub fn kind(&self) -> &WalkErrorKind {
        &self.kind
    }

    /// Says whether an observer broke off.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(*self.kind, WalkErrorKind::Hash(HashError::Cancelled { .. }))
    }
}

/// Why a file or directory was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalkErrorKind {
    /// The system failed.
    #[error("{cause}")]
    Io {
        /// The kind of failure.
        kind: std::io::ErrorKind,
        /// What the system said.
        cause: String,
    },
    /// It is a symbolic link.
    #[error("is a symbolic link; links are not followed")]
    Symlink,
    /// It is a directory where a file is expected.
    #[error("is a directory; expected a file")]
    Directory,
    /// It is not a directory where one is expected.
    #[error("expected a directory")]
    NotDirectory,
    /// It is a device, a pipe or a socket.
    #[error("is a device, a pipe or a socket; expected a file")]
    Special,
    /// It has the set-user-ID or set-group-ID bit, which no digest covers.
    #[error("has the set-user-ID or set-group-ID bit, which no digest covers")]
    SpecialBits,
    /// It was written to while it was read.
    #[error("was changed while it was read")]
    Changed,
    /// Its name is not text.
    #[error("the name is not UTF-8")]
    NotUtf8,
    /// Its name is not that of an artifact.
    #[error("{0}")]
    Name(ParseNameError),
    /// There are more files than are recorded.
    #[error("more than {} files", crate::fs::MAX_FILES)]
    TooMany,
    /// Directories are nested too deep.
    #[error("directories are nested more than {} deep", crate::fs::MAX_DEPTH)]
    TooDeep,
    /// Hashing did not come to its end.
    #[error("{0}")]
    Hash(HashError),
    /// It is not the expected file.
    #[error("{0}")]
    Verify(VerifyError),
    /// The files do not make up a build set.
    #[error("{0}")]
    Set(BuildSetError),
}
