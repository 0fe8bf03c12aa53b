//! JSON documents: strict JSON, as package managers read it.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions};

use crate::document::{Document, Key, Node, Scalar, Value};
use crate::toml::{Literal, utf8};
use crate::{Position, ReadManifestError, ReadManifestErrorKind};

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses a document; spans count from the first byte, a byte order mark included.
pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Document, ReadManifestError> {
    let text = utf8(file, bytes)?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - body.len();
    let invalid = |at: usize, reason: String| {
        let at = Position::of(text.as_bytes(), skipped + at);
        ReadManifestError::at(file, at, ReadManifestErrorKind::Json { reason })
    };
    let parsed = jsonc_parser::parse_to_ast(body, &CollectOptions::default(), &STRICT)
        .map_err(|error| invalid(error.range().start, error.kind().to_string()))?;
    let value = parsed
        .value
        .ok_or_else(|| invalid(0, "no value".to_owned()))?;
    Ok(Document {
        file: file.to_owned(),
        text: text.to_owned(),
        root: node(text, skipped, &value),
    })
}

fn node(text: &str, skipped: usize, value: &ast::Value<'_>) -> Node {
    let range = value.range();
    let span = range.start + skipped..range.end + skipped;
    let value = match value {
        ast::Value::StringLit(string) => {
            let inner = span.start + 1..span.end - 1;
            Value::Scalar(Scalar {
                literal: Literal {
                    plain: text.get(inner.clone()) == Some(&*string.value),
                    value: string.value.to_string(),
                    inner,
                },
                quoted: true,
            })
        }
        ast::Value::Object(object) => Value::Map(
            object
                .properties
                .iter()
                .map(|property| {
                    let key = Key {
                        name: property.name.as_str().to_owned(),
                        span: property.name.range().start + skipped
                            ..property.name.range().end + skipped,
                    };
                    (key, node(text, skipped, &property.value))
                })
                .collect(),
        ),
        ast::Value::Array(array) => Value::List(
            array
                .elements
                .iter()
                .map(|element| node(text, skipped, element))
                .collect(),
        ),
        ast::Value::NumberLit(_) => Value::Other("a number"),
        ast::Value::BooleanLit(literal) => {
            Value::Other(if literal.value { "true" } else { "false" })
        }
        ast::Value::NullKeyword(_) => Value::Other("null"),
    };
    Node { span, value }
}
