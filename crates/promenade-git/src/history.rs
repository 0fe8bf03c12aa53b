//! History: commits between revisions, ancestry.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::hashtable::HashMap;
use gix::objs::{CommitRef, Kind};

use crate::ident::People;
use crate::packing::again;
use crate::{CommitId, GitError, Ident, Repository, object};

/// How many more commits are looked at after the last interesting one, as git does: dates that run
/// backwards can hide an interesting commit behind an uninteresting one.
const SLOP: u32 = 5;

/// A commit as history shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Its parents, the first one first.
    pub parents: Vec<CommitId>,
    /// The whole message.
    pub message: String,
    /// Who wrote the change, and when.
    pub author: Ident,
    /// Who made the commit, and when.
    pub committer: Ident,
}

impl Commit {
    /// Returns the first line of the message.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

impl Repository {
    /// Returns one commit.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] if the revision is no commit.
    pub fn commit_at(&self, revision: &str) -> Result<Commit, GitError> {
        let repository = self.local();
        let id = self.resolve(revision)?.object()?;
        let mut buffer = Vec::new();
        let commit = parse(id, load(&repository, id, &mut buffer)?)?;
        let parents = commit.parents().map(CommitId::of).collect();
        let (said, _) = Said::read(id, &commit, &mut People::default())?;
        Ok(said.commit(CommitId::of(id), parents))
    }

    /// Returns the commits that `until` has and none of `since` has, newest first, in the order and
    /// by the rule of `git log until --not since…`.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] for a revision that is no commit, [`GitError::Shallow`] if the
    /// history is cut off.
    pub fn commits(&self, since: &[&str], until: &str) -> Result<Vec<Commit>, GitError> {
        self.require_history()?;
        let mut repository = self.local();
        // What is read once is not worth a copy.
        repository.objects.unset_object_cache();
        let tip = self.resolve(until)?.object()?;
        let hidden = since
            .iter()
            .map(|revision| self.resolve(revision)?.object())
            .collect::<Result<Vec<_>, _>>()?;
        Walk::new(&repository).run(tip, &hidden)
    }

    /// Returns the newest `count` commits that a revision reaches, by the date of the commit, the newest
    /// first. Where the history is cut off, or cannot be read, it ends.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] for a revision that is no commit.
    pub fn newest(&self, tip: &str, count: usize) -> Result<Vec<Commit>, GitError> {
        let repository = self.local();
        let tip = self.resolve(tip)?.object()?;
        Walk::new(&repository).newest(tip, count)
    }

    /// Returns whether `ancestor` is `descendant` or one of its ancestors.
    ///
    /// # Errors
    /// As [`Repository::merge_base`].
    pub fn is_ancestor(&self, ancestor: &str, descendant: &str) -> Result<bool, GitError> {
        let ancestor = self.resolve(ancestor)?;
        let base = self.merge_base(ancestor.as_str(), descendant)?;
        Ok(base.as_ref() == Some(&ancestor))
    }

    /// Returns a best common ancestor of two revisions; nothing if they share no history.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] for a revision that is no commit, [`GitError::Shallow`] if the
    /// history is cut off.
    pub fn merge_base(&self, one: &str, two: &str) -> Result<Option<CommitId>, GitError> {
        self.require_history()?;
        let repository = self.local();
        let one = self.resolve(one)?.object()?;
        let two = self.resolve(two)?.object()?;
        let bases = again(|| repository.merge_bases_many(one, &[two]))
            .map_err(|error| GitError::io("looking for a common ancestor", error))?;
        Ok(bases.first().map(|id| CommitId::of(id.detach())))
    }
}

/// What a commit says, without its place in history.
struct Said {
    message: String,
    author: Ident,
    committer: Ident,
}

impl Said {
    /// Reads it, and the date that git sorts by.
    fn read(
        id: ObjectId,
        commit: &CommitRef<'_>,
        people: &mut People,
    ) -> Result<(Self, i64), GitError> {
        let bad = |error| GitError::object(id, error);
        let committer = commit.committer().map_err(bad)?;
        let date = committer.time().map_or(0, |time| time.seconds);
        let said = Self {
            message: commit.message.to_str_lossy().into_owned(),
            author: people.read(commit.author().map_err(bad)?),
            committer: people.read(committer),
        };
        Ok((said, date))
    }

    fn commit(self, id: CommitId, parents: Vec<CommitId>) -> Commit {
        Commit {
            id,
            parents,
            message: self.message,
            author: self.author,
            committer: self.committer,
        }
    }
}

/// One commit that the walk has met.
struct Node {
    id: ObjectId,
    date: i64,
    /// Its parents, among those of all nodes.
    parents: Range<usize>,
    hidden: bool,
    queued: bool,
    /// What it says, until it is known that nobody wants it; nothing if it cannot be read whole.
    said: Option<Said>,
    /// Its id as text: shared by it and its children.
    name: Option<CommitId>,
}

/// Git's `limit_list`: by date, until nothing interesting is left and [`SLOP`] more were seen.
struct Walk<'repo> {
    repository: &'repo gix::Repository,
    graph: Option<gix::commitgraph::Graph>,
    nodes: Vec<Node>,
    /// The parents of all nodes, in the order in which these were met.
    parents: Vec<ObjectId>,
    by_id: HashMap<ObjectId, usize>,
    /// The newest first; of one date, the one that was met first.
    queue: BinaryHeap<(i64, Reverse<usize>)>,
    interesting: usize,
    people: People,
    /// The bytes of the commit that was read last.
    buffer: Vec<u8>,
}

impl<'repo> Walk<'repo> {
    fn new(repository: &'repo gix::Repository) -> Self {
        Self {
            repository,
            graph: repository.commit_graph_if_enabled().ok().flatten(),
            nodes: Vec::new(),
            parents: Vec::new(),
            by_id: HashMap::default(),
            queue: BinaryHeap::new(),
            interesting: 0,
            people: People::default(),
            buffer: Vec::new(),
        }
    }

    fn run(mut self, tip: ObjectId, hidden: &[ObjectId]) -> Result<Vec<Commit>, GitError> {
        let order = self.limit(tip, hidden)?;
        self.told(order)
    }

    fn newest(mut self, tip: ObjectId, count: usize) -> Result<Vec<Commit>, GitError> {
        self.meet(tip, false)?;
        let mut order = Vec::new();
        while order.len() < count
            && let Some((_, Reverse(at))) = self.queue.pop()
        {
            let Some(node) = self.nodes.get(at) else {
                continue;
            };
            if node.said.is_none() && at > 0 {
                continue;
            }
            order.push(at);
            for parent in node.parents.clone() {
                if let Some(parent) = self.parents.get(parent).copied() {
                    // What is not here, or no commit, is where history ends.
                    let _ = self.meet(parent, false);
                }
            }
        }
        self.told(order)
    }

    /// Takes out what the commits of these places say.
    fn told(mut self, order: Vec<usize>) -> Result<Vec<Commit>, GitError> {
        let mut commits = Vec::with_capacity(order.len());
        for at in order {
            let Some(node) = self.nodes.get_mut(at) else {
                continue;
            };
            let (id, parents) = (node.id, node.parents.clone());
            let said = match node.said.take() {
                Some(said) => said,
                None => {
                    let data = load(self.repository, id, &mut self.buffer)?;
                    Said::read(id, &parse(id, data)?, &mut self.people)?.0
                }
            };
            let mut names = Vec::with_capacity(parents.len());
            for parent in parents {
                if let Some(parent) = self.parents.get(parent).copied() {
                    names.push(self.name(parent));
                }
            }
            commits.push(said.commit(self.name(id), names));
        }
        Ok(commits)
    }

    /// Returns the id as text; of a commit that was met, the same each time.
    fn name(&mut self, id: ObjectId) -> CommitId {
        let known = self.by_id.get(&id).and_then(|at| self.nodes.get_mut(*at));
        match known {
            Some(node) => node.name.get_or_insert_with(|| CommitId::of(id)).clone(),
            None => CommitId::of(id),
        }
    }

    /// Returns the places of the commits that the tip has and none of the hidden ones.
    fn limit(&mut self, tip: ObjectId, hidden: &[ObjectId]) -> Result<Vec<usize>, GitError> {
        for id in hidden {
            self.meet(*id, true)?;
        }
        self.meet(tip, false)?;
        let mut order = Vec::new();
        let mut slop = SLOP;
        let mut last_date = i64::MAX;
        while let Some((_, Reverse(at))) = self.queue.pop() {
            let Some(node) = self.nodes.get_mut(at) else {
                continue;
            };
            node.queued = false;
            let (is_hidden, date) = (node.hidden, node.date);
            if !is_hidden {
                self.interesting -= 1;
            }
            for parent in node.parents.clone() {
                if let Some(parent) = self.parents.get(parent).copied() {
                    self.meet(parent, is_hidden)?;
                }
            }
            if is_hidden {
                let next = self.queue.peek().map(|(date, _)| *date);
                slop = match next {
                    None => 0,
                    Some(next) if last_date <= next || self.interesting > 0 => SLOP,
                    Some(_) => slop - 1,
                };
                if slop == 0 {
                    break;
                }
            } else {
                last_date = date;
                order.push(at);
            }
        }
        let is_wanted = |at: &usize| self.nodes.get(*at).is_some_and(|node| !node.hidden);
        order.retain(is_wanted);
        Ok(order)
    }

    /// Queues a commit that is met for the first time; hides one that a hidden commit reaches.
    fn meet(&mut self, id: ObjectId, hidden: bool) -> Result<(), GitError> {
        if let Some(at) = self.by_id.get(&id).copied() {
            if hidden {
                self.hide(at);
            }
            return Ok(());
        }
        let node = self.node(id, hidden)?;
        let date = node.date;
        let at = self.nodes.len();
        self.nodes.push(node);
        self.by_id.insert(id, at);
        self.queue.push((date, Reverse(at)));
        if !hidden {
            self.interesting += 1;
        }
        Ok(())
    }

    /// Hides a commit and all of its ancestors that were met already.
    fn hide(&mut self, at: usize) {
        let mut stack = vec![at];
        while let Some(at) = stack.pop() {
            let Some(node) = self.nodes.get_mut(at) else {
                continue;
            };
            if node.hidden {
                continue;
            }
            node.hidden = true;
            node.said = None;
            if node.queued {
                self.interesting -= 1;
            }
            let parents = self.parents.get(node.parents.clone()).unwrap_or_default();
            stack.extend(parents.iter().filter_map(|id| self.by_id.get(id)).copied());
        }
    }

    /// Reads a commit that is met for the first time.
    fn node(&mut self, id: ObjectId, hidden: bool) -> Result<Node, GitError> {
        let start = self.parents.len();
        let (date, said) = self.facts(id, hidden)?;
        Ok(Node {
            id,
            date,
            parents: start..self.parents.len(),
            hidden,
            queued: true,
            said,
            name: None,
        })
    }

    /// Appends the parents of a commit to those of all, and returns its date and what it says.
    fn facts(&mut self, id: ObjectId, hidden: bool) -> Result<(i64, Option<Said>), GitError> {
        // The bytes of a hidden commit are never shown: the commit-graph, if there is one, knows enough.
        if hidden
            && let Some(graph) = &self.graph
            && let Some(commit) = graph.commit_by_id(id)
        {
            let parents = commit
                .iter_parents()
                .map(|position| position.map(|at| graph.id_at(at).to_owned()))
                .collect::<Result<Vec<_>, _>>();
            if let Ok(parents) = parents {
                self.parents.extend(parents);
                let date = i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX);
                return Ok((date, None));
            }
        }
        let data = load(self.repository, id, &mut self.buffer)?;
        if !hidden
            && let Ok(commit) = parse(id, data)
            && let Ok((said, date)) = Said::read(id, &commit, &mut self.people)
        {
            self.parents.extend(commit.parents());
            return Ok((date, Some(said)));
        }
        let mut date = 0;
        for token in gix::objs::CommitRefIter::from_bytes(data, id.kind()) {
            use gix::objs::commit::ref_iter::Token;
            match token.map_err(|error| GitError::object(id, error))? {
                Token::Parent { id } => self.parents.push(id),
                Token::Committer { signature } => {
                    date = signature.time().map_or(0, |time| time.seconds);
                    break;
                }
                _ => {}
            }
        }
        Ok((date, None))
    }
}

/// Reads the bytes of a commit into a buffer.
fn load<'b>(
    repository: &gix::Repository,
    id: ObjectId,
    buffer: &'b mut Vec<u8>,
) -> Result<&'b [u8], GitError> {
    object::read(&repository.objects, id, Kind::Commit, buffer)
}

fn parse(id: ObjectId, data: &[u8]) -> Result<CommitRef<'_>, GitError> {
    CommitRef::from_bytes(data, id.kind()).map_err(|error| GitError::object(id, error))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// A line of `commits` commits, with a tag near each end, made by `git fast-import`.
    fn long_history(dir: &std::path::Path, commits: usize) -> Repository {
        let repository = Repository::init(dir).unwrap();
        let mut text = String::new();
        for n in 1..=commits {
            let at = 1_700_000_000 + n;
            text.push_str(&format!(
                "commit refs/heads/main\nmark :{n}\ncommitter A <a@b> {at} +0000\n"
            ));
            text.push_str("data 1\nx\n");
            if n == 20 || n == commits - 3 {
                text.push_str(&format!("\nreset refs/tags/t{n}\nfrom :{n}\n\n"));
            }
        }
        let mut child = Command::new("git")
            .arg("-C")
            .arg(dir)
            .args(["fast-import", "--quiet"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        repository
    }

    /// How many commits are looked at for those since a revision.
    fn visited(repository: &Repository, since: &str) -> (usize, usize) {
        let local = repository.local();
        let tip = repository.resolve("main").unwrap().object().unwrap();
        let hidden = repository.resolve(since).unwrap().object().unwrap();
        let mut walk = Walk::new(&local);
        let found = walk.limit(tip, &[hidden]).unwrap().len();
        (walk.nodes.len(), found)
    }

    #[test]
    fn the_history_behind_the_last_release_is_not_walked() {
        let dir = tempfile::tempdir().unwrap();
        let repository = long_history(dir.path(), 3000);
        for graph in [false, true] {
            if graph {
                let mut git = Command::new("git");
                git.arg("-C")
                    .arg(dir.path())
                    .args(["commit-graph", "write", "--reachable"]);
                assert!(git.status().unwrap().success());
            }
            let (nodes, found) = visited(&repository, "t2997");
            assert_eq!(found, 3);
            // Those three, the release, and as many behind it as git itself looks at.
            assert!(
                nodes <= 3 + 1 + SLOP as usize + 1,
                "{nodes} commits were looked at"
            );
        }
    }

    #[test]
    fn each_commit_is_looked_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let repository = long_history(dir.path(), 200);
        let (nodes, found) = visited(&repository, "t20");
        assert_eq!(found, 180);
        assert!(nodes <= 200, "{nodes} of 200");
    }
}
