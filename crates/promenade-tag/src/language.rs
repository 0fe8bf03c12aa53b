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
        return Regex::either(names.iter().map(|name| Regex::literal(name)));
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
            Regex::either([hex().times(sha1), hex().times(64)])
        }
        Placeholder::Line => Regex::sequence([
            number(),
            Regex::sequence([Regex::literal("."), number()]).optional(),
            Regex::literal(".x"),
        ]),
        Placeholder::Tag => {
            let visible = Regex::bytes(&[(0x21, 0x7e), (0x80, 0xff)]);
            Regex::sequence([visible.clone(), visible.repeat()])
        }
    }
}

/// Whatever some scheme could take for a version: [`crate::grammar::is_like_a_version`].
pub(crate) fn any_version() -> Regex {
    let digits = Regex::sequence([digit(), digit().repeat()]);
    let sign = Regex::bytes(&[(b'+', b'+'), (b'-', b'-')]);
    let any = Regex::bytes(&[
        (b'+', b'+'),
        (b'-', b'.'),
        (b'0', b'9'),
        (b'A', b'Z'),
        (b'a', b'z'),
    ]);
    let suffix = Regex::sequence([sign, any.clone(), any.repeat()]);
    Regex::sequence([dotted(&digits), suffix.optional()])
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
    Regex::either([
        Regex::literal("0"),
        Regex::sequence([Regex::bytes(&[(b'1', b'9')]), digit().repeat()]),
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
    Regex::sequence([
        Regex::bytes(&[(b'A', b'Z'), (b'a', b'z')]),
        Regex::sequence([inside.repeat(), alphanumeric()]).optional(),
    ])
}

fn dotted(part: &Regex) -> Regex {
    Regex::sequence([
        part.clone(),
        Regex::sequence([Regex::literal("."), part.clone()]).repeat(),
    ])
}

/// SemVer 2.0.0, item 9.
fn prerelease() -> Regex {
    let letter = Regex::bytes(&[(b'-', b'-'), (b'A', b'Z'), (b'a', b'z')]);
    let any = Regex::bytes(&[(b'-', b'-'), (b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);
    let word = Regex::sequence([digit().repeat(), letter, any.repeat()]);
    dotted(&Regex::either([number(), word]))
}

/// SemVer 2.0.0, item 10.
fn build() -> Regex {
    let any = Regex::bytes(&[(b'-', b'-'), (b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);
    dotted(&Regex::sequence([any.clone(), any.repeat()]))
}

fn date() -> Regex {
    Regex::sequence([
        digit().times(4),
        Regex::literal("-"),
        two_digits(1, 12),
        Regex::literal("-"),
        two_digits(1, 31),
    ])
}

/// Numbers of two digits from `least` to `most`.
fn two_digits(least: u8, most: u8) -> Regex {
    Regex::either((least..=most).map(|value| Regex::Literal(format!("{value:02}").into_bytes())))
}

/// Versions of the class: a release has no suffix but a stable one, a candidate has one.
fn version(scheme: &Scheme, class: Option<Class>) -> Regex {
    let semver = *scheme.kind() == SchemeKind::Semver;
    let takes = |meaning| class.is_none_or(|class| class.takes(meaning));
    let mut suffixes: Vec<Regex> = scheme
        .suffix_templates()
        .filter(|(meaning, _)| takes(*meaning))
        .map(|(_, template)| label(&template))
        .collect();
    if semver && takes(Meaning::Candidate) {
        suffixes.push(prerelease());
    }
    let mut parts = vec![core(scheme.kind())];
    if !suffixes.is_empty() {
        let suffix = Regex::sequence([Regex::literal("-"), Regex::Either(suffixes)]);
        parts.push(if takes(Meaning::Release) {
            suffix.optional()
        } else {
            suffix
        });
    }
    if semver {
        parts.push(Regex::sequence([Regex::literal("+"), build()]).optional());
    }
    Regex::Sequence(parts)
}

fn label(template: &str) -> Regex {
    if template == "{hex}" {
        return Regex::either((7..=40).map(|digits| hex().times(digits)));
    }
    match template.strip_suffix("{n}") {
        Some(stem) => Regex::sequence([Regex::literal(stem), number()]),
        None => Regex::literal(template),
    }
}

fn core(kind: &SchemeKind) -> Regex {
    let more = || Regex::sequence([Regex::literal("."), number()]);
    match kind {
        SchemeKind::MajorMinor => Regex::sequence([number(), more(), more().optional()]),
        SchemeKind::Integer => number(),
        SchemeKind::Calendar(format) => calendar(format),
        // SemVer; a kind of a later version of the crate would need its own language here, and
        // has the widest until then.
        SchemeKind::Semver => Regex::sequence([number(), more(), more()]),
        _ => {
            let part = Regex::sequence([digit(), digit().repeat()]);
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
    let unpadded = |most: u8| Regex::either((1..=most).map(|n| Regex::literal(&n.to_string())));
    let range = |padded: bool, most: u8| {
        if padded || !first {
            two_digits(1, most)
        } else {
            unpadded(most)
        }
    };
    let at_least_two = || Regex::sequence([digit().times(2), digit().repeat()]);
    let tokens = [
        ("YYYY", digit().times(4)),
        ("YY", number()),
        ("0Y", at_least_two()),
        ("MM", range(false, 12)),
        ("0M", range(true, 12)),
        ("WW", range(false, 53)),
        ("0W", range(true, 53)),
        ("DD", range(false, 31)),
        ("0D", range(true, 31)),
    ];
    for (name, regex) in tokens {
        if let Some(tail) = text.strip_prefix(name) {
            return (regex, tail);
        }
    }
    // A counter, which never touches another token.
    (number(), "")
}
