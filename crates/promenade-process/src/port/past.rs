//! The past: what an audit reads of a repository. Nothing here refuses a history that is odd: what cannot
//! be read is an oddity that the audit reports.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset};
use promenade_manifest::{Entry, FileTree, ReadFileError};
use promenade_tag::TagFacts;

use super::repository::RepositoryError;
use crate::Flow;

/// What auditing reads. Commits are named by their ids, in lower-case hexadecimal.
pub trait Past {
    /// Returns every tag that can be read, and what is odd about the repository.
    ///
    /// # Errors
    /// [`RepositoryError`] if the refs cannot be read.
    fn sight(&self) -> Result<Sight, RepositoryError>;

    /// Walks the history of a branch. `see` is shown each commit of its first-parent line, oldest first,
    /// that changed a watched path (a file or a folder), and can end the walk.
    ///
    /// # Errors
    /// [`RepositoryError`] if there is no such branch, or it cannot be read.
    fn walk(
        &self,
        branch: &str,
        watched: &[String],
        see: &mut dyn FnMut(&Mark) -> Flow,
    ) -> Result<Walked, RepositoryError>;

    /// Returns, for each of these commits in turn, the commits that it reaches and neither the branch nor
    /// a commit before it in the list does.
    ///
    /// # Errors
    /// [`RepositoryError`] if the branch cannot be read.
    fn beyond(&self, branch: &str, commits: &[&str]) -> Result<Vec<Beyond>, RepositoryError>;

    /// Returns what lies at a path of a commit; the empty path is the root.
    ///
    /// # Errors
    /// [`RepositoryError`] if an object is missing or broken.
    fn look(&self, commit: &str, path: &str) -> Result<Content, RepositoryError>;

    /// Returns the paths of the files that differ between two commits, in the order of their bytes.
    ///
    /// # Errors
    /// [`RepositoryError`] if an object is missing or broken.
    fn differing(&self, one: &str, other: &str) -> Result<Vec<String>, RepositoryError>;
}

/// What a repository shows at first sight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// The tags that can be read.
    pub tags: Vec<TagFacts>,
    /// What is odd.
    pub oddities: Vec<Oddity>,
}

/// Something about a repository that hides or changes its history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Oddity {
    /// What kind.
    pub kind: OddityKind,
    /// The ref, the object or the file.
    pub subject: String,
    /// What was found.
    pub why: String,
}

/// A kind of [`Oddity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OddityKind {
    /// The history is cut off.
    Shallow,
    /// There are grafts.
    Graft,
    /// An object is replaced by another one.
    Replaced,
    /// An object is missing or broken.
    Unreadable,
}

/// A commit that changed something that was watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its id.
    pub commit: String,
    /// When it was made.
    pub at: DateTime<FixedOffset>,
    /// Its whole message.
    pub message: String,
    /// Which of the watched paths it changed, by their places in the list.
    pub changed: Vec<usize>,
    /// Its place on the first-parent line, counted from 0.
    pub place: usize,
}

/// What a walk met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// The number of commits that the branch reaches.
    pub commits: usize,
    /// The number of commits of its first-parent line.
    pub line: usize,
    /// What could not be read.
    pub oddities: Vec<Oddity>,
}

/// What a commit reaches and a branch does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beyond {
    /// The commits, in no order, merges left out.
    pub commits: Vec<Stray>,
    /// What could not be read.
    pub oddities: Vec<Oddity>,
}

/// A commit that a branch does not reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Its id.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
    /// The commits that its message says it was picked from.
    pub picked_from: Vec<String>,
    /// Whether the branch has a commit that says it was picked from this one, or one by the same author
    /// at the same second: a copy.
    pub on_branch: bool,
}

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file, and its bytes; a symbolic link is a file that holds its target.
    File(Vec<u8>),
    /// A folder, and what lies in it.
    Folder(Vec<Entry>),
    /// Nothing, or what is neither.
    Nothing,
}

/// The files of a commit, as the readers of manifests ask for them.
pub struct CommitTree<'a> {
    past: &'a dyn Past,
    commit: &'a str,
}

impl<'a> CommitTree<'a> {
    /// The files of a commit, which is named by its id.
    #[must_use]
    pub fn new(past: &'a dyn Past, commit: &'a str) -> Self {
        Self { past, commit }
    }

    fn look(&self, path: &str) -> Result<Content, ReadFileError> {
        let looked = self.past.look(self.commit, path);
        looked.map_err(|error| ReadFileError::new(path, error.to_string()))
    }
}

impl FileTree for CommitTree<'_> {
    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, ReadFileError> {
        Ok(match self.look(path)? {
            Content::File(bytes) => Some(Cow::Owned(bytes)),
            Content::Folder(_) | Content::Nothing => None,
        })
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadFileError> {
        Ok(match self.look(folder)? {
            Content::Folder(entries) => entries,
            Content::File(_) | Content::Nothing => Vec::new(),
        })
    }
}
