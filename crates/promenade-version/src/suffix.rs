//! The declared suffixes of a scheme: which text means what, and how it maps to identifiers.

use crate::label::{Fit, Stable, is_hex};
use crate::{Label, Meaning, ParseVersionErrorKind, PolicyError, StableSuffix};

/// The declared suffixes of a scheme.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Suffixes {
    candidates: Vec<Label>,
    legacy: Vec<Label>,
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

/// What a suffix maps to.
pub(crate) enum Read {
    Prerelease(String),
    Stable(String),
}

impl State {
    fn identifiers(&self, number: Option<u64>) -> String {
        let identifiers = self.label.identifiers(number);
        if self.lowered {
            format!("0.{identifiers}")
        } else {
            identifiers
        }
    }

    fn fits_identifiers(&self, identifiers: &str) -> Option<Option<u64>> {
        let bare = if self.lowered {
            identifiers.strip_prefix("0.")?
        } else {
            identifiers
        };
        self.label.fits_identifiers(bare)
    }
}

impl Suffixes {
    pub(crate) fn new(
        candidates: &[Label],
        legacy: &[Label],
        stable: &[StableSuffix],
        manifest: &[Label],
    ) -> Result<Self, PolicyError> {
        for (earlier, later) in candidates.iter().zip(candidates.iter().skip(1)) {
            if later.stem() <= earlier.stem() {
                return Err(PolicyError::LabelOrder {
                    earlier: earlier.to_string(),
                    later: later.to_string(),
                });
            }
        }
        let stable_labels = stable.iter().filter_map(|suffix| match &suffix.0 {
            Stable::Label(label) => Some(label),
            Stable::Hex => None,
        });
        let all: Vec<&Label> = candidates
            .iter()
            .chain(legacy)
            .chain(manifest)
            .chain(stable_labels)
            .collect();
        let hex = stable.iter().any(|suffix| suffix.0 == Stable::Hex);
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
            let example = first.text(Some(1_234_567));
            if hex && is_hex(&example) {
                return Err(PolicyError::AmbiguousSuffixes {
                    first: first.to_string(),
                    second: "{hex}".to_owned(),
                    example,
                });
            }
        }
        let states = manifest.iter().map(|label| State {
            label: label.clone(),
            lowered: candidates
                .iter()
                .chain(legacy)
                .any(|other| other.stem() <= label.stem()),
        });
        Ok(Self {
            candidates: candidates.to_vec(),
            legacy: legacy.to_vec(),
            stable: stable.to_vec(),
            manifest: states.collect(),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
            && self.legacy.is_empty()
            && self.stable.is_empty()
            && self.manifest.is_empty()
    }

    /// Returns every declared prerelease label and stable suffix.
    #[cfg(feature = "proptest1")]
    pub(crate) fn declared(&self) -> (impl Iterator<Item = &Label>, &[StableSuffix]) {
        let states = self.manifest.iter().map(|state| &state.label);
        let labels = self.candidates.iter().chain(&self.legacy).chain(states);
        (labels, &self.stable)
    }

    /// Returns whether a SemVer text with these identifiers surely maps to itself.
    pub(crate) fn keeps(&self, pre: &str, build: &str) -> bool {
        if self.is_empty() {
            return true;
        }
        if pre.is_empty() {
            return build.is_empty();
        }
        let states = self.manifest.iter().filter(|state| !state.lowered);
        let labels = self.candidates.iter().chain(&self.legacy);
        labels
            .chain(states.map(|state| &state.label))
            .any(|label| !label.is_joined() && matches!(label.fits_text(pre), Fit::Yes(_)))
    }

    pub(crate) fn is_manifest(&self, identifiers: &str) -> bool {
        self.manifest
            .iter()
            .any(|state| state.fits_identifiers(identifiers).is_some())
    }

    pub(crate) fn is_stable(&self, identifiers: &str) -> bool {
        self.stable_text(identifiers).is_some()
    }

    /// Returns the text of a stable suffix, without its hyphen.
    pub(crate) fn stable_text(&self, identifiers: &str) -> Option<String> {
        if identifiers.is_empty() {
            return None;
        }
        self.stable.iter().find_map(|suffix| match &suffix.0 {
            Stable::Hex => is_hex(identifiers).then(|| identifiers.to_owned()),
            Stable::Label(label) => label
                .fits_identifiers(identifiers)
                .map(|number| label.text(number)),
        })
    }

    /// Returns the candidate label and the number that identifiers spell.
    pub(crate) fn candidate(&self, identifiers: &str) -> Option<(&Label, Option<u64>)> {
        self.candidates
            .iter()
            .chain(&self.legacy)
            .find_map(|label| Some((label, label.fits_identifiers(identifiers)?)))
    }

    /// Returns the identifiers of a declared state of the manifest.
    pub(crate) fn manifest_identifiers(&self, label: &Label) -> Option<String> {
        let state = self.manifest.iter().find(|state| state.label == *label)?;
        Some(state.identifiers(None))
    }

    /// Reads a suffix text; an `open` scheme takes undeclared ones as candidates.
    pub(crate) fn read(&self, text: &str, open: bool) -> Result<Read, ParseVersionErrorKind> {
        for suffix in &self.stable {
            match &suffix.0 {
                Stable::Hex if is_hex(text) => return Ok(Read::Stable(text.to_owned())),
                Stable::Hex => {}
                Stable::Label(label) => {
                    if let Some(number) = fit(label, text)? {
                        return Ok(Read::Stable(label.identifiers(number)));
                    }
                }
            }
        }
        for state in &self.manifest {
            if let Some(number) = fit(&state.label, text)? {
                return Ok(Read::Prerelease(state.identifiers(number)));
            }
        }
        for label in self.candidates.iter().chain(&self.legacy) {
            if let Some(number) = fit(label, text)? {
                return Ok(Read::Prerelease(label.identifiers(number)));
            }
        }
        if let Some(canonical) = self.declared_text(text) {
            return Err(ParseVersionErrorKind::NotCanonical { canonical });
        }
        if open {
            return Ok(Read::Prerelease(text.to_owned()));
        }
        Err(ParseVersionErrorKind::UnknownSuffix {
            suffix: text.to_owned(),
            declared: self.describe(),
        })
    }

    /// Prints prerelease identifiers as a suffix text.
    pub(crate) fn print(&self, identifiers: &str, open: bool) -> Result<String, String> {
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
    fn declared_text(&self, identifiers: &str) -> Option<String> {
        let state = self
            .manifest
            .iter()
            .find_map(|state| Some(state.label.text(state.fits_identifiers(identifiers)?)));
        state.or_else(|| {
            self.candidate(identifiers)
                .map(|(label, number)| label.text(number))
        })
    }

    /// Iterates over the templates of all declared suffixes, and what they mean.
    pub(crate) fn templates(&self) -> impl Iterator<Item = (Meaning, String)> + '_ {
        let candidates = self.candidates.iter().chain(&self.legacy);
        let candidates = candidates.map(|label| (Meaning::Candidate, label.to_string()));
        let states = self.manifest.iter().map(|state| &state.label);
        let states = states.map(|label| (Meaning::Manifest, label.to_string()));
        let stable = self.stable.iter();
        let stable = stable.map(|suffix| (Meaning::StableSuffix, suffix.to_string()));
        candidates.chain(states).chain(stable)
    }

    fn describe(&self) -> String {
        let manifest = self.manifest.iter().map(|state| &state.label);
        let all = self.candidates.iter().chain(&self.legacy).chain(manifest);
        let mut names: Vec<String> = all.map(|label| format!("`-{label}`")).collect();
        names.extend(self.stable.iter().map(|suffix| format!("`-{suffix}`")));
        if names.is_empty() {
            return "none".to_owned();
        }
        names.join(", ")
    }
}

fn fit(label: &Label, text: &str) -> Result<Option<Option<u64>>, ParseVersionErrorKind> {
    match label.fits_text(text) {
        Fit::No => Ok(None),
        Fit::Yes(number) => Ok(Some(number)),
        Fit::LeadingZeros(_) => {
            let number = match label.fits_text(text) {
                Fit::LeadingZeros(digits) => digits.parse().ok(),
                _ => None,
            };
            Err(ParseVersionErrorKind::NotCanonical {
                canonical: label.text(number),
            })
        }
        Fit::Overflow(digits) => Err(ParseVersionErrorKind::Overflow {
            component: "suffix",
            digits,
        }),
    }
}

/// Returns a text, or a value, that two labels share.
fn overlap(first: &Label, second: &Label) -> Option<String> {
    if first.is_numbered() == second.is_numbered() && first.stem() == second.stem() {
        return Some(first.identifiers(Some(1)));
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
