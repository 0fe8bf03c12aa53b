//! Searches by text and sorting by number, each compiled once.
//!
//! A map or a sort is compiled anew for every type that it holds: with one type for all searches and
//! one for all sorts, who embeds the crate builds it in half of the time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A number for each of some texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    numbers: HashMap<String, usize>,
}

impl Index {
    /// Gives a text its number, unless it has one; returns whether it had none.
    pub(crate) fn insert(&mut self, text: String, number: usize) -> bool {
        match self.numbers.entry(text) {
            Entry::Vacant(place) => {
                place.insert(number);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// Adds a text as one of a set; returns whether it is new.
    pub(crate) fn add(&mut self, text: String) -> bool {
        self.insert(text, 0)
    }

    /// Counts a text; returns how often it has come.
    #[cfg(feature = "merge")]
    pub(crate) fn count(&mut self, text: &str) -> usize {
        let count = self.numbers.entry(text.to_owned()).or_default();
        *count += 1;
        *count
    }

    pub(crate) fn get(&self, text: &str) -> Option<usize> {
        self.numbers.get(text).copied()
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.numbers.contains_key(text)
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Returns the texts in their order, with their numbers.
    pub(crate) fn sorted(&self) -> Vec<(&str, usize)> {
        let numbers = self.numbers.iter();
        let mut sorted: Vec<_> = numbers.map(|(text, at)| (text.as_str(), *at)).collect();
        sorted.sort_unstable();
        sorted
    }
}

/// Sorts by two numbers; what has equal ones keeps its order.
pub(crate) fn sort_by_numbers<T>(items: &mut [T], numbers: impl Fn(&T) -> (usize, usize)) {
    let mut keys = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let (first, second) = numbers(item);
        keys.push([first, second, at]);
    }
    for (at, from) in swaps(keys).into_iter().enumerate() {
        items.swap(at, from);
    }
}

/// Sorts keys, whose last number is their place; returns with what to swap each place, in turn.
fn swaps(mut keys: Vec<[usize; 3]>) -> Vec<usize> {
    keys.sort_unstable();
    let mut swaps: Vec<usize> = Vec::with_capacity(keys.len());
    for (at, [.., mut from]) in keys.into_iter().enumerate() {
        // What stood at an earlier place was swapped away from there.
        while from < at {
            from = swaps.get(from).copied().unwrap_or(at);
        }
        swaps.push(from);
    }
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_sort_by_numbers_is_the_stable_sort(
            items in proptest::collection::vec((0_usize..4, 0_usize..4, 0_u8..), 0..40),
        ) {
            let (mut ours, mut sorted) = (items.clone(), items);
            sort_by_numbers(&mut ours, |item| (item.0, item.1));
            sorted.sort_by_key(|item| (item.0, item.1));
            proptest::prop_assert_eq!(ours, sorted);
        }
    }
}
