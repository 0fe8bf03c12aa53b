//! Schemes: injective maps from version texts to [`Version`] values, with an exact inverse.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use semver::{BuildMetadata, Prerelease, Version};

use crate::number::{self, Number};
use crate::suffix::{Read, Suffixes};
use crate::{
    CalendarFormat, FormatVersionError, Label, ParseVersionError, ParseVersionErrorKind,
    PolicyError, StableSuffix,
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
    /// [`NotCanonical`](ParseVersionErrorKind::NotCanonical) where another spelling would be read.
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

    fn parse_declared(&self, text: &str) -> Result<Version, ParseVersionError> {
        if self.is_semver()
            && let Some(version) = self.parse_semver(text)
        {
            return Ok(version);
        }
        self.read(text).map_err(|kind| {
            ParseVersionError::new(self.kind.name(), text, self.suggest(text, kind))
        })
    }

    /// Reads a SemVer text as its crate does; nothing where the text is to be read with more care.
    fn parse_semver(&self, text: &str) -> Option<Version> {
        let mut version = Version::parse(text).ok()?;
        self.give_meaning(&mut version)?;
        Some(version)
    }

    /// Maps the suffix of a SemVer version; nothing where the text is to be read with more care.
    fn give_meaning(&self, version: &mut Version) -> Option<()> {
        if self.suffixes.is_empty() {
            return Some(());
        }
        if version.pre.is_empty() {
            return version.build.is_empty().then_some(());
        }
        match self.suffixes.read(&version.pre, true).ok()? {
            Read::Prerelease(Cow::Borrowed(_)) => {}
            Read::Prerelease(Cow::Owned(identifiers)) => {
                version.pre = prerelease(&identifiers).ok()?;
            }
            Read::Stable(_) if !version.build.is_empty() => return None,
            Read::Stable(identifiers) => {
                version.build = metadata(&identifiers).ok()?;
                version.pre = Prerelease::EMPTY;
            }
        }
        Some(())
    }

    #[inline]
    fn read(&self, text: &str) -> Result<Version, ParseVersionErrorKind> {
        let (numbers, end) = match self.read_quickly(text) {
            Some(found) => found,
            None => self.read_carefully(text)?,
        };
        let (core, tail) = text.split_at_checked(end).unwrap_or((text, ""));
        let (suffix, build) = parts(tail);
        let [major, minor, patch] = numbers;
        let mut version = Version::new(major, minor, patch);
        if let Some(suffix) = suffix {
            let open = self.is_semver();
            match self.suffixes.read(suffix, open) {
                Ok(Read::Prerelease(identifiers)) => version.pre = prerelease(&identifiers)?,
                Ok(Read::Stable(identifiers)) if build.is_none() => {
                    version.build = metadata(&identifiers)?;
                }
                Ok(Read::Stable(_)) => {
                    return Err(grammar("a stable suffix takes no build metadata"));
                }
                Err(kind) => return Err(in_text(kind, core, build)),
            }
        }
        if let Some(build) = build {
            if !self.is_semver() {
                return Err(grammar("this scheme has no build metadata"));
            }
            version.build = metadata(build)?;
            if suffix.is_none()
                && let Some(text) = self.suffixes.stable_text(&version.build)
            {
                return Err(ParseVersionErrorKind::NotCanonical {
                    canonical: format!("{core}-{text}"),
                });
            }
        }
        Ok(version)
    }

    /// Reads the numbers of a canonical text, and where they end.
    #[inline]
    fn read_quickly(&self, text: &str) -> Option<([u64; 3], usize)> {
        let scan = number::scan(text)?;
        let canonical = match &self.kind {
            SchemeKind::Calendar(format) => format.accepts(&scan),
            other => {
                let (least, most, _) = numbers_of(other);
                (least..=most).contains(&scan.count)
                    && !scan.parts.iter().any(|part| part.padded)
                    && (scan.count == least || scan.parts[2].value != 0)
            }
        };
        canonical.then(|| (scan.values(), scan.end))
    }

    /// Reads the numbers of any text, with the error that fits.
    fn read_carefully(&self, text: &str) -> Result<([u64; 3], usize), ParseVersionErrorKind> {
        let mut bytes = text.bytes();
        let end = bytes.position(|byte| matches!(byte, b'-' | b'+'));
        let end = end.unwrap_or(text.len());
        let (core, tail) = text.split_at_checked(end).unwrap_or((text, ""));
        match self.read_core(core) {
            Ok(numbers) => Ok((numbers, end)),
            Err(ParseVersionErrorKind::NotCanonical { canonical }) => {
                Err(ParseVersionErrorKind::NotCanonical {
                    canonical: format!("{canonical}{tail}"),
                })
            }
            Err(other) => Err(other),
        }
    }

    fn read_core(&self, core: &str) -> Result<[u64; 3], ParseVersionErrorKind> {
        if let SchemeKind::Calendar(format) = &self.kind {
            return format.parse(core);
        }
        let (least, most, expected) = numbers_of(&self.kind);
        let mut components = [0; 3];
        let mut canonical = true;
        let mut count = 0;
        for (at, part) in core.split('.').enumerate() {
            count = at + 1;
            let Some(slot) = components.get_mut(at) else {
                break;
            };
            canonical &= part.len() == 1 || !part.starts_with('0');
            *slot = match number::lenient(part) {
                Number::Value(value) => value,
                Number::NotDigits => {
                    return Err(ParseVersionErrorKind::Grammar {
                        reason: format!("expected {expected}; `{part}` is no number"),
                    });
                }
                Number::Overflow => {
                    return Err(ParseVersionErrorKind::Overflow {
                        component: component(at),
                        digits: part.to_owned(),
                    });
                }
            };
        }
        if count < least || most < count {
            return Err(ParseVersionErrorKind::Grammar {
                reason: format!("expected {expected}, found {count}"),
            });
        }
        if !canonical || (count > least && components[2] == 0) {
            let canonical = self
                .print_core(components)
                .map_err(|reason| grammar(&reason))?;
            return Err(ParseVersionErrorKind::NotCanonical { canonical });
        }
        Ok(components)
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

    /// Looks for the canonical text that was probably meant: without `v`, and with the numbers and
    /// the suffix in their one spelling.
    fn suggest(&self, text: &str, kind: ParseVersionErrorKind) -> ParseVersionErrorKind {
        let mut spelling = text.trim_start_matches(['v', 'V']).to_owned();
        // Each round mends one place: the numbers, the suffix, the build metadata.
        for _ in 0..4 {
            match self.read(&spelling) {
                Ok(_) => {
                    return ParseVersionErrorKind::NotCanonical {
                        canonical: spelling,
                    };
                }
                Err(ParseVersionErrorKind::NotCanonical { canonical }) => spelling = canonical,
                Err(_) if text.starts_with(['v', 'V']) => return kind,
                Err(other) => return other,
            }
        }
        kind
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

fn component(index: usize) -> &'static str {
    match index {
        0 => "major",
        1 => "minor",
        _ => "patch",
    }
}

/// Returns how many numbers a text has, at least and at most.
fn numbers_of(kind: &SchemeKind) -> (usize, usize, &'static str) {
    match kind {
        SchemeKind::Semver => (3, 3, "three numbers, as in `1.4.0`"),
        SchemeKind::MajorMinor => (2, 3, "two or three numbers, as in `0.1` or `0.1.1`"),
        SchemeKind::Integer => (1, 1, "one number, as in `12`"),
        SchemeKind::Calendar(format) => (format.len(), format.len(), "a date"),
    }
}

/// Cuts what follows the numbers into the suffix after the hyphen and what follows the plus sign.
fn parts(tail: &str) -> (Option<&str>, Option<&str>) {
    match tail.strip_prefix('-') {
        None => (None, tail.strip_prefix('+')),
        Some(tail) => match tail.bytes().position(|byte| byte == b'+') {
            Some(at) => (tail.get(..at), tail.get(at + 1..)),
            None => (Some(tail), None),
        },
    }
}

fn grammar(reason: &str) -> ParseVersionErrorKind {
    ParseVersionErrorKind::Grammar {
        reason: reason.to_owned(),
    }
}

fn prerelease(identifiers: &str) -> Result<Prerelease, ParseVersionErrorKind> {
    Prerelease::new(identifiers)
        .map_err(|error| ParseVersionErrorKind::Grammar {
            reason: format!("prerelease `{identifiers}`: {error}"),
        })
        .and_then(|pre| {
            if pre.is_empty() {
                Err(grammar("expected a suffix after the hyphen"))
            } else {
                Ok(pre)
            }
        })
}

fn metadata(identifiers: &str) -> Result<BuildMetadata, ParseVersionErrorKind> {
    BuildMetadata::new(identifiers)
        .map_err(|error| ParseVersionErrorKind::Grammar {
            reason: format!("build metadata `{identifiers}`: {error}"),
        })
        .and_then(|build| {
            if build.is_empty() {
                Err(grammar("expected build metadata after the plus sign"))
            } else {
                Ok(build)
            }
        })
}

/// Completes the canonical suffix that [`Suffixes`] suggests to a whole text.
fn in_text(kind: ParseVersionErrorKind, core: &str, build: Option<&str>) -> ParseVersionErrorKind {
    match kind {
        ParseVersionErrorKind::NotCanonical { canonical } => ParseVersionErrorKind::NotCanonical {
            canonical: match build {
                Some(build) => format!("{core}-{canonical}+{build}"),
                None => format!("{core}-{canonical}"),
            },
        },
        other => other,
    }
}
