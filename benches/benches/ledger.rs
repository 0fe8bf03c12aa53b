//! Durable appends and replay beside their limits (two raw syncs, one pass of SHA-256) and SQLite.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use promenade::digest::Digest;
use promenade::git::{GitLedger, Ident, Repository};
use promenade::promotion::ledger::{Head, LedgerStore, OpId, StreamId};
use promenade::store::FileLedger;

const BODY: &[u8] = &[b'x'; 300];

fn stream() -> StreamId {
    StreamId::new("ledger").expect("a valid name")
}

fn git_ledger(dir: &Path) -> GitLedger {
    let at = "2026-01-05T09:00:00Z".parse().expect("a valid time");
    let who = Ident::new("Ada", "ada@example.org", at).expect("a valid name");
    GitLedger::new(&Repository::init(dir).expect("a new repository"), &who)
}

/// Appends `count` batches and returns how long that took.
fn append(store: &dyn LedgerStore, count: u64, batch: usize) -> Duration {
    let bodies = vec![BODY.to_vec(); batch];
    let mut head = store.head(&stream()).expect("a readable store");
    let started = Instant::now();
    for _ in 0..count {
        let op = OpId::new(format!("op-{}", head.seq)).expect("a valid name");
        head = store
            .append(&stream(), &head, &op, &bodies)
            .expect("an append");
    }
    started.elapsed()
}

/// The limit: a file is written and synced, gets its name, and the directory is synced.
fn two_syncs(dir: &Path, count: u64) -> Duration {
    let started = Instant::now();
    for number in 0..count {
        let tmp = dir.join("tmp");
        let mut file = File::create(&tmp).expect("a new file");
        file.write_all(BODY)
            .and_then(|()| file.sync_all())
            .expect("a synced file");
        let name = dir.join(format!("{number}-{:?}", Instant::now()).replace([' ', ':'], "-"));
        fs::rename(&tmp, name).expect("a renamed file");
        File::open(dir)
            .and_then(|dir| dir.sync_all())
            .expect("a synced directory");
    }
    started.elapsed()
}

/// One transaction per record, write-ahead log, every commit synced.
fn sqlite(dir: &Path, count: u64) -> Option<Duration> {
    let mut script = String::from(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;\n\
         CREATE TABLE IF NOT EXISTS r(seq INTEGER PRIMARY KEY, body BLOB);\n",
    );
    let body = "x".repeat(BODY.len());
    for _ in 0..count {
        script.push_str(&format!("INSERT INTO r(body) VALUES('{body}');\n"));
    }
    let mut child = Command::new("sqlite3")
        .arg(dir.join("ledger.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .ok()?;
    let started = Instant::now();
    child.stdin.take()?.write_all(script.as_bytes()).ok()?;
    child.wait().ok()?.success().then(|| started.elapsed())
}

fn appends(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("eight durable records");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(2));
    let dir = || tempfile::tempdir().expect("a directory");
    group.bench_function("limit: eight times two syncs", |bencher| {
        let dir = dir();
        bencher.iter_custom(|count| two_syncs(dir.path(), 8 * count));
    });
    for (name, batch, times) in [("one by one", 1, 8), ("as one batch", 8, 1)] {
        group.bench_function(format!("files, {name}"), |bencher| {
            let dir = dir();
            let store = FileLedger::open(dir.path()).expect("a store");
            bencher.iter_custom(|count| append(&store, times * count, batch));
        });
        group.bench_function(format!("git, {name}"), |bencher| {
            let dir = dir();
            let store = git_ledger(dir.path());
            bencher.iter_custom(|count| append(&store, times * count, batch));
        });
    }
    let probe = dir();
    if sqlite(probe.path(), 1).is_some() {
        group.bench_function(
            "peer: SQLite, write-ahead log, synced, one by one",
            |bencher| {
                let dir = dir();
                bencher.iter_custom(|count| sqlite(dir.path(), 8 * count).unwrap_or_default());
            },
        );
    }
    group.finish();
}

fn replays(criterion: &mut Criterion) {
    const RECORDS: usize = 2_000;
    let mut group = criterion.benchmark_group("replay of 2,000 records");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    let bodies = vec![BODY.to_vec(); RECORDS];
    let op = OpId::new("op").expect("a valid name");
    let dir = tempfile::tempdir().expect("a directory");
    let files = FileLedger::open(dir.path().join("files")).expect("a store");
    files
        .append(&stream(), &Head::EMPTY, &op, &bodies)
        .expect("an append");
    let mut bytes = Vec::new();
    let read = |store: &dyn LedgerStore| store.read(&stream(), 1, &mut |_| true).expect("a chain");
    files
        .read(&stream(), 1, &mut |record| {
            bytes.extend_from_slice(&record.canonical_bytes());
            true
        })
        .expect("a chain");
    group.bench_function("limit: one pass of SHA-256", |bencher| {
        bencher.iter(|| Digest::sha256(&bytes));
    });
    group.bench_function("files", |bencher| bencher.iter(|| read(&files)));
    let repository = dir.path().join("git");
    let git = git_ledger(&repository);
    git.append(&stream(), &Head::EMPTY, &op, &bodies)
        .expect("an append");
    let packed = Command::new("git")
        .arg("-C")
        .arg(&repository)
        .args(["gc", "-q"])
        .status();
    if packed.is_ok_and(|status| status.success()) {
        group.bench_function("git, packed", |bencher| bencher.iter(|| read(&git)));
        group.bench_function("peer: git log, which checks nothing", |bencher| {
            bencher.iter(|| {
                Command::new("git")
                    .arg("-C")
                    .arg(&repository)
                    .args(["log", "--format=%H", "refs/promenade/ledger"])
                    .stdout(Stdio::null())
                    .status()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, appends, replays);
criterion_main!(benches);
