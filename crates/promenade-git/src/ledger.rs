//! The ledger on a ref: one commit per record.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::Kind;
use promenade_promotion::ledger::{
    AppendError, CorruptLedger, CorruptLedgerKind, Head, LedgerStore, OpId, Record, StoreError,
    StreamId,
};

use crate::durable::Objects;
use crate::lock::Guard;
use crate::{GitError, Ident, Repository, Signer, object, refs, write};

/// The name of the blob in the tree of each record's commit.
const BLOB: &str = "record";

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

    fn tip(
        &self,
        repository: &gix::Repository,
        stream: &StreamId,
    ) -> Result<Option<ObjectId>, GitError> {
        let name = refs::full_name(&Self::ref_name(stream))?;
        let first = refs::find(repository, &name)?;
        if repository.common_dir().join(name.to_string()).is_file() {
            return Ok(first);
        }
        // A ref that is just being packed can be missed once: not in the old file of packed refs
        // any more, and not yet in the new one.
        let again = refs::find(repository, &name)?;
        if first == again {
            Ok(first)
        } else {
            refs::find(repository, &name)
        }
    }

    fn append_locked(
        &self,
        guard: &Guard,
        stream: &StreamId,
        expected: &Head,
        op: &OpId,
        bodies: &[Vec<u8>],
    ) -> Result<Head, AppendError> {
        let repository = self.repository.local();
        let ref_path = self.repository.git_dir().join(Self::ref_name(stream));
        if let Some(dir) = ref_path.parent() {
            std::fs::create_dir_all(dir)
                .map_err(|error| store(GitError::file("making", dir, &error)))?;
        }
        let lock = guard.lock_ref(&ref_path).map_err(store)?;
        let tip = self.tip(&repository, stream).map_err(store)?;
        let head = match tip {
            None => Head::EMPTY,
            Some(tip) => entry(&repository, stream, tip, None)?.record.head(),
        };
        if head != *expected {
            return Err(AppendError::Conflict { actual: head });
        }
        if bodies.is_empty() {
            return Ok(head);
        }
        let mut head = head;
        let mut objects = Objects::new(&repository, guard.scratch());
        let mut parent = tip;
        for body in bodies {
            let record = Record::after(&head, stream, op, body.clone());
            head = record.head();
            let id = self
                .write(&mut objects, &record, &head, parent)
                .map_err(store)?;
            parent = Some(id);
        }
        objects.sync().map_err(store)?;
        let Some(new) = parent else {
            return Ok(head);
        };
        guard
            .replace(lock, &ref_path, &new.to_string())
            .map_err(|(unknown, error)| {
                if unknown {
                    AppendError::Unknown {
                        cause: error.to_string(),
                    }
                } else {
                    store(error)
                }
            })?;
        Ok(head)
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
        let who = Ident::new(&self.name, &self.email, (self.clock)().fixed_offset())?.signature();
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
        match self.tip(&repository, stream).map_err(error)? {
            None => Ok(Head::EMPTY),
            Some(tip) => Ok(entry(&repository, stream, tip, None)?.record.head()),
        }
    }

    fn read(
        &self,
        stream: &StreamId,
        from: u64,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Result<Head, StoreError> {
        let repository = self.repository.local();
        let Some(tip) = self.tip(&repository, stream).map_err(error)? else {
            return Ok(Head::EMPTY);
        };
        let last = entry(&repository, stream, tip, None)?.record;
        let end = last.head();
        // From the tip back to the record before `from`, whose hash the first one must name.
        let mut commits = Vec::new();
        let mut at = Some(tip);
        let mut seq = end.seq;
        while let Some(id) = at {
            commits.push((seq, id));
            if seq < from.max(1) {
                break;
            }
            at = parent(&repository, id, seq)?;
            match (at, seq) {
                (None, 1) => {}
                (None, _) => return Err(corrupt(seq - 1, CorruptLedgerKind::Missing)),
                (Some(_), 1) => {
                    let kind = CorruptLedgerKind::Sequence {
                        expected: 0,
                        found: 1,
                    };
                    return Err(corrupt(1, kind));
                }
                (Some(_), _) => {}
            }
            seq = seq.saturating_sub(1);
        }
        let mut head: Option<Head> = (from <= 1).then_some(Head::EMPTY);
        for (seq, id) in commits.into_iter().rev() {
            let record = entry(&repository, stream, id, Some(seq))?.record;
            if let Some(head) = head
                && record.prev != head.hash
            {
                let (expected, found) = (head.hash, record.prev);
                return Err(corrupt(
                    seq,
                    CorruptLedgerKind::Previous { expected, found },
                ));
            }
            let here = record.head();
            head = Some(here);
            if seq >= from && !visit(record) {
                return Ok(here);
            }
        }
        Ok(head.unwrap_or(end))
    }

    fn append(
        &self,
        stream: &StreamId,
        expected: &Head,
        op: &OpId,
        bodies: &[Vec<u8>],
    ) -> Result<Head, AppendError> {
        let dir = self
            .repository
            .git_dir()
            .join("promenade")
            .join(stream.as_str());
        let guard = Guard::acquire(&dir).map_err(store)?;
        self.append_locked(&guard, stream, expected, op, bodies)
    }
}

/// A commit of the ledger, read and checked by itself.
struct Entry {
    record: Record,
}

fn entry(
    repository: &gix::Repository,
    stream: &StreamId,
    id: ObjectId,
    expected: Option<u64>,
) -> Result<Entry, StoreError> {
    let seq = expected.unwrap_or_default();
    let bytes = blob(repository, id).map_err(|error| broken(seq, repository, id, error))?;
    let record = Record::parse(&bytes).map_err(|error| {
        let seq = if seq == 0 {
            claimed(repository, id)
        } else {
            seq
        };
        corrupt(seq, CorruptLedgerKind::Record(error))
    })?;
    if record.stream != *stream {
        let found = record.stream.to_string();
        return Err(corrupt(record.seq, CorruptLedgerKind::Stream { found }));
    }
    if let Some(expected) = expected
        && record.seq != expected
    {
        let found = record.seq;
        return Err(corrupt(
            expected,
            CorruptLedgerKind::Sequence { expected, found },
        ));
    }
    Ok(Entry { record })
}

fn blob(repository: &gix::Repository, id: ObjectId) -> Result<Vec<u8>, GitError> {
    let data = object::checked(repository, id, Kind::Commit)?;
    let tree = gix::objs::CommitRefIter::from_bytes(&data, id.kind())
        .tree_id()
        .map_err(|error| GitError::object(id, error))?;
    let data = object::checked(repository, tree, Kind::Tree)?;
    let mut entries = gix::objs::TreeRefIter::from_bytes(&data, tree.kind());
    let entry = entries
        .next()
        .and_then(Result::ok)
        .filter(|entry| entry.filename == BLOB && entry.mode.is_blob());
    match (entry, entries.next()) {
        (Some(entry), None) => object::checked(repository, entry.oid.to_owned(), Kind::Blob),
        _ => Err(GitError::object(
            tree,
            format!("is not the tree of a record: expected one file `{BLOB}`"),
        )),
    }
}

fn parent(
    repository: &gix::Repository,
    id: ObjectId,
    seq: u64,
) -> Result<Option<ObjectId>, StoreError> {
    let data = object::checked(repository, id, Kind::Commit)
        .map_err(|error| broken(seq, repository, id, error))?;
    let parents: Vec<_> = gix::objs::CommitRefIter::from_bytes(&data, id.kind())
        .parent_ids()
        .collect();
    match parents.as_slice() {
        [] => Ok(None),
        [parent] => Ok(Some(*parent)),
        _ => Err(broken(
            seq,
            repository,
            id,
            GitError::object(id, "has several parents"),
        )),
    }
}

/// The number that the message of a commit claims; 0 if it does not say.
fn claimed(repository: &gix::Repository, id: ObjectId) -> u64 {
    let Ok(object) = repository.find_object(id) else {
        return 0;
    };
    let text = object.data.to_str_lossy();
    text.lines()
        .find_map(|line| line.strip_prefix("Record: "))
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

fn corrupt(seq: u64, kind: CorruptLedgerKind) -> StoreError {
    StoreError::from(CorruptLedger { seq, kind })
}

fn broken(seq: u64, repository: &gix::Repository, id: ObjectId, cause: GitError) -> StoreError {
    let seq = if seq == 0 {
        claimed(repository, id)
    } else {
        seq
    };
    StoreError::Unusable {
        problem: format!("record {seq} is broken: {cause}"),
        remedy: "fetch the ledger again from a clone that is whole".to_owned(),
    }
}

fn error(error: GitError) -> StoreError {
    match error {
        GitError::Io { action, cause } => StoreError::Io { action, cause },
        GitError::Locked { path } => StoreError::Unusable {
            problem: format!("`{}` is locked by another program", path.display()),
            remedy: "wait for it; if none is running, remove that file".to_owned(),
        },
        error => StoreError::Unusable {
            problem: error.to_string(),
            remedy: "mend the repository and run again".to_owned(),
        },
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
