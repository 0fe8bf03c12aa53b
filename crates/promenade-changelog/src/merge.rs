//! Three-way merge by entry.

mod decide;
mod groups;
mod lists;
mod side;
mod write;

use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::index::{Index, sort_by_numbers};
use crate::policy::DialectPolicy;
use crate::scan::{Block, BlockKind};

/// What a merge gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Merged {
    text: String,
    conflicts: usize,
}

impl Merged {
    /// Returns the merged text, with conflict markers where both sides changed the same entry.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the number of conflicts.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.conflicts
    }
}

/// Merges two changelogs that come from one: entry by entry, wherever the entries went meanwhile.
///
/// What one side added, changed, moved or deleted is so in the result; bytes that neither side
/// touched are those of `ours`. An entry that both sides added stands once. Only where both sides
/// changed the same entry (or heading, or link definition) in two ways is there a conflict.
///
/// ```
/// use promenade_changelog::merge;
///
/// let base = "## Unreleased\n\n- One.\n\n## 1.0.0\n";
/// let ours = "## Unreleased\n\n- One.\n- Ours.\n\n## 1.0.0\n";
/// // Their branch was released meanwhile.
/// let theirs = "## Unreleased\n\n## 1.1.0\n\n- One.\n\n## 1.0.0\n";
/// let merged = merge(base, ours, theirs);
/// assert_eq!(merged.conflicts(), 0);
/// assert_eq!(merged.text(), "## Unreleased\n\n- Ours.\n\n## 1.1.0\n\n- One.\n\n## 1.0.0\n");
/// ```
pub fn merge(base: &str, ours: &str, theirs: &str) -> Merged {
    let whole = |text: &str| Merged {
        text: text.to_owned(),
        conflicts: 0,
    };
    if base == ours || ours == theirs {
        return whole(theirs);
    }
    if base == theirs {
        return whole(ours);
    }
    let (base, ours, theirs) = (Side::read(base), Side::read(ours), Side::read(theirs));
    let to_ours = base.match_with(&ours);
    let to_theirs = base.match_with(&theirs);
    let mut merger = Merger {
        dialect: Dialect::learn(&ours.changelog, &DialectPolicy::default()),
        base: &base,
        ours: &ours,
        theirs: &theirs,
        partner: vec![None; theirs.units.len()],
        gone: vec![false; ours.units.len()],
        replaced: Vec::new(),
        additions: Vec::new(),
        edits: Vec::new(),
        conflicts: 0,
    };
    merger.units(&to_ours, &to_theirs);
    merger.added(&to_ours, &to_theirs);
    merger.definitions();
    let opened = merger.headings();
    merger.write(&opened);
    let newline = merger.dialect.newline;
    let text = Edits::new(apart(merger.edits, newline))
        .ok()
        .and_then(|edits| edits.apply(ours.changelog.text).ok());
    match text {
        Some(text) => Merged {
            text,
            conflicts: merger.conflicts,
        },
        // Edits of blocks do not overlap; were it so after all, the whole is one conflict.
        None => Merged {
            text: conflict(ours.changelog.text, theirs.changelog.text, "\n"),
            conflicts: 1,
        },
    }
}

/// Where a block stands: the section and the category, by name; a version that occurs twice is
/// counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The section and, after a line end, the category: no version has one.
    name: String,
    section_len: usize,
}

impl Place {
    fn new(section: &str, category: &str) -> Self {
        Self {
            name: format!("{section}\n{category}"),
            section_len: section.len(),
        }
    }

    fn section(&self) -> &str {
        self.name.get(..self.section_len).unwrap_or_default()
    }

    fn is_in_category(&self) -> bool {
        self.name.len() > self.section_len + 1
    }
}

/// Blocks by name, each with the first that had it.
#[derive(Default)]
struct Blocks {
    index: Index,
    blocks: Vec<Block>,
}

impl Blocks {
    fn insert(&mut self, name: &str, block: Block) {
        if self.index.insert(name.to_owned(), self.blocks.len()) {
            self.blocks.push(block);
        }
    }

    fn get(&self, name: &str) -> Option<&Block> {
        self.blocks.get(self.index.get(name)?)
    }

    fn contains(&self, name: &str) -> bool {
        self.index.contains(name)
    }

    /// Returns the blocks in the order of their names.
    fn iter(&self) -> impl Iterator<Item = (&str, &Block)> {
        self.index
            .sorted()
            .into_iter()
            .filter_map(|(name, at)| Some((name, self.blocks.get(at)?)))
    }
}

/// One block below headings, the smallest thing that is merged.
#[derive(Clone, Debug)]
struct Unit {
    place: Place,
    folded: String,
    block: Block,
}

impl Unit {
    fn is_item(&self) -> bool {
        matches!(self.block.kind, BlockKind::Item { .. })
    }
}

struct Side<'a> {
    changelog: Changelog<'a>,
    units: Vec<Unit>,
    /// The headings of sections, in order.
    sections: Vec<(String, Block)>,
    /// The headings of categories, and where they stand.
    groups: Blocks,
    places: Vec<Place>,
    /// Link definitions by label.
    definitions: Blocks,
}

/// Something that theirs has and ours has not.
struct Addition {
    place: Place,
    /// The unit in theirs that tells where.
    at: usize,
    text: String,
}

struct Merger<'m, 'a> {
    dialect: Dialect,
    base: &'m Side<'a>,
    ours: &'m Side<'a>,
    theirs: &'m Side<'a>,
    /// For each unit of theirs the unit of ours that is the same.
    partner: Vec<Option<usize>>,
    /// Whether each unit of ours goes.
    gone: Vec<bool>,
    /// Units of ours that change, and what they become.
    replaced: Vec<(usize, String)>,
    additions: Vec<Addition>,
    edits: Vec<TextEdit>,
    conflicts: usize,
}

impl Merger<'_, '_> {
    /// A block of theirs in our line ends, closed.
    fn their_text(&self, block: &Block) -> String {
        in_newlines(self.theirs.raw(block), self.dialect.newline)
    }
}

/// Parts insertions from deletions that reach over them into the blank lines below: those lines
/// stay, and part what is inserted from what follows.
fn apart(mut edits: Vec<TextEdit>, newline: &str) -> Vec<TextEdit> {
    let mut inserted: Vec<usize> = edits
        .iter()
        .filter(|edit| edit.range().is_empty())
        .map(|edit| edit.range().start)
        .collect();
    sort_by_numbers(&mut inserted, |at| (*at, 0));
    inserted.dedup();
    let mut reached = vec![false; inserted.len()];
    for edit in &mut edits {
        let range = edit.range();
        if !edit.text().is_empty() || range.is_empty() {
            continue;
        }
        let first = inserted.partition_point(|&at| at <= range.start);
        if let (Some(&at), Some(reached)) = (inserted.get(first), reached.get_mut(first))
            && at < range.end
        {
            *edit = TextEdit::delete(range.start..at);
            *reached = true;
        }
    }
    for edit in &mut edits {
        let range = edit.range();
        let at = inserted.binary_search(&range.start).ok();
        if let Some(reached) = at.and_then(|at| reached.get_mut(at))
            && range.is_empty()
            && std::mem::take(reached)
        {
            // The blank line above what is deleted stays too: one is enough.
            let text = edit.text().strip_prefix(newline).unwrap_or(edit.text());
            *edit = TextEdit::insert(range.start, text);
        }
    }
    edits
}

fn conflict(ours: &str, theirs: &str, newline: &str) -> String {
    let closed = |text: &str| {
        if text.is_empty() || text.ends_with(['\n', '\r']) {
            text.to_owned()
        } else {
            format!("{text}{newline}")
        }
    };
    format!(
        "<<<<<<< ours{newline}{}======={newline}{}>>>>>>> theirs{newline}",
        closed(ours),
        closed(theirs)
    )
}

/// Replaces the lines of a block; its last line end stays as it is.
fn replace_inside(side: &Side<'_>, block: &Block, text: &str) -> TextEdit {
    let old = side.raw(block).trim_end_matches(['\n', '\r']).len();
    let text = in_newlines(text, side.changelog.newline());
    TextEdit::replace(
        block.start..block.start + old,
        text.trim_end_matches(['\n', '\r']),
    )
}

fn in_newlines(text: &str, newline: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for line in text.lines() {
        out.push_str(line);
        out.push_str(newline);
    }
    out
}
