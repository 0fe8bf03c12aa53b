//! Publishing refs: all or none, and only those that were planned.

use promenade_process::port::repository as port;

use super::{Work, error, own};
use crate::remote::Lease;
use crate::{CommitId, GitError};

impl Work<'_> {
    pub(super) fn push(
        &self,
        request: &port::PushRequest,
    ) -> Result<port::Applied<()>, port::RepositoryError> {
        let names: Vec<_> = request.refs.iter().map(|one| one.name.as_str()).collect();
        let there = self.repository.remote_refs(&request.remote, &names);
        let there = there.map_err(error)?;
        let mut leases = Vec::new();
        for one in &request.refs {
            let found = there.get(&one.name);
            if !self.is_published(one, found)? {
                leases.push(self.lease(one, found)?);
            }
        }
        if leases.is_empty() {
            return Ok(port::Applied::Already(()));
        }
        let pushed = self.repository.push_all(&request.remote, &leases);
        pushed.map(port::Applied::Now).map_err(error)
    }

    /// Where a ref goes from here.
    fn aim(&self, one: &port::PushRef) -> Result<Option<CommitId>, port::RepositoryError> {
        match &one.to {
            Some(to) => own(to).map(Some).map_err(error),
            None => self.repository.reference(&one.name).map_err(error),
        }
    }

    /// Tells whether a remote has what a ref is to lead to, or went on from it.
    pub(super) fn is_published(
        &self,
        one: &port::PushRef,
        found: Option<&CommitId>,
    ) -> Result<bool, port::RepositoryError> {
        let (Some(found), Some(new)) = (found, self.aim(one)?) else {
            return Ok(false);
        };
        Ok(*found == new || (!is_tag(one) && self.reaches(found, &new)?))
    }

    /// Tells whether what a remote has is here as well, so that a push loses nothing of it.
    pub(super) fn is_behind(
        &self,
        one: &port::PushRef,
        found: &CommitId,
    ) -> Result<bool, port::RepositoryError> {
        if is_tag(one) {
            // A name that is taken; whether by the same tag was asked before.
            return Ok(self.aim(one)?.as_ref() == Some(found));
        }
        // The commit may not be made yet: what it goes on from is the branch as it is.
        let here = self.repository.reference(&one.name).map_err(error)?;
        match here {
            Some(here) => Ok(here == *found || self.reaches(&here, found)?),
            None => Ok(false),
        }
    }

    fn lease(
        &self,
        one: &port::PushRef,
        found: Option<&CommitId>,
    ) -> Result<Lease, port::RepositoryError> {
        let new = self.aim(one)?.ok_or_else(|| {
            error(GitError::UnknownRevision {
                revision: one.name.clone(),
            })
        })?;
        // A branch of theirs that ours goes on from loses nothing; anything else is not ours to move.
        let forward = match found {
            None => one.from.is_none() || one.name.starts_with("refs/promenade/"),
            Some(found) => !is_tag(one) && self.reaches(&new, found)?,
        };
        if !forward {
            return Err(port::RepositoryError::Conflict {
                what: format!("`{}` at the remote", one.name),
                expected: one.from.clone().unwrap_or_else(|| "nothing".to_owned()),
                found: found.map_or_else(|| "nothing".to_owned(), ToString::to_string),
            });
        }
        Ok(Lease {
            name: one.name.clone(),
            expected: found.cloned(),
            new,
        })
    }
}

fn is_tag(one: &port::PushRef) -> bool {
    one.name.starts_with("refs/tags/")
}
