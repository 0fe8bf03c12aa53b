//! The version that the name of a tag holds, before any process says how to read it.

use promenade_tag::Class;
use promenade_version::Version;

use crate::Process;

/// A version in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading<'a> {
    pub(super) prefix: &'a str,
    pub(super) text: &'a str,
    pub(super) form: Form,
}

/// How a version is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `1.2.3`, and what SemVer lets follow.
    Three,
    /// `1.2`, and what SemVer lets follow.
    Two,
    /// `1-2-3`.
    Dashed,
}

impl<'a> Reading<'a> {
    /// Reads a name: the first place from which on all of it is a version.
    pub(super) fn of(tag: &'a str) -> Option<Self> {
        let mut starts = starts(tag);
        starts.find_map(|(prefix, text)| {
            let form = form(text)?;
            Some(Self { prefix, text, form })
        })
    }

    /// Returns the numbers.
    pub(super) fn core(&self) -> &'a str {
        match self.form {
            Form::Dashed => self.text,
            Form::Two | Form::Three => self.text.split(['-', '+']).next().unwrap_or(self.text),
        }
    }
}

/// The places where a number begins that no other number with a dot stands before.
fn starts(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    tag.char_indices().filter_map(|(at, first)| {
        let (prefix, text) = tag.split_at_checked(at)?;
        let before = prefix.strip_suffix('.').unwrap_or(prefix);
        let begins = first.is_ascii_digit() && !before.ends_with(|c: char| c.is_ascii_digit());
        begins.then_some((prefix, text))
    })
}

fn form(text: &str) -> Option<Form> {
    if text.parse::<Version>().is_ok() {
        return Some(Form::Three);
    }
    let dashed: Vec<_> = text.split('-').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if dashed.len() == 3 && dashed.iter().all(number) {
        return Some(Form::Dashed);
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at_checked(end)?;
    let two = numbers.split('.').count() == 2;
    (two && format!("{numbers}.0{rest}").parse::<Version>().is_ok()).then_some(Form::Two)
}

/// Says why a process does not read a name.
pub(super) fn why(process: &Process, tag: &str) -> String {
    let scheme = process.version().scheme();
    if let Some(reading) = Reading::of(tag) {
        return match scheme.parse(reading.text) {
            Err(error) => error.to_string(),
            Ok(_) if process.tags().read(tag).class == Class::Channel => {
                "is read as a channel".to_owned()
            }
            Ok(_) => format!(
                "`{}` has a suffix that is no label of candidates",
                reading.text
            ),
        };
    }
    let near = starts(tag).find(|(_, text)| {
        let mut numbers = text.split('.');
        let first = numbers
            .next()
            .is_some_and(|part| part.bytes().all(|c| c.is_ascii_digit()));
        first
            && numbers
                .next()
                .is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    });
    match near.map(|(_, text)| (text, text.parse::<Version>())) {
        Some((text, Err(error))) => format!("`{text}` is no version: {error}"),
        _ => "holds no version".to_owned(),
    }
}
