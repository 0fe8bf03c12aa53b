//! Sharing a ledger through a remote: push, pull, and append where the server decides.
//!
//! The remote's ref moves by `git push --force-with-lease`, which is its compare-and-swap; nothing of
//! ours runs there. What the remote was last seen at is kept in `refs/promenade-remote/…`: it is the
//! lease, and tells a remote that was rewound from one that moved on.

use gix::ObjectId;
use promenade_digest::Digest;
use promenade_promotion::ledger::{Head, StoreError, StreamId};

use super::chain::Chain;
use super::{GitLedger, error};
use crate::durable::apply;
use crate::lock::{Guard, ReplaceError};
use crate::remote::{Lease, PushOutcome};
use crate::{CommitId, DiskOp, GitError};

/// What a pull found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pulled {
    /// The head before.
    pub from: Head,
    /// The head now.
    pub to: Head,
    /// The head of the remote, which lies behind `to` if records are not pushed yet.
    pub remote: Head,
}

/// What a push did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// The head of the remote as it was last seen.
    pub from: Head,
    /// Its head now.
    pub to: Head,
}

/// Where two ledgers part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the ledger diverged after record {}: here it goes on to {here}, at the remote to {there}; \
     nothing was merged; take theirs with `ledger pull --take-theirs`, which keeps ours aside, and \
     decide again", .common.seq
)]
pub struct Divergence {
    /// The last record that both have.
    pub common: Head,
    /// Our head.
    pub here: Head,
    /// The head of the remote.
    pub there: Head,
}

/// A ledger cannot be shared as asked; nothing was merged, and nothing was lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// Both sides have records that the other has not.
    #[error(transparent)]
    Diverged(Box<Divergence>),
    /// The remote lost records that it had.
    #[error(
        "the remote was rewound: it had {known} and is now at {found}; somebody forced the ref; \
         restore it with `ledger push` from a clone that is whole"
    )]
    Rewound {
        /// Where it was seen.
        known: Box<Head>,
        /// Where it is.
        found: Box<Head>,
    },
    /// A record that is known from elsewhere is not in the ledger.
    #[error(
        "the ledger does not hold the pinned record {pinned}; it is at {found}: do not trust it"
    )]
    Pinned {
        /// The record that must be there.
        pinned: Box<Head>,
        /// The record of that number, or the head if there is none.
        found: Box<Head>,
    },
    /// The remote has no ledger of that name.
    #[error("`{remote}` holds no ledger `{stream}`; publish this one with `ledger push`")]
    NothingThere {
        /// The remote.
        remote: String,
        /// The stream.
        stream: String,
    },
    /// The remote moved while it was pushed to.
    #[error("the ledger moved at the remote, which is at {there} now; pull, and decide again")]
    Moved {
        /// The head of the remote.
        there: Head,
    },
    /// A record cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl GitLedger {
    /// Checks the whole chain, and that it holds a record that is known from elsewhere.
    ///
    /// # Errors
    /// [`ShareError::Store`] naming the record that is broken, [`ShareError::Pinned`] if the pinned
    /// one is not there.
    pub fn verify(&self, stream: &StreamId, pinned: Option<&Head>) -> Result<Head, ShareError> {
        let repository = self.repository.local();
        let chain = self.chain(&repository, stream);
        match self.tip(&repository, stream)? {
            Some(tip) => verify_pinned(&chain, tip, 1, pinned),
            None => match pinned {
                Some(pinned) if pinned.seq > 0 => Err(ShareError::Pinned {
                    pinned: Box::new(*pinned),
                    found: Box::new(Head::EMPTY),
                }),
                _ => Ok(Head::EMPTY),
            },
        }
    }

    /// Fetches the ledger of a remote and goes on to its head, if ours is an earlier state of it.
    /// Every record that is new is checked before.
    ///
    /// # Errors
    /// [`ShareError::Diverged`], [`ShareError::Rewound`], [`ShareError::Pinned`],
    /// [`ShareError::NothingThere`]: nothing was changed.
    pub fn pull(
        &self,
        remote: &str,
        stream: &StreamId,
        pinned: Option<&Head>,
    ) -> Result<Pulled, ShareError> {
        self.pull_with(remote, stream, pinned, false)
    }

    /// As [`GitLedger::pull`], but where both sides have records of their own ours are set aside, under
    /// `refs/promenade-aside/`, and theirs are taken.
    ///
    /// # Errors
    /// As [`GitLedger::pull`], without [`ShareError::Diverged`].
    pub fn pull_theirs(
        &self,
        remote: &str,
        stream: &StreamId,
        pinned: Option<&Head>,
    ) -> Result<Pulled, ShareError> {
        self.pull_with(remote, stream, pinned, true)
    }

    fn pull_with(
        &self,
        remote: &str,
        stream: &StreamId,
        pinned: Option<&Head>,
        take_theirs: bool,
    ) -> Result<Pulled, ShareError> {
        let name = Self::ref_name(stream);
        let Some(there) = self.repository.remote_ref(remote, &name)? else {
            let (remote, stream) = (remote.to_owned(), stream.to_string());
            return Err(ShareError::NothingThere { remote, stream });
        };
        self.repository.fetch_object(remote, &name, &there)?;
        let guard = self.guard(stream)?;
        let ref_path = self.ref_path(stream);
        let lock = guard.lock_ref(&ref_path)?;
        let repository = self.repository.local();
        let chain = self.chain(&repository, stream);
        let there = there.object()?;
        let theirs = chain.head(Some(there))?;
        self.check_not_rewound(&chain, remote, there, theirs)?;
        let here = self.tip(&repository, stream)?;
        let ours = chain.head(here)?;
        let common = common(&chain, here, ours, there, theirs)?;
        verify_pinned(&chain, there, common.seq, pinned)?;
        self.remember(&guard, remote, stream, there)?;
        let pulled = |to| Pulled {
            from: ours,
            to,
            remote: theirs,
        };
        if common == theirs {
            return Ok(pulled(ours));
        }
        if common != ours {
            if !take_theirs {
                let (here, there) = (ours, theirs);
                let divergence = Divergence {
                    common,
                    here,
                    there,
                };
                return Err(ShareError::Diverged(Box::new(divergence)));
            }
            self.set_aside(stream, ours, here)?;
        }
        let prepared = guard.prepare(&there.to_string())?;
        apply(&*self.disk, DiskOp::SyncFile(&prepared.path))?;
        guard
            .replace(lock, &ref_path, prepared)
            .map_err(ReplaceError::into_cause)?;
        Ok(pulled(theirs))
    }

    /// Publishes the records that the remote has not, if it is where it was last seen.
    ///
    /// # Errors
    /// [`ShareError::Moved`] if others have published meanwhile: nothing of ours is visible, pull and
    /// decide again. [`ShareError::Git`] if the remote refuses or cannot be reached.
    pub fn push(&self, remote: &str, stream: &StreamId) -> Result<Pushed, ShareError> {
        let guard = self.guard(stream)?;
        self.push_guarded(&guard, remote, stream)
    }

    fn push_guarded(
        &self,
        guard: &Guard<'_>,
        remote: &str,
        stream: &StreamId,
    ) -> Result<Pushed, ShareError> {
        let repository = self.repository.local();
        let chain = self.chain(&repository, stream);
        let Some(here) = self.tip(&repository, stream)? else {
            let (remote, stream) = ("this repository".to_owned(), stream.to_string());
            return Err(ShareError::NothingThere { remote, stream });
        };
        let seen = self.seen(remote, stream)?;
        let from = chain.head(seen)?;
        match self.push_commit(remote, stream, seen, here)? {
            PushOutcome::Done => {
                self.remember(guard, remote, stream, here)?;
                let to = chain.head(Some(here))?;
                Ok(Pushed { from, to })
            }
            PushOutcome::Moved(found) => self.moved(guard, remote, &chain, found, here),
        }
    }

    /// Says where the remote is, once it is known that it is not where it was last seen.
    fn moved(
        &self,
        guard: &Guard<'_>,
        remote: &str,
        chain: &Chain<'_>,
        found: Option<CommitId>,
        here: ObjectId,
    ) -> Result<Pushed, ShareError> {
        let stream = chain.stream;
        let Some(found) = found else {
            let known = chain.head(self.seen(remote, stream)?)?;
            return Err(rewound(known, Head::EMPTY));
        };
        self.repository
            .fetch_object(remote, &Self::ref_name(stream), &found)?;
        let there = found.object()?;
        let head = chain.head(Some(there))?;
        self.check_not_rewound(chain, remote, there, head)?;
        let ours = chain.head(Some(here))?;
        let common = common(chain, Some(here), ours, there, head)?;
        self.remember(guard, remote, stream, there)?;
        if common == ours {
            // The push whose answer was lost, or somebody who had our records.
            return Ok(Pushed {
                from: head,
                to: head,
            });
        }
        if common == head {
            // It is merely not where we saw it last, as after a clone: once more from there.
            return self.push_guarded(guard, remote, stream);
        }
        Err(ShareError::Moved { there: head })
    }

    pub(super) fn push_commit(
        &self,
        remote: &str,
        stream: &StreamId,
        seen: Option<ObjectId>,
        new: ObjectId,
    ) -> Result<PushOutcome, GitError> {
        self.repository.push_ref(
            remote,
            &Lease {
                name: Self::ref_name(stream),
                expected: seen.map(CommitId::of),
                new: CommitId::of(new),
            },
        )
    }

    /// Where the remote was last seen.
    pub(super) fn seen(
        &self,
        remote: &str,
        stream: &StreamId,
    ) -> Result<Option<ObjectId>, GitError> {
        let name = tracking(remote, stream);
        self.repository
            .reference(&name)?
            .map(|id| id.object())
            .transpose()
    }

    pub(super) fn remember(
        &self,
        guard: &Guard<'_>,
        remote: &str,
        stream: &StreamId,
        at: ObjectId,
    ) -> Result<(), GitError> {
        if self.seen(remote, stream)? == Some(at) {
            return Ok(());
        }
        let path = self.repository.git_dir().join(tracking(remote, stream));
        guard.set(&path, &at.to_string())
    }

    /// Keeps records that are not shared, and are to be replaced.
    fn set_aside(
        &self,
        stream: &StreamId,
        head: Head,
        tip: Option<ObjectId>,
    ) -> Result<(), GitError> {
        let Some(tip) = tip else { return Ok(()) };
        let short: String = head.hash.encoded().chars().take(12).collect();
        let name = format!("refs/promenade-aside/{stream}/{}-{short}", head.seq);
        let who = self.ident()?;
        match self
            .repository
            .move_ref(&name, None, &CommitId::of(tip), "ledger: aside", &who)
        {
            Err(GitError::Exists { .. }) => Ok(()),
            done => done,
        }
    }

    fn check_not_rewound(
        &self,
        chain: &Chain<'_>,
        remote: &str,
        there: ObjectId,
        theirs: Head,
    ) -> Result<(), ShareError> {
        let Some(seen) = self.seen(remote, chain.stream)? else {
            return Ok(());
        };
        if seen == there {
            return Ok(());
        }
        let known = chain.head(Some(seen))?;
        if hash_at(chain, there, theirs, known.seq)? == Some(known) {
            return Ok(());
        }
        Err(rewound(known, theirs))
    }
}

fn rewound(known: Head, found: Head) -> ShareError {
    ShareError::Rewound {
        known: Box::new(known),
        found: Box::new(found),
    }
}

/// The ref that remembers where a remote was last seen.
fn tracking(remote: &str, stream: &StreamId) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let key = if !remote.is_empty() && remote.chars().all(plain) && !remote.starts_with('-') {
        remote.to_owned()
    } else {
        // A URL or a path.
        let digest = Digest::sha256(remote.as_bytes()).encoded();
        digest.chars().take(16).collect()
    };
    format!("refs/promenade-remote/{key}/{stream}")
}

/// Returns the record of that number in the chain of a tip.
fn hash_at(
    chain: &Chain<'_>,
    tip: ObjectId,
    head: Head,
    seq: u64,
) -> Result<Option<Head>, StoreError> {
    if seq == 0 {
        return Ok(Some(Head::EMPTY));
    }
    if seq > head.seq {
        return Ok(None);
    }
    let mut found = None;
    chain.read(tip, seq, &mut |record, _| {
        found = Some(record.head());
        false
    })?;
    Ok(found)
}

/// Returns the last record that two tips share.
fn common(
    chain: &Chain<'_>,
    here: Option<ObjectId>,
    ours: Head,
    there: ObjectId,
    theirs: Head,
) -> Result<Head, ShareError> {
    let Some(here) = here else {
        return Ok(Head::EMPTY);
    };
    // One record after the other would read a chain per step; halving reads few.
    let (mut low, mut high) = (Head::EMPTY, ours.seq.min(theirs.seq));
    let mut next = high;
    while low.seq < high {
        let one = hash_at(chain, here, ours, next)?;
        let two = hash_at(chain, there, theirs, next)?;
        match (one, two) {
            (Some(one), Some(two)) if one == two => low = one,
            _ => high = next - 1,
        }
        next = low.seq + (high - low.seq).div_ceil(2);
    }
    Ok(low)
}

/// Checks the records of a tip from a number on, and that the pinned one is among all of them.
fn verify_pinned(
    chain: &Chain<'_>,
    tip: ObjectId,
    from: u64,
    pinned: Option<&Head>,
) -> Result<Head, ShareError> {
    let pinned = pinned.filter(|pinned| pinned.seq > 0);
    let from = pinned.map_or(from, |pinned| pinned.seq.min(from)).max(1);
    let mut found = None;
    let head = chain.read(tip, from, &mut |record, _| {
        if pinned.is_some_and(|pinned| pinned.seq == record.seq) {
            found = Some(record.head());
        }
        true
    })?;
    match pinned {
        Some(pinned) if found != Some(*pinned) => Err(ShareError::Pinned {
            pinned: Box::new(*pinned),
            found: Box::new(found.unwrap_or(head)),
        }),
        _ => Ok(head),
    }
}

impl From<ShareError> for StoreError {
    fn from(cause: ShareError) -> Self {
        match cause {
            ShareError::Store(cause) => cause,
            ShareError::Git(cause) => error(cause),
            other => {
                let text = other.to_string();
                let (problem, remedy) = text.rsplit_once("; ").unwrap_or((&text, "look at both"));
                Self::Unusable {
                    problem: problem.to_owned(),
                    remedy: remedy.to_owned(),
                }
            }
        }
    }
}
