//! Taking back what nobody else can have seen.

use promenade_process::port::repository::{self as port, Applied, RepositoryError};

use super::{Standing, Work, error, own};

impl Work<'_> {
    pub(super) fn take_back(
        &self,
        change: port::Change<'_>,
    ) -> Result<Applied<()>, RepositoryError> {
        match change {
            port::Change::Push(request) => self.was_not_pushed(request),
            port::Change::Tag(request) => self.untag(request),
            port::Change::Commit { id, request } => {
                let name = format!("refs/heads/{}", request.branch);
                let (made, before) = (own(id), own(&request.parent));
                let (made, before) = (made.map_err(error)?, before.map_err(error)?);
                match self.repository.reference(&name).map_err(error)? {
                    Some(tip) if tip == made => {
                        let taken = self.repository.uncommit(&request.branch, &made);
                        taken.map(Applied::Now).map_err(error)
                    }
                    Some(tip) if tip != before && self.reaches(&tip, &made)? => {
                        Err(RepositoryError::Conflict {
                            what: format!("`{name}`"),
                            expected: made.to_string(),
                            found: format!("{tip}, which goes on from it"),
                        })
                    }
                    _ => Ok(Applied::Already(())),
                }
            }
            port::Change::Branch { name, at } => {
                let full = format!("refs/heads/{name}");
                let at = own(at).map_err(error)?;
                match self.repository.reference(&full).map_err(error)? {
                    None => Ok(Applied::Already(())),
                    Some(tip) if tip == at => {
                        if self.repository.branch().map_err(error)?.as_deref() == Some(name) {
                            return Err(RepositoryError::Refused {
                                reason: format!("branch `{name}` is checked out"),
                            });
                        }
                        let taken = self.repository.drop_ref(&full, &at);
                        taken.map(Applied::Now).map_err(error)
                    }
                    Some(tip) => Err(RepositoryError::Conflict {
                        what: format!("`{full}`"),
                        expected: at.to_string(),
                        found: tip.to_string(),
                    }),
                }
            }
        }
    }

    fn untag(&self, request: &port::TagRequest) -> Result<Applied<()>, RepositoryError> {
        let name = format!("refs/tags/{}", request.name);
        match self.standing_tag(request)? {
            Standing::Free => Ok(Applied::Already(())),
            Standing::Other(found) => Err(RepositoryError::Conflict {
                what: format!("tag `{}`", request.name),
                expected: format!("a tag of {}", request.target),
                found,
            }),
            Standing::Same => {
                let Some(at) = self.repository.reference(&name).map_err(error)? else {
                    return Ok(Applied::Already(()));
                };
                let taken = self.repository.drop_ref(&name, &at);
                taken.map(Applied::Now).map_err(error)
            }
        }
    }

    /// Nothing is taken back from a remote: only whether it has any of it is asked.
    fn was_not_pushed(&self, request: &port::PushRequest) -> Result<Applied<()>, RepositoryError> {
        let names: Vec<_> = request.refs.iter().map(|one| one.name.as_str()).collect();
        let there = self.repository.remote_refs(&request.remote, &names);
        let there = there.map_err(error)?;
        for one in &request.refs {
            let found = there.get(&one.name);
            if found.map(|id| id.as_str()) != one.from.as_deref()
                && self.is_published(one, found)?
            {
                return Err(RepositoryError::Refused {
                    reason: format!(
                        "`{}` was published at `{}`, and stays",
                        one.name, request.remote
                    ),
                });
            }
        }
        Ok(Applied::Already(()))
    }
}
