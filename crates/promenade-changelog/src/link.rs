//! Link definitions: what they say, and where new ones go.

use std::borrow::Cow;
use std::ops::Range;

use crate::address::Address;
use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::edit::TextEdit;
use crate::scan::{Block, BlockKind, LinkDefinition};
use crate::section::Section;

/// A link definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    label: Cow<'a, str>,
    url: &'a str,
    pub(crate) at: LinkDefinition,
}

impl<'a> Link<'a> {
    /// Returns the label, without brackets, and without the marks of a quote that it wraps in.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
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

    /// Returns the bytes of the label, with the marks of a quote that it wraps in.
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
        self.scan.definitions.iter().map(|&at| self.link_at(at))
    }

    /// Returns the definition of a label. The first one counts, as `CommonMark` has it.
    #[must_use]
    pub fn link(&self, label: &str) -> Option<Link<'a>> {
        let wanted = normal_label(label);
        self.definitions_of(&wanted).next()
    }

    /// Returns the definitions of a label in its normal form.
    pub(crate) fn definitions_of(&self, wanted: &str) -> impl Iterator<Item = Link<'a>> {
        // The hashes lie together: a long list of definitions is searched without its text.
        let hash = hash_label(wanted);
        positions(&self.scan.labels, hash)
            .filter_map(|at| self.scan.definitions.get(at))
            .map(|&at| self.link_at(at))
            .filter(move |link| is_label(&link.label, wanted))
    }

    pub(crate) fn link_at(&self, at: LinkDefinition) -> Link<'a> {
        let wrapped = &self.scan.wrapped;
        let wrapped = wrapped.binary_search_by_key(&at.label.0, |(start, _)| *start);
        let label = match wrapped.ok().and_then(|at| self.scan.wrapped.get(at)) {
            Some((_, label)) => Cow::Owned(label.clone()),
            None => Cow::Borrowed(self.slice(at.label.0..at.label.1)),
        };
        Link {
            label,
            url: self.slice(at.url.0..at.url.1),
            at,
        }
    }

    /// Returns the block that defines a label at the top level, the first that does.
    pub(crate) fn definition_block(&self, label: &str) -> Option<&Block> {
        let wanted = normal_label(label);
        let link = self.definitions_of(&wanted).find(|link| link.at.top)?;
        self.block_of(&link)
    }

    /// Returns the block of a definition that stands at the top level.
    pub(crate) fn block_of(&self, link: &Link<'_>) -> Option<&Block> {
        let start = link.at.label.0;
        let blocks = &self.scan.blocks;
        let at = blocks.partition_point(|block| block.start <= start);
        blocks
            .get(at.checked_sub(1)?)
            .filter(|block| block.kind == BlockKind::Definition)
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
        let unreleased = self
            .unreleased()
            .and_then(Section::label)
            .unwrap_or("unreleased");
        if let Some(block) = self.definition_block(unreleased) {
            return self.insert_line(block.end, &line, newline);
        }
        let mut known = self
            .releases()
            .take(64)
            .filter_map(|section| self.definition_block(section.label()?));
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

/// Hashes a label in its normal form (FNV-1a).
pub(crate) fn hash_label(label: &str) -> u32 {
    if label.bytes().all(|byte| byte.is_ascii_graphic()) {
        return hash(label.bytes().map(|byte| byte.to_ascii_lowercase()));
    }
    hash(normal_label(label).bytes())
}

/// Hashes bytes (FNV-1a); equal texts have equal hashes, and the text decides.
pub(crate) fn hash(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Returns where a hash stands in a list: block by block, which the compiler turns into a few wide
/// comparisons, since most blocks hold none.
pub(crate) fn positions(hashes: &[u32], wanted: u32) -> impl Iterator<Item = usize> {
    const WIDTH: usize = 64;
    let blocks = hashes.chunks(WIDTH).enumerate();
    blocks
        .filter(move |(_, block)| {
            let equal = block.iter().map(|&hash| u32::from(hash == wanted));
            equal.fold(0, |any, equal| any | equal) > 0
        })
        .flat_map(move |(at, block)| {
            let hashes = block.iter().enumerate();
            let found = hashes.filter(move |(_, hash)| **hash == wanted);
            found.map(move |(inside, _)| at * WIDTH + inside)
        })
}

/// Returns whether a label is the one that `wanted` is the normal form of.
pub(crate) fn is_label(label: &str, wanted: &str) -> bool {
    if label.bytes().all(|byte| byte.is_ascii_graphic()) {
        return label.eq_ignore_ascii_case(wanted);
    }
    normal_label(label) == wanted
}
