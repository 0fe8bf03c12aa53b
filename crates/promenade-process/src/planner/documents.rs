//! The documents of a release: the changelog, the notes on upgrading, every file that names the version.

use std::collections::BTreeMap;

use promenade_changelog::{Changelog, ChangelogPolicy, Cut, UpgradeNotes};
use promenade_manifest::VersionFiles;
use promenade_promotion::CommitId;
use promenade_tag::Class;
use promenade_version::Version;

use super::{Documents, PlanError, Planner, ReleaseRequest};
use crate::plan::DocumentChange;
use crate::port::repository::Repository;

impl Planner<'_> {
    /// The documents that a release changes: the changelog, the manifests, the lock files.
    pub(super) fn documents(
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
        let Some((files, mut tree)) = self.version_files(repository, tip)? else {
            return Ok(Vec::new());
        };
        let scheme = self.process.version().scheme();
        let refuse = |path: &str, reason: String| PlanError::Document {
            path: path.to_owned(),
            reason,
        };
        let mut changes = Vec::new();
        if self.process.commit().message.is_some() {
            changes = self.set_version(&files, &tree, &request.version)?;
            for change in &changes {
                tree.insert(change.path.clone(), change.after.clone());
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
            Some(mismatch) if self.process.commit().message.is_some() => {
                Err(refuse(&mismatch.file, mismatch.to_string()))
            }
            Some(mismatch) => {
                let reason = format!(
                    "{mismatch}; set it and commit it (`manifest set {}`), or have the release do it: \
                     `[commit]` with a `message` in the process",
                    self.text(&request.version)
                );
                Err(refuse(&mismatch.file, reason))
            }
        }
    }

    /// The files that name the version, and what is known of the tree that they stand in; nothing if the
    /// process names none, or none of those that may be absent is there.
    pub(super) fn version_files(
        &self,
        repository: &dyn Repository,
        commit: &CommitId,
    ) -> Result<Option<(VersionFiles, Documents)>, PlanError> {
        let files = self.process.version_files();
        if files.is_empty() {
            return Ok(None);
        }
        let mut tree = Documents::new();
        for path in repository.files(commit).map_err(PlanError::Repository)? {
            if files.may_read(&path)
                && let Some(bytes) = read(repository, commit, &path)?
            {
                tree.insert(path, bytes);
            }
        }
        let files = files.present(|path| tree.contains_key(path));
        Ok((!files.is_empty()).then_some((files, tree)))
    }

    /// The edits that give every file of a tree a version.
    pub(super) fn set_version(
        &self,
        files: &VersionFiles,
        tree: &Documents,
        version: &Version,
    ) -> Result<Vec<DocumentChange>, PlanError> {
        let scheme = self.process.version().scheme();
        let edit = files.plan_version_edit(tree, scheme, self.component, version);
        let edit = edit.map_err(|error| PlanError::Document {
            path: error.file().unwrap_or("version").to_owned(),
            reason: error.to_string(),
        })?;
        let changes = edit.files().iter().map(|file| DocumentChange {
            path: file.path().to_owned(),
            before: file.before().to_vec(),
            after: file.after(),
        });
        Ok(changes.collect())
    }
}

pub(super) fn read(
    repository: &dyn Repository,
    commit: &CommitId,
    path: &str,
) -> Result<Option<Vec<u8>>, PlanError> {
    repository.file(commit, path).map_err(PlanError::Repository)
}
