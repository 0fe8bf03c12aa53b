//! A changelog as a view of its text: sections, entries, link definitions. Nothing is copied.

use std::ops::Range;

use chrono::NaiveDate;

use crate::dialect::{Address, tag_affixes};
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind, ParseChangelogError};
use crate::heading::{self, Names, Reading};
use crate::mark::is_banner;
use crate::order;
use crate::scan::{self, Block, BlockKind, LinkDefinition, Scan};

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
}

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum SectionKind {
    /// Changes that no version has yet: `Unreleased`, or a placeholder such as `XXXX`.
    Unreleased,
    /// A version that is chosen but not released: its date reads `UNRELEASED` or the like.
    Pending,
    /// A version that is released.
    Release,
}

/// The part of a changelog that tells of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    pub(crate) kind: SectionKind,
    pub(crate) heading: &'a str,
    pub(crate) version: Option<&'a str>,
    pub(crate) reading: Reading,
    /// Where the text of the heading starts.
    pub(crate) offset: usize,
    pub(crate) level: u8,
    /// The block of the heading, and the block after the section.
    pub(crate) blocks: Range<usize>,
    pub(crate) range: Range<usize>,
    pub(crate) heading_range: Range<usize>,
}

impl<'a> Section<'a> {
    /// Returns what the section holds.
    #[must_use]
    pub fn kind(&self) -> SectionKind {
        self.kind
    }

    /// Returns the text of the heading, without its marker.
    #[must_use]
    pub fn heading(&self) -> &'a str {
        self.heading
    }

    /// Returns the version as it is written, without a leading `v`.
    #[must_use]
    pub fn version(&self) -> Option<&'a str> {
        self.version
    }

    /// Returns the date of the heading.
    #[must_use]
    pub fn date(&self) -> Option<NaiveDate> {
        self.reading.date.map(|found| found.date)
    }

    /// Returns whether the heading says `[YANKED]`.
    #[must_use]
    pub fn is_yanked(&self) -> bool {
        self.reading.yanked.is_some()
    }

    /// Returns the bytes of the section, from its heading up to the next section.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Returns the bytes of the heading, with its line end.
    #[must_use]
    pub fn heading_range(&self) -> Range<usize> {
        self.heading_range.clone()
    }

    /// Returns the level of the heading, 1 to 6.
    #[must_use]
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Returns the label that a link definition gives an address, such as `1.2.3` of `[1.2.3]`.
    #[must_use]
    pub fn label(&self) -> Option<&'a str> {
        let (start, end) = self.reading.label.filter(|_| self.reading.url.is_none())?;
        self.heading.get(start..end)
    }

    /// Turns a range of the heading's text into one of the document.
    pub(crate) fn absolute(&self, range: (usize, usize)) -> Range<usize> {
        self.offset + range.0..self.offset + range.1
    }
}

/// One entry: a list item of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub(crate) text: &'a str,
    pub(crate) category: Option<&'a str>,
    pub(crate) block: Block,
}

impl<'a> Entry<'a> {
    /// Returns the text after the marker, continuation lines and nested lists too.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns the heading of the category, as it is written.
    #[must_use]
    pub fn category(&self) -> Option<&'a str> {
        self.category
    }

    /// Returns the bytes of the entry: whole lines, from its marker on.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.block.start..self.block.end
    }
}

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
}

impl<'a> Changelog<'a> {
    /// Reads a text. Every text is a changelog, if one without sections.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let scan = scan::scan(text);
        let sections = sections(text, &scan);
        Self {
            text,
            scan,
            sections,
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

    pub(crate) fn find(
        &self,
        verb: &'static str,
        version: &str,
    ) -> Result<&Section<'a>, EditChangelogError> {
        let same = |section: &&Section<'a>| {
            section
                .version
                .is_some_and(|known| order::same(known, version))
        };
        let mut found = self.sections.iter().filter(same);
        let first = found.next();
        let kind = match (first, found.next()) {
            (Some(section), None) => return Ok(section),
            (Some(_), Some(_)) => EditChangelogErrorKind::DuplicateVersion {
                version: version.to_owned(),
                lines: self
                    .sections
                    .iter()
                    .filter(same)
                    .map(|section| self.line_of(section.range.start))
                    .collect(),
            },
            _ => EditChangelogErrorKind::UnknownVersion {
                version: version.to_owned(),
                nearest: self
                    .releases()
                    .find_map(|section| section.version)
                    .map(str::to_owned),
            },
        };
        Err(EditChangelogError::new(verb, kind))
    }

    /// Returns the entries of a section.
    pub fn entries(&self, section: &Section<'a>) -> impl Iterator<Item = Entry<'a>> {
        let text = self.text;
        let mut category = None;
        self.body(section)
            .iter()
            .filter_map(move |block| match block.kind {
                // A banner is no category: what stands below it is the section's own.
                BlockKind::Heading { .. } if is_banner(self, block) => None,
                BlockKind::Heading { .. } => {
                    category = text.get(block.inner.0..block.inner.1);
                    None
                }
                BlockKind::Item { .. } => Some(Entry {
                    text: text
                        .get(block.inner.0.min(block.end)..block.end)
                        .unwrap_or_default()
                        .trim_end(),
                    category,
                    block: *block,
                }),
                _ => None,
            })
    }

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

    /// Finds the indented block that a list item at the end of an edit would take in.
    fn taken_in(&self, edit: &TextEdit) -> Option<usize> {
        let blocks = &self.scan.blocks;
        let next = blocks.get(blocks.partition_point(|block| block.start < edit.range().end))?;
        let line = self.slice(next.start..next.end);
        if edit.text().is_empty() || !line.starts_with(['\t', ' ']) {
            return None;
        }
        let joined = format!("{}{line}", edit.text());
        let scan = scan::scan(&joined);
        let apart = scan
            .blocks
            .last()
            .is_some_and(|last| last.start >= edit.text().len());
        (!apart).then_some(next.start)
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

struct Candidate {
    block: usize,
    level: u8,
    reading: Reading,
}

/// Finds the headings that name a version, and what stands under each.
fn sections<'a>(text: &'a str, scan: &Scan) -> Vec<Section<'a>> {
    let mut candidates = Vec::new();
    for (at, block) in scan.blocks.iter().enumerate() {
        if let BlockKind::Heading { level, .. } = block.kind
            && level <= 3
            && let Some(reading) = text
                .get(block.inner.0..block.inner.1)
                .and_then(heading::read)
        {
            candidates.push(Candidate {
                block: at,
                level,
                reading,
            });
        }
    }
    keep_one_prefix_level(&mut candidates);
    let mut sections = Vec::with_capacity(candidates.len());
    for (at, candidate) in candidates.iter().enumerate() {
        let next = candidates
            .get(at + 1)
            .map_or(scan.blocks.len(), |next| next.block);
        let end = scan
            .blocks
            .iter()
            .enumerate()
            .take(next)
            .skip(candidate.block + 1)
            .find(|(_, block)| {
                matches!(block.kind, BlockKind::Heading { level, .. } if level <= candidate.level)
            })
            .map_or(next, |(at, _)| at);
        if let Some(section) = section(text, scan, candidate, end) {
            sections.push(section);
        }
    }
    sections
}

/// Headings with words before the version count at one level only, that of the others.
fn keep_one_prefix_level(candidates: &mut Vec<Candidate>) {
    let plain = candidates
        .iter()
        .find(|candidate| !candidate.reading.prefixed)
        .map(|candidate| candidate.level);
    let count = |level: u8| {
        candidates
            .iter()
            .filter(|candidate| candidate.level == level)
            .count()
    };
    let level = plain.unwrap_or_else(|| {
        // The shallowest of the most frequent levels.
        (1..=3).rev().max_by_key(|&level| count(level)).unwrap_or(2)
    });
    candidates.retain(|candidate| !candidate.reading.prefixed || candidate.level == level);
}

fn section<'a>(
    text: &'a str,
    scan: &Scan,
    candidate: &Candidate,
    end: usize,
) -> Option<Section<'a>> {
    let block = scan.blocks.get(candidate.block)?;
    let heading = text.get(block.inner.0..block.inner.1)?;
    let reading = candidate.reading.clone();
    let kind = match reading.names {
        Names::Unreleased | Names::Placeholder => SectionKind::Unreleased,
        Names::Version if reading.pending.is_some() => SectionKind::Pending,
        Names::Version => SectionKind::Release,
    };
    let version = match reading.names {
        Names::Version => heading.get(reading.version.0..reading.version.1),
        Names::Unreleased | Names::Placeholder => None,
    };
    Some(Section {
        kind,
        heading,
        version,
        reading,
        offset: block.inner.0,
        level: candidate.level,
        blocks: candidate.block..end,
        range: block.start..scan.blocks.get(end).map_or(text.len(), |next| next.start),
        heading_range: block.start..block.end,
    })
}
