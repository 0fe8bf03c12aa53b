//! Releases: the documents, the commit, the tag, the ledger, the channels.

use std::collections::{BTreeMap, BTreeSet};

use promenade_changelog::{Changelog, ChangelogPolicy, Cut, UpgradeNotes};
use promenade_promotion::{
    Artifacts, Blocker, Command, CommitId, MakeRelease, Rank, Stage, VersionRecord,
};
use promenade_tag::{Class, Values};
use promenade_version::{Lane, Version};

use super::publish::About;
use super::{Documents, Draft, PlanError, Planned, Planner};
use crate::hook::{HookEvent, HookTime};
use crate::plan::{DocumentChange, Step};
use crate::port::repository::{CommitRequest, Repository};

/// A release to plan: what it is made from, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseRequest {
    /// The version.
    pub version: Version,
    /// The candidate that is selected; a hotfix or a backport needs none.
    pub candidate: Option<Version>,
    /// The way it takes.
    pub lane: Lane,
    /// Whether it is a release of an older line.
    pub backport: bool,
    /// The branch that the release is made on.
    pub branch: String,
    /// What users must do to come to this version, for the document with notes on upgrading (C21.2).
    pub upgrade_notes: Option<String>,
}

impl ReleaseRequest {
    /// Asks for the release of a candidate, on a branch.
    #[must_use]
    pub fn of_candidate(version: Version, candidate: Version, branch: impl Into<String>) -> Self {
        Self {
            version,
            candidate: Some(candidate),
            lane: Lane::Regular,
            backport: false,
            branch: branch.into(),
            upgrade_notes: None,
        }
    }

    /// Adds what users must do to come to this version.
    #[must_use]
    pub fn with_upgrade_notes(mut self, notes: impl Into<String>) -> Self {
        self.upgrade_notes = Some(notes.into());
        self
    }

    /// Asks for a release of the tip of a branch, where the process has no candidates.
    #[must_use]
    pub fn direct(version: Version, branch: impl Into<String>) -> Self {
        Self {
            version,
            candidate: None,
            lane: Lane::Regular,
            backport: false,
            branch: branch.into(),
            upgrade_notes: None,
        }
    }

    /// Asks for a hotfix of the newest line, on its branch.
    #[must_use]
    pub fn hotfix(version: Version, branch: impl Into<String>) -> Self {
        Self {
            lane: Lane::Hotfix,
            ..Self::direct(version, branch)
        }
    }

    /// Asks for a release of an older line, on its branch.
    #[must_use]
    pub fn backport(version: Version, branch: impl Into<String>) -> Self {
        Self {
            backport: true,
            ..Self::direct(version, branch)
        }
    }
}

impl Planner<'_> {
    /// Plans a release: edits of the documents, the commit that holds them, the tag on it, the
    /// record in the ledger, and the channels that move.
    ///
    /// The repository is only read: the id of the commit is computed, no branch moves.
    ///
    /// # Errors
    /// [`PlanError`] if the branch is not there, a document cannot be edited, or there is no tag.
    pub fn release(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
    ) -> Result<Planned, PlanError> {
        let text = self.text(&request.version);
        let mut draft = Draft::new(self, &format!("release {text}"));
        let tip = repository.find(&format!("refs/heads/{}", request.branch));
        let tip = tip
            .map_err(PlanError::Repository)?
            .ok_or_else(|| PlanError::Unknown {
                what: format!("branch `{}`", request.branch),
                reason: "there is no such branch".to_owned(),
            })?;
        if let Some(standing) = self.standing(&request.version) {
            let commit = standing.commit.clone();
            draft.because(format!("{text} was released from commit {commit}"));
            draft.channels(&request.version, &commit)?;
            return Ok(draft.finish());
        }
        let changes = self.documents(repository, request, &tip)?;
        let commit = self.commit(repository, request, &tip, &changes)?;
        let Some(artifacts) = self.artifacts_for(request, &tip, &mut draft) else {
            return Ok(draft.finish());
        };
        let id = commit
            .as_ref()
            .map_or_else(|| tip.clone(), |(_, id)| id.clone());
        let notes = self.notes(&request.version, &changes);
        let tag = self.tag_name(Class::Release, &request.version)?;
        let about = About {
            version: Some(&request.version),
            tag: tag.as_deref(),
            commit: Some(&id),
            environment: None,
        };
        draft.hooks(HookEvent::Release, HookTime::Before, about);
        self.record_release(repository, request, &changes, &id, artifacts, &mut draft)?;
        if let Some((request, id)) = commit {
            draft.step(Step::Commit {
                id,
                request: Box::new(request),
                documents: changes,
            });
        }
        draft.tag(Class::Release, &request.version, &id, request.lane)?;
        if request.lane == Lane::Embargoed {
            draft.keep_private();
            return Ok(draft.finish());
        }
        draft.forge(Class::Release, &request.version, notes)?;
        draft.channels(&request.version, &id)?;
        draft.hooks(HookEvent::Release, HookTime::After, about);
        Ok(draft.finish())
    }

    /// The notes of a version, from the changelog as the release leaves it.
    fn notes(&self, version: &Version, changes: &[DocumentChange]) -> Option<String> {
        let file = &self.process.changelog()?.file;
        let change = changes.iter().find(|change| change.path == *file)?;
        let changelog = Changelog::from_bytes(&change.after).ok()?;
        changelog.notes(&self.text(version)).ok()
    }

    fn standing(&self, version: &Version) -> Option<&VersionRecord> {
        self.state
            .version(version)
            .filter(|record| record.stage == Stage::Released)
    }

    /// The artifacts of the candidate, or of the tip of the branch: built once, never for a release.
    fn artifacts_for(
        &self,
        request: &ReleaseRequest,
        tip: &CommitId,
        draft: &mut Draft<'_, '_>,
    ) -> Option<Artifacts> {
        let commit = match &request.candidate {
            None => tip,
            Some(candidate) => match self.state.version(candidate) {
                Some(record) => &record.commit,
                None => {
                    let why = format!("candidate `{candidate}` is not registered");
                    draft.hold(Blocker::new(
                        "candidate",
                        Rank::Blocked,
                        why,
                        "registering it",
                    ));
                    return None;
                }
            },
        };
        let artifacts = self.artifacts_of(commit);
        if artifacts.is_none() {
            let why = format!("commit {commit} has no recorded build");
            draft.hold(Blocker::new(
                "build",
                Rank::Blocked,
                why,
                "recording its build",
            ));
        }
        artifacts
    }

    fn record_release(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        changes: &[DocumentChange],
        commit: &CommitId,
        artifacts: Artifacts,
        draft: &mut Draft<'_, '_>,
    ) -> Result<(), PlanError> {
        let (version, commit) = (request.version.clone(), commit.clone());
        let mut release = match &request.candidate {
            Some(from) => MakeRelease::of_candidate(version, from.clone(), commit, artifacts),
            None if request.backport => MakeRelease::backport(version, commit, artifacts),
            None => MakeRelease::direct(version, commit, artifacts),
        };
        release.lane = match request.lane {
            Lane::Regular => promenade_promotion::Lane::Regular,
            Lane::Hotfix => promenade_promotion::Lane::Hotfix,
            Lane::Embargoed => promenade_promotion::Lane::Embargoed,
        };
        release.tag = self.tag_name(Class::Release, &request.version)?;
        release.paths = changes.iter().map(|change| change.path.clone()).collect();
        release
            .paths
            .extend(self.paths_since_candidate(repository, request)?);
        draft.record([Command::Release(Box::new(release))])
    }

    /// The paths that the branch changed since the candidate was cut.
    fn paths_since_candidate(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
    ) -> Result<BTreeSet<String>, PlanError> {
        let candidate = request
            .candidate
            .as_ref()
            .and_then(|from| self.state.version(from));
        let tip = repository.find(&format!("refs/heads/{}", request.branch));
        match (candidate, tip.map_err(PlanError::Repository)?) {
            (Some(candidate), Some(tip)) if candidate.commit != tip => {
                let changed = repository.changed(&candidate.commit, &tip);
                Ok(changed
                    .map_err(PlanError::Repository)?
                    .into_iter()
                    .collect())
            }
            _ => Ok(BTreeSet::new()),
        }
    }

    /// The commit that holds the documents; none if the process tags commits as they are.
    fn commit(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        tip: &CommitId,
        changes: &[DocumentChange],
    ) -> Result<Option<(CommitRequest, CommitId)>, PlanError> {
        let Some(message) = &self.process.commit().message else {
            return Ok(None);
        };
        if changes.is_empty() {
            return Ok(None);
        }
        let scheme = self.process.version().scheme();
        let values = Values::of_version(request.version.clone(), scheme);
        let message = message
            .render(&values, scheme)
            .map_err(|error| PlanError::Unknown {
                what: "the commit message".to_owned(),
                reason: error.to_string(),
            })?;
        let files = changes
            .iter()
            .map(|change| (change.path.clone(), Some(change.after.clone())));
        let commit = CommitRequest {
            branch: request.branch.clone(),
            parent: tip.clone(),
            files: files.collect(),
            message,
            author: self.hand.author.clone(),
            at: self.hand.at,
        };
        let id = repository.prepare(&commit).map_err(PlanError::Repository)?;
        Ok(Some((commit, id)))
    }

    /// The documents that a release changes: the changelog, the manifests, the lock files.
    fn documents(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        tip: &CommitId,
    ) -> Result<Vec<DocumentChange>, PlanError> {
        let versions = self.version_documents(repository, request, tip)?;
        if self.process.commit().message.is_none() {
            return Ok(Vec::new());
        }
        let mut changes = Vec::new();
        if let Some(policy) = self.process.changelog() {
            changes.push(self.changelog(repository, request, tip, policy)?);
            changes.extend(self.upgrade_notes(repository, request, tip, policy)?);
        }
        changes.extend(versions);
        changes.retain(|change| change.before != change.after);
        Ok(changes)
    }

    fn changelog(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        tip: &CommitId,
        policy: &ChangelogPolicy,
    ) -> Result<DocumentChange, PlanError> {
        let path = policy.file.as_str();
        let refuse = |reason: String| PlanError::Document {
            path: path.to_owned(),
            reason,
        };
        let before = read(repository, tip, path)?
            .ok_or_else(|| refuse("the process names it, and it is not there".to_owned()))?;
        let changelog =
            Changelog::from_bytes(&before).map_err(|error| refuse(error.to_string()))?;
        let mut cut = Cut::new(self.text(&request.version), self.hand.at.date_naive());
        if let Some(tag) = self.tag_name(Class::Release, &request.version)? {
            cut = cut.tag(tag);
        }
        let edits = changelog
            .cut(&cut, policy)
            .map_err(|error| refuse(error.to_string()))?;
        let after = edits
            .apply(changelog.text())
            .map_err(|error| refuse(error.to_string()))?;
        Ok(DocumentChange {
            path: path.to_owned(),
            before,
            after: after.into_bytes(),
        })
    }

    fn upgrade_notes(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        tip: &CommitId,
        policy: &ChangelogPolicy,
    ) -> Result<Option<DocumentChange>, PlanError> {
        let (Some(path), Some(notes)) = (&policy.upgrade_notes, &request.upgrade_notes) else {
            return Ok(None);
        };
        let refuse = |reason: String| PlanError::Document {
            path: path.clone(),
            reason,
        };
        let before = read(repository, tip, path)?
            .ok_or_else(|| refuse("the process names it, and it is not there".to_owned()))?;
        let text = std::str::from_utf8(&before).map_err(|error| refuse(error.to_string()))?;
        let edits = UpgradeNotes::parse(text)
            .add(&self.text(&request.version), notes)
            .map_err(|error| refuse(error.to_string()))?;
        let after = edits
            .apply(text)
            .map_err(|error| refuse(error.to_string()))?
            .into_bytes();
        Ok(Some(DocumentChange {
            path: path.clone(),
            before,
            after,
        }))
    }

    /// The edits of every file that names the version, if the release has a commit for them. No tag
    /// is planned while a place says another version: a lock file that was forgotten, an image name.
    fn version_documents(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        tip: &CommitId,
    ) -> Result<Vec<DocumentChange>, PlanError> {
        let (files, scheme) = (
            self.process.version_files(),
            self.process.version().scheme(),
        );
        if files.manifests().is_empty() && files.files().is_empty() {
            return Ok(Vec::new());
        }
        let mut tree = Documents::new();
        for path in repository.files(tip).map_err(PlanError::Repository)? {
            if files.may_read(&path)
                && let Some(bytes) = read(repository, tip, &path)?
            {
                tree.insert(path, bytes);
            }
        }
        let refuse = |path: &str, reason: String| PlanError::Document {
            path: path.to_owned(),
            reason,
        };
        let mut changes = Vec::new();
        if self.process.commit().message.is_some() {
            let edit = files
                .plan_version_edit(&tree, scheme, self.component, &request.version)
                .map_err(|error| refuse(error.file().unwrap_or("version"), error.to_string()))?;
            for file in edit.files() {
                let change = DocumentChange {
                    path: file.path().to_owned(),
                    before: file.before().to_vec(),
                    after: file.after(),
                };
                tree.insert(change.path.clone(), change.after.clone());
                changes.push(change);
            }
        }
        let found = match self.component {
            None => files.check_version(&tree, scheme, &request.version),
            Some(name) => {
                let expected = [(Some(name.to_owned()), request.version.clone())];
                files.check(&tree, scheme, &BTreeMap::from(expected))
            }
        };
        let found = found.map_err(|error| refuse(error.file(), error.to_string()))?;
        match found.first() {
            None => Ok(changes),
            Some(mismatch) => Err(refuse(&mismatch.file, mismatch.to_string())),
        }
    }
}

fn read(
    repository: &dyn Repository,
    commit: &CommitId,
    path: &str,
) -> Result<Option<Vec<u8>>, PlanError> {
    repository.file(commit, path).map_err(PlanError::Repository)
}
