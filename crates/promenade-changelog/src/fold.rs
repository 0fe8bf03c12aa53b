//! `fold`: the sections of candidates become part of the stable one.

use crate::address::Address;
use crate::category::{Category, plain};
use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::entry::folded;
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::index::{Index, sort_by_numbers};
use crate::link::normal_label;
use crate::order;
use crate::policy::ChangelogPolicy;
use crate::scan::{Block, BlockKind};
use crate::section::Section;

const VERB: &str = "fold candidates";

/// What becomes of fixes that were made between the candidates.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CandidateFixes {
    /// They stay.
    #[default]
    Keep,
    /// Those made after the first candidate go: what they mended, no release ever had.
    DropLater,
    /// The entries with these texts go.
    Drop(Vec<String>),
}

/// What a fold changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Folded {
    /// The edits.
    pub edits: Edits,
    /// The versions whose sections go, oldest first.
    pub candidates: Vec<String>,
    /// The texts of the entries that go.
    pub dropped: Vec<String>,
}

/// A category of the folded section.
struct Merged<'a> {
    heading: Option<&'a str>,
    level: u8,
    blocks: Vec<(bool, &'a str)>,
}

impl<'a> Changelog<'a> {
    /// Folds the sections of the candidates of `version` into its own: entries go to their
    /// categories, oldest candidate first, none twice; the link goes back to before the first.
    ///
    /// ```
    /// use promenade_changelog::{CandidateFixes, Changelog, ChangelogPolicy};
    ///
    /// let text = concat!(
    ///     "## 1.0.0 - 2024-03-01\n\n",
    ///     "## 1.0.0-rc.2 - 2024-02-01\n\n### Fixed\n\n- A crash of the first candidate.\n\n",
    ///     "## 1.0.0-rc.1 - 2024-01-01\n\n### Added\n\n- All of it.\n",
    /// );
    /// let policy = ChangelogPolicy::default();
    /// let folded = Changelog::parse(text).fold("1.0.0", &CandidateFixes::DropLater, &policy)?;
    /// assert_eq!(folded.dropped, ["A crash of the first candidate."]);
    /// assert_eq!(
    ///     folded.edits.apply(text)?,
    ///     "## 1.0.0 - 2024-03-01\n\n### Added\n\n- All of it.\n"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnknownVersion`](crate::EditChangelogErrorKind::UnknownVersion)
    /// and [`DuplicateVersion`](crate::EditChangelogErrorKind::DuplicateVersion);
    /// [`Misread`](crate::EditChangelogErrorKind::Misread) where text that stood apart would become
    /// the heading of another section.
    pub fn fold(
        &self,
        version: &str,
        fixes: &CandidateFixes,
        policy: &ChangelogPolicy,
    ) -> Result<Folded, EditChangelogError> {
        let stable = self.find(VERB, version)?;
        let candidates = self.candidates_of(stable);
        if candidates.is_empty() {
            return Ok(Folded {
                edits: Edits::none(),
                candidates: Vec::new(),
                dropped: Vec::new(),
            });
        }
        let dialect = Dialect::learn(self, &policy.dialect);
        let mut dropped = Vec::new();
        let mut groups = Vec::new();
        for (at, section) in candidates.iter().copied().chain([stable]).enumerate() {
            self.gather(section, at > 0, fixes, &mut groups, &mut dropped);
        }
        let rank = |group: &Merged<'_>| {
            group.heading.map_or(0, |heading| {
                Category::read(heading).map_or(7, |kind| 1 + kind as usize)
            })
        };
        sort_by_numbers(&mut groups, |group| (rank(group), 0));
        let mut edits = vec![self.folded_body(stable, &groups, &dialect)];
        for block in self.body(stable) {
            // Definitions that stood among the entries stay below them.
            if self.is_footer(block) && block.start < self.content_end(stable) {
                let text = self.slice(block.start..block.end);
                let first = edits.remove(0);
                let joined = format!("{}{}{text}", first.text(), dialect.newline);
                edits.insert(0, TextEdit::replace(first.range(), joined));
            }
        }
        for candidate in &candidates {
            edits.extend(self.without_section(candidate));
        }
        edits.extend(self.gap_at_end(stable, &candidates));
        edits.extend(self.fold_links(stable, &candidates));
        let edits = self.finish(VERB, edits)?;
        self.keeps_other_sections(&edits, stable, &candidates)?;
        Ok(Folded {
            edits,
            candidates: candidates
                .iter()
                .filter_map(|section| section.version.map(str::to_owned))
                .collect(),
            dropped,
        })
    }

    /// The candidates of a stable version, oldest first.
    fn candidates_of(&self, stable: &Section<'a>) -> Vec<&Section<'a>> {
        let Some(target) = stable.version.and_then(order::key) else {
            return Vec::new();
        };
        let mut found: Vec<_> = self
            .sections
            .iter()
            .filter_map(|section| Some((order::key(section.version?)?, section)))
            .filter(|(key, _)| {
                !key.pre.is_empty()
                    && target.pre.is_empty()
                    && (key.major, key.minor, key.patch)
                        == (target.major, target.minor, target.patch)
            })
            .collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found.into_iter().map(|(_, section)| section).collect()
    }

    /// Refuses a fold after which the sections are not those that are left.
    fn keeps_other_sections(
        &self,
        edits: &Edits,
        stable: &Section<'a>,
        candidates: &[&Section<'a>],
    ) -> Result<(), EditChangelogError> {
        let after = edits.apply(self.text).unwrap_or_default();
        let read = Changelog::parse(&after);
        let goes = |section: &Section<'_>| candidates.iter().any(|c| c.range == section.range);
        let left = self.sections.iter().filter(|section| !goes(section));
        if left
            .map(|s| s.heading)
            .eq(read.sections.iter().map(|s| s.heading))
        {
            return Ok(());
        }
        let line = self.line_of(stable.range.start);
        let kind = EditChangelogErrorKind::Misread { line };
        Err(EditChangelogError::new(VERB, kind))
    }

    fn gather(
        &self,
        section: &Section<'a>,
        later: bool,
        fixes: &CandidateFixes,
        groups: &mut Vec<Merged<'a>>,
        dropped: &mut Vec<String>,
    ) {
        for group in self.groups(section) {
            let heading = self.category_of(&group);
            let is_fix = heading.is_some_and(|h| Category::read(h) == Some(Category::Fixed));
            let at = groups
                .iter()
                .position(|known| known.heading.map(plain) == heading.map(plain));
            let at = at.unwrap_or_else(|| {
                let level = match group.heading.map(|block| block.kind) {
                    Some(BlockKind::Heading { level, .. }) => level,
                    _ => section.level + 1,
                };
                groups.push(Merged {
                    heading,
                    level,
                    blocks: Vec::new(),
                });
                groups.len() - 1
            });
            let Some(known) = groups.get_mut(at) else {
                continue;
            };
            for block in group.blocks {
                if self.is_footer(block) {
                    continue;
                }
                let text = self.slice(block.start..block.end);
                let item = matches!(block.kind, BlockKind::Item { .. });
                let entry = self.slice(block.inner.0.min(block.end)..block.end);
                let drop = item
                    && match fixes {
                        CandidateFixes::Keep => false,
                        CandidateFixes::DropLater => later && is_fix,
                        CandidateFixes::Drop(texts) => {
                            texts.iter().any(|text| folded(text) == folded(entry))
                        }
                    };
                if drop {
                    dropped.push(entry.trim().to_owned());
                } else if !known
                    .blocks
                    .iter()
                    .any(|(is_item, have)| *is_item && item && folded(have) == folded(text))
                {
                    known.blocks.push((item, text));
                }
            }
        }
    }

    /// Writes the body of the folded section over the old one.
    fn folded_body(
        &self,
        stable: &Section<'a>,
        groups: &[Merged<'a>],
        dialect: &Dialect,
    ) -> TextEdit {
        let newline = dialect.newline;
        let mut out = String::new();
        let gap = |out: &mut String| {
            if !out.ends_with(&newline.repeat(2)) && !out.is_empty() {
                out.push_str(newline);
            }
        };
        for group in groups.iter().filter(|group| !group.blocks.is_empty()) {
            gap(&mut out);
            if let Some(heading) = group.heading {
                out.push_str(&"#".repeat(usize::from(group.level)));
                out.push(' ');
                out.push_str(heading);
                out.push_str(newline);
                if dialect.blank_after_heading {
                    out.push_str(newline);
                }
            }
            let mut before = true;
            for (at, (item, text)) in group.blocks.iter().enumerate() {
                if at > 0 && !(before && *item) {
                    gap(&mut out);
                }
                before = *item;
                out.push_str(text);
                if !text.ends_with(['\n', '\r']) {
                    out.push_str(newline);
                }
            }
        }
        let start = stable.heading_range.end;
        let end = self.content_end(stable).max(start);
        if end > start {
            // The gap below the heading stays as it is.
            let first = self
                .body(stable)
                .iter()
                .find(|block| !self.is_footer(block));
            let start = first.map_or(start, |block| block.start);
            return TextEdit::replace(start..end, out);
        }
        let open = !self.slice(0..start).ends_with(['\n', '\r']);
        let mut text = String::new();
        if open {
            text.push_str(newline);
        }
        if dialect.blank_after_version {
            text.push_str(newline);
        }
        text.push_str(&out);
        TextEdit::insert(start, text)
    }

    /// Where nothing is left below the stable section, the blank lines below it go too.
    fn gap_at_end(&self, stable: &Section<'a>, candidates: &[&Section<'a>]) -> Option<TextEdit> {
        let mut after = self.scan.blocks.iter().enumerate().skip(stable.blocks.end);
        let goes = |at: usize, block: &Block| {
            let inside = |section: &&Section<'a>| section.blocks.contains(&at);
            candidates.iter().any(inside) && !self.is_footer(block)
        };
        let next = self.scan.blocks.get(stable.blocks.end)?;
        let end = self.content_end(stable);
        let alone = after.all(|(at, block)| goes(at, block));
        (alone && end < next.start).then(|| TextEdit::delete(end..next.start))
    }

    /// Deletes a section, but no link definition and no comment that stands in it.
    fn without_section(&self, section: &Section<'a>) -> Vec<TextEdit> {
        let blocks = self
            .scan
            .blocks
            .get(section.blocks.clone())
            .unwrap_or_default();
        let mut edits = Vec::new();
        for (at, block) in blocks.iter().enumerate() {
            if self.is_footer(block) {
                continue;
            }
            let next = blocks
                .get(at + 1)
                .map_or(section.range.end, |next| next.start);
            edits.push(TextEdit::delete(block.start..next));
        }
        edits
    }

    /// The stable version is compared with what came before its first candidate, and definitions
    /// of candidates that nothing names any more go.
    fn fold_links(&self, stable: &Section<'a>, candidates: &[&Section<'a>]) -> Vec<TextEdit> {
        let mut edits = Vec::new();
        let link_of = |section: &Section<'a>| self.link(section.label()?);
        let first_base = candidates
            .first()
            .and_then(|section| link_of(section)?.base());
        if let (Some(link), Some((base, _))) = (link_of(stable), first_base)
            && let Some((own, at)) = link.base()
            && own != base
            && candidates.iter().any(|section| {
                self.url(section)
                    .and_then(|url| Address::read(url, section.version))
                    .is_some_and(|address| address.tag == own)
            })
        {
            edits.push(TextEdit::replace(at..at + own.len(), base));
        }
        let (mut gone, mut used) = (Index::default(), Index::default());
        for label in candidates.iter().filter_map(|section| section.label()) {
            gone.add(normal_label(label));
        }
        for section in &self.sections {
            let range = if candidates.iter().any(|c| c.range == section.range) {
                section.heading_range.end..section.range.end
            } else {
                section.range.clone()
            };
            for block in self.body_in(&range) {
                if block.kind != BlockKind::Definition {
                    crate::notes::labels(self.slice(block.start..block.end), &mut used);
                }
            }
        }
        for block in &self.scan.blocks {
            let label = normal_label(self.slice(block.inner.0..block.inner.1));
            if block.kind == BlockKind::Definition
                && gone.contains(&label)
                && !used.contains(&label)
            {
                edits.push(TextEdit::delete(block.start..block.end));
            }
        }
        edits
    }

    fn body_in(&self, range: &std::ops::Range<usize>) -> impl Iterator<Item = &Block> {
        self.scan
            .blocks
            .iter()
            .filter(|block| block.start >= range.start && block.end <= range.end)
    }
}
