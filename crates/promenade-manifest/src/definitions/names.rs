//! The texts of a definition: release pins, branches, image paths, repository names.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use semver::Version;

/// A text is not what a definition wants there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what} `{input}`: expected {expected}")]
pub struct ParsePinError {
    what: &'static str,
    input: String,
    expected: &'static str,
}

impl ParsePinError {
    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns what was expected.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

macro_rules! text {
    ($name:ident, $what:literal, $parse:expr) => {
        impl FromStr for $name {
            type Err = ParsePinError;

            fn from_str(input: &str) -> Result<Self, Self::Err> {
                $parse(input)
                    .map(|()| Self(input.to_owned()))
                    .map_err(|expected: &'static str| ParsePinError {
                        what: $what,
                        input: input.to_owned(),
                        expected,
                    })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

/// The most characters that an image tag may have.
const MAX_TAG: usize = 128;
/// The most characters that an image path may have.
const MAX_IMAGE: usize = 255;
/// The most characters that a repository name may have.
const MAX_REPOSITORY: usize = 100;

/// A released version as a definition pins it: `v` and a version, which must be an image tag too.
///
/// `v1` and `v1.2` are accepted, as Kayron accepts them; [`ReleasePin::is_full`] says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReleasePin(String);

text!(ReleasePin, "release", release);

fn release(input: &str) -> Result<(), &'static str> {
    let Some(version) = input.strip_prefix('v') else {
        return Err("`v` and a version");
    };
    if input.len() > MAX_TAG {
        return Err("at most 128 characters");
    }
    if version.contains('+') {
        return Err("a version without build metadata, which no image tag can hold");
    }
    match padded(version) {
        Some(_) => Ok(()),
        None => Err("`v` and one to three numbers, with a prerelease after three of them"),
    }
}

/// Reads `1`, `1.2` and `1.2.3-pre` as a version.
fn padded(version: &str) -> Option<Version> {
    let dots = version.split(['-']).next()?.matches('.').count();
    match dots {
        0 | 1 if version.contains('-') => None,
        0 => Version::parse(&format!("{version}.0.0")).ok(),
        1 => Version::parse(&format!("{version}.0")).ok(),
        _ => Version::parse(version).ok(),
    }
}

impl ReleasePin {
    /// Returns the version; `v1.2` is `1.2.0`.
    #[must_use]
    pub fn version(&self) -> Version {
        self.0
            .strip_prefix('v')
            .and_then(padded)
            .unwrap_or(Version::new(0, 0, 0))
    }

    /// Returns whether all three numbers are there.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0
            .split('-')
            .next()
            .unwrap_or_default()
            .matches('.')
            .count()
            == 2
    }

    /// Compares by version, never by text.
    #[must_use]
    pub fn cmp_version(&self, other: &Self) -> Ordering {
        self.version().cmp(&other.version())
    }
}

/// A branch, by the rules of git for ref names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BranchName(String);

text!(BranchName, "branch", branch);

fn branch(input: &str) -> Result<(), &'static str> {
    let bad = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    let parts_are_fine = input
        .split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"));
    if input.contains(bad)
        || input.contains("..")
        || input.contains("@{")
        || input == "@"
        || input.ends_with('.')
        || input.starts_with('-')
        || !parts_are_fine
    {
        return Err("a name that git accepts for a branch");
    }
    Ok(())
}

/// The path of a container image in its registry: lower case parts with `/` between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImagePath(String);

text!(ImagePath, "image", image);

fn image(input: &str) -> Result<(), &'static str> {
    let part = |part: &str| {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let mut separators = part.split(word).filter(|separator| !separator.is_empty());
        part.starts_with(word)
            && part.ends_with(word)
            && separators.all(|separator| {
                matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-')
            })
    };
    if input.len() <= MAX_IMAGE && input.split('/').all(part) {
        Ok(())
    } else {
        Err("lower case letters and digits, single separators between them, and `/`")
    }
}

/// The name of a repository on the forge.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RepositoryName(String);

text!(RepositoryName, "repository", repository);

fn repository(input: &str) -> Result<(), &'static str> {
    let word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !input.is_empty()
        && input.len() <= MAX_REPOSITORY
        && input.chars().all(word)
        && !input.starts_with('.')
        && !input.ends_with(".git")
    {
        Ok(())
    } else {
        Err("at most 100 of letters, digits, `-`, `_` and `.`, no `.` first, no `.git` last")
    }
}

/// What a definition can be set to: a release (`v1.2.3`), a branch (`branch:NAME`), or `suspend`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pin {
    /// A released version.
    Release(ReleasePin),
    /// The head of a branch.
    Branch(BranchName),
    /// Left as it is.
    Suspend,
}

impl FromStr for Pin {
    type Err = ParsePinError;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        if input == "suspend" {
            return Ok(Self::Suspend);
        }
        match input.strip_prefix("branch:") {
            Some(name) => name.parse().map(Self::Branch),
            None => input.parse().map(Self::Release),
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(release) => release.fmt(f),
            Self::Branch(branch) => write!(f, "branch:{branch}"),
            Self::Suspend => f.write_str("suspend"),
        }
    }
}
