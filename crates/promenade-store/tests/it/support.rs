//! What the tests of this crate share.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use promenade_promotion::ledger::{Head, LedgerStore, OpId, StreamId};
use promenade_store::{FileLedger, FileOp, Files, OsFiles};
use testkit::disk::Op;

pub(crate) fn stream() -> StreamId {
    StreamId::new("ledger").unwrap()
}

pub(crate) fn op(text: impl std::fmt::Display) -> OpId {
    OpId::new(text.to_string()).unwrap()
}

pub(crate) fn all(store: &dyn LedgerStore) -> Vec<Vec<u8>> {
    let mut bytes = Vec::new();
    let visit = &mut |record: promenade_promotion::ledger::Record| {
        bytes.push(record.canonical_bytes());
        true
    };
    store.read(&stream(), 1, visit).unwrap();
    bytes
}

/// Appends `count` records one by one.
pub(crate) fn fill(store: &dyn LedgerStore, count: usize) -> Head {
    let mut head = store.head(&stream()).unwrap();
    for _ in 0..count {
        let n = head.seq + 1;
        let body = format!("event {n}").into_bytes();
        head = store
            .append(&stream(), &head, &op(format!("op-{n}")), &[body])
            .unwrap();
    }
    head
}

/// Keeps a list of every change, and can be told to fail one.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) log: Mutex<Vec<Op>>,
    pub(crate) fail: Mutex<Option<(usize, io::ErrorKind)>>,
}

impl Recorder {
    pub(crate) fn take(&self) -> Vec<Op> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

impl Files for Recorder {
    fn apply(&self, op: FileOp<'_>) -> io::Result<()> {
        let mut log = self.log.lock().unwrap();
        if let Some((at, kind)) = *self.fail.lock().unwrap()
            && at == log.len()
        {
            log.push(Op::SyncDir("/failed".into()));
            return Err(kind.into());
        }
        OsFiles.apply(op)?;
        let own = Path::to_path_buf;
        log.push(match op {
            FileOp::MakeDir(path) => Op::MakeDir(own(path)),
            FileOp::Write(path, bytes) => Op::Write(own(path), bytes.to_vec()),
            FileOp::SyncFile(path) => Op::SyncFile(own(path)),
            FileOp::Link(from, to) => Op::Link(own(from), own(to)),
            FileOp::Remove(path) => Op::Remove(own(path)),
            FileOp::SyncDir(path) => Op::SyncDir(own(path)),
            other => panic!("{other:?} is not recorded"),
        });
        Ok(())
    }
}

pub(crate) fn recorded(root: &Path) -> (FileLedger, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    let ledger = FileLedger::with_files(root, recorder.clone()).unwrap();
    (ledger, recorder)
}
