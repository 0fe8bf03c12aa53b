//! Time as the core sees it: readings of clocks, and spans between them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::codec::record;
use crate::{ClockName, Map, ParseNameError};

record! {
    /// When something happens: the reading of the actor's clock, and of other trusted clocks.
    ///
    /// A time stamp orders nothing (INV-32: order is the sequence number); it only counts towards
    /// waiting times, and there the slowest clock decides (INV-30).
    Moment {
        /// What the actor's clock says.
        at: DateTime<Utc>,
        /// What other clocks say, by name: that of a time server, of the shared store, of the CI.
        clocks: Map<ClockName, DateTime<Utc>>,
    }
}

impl Moment {
    /// Adds the reading of another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: ClockName, reading: DateTime<Utc>) -> Self {
        self.clocks.insert(clock, reading);
        self
    }

    /// Returns the time that has certainly passed since `start`: the least that any clock that was
    /// read both times says, never negative.
    #[must_use]
    pub fn elapsed_since(&self, start: &Self) -> TimeDelta {
        let others = self.clocks.iter().filter_map(|(clock, now)| {
            let then = start.clocks.get(clock)?;
            Some(now.signed_duration_since(*then))
        });
        others
            .chain([self.at.signed_duration_since(start.at)])
            .min()
            .unwrap_or_default()
            .max(TimeDelta::zero())
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(at: DateTime<Utc>) -> Self {
        Self {
            at,
            clocks: Map::new(),
        }
    }
}

/// A length of time in whole units, as process files write it: `30m`, `12h`, `7d`, `2w`; `-7d` where a
/// time before something is meant.
///
/// ```
/// use promenade_promotion::Span;
///
/// let week: Span = "7d".parse()?;
/// assert_eq!(week.to_string(), "7d");
/// assert_eq!(week.delta(), chrono::TimeDelta::days(7));
/// assert!("7 days".parse::<Span>().is_err());
/// # Ok::<(), promenade_promotion::ParseNameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Span {
    count: i32,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Unit {
    Seconds,
    Minutes,
    Hours,
    Days,
    Weeks,
}

impl Span {
    /// Returns the span as a difference of times.
    #[must_use]
    pub fn delta(self) -> TimeDelta {
        let seconds = match self.unit {
            Unit::Seconds => 1,
            Unit::Minutes => 60,
            Unit::Hours => 3_600,
            Unit::Days => 86_400,
            Unit::Weeks => 604_800,
        };
        TimeDelta::seconds(i64::from(self.count) * seconds)
    }
}

impl FromStr for Span {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseNameError {
            what: "span",
            input: text.to_owned(),
            expected: "a whole number and one of `s`, `m`, `h`, `d`, `w`",
        };
        let split = text.len().checked_sub(1).ok_or_else(error)?;
        let (count, unit) = text.split_at_checked(split).ok_or_else(error)?;
        let unit = match unit {
            "s" => Unit::Seconds,
            "m" => Unit::Minutes,
            "h" => Unit::Hours,
            "d" => Unit::Days,
            "w" => Unit::Weeks,
            _ => return Err(error()),
        };
        let count: i32 = count.parse().map_err(|_| error())?;
        let span = Self { count, unit };
        // One span has one spelling: `+7d` and `07d` would be read, but not written.
        if span.to_string() == text {
            Ok(span)
        } else {
            Err(error())
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Seconds => "s",
            Unit::Minutes => "m",
            Unit::Hours => "h",
            Unit::Days => "d",
            Unit::Weeks => "w",
        };
        write!(f, "{}{unit}", self.count)
    }
}

impl TryFrom<String> for Span {
    type Error = ParseNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl crate::codec::Text for Span {
    fn to_text(&self) -> std::borrow::Cow<'_, str> {
        std::borrow::Cow::Owned(self.to_string())
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}
