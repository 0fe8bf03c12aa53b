//! Calendar formats in the tokens of calver.org.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate, Weekday};
use semver::Version;

use crate::number::{self, Number, Scan};
use crate::{ParseVersionErrorKind, PolicyError};

/// A calendar format: `YYWW.PATCH`, `YYYY.0M.MICRO`, `YYYY.MM.DD`.
///
/// The tokens are those of [calver.org](https://calver.org): `YYYY YY 0Y MM 0M WW 0W DD 0D` and the
/// counters `MAJOR MINOR MICRO PATCH`. Weeks are ISO weeks, and with a week token the year is the
/// ISO year. Tokens that touch are two digits wide after the first (`YYWW` prints `2403` in week 3
/// of 2024). Tokens run from the year down, so versions sort as time does.
///
/// ```
/// use promenade_version::{CalendarFormat, Scheme, SchemeKind};
///
/// let format: CalendarFormat = "YYWW.PATCH".parse()?;
/// let scheme = Scheme::builder(SchemeKind::Calendar(format)).stable("hotfix").build()?;
/// let hotfix = scheme.parse("2543.1-hotfix")?;
/// assert_eq!(hotfix.to_string(), "2543.1.0+hotfix");
/// assert!(hotfix > scheme.parse("2543.1")?);
/// assert!(scheme.parse("2554.0").is_err()); // 2025 has 52 weeks
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct CalendarFormat {
    text: String,
    groups: Vec<Vec<Token>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Token {
    name: &'static str,
    field: Field,
    padded: bool,
}

/// What a token counts, from the most to the least significant part of a date, counters last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Field {
    FullYear,
    ShortYear,
    Month,
    Week,
    Day,
    Major,
    Minor,
    Patch,
}

const TOKENS: [(&str, Field, bool); 13] = [
    ("YYYY", Field::FullYear, false),
    ("YY", Field::ShortYear, false),
    ("0Y", Field::ShortYear, true),
    ("MM", Field::Month, false),
    ("0M", Field::Month, true),
    ("WW", Field::Week, false),
    ("0W", Field::Week, true),
    ("DD", Field::Day, false),
    ("0D", Field::Day, true),
    ("MAJOR", Field::Major, false),
    ("MINOR", Field::Minor, false),
    ("MICRO", Field::Patch, false),
    ("PATCH", Field::Patch, false),
];

impl Field {
    fn is_counter(self) -> bool {
        matches!(self, Self::Major | Self::Minor | Self::Patch)
    }
}

impl FromStr for CalendarFormat {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        match groups(text) {
            Ok(groups) => Ok(Self {
                text: text.to_owned(),
                groups,
            }),
            Err(reason) => Err(PolicyError::InvalidCalendar {
                format: text.to_owned(),
                reason,
            }),
        }
    }
}

fn groups(text: &str) -> Result<Vec<Vec<Token>>, String> {
    let mut groups = Vec::new();
    for group in text.split('.') {
        groups.push(tokens(group)?);
    }
    check(&groups)?;
    Ok(groups)
}

fn tokens(group: &str) -> Result<Vec<Token>, String> {
    let mut rest = group;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let known = TOKENS.iter().find_map(|(name, field, padded)| {
            Some((name, field, padded, rest.strip_prefix(name)?))
        });
        let Some((name, field, padded, tail)) = known else {
            let mut reason = format!("no token starts at `{rest}`; the tokens are");
            for (name, ..) in &TOKENS {
                reason.push(' ');
                reason.push_str(name);
            }
            return Err(reason);
        };
        found.push(Token {
            name,
            field: *field,
            padded: *padded,
        });
        rest = tail;
    }
    if found.is_empty() {
        return Err("expected a token between the dots".to_owned());
    }
    Ok(found)
}

/// Checks that versions of the format sort as time does, and that each text has one reading.
fn check(groups: &[Vec<Token>]) -> Result<(), String> {
    if groups.len() > 3 {
        return Err(format!("{} numbers, but a version has three", groups.len()));
    }
    let (mut fields, mut counters, mut calendar) = (Vec::new(), Vec::new(), Vec::new());
    for group in groups {
        for token in group {
            let field = token.field;
            if field.is_counter() && group.len() > 1 {
                let names: String = group.iter().map(|token| token.name).collect();
                return Err(format!("`{names}` joins a counter to another number"));
            }
            fields.push(field);
            if field.is_counter() {
                counters.push(field);
            } else {
                calendar.push(field);
            }
        }
    }
    let increasing = |fields: &[Field]| fields.is_sorted_by(|one, next| one < next);
    if !increasing(&counters) || !increasing(&calendar) {
        return Err(
            "tokens must run from the year down to the day, from MAJOR to PATCH, \
                    each at most once"
                .to_owned(),
        );
    }
    match calendar.as_slice() {
        [Field::FullYear | Field::ShortYear]
        | [
            Field::FullYear | Field::ShortYear,
            Field::Month | Field::Week,
        ]
        | [Field::FullYear | Field::ShortYear, Field::Month, Field::Day] => {}
        _ => {
            return Err(
                "expected a year, a year and a month or week, or a year, a month and a day"
                    .to_owned(),
            );
        }
    }
    let mut dated = 0;
    for field in &fields {
        let misplaced = match field {
            Field::Major => 0 < dated && dated < calendar.len(),
            Field::Minor | Field::Patch => dated < calendar.len(),
            _ => false,
        };
        if misplaced {
            return Err("MINOR, MICRO and PATCH follow the date, MAJOR may precede it".to_owned());
        }
        dated += usize::from(!field.is_counter());
    }
    Ok(())
}

impl CalendarFormat {
    /// Returns the format as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether the calendar part of a version is that of a day: `2543.1` under `YYWW.PATCH`
    /// is of the days from 2025-10-20 to 2025-10-26.
    #[must_use]
    pub fn is_of(&self, version: &Version, date: NaiveDate) -> bool {
        let parts = self.of_date(date);
        parts.is_some_and(|parts| {
            let own = [version.major, version.minor, version.patch];
            parts
                .iter()
                .zip(own)
                .all(|(part, own)| part.is_none_or(|part| part == own))
        })
    }

    /// Returns how many numbers a version text of this format has.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Returns which component the token `PATCH` or `MICRO` is.
    pub(crate) fn patch_index(&self) -> Option<usize> {
        self.counter(Field::Patch)
    }

    /// Returns which component a level raises within one calendar period: its own counter, or the
    /// nearest below it.
    #[cfg(feature = "policy")]
    pub(crate) fn counter_for(&self, level: crate::Level) -> Option<usize> {
        let wanted: &[Field] = match level {
            crate::Level::Major => &[Field::Major, Field::Minor, Field::Patch],
            crate::Level::Minor => &[Field::Minor, Field::Patch],
            crate::Level::Patch => &[Field::Patch],
        };
        // MAJOR before the date is no counter of the period: it is raised by its own right.
        wanted.iter().find_map(|field| self.counter(*field))
    }

    fn counter(&self, field: Field) -> Option<usize> {
        self.groups.iter().position(|group| counts(group, field))
    }

    /// Returns whether a component is part of the date.
    #[cfg(feature = "policy")]
    pub(crate) fn is_date(&self, index: usize) -> bool {
        self.groups
            .get(index)
            .is_some_and(|group| group.iter().all(|token| !token.field.is_counter()))
    }

    /// Returns the calendar components of a day; nothing in the places of counters.
    pub(crate) fn of_date(&self, date: NaiveDate) -> Option<[Option<u64>; 3]> {
        let weeks = self.has_weeks();
        let year = if weeks {
            date.iso_week().year()
        } else {
            date.year()
        };
        let year = u64::try_from(year).ok()?;
        let mut components = [None; 3];
        for (slot, group) in components.iter_mut().zip(&self.groups) {
            let mut value = 0;
            for token in group {
                let number = match token.field {
                    Field::FullYear => year,
                    Field::ShortYear => year.checked_sub(2000)?,
                    Field::Month => u64::from(date.month()),
                    Field::Week => u64::from(date.iso_week().week()),
                    Field::Day => u64::from(date.day()),
                    Field::Major | Field::Minor | Field::Patch => break,
                };
                value = value * 100 + number;
                *slot = Some(value);
            }
        }
        Some(components)
    }

    fn has_weeks(&self) -> bool {
        self.groups.iter().any(|group| counts(group, Field::Week))
    }

    /// Accepts the numbers at the start of a version text, if all is as it should be.
    #[inline]
    pub(crate) fn accepts(&self, scan: &Scan) -> bool {
        let mut places = scan.parts.iter().zip(&self.groups);
        scan.count == self.groups.len()
            && places.all(|(part, group)| {
                let width = width(group);
                part.width == width || (part.width > width && !part.padded)
            })
            && (self.is_usual(scan.values()) || self.check_date(scan.values()).is_ok())
    }

    /// Whether each number is one that its token has in every year and month: then they name a date.
    fn is_usual(&self, components: [u64; 3]) -> bool {
        let mut places = self.groups.iter().zip(components);
        places.all(|(group, value)| {
            let mut rest = value;
            group.iter().enumerate().rev().all(|(at, token)| {
                let number = if at == 0 { rest } else { rest % 100 };
                rest /= 100;
                match token.field {
                    Field::FullYear => (1000..=9999).contains(&number),
                    Field::ShortYear => number <= 7999,
                    Field::Month => (1..=12).contains(&number),
                    Field::Week => (1..=52).contains(&number),
                    Field::Day => (1..=28).contains(&number),
                    Field::Major | Field::Minor | Field::Patch => true,
                }
            })
        })
    }

    /// Reads the numbers of a version text.
    pub(crate) fn parse(&self, core: &str) -> Result<[u64; 3], ParseVersionErrorKind> {
        let mut components = [0; 3];
        let mut canonical = true;
        let mut parts = core.split('.');
        for (slot, group) in components.iter_mut().zip(&self.groups) {
            let part = parts.next().ok_or_else(|| self.wrong_count(core))?;
            *slot = group_value(part, group)?;
            let width = width(group);
            canonical &= part.len() == width || (part.len() > width && !part.starts_with('0'));
        }
        if parts.next().is_some() {
            return Err(self.wrong_count(core));
        }
        self.check_date(components)?;
        if canonical {
            return Ok(components);
        }
        Err(ParseVersionErrorKind::NotCanonical {
            canonical: self.print(components),
        })
    }

    fn wrong_count(&self, core: &str) -> ParseVersionErrorKind {
        let count = core.split('.').count();
        ParseVersionErrorKind::Grammar {
            reason: format!("expected `{}`, found {count} numbers", self.text),
        }
    }

    /// Prints the numbers of a version; nothing if they name no date, or more than the format has.
    pub(crate) fn format(&self, components: [u64; 3]) -> Result<String, String> {
        if components.iter().skip(self.groups.len()).any(|n| *n != 0) {
            return Err(format!("`{}` has {} numbers", self.text, self.groups.len()));
        }
        self.check_date(components)
            .map_err(|kind| kind.to_string())?;
        Ok(self.print(components))
    }

    fn print(&self, components: [u64; 3]) -> String {
        let mut text = String::with_capacity(24);
        for (group, value) in self.groups.iter().zip(components) {
            let dot = if text.is_empty() { "" } else { "." };
            let width = width(group);
            // Writing to a string cannot fail.
            let _ = write!(text, "{dot}{value:0width$}");
        }
        text
    }

    fn check_date(&self, components: [u64; 3]) -> Result<(), ParseVersionErrorKind> {
        let (mut year, mut month, mut week, mut day) = (None, None, None, None);
        for (group, value) in self.groups.iter().zip(components) {
            let mut rest = value;
            for (at, token) in group.iter().enumerate().rev() {
                let number = if at == 0 { rest } else { rest % 100 };
                rest /= 100;
                match token.field {
                    Field::FullYear | Field::ShortYear => year = Some((token, number)),
                    Field::Month => month = Some((token, number)),
                    Field::Week => week = Some((token, number)),
                    Field::Day => day = Some((token, number)),
                    Field::Major | Field::Minor | Field::Patch => {}
                }
            }
        }
        let year = match year.map(|(token, found)| (token, found, i32::try_from(found))) {
            Some((
                Token {
                    field: Field::FullYear,
                    ..
                },
                _,
                Ok(full @ 1000..=9999),
            )) => full,
            Some((
                Token {
                    field: Field::ShortYear,
                    ..
                },
                _,
                Ok(short @ 0..=7999),
            )) => 2000 + short,
            Some((token, found, _)) => {
                return no_such(
                    token,
                    found,
                    "a year from 2000 (short), or of four digits".into(),
                );
            }
            None => 2000,
        };
        if let Some((token, found)) = week
            && !exists(found, |week| {
                NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)
            })
        {
            let long = NaiveDate::from_isoywd_opt(year, 53, Weekday::Mon).is_some();
            let last = if long { 53 } else { 52 };
            return no_such(token, found, format!("a week from 1 to {last} of {year}"));
        }
        if let Some((token, found)) = month
            && !(1..=12).contains(&found)
        {
            return no_such(token, found, "a month from 1 to 12".to_owned());
        }
        if let (Some((token, found)), Some((_, month))) = (day, month)
            && !exists(found, |day| {
                NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, day)
            })
        {
            return no_such(token, found, format!("a day of {year}-{month:02}"));
        }
        Ok(())
    }
}

fn exists(number: u64, date: impl FnOnce(u32) -> Option<NaiveDate>) -> bool {
    u32::try_from(number).ok().and_then(date).is_some()
}

fn no_such(token: &Token, found: u64, expected: String) -> Result<(), ParseVersionErrorKind> {
    Err(ParseVersionErrorKind::NoSuchDate {
        token: token.name,
        found,
        expected,
    })
}

/// Returns whether one token of a group counts this.
fn counts(group: &[Token], field: Field) -> bool {
    group.iter().any(|token| token.field == field)
}

/// Returns the least number of digits of a group: tokens that touch are two wide after the first.
fn width(group: &[Token]) -> usize {
    let first = if group.first().is_some_and(|token| token.padded) {
        2
    } else {
        1
    };
    first + 2 * group.len().saturating_sub(1)
}

/// Reads one number of a version text, touching tokens included.
fn group_value(part: &str, group: &[Token]) -> Result<u64, ParseVersionErrorKind> {
    let name = group.first().map_or("number", |token| token.name);
    match number::lenient(part) {
        Number::Value(value) => Ok(value),
        Number::NotDigits => Err(ParseVersionErrorKind::Grammar {
            reason: format!("expected digits for {name}, found `{part}`"),
        }),
        Number::Overflow => Err(ParseVersionErrorKind::Overflow {
            component: name,
            digits: part.to_owned(),
        }),
    }
}

impl fmt::Display for CalendarFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for CalendarFormat {
    type Error = PolicyError;

    fn try_from(text: String) -> Result<Self, PolicyError> {
        text.parse()
    }
}

impl From<CalendarFormat> for String {
    fn from(format: CalendarFormat) -> Self {
        format.text
    }
}
