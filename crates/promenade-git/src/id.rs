//! Ids of commits.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::GitError;

/// The id of a commit (or of a tag object): 40 or 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(Arc<str>);

impl CommitId {
    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }

    pub(crate) fn of(id: impl Into<gix::ObjectId>) -> Self {
        // Two digits for each byte of the longest hash.
        let mut digits = [0; 64];
        Self(Arc::from(&*id.into().hex_to_buf(&mut digits)))
    }

    pub(crate) fn object(&self) -> Result<gix::ObjectId, GitError> {
        gix::ObjectId::from_hex(self.0.as_bytes()).map_err(|_| GitError::UnknownRevision {
            revision: self.0.to_string(),
        })
    }
}

impl FromStr for CommitId {
    type Err = GitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if digits && matches!(text.len(), 40 | 64) {
            Ok(Self(Arc::from(text)))
        } else {
            Err(GitError::Invalid {
                what: "commit id",
                input: text.to_owned(),
                reason: "expected 40 or 64 lower-case hexadecimal digits".to_owned(),
            })
        }
    }
}

impl AsRef<str> for CommitId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
