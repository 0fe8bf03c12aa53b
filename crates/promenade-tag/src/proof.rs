//! The proof that no name has two readings: a search of the product of the templates' automata.
//!
//! Each placeholder has a deterministic automaton, so a reading of a text is fixed by where each
//! segment ends. Two runs over one text are followed side by side, from every pair of templates;
//! a text that both accept after they have parted has two readings. The search is breadth first,
//! so the text it finds is a shortest one. If it finds none there is none: the languages hold
//! every text that a placeholder may stand for.

use std::collections::BTreeSet;

use promenade_version::{Meaning, Scheme};

use crate::automaton::{Dfa, Regex};
use crate::bound::Bound;
use crate::error::Certainty;
use crate::template::Segment;
use crate::{Ambiguity, Class, Placeholder, language};

/// The most states that one pair of templates may take.
const MAX_STATES: usize = 400_000;
/// How many texts are tried where the languages allow two readings and the scheme does not.
const MAX_TRIED: usize = 256;

/// Proves that no text has two readings, or finds a shortest one that has.
///
/// The indices are those of the two templates; they are equal where one template reads a text in
/// two ways.
pub(crate) fn prove(
    bounds: &[&Bound],
    scheme: &Scheme,
) -> Result<(), (usize, usize, Box<Ambiguity>)> {
    let mut compiled = Vec::with_capacity(bounds.len());
    for bound in bounds {
        compiled.push(Compiled::new(bound, scheme));
    }
    for (second, two) in compiled.iter().enumerate() {
        for (first, one) in compiled.iter().enumerate().take(second + 1) {
            if let Err(ambiguity) = Search::new(one, two, first == second).run(scheme) {
                return Err((first, second, Box::new(ambiguity)));
            }
        }
    }
    prove_lists(bounds, &compiled, scheme)
}

/// Proves that listed names do not run into versions, whatever a version is.
///
/// Names stay when the scheme of a repository changes, and people and programs that read them do
/// not know it: `a-1-2.0.0` must not be of component `a` for one who takes `1-2.0.0` for a
/// version. A template of one name each says itself where the name ends, and is not asked.
fn prove_lists(
    bounds: &[&Bound],
    compiled: &[Compiled<'_>],
    scheme: &Scheme,
) -> Result<(), (usize, usize, Box<Ambiguity>)> {
    for (second, bound) in bounds.iter().enumerate() {
        if !bound.lists_names() {
            continue;
        }
        let two = Compiled::loose(bound, scheme);
        for (first, one) in compiled.iter().enumerate() {
            let alike = one.bound.pattern.segments() == bound.pattern.segments();
            if !alike || !one.bound.lists_names() {
                continue;
            }
            if let Err(ambiguity) = Search::new(one, &two, true).run(scheme) {
                let (first, second) = (first.min(second), first.max(second));
                return Err((first, second, Box::new(ambiguity)));
            }
        }
    }
    Ok(())
}

/// A template with an automaton for each of its segments.
struct Compiled<'a> {
    bound: &'a Bound,
    segments: Vec<Dfa>,
    /// Which segment is `{version}`, judged by the class.
    version: Option<usize>,
    /// Whether a version is whatever any scheme takes for one.
    loose: bool,
}

impl<'a> Compiled<'a> {
    fn loose(bound: &'a Bound, scheme: &Scheme) -> Self {
        let mut compiled = Self::new(bound, scheme);
        for (segment, dfa) in bound.pattern.segments().iter().zip(&mut compiled.segments) {
            if let Segment::Field(Placeholder::Version | Placeholder::NextPatch) = segment {
                *dfa = language::any_version().compile();
            }
        }
        compiled.loose = true;
        compiled
    }

    fn new(bound: &'a Bound, scheme: &Scheme) -> Self {
        let version = Segment::Field(Placeholder::Version);
        let class = bound.class.filter(|_| bound.reads.is_none());
        let mut compiled = Self {
            bound,
            segments: Vec::new(),
            version: None,
            loose: false,
        };
        for (at, segment) in bound.pattern.segments().iter().enumerate() {
            let regex = match segment {
                Segment::Literal(text) => Regex::literal(text),
                Segment::Field(field) => language::of(*field, scheme, &bound.vocabulary, class),
            };
            compiled.segments.push(regex.compile());
            if *segment == version && bound.reads.is_none() {
                compiled.version.get_or_insert(at);
            }
        }
        compiled
    }

    /// Says whether a run that stands here has read a whole name.
    fn done(&self, at: Place) -> bool {
        at.segment + 1 == self.segments.len()
            && self
                .segments
                .get(at.segment)
                .is_some_and(|dfa| dfa.accepts(at.state))
    }

    /// Returns where a run may go: on in its segment, or into the next one.
    fn steps(&self, at: Place) -> Vec<(u8, u8, Place)> {
        let Some(dfa) = self.segments.get(at.segment) else {
            return Vec::new();
        };
        let mut steps = Vec::new();
        let mut enter = |segment: usize, edges: &[(u8, u8, usize)]| {
            for (low, high, state) in edges {
                let state = *state;
                steps.push((*low, *high, Place { segment, state }));
            }
        };
        enter(at.segment, dfa.edges(at.state));
        let next = at.segment + 1;
        if let (true, Some(dfa)) = (dfa.accepts(at.state), self.segments.get(next)) {
            enter(next, dfa.edges(0));
        }
        steps
    }
}

/// Where a run stands: in which segment, and in which state of its automaton.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    segment: usize,
    state: usize,
}

/// Where two runs over one text stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    one: Place,
    two: Place,
    /// They have read the text differently already.
    parted: bool,
    /// Both are inside `{version}`, entered it at the same byte, and no version is of both
    /// classes: they cannot leave it at the same byte.
    same_version: bool,
}

struct Search<'a> {
    one: &'a Compiled<'a>,
    two: &'a Compiled<'a>,
    itself: bool,
    apart: bool,
    /// Every pair that was reached, from which, and by which byte.
    reached: Vec<(Pair, usize, u8)>,
    seen: BTreeSet<Pair>,
}

impl<'a> Search<'a> {
    fn new(one: &'a Compiled<'a>, two: &'a Compiled<'a>, itself: bool) -> Self {
        Self {
            one,
            two,
            itself,
            apart: apart(one.bound.class, two.bound.class),
            reached: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    fn run(mut self, scheme: &Scheme) -> Result<(), Ambiguity> {
        let start = Place {
            segment: 0,
            state: 0,
        };
        let first = Pair {
            one: start,
            two: start,
            parted: !self.itself,
            same_version: self.apart && self.one.version == Some(0) && self.two.version == Some(0),
        };
        self.seen.insert(first);
        self.reached.push((first, 0, 0));
        let mut index = 0;
        let mut tried = 0;
        let mut unproven = None;
        while let Some((pair, ..)) = self.reached.get(index).copied() {
            let both = self.one.done(pair.one) && self.two.done(pair.two);
            if both && pair.parted && !pair.same_version && tried < MAX_TRIED {
                tried += 1;
                let text = self.text(index);
                match self.readings(&text, scheme) {
                    Ok(ambiguity) => return Err(ambiguity),
                    Err(possible) => {
                        unproven.get_or_insert(possible);
                    }
                }
            }
            for (byte, next) in self.steps(pair) {
                if self.seen.insert(next) {
                    self.reached.push((next, index, byte));
                }
            }
            if self.reached.len() > MAX_STATES {
                let text = self.text(index);
                return Err(self.possible(&text));
            }
            index += 1;
        }
        unproven.map_or(Ok(()), Err)
    }

    /// Returns where two runs may go, and by which byte. Of the shortest texts the plainest is found
    /// first.
    fn steps(&self, pair: Pair) -> Vec<(u8, Pair)> {
        let mut next: Vec<(u8, Pair)> = Vec::new();
        for (low, high, one) in self.one.steps(pair.one) {
            for (from, to, two) in self.two.steps(pair.two) {
                let (low, high) = (low.max(from), high.min(to));
                if low > high {
                    continue;
                }
                let moved = (
                    one.segment != pair.one.segment,
                    two.segment != pair.two.segment,
                );
                if pair.same_version && moved == (true, true) {
                    continue;
                }
                let enters = self.apart
                    && moved == (true, true)
                    && self.one.version == Some(one.segment)
                    && self.two.version == Some(two.segment);
                let pair = Pair {
                    one,
                    two,
                    parted: pair.parted || one.segment != two.segment,
                    same_version: enters || (pair.same_version && moved == (false, false)),
                };
                let byte = plainest(low, high);
                let later = next.partition_point(|(other, _)| plainness(*other) <= plainness(byte));
                next.insert(later, (byte, pair));
            }
        }
        next
    }

    /// Returns the text that leads to a pair.
    fn text(&self, mut index: usize) -> String {
        let mut bytes = Vec::new();
        while index > 0 {
            let Some((_, from, byte)) = self.reached.get(index) else {
                break;
            };
            bytes.push(*byte);
            index = *from;
        }
        bytes.reverse();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Reads the text under both templates; `Err` if one of the readings is none for the scheme.
    fn readings(&self, text: &str, scheme: &Scheme) -> Result<Ambiguity, Ambiguity> {
        let mut found = self.one.bound.readings(text, scheme);
        if self.two.loose {
            found.truncate(1);
            let mut others = self.two.bound.loose_readings(text);
            others.retain(|other| !found.is_empty() && !found.contains(other));
            found.append(&mut others);
        } else if !self.itself {
            found.truncate(1);
            let mut others = self.two.bound.readings(text, scheme);
            others.truncate(1);
            found.append(&mut others);
        }
        match found.as_slice() {
            [first, second, ..] => Ok(Ambiguity {
                text: text.to_owned(),
                first: first.clone(),
                second: second.clone(),
                certainty: if self.two.loose {
                    Certainty::AnyScheme
                } else {
                    Certainty::Certain
                },
            }),
            _ => Err(self.possible(text)),
        }
    }

    fn possible(&self, text: &str) -> Ambiguity {
        Ambiguity {
            text: text.to_owned(),
            first: format!("`{}`", self.one.bound.pattern.source()),
            second: format!("`{}`", self.two.bound.pattern.source()),
            certainty: Certainty::Unproven,
        }
    }
}

/// Says whether no version has both classes: then two names never hold the same version text.
fn apart(one: Option<Class>, other: Option<Class>) -> bool {
    const MEANINGS: [Meaning; 4] = [
        Meaning::Release,
        Meaning::Candidate,
        Meaning::StableSuffix,
        Meaning::Manifest,
    ];
    let takes = |class: Option<Class>, meaning| class.is_none_or(|class| class.takes(meaning));
    !MEANINGS
        .iter()
        .any(|meaning| takes(one, *meaning) && takes(other, *meaning))
}

/// Orders bytes: digits, then small letters, then the rest.
fn plainness(byte: u8) -> (u8, u8) {
    match byte {
        b'0'..=b'9' => (0, byte),
        b'a'..=b'z' => (1, byte),
        _ => (2, byte),
    }
}

/// Chooses the plainest byte of a range, for texts that people read.
fn plainest(low: u8, high: u8) -> u8 {
    for byte in [b'0', b'1', b'a', b'A'] {
        if (low..=high).contains(&byte) {
            return byte;
        }
    }
    low
}
