//! Spans of days as texts: `14d`, `2w`, `T-7d`.

use std::fmt;
use std::str::FromStr;

use chrono::{Days as ChronoDays, NaiveDate};

/// A whole number of days or weeks: `14d`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Period {
    count: u32,
    weeks: bool,
}

impl Period {
    /// Returns the length in days.
    #[must_use]
    pub fn days(self) -> u64 {
        u64::from(self.count) * if self.weeks { 7 } else { 1 }
    }
}

/// A text is not a span of days.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what} `{input}`: expected {expected}")]
pub struct ParsePeriodError {
    what: &'static str,
    input: String,
    expected: &'static str,
}

impl ParsePeriodError {
    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }
}

impl FromStr for Period {
    type Err = ParsePeriodError;

    fn from_str(text: &str) -> Result<Self, ParsePeriodError> {
        let (digits, weeks) = match text.strip_suffix('w') {
            Some(digits) => (digits, true),
            None => (text.strip_suffix('d').unwrap_or_default(), false),
        };
        let period = digits.parse().map(|count| Self { count, weeks });
        match period {
            Ok(period) if period.to_string() == text => Ok(period),
            _ => Err(ParsePeriodError {
                what: "period",
                input: text.to_owned(),
                expected: "days or weeks, as in `14d` or `2w`",
            }),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, if self.weeks { 'w' } else { 'd' })
    }
}

/// A day relative to a release: `T-7d`, `T`, `T+1w`.
///
/// ```
/// use chrono::NaiveDate;
/// use promenade_version::Offset;
///
/// let release = NaiveDate::from_ymd_opt(2026, 3, 10).ok_or("no such day")?;
/// let before: Offset = "T-1w".parse()?;
/// assert_eq!(before.from(release), NaiveDate::from_ymd_opt(2026, 3, 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Offset(Direction);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Direction {
    Before(Period),
    Same,
    After(Period),
}

impl Offset {
    /// Returns the day; nothing beyond the range of the calendar.
    #[must_use]
    pub fn from(self, release: NaiveDate) -> Option<NaiveDate> {
        match self.0 {
            Direction::Before(period) => release.checked_sub_days(ChronoDays::new(period.days())),
            Direction::Same => Some(release),
            Direction::After(period) => release.checked_add_days(ChronoDays::new(period.days())),
        }
    }
}

impl FromStr for Offset {
    type Err = ParsePeriodError;

    fn from_str(text: &str) -> Result<Self, ParsePeriodError> {
        let error = || ParsePeriodError {
            what: "offset",
            input: text.to_owned(),
            expected: "`T`, or `T-7d`, or `T+1w`",
        };
        let rest = text.strip_prefix('T').ok_or_else(error)?;
        let period = |text: &str| match text.parse::<Period>() {
            Ok(period) if period.days() > 0 => Ok(period),
            _ => Err(error()),
        };
        if rest.is_empty() {
            return Ok(Self(Direction::Same));
        }
        if let Some(rest) = rest.strip_prefix('-') {
            return Ok(Self(Direction::Before(period(rest)?)));
        }
        let rest = rest.strip_prefix('+').ok_or_else(error)?;
        Ok(Self(Direction::After(period(rest)?)))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Direction::Before(period) => write!(f, "T-{period}"),
            Direction::Same => f.write_str("T"),
            Direction::After(period) => write!(f, "T+{period}"),
        }
    }
}

macro_rules! texts {
    ($($type:ident)*) => {$(
        impl TryFrom<String> for $type {
            type Error = ParsePeriodError;

            fn try_from(text: String) -> Result<Self, ParsePeriodError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    )*};
}

texts!(Period Offset);
