//! The files of a commit, as the readers of manifests ask for them.

use std::borrow::Cow;

use promenade_manifest::{Entry, FileTree, ReadFileError};

use crate::port::past::{Content, Past};

/// The files of a commit.
pub(crate) struct CommitTree<'a> {
    pub(crate) past: &'a dyn Past,
    pub(crate) commit: &'a str,
}

impl CommitTree<'_> {
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
