//! Link definitions: what they say, and where new ones go.

use std::ops::Range;

use crate::address::Address;
use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::edit::TextEdit;
use crate::scan::{BlockKind, LinkDefinition};
use crate::section::Section;

/// A link definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    label: &'a str,
    url: &'a str,
    pub(crate) at: LinkDefinition,
}

impl<'a> Link<'a> {
    /// Returns the label, without brackets.
    #[must_use]
    pub fn label(&self) -> &'a str {
        self.label
    }

    /// Returns the address as it is written.
    #[must_use]
    pub fn url(&self) -> &'a str {
        self.url
    }

    /// Returns the bytes of the address.
    #[must_use]
    pub fn url_range(&self) -> Range<usize> {
        self.at.url.0..self.at.url.1
    }

    /// Returns the bytes of the label.
    #[must_use]
    pub fn label_range(&self) -> Range<usize> {
        self.at.label.0..self.at.label.1
    }

    /// Returns the address without the earlier tag of a comparison, and that tag.
    pub(crate) fn base(&self) -> Option<(&'a str, usize)> {
        let address = Address::read(self.url(), None)?;
        let (base, _) = address.base?;
        Some((base, self.url_range().start + address.head.len()))
    }
}

impl<'a> Changelog<'a> {
    /// Returns the link definitions in the order of the text.
    pub fn links(&self) -> impl Iterator<Item = Link<'a>> {
        let text = self.text;
        self.scan.definitions.iter().map(move |&at| Link {
            label: text.get(at.label.0..at.label.1).unwrap_or_default(),
            url: text.get(at.url.0..at.url.1).unwrap_or_default(),
            at,
        })
    }

    /// Returns the definition of a label. The first one counts, as `CommonMark` has it.
    #[must_use]
    pub fn link(&self, label: &str) -> Option<Link<'a>> {
        let wanted = normal_label(label);
        self.links().find(|link| is_label(link.label, &wanted))
    }

    /// Returns the address of a section: of its heading, or of the definition that it names.
    #[must_use]
    pub fn url(&self, section: &Section<'a>) -> Option<&'a str> {
        if let Some((start, end)) = section.reading.url {
            return section.heading.get(start..end);
        }
        self.link(section.label()?).map(|link| link.url)
    }

    /// Makes a link definition: below that of Unreleased, else above the newest release's, else
    /// at the end of the file.
    pub(crate) fn insert_definition(&self, label: &str, url: &str, dialect: &Dialect) -> TextEdit {
        let newline = dialect.newline;
        let line = format!("[{label}]: {url}");
        let definition = |label: &str| {
            let wanted = normal_label(label);
            self.scan.blocks.iter().find(|block| {
                block.kind == BlockKind::Definition
                    && is_label(self.slice(block.inner.0..block.inner.1), &wanted)
            })
        };
        let unreleased = self
            .unreleased()
            .and_then(Section::label)
            .unwrap_or("unreleased");
        if let Some(block) = definition(unreleased) {
            return self.insert_line(block.end, &line, newline);
        }
        let mut known = self.releases().take(64).filter_map(|section| {
            let block = definition(section.label()?)?;
            Some(block)
        });
        if let Some(newest) = known.next() {
            let ascending = known.next().is_some_and(|older| older.start < newest.start);
            let at = if ascending { newest.end } else { newest.start };
            return self.insert_line(at, &line, newline);
        }
        let end = self.text.len();
        let trimmed = self.text.trim_end_matches(['\n', '\r', ' ', '\t']).len();
        let last = self.scan.blocks.last();
        let gap = match last {
            Some(block) if block.kind == BlockKind::Definition => 1,
            _ => 2,
        };
        let have = self
            .text
            .get(trimmed..)
            .unwrap_or_default()
            .matches('\n')
            .count();
        let after = if have > 0 { newline } else { "" };
        let before = newline.repeat(gap - have.min(gap));
        TextEdit::insert(end, format!("{before}{line}{after}"))
    }

    /// Inserts a line where a line starts.
    pub(crate) fn insert_line(&self, at: usize, line: &str, newline: &str) -> TextEdit {
        let open = at > 0 && !self.slice(0..at).ends_with(['\n', '\r']);
        if open {
            TextEdit::insert(at, format!("{newline}{line}"))
        } else {
            TextEdit::insert(at, format!("{line}{newline}"))
        }
    }
}

/// Folds case and white space as `CommonMark` matches labels.
pub(crate) fn normal_label(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    for word in label.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out
}

/// Returns whether a label is the one that `wanted` is the normal form of.
pub(crate) fn is_label(label: &str, wanted: &str) -> bool {
    if label.bytes().all(|byte| byte.is_ascii_graphic()) {
        return label.eq_ignore_ascii_case(wanted);
    }
    normal_label(label) == wanted
}
