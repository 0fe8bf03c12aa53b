//! Edits: sorted, disjoint lists of ranges and the texts that take their place.

use std::ops::Range;

use crate::{EditOrderError, Position};

/// One edit: the bytes of `range` give way to `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    range: Range<usize>,
    text: String,
}

impl TextEdit {
    /// Makes an edit of the bytes `range`; an empty range inserts, an empty text deletes.
    #[must_use]
    pub fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            range,
            text: text.into(),
        }
    }

    /// Returns the bytes that go.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Returns the text that comes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The edits of one file: sorted, disjoint, and each of them changes something.
///
/// ```
/// use promenade_manifest::{EditList, TextEdit};
///
/// let before = b"version = \"1.0.0\" # ours\r\n";
/// let edits = EditList::new(before, vec![TextEdit::new(11..16, "1.1.0")])?;
/// assert_eq!(edits.apply(before), b"version = \"1.1.0\" # ours\r\n");
/// # Ok::<(), promenade_manifest::EditOrderError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct EditList(Vec<TextEdit>);

impl EditList {
    /// Sorts edits of the document `before`, and drops those that change nothing.
    ///
    /// # Errors
    /// [`EditOrderError`] if two edits overlap, one lies outside `before`, or two insert at one place.
    pub fn new(before: &[u8], mut edits: Vec<TextEdit>) -> Result<Self, EditOrderError> {
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        edits.dedup();
        let mut end = 0;
        let mut last = None;
        for edit in &edits {
            let Range { start, end: stop } = edit.range;
            if start > stop || stop > before.len() || start < end || last == Some(start) {
                return Err(EditOrderError { start, end: stop });
            }
            last = Some(start);
            end = stop;
        }
        edits.retain(|edit| before.get(edit.range()) != Some(edit.text.as_bytes()));
        Ok(Self(edits))
    }

    /// Returns whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of edits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the edits in the order of the document.
    pub fn iter(&self) -> std::slice::Iter<'_, TextEdit> {
        self.0.iter()
    }

    /// Returns the document after the edits. Bytes outside every range are the bytes of `before`.
    #[must_use]
    pub fn apply(&self, before: &[u8]) -> Vec<u8> {
        let grown: usize = self.0.iter().map(|edit| edit.text.len()).sum();
        let mut after = Vec::with_capacity(before.len() + grown);
        let mut at = 0;
        for edit in &self.0 {
            after.extend_from_slice(before.get(at..edit.range.start).unwrap_or_default());
            after.extend_from_slice(edit.text.as_bytes());
            at = edit.range.end;
        }
        after.extend_from_slice(before.get(at..).unwrap_or_default());
        after
    }
}

impl<'a> IntoIterator for &'a EditList {
    type Item = &'a TextEdit;
    type IntoIter = std::slice::Iter<'a, TextEdit>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The edits of one file together with the bytes they were made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEdit {
    path: String,
    before: Vec<u8>,
    edits: EditList,
}

impl FileEdit {
    /// Ties edits to the file and the bytes they were made for.
    ///
    /// # Errors
    /// [`EditOrderError`] as [`EditList::new`].
    pub fn new(
        path: impl Into<String>,
        before: Vec<u8>,
        edits: Vec<TextEdit>,
    ) -> Result<Self, EditOrderError> {
        let edits = EditList::new(&before, edits)?;
        Ok(Self {
            path: path.into(),
            before,
            edits,
        })
    }

    /// Returns the path, with `/`, from the root of the files.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the bytes that the edits expect to find; a writer compares them before it writes.
    #[must_use]
    pub fn before(&self) -> &[u8] {
        &self.before
    }

    /// Returns the edits.
    #[must_use]
    pub fn edits(&self) -> &EditList {
        &self.edits
    }

    /// Returns the bytes after the edits.
    #[must_use]
    pub fn after(&self) -> Vec<u8> {
        self.edits.apply(&self.before)
    }

    /// Returns the edits as a unified diff that `git apply` and `patch -p1` accept.
    #[must_use]
    pub fn diff(&self) -> Vec<u8> {
        crate::diff::unified(&self.path, &self.before, &self.edits)
    }

    /// Returns these edits and others of the same file as one list.
    pub(crate) fn join(&self, other: &Self) -> Result<Self, EditOrderError> {
        let edits = self.edits.iter().chain(&other.edits).cloned().collect();
        Self::new(self.path.clone(), self.before.clone(), edits)
    }

    /// Returns the lines that change, counted from 1, in the file as it was.
    #[must_use]
    pub fn lines(&self) -> Vec<usize> {
        let mut lines: Vec<_> = self
            .edits
            .iter()
            .map(|edit| Position::of(&self.before, edit.range.start).line())
            .collect();
        lines.dedup();
        lines
    }
}
