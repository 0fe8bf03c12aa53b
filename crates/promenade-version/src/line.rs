//! Lines: maintained ranges of versions, such as `1.4.x`.

#[cfg(feature = "policy")]
mod patch;

use std::fmt;
use std::str::FromStr;

use semver::Version;

use crate::Scheme;
use crate::number::components;

/// A maintained range of versions: those that share the numbers before the patch, such as `1.4.x`,
/// or `2543.x` under `YYWW.PATCH`.
///
/// ```
/// use promenade_version::{Line, Scheme, Version};
///
/// let line = Scheme::semver().line_of(&Version::new(1, 4, 2)).ok_or("no line")?;
/// assert_eq!(line.to_string(), "1.4.x");
/// assert_eq!("1.4.x".parse::<Line>()?, line);
/// assert!(line.contains(&Version::new(1, 4, 9)) && !line.contains(&Version::new(1, 5, 0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Line {
    numbers: Vec<u64>,
}

impl Line {
    /// Returns the numbers that all versions of the line share.
    #[must_use]
    pub fn numbers(&self) -> &[u64] {
        &self.numbers
    }

    /// Returns whether a version is on the line.
    #[must_use]
    pub fn contains(&self, version: &Version) -> bool {
        self.numbers
            .iter()
            .zip(components(version))
            .all(|(own, its)| *own == its)
    }

    /// Returns the version on the line whose patch is 0.
    #[must_use]
    pub fn first(&self) -> Version {
        let number = |at: usize| self.numbers.get(at).copied().unwrap_or(0);
        Version::new(number(0), number(1), number(2))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for number in &self.numbers {
            write!(f, "{number}.")?;
        }
        f.write_str("x")
    }
}

/// A text is not a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid line `{input}`: expected one or two numbers and `x`, as in `1.4.x`")]
pub struct ParseLineError {
    input: String,
}

impl FromStr for Line {
    type Err = ParseLineError;

    fn from_str(text: &str) -> Result<Self, ParseLineError> {
        let error = || ParseLineError {
            input: text.to_owned(),
        };
        let mut line = Self {
            numbers: Vec::new(),
        };
        for number in text.strip_suffix(".x").ok_or_else(error)?.split('.') {
            line.numbers.push(number.parse().map_err(|_| error())?);
        }
        if line.numbers.len() > 2 || line.to_string() != text {
            return Err(error());
        }
        Ok(line)
    }
}

impl TryFrom<String> for Line {
    type Error = ParseLineError;

    fn try_from(text: String) -> Result<Self, ParseLineError> {
        text.parse()
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.to_string()
    }
}

impl Scheme {
    /// Returns the line of a version; nothing if the scheme has no patch.
    #[must_use]
    pub fn line_of(&self, version: &Version) -> Option<Line> {
        let numbers = components(version);
        let numbers = numbers.get(..self.patch_index()?)?.to_vec();
        Some(Line { numbers })
    }
}
