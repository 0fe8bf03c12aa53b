//! Categories and sections that only theirs has, written into ours.

use super::lists::Lists;
use super::{Addition, Blocks, Merger, Place, Unit};
use crate::edit::TextEdit;
use crate::index::sort_by_numbers;
use crate::scan::Block;

impl Merger<'_, '_> {
    /// Writes categories and sections that ours lacks, with what stands in them.
    pub(super) fn write_groups(
        &mut self,
        additions: &[Addition],
        in_groups: &Lists,
        opened: &Blocks,
    ) {
        let newline = self.dialect.newline;
        let mut groups = Vec::new();
        let mut by_section = Lists::default();
        for (_, list) in in_groups.iter() {
            let mut text = String::new();
            let mut loose = true;
            let mut place = None;
            for addition in list.iter().filter_map(|&at| additions.get(at)) {
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
                place = Some(&addition.place);
            }
            if let Some(place) = place {
                by_section.push(place.section(), groups.len());
                groups.push((place, text));
            }
        }
        for (key, _) in opened.iter() {
            by_section.open(key);
        }
        let mut edits = Vec::new();
        for (key, list) in by_section.iter() {
            let mut groups: Vec<_> = list.iter().filter_map(|&at| groups.get(at)).collect();
            sort_by_numbers(&mut groups, |(place, _)| (self.their_start(place), 0));
            if let Some(heading) = opened.get(key) {
                edits.push(self.new_section(key, heading, &groups));
                continue;
            }
            for (place, text) in groups {
                edits.push(self.new_group(place, text));
            }
        }
        // Sections of theirs go in their order, also where they go to one place.
        sort_by_numbers(&mut edits, |(order, _)| (*order, 0));
        self.edits.extend(edits.into_iter().map(|(_, edit)| edit));
    }

    /// Where the heading of a category starts in theirs.
    fn their_start(&self, place: &Place) -> usize {
        let heading = self.theirs.groups.get(&place.name);
        heading.map_or(0, |block| block.start)
    }

    pub(super) fn group_text(&self, place: &Place, text: &str) -> String {
        let newline = self.dialect.newline;
        match self.theirs.groups.get(&place.name) {
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
    pub(super) fn new_section(
        &self,
        key: &str,
        heading: &Block,
        groups: &[&(&Place, String)],
    ) -> (usize, TextEdit) {
        let newline = self.dialect.newline;
        let changelog = &self.ours.changelog;
        let mut text = self.their_text(heading);
        for (place, body) in groups {
            if !place.is_in_category() && !self.dialect.blank_after_version
                || text.ends_with(&newline.repeat(2))
            {
                text.push_str(&self.group_text(place, body));
                continue;
            }
            let first = text.len() == self.their_text(heading).len();
            if !first || self.dialect.blank_after_version || self.blank_after(heading) {
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

    pub(super) fn blank_after(&self, heading: &Block) -> bool {
        let rest = self.theirs.changelog.text.get(heading.end..);
        rest.is_some_and(|rest| rest.starts_with(['\n', '\r']))
    }

    /// A category that ours lacks, or has empty.
    pub(super) fn new_group(&self, place: &Place, text: &str) -> (usize, TextEdit) {
        let newline = self.dialect.newline;
        let changelog = &self.ours.changelog;
        let order = self.their_start(place);
        let body = text.trim_end_matches(['\n', '\r']);
        if let Some(heading) = self.ours.groups.get(&place.name) {
            let gap = self.dialect.blank_after_heading;
            return (
                order,
                changelog.after_block(heading.end, body, gap, newline),
            );
        }
        let section = self
            .ours
            .sections
            .iter()
            .find(|(key, _)| key == place.section());
        let Some((_, heading)) = section else {
            // Before the first section, or after the last.
            let end = if place.section().is_empty() {
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
        if !place.is_in_category() {
            let gap = self.dialect.blank_after_version;
            return (
                order,
                changelog.after_block(heading.end, lines, gap, newline),
            );
        }
        // Below the nearest category above it in theirs that ours has, else below what stands under
        // the section itself.
        let itself = Place::new(place.section(), "");
        let above = self.theirs.places.iter().rev();
        let end = above
            .filter(|known| known.section() == place.section() && self.their_start(known) < order)
            .chain([&itself])
            .find_map(|before| {
                let mut units = self.ours.units.iter().rev();
                let last = units.find(|unit| unit.place == *before);
                let heading = self.ours.groups.get(&before.name);
                last.map(|unit| unit.block.end)
                    .or_else(|| heading.map(|block| block.end))
            })
            .unwrap_or(heading.end);
        let gap = end != heading.end || self.dialect.blank_after_version;
        (order, changelog.after_block(end, lines, gap, newline))
    }
}
