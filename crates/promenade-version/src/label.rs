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

/// How a text or a value fits a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Not at all.
    No,
    /// It is the label, with this number if it has one.
    Yes(Option<u64>),
    /// It would be, without leading zeros.
    LeadingZeros(String),
    /// Its number exceeds 64 bits.
    Overflow(String),
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

    /// Prints the label as a version text has it; `number` where it is numbered.
    pub(crate) fn text(&self, number: Option<u64>) -> String {
        match (self.form, number) {
            (Form::Joined, Some(n)) => format!("{}{n}", self.stem),
            (Form::Dotted, Some(n)) => format!("{}.{n}", self.stem),
            _ => self.stem.clone(),
        }
    }

    /// Prints the label as dot separated identifiers.
    pub(crate) fn identifiers(&self, number: Option<u64>) -> String {
        match (self.form, number) {
            (Form::Joined | Form::Dotted, Some(n)) => format!("{}.{n}", self.stem),
            _ => self.stem.clone(),
        }
    }

    /// Says how the text of a suffix fits.
    pub(crate) fn fits_text(&self, text: &str) -> Fit {
        match (self.form, text.strip_prefix(self.stem.as_str())) {
            (_, None) => Fit::No,
            (Form::Plain, Some("")) => Fit::Yes(None),
            (Form::Plain, Some(_)) => Fit::No,
            (Form::Joined, Some(rest)) => number(rest),
            (Form::Dotted, Some(rest)) => rest.strip_prefix('.').map_or(Fit::No, number),
        }
    }

    /// Says how identifiers fit.
    pub(crate) fn fits_identifiers(&self, identifiers: &str) -> Option<Option<u64>> {
        let rest = identifiers.strip_prefix(self.stem.as_str())?;
        let fit = match self.form {
            Form::Plain => return rest.is_empty().then_some(None),
            Form::Joined | Form::Dotted => number(rest.strip_prefix('.')?),
        };
        match fit {
            Fit::Yes(n) => Some(n),
            Fit::No | Fit::LeadingZeros(_) | Fit::Overflow(_) => None,
        }
    }
}

fn number(digits: &str) -> Fit {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Fit::No;
    }
    let bare = digits.trim_start_matches('0');
    let canonical = if bare.is_empty() { "0" } else { bare };
    match canonical.parse() {
        Ok(_) if canonical != digits => Fit::LeadingZeros(canonical.to_owned()),
        Ok(n) => Fit::Yes(Some(n)),
        Err(_) => Fit::Overflow(digits.to_owned()),
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
