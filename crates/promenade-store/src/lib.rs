//! The promotion ledger in files: one immutable file per record, hash chained, crash safe.
