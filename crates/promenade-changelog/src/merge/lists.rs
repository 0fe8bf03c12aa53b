//! Lists under a text each.

use crate::index::Index;

/// Lists of numbers, each under a text.
#[derive(Debug, Default)]
pub(super) struct Lists {
    index: Index,
    lists: Vec<Vec<usize>>,
}

impl Lists {
    /// Puts a number at the end of the list under a text.
    pub(super) fn push(&mut self, text: &str, number: usize) {
        self.open(text).push(number);
    }

    /// Returns the list under a text; opens it if there is none.
    pub(super) fn open(&mut self, text: &str) -> &mut Vec<usize> {
        let next = self.lists.len();
        if self.index.insert(text.to_owned(), next) {
            self.lists.push(Vec::new());
        }
        let at = self.index.get(text).unwrap_or(next);
        self.lists
            .get_mut(at)
            .expect("a list is pushed with its text")
    }

    pub(super) fn get_mut(&mut self, text: &str) -> Option<&mut Vec<usize>> {
        self.lists.get_mut(self.index.get(text)?)
    }

    /// Returns the texts in their order, with their lists.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.index
            .sorted()
            .into_iter()
            .filter_map(|(text, at)| Some((text, self.lists.get(at)?.as_slice())))
    }
}
