//! Which watched paths differ from one tree to the next. Only trees that differ are read, each once for all
//! paths through it.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::objs::Kind;

use super::history::Reader;
use crate::{GitError, object};

/// The watched paths.
pub(super) struct Watch {
    root: Folder,
    last: Option<ObjectId>,
    buffer: Vec<u8>,
}

/// A path, and the watched paths below it.
#[derive(Default)]
struct Folder {
    /// The places of this path in the list of the watched ones.
    watched: Vec<usize>,
    below: BTreeMap<Vec<u8>, Folder>,
    /// What was at the path last.
    last: Option<ObjectId>,
    /// What is there now.
    now: Option<ObjectId>,
    /// The tree whose entries the paths below are known from.
    read: Option<ObjectId>,
}

impl Watch {
    pub(super) fn new(paths: &[String]) -> Self {
        let mut root = Folder::default();
        for (index, path) in paths.iter().enumerate() {
            let mut at = &mut root;
            for part in path.split('/').filter(|part| !part.is_empty()) {
                at = at.below.entry(part.as_bytes().to_vec()).or_default();
            }
            at.watched.push(index);
        }
        Self {
            root,
            last: None,
            buffer: Vec::new(),
        }
    }

    /// Returns the places of the paths that changed, and why some could not be looked at.
    pub(super) fn changed(
        &mut self,
        reader: &Reader,
        root: ObjectId,
    ) -> (Vec<usize>, Vec<GitError>) {
        let (mut changed, mut failed) = (Vec::new(), Vec::new());
        if self.last.replace(root) != Some(root) {
            let found = &mut (&mut changed, &mut failed);
            self.root.now = Some(root);
            self.root.see(reader, &mut self.buffer, found);
            changed.sort_unstable();
        }
        (changed, failed)
    }
}

impl Folder {
    fn see(
        &mut self,
        reader: &Reader,
        buffer: &mut Vec<u8>,
        found: &mut (&mut Vec<usize>, &mut Vec<GitError>),
    ) {
        let now = self.now;
        if self.last != now {
            self.last = now;
            found.0.extend(&self.watched);
        }
        if self.below.is_empty() || self.read == now {
            return;
        }
        match self.look(now, reader, buffer) {
            Ok(()) => {
                self.read = now;
                for folder in self.below.values_mut() {
                    folder.see(reader, buffer, found);
                }
            }
            Err(error) => found.1.push(error),
        }
    }

    /// Finds what a tree has under the names that are watched.
    fn look(
        &mut self,
        tree: Option<ObjectId>,
        reader: &Reader,
        buffer: &mut Vec<u8>,
    ) -> Result<(), GitError> {
        for folder in self.below.values_mut() {
            folder.now = None;
        }
        let Some(tree) = tree else {
            return Ok(());
        };
        let Some(data) = object::read_if(&reader.objects, tree, Kind::Tree, buffer)? else {
            return Ok(());
        };
        let mut left = self.below.len();
        for entry in gix::objs::TreeRefIter::from_bytes(data, tree.kind()) {
            let entry = entry.map_err(|error| GitError::object(tree, error))?;
            let name: &[u8] = entry.filename;
            if let Some(folder) = self.below.get_mut(name)
                && folder.now.is_none()
            {
                folder.now = Some(entry.oid.to_owned());
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        Ok(())
    }
}
