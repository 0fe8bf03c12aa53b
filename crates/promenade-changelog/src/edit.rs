//! Edits: sorted, disjoint byte ranges and what stands there instead.

use std::ops::Range;

use crate::error::{ApplyEditsError, BuildEditsError};
use crate::index::sort_by_numbers;

/// One replacement: the bytes of `range` become `text`.
///
/// ```
/// use promenade_changelog::TextEdit;
///
/// let edit = TextEdit::insert(3, "x");
/// assert_eq!(edit.range(), 3..3);
/// assert_eq!(edit.text(), "x");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct TextEdit {
    start: usize,
    end: usize,
    text: String,
}

impl TextEdit {
    /// Replaces the bytes of `range` by `text`. A range that ends before it starts is read as empty.
    #[must_use]
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            start: range.start,
            end: range.end.max(range.start),
            text: text.into(),
        }
    }

    /// Inserts `text` before the byte `at`.
    #[must_use]
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }

    /// Deletes the bytes of `range`.
    #[must_use]
    pub fn delete(range: Range<usize>) -> Self {
        Self::replace(range, String::new())
    }

    /// Returns the bytes of the original that are replaced.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Returns what stands there instead.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn is_nothing(&self) -> bool {
        self.start == self.end && self.text.is_empty()
    }
}

/// A sorted list of disjoint edits over one text.
///
/// Bytes outside the ranges are untouched; no edit, no change; every list has an inverse.
///
/// ```
/// use promenade_changelog::{Edits, TextEdit};
///
/// let text = "one two three";
/// let edits = Edits::new([TextEdit::replace(4..7, "2"), TextEdit::insert(0, "- ")])?;
/// let after = edits.apply(text)?;
/// assert_eq!(after, "- one 2 three");
/// assert_eq!(edits.invert(text)?.apply(&after)?, text);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "Vec<TextEdit>", into = "Vec<TextEdit>")
)]
#[must_use]
pub struct Edits {
    edits: Vec<TextEdit>,
}

impl Edits {
    /// Sorts edits; those that change nothing are dropped, insertions at one place are joined in
    /// the order given.
    ///
    /// # Errors
    /// [`BuildEditsError`] if two ranges overlap.
    pub fn new(edits: impl IntoIterator<Item = TextEdit>) -> Result<Self, BuildEditsError> {
        Self::sorted(edits.into_iter().collect())
    }

    fn sorted(mut given: Vec<TextEdit>) -> Result<Self, BuildEditsError> {
        given.retain(|edit| !edit.is_nothing());
        // Stable: insertions at one place keep their order, and stand before what is replaced there.
        sort_by_numbers(&mut given, |edit| (edit.start, edit.end));
        let mut edits: Vec<TextEdit> = Vec::with_capacity(given.len());
        for edit in given {
            match edits.last_mut() {
                Some(last) if edit.start < last.end => {
                    return Err(BuildEditsError {
                        first: last.range(),
                        second: edit.range(),
                    });
                }
                // Touching edits are one edit: the form is canonical.
                Some(last) if edit.start == last.end => {
                    last.text.push_str(&edit.text);
                    last.end = edit.end;
                }
                _ => edits.push(edit),
            }
        }
        Ok(Self { edits })
    }

    /// Makes the list of one edit.
    pub fn one(edit: TextEdit) -> Self {
        let edits = if edit.is_nothing() {
            Vec::new()
        } else {
            vec![edit]
        };
        Self { edits }
    }

    /// Makes the list without edits.
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Returns the number of edits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edits.len()
    }

    /// Returns the edits in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, TextEdit> {
        self.edits.iter()
    }

    /// Returns the edited text.
    ///
    /// # Errors
    /// [`ApplyEditsError`] if a range does not lie in `text` or cuts a character: the edits were
    /// made for another text.
    pub fn apply(&self, text: &str) -> Result<String, ApplyEditsError> {
        let mut out = String::with_capacity(self.length_after(text.len()));
        let mut at = 0;
        for edit in &self.edits {
            out.push_str(
                text.get(at..edit.start)
                    .ok_or_else(|| foreign(edit, text.len()))?,
            );
            if text.get(edit.range()).is_none() {
                return Err(foreign(edit, text.len()));
            }
            out.push_str(&edit.text);
            at = edit.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        Ok(out)
    }

    /// Returns the edited bytes, of a text that need not be UTF-8.
    ///
    /// # Errors
    /// [`ApplyEditsError`] if a range does not lie in `bytes`: the edits were made for another text.
    pub fn apply_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, ApplyEditsError> {
        let mut out = Vec::with_capacity(self.length_after(bytes.len()));
        let mut at = 0;
        for edit in &self.edits {
            out.extend_from_slice(
                bytes
                    .get(at..edit.start)
                    .filter(|_| edit.end <= bytes.len())
                    .ok_or_else(|| foreign(edit, bytes.len()))?,
            );
            out.extend_from_slice(edit.text.as_bytes());
            at = edit.end;
        }
        out.extend_from_slice(bytes.get(at..).unwrap_or_default());
        Ok(out)
    }

    /// Returns the edits that lead back from the edited text to `text`.
    ///
    /// # Errors
    /// [`ApplyEditsError`] as [`Edits::apply`].
    pub fn invert(&self, text: &str) -> Result<Self, ApplyEditsError> {
        let mut edits = Vec::with_capacity(self.edits.len());
        let (mut removed, mut added) = (0, 0);
        for edit in &self.edits {
            let old = text
                .get(edit.range())
                .ok_or_else(|| foreign(edit, text.len()))?;
            let start = edit.start + added - removed;
            edits.push(TextEdit::replace(start..start + edit.text.len(), old));
            added += edit.text.len();
            removed += old.len();
        }
        Ok(Self { edits })
    }

    fn length_after(&self, before: usize) -> usize {
        before + self.edits.iter().map(|edit| edit.text.len()).sum::<usize>()
    }
}

fn foreign(edit: &TextEdit, len: usize) -> ApplyEditsError {
    ApplyEditsError {
        range: edit.range(),
        len,
    }
}

impl<'e> IntoIterator for &'e Edits {
    type Item = &'e TextEdit;
    type IntoIter = std::slice::Iter<'e, TextEdit>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl TryFrom<Vec<TextEdit>> for Edits {
    type Error = BuildEditsError;

    fn try_from(edits: Vec<TextEdit>) -> Result<Self, BuildEditsError> {
        Self::new(edits)
    }
}

impl From<Edits> for Vec<TextEdit> {
    fn from(edits: Edits) -> Self {
        edits.edits
    }
}
