//! What the messages of commits tell of how a repository is worked in.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use promenade_tag::MessageTemplate;

use super::reading::Reading;

/// How many commits must say what they do to users before they are believed.
const CONVENTIONAL: usize = 5;
/// How many of the newest releases are looked at.
const RELEASES: usize = 10;
/// How many of them must have a commit with the same message.
const SAME: usize = 3;

/// The types of conventional commits, those that users see first.
const TYPES: [&str; 11] = [
    "feat", "fix", "perf", "build", "chore", "ci", "docs", "refactor", "revert", "style", "test",
];
const SEEN: usize = 3;

/// Something that so many of so many show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) count: usize,
    pub(super) of: usize,
}

/// Returns how many commits are conventional, if that is clear: two of three, and some of them say what
/// they do to users.
pub(super) fn conventional(messages: &[String]) -> Option<Share> {
    let kinds: Vec<_> = messages
        .iter()
        .filter_map(|message| kind(message))
        .collect();
    let seen = kinds.iter().filter(|kind| **kind < SEEN).count();
    let (count, of) = (kinds.len(), messages.len());
    (seen >= CONVENTIONAL && count * 3 >= of * 2).then_some(Share { count, of })
}

/// The place of the type of a conventional commit in [`TYPES`]; one that breaks something is seen.
fn kind(message: &str) -> Option<usize> {
    let subject = message.lines().next()?;
    let (head, text) = subject.split_once(": ")?;
    let (head, breaks) = match head.strip_suffix('!') {
        Some(head) => (head, true),
        None => (head, false),
    };
    let name = match head.split_once('(') {
        Some((name, scope)) => {
            let scope = scope.strip_suffix(')')?;
            (!scope.is_empty() && !scope.contains(['(', ')'])).then_some(name)?
        }
        None => head,
    };
    let kind = TYPES
        .iter()
        .position(|one| one.eq_ignore_ascii_case(name))?;
    (!text.trim().is_empty()).then_some(if breaks { 0 } else { kind })
}

/// Returns the message of the commits that releases are tagged on, if it is clear that they have one:
/// most of the newest, and some. `tagged` has the tags with the first line of the message of their commit,
/// the newest first.
pub(super) fn release_message(tagged: &[(String, String)]) -> Option<(String, Share)> {
    let releases = tagged.iter().filter_map(|(tag, subject)| {
        let reading = Reading::of(tag)?;
        (reading.core() == reading.text).then(|| template(reading.text, subject))
    });
    let newest: Vec<_> = releases.take(RELEASES).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for template in newest.iter().flatten() {
        *counts.entry(template).or_default() += 1;
    }
    let (template, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let of = newest.len();
    (count >= SAME && count * 2 > of).then(|| (template.to_owned(), Share { count, of }))
}

/// The template of a message, if the version stands in it once, and as a word.
fn template(version: &str, subject: &str) -> Option<String> {
    // A forge adds the number of the pull request.
    let number = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    let subject = match subject.trim_end().rsplit_once(" (#") {
        Some((text, rest)) if rest.strip_suffix(')').is_some_and(number) => text,
        _ => subject.trim_end(),
    };
    let mut places = subject.match_indices(version);
    let (at, _) = places.next()?;
    if places.next().is_some() {
        return None;
    }
    let (before, rest) = subject.split_at_checked(at)?;
    let after = rest.strip_prefix(version)?;
    let word = |c: char| c.is_ascii_alphanumeric();
    let begins = !before.ends_with(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    let mut next = after.chars();
    let ends = match (next.next(), next.next()) {
        (Some(c), _) if word(c) => false,
        (Some('.' | '-' | '+'), Some(c)) if word(c) => false,
        _ => true,
    };
    let literal = |text: &str| text.replace('{', "{{").replace('}', "}}");
    let template = format!("{}{{version}}{}", literal(before), literal(after));
    (begins && ends && MessageTemplate::from_str(&template).is_ok()).then_some(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn of(subject: &str) -> Option<String> {
        template("1.2.3", subject)
    }

    #[test]
    fn a_version_that_stands_once_and_as_a_word_makes_a_template() {
        let release = |text: &str| Some(text.to_owned());
        assert_eq!(of("1.2.3"), release("{version}"));
        assert_eq!(of("Release v1.2.3"), release("Release v{version}"));
        assert_eq!(
            of("chore(release): 1.2.3 (#45)"),
            release("chore(release): {version}")
        );
        assert_eq!(of("Release 1.2.3."), release("Release {version}."));
        assert_eq!(of("{x} 1.2.3"), release("{{x}} {version}"));
        for other in [
            "Release 11.2.3",
            "Release 1.2.34",
            "Release 1.2.3-rc.1",
            "Release 1.2.3.4",
            "from 1.2.3 to 1.2.3",
            "fix: no panic",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_conventional_commit_has_a_type_a_scope_and_a_text() {
        for (message, expected) in [
            ("feat: a", Some(0)),
            ("Fix(core): a\n\nmore", Some(1)),
            ("chore(deps)!: a", Some(0)),
            ("docs: a", Some(6)),
            ("core: a", None),
            ("feat:", None),
            ("feat:a", None),
            ("feat(): a", None),
            ("note on fix: a", None),
        ] {
            assert_eq!(kind(message), expected, "{message}");
        }
    }
}
