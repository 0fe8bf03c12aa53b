//! The names git accepts for refs, and tag names.

use std::fmt;
use std::str::FromStr;

use crate::{ParseTagNameError, RefNameErrorKind};

/// Checks what may stand below `refs/tags/` or `refs/heads/`; the rules of `git check-ref-format`.
///
/// # Errors
/// The first rule that is broken.
pub fn check(name: &[u8]) -> Result<(), RefNameErrorKind> {
    if name.is_empty() {
        return Err(RefNameErrorKind::Empty);
    }
    // The start is like the place behind a slash.
    let mut previous = b'/';
    for (at, byte) in name.iter().copied().enumerate() {
        match (previous, byte) {
            (_, 0..=0x20 | 0x7f | b'~' | b'^' | b':' | b'?' | b'*' | b'[' | b'\\') => {
                return Err(RefNameErrorKind::Character { at, byte });
            }
            (b'/', b'/') => return Err(RefNameErrorKind::EmptyPart),
            (b'/', b'.') => return Err(RefNameErrorKind::LeadingDot),
            (b'.', b'.') => {
                let at = at - 1;
                return Err(RefNameErrorKind::Sequence { at, found: ".." });
            }
            (b'@', b'{') => {
                let at = at - 1;
                return Err(RefNameErrorKind::Sequence { at, found: "@{" });
            }
            (_, b'/') if name.get(..at).is_some_and(|part| part.ends_with(b".lock")) => {
                return Err(RefNameErrorKind::Lock);
            }
            _ => {}
        }
        previous = byte;
    }
    match previous {
        b'/' => Err(RefNameErrorKind::EmptyPart),
        b'.' => Err(RefNameErrorKind::TrailingDot),
        _ if name.ends_with(b".lock") => Err(RefNameErrorKind::Lock),
        _ => Ok(()),
    }
}

/// The name of a tag below `refs/tags/`: valid for git, and UTF-8.
///
/// Beyond `git check-ref-format` a leading hyphen is refused, as `git tag` refuses it: every
/// program would read it as an option.
///
/// ```
/// use promenade_tag::TagName;
///
/// let name: TagName = "@celo/celocli@3.0.2-beta.0".parse()?;
/// assert_eq!(name.as_str(), "@celo/celocli@3.0.2-beta.0");
/// assert!("v1..0".parse::<TagName>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct TagName(String);

impl TagName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the ref: `refs/tags/` and the name.
    #[must_use]
    pub fn refname(&self) -> String {
        format!("refs/tags/{}", self.0)
    }
}

impl FromStr for TagName {
    type Err = ParseTagNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let checked = if text.starts_with('-') {
            Err(RefNameErrorKind::LeadingHyphen)
        } else {
            check(text.as_bytes())
        };
        match checked {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(kind) => Err(ParseTagNameError::new(text, kind)),
        }
    }
}

impl TryFrom<String> for TagName {
    type Error = ParseTagNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TagName> for String {
    fn from(name: TagName) -> Self {
        name.0
    }
}

impl AsRef<str> for TagName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
