//! Rollback and deprecation: states, never deletions.

use std::collections::BTreeMap;

use promenade_changelog::{Changelog, Deprecation};
use promenade_manifest::definitions::{Definitions, Pin, Severity, pin_changes};
use promenade_promotion::{Blocker, Command, CommitId, EnvironmentName, Rank, Stage, Subject};
use promenade_tag::{ChannelEvent, Remedy};
use promenade_version::Version;

use super::publish::About;
use super::{Documents, Draft, PlanError, Planned, Planner};
use crate::hook::{HookEvent, HookTime};
use crate::plan::{DocumentChange, Step};
use crate::port::repository::{CommitRequest, Repository};

/// A release to advise against.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Withdrawal {
    /// The release.
    pub version: Version,
    /// Why.
    pub reason: String,
    /// What to use instead.
    pub replacement: Option<Version>,
    /// What is done about channels that point at it.
    pub remedy: Remedy,
    /// Whether the changelog marks it as yanked, besides the banner.
    pub yanked: bool,
}

impl Withdrawal {
    /// Advises against a release; channels go back to the best one that is left.
    #[must_use]
    pub fn new(version: Version, reason: impl Into<String>) -> Self {
        Self {
            version,
            reason: reason.into(),
            replacement: None,
            remedy: Remedy::Repoint,
            yanked: false,
        }
    }

    /// Says what to use instead.
    #[must_use]
    pub fn instead(mut self, version: Version) -> Self {
        self.replacement = Some(version);
        self
    }

    /// Leaves channels where they are until a new release mends it.
    #[must_use]
    pub fn rolling_forward(mut self) -> Self {
        self.remedy = Remedy::RollForward;
        self
    }

    /// Has the changelog mark it as yanked.
    #[must_use]
    pub fn yanked(mut self) -> Self {
        self.yanked = true;
        self
    }
}

impl Planner<'_> {
    /// Plans the deprecation of a release on every surface: the ledger, the channels that point at it
    /// (they go back to the best release that is left, or wait for the next), the changelog on the main
    /// branch, the release on the forge (C28 to C32). Nothing is deleted.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if there is no such release, [`PlanError::Document`] if the changelog
    /// cannot be edited.
    pub fn deprecate(
        &self,
        repository: &dyn Repository,
        wish: &Withdrawal,
    ) -> Result<Planned, PlanError> {
        let (version, reason) = (&wish.version, &wish.reason);
        let text = self.text(version);
        let mut draft = Draft::new(self, &format!("deprecate {text}"));
        let published = self
            .state
            .version(version)
            .filter(|record| record.stage.is_release())
            .and_then(|record| draft.published(version, &record.commit))
            .ok_or_else(|| PlanError::Unknown {
                what: format!("version {text}"),
                reason: "it was not released".to_owned(),
            })?;
        let tag = published.tag.clone();
        let about = About {
            version: Some(version),
            tag: Some(&tag),
            ..About::default()
        };
        let record = self.state.version(version);
        if let Some(record) = record.filter(|record| record.stage == Stage::Deprecated) {
            let why = record.reason.as_deref().unwrap_or("no reason is recorded");
            draft.because(format!("{text} was deprecated already: {why}"));
        }
        draft.hooks(HookEvent::Deprecation, HookTime::Before, about);
        draft.record([Command::Deprecate {
            reason: reason.clone(),
            replacement: wish.replacement.clone(),
            version: version.clone(),
        }])?;
        let event = ChannelEvent::Withdraw {
            tag: published.tag,
            remedy: wish.remedy,
            reason: reason.clone(),
        };
        let plan = draft.plan_channels(&event)?;
        draft.move_channels(&plan, Some(reason), None)?;
        self.banner(repository, wish, &mut draft)?;
        draft.banner(&tag, reason, wish.replacement.as_ref())?;
        draft.latest_instead_of(version)?;
        draft.hooks(HookEvent::Deprecation, HookTime::After, about);
        Ok(draft.finish())
    }

    /// Adds the commit that puts the banner into the changelog of the main branch.
    fn banner(
        &self,
        repository: &dyn Repository,
        wish: &Withdrawal,
        draft: &mut Draft<'_, '_>,
    ) -> Result<(), PlanError> {
        let Some(policy) = self.process.changelog() else {
            return Ok(());
        };
        let (path, text) = (policy.file.as_str(), self.text(&wish.version));
        let main = &self.process.branches().main;
        let tip = self.tip(repository, main)?;
        let before = repository.file(&tip, path).map_err(PlanError::Repository)?;
        let Some(before) = before else {
            draft.because(format!("{main} has no {path} to put a banner into"));
            return Ok(());
        };
        let refuse = |reason: String| PlanError::Document {
            path: path.to_owned(),
            reason,
        };
        let read = |bytes| Changelog::from_bytes(bytes);
        let changelog = read(&before).map_err(|error| refuse(error.to_string()))?;
        if !changelog
            .releases()
            .any(|section| section.version() == Some(text.as_str()))
        {
            draft.because(format!("{path} of {main} has no section of {text}"));
            return Ok(());
        }
        let mut deprecation = Deprecation::new(&wish.reason);
        if let Some(version) = &wish.replacement {
            deprecation = deprecation.replacement(self.text(version));
        }
        let edits = changelog.deprecate(&text, &deprecation);
        let edits = edits.map_err(|error| refuse(error.to_string()))?;
        let mut after = edits.apply(changelog.text());
        if wish.yanked
            && let Ok(banner) = &after
        {
            let changelog = read(banner.as_bytes()).map_err(|error| refuse(error.to_string()))?;
            let edits = changelog.yank(&text);
            let edits = edits.map_err(|error| refuse(error.to_string()))?;
            after = edits.apply(banner);
        }
        let after = after.map_err(|error| refuse(error.to_string()))?;
        let change = DocumentChange {
            path: path.to_owned(),
            after: after.into_bytes(),
            before,
        };
        let message = format!("docs: deprecate {text}");
        draft.document_commit(repository, (main, &tip), message, vec![change])
    }

    /// Plans the way back of an environment to what it ran before, verified; the environment is held
    /// then (INV-14, INV-16). Where the process has environment definitions, those of the main branch go
    /// back to what the target says, by edits of one line each (D10, D15).
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if nothing that it ran before may be gone back to, [`PlanError::Document`] if
    /// a definition cannot be read or edited.
    pub fn rollback(
        &self,
        repository: &dyn Repository,
        environment: &EnvironmentName,
        to: Option<&Version>,
        reason: &str,
    ) -> Result<Planned, PlanError> {
        let to = match to {
            Some(version) => Subject::Version(version.clone()),
            None => self.before(environment).ok_or_else(|| PlanError::Unknown {
                what: format!("environment `{environment}`"),
                reason: "it has run nothing else, verified, that may be gone back to".to_owned(),
            })?,
        };
        let title = format!("roll {environment} back to {}", self.name(&to));
        let mut draft = Draft::new(self, &title);
        let target = to.clone();
        let about = About {
            version: target.version(),
            environment: Some(environment),
            ..About::default()
        };
        draft.hooks(HookEvent::Rollback, HookTime::Before, about);
        draft.record([Command::Rollback {
            automated: false,
            environment: environment.clone(),
            reason: reason.to_owned(),
            to,
        }])?;
        if !draft.is_held() {
            self.definitions_back(repository, environment, &target, &mut draft)?;
        }
        draft.hooks(HookEvent::Rollback, HookTime::After, about);
        Ok(draft.finish())
    }

    /// Adds the commit that sets the definitions of the main branch to what the target says.
    fn definitions_back(
        &self,
        repository: &dyn Repository,
        environment: &EnvironmentName,
        target: &Subject,
        draft: &mut Draft<'_, '_>,
    ) -> Result<(), PlanError> {
        let Some(policy) = self.process.definitions() else {
            return Ok(());
        };
        let main = &self.process.branches().main;
        let tip = self.tip(repository, main)?;
        let known = match target {
            Subject::Commit(commit) => Some(commit.clone()),
            Subject::Version(version) => {
                let record = self.state.version(version);
                record.map(|record| record.commit.clone())
            }
        };
        let Some(known) = known else {
            return Ok(());
        };
        let ending = format!(".{}", policy.extension().trim_start_matches('.'));
        let documents = |at: &CommitId| {
            let mut documents = Documents::new();
            for path in repository.files(at).map_err(PlanError::Repository)? {
                if !path.ends_with(&ending) {
                    continue;
                }
                let bytes = repository.file(at, &path);
                if let Some(bytes) = bytes.map_err(PlanError::Repository)? {
                    documents.insert(path, bytes);
                }
            }
            Ok::<_, PlanError>(documents)
        };
        let refuse = |reason: String| PlanError::Document {
            path: "the definitions".to_owned(),
            reason,
        };
        let read = |documents: &Documents| {
            Definitions::read(documents, policy).map_err(|error| refuse(error.to_string()))
        };
        let before = documents(&tip)?;
        let (now, good) = (read(&before)?, read(&documents(&known)?)?);
        let (mut after, mut names) = (before.clone(), Vec::new());
        for change in pin_changes(&now, &good) {
            let (Some(_), Some(pin)) = (&change.from, &change.to) else {
                draft.because(format!("{} stays: only one side defines it", change.name));
                continue;
            };
            let pin = pin.replace("branch=", "branch:").replace("release=", "");
            let parsed: Pin = pin.parse().map_err(|error| refuse(format!("{error}")))?;
            let edit = read(&after)?.set(&change.name, &parsed);
            let edit = edit.map_err(|error| refuse(error.to_string()))?;
            after.insert(edit.path().to_owned(), edit.after());
            names.push(format!("{} to {pin}", change.name));
        }
        let place = Some(environment.as_str());
        let known: Vec<_> = now.lint(place).iter().map(ToString::to_string).collect();
        for finding in read(&after)?.lint(place) {
            let text = finding.to_string();
            if finding.severity > Severity::Note && !known.contains(&text) {
                let by = "another target, or an edit of the definition";
                draft.hold(Blocker::new("definitions", Rank::NeedsPerson, text, by));
            }
        }
        let changes: Vec<_> = after
            .into_iter()
            .filter_map(|(path, after)| {
                let before = before.get(&path)?.clone();
                (before != after).then_some(DocumentChange {
                    path,
                    before,
                    after,
                })
            })
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        let message = format!("Roll back {}", names.join(", "));
        draft.document_commit(repository, (main, &tip), message, changes)
    }

    /// The newest version that an environment ran, verified, other than what it runs now.
    fn before(&self, environment: &EnvironmentName) -> Option<Subject> {
        let slot = self.state.slot(environment)?;
        let current = slot.current.as_ref().map(|occupant| &occupant.subject);
        let standing = |subject: &&Subject| {
            subject
                .version()
                .and_then(|version| self.state.version(version))
                .is_none_or(|record| {
                    matches!(
                        record.stage,
                        Stage::Released | Stage::Candidate | Stage::Selected
                    )
                })
        };
        slot.verified
            .iter()
            .rev()
            .filter(|subject| Some(*subject) != current)
            .find(standing)
            .cloned()
    }
}

impl Draft<'_, '_> {
    /// Adds a commit of documents on a branch.
    fn document_commit(
        &mut self,
        repository: &dyn Repository,
        (branch, tip): (&str, &CommitId),
        message: String,
        documents: Vec<DocumentChange>,
    ) -> Result<(), PlanError> {
        let documents: Vec<_> = documents
            .into_iter()
            .filter(|change| change.before != change.after)
            .collect();
        if documents.is_empty() {
            return Ok(());
        }
        let files = documents
            .iter()
            .map(|change| (change.path.clone(), Some(change.after.clone())));
        let files: BTreeMap<_, _> = files.collect();
        let hand = self.planner().hand;
        let request = CommitRequest {
            branch: branch.to_owned(),
            parent: tip.clone(),
            source: None,
            files,
            message,
            author: hand.author.clone(),
            at: hand.at,
        };
        let id = repository.prepare(&[], &request);
        self.step(Step::Commit {
            id: id.map_err(PlanError::Repository)?,
            request: Box::new(request),
            documents,
        });
        Ok(())
    }
}
