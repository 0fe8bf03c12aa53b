//! Releases: the documents, the commit, the tag, the ledger, the channels.

use std::collections::BTreeSet;

use promenade_changelog::Changelog;
use promenade_digest::Digest;
use promenade_promotion::{
    Artifacts, Blocker, Command, CommitId, FinalCommit, ItemId, Line, MakeRelease, ObligationKind,
    Rank, Stage, VersionRecord,
};
use promenade_tag::{Class, Values};
use promenade_version::{Lane, Level, Version};

use super::documents::read;
use super::draft::recording;
use super::publish::About;
use super::{Build, Draft, PlanError, Planned, Planner};
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
    /// The level of the release that the main branch goes on to, where the process says what manifests
    /// name after a release.
    pub next: Level,
    /// The files of the build, which are attached to the release on the forge (C21.8).
    pub build: Option<Build>,
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
            next: Level::Minor,
            build: None,
        }
    }

    /// Attaches the files of the build to the release on the forge.
    #[must_use]
    pub fn with_assets(mut self, build: Build) -> Self {
        self.build = Some(build);
        self
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
            next: Level::Minor,
            build: None,
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

/// What a release is made of.
struct Release<'a> {
    /// What it goes on from.
    from: &'a CommitId,
    /// Its commit.
    commit: &'a CommitId,
    /// What that changes.
    changes: &'a [DocumentChange],
    artifacts: Artifacts,
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
        self.mends(repository, &request.version, &tip, &mut draft)?;
        if let Some(standing) = self.standing(&request.version) {
            let commit = standing.commit.clone();
            draft.because(format!("{text} was released from commit {commit}"));
            let set = standing.artifacts;
            let set = set.and_then(|set| self.state.sets.get(&set)?.artifacts.clone());
            if let Some((build, set)) = request.build.as_ref().zip(set) {
                // Files that came after the release.
                let assets = draft.assets(build, &set)?;
                let notes = self.notes_at(repository, &request.version, &commit)?;
                draft.forge(Class::Release, &request.version, notes, assets)?;
            }
            draft.channels(&request.version, &commit)?;
            return Ok(draft.finish());
        }
        let from = self.base(request, &tip);
        let changes = self.documents(repository, request, &from)?;
        let commit = self.commit(repository, request, &from, &changes)?;
        let Some(artifacts) = self.artifacts_for(request, &tip, &mut draft) else {
            return Ok(draft.finish());
        };
        let assets = match &request.build {
            Some(build) => draft.assets(build, &artifacts)?,
            None => Vec::new(),
        };
        let id = commit
            .as_ref()
            .map_or_else(|| from.clone(), |(_, id)| id.clone());
        let notes = self.notes(&request.version, &changes);
        let tag = self.tag_name(Class::Release, &request.version)?;
        let about = About {
            version: Some(&request.version),
            tag: tag.as_deref(),
            commit: Some(&id),
            environment: None,
        };
        draft.hooks(HookEvent::Release, HookTime::Before, about);
        let release = Release {
            from: &from,
            commit: &id,
            changes: &changes,
            artifacts,
        };
        self.record_release(repository, request, release, &mut draft)?;
        if let Some((request, id)) = &commit {
            draft.step(Step::Commit {
                id: id.clone(),
                request: Box::new(request.clone()),
                documents: changes,
            });
        }
        draft.tag(Class::Release, &request.version, &id, request.lane)?;
        self.go_on(repository, request, &tip, commit.as_ref(), &mut draft)?;
        draft.forge(Class::Release, &request.version, notes, assets)?;
        draft.channels(&request.version, &id)?;
        draft.hooks(HookEvent::Release, HookTime::After, about);
        Ok(draft.finish())
    }

    /// The commit that a release is made from: that of its candidate, where it must be the same and no
    /// document changes; else the tip of the branch, which may have gone on since.
    fn base(&self, request: &ReleaseRequest, tip: &CommitId) -> CommitId {
        let same = match self.process.promotion().release().final_commit {
            FinalCommit::SameCommit | FinalCommit::SameTag => true,
            FinalCommit::Paths(_) => false,
        };
        let candidate = request.candidate.as_ref();
        match candidate.and_then(|candidate| self.state.version(candidate)) {
            Some(record) if same && self.process.commit().message.is_none() => {
                record.commit.clone()
            }
            _ => tip.clone(),
        }
    }

    /// The notes of a version, from the changelog as the release leaves it.
    fn notes(&self, version: &Version, changes: &[DocumentChange]) -> Option<String> {
        let file = &self.process.changelog()?.file;
        let change = changes.iter().find(|change| change.path == *file)?;
        let changelog = Changelog::from_bytes(&change.after).ok()?;
        changelog.notes(&self.text(version)).ok()
    }

    /// The notes of a version, from the changelog of its commit.
    pub(super) fn notes_at(
        &self,
        repository: &dyn Repository,
        version: &Version,
        commit: &CommitId,
    ) -> Result<Option<String>, PlanError> {
        let Some(policy) = self.process.changelog() else {
            return Ok(None);
        };
        let bytes = read(repository, commit, &policy.file)?.unwrap_or_default();
        let changelog = Changelog::from_bytes(&bytes).ok();
        Ok(changelog.and_then(|changelog| changelog.notes(&self.text(version)).ok()))
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
                        "registering it: `candidate`",
                    ));
                    return None;
                }
            },
        };
        let artifacts = self.artifacts_of(commit);
        if artifacts.is_none() {
            let why = format!("commit {commit} has no recorded build");
            draft.hold(Blocker::new("build", Rank::Blocked, why, recording(commit)));
        }
        artifacts
    }

    fn record_release(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        made: Release<'_>,
        draft: &mut Draft<'_, '_>,
    ) -> Result<(), PlanError> {
        let Release {
            from,
            commit,
            changes,
            artifacts,
        } = made;
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
            .extend(self.paths_since_candidate(repository, request, from)?);
        let tip = self.tip(repository, &request.branch)?;
        let mut commands = self.met(repository, &request.version, &tip)?;
        commands.push(Command::Release(Box::new(release)));
        commands.extend(disclosure_owed(request, draft));
        draft.record(commands)?;
        self.picked_back(repository, request, &tip, draft)
    }

    /// Closes what a hotfix owes, if its changes were picked from the main branch.
    fn picked_back(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        tip: &CommitId,
        draft: &mut Draft<'_, '_>,
    ) -> Result<(), PlanError> {
        let main = &self.process.branches().main;
        let main = repository.find(&format!("refs/heads/{main}"));
        let Some(main) = main.map_err(PlanError::Repository)? else {
            return Ok(());
        };
        if request.lane != Lane::Hotfix || draft.is_held() {
            return Ok(());
        }
        let beyond = repository.commits(Some(&main), tip);
        if beyond.map_err(PlanError::Repository)?.is_empty() {
            return Ok(());
        }
        let Ok(evidence) = self.evidence(repository, &request.version, tip, &main)? else {
            return Ok(());
        };
        let owed = draft.state().open_obligations();
        let owed: Vec<_> = owed
            .filter(|(_, owed)| owed.kind == ObligationKind::MergeBack)
            .filter(|(_, owed)| owed.version == request.version)
            .map(|(id, _)| Command::CloseObligation {
                evidence: evidence.clone(),
                id: id.clone(),
                waived: false,
            })
            .collect();
        draft.record(owed)
    }

    /// The paths that changed since the candidate was cut, until the commit that the release goes on from.
    fn paths_since_candidate(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        from: &CommitId,
    ) -> Result<BTreeSet<String>, PlanError> {
        let candidate = request
            .candidate
            .as_ref()
            .and_then(|from| self.state.version(from));
        match candidate {
            Some(candidate) if candidate.commit != *from => {
                let changed = repository.changed(&candidate.commit, from);
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
            source: None,
            files: files.collect(),
            message,
            author: self.hand.author.clone(),
            at: self.hand.at,
        };
        let id = repository.prepare(&[], &commit);
        let id = id.map_err(PlanError::Repository)?;
        Ok(Some((commit, id)))
    }
}

/// What a release under an embargo owes: it must be disclosed one day (B31). It is as private as the release.
fn disclosure_owed(request: &ReleaseRequest, draft: &Draft<'_, '_>) -> Option<Command> {
    if request.lane != Lane::Embargoed || !draft.is_private() {
        return None;
    }
    let version = &request.version;
    let id = disclosure_id(version);
    let known = draft.state().obligations.contains_key(&id);
    (!known).then(|| Command::OpenObligation {
        id,
        kind: ObligationKind::Disclose,
        lines: vec![Line::of(version)],
        version: version.clone(),
        why: format!("release {version} is under an embargo, and must be disclosed: `disclose`"),
    })
}

/// The name of what a release under an embargo owes.
fn disclosure_id(version: &Version) -> ItemId {
    let named = ItemId::new(format!("disclose-{version}"));
    // A version may be longer than an id.
    named.unwrap_or_else(|error| {
        let digest = Digest::sha256(error.input().as_bytes()).encoded();
        ItemId::new(format!("disclose-{digest}")).expect("hexadecimal digits are of an id")
    })
}
