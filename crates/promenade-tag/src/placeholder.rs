//! What may stand between braces in a template.

use std::fmt;

/// A value that a template writes and reads: what stands between the braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Placeholder {
    /// `{component}`: the package, service or group that the version belongs to.
    Component,
    /// `{scope}`: what a component's name lies under, without the `@` of npm.
    Scope,
    /// `{version}`: the whole version, as its scheme spells it.
    Version,
    /// `{major}`.
    Major,
    /// `{minor}`.
    Minor,
    /// `{patch}`.
    Patch,
    /// `{prerelease}`: what follows the hyphen; a version without one has no such name.
    Prerelease,
    /// `{build}`: what follows the plus sign; a version without one has no such name.
    Build,
    /// `{date}`: `YYYY-MM-DD`.
    Date,
    /// `{commit}`: all digits of a commit id; `{commit:7}`: the first seven.
    Commit(Option<u8>),
    /// `{environment}`: the name of an environment or network.
    Environment,
    /// `{line}`: a maintained range of versions, `1.x` or `1.4.x`.
    Line,
    /// `{next_patch}`: the version after this one on its line; arithmetic, never a literal `+1`.
    NextPatch,
    /// `{tag}`: the name of the tag, in messages.
    Tag,
}

/// The fewest digits of a shortened commit id: git's own least.
pub const MIN_COMMIT_DIGITS: u8 = 4;
/// The most digits of a shortened commit id: a whole SHA-1 id is `{commit}`.
pub const MAX_COMMIT_DIGITS: u8 = 39;

impl Placeholder {
    /// How many kinds there are; spans of a match are kept by kind.
    pub(crate) const KINDS: usize = 14;

    /// The names, in the order in which messages list them.
    pub(crate) const NAMES: &'static str = "component, scope, version, major, minor, patch, \
         prerelease, build, date, commit, commit:N, environment, line, next_patch, tag";

    /// Reads what stands between the braces.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "component" => Self::Component,
            "scope" => Self::Scope,
            "version" => Self::Version,
            "major" => Self::Major,
            "minor" => Self::Minor,
            "patch" => Self::Patch,
            "prerelease" => Self::Prerelease,
            "build" => Self::Build,
            "date" => Self::Date,
            "commit" => Self::Commit(None),
            "environment" => Self::Environment,
            "line" => Self::Line,
            "next_patch" => Self::NextPatch,
            "tag" => Self::Tag,
            other => {
                let digits = other.strip_prefix("commit:")?;
                let number: u8 = digits.parse().ok()?;
                let canonical = number.to_string() == digits;
                let known = (MIN_COMMIT_DIGITS..=MAX_COMMIT_DIGITS).contains(&number);
                return (canonical && known).then_some(Self::Commit(Some(number)));
            }
        })
    }

    /// Says whether it stands for a name: one of a list, or any identifier.
    pub(crate) fn names(self) -> bool {
        matches!(self, Self::Component | Self::Scope | Self::Environment)
    }

    /// Returns the place of the kind in an array of [`Placeholder::KINDS`].
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Component => 0,
            Self::Scope => 1,
            Self::Version => 2,
            Self::Major => 3,
            Self::Minor => 4,
            Self::Patch => 5,
            Self::Prerelease => 6,
            Self::Build => 7,
            Self::Date => 8,
            Self::Commit(_) => 9,
            Self::Environment => 10,
            Self::Line => 11,
            Self::NextPatch => 12,
            Self::Tag => 13,
        }
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Component => "component",
            Self::Scope => "scope",
            Self::Version => "version",
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::Prerelease => "prerelease",
            Self::Build => "build",
            Self::Date => "date",
            Self::Commit(None) => "commit",
            Self::Commit(Some(digits)) => return write!(f, "commit:{digits}"),
            Self::Environment => "environment",
            Self::Line => "line",
            Self::NextPatch => "next_patch",
            Self::Tag => "tag",
        })
    }
}
