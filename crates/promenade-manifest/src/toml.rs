//! TOML documents as places: the parser finds spans, nothing is printed again.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike};

use crate::key_path::{KeyPart, KeyPath};
use crate::{Position, ReadManifestError, ReadManifestErrorKind, TextEdit};

/// A text value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// The value.
    pub(crate) value: String,
    /// The bytes between the quotes.
    pub(crate) inner: Range<usize>,
    /// Whether the bytes between the quotes are the value, letter for letter.
    pub(crate) plain: bool,
}

impl Literal {
    /// Returns the edit that makes `new` the value.
    pub(crate) fn set(&self, new: &str) -> TextEdit {
        TextEdit::new(self.inner.clone(), new)
    }
}

/// Reads bytes as UTF-8, as every format of this crate demands.
pub(crate) fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, ReadManifestError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = Position::of(bytes, error.valid_up_to());
        ReadManifestError::at(file, at, ReadManifestErrorKind::NotUtf8)
    })
}

/// Parses a document; spans count from the first byte, a byte order mark included.
pub(crate) fn parse<'a>(file: &str, text: &'a str) -> Result<Document<&'a str>, ReadManifestError> {
    Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ReadManifestError::at(
            file,
            Position::of(text.as_bytes(), at),
            ReadManifestErrorKind::Toml {
                reason: error.message().trim().replace('\n', ", "),
            },
        )
    })
}

/// Returns the item at a path of keys.
pub(crate) fn get<'d>(root: &'d dyn TableLike, path: &[&str]) -> Option<&'d Item> {
    let (first, rest) = path.split_first()?;
    let item = root.get(first)?;
    if rest.is_empty() {
        return Some(item);
    }
    get(item.as_table_like()?, rest)
}

/// Returns the text that an item holds, and where; nothing for other kinds of values.
pub(crate) fn literal(text: &str, item: &Item) -> Option<Literal> {
    let value = item.as_str()?;
    let span = item.span()?;
    let raw = text.get(span.clone())?;
    let quote = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quote| raw.starts_with(*quote) && raw.len() >= 2 * quote.len())?
        .len();
    let inner = span.start + quote..span.end - quote;
    let plain = text.get(inner.clone()) == Some(value);
    Some(Literal {
        value: value.to_owned(),
        inner,
        plain,
    })
}

/// Returns the first byte of an item, for messages.
pub(crate) fn start(item: &Item) -> usize {
    item.span().map_or(0, |span| span.start)
}

/// Returns the item at a path.
pub(crate) fn find<'d>(root: &'d Item, path: &KeyPath) -> Option<&'d Item> {
    path.parts().iter().try_fold(root, |item, part| match part {
        KeyPart::Key(key) => item.as_table_like()?.get(key),
        KeyPart::Index(index) => item.get(*index),
    })
}
