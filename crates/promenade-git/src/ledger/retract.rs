//! Taking records back that nobody else has.

use gix::ObjectId;
use promenade_process::port::ledger::Retract;
use promenade_process::port::repository::Applied;
use promenade_promotion::ledger::{Head, StoreError, StreamId};

use super::GitLedger;
use super::share::ShareError;
use crate::packing::again;
use crate::{CommitId, GitError};

impl GitLedger {
    /// Takes the ref back from `from` to `to`; whether it was.
    fn take_back(&self, stream: &StreamId, from: &Head, to: &Head) -> Result<bool, ShareError> {
        let guard = self.guard(stream)?;
        let ref_path = self.ref_path(stream);
        let lock = guard.lock_ref(&ref_path)?;
        let repository = self.repository.local();
        let chain = self.chain(&repository, stream);
        let tip = self.tip(&repository, stream)?;
        let head = chain.head(tip)?;
        if head == *to || head.seq < from.seq {
            return Ok(false);
        }
        let stays = |problem: String| {
            ShareError::Store(StoreError::Unusable {
                problem,
                remedy: "reject or deprecate what they record".to_owned(),
            })
        };
        let (true, Some(tip)) = (head == *from, tip) else {
            return Err(stays(format!(
                "records follow {from}; the ledger is at {head}"
            )));
        };
        let before = ancestor(&repository, tip, from.seq - to.seq)?;
        if chain.head(before)? != *to {
            return Err(stays(format!("{to} is no head before {from}")));
        }
        // Other writers of Promenade stay out by the guard.
        drop(lock);
        match before {
            Some(before) => guard.set(&ref_path, &before.to_string())?,
            None => self
                .repository
                .drop_ref(&Self::ref_name(stream), &CommitId::of(tip))?,
        }
        Ok(true)
    }
}

/// The commit some records before another one; nothing before the first.
fn ancestor(
    repository: &gix::Repository,
    tip: ObjectId,
    count: u64,
) -> Result<Option<ObjectId>, GitError> {
    let mut at = Some(tip);
    for _ in 0..count {
        let Some(id) = at else { break };
        let commit =
            again(|| repository.find_commit(id)).map_err(|error| GitError::object(id, error))?;
        at = commit.parent_ids().next().map(gix::Id::detach);
    }
    Ok(at)
}

impl Retract for GitLedger {
    fn retract(
        &self,
        stream: &StreamId,
        from: &Head,
        to: &Head,
    ) -> Result<Applied<()>, StoreError> {
        Ok(match self.take_back(stream, from, to)? {
            true => Applied::Now(()),
            false => Applied::Already(()),
        })
    }
}
