//! Writers that race and are killed, answers that are lost and disks that are full, for any store:
//! threads, and processes that are this very program.
//!
//! A worker writes each acknowledged append as one line to a file of its own, at once, so that what
//! was acknowledged is known even of a worker that was killed. Started again under the same name it
//! first looks its last operation up: it may have been written and not acknowledged.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use promenade_promotion::ledger::{AppendError, Head, LedgerStore, OpId, StreamId};

/// Opens the store that lies in a directory.
pub(crate) type Open = fn(&Path) -> Box<dyn LedgerStore>;

/// Names the directory of the store to a worker; without it the test `worker` has nothing to do.
const STORE: &str = "PROMENADE_TEST_STORE";
const WRITER: &str = "PROMENADE_TEST_WRITER";
const COUNT: &str = "PROMENADE_TEST_COUNT";

fn stream() -> StreamId {
    StreamId::new("ledger").unwrap()
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) acknowledged: u64,
    pub(crate) rejected: u64,
}

/// The body of the test that each program with these tests has under the name `worker`.
pub(crate) fn worker(open: Open) {
    let Some(dir) = std::env::var_os(STORE) else {
        return;
    };
    let writer = std::env::var(WRITER).unwrap();
    let count = std::env::var(COUNT).unwrap().parse().unwrap();
    let dir = PathBuf::from(dir);
    // Who started this writer holds the other end; where it was killed, nobody writes on.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(1);
    });
    write(&*open(&dir), &acks(&dir, &writer), &writer, count);
}

pub(crate) fn acks(dir: &Path, writer: &str) -> PathBuf {
    let dir = dir.with_extension("acks");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(writer)
}

/// Appends until `count` appends of this writer were acknowledged.
pub(crate) fn write(store: &dyn LedgerStore, acks: &Path, writer: &str, count: u64) -> Tally {
    let mut tally = Tally::default();
    let known = read_acks(acks);
    let mut head = store.head(&stream()).unwrap();
    let mut file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(acks)
        .unwrap();
    let whole: usize = known.iter().map(|(op, at)| op.len() + at.len() + 2).sum();
    file.set_len(whole as u64).unwrap();
    let mut acknowledge = |op: &OpId, head: &Head| {
        file.write_all(format!("{op} {head}\n").as_bytes()).unwrap();
    };
    let mut number = known.len() as u64;
    if let Some((_, last)) = known.last().filter(|_| number < count) {
        let op = OpId::new(format!("{writer}-{number}")).unwrap();
        let from = last.split('@').next().unwrap().parse().unwrap();
        if let Some(found) = store.resolve(&stream(), &op, from).unwrap() {
            acknowledge(&op, &found);
            number += 1;
        }
    } else if number == 0 {
        let op = OpId::new(format!("{writer}-0")).unwrap();
        if let Some(found) = store.resolve(&stream(), &op, 1).unwrap() {
            acknowledge(&op, &found);
            number += 1;
        }
    }
    let mut backoff = 0_u32;
    while number < count {
        let op = OpId::new(format!("{writer}-{number}")).unwrap();
        let body = format!("append {number} of {writer}").into_bytes();
        match store.append(&stream(), &head, &op, &[body]) {
            Ok(new) => {
                acknowledge(&op, &new);
                head = new;
                number += 1;
                tally.acknowledged += 1;
                backoff = 0;
            }
            Err(AppendError::Conflict { actual }) => {
                tally.rejected += 1;
                backoff = (backoff + 1).min(6);
                // Wait a time that differs from writer to writer, then look again and decide again.
                let spread = actual.hash.as_bytes()[writer.len() % 32] as u64 + number % 7;
                std::thread::sleep(Duration::from_micros(spread << backoff));
                head = store.head(&stream()).unwrap();
            }
            Err(other) => panic!("{writer}: {other}"),
        }
    }
    tally
}

/// What a writer said in whole lines: one that was killed may have left half of a line.
fn read_acks(path: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(op, head)| (op.to_owned(), head.to_owned()))
        .collect()
}

/// A writer in a process of its own, which ends when this one does.
struct Writer {
    child: Child,
    _line: ChildStdin,
}

fn start(dir: &Path, writer: &str, count: u64) -> Writer {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "stressed::worker", "--nocapture"])
        .env(STORE, dir)
        .env(WRITER, writer)
        .env(COUNT, count.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    // Taken, as waiting for a child closes what it has.
    let line = child.stdin.take().unwrap();
    Writer { child, _line: line }
}

/// Half of the writers are threads, half are processes. Returns what the threads counted.
pub(crate) fn race(dir: &Path, open: Open, writers: usize, count: u64) -> Tally {
    open(dir);
    let mut children: Vec<_> = (0..writers / 2)
        .map(|n| start(dir, &format!("p{n}"), count))
        .collect();
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (writers / 2..writers)
            .map(|n| {
                scope.spawn(move || {
                    let writer = format!("t{n}");
                    write(&*open(dir), &acks(dir, &writer), &writer, count)
                })
            })
            .collect();
        for thread in threads {
            let one = thread.join().unwrap();
            tally.acknowledged += one.acknowledged;
            tally.rejected += one.rejected;
        }
    });
    for writer in &mut children {
        assert!(writer.child.wait().unwrap().success());
    }
    let length = check(dir, open);
    assert_eq!(length, writers as u64 * count, "acknowledged = length");
    tally
}

/// Loses the answer of every tenth append, and sends every tenth one twice: each operation is there
/// exactly once.
pub(crate) fn lose_answers(store: &dyn LedgerStore, count: u64) {
    let mut head = store.head(&stream()).unwrap();
    for number in 0..count {
        let op = OpId::new(format!("op-{number}")).unwrap();
        let body = [format!("event {number}").into_bytes()];
        let mut answer = store.append(&stream(), &head, &op, &body);
        if number % 10 == 7 {
            // It hears nothing and sends the same again: refused, not doubled.
            let again = store.append(&stream(), &head, &op, &body);
            assert!(
                matches!(again, Err(AppendError::Conflict { .. })),
                "{again:?}"
            );
        }
        if number % 10 == 3 || number % 10 == 7 {
            // It was written; the caller hears nothing.
            answer = Err(AppendError::Unknown {
                cause: "the line broke".to_owned(),
            });
        }
        head = match answer {
            Ok(head) => head,
            Err(_) => {
                let found = store.resolve(&stream(), &op, head.seq + 1);
                found.unwrap().unwrap()
            }
        };
    }
    let mut ops = Vec::new();
    let read = store.read(&stream(), 1, &mut |record| {
        ops.push(record.op.to_string());
        true
    });
    assert_eq!(read, Ok(head));
    let expected: Vec<_> = (0..count).map(|number| format!("op-{number}")).collect();
    assert_eq!(ops, expected, "exactly one record per operation");
}

/// A disk of its own, in memory, where this user may mount one.
struct SmallDisk {
    dir: tempfile::TempDir,
}

impl SmallDisk {
    fn new(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        testkit::program("mount")?;
        let disk = Self { dir };
        disk.mount(&["-t", "tmpfs", "-o", size, "none"])
            .then_some(disk)
    }

    fn mount(&self, args: &[&str]) -> bool {
        let output = Command::new("mount")
            .args(args)
            .arg(self.dir.path())
            .output();
        output.unwrap().status.success()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.dir.path()).output();
    }
}

/// Fills a disk up, and makes it read-only: a sentence with a remedy, nothing half done, and on it goes.
pub(crate) fn fill_disk(open: Open) {
    let Some(disk) = SmallDisk::new("size=2m") else {
        return;
    };
    let store = open(&disk.dir.path().join("store"));
    let append = |head: &Head, number: u64| {
        let hash = promenade_digest::Digest::sha256(&number.to_be_bytes());
        // What a compressor cannot make smaller.
        let body: Vec<u8> = (0..512_u64)
            .flat_map(|n| {
                promenade_digest::Digest::sha256(&[hash.as_bytes(), &n.to_be_bytes()[..]].concat())
                    .as_bytes()
                    .to_vec()
            })
            .collect();
        let op = OpId::new(format!("op-{number}")).unwrap();
        store.append(&stream(), head, &op, &[body])
    };
    let mut head = Head::EMPTY;
    let mut number = 0;
    let error = loop {
        match append(&head, number) {
            Ok(new) => head = new,
            Err(error) => break error,
        }
        number += 1;
        assert!(number < 1000, "the disk is never full");
    };
    assert!(number > 3, "some were written");
    let remedy = error.to_string();
    assert!(remedy.contains("make room on the disk"), "{remedy}");
    assert_eq!(store.read(&stream(), 1, &mut |_| true), Ok(head));
    assert!(disk.mount(&["-o", "remount,size=8m"]));
    head = append(&head, number).unwrap();
    assert!(disk.mount(&["-o", "remount,ro"]));
    let remedy = append(&head, number + 1).unwrap_err().to_string();
    assert!(remedy.contains("let this user write to"), "{remedy}");
    assert_eq!(store.read(&stream(), 1, &mut |_| true), Ok(head));
    assert!(disk.mount(&["-o", "remount,rw"]));
    assert_eq!(append(&head, number + 1).unwrap().seq, head.seq + 1);
}

/// Kills writers, `kills` times over, and starts each again. Returns the longest time that a fresh
/// writer waited for its first append after a kill, whatever else the machine did.
pub(crate) fn kill(dir: &Path, open: Open, kills: usize) -> Duration {
    open(dir);
    let name = |n: usize| format!("w{n}");
    let mut children: Vec<_> = (0..4).map(|n| start(dir, &name(n), u64::MAX)).collect();
    let mut longest = Duration::ZERO;
    let mut number = 0;
    while number < kills {
        std::thread::sleep(Duration::from_micros(4000 + (number as u64 * 7919) % 9000));
        if number % 40 < 36 {
            let at = number % children.len();
            end(&mut children[at]);
            children[at] = start(dir, &name(at), u64::MAX);
            number += 1;
            continue;
        }
        // All at once, so that nobody but the next writer is there to go on.
        children.iter_mut().for_each(end);
        number += children.len();
        longest = longest.max(next_writer(dir, open, number));
        children = (0..4).map(|n| start(dir, &name(n), u64::MAX)).collect();
    }
    children.iter_mut().for_each(end);
    // A number of its own: the last round may have ended with one of these.
    longest = longest.max(next_writer(dir, open, number + 1));
    check(dir, open);
    longest
}

/// Ends a process at once, wherever it is.
fn end(writer: &mut Writer) {
    writer.child.kill().unwrap();
    writer.child.wait().unwrap();
}

/// Appends one record and returns how long it waited for anything but the processor.
fn next_writer(dir: &Path, open: Open, number: usize) -> Duration {
    let op = OpId::new(format!("next-{number}")).unwrap();
    let mut head = Head::EMPTY;
    let waited = testkit::clock::waited(|| {
        let store = open(dir);
        let before = store.head(&stream()).unwrap();
        let body = [b"the next".to_vec()];
        head = store.append(&stream(), &before, &op, &body).unwrap();
    });
    std::fs::write(acks(dir, op.as_str()), format!("{op} {head}\n")).unwrap();
    waited
}

/// Checks that every acknowledged append is in the chain exactly once, where it was said to be, and
/// that no operation is there twice. Returns the length of the chain.
fn check(dir: &Path, open: Open) -> u64 {
    check_store(dir, &*open(dir))
}

pub(crate) fn check_store(dir: &Path, store: &dyn LedgerStore) -> u64 {
    let mut chain: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let head = store
        .read(&stream(), 1, &mut |record| {
            let at = record.head().to_string();
            chain.entry(record.op.to_string()).or_default().push(at);
            true
        })
        .unwrap();
    for (op, places) in &chain {
        assert_eq!(places.len(), 1, "{op} is there twice");
    }
    let mut acknowledged = 0;
    for file in std::fs::read_dir(dir.with_extension("acks")).unwrap() {
        for (op, place) in read_acks(&file.unwrap().path()) {
            assert_eq!(chain.get(&op), Some(&vec![place]), "{op} was acknowledged");
            acknowledged += 1;
        }
    }
    assert!(acknowledged > 0);
    head.seq
}
