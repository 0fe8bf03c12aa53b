//! What stands in the way of a change of a repository, before it is made.

use promenade_process::port::repository::{self as port, Obstacle};
use promenade_process::port::signature::GIT_NAMESPACE;
use promenade_promotion::CommitId as Id;

use super::{Standing, Work, error, own};
use crate::{CommitId, GitError};

/// What a key signs to show that it can.
const TRIAL: &[u8] = b"promenade: a trial signature, before anything is changed\n";

impl Work<'_> {
    pub(super) fn look(
        &self,
        change: port::Change<'_>,
    ) -> Result<Vec<Obstacle>, port::RepositoryError> {
        match change {
            port::Change::Branch { name, at } => self.look_at_branch(name, at),
            port::Change::Commit { id, request } => self.look_at_commit(id, request),
            port::Change::Tag(request) => self.look_at_tag(request),
            port::Change::Push(request) => self.look_at_push(request),
        }
    }

    fn look_at_branch(&self, name: &str, at: &Id) -> Result<Vec<Obstacle>, port::RepositoryError> {
        let tip = self.repository.reference(&format!("refs/heads/{name}"));
        let at = own(at).map_err(error)?;
        match tip.map_err(error)? {
            Some(tip) if tip != at && !self.reaches(&tip, &at)? => {
                let why = format!("branch `{name}` exists, at {tip}; expected a new one from {at}");
                Ok(vec![Obstacle::conflict("branch", why)])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn look_at_commit(
        &self,
        id: &Id,
        request: &port::CommitRequest,
    ) -> Result<Vec<Obstacle>, port::RepositoryError> {
        let (branch, parent) = (&request.branch, own(&request.parent).map_err(error)?);
        if let Some(looked) = self.look_at_tip(id, branch, &parent)? {
            return Ok(looked);
        }
        let here = self.repository.branch().map_err(error)?;
        if here.as_ref() != Some(branch) {
            return Ok(Vec::new());
        }
        let status = match self.repository.status() {
            Ok(status) => status,
            Err(GitError::Bare { .. }) => return Ok(Vec::new()),
            Err(other) => return Err(error(other)),
        };
        let all = status.changed.into_iter().chain(status.untracked);
        let paths: Vec<_> = all
            .filter(|path| request.files.contains_key(path))
            .collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        // They may be those of somebody who is moving the branch just now: files follow their branch.
        if let Some(looked) = self.look_at_tip(id, branch, &parent)? {
            return Ok(looked);
        }
        let why = format!(
            "the work tree has changes of its own in {}",
            paths.join(", ")
        );
        let by = "committing or stashing them";
        Ok(vec![Obstacle::held("work-tree", why, by)])
    }

    /// What stands in the way at a branch that is not at the parent of a planned commit, or nothing if the
    /// commit is there already; none if it is at the parent.
    fn look_at_tip(
        &self,
        planned: &Id,
        branch: &str,
        parent: &CommitId,
    ) -> Result<Option<Vec<Obstacle>>, port::RepositoryError> {
        let tip = self.repository.reference(&format!("refs/heads/{branch}"));
        let planned = own(planned).map_err(error)?;
        match tip.map_err(error)? {
            Some(tip) if tip == *parent => Ok(None),
            Some(tip) if tip == planned || self.reaches(&tip, &planned)? => Ok(Some(Vec::new())),
            found => {
                let found = found.map_or_else(|| "nothing".to_owned(), |tip| tip.to_string());
                let why =
                    format!("branch `{branch}` is at {found}; the plan goes on from {parent}");
                Ok(Some(vec![Obstacle::conflict("branch", why)]))
            }
        }
    }

    fn look_at_tag(
        &self,
        request: &port::TagRequest,
    ) -> Result<Vec<Obstacle>, port::RepositoryError> {
        match self.standing_tag(request)? {
            Standing::Same => return Ok(Vec::new()),
            Standing::Other(found) => {
                let why = format!("tag `{}` is taken, by {found}", request.name);
                return Ok(vec![Obstacle::conflict("tag", why)]);
            }
            Standing::Free => {}
        }
        if !request.signed {
            return Ok(Vec::new());
        }
        let why = match self.signer.map(|signer| signer.sign(GIT_NAMESPACE, TRIAL)) {
            Some(Ok(_)) => return Ok(Vec::new()),
            Some(Err(error)) => error.to_string(),
            None => "there is no signing key".to_owned(),
        };
        let why = format!("tag `{}` is to be signed: {why}", request.name);
        let by = "a key in git's `user.signingkey` that signs without a terminal";
        Ok(vec![Obstacle::held("signature", why, by)])
    }

    fn look_at_push(
        &self,
        request: &port::PushRequest,
    ) -> Result<Vec<Obstacle>, port::RepositoryError> {
        let remote = &request.remote;
        let names: Vec<_> = request.refs.iter().map(|one| one.name.as_str()).collect();
        let there = match self.repository.remote_refs(remote, &names) {
            Ok(there) => there,
            Err(cause) => {
                let by = format!("reaching `{remote}`, or planning with `--no-push`");
                return Ok(vec![Obstacle::world("remote", cause.to_string(), by)]);
            }
        };
        let mut obstacles = Vec::new();
        for one in &request.refs {
            let found = there.get(&one.name);
            let seen = one.from.as_deref();
            if found.map(|id| id.as_str()) != seen {
                if !self.is_published(one, found)? {
                    let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
                    let seen = seen.unwrap_or("nothing");
                    let why = format!(
                        "`{}` moved at `{remote}`: expected {seen}, found {found}",
                        one.name
                    );
                    obstacles.push(Obstacle::conflict("upstream", why));
                }
            } else if let Some(found) = found
                && !self.is_behind(one, found)?
            {
                let why = format!(
                    "`{}` is at {found} at `{remote}`, which is not here",
                    one.name
                );
                let by = if one.name.starts_with("refs/promenade/") {
                    "`ledger pull --execute`"
                } else {
                    "`git pull`"
                };
                obstacles.push(Obstacle::held("upstream", why, by));
            }
        }
        Ok(obstacles)
    }
}
