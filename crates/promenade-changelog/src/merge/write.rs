//! Deletions, changes and additions as edits of ours.

use super::lists::Lists;
use super::{Addition, Blocks, Merger, Place, Side, Unit, replace_inside};
use crate::edit::TextEdit;
use crate::entry::folded;
use crate::scan::Block;

impl Merger<'_, '_> {
    /// Writes deletions, changes and additions as edits of ours.
    pub(super) fn write(&mut self, opened: &Blocks) {
        self.write_headings_that_go();
        let additions = std::mem::take(&mut self.additions);
        let mut in_groups = Lists::default();
        let mut after: Vec<Vec<&Addition>> = vec![Vec::new(); self.ours.units.len()];
        for (at, addition) in additions.iter().enumerate() {
            let anchor = self.anchor(addition, opened);
            match anchor.and_then(|o| after.get_mut(o)) {
                Some(list) => list.push(addition),
                None => in_groups.push(&addition.place.name, at),
            }
        }
        for (o, list) in after.iter().enumerate() {
            if !list.is_empty() {
                self.write_after(o, list);
            }
        }
        for (unit, goes) in self.ours.units.iter().zip(&self.gone) {
            if *goes {
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
        self.write_groups(&additions, &in_groups, opened);
    }

    /// Finds the unit of ours that an addition goes below: the nearest one before it in theirs
    /// that stands in the same place, else the last one there.
    pub(super) fn anchor(&self, addition: &Addition, opened: &Blocks) -> Option<usize> {
        if opened.contains(addition.place.section()) {
            return None;
        }
        let here = |o: usize| {
            self.ours
                .units
                .get(o)
                .is_some_and(|unit| unit.place == addition.place)
                && !self.is_gone(o)
        };
        let before = (0..addition.at)
            .rev()
            .take_while(|&t| {
                self.theirs
                    .units
                    .get(t)
                    .is_some_and(|unit| unit.place == addition.place)
            })
            .filter_map(|t| self.partner.get(t).copied().flatten())
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

    fn is_gone(&self, o: usize) -> bool {
        self.gone.get(o) == Some(&true)
    }

    pub(super) fn write_after(&mut self, o: usize, list: &[&Addition]) {
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
        } else if !first.trim_matches([' ', '\t', '\r']).is_empty() && !list_goes_on {
            text.push_str(newline);
        }
        self.edits.push(TextEdit::insert(unit.block.end, text));
    }

    /// Whether a blank line parts two entries of one list in theirs.
    pub(super) fn blank_before(&self, t: usize) -> bool {
        let units = &self.theirs.units;
        let pair = t
            .checked_sub(1)
            .and_then(|before| Some((units.get(before)?, units.get(t)?)));
        pair.is_some_and(|(before, unit)| {
            before.place == unit.place && before.block.end < unit.block.start
        })
    }

    /// Deletes a block; where blank lines stand on both sides, those below go with it.
    pub(super) fn deletion(&self, block: &Block) -> TextEdit {
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
    pub(super) fn write_headings_that_go(&mut self) {
        let left = |place: &dyn Fn(&Place) -> bool| {
            let kept = self.ours.units.iter().enumerate();
            kept.into_iter()
                .any(|(o, unit)| place(&unit.place) && !self.is_gone(o))
                || self.additions.iter().any(|addition| place(&addition.place))
        };
        let mut edits = Vec::new();
        for (name, block) in self.ours.groups.iter() {
            let deleted = self.base.groups.contains(name) && !self.theirs.groups.contains(name);
            if deleted && !left(&|known| known.name == name) {
                edits.push(self.deletion(block));
            }
        }
        for (key, block) in &self.ours.sections {
            let known = |side: &Side<'_>| side.sections.iter().any(|(k, _)| k == key);
            let base = self.base.sections.iter().find(|(k, _)| k == key);
            let unchanged =
                base.is_some_and(|(_, b)| folded(self.base.raw(b)) == folded(self.ours.raw(block)));
            if unchanged && !known(self.theirs) && !left(&|place| place.section() == key) {
                edits.push(self.deletion(block));
            }
        }
        self.edits.extend(edits);
    }
}
