//! What a repository says about one tag: plain data, read by someone else.

use chrono::{DateTime, FixedOffset};

use crate::SignatureKind;

/// The kinds of objects a ref can point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum ObjectKind {
    /// A commit: what a lightweight tag points at.
    Commit,
    /// A tag object: what an annotated tag points at.
    Tag,
    /// A tree.
    Tree,
    /// A blob.
    Blob,
}

impl ObjectKind {
    /// Returns the name that git uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tag => "tag",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }
}

/// The facts of one tag, as an adapter reads them from a repository.
///
/// Nothing is checked here: a hostile name or a tag of a blob is a fact like any other.
///
/// ```
/// use promenade_tag::{ObjectKind, TagFacts};
///
/// let facts = TagFacts::lightweight("v1.4.0", "2c286878d070b842cd40f63ae580456cc50c00f7");
/// assert_eq!(facts.object, ObjectKind::Commit);
/// assert_eq!(facts.depth, 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagFacts {
    /// The name below `refs/tags/`, in bytes: git does not ask for UTF-8.
    pub name: Vec<u8>,
    /// What the ref points at: [`ObjectKind::Tag`] for an annotated tag.
    pub object: ObjectKind,
    /// How many tag objects lie between the ref and the object: 0 for a lightweight tag, 1 for an
    /// annotated one, 2 for a tag of a tag.
    pub depth: u32,
    /// The id of the object at the end, in lower-case hexadecimal.
    pub peeled: String,
    /// What is at the end; anything but a commit cannot be released.
    pub peeled_kind: ObjectKind,
    /// The name written inside the (outermost) tag object; `None` for a lightweight tag.
    pub inner_name: Option<Vec<u8>>,
    /// The kind of signature on the (outermost) tag object, if it carries one; what it is worth is
    /// for a verifier to say.
    pub signature: Option<SignatureKind>,
    /// When it was tagged, or for a lightweight tag when its commit was made; `None` where it
    /// was not read or the object carries no date.
    pub date: Option<DateTime<FixedOffset>>,
}

impl TagFacts {
    /// Makes the facts of a lightweight tag of a commit, undated.
    pub fn lightweight(name: impl Into<Vec<u8>>, commit: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            object: ObjectKind::Commit,
            depth: 0,
            peeled: commit.into(),
            peeled_kind: ObjectKind::Commit,
            inner_name: None,
            signature: None,
            date: None,
        }
    }

    /// Makes the facts of an annotated tag of a commit, undated, under its own name.
    pub fn annotated(
        name: impl Into<Vec<u8>>,
        commit: impl Into<String>,
        signature: Option<SignatureKind>,
    ) -> Self {
        let name = name.into();
        Self {
            object: ObjectKind::Tag,
            depth: 1,
            inner_name: Some(name.clone()),
            signature,
            ..Self::lightweight(name, commit)
        }
    }
}
