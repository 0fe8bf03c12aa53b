//! Tree digests: the SHA-256 of a directory as a NAR, the archive format of Nix.
//!
//! A NAR is canonical: entries sorted by the bytes of their names, every string with its length in
//! front, so that no two trees have the same bytes. It holds content, the executable bit, the
//! targets of symbolic links and empty directories; it is blind to times and owners.

use std::collections::BTreeMap;

use crate::hash::Hasher;
use crate::{Algorithm, ArtifactId, kind};

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
    /// What stands between contents, gathered to be hashed in one go.
    pending: Vec<u8>,
}

impl Nar {
    pub(crate) fn start() -> Self {
        let mut nar = Self {
            hasher: Hasher::new(Algorithm::Sha256),
            pending: Vec::with_capacity(1024),
        };
        nar.string(b"nix-archive-1");
        nar
    }

    pub(crate) fn finish(mut self) -> ArtifactId<kind::Tree> {
        self.hasher.update(&self.pending);
        let hashed = self.hasher.finish();
        ArtifactId::new(hashed.digest(), hashed.size())
    }

    pub(crate) fn open_file(&mut self, executable: bool, size: u64) {
        self.strings(&[b"(", b"type", b"regular"]);
        if executable {
            self.strings(&[b"executable", b""]);
        }
        self.string(b"contents");
        self.pending.extend_from_slice(&size.to_le_bytes());
    }

    /// Takes the next bytes of a file.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        // Small contents go the way of everything else: one call of the hasher is dearer.
        if self.pending.len() + bytes.len() <= self.pending.capacity() {
            self.pending.extend_from_slice(bytes);
            return;
        }
        self.hasher.update(&self.pending);
        self.pending.clear();
        self.hasher.update(bytes);
    }

    pub(crate) fn close_file(&mut self, size: u64) {
        self.pad(size);
        self.string(b")");
    }

    pub(crate) fn symlink(&mut self, target: &[u8]) {
        self.strings(&[b"(", b"type", b"symlink", b"target", target, b")"]);
    }

    pub(crate) fn open_directory(&mut self) {
        self.strings(&[b"(", b"type", b"directory"]);
    }

    pub(crate) fn open_entry(&mut self, name: &[u8]) {
        self.strings(&[b"entry", b"(", b"name", name, b"node"]);
    }

    pub(crate) fn close_entry(&mut self) {
        self.string(b")");
    }

    pub(crate) fn close_directory(&mut self) {
        self.string(b")");
    }

    fn strings(&mut self, strings: &[&[u8]]) {
        for string in strings {
            self.string(string);
        }
    }

    fn string(&mut self, string: &[u8]) {
        let size = string.len() as u64;
        self.bytes(&size.to_le_bytes());
        self.bytes(string);
        self.pad(size);
    }

    /// Fills up to a multiple of eight.
    fn pad(&mut self, size: u64) {
        for _ in 0..(8 - size % 8) % 8 {
            self.bytes(&[0]);
        }
    }
}
