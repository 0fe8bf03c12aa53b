//! Which revisions hold a change: by ancestry, by what messages say of picks and reverts, and by patches
//! that are the same.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;
use gix::objs::{CommitRef, Kind};
use promenade_process::port::holding::{Held, Holding, Trace};
use promenade_promotion::CommitId as Id;

use crate::packing::again;
use crate::past::picked;
use crate::tree::Change;
use crate::{Git, GitError, Repository, object};

/// What a message says before the commit that it takes back.
const REVERTS: &str = "This reverts commit ";

/// How many patches are read in one call of git.
const PATCHES: usize = 256;

impl Repository {
    /// Tells for each revision whether it holds the change of a commit, and by what.
    ///
    /// A revision holds it if it has the commit itself, one that says that it was picked from it (or
    /// from a pick of it, or that it was picked from), or one whose patch is the same by `git patch-id`;
    /// and if nothing after that took it back: a commit that says `This reverts commit …` of one of
    /// them or of a merge that brought it, or one whose patch is the opposite. A revert that is
    /// reverted is none. Where two sides of a merge differ, the merge has what its files say, else
    /// the side that changed since their common ancestor.
    ///
    /// ```
    /// use promenade_git::{CommitRequest, Ident, Repository};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let repository = Repository::init(dir.path())?;
    /// let who = Ident::new("Ada", "ada@example.org", "2026-01-05T09:00:00Z".parse()?)?;
    /// let first = repository.commit(&CommitRequest::new("main", "first", who.clone()).file("a", "1\n"))?;
    /// repository.create_branch("line", &first, &who)?;
    /// let fix = repository.commit(&CommitRequest::new("main", "fix", who.clone()).file("a", "2\n"))?;
    /// let message = format!("fix\n\n(cherry picked from commit {fix})");
    /// let pick = repository.commit(&CommitRequest::new("line", message, who).file("a", "2\n"))?;
    ///
    /// let found = repository.holdings(fix.as_str(), &["main", "line", first.as_str()])?;
    /// let held: Vec<_> = found.iter().map(|one| one.held.as_str()).collect();
    /// assert_eq!(held, ["itself", "picked", "absent"]);
    /// assert!(found[0].is_ancestor && !found[1].is_ancestor);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] for what is no commit, [`GitError::Shallow`] if the history is cut
    /// off.
    pub fn holdings(&self, change: &str, revisions: &[&str]) -> Result<Vec<Holding>, GitError> {
        self.require_history()?;
        let repository = self.local();
        let change = self.resolve(change)?.object()?;
        let tips = revisions
            .iter()
            .map(|revision| self.resolve(revision)?.object())
            .collect::<Result<Vec<_>, _>>()?;
        let mut graph = Graph::default();
        graph.read(&repository, tips.iter().copied().chain([change]))?;
        let patch = Patch::of(self, &repository, &graph, change)?;
        let mut tracer = Tracer {
            repository: &repository,
            graph: &graph,
            patch: &patch,
            known: HashMap::new(),
        };
        tips.into_iter()
            .map(|tip| {
                let known = tracer.known(tip)?;
                Ok(Holding {
                    tip: theirs(tip)?,
                    is_ancestor: known.is_ancestor,
                    held: known.state.held()?,
                })
            })
            .collect()
    }
}

fn theirs(id: ObjectId) -> Result<Id, GitError> {
    Id::new(id.to_string()).map_err(|error| GitError::object(id, error))
}

/// A commit, as far as it matters here.
#[derive(Default)]
struct Node {
    tree: Option<ObjectId>,
    parents: Vec<ObjectId>,
    /// The commits that it says it was picked from.
    picked: Vec<ObjectId>,
    /// The commits that it says it takes back.
    reverted: Vec<ObjectId>,
}

/// Every commit that matters: what the revisions reach, and what their messages name.
#[derive(Default)]
struct Graph {
    nodes: HashMap<ObjectId, Node>,
}

impl Graph {
    fn read(
        &mut self,
        repository: &gix::Repository,
        tips: impl IntoIterator<Item = ObjectId>,
    ) -> Result<(), GitError> {
        let mut rest: Vec<_> = tips.into_iter().collect();
        while let Some(id) = rest.pop() {
            if self.nodes.contains_key(&id) {
                continue;
            }
            let node = read(repository, id)?;
            rest.extend(&node.parents);
            rest.extend(node.picked.iter().chain(&node.reverted));
            self.nodes.insert(id, node);
        }
        Ok(())
    }

    fn node(&self, id: ObjectId) -> Result<&Node, GitError> {
        let missing = || GitError::object(id, "is missing");
        self.nodes.get(&id).ok_or_else(missing)
    }

    /// What must be known before a commit is.
    fn before(&self, id: ObjectId) -> Result<impl Iterator<Item = ObjectId> + '_, GitError> {
        let node = self.node(id)?;
        let named = node.picked.iter().chain(&node.reverted);
        Ok(node.parents.iter().chain(named).copied())
    }
}

fn read(repository: &gix::Repository, id: ObjectId) -> Result<Node, GitError> {
    let mut data = Vec::new();
    object::read(&repository.objects, id, Kind::Commit, &mut data)?;
    let commit =
        CommitRef::from_bytes(&data, id.kind()).map_err(|error| GitError::object(id, error))?;
    // Messages may name what was never fetched: it says nothing then.
    let is_commit = |id: &ObjectId| {
        let kind = object::kind(repository, *id);
        kind.is_ok_and(|kind| kind == Kind::Commit)
    };
    let message = String::from_utf8_lossy(commit.message);
    let mut reverted = Vec::new();
    for (at, _) in message.match_indices(REVERTS) {
        let rest = message.get(at + REVERTS.len()..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_hexdigit());
        let named = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        // `revert.reference` writes abbreviated ids.
        if named.len() >= 7
            && let Ok(found) = again(|| repository.rev_parse_single(named))
        {
            reverted.push(found.detach());
        }
    }
    reverted.retain(|named| is_commit(named) && *named != id);
    Ok(Node {
        tree: Some(commit.tree()),
        parents: commit.parents().collect(),
        picked: picked(&data)
            .filter(|named| is_commit(named) && *named != id)
            .collect(),
        reverted,
    })
}

/// The change that is looked for.
struct Patch {
    change: ObjectId,
    /// The commit, and those that it was picked from.
    origins: HashSet<ObjectId>,
    /// The paths that it changes.
    paths: Vec<String>,
    /// The commits with the same patch.
    same: HashSet<ObjectId>,
    /// The commits with the opposite patch.
    opposite: HashSet<ObjectId>,
}

impl Patch {
    fn of(
        owner: &Repository,
        repository: &gix::Repository,
        graph: &Graph,
        change: ObjectId,
    ) -> Result<Self, GitError> {
        let mut origins = HashSet::from([change]);
        let mut at = change;
        // A commit that was picked from several is none of them alone.
        while let [origin] = graph.node(at)?.picked.as_slice() {
            if !origins.insert(*origin) {
                break;
            }
            at = *origin;
        }
        let changed = owner.paths_of(&change.to_string())?;
        let mut patch = Self {
            change,
            origins,
            paths: changed.iter().map(|change| change.path.clone()).collect(),
            same: HashSet::new(),
            opposite: HashSet::new(),
        };
        let node = graph.node(change)?;
        if patch.paths.is_empty() || node.parents.len() > 1 {
            return Ok(patch);
        }
        let own = patch_ids(owner, &[change])?;
        let Some(own) = own.get(&change) else {
            return Ok(patch);
        };
        let against = opposite_id(owner, change, node.parents.first().copied())?;
        let added = changed.iter().all(|path| path.change == Change::Added);
        let alike = patch.alike(repository, graph, added)?;
        for some in alike.chunks(PATCHES) {
            for (id, found) in patch_ids(owner, some)? {
                if found == *own {
                    patch.same.insert(id);
                } else if Some(&found) == against.as_ref() {
                    patch.opposite.insert(id);
                }
            }
        }
        patch.same.remove(&change);
        Ok(patch)
    }

    /// The commits that change every path that the change does: only theirs can be its patch. A change
    /// that only adds files has its like only where none of them was before, or none is after.
    fn alike(
        &self,
        repository: &gix::Repository,
        graph: &Graph,
        added: bool,
    ) -> Result<Vec<ObjectId>, GitError> {
        let mut found = Vec::new();
        let mut blobs = Blobs::new(repository, &self.paths);
        for (id, node) in &graph.nodes {
            if node.parents.len() > 1 || *id == self.change {
                continue;
            }
            let parent = match node.parents.first() {
                Some(parent) => graph.node(*parent)?.tree,
                None => None,
            };
            let (before, after) = (blobs.of(parent)?, blobs.of(node.tree)?);
            let mut sides = before.iter().zip(&after);
            let differ = sides.all(|(before, after)| before != after);
            let new = !added || before.iter().chain(&after).any(Option::is_none);
            if differ && new {
                found.push(*id);
            }
        }
        found.sort();
        Ok(found)
    }
}

/// What lies at some paths of trees.
struct Blobs<'a> {
    repository: &'a gix::Repository,
    paths: &'a [String],
    known: HashMap<ObjectId, Vec<Option<ObjectId>>>,
}

impl<'a> Blobs<'a> {
    fn new(repository: &'a gix::Repository, paths: &'a [String]) -> Self {
        Self {
            repository,
            paths,
            known: HashMap::new(),
        }
    }

    fn of(&mut self, tree: Option<ObjectId>) -> Result<Vec<Option<ObjectId>>, GitError> {
        let Some(tree) = tree else {
            return Ok(vec![None; self.paths.len()]);
        };
        if let Some(known) = self.known.get(&tree) {
            return Ok(known.clone());
        }
        let bad = |error: &dyn std::fmt::Display| GitError::object(tree, error);
        let root = again(|| self.repository.find_tree(tree));
        let root = root.map_err(|error| bad(&error))?;
        let mut found = Vec::with_capacity(self.paths.len());
        for path in self.paths {
            let entry = again(|| root.lookup_entry(path.split('/')));
            let entry = entry.map_err(|error| bad(&error))?;
            found.push(entry.map(|entry| entry.object_id()));
        }
        self.known.insert(tree, found.clone());
        Ok(found)
    }
}

/// Asks git for the ids of patches; commits without a patch have none.
fn patch_ids(
    owner: &Repository,
    commits: &[ObjectId],
) -> Result<HashMap<ObjectId, String>, GitError> {
    let names: String = commits.iter().map(|id| format!("{id}\n")).collect();
    let patches = Git::in_dir(owner.git_dir())
        .args(["diff-tree", "--stdin", "-r", "-p", "--root", "--full-index"])
        .args(["--no-ext-diff", "--no-textconv", "--no-renames"])
        .input(names)
        .run()?;
    let ids = digest(owner, patches)?;
    Ok(ids
        .lines()
        .filter_map(|line| {
            let (patch, commit) = line.split_once(' ')?;
            let commit = ObjectId::from_hex(commit.as_bytes()).ok()?;
            Some((commit, patch.to_owned()))
        })
        .collect())
}

/// The id of the patch that takes a commit back.
fn opposite_id(
    owner: &Repository,
    change: ObjectId,
    parent: Option<ObjectId>,
) -> Result<Option<String>, GitError> {
    let empty = ObjectId::empty_tree(change.kind());
    let patch = Git::in_dir(owner.git_dir())
        .args(["diff-tree", "-r", "-p", "--full-index"])
        .args(["--no-ext-diff", "--no-textconv", "--no-renames"])
        .args([change.to_string(), parent.unwrap_or(empty).to_string()])
        .run()?;
    let ids = digest(owner, patch)?;
    Ok(ids.split(' ').next().map(str::to_owned))
}

fn digest(owner: &Repository, patches: Vec<u8>) -> Result<String, GitError> {
    let ids = Git::in_dir(owner.git_dir())
        .args(["patch-id", "--stable"])
        .input(patches)
        .run()?;
    Ok(String::from_utf8_lossy(&ids).into_owned())
}

/// Whether a commit holds the change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    By(ObjectId, Trace),
    Reverted(ObjectId),
    Dropped(ObjectId),
    Unsure(ObjectId),
}

impl State {
    fn holds(self) -> Option<bool> {
        match self {
            Self::By(..) => Some(true),
            Self::Absent | Self::Reverted(_) | Self::Dropped(_) => Some(false),
            Self::Unsure(_) => None,
        }
    }

    fn held(self) -> Result<Held, GitError> {
        Ok(match self {
            Self::Absent => Held::Absent,
            Self::By(id, trace) => Held::By {
                commit: theirs(id)?,
                trace,
            },
            Self::Reverted(id) => Held::Reverted {
                commit: theirs(id)?,
            },
            Self::Dropped(id) => Held::Dropped {
                commit: theirs(id)?,
            },
            Self::Unsure(id) => Held::Unsure {
                commit: theirs(id)?,
            },
        })
    }
}

#[derive(Clone, Copy)]
struct Known {
    state: State,
    is_ancestor: bool,
}

/// Follows the change through history, parents first; each commit is judged once.
struct Tracer<'a> {
    repository: &'a gix::Repository,
    graph: &'a Graph,
    patch: &'a Patch,
    known: HashMap<ObjectId, Known>,
}

impl Tracer<'_> {
    fn known(&mut self, tip: ObjectId) -> Result<Known, GitError> {
        let mut stack = vec![tip];
        while let Some(id) = stack.last().copied() {
            if self.known.contains_key(&id) {
                stack.pop();
                continue;
            }
            let height = stack.len();
            let before = self.graph.before(id)?;
            stack.extend(before.filter(|id| !self.known.contains_key(id)));
            if stack.len() == height {
                let known = self.judge(id)?;
                self.known.insert(id, known);
                stack.pop();
            }
        }
        self.of(tip)
    }

    fn of(&self, id: ObjectId) -> Result<Known, GitError> {
        let unknown = || GitError::object(id, "is not known before what follows it");
        self.known.get(&id).copied().ok_or_else(unknown)
    }

    fn judge(&self, id: ObjectId) -> Result<Known, GitError> {
        let node = self.graph.node(id)?;
        let mut is_ancestor = id == self.patch.change;
        for parent in &node.parents {
            is_ancestor |= self.of(*parent)?.is_ancestor;
        }
        let state = self.state(id, node)?;
        Ok(Known { state, is_ancestor })
    }

    fn state(&self, id: ObjectId, node: &Node) -> Result<State, GitError> {
        if id == self.patch.change {
            return Ok(State::By(id, Trace::Itself));
        }
        if self.patch.origins.contains(&id) {
            return Ok(State::By(id, Trace::Picked));
        }
        let mut state = State::Absent;
        for (place, parent) in node.parents.iter().enumerate() {
            state = match place {
                0 => self.of(*parent)?.state,
                _ => self.merged(id, node, state, *parent)?,
            };
        }
        // What a message says of a commit that brought the change, or took it back.
        for named in &node.picked {
            let turned = match self.patch.origins.contains(named) {
                true => Some((false, true)),
                false => self.turn(*named)?,
            };
            state = match turned {
                Some((_, true)) => State::By(id, Trace::Picked),
                Some((_, false)) if state.holds() != Some(false) => State::Reverted(id),
                _ => state,
            };
        }
        for named in &node.reverted {
            state = match self.turn(*named)? {
                Some((true, _)) => State::By(id, Trace::Restored),
                Some((false, _)) if state.holds() != Some(false) => State::Reverted(id),
                _ => state,
            };
        }
        if self.patch.same.contains(&id) && state.holds() != Some(true) {
            let trace = match state {
                State::Reverted(_) => Trace::Restored,
                _ => Trace::SamePatch,
            };
            return Ok(State::By(id, trace));
        }
        if self.patch.opposite.contains(&id) && state.holds() != Some(false) {
            return Ok(State::Reverted(id));
        }
        Ok(state)
    }

    /// Whether the change was there before a commit and after it, where that differs.
    fn turn(&self, id: ObjectId) -> Result<Option<(bool, bool)>, GitError> {
        let after = self.of(id)?.state.holds();
        let before = match self.graph.node(id)?.parents.first() {
            Some(parent) => self.of(*parent)?.state.holds(),
            None => Some(false),
        };
        Ok(match (before, after) {
            (Some(before), Some(after)) if before != after => Some((before, after)),
            _ => None,
        })
    }

    /// The state after a merge of another side into one.
    fn merged(
        &self,
        id: ObjectId,
        node: &Node,
        ours: State,
        other: ObjectId,
    ) -> Result<State, GitError> {
        let theirs = self.of(other)?.state;
        let (Some(here), Some(there)) = (ours.holds(), theirs.holds()) else {
            return Ok(State::Unsure(id));
        };
        if here == there {
            return Ok(if ours == State::Absent { theirs } else { ours });
        }
        let usual = self.three_way(id, node, (ours, here), (theirs, other))?;
        let mut blobs = Blobs::new(self.repository, &self.patch.paths);
        let mine = match node.parents.first() {
            Some(first) => self.graph.node(*first)?.tree,
            None => None,
        };
        let own = blobs.of(node.tree)?;
        let same = (
            own == blobs.of(mine)?,
            own == blobs.of(self.graph.node(other)?.tree)?,
        );
        let seen = match same {
            (true, false) => ours,
            (false, true) => theirs,
            _ => return Ok(usual),
        };
        Ok(match (seen.holds(), usual.holds()) {
            (Some(false), Some(true)) => State::Dropped(id),
            _ => seen,
        })
    }

    /// The side that changed since the common ancestors is the one that counts.
    fn three_way(
        &self,
        id: ObjectId,
        node: &Node,
        (ours, here): (State, bool),
        (theirs, other): (State, ObjectId),
    ) -> Result<State, GitError> {
        let Some(first) = node.parents.first() else {
            return Ok(ours);
        };
        let bases = again(|| self.repository.merge_bases_many(*first, &[other]))
            .map_err(|error| GitError::io("looking for a common ancestor", error))?;
        let mut base = None;
        for found in bases {
            let holds = self.of(found.detach())?.state.holds();
            match (base, holds) {
                (None, Some(holds)) => base = Some(holds),
                (Some(base), Some(holds)) if base == holds => {}
                _ => return Ok(State::Unsure(id)),
            }
        }
        // Without a common ancestor nothing was there before.
        let changed = here != base.unwrap_or(false);
        Ok(if changed { ours } else { theirs })
    }
}
