//! What the heading of a release says: version, date, flags.

use crate::date::{self, FoundDate};

/// What a heading names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// `Unreleased` in one of its spellings.
    Unreleased,
    /// `XXXX`, `X.Y.Z`: a version still to be chosen.
    Placeholder,
    /// A version.
    Version,
}

/// The reading of a heading; ranges count in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) names: Names,
    /// The version without a leading `v`, or the word for unreleased.
    pub(crate) version: (usize, usize),
    /// Words stand before the version that are not just `Version` or `Release`.
    pub(crate) prefixed: bool,
    /// The text in brackets that a link definition can name.
    pub(crate) label: Option<(usize, usize)>,
    /// The destination of an inline link.
    pub(crate) url: Option<(usize, usize)>,
    pub(crate) date: Option<FoundDate>,
    /// `UNRELEASED`, `ReleaseDate` or the like where the date will stand.
    pub(crate) pending: Option<(usize, usize)>,
    /// The `[YANKED]` mark, with the space before it.
    pub(crate) yanked: Option<(usize, usize)>,
}

/// Headings that mean "not released", in lower case.
const UNRELEASED: &[&str] = &[
    "unreleased",
    "unreleased changes",
    "unreleased version",
    "not released",
    "not yet released",
    "next",
    "next release",
    "next version",
    "upcoming",
    "upcoming release",
    "head",
    "master",
    "main",
    "development",
    "development version",
    "in development",
    "pending",
    "to be released",
    "current",
    "trunk",
    "tbd",
];

const PENDING: &[&str] = &[
    "unreleased",
    "releasedate",
    "release-date",
    "tbd",
    "tba",
    "xxxx-xx-xx",
    "yyyy-mm-dd",
    "not released",
    "not yet released",
    "in development",
    "pending",
    "date",
];

/// Reads the text of a heading, or nothing if it names no release.
pub(crate) fn read(text: &str) -> Option<Reading> {
    // Most headings are categories: without a digit or a placeholder, only a word for unreleased is
    // left.
    if !may_be_version(text) && !may_be_unreleased(text) {
        return None;
    }
    let (start, _) = text
        .char_indices()
        .find(|(_, c)| !matches!(c, '*' | '_' | '~' | '`' | ' '))?;
    core(text, start, false).or_else(|| after_prefix(text, start))
}

/// Returns whether a text holds a digit, `XXXX`, or an `X` and a dot.
fn may_be_version(text: &str) -> bool {
    let (mut run, mut dot, mut unknown) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => return true,
            b'X' | b'x' | b'Y' | b'y' | b'Z' | b'z' => {
                unknown = true;
                run += 1;
                if run == 4 {
                    return true;
                }
                continue;
            }
            b'.' => dot = true,
            _ => {}
        }
        run = 0;
    }
    dot && unknown
}

/// Returns whether a text starts with a word for unreleased, after marks.
fn may_be_unreleased(text: &str) -> bool {
    let bare = text.trim_start_matches(['*', '_', '~', '`', ' ', '[']);
    let first = bare
        .bytes()
        .next()
        .map_or(0, |byte| byte.to_ascii_lowercase());
    b"cdhimnptu".contains(&first)
        && UNRELEASED.iter().any(|word| {
            bare.get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word))
        })
}

/// Reads `[1.2.3] - …`, `1.2.3 (…)`, `Unreleased` at `start`.
fn core(text: &str, start: usize, prefixed: bool) -> Option<Reading> {
    let here = text.get(start..)?;
    let (token, label, url) = if let Some(inner) = here.strip_prefix('[') {
        // A label holds no bracket: https://spec.commonmark.org/0.31.2/#link-label
        let len = inner.find([']', '['])?;
        inner.get(len..)?.starts_with(']').then_some(())?;
        let label = (start + 1, start + 1 + len);
        let url = text
            .get(label.1 + 1..)
            .and_then(|rest| rest.strip_prefix('('))
            .and_then(|target| target.find(')'))
            .map(|len| (label.1 + 2, label.1 + 2 + len));
        (label, Some(label), url)
    } else {
        let len = here.find([' ', '\t', ',', '(']).unwrap_or(here.len());
        let word = here.get(..len)?.trim_end_matches([':', '*', '_', '~', '`']);
        ((start, start + word.len()), None, None)
    };
    let inside = text.get(token.0..token.1)?;
    let whole = here.trim_end();
    let bracketed = label.is_some();
    let alone = bracketed || stands_alone(inside, text.get(token.1..).unwrap_or_default());
    let (names, version) = name(inside, token.0, bracketed, alone)
        .or_else(|| unreleased_text(whole, start, bracketed))?;
    if prefixed && names == Names::Unreleased {
        return None;
    }
    let mut reading = Reading {
        names,
        version,
        prefixed,
        label,
        url,
        date: None,
        pending: None,
        yanked: None,
    };
    // `[1.2.3 - 2024-01-02]` has its date in the brackets, and a date may be the version.
    reading.finish(text, version.1);
    reading.date = reading.date.or_else(|| at(date::find(inside), token.0));
    Some(reading)
}

/// Returns whether nothing but a date and the `[YANKED]` mark follow a word, so that the word may
/// be a number alone.
fn stands_alone(word: &str, rest: &str) -> bool {
    let rest = rest.trim();
    let rest = match rest.len().checked_sub("[yanked]".len()) {
        Some(at) if rest.get(at..).is_some_and(is_yanked) => rest.get(..at).unwrap_or_default(),
        _ => rest,
    };
    if rest.is_empty() || word.contains('.') {
        return rest.trim_end().is_empty();
    }
    let (before, after) = match date::find(rest) {
        Some(found) => rest.split_at(found.start.min(rest.len())),
        None => (rest, ""),
    };
    let after = date::find(after).map_or("", |found| after.get(found.end..).unwrap_or_default());
    let mark = |c: char| matches!(c, ' ' | '\t' | '-' | '–' | '—' | '(' | ')' | ':' | ',');
    before.chars().all(mark) && after.chars().all(mark)
}

fn is_yanked(mark: &str) -> bool {
    mark.eq_ignore_ascii_case("[yanked]") || mark.eq_ignore_ascii_case("(yanked)")
}

/// Finds the mark, with the space before it, in the lower case text after a version. Without it,
/// what stands before and after must not become one word.
fn yanked_mark(lower: &str) -> Option<(usize, usize)> {
    ["[yanked]", "(yanked)"].iter().find_map(|mark| {
        let mut found = lower.match_indices(mark);
        let (at, _) = found.find(|(at, _)| {
            let after = lower.get(at + mark.len()..).unwrap_or_default();
            let after = after.trim_start_matches([':', '*', '_', '~', '`']);
            after.is_empty() || after.starts_with([' ', '\t', ',', '(', ')', ']'])
        })?;
        let before = lower.get(..at).unwrap_or_default();
        let start = before.trim_end_matches([' ', '\t']).len();
        Some((start, at + mark.len()))
    })
}

fn at(found: Option<FoundDate>, offset: usize) -> Option<FoundDate> {
    found.map(|found| FoundDate {
        start: found.start + offset,
        end: found.end + offset,
        ..found
    })
}

impl Reading {
    /// Reads date and flags after the version.
    fn finish(&mut self, text: &str, from: usize) {
        let rest = text.get(from..).unwrap_or_default();
        self.date = at(date::find(rest), from);
        if self.date.is_some() && !rest.bytes().any(|b| matches!(b, b'y' | b'Y')) {
            return;
        }
        let lower = rest.to_ascii_lowercase();
        self.yanked = yanked_mark(&lower).map(|(start, end)| (from + start, from + end));
        if self.date.is_none() {
            self.pending = PENDING.iter().find_map(|word| {
                let at = lower.find(word)?;
                let end = at + word.len();
                // The date that will stand there must be a word of its own.
                let joins = ['-', '/', '.'];
                let before = lower.get(..at)?.trim_end_matches(joins);
                let after = lower.get(end..)?.trim_start_matches(joins);
                let free = !before.ends_with(|c: char| c.is_ascii_alphanumeric())
                    && !after.starts_with(|c: char| c.is_ascii_alphanumeric());
                free.then_some((from + at, from + end))
            });
        }
    }
}

type Named = (Names, (usize, usize));

/// Reads one word, or the text in brackets.
fn name(token: &str, offset: usize, bracketed: bool, alone: bool) -> Option<Named> {
    if bracketed
        && UNRELEASED
            .iter()
            .any(|word| word.eq_ignore_ascii_case(token))
    {
        return Some((Names::Unreleased, (offset, offset + token.len())));
    }
    let word = token.split([' ', '\t']).next().unwrap_or_default();
    let word = word.trim_end_matches([':', ',', ';']);
    if is_placeholder(word) {
        return Some((Names::Placeholder, (offset, offset + word.len())));
    }
    let start = version_start(word, alone)?;
    Some((Names::Version, (offset + start, offset + word.len())))
}

/// Reads a heading that is nothing but a word for unreleased, or starts with `Unreleased`.
fn unreleased_text(whole: &str, offset: usize, bracketed: bool) -> Option<Named> {
    if bracketed {
        return None;
    }
    let lower = whole.to_ascii_lowercase();
    let lower = lower.trim_end_matches([':', '*', '_', '~', '`']);
    if UNRELEASED.contains(&lower) {
        return Some((Names::Unreleased, (offset, offset + lower.len())));
    }
    let word = "unreleased";
    let free = lower
        .strip_prefix(word)
        .is_some_and(|rest| rest.starts_with([' ', '\t', '(', ':', ',', '-']));
    free.then_some((Names::Unreleased, (offset, offset + word.len())))
}

fn is_placeholder(word: &str) -> bool {
    let bare = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let unknown = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| matches!(b, b'X' | b'x' | b'Y' | b'y' | b'Z' | b'z'))
    };
    let mut parts = bare.split('.');
    let first = parts.next().unwrap_or_default();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    // `XXXX`, `XXXX.X`, `X.Y.Z`, `1.X.Y`, not the word `x` alone.
    let some_unknown = bare.split('.').any(unknown);
    some_unknown
        && (unknown(first) && first.len() >= 4 || bare.contains('.'))
        && bare.split('.').all(|part| unknown(part) || digits(part))
}

/// Finds where the version starts in a word that ends with it: `1.2.3`, `v1.2.3`, `name-v1.2.3`.
fn version_start(word: &str, integers: bool) -> Option<usize> {
    let bytes = word.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let digit = bytes.get(at).is_some_and(u8::is_ascii_digit);
        let before = at.checked_sub(1).and_then(|at| bytes.get(at).copied());
        let v = matches!(before, Some(b'v' | b'V'))
            && !at
                .checked_sub(2)
                .and_then(|at| bytes.get(at))
                .is_some_and(u8::is_ascii_alphanumeric);
        let starts = before.is_none_or(|b| !b.is_ascii_alphanumeric() && b != b'.') || v;
        if digit && starts && is_version(word.get(at..)?, integers && (at == 0 || at == 1 && v)) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns whether a text is a version: two or more numbers with dots, a date, or a number alone
/// where that may be; then a suffix.
pub(crate) fn is_version(text: &str, integers: bool) -> bool {
    let core = text
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b'.')
        .count();
    let (numbers, suffix) = text.split_at(core);
    let numbers = numbers
        .strip_suffix('.')
        .filter(|_| suffix.starts_with(['x', 'X', '*']))
        .unwrap_or(numbers);
    let count = numbers.split('.').count();
    if numbers.split('.').any(str::is_empty) || count > 4 {
        return false;
    }
    if count == 1 && !integers && date::find(text).is_none() {
        return false;
    }
    let tail = suffix.trim_start_matches(['-', '+', '~', '_', '.']);
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.' | b'~' | b'_');
    suffix.bytes().all(legal) && (suffix.is_empty() || !tail.is_empty())
}

/// Reads `Version 1.2.3`, `Mithril Distribution [2403.1] - …`, `name 1.2.3`.
fn after_prefix(text: &str, start: usize) -> Option<Reading> {
    let mut at = start;
    for _ in 0..4 {
        let rest = text.get(at..)?;
        let word = rest.find([' ', '\t'])?;
        at += word;
        at += text.get(at..)?.find(|c| !matches!(c, ' ' | '\t'))?;
        if let Some(mut reading) = core(text, at, true)
            && (reading.label.is_some() || text.get(at..reading.version.1)?.contains('.'))
        {
            let prefix = text
                .get(start..at)?
                .trim()
                .trim_end_matches(':')
                .to_ascii_lowercase();
            reading.prefixed = !matches!(
                prefix.as_str(),
                "version" | "release" | "v" | "ver" | "ver."
            );
            return Some(reading);
        }
    }
    None
}
