//! Lines: the branch of each, hotfixes and backports on it, and what it owes.

use promenade_promotion::{Blocker, Command, CommitId, ObligationKind, Rank, Stage};
use promenade_tag::{Class, Values};
use promenade_version::{Line, Version};

use super::{Draft, PlanError, Planned, Planner};
use crate::plan::Step;
use crate::port::holding::Held;
use crate::port::repository::{CommitRequest, Repository, Source};

/// A hotfix to begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HotfixRequest {
    /// The line; that of the last release if none is named.
    pub line: Option<Line>,
    /// The release to start from; the last one of the line if none is named.
    pub from: Option<Version>,
    /// A commit that mends it already, to be picked.
    pub pick: Option<CommitId>,
}

impl HotfixRequest {
    /// Asks for a hotfix of a line.
    #[must_use]
    pub fn of_line(line: Line) -> Self {
        Self {
            line: Some(line),
            ..Self::default()
        }
    }

    /// Starts from a release, where that is not the last one of its line.
    #[must_use]
    pub fn from_release(mut self, version: Version) -> Self {
        self.from = Some(version);
        self
    }

    /// Picks a commit onto it.
    #[must_use]
    pub fn picking(mut self, commit: CommitId) -> Self {
        self.pick = Some(commit);
        self
    }
}

/// The branch of a line: where it is, or where it starts.
pub(super) struct LineBranch {
    pub(super) name: String,
    pub(super) tip: CommitId,
    new: bool,
}

impl Planner<'_> {
    /// Plans the begin of a hotfix: the branch that the process names, from the last release of a line
    /// (A9, B19, C22), and the pick of a commit that mends it, if there is one.
    ///
    /// The release on it takes the lane `hotfix`: reduced gates, and an obligation to merge it back that
    /// stays open until [`Planner::merge_back`] or a later release finds the merge.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if the process names no such branch, or nothing was released on the line.
    pub fn hotfix(
        &self,
        repository: &dyn Repository,
        request: &HotfixRequest,
    ) -> Result<Planned, PlanError> {
        let base = self.line_base(request.line.as_ref(), request.from.as_ref())?;
        let mut draft = Draft::new(self, &format!("hotfix of {}", self.text(&base)));
        let Some(branch) = self.line_branch(repository, &base, &mut draft)? else {
            return Ok(draft.finish());
        };
        if let Some(next) = self.next_on_line(&base) {
            draft.because(format!("the next free version of the line is {next}"));
        }
        draft.begin(&branch);
        if let Some(commit) = &request.pick {
            draft.pick(repository, &branch, commit)?;
        }
        Ok(draft.finish())
    }

    /// Plans a backport: a commit picked onto the branch of each line, with its provenance (B7). What
    /// conflicts is told by path; a line that holds the change already is left as it is.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if the process names no branch for lines, or nothing was released on one.
    pub fn backport(
        &self,
        repository: &dyn Repository,
        commit: &CommitId,
        lines: &[Line],
    ) -> Result<Planned, PlanError> {
        let names: Vec<_> = lines.iter().map(ToString::to_string).collect();
        let title = format!(
            "backport {} to {}",
            crate::plan::short(commit),
            names.join(", ")
        );
        let mut draft = Draft::new(self, &title);
        for line in lines {
            let base = self.line_base(Some(line), None)?;
            if let Some(branch) = self.line_branch(repository, &base, &mut draft)? {
                draft.pick(repository, &branch, commit)?;
            }
        }
        Ok(draft.finish())
    }

    /// Plans the end of a hotfix: if a branch holds it (by ancestry, or every change of it by a pick or
    /// the same patch), the record that closes its obligation; else the merge that brings it there, and
    /// that record. A changelog that both sides changed is merged by entry (C27).
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if nothing is owed for the version.
    pub fn merge_back(
        &self,
        repository: &dyn Repository,
        version: &Version,
        into: &str,
    ) -> Result<Planned, PlanError> {
        let text = self.text(version);
        let mut draft = Draft::new(self, &format!("merge {text} back into {into}"));
        let commit = self.state.version(version).map(|it| it.commit.clone());
        let owed: Vec<_> = self
            .state
            .open_obligations()
            .filter(|(_, owed)| owed.kind == ObligationKind::MergeBack && owed.version == *version)
            .map(|(id, _)| id.clone())
            .collect();
        let paid = self.state.obligations.values().find_map(|owed| {
            let own = owed.kind == ObligationKind::MergeBack && owed.version == *version;
            owed.closed.as_ref().filter(|_| own)
        });
        if let (true, Some(evidence)) = (owed.is_empty(), paid) {
            draft.because(format!("hotfix {text} owes nothing any more: {evidence}"));
            return Ok(draft.finish());
        }
        let (Some(commit), false) = (commit, owed.is_empty()) else {
            return Err(PlanError::Unknown {
                what: format!("hotfix {text}"),
                reason: "nothing is owed for it".to_owned(),
            });
        };
        let tip = self.tip(repository, into)?;
        let evidence = match self.evidence(repository, version, &commit, &tip)? {
            Ok(evidence) => evidence,
            Err(missing) => {
                draft.because(format!("{into} has not got {}", missing.join(", ")));
                match self.merge(repository, version, (into, &tip), &commit, &mut draft)? {
                    Some(id) => format!("{into} has it by merge {id}"),
                    None => return Ok(draft.finish()),
                }
            }
        };
        draft.because(evidence.clone());
        draft.record(owed.into_iter().map(|id| Command::CloseObligation {
            evidence: evidence.clone(),
            id,
            waived: false,
        }))?;
        Ok(draft.finish())
    }

    /// Adds the merge of a hotfix into a branch; holds the plan if it needs a person.
    fn merge(
        &self,
        repository: &dyn Repository,
        version: &Version,
        (into, tip): (&str, &CommitId),
        commit: &CommitId,
        draft: &mut Draft<'_, '_>,
    ) -> Result<Option<CommitId>, PlanError> {
        let source = Source::Merge(commit.clone());
        let combined = repository.combine(tip, &source);
        let mut combined = combined.map_err(PlanError::Repository)?;
        let mut files = std::collections::BTreeMap::new();
        if let (Some(policy), Some(base)) = (self.process.changelog(), &combined.base)
            && combined.conflicts.contains(&policy.file)
        {
            let read = |at: &CommitId| {
                let bytes = repository.file(at, &policy.file);
                let bytes = bytes.map_err(PlanError::Repository)?.unwrap_or_default();
                Ok::<_, PlanError>(String::from_utf8_lossy(&bytes).into_owned())
            };
            let merged = promenade_changelog::merge(&read(base)?, &read(tip)?, &read(commit)?);
            if merged.conflicts() == 0 {
                files.insert(policy.file.clone(), Some(merged.text().as_bytes().to_vec()));
                combined.conflicts.retain(|path| *path != policy.file);
            }
        }
        if !combined.conflicts.is_empty() {
            let why = format!(
                "{} does not merge into {into}: both sides changed {}",
                self.text(version),
                combined.conflicts.join(", ")
            );
            let by = "merging it by hand, then finishing again";
            draft.hold(Blocker::new("conflict", Rank::NeedsPerson, why, by));
            return Ok(None);
        }
        let request = CommitRequest {
            branch: into.to_owned(),
            parent: tip.clone(),
            source: Some(source),
            files,
            message: format!("Merge hotfix {} back into {into}", self.text(version)),
            author: self.hand.author.clone(),
            at: self.hand.at,
        };
        let id = repository.prepare(&[], &request);
        let id = id.map_err(PlanError::Repository)?;
        draft.step(Step::Commit {
            id: id.clone(),
            request: Box::new(request),
            documents: Vec::new(),
        });
        Ok(Some(id))
    }

    /// Says by what a branch holds every change of a hotfix, or names what it lacks.
    pub(super) fn evidence(
        &self,
        repository: &dyn Repository,
        version: &Version,
        commit: &CommitId,
        tip: &CommitId,
    ) -> Result<Result<String, Vec<String>>, PlanError> {
        let text = self.text(version);
        let (short, release) = (crate::plan::short(tip), self.release_message(version)?);
        let beyond = repository.commits(Some(tip), commit);
        let beyond = beyond.map_err(PlanError::Repository)?;
        if beyond.is_empty() {
            return Ok(Ok(format!("{text} is an ancestor of {short}")));
        }
        let (mut by, mut missing) = (Vec::new(), Vec::new());
        for change in beyond {
            // A merge brings nothing of its own, and the commit of the release only its documents.
            let first = change.message.lines().next().unwrap_or_default();
            let is_release = change.id == commit.as_str() && release.as_deref() == Some(first);
            if change.parents.len() > 1 || is_release {
                continue;
            }
            let id = self.commit_id(&change.id)?;
            let found = repository.holdings(&id, std::slice::from_ref(tip));
            let found = found.map_err(PlanError::Repository)?;
            match found.first().map(|holding| &holding.held) {
                Some(Held::By { commit, trace }) => {
                    let (id, commit) = (crate::plan::short(&id), crate::plan::short(commit));
                    by.push(format!("{id} as {commit} ({})", trace.as_str()));
                }
                _ => missing.push(format!("{} ({first})", crate::plan::short(&id))),
            }
        }
        Ok(match (missing.is_empty(), by.is_empty()) {
            (true, false) => Ok(format!(
                "{short} has every change of {text}: {}",
                by.join(", ")
            )),
            (true, true) => Err(vec![format!("anything of {text}")]),
            (false, _) => Err(missing),
        })
    }

    /// The obligations to merge back that hold a release, and that its branch shows to be met.
    pub(super) fn met(
        &self,
        repository: &dyn Repository,
        version: &Version,
        tip: &CommitId,
    ) -> Result<Vec<Command>, PlanError> {
        let mut met = Vec::new();
        for (id, owed) in self.state.open_obligations() {
            let own = promenade_promotion::Line::of(&owed.version).holds(version);
            let about = owed.kind == ObligationKind::MergeBack && owed.line.holds(version);
            let Some(record) = self.state.version(&owed.version).filter(|_| about && !own) else {
                continue;
            };
            let found = self.evidence(repository, &owed.version, &record.commit, tip)?;
            if let Ok(evidence) = found {
                met.push(Command::CloseObligation {
                    evidence,
                    id: id.clone(),
                    waived: false,
                });
            }
        }
        Ok(met)
    }

    /// The first line of the commit that a release makes, if it makes one.
    fn release_message(&self, version: &Version) -> Result<Option<String>, PlanError> {
        let Some(template) = &self.process.commit().message else {
            return Ok(None);
        };
        let scheme = self.process.version().scheme();
        let values = Values::of_version(version.clone(), scheme);
        let message = template.render(&values, scheme);
        let message = message.map_err(|error| PlanError::Unknown {
            what: "the commit message".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(message.lines().next().map(str::to_owned))
    }

    pub(super) fn commit_id(&self, text: &str) -> Result<CommitId, PlanError> {
        CommitId::new(text).map_err(|error| PlanError::Unknown {
            what: "commit".to_owned(),
            reason: error.to_string(),
        })
    }

    /// The tip of a branch.
    pub(super) fn tip(
        &self,
        repository: &dyn Repository,
        branch: &str,
    ) -> Result<CommitId, PlanError> {
        let tip = repository.find(&format!("refs/heads/{branch}"));
        tip.map_err(PlanError::Repository)?
            .ok_or_else(|| PlanError::Unknown {
                what: format!("branch `{branch}`"),
                reason: "there is no such branch".to_owned(),
            })
    }

    /// The release that work on a line starts from: the highest that stands.
    pub(super) fn line_base(
        &self,
        line: Option<&Line>,
        from: Option<&Version>,
    ) -> Result<Version, PlanError> {
        let scheme = self.process.version().scheme();
        let unknown = |what: String, reason: &str| PlanError::Unknown {
            what,
            reason: reason.to_owned(),
        };
        if let Some(version) = from {
            let record = self.state.version(version);
            return match record.is_some_and(|record| record.stage.is_release()) {
                true => Ok(version.clone()),
                false => Err(unknown(
                    format!("version {}", self.text(version)),
                    "it was not released",
                )),
            };
        }
        let standing: Vec<_> = self
            .state
            .versions
            .iter()
            .filter(|(_, record)| record.stage == Stage::Released)
            .map(|(version, _)| version)
            .collect();
        let of_last = standing.last().and_then(|last| scheme.line_of(last));
        let line = line.cloned().or(of_last);
        let on_line = |version: &&&Version| line.as_ref().is_none_or(|line| line.contains(version));
        let base = standing.iter().rev().find(on_line);
        base.map(|version| (*version).clone()).ok_or_else(|| {
            let what = line.map_or_else(|| "a release".to_owned(), |line| format!("line {line}"));
            unknown(what, "nothing that stands was released on it")
        })
    }

    fn next_on_line(&self, base: &Version) -> Option<String> {
        let policy = self.process.version();
        let line = policy.scheme().line_of(base)?;
        let known = self.state.versions.iter();
        let known = known.filter(|(_, record)| record.stage != Stage::Rejected);
        let next = policy.next_patch(&line, known.map(|(version, _)| version));
        next.ok().map(|next| self.text(next.version()))
    }

    /// The branch of the line of a release; holds the plan if it is only at the remote.
    pub(super) fn line_branch(
        &self,
        repository: &dyn Repository,
        base: &Version,
        draft: &mut Draft<'_, '_>,
    ) -> Result<Option<LineBranch>, PlanError> {
        let text = self.text(base);
        let name = self.branch_name(base)?;
        let full = format!("refs/heads/{name}");
        if let Some(tip) = repository.find(&full).map_err(PlanError::Repository)? {
            draft.because(format!("branch {name} is there already"));
            return Ok(Some(LineBranch {
                name,
                tip,
                new: false,
            }));
        }
        if self.remote.is_some_and(|it| it.refs.contains_key(&full)) {
            let why = format!("branch `{name}` is at the remote, and not here");
            let by = format!("`git branch {name} origin/{name}`, after a fetch");
            draft.hold(Blocker::new("branch", Rank::NeedsPerson, why, by));
            return Ok(None);
        }
        let record = self.state.version(base);
        let tip = record.map(|record| record.commit.clone());
        let tip = tip.ok_or_else(|| PlanError::Unknown {
            what: format!("version {text}"),
            reason: "the ledger has no commit of it".to_owned(),
        })?;
        draft.because(format!("branch {name} starts from {text}"));
        Ok(Some(LineBranch {
            name,
            tip,
            new: true,
        }))
    }

    fn branch_name(&self, base: &Version) -> Result<String, PlanError> {
        let template = self.process.branches().hotfix.as_ref();
        let template = template.ok_or_else(|| PlanError::Unknown {
            what: "the branch of a line".to_owned(),
            reason: "the process names none; set `branches.hotfix`".to_owned(),
        })?;
        let (tags, scheme) = (self.process.tags(), self.process.version().scheme());
        let values = Values::of_version(base.clone(), scheme);
        let component = match self.component {
            Some(component) => Some(component.to_owned()),
            None => tags
                .rule(Class::Release, None, base)
                .and_then(|rule| rule.component.clone()),
        };
        let values = match component {
            Some(component) => values.with_component(component),
            None => values,
        };
        template
            .render(&values, scheme)
            .map_err(|error| PlanError::Unknown {
                what: "the branch of a line".to_owned(),
                reason: error.to_string(),
            })
    }
}

impl Draft<'_, '_> {
    /// Makes the branch of a line, if it is not there.
    pub(super) fn begin(&mut self, branch: &LineBranch) {
        if branch.new {
            self.step(Step::Branch {
                name: branch.name.clone(),
                at: branch.tip.clone(),
            });
        }
    }

    /// Picks a commit onto the branch of a line; gives what the line has it by, if it has it already.
    pub(super) fn pick(
        &mut self,
        repository: &dyn Repository,
        branch: &LineBranch,
        commit: &CommitId,
    ) -> Result<Option<String>, PlanError> {
        let (name, short) = (&branch.name, crate::plan::short(commit).to_owned());
        let found = repository.holdings(commit, std::slice::from_ref(&branch.tip));
        let found = found.map_err(PlanError::Repository)?;
        match found.first().map(|holding| &holding.held) {
            Some(Held::By { commit: by, trace }) => {
                let by = crate::plan::short(by);
                let why = format!("{name} holds {short} by {by} ({})", trace.as_str());
                self.because(why.clone());
                return Ok(Some(why));
            }
            Some(Held::Unsure { commit: merge }) => {
                let why = format!("nobody can tell whether {name} holds {short}: merge {merge}");
                let by = "picking it by hand";
                self.hold(Blocker::new("provenance", Rank::NeedsPerson, why, by));
                return Ok(None);
            }
            _ => {}
        }
        let source = Source::Pick(commit.clone());
        let combined = repository.combine(&branch.tip, &source);
        let combined = combined.map_err(PlanError::Repository)?;
        if !combined.conflicts.is_empty() {
            let paths = combined.conflicts.join(", ");
            let why = format!("{short} does not apply to {name}: both changed {paths}");
            let by = format!("`git cherry-pick -x {short}` on {name}, by hand");
            self.hold(Blocker::new("conflict", Rank::NeedsPerson, why, by));
            return Ok(None);
        }
        if combined.changed.is_empty() {
            let why = format!("{name} has every byte of {short} already");
            self.because(why.clone());
            return Ok(Some(why));
        }
        let facts = repository.commit(commit);
        let facts = facts.map_err(PlanError::Repository)?;
        let hand = self.planner().hand;
        let request = CommitRequest {
            branch: name.clone(),
            parent: branch.tip.clone(),
            source: Some(source),
            files: std::collections::BTreeMap::new(),
            message: with_provenance(&facts.message, commit),
            author: hand.author.clone(),
            at: hand.at,
        };
        let id = repository.prepare(&[], &request);
        let id = id.map_err(PlanError::Repository)?;
        self.because(format!("{short} changes {}", combined.changed.join(", ")));
        self.begin(branch);
        self.step(Step::Commit {
            id,
            request: Box::new(request),
            documents: Vec::new(),
        });
        Ok(None)
    }
}

/// A message with the commit that it was picked from, as `git cherry-pick -x` writes it.
fn with_provenance(message: &str, commit: &CommitId) -> String {
    let message = message.trim_end();
    let last = message.rsplit("\n\n").next().unwrap_or_default();
    let is_trailer = |line: &str| {
        line.starts_with("(cherry picked from commit ")
            || line.split_once(": ").is_some_and(|(key, _)| {
                !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
    };
    let has_trailers = message.contains("\n\n") && last.lines().all(is_trailer);
    let gap = if has_trailers { "\n" } else { "\n\n" };
    format!("{message}{gap}(cherry picked from commit {commit})")
}
