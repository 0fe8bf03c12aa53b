//! The proof that no name has two readings: a search of the product of the templates' automata.
//!
//! Each placeholder has a deterministic automaton, so a reading of a text is fixed by where each
//! segment ends. Two runs over one text are followed side by side, from every pair of templates;
//! a text that both accept after they have parted has two readings. The search is breadth first,
//! so the text it finds is a shortest one. If it finds none there is none: the languages hold
//! every text that a placeholder may stand for.

use std::collections::{BTreeSet, VecDeque};

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
    let compiled: Vec<Compiled> = bounds
        .iter()
        .map(|bound| Compiled::new(bound, scheme))
        .collect();
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
    let loose: Vec<Option<Compiled>> = bounds
        .iter()
        .map(|bound| bound.lists_names().then(|| Compiled::loose(bound, scheme)))
        .collect();
    for (second, two) in loose.iter().enumerate() {
        let Some(two) = two else { continue };
        for (first, one) in compiled.iter().enumerate() {
            let alike = one.bound.pattern.segments() == two.bound.pattern.segments();
            if !alike || !one.bound.lists_names() {
                continue;
            }
            if let Err(ambiguity) = Search::new(one, two, true).run(scheme) {
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
        let segments = bound.pattern.segments();
        Self {
            bound,
            loose: false,
            version: segments
                .iter()
                .position(|segment| *segment == Segment::Field(Placeholder::Version))
                .filter(|_| bound.reads.is_none()),
            segments: segments
                .iter()
                .map(|segment| match segment {
                    Segment::Literal(text) => Regex::literal(text).compile(),
                    Segment::Field(field) => {
                        let class = bound.class.filter(|_| bound.reads.is_none());
                        language::of(*field, scheme, &bound.vocabulary, class).compile()
                    }
                })
                .collect(),
        }
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
        let own = dfa.edges(at.state).iter().map(|(low, high, state)| {
            let place = Place {
                segment: at.segment,
                state: *state,
            };
            (*low, *high, place)
        });
        let mut steps: Vec<_> = own.collect();
        let next = at.segment + 1;
        if let (true, Some(dfa)) = (dfa.accepts(at.state), self.segments.get(next)) {
            steps.extend(dfa.edges(0).iter().map(|(low, high, state)| {
                let place = Place {
                    segment: next,
                    state: *state,
                };
                (*low, *high, place)
            }));
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
        let mut queue = VecDeque::from([0]);
        let mut tried = 0;
        let mut unproven = None;
        while let Some(index) = queue.pop_front() {
            let Some((pair, ..)) = self.reached.get(index).copied() else {
                break;
            };
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
                    queue.push_back(self.reached.len());
                    self.reached.push((next, index, byte));
                }
            }
            if self.reached.len() > MAX_STATES {
                let text = self.text(index);
                return Err(self.possible(&text));
            }
        }
        unproven.map_or(Ok(()), Err)
    }

    fn steps(&self, pair: Pair) -> Vec<(u8, Pair)> {
        let mut next = Vec::new();
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
                next.push((plainest(low, high), pair));
            }
        }
        // Of the shortest texts the plainest is found first.
        next.sort_by_key(|(byte, _)| {
            let kind = match byte {
                b'0'..=b'9' => 0,
                b'a'..=b'z' => 1,
                _ => 2,
            };
            (kind, *byte)
        });
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
            let other = self.two.bound.loose_readings(text);
            let other = other.into_iter().find(|other| !found.contains(other));
            found.extend(other.filter(|_| !found.is_empty()));
        } else if !self.itself {
            found.truncate(1);
            found.extend(self.two.bound.readings(text, scheme).into_iter().take(1));
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

/// Chooses the plainest byte of a range, for texts that people read.
fn plainest(low: u8, high: u8) -> u8 {
    [b'0', b'1', b'a', b'A']
        .into_iter()
        .find(|byte| (low..=high).contains(byte))
        .unwrap_or(low)
}
