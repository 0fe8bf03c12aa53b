//! JSON and YAML as one tree of values and places.

use std::ops::Range;

use crate::key_path::{KeyPart, KeyPath};
use crate::toml::Literal;
use crate::{Position, ReadManifestError, ReadManifestErrorKind, TextEdit};

/// A document: its text, and what stands where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) root: Node,
}

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text or, in YAML, anything on one line that is no collection.
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
    /// Nothing, or a value of no use here: `null`, a number in JSON, a block text, an alias.
    Other(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub(crate) literal: Literal,
    /// Whether it is written in quotes; a YAML scalar without them may be a number or a boolean.
    pub(crate) quoted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
}

impl Document {
    pub(crate) fn position(&self, at: usize) -> Position {
        Position::of(self.text.as_bytes(), at)
    }

    pub(crate) fn error(&self, at: usize, kind: ReadManifestErrorKind) -> ReadManifestError {
        ReadManifestError::at(&self.file, self.position(at), kind)
    }

    /// Returns the value at a path; nothing if a key of it is absent.
    ///
    /// A key that stands twice is an error, and so is a path through something without keys.
    pub(crate) fn find(&self, path: &KeyPath) -> Result<Option<&Node>, ReadManifestError> {
        let mut node = &self.root;
        for part in path.parts() {
            let next = match (&node.value, part) {
                (Value::Map(_), KeyPart::Key(key)) => self.field(node, key)?,
                (Value::List(items), KeyPart::Index(index)) => items.get(*index),
                (_, part) => {
                    let kind = ReadManifestErrorKind::WrongKind {
                        key: path.to_string(),
                        expected: match part {
                            KeyPart::Key(_) => "a path through mappings",
                            KeyPart::Index(_) => "a path through lists",
                        },
                    };
                    return Err(self.error(node.span.start, kind));
                }
            };
            match next {
                Some(next) => node = next,
                None => return Ok(None),
            }
        }
        Ok(Some(node))
    }

    /// Returns the field of a mapping; nothing if it is absent or `node` is no mapping.
    pub(crate) fn field<'a>(
        &self,
        node: &'a Node,
        name: &str,
    ) -> Result<Option<&'a Node>, ReadManifestError> {
        let Value::Map(fields) = &node.value else {
            return Ok(None);
        };
        let mut found = fields.iter().filter(|(key, _)| key.name == name);
        let first = found.next();
        if let Some((again, _)) = found.next() {
            let kind = ReadManifestErrorKind::KeyTwice {
                key: name.to_owned(),
            };
            return Err(self.error(again.span.start, kind));
        }
        Ok(first.map(|(_, node)| node))
    }

    /// Returns the text at a path.
    ///
    /// Nothing there, or no text on one line, is an error.
    pub(crate) fn scalar(&self, path: &KeyPath) -> Result<&Scalar, ReadManifestError> {
        let key = path.to_string();
        let Some(node) = self.find(path)? else {
            return Err(ReadManifestError::whole(
                &self.file,
                ReadManifestErrorKind::NoSuchKey { key },
            ));
        };
        self.text_of(node, &key)
    }

    pub(crate) fn text_of<'a>(
        &self,
        node: &'a Node,
        key: &str,
    ) -> Result<&'a Scalar, ReadManifestError> {
        match &node.value {
            Value::Scalar(scalar) => Ok(scalar),
            Value::List(_) | Value::Map(_) | Value::Other(_) => {
                let kind = ReadManifestErrorKind::WrongKind {
                    key: key.to_owned(),
                    expected: "a text on one line",
                };
                Err(self.error(node.span.start, kind))
            }
        }
    }
}

impl Node {
    /// Returns the fields of a mapping in order, the empty list for other values.
    pub(crate) fn fields(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(fields) => fields,
            Value::Scalar(_) | Value::List(_) | Value::Other(_) => &[],
        }
    }

    /// Returns the text, if the value is one.
    pub(crate) fn text(&self) -> Option<&Literal> {
        match &self.value {
            Value::Scalar(scalar) => Some(&scalar.literal),
            Value::List(_) | Value::Map(_) | Value::Other(_) => None,
        }
    }
}

impl Scalar {
    /// Returns the edit that makes `new` the value, unless the way it is written forbids.
    pub(crate) fn set(&self, new: &str) -> Result<TextEdit, &'static str> {
        let word = |c: char| c.is_ascii_alphanumeric() || "._-+/".contains(c);
        if new.is_empty() || !new.chars().all(word) {
            return Err("only letters, digits and `._-+/` can take the place of a value");
        }
        if !self.quoted && !numeric(&self.literal.value) && (numeric(new) || keyword(new)) {
            return Err("without quotes it would no longer be a text");
        }
        if !self.quoted && new.starts_with('-') {
            return Err("without quotes it must not start with `-`");
        }
        Ok(self.literal.set(new))
    }
}

/// Returns whether YAML reads an unquoted scalar as a number.
fn numeric(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && (digits.parse::<f64>().is_ok() || digits.starts_with("0x") || digits.starts_with("0o"))
}

/// Returns whether YAML reads an unquoted scalar as a boolean or as nothing.
fn keyword(text: &str) -> bool {
    [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "~",
    ]
    .contains(&text.to_ascii_lowercase().as_str())
}
