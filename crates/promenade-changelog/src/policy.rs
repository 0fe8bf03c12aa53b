//! The `[changelog]` table of a process file.

use std::fmt;
use std::str::FromStr;

use crate::DateStyle;

/// Where the changelog is, and what it must look like: the `[changelog]` table of a process file.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use promenade_changelog::{ChangelogPolicy, CompareBase};
///
/// let policy: ChangelogPolicy = serde_json::from_str(
///     r#"{
///         "file": "CHANGELOG.md",
///         "compare": {
///             "url": "https://forge.example/acme/app/compare/{previous_tag}...{tag}",
///             "base": "previous-any"
///         },
///         "upgrade-notes": "docs/upgrading.md"
///     }"#,
/// )?;
/// assert_eq!(policy.compare.map(|compare| compare.base), Some(CompareBase::PreviousAny));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, deny_unknown_fields, rename_all = "kebab-case")
)]
#[non_exhaustive]
pub struct ChangelogPolicy {
    /// The file, from the root of the repository.
    pub file: String,
    /// What the link of a version compares; without it the file's own links are continued.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub compare: Option<Compare>,
    /// The page of a release: what the first version links to, and every version where nothing is
    /// compared.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub release_page: Option<UrlTemplate>,
    /// The document with notes on upgrading (C21.2).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub upgrade_notes: Option<String>,
    /// Whether a release needs an entry (C15).
    pub require_entries: bool,
    /// Whether the text of a release must link to issues or pull requests (B9).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub require_links: bool,
    /// What is set rather than learnt from the file.
    pub dialect: DialectPolicy,
}

impl Default for ChangelogPolicy {
    fn default() -> Self {
        Self {
            file: "CHANGELOG.md".to_owned(),
            compare: None,
            release_page: None,
            upgrade_notes: None,
            require_entries: false,
            require_links: false,
            dialect: DialectPolicy::default(),
        }
    }
}

/// How the link of a version compares it with an earlier one (C21.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct Compare {
    /// The address, with `{previous_tag}` and `{tag}` in it.
    pub url: UrlTemplate,
    /// Which version is the earlier one.
    #[cfg_attr(feature = "serde", serde(default))]
    pub base: CompareBase,
}

/// Which earlier version a version is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum CompareBase {
    /// The one before, candidates too.
    #[default]
    PreviousAny,
    /// The stable one before.
    PreviousStable,
}

/// An address with places for `{tag}`, `{previous_tag}`, `{version}` and `{previous_version}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct UrlTemplate(String);

const URL_PLACES: &[&str] = &["tag", "previous_tag", "version", "previous_version"];

impl UrlTemplate {
    /// Fills the places.
    #[must_use]
    pub fn render(&self, fill: impl Fn(&str) -> String) -> String {
        render(&self.0, &fill)
    }

    /// Returns whether a place occurs.
    #[must_use]
    pub fn has(&self, place: &str) -> bool {
        self.0.contains(&format!("{{{place}}}"))
    }
}

/// The text of a heading after its `#`s, with places for `{version}`, `{date}` and `{url}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct HeadingTemplate(String);

impl HeadingTemplate {
    /// Fills the places.
    #[must_use]
    pub fn render(&self, fill: impl Fn(&str) -> String) -> String {
        render(&self.0, &fill)
    }

    /// Returns whether a place occurs.
    #[must_use]
    pub fn has(&self, place: &str) -> bool {
        self.0.contains(&format!("{{{place}}}"))
    }

    /// Returns the bracketed text that a link definition names, if the version stands in one.
    pub(crate) fn label(&self, version: &str) -> Option<String> {
        let at = self.0.find("{version}")?;
        let before = self.0.get(..at)?;
        let open = before
            .rfind('[')
            .filter(|&open| !before.get(open..).unwrap_or_default().contains(']'))?;
        let close = at + self.0.get(at..)?.find(']')?;
        if self.0.get(close + 1..)?.starts_with('(') {
            return None;
        }
        let inner = self.0.get(open + 1..close)?;
        Some(inner.replace("{version}", version)).filter(|label| !label.contains('{'))
    }
}

fn render(template: &str, fill: &dyn Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((place, after)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        out.push_str(&fill(place));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A template was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid template `{input}`: {kind}")]
pub struct ParseTemplateError {
    input: String,
    kind: ParseTemplateErrorKind,
}

impl ParseTemplateError {
    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns why.
    #[must_use]
    pub fn kind(&self) -> &ParseTemplateErrorKind {
        &self.kind
    }
}

/// Why a template was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseTemplateErrorKind {
    /// A place that is not known.
    #[error("unknown place `{{{found}}}`, expected one of {expected}")]
    UnknownPlace {
        /// What stands in the braces.
        found: String,
        /// The known ones.
        expected: String,
    },
    /// A place that must occur does not.
    #[error("place `{{{missing}}}` is missing")]
    MissingPlace {
        /// Which.
        missing: &'static str,
    },
    /// A brace is not closed or not opened.
    #[error("a brace stands alone")]
    LoneBrace,
    /// A character that would break the line or the address.
    #[error("character {found:?} is not allowed")]
    ForbiddenChar {
        /// Which.
        found: char,
    },
}

fn check(
    input: &str,
    known: &[&str],
    forbidden: impl Fn(char) -> bool,
) -> Result<(), ParseTemplateErrorKind> {
    if let Some(found) = input.chars().find(|&c| forbidden(c)) {
        return Err(ParseTemplateErrorKind::ForbiddenChar { found });
    }
    let mut rest = input;
    while let Some(at) = rest.find(['{', '}']) {
        let after = rest.get(at..).unwrap_or_default();
        let inner = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'))
            .ok_or(ParseTemplateErrorKind::LoneBrace)?;
        if !known.contains(&inner.0) {
            let quoted: Vec<_> = known.iter().map(|place| format!("`{{{place}}}`")).collect();
            return Err(ParseTemplateErrorKind::UnknownPlace {
                found: inner.0.to_owned(),
                expected: quoted.join(", "),
            });
        }
        rest = inner.1;
    }
    Ok(())
}

impl FromStr for UrlTemplate {
    type Err = ParseTemplateError;

    fn from_str(input: &str) -> Result<Self, ParseTemplateError> {
        let refuse = |kind| ParseTemplateError {
            input: input.to_owned(),
            kind,
        };
        check(input, URL_PLACES, |c| {
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"')
        })
        .map_err(refuse)?;
        let template = Self(input.to_owned());
        if template.has("tag") || template.has("version") {
            Ok(template)
        } else {
            Err(refuse(ParseTemplateErrorKind::MissingPlace {
                missing: "tag",
            }))
        }
    }
}

impl FromStr for HeadingTemplate {
    type Err = ParseTemplateError;

    fn from_str(input: &str) -> Result<Self, ParseTemplateError> {
        let refuse = |kind| ParseTemplateError {
            input: input.to_owned(),
            kind,
        };
        check(input, &["version", "date", "url"], char::is_control).map_err(refuse)?;
        let template = Self(input.to_owned());
        if template.has("version") {
            Ok(template)
        } else {
            Err(refuse(ParseTemplateErrorKind::MissingPlace {
                missing: "version",
            }))
        }
    }
}

macro_rules! text_newtype {
    ($name:ident) => {
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

        impl TryFrom<String> for $name {
            type Error = ParseTemplateError;

            fn try_from(input: String) -> Result<Self, ParseTemplateError> {
                input.parse()
            }
        }

        impl From<$name> for String {
            fn from(template: $name) -> Self {
                template.0
            }
        }
    };
}

text_newtype!(UrlTemplate);
text_newtype!(HeadingTemplate);

/// What is set about the look of the file; everything else is learnt from it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, deny_unknown_fields, rename_all = "kebab-case")
)]
#[non_exhaustive]
pub struct DialectPolicy {
    /// The heading of a version, such as `[{version}] - {date}`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub heading: Option<HeadingTemplate>,
    /// How dates are written.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub date: Option<DateStyle>,
    /// The heading of unreleased changes, such as `[Unreleased]`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub unreleased: Option<String>,
    /// Whether an empty Unreleased section is left above the new version.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub keep_unreleased: Option<bool>,
    /// Whether a blank line follows headings.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub blank_after_heading: Option<bool>,
    /// Where the address of a version stands.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub links: Option<LinkStyle>,
    /// The categories that entries may stand under, in their order; empty for any.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub categories: Vec<String>,
}

/// Where the address of a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum LinkStyle {
    /// Nowhere.
    None,
    /// In the heading.
    Inline,
    /// In a link definition.
    Definition,
}
