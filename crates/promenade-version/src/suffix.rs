//! The declared suffixes of a scheme: which text means what, and how it maps to identifiers.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::label::{Fit, Stable, is_hex};
use crate::{Label, Meaning, ParseVersionErrorKind, PolicyError, StableSuffix};

/// The declared suffixes of a scheme.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Suffixes {
    /// Those that are made, then those that are read only.
    candidates: Vec<Label>,
    stable: Vec<StableSuffix>,
    manifest: Vec<State>,
}

/// A state of the manifest. It precedes every candidate of its version: where the letters alone
/// would not say so, it maps to the identifiers `0.STATE`, which precede everything with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    label: Label,
    lowered: bool,
}

/// The identifiers that a suffix maps to.
pub(crate) enum Read<'a> {
    Prerelease(Cow<'a, str>),
    Stable(Cow<'a, str>),
}

impl State {
    fn identifiers<'a>(&self, text: &'a str, digits: Option<&str>) -> Cow<'a, str> {
        if self.lowered {
            let mut lowered = "0.".to_owned();
            lowered.push_str(&self.label.identifiers(digits));
            Cow::Owned(lowered)
        } else {
            identifiers(&self.label, text, digits)
        }
    }

    fn text<'a>(&self, identifiers: &'a str) -> Option<Cow<'a, str>> {
        let bare = if self.lowered {
            identifiers.strip_prefix("0.")?
        } else {
            identifiers
        };
        text_of(&self.label, bare)
    }
}

/// Returns the identifiers of a text that fits a label; mostly they are the text.
fn identifiers<'a>(label: &Label, text: &'a str, digits: Option<&str>) -> Cow<'a, str> {
    if label.is_joined() {
        Cow::Owned(label.identifiers(digits))
    } else {
        Cow::Borrowed(text)
    }
}

/// Returns the text of identifiers, if they fit a label; mostly they are the text.
fn text_of<'a>(label: &Label, identifiers: &'a str) -> Option<Cow<'a, str>> {
    let digits = label.fits_identifiers(identifiers)?;
    Some(if label.is_joined() {
        Cow::Owned(label.text(digits))
    } else {
        Cow::Borrowed(identifiers)
    })
}

impl Suffixes {
    pub(crate) fn new(
        mut candidates: Vec<Label>,
        legacy: Vec<Label>,
        stable: Vec<StableSuffix>,
        manifest: Vec<Label>,
    ) -> Result<Self, PolicyError> {
        for pair in candidates.windows(2) {
            if let [earlier, later] = pair
                && later.stem() <= earlier.stem()
            {
                return Err(PolicyError::LabelOrder {
                    earlier: earlier.to_string(),
                    later: later.to_string(),
                });
            }
        }
        candidates.extend(legacy);
        let mut all: Vec<&Label> = Vec::new();
        all.extend(&candidates);
        all.extend(&manifest);
        let mut hex = false;
        for suffix in &stable {
            match &suffix.0 {
                Stable::Label(label) => all.push(label),
                Stable::Hex => hex = true,
            }
        }
        for (at, first) in all.iter().enumerate() {
            for second in all.iter().skip(at + 1) {
                if let Some(example) = overlap(first, second).or_else(|| overlap(second, first)) {
                    return Err(PolicyError::AmbiguousSuffixes {
                        first: first.to_string(),
                        second: second.to_string(),
                        example,
                    });
                }
            }
            let example = first.text(Some("1234567"));
            if hex && is_hex(&example) {
                return Err(PolicyError::AmbiguousSuffixes {
                    first: first.to_string(),
                    second: "{hex}".to_owned(),
                    example,
                });
            }
        }
        let mut states = Vec::with_capacity(manifest.len());
        for label in manifest {
            let lowered = candidates.iter().any(|other| other.stem() <= label.stem());
            states.push(State { label, lowered });
        }
        Ok(Self {
            candidates,
            stable,
            manifest: states,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty() && self.stable.is_empty() && self.manifest.is_empty()
    }

    /// Returns every declared prerelease label and stable suffix.
    #[cfg(feature = "proptest1")]
    pub(crate) fn declared(&self) -> (impl Iterator<Item = &Label>, &[StableSuffix]) {
        let states = self.manifest.iter().map(|state| &state.label);
        let labels = self.candidates.iter().chain(states);
        (labels, &self.stable)
    }

    pub(crate) fn is_manifest(&self, identifiers: &str) -> bool {
        self.manifest
            .iter()
            .any(|state| state.text(identifiers).is_some())
    }

    pub(crate) fn is_stable(&self, identifiers: &str) -> bool {
        self.stable_text(identifiers).is_some()
    }

    /// Returns the text of a stable suffix, without its hyphen.
    pub(crate) fn stable_text<'a>(&self, identifiers: &'a str) -> Option<Cow<'a, str>> {
        if identifiers.is_empty() {
            return None;
        }
        self.stable.iter().find_map(|suffix| match &suffix.0 {
            Stable::Hex => is_hex(identifiers).then_some(Cow::Borrowed(identifiers)),
            Stable::Label(label) => text_of(label, identifiers),
        })
    }

    /// Returns the candidate label and the number that identifiers spell.
    #[cfg(feature = "policy")]
    pub(crate) fn candidate(&self, identifiers: &str) -> Option<(&Label, Option<u64>)> {
        self.candidates.iter().find_map(|label| {
            let digits = label.fits_identifiers(identifiers)?;
            Some((label, digits.and_then(|digits| digits.parse().ok())))
        })
    }

    /// Returns the identifiers of a declared state of the manifest.
    #[cfg(feature = "policy")]
    pub(crate) fn manifest_identifiers(&self, label: &Label) -> Option<String> {
        let state = self.manifest.iter().find(|state| state.label == *label)?;
        Some(state.identifiers(label.stem(), None).into_owned())
    }

    /// Reads a suffix text; an `open` scheme takes undeclared ones as candidates.
    pub(crate) fn read<'a>(
        &self,
        text: &'a str,
        open: bool,
    ) -> Result<Read<'a>, ParseVersionErrorKind> {
        for label in &self.candidates {
            if let Some(digits) = fit(label, text)? {
                return Ok(Read::Prerelease(identifiers(label, text, digits)));
            }
        }
        for suffix in &self.stable {
            match &suffix.0 {
                Stable::Hex if is_hex(text) => return Ok(Read::Stable(Cow::Borrowed(text))),
                Stable::Hex => {}
                Stable::Label(label) => {
                    if let Some(digits) = fit(label, text)? {
                        return Ok(Read::Stable(identifiers(label, text, digits)));
                    }
                }
            }
        }
        for state in &self.manifest {
            if let Some(digits) = fit(&state.label, text)? {
                return Ok(Read::Prerelease(state.identifiers(text, digits)));
            }
        }
        if let Some(canonical) = self.declared_text(text) {
            return Err(ParseVersionErrorKind::NotCanonical {
                canonical: canonical.into_owned(),
            });
        }
        if open {
            return Ok(Read::Prerelease(Cow::Borrowed(text)));
        }
        Err(ParseVersionErrorKind::UnknownSuffix {
            suffix: text.to_owned(),
            declared: self.describe(),
        })
    }

    /// Prints prerelease identifiers as a suffix text.
    pub(crate) fn print<'a>(
        &self,
        identifiers: &'a str,
        open: bool,
    ) -> Result<Cow<'a, str>, String> {
        if let Some(text) = self.declared_text(identifiers) {
            return Ok(text);
        }
        if !open {
            return Err(format!(
                "suffix `{identifiers}` is not declared; declared: {}",
                self.describe()
            ));
        }
        match self.read(identifiers, true) {
            Ok(Read::Prerelease(read)) if read == identifiers => Ok(read),
            _ => Err(format!("the text `-{identifiers}` means another version")),
        }
    }

    /// Returns the text of identifiers that a declared prerelease label maps to.
    fn declared_text<'a>(&self, identifiers: &'a str) -> Option<Cow<'a, str>> {
        for label in &self.candidates {
            if let Some(text) = text_of(label, identifiers) {
                return Some(text);
            }
        }
        self.manifest
            .iter()
            .find_map(|state| state.text(identifiers))
    }

    /// Returns the templates of all declared suffixes, and what they mean.
    pub(crate) fn templates(&self) -> Vec<(Meaning, String)> {
        let mut templates = Vec::new();
        for label in &self.candidates {
            templates.push((Meaning::Candidate, label.to_string()));
        }
        for state in &self.manifest {
            templates.push((Meaning::Manifest, state.label.to_string()));
        }
        for suffix in &self.stable {
            templates.push((Meaning::StableSuffix, suffix.to_string()));
        }
        templates
    }

    fn describe(&self) -> String {
        let mut names = String::new();
        for (_, suffix) in self.templates() {
            let comma = if names.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(names, "{comma}`-{suffix}`");
        }
        if names.is_empty() {
            return "none".to_owned();
        }
        names
    }
}

#[inline]
fn fit<'a>(label: &Label, text: &'a str) -> Result<Option<Option<&'a str>>, ParseVersionErrorKind> {
    match label.fits_text(text) {
        Fit::No => Ok(None),
        Fit::Yes(digits) => Ok(Some(digits)),
        Fit::LeadingZeros(digits) => Err(ParseVersionErrorKind::NotCanonical {
            canonical: label.text(Some(digits)),
        }),
        Fit::Overflow(digits) => Err(ParseVersionErrorKind::Overflow {
            component: "suffix",
            digits: digits.to_owned(),
        }),
    }
}

/// Returns a text, or a value, that two labels share.
fn overlap(first: &Label, second: &Label) -> Option<String> {
    if first.is_numbered() == second.is_numbered() && first.stem() == second.stem() {
        return Some(first.identifiers(Some("1")));
    }
    if second.is_joined() && !first.is_numbered() {
        // `rc2` is also `rc{n}` with the number 2.
        return match second.fits_text(first.stem()) {
            Fit::No => None,
            _ => Some(first.stem().to_owned()),
        };
    }
    None
}
