//! How failures of the medium become errors of the port.

use std::io;
use std::path::Path;

use promenade_promotion::ledger::{CorruptLedger, CorruptLedgerKind, ParseRecordError, StoreError};

/// The error for a failed access to a file, with a remedy where one is known.
pub(crate) fn file(action: &str, path: &Path, cause: &io::Error) -> StoreError {
    let shown = path.display();
    let remedy = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room on the disk and run again"
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "let this user write to the directory of the ledger"
        }
        io::ErrorKind::Unsupported => "use a file system with hard links",
        _ => {
            return StoreError::Io {
                action: format!("{action} `{shown}`"),
                cause: cause.to_string(),
            };
        }
    };
    StoreError::Unusable {
        problem: format!("{action} `{shown}` failed: {cause}"),
        remedy: remedy.to_owned(),
    }
}

/// The error for bytes that are no record.
pub(crate) fn record(seq: u64, cause: ParseRecordError) -> StoreError {
    if let ParseRecordError::NewerFormat { found } = &cause {
        return StoreError::Unusable {
            problem: format!("record {seq} has format `{found}`, which this version does not know"),
            remedy: "update Promenade; nothing was written".to_owned(),
        };
    }
    corrupt(seq, CorruptLedgerKind::Record(cause))
}

pub(crate) fn corrupt(seq: u64, kind: CorruptLedgerKind) -> StoreError {
    StoreError::from(CorruptLedger { seq, kind })
}
