//! Why a version follows: data, and one sentence.

use std::fmt;

use semver::Version;

/// The rule behind one step of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Rule {
    /// The caller asked for this level.
    Asked,
    /// SemVer items 6 to 8.
    Semver,
    /// Cargo's rule below 1.0.0.
    BreakingIsMinor,
    /// SemVer item 4.
    ZeroIsOpen,
    /// The lane raises at least this level.
    LaneFloor,
    /// The scheme has one number.
    IntegerCounts,
    /// The calendar gives the numbers.
    Calendar,
    /// The calendar period has a version already, so a counter rises.
    SamePeriod,
    /// The first version of all.
    Initial,
    /// The first candidate of a series.
    SeriesOpened,
    /// An open series keeps its base.
    BaseKept,
    /// A stronger impact moves the base of an open series.
    BaseMoved,
    /// The number in the label rises.
    CounterInLabel,
    /// The number in the patch rises.
    CounterInPatch,
    /// The series goes on under a later label.
    LabelAdvanced,
    /// A candidate becomes its final version.
    Promoted,
    /// The next patch of a line.
    LinePatch,
    /// The marker of the manifest is dropped for the release.
    MarkerDropped,
    /// The marker of the manifest is set after a release.
    MarkerSet,
    /// The manifest takes the version that is planned next.
    NextInManifest,
    /// All packages of the group share one version.
    Lockstep,
    /// Packages of the group that are released together share one version.
    Linked,
    /// A dependency moved out of the package's requirement.
    RequirementBroken,
}

impl Rule {
    /// Returns the name that reports use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Semver => "semver",
            Self::BreakingIsMinor => "breaking-is-minor",
            Self::ZeroIsOpen => "zero-is-open",
            Self::LaneFloor => "lane-floor",
            Self::IntegerCounts => "integer-counts",
            Self::Calendar => "calendar",
            Self::SamePeriod => "same-period",
            Self::Initial => "initial",
            Self::SeriesOpened => "series-opened",
            Self::BaseKept => "base-kept",
            Self::BaseMoved => "base-moved",
            Self::CounterInLabel => "counter-in-label",
            Self::CounterInPatch => "counter-in-patch",
            Self::LabelAdvanced => "label-advanced",
            Self::Promoted => "promoted",
            Self::LinePatch => "line-patch",
            Self::MarkerDropped => "marker-dropped",
            Self::MarkerSet => "marker-set",
            Self::NextInManifest => "next-in-manifest",
            Self::Lockstep => "lockstep",
            Self::Linked => "linked",
            Self::RequirementBroken => "requirement-broken",
        }
    }

    /// Returns what a reason says, with the places of its input and its result.
    fn sentence(self) -> &'static str {
        match self {
            Self::Asked => "a {result} release was asked for",
            Self::Semver => "{input} raises the {result}",
            Self::BreakingIsMinor => {
                "{input} below 1.0.0 raises the {result} (`breaking-is-minor`)"
            }
            Self::ZeroIsOpen => "{input} below 1.0.0 raises the {result} (`zero-is-open`)",
            Self::LaneFloor => "the {input} lane raises at least the {result}",
            Self::IntegerCounts => "every release after {input} counts one up to {result}",
            Self::Calendar => "the calendar of {input} gives {result}",
            Self::SamePeriod => "{input} is of the same period, so its counter rises to {result}",
            Self::Initial => "there is no version yet, and the first one is {result}",
            Self::SeriesOpened => "{result} opens the series of {input}",
            Self::BaseKept => "the open series keeps its base {result}",
            Self::BaseMoved => "{input} moves the base of the series to {result}",
            Self::CounterInLabel => "the number in the label of {input} rises to {result}",
            Self::CounterInPatch => "the number in the patch of {input} rises to {result}",
            Self::LabelAdvanced => "the series of {input} goes on as {result}",
            Self::Promoted => "the candidate {input} is promoted to {result}",
            Self::LinePatch => "{result} is the next free patch of the line {input}",
            Self::MarkerDropped => "the manifest's {input} is released as {result}",
            Self::MarkerSet => "after {input} the manifest is marked {result}",
            Self::NextInManifest => "after {input} the manifest takes the next version {result}",
            Self::Lockstep => "the group {input} moves in lockstep to {result}",
            Self::Linked => "the released packages of the group {input} share {result}",
            Self::RequirementBroken => {
                "{input} is outside its requirement, so it follows with a {result}"
            }
        }
    }
}

/// One step of a decision: the rule, what it was applied to, what it gave.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Reason {
    /// The rule.
    pub rule: Rule,
    /// What it was applied to.
    pub input: String,
    /// What it gave.
    pub result: String,
}

impl Reason {
    pub(crate) fn new(rule: Rule, input: String, result: String) -> Self {
        Self {
            rule,
            input,
            result,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.rule.sentence();
        while let Some((words, tail)) = rest.split_once('{') {
            let (value, tail) = match tail.strip_prefix("input}") {
                Some(tail) => (&self.input, tail),
                None => (&self.result, tail.strip_prefix("result}").unwrap_or(tail)),
            };
            f.write_str(words)?;
            f.write_str(value)?;
            rest = tail;
        }
        f.write_str(rest)
    }
}

/// A version that follows, with its text and the reasons for it.
///
/// It prints as one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct Next {
    version: Version,
    text: String,
    reasons: Vec<Reason>,
}

impl Next {
    pub(crate) fn new(version: Version, text: String, reasons: Vec<Reason>) -> Self {
        Self {
            version,
            text,
            reasons,
        }
    }

    /// Adds a reason.
    pub(crate) fn because(mut self, reason: Reason) -> Self {
        self.reasons.push(reason);
        self
    }

    /// Returns the version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Returns its text in the scheme of the policy.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns why, in the order of the steps.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Returns the reasons as one sentence, without the version.
    #[must_use]
    pub fn why(&self) -> String {
        let mut why = String::new();
        for reason in &self.reasons {
            if !why.is_empty() {
                why.push_str("; ");
            }
            why.push_str(&reason.to_string());
        }
        why
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.text, self.why())
    }
}
