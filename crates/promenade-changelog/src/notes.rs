//! The notes of a version: its text with the link definitions that it uses, and no others.

use crate::document::Changelog;
use crate::error::EditChangelogError;
use crate::index::{Index, sort_by_numbers};
use crate::link::{Link, normal_label};
use crate::scan::BlockKind;
use crate::section::Section;

impl Changelog<'_> {
    /// Returns the notes of a version: complete and self-contained.
    ///
    /// The text of the section without its heading, bytes as they are; the link definitions that
    /// it uses follow, wherever they stand in the file. Definitions and trailing comments of
    /// others do not come along.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnknownVersion`](crate::EditChangelogErrorKind::UnknownVersion)
    /// and [`DuplicateVersion`](crate::EditChangelogErrorKind::DuplicateVersion).
    pub fn notes(&self, version: &str) -> Result<String, EditChangelogError> {
        let section = self.find("take the notes", version)?;
        Ok(self.notes_of(section))
    }

    /// Returns the notes of a section; see [`Changelog::notes`].
    #[must_use]
    pub fn notes_of(&self, section: &Section<'_>) -> String {
        let newline = self.newline();
        let (mut out, mut used) = (String::new(), Index::default());
        let content_end = self.content_end(section);
        let mut at = None;
        for block in self.body(section) {
            if block.start >= content_end {
                break;
            }
            if block.kind == BlockKind::Definition {
                continue;
            }
            if !matches!(
                block.kind,
                BlockKind::Fence | BlockKind::Indented | BlockKind::Html
            ) {
                labels(self.slice(block.start..block.end), &mut used);
            }
            if let Some(from) = at {
                // The blank lines between two blocks stay; definitions between them go.
                let between = self.slice(from..block.start);
                let lines = between
                    .split_inclusive('\n')
                    .filter(|line| line.trim().is_empty());
                out.extend(lines);
            }
            out.push_str(self.slice(block.start..block.end));
            at = Some(block.end);
        }
        let mut definitions = String::new();
        for link in self.definitions_in_use(&used) {
            definitions.push_str(&self.definition_text(&link));
            definitions.push_str(newline);
        }
        if !out.is_empty() && !out.ends_with(['\n', '\r']) {
            out.push_str(newline);
        }
        if !definitions.is_empty() {
            out.push_str(newline);
            out.push_str(&definitions);
        }
        out
    }

    /// Returns the first definition of each of the labels, in the order of the text.
    fn definitions_in_use(&self, used: &Index) -> Vec<Link<'_>> {
        // Few labels are looked up one by one; many are found in one pass.
        if used.len() < 16 {
            let mut found: Vec<_> = used
                .sorted()
                .into_iter()
                .filter_map(|(label, _)| self.link(label))
                .collect();
            sort_by_numbers(&mut found, |link| (link.at.label.0, 0));
            return found;
        }
        let mut done = Index::default();
        self.links()
            .filter(|link| {
                let label = normal_label(link.label());
                used.contains(&label) && done.add(label)
            })
            .collect()
    }

    /// Returns a definition as it stands, title and all, without its line end.
    fn definition_text(&self, link: &Link<'_>) -> String {
        match self.block_of(link) {
            Some(block) => self.slice(block.start..block.end).trim().to_owned(),
            None => format!("[{}]: {}", link.label(), link.url()),
        }
    }
}

/// Collects the labels that a text may refer to: whatever stands in brackets outside code spans.
pub(crate) fn labels(text: &str, used: &mut Index) {
    let bytes = text.as_bytes();
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| {
        rest.iter()
            .position(|byte| matches!(byte, b'[' | b']' | b'`' | b'\\'))
    }) {
        at += found;
        match bytes.get(at) {
            Some(b'[') => open.push(at + 1),
            Some(b']') => {
                if let Some(label) = open.pop().and_then(|from| text.get(from..at))
                    && label.len() < 1000
                    && !label.trim().is_empty()
                {
                    used.add(normal_label(&unquoted(label)));
                }
            }
            Some(b'\\') => at += 1,
            Some(b'`') => {
                let run = bytes
                    .get(at..)
                    .map_or(1, |rest| rest.iter().take_while(|b| **b == b'`').count());
                at = end_of_code(bytes, at, run);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// A label that wraps inside a quote has the quote's marks in it.
fn unquoted(label: &str) -> String {
    label
        .split('\n')
        .map(|line| line.trim_start_matches(['>', ' ', '\t']))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Skips a code span, or its marks where nothing closes it.
fn end_of_code(bytes: &[u8], start: usize, run: usize) -> usize {
    let mut at = start + run;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(b'`', rest)) {
        at += found;
        let len = bytes
            .get(at..)
            .map_or(1, |rest| rest.iter().take_while(|b| **b == b'`').count());
        at += len;
        if len == run {
            return at;
        }
    }
    start + run
}
