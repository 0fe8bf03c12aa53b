//! The port to the file system: every change the store makes is one of these.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// A change of the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileOp<'a> {
    /// Makes a directory, if it is not there.
    MakeDir(&'a Path),
    /// Makes a new file of these bytes.
    Write(&'a Path, &'a [u8]),
    /// Makes the bytes of a file durable.
    SyncFile(&'a Path),
    /// Gives a file a second name, if that name is free (`link(2)`).
    Link(&'a Path, &'a Path),
    /// Takes a name away.
    Remove(&'a Path),
    /// Makes the names in a directory durable.
    SyncDir(&'a Path),
}

/// What the store writes through; tests put a disk that fails in its place.
pub trait Files: Send + Sync {
    /// Makes one change.
    ///
    /// # Errors
    /// What the file system answers.
    fn apply(&self, op: FileOp<'_>) -> io::Result<()>;
}

/// The file system of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsFiles;

impl Files for OsFiles {
    fn apply(&self, op: FileOp<'_>) -> io::Result<()> {
        match op {
            FileOp::MakeDir(path) => match fs::create_dir(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                done => done,
            },
            FileOp::Write(path, bytes) => File::create_new(path)?.write_all(bytes),
            // `fsync` takes any descriptor of the file; on macOS this is `F_FULLFSYNC`.
            FileOp::SyncFile(path) | FileOp::SyncDir(path) => File::open(path)?.sync_all(),
            FileOp::Link(from, to) => fs::hard_link(from, to),
            FileOp::Remove(path) => fs::remove_file(path),
        }
    }
}
