//! Git for Promenade: facts of tags and history, commits, tags, and the ledger on a ref. The only user of gix.
