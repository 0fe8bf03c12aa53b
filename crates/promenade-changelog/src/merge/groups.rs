//! Categories and sections that only theirs has, written into ours.

use std::collections::BTreeMap;

use super::{Addition, Merger, Place, Unit};
use crate::edit::TextEdit;
use crate::scan::Block;

impl Merger<'_, '_> {
    /// Writes categories and sections that ours lacks, with what stands in them.
    pub(super) fn write_groups(
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

    pub(super) fn group_text(&self, place: &Place, text: &str) -> String {
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
    pub(super) fn new_section(
        &self,
        key: &str,
        heading: &Block,
        groups: &[(&Place, String)],
    ) -> (usize, TextEdit) {
        let newline = self.dialect.newline;
        let changelog = &self.ours.changelog;
        let mut text = self.their_text(heading);
        for (place, body) in groups {
            if place.1.is_empty() && !self.dialect.blank_after_version
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
            let gap = self.dialect.blank_after_version;
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
        let gap = end != heading.end || self.dialect.blank_after_version;
        (order, changelog.after_block(end, lines, gap, newline))
    }
}
