//! One side of a merge: its blocks by place, and which of them another side has too.

use std::collections::{BTreeMap, BTreeSet};

use super::{Place, Side, Unit};
use crate::category::plain;
use crate::document::Changelog;
use crate::entry::folded;
use crate::link::normal_label;
use crate::mark::is_banner;
use crate::scan::{Block, BlockKind};

impl<'a> Side<'a> {
    pub(super) fn read(text: &'a str) -> Self {
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

    pub(super) fn match_changed(
        &self,
        other: &Side<'_>,
        found: &mut [Option<usize>],
        taken: &mut [bool],
    ) {
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
