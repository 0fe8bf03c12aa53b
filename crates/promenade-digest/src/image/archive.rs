//! Archives of images, read in one pass.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use super::blob::{Facts, Stop, examine};
use super::entry::{EntryKind, EntryReader};
use super::images::{Files, Images, check_name, named_digest, read_images};
use super::{ImageError, ImageErrorKind, Limits};
use crate::{Algorithm, ArtifactName, BUFFER_BYTES, Hasher, Observer};

/// Reads a docker archive or an OCI archive in one pass, from any reader, and checks all of it.
///
/// Nothing is unpacked. The archive and each file in it are hashed in the same pass; layers are
/// expanded to find their diff ids. Memory does not grow with the archive.
///
/// # Errors
/// [`ImageError`] naming the entry or the blob that is not what it must be.
pub fn read_archive(
    reader: impl Read,
    limits: &Limits,
    observer: &mut Observer<'_>,
) -> Result<Images, ImageError> {
    let mut outer = Hasher::new(Algorithm::Sha256);
    let mut update = |bytes: &[u8]| outer.update(bytes);
    let members = read_members(reader, limits, observer, &mut update)?;
    let hashed = outer.finish();
    let mut images = read_images(&mut { members }, limits)?;
    images.set_archive(hashed.digest(), hashed.size());
    Ok(images)
}

/// As [`read_archive`], with the archive hashed on a second thread while its files are hashed on
/// this one.
///
/// # Errors
/// As [`read_archive`].
#[cfg(feature = "parallel")]
pub fn read_archive_parallel(
    reader: impl Read,
    limits: &Limits,
    observer: &mut Observer<'_>,
) -> Result<Images, ImageError> {
    use std::sync::mpsc::sync_channel;

    /// How many buffers are on their way.
    const BUFFERS: usize = 16;
    let (full, filled) = sync_channel::<Vec<u8>>(BUFFERS);
    let (emptied, empty) = sync_channel::<Vec<u8>>(BUFFERS);
    let (members, hashed) = std::thread::scope(|scope| {
        let outer = scope.spawn(move || {
            let mut outer = Hasher::new(Algorithm::Sha256);
            for mut buffer in filled {
                outer.update(&buffer);
                buffer.clear();
                // A reader that is gone needs no buffers.
                let _ = emptied.try_send(buffer);
            }
            outer.finish()
        });
        let mut update = |bytes: &[u8]| {
            let mut buffer = empty.try_recv().unwrap_or_default();
            buffer.extend_from_slice(bytes);
            // It ends before us only if it panics, and joining tells.
            let _ = full.send(buffer);
        };
        let members = read_members(reader, limits, observer, &mut update);
        drop(full);
        (members, outer.join())
    });
    let hashed = hashed.map_err(|_| {
        let cause = "the hashing thread panicked".to_owned();
        ImageError::new("the archive", ImageErrorKind::Read { cause })
    })?;
    let mut images = read_images(&mut { members? }, limits)?;
    images.set_archive(hashed.digest(), hashed.size());
    Ok(images)
}

fn read_members(
    reader: impl Read,
    limits: &Limits,
    observer: &mut Observer<'_>,
    update: &mut dyn FnMut(&[u8]),
) -> Result<Members, ImageError> {
    let watched = Watched {
        reader,
        update,
        observer,
        count: 0,
    };
    let mut entries = EntryReader::new(BufReader::with_capacity(BUFFER_BYTES, watched), limits);
    let mut members = Members::default();
    let mut kept = 0;
    while let Some(entry) = entries.next()? {
        let name = entry.name;
        let error = |kind| ImageError::new(name.as_str(), kind);
        let member = match entry.kind {
            EntryKind::Directory => Member::Directory,
            EntryKind::Link { target } => Member::Link(target),
            EntryKind::File { size } => {
                let algorithm = match named_digest(name.as_str()) {
                    Some(digest) => digest.map_err(error)?.algorithm(),
                    None => Algorithm::Sha256,
                };
                let mut facts =
                    examine(entries.body(size), size, algorithm, limits).map_err(error)?;
                entries.skip_padding(size)?;
                check_name(name.as_str(), &facts).map_err(error)?;
                limit_documents(&mut facts, &mut kept, limits).map_err(error)?;
                Member::File(Box::new(facts))
            }
        };
        if members.by_name.insert(name.clone(), member).is_some() {
            return Err(error(ImageErrorKind::Duplicate));
        }
    }
    members.check_links()?;
    Ok(members)
}

/// Counts the documents that are kept in memory.
fn limit_documents(
    facts: &mut Facts,
    kept: &mut u64,
    limits: &Limits,
) -> Result<(), ImageErrorKind> {
    let Some(document) = &facts.document else {
        return Ok(());
    };
    *kept += document.len() as u64;
    let limit = limits.documents_bytes;
    if *kept > limit {
        return Err(ImageErrorKind::Limit {
            limit,
            found: *kept,
        });
    }
    Ok(())
}

/// Hands everything that is read to a hasher.
struct Watched<'a, 'b, R> {
    reader: R,
    update: &'a mut dyn FnMut(&[u8]),
    observer: &'a mut Observer<'b>,
    count: u64,
}

impl<R: Read> Read for Watched<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        (self.update)(buffer.get(..count).unwrap_or(buffer));
        self.count += count as u64;
        if (self.observer)(self.count).is_break() {
            return Err(Stop::Cancelled.into());
        }
        Ok(count)
    }
}

enum Member {
    File(Box<Facts>),
    Directory,
    Link(String),
}

/// The entries of an archive.
#[derive(Default)]
struct Members {
    by_name: BTreeMap<ArtifactName, Member>,
}

impl Members {
    /// Checks that links point at files of the archive, and that nothing lies under a link or a
    /// file.
    fn check_links(&self) -> Result<(), ImageError> {
        for (name, member) in &self.by_name {
            let error = || ImageError::new(name.as_str(), ImageErrorKind::Link);
            if let Member::Link(target) = member
                && self.target(name, target).is_none()
            {
                return Err(error());
            }
            let mut path = name.as_str();
            while let Some((parent, _)) = path.rsplit_once('/') {
                let parent_name = ArtifactName::new(parent).map_err(|_| error())?;
                match self.by_name.get(&parent_name) {
                    None | Some(Member::Directory) => path = parent,
                    Some(_) => return Err(error()),
                }
            }
        }
        Ok(())
    }

    /// Returns the file that a link points at.
    fn target(&self, link: &ArtifactName, target: &str) -> Option<&Facts> {
        let mut parts: Vec<_> = link.as_str().split('/').collect();
        parts.pop();
        for part in target.split('/') {
            match part {
                "" => return None,
                "." => {}
                ".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        match self
            .by_name
            .get(&ArtifactName::new(parts.join("/")).ok()?)?
        {
            Member::File(facts) => Some(facts),
            Member::Directory | Member::Link(_) => None,
        }
    }
}

impl Files for Members {
    fn facts(&mut self, name: &str) -> Result<Option<&Facts>, ImageError> {
        let key = ArtifactName::new(name)
            .map_err(|error| ImageError::new(name, ImageErrorKind::Name(error)))?;
        Ok(match self.by_name.get(&key) {
            Some(Member::File(facts)) => Some(facts),
            Some(Member::Link(target)) => self.target(&key, target),
            Some(Member::Directory) | None => None,
        })
    }
}
