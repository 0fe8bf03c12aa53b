//! Freeze windows: times at which nothing moves, in the zone in which people mean them.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Datelike as _, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime,
    TimeDelta, TimeZone, Timelike as _, Utc, Weekday,
};

use crate::ParseNameError;

/// Times at which nothing moves.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use promenade_promotion::FreezeRule;
///
/// let rule: FreezeRule = serde_json::from_str(
///     r#"{"zone": "+01:00", "weekly": [{"from": "fri 16:00", "to": "mon 08:00"}],
///         "dated": [{"from": "2026-12-20", "to": "2027-01-02"}]}"#,
/// )?;
/// let saturday = "2026-11-21T12:00:00Z".parse()?;
/// assert_eq!(rule.frozen_until(&saturday), Some("2026-11-23T07:00:00Z".parse()?));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct FreezeRule {
    /// The zone in which the times are meant.
    pub zone: Zone,
    /// Windows of every week.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub weekly: Vec<WeeklyWindow>,
    /// Windows between two dates.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub dated: Vec<DatedWindow>,
}

/// A window of every week: `{ from = "fri 16:00", to = "mon 08:00" }`. The end is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct WeeklyWindow {
    /// When it begins.
    pub from: WeekTime,
    /// When it ends.
    pub to: WeekTime,
}

/// A window between two dates: `{ from = "2026-12-20", to = "2027-01-02" }`, both days included, or
/// `{ from = "2026-12-20T16:00", to = "2026-12-21T08:00" }`, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct DatedWindow {
    /// When it begins.
    pub from: Day,
    /// When it ends.
    pub to: Day,
}

impl FreezeRule {
    /// Returns when the freeze that holds at `at` ends, if one holds.
    ///
    /// A wall-clock time that a change of the clocks repeats begins a window at the first and ends it at
    /// the second occurrence; one that is left out counts as the moment of the change. So a window
    /// is never shorter than what people mean by it.
    #[must_use]
    pub fn frozen_until(&self, at: &DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut end = None;
        let mut here = *at;
        // Windows that touch are one freeze; a rule that never thaws ends with the last one looked at.
        for _ in 0..=(8 * self.weekly.len() + self.dated.len()) {
            let Some(next) = self.window_end(&here) else {
                break;
            };
            end = Some(next);
            here = next;
        }
        end
    }

    fn window_end(&self, at: &DateTime<Utc>) -> Option<DateTime<Utc>> {
        let weekly = self.weekly.iter().flat_map(|window| self.week(window, at));
        let dated = self.dated.iter().map(|window| {
            let from = self.zone.instant(window.from.start(), Edge::Begin);
            (from, self.zone.instant(window.to.end(), Edge::End))
        });
        weekly
            .chain(dated)
            .filter(|(from, to)| from <= at && at < to)
            .map(|(_, to)| to)
            .max()
    }

    /// The occurrences of a weekly window that may hold `at`.
    fn week(
        &self,
        window: &WeeklyWindow,
        at: &DateTime<Utc>,
    ) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        let (from, to) = (window.from, window.to);
        let minutes = (to.minute_of_week() - from.minute_of_week()).rem_euclid(WEEK_MINUTES);
        // A window that ends when it begins is the whole week.
        let length = TimeDelta::minutes(if minutes == 0 { WEEK_MINUTES } else { minutes });
        let today = at.naive_utc().date();
        let zone = self.zone;
        (-9_i64..=2).filter_map(move |days| {
            let date = today.checked_add_signed(TimeDelta::days(days))?;
            (date.weekday() == from.day).then(|| {
                let begin = date.and_time(from.time);
                let end = zone.instant(begin + length, Edge::End);
                (zone.instant(begin, Edge::Begin), end)
            })
        })
    }
}

const WEEK_MINUTES: i64 = 7 * 24 * 60;

#[derive(Clone, Copy)]
enum Edge {
    Begin,
    End,
}

/// The zone of a freeze: `UTC`, an offset (`+02:00`), or a name (`Europe/Berlin`) with the feature `tz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Zone(ZoneKind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZoneKind {
    Utc,
    Fixed(FixedOffset),
    #[cfg(feature = "tz")]
    Named(chrono_tz::Tz),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(ZoneKind::Utc);

    fn instant(self, local: NaiveDateTime, edge: Edge) -> DateTime<Utc> {
        match self.0 {
            ZoneKind::Utc => local.and_utc(),
            ZoneKind::Fixed(offset) => instant(&offset, local, edge),
            #[cfg(feature = "tz")]
            ZoneKind::Named(zone) => instant(&zone, local, edge),
        }
    }
}

fn instant<Z: TimeZone>(zone: &Z, mut local: NaiveDateTime, edge: Edge) -> DateTime<Utc> {
    // The longest time that any zone ever left out is a day.
    for _ in 0..=2 * 24 * 60 {
        match zone.from_local_datetime(&local) {
            MappedLocalTime::Single(at) => return at.with_timezone(&Utc),
            MappedLocalTime::Ambiguous(first, second) => {
                return match edge {
                    Edge::Begin => first.min(second),
                    Edge::End => first.max(second),
                }
                .with_timezone(&Utc);
            }
            MappedLocalTime::None => local += TimeDelta::minutes(1),
        }
    }
    local.and_utc()
}

impl FromStr for Zone {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseNameError {
            what: "time zone",
            input: text.to_owned(),
            expected: if cfg!(feature = "tz") {
                "`UTC`, an offset like `+02:00`, or a name like `Europe/Berlin`"
            } else {
                "`UTC` or an offset like `+02:00`; names need the feature `tz`"
            },
        };
        if text == "UTC" {
            return Ok(Self::UTC);
        }
        if text.len() == 6 && text.starts_with(['+', '-']) {
            return text
                .parse::<FixedOffset>()
                .map(|offset| Self(ZoneKind::Fixed(offset)))
                .ok()
                .filter(|zone| zone.to_string() == text)
                .ok_or_else(error);
        }
        #[cfg(feature = "tz")]
        if let Ok(zone) = text.parse::<chrono_tz::Tz>() {
            return Ok(Self(ZoneKind::Named(zone)));
        }
        Err(error())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ZoneKind::Utc => f.write_str("UTC"),
            ZoneKind::Fixed(offset) => offset.fmt(f),
            #[cfg(feature = "tz")]
            ZoneKind::Named(zone) => f.write_str(zone.name()),
        }
    }
}

/// A time of the week: `fri 16:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct WeekTime {
    day: Weekday,
    time: NaiveTime,
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

impl WeekTime {
    fn minute_of_week(self) -> i64 {
        let minutes = self
            .time
            .signed_duration_since(NaiveTime::MIN)
            .num_minutes();
        i64::from(self.day.num_days_from_monday()) * 24 * 60 + minutes
    }
}

impl FromStr for WeekTime {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once(' ').and_then(|(day, time)| {
            let day = DAYS.iter().find(|(name, _)| *name == day)?.1;
            let time = NaiveTime::parse_from_str(time, "%H:%M").ok()?;
            Some(Self { day, time })
        });
        parsed
            .filter(|parsed| parsed.to_string() == text)
            .ok_or_else(|| ParseNameError {
                what: "time of the week",
                input: text.to_owned(),
                expected: "a day and a time like `fri 16:00`",
            })
    }
}

impl fmt::Display for WeekTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = DAYS.iter().find(|(_, day)| *day == self.day);
        let name = day.map_or("", |(name, _)| name);
        write!(
            f,
            "{name} {:02}:{:02}",
            self.time.hour(),
            self.time.minute()
        )
    }
}

/// A date, or a date and a time: `2026-12-20`, `2026-12-20T16:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Day {
    date: NaiveDate,
    time: Option<NaiveTime>,
}

impl Day {
    fn start(self) -> NaiveDateTime {
        self.date.and_time(self.time.unwrap_or(NaiveTime::MIN))
    }

    fn end(self) -> NaiveDateTime {
        match self.time {
            Some(time) => self.date.and_time(time),
            None => self.date.and_time(NaiveTime::MIN) + TimeDelta::days(1),
        }
    }
}

impl FromStr for Day {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = |text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let parsed = match text.split_once('T') {
            None => date(text).map(|date| Self { date, time: None }),
            Some((day, time)) => date(day)
                .zip(NaiveTime::parse_from_str(time, "%H:%M").ok())
                .map(|(date, time)| Self {
                    date,
                    time: Some(time),
                }),
        };
        parsed
            .filter(|parsed| parsed.date.year() <= 9999 && parsed.to_string() == text)
            .ok_or_else(|| ParseNameError {
                what: "date",
                input: text.to_owned(),
                expected: "a date like `2026-12-20` or `2026-12-20T16:00`",
            })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date;
        write!(
            f,
            "{:04}-{:02}-{:02}",
            date.year(),
            date.month(),
            date.day()
        )?;
        match self.time {
            Some(time) => write!(f, "T{:02}:{:02}", time.hour(), time.minute()),
            None => Ok(()),
        }
    }
}

macro_rules! text_conversions {
    ($($name:ident),+) => {
        $(
            impl TryFrom<String> for $name {
                type Error = ParseNameError;

                fn try_from(text: String) -> Result<Self, Self::Error> {
                    text.parse()
                }
            }

            impl From<$name> for String {
                fn from(value: $name) -> Self {
                    value.to_string()
                }
            }
        )+
    };
}

text_conversions!(Zone, WeekTime, Day);
