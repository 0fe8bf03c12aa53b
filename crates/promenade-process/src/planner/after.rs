//! After a release: the branch goes on to the next version (A17, B20, B22).

use promenade_changelog::Changelog;
use promenade_promotion::CommitId;
use promenade_tag::{MessageTemplate, Values};
use promenade_version::{AfterRelease, Branch, Next};

use super::documents::read;
use super::{Draft, PlanError, Planner, ReleaseRequest};
use crate::plan::{DocumentChange, Step};
use crate::port::repository::{CommitRequest, Repository};

impl Planner<'_> {
    /// Adds the commit after a release: manifests name the next version, and the changelog has a place for
    /// what comes. `made` is the commit of the release, if it has one that is not made yet.
    pub(super) fn go_on(
        &self,
        repository: &dyn Repository,
        request: &ReleaseRequest,
        tip: &CommitId,
        made: Option<&(CommitRequest, CommitId)>,
        draft: &mut Draft<'_, '_>,
    ) -> Result<(), PlanError> {
        let Some(next) = self.version_after(request)? else {
            return Ok(());
        };
        let released = made.map_or(&[][..], |(commit, _)| std::slice::from_ref(commit));
        let changes = self.documents_after(repository, &next, tip, released)?;
        if changes.is_empty() {
            return Ok(());
        }
        draft.because(format!("after it, {}", next.why()));
        let files = changes
            .iter()
            .map(|change| (change.path.clone(), Some(change.after.clone())));
        let commit = CommitRequest {
            branch: request.branch.clone(),
            parent: made.map_or(tip, |(_, id)| id).clone(),
            source: None,
            files: files.collect(),
            message: self.message_after(&next)?,
            author: self.hand.author.clone(),
            at: self.hand.at,
        };
        let id = repository.prepare(released, &commit);
        draft.step(Step::Commit {
            id: id.map_err(PlanError::Repository)?,
            request: Box::new(commit),
            documents: changes,
        });
        Ok(())
    }

    /// The version that manifests name next: a patch on the branch of a line, else what was asked for.
    fn version_after(&self, request: &ReleaseRequest) -> Result<Option<Next>, PlanError> {
        let policy = self.process.version();
        if *policy.after_release() == AfterRelease::None {
            return Ok(None);
        }
        let branch = if request.branch == self.process.branches().main {
            Branch::Main(request.next)
        } else {
            Branch::Patch
        };
        policy
            .after(&request.version, branch)
            .map_err(PlanError::Version)
    }

    fn message_after(&self, next: &Next) -> Result<String, PlanError> {
        let Some(template) = &self.process.commit().after_release else {
            return Ok(format!("chore: begin {}", next.text()));
        };
        let scheme = self.process.version().scheme();
        let values = Values::of_version(next.version().clone(), scheme);
        let message = MessageTemplate::render(template, &values, scheme);
        message.map_err(|error| PlanError::Unknown {
            what: "the message of the commit after the release".to_owned(),
            reason: error.to_string(),
        })
    }

    /// The documents as the release leaves them, and as work goes on with them.
    fn documents_after(
        &self,
        repository: &dyn Repository,
        next: &Next,
        tip: &CommitId,
        released: &[CommitRequest],
    ) -> Result<Vec<DocumentChange>, PlanError> {
        let written = released.iter().flat_map(|commit| &commit.files);
        let mut changes = Vec::new();
        if let Some((files, mut tree)) = self.version_files(repository, tip)? {
            for (path, bytes) in written.clone() {
                if let (Some(place), Some(bytes)) = (tree.get_mut(path), bytes) {
                    place.clone_from(bytes);
                }
            }
            changes = self.set_version(&files, &tree, next.version())?;
        }
        let Some(policy) = self.process.changelog() else {
            return Ok(changes);
        };
        let mut written = written.filter(|(path, _)| **path == policy.file);
        let before = match written.next().and_then(|(_, bytes)| bytes.clone()) {
            Some(bytes) => Some(bytes),
            None => read(repository, tip, &policy.file)?,
        };
        let Some(before) = before else {
            return Ok(changes);
        };
        let refuse = |reason: String| PlanError::Document {
            path: policy.file.clone(),
            reason,
        };
        let changelog =
            Changelog::from_bytes(&before).map_err(|error| refuse(error.to_string()))?;
        let opened = changelog.open(policy);
        let opened = opened.map_err(|error| refuse(error.to_string()))?;
        if !opened.is_empty() {
            let after = opened.apply(changelog.text());
            let after = after.map_err(|error| refuse(error.to_string()))?;
            changes.push(DocumentChange {
                path: policy.file.clone(),
                before: before.clone(),
                after: after.into_bytes(),
            });
        }
        Ok(changes)
    }
}
