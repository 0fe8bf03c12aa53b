//! Paths to a value: `info.version`, `packages[0].version`, `"a.b".c`.

use std::fmt;
use std::str::FromStr;

/// A path to a value of a document: keys with dots between them, `[n]` for the element `n` of a
/// list, counted from 0, double quotes around keys that hold dots or brackets. Prints quotes only
/// where they are needed.
///
/// ```
/// use promenade_manifest::KeyPath;
///
/// let path: KeyPath = r#"services."a.b".tags[0]"#.parse()?;
/// assert_eq!(path.to_string(), r#"services."a.b".tags[0]"#);
/// # Ok::<(), promenade_manifest::ParseKeyPathError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct KeyPath(Vec<KeyPart>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum KeyPart {
    Key(String),
    Index(usize),
}

/// A text is no path to a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid path `{input}`: {reason}")]
pub struct ParseKeyPathError {
    input: String,
    reason: &'static str,
}

impl KeyPath {
    /// `info.version`, where an OpenAPI description keeps its version.
    pub(crate) fn info_version() -> Self {
        Self(
            ["info", "version"]
                .map(|key| KeyPart::Key(key.to_owned()))
                .to_vec(),
        )
    }

    pub(crate) fn parts(&self) -> &[KeyPart] {
        &self.0
    }
}

impl FromStr for KeyPath {
    type Err = ParseKeyPathError;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        let error = |reason| ParseKeyPathError {
            input: input.to_owned(),
            reason,
        };
        let mut parts = Vec::new();
        let mut rest = input;
        loop {
            if let Some(quoted) = rest.strip_prefix('"') {
                let (key, tail) = quoted
                    .split_once('"')
                    .ok_or_else(|| error("a quote is not closed"))?;
                parts.push(KeyPart::Key(key.to_owned()));
                rest = tail;
            } else if !rest.starts_with('[') || !parts.is_empty() {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (key, tail) = rest.split_at(end);
                if key.is_empty() || key.contains(['"', ']']) {
                    return Err(error("a key is empty, or holds `\"` or `]`"));
                }
                parts.push(KeyPart::Key(key.to_owned()));
                rest = tail;
            }
            while let Some(index) = rest.strip_prefix('[') {
                let (index, tail) = index
                    .split_once(']')
                    .ok_or_else(|| error("a bracket is not closed"))?;
                let canonical = |n: &usize| n.to_string() == index;
                let index = index.parse().ok().filter(canonical);
                parts.push(KeyPart::Index(
                    index.ok_or_else(|| error("an index is no number"))?,
                ));
                rest = tail;
            }
            match rest.strip_prefix('.') {
                Some(tail) => rest = tail,
                None if rest.is_empty() => return Ok(Self(parts)),
                None => return Err(error("expected `.` or `[` after a key")),
            }
        }
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            match part {
                KeyPart::Index(index) => write!(f, "[{index}]")?,
                KeyPart::Key(key) => {
                    if index > 0 {
                        f.write_str(".")?;
                    }
                    if key.is_empty() || key.contains(['.', '[', ']', '"']) {
                        write!(f, "\"{key}\"")?;
                    } else {
                        f.write_str(key)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for KeyPath {
    type Error = ParseKeyPathError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<KeyPath> for String {
    fn from(path: KeyPath) -> Self {
        path.to_string()
    }
}
