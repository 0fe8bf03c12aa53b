//! Tree digests: the SHA-256 of a directory as a NAR, the archive format of Nix.
//!
//! A NAR is canonical: entries sorted by the bytes of their names, every string with its length in
//! front, so that no two trees have the same bytes. It holds content, the executable bit, the
//! targets of symbolic links and empty directories; it is blind to times and owners.

use std::collections::BTreeMap;

use crate::hash::Hasher;
use crate::{Algorithm, ArtifactId, BUFFER_BYTES, kind};

/// A file, a symbolic link or a directory, in memory.
///
/// [`TreeNode::id`] is what `nix-hash --type sha256` prints for the same tree on disk.
///
/// ```
/// use promenade_digest::TreeNode;
///
/// let file = |text: &str| TreeNode::File { executable: false, contents: text.into() };
/// let tree = TreeNode::directory([("a", file("one")), ("b", file("two"))]);
/// // What stands in one file is not the same as what stands in two.
/// assert_ne!(tree.id(), TreeNode::directory([("a", file("onetwo"))]).id());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TreeNode {
    /// A file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
        /// Its bytes.
        contents: Vec<u8>,
    },
    /// A symbolic link.
    Symlink {
        /// Where it points, as it is written.
        target: Vec<u8>,
    },
    /// A directory.
    Directory {
        /// Its entries by name.
        entries: BTreeMap<Vec<u8>, TreeNode>,
    },
}

impl TreeNode {
    /// Makes a directory of entries; of several with one name the last is kept.
    #[must_use]
    pub fn directory<N: Into<Vec<u8>>>(entries: impl IntoIterator<Item = (N, Self)>) -> Self {
        let entries = entries.into_iter();
        Self::Directory {
            entries: entries.map(|(name, node)| (name.into(), node)).collect(),
        }
    }

    /// Returns the identity of the tree: the SHA-256 and the size of its NAR.
    #[must_use]
    pub fn id(&self) -> ArtifactId<kind::Tree> {
        let mut nar = Nar::start();
        self.write(&mut nar);
        nar.finish()
    }

    fn write(&self, nar: &mut Nar) {
        match self {
            Self::File {
                executable,
                contents,
            } => {
                nar.open_file(*executable, contents.len() as u64);
                nar.bytes(contents);
                nar.close_file(contents.len() as u64);
            }
            Self::Symlink { target } => nar.symlink(target),
            Self::Directory { entries } => {
                nar.open_directory();
                for (name, node) in entries {
                    nar.open_entry(name);
                    node.write(nar);
                    nar.close_entry();
                }
                nar.close_directory();
            }
        }
    }
}

/// Hashes a NAR while it is written.
#[derive(Clone, Debug)]
pub(crate) struct Nar {
    hasher: Hasher,
    /// What was not hashed yet, at the start of the buffer. Contents and what stands between them
    /// lie behind each other here and are hashed in one go: for small files a call of the hasher
    /// is dear.
    buffer: Box<[u8]>,
    filled: usize,
}

/// The strings that come together, as a NAR has them: the length, the bytes, and zeros up to a
/// multiple of eight.
const OPEN: &[u8] = b"\x01\0\0\0\0\0\0\0(\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0type\0\0\0\0";
const CLOSE: &[u8] = b"\x01\0\0\0\0\0\0\0)\0\0\0\0\0\0\0";
const REGULAR: &[u8] = b"\x07\0\0\0\0\0\0\0regular\0";
const EXECUTABLE: &[u8] = b"\x0a\0\0\0\0\0\0\0executable\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const CONTENTS: &[u8] = b"\x08\0\0\0\0\0\0\0contents";
const SYMLINK: &[u8] = b"\x07\0\0\0\0\0\0\0symlink\0\x06\0\0\0\0\0\0\0target\0\0";
const DIRECTORY: &[u8] = b"\x09\0\0\0\0\0\0\0directory\0\0\0\0\0\0\0";
const ENTRY: &[u8] =
    b"\x05\0\0\0\0\0\0\0entry\0\0\0\x01\0\0\0\0\0\0\0(\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0name\0\0\0\0";
const NODE: &[u8] = b"\x04\0\0\0\0\0\0\0node\0\0\0\0";

impl Nar {
    pub(crate) fn start() -> Self {
        let mut nar = Self {
            hasher: Hasher::new(Algorithm::Sha256),
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            filled: 0,
        };
        nar.string(b"nix-archive-1");
        nar
    }

    pub(crate) fn finish(mut self) -> ArtifactId<kind::Tree> {
        self.flush();
        let hashed = self.hasher.finish();
        ArtifactId::new(hashed.digest(), hashed.size())
    }

    pub(crate) fn open_file(&mut self, executable: bool, size: u64) {
        self.bytes(OPEN);
        self.bytes(REGULAR);
        if executable {
            self.bytes(EXECUTABLE);
        }
        self.bytes(CONTENTS);
        self.bytes(&size.to_le_bytes());
    }

    /// Takes the next bytes of a file.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let end = self.filled + bytes.len();
        if let Some(room) = self.buffer.get_mut(self.filled..end) {
            room.copy_from_slice(bytes);
            self.filled = end;
            return;
        }
        self.flush();
        match self.buffer.get_mut(..bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.filled = bytes.len();
            }
            None => self.hasher.update(bytes),
        }
    }

    /// Returns where up to `left` bytes of a file may be read to, at least one.
    #[cfg(feature = "fs")]
    pub(crate) fn room(&mut self, left: u64) -> &mut [u8] {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX);
        if wanted > self.buffer.len() - self.filled {
            self.flush();
        }
        let end = self.filled.saturating_add(wanted).min(self.buffer.len());
        self.buffer.get_mut(self.filled..end).unwrap_or_default()
    }

    /// Takes the bytes that were read to the start of [`Nar::room`].
    #[cfg(feature = "fs")]
    pub(crate) fn fill(&mut self, count: usize) {
        self.filled = (self.filled + count).min(self.buffer.len());
    }

    fn flush(&mut self) {
        let filled = self.buffer.get(..self.filled).unwrap_or_default();
        self.hasher.update(filled);
        self.filled = 0;
    }

    pub(crate) fn close_file(&mut self, size: u64) {
        self.pad(size);
        self.bytes(CLOSE);
    }

    pub(crate) fn symlink(&mut self, target: &[u8]) {
        self.bytes(OPEN);
        self.bytes(SYMLINK);
        self.string(target);
        self.bytes(CLOSE);
    }

    pub(crate) fn open_directory(&mut self) {
        self.bytes(OPEN);
        self.bytes(DIRECTORY);
    }

    pub(crate) fn open_entry(&mut self, name: &[u8]) {
        self.bytes(ENTRY);
        self.string(name);
        self.bytes(NODE);
    }

    pub(crate) fn close_entry(&mut self) {
        self.bytes(CLOSE);
    }

    pub(crate) fn close_directory(&mut self) {
        self.bytes(CLOSE);
    }

    fn string(&mut self, string: &[u8]) {
        let size = string.len() as u64;
        self.bytes(&size.to_le_bytes());
        self.bytes(string);
        self.pad(size);
    }

    /// Fills up to a multiple of eight.
    fn pad(&mut self, size: u64) {
        let zeros = size.wrapping_neg() % 8;
        let zeros = usize::try_from(zeros).unwrap_or_default();
        self.bytes([0; 8].get(..zeros).unwrap_or_default());
    }
}
