//! A changelog as a view of its text: sections, entries, link definitions. Nothing is copied.

use std::ops::Range;

use crate::address::{Address, tag_affixes};
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind, ParseChangelogError};
use crate::link::positions;
use crate::order;
use crate::scan::{self, Block, BlockKind, Scan};
use crate::section::{Section, SectionKind, sections};

/// A changelog. Every byte of the text is kept; edits are ranges of it.
///
/// ```
/// use promenade_changelog::Changelog;
///
/// let changelog = Changelog::parse("# Changelog\n\n## [1.0.0] - 2024-01-02\n\n- First.\n");
/// let section = &changelog.sections()[0];
/// assert_eq!(section.version(), Some("1.0.0"));
/// assert_eq!(changelog.notes("1.0.0")?, "- First.\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Changelog<'a> {
    pub(crate) text: &'a str,
    pub(crate) scan: Scan,
    pub(crate) sections: Vec<Section<'a>>,
    /// The hash of each section's version.
    versions: Vec<u32>,
    pub(crate) has_inline_urls: bool,
}

impl<'a> Changelog<'a> {
    /// Reads a text. Every text is a changelog, if one without sections.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let scan = scan::scan(text);
        let sections = sections(text, &scan);
        let versions = sections
            .iter()
            .map(|section| order::hash(section.version.unwrap_or_default()))
            .collect();
        let has_inline_urls = sections.iter().any(|section| section.reading.url.is_some());
        Self {
            text,
            scan,
            sections,
            versions,
            has_inline_urls,
        }
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// [`ParseChangelogError`] with the line that is not UTF-8.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, ParseChangelogError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::parse(text)),
            Err(error) => {
                let at = error.valid_up_to();
                let before = bytes.get(..at).unwrap_or_default();
                Err(ParseChangelogError {
                    line: memchr::memchr_iter(b'\n', before).count() + 1,
                    at,
                })
            }
        }
    }

    /// Returns the text, as it was given.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns the sections in the order of the text.
    #[must_use]
    pub fn sections(&self) -> &[Section<'a>] {
        &self.sections
    }

    /// Returns the blocks at the top level, in the order of the text.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.scan.blocks
    }

    /// Returns the section of unreleased changes: the first that is not released.
    #[must_use]
    pub fn unreleased(&self) -> Option<&Section<'a>> {
        self.sections
            .iter()
            .find(|section| section.kind != SectionKind::Release)
    }

    /// Says that there is no section of unreleased changes.
    pub(crate) fn no_unreleased(&self) -> EditChangelogErrorKind {
        let first = self.releases().next();
        EditChangelogErrorKind::NoUnreleased {
            release: first.map(|section| self.line_of(section.range.start)),
        }
    }

    /// Returns the sections of released versions in the order of the text.
    pub fn releases(&self) -> impl Iterator<Item = &Section<'a>> {
        self.sections
            .iter()
            .filter(|section| section.kind == SectionKind::Release)
    }

    /// Returns the section of a version.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnknownVersion`] and [`EditChangelogErrorKind::DuplicateVersion`].
    pub fn section(&self, version: &str) -> Result<&Section<'a>, EditChangelogError> {
        self.find("find a section", version)
    }

    /// Returns the sections of a version.
    pub(crate) fn named(&self, version: &str) -> impl Iterator<Item = &Section<'a>> {
        // The hashes lie together: thousands of sections are searched without their text.
        let hash = order::hash(version);
        positions(&self.versions, hash)
            .filter_map(|at| self.sections.get(at))
            .filter(move |section| {
                section
                    .version
                    .is_some_and(|known| order::same(known, version))
            })
    }

    pub(crate) fn find(
        &self,
        verb: &'static str,
        version: &str,
    ) -> Result<&Section<'a>, EditChangelogError> {
        let mut found = self.named(version);
        let first = found.next();
        let kind = match (first, found.next()) {
            (Some(section), None) => return Ok(section),
            (Some(_), Some(_)) => EditChangelogErrorKind::DuplicateVersion {
                version: version.to_owned(),
                lines: self
                    .named(version)
                    .map(|section| self.line_of(section.range.start))
                    .collect(),
            },
            _ => EditChangelogErrorKind::UnknownVersion {
                version: version.to_owned(),
                nearest: self.releases().find_map(|section| {
                    Some((
                        section.version?.to_owned(),
                        self.line_of(section.range.start),
                    ))
                }),
            },
        };
        Err(EditChangelogError::new(verb, kind))
    }
    /// Returns the tag of a section, as its address names it.
    #[must_use]
    pub fn tag(&self, section: &Section<'a>) -> Option<String> {
        let version = section.version?;
        let url = self.url(section);
        let address = url.and_then(|url| Address::read(url, Some(version)));
        Some(match address {
            Some(address) => address.tag.to_owned(),
            None => {
                let (before, after) = tag_affixes(self).unwrap_or(("v".into(), String::new()));
                format!("{before}{version}{after}")
            }
        })
    }

    /// Returns the line of a byte, counted from 1.
    #[must_use]
    pub fn line_of(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        memchr::memchr_iter(b'\n', before).count() + 1
    }

    /// Makes the edits of a verb; refused where they would be swallowed or meet.
    pub(crate) fn finish(
        &self,
        verb: &'static str,
        mut edits: Vec<TextEdit>,
    ) -> Result<Edits, EditChangelogError> {
        for edit in &mut edits {
            // After a carriage return alone, a line feed would only complete its line end.
            let before = edit.range().start.checked_sub(1);
            let before = before.and_then(|at| self.text.as_bytes().get(at));
            if before == Some(&b'\r') && edit.text().starts_with('\n') {
                *edit = TextEdit::replace(edit.range(), format!("\n{}", edit.text()));
            }
        }
        if self.scan.open
            && let Some(last) = self.scan.blocks.last()
            && edits.iter().any(|edit| edit.range().end >= last.end)
        {
            let line = self.line_of(last.start);
            let kind = EditChangelogErrorKind::OpenBlock { line };
            return Err(EditChangelogError::new(verb, kind));
        }
        if let Some(at) = edits.iter().find_map(|edit| self.taken_in(edit)) {
            let line = self.line_of(at);
            let kind = EditChangelogErrorKind::Indented { line };
            return Err(EditChangelogError::new(verb, kind));
        }
        Edits::new(edits).map_err(|error| {
            let line = self.line_of(error.second.start);
            EditChangelogError::new(verb, EditChangelogErrorKind::Tangled { line })
        })
    }

    /// Finds the indented block that a list item at the end of an edit would take in, in whole or in part.
    fn taken_in(&self, edit: &TextEdit) -> Option<usize> {
        let next = self.block_at(edit.range().end)?;
        let line = self.slice(next.start..next.end);
        if edit.text().is_empty() || !line.starts_with(['\t', ' ']) {
            return None;
        }
        let joined = format!("{}{line}", edit.text());
        // What follows the first line may end the item again: the first line itself must start
        // a block.
        let apart = scan::scan(&joined)
            .blocks
            .iter()
            .any(|block| block.start == edit.text().len());
        (!apart).then_some(next.start)
    }

    /// Returns the first block that does not start before a byte.
    pub(crate) fn block_at(&self, at: usize) -> Option<&Block> {
        let blocks = &self.scan.blocks;
        blocks.get(blocks.partition_point(|block| block.start < at))
    }

    /// Returns the blocks of a section without its heading.
    pub(crate) fn body(&self, section: &Section<'a>) -> &[Block] {
        self.scan
            .blocks
            .get(section.blocks.start + 1..section.blocks.end)
            .unwrap_or_default()
    }

    /// Returns where the content of a section ends: after its last block that is neither a link
    /// definition nor a comment.
    pub(crate) fn content_end(&self, section: &Section<'a>) -> usize {
        self.body(section)
            .iter()
            .rev()
            .find(|block| !self.is_footer(block))
            .map_or(section.heading_range.end, |block| block.end)
    }

    pub(crate) fn is_footer(&self, block: &Block) -> bool {
        match block.kind {
            BlockKind::Definition => true,
            BlockKind::Html => self
                .text
                .get(block.inner.0..block.end)
                .is_some_and(|html| html.starts_with("<!--")),
            _ => false,
        }
    }

    /// Returns the line end that the text uses.
    pub(crate) fn newline(&self) -> &'static str {
        let bytes = self.text.as_bytes();
        match memchr::memchr(b'\n', bytes) {
            Some(at) if at > 0 && bytes.get(at - 1) == Some(&b'\r') => "\r\n",
            None if memchr::memchr(b'\r', bytes).is_some() => "\r",
            _ => "\n",
        }
    }

    /// Returns the bytes of a range.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }
}
