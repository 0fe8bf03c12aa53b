//! Objects that survive a loss of power once they are acknowledged, and the port they are written
//! through.
//!
//! Neither `gix` nor git (by default) syncs what it writes. Here an object is written beside the
//! object store, synced, and only then renamed to its place: a torn object can never be found under
//! an id. Then the directories are synced, then the ref is moved the same way.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::Kind;

use crate::GitError;

/// A change of the file system that [`GitLedger`](crate::GitLedger) makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskOp<'a> {
    /// Makes a directory, if it is not there.
    MakeDir(&'a Path),
    /// Makes a file of these bytes, or replaces them.
    Write(&'a Path, &'a [u8]),
    /// Makes the bytes of a file durable.
    SyncFile(&'a Path),
    /// Gives a file a second name, if that name is free.
    Link(&'a Path, &'a Path),
    /// Gives a file another name, which may be taken.
    Rename(&'a Path, &'a Path),
    /// Takes a name away.
    Remove(&'a Path),
    /// Makes the names in a directory durable.
    SyncDir(&'a Path),
}

/// What [`GitLedger`](crate::GitLedger) writes through; tests put a disk that fails in its place.
pub trait Disk: Send + Sync {
    /// Makes one change.
    ///
    /// # Errors
    /// What the file system answers.
    fn apply(&self, op: DiskOp<'_>) -> io::Result<()>;
}

/// The file system of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsDisk;

impl Disk for OsDisk {
    fn apply(&self, op: DiskOp<'_>) -> io::Result<()> {
        match op {
            DiskOp::MakeDir(path) => match fs::create_dir(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                done => done,
            },
            DiskOp::Write(path, bytes) => File::create(path)?.write_all(bytes),
            // Windows flushes only what is open for writing, and has no directories to open: there the
            // journal of the file system keeps names.
            DiskOp::SyncFile(path) if cfg!(windows) => {
                File::options().write(true).open(path)?.sync_all()
            }
            DiskOp::SyncDir(_) if cfg!(windows) => Ok(()),
            DiskOp::SyncFile(path) | DiskOp::SyncDir(path) => File::open(path)?.sync_all(),
            DiskOp::Link(from, to) => fs::hard_link(from, to),
            DiskOp::Rename(from, to) => fs::rename(from, to),
            DiskOp::Remove(path) => fs::remove_file(path),
        }
    }
}

/// Makes one change, and says which one failed.
pub(crate) fn apply(disk: &dyn Disk, op: DiskOp<'_>) -> Result<(), GitError> {
    disk.apply(op).map_err(|error| {
        let (action, path) = match op {
            DiskOp::MakeDir(path) => ("making", path),
            DiskOp::Write(path, _) => ("writing", path),
            DiskOp::SyncFile(path) | DiskOp::SyncDir(path) => ("syncing", path),
            DiskOp::Link(_, path) => ("linking", path),
            DiskOp::Rename(_, path) => ("renaming to", path),
            DiskOp::Remove(path) => ("removing", path),
        };
        GitError::file(action, path, &error)
    })
}

/// Writes objects that are durable after [`Objects::sync`].
pub(crate) struct Objects<'a> {
    disk: &'a dyn Disk,
    hash: gix::hash::Kind,
    root: PathBuf,
    /// Where files are written before they get their names; on the same file system.
    scratch: &'a Path,
    written: u32,
    directories: Vec<PathBuf>,
}

impl<'a> Objects<'a> {
    pub(crate) fn new(disk: &'a dyn Disk, repository: &gix::Repository, scratch: &'a Path) -> Self {
        let root = repository.objects.store_ref().path();
        Self {
            disk,
            hash: repository.object_hash(),
            root: std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf()),
            scratch,
            written: 0,
            directories: Vec::new(),
        }
    }

    pub(crate) fn write(&mut self, kind: Kind, data: &[u8]) -> Result<ObjectId, GitError> {
        let id = gix::objs::compute_hash(self.hash, kind, data)
            .map_err(|error| GitError::io("hashing an object", error))?;
        let hex = id.to_string();
        let (fan, rest) = hex.split_at(2);
        let directory = self.root.join(fan);
        let path = directory.join(rest);
        let scratch = self.scratch.join(format!("object-{}", self.written));
        self.written += 1;
        apply(self.disk, DiskOp::Write(&scratch, &compress(kind, data)?))?;
        apply(self.disk, DiskOp::SyncFile(&scratch))?;
        // An object of that id may be there already, torn by an earlier loss of power: replaced.
        // The directory may not be, or not any more: git removes those that are empty.
        let rename = DiskOp::Rename(&scratch, &path);
        if !directory.is_dir() || self.disk.apply(rename).is_err() {
            apply(self.disk, DiskOp::MakeDir(&directory))?;
            self.remember(self.root.clone());
            apply(self.disk, rename)?;
        }
        self.remember(directory);
        Ok(id)
    }

    fn remember(&mut self, directory: PathBuf) {
        if !self.directories.contains(&directory) {
            self.directories.push(directory);
        }
    }

    pub(crate) fn sync(self) -> Result<(), GitError> {
        let sync = |directory: &PathBuf| apply(self.disk, DiskOp::SyncDir(directory));
        self.directories.iter().try_for_each(sync)
    }
}

fn compress(kind: Kind, data: &[u8]) -> Result<Vec<u8>, GitError> {
    let fail = |error: io::Error| GitError::io("compressing an object", error);
    let level = gix::zlib::Compression::BEST_SPEED;
    let mut out = gix::zlib::stream::deflate::Write::new(Vec::new(), level);
    let header = gix::objs::encode::loose_header(kind, data.len() as u64);
    out.write_all(&header).map_err(fail)?;
    out.write_all(data).map_err(fail)?;
    out.flush().map_err(fail)?;
    Ok(out.into_inner())
}
