//! The port `Past` of `promenade-process`: history as an audit reads it. What cannot be read is an oddity.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::{CommitRef, CommitRefIter, Find as _, Kind};
use gix::prelude::ObjectIdExt as _;
use promenade_manifest::{Entry, EntryKind};
use promenade_process::Flow;
use promenade_process::port::past::{
    Beyond, Content, Mark, Oddity, OddityKind, Past, Sight, Stray, Walked,
};
use promenade_process::port::repository::RepositoryError;

use crate::ident::date;
use crate::{GitError, Repository};

/// What a message says before the commit that it was picked from.
const PICKED: &[u8] = b"(cherry picked from commit ";

/// A repository as an audit reads it.
///
/// The history of the main branch is read once and kept: 20 bytes a commit, and 8 for who wrote it when.
pub struct Archive {
    repository: gix::Repository,
    shallow: HashSet<ObjectId>,
    main: std::cell::RefCell<Option<(String, Main)>>,
}

/// What the main branch reaches.
#[derive(Default)]
struct Main {
    reached: gix::hashtable::HashSet<ObjectId>,
    /// Who wrote its commits, and when: the same for a commit and its copies.
    authors: HashSet<u64>,
    /// The commits that its commits say they were picked from.
    picked: HashSet<ObjectId>,
}

/// A commit of the first-parent line.
struct Step {
    id: ObjectId,
    tree: ObjectId,
}

/// What is read of a commit.
struct Read {
    tree: ObjectId,
    parents: Vec<ObjectId>,
    author: u64,
}

impl Archive {
    /// Takes a repository.
    #[must_use]
    pub fn new(repository: &Repository) -> Self {
        let repository = repository.local();
        let shallow = repository.shallow_commits().ok().flatten();
        let shallow = shallow.iter().flat_map(|commits| commits.iter().copied());
        Self {
            shallow: shallow.collect(),
            repository,
            main: std::cell::RefCell::new(None),
        }
    }

    /// Tells which of some commits a revision reaches.
    ///
    /// # Errors
    /// [`RepositoryError`] if there is no such revision.
    pub fn reached(&self, revision: &str, commits: &[&str]) -> Result<Vec<bool>, RepositoryError> {
        let (main, _, _) = self.read_all(self.tip(revision)?);
        let reached = commits.iter();
        Ok(reached
            .map(|commit| {
                ObjectId::from_hex(commit.as_bytes()).is_ok_and(|id| main.reached.contains(&id))
            })
            .collect())
    }

    /// Returns the names of the branches, of remotes too; what cannot be read is left out.
    #[must_use]
    pub fn branches(&self) -> Vec<String> {
        let Ok(refs) = self.repository.references() else {
            return Vec::new();
        };
        let named = |prefix: &str| {
            let refs = refs.prefixed(prefix);
            let refs = refs.into_iter().flatten().flatten();
            let names = refs.map(|one| one.name().as_bstr().to_str_lossy().into_owned());
            names.collect::<Vec<_>>()
        };
        let mut names = Vec::new();
        for prefix in ["refs/heads/", "refs/remotes/origin/"] {
            let found = named(prefix).into_iter();
            names.extend(found.filter_map(|name| Some(name.strip_prefix(prefix)?.to_owned())));
        }
        names.sort();
        names.dedup();
        names
    }

    /// Finds the commit of a branch: local, else of a remote, else any revision.
    fn tip(&self, branch: &str) -> Result<ObjectId, RepositoryError> {
        let names = [
            format!("refs/heads/{branch}"),
            format!("refs/remotes/origin/{branch}"),
            branch.to_owned(),
        ];
        let found = names.iter().find_map(|name| {
            let id = self.repository.rev_parse_single(name.as_str()).ok()?;
            id.object()
                .ok()?
                .peel_to_commit()
                .ok()
                .map(|commit| commit.id)
        });
        found.ok_or_else(|| RepositoryError::Refused {
            reason: format!("there is no branch `{branch}`"),
        })
    }

    /// Reads a commit; an oddity if it cannot be.
    fn commit(
        &self,
        id: ObjectId,
        buffer: &mut Vec<u8>,
        main: Option<&mut Main>,
    ) -> Result<Read, Oddity> {
        let odd = |why: String| Oddity {
            kind: OddityKind::Unreadable,
            subject: id.to_string(),
            why,
        };
        let data = self.repository.objects.try_find(&id, buffer);
        let data = data.map_err(|error| odd(error.to_string()))?;
        let data = data.ok_or_else(|| odd("the object is missing".to_owned()))?;
        if data.kind != Kind::Commit {
            return Err(odd(format!("is a {}, not a commit", data.kind)));
        }
        let (mut tree, mut parents, mut author) = (None, Vec::new(), 0);
        for token in CommitRefIter::from_bytes(data.data, id.kind()) {
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
        if let Some(main) = main {
            main.picked.extend(picked(data.data));
            main.authors.insert(author);
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

    /// Reads everything that a commit reaches, once: the first-parent line, then the rest.
    fn read_all(&self, tip: ObjectId) -> (Main, Vec<Step>, Vec<Oddity>) {
        let (mut main, mut line, mut oddities) = (Main::default(), Vec::new(), Vec::new());
        let (mut rest, mut buffer) = (Vec::new(), Vec::new());
        let mut next = Some(tip);
        while let Some(id) = next.take() {
            if !main.reached.insert(id) {
                break;
            }
            match self.commit(id, &mut buffer, Some(&mut main)) {
                Ok(read) => {
                    line.push(Step {
                        id,
                        tree: read.tree,
                    });
                    let mut parents = read.parents.into_iter();
                    next = parents.next();
                    rest.extend(parents);
                }
                Err(odd) => oddities.push(odd),
            }
        }
        while let Some(id) = rest.pop() {
            if !main.reached.insert(id) {
                continue;
            }
            match self.commit(id, &mut buffer, Some(&mut main)) {
                Ok(read) => rest.extend(read.parents),
                Err(odd) => oddities.push(odd),
            }
        }
        line.reverse();
        (main, line, oddities)
    }

    /// Reads the history of a branch, unless it is kept.
    fn keep(&self, branch: &str) -> Result<(Vec<Step>, Vec<Oddity>), RepositoryError> {
        let (main, line, oddities) = self.read_all(self.tip(branch)?);
        *self.main.borrow_mut() = Some((branch.to_owned(), main));
        Ok((line, oddities))
    }

    fn mark(
        &self,
        step: &Step,
        changed: Vec<usize>,
        place: usize,
    ) -> Result<Mark, RepositoryError> {
        let object = self
            .repository
            .find_object(step.id)
            .map_err(|error| io(step.id, error))?;
        let commit = CommitRef::from_bytes(&object.data, step.id.kind());
        let commit = commit.map_err(|error| io(step.id, error))?;
        let time = commit.committer().ok().and_then(|who| who.time().ok());
        Ok(Mark {
            commit: step.id.to_string(),
            at: date(time.unwrap_or_default()),
            message: commit.message.to_str_lossy().into_owned(),
            changed,
            place,
        })
    }

    /// Collects what a commit reaches and neither the main branch nor `seen` does.
    fn stray(&self, tip: ObjectId, main: &Main, seen: &mut HashSet<ObjectId>) -> Beyond {
        let (mut beyond, mut buffer) = (Beyond::default(), Vec::new());
        let mut rest = vec![tip];
        while let Some(id) = rest.pop() {
            if main.reached.contains(&id) || !seen.insert(id) {
                continue;
            }
            let read = match self.commit(id, &mut buffer, None) {
                Ok(read) => read,
                Err(odd) => {
                    beyond.oddities.push(odd);
                    continue;
                }
            };
            if read.parents.len() < 2 {
                let message =
                    CommitRef::from_bytes(&buffer, id.kind()).map(|commit| commit.message);
                let message = message.unwrap_or_default();
                let subject = message.lines().next().unwrap_or_default();
                beyond.commits.push(Stray {
                    commit: id.to_string(),
                    subject: subject.to_str_lossy().into_owned(),
                    picked_from: picked(&buffer).map(|id| id.to_string()).collect(),
                    on_branch: main.picked.contains(&id) || main.authors.contains(&read.author),
                });
            }
            rest.extend(read.parents);
        }
        beyond
    }
}

impl Past for Archive {
    fn sight(&self) -> Result<Sight, RepositoryError> {
        let mut sight = Sight::default();
        if !self.shallow.is_empty() {
            sight.oddities.push(Oddity {
                kind: OddityKind::Shallow,
                subject: "shallow".to_owned(),
                why: format!("the history is cut off at {} commits", self.shallow.len()),
            });
        }
        let grafts = self.repository.common_dir().join("info").join("grafts");
        if grafts.metadata().is_ok_and(|file| file.len() > 0) {
            sight.oddities.push(Oddity {
                kind: OddityKind::Graft,
                subject: "info/grafts".to_owned(),
                why: "the repository has grafts, which are not followed".to_owned(),
            });
        }
        let failed = |error: &dyn std::fmt::Display| RepositoryError::Io {
            action: "reading the refs".to_owned(),
            cause: error.to_string(),
        };
        let refs = self
            .repository
            .references()
            .map_err(|error| failed(&error))?;
        for reference in refs.all().map_err(|error| failed(&error))? {
            let reference = match reference {
                Ok(reference) => reference,
                Err(error) => {
                    sight.oddities.push(unreadable("refs", &error.to_string()));
                    continue;
                }
            };
            let full = reference.name().as_bstr().to_owned();
            if let Some(replaced) = full.strip_prefix(b"refs/replace/") {
                sight.oddities.push(Oddity {
                    kind: OddityKind::Replaced,
                    subject: replaced.to_str_lossy().into_owned(),
                    why: "the object is replaced by another one, which git shows in its place"
                        .to_owned(),
                });
            }
            let Some(name) = full.strip_prefix(b"refs/tags/") else {
                continue;
            };
            let Some(id) = reference.try_id() else {
                continue;
            };
            match crate::tags::read(&self.repository, name.to_vec(), id.detach()) {
                Ok(facts) => {
                    // A tag object says what it points at; whether that is there is another matter.
                    let there = ObjectId::from_hex(facts.peeled.as_bytes());
                    if !there.is_ok_and(|id| self.repository.has_object(id)) {
                        let why = format!("leads to {}, which is missing", facts.peeled);
                        sight.oddities.push(unreadable(&name.to_str_lossy(), &why));
                    }
                    sight.tags.push(facts);
                }
                Err(error) => {
                    sight
                        .oddities
                        .push(unreadable(&name.to_str_lossy(), &error.to_string()));
                }
            }
        }
        Ok(sight)
    }

    fn walk(
        &self,
        branch: &str,
        watched: &[String],
        see: &mut dyn FnMut(&Mark) -> Flow,
    ) -> Result<Walked, RepositoryError> {
        let (line, mut oddities) = self.keep(branch)?;
        let commits = self
            .main
            .borrow()
            .as_ref()
            .map_or(0, |(_, main)| main.reached.len());
        let mut watch = Watch::new(&self.repository, watched);
        for (place, step) in line.iter().enumerate() {
            if watched.is_empty() {
                break;
            }
            match watch.changed(step.tree) {
                Ok(changed) if changed.is_empty() => {}
                Ok(changed) => {
                    if see(&self.mark(step, changed, place)?) == Flow::Stop {
                        break;
                    }
                }
                Err(error) => oddities.push(unreadable(&step.id.to_string(), &error.to_string())),
            }
        }
        Ok(Walked {
            commits,
            line: line.len(),
            oddities,
        })
    }

    fn beyond(&self, branch: &str, commits: &[&str]) -> Result<Vec<Beyond>, RepositoryError> {
        let kept = self
            .main
            .borrow()
            .as_ref()
            .is_some_and(|(name, _)| name == branch);
        if !kept {
            self.keep(branch)?;
        }
        let main = self.main.borrow();
        let Some((_, main)) = main.as_ref() else {
            return Ok(commits.iter().map(|_| Beyond::default()).collect());
        };
        let mut seen = HashSet::new();
        Ok(commits
            .iter()
            .map(|commit| match ObjectId::from_hex(commit.as_bytes()) {
                Ok(id) => self.stray(id, main, &mut seen),
                Err(_) => Beyond::default(),
            })
            .collect())
    }

    fn look(&self, commit: &str, path: &str) -> Result<Content, RepositoryError> {
        let Ok(id) = ObjectId::from_hex(commit.as_bytes()) else {
            return Ok(Content::Nothing);
        };
        let commit = self
            .repository
            .find_commit(id)
            .map_err(|error| io(id, error))?;
        let tree = commit.tree().map_err(|error| io(id, error))?;
        if path.is_empty() {
            return Ok(Content::Folder(entries(&tree.data, id)?));
        }
        let entry = tree
            .lookup_entry(path.split('/'))
            .map_err(|error| io(id, error))?;
        let Some(entry) = entry else {
            return Ok(Content::Nothing);
        };
        let (id, mode) = (entry.object_id(), entry.mode());
        if !mode.is_tree() && !mode.is_blob_or_symlink() {
            return Ok(Content::Nothing);
        }
        let object = id
            .attach(&self.repository)
            .object()
            .map_err(|error| io(id, error))?;
        if mode.is_tree() {
            return Ok(Content::Folder(entries(&object.data, id)?));
        }
        Ok(Content::File(object.detach().data))
    }
}

/// Which watched paths differ from one tree to the next. Only trees that differ are read.
struct Watch<'a> {
    repository: &'a gix::Repository,
    paths: Vec<Vec<&'a str>>,
    last: Vec<Option<ObjectId>>,
    root: Option<ObjectId>,
    /// The ids at a path of a tree, of the trees below the root that were read last.
    below: HashMap<(usize, usize), (ObjectId, Option<ObjectId>)>,
}

impl<'a> Watch<'a> {
    fn new(repository: &'a gix::Repository, paths: &'a [String]) -> Self {
        let split = |path: &'a String| path.split('/').filter(|part| !part.is_empty()).collect();
        Self {
            repository,
            paths: paths.iter().map(split).collect(),
            last: vec![None; paths.len()],
            root: None,
            below: HashMap::new(),
        }
    }

    fn changed(&mut self, root: ObjectId) -> Result<Vec<usize>, GitError> {
        if self.root.replace(root) == Some(root) {
            return Ok(Vec::new());
        }
        let mut changed = Vec::new();
        for index in 0..self.paths.len() {
            let now = self.at(index, root)?;
            if let Some(last) = self.last.get_mut(index)
                && *last != now
            {
                *last = now;
                changed.push(index);
            }
        }
        Ok(changed)
    }

    /// Follows a path down from the root.
    fn at(&mut self, index: usize, root: ObjectId) -> Result<Option<ObjectId>, GitError> {
        let parts = self.paths.get(index).cloned().unwrap_or_default();
        let mut at = root;
        for (depth, part) in parts.iter().enumerate() {
            let known = self.below.get(&(index, depth));
            let next = match known {
                Some((tree, next)) if *tree == at => *next,
                _ => {
                    let next = self.child(at, part)?;
                    self.below.insert((index, depth), (at, next));
                    next
                }
            };
            match next {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    fn child(&self, tree: ObjectId, name: &str) -> Result<Option<ObjectId>, GitError> {
        let object = self.repository.find_object(tree);
        let object = object.map_err(|error| GitError::object(tree, error))?;
        if object.kind != Kind::Tree {
            return Ok(None);
        }
        for entry in gix::objs::TreeRefIter::from_bytes(&object.data, tree.kind()) {
            let entry = entry.map_err(|error| GitError::object(tree, error))?;
            if entry.filename == name {
                return Ok(Some(entry.oid.to_owned()));
            }
        }
        Ok(None)
    }
}

fn entries(data: &[u8], id: ObjectId) -> Result<Vec<Entry>, RepositoryError> {
    let mut entries = Vec::new();
    for entry in gix::objs::TreeRefIter::from_bytes(data, id.kind()) {
        let entry = entry.map_err(|error| io(id, error))?;
        let kind = if entry.mode.is_tree() {
            EntryKind::Folder
        } else if entry.mode.is_blob() {
            EntryKind::File
        } else {
            // A link or a module is no folder: nothing leads out of the tree, or round in it.
            continue;
        };
        let name = entry.filename.to_str_lossy().into_owned();
        entries.push(Entry { name, kind });
    }
    entries.sort();
    Ok(entries)
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

fn unreadable(subject: &str, why: &str) -> Oddity {
    Oddity {
        kind: OddityKind::Unreadable,
        subject: subject.to_owned(),
        why: why.to_owned(),
    }
}

fn io(id: ObjectId, error: impl std::fmt::Display) -> RepositoryError {
    RepositoryError::Io {
        action: format!("reading object {id}"),
        cause: error.to_string(),
    }
}
