//! Suffix templates: `pre`, `rc.{n}`, `prerelease{n}`, `{hex}`.

use std::fmt;
use std::str::FromStr;

use crate::PolicyError;

/// The template of a suffix, without its hyphen: `pre`, `rc.{n}`, `prerelease{n}`.
///
/// A label with a number keeps numeric order: `prerelease{n}` reads `prerelease10` as the
/// identifiers `prerelease.10`, which follow `prerelease.9`.
///
/// ```
/// use promenade_version::Label;
///
/// let label: Label = "prerelease{n}".parse()?;
/// assert_eq!(label.stem(), "prerelease");
/// assert!(label.is_numbered());
/// assert!("rc2{n}".parse::<Label>().is_err()); // `rc21` would have two readings
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Label {
    stem: String,
    form: Form,
}

/// Where a label has its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    /// `pre`.
    Plain,
    /// `prerelease{n}`.
    Joined,
    /// `rc.{n}`.
    Dotted,
}

/// How a text fits a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit<'a> {
    /// Not at all.
    No,
    /// It is the label, with these digits if it has a number.
    Yes(Option<&'a str>),
    /// It would be, with these digits instead of others with leading zeros.
    LeadingZeros(&'a str),
    /// Its number exceeds 64 bits.
    Overflow(&'a str),
}

impl Label {
    /// Returns the label without its number: `rc` of `rc.{n}`.
    #[must_use]
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// Returns whether the label carries a number.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        self.form != Form::Plain
    }

    /// Returns whether a number stands right after the stem, so that text and identifiers differ.
    pub(crate) fn is_joined(&self) -> bool {
        self.form == Form::Joined
    }

    /// Prints the label as a version text has it; `digits` where it is numbered.
    pub(crate) fn text(&self, digits: Option<&str>) -> String {
        match (self.form, digits) {
            (Form::Joined, Some(digits)) => self.with("", digits),
            (Form::Dotted, Some(digits)) => self.with(".", digits),
            _ => self.stem.clone(),
        }
    }

    /// Prints the label as dot separated identifiers.
    pub(crate) fn identifiers(&self, digits: Option<&str>) -> String {
        match (self.form, digits) {
            (Form::Joined | Form::Dotted, Some(digits)) => self.with(".", digits),
            _ => self.stem.clone(),
        }
    }

    fn with(&self, point: &str, digits: &str) -> String {
        let mut text = String::with_capacity(self.stem.len() + point.len() + digits.len());
        text.push_str(&self.stem);
        text.push_str(point);
        text.push_str(digits);
        text
    }

    /// Says how the text of a suffix fits.
    #[inline]
    pub(crate) fn fits_text<'a>(&self, text: &'a str) -> Fit<'a> {
        match (self.form, text.strip_prefix(self.stem.as_str())) {
            (_, None) => Fit::No,
            (Form::Plain, Some("")) => Fit::Yes(None),
            (Form::Plain, Some(_)) => Fit::No,
            (Form::Joined, Some(rest)) => number(rest),
            (Form::Dotted, Some(rest)) => rest.strip_prefix('.').map_or(Fit::No, number),
        }
    }

    /// Returns the digits of identifiers that fit, if the label is numbered.
    pub(crate) fn fits_identifiers<'a>(&self, identifiers: &'a str) -> Option<Option<&'a str>> {
        let rest = identifiers.strip_prefix(self.stem.as_str())?;
        let fit = match self.form {
            Form::Plain => return rest.is_empty().then_some(None),
            Form::Joined | Form::Dotted => number(rest.strip_prefix('.')?),
        };
        match fit {
            Fit::Yes(digits) => Some(digits),
            Fit::No | Fit::LeadingZeros(_) | Fit::Overflow(_) => None,
        }
    }
}

/// Ten to this power still fits into 64 bits.
const SURE_DIGITS: usize = 19;

fn number(digits: &str) -> Fit<'_> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Fit::No;
    }
    let bare = match digits.trim_start_matches('0') {
        "" => digits.get(digits.len() - 1..).unwrap_or(digits),
        bare => bare,
    };
    if bare.len() > SURE_DIGITS && bare.parse::<u64>().is_err() {
        Fit::Overflow(digits)
    } else if bare.len() < digits.len() {
        Fit::LeadingZeros(bare)
    } else {
        Fit::Yes(Some(digits))
    }
}

impl FromStr for Label {
    type Err = PolicyError;

    fn from_str(template: &str) -> Result<Self, PolicyError> {
        let invalid = |reason| PolicyError::InvalidSuffix {
            suffix: template.to_owned(),
            reason,
        };
        let (stem, form) = match template.strip_suffix("{n}") {
            None => (template, Form::Plain),
            Some(rest) => match rest.strip_suffix('.') {
                Some(stem) => (stem, Form::Dotted),
                None => (rest, Form::Joined),
            },
        };
        if !stem.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(invalid("expected a letter first, as in `rc.{n}`"));
        }
        if !stem.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(invalid(
                "expected letters, digits and hyphens, then `{n}` or `.{n}` or nothing",
            ));
        }
        if form == Form::Joined && stem.ends_with(|last: char| last.is_ascii_digit()) {
            return Err(invalid("a digit before `{n}` would run into the number"));
        }
        Ok(Self {
            stem: stem.to_owned(),
            form,
        })
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = match self.form {
            Form::Plain => "",
            Form::Joined => "{n}",
            Form::Dotted => ".{n}",
        };
        write!(f, "{}{tail}", self.stem)
    }
}

impl TryFrom<String> for Label {
    type Error = PolicyError;

    fn try_from(template: String) -> Result<Self, PolicyError> {
        template.parse()
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.to_string()
    }
}

/// A suffix that is declared stable: a label (`hotfix`), or `{hex}`, the abbreviated commit that a
/// fork appends (`1.10.1-de69705`): 7 to 40 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct StableSuffix(pub(crate) Stable);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stable {
    Label(Label),
    Hex,
}

/// Returns whether a text is an abbreviated or full commit id.
pub(crate) fn is_hex(text: &str) -> bool {
    (7..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl FromStr for StableSuffix {
    type Err = PolicyError;

    fn from_str(template: &str) -> Result<Self, PolicyError> {
        match template {
            "{hex}" => Ok(Self(Stable::Hex)),
            label => label.parse().map(|label| Self(Stable::Label(label))),
        }
    }
}

impl fmt::Display for StableSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Stable::Label(label) => label.fmt(f),
            Stable::Hex => f.write_str("{hex}"),
        }
    }
}

impl TryFrom<String> for StableSuffix {
    type Error = PolicyError;

    fn try_from(template: String) -> Result<Self, PolicyError> {
        template.parse()
    }
}

impl From<StableSuffix> for String {
    fn from(suffix: StableSuffix) -> Self {
        suffix.to_string()
    }
}
