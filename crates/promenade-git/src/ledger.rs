//! The ledger on a ref: one commit per record.

mod chain;
mod retract;
mod share;
mod signed;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use gix::ObjectId;
use gix::objs::Kind;
use promenade_promotion::ledger::{
    AppendError, Head, LedgerStore, OpId, Record, StoreError, StreamId,
};

use self::chain::{BLOB, Chain};
pub use self::share::{Divergence, Pulled, Pushed, ShareError};
pub use self::signed::{RecordSignature, RecordSignatures};
use crate::durable::Objects;
use crate::lock::{Guard, ReplaceError};
use crate::remote::PushOutcome;
use crate::{Disk, GitError, Ident, OsDisk, Repository, Signer, refs, write};

/// Says what an event is in one line, from the bytes of its body.
pub type Describe = dyn Fn(&[u8]) -> String + Send + Sync;

/// The ledger in a git repository: stream `ledger` on `refs/promenade/ledger`.
///
/// Each record is a commit, whose parent is the record before it and whose tree holds the canonical
/// bytes as one blob; `git log refs/promenade/ledger` tells the story. The chain of SHA-256 hashes
/// is checked on every read, and so is the id of every object: git itself checks neither.
#[derive(Clone)]
pub struct GitLedger {
    repository: Repository,
    name: String,
    email: String,
    clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    describe: Arc<Describe>,
    signer: Option<Arc<Signer<'static>>>,
    disk: Arc<dyn Disk>,
    remote: Option<String>,
}

impl GitLedger {
    /// Keeps the ledger in `repository`. Commits are made in the name of `author`; the time of each
    /// is the clock's, and advisory.
    pub fn new(repository: &Repository, author: &Ident) -> Self {
        Self {
            repository: repository.clone(),
            name: author.name().to_owned(),
            email: author.email().to_owned(),
            clock: Arc::new(now),
            describe: Arc::new(|body| String::from_utf8_lossy(body).into_owned()),
            signer: None,
            disk: Arc::new(OsDisk),
            remote: None,
        }
    }

    /// Sets how the subject of a commit is made from the body of a record.
    #[must_use]
    pub fn describe(mut self, describe: impl Fn(&[u8]) -> String + Send + Sync + 'static) -> Self {
        self.describe = Arc::new(describe);
        self
    }

    /// Sets the clock that dates commits.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Has every record's commit signed.
    #[must_use]
    pub fn signed(
        mut self,
        signer: impl Fn(&[u8]) -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        self.signer = Some(Arc::new(signer));
        self
    }

    /// Has every append decided by a remote: it is pushed there first, with the lease that the remote
    /// is where it was last seen, and is here only once the remote took it. An append that others were
    /// faster with is a conflict, their records are here then, and nothing of ours is visible.
    #[must_use]
    pub fn shared(mut self, remote: impl Into<String>) -> Self {
        self.remote = Some(remote.into());
        self
    }

    /// Writes through another port to the file system.
    #[must_use]
    pub fn disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.disk = disk;
        self
    }

    /// Returns the ref of a stream.
    #[must_use]
    pub fn ref_name(stream: &StreamId) -> String {
        format!("refs/promenade/{stream}")
    }

    /// Returns the repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    fn chain<'a>(&self, repository: &'a gix::Repository, stream: &'a StreamId) -> Chain<'a> {
        Chain { repository, stream }
    }

    fn guard(&self, stream: &StreamId) -> Result<Guard<'_>, GitError> {
        let dir = self.repository.git_dir().join("promenade");
        Guard::acquire(&*self.disk, &dir.join(stream.as_str()))
    }

    fn ref_path(&self, stream: &StreamId) -> PathBuf {
        self.repository.git_dir().join(Self::ref_name(stream))
    }

    fn ident(&self) -> Result<Ident, GitError> {
        Ident::new(&self.name, &self.email, (self.clock)().fixed_offset())
    }

    fn tip(
        &self,
        repository: &gix::Repository,
        stream: &StreamId,
    ) -> Result<Option<ObjectId>, GitError> {
        refs::find(repository, &refs::full_name(&Self::ref_name(stream))?)
    }

    fn append_locked(
        &self,
        guard: &Guard<'_>,
        stream: &StreamId,
        expected: &Head,
        op: &OpId,
        bodies: &[Vec<u8>],
    ) -> Result<Head, AppendError> {
        let repository = self.repository.local();
        let ref_path = self.ref_path(stream);
        let lock = guard.lock_ref(&ref_path).map_err(store)?;
        let tip = self.tip(&repository, stream).map_err(store)?;
        let mut head = self.chain(&repository, stream).head(tip)?;
        if head != *expected {
            return Err(AppendError::Conflict { actual: head });
        }
        let mut objects = Objects::new(&*self.disk, &repository, guard.scratch());
        let mut new = tip;
        for body in bodies {
            let record = Record::after(&head, stream, op, body.clone());
            head = record.head();
            let id = self
                .write(&mut objects, &record, &head, new)
                .map_err(store)?;
            new = Some(id);
        }
        let Some(new) = new.filter(|_| !bodies.is_empty()) else {
            return Ok(head);
        };
        let prepared = guard.prepare(&new.to_string()).map_err(store)?;
        objects.publish(&prepared.path).map_err(store)?;
        if let Some(remote) = &self.remote {
            let decided = self.decide_at(guard, remote, stream, new)?;
            if let PushOutcome::Moved(_) = decided {
                drop(lock);
                return Err(AppendError::Conflict { actual: *expected });
            }
        }
        match guard.replace(lock, &ref_path, prepared) {
            Ok(()) => Ok(head),
            Err(ReplaceError::Unchanged(cause)) if self.remote.is_none() => Err(store(cause)),
            Err(ReplaceError::Unchanged(cause) | ReplaceError::Unknown(cause)) => {
                let cause = cause.to_string();
                Err(AppendError::Unknown { cause })
            }
        }
    }

    /// Lets the remote decide about a new tip.
    fn decide_at(
        &self,
        guard: &Guard<'_>,
        remote: &str,
        stream: &StreamId,
        new: ObjectId,
    ) -> Result<PushOutcome, AppendError> {
        let seen = self.seen(remote, stream).map_err(store)?;
        match self.push_commit(remote, stream, seen, new) {
            Ok(PushOutcome::Done) => {
                // If this fails the lease is stale, and the next append finds out.
                let _ = self.remember(guard, remote, stream, new);
                Ok(PushOutcome::Done)
            }
            Ok(moved) => Ok(moved),
            Err(cause @ GitError::Refused { .. }) => Err(store(cause)),
            // The line may have broken after the remote took it.
            Err(cause) => Err(AppendError::Unknown {
                cause: cause.to_string(),
            }),
        }
    }

    fn write(
        &self,
        objects: &mut Objects<'_>,
        record: &Record,
        head: &Head,
        parent: Option<ObjectId>,
    ) -> Result<ObjectId, GitError> {
        let blob = objects.write(Kind::Blob, &record.canonical_bytes())?;
        let mut tree = format!("100644 {BLOB}\0").into_bytes();
        tree.extend_from_slice(blob.as_slice());
        let tree = objects.write(Kind::Tree, &tree)?;
        let who = self.ident()?.signature();
        let commit = gix::objs::Commit {
            tree,
            parents: parent.into_iter().collect(),
            author: who.clone(),
            committer: who,
            encoding: None,
            message: self.message(record, head).into(),
            extra_headers: Vec::new(),
        };
        objects.write(
            Kind::Commit,
            &write::signed(commit, self.signer.as_deref())?,
        )
    }

    fn message(&self, record: &Record, head: &Head) -> String {
        let subject = (self.describe)(&record.body);
        let subject: String = subject
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let subject = match subject.trim() {
            "" => "(an event without a description)",
            text => text,
        };
        format!(
            "{subject}\n\nRecord: {}\nOperation: {}\nHash: {}\n",
            head.seq, record.op, head.hash,
        )
    }
}

impl LedgerStore for GitLedger {
    fn head(&self, stream: &StreamId) -> Result<Head, StoreError> {
        let repository = self.repository.local();
        let tip = self.tip(&repository, stream).map_err(error)?;
        self.chain(&repository, stream).head(tip)
    }

    fn read(
        &self,
        stream: &StreamId,
        from: u64,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Result<Head, StoreError> {
        let repository = self.repository.local();
        match self.tip(&repository, stream).map_err(error)? {
            None => Ok(Head::EMPTY),
            Some(tip) => {
                let chain = self.chain(&repository, stream);
                chain.read(tip, from, &mut |record, _| visit(record))
            }
        }
    }

    fn append(
        &self,
        stream: &StreamId,
        expected: &Head,
        op: &OpId,
        bodies: &[Vec<u8>],
    ) -> Result<Head, AppendError> {
        let result = {
            let guard = self.guard(stream).map_err(store)?;
            self.append_locked(&guard, stream, expected, op, bodies)
        };
        let (Some(remote), Err(AppendError::Conflict { .. })) = (&self.remote, &result) else {
            return result;
        };
        // Others were faster: their records are what the caller has to decide on.
        let pulled = self.pull(remote, stream, None).map_err(StoreError::from)?;
        Err(AppendError::Conflict { actual: pulled.to })
    }

    fn resolve(&self, stream: &StreamId, op: &OpId, from: u64) -> Result<Option<Head>, StoreError> {
        if let Some(remote) = &self.remote {
            match self.pull(remote, stream, None) {
                Ok(_) | Err(ShareError::NothingThere { .. }) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
        let mut found = None;
        self.read(stream, from, &mut |record| {
            if record.op == *op {
                found = Some(record.head());
            }
            true
        })?;
        Ok(found)
    }
}

fn error(error: GitError) -> StoreError {
    match error {
        GitError::Io { action, cause } => match cause.rsplit_once("; ") {
            Some((cause, remedy)) => StoreError::Unusable {
                problem: format!("{action} failed: {cause}"),
                remedy: remedy.to_owned(),
            },
            None => StoreError::Io { action, cause },
        },
        GitError::Locked { path } => StoreError::Unusable {
            problem: format!("`{}` is locked by another program", path.display()),
            remedy: "wait for it; if none is running, remove that file".to_owned(),
        },
        error => {
            let text = error.to_string();
            let (problem, remedy) = text.rsplit_once("; ").unwrap_or((&text, "run again"));
            StoreError::Unusable {
                problem: problem.to_owned(),
                remedy: remedy.to_owned(),
            }
        }
    }
}

fn store(cause: GitError) -> AppendError {
    AppendError::Store(error(cause))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the date of a ledger's commit is the machine's, and advisory"
)]
fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}
