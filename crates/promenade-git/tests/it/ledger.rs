//! The ledger on a ref.

use promenade_promotion::ledger::{
    AppendError, Head, LedgerStore, MemoryLedger, StoreError, conformance,
};

use crate::support::{commit, fresh, fsck, git, ledger, op, stream};

#[test]
fn it_does_what_every_store_must() {
    let (dir, repository) = fresh();
    assert_eq!(conformance::check(&ledger(&repository)), Ok(()));
    fsck(dir.path());
}

#[test]
fn its_log_reads_as_the_story() {
    let (dir, repository) = fresh();
    commit(&repository, "a", "1");
    let ledger =
        ledger(&repository).describe(|body| format!("it said {}", String::from_utf8_lossy(body)));
    let head = ledger
        .append(
            &stream(),
            &Head::EMPTY,
            &op("one"),
            &[b"hello".to_vec(), b"two\nlines".to_vec()],
        )
        .unwrap();
    assert_eq!(
        git(dir.path(), &["log", "--format=%s", "refs/promenade/ledger"]),
        "it said two lines\nit said hello\n"
    );
    let body = git(
        dir.path(),
        &["log", "-1", "--format=%b", "refs/promenade/ledger"],
    );
    assert_eq!(
        body.trim(),
        format!("Record: 2\nOperation: one\nHash: {}", head.hash)
    );
    let bytes = git(dir.path(), &["show", "refs/promenade/ledger:record"]);
    assert!(
        bytes.starts_with("promenade-record 1\nstream ledger\nseq 2\n"),
        "{bytes}"
    );
    fsck(dir.path());
    assert_eq!(git(dir.path(), &["status", "--porcelain"]), "");
}

#[test]
fn it_holds_the_bytes_that_memory_holds() {
    let (_dir, repository) = fresh();
    let (git, memory) = (ledger(&repository), MemoryLedger::default());
    let mut heads = (Head::EMPTY, Head::EMPTY);
    for n in 0..20_u8 {
        let bodies: Vec<_> = (0..n % 3 + 1).map(|k| vec![n, k, 0, b'\n', 255]).collect();
        heads.0 = git.append(&stream(), &heads.0, &op(n), &bodies).unwrap();
        heads.1 = memory.append(&stream(), &heads.1, &op(n), &bodies).unwrap();
    }
    assert_eq!(heads.0, heads.1);
    let all = |store: &dyn LedgerStore| {
        let mut bytes = Vec::new();
        store
            .read(&stream(), 1, &mut |r| {
                bytes.push(r.canonical_bytes());
                true
            })
            .unwrap();
        bytes
    };
    assert_eq!(all(&git), all(&memory));
}

#[test]
fn a_packed_ref_is_read_and_extended() {
    let (dir, repository) = fresh();
    let ledger = ledger(&repository);
    let one = ledger
        .append(&stream(), &Head::EMPTY, &op("1"), &[b"1".to_vec()])
        .unwrap();
    git(dir.path(), &["gc", "-q", "--prune=now"]);
    assert_eq!(ledger.head(&stream()).unwrap(), one);
    let two = ledger
        .append(&stream(), &one, &op("2"), &[b"2".to_vec()])
        .unwrap();
    git(dir.path(), &["pack-refs", "--all"]);
    let three = ledger
        .append(&stream(), &two, &op("3"), &[b"3".to_vec()])
        .unwrap();
    assert_eq!(ledger.read(&stream(), 1, &mut |_| true).unwrap(), three);
    assert_eq!(
        ledger.append(&stream(), &two, &op("4"), &[b"4".to_vec()]),
        Err(AppendError::Conflict { actual: three })
    );
    fsck(dir.path());
}

#[test]
fn one_changed_byte_of_a_record_is_found_and_named() {
    let (dir, repository) = fresh();
    let ledger = ledger(&repository);
    let bodies: Vec<_> = (0..5).map(|n| format!("event {n}").into_bytes()).collect();
    ledger
        .append(&stream(), &Head::EMPTY, &op("1"), &bodies)
        .unwrap();
    // The third record's blob, its loose file replaced by that of other bytes of the same length.
    let blob = git(dir.path(), &["rev-parse", "refs/promenade/ledger~2:record"]);
    let text = git(dir.path(), &["cat-file", "blob", blob.trim()]).replace("event 2", "event 3");
    std::fs::write(dir.path().join("other"), text).unwrap();
    let other = git(dir.path(), &["hash-object", "-w", "other"]);
    let path = |id: &str| {
        dir.path()
            .join(".git/objects")
            .join(&id[..2])
            .join(id[2..].trim())
    };
    std::fs::remove_file(path(&blob)).unwrap();
    std::fs::copy(path(&other), path(&blob)).unwrap();
    let error = ledger.read(&stream(), 1, &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("record 3 is broken"), "{error}");
    assert!(matches!(error, StoreError::Unusable { .. }));
}

#[test]
fn a_foreign_ref_in_the_namespace_is_named_and_never_written() {
    let (dir, repository) = fresh();
    let theirs = commit(&repository, "a", "1");
    let ledger = ledger(&repository);
    // One beside the ledger is nobody's business.
    git(dir.path(), &["update-ref", "refs/promenade/notes", "main"]);
    let head = ledger
        .append(&stream(), &Head::EMPTY, &op("1"), &[b"1".to_vec()])
        .unwrap();
    // One in its place is.
    git(dir.path(), &["update-ref", "refs/promenade/ledger", "main"]);
    let expected = "`refs/promenade/ledger` does not hold a ledger";
    let read = ledger.read(&stream(), 1, &mut |_| true).unwrap_err();
    let refused = ledger
        .append(&stream(), &head, &op("2"), &[b"2".to_vec()])
        .unwrap_err();
    for error in [read.to_string(), refused.to_string()] {
        assert!(
            error.contains(expected) && error.contains("give that ref another name"),
            "{error}"
        );
    }
    let there = git(dir.path(), &["rev-parse", "refs/promenade/ledger"]);
    assert_eq!(there.trim(), theirs.as_str(), "it is let be");
}

#[test]
fn a_record_of_a_newer_format_stops_writing_and_says_what_to_do() {
    let (dir, repository) = fresh();
    let ledger = ledger(&repository);
    let head = ledger
        .append(&stream(), &Head::EMPTY, &op("1"), &[b"1".to_vec()])
        .unwrap();
    let run = |args: &[&str]| git(dir.path(), args).trim().to_owned();
    std::fs::write(dir.path().join("newer"), "promenade-record 2\nwho knows\n").unwrap();
    let blob = run(&["hash-object", "-w", "newer"]);
    run(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("100644,{blob},record"),
    ]);
    let tree = run(&["write-tree"]);
    let message = "something new\n\nRecord: 2\n";
    let newer = run(&[
        "commit-tree",
        &tree,
        "-p",
        "refs/promenade/ledger",
        "-m",
        message,
    ]);
    run(&["update-ref", "refs/promenade/ledger", &newer]);
    let refused = ledger
        .append(&stream(), &head, &op("x"), &[b"x".to_vec()])
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "ledger store: record 2 has format `2`, which this version does not know; update Promenade; \
         nothing was written"
    );
    assert_eq!(run(&["rev-parse", "refs/promenade/ledger"]), newer);
}
