//! Deterministic automata over bytes, from small regular expressions: the languages of
//! placeholders, for the proof that names have one reading.

use std::collections::{BTreeMap, BTreeSet};

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

    pub(crate) fn sequence(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::Sequence(parts.into_iter().collect())
    }

    pub(crate) fn either(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::Either(parts.into_iter().collect())
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
            Regex::Literal(bytes) => bytes
                .iter()
                .fold(from, |at, byte| self.step(at, &[(*byte, *byte)])),
            Regex::Sequence(parts) => parts.iter().fold(from, |at, part| self.add(part, at)),
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

    fn close(&self, states: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut closed = BTreeSet::new();
        let mut open: Vec<usize> = states.into_iter().collect();
        while let Some(state) = open.pop() {
            if closed.insert(state) {
                open.extend(self.silent.get(state).into_iter().flatten());
            }
        }
        closed
    }

    fn determinise(&self, start: usize, end: usize) -> Dfa {
        let first = self.close([start]);
        let mut names = BTreeMap::from([(first.clone(), 0)]);
        let mut order = vec![first];
        let mut states = Vec::new();
        while let Some(set) = order.get(states.len()).cloned() {
            let own: Vec<(u8, u8, usize)> = set
                .iter()
                .filter_map(|state| self.edges.get(*state))
                .flatten()
                .copied()
                .collect();
            let mut edges = Vec::new();
            for (low, high) in cut(&own) {
                let targets = own
                    .iter()
                    .filter(|(from, to, _)| *from <= low && high <= *to)
                    .map(|(_, _, target)| *target);
                let targets = self.close(targets);
                let fresh = order.len();
                let target = *names.entry(targets.clone()).or_insert(fresh);
                if target == fresh {
                    order.push(targets);
                }
                edges.push((low, high, target));
            }
            states.push(State {
                accepts: set.contains(&end),
                edges,
            });
        }
        Dfa { states }
    }
}

/// Cuts ranges where any of them starts or ends, and drops what none covers.
fn cut(edges: &[(u8, u8, usize)]) -> Vec<(u8, u8)> {
    let starts: BTreeSet<u16> = edges
        .iter()
        .flat_map(|(low, high, _)| [u16::from(*low), u16::from(*high) + 1])
        .collect();
    let bounds: Vec<u16> = starts.into_iter().collect();
    bounds
        .iter()
        .zip(bounds.iter().skip(1))
        .filter_map(|(low, next)| Some((u8::try_from(*low).ok()?, u8::try_from(next - 1).ok()?)))
        .filter(|(low, high)| edges.iter().any(|(from, to, _)| from <= low && high <= to))
        .collect()
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
        let number = Regex::either([
            Regex::literal("0"),
            Regex::sequence([Regex::bytes(&[(b'1', b'9')]), digit.clone().repeat()]),
        ]);
        let pair = Regex::sequence([
            number,
            Regex::sequence([Regex::literal("."), digit.times(2)]).optional(),
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
