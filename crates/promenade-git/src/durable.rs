//! Objects that survive a loss of power once they are acknowledged, and the port they are written
//! through.
//!
//! Neither `gix` nor git (by default) syncs what it writes. Here an object is written beside the
//! object store, synced, and only then renamed to its place: a torn object can never be found under
//! an id. Then the directories are synced, then the ref is moved the same way. What does not depend
//! on each other is synced at the same time: an append waits for the disk three times, however many
//! files it writes.

use std::collections::BTreeSet;
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

    /// Makes several syncs, in any order or at the same time; one after the other unless it is
    /// implemented otherwise.
    ///
    /// # Errors
    /// What the file system answers to one that failed.
    fn sync(&self, ops: &[DiskOp<'_>]) -> io::Result<()> {
        ops.iter().try_for_each(|op| self.apply(*op))
    }
}

/// How many syncs wait for the disk at the same time.
const MAX_SYNCS: usize = 16;
/// How often a directory is made for an object while a git that clears up removes it again.
const PLACE_TRIES: u32 = 20;

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

    fn sync(&self, ops: &[DiskOp<'_>]) -> io::Result<()> {
        let share = ops.len().div_ceil(MAX_SYNCS).max(1);
        let Some((first, rest)) = ops.split_at_checked(share) else {
            return ops.iter().try_for_each(|op| self.apply(*op));
        };
        std::thread::scope(|scope| {
            let all = |ops: &[DiskOp<'_>]| ops.iter().try_for_each(|op| self.apply(*op));
            let others: Vec<_> = rest
                .chunks(share)
                .map(|ops| scope.spawn(move || all(ops)))
                .collect();
            let mut result = all(first);
            for other in others {
                let lost = || Err(io::Error::other("a sync did not end"));
                result = result.and(other.join().unwrap_or_else(|_| lost()));
            }
            result
        })
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

/// Makes several syncs at once; `about` is what the error names.
pub(crate) fn sync(disk: &dyn Disk, ops: &[DiskOp<'_>], about: &Path) -> Result<(), GitError> {
    disk.sync(ops)
        .map_err(|error| GitError::file("syncing", about, &error))
}

/// Writes objects that are durable, and can be found, after [`Objects::publish`].
pub(crate) struct Objects<'a> {
    disk: &'a dyn Disk,
    hash: gix::hash::Kind,
    root: PathBuf,
    /// Where files are written before they get their names; on the same file system.
    scratch: &'a Path,
    written: Vec<Written>,
}

/// An object that has no name yet.
struct Written {
    scratch: PathBuf,
    directory: PathBuf,
    name: String,
}

impl<'a> Objects<'a> {
    pub(crate) fn new(disk: &'a dyn Disk, repository: &gix::Repository, scratch: &'a Path) -> Self {
        let root = repository.objects.store_ref().path();
        Self {
            disk,
            hash: repository.object_hash(),
            root: std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf()),
            scratch,
            written: Vec::new(),
        }
    }

    pub(crate) fn write(&mut self, kind: Kind, data: &[u8]) -> Result<ObjectId, GitError> {
        let id = gix::objs::compute_hash(self.hash, kind, data)
            .map_err(|error| GitError::io("hashing an object", error))?;
        let hex = id.to_string();
        let (fan, name) = hex.split_at(2);
        let scratch = self.scratch.join(format!("object-{}", self.written.len()));
        apply(self.disk, DiskOp::Write(&scratch, &compress(kind, data)?))?;
        self.written.push(Written {
            scratch,
            directory: self.root.join(fan),
            name: name.to_owned(),
        });
        Ok(id)
    }

    /// Syncs the objects, and a file `also` with them, and gives the objects their names.
    pub(crate) fn publish(self, also: &Path) -> Result<(), GitError> {
        let scratch = self.written.iter().map(|one| one.scratch.as_path());
        let files: Vec<_> = scratch
            .chain(std::iter::once(also))
            .map(DiskOp::SyncFile)
            .collect();
        sync(self.disk, &files, self.scratch)?;
        let mut directories = BTreeSet::new();
        for one in &self.written {
            let path = one.directory.join(&one.name);
            // An object of that id may be there already, torn by an earlier loss of power: replaced.
            // The directory may not be, or not any more: git removes those that are empty.
            let rename = DiskOp::Rename(&one.scratch, &path);
            if !one.directory.is_dir() || self.disk.apply(rename).is_err() {
                directories.insert(self.root.as_path());
                self.place(&one.directory, rename)?;
            }
            directories.insert(&one.directory);
        }
        let directories: Vec<_> = directories.into_iter().map(DiskOp::SyncDir).collect();
        sync(self.disk, &directories, &self.root)
    }

    /// Makes the directory of an object and moves the object there: again, as long as a git that clears up
    /// is faster each time.
    fn place(&self, directory: &Path, rename: DiskOp<'_>) -> Result<(), GitError> {
        for _ in 1..PLACE_TRIES {
            apply(self.disk, DiskOp::MakeDir(directory))?;
            match self.disk.apply(rename) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => break,
                Ok(()) => return Ok(()),
            }
        }
        apply(self.disk, DiskOp::MakeDir(directory))?;
        apply(self.disk, rename)
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
