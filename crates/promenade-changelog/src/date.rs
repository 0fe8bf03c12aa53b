//! Dates as headings write them.

use chrono::{Datelike as _, NaiveDate};

/// How a date is written.
///
/// ```
/// use chrono::NaiveDate;
/// use promenade_changelog::DateStyle;
///
/// let date = NaiveDate::from_ymd_opt(2024, 1, 2).ok_or("no such day")?;
/// assert_eq!(DateStyle::LongMonthFirst.render(date), "January 2, 2024");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DateStyle {
    /// `2024-01-02`
    #[default]
    Iso,
    /// `2024/01/02`
    Slashed,
    /// `2024.01.02`
    Dotted,
    /// `02.01.2024`, the day first
    DottedDayFirst,
    /// `January 2, 2024`
    LongMonthFirst,
    /// `Jan 2, 2024`
    ShortMonthFirst,
    /// `January 2nd, 2024`
    OrdinalMonthFirst,
    /// `2 January 2024`
    LongDayFirst,
    /// `2 Jan 2024`
    ShortDayFirst,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl DateStyle {
    /// Every style.
    pub const ALL: [Self; 9] = [
        Self::Iso,
        Self::Slashed,
        Self::Dotted,
        Self::DottedDayFirst,
        Self::LongMonthFirst,
        Self::ShortMonthFirst,
        Self::OrdinalMonthFirst,
        Self::LongDayFirst,
        Self::ShortDayFirst,
    ];

    /// Writes a date.
    #[must_use]
    pub fn render(self, date: NaiveDate) -> String {
        let (y, m, d) = (date.year(), date.month(), date.day());
        let long = usize::try_from(date.month0())
            .ok()
            .and_then(|at| MONTHS.get(at))
            .copied()
            .unwrap_or_default();
        let short = long.get(..3).unwrap_or(long);
        match self {
            Self::Iso => format!("{y:04}-{m:02}-{d:02}"),
            Self::Slashed => format!("{y:04}/{m:02}/{d:02}"),
            Self::Dotted => format!("{y:04}.{m:02}.{d:02}"),
            Self::DottedDayFirst => format!("{d:02}.{m:02}.{y:04}"),
            Self::LongMonthFirst => format!("{long} {d}, {y}"),
            Self::ShortMonthFirst => format!("{short} {d}, {y}"),
            Self::OrdinalMonthFirst => format!("{long} {d}{}, {y}", ordinal(d)),
            Self::LongDayFirst => format!("{d} {long} {y}"),
            Self::ShortDayFirst => format!("{d} {short} {y}"),
        }
    }
}

fn ordinal(day: u32) -> &'static str {
    match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// A date found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FoundDate {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) date: NaiveDate,
    pub(crate) style: DateStyle,
}

/// Finds the first date in a text. Forms that read two ways (`01/02/2024`) are not read.
pub(crate) fn find(text: &str) -> Option<FoundDate> {
    first_word(text)
        .and_then(|word| numeric(text, word))
        .or_else(|| {
            let words = words(text);
            (0..words.len()).find_map(|at| {
                let here = words.get(at..)?;
                numeric(text, *here.first()?).or_else(|| named(text, here))
            })
        })
}

/// The word in ` - 2024-01-02`: most headings have no other, and need no list of them.
fn first_word(text: &str) -> Option<(usize, &str)> {
    let rest = text.trim_start_matches([' ', '-', '(']);
    let len = rest.bytes().take_while(is_inside).count();
    Some((text.len() - rest.len(), rest.get(..len)?))
}

/// Letters, digits and the separators inside numeric dates.
fn is_inside(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'.')
}

/// Splits into words, each with where it starts.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().enumerate().chain([(text.len(), b' ')]) {
        match (is_inside(&byte), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if let Some(word) = text.get(from..at) {
                    // A dash right before a date, as in `[1.2.3]-2024-01-02`, is not part of it.
                    let bare = word.trim_start_matches(['-', '/', '.']);
                    words.push((at - bare.len(), bare));
                }
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn numeric(text: &str, (start, word): (usize, &str)) -> Option<FoundDate> {
    let trimmed = word.trim_end_matches(['-', '.', '/']);
    let separator = trimmed.bytes().find(|byte| !byte.is_ascii_digit())?;
    let mut parts = trimmed.split(char::from(separator));
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let date = match (separator, a.len(), c.len()) {
        (b'-' | b'/' | b'.', 4, _) => ymd(a, b, c)?,
        (b'.', 1 | 2, 4) => ymd(c, b, a)?,
        _ => return None,
    };
    let nearest = match (separator, a.len()) {
        (b'/', _) => DateStyle::Slashed,
        (b'.', 4) => DateStyle::Dotted,
        (b'.', _) => DateStyle::DottedDayFirst,
        _ => DateStyle::Iso,
    };
    Some(found(text, start, start + trimmed.len(), date, nearest))
}

fn named(text: &str, words: &[(usize, &str)]) -> Option<FoundDate> {
    let [(start, first), (_, second), (at, third), ..] = words else {
        return None;
    };
    let end = at + third.trim_end_matches('.').len();
    let year = third.trim_end_matches('.');
    if year.len() != 4 {
        return None;
    }
    let (date, nearest) = if let Some(month) = month(first) {
        (
            ymd(year, &month.to_string(), day(second))?,
            DateStyle::LongMonthFirst,
        )
    } else {
        let month = month(second)?;
        (
            ymd(year, &month.to_string(), day(first))?,
            DateStyle::LongDayFirst,
        )
    };
    Some(found(text, *start, end, date, nearest))
}

fn day(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_alphabetic())
}

fn month(word: &str) -> Option<usize> {
    let word = word.trim_end_matches('.');
    let known = |month: &str| {
        month.eq_ignore_ascii_case(word)
            || month
                .get(..3)
                .is_some_and(|short| short.eq_ignore_ascii_case(word))
            || (month.starts_with("Sep") && word.eq_ignore_ascii_case("sept"))
    };
    MONTHS
        .iter()
        .position(|month| known(month))
        .map(|at| at + 1)
}

fn ymd(y: &str, m: &str, d: &str) -> Option<NaiveDate> {
    let number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    NaiveDate::from_ymd_opt(i32::try_from(number(y)?).ok()?, number(m)?, number(d)?)
}

/// Names the style that writes the date just so, or the nearest one.
fn found(text: &str, start: usize, end: usize, date: NaiveDate, nearest: DateStyle) -> FoundDate {
    let written = text.get(start..end).unwrap_or_default();
    let same = |style: &DateStyle| style.render(date) == written;
    let style = match nearest {
        // No other style has dashes.
        DateStyle::Iso => nearest,
        _ => DateStyle::ALL.into_iter().find(same).unwrap_or(nearest),
    };
    FoundDate {
        start,
        end,
        date,
        style,
    }
}
