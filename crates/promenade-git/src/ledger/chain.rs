//! Reading records from commits, with everything checked: ids of objects, the chain, the order.

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::{CommitRefIter, Kind, TreeRefIter};
use promenade_promotion::ledger::{
    CorruptLedger, CorruptLedgerKind, Head, ParseRecordError, Record, StoreError, StreamId,
};

use crate::{GitError, object};

/// The name of the blob in the tree of each record's commit.
pub(super) const BLOB: &str = "record";

/// The commits of one stream.
pub(super) struct Chain<'a> {
    pub(super) repository: &'a gix::Repository,
    pub(super) stream: &'a StreamId,
}

/// A commit on the way from the tip.
struct Link {
    seq: u64,
    id: ObjectId,
    tree: ObjectId,
    parent: Option<ObjectId>,
}

impl Chain<'_> {
    /// Returns the last record of a tip.
    pub(super) fn last(&self, tip: ObjectId) -> Result<Record, StoreError> {
        let link = self
            .link(tip, 0)
            .map_err(|cause| self.foreign(tip, cause))?;
        let bytes = self
            .blob(link.tree)
            .map_err(|cause| self.foreign(tip, cause))?;
        let seq = self.claimed(tip).unwrap_or(0);
        self.parse(&bytes, seq)
    }

    pub(super) fn head(&self, tip: Option<ObjectId>) -> Result<Head, StoreError> {
        tip.map_or(Ok(Head::EMPTY), |tip| Ok(self.last(tip)?.head()))
    }

    /// Calls `visit` with each record from number `from` on and its commit.
    pub(super) fn read(
        &self,
        tip: ObjectId,
        from: u64,
        visit: &mut dyn FnMut(Record, ObjectId) -> bool,
    ) -> Result<Head, StoreError> {
        let end = self.last(tip)?.head();
        let links = self.walk_back(tip, end.seq, from)?;
        let mut head: Option<Head> = None;
        for link in links.into_iter().rev() {
            let bytes = self
                .blob(link.tree)
                .map_err(|cause| self.broken(link.seq, cause))?;
            let record = self.parse(&bytes, link.seq)?;
            if record.seq != link.seq {
                let (expected, found) = (link.seq, record.seq);
                return Err(corrupt(
                    expected,
                    CorruptLedgerKind::Sequence { expected, found },
                ));
            }
            let before = match head {
                Some(head) => Some(head.hash),
                None => (link.seq == 1).then_some(Head::EMPTY.hash),
            };
            if let Some(expected) = before
                && record.prev != expected
            {
                let found = record.prev;
                return Err(corrupt(
                    link.seq,
                    CorruptLedgerKind::Previous { expected, found },
                ));
            }
            let here = Head {
                seq: record.seq,
                hash: promenade_digest::Digest::sha256(&bytes),
            };
            head = Some(here);
            if link.seq >= from && !visit(record, link.id) {
                return Ok(here);
            }
        }
        Ok(head.unwrap_or(end))
    }

    /// Returns the commits of the records from number `from` on.
    pub(super) fn ids(&self, tip: ObjectId, from: u64) -> Result<Vec<(u64, ObjectId)>, StoreError> {
        let end = self.last(tip)?.seq;
        let links = self.walk_back(tip, end, from)?;
        let ids = links.iter().map(|link| (link.seq, link.id));
        Ok(ids.filter(|(seq, _)| *seq >= from).collect())
    }

    /// Returns the commits from the tip back to the record before `from`, whose hash the first one
    /// must name.
    fn walk_back(&self, tip: ObjectId, end: u64, from: u64) -> Result<Vec<Link>, StoreError> {
        let mut links = Vec::new();
        let (mut id, mut seq) = (tip, end);
        loop {
            let link = self
                .link(id, seq)
                .map_err(|cause| self.broken(seq, cause))?;
            let parent = link.parent;
            links.push(link);
            if seq < from.max(1) {
                return Ok(links);
            }
            match (parent, seq) {
                (None, 1) => return Ok(links),
                (None, _) => {
                    return Err(corrupt(seq.saturating_sub(1), CorruptLedgerKind::Missing));
                }
                (Some(_), 1) => {
                    let kind = CorruptLedgerKind::Sequence {
                        expected: 0,
                        found: 1,
                    };
                    return Err(corrupt(1, kind));
                }
                (Some(parent), _) => (id, seq) = (parent, seq - 1),
            }
        }
    }

    fn link(&self, id: ObjectId, seq: u64) -> Result<Link, GitError> {
        use gix::objs::commit::ref_iter::Token;
        let data = object::checked(self.repository, id, Kind::Commit)?;
        let mut tree = None;
        let mut parents = Vec::new();
        for token in CommitRefIter::from_bytes(&data, id.kind()) {
            match token.map_err(|error| GitError::object(id, error))? {
                Token::Tree { id } => tree = Some(id),
                Token::Parent { id } => parents.push(id),
                _ => break,
            }
        }
        match (tree, parents.as_slice()) {
            (Some(tree), [] | [_]) => Ok(Link {
                seq,
                id,
                tree,
                parent: parents.first().copied(),
            }),
            _ => Err(GitError::object(id, "is a merge, which no record is")),
        }
    }

    fn blob(&self, tree: ObjectId) -> Result<Vec<u8>, GitError> {
        let data = object::checked(self.repository, tree, Kind::Tree)?;
        let mut entries = TreeRefIter::from_bytes(&data, tree.kind());
        let entry = entries
            .next()
            .and_then(Result::ok)
            .filter(|entry| entry.filename == BLOB && entry.mode.is_blob());
        match (entry, entries.next()) {
            (Some(entry), None) => {
                object::checked(self.repository, entry.oid.to_owned(), Kind::Blob)
            }
            _ => {
                let problem = format!("is not the tree of a record, which has one file `{BLOB}`");
                Err(GitError::object(tree, problem))
            }
        }
    }

    fn parse(&self, bytes: &[u8], seq: u64) -> Result<Record, StoreError> {
        let record = Record::parse(bytes).map_err(|error| match error {
            ParseRecordError::NewerFormat { found } => StoreError::Unusable {
                problem: format!(
                    "record {seq} has format `{found}`, which this version does not know"
                ),
                remedy: "update Promenade; nothing was written".to_owned(),
            },
            error => corrupt(seq, CorruptLedgerKind::Record(error)),
        })?;
        if record.stream != *self.stream {
            let found = record.stream.to_string();
            return Err(corrupt(record.seq, CorruptLedgerKind::Stream { found }));
        }
        Ok(record)
    }

    /// The number that the message of a commit claims.
    fn claimed(&self, id: ObjectId) -> Option<u64> {
        let object = object::find(self.repository, id).ok()?;
        let text = object.data.to_str_lossy();
        let number = text
            .lines()
            .find_map(|line| line.strip_prefix("Record: "))?;
        number.parse().ok()
    }

    /// The error for a tip that cannot be read: of a record, or of something else altogether.
    fn foreign(&self, tip: ObjectId, cause: GitError) -> StoreError {
        if let Some(seq) = self.claimed(tip) {
            return self.broken(seq, cause);
        }
        StoreError::Unusable {
            problem: format!(
                "`refs/promenade/{}` does not hold a ledger: {cause}",
                self.stream
            ),
            remedy: "give that ref another name, or fetch the ledger again".to_owned(),
        }
    }

    fn broken(&self, seq: u64, cause: GitError) -> StoreError {
        if self.repository.is_shallow().unwrap_or(false) {
            return StoreError::Unusable {
                problem: format!("the ledger is cut off at record {seq}: this is a shallow clone"),
                remedy: "run `git fetch --unshallow` (in CI: a fetch depth of 0)".to_owned(),
            };
        }
        StoreError::Unusable {
            problem: format!("record {seq} is broken: {cause}"),
            remedy: "fetch the ledger again from a clone that is whole".to_owned(),
        }
    }
}

pub(super) fn corrupt(seq: u64, kind: CorruptLedgerKind) -> StoreError {
    StoreError::from(CorruptLedger { seq, kind })
}
