//! When releases are due: every N days from an anchor, and schedules around a release.

use std::collections::BinaryHeap;

use chrono::{Days, NaiveDate};

use crate::{Offset, Period};

/// Whether a cadence refuses what does not keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Enforcement {
    /// It is reported.
    #[default]
    Advisory,
    /// It is refused.
    Hard,
}

/// Releases are due every so many days from an anchor:
/// `cadence = { every = "2w", anchor = "2022-11-03" }`. A process without a cadence releases as
/// needed.
///
/// ```
/// use chrono::NaiveDate;
/// use promenade_version::{Cadence, Enforcement};
///
/// let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).ok_or("no such day");
/// let cadence = Cadence::new("2w".parse()?, day(1, 5)?, Enforcement::Advisory)?;
/// assert_eq!(cadence.due_after(day(1, 20)?), Some(day(2, 2)?));
/// assert!(cadence.is_due(day(1, 19)?));
/// // Advisory: a day off the cadence is reported, not refused.
/// assert!(!cadence.refuses(day(1, 20)?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawCadence", into = "RawCadence"))]
pub struct Cadence {
    raw: RawCadence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
struct RawCadence {
    every: Period,
    anchor: NaiveDate,
    #[cfg_attr(feature = "serde", serde(default))]
    enforcement: Enforcement,
}

/// A cadence of no days.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid cadence: `every` is `{every}`, expected at least one day")]
pub struct CadenceError {
    every: Period,
}

impl TryFrom<RawCadence> for Cadence {
    type Error = CadenceError;

    fn try_from(raw: RawCadence) -> Result<Self, CadenceError> {
        match raw.every.days() {
            0 => Err(CadenceError { every: raw.every }),
            _ => Ok(Self { raw }),
        }
    }
}

impl From<Cadence> for RawCadence {
    fn from(cadence: Cadence) -> Self {
        cadence.raw
    }
}

impl Cadence {
    /// Makes a cadence.
    ///
    /// # Errors
    /// [`CadenceError`] if `every` is no day at all.
    pub fn new(
        every: Period,
        anchor: NaiveDate,
        enforcement: Enforcement,
    ) -> Result<Self, CadenceError> {
        Self::try_from(RawCadence {
            every,
            anchor,
            enforcement,
        })
    }

    /// Returns how far apart releases are.
    #[must_use]
    pub fn every(&self) -> Period {
        self.raw.every
    }

    /// Returns whether a release is due on this day.
    #[must_use]
    pub fn is_due(&self, on: NaiveDate) -> bool {
        self.phase(on) == 0
    }

    /// Returns whether the cadence is hard and no release is due on this day.
    #[must_use]
    pub fn refuses(&self, on: NaiveDate) -> bool {
        self.raw.enforcement == Enforcement::Hard && !self.is_due(on)
    }

    /// Returns the next day after `date` on which a release is due; nothing beyond the range of the
    /// calendar. The cadence reaches back before its anchor too.
    #[must_use]
    pub fn due_after(&self, date: NaiveDate) -> Option<NaiveDate> {
        date.checked_add_days(Days::new(self.raw.every.days() - self.phase(date)))
    }

    /// Returns the days since the cadence was last due.
    fn phase(&self, on: NaiveDate) -> u64 {
        let days = on.signed_duration_since(self.raw.anchor).num_days();
        let every = i64::try_from(self.raw.every.days()).unwrap_or(i64::MAX);
        days.rem_euclid(every).unsigned_abs()
    }
}

/// A step of a schedule: `{ at = "T-7d", action = "deploy the candidate to alfajores" }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct ScheduleStep {
    /// When, relative to the release.
    pub at: Offset,
    /// What is done.
    pub action: String,
}

impl ScheduleStep {
    /// Makes a step.
    #[must_use]
    pub fn new(at: Offset, action: impl Into<String>) -> Self {
        Self {
            at,
            action: action.into(),
        }
    }
}

/// Returns the steps of a schedule with their days, earliest first; steps of one day keep their
/// order.
#[must_use]
pub fn schedule(steps: &[ScheduleStep], release: NaiveDate) -> Vec<(NaiveDate, &ScheduleStep)> {
    let mut dated: Vec<(NaiveDate, &ScheduleStep)> = Vec::with_capacity(steps.len());
    for step in steps {
        if let Some(date) = step.at.from(release) {
            let later = dated.partition_point(|(other, _)| *other <= date);
            dated.insert(later, (date, step));
        }
    }
    dated
}

/// The gaps between releases, in days.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GapReport {
    gaps_days: Vec<u64>,
}

impl GapReport {
    /// Measures the gaps between days, in any order.
    #[must_use]
    pub fn new(days: &[NaiveDate]) -> Self {
        let number = |day: &NaiveDate| day.signed_duration_since(NaiveDate::MIN).num_days();
        // A heap sorts with a fifth of the code of `sort`, and releases are few.
        let days: BinaryHeap<u64> = days.iter().map(|day| number(day).unsigned_abs()).collect();
        let days = days.into_sorted_vec();
        let mut gaps_days = Vec::with_capacity(days.len());
        for pair in days.windows(2) {
            if let [day, next] = pair {
                gaps_days.push(next - day);
            }
        }
        Self { gaps_days }
    }

    /// Returns the gaps in the order of time.
    #[must_use]
    pub fn gaps_days(&self) -> &[u64] {
        &self.gaps_days
    }

    /// Returns the median gap, the lower one of two in the middle.
    #[must_use]
    pub fn median_days(&self) -> Option<u64> {
        let sorted = BinaryHeap::from(self.gaps_days.clone()).into_sorted_vec();
        sorted.get(sorted.len().checked_sub(1)? / 2).copied()
    }

    /// Returns the longest gap.
    #[must_use]
    pub fn longest_days(&self) -> Option<u64> {
        self.gaps_days.iter().copied().max()
    }

    /// Returns how many gaps are at most as long as `days`.
    #[must_use]
    pub fn within(&self, days: u64) -> usize {
        self.gaps_days.iter().filter(|gap| **gap <= days).count()
    }
}
