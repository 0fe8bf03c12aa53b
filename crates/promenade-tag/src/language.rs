//! The language of each placeholder: every text that it may stand for, and as few more as a
//! regular expression allows.

use promenade_version::{CalendarFormat, Meaning, Scheme, SchemeKind};

use crate::automaton::Regex;
use crate::grammar::Vocabulary;
use crate::{Class, MAX_COMMIT_DIGITS, Placeholder};

/// Returns the language of a placeholder.
pub(crate) fn of(
    field: Placeholder,
    scheme: &Scheme,
    vocabulary: &Vocabulary,
    class: Option<Class>,
) -> Regex {
    if let Some(names) = vocabulary.listed(field) {
        return Regex::Either(names.iter().map(|name| Regex::literal(name)).collect());
    }
    match field {
        Placeholder::Component | Placeholder::Scope | Placeholder::Environment => identifier(),
        Placeholder::Version => version(scheme, class),
        Placeholder::NextPatch => core(scheme.kind()),
        Placeholder::Major | Placeholder::Minor | Placeholder::Patch => number(),
        Placeholder::Prerelease => prerelease(),
        Placeholder::Build => build(),
        Placeholder::Date => date(),
        Placeholder::Commit(Some(digits)) => hex().times(usize::from(digits)),
        Placeholder::Commit(None) => {
            let sha1 = usize::from(MAX_COMMIT_DIGITS) + 1;
            Regex::Either(vec![hex().times(sha1), hex().times(64)])
        }
        Placeholder::Line => Regex::Sequence(vec![
            number(),
            Regex::Sequence(vec![Regex::literal("."), number()]).optional(),
            Regex::literal(".x"),
        ]),
        Placeholder::Tag => {
            let visible = Regex::bytes(&[(0x21, 0x7e), (0x80, 0xff)]);
            Regex::Sequence(vec![visible.clone(), visible.repeat()])
        }
    }
}

/// Whatever some scheme could take for a version: [`crate::grammar::is_like_a_version`].
pub(crate) fn any_version() -> Regex {
    let digits = Regex::Sequence(vec![digit(), digit().repeat()]);
    let sign = Regex::bytes(&[(b'+', b'+'), (b'-', b'-')]);
    let any = Regex::bytes(&[
        (b'+', b'+'),
        (b'-', b'.'),
        (b'0', b'9'),
        (b'A', b'Z'),
        (b'a', b'z'),
    ]);
    let suffix = Regex::Sequence(vec![sign, any.clone(), any.repeat()]);
    Regex::Sequence(vec![dotted(&digits), suffix.optional()])
}

fn digit() -> Regex {
    Regex::bytes(&[(b'0', b'9')])
}

fn hex() -> Regex {
    Regex::bytes(&[(b'0', b'9'), (b'a', b'f')])
}

fn alphanumeric() -> Regex {
    Regex::bytes(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')])
}

/// A number without leading zeros.
fn number() -> Regex {
    Regex::Either(vec![
        Regex::literal("0"),
        Regex::Sequence(vec![Regex::bytes(&[(b'1', b'9')]), digit().repeat()]),
    ])
}

/// [`crate::Vocabulary`]: a letter, then letters, digits, `-` and `_`, a letter or digit last.
fn identifier() -> Regex {
    let inside = Regex::bytes(&[
        (b'-', b'-'),
        (b'0', b'9'),
        (b'A', b'Z'),
        (b'_', b'_'),
        (b'a', b'z'),
    ]);
    Regex::Sequence(vec![
        Regex::bytes(&[(b'A', b'Z'), (b'a', b'z')]),
        Regex::Sequence(vec![inside.repeat(), alphanumeric()]).optional(),
    ])
}

fn dotted(part: &Regex) -> Regex {
    Regex::Sequence(vec![
        part.clone(),
        Regex::Sequence(vec![Regex::literal("."), part.clone()]).repeat(),
    ])
}

/// SemVer 2.0.0, item 9.
fn prerelease() -> Regex {
    let letter = Regex::bytes(&[(b'-', b'-'), (b'A', b'Z'), (b'a', b'z')]);
    let any = Regex::bytes(&[(b'-', b'-'), (b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);
    let word = Regex::Sequence(vec![digit().repeat(), letter, any.repeat()]);
    dotted(&Regex::Either(vec![number(), word]))
}

/// SemVer 2.0.0, item 10.
fn build() -> Regex {
    let any = Regex::bytes(&[(b'-', b'-'), (b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);
    dotted(&Regex::Sequence(vec![any.clone(), any.repeat()]))
}

fn date() -> Regex {
    Regex::Sequence(vec![
        digit().times(4),
        Regex::literal("-"),
        two_digits(1, 12),
        Regex::literal("-"),
        two_digits(1, 31),
    ])
}

/// Numbers of two digits from `least` to `most`.
fn two_digits(least: u8, most: u8) -> Regex {
    let mut numbers = Vec::new();
    for value in least..=most {
        numbers.push(Regex::Literal(format!("{value:02}").into_bytes()));
    }
    Regex::Either(numbers)
}

/// Versions of the class: a release has no suffix but a stable one, a candidate has one.
fn version(scheme: &Scheme, class: Option<Class>) -> Regex {
    let semver = *scheme.kind() == SchemeKind::Semver;
    let takes = |meaning| class.is_none_or(|class| class.takes(meaning));
    let mut suffixes = Vec::new();
    for (meaning, template) in scheme.suffix_templates() {
        if takes(meaning) {
            suffixes.push(label(&template));
        }
    }
    if semver && takes(Meaning::Candidate) {
        suffixes.push(prerelease());
    }
    let mut parts = vec![core(scheme.kind())];
    if !suffixes.is_empty() {
        let suffix = Regex::Sequence(vec![Regex::literal("-"), Regex::Either(suffixes)]);
        parts.push(if takes(Meaning::Release) {
            suffix.optional()
        } else {
            suffix
        });
    }
    if semver {
        parts.push(Regex::Sequence(vec![Regex::literal("+"), build()]).optional());
    }
    Regex::Sequence(parts)
}

fn label(template: &str) -> Regex {
    if template == "{hex}" {
        let mut lengths = Vec::new();
        for digits in 7..=40 {
            lengths.push(hex().times(digits));
        }
        return Regex::Either(lengths);
    }
    match template.strip_suffix("{n}") {
        Some(stem) => Regex::Sequence(vec![Regex::literal(stem), number()]),
        None => Regex::literal(template),
    }
}

fn core(kind: &SchemeKind) -> Regex {
    let more = || Regex::Sequence(vec![Regex::literal("."), number()]);
    match kind {
        SchemeKind::MajorMinor => Regex::Sequence(vec![number(), more(), more().optional()]),
        SchemeKind::Integer => number(),
        SchemeKind::Calendar(format) => calendar(format),
        // SemVer; a kind of a later version of the crate would need its own language here, and
        // has the widest until then.
        SchemeKind::Semver => Regex::Sequence(vec![number(), more(), more()]),
        _ => {
            let part = Regex::Sequence(vec![digit(), digit().repeat()]);
            dotted(&part)
        }
    }
}

fn calendar(format: &CalendarFormat) -> Regex {
    let mut parts = Vec::new();
    for (index, group) in format.as_str().split('.').enumerate() {
        if index > 0 {
            parts.push(Regex::literal("."));
        }
        let mut rest = group;
        let mut first = true;
        while !rest.is_empty() {
            let (token, tail) = token(rest, first);
            parts.push(token);
            rest = tail;
            first = false;
        }
    }
    Regex::Sequence(parts)
}

/// Reads one token of calver.org; tokens that touch are two digits wide after the first.
fn token(text: &str, first: bool) -> (Regex, &str) {
    let numbers = |padded: bool, most: u8| {
        if padded || !first {
            return two_digits(1, most);
        }
        let mut numbers = Vec::new();
        for number in 1..=most {
            numbers.push(Regex::literal(&number.to_string()));
        }
        Regex::Either(numbers)
    };
    for name in ["YYYY", "YY", "0Y", "MM", "0M", "WW", "0W", "DD", "0D"] {
        let Some(tail) = text.strip_prefix(name) else {
            continue;
        };
        let padded = name.starts_with('0');
        let regex = match name {
            "YYYY" => digit().times(4),
            "YY" => number(),
            "0Y" => Regex::Sequence(vec![digit().times(2), digit().repeat()]),
            "MM" | "0M" => numbers(padded, 12),
            "WW" | "0W" => numbers(padded, 53),
            _ => numbers(padded, 31),
        };
        return (regex, tail);
    }
    // A counter, which never touches another token.
    (number(), "")
}
