//! How candidates are numbered.

use crate::{Label, PolicyError};

/// Where the number of a candidate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Counter {
    /// `1.0.0-rc.1` → `1.0.0-rc.2`.
    Label,
    /// `2603.0-pre` → `2603.1-pre`.
    Patch,
}

/// When a stronger impact lands in an open series, what becomes of its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum SeriesBase {
    /// It stays until the series is promoted.
    Keep,
    /// It is computed again from the last release: `1.4.1-rc.2` and a feature give `1.5.0-rc.1`.
    #[default]
    FromRelease,
    /// As `from-release`, and a change that breaks users of a published candidate counts as one
    /// that breaks a release: `1.0.0-rc.1` and a breaking change give `2.0.0-rc.1`.
    FromCandidate,
}

/// How candidates are numbered: `candidate = { label = "rc.{n}", counter = "label" }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "RawCandidate", into = "RawCandidate")
)]
pub struct CandidatePolicy {
    raw: RawCandidate,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
struct RawCandidate {
    label: Label,
    counter: Counter,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    start: Option<u64>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    earlier: Vec<Label>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    legacy: Vec<Label>,
    #[cfg_attr(feature = "serde", serde(default))]
    base: SeriesBase,
}

impl TryFrom<RawCandidate> for CandidatePolicy {
    type Error = PolicyError;

    fn try_from(raw: RawCandidate) -> Result<Self, PolicyError> {
        let policy = Self { raw };
        let raw = &policy.raw;
        for label in policy.labels() {
            match raw.counter {
                Counter::Label if !label.is_numbered() => {
                    return Err(PolicyError::InvalidSuffix {
                        suffix: label.to_string(),
                        reason: "the counter is in the label, which needs `{n}`",
                    });
                }
                Counter::Patch if label.is_numbered() => {
                    return Err(PolicyError::InvalidSuffix {
                        suffix: label.to_string(),
                        reason: "the counter is in the patch, so the label has no `{n}`",
                    });
                }
                Counter::Label | Counter::Patch => {}
            }
        }
        if raw
            .start
            .is_some_and(|start| start > 1 || raw.counter == Counter::Patch)
        {
            return Err(PolicyError::Contradiction {
                key: "start",
                reason: "is 0 or 1, for a counter in the label".to_owned(),
            });
        }
        Ok(policy)
    }
}

impl From<CandidatePolicy> for RawCandidate {
    fn from(policy: CandidatePolicy) -> Self {
        policy.raw
    }
}

impl CandidatePolicy {
    /// Numbers candidates in the label, from 1: `rc.{n}`, `prerelease{n}`.
    ///
    /// # Errors
    /// [`PolicyError::InvalidSuffix`] if the label is malformed or has no `{n}`.
    pub fn in_label(label: &str) -> Result<Self, PolicyError> {
        Self::new(label, Counter::Label)
    }

    /// Numbers candidates in the patch: `pre`.
    ///
    /// # Errors
    /// [`PolicyError::InvalidSuffix`] if the label is malformed or has `{n}`.
    pub fn in_patch(label: &str) -> Result<Self, PolicyError> {
        Self::new(label, Counter::Patch)
    }

    fn new(label: &str, counter: Counter) -> Result<Self, PolicyError> {
        Self::try_from(RawCandidate {
            label: label.parse()?,
            counter,
            start: None,
            earlier: Vec::new(),
            legacy: Vec::new(),
            base: SeriesBase::default(),
        })
    }

    /// Sets the number of the first candidate, 0 or 1.
    ///
    /// # Errors
    /// [`PolicyError::Contradiction`] for another number, or if the counter is in the patch.
    pub fn start(mut self, number: u64) -> Result<Self, PolicyError> {
        self.raw.start = Some(number);
        Self::try_from(self.raw)
    }

    /// Adds a label that a series may have before this policy's own: `alpha.{n}`, then `beta.{n}`.
    ///
    /// # Errors
    /// [`PolicyError::InvalidSuffix`] if the label is malformed, or numbered where the policy's is not.
    pub fn earlier(mut self, label: &str) -> Result<Self, PolicyError> {
        self.raw.earlier.push(label.parse()?);
        Self::try_from(self.raw)
    }

    /// Adds a label that is read and never made.
    ///
    /// # Errors
    /// [`PolicyError::InvalidSuffix`] if the label is malformed.
    pub fn legacy(mut self, label: &str) -> Result<Self, PolicyError> {
        self.raw.legacy.push(label.parse()?);
        Self::try_from(self.raw)
    }

    /// Sets what becomes of the base when a stronger impact lands.
    #[must_use]
    pub fn base(mut self, base: SeriesBase) -> Self {
        self.raw.base = base;
        self
    }

    /// Returns the label of the last candidates of a series.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.raw.label
    }

    /// Returns where the number stands.
    #[must_use]
    pub fn counter(&self) -> Counter {
        self.raw.counter
    }

    /// Returns the number of the first candidate.
    #[must_use]
    pub fn first_number(&self) -> u64 {
        self.raw.start.unwrap_or(1)
    }

    /// Returns the labels that a series may have before [`CandidatePolicy::label`], in order.
    #[must_use]
    pub fn earlier_labels(&self) -> &[Label] {
        &self.raw.earlier
    }

    /// Iterates over the labels that a series may have, in order.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &Label> {
        let last = std::slice::from_ref(&self.raw.label);
        self.raw.earlier.iter().chain(last)
    }

    /// Returns the labels that are read and never made.
    #[must_use]
    pub fn legacy_labels(&self) -> &[Label] {
        &self.raw.legacy
    }

    /// Returns what becomes of the base when a stronger impact lands.
    #[must_use]
    pub fn series_base(&self) -> SeriesBase {
        self.raw.base
    }
}
