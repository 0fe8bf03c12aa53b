//! Finding the version in a file: every kind of [`Place`].

use std::ops::Range;

use crate::toml::utf8;
use crate::{
    FilePolicy, Form, KeyPath, Place, PlanEditError, PlanEditErrorKind, Position,
    ReadManifestError, ReadManifestErrorKind, TextEdit, json, toml,
};

/// A place in a file that names a version: the text there, the form around the version included.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
    /// For values of a document: how they are written decides what can take their place.
    scalar: Option<crate::document::Scalar>,
}

/// Returns the places of a policy in a file: one, or as many as a pattern must have.
pub(crate) fn find(policy: &FilePolicy, bytes: &[u8]) -> Result<Vec<Found>, ReadManifestError> {
    let file = policy.path();
    match policy.place() {
        Place::Whole => whole(file, bytes),
        Place::Json(path) => scalar(&json::parse(file, bytes)?, path),
        #[cfg(feature = "yaml")]
        Place::Yaml(path) => scalar(&crate::yaml::parse(file, bytes)?, path),
        Place::OpenApi => openapi(file, bytes),
        Place::Toml(path) => toml_value(file, bytes, path),
        Place::Env(name) => variable(file, bytes, name),
        Place::Pattern {
            line_start,
            line_end,
            times,
        } => pattern(policy, bytes, *line_start, *line_end, *times),
    }
}

impl Found {
    /// Returns the text that stands for the version, if the form fits.
    pub(crate) fn middle(&self, form: &Form) -> Option<&str> {
        let text = self.text.strip_prefix(form.before())?;
        text.strip_suffix(form.after())
            .filter(|text| !text.is_empty())
    }

    /// Returns the edit that makes `new` the text.
    pub(crate) fn set(
        &self,
        policy: &FilePolicy,
        bytes: &[u8],
        new: &str,
    ) -> Result<TextEdit, PlanEditError> {
        let error = |kind| {
            let at = Position::of(bytes, self.range.start);
            PlanEditError::at(policy.path(), at, kind)
        };
        if self.middle(policy.form()).is_none() {
            return Err(error(PlanEditErrorKind::Form {
                found: self.text.clone(),
                form: policy.form().to_string(),
            }));
        }
        match &self.scalar {
            Some(scalar) => scalar.set(new).map_err(|reason| {
                error(PlanEditErrorKind::Value {
                    text: new.to_owned(),
                    reason,
                })
            }),
            None => Ok(TextEdit::new(self.range.clone(), new)),
        }
    }
}

fn plain(text: &str, range: Range<usize>) -> Found {
    Found {
        text: text.get(range.clone()).unwrap_or_default().to_owned(),
        range,
        scalar: None,
    }
}

fn whole(file: &str, bytes: &[u8]) -> Result<Vec<Found>, ReadManifestError> {
    let text = utf8(file, bytes)?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.len() - body.trim_start().len();
    let trimmed = body.trim();
    if trimmed.is_empty() || trimmed.contains('\n') {
        let kind = ReadManifestErrorKind::WrongKind {
            key: "the file".to_owned(),
            expected: "one line with a version",
        };
        return Err(ReadManifestError::at(
            file,
            Position::of(bytes, start),
            kind,
        ));
    }
    Ok(vec![plain(text, start..start + trimmed.len())])
}

fn scalar(
    document: &crate::document::Document,
    path: &KeyPath,
) -> Result<Vec<Found>, ReadManifestError> {
    let scalar = document.scalar(path)?;
    Ok(vec![Found {
        text: scalar.literal.value.clone(),
        range: scalar.literal.inner.clone(),
        scalar: Some(scalar.clone()),
    }])
}

fn openapi(file: &str, bytes: &[u8]) -> Result<Vec<Found>, ReadManifestError> {
    let text = utf8(file, bytes)?;
    let is_json = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{');
    #[cfg(feature = "yaml")]
    let document = if is_json {
        json::parse(file, bytes)?
    } else {
        crate::yaml::parse(file, bytes)?
    };
    #[cfg(not(feature = "yaml"))]
    let document = {
        let _ = is_json;
        json::parse(file, bytes)?
    };
    let root = &document.root;
    if document.field(root, "openapi")?.is_none() && document.field(root, "swagger")?.is_none() {
        let key = "openapi".to_owned();
        let kind = ReadManifestErrorKind::NoSuchKey { key };
        return Err(ReadManifestError::whole(file, kind));
    }
    scalar(&document, &KeyPath::info_version())
}

fn toml_value(file: &str, bytes: &[u8], path: &KeyPath) -> Result<Vec<Found>, ReadManifestError> {
    let text = utf8(file, bytes)?;
    let document = toml::parse(file, text)?;
    let Some(item) = toml::find(document.as_item(), path) else {
        let key = path.to_string();
        let kind = ReadManifestErrorKind::NoSuchKey { key };
        return Err(ReadManifestError::whole(file, kind));
    };
    let Some(literal) = toml::literal(text, item) else {
        let kind = ReadManifestErrorKind::WrongKind {
            key: path.to_string(),
            expected: "a string",
        };
        let at = Position::of(bytes, toml::start(item));
        return Err(ReadManifestError::at(file, at, kind));
    };
    Ok(vec![Found {
        text: literal.value,
        range: literal.inner,
        scalar: None,
    }])
}

/// Finds `NAME=value`, with or without `export`, with or without quotes.
fn variable(file: &str, bytes: &[u8], name: &str) -> Result<Vec<Found>, ReadManifestError> {
    let text = utf8(file, bytes)?;
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let rest = line.trim_start_matches('\u{feff}').trim_start();
        let rest = rest.strip_prefix("export ").map_or(rest, str::trim_start);
        let Some(value) = rest
            .strip_prefix(name)
            .map(str::trim_start)
            .and_then(|rest| rest.strip_prefix('='))
        else {
            continue;
        };
        let value = value.trim_start_matches([' ', '\t']);
        let from = at + line.len() - value.len();
        let length = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = value.get(1..).unwrap_or_default();
                let Some(length) = inner.find(quote) else {
                    let kind = ReadManifestErrorKind::WrongKind {
                        key: name.to_owned(),
                        expected: "a value whose quote is closed on its line",
                    };
                    return Err(ReadManifestError::at(file, Position::of(bytes, from), kind));
                };
                found.push(plain(text, from + 1..from + 1 + length));
                continue;
            }
            _ => {
                let comment = value.find(" #").or_else(|| value.find("\t#"));
                value
                    .get(..comment.unwrap_or(value.len()))
                    .map_or(0, |value| value.trim_end().len())
            }
        };
        found.push(plain(text, from..from + length));
    }
    match found.as_slice() {
        [_] => Ok(found),
        [] => {
            let key = name.to_owned();
            let kind = ReadManifestErrorKind::NoSuchKey { key };
            Err(ReadManifestError::whole(file, kind))
        }
        [_, second, ..] => {
            let key = name.to_owned();
            let at = Position::of(bytes, second.range.start);
            let kind = ReadManifestErrorKind::KeyTwice { key };
            Err(ReadManifestError::at(file, at, kind))
        }
    }
}

/// Returns whether a byte may stand in a version text.
fn in_version(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-+".contains(&byte)
}

fn pattern(
    policy: &FilePolicy,
    bytes: &[u8],
    line_start: bool,
    line_end: bool,
    times: usize,
) -> Result<Vec<Found>, ReadManifestError> {
    let text = utf8(policy.path(), bytes)?;
    let (before, after) = (policy.form().before(), policy.form().after());
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text
        .get(from..)
        .and_then(|rest| rest.find(before))
        .map(|at| from + at)
    {
        let middle = start + before.len();
        let rest = text.get(middle..).unwrap_or_default();
        let run = rest.bytes().take_while(|byte| in_version(*byte)).count();
        // A full stop after a version is not part of it.
        let word = rest.get(..run).unwrap_or_default();
        let full = word.trim_end_matches(['.', '-', '+']).len();
        let starts = rest.starts_with(|c: char| c.is_ascii_digit())
            && (!line_start || matches!(text.as_bytes().get(..start), Some([] | [.., b'\n'])))
            && (!before.is_empty() || line_start || !preceded(text, start));
        let end = (1..=run).find(|length| {
            let tail = rest.get(*length..).unwrap_or_default();
            let Some(tail) = tail.strip_prefix(after) else {
                return false;
            };
            // Without a text after it the version is all there is of it.
            (!after.is_empty() || *length == full)
                && (!line_end || tail.is_empty() || tail.starts_with(['\n', '\r']))
        });
        match end.filter(|_| starts) {
            Some(length) => {
                let end = middle + length + after.len();
                found.push(plain(text, start..end));
                from = end;
            }
            None => from = next_char(text, start),
        }
        if from >= text.len() {
            break;
        }
    }
    if found.len() != times {
        return Err(ReadManifestError::whole(
            policy.path(),
            ReadManifestErrorKind::Matches {
                pattern: policy.form().to_string(),
                found: found.len(),
                expected: times,
            },
        ));
    }
    Ok(found)
}

/// Returns whether a version may have begun before `at`.
fn preceded(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(..at);
    before
        .and_then(<[u8]>::last)
        .is_some_and(|byte| in_version(*byte))
}

fn next_char(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.chars().next().map_or(1, char::len_utf8)
}
