//! What of either side goes into the result: entries, link definitions, headings.

use super::lists::Lists;
use super::{Addition, Blocks, Merger, Side, Unit, conflict, in_newlines, replace_inside};
use crate::edit::TextEdit;
use crate::entry::folded;
use crate::index::sort_by_numbers;
use crate::scan::Block;

impl Merger<'_, '_> {
    /// Merges what the base has.
    pub(super) fn units(&mut self, to_ours: &[Option<usize>], to_theirs: &[Option<usize>]) {
        let (ours, theirs) = (self.ours, self.theirs);
        for (unit, (o, t)) in self.base.units.iter().zip(to_ours.iter().zip(to_theirs)) {
            let our = o.and_then(|at| Some((at, ours.units.get(at)?)));
            let their = t.and_then(|at| Some((at, theirs.units.get(at)?)));
            match (our, their) {
                (Some((o, our)), Some((t, their))) => self.both(unit, (o, our), (t, their)),
                (Some((o, our)), None) => {
                    if our.folded == unit.folded {
                        self.goes(o);
                    } else {
                        self.conflicts += 1;
                        let text = conflict(ours.raw(&our.block), "", self.dialect.newline);
                        self.replaced.push((o, text));
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
    pub(super) fn both(
        &mut self,
        unit: &Unit,
        (o, our): (usize, &Unit),
        (t, their): (usize, &Unit),
    ) {
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
            self.goes(o);
            let text = text
                .unwrap_or_else(|| in_newlines(self.ours.raw(&our.block), self.dialect.newline));
            self.additions.push(Addition {
                place: their.place.clone(),
                at: t,
                text,
            });
        } else {
            self.is_same(t, o);
            if let Some(text) = text {
                self.replaced.push((o, text));
            }
        }
    }

    /// Takes what theirs added, unless ours added the same.
    pub(super) fn added(&mut self, to_ours: &[Option<usize>], to_theirs: &[Option<usize>]) {
        let old_ours = reached(to_ours, self.ours.units.len());
        let old_theirs = reached(to_theirs, self.theirs.units.len());
        let mut ours_new = Lists::default();
        for (at, unit) in self.ours.units.iter().enumerate().rev() {
            if old_ours.get(at) == Some(&false) {
                ours_new.push(&unit.folded, at);
            }
        }
        let theirs_new = |t: &usize| old_theirs.get(*t) == Some(&false);
        let mut theirs_new: Vec<_> = (0..self.theirs.units.len()).filter(theirs_new).collect();
        // What stands in the same place is the same first: only what is left over has moved.
        for same_place in [true, false] {
            let mut left = Vec::new();
            for t in theirs_new {
                match self.take_new(t, &mut ours_new, same_place) {
                    Some(o) => self.is_same(t, o),
                    None => left.push(t),
                }
            }
            theirs_new = left;
        }
        for (t, unit) in self.theirs.units.iter().enumerate() {
            if theirs_new.binary_search(&t).is_ok() {
                self.additions.push(Addition {
                    place: unit.place.clone(),
                    at: t,
                    text: self.their_text(&unit.block),
                });
            }
        }
        sort_by_numbers(&mut self.additions, |addition| (addition.at, 0));
    }

    /// Takes a unit that ours added too: in the same place, or an entry in any.
    fn take_new(&self, t: usize, ours_new: &mut Lists, same_place: bool) -> Option<usize> {
        let unit = self.theirs.units.get(t)?;
        let free = ours_new.get_mut(&unit.folded)?;
        if !same_place {
            return if unit.is_item() { free.pop() } else { None };
        }
        let at = free.iter().rposition(|o| {
            let our = self.ours.units.get(*o);
            our.is_some_and(|our| our.place == unit.place)
        })?;
        Some(free.remove(at))
    }

    /// Merges link definitions by label.
    pub(super) fn definitions(&mut self) {
        let (base, ours, theirs) = (self.base, self.ours, self.theirs);
        let text = |side: &Side<'_>, label: &str| {
            side.definitions
                .get(label)
                .map(|block| folded(side.raw(block)))
        };
        let mut order: Vec<_> = theirs.definitions.iter().collect();
        sort_by_numbers(&mut order, |(_, block)| (block.start, 0));
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
        for (label, our) in ours.definitions.iter() {
            let (b, o) = (text(base, label), text(ours, label));
            if b.is_none() || theirs.definitions.contains(label) {
                continue;
            }
            let range = our.start..our.end;
            if b == o {
                self.edits.push(TextEdit::delete(range));
            } else {
                self.conflicts += 1;
                let text = conflict(ours.raw(our), "", self.dialect.newline);
                self.edits.push(TextEdit::replace(range, text));
            }
        }
    }

    /// Puts a definition below the one it stands below in theirs.
    pub(super) fn place_definition(
        &self,
        last: Option<&Block>,
        block: &Block,
        line: &str,
    ) -> TextEdit {
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
    pub(super) fn headings(&mut self) -> Blocks {
        let find = |side: &Side<'_>, key: &str| {
            side.sections
                .iter()
                .find(|(known, _)| known == key)
                .map(|(_, block)| *block)
        };
        let mut opened = Blocks::default();
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
                    let wanted = self.additions.iter().any(|a| a.place.section() == key);
                    if b.is_none() || wanted {
                        opened.insert(key, *block);
                    }
                }
            }
        }
        opened
    }

    /// A unit of ours goes.
    fn goes(&mut self, o: usize) {
        if let Some(gone) = self.gone.get_mut(o) {
            *gone = true;
        }
    }

    /// A unit of theirs is one of ours.
    fn is_same(&mut self, t: usize, o: usize) {
        if let Some(partner) = self.partner.get_mut(t) {
            *partner = Some(o);
        }
    }
}

/// Which of `len` units something is matched with.
fn reached(matched: &[Option<usize>], len: usize) -> Vec<bool> {
    let mut reached = vec![false; len];
    for at in matched.iter().flatten() {
        if let Some(reached) = reached.get_mut(*at) {
            *reached = true;
        }
    }
    reached
}
