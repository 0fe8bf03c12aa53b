//! Three-way merge by entry.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::document::{Changelog, normal_label};
use crate::edit::{Edits, TextEdit};
use crate::entry::{folded, plain};
use crate::mark::is_banner;
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
        partner: BTreeMap::new(),
        gone: BTreeSet::new(),
        replaced: BTreeMap::new(),
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
type Place = (String, String);

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
    /// The headings of categories.
    groups: BTreeMap<Place, Block>,
    /// Link definitions by label.
    definitions: BTreeMap<String, Block>,
}

impl<'a> Side<'a> {
    fn read(text: &'a str) -> Self {
        let changelog = Changelog::parse(text);
        let mut side = Self {
            units: Vec::new(),
            sections: Vec::new(),
            groups: BTreeMap::new(),
            definitions: BTreeMap::new(),
            changelog,
        };
        let headings: BTreeMap<usize, String> = {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            let key = |section: &crate::Section<'_>| match section.version {
                Some(version) => version.to_owned(),
                None => "Unreleased".to_owned(),
            };
            let sections = side.changelog.sections.iter();
            sections
                .map(|section| {
                    let key = key(section);
                    let count = seen.entry(key.clone()).or_default();
                    *count += 1;
                    let numbered = if *count > 1 {
                        format!("{key} ({count})")
                    } else {
                        key
                    };
                    (section.blocks.start, numbered)
                })
                .collect()
        };
        let ends: BTreeSet<usize> = side
            .changelog
            .sections
            .iter()
            .map(|s| s.blocks.end)
            .collect();
        let footer = side.footer();
        let mut place = (String::new(), String::new());
        let blocks = side.changelog.scan.blocks.clone();
        for (at, block) in blocks.iter().enumerate() {
            if let Some(key) = headings.get(&at) {
                place = (key.clone(), String::new());
                side.sections.push((key.clone(), *block));
                continue;
            }
            if at == footer || ends.contains(&at) {
                place = ("\u{10ffff}".to_owned(), String::new());
            }
            let text = side.changelog.slice(block.start..block.end);
            match block.kind {
                BlockKind::Definition => {
                    let label = normal_label(side.changelog.slice(block.inner.0..block.inner.1));
                    side.definitions.entry(label).or_insert(*block);
                }
                BlockKind::Heading { .. } if !is_banner(&side.changelog, block) => {
                    let name = side.changelog.slice(block.inner.0..block.inner.1);
                    place.1 = plain(name);
                    side.groups.entry(place.clone()).or_insert(*block);
                }
                _ => side.units.push(Unit {
                    place: place.clone(),
                    folded: folded(text),
                    block: *block,
                }),
            }
        }
        side
    }

    /// Where the definitions and comments at the end of the file begin.
    fn footer(&self) -> usize {
        let blocks = &self.changelog.scan.blocks;
        let last = blocks
            .iter()
            .rposition(|block| !self.changelog.is_footer(block));
        last.map_or(0, |at| at + 1)
    }

    fn raw(&self, block: &Block) -> &'a str {
        self.changelog.slice(block.start..block.end)
    }

    /// Finds each unit in another side: the same text in the same place, then the same text
    /// anywhere, then a similar text between the same neighbours.
    fn match_with(&self, other: &Side<'_>) -> Vec<Option<usize>> {
        let mut found = vec![None; self.units.len()];
        let mut taken = vec![false; other.units.len()];
        for same_place in [true, false] {
            let key = |unit: &Unit| {
                let place = same_place.then(|| unit.place.clone());
                (place, unit.folded.clone())
            };
            let mut free: BTreeMap<_, Vec<usize>> = BTreeMap::new();
            for (at, unit) in other.units.iter().enumerate().rev() {
                if taken.get(at) == Some(&false) && (same_place || unit.is_item()) {
                    free.entry(key(unit)).or_default().push(at);
                }
            }
            for (unit, slot) in self.units.iter().zip(&mut found) {
                if slot.is_none()
                    && let Some(at) = free.get_mut(&key(unit)).and_then(Vec::pop)
                {
                    *slot = Some(at);
                    if let Some(taken) = taken.get_mut(at) {
                        *taken = true;
                    }
                }
            }
        }
        self.match_changed(other, &mut found, &mut taken);
        found
    }

    fn match_changed(&self, other: &Side<'_>, found: &mut [Option<usize>], taken: &mut [bool]) {
        let mut free: BTreeMap<&Place, Vec<usize>> = BTreeMap::new();
        for (at, unit) in other.units.iter().enumerate() {
            if taken.get(at) == Some(&false) {
                free.entry(&unit.place).or_default().push(at);
            }
        }
        for (unit, slot) in self.units.iter().zip(found) {
            if slot.is_some() {
                continue;
            }
            let Some(candidates) = free.get_mut(&unit.place) else {
                continue;
            };
            let best = candidates
                .iter()
                .enumerate()
                .filter_map(|(at, &index)| {
                    let theirs = other.units.get(index)?;
                    let same_kind = unit.is_item() == theirs.is_item();
                    let score = similarity(&unit.folded, &theirs.folded);
                    (same_kind && score >= 50).then_some((score, std::cmp::Reverse(at), index))
                })
                .max();
            if let Some((_, std::cmp::Reverse(at), index)) = best {
                candidates.remove(at);
                *slot = Some(index);
                if let Some(taken) = taken.get_mut(index) {
                    *taken = true;
                }
            }
        }
    }
}

/// How many words of a hundred two texts share.
fn similarity(a: &str, b: &str) -> usize {
    let words = |text: &str| {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let (a, b) = (words(a), words(b));
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    200 * shared / (a.len() + b.len()).max(1)
}

/// Parts insertions from deletions that reach over them into the blank lines below: those lines
/// stay, and part what is inserted from what follows.
fn apart(mut edits: Vec<TextEdit>, newline: &str) -> Vec<TextEdit> {
    let inserted: BTreeSet<usize> = edits
        .iter()
        .filter(|edit| edit.range().is_empty())
        .map(|edit| edit.range().start)
        .collect();
    let mut reached = BTreeSet::new();
    for edit in &mut edits {
        let range = edit.range();
        if !edit.text().is_empty() || range.is_empty() {
            continue;
        }
        if let Some(&at) = inserted.range(range.start + 1..range.end).next() {
            *edit = TextEdit::delete(range.start..at);
            reached.insert(at);
        }
    }
    let mut done = BTreeSet::new();
    for edit in &mut edits {
        let range = edit.range();
        if range.is_empty() && reached.contains(&range.start) && done.insert(range.start) {
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
    /// Units of theirs → units of ours that are the same.
    partner: BTreeMap<usize, usize>,
    /// Units of ours that go.
    gone: BTreeSet<usize>,
    replaced: BTreeMap<usize, String>,
    additions: Vec<Addition>,
    edits: Vec<TextEdit>,
    conflicts: usize,
}

impl Merger<'_, '_> {
    /// A block of theirs in our line ends, closed.
    fn their_text(&self, block: &Block) -> String {
        in_newlines(self.theirs.raw(block), self.dialect.newline)
    }

    /// Merges what the base has.
    fn units(&mut self, to_ours: &[Option<usize>], to_theirs: &[Option<usize>]) {
        let (ours, theirs) = (self.ours, self.theirs);
        for (unit, (o, t)) in self.base.units.iter().zip(to_ours.iter().zip(to_theirs)) {
            let our = o.and_then(|at| Some((at, ours.units.get(at)?)));
            let their = t.and_then(|at| Some((at, theirs.units.get(at)?)));
            match (our, their) {
                (Some((o, our)), Some((t, their))) => self.both(unit, (o, our), (t, their)),
                (Some((o, our)), None) => {
                    if our.folded == unit.folded {
                        self.gone.insert(o);
                    } else {
                        self.conflicts += 1;
                        let text = conflict(ours.raw(&our.block), "", self.dialect.newline);
                        self.replaced.insert(o, text);
                    }
                }
                (None, Some((t, their))) if their.folded != unit.folded => {
                    self.conflicts += 1;
                    let text = conflict("", theirs.raw(&their.block), self.dialect.newline);
                    self.additions.push(Addition {
                        place: their.place.clone(),
                        at: t,
                        text,
                    });
                }
                (None, _) => {}
            }
        }
    }

    /// Merges text and place of a unit that both sides kept.
    fn both(&mut self, unit: &Unit, (o, our): (usize, &Unit), (t, their): (usize, &Unit)) {
        let we_changed = our.folded != unit.folded;
        let they_changed = their.folded != unit.folded;
        let text = match (we_changed, they_changed) {
            (true, true) if our.folded != their.folded => {
                self.conflicts += 1;
                Some(conflict(
                    self.ours.raw(&our.block),
                    self.theirs.raw(&their.block),
                    self.dialect.newline,
                ))
            }
            (false, true) => Some(self.their_text(&their.block)),
            _ => None,
        };
        let we_moved = our.place != unit.place;
        let they_moved = their.place != unit.place;
        // Where both moved it, the place that sorts first: the same from either side.
        let follow = they_moved && (!we_moved || their.place < our.place);
        if follow && their.place != our.place {
            self.gone.insert(o);
            let text = text
                .unwrap_or_else(|| in_newlines(self.ours.raw(&our.block), self.dialect.newline));
            self.additions.push(Addition {
                place: their.place.clone(),
                at: t,
                text,
            });
        } else {
            self.partner.insert(t, o);
            if let Some(text) = text {
                self.replaced.insert(o, text);
            }
        }
    }

    /// Takes what theirs added, unless ours added the same.
    fn added(&mut self, to_ours: &[Option<usize>], to_theirs: &[Option<usize>]) {
        let old_ours: BTreeSet<usize> = to_ours.iter().flatten().copied().collect();
        let old_theirs: BTreeSet<usize> = to_theirs.iter().flatten().copied().collect();
        let mut ours_new: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, unit) in self.ours.units.iter().enumerate().rev() {
            if !old_ours.contains(&at) {
                ours_new.entry(&unit.folded).or_default().push(at);
            }
        }
        for (t, unit) in self.theirs.units.iter().enumerate() {
            if old_theirs.contains(&t) {
                continue;
            }
            let same = ours_new.get_mut(unit.folded.as_str()).and_then(|free| {
                let here = |o: &usize| {
                    self.ours
                        .units
                        .get(*o)
                        .is_some_and(|our| our.place == unit.place)
                };
                let at = free
                    .iter()
                    .rposition(here)
                    .or_else(|| unit.is_item().then(|| free.len().checked_sub(1)).flatten())?;
                Some(free.remove(at))
            });
            match same {
                Some(o) => {
                    self.partner.insert(t, o);
                }
                None => self.additions.push(Addition {
                    place: unit.place.clone(),
                    at: t,
                    text: self.their_text(&unit.block),
                }),
            }
        }
        self.additions.sort_by_key(|addition| addition.at);
    }

    /// Merges link definitions by label.
    fn definitions(&mut self) {
        let (base, ours, theirs) = (self.base, self.ours, self.theirs);
        let text = |side: &Side<'_>, label: &str| {
            side.definitions
                .get(label)
                .map(|block| folded(side.raw(block)))
        };
        let mut order: Vec<_> = theirs.definitions.iter().collect();
        order.sort_by_key(|(_, block)| block.start);
        let mut last: Option<&Block> = None;
        for (label, block) in order {
            let (b, o, t) = (text(base, label), text(ours, label), text(theirs, label));
            let our_block = ours.definitions.get(label);
            match our_block {
                Some(our) if t != b && o == b => {
                    self.edits
                        .push(replace_inside(ours, our, theirs.raw(block)));
                }
                Some(our) if t != b && o != t => {
                    self.conflicts += 1;
                    let newline = self.dialect.newline;
                    self.edits.push(TextEdit::replace(
                        our.start..our.end,
                        conflict(ours.raw(our), theirs.raw(block), newline),
                    ));
                }
                None if b.is_none() => {
                    let line = in_newlines(theirs.raw(block), self.dialect.newline);
                    self.edits
                        .push(self.place_definition(last, block, line.trim_end()));
                }
                None if t != b => {
                    self.conflicts += 1;
                    let text = conflict("", theirs.raw(block), self.dialect.newline);
                    self.edits
                        .push(self.place_definition(last, block, text.trim_end()));
                }
                _ => {}
            }
            last = our_block.or(last);
        }
        for (label, our) in &ours.definitions {
            let (b, o) = (text(base, label), text(ours, label));
            if b.is_some() && b == o && !theirs.definitions.contains_key(label) {
                self.edits.push(TextEdit::delete(our.start..our.end));
            }
        }
    }

    /// Puts a definition below the one it stands below in theirs.
    fn place_definition(&self, last: Option<&Block>, block: &Block, line: &str) -> TextEdit {
        let changelog = &self.ours.changelog;
        let newline = self.dialect.newline;
        if let Some(last) = last {
            return changelog.insert_line(last.end, line, newline);
        }
        let next = self
            .theirs
            .definitions
            .iter()
            .filter(|(_, known)| known.start > block.start)
            .filter_map(|(label, _)| self.ours.definitions.get(label))
            .min_by_key(|known| known.start);
        if let Some(next) = next {
            return changelog.insert_line(next.start, line, newline);
        }
        let end = changelog.text.len();
        let open = end > 0 && !changelog.text.ends_with(['\n', '\r']);
        let gap = if open { newline } else { "" };
        TextEdit::insert(end, format!("{gap}{newline}{line}{newline}"))
    }

    /// Merges the headings of sections; returns those of theirs that ours lacks and the result has.
    fn headings(&mut self) -> BTreeMap<String, Block> {
        let find = |side: &Side<'_>, key: &str| {
            side.sections
                .iter()
                .find(|(known, _)| known == key)
                .map(|(_, block)| *block)
        };
        let mut opened = BTreeMap::new();
        for (key, block) in &self.theirs.sections {
            let (b, o) = (find(self.base, key), find(self.ours, key));
            let their = folded(self.theirs.raw(block));
            let base = b.map(|b| folded(self.base.raw(&b)));
            match o {
                Some(our) => {
                    let ours = folded(self.ours.raw(&our));
                    if ours == their || base.as_deref() == Some(&their) {
                        continue;
                    }
                    if base.as_deref() == Some(&ours) {
                        let edit = replace_inside(self.ours, &our, self.theirs.raw(block));
                        self.edits.push(edit);
                    } else {
                        self.conflicts += 1;
                        let (a, b) = (self.ours.raw(&our), self.theirs.raw(block));
                        let text = conflict(a, b, self.dialect.newline);
                        self.edits.push(TextEdit::replace(our.start..our.end, text));
                    }
                }
                None => {
                    let wanted = self.additions.iter().any(|a| a.place.0 == *key);
                    if b.is_none() || wanted {
                        opened.insert(key.clone(), *block);
                    }
                }
            }
        }
        opened
    }

    /// Writes deletions, changes and additions as edits of ours.
    fn write(&mut self, opened: &BTreeMap<String, Block>) {
        self.write_headings_that_go();
        let additions = std::mem::take(&mut self.additions);
        let mut in_groups: BTreeMap<Place, Vec<&Addition>> = BTreeMap::new();
        let mut after: BTreeMap<usize, Vec<&Addition>> = BTreeMap::new();
        for addition in &additions {
            match self.anchor(addition, opened) {
                Some(o) => after.entry(o).or_default().push(addition),
                None => in_groups
                    .entry(addition.place.clone())
                    .or_default()
                    .push(addition),
            }
        }
        for (o, list) in after {
            self.write_after(o, &list);
        }
        for o in self.gone.clone() {
            if let Some(unit) = self.ours.units.get(o) {
                let edit = self.deletion(&unit.block);
                self.edits.push(edit);
            }
        }
        for (o, text) in std::mem::take(&mut self.replaced) {
            if let Some(unit) = self.ours.units.get(o) {
                let edit = if text.starts_with("<<<<<<<") {
                    TextEdit::replace(unit.block.start..unit.block.end, text)
                } else {
                    replace_inside(self.ours, &unit.block, &text)
                };
                self.edits.push(edit);
            }
        }
        self.write_groups(&in_groups, opened);
    }

    /// Finds the unit of ours that an addition goes below: the nearest one before it in theirs
    /// that stands in the same place, else the last one there.
    fn anchor(&self, addition: &Addition, opened: &BTreeMap<String, Block>) -> Option<usize> {
        if opened.contains_key(&addition.place.0) {
            return None;
        }
        let here = |o: usize| {
            self.ours
                .units
                .get(o)
                .is_some_and(|unit| unit.place == addition.place)
                && !self.gone.contains(&o)
        };
        let before = (0..addition.at)
            .rev()
            .take_while(|&t| {
                self.theirs
                    .units
                    .get(t)
                    .is_some_and(|unit| unit.place == addition.place)
            })
            .filter_map(|t| self.partner.get(&t).copied())
            .find(|&o| here(o));
        before.or_else(|| {
            let item = self
                .theirs
                .units
                .get(addition.at)
                .is_some_and(Unit::is_item);
            let last = (0..self.ours.units.len()).rev().find(|&o| here(o))?;
            let is_item = self.ours.units.get(last).is_some_and(Unit::is_item);
            (item == is_item || !item).then_some(last)
        })
    }

    fn write_after(&mut self, o: usize, list: &[&Addition]) {
        let Some(unit) = self.ours.units.get(o) else {
            return;
        };
        let newline = self.dialect.newline;
        let changelog = &self.ours.changelog;
        let open = !changelog.slice(0..unit.block.end).ends_with(['\n', '\r']);
        let mut text = String::new();
        let mut loose = !unit.is_item();
        for addition in list {
            let item = self
                .theirs
                .units
                .get(addition.at)
                .is_some_and(Unit::is_item);
            if open && text.is_empty() {
                text.push_str(newline);
            }
            if loose || !item || self.blank_before(addition.at) {
                text.push_str(newline);
            }
            loose = !item;
            text.push_str(&addition.text);
        }
        let next = changelog.text.get(unit.block.end..).unwrap_or_default();
        let first = next.lines().next().unwrap_or_default();
        let list_goes_on = matches!(
            self.ours.units.get(o + 1),
            Some(next) if next.block.start == unit.block.end && next.is_item()
        );
        if open {
            text.truncate(text.trim_end_matches(['\n', '\r']).len());
        } else if !first.trim().is_empty() && !list_goes_on {
            text.push_str(newline);
        }
        self.edits.push(TextEdit::insert(unit.block.end, text));
    }

    /// Whether a blank line parts two entries of one list in theirs.
    fn blank_before(&self, t: usize) -> bool {
        let units = &self.theirs.units;
        let pair = t
            .checked_sub(1)
            .and_then(|before| Some((units.get(before)?, units.get(t)?)));
        pair.is_some_and(|(before, unit)| {
            before.place == unit.place && before.block.end < unit.block.start
        })
    }

    /// Deletes a block; where blank lines stand on both sides, those below go with it.
    fn deletion(&self, block: &Block) -> TextEdit {
        let changelog = &self.ours.changelog;
        let text = changelog.slice(0..block.start);
        let newline = self.dialect.newline;
        let blank_above = text.is_empty() || text.ends_with(&newline.repeat(2));
        let rest = changelog.slice(block.end..changelog.text.len());
        let mut end = block.end;
        if blank_above {
            for line in rest.split_inclusive('\n') {
                if !line.trim().is_empty() {
                    break;
                }
                end += line.len();
            }
        }
        TextEdit::delete(block.start..end)
    }

    /// Deletes headings that theirs deleted and that nothing stands under any more.
    fn write_headings_that_go(&mut self) {
        let left = |place: &dyn Fn(&Place) -> bool| {
            let kept = self.ours.units.iter().enumerate();
            kept.into_iter()
                .any(|(o, unit)| place(&unit.place) && !self.gone.contains(&o))
                || self.additions.iter().any(|addition| place(&addition.place))
        };
        let mut edits = Vec::new();
        for (place, block) in &self.ours.groups {
            let deleted =
                self.base.groups.contains_key(place) && !self.theirs.groups.contains_key(place);
            if deleted && !left(&|known| known == place) {
                edits.push(self.deletion(block));
            }
        }
        for (key, block) in &self.ours.sections {
            let known = |side: &Side<'_>| side.sections.iter().any(|(k, _)| k == key);
            let base = self.base.sections.iter().find(|(k, _)| k == key);
            let unchanged =
                base.is_some_and(|(_, b)| folded(self.base.raw(b)) == folded(self.ours.raw(block)));
            if unchanged && !known(self.theirs) && !left(&|place| place.0 == *key) {
                edits.push(self.deletion(block));
            }
        }
        self.edits.extend(edits);
    }

    /// Writes categories and sections that ours lacks, with what stands in them.
    fn write_groups(
        &mut self,
        in_groups: &BTreeMap<Place, Vec<&Addition>>,
        opened: &BTreeMap<String, Block>,
    ) {
        let newline = self.dialect.newline;
        let order = |place: &Place| self.theirs.groups.get(place).map_or(0, |block| block.start);
        let mut by_section: BTreeMap<&str, Vec<(&Place, String)>> = BTreeMap::new();
        for (place, list) in in_groups {
            let mut text = String::new();
            let mut loose = true;
            for addition in list {
                let item = self
                    .theirs
                    .units
                    .get(addition.at)
                    .is_some_and(Unit::is_item);
                if !text.is_empty() && (loose || !item || self.blank_before(addition.at)) {
                    text.push_str(newline);
                }
                loose = !item;
                text.push_str(&addition.text);
            }
            by_section.entry(&place.0).or_default().push((place, text));
        }
        for key in opened.keys() {
            by_section.entry(key).or_default();
        }
        let mut edits = Vec::new();
        for (key, mut groups) in by_section {
            groups.sort_by_key(|(place, _)| order(place));
            if let Some(heading) = opened.get(key) {
                edits.push(self.new_section(key, heading, &groups));
                continue;
            }
            for (place, text) in groups {
                edits.push(self.new_group(place, &text));
            }
        }
        // Sections of theirs go in their order, also where they go to one place.
        edits.sort_by_key(|(order, _)| *order);
        self.edits.extend(edits.into_iter().map(|(_, edit)| edit));
    }

    fn group_text(&self, place: &Place, text: &str) -> String {
        let newline = self.dialect.newline;
        match self.theirs.groups.get(place) {
            Some(heading) => {
                let gap = if self.dialect.blank_after_heading {
                    newline
                } else {
                    ""
                };
                format!("{}{gap}{text}", self.their_text(heading))
            }
            None => text.to_owned(),
        }
    }

    /// A section that ours lacks goes above the next one of theirs that ours has.
    fn new_section(
        &self,
        key: &str,
        heading: &Block,
        groups: &[(&Place, String)],
    ) -> (usize, TextEdit) {
        let newline = self.dialect.newline;
        let changelog = &self.ours.changelog;
        let mut text = self.their_text(heading);
        for (place, body) in groups {
            if place.1.is_empty() && !self.dialect.blank_after_heading
                || text.ends_with(&newline.repeat(2))
            {
                text.push_str(&self.group_text(place, body));
                continue;
            }
            let first = text.len() == self.their_text(heading).len();
            if !first || self.dialect.blank_after_heading || self.blank_after(heading) {
                text.push_str(newline);
            }
            text.push_str(&self.group_text(place, body));
        }
        // Headings of categories that are empty in theirs too.
        let next = self
            .theirs
            .sections
            .iter()
            .skip_while(|(known, _)| known != key)
            .skip(1)
            .find_map(|(known, _)| {
                let ours = self.ours.sections.iter();
                ours.clone()
                    .find(|(k, _)| k == known)
                    .map(|(_, block)| block)
            });
        let edit = match next {
            Some(next) => TextEdit::insert(next.start, format!("{text}{newline}")),
            None => {
                let last = changelog.sections.last();
                let end = last.map_or_else(
                    || {
                        let blocks = changelog.scan.blocks.iter().rev();
                        let mut blocks = blocks.filter(|block| !changelog.is_footer(block));
                        blocks.next().map_or(0, |block| block.end)
                    },
                    |section| changelog.content_end(section),
                );
                changelog.after_block(end, text.trim_end_matches(['\n', '\r']), true, newline)
            }
        };
        (heading.start, edit)
    }

    fn blank_after(&self, heading: &Block) -> bool {
        let rest = self.theirs.changelog.text.get(heading.end..);
        rest.is_some_and(|rest| rest.starts_with(['\n', '\r']))
    }

    /// A category that ours lacks, or has empty.
    fn new_group(&self, place: &Place, text: &str) -> (usize, TextEdit) {
        let newline = self.dialect.newline;
        let changelog = &self.ours.changelog;
        let order = self.theirs.groups.get(place).map_or(0, |block| block.start);
        let body = text.trim_end_matches(['\n', '\r']);
        if let Some(heading) = self.ours.groups.get(place) {
            let gap = self.dialect.blank_after_heading;
            return (
                order,
                changelog.after_block(heading.end, body, gap, newline),
            );
        }
        let section = self.ours.sections.iter().find(|(key, _)| *key == place.0);
        let Some((_, heading)) = section else {
            // Before the first section, or after the last.
            let end = if place.0.is_empty() {
                let first = self.ours.sections.first().map(|(_, block)| block.start);
                let blocks = changelog.scan.blocks.iter().rev();
                let mut above = blocks.filter(|b| first.is_none_or(|first| b.start < first));
                above.next().map_or(0, |block| block.end)
            } else {
                changelog.scan.blocks.last().map_or(0, |block| block.end)
            };
            let lines = self.group_text(place, text);
            let lines = lines.trim_end_matches(['\n', '\r']);
            return (order, changelog.after_block(end, lines, end > 0, newline));
        };
        let lines = self.group_text(place, text);
        let lines = lines.trim_end_matches(['\n', '\r']);
        if place.1.is_empty() {
            let gap = self.dialect.blank_after_heading;
            return (
                order,
                changelog.after_block(heading.end, lines, gap, newline),
            );
        }
        // Below the category that it follows in theirs, else below everything in the section.
        let before = self
            .theirs
            .groups
            .iter()
            .filter(|(known, block)| known.0 == place.0 && block.start < order)
            .max_by_key(|(_, block)| block.start)
            .map(|(known, _)| known.clone())
            .unwrap_or_else(|| (place.0.clone(), String::new()));
        let in_group = |unit: &&Unit| unit.place == before;
        let end = self
            .ours
            .units
            .iter()
            .rev()
            .find(in_group)
            .map(|unit| unit.block.end)
            .or_else(|| self.ours.groups.get(&before).map(|block| block.end))
            .unwrap_or(heading.end);
        let gap = end != heading.end || self.dialect.blank_after_heading;
        (order, changelog.after_block(end, lines, gap, newline))
    }
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
