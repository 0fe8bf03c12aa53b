//! Objects and refs that survive a loss of power once they are acknowledged.
//!
//! Neither `gix` nor git (by default) syncs what it writes. Here an object is written beside the
//! object store, synced, and only then renamed to its place: a torn object can never be found under
//! an id. Then the directories are synced, then the ref is moved the same way.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::Kind;

use crate::GitError;

/// Writes objects that are durable after [`Objects::sync`].
pub(crate) struct Objects<'a> {
    repository: &'a gix::Repository,
    /// Where files are written before they get their names; on the same file system.
    scratch: &'a Path,
    written: u32,
    directories: Vec<PathBuf>,
}

impl<'a> Objects<'a> {
    pub(crate) fn new(repository: &'a gix::Repository, scratch: &'a Path) -> Self {
        Self {
            repository,
            scratch,
            written: 0,
            directories: Vec::new(),
        }
    }

    pub(crate) fn write(&mut self, kind: Kind, data: &[u8]) -> Result<ObjectId, GitError> {
        let id = gix::objs::compute_hash(self.repository.object_hash(), kind, data)
            .map_err(|error| GitError::io("hashing an object", error))?;
        let hex = id.to_string();
        let (fan, rest) = hex.split_at(2);
        let root = self.repository.objects.store_ref().path().to_path_buf();
        let directory = root.join(fan);
        let path = directory.join(rest);

        let scratch = self.scratch.join(format!("object-{}", self.written));
        self.written += 1;
        write_synced(&scratch, &compress(kind, data)?)?;
        if let Err(error) = fs::create_dir(&directory) {
            if error.kind() != std::io::ErrorKind::AlreadyExists {
                return Err(GitError::file("making", &directory, &error));
            }
        } else if !self.directories.contains(&root) {
            self.directories.push(root);
        }
        // An object of that id may be there already, torn by an earlier loss of power: replaced.
        fs::rename(&scratch, &path).map_err(|error| GitError::file("writing", &path, &error))?;
        if !self.directories.contains(&directory) {
            self.directories.push(directory);
        }
        Ok(id)
    }

    pub(crate) fn sync(self) -> Result<(), GitError> {
        self.directories.iter().try_for_each(|dir| sync_dir(dir))
    }
}

fn compress(kind: Kind, data: &[u8]) -> Result<Vec<u8>, GitError> {
    let fail = |error: std::io::Error| GitError::io("compressing an object", error);
    let mut out =
        gix::zlib::stream::deflate::Write::new(Vec::new(), gix::zlib::Compression::BEST_SPEED);
    let header = gix::objs::encode::loose_header(kind, data.len() as u64);
    out.write_all(&header).map_err(fail)?;
    out.write_all(data).map_err(fail)?;
    out.flush().map_err(fail)?;
    Ok(out.into_inner())
}

/// Writes a new file and syncs its bytes.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), GitError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    let write = || -> std::io::Result<()> {
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| GitError::file("writing", path, &error))
}

/// Syncs the entries of a directory.
pub(crate) fn sync_dir(path: &Path) -> Result<(), GitError> {
    if cfg!(windows) {
        // Directories cannot be opened for this; NTFS journals its entries.
        return Ok(());
    }
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(|error| GitError::file("syncing", path, &error))
}
