//! What each placeholder may stand for, as text.

use chrono::NaiveDate;
use promenade_version::{Line, Meaning, Scheme, Version};
use semver::{BuildMetadata, Prerelease};

use crate::Placeholder;

/// The names that placeholders may take; where a list is empty, any identifier.
///
/// An identifier starts with an ASCII letter, goes on with letters, digits, `-` and `_`, and ends
/// with a letter or a digit. Names with other characters must be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// For `{component}`.
    pub components: Vec<String>,
    /// For `{scope}`.
    pub scopes: Vec<String>,
    /// For `{environment}`.
    pub environments: Vec<String>,
}

impl Vocabulary {
    /// Returns the list for a placeholder that has one; `None` for the others.
    pub(crate) fn listed(&self, field: Placeholder) -> Option<&[String]> {
        let list = match field {
            Placeholder::Component => &self.components,
            Placeholder::Scope => &self.scopes,
            Placeholder::Environment => &self.environments,
            _ => return None,
        };
        (!list.is_empty()).then_some(list)
    }
}

/// Says whether `text` is an identifier, as an open `{component}` reads it.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Reads a number without leading zeros.
pub(crate) fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (canonical && digits).then(|| text.parse().ok()).flatten()
}

/// Reads `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let widths = (year.len(), month.len(), day.len()) == (4, 2, 2);
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if !widths || !digits || parts.next().is_some() {
        return None;
    }
    let number = |text: &str| text.parse::<u64>().ok();
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    NaiveDate::from_ymd_opt(
        year.try_into().ok()?,
        month.try_into().ok()?,
        day.try_into().ok()?,
    )
}

/// Says whether `text` is a commit id of `digits`, or of all of them: 40 for SHA-1, 64 for SHA-256.
pub(crate) fn is_commit(text: &str, digits: Option<u8>) -> bool {
    let length = match digits {
        Some(digits) => text.len() == usize::from(digits),
        None => matches!(text.len(), 40 | 64),
    };
    length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Says whether `text` is the name of a line: `1.x` or `1.4.x`.
pub(crate) fn is_line(text: &str) -> bool {
    text.parse::<Line>().is_ok()
}

/// Reads what `{next_patch}` stands for: a release that is not the first of its line.
pub(crate) fn next_patch(text: &str, scheme: &Scheme) -> Option<Version> {
    let version = scheme.recognise(text)?;
    let later = scheme.line_of(&version)?.first() != version;
    let release = scheme.meaning(&version) == Meaning::Release && version.build.is_empty();
    (release && later).then_some(version)
}

pub(crate) fn prerelease(text: &str) -> Option<Prerelease> {
    Prerelease::new(text).ok().filter(|pre| !pre.is_empty())
}

pub(crate) fn build(text: &str) -> Option<BuildMetadata> {
    BuildMetadata::new(text)
        .ok()
        .filter(|build| !build.is_empty())
}

/// Returns how many bytes at the start of `text` could belong to the field, by their kind alone.
pub(crate) fn run(field: Placeholder, text: &str) -> usize {
    let of = |test: fn(&u8) -> bool| text.bytes().take_while(test).count();
    match field {
        Placeholder::Component | Placeholder::Scope | Placeholder::Environment => {
            of(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        }
        Placeholder::Version | Placeholder::NextPatch => {
            of(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'))
        }
        Placeholder::Major | Placeholder::Minor | Placeholder::Patch => of(u8::is_ascii_digit),
        Placeholder::Prerelease | Placeholder::Build => {
            of(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        }
        Placeholder::Date => of(|b| b.is_ascii_digit() || *b == b'-'),
        Placeholder::Commit(_) => of(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
        Placeholder::Line => of(|b| b.is_ascii_digit() || matches!(b, b'.' | b'x')),
        Placeholder::Tag => text.find(|c: char| c.is_whitespace()).unwrap_or(text.len()),
    }
}

/// Says whether some scheme could take `text` for a version: numbers with dots between them, and
/// maybe a suffix behind a hyphen or a plus sign.
pub(crate) fn is_like_a_version(text: &str) -> bool {
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, suffix) = text.split_at_checked(end).unwrap_or((text, ""));
    let numbers = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    core.split('.').all(numbers) && suffix.len() != 1
}
