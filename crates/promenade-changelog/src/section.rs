//! A section: the part of a changelog that tells of one version.

use std::ops::Range;

use chrono::NaiveDate;

use crate::heading::{self, Names, Reading};
use crate::scan::{BlockKind, Scan};

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

struct Candidate {
    block: usize,
    level: u8,
    reading: Reading,
}

/// Finds the headings that name a version, and what stands under each.
pub(crate) fn sections<'a>(text: &'a str, scan: &Scan) -> Vec<Section<'a>> {
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
    let mut candidates = candidates.into_iter().peekable();
    while let Some(candidate) = candidates.next() {
        let next = candidates
            .peek()
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
    candidate: Candidate,
    end: usize,
) -> Option<Section<'a>> {
    let block = scan.blocks.get(candidate.block)?;
    let heading = text.get(block.inner.0..block.inner.1)?;
    let reading = candidate.reading;
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
