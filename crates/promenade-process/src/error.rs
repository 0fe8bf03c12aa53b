//! The errors of reading a process.

use std::fmt;
use std::ops::Range;

use crate::nearest::nearest;

/// A process file is not a process: what was found, where, and what was expected.
///
/// Its message names the line and the column, shows the line with carets under the place, and
/// suggests the nearest known word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseProcessError {
    origin: String,
    message: String,
    place: Option<Place>,
    suggestion: Option<String>,
}

/// A place in a text, counted from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    width: usize,
    text: String,
}

impl ParseProcessError {
    /// Makes an error about `span` of `text`, which was read from `origin`.
    pub(crate) fn new(
        origin: &str,
        text: &str,
        span: Option<Range<usize>>,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        let suggestion = suggest(&message);
        let place = span.map(|span| Place::of(text, span));
        Self {
            origin: origin.to_owned(),
            message,
            place,
            suggestion,
        }
    }

    /// Returns the name of what was read: a path, or a preset.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns what was found and what was expected, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the line, counted from 1, if the error has a place.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.line)
    }

    /// Returns the column in characters, counted from 1, if the error has a place.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.column)
    }

    /// Returns the nearest known word, if one is near.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }
}

impl Place {
    fn of(text: &str, span: Range<usize>) -> Self {
        let start = floor(text, span.start.min(text.len()));
        let end = floor(text, span.end.clamp(start, text.len()));
        let (before, _) = text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let (_, from_line) = text.split_at(line_start);
        let line_text = from_line.lines().next().unwrap_or("");
        let marked = text
            .get(start..end)
            .and_then(|marked| marked.lines().next())
            .unwrap_or("");
        Self {
            line: before.matches('\n').count() + 1,
            column: text
                .get(line_start..start)
                .map_or(0, |head| head.chars().count())
                + 1,
            width: marked.chars().count().max(1),
            text: line_text.to_owned(),
        }
    }
}

/// Returns the largest character boundary that is not after `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// The messages of serde and of our own policies quote the word found first and then the known
/// ones, all with backticks.
fn suggest(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let found = quoted.next()?;
    nearest(found, quoted).map(str::to_owned)
}

impl fmt::Display for ParseProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        if let Some(place) = &self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(word) = &self.suggestion {
            write!(f, "; did you mean `{word}`?")?;
        }
        if let Some(place) = &self.place {
            let number = place.line.to_string();
            let margin = " ".repeat(number.len());
            // Tabs stay tabs, so that the caret stands below the place in any terminal.
            let lead: String = place
                .text
                .chars()
                .take(place.column - 1)
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            let carets = "^".repeat(place.width);
            write!(
                f,
                "\n{margin} |\n{number} | {}\n{margin} | {lead}{carets}",
                place.text
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseProcessError {}

/// There is no preset of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown preset `{found}`: expected one of {}{}", known(), hint(found))]
pub struct UnknownPresetError {
    pub(crate) found: String,
}

fn known() -> String {
    let names: Vec<_> = crate::preset::NAMES
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(", ")
}

fn hint(found: &str) -> String {
    nearest(found, crate::preset::NAMES.iter().copied())
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}
