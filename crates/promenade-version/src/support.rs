//! Which lines are supported, what an emergency patch is on each, and which line may move what.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use semver::Version;

use crate::{
    Line, Next, NextVersionError, NextVersionErrorKind, Period, Request, Scheme, VersionPolicy,
};

/// Which lines are supported: `support = { newest = 2 }`.
///
/// ```
/// use chrono::NaiveDate;
/// use promenade_version::{Scheme, Support, line_states};
///
/// let scheme = Scheme::semver();
/// let day = |month| NaiveDate::from_ymd_opt(2026, month, 1).ok_or("no such day");
/// let releases = [
///     (scheme.parse("1.3.0")?, day(1)?),
///     (scheme.parse("1.4.0")?, day(3)?),
///     (scheme.parse("1.3.1")?, day(4)?),
///     (scheme.parse("2.0.0")?, day(6)?),
/// ];
/// let support = Support::Any(vec![Support::Newest(1), Support::SucceededWithin("60d".parse()?)]);
/// let on = day(7)?;
/// let supported: Vec<String> = line_states(&scheme, &releases)
///     .iter()
///     .filter(|state| support.holds(state, on))
///     .map(|state| state.line.to_string())
///     .collect();
/// assert_eq!(supported, ["2.0.x", "1.4.x"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Support {
    /// The newest so many lines.
    Newest(usize),
    /// The newest line of each of the newest so many majors.
    NewestOfMajors(usize),
    /// Lines opened at most so long ago.
    OpenedWithin(Period),
    /// The newest line, and those whose successor was opened at most so long ago.
    SucceededWithin(Period),
    /// This line and those after it.
    Since(Line),
    /// Lines for which any of these holds.
    Any(Vec<Support>),
    /// Lines for which all of these hold.
    All(Vec<Support>),
}

impl Support {
    /// Returns whether a line is supported on a day.
    #[must_use]
    pub fn holds(&self, state: &LineState, on: NaiveDate) -> bool {
        let within = |since: NaiveDate, period: &Period| {
            let age = on.signed_duration_since(since).num_days();
            i64::try_from(period.days()).is_ok_and(|days| age <= days)
        };
        match self {
            Self::Newest(count) => state.newer_lines < *count,
            Self::NewestOfMajors(count) => state.newest_of_major && state.newer_majors < *count,
            Self::OpenedWithin(period) => within(state.opened, period),
            Self::SucceededWithin(period) => {
                state.succeeded.is_none_or(|date| within(date, period))
            }
            Self::Since(line) => state.line >= *line,
            Self::Any(all) => all.iter().any(|support| support.holds(state, on)),
            Self::All(all) => all.iter().all(|support| support.holds(state, on)),
        }
    }
}

/// What is known of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LineState {
    /// The line.
    pub line: Line,
    /// Its highest release: the base of a hotfix.
    pub highest: Version,
    /// The day of its first release.
    pub opened: NaiveDate,
    /// The day of its latest release.
    pub latest: NaiveDate,
    /// The day on which the next line was opened; nothing for the newest line.
    pub succeeded: Option<NaiveDate>,
    /// How many lines are newer.
    pub newer_lines: usize,
    /// How many majors are newer.
    pub newer_majors: usize,
    /// Whether no line of the same major is newer.
    pub newest_of_major: bool,
}

impl LineState {
    /// Returns which moving names a release of this line may move: its own always, the major's if
    /// it is the newest line of its major, `latest` if it is the newest line of all.
    #[must_use]
    pub fn reach(&self) -> Reach {
        match (self.newer_lines, self.newest_of_major) {
            (0, _) => Reach::Latest,
            (_, true) => Reach::Major,
            (_, false) => Reach::Line,
        }
    }
}

/// Which moving names a release of a line may move, under the rule that they follow the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Reach {
    /// The name of its line, such as `1.4`.
    Line,
    /// That, and the name of its major, such as `1`.
    Major,
    /// Those, and `latest`.
    Latest,
}

/// Groups releases into lines, newest first; candidates and states of the manifest do not count.
#[must_use]
pub fn line_states(scheme: &Scheme, releases: &[(Version, NaiveDate)]) -> Vec<LineState> {
    let mut finals: Vec<(u64, u64, usize)> = Vec::new();
    for (at, (version, _)) in releases.iter().enumerate() {
        if scheme.meaning(version).is_final() {
            finals.push((version.major, version.minor, at));
        }
    }
    // A line is one of these numbers or both, so its releases follow each other.
    finals.sort_unstable();
    let mut states: Vec<LineState> = Vec::new();
    for (.., at) in finals.into_iter().rev() {
        let Some((version, date)) = releases.get(at) else {
            continue;
        };
        if let Some(state) = states.last_mut()
            && state.line.contains(version)
        {
            if state.highest < *version {
                state.highest = version.clone();
            }
            state.opened = state.opened.min(*date);
            state.latest = state.latest.max(*date);
            continue;
        }
        let Some(line) = scheme.line_of(version) else {
            continue;
        };
        let newer = states.last();
        let same_major =
            newer.is_some_and(|state| state.line.numbers().first() == line.numbers().first());
        states.push(LineState {
            highest: version.clone(),
            opened: *date,
            latest: *date,
            succeeded: newer.map(|state| state.opened),
            newer_lines: states.len(),
            newer_majors: newer.map_or(0, |state| state.newer_majors + usize::from(!same_major)),
            newest_of_major: !same_major,
            line,
        });
    }
    states
}

/// An emergency patch of one supported line (B27).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmergencyPatch {
    /// The line, with the release to start from.
    pub state: LineState,
    /// The patch, or why there is none.
    pub next: Result<Next, NextVersionError>,
    /// Which moving names it may move.
    pub reach: Reach,
}

impl VersionPolicy {
    /// Returns the release that a hotfix of a line starts from: its highest.
    #[must_use]
    pub fn hotfix_base<'a>(
        &self,
        line: &Line,
        existing: impl IntoIterator<Item = &'a Version>,
    ) -> Option<&'a Version> {
        existing
            .into_iter()
            .filter(|version| line.contains(version) && self.scheme().meaning(version).is_final())
            .max()
    }

    /// Returns the next patch of every line that has a release, given every version that exists.
    /// No two of them are equal, and none of them exists.
    #[must_use]
    pub fn next_on_lines<'a>(
        &self,
        existing: impl IntoIterator<Item = &'a Version>,
    ) -> BTreeMap<Line, Result<Next, NextVersionError>> {
        let mut lines: BTreeMap<Line, Vec<&Version>> = BTreeMap::new();
        for version in existing {
            if let Some(line) = self.scheme().line_of(version) {
                lines.entry(line).or_default().push(version);
            }
        }
        lines.retain(|_, versions| {
            versions
                .iter()
                .any(|version| self.scheme().meaning(version).is_final())
        });
        lines
            .into_iter()
            .map(|(line, versions)| {
                let next = self.next_patch(&line, versions);
                (line, next)
            })
            .collect()
    }

    /// Returns one emergency patch per supported line, newest line first. `candidates` are those
    /// that still hold their numbers (see [`VersionPolicy::next_patch`]).
    #[must_use]
    pub fn emergency_patches(
        &self,
        releases: &[(Version, NaiveDate)],
        candidates: &[Version],
        support: &Support,
        on: NaiveDate,
    ) -> Vec<EmergencyPatch> {
        let mut existing: Vec<&Version> = candidates.iter().collect();
        for (version, _) in releases {
            existing.push(version);
        }
        let mut patches = Vec::new();
        for state in line_states(self.scheme(), releases) {
            if support.holds(&state, on) {
                patches.push(EmergencyPatch {
                    next: self.next_patch(&state.line, existing.iter().copied()),
                    reach: state.reach(),
                    state,
                });
            }
        }
        patches
    }

    /// Returns the release that follows, as [`VersionPolicy::next`] does, and refuses one whose
    /// numbers exist already: a feature on `1.4.2` is no `1.5.0` when that was released.
    ///
    /// # Errors
    /// As [`VersionPolicy::next`], and `Taken`.
    pub fn next_free<'a>(
        &self,
        request: &Request,
        existing: impl IntoIterator<Item = &'a Version>,
    ) -> Result<Option<Next>, NextVersionError> {
        let Some(next) = self.next(request)? else {
            return Ok(None);
        };
        let numbers = |v: &Version| (v.major, v.minor, v.patch);
        let announced = request.current.as_ref();
        let taken = existing
            .into_iter()
            .filter(|version| Some(*version) != announced)
            .find(|version| numbers(version) == numbers(next.version()));
        match taken {
            None => Ok(Some(next)),
            Some(version) => {
                let kind = NextVersionErrorKind::Taken(next.text().to_owned(), self.show(version));
                Err(NextVersionError::new(
                    self.scheme(),
                    request.current.as_ref(),
                    kind,
                ))
            }
        }
    }
}
