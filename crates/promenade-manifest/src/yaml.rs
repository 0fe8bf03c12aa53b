//! YAML documents: the parser finds spans, nothing is printed again.

use yaml_edit::{YamlFile, YamlNode};

use crate::document::{Document, Key, Node, Scalar, Value};
use crate::toml::{Literal, utf8};
use crate::{Position, ReadManifestError, ReadManifestErrorKind};

/// Parses a file of one document; spans count from the first byte, a byte order mark included.
///
/// A file without any document is an empty one. Several documents are an error.
pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Document, ReadManifestError> {
    let text = utf8(file, bytes)?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - body.len();
    let invalid = |at: usize, reason: &str| {
        let reason = reason.trim().replace('\n', ", ");
        let at = Position::of(text.as_bytes(), skipped + at);
        ReadManifestError::at(file, at, ReadManifestErrorKind::Yaml { reason })
    };
    let parsed = YamlFile::parse(body);
    if let Some(error) = parsed.positioned_errors().first() {
        return Err(invalid(error.range.start as usize, &error.message));
    }
    let tree = parsed.tree();
    let mut documents = tree.documents();
    let first = documents.next();
    if let Some(second) = documents.next() {
        let at = second.byte_range().start as usize;
        return Err(invalid(at, "a second document, expected one"));
    }
    let root = first.and_then(|document| {
        let mapping = document.as_mapping().map(YamlNode::Mapping);
        let sequence = || document.as_sequence().map(YamlNode::Sequence);
        let scalar = || document.as_scalar().map(YamlNode::Scalar);
        mapping.or_else(sequence).or_else(scalar)
    });
    let root = match root {
        Some(root) => node(text, skipped, &root),
        None => Node {
            span: 0..text.len(),
            value: Value::Other("nothing"),
        },
    };
    Ok(Document {
        file: file.to_owned(),
        text: text.to_owned(),
        root,
    })
}

fn node(text: &str, skipped: usize, yaml: &YamlNode) -> Node {
    let range = yaml.byte_range();
    let span = range.start as usize + skipped..range.end as usize + skipped;
    let value = match yaml {
        YamlNode::Scalar(scalar) => {
            let raw = text.get(span.clone()).unwrap_or_default();
            let value = scalar.as_string();
            let quoted = scalar.is_quoted();
            let lead = raw.len() - raw.trim_start().len();
            let edge = usize::from(quoted);
            let start = span.start + lead + edge;
            let inner = start
                ..(span.start + raw.trim_end().len())
                    .saturating_sub(edge)
                    .max(start);
            if raw.trim().is_empty() {
                Value::Other("nothing")
            } else if scalar.is_block() || raw.trim().contains('\n') {
                Value::Other("a text of several lines")
            } else {
                Value::Scalar(Scalar {
                    literal: Literal {
                        plain: text.get(inner.clone()) == Some(&*value),
                        value,
                        inner,
                    },
                    quoted,
                })
            }
        }
        YamlNode::Mapping(mapping) => Value::Map(
            mapping
                .entries()
                .filter_map(|entry| {
                    let key = entry.key_node()?;
                    let range = key.byte_range();
                    let span = range.start as usize + skipped..range.end as usize + skipped;
                    let name = match &key {
                        YamlNode::Scalar(scalar) => scalar.as_string(),
                        _ => String::new(),
                    };
                    let value = match entry.value_node() {
                        Some(value) => node(text, skipped, &value),
                        None => Node {
                            span: span.end..span.end,
                            value: Value::Other("nothing"),
                        },
                    };
                    Some((Key { name, span }, value))
                })
                .collect(),
        ),
        YamlNode::Sequence(sequence) => Value::List(
            sequence
                .values()
                .map(|value| node(text, skipped, &value))
                .collect(),
        ),
        YamlNode::Alias(_) => Value::Other("an alias"),
        YamlNode::TaggedNode(_) => Value::Other("a tagged value"),
    };
    Node { span, value }
}
