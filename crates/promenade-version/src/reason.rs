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
    pub(crate) fn new(rule: Rule, input: impl ToString, result: impl ToString) -> Self {
        Self {
            rule,
            input: input.to_string(),
            result: result.to_string(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            input,
            result,
        } = self;
        match rule {
            Rule::Asked => write!(f, "a {result} release was asked for"),
            Rule::Semver => write!(f, "{input} raises the {result}"),
            Rule::BreakingIsMinor => write!(
                f,
                "{input} below 1.0.0 raises the {result} (`breaking-is-minor`)"
            ),
            Rule::ZeroIsOpen => write!(
                f,
                "{input} below 1.0.0 raises the {result} (`zero-is-open`)"
            ),
            Rule::LaneFloor => write!(f, "the {input} lane raises at least the {result}"),
            Rule::IntegerCounts => {
                write!(f, "every release after {input} counts one up to {result}")
            }
            Rule::Calendar => write!(f, "the calendar of {input} gives {result}"),
            Rule::SamePeriod => write!(
                f,
                "{input} is of the same period, so its counter rises to {result}"
            ),
            Rule::Initial => write!(f, "there is no version yet, and the first one is {result}"),
            Rule::SeriesOpened => write!(f, "{result} opens the series of {input}"),
            Rule::BaseKept => write!(f, "the open series keeps its base {result}"),
            Rule::BaseMoved => write!(f, "{input} moves the base of the series to {result}"),
            Rule::CounterInLabel => {
                write!(f, "the number in the label of {input} rises to {result}")
            }
            Rule::CounterInPatch => {
                write!(f, "the number in the patch of {input} rises to {result}")
            }
            Rule::LabelAdvanced => write!(f, "the series of {input} goes on as {result}"),
            Rule::Promoted => write!(f, "the candidate {input} is promoted to {result}"),
            Rule::LinePatch => write!(f, "{result} is the next free patch of the line {input}"),
            Rule::MarkerDropped => write!(f, "the manifest's {input} is released as {result}"),
            Rule::MarkerSet => write!(f, "after {input} the manifest is marked {result}"),
            Rule::NextInManifest => write!(
                f,
                "after {input} the manifest takes the next version {result}"
            ),
            Rule::Lockstep => write!(f, "the group {input} moves in lockstep to {result}"),
            Rule::Linked => write!(
                f,
                "the released packages of the group {input} share {result}"
            ),
            Rule::RequirementBroken => write!(
                f,
                "{input} is outside its requirement, so it follows with a {result}"
            ),
        }
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
        let reasons: Vec<String> = self.reasons.iter().map(Reason::to_string).collect();
        reasons.join("; ")
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.text, self.why())
    }
}
