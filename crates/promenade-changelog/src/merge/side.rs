//! One side of a merge: its blocks by place, and which of them another side has too.

use super::lists::Lists;
use super::{Blocks, Place, Side, Unit};
use crate::category::plain;
use crate::document::Changelog;
use crate::entry::folded;
use crate::index::Index;
use crate::link::normal_label;
use crate::mark::is_banner;
use crate::scan::{Block, BlockKind};

impl<'a> Side<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let changelog = Changelog::parse(text);
        let mut side = Self {
            units: Vec::new(),
            sections: Vec::new(),
            groups: Blocks::default(),
            places: Vec::new(),
            definitions: Blocks::default(),
            changelog,
        };
        let mut seen = Index::default();
        let mut headings = Vec::with_capacity(side.changelog.sections.len());
        let mut ends = Vec::with_capacity(side.changelog.sections.len());
        for section in &side.changelog.sections {
            let key = section.version.unwrap_or("Unreleased");
            let key = match seen.count(key) {
                1 => key.to_owned(),
                count => format!("{key} ({count})"),
            };
            headings.push((section.blocks.start, key));
            ends.push(section.blocks.end);
        }
        let mut headings = headings.into_iter().peekable();
        let footer = side.footer();
        let mut place = Place::new("", "");
        let blocks = side.changelog.scan.blocks.clone();
        for (at, block) in blocks.iter().enumerate() {
            if let Some((_, key)) = headings.next_if(|(start, _)| *start == at) {
                place = Place::new(&key, "");
                side.sections.push((key, *block));
                continue;
            }
            if at == footer || ends.binary_search(&at).is_ok() {
                place = Place::new("\u{10ffff}", "");
            }
            let text = side.changelog.slice(block.start..block.end);
            match block.kind {
                BlockKind::Definition => {
                    let label = normal_label(side.changelog.slice(block.inner.0..block.inner.1));
                    side.definitions.insert(&label, *block);
                }
                BlockKind::Heading { .. } if !is_banner(&side.changelog, block) => {
                    let name = side.changelog.slice(block.inner.0..block.inner.1);
                    place = Place::new(place.section(), &plain(name));
                    if !side.groups.contains(&place.name) {
                        side.groups.insert(&place.name, *block);
                        side.places.push(place.clone());
                    }
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
    pub(super) fn footer(&self) -> usize {
        let blocks = &self.changelog.scan.blocks;
        let last = blocks
            .iter()
            .rposition(|block| !self.changelog.is_footer(block));
        last.map_or(0, |at| at + 1)
    }

    pub(super) fn raw(&self, block: &Block) -> &'a str {
        self.changelog.slice(block.start..block.end)
    }

    /// Finds each unit in another side: the same text in the same place, then the same text
    /// anywhere, then a similar text between the same neighbours.
    pub(super) fn match_with(&self, other: &Side<'_>) -> Vec<Option<usize>> {
        let mut found = vec![None; self.units.len()];
        let mut taken = vec![false; other.units.len()];
        for same_place in [true, false] {
            let key = |unit: &Unit| {
                let place = if same_place { &unit.place.name } else { "" };
                format!("{place}\n{}", unit.folded)
            };
            let mut free = Lists::default();
            for (at, unit) in other.units.iter().enumerate().rev() {
                if taken.get(at) == Some(&false) && (same_place || unit.is_item()) {
                    free.push(&key(unit), at);
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

    pub(super) fn match_changed(
        &self,
        other: &Side<'_>,
        found: &mut [Option<usize>],
        taken: &mut [bool],
    ) {
        let mut free = Lists::default();
        for (at, unit) in other.units.iter().enumerate() {
            if taken.get(at) == Some(&false) {
                free.push(&unit.place.name, at);
            }
        }
        for (unit, slot) in self.units.iter().zip(found) {
            if slot.is_some() {
                continue;
            }
            let Some(candidates) = free.get_mut(&unit.place.name) else {
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
