//! Deterministic automata over bytes, from small regular expressions: the languages of
//! placeholders, for the proof that names have one reading.

use std::collections::{BTreeMap, BinaryHeap};

/// A regular expression over bytes.
#[derive(Clone, Debug)]
pub(crate) enum Regex {
    /// One byte of these ranges.
    Bytes(Vec<(u8, u8)>),
    /// These bytes.
    Literal(Vec<u8>),
    /// One after the other.
    Sequence(Vec<Regex>),
    /// One of them.
    Either(Vec<Regex>),
    /// Any number of times.
    Repeat(Box<Regex>),
}

impl Regex {
    pub(crate) fn literal(text: &str) -> Self {
        Self::Literal(text.as_bytes().to_vec())
    }

    pub(crate) fn bytes(ranges: &[(u8, u8)]) -> Self {
        Self::Bytes(ranges.to_vec())
    }

    pub(crate) fn repeat(self) -> Self {
        Self::Repeat(Box::new(self))
    }

    pub(crate) fn times(&self, count: usize) -> Self {
        Self::Sequence(vec![self.clone(); count])
    }

    pub(crate) fn optional(self) -> Self {
        Self::Either(vec![self, Self::Sequence(Vec::new())])
    }

    /// Makes the deterministic automaton of the expression.
    pub(crate) fn compile(&self) -> Dfa {
        let mut nfa = Nfa::default();
        let start = nfa.state();
        let end = nfa.add(self, start);
        nfa.determinise(start, end)
    }
}

/// A deterministic automaton; state 0 is the start.
#[derive(Clone, Debug)]
pub(crate) struct Dfa {
    states: Vec<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    accepts: bool,
    /// Disjoint ranges and where they lead.
    edges: Vec<(u8, u8, usize)>,
}

impl Dfa {
    pub(crate) fn accepts(&self, state: usize) -> bool {
        self.states.get(state).is_some_and(|state| state.accepts)
    }

    pub(crate) fn edges(&self, state: usize) -> &[(u8, u8, usize)] {
        self.states
            .get(state)
            .map_or(&[], |state| state.edges.as_slice())
    }
}

/// An automaton that may be in several states at once.
#[derive(Default)]
struct Nfa {
    silent: Vec<Vec<usize>>,
    edges: Vec<Vec<(u8, u8, usize)>>,
}

impl Nfa {
    fn state(&mut self) -> usize {
        self.silent.push(Vec::new());
        self.edges.push(Vec::new());
        self.silent.len() - 1
    }

    fn step(&mut self, from: usize, ranges: &[(u8, u8)]) -> usize {
        let to = self.state();
        if let Some(edges) = self.edges.get_mut(from) {
            edges.extend(ranges.iter().map(|(low, high)| (*low, *high, to)));
        }
        to
    }

    fn jump(&mut self, from: usize, to: usize) {
        if let Some(silent) = self.silent.get_mut(from) {
            silent.push(to);
        }
    }

    /// Adds the expression after `from`, and returns the state behind it.
    fn add(&mut self, regex: &Regex, from: usize) -> usize {
        match regex {
            Regex::Bytes(ranges) => self.step(from, ranges),
            Regex::Literal(bytes) => {
                let mut at = from;
                for byte in bytes {
                    at = self.step(at, &[(*byte, *byte)]);
                }
                at
            }
            Regex::Sequence(parts) => {
                let mut at = from;
                for part in parts {
                    at = self.add(part, at);
                }
                at
            }
            Regex::Either(parts) => {
                let end = self.state();
                for part in parts {
                    let start = self.state();
                    self.jump(from, start);
                    let last = self.add(part, start);
                    self.jump(last, end);
                }
                end
            }
            Regex::Repeat(part) => {
                let around = self.state();
                self.jump(from, around);
                let last = self.add(part, around);
                self.jump(last, around);
                around
            }
        }
    }

    /// Returns all states that are reached from `open` without a byte, in order.
    ///
    /// `closed` has a place for every state and is all false, before and after.
    fn close(&self, mut open: Vec<usize>, closed: &mut [bool]) -> Vec<usize> {
        let mut found = Vec::new();
        while let Some(state) = open.pop() {
            if let (Some(closed), Some(silent)) = (closed.get_mut(state), self.silent.get(state))
                && !*closed
            {
                *closed = true;
                found.push(state);
                open.extend(silent);
            }
        }
        for state in &found {
            if let Some(closed) = closed.get_mut(*state) {
                *closed = false;
            }
        }
        // A heap sorts with a fifth of the code of `sort`, and these are mostly a few states.
        BinaryHeap::from(found).into_sorted_vec()
    }

    fn determinise(&self, start: usize, end: usize) -> Dfa {
        let mut closed = vec![false; self.silent.len()];
        let first = self.close(vec![start], &mut closed);
        let mut names = BTreeMap::new();
        names.insert(first.clone(), 0);
        let mut order = vec![first];
        let mut states = Vec::new();
        while let Some(set) = order.get(states.len()) {
            let accepts = set.contains(&end);
            let mut own: Vec<(u8, u8, usize)> = Vec::new();
            for state in set {
                if let Some(edges) = self.edges.get(*state) {
                    own.extend(edges);
                }
            }
            let mut edges = Vec::new();
            for (low, high) in cut(&own) {
                let mut targets = Vec::new();
                for (from, to, target) in &own {
                    if *from <= low && high <= *to {
                        targets.push(*target);
                    }
                }
                let targets = self.close(targets, &mut closed);
                let fresh = order.len();
                let target = *names.entry(targets.clone()).or_insert(fresh);
                if target == fresh {
                    order.push(targets);
                }
                edges.push((low, high, target));
            }
            states.push(State { accepts, edges });
        }
        Dfa { states }
    }
}

/// Cuts ranges where any of them starts or ends, and drops what none covers.
fn cut(edges: &[(u8, u8, usize)]) -> Vec<(u8, u8)> {
    let mut bounds = BinaryHeap::with_capacity(2 * edges.len());
    for (low, high, _) in edges {
        bounds.push(u16::from(*low));
        bounds.push(u16::from(*high) + 1);
    }
    let mut bounds = bounds.into_sorted_vec();
    bounds.dedup();
    let mut ranges = Vec::new();
    for pair in bounds.windows(2) {
        if let [low, next] = pair
            && let (Ok(low), Ok(high)) = (u8::try_from(*low), u8::try_from(next - 1))
            && edges
                .iter()
                .any(|(from, to, _)| *from <= low && high <= *to)
        {
            ranges.push((low, high));
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::{Dfa, Regex};

    fn accepts(dfa: &Dfa, text: &str) -> bool {
        let mut state = 0;
        for byte in text.bytes() {
            let next = dfa
                .edges(state)
                .iter()
                .find(|(low, high, _)| (*low..=*high).contains(&byte));
            match next {
                Some((_, _, target)) => state = *target,
                None => return false,
            }
        }
        dfa.accepts(state)
    }

    #[test]
    fn an_automaton_accepts_what_its_expression_describes() {
        let digit = Regex::bytes(&[(b'0', b'9')]);
        let number = Regex::Either(vec![
            Regex::literal("0"),
            Regex::Sequence(vec![Regex::bytes(&[(b'1', b'9')]), digit.clone().repeat()]),
        ]);
        let pair = Regex::Sequence(vec![
            number,
            Regex::Sequence(vec![Regex::literal("."), digit.times(2)]).optional(),
        ]);
        let dfa = pair.compile();
        for text in ["0", "7", "120", "0.01", "33.99"] {
            assert!(accepts(&dfa, text), "{text}");
        }
        for text in ["", "00", "01", "1.", "1.2", "1.234", ".12", "a"] {
            assert!(!accepts(&dfa, text), "{text}");
        }
    }
}
