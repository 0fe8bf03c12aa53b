//! Schemes: injective maps from version texts to [`Version`] values, with an exact inverse.

mod read;

use std::fmt::{self, Write as _};
use std::str::FromStr;

use semver::Version;

use crate::suffix::Suffixes;
use crate::{
    CalendarFormat, FormatVersionError, Label, ParseVersionError, PolicyError, StableSuffix,
};

/// The numbers of a scheme.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SchemeKind {
    /// Strict SemVer 2.0.0: `1.4.0`.
    Semver,
    /// Two numbers, and a third from the first patch on: `0.1`, `0.1.1`.
    MajorMinor,
    /// One number: `12`.
    Integer,
    /// The calendar: `2543.0`.
    Calendar(CalendarFormat),
}

impl SchemeKind {
    /// Returns the name that process files use.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Semver => "semver",
            Self::MajorMinor => "major-minor",
            Self::Integer => "integer",
            Self::Calendar(_) => "calendar",
        }
    }
}

impl fmt::Display for SchemeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calendar(format) => write!(f, "calendar:{format}"),
            other => f.write_str(other.name()),
        }
    }
}

impl FromStr for SchemeKind {
    type Err = PolicyError;

    /// Reads `semver`, `major-minor`, `integer` or `calendar:FORMAT`.
    fn from_str(text: &str) -> Result<Self, PolicyError> {
        match text {
            "semver" => Ok(Self::Semver),
            "major-minor" => Ok(Self::MajorMinor),
            "integer" => Ok(Self::Integer),
            other => match other.strip_prefix("calendar:") {
                Some(format) => format.parse().map(Self::Calendar),
                None => Err(PolicyError::Contradiction {
                    key: "scheme",
                    reason: format!(
                        "is `{other}`, expected semver, major-minor, integer or calendar:FORMAT"
                    ),
                }),
            },
        }
    }
}

/// How version texts are read and printed, and what their suffixes mean.
///
/// `parse` is injective and `format` its exact inverse: a text in another spelling than the
/// canonical one is refused, and the error names the canonical one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    kind: SchemeKind,
    suffixes: Suffixes,
}

/// What a version stands for, as the scheme's suffixes declare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Meaning {
    /// A release: no suffix.
    Release,
    /// A numbered prerelease of the version before the hyphen.
    Candidate,
    /// A release with a suffix that is declared stable (`-hotfix`, a fork's `-ce60d74`).
    StableSuffix,
    /// A state of a manifest between releases (`-dev`, `-unstable`).
    Manifest,
}

impl Meaning {
    /// Returns the name that reports use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Candidate => "candidate",
            Self::StableSuffix => "stable-suffix",
            Self::Manifest => "manifest",
        }
    }

    /// Returns whether a version of this meaning is one that users are offered.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Release | Self::StableSuffix)
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares a scheme: its numbers, then the meaning of each suffix.
#[derive(Clone, Debug)]
#[must_use]
pub struct SchemeBuilder {
    kind: SchemeKind,
    candidates: Vec<String>,
    legacy: Vec<String>,
    stable: Vec<String>,
    manifest: Vec<String>,
}

impl SchemeBuilder {
    /// Declares a candidate label; labels follow each other in the order of the calls.
    pub fn candidate(mut self, label: impl Into<String>) -> Self {
        self.candidates.push(label.into());
        self
    }

    /// Declares a candidate label that is read and never made: one of earlier days.
    pub fn legacy(mut self, label: impl Into<String>) -> Self {
        self.legacy.push(label.into());
        self
    }

    /// Declares a stable suffix: a label, or `{hex}`.
    pub fn stable(mut self, suffix: impl Into<String>) -> Self {
        self.stable.push(suffix.into());
        self
    }

    /// Declares a state of the manifest.
    pub fn manifest(mut self, state: impl Into<String>) -> Self {
        self.manifest.push(state.into());
        self
    }

    /// Builds the scheme.
    ///
    /// # Errors
    /// [`PolicyError`] if a template is malformed, if one text would have two readings, or if the
    /// candidate labels are declared in another order than versions sort in.
    pub fn build(self) -> Result<Scheme, PolicyError> {
        let mut stable: Vec<StableSuffix> = Vec::new();
        for text in &self.stable {
            stable.push(text.parse()?);
        }
        let suffixes = Suffixes::new(
            labels(&self.candidates)?,
            labels(&self.legacy)?,
            stable,
            labels(&self.manifest)?,
        )?;
        Ok(Scheme {
            kind: self.kind,
            suffixes,
        })
    }
}

fn labels(texts: &[String]) -> Result<Vec<Label>, PolicyError> {
    let mut labels = Vec::with_capacity(texts.len());
    for text in texts {
        labels.push(text.parse()?);
    }
    Ok(labels)
}

impl Scheme {
    /// Returns strict SemVer 2.0.0, where every prerelease is a candidate.
    #[must_use]
    pub fn semver() -> Self {
        Self {
            kind: SchemeKind::Semver,
            suffixes: Suffixes::default(),
        }
    }

    /// Starts the declaration of a scheme.
    ///
    /// ```
    /// use promenade_version::{Meaning, Scheme, SchemeKind};
    ///
    /// let scheme = Scheme::builder(SchemeKind::MajorMinor).candidate("prerelease{n}").build()?;
    /// let ninth = scheme.parse("0.1-prerelease9")?;
    /// let tenth = scheme.parse("0.1-prerelease10")?;
    /// assert!(ninth < tenth && tenth < scheme.parse("0.1")?);
    /// assert_eq!(scheme.meaning(&tenth), Meaning::Candidate);
    /// assert_eq!(scheme.format(&tenth)?, "0.1-prerelease10");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(kind: SchemeKind) -> SchemeBuilder {
        SchemeBuilder {
            kind,
            candidates: Vec::new(),
            legacy: Vec::new(),
            stable: Vec::new(),
            manifest: Vec::new(),
        }
    }

    /// Returns the name of the scheme, as process files write it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.kind.name()
    }

    /// Returns the numbers of the scheme.
    #[must_use]
    pub fn kind(&self) -> &SchemeKind {
        &self.kind
    }

    /// Reads a version text.
    ///
    /// # Errors
    /// [`ParseVersionError`] with the text and what the scheme expected; its kind is
    /// [`NotCanonical`](crate::ParseVersionErrorKind::NotCanonical) where another spelling would be read.
    #[inline]
    pub fn parse(&self, text: &str) -> Result<Version, ParseVersionError> {
        match self.is_plain().then(|| Version::parse(text)) {
            Some(Ok(version)) => Ok(version),
            _ => self.parse_declared(text),
        }
    }

    /// Reads a version text where nobody asks why another one is refused: what
    /// [`Scheme::parse`] reads, without the explanation, which costs far more than the refusal.
    ///
    /// ```
    /// use promenade_version::{Scheme, Version};
    ///
    /// let scheme = Scheme::semver();
    /// assert_eq!(scheme.recognise("1.4.0"), Some(Version::new(1, 4, 0)));
    /// assert_eq!(scheme.recognise("build-77"), None);
    /// ```
    #[must_use]
    #[inline]
    pub fn recognise(&self, text: &str) -> Option<Version> {
        // The text of every scheme starts with a number.
        if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        if self.is_plain() {
            return Version::parse(text).ok();
        }
        let quick = self.is_semver().then(|| self.parse_semver(text));
        quick.flatten().or_else(|| self.read(text).ok())
    }

    /// Prints a version; the exact inverse of [`Scheme::parse`].
    ///
    /// # Errors
    /// [`FormatVersionError`] if no text of this scheme means `version`.
    pub fn format(&self, version: &Version) -> Result<String, FormatVersionError> {
        if self.is_plain() {
            return Ok(version.to_string());
        }
        self.print(version).map_err(|reason| FormatVersionError {
            scheme: self.kind.name(),
            version: Box::new(version.clone()),
            reason,
        })
    }

    /// Returns what `version` stands for.
    #[must_use]
    #[inline]
    pub fn meaning(&self, version: &Version) -> Meaning {
        if !version.pre.is_empty() {
            if self.suffixes.is_manifest(&version.pre) {
                Meaning::Manifest
            } else {
                Meaning::Candidate
            }
        } else if !version.build.is_empty() && self.suffixes.is_stable(&version.build) {
            Meaning::StableSuffix
        } else {
            Meaning::Release
        }
    }

    /// Iterates over the declared suffixes: what each means, and its template without the hyphen
    /// (`pre`, `rc.{n}`, `{hex}`). Every suffix of a version text is of one of these, except that
    /// SemVer takes any other prerelease as a candidate.
    pub fn suffix_templates(&self) -> impl Iterator<Item = (Meaning, String)> + '_ {
        self.suffixes.templates().into_iter()
    }

    /// Returns the declared labels and suffixes.
    #[cfg(feature = "policy")]
    pub(crate) fn suffixes(&self) -> &Suffixes {
        &self.suffixes
    }

    /// Whether a text of the scheme is what the `semver` crate reads, and nothing else.
    fn is_plain(&self) -> bool {
        self.is_semver() && self.suffixes.is_empty()
    }

    fn is_semver(&self) -> bool {
        matches!(self.kind, SchemeKind::Semver)
    }

    fn print(&self, version: &Version) -> Result<String, String> {
        let mut text = self.print_core([version.major, version.minor, version.patch])?;
        let open = self.is_semver();
        if !version.pre.is_empty() {
            text.push('-');
            text.push_str(&self.suffixes.print(&version.pre, open)?);
        } else if let Some(suffix) = self.suffixes.stable_text(&version.build) {
            text.push('-');
            text.push_str(&suffix);
            return Ok(text);
        }
        if !version.build.is_empty() {
            if !open {
                return Err(format!("suffix `{}` is not declared stable", version.build));
            }
            text.push('+');
            text.push_str(&version.build);
        }
        Ok(text)
    }

    fn print_core(&self, components: [u64; 3]) -> Result<String, String> {
        let [major, minor, patch] = components;
        match &self.kind {
            SchemeKind::MajorMinor if patch == 0 => Ok(written(format_args!("{major}.{minor}"))),
            SchemeKind::Semver | SchemeKind::MajorMinor => {
                Ok(written(format_args!("{major}.{minor}.{patch}")))
            }
            SchemeKind::Integer if minor == 0 && patch == 0 => Ok(major.to_string()),
            SchemeKind::Integer => Err("it has one number".to_owned()),
            SchemeKind::Calendar(format) => format.format(components),
        }
    }

    /// Returns which component is the patch.
    pub(crate) fn patch_index(&self) -> Option<usize> {
        match self.kind() {
            SchemeKind::Semver | SchemeKind::MajorMinor => Some(2),
            SchemeKind::Integer => None,
            SchemeKind::Calendar(format) => format.patch_index(),
        }
    }
}

/// Prints into a string with room for a suffix.
fn written(numbers: fmt::Arguments<'_>) -> String {
    let mut text = String::with_capacity(24);
    // Writing to a string cannot fail.
    let _ = text.write_fmt(numbers);
    text
}
