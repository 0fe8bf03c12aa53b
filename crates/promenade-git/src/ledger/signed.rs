//! Who signed the records: the witness of a ledger in git.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::{CommitRefIter, Kind};
use promenade_process::port::signature::{
    Claim, GIT_NAMESPACE, SignatureKind, Signer, Verdict, VerifySignature,
};
use promenade_promotion::ledger::{CorruptLedgerKind, Record, StoreError, StreamId};
use promenade_promotion::{Actor, Witness};

use super::chain::corrupt;
use super::{GitLedger, error};
use crate::{GitError, object};

/// What was found about the signature of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordSignature {
    /// Its commit carries none.
    Unsigned,
    /// Its commit is signed, though for another record: the message names this hash.
    OtherRecord {
        /// The hash that the signed message names, if it names one.
        named: Option<String>,
    },
    /// Its commit is signed.
    Signed(Verdict),
}

impl RecordSignature {
    /// Returns the signer if the signature is good.
    #[must_use]
    pub fn good(&self) -> Option<&Signer> {
        match self {
            Self::Signed(verdict) => verdict.good(),
            _ => None,
        }
    }
}

impl std::fmt::Display for RecordSignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsigned => f.write_str("it is not signed"),
            Self::OtherRecord { named: Some(named) } => {
                write!(f, "its signature is that of record {named}")
            }
            Self::OtherRecord { named: None } => f.write_str("its signature names no record"),
            Self::Signed(verdict) => write!(f, "its signature is {verdict}"),
        }
    }
}

/// The signatures of a stream's records, judged by a keyring.
///
/// A record's commit is signed as git signs commits. Its message names the SHA-256 of the record, so
/// what is signed is the record and all before it, whatever becomes of SHA-1.
pub struct RecordSignatures<'a> {
    ledger: &'a GitLedger,
    stream: StreamId,
    verifier: &'a dyn VerifySignature,
    now: DateTime<Utc>,
    /// The commits of the records that are known, by number.
    commits: Mutex<BTreeMap<u64, ObjectId>>,
}

impl<'a> RecordSignatures<'a> {
    /// Judges the signatures of `stream` by `verifier`; nothing may be signed later than `now`.
    #[must_use]
    pub fn new(
        ledger: &'a GitLedger,
        stream: &StreamId,
        verifier: &'a dyn VerifySignature,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            ledger,
            stream: stream.clone(),
            verifier,
            now,
            commits: Mutex::new(BTreeMap::new()),
        }
    }

    /// Judges the signature of a record.
    ///
    /// # Errors
    /// [`StoreError`] if the ledger cannot be read, or does not hold the record.
    pub fn signature(&self, record: &Record) -> Result<RecordSignature, StoreError> {
        let head = record.head();
        let id = self.commit(record.seq)?;
        let repository = self.ledger.repository.local();
        let commit = object::checked(&repository, id, Kind::Commit).map_err(error)?;
        let unreadable = |cause: String| error(GitError::object(id, cause));
        let found = CommitRefIter::signature(&commit, id.kind());
        let Some((signature, data)) = found.map_err(|cause| unreadable(cause.to_string()))? else {
            return Ok(RecordSignature::Unsigned);
        };
        let payload = data.to_bstring();
        let text = payload.to_str_lossy();
        let named = text.lines().next_back();
        let named = named.and_then(|line| line.strip_prefix("Hash: "));
        if named != Some(head.hash.to_string().as_str()) {
            let named = named.map(str::to_owned);
            return Ok(RecordSignature::OtherRecord { named });
        }
        let committer = CommitRefIter::from_bytes(&commit, id.kind()).committer();
        let seconds = committer
            .ok()
            .and_then(|committer| committer.time().ok())
            .map(|time| time.seconds);
        let signed_at = seconds
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .ok_or_else(|| unreadable("has no time".to_owned()))?;
        Ok(RecordSignature::Signed(self.verifier.verify(&Claim {
            payload: &payload,
            signature: &signature,
            namespace: GIT_NAMESPACE,
            signed_at,
            now: self.now,
        })))
    }

    /// Returns the commit of a record. The chain is walked once; what is new since is added.
    fn commit(&self, seq: u64) -> Result<ObjectId, StoreError> {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = commits.get(&seq) {
            return Ok(*id);
        }
        let repository = self.ledger.repository.local();
        if let Some(tip) = self.ledger.tip(&repository, &self.stream).map_err(error)? {
            let chain = self.ledger.chain(&repository, &self.stream);
            let known = commits.keys().next_back().copied().unwrap_or(0);
            commits.extend(chain.ids(tip, known + 1)?);
        }
        let found = commits.get(&seq).copied();
        found.ok_or_else(|| corrupt(seq, CorruptLedgerKind::Missing))
    }
}

impl Witness for RecordSignatures<'_> {
    fn author(&self, record: &Record) -> Result<Actor, String> {
        let found = self.signature(record).map_err(|cause| cause.to_string())?;
        let Some(signer) = found.good() else {
            return Err(found.to_string());
        };
        let kind = match signer.kind {
            SignatureKind::Ssh => "ssh",
            SignatureKind::Pgp => "openpgp",
            _ => "x509",
        };
        format!("{kind}:{}", signer.key)
            .parse()
            .map_err(|cause| format!("{cause}"))
    }
}
