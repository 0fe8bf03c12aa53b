//! Entries, and `add`: one into Unreleased, under its category, once.

use std::ops::Range;

use crate::category::{Category, plain, rank};
use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::index::Index;
use crate::mark::is_banner;
use crate::policy::ChangelogPolicy;
use crate::scan::{self, Block, BlockKind};
use crate::section::Section;

/// One entry: a list item of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub(crate) text: &'a str,
    pub(crate) category: Option<&'a str>,
    kind: Option<Category>,
    pub(crate) block: Block,
}

impl<'a> Entry<'a> {
    /// Returns the text after the marker, continuation lines and nested lists too.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns the heading that it stands below, as it is written: its category, or a part of one
    /// (`#### Windows` below `### Fixed`).
    #[must_use]
    pub fn category(&self) -> Option<&'a str> {
        self.category
    }

    /// Returns which category it belongs to, by the nearest heading above it that names one.
    ///
    /// ```
    /// use promenade_changelog::{Category, Changelog};
    ///
    /// let text = "## Unreleased\n\n### Fixed\n\n#### Windows\n\n- Long paths.\n";
    /// let changelog = Changelog::parse(text);
    /// let section = changelog.unreleased().ok_or("no Unreleased")?;
    /// let entry = changelog.entries(section).next().ok_or("no entry")?;
    /// assert_eq!(entry.category(), Some("Windows"));
    /// assert_eq!(entry.kind(), Some(Category::Fixed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> Option<Category> {
        self.kind
    }

    /// Returns the bytes of the entry: whole lines, from its marker on.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.block.start..self.block.end
    }
}

/// Folds the text of an entry for comparison.
pub(crate) fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Part of a section: a category with its entries, or what stands before the first.
pub(crate) struct Group<'c> {
    pub(crate) heading: Option<&'c Block>,
    pub(crate) blocks: &'c [Block],
}

const VERB: &str = "add an entry";

impl<'a> Changelog<'a> {
    /// Returns the entries of a section.
    pub fn entries(&self, section: &Section<'a>) -> impl Iterator<Item = Entry<'a>> {
        let text = self.text;
        let mut category = None;
        // The headings that the next entry stands below, the outermost first.
        let mut above: Vec<(u8, Option<Category>)> = Vec::new();
        self.body(section)
            .iter()
            .filter_map(move |block| match block.kind {
                // A banner is no category: what stands below it is the section's own.
                BlockKind::Heading { .. } if is_banner(self, block) => None,
                BlockKind::Heading { level, .. } => {
                    category = text.get(block.inner.0..block.inner.1);
                    above.retain(|(outer, _)| *outer < level);
                    above.push((level, category.and_then(Category::read)));
                    None
                }
                BlockKind::Item { .. } => Some(Entry {
                    text: text
                        .get(block.inner.0.min(block.end)..block.end)
                        .unwrap_or_default()
                        .trim_end(),
                    category,
                    kind: above.iter().rev().find_map(|(_, kind)| *kind),
                    block: *block,
                }),
                _ => None,
            })
    }

    /// Adds an entry to Unreleased, under `category`, unless it stands there already.
    ///
    /// `text` may have several lines; it gets the marker and the indentation that the file uses. A
    /// category that is missing is opened in its place in the order of [`Category::ALL`], or of
    /// the policy. Without a category the entry goes before the first one.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::NoUnreleased`]; [`EditChangelogErrorKind::UnfitText`] if `text` is
    /// empty or would not be one entry.
    ///
    /// ```
    /// use promenade_changelog::{Changelog, ChangelogPolicy};
    ///
    /// let text = "## Unreleased\n\n### Fixed\n\n- One.\n\n## 1.0.0\n";
    /// let policy = ChangelogPolicy::default();
    /// let edits = Changelog::parse(text).add(Some("Fixed"), "Two.", &policy)?;
    /// let after = edits.apply(text)?;
    /// assert_eq!(after, "## Unreleased\n\n### Fixed\n\n- One.\n- Two.\n\n## 1.0.0\n");
    /// assert!(Changelog::parse(&after).add(Some("Fixed"), "Two.", &policy)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add(
        &self,
        category: Option<&str>,
        text: &str,
        policy: &ChangelogPolicy,
    ) -> Result<Edits, EditChangelogError> {
        self.add_all(category, &[text], policy)
    }

    /// Adds entries of one category, in their order, as if each were added to what the one before left.
    pub(crate) fn add_all(
        &self,
        category: Option<&str>,
        texts: &[&str],
        policy: &ChangelogPolicy,
    ) -> Result<Edits, EditChangelogError> {
        let refuse = |kind| EditChangelogError::new(VERB, kind);
        let section = self
            .unreleased()
            .ok_or_else(|| refuse(self.no_unreleased()))?;
        let category = category.map(|category| self.spelling(section, category));
        for text in texts {
            fit_entry(category.as_deref(), text).map_err(refuse)?;
        }
        let same_place = |known: Option<&str>| match (&category, known) {
            (Some(category), Some(known)) => plain(category) == plain(known),
            (None, None) => true,
            _ => false,
        };
        let entries = self.entries(section);
        let mut stand = Index::default();
        for entry in entries.filter(|entry| same_place(entry.category)) {
            stand.add(folded(entry.text));
        }
        let mut texts = texts.to_vec();
        texts.retain(|text| stand.add(folded(text)));
        if texts.is_empty() {
            return Ok(Edits::none());
        }
        let dialect = Dialect::learn(self, &policy.dialect);
        let group = self
            .groups(section)
            .into_iter()
            .find(|group| same_place(self.category_of(group)));
        let edit = match group {
            Some(group) => {
                let prefix = self.prefix(&group, &dialect);
                let gap = self.is_loose(&group);
                let entries = items(&texts, &prefix, gap, dialect.newline);
                self.insert_into_group(section, &group, &entries, &dialect)
            }
            None => {
                let category = category.unwrap_or_default();
                let prefix = format!("{} ", dialect.bullet);
                let entries = items(&texts, &prefix, false, dialect.newline);
                self.open_category(section, &category, &entries, &dialect, policy)
            }
        };
        self.finish(VERB, vec![edit])
    }

    /// The marker of the entries of a group, with the spaces around it.
    fn prefix(&self, group: &Group<'_>, dialect: &Dialect) -> String {
        let bullet = |marker: u8| matches!(marker, b'-' | b'*' | b'+');
        let last = group
            .blocks
            .iter()
            .rev()
            .find(|block| matches!(block.kind, BlockKind::Item { marker } if bullet(marker)));
        let written = last.map(|block| self.slice(block.start..block.inner.0));
        written
            .filter(|text| text.len() <= 5 && text.ends_with(' ') && !text.contains('\t'))
            .map_or_else(|| format!("{} ", dialect.bullet), str::to_owned)
    }

    /// Spells a category as the section, or else the file, spells it.
    fn spelling(&self, section: &Section<'a>, category: &str) -> String {
        let known = |section: &Section<'a>| {
            let groups = self.groups(section);
            let names: Vec<_> = groups.iter().filter_map(|g| self.category_of(g)).collect();
            names
                .iter()
                .find(|name| plain(name) == plain(category))
                .or_else(|| {
                    let kind = Category::read(category)?;
                    names.iter().find(|name| Category::read(name) == Some(kind))
                })
                .map(|name| (*name).to_owned())
        };
        known(section)
            .or_else(|| self.releases().take(8).find_map(known))
            .unwrap_or_else(|| category.to_owned())
    }

    pub(crate) fn category_of(&self, group: &Group<'_>) -> Option<&'a str> {
        let heading = group.heading?;
        self.text.get(heading.inner.0..heading.inner.1)
    }

    /// Splits a section into its categories; the first group is what stands before them.
    pub(crate) fn groups(&self, section: &Section<'a>) -> Vec<Group<'_>> {
        let body = self.body(section);
        let is_heading = |block: &Block| {
            matches!(block.kind, BlockKind::Heading { .. }) && !is_banner(self, block)
        };
        let first = body.iter().position(is_heading).unwrap_or(body.len());
        let (before, mut rest) = body.split_at(first);
        let mut groups = vec![Group {
            heading: None,
            blocks: before,
        }];
        while let Some((heading, after)) = rest.split_first() {
            let len = after.iter().position(is_heading).unwrap_or(after.len());
            let (blocks, next) = after.split_at(len);
            groups.push(Group {
                heading: Some(heading),
                blocks,
            });
            rest = next;
        }
        groups
    }

    /// Puts an entry after the last one of a group, or below what the group starts with.
    pub(crate) fn insert_into_group(
        &self,
        section: &Section<'a>,
        group: &Group<'_>,
        entry: &str,
        dialect: &Dialect,
    ) -> TextEdit {
        let newline = dialect.newline;
        let content = |block: &&Block| !self.is_footer(block);
        let last = group.blocks.iter().rev().find(content);
        if let Some(last) = last {
            let gap = self.is_loose(group) || !is_item(last);
            return self.after_block(last.end, entry, gap, newline);
        }
        let (end, gap) = match group.heading {
            Some(heading) => (heading.end, dialect.blank_after_heading),
            None => (section.heading_range.end, dialect.blank_after_version),
        };
        self.after_block(end, entry, gap, newline)
    }

    /// Returns whether the entries of a group have blank lines between them, as its last two have.
    fn is_loose(&self, group: &Group<'_>) -> bool {
        let mut items = group.blocks.iter().rev().filter(|block| is_item(block));
        match (items.next(), items.next()) {
            (Some(b), Some(a)) => self.slice(a.end..b.start).contains(['\n', '\r']),
            _ => false,
        }
    }

    /// Inserts whole lines after the block that ends at `end`, with a blank line before them where
    /// `gap` says so, and one after them where something follows directly.
    pub(crate) fn after_block(
        &self,
        end: usize,
        lines: &str,
        gap: bool,
        newline: &str,
    ) -> TextEdit {
        let open = end > 0 && !self.slice(0..end).ends_with(['\n', '\r']);
        let mut text = String::new();
        if open {
            text.push_str(newline);
        }
        if gap {
            text.push_str(newline);
        }
        text.push_str(lines);
        if !open {
            text.push_str(newline);
            let next = self.text.get(end..).unwrap_or_default();
            let first = next.lines().next().unwrap_or_default();
            if !first.trim_matches([' ', '\t', '\r']).is_empty()
                && !self.goes_on_as_list(end, lines)
            {
                text.push_str(newline);
            }
        }
        TextEdit::insert(end, text)
    }

    /// Returns whether `lines` end with an item of a bullet list, and an item follows at `end`:
    /// they stay apart without a blank line. Text that only looks like one, such as `-->`, `--`
    /// or an underline, would go on with the entry above it.
    fn goes_on_as_list(&self, end: usize, lines: &str) -> bool {
        let is_bullet = |block: &Block| matches!(block.kind, BlockKind::Item { marker } if matches!(marker, b'-' | b'*' | b'+'));
        let next = self.block_at(end);
        next.is_some_and(|next| next.start == end && is_bullet(next))
            && scan::scan(lines).blocks.last().is_some_and(is_bullet)
    }

    /// Opens a category in its place.
    fn open_category(
        &self,
        section: &Section<'a>,
        category: &str,
        entry: &str,
        dialect: &Dialect,
        policy: &ChangelogPolicy,
    ) -> TextEdit {
        let rank = |name: &str| rank(name, policy);
        let groups = self.groups(section);
        let level = groups
            .iter()
            .find_map(|group| match group.heading?.kind {
                BlockKind::Heading { level, .. } => Some(level),
                _ => None,
            })
            .unwrap_or((section.level + 1).min(6));
        let newline = dialect.newline;
        let gap = if dialect.blank_after_heading {
            newline
        } else {
            ""
        };
        let mark = "#".repeat(usize::from(level));
        let lines = format!("{mark} {category}{newline}{gap}{entry}");
        let next = groups.iter().find(|group| {
            self.category_of(group)
                .is_some_and(|known| rank(known) > rank(category))
        });
        if let Some(heading) = next.and_then(|group| group.heading) {
            return TextEdit::insert(heading.start, format!("{lines}{newline}{newline}"));
        }
        let end = self.content_end(section);
        let under_heading = end == section.heading_range.end;
        let gap = !under_heading || dialect.blank_after_version;
        self.after_block(end, &lines, gap, newline)
    }
}

fn is_item(block: &Block) -> bool {
    matches!(block.kind, BlockKind::Item { .. })
}

/// Writes entries below each other, with a blank line between them where `gap` says so.
fn items(texts: &[&str], prefix: &str, gap: bool, newline: &str) -> String {
    let items: Vec<_> = texts
        .iter()
        .map(|text| item(text, prefix, newline))
        .collect();
    items.join(&newline.repeat(if gap { 2 } else { 1 }))
}

/// Writes an entry: the marker, and continuation lines indented below the text.
pub(crate) fn item(text: &str, prefix: &str, newline: &str) -> String {
    let mut out = prefix.to_owned();
    for (at, line) in text.trim().lines().enumerate() {
        if at > 0 {
            out.push_str(newline);
            if !line.trim().is_empty() {
                out.push_str(&" ".repeat(prefix.len()));
            }
        }
        out.push_str(line.trim_end());
    }
    out
}

/// An entry must be read back as one entry, a category as one heading.
pub(crate) fn fit_entry(category: Option<&str>, text: &str) -> Result<(), EditChangelogErrorKind> {
    let unfit = |what, text: &str, why| {
        Err(EditChangelogErrorKind::UnfitText {
            what,
            text: text.to_owned(),
            why,
        })
    };
    if text.trim().is_empty() {
        return unfit("entry", text, "is empty");
    }
    if let Some(category) = category
        && (category.trim().is_empty() || category.contains(['\n', '\r', '#']))
    {
        return unfit("category", category, "is not the text of one heading");
    }
    let alone = item(text, "- ", "\n");
    let read = Changelog::parse(&alone);
    let one = matches!(
        read.scan.blocks.as_slice(),
        [Block { kind: BlockKind::Item { .. }, end, .. }] if *end == alone.len()
    );
    // An open fence or comment would swallow what follows.
    let closed = format!("{alone}\n\nend\n");
    let closes = matches!(
        Changelog::parse(&closed).scan.blocks.as_slice(),
        [
            _,
            Block {
                kind: BlockKind::Paragraph,
                ..
            }
        ]
    );
    if one && closes {
        Ok(())
    } else {
        unfit("entry", text, "would not be read back as one list item")
    }
}
