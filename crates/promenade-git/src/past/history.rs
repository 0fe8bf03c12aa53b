//! The history of a branch: every commit is read once, and where the repository has a commit-graph, only
//! for what that does not know.

use std::collections::HashSet;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::commitgraph::{Graph, Position};
use gix::objs::{CommitRefIter, Kind};
use promenade_process::port::past::{Oddity, OddityKind};

use crate::{GitError, object};

/// What a message says before the commit that it was picked from.
const PICKED: &[u8] = b"(cherry picked from commit ";

/// Reads commits and trees, each once: nothing that was read is kept.
pub(super) struct Reader {
    pub(super) objects: gix::OdbHandle,
    pub(super) shallow: HashSet<ObjectId>,
    graph: Option<Graph>,
}

/// Where a commit is known from.
#[derive(Clone, Copy)]
enum Place {
    /// The commit-graph.
    Known(Position),
    /// Its object.
    Other(ObjectId),
}

/// What the main branch reaches.
#[derive(Default)]
pub(super) struct Main {
    /// The commits that the graph knows, a bit for each, and in the order in which they were met.
    marks: Vec<u64>,
    known: Vec<Position>,
    /// The others.
    others: gix::hashtable::HashSet<ObjectId>,
    copies: Copies,
    /// Whether the commits that the graph knows were read for their copies.
    whole: bool,
}

/// What shows that a commit is a copy of another one.
#[derive(Default)]
pub(super) struct Copies {
    /// Who wrote commits, and when: the same for a commit and its copies.
    authors: HashSet<u64>,
    /// The commits that commits say they were picked from.
    picked: HashSet<ObjectId>,
}

/// A commit of the first-parent line.
pub(super) struct Step {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
}

/// What is read of a commit.
pub(super) struct Read {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    pub(super) author: u64,
}

impl Reader {
    pub(super) fn new(repository: &gix::Repository) -> Self {
        let shallow = repository.shallow_commits().ok().flatten();
        let shallow = shallow.iter().flat_map(|commits| commits.iter().copied());
        let shallow: HashSet<_> = shallow.collect();
        let mut objects = repository.objects.clone();
        // What is read once is not worth a copy.
        objects.unset_object_cache();
        // A graph tells of parents that a cut history does not have.
        let graph = repository.commit_graph_if_enabled().ok().flatten();
        Self {
            objects,
            graph: graph.filter(|_| shallow.is_empty()),
            shallow,
        }
    }

    /// Reads a commit, which stays in the buffer; an oddity if it cannot be.
    pub(super) fn commit(&self, id: ObjectId, buffer: &mut Vec<u8>) -> Result<Read, Oddity> {
        let odd = |why: String| odd(id, why);
        let data = object::read(&self.objects, id, Kind::Commit, buffer);
        let data = data.map_err(|error| match error {
            GitError::BadObject { problem, .. } => odd(problem),
            error => odd(error.to_string()),
        })?;
        let (mut tree, mut parents, mut author) = (None, Vec::new(), 0);
        for token in CommitRefIter::from_bytes(data, id.kind()) {
            use gix::objs::commit::ref_iter::Token;
            match token.map_err(|error| odd(format!("is no commit: {error}")))? {
                Token::Tree { id } => tree = Some(id),
                Token::Parent { id } => parents.push(id),
                Token::Author { signature } => {
                    author = fingerprint(&[signature.email, signature.time.as_bytes()]);
                    break;
                }
                _ => {}
            }
        }
        if self.shallow.contains(&id) {
            parents.clear();
        }
        let tree = tree.ok_or_else(|| odd("is no commit: it has no tree".to_owned()))?;
        Ok(Read {
            tree,
            parents,
            author,
        })
    }

    /// Finds where a commit is known from.
    fn place(&self, id: ObjectId) -> Place {
        let known = self.graph.as_ref().and_then(|graph| graph.lookup(id));
        known.map_or(Place::Other(id), Place::Known)
    }

    fn id(&self, place: Place) -> ObjectId {
        match (place, &self.graph) {
            (Place::Known(at), Some(graph)) => graph.id_at(at).to_owned(),
            (Place::Known(_), None) => ObjectId::null(gix::hash::Kind::Sha1),
            (Place::Other(id), _) => id,
        }
    }

    /// Reads everything that a commit reaches, once: the first-parent line, then the rest.
    pub(super) fn read_all(&self, tip: ObjectId) -> (Main, Vec<Step>, Vec<Oddity>) {
        let (mut main, mut line, mut oddities) = (Main::default(), Vec::new(), Vec::new());
        let (mut rest, mut buffer) = (Vec::new(), Vec::new());
        let mut next = Some(self.place(tip));
        while let Some(place) = next.take().filter(|place| main.meet(*place)) {
            match self.visit(place, &mut main, &mut buffer) {
                Ok((tree, parents)) => {
                    let id = self.id(place);
                    line.push(Step { id, tree });
                    let mut parents = parents.into_iter();
                    next = parents.next();
                    rest.extend(parents);
                }
                Err(odd) => oddities.push(odd),
            }
        }
        while let Some(place) = rest.pop() {
            if !main.meet(place) {
                continue;
            }
            match self.visit(place, &mut main, &mut buffer) {
                Ok((_, parents)) => rest.extend(parents),
                Err(odd) => oddities.push(odd),
            }
        }
        line.reverse();
        (main, line, oddities)
    }

    /// Returns the tree and the parents of a commit of the main branch.
    fn visit(
        &self,
        place: Place,
        main: &mut Main,
        buffer: &mut Vec<u8>,
    ) -> Result<(ObjectId, Vec<Place>), Oddity> {
        if let (Some(graph), Place::Known(at)) = (&self.graph, place) {
            let commit = graph.commit_at(at);
            let parents = commit
                .iter_parents()
                .map(|parent| parent.map(Place::Known))
                .collect::<Result<Vec<_>, _>>();
            if let Ok(parents) = parents {
                return Ok((commit.root_tree_id().to_owned(), parents));
            }
        }
        let read = self.commit(self.id(place), buffer)?;
        if matches!(place, Place::Other(_)) {
            main.copies.add(&read, buffer);
        }
        let parents = read.parents.iter().map(|id| self.place(*id));
        Ok((read.tree, parents.collect()))
    }
}

impl Main {
    /// Returns the number of its commits.
    pub(super) fn len(&self) -> usize {
        self.known.len() + self.others.len()
    }

    /// Says whether it has a commit.
    pub(super) fn reaches(&self, reader: &Reader, id: ObjectId) -> bool {
        match reader.place(id) {
            Place::Known(at) => {
                let (word, bit) = bit(at);
                let marks = self.marks.get(word).copied();
                marks.unwrap_or_default() & bit != 0
            }
            Place::Other(id) => self.others.contains(&id),
        }
    }

    /// Takes in a commit, and says whether it is new.
    fn meet(&mut self, place: Place) -> bool {
        let at = match place {
            Place::Known(at) => at,
            Place::Other(id) => return self.others.insert(id),
        };
        let (word, bit) = bit(at);
        if self.marks.len() <= word {
            self.marks.resize(word + 1, 0);
        }
        let Some(marks) = self.marks.get_mut(word) else {
            return false;
        };
        let new = *marks & bit == 0;
        *marks |= bit;
        if new {
            self.known.push(at);
        }
        new
    }

    /// Looks whether the commits that only the graph told of are there.
    pub(super) fn look(&self, reader: &Reader, oddities: &mut Vec<Oddity>) {
        let known = self.known.iter().map(|at| reader.id(Place::Known(*at)));
        let missing = known.filter(|id| !object::exists(&reader.objects, id));
        oddities.extend(missing.map(|id| odd(id, object::MISSING.to_owned())));
    }

    /// Returns what shows that a commit is a copy of one of its own, reading what the graph does not know.
    pub(super) fn copies(&mut self, reader: &Reader, oddities: &mut Vec<Oddity>) -> &Copies {
        if !self.whole {
            let mut buffer = Vec::new();
            for at in &self.known {
                match reader.commit(reader.id(Place::Known(*at)), &mut buffer) {
                    Ok(read) => self.copies.add(&read, &buffer),
                    Err(odd) => oddities.push(odd),
                }
            }
            self.whole = true;
        }
        &self.copies
    }
}

impl Copies {
    fn add(&mut self, read: &Read, data: &[u8]) {
        self.picked.extend(picked(data));
        self.authors.insert(read.author);
    }

    /// Says whether a commit has a copy.
    pub(super) fn has(&self, id: ObjectId, author: u64) -> bool {
        self.picked.contains(&id) || self.authors.contains(&author)
    }
}

/// The word and the bit of a place in the graph.
fn bit(at: Position) -> (usize, u64) {
    let at = at.0;
    let word = usize::try_from(at / u64::BITS).unwrap_or(usize::MAX);
    (word, 1 << (at % u64::BITS))
}

fn odd(id: ObjectId, why: String) -> Oddity {
    Oddity {
        kind: OddityKind::Unreadable,
        subject: id.to_string(),
        why,
    }
}

/// Hashes texts (FNV-1a); for sets in memory only.
fn fingerprint(texts: &[&[u8]]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.iter().chain([&0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Returns the commits that a commit says it was picked from.
pub(crate) fn picked(data: &[u8]) -> impl Iterator<Item = ObjectId> + '_ {
    data.find_iter(PICKED).filter_map(|at| {
        let rest = data.get(at + PICKED.len()..)?;
        let end = rest.find_byte(b')')?;
        ObjectId::from_hex(rest.get(..end)?).ok()
    })
}
