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

/// A category of the folded section, or a part of one that has a heading of its own.
struct Merged<'a> {
    /// The names of the headings that it stands under, its own the last; none for what stands
    /// before the first.
    path: Vec<String>,
    heading: Option<(&'a str, u8)>,
    blocks: Vec<(bool, &'a str)>,
}

/// Finds the place of a category; a new one goes below all that stands under the same headings.
fn place<'a>(
    groups: &mut Vec<Merged<'a>>,
    path: Vec<String>,
    heading: Option<(&'a str, u8)>,
) -> usize {
    if let Some(at) = groups.iter().position(|known| known.path == path) {
        return at;
    }
    let outer = path.split_last().map_or(&[][..], |(_, outer)| outer);
    let last = groups
        .iter()
        .rposition(|known| known.path.starts_with(outer));
    let at = last.map_or(0, |last| last + 1);
    let blocks = Vec::new();
    groups.insert(
        at,
        Merged {
            path,
            heading,
            blocks,
        },
    );
    at
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
        // What has no category was gathered first, and stays there.
        let rank = |group: &Merged<'_>| {
            group.path.first().map_or(0, |category| {
                Category::read(category).map_or(6, |kind| kind as usize)
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
        let gone = self.unused_definitions(&candidates);
        edits.extend(self.rebased_link(stable, &candidates));
        edits.extend(gone.iter().map(|b| TextEdit::delete(b.start..b.end)));
        let edits = self.finish(VERB, edits)?;
        self.keeps_the_rest(&edits, stable, &candidates, gone.len())?;
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

    /// Refuses a fold after which the sections are not those that are left, or the link definitions
    /// not as many.
    fn keeps_the_rest(
        &self,
        edits: &Edits,
        stable: &Section<'a>,
        candidates: &[&Section<'a>],
        gone: usize,
    ) -> Result<(), EditChangelogError> {
        let after = edits.apply(self.text).unwrap_or_default();
        let read = Changelog::parse(&after);
        let goes = |section: &Section<'_>| candidates.iter().any(|c| c.range == section.range);
        let left = self.sections.iter().filter(|section| !goes(section));
        let sections = left
            .map(|s| s.heading)
            .eq(read.sections.iter().map(|s| s.heading));
        let definitions = |blocks: &[Block]| {
            let kinds = blocks.iter().map(|block| block.kind);
            kinds.filter(|kind| *kind == BlockKind::Definition).count()
        };
        if sections && definitions(&read.scan.blocks) + gone == definitions(&self.scan.blocks) {
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
        // The headings that a group stands under, its own the last.
        let mut above: Vec<(&str, u8)> = Vec::new();
        for group in self.groups(section) {
            let heading = group.heading.and_then(|block| match block.kind {
                BlockKind::Heading { level, .. } => {
                    Some((self.slice(block.inner.0..block.inner.1), level))
                }
                _ => None,
            });
            if let Some((_, level)) = heading {
                above.retain(|(_, outer)| *outer < level);
            }
            above.extend(heading);
            let path: Vec<_> = above.iter().map(|(text, _)| plain(text)).collect();
            let category = above.first().and_then(|(text, _)| Category::read(text));
            let is_fix = category == Some(Category::Fixed);
            let at = place(groups, path, heading);
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
        // A heading stays for what stands under it, or under a heading below it.
        let stays = |group: &&Merged<'_>| {
            let mut inside = groups.iter().filter(|g| g.path.starts_with(&group.path));
            inside.any(|inside| !inside.blocks.is_empty())
        };
        for group in groups.iter().filter(stays) {
            gap(&mut out);
            if let Some((heading, level)) = group.heading {
                out.push_str(&"#".repeat(usize::from(level)));
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
        let end = self.content_end(stable);
        // A definition right below would become part of an entry.
        let touches = |block: &Block| block.start == end && block.kind == BlockKind::Definition;
        if self.body(stable).iter().any(touches) {
            gap(&mut out);
        }
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
        let end = self.scan.blocks.get(..stable.blocks.end)?.last()?.end;
        let alone = after.all(|(at, block)| goes(at, block));
        alone.then(|| TextEdit::delete(end..next.start))
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

    /// The stable version is compared with what came before its first candidate.
    fn rebased_link(&self, stable: &Section<'a>, candidates: &[&Section<'a>]) -> Option<TextEdit> {
        let link_of = |section: &Section<'a>| self.link(section.label()?);
        let (base, _) = link_of(candidates.first()?)?.base()?;
        let (own, at) = link_of(stable)?.base()?;
        let names_own = |section: &&Section<'a>| {
            self.url(section)
                .and_then(|url| Address::read(url, section.version))
                .is_some_and(|address| address.tag == own)
        };
        let is_candidate = own != base && candidates.iter().any(names_own);
        is_candidate.then(|| TextEdit::replace(at..at + own.len(), base))
    }

    /// The definitions of candidates that nothing names any more.
    fn unused_definitions(&self, candidates: &[&Section<'a>]) -> Vec<&Block> {
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
        let is_unused = |block: &&Block| {
            let label = normal_label(self.slice(block.inner.0..block.inner.1));
            block.kind == BlockKind::Definition && gone.contains(&label) && !used.contains(&label)
        };
        self.scan.blocks.iter().filter(is_unused).collect()
    }

    fn body_in(&self, range: &std::ops::Range<usize>) -> impl Iterator<Item = &Block> {
        self.scan
            .blocks
            .iter()
            .filter(|block| block.start >= range.start && block.end <= range.end)
    }
}
