//! The port `Past` of `promenade-process`: history as an audit reads it. What cannot be read is an oddity.

mod history;
mod watch;

use std::cell::RefCell;
use std::collections::HashSet;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::CommitRef;
use promenade_manifest::{Entry, EntryKind};
use promenade_process::Flow;
use promenade_process::port::past::{
    Beyond, Content, Mark, Oddity, OddityKind, Past, Sight, Stray, Walked,
};
use promenade_process::port::repository::RepositoryError;
use promenade_tag::ObjectKind;

pub(crate) use self::history::picked;
use self::history::{Main, Reader, Step};
use self::watch::Watch;
use crate::ident::date;
use crate::packing::again;
use crate::{Repository, object, packing, refs};

/// A repository as an audit reads it.
///
/// Tags are read once and kept. So is the history of the main branch: about 30 bytes a commit; where the
/// repository has a commit-graph, a bit and 4 bytes.
pub struct Archive {
    repository: gix::Repository,
    reader: Reader,
    main: RefCell<Option<(String, Main)>>,
    sight: RefCell<Option<Sight>>,
}

impl Archive {
    /// Takes a repository.
    #[must_use]
    pub fn new(repository: &Repository) -> Self {
        let repository = repository.local();
        Self {
            reader: Reader::new(&repository),
            repository,
            main: RefCell::new(None),
            sight: RefCell::new(None),
        }
    }

    /// Tells which of some commits a revision reaches.
    ///
    /// # Errors
    /// [`RepositoryError`] if there is no such revision.
    pub fn reached(&self, revision: &str, commits: &[&str]) -> Result<Vec<bool>, RepositoryError> {
        let (main, _, _) = self.reader.read_all(self.tip(revision)?);
        let reached = commits.iter();
        Ok(reached
            .map(|commit| {
                ObjectId::from_hex(commit.as_bytes()).is_ok_and(|id| main.reaches(&self.reader, id))
            })
            .collect())
    }

    /// Returns the names of the branches, of remotes too; what cannot be read is left out.
    #[must_use]
    pub fn branches(&self) -> Vec<String> {
        let mut names = Vec::new();
        for prefix in ["refs/heads/", "refs/remotes/origin/"] {
            let found = refs::list(&self.repository, prefix, |name, _| {
                let name = name.strip_prefix(prefix.as_bytes())?;
                Some(name.to_str_lossy().into_owned())
            });
            let found = found.into_iter().flat_map(|found| found.refs);
            names.extend(found.flatten());
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
        let repository = &self.repository;
        let found = packing::steady(repository, || {
            names.iter().find_map(|name| {
                let commit = again(|| {
                    let id = repository.rev_parse_single(name.as_str())?;
                    id.object()?.peel_to_commit()
                });
                Some(commit.ok()?.id)
            })
        });
        found.ok_or_else(|| RepositoryError::Refused {
            reason: format!("there is no branch `{branch}`"),
        })
    }

    /// Reads the history of a branch, unless it is kept.
    fn keep(&self, branch: &str) -> Result<(Vec<Step>, Vec<Oddity>), RepositoryError> {
        let (mut main, line, mut oddities) = self.reader.read_all(self.tip(branch)?);
        // Where a tag is off the branch, its commits are compared with all of the branch: what the graph
        // does not know is read then. Else it is enough that the commits are there.
        let sight = self.sight()?;
        let mut commits = sight
            .tags
            .iter()
            .filter(|tag| tag.peeled_kind == ObjectKind::Commit)
            .filter_map(|tag| ObjectId::from_hex(tag.peeled.as_bytes()).ok());
        if commits.any(|id| !main.reaches(&self.reader, id)) {
            main.copies(&self.reader, &mut oddities);
        } else {
            main.look(&self.reader, &mut oddities);
        }
        *self.main.borrow_mut() = Some((branch.to_owned(), main));
        Ok((line, oddities))
    }

    fn mark(
        &self,
        step: &Step,
        changed: Vec<usize>,
        place: usize,
    ) -> Result<Mark, RepositoryError> {
        let object = object::find(&self.repository, step.id);
        let object = object.map_err(|error| io(step.id, error))?;
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
    fn stray(&self, tip: ObjectId, main: &mut Main, seen: &mut HashSet<ObjectId>) -> Beyond {
        let (mut beyond, mut buffer) = (Beyond::default(), Vec::new());
        let mut rest = vec![tip];
        while let Some(id) = rest.pop() {
            if main.reaches(&self.reader, id) || !seen.insert(id) {
                continue;
            }
            let read = match self.reader.commit(id, &mut buffer) {
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
                let picked = picked(&buffer);
                let copies = main.copies(&self.reader, &mut beyond.oddities);
                beyond.commits.push(Stray {
                    commit: id.to_string(),
                    subject: subject.to_str_lossy().into_owned(),
                    picked_from: picked.map(|id| id.to_string()).collect(),
                    on_branch: copies.has(id, read.author),
                });
            }
            rest.extend(read.parents);
        }
        beyond
    }

    fn look_around(&self) -> Result<Sight, RepositoryError> {
        let mut sight = Sight::default();
        if !self.reader.shallow.is_empty() {
            sight.oddities.push(Oddity {
                kind: OddityKind::Shallow,
                subject: "shallow".to_owned(),
                why: format!(
                    "the history is cut off at {} commits",
                    self.reader.shallow.len()
                ),
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
        let all = refs::list(&self.repository, "refs/", |name, id| (name.to_owned(), id));
        let all = all.map_err(|error| RepositoryError::Io {
            action: "looking at the repository".to_owned(),
            cause: error.to_string(),
        })?;
        for error in all.broken {
            sight.oddities.push(unreadable("refs", &error.to_string()));
        }
        for (full, id) in all.refs {
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
            let Some(id) = id else {
                continue;
            };
            match crate::tags::read(&self.repository, name.to_vec(), id) {
                Ok(facts) => {
                    // A tag object says what it points at; whether that is there is another matter.
                    let there = ObjectId::from_hex(facts.peeled.as_bytes());
                    if !there.is_ok_and(|id| object::exists(&self.repository.objects, &id)) {
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
}

impl Past for Archive {
    fn sight(&self) -> Result<Sight, RepositoryError> {
        if let Some(sight) = self.sight.borrow().as_ref() {
            return Ok(sight.clone());
        }
        let sight = self.look_around()?;
        *self.sight.borrow_mut() = Some(sight.clone());
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
            .map_or(0, |(_, main)| main.len());
        let mut watch = Watch::new(watched);
        for (place, step) in line.iter().enumerate() {
            if watched.is_empty() {
                break;
            }
            let (changed, failed) = watch.changed(&self.reader, step.tree);
            let failed = failed.iter().map(ToString::to_string);
            oddities.extend(failed.map(|why| unreadable(&step.id.to_string(), &why)));
            if !changed.is_empty() && see(&self.mark(step, changed, place)?) == Flow::Stop {
                break;
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
        let mut main = self.main.borrow_mut();
        let Some((_, main)) = main.as_mut() else {
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
        let tree = again(|| self.repository.find_commit(id)?.tree());
        let tree = tree.map_err(|error| io(id, error))?;
        if path.is_empty() {
            return Ok(Content::Folder(entries(&tree.data, id)?));
        }
        let entry = again(|| tree.lookup_entry(path.split('/'))).map_err(|error| io(id, error))?;
        let Some(entry) = entry else {
            return Ok(Content::Nothing);
        };
        let (id, mode) = (entry.object_id(), entry.mode());
        if !mode.is_tree() && !mode.is_blob_or_symlink() {
            return Ok(Content::Nothing);
        }
        let object = object::find(&self.repository, id).map_err(|error| io(id, error))?;
        if mode.is_tree() {
            return Ok(Content::Folder(entries(&object.data, id)?));
        }
        Ok(Content::File(object.detach().data))
    }

    fn differing(&self, one: &str, other: &str) -> Result<Vec<String>, RepositoryError> {
        let tree = |commit: &str| -> Result<ObjectId, RepositoryError> {
            let id = ObjectId::from_hex(commit.as_bytes());
            let id = id.map_err(|error| RepositoryError::Refused {
                reason: error.to_string(),
            })?;
            let commit = again(|| self.repository.find_commit(id));
            let commit = commit.map_err(|error| io(id, error))?;
            Ok(commit.tree_id().map_err(|error| io(id, error))?.detach())
        };
        let (old, new) = (tree(one)?, tree(other)?);
        let mut changes = Vec::new();
        crate::tree::diff(&self.repository, Some(old), Some(new), "", &mut changes)
            .map_err(|error| io(new, error))?;
        let mut paths: Vec<_> = changes.into_iter().map(|change| change.path).collect();
        paths.sort();
        Ok(paths)
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
