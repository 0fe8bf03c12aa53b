//! What is promoted: a commit's build, or a version.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use semver::Version;

use crate::codec::Text;
use crate::word::{keywords, name};
use crate::{CommitId, ParseNameError};

/// What stands in an environment: the build of a commit, a candidate or a release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The build of a commit that has no version.
    Commit(CommitId),
    /// A candidate or a release.
    Version(Version),
}

impl Subject {
    /// Returns the version, if it has one.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        match self {
            Self::Commit(_) => None,
            Self::Version(version) => Some(version),
        }
    }
}

impl From<Version> for Subject {
    fn from(version: Version) -> Self {
        Self::Version(version)
    }
}

impl From<CommitId> for Subject {
    fn from(commit: CommitId) -> Self {
        Self::Commit(commit)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit(commit) => commit.fmt(f),
            Self::Version(version) => version.fmt(f),
        }
    }
}

impl FromStr for Subject {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // No version is forty or more digits without a dot, so a text has one reading.
        if let Ok(commit) = CommitId::new(text) {
            return Ok(Self::Commit(commit));
        }
        text.parse().map(Self::Version).map_err(|_| ParseNameError {
            what: "subject",
            input: text.to_owned(),
            expected: "a version or a full commit id",
        })
    }
}

impl Text for Subject {
    fn to_text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

keywords! {
    /// What an environment accepts: at least a commit's build, a candidate or a release.
    ///
    /// A release is more than a candidate and a candidate is more than a commit, so an environment for
    /// candidates takes a release as well, and one for releases takes nothing less.
    Accepts, "kind of subject" {
        /// Any build of a commit.
        Commit = "commit",
        /// A candidate or a release.
        Candidate = "candidate",
        /// A release only.
        Release = "release",
    }
}

keywords! {
    /// Which way to production a version takes.
    Lane, "lane" {
        /// The usual one.
        Regular = "regular",
        /// The declared shorter one for an urgent mend.
        Hotfix = "hotfix",
        /// The one on which nothing is public before disclosure.
        Embargoed = "embargoed",
    }
}

name! {
    /// A maintained line of versions: `x` is every version, `1.x` those of major 1, `1.4.x` those of 1.4.
    Line, "line", is_line, "`x`, `MAJOR.x` or `MAJOR.MINOR.x`"
}

impl Line {
    /// Returns the line `MAJOR.MINOR.x` of a version.
    #[must_use]
    pub fn of(version: &Version) -> Self {
        Self(format!("{}.{}.x", version.major, version.minor))
    }

    /// Returns whether `version` is of this line.
    #[must_use]
    pub fn holds(&self, version: &Version) -> bool {
        let numbers = [version.major, version.minor];
        self.0
            .split('.')
            .take_while(|part| *part != "x")
            .zip(numbers)
            .all(|(part, number)| part.parse() == Ok(number))
    }
}

fn is_line(text: &str) -> bool {
    let Some(head) = text.strip_suffix('x') else {
        return false;
    };
    let Some(numbers) = head.strip_suffix('.') else {
        return head.is_empty();
    };
    let number = |part: &str| part.parse::<u64>().is_ok_and(|n| n.to_string() == part);
    numbers.split('.').count() <= 2 && numbers.split('.').all(number)
}
