//! An OCI image layout in a directory.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

use super::blob::{Facts, Stop, examine};
use super::images::{Files, Images, check_name, named_digest, read_images};
use super::{ImageError, ImageErrorKind, Limits};
use crate::{Algorithm, ArtifactName, BUFFER_BYTES, Observer, WalkErrorKind, fs};

/// Reads an OCI image layout from a directory, and checks everything that its index refers to.
///
/// # Errors
/// [`ImageError`] naming the file or the blob that is not what it must be.
pub fn read_layout(
    dir: &Path,
    limits: &Limits,
    observer: &mut Observer<'_>,
) -> Result<Images, ImageError> {
    let mut layout = Layout {
        dir,
        limits,
        observer,
        done: 0,
        known: BTreeMap::new(),
    };
    read_images(&mut layout, limits)
}

struct Layout<'a, 'b> {
    dir: &'a Path,
    limits: &'a Limits,
    observer: &'a mut Observer<'b>,
    done: u64,
    known: BTreeMap<ArtifactName, Option<Facts>>,
}

impl Layout<'_, '_> {
    fn read(&mut self, name: &ArtifactName) -> Result<Option<Facts>, ImageErrorKind> {
        let failed = |error: crate::WalkError| ImageErrorKind::Read {
            cause: error.to_string(),
        };
        let path = self.dir.join(name.as_str());
        let opened = fs::check_parents(self.dir, name).and_then(|()| fs::open(&path));
        let (file, before) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                return match error.kind() {
                    WalkErrorKind::Io { kind, .. } if *kind == std::io::ErrorKind::NotFound => {
                        Ok(None)
                    }
                    _ => Err(failed(error)),
                };
            }
        };
        let algorithm = match named_digest(name.as_str()) {
            Some(digest) => digest?.algorithm(),
            None => Algorithm::Sha256,
        };
        let size = before.len();
        if size > self.limits.entry_bytes {
            return Err(ImageErrorKind::Limit {
                limit: self.limits.entry_bytes,
                found: size,
            });
        }
        let reader = BufReader::with_capacity(BUFFER_BYTES, &file);
        let facts = examine(reader, size, algorithm, self.limits)?;
        fs::unchanged(&path, &file, &before).map_err(failed)?;
        check_name(name.as_str(), &facts)?;
        self.done += size;
        if (self.observer)(self.done).is_break() {
            return Err(Stop::kind_of(&Stop::Cancelled.into()));
        }
        Ok(Some(facts))
    }
}

impl Files for Layout<'_, '_> {
    fn facts(&mut self, name: &str) -> Result<Option<&Facts>, ImageError> {
        let key = ArtifactName::new(name)
            .map_err(|error| ImageError::new(name, ImageErrorKind::Name(error)))?;
        if !self.known.contains_key(&key) {
            let facts = self
                .read(&key)
                .map_err(|kind| ImageError::new(name, kind))?;
            self.known.insert(key.clone(), facts);
        }
        Ok(self.known.get(&key).and_then(Option::as_ref))
    }
}
