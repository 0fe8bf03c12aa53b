//! Snapshots: a replay begins at the newest one that can be used, and ends in the same state.

use promenade_digest::Digest;
use promenade_promotion::ledger::{LedgerStore, MemoryLedger};
use promenade_promotion::{
    Artifacts, Command, Context, Done, Journal, Lane, Policy, PolicyRules, Snapshot, replay,
};
use promenade_store::{FileLedger, Snapshots};

use crate::support::{op, recorded, stream};

/// Appends real events: candidates from number `from` on.
fn candidates(store: &dyn LedgerStore, from: u64, to: u64) {
    let policy = Policy::build(PolicyRules::default()).unwrap();
    let journal = Journal::new(store, stream(), &policy);
    let at: chrono::DateTime<chrono::Utc> = "2026-11-21T08:00:00Z".parse().unwrap();
    let context = Context::new("ci:build".parse().unwrap(), at);
    for n in from..=to {
        let digest = Digest::sha256(n.to_string().as_bytes());
        let command = Command::RegisterCandidate {
            artifacts: Artifacts::new([("app", digest)]).unwrap(),
            commit: digest.encoded()[..40].parse().unwrap(),
            lane: Lane::Regular,
            tag: None,
            version: format!("1.{n}.0-rc.1").parse().unwrap(),
        };
        let done = journal.run(&op(format!("c-{n}")), &command, &context);
        assert!(matches!(done, Ok(Done::Appended { .. })), "{done:?}");
    }
}

struct House {
    dir: tempfile::TempDir,
    ledger: FileLedger,
    snapshots: Snapshots,
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
        let ledger = FileLedger::open(dir.path()).unwrap().seal_after(8);
        let snapshots = Snapshots::in_dir(dir.path()).every(10);
        Self {
            dir,
            ledger,
            snapshots,
        }
    }

    /// Replays from a snapshot and from the start, which must agree; gives where it began, and notes.
    #[track_caller]
    fn replay(&self) -> (u64, Vec<String>) {
        let (state, head) = replay(&self.ledger, &stream()).unwrap();
        let restored = self.snapshots.replay(&self.ledger, &stream()).unwrap();
        assert_eq!(restored.replay.head(), head);
        assert_eq!(restored.replay.state().hash(), state.hash());
        (restored.from, restored.notes)
    }

    fn names(&self) -> Vec<u64> {
        let entries = std::fs::read_dir(self.path("")).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .parse()
                .unwrap()
        };
        let mut names: Vec<u64> = entries.map(name).collect();
        names.sort_unstable();
        names
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join("ledger/snapshots").join(name)
    }
}

#[test]
fn a_replay_begins_at_the_newest_snapshot() {
    let house = House::new();
    candidates(&house.ledger, 1, 9);
    assert_eq!(house.replay(), (0, vec![]), "too few for one");
    assert!(!house.path("").exists());
    candidates(&house.ledger, 10, 12);
    assert_eq!(house.replay(), (0, vec![]));
    candidates(&house.ledger, 13, 15);
    assert_eq!(house.replay(), (12, vec![]));
    for to in [22, 32, 42] {
        candidates(
            &house.ledger,
            house.ledger.head(&stream()).unwrap().seq + 1,
            to,
        );
        house.replay();
    }
    assert_eq!(house.names(), [32, 42], "two are kept, and no litter");
    assert_eq!(house.replay(), (42, vec![]));
}

#[test]
fn a_snapshot_that_was_changed_is_passed_over_with_a_note() {
    let house = House::new();
    candidates(&house.ledger, 1, 12);
    house.replay();
    candidates(&house.ledger, 13, 24);
    house.replay();
    candidates(&house.ledger, 25, 26);
    let newest = house.path(&format!("{:020}", 24));
    let whole = std::fs::read(&newest).unwrap();
    for at in (0..whole.len()).step_by(testkit::scale(97, 1)) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&newest, bytes).unwrap();
        let (from, notes) = house.replay();
        assert_eq!((from, notes.len()), (12, 1), "byte {at}: {notes:?}");
        // 14 records since the older one: a new one is taken.
        std::fs::remove_file(house.path(&format!("{:020}", 26))).unwrap();
        if !house.path(&format!("{:020}", 12)).exists() {
            candidates_snapshot(&house, 12);
        }
    }
    std::fs::write(&newest, &whole[..whole.len() / 2]).unwrap();
    let older = house.path(&format!("{:020}", 12));
    std::fs::write(&older, &whole).unwrap();
    let (from, notes) = house.replay();
    assert_eq!(from, 0);
    assert!(
        notes[0].contains("expected `promenade-snapshot 1`"),
        "{notes:?}"
    );
    assert!(notes[1].contains("it is one of record 24"), "{notes:?}");
    assert_eq!(house.replay(), (26, vec![]), "and a new one was taken");
}

/// Puts the snapshot of a record back.
fn candidates_snapshot(house: &House, seq: u64) {
    let mut replay = promenade_promotion::Replay::new(&stream());
    house
        .ledger
        .read(&stream(), 1, &mut |record| {
            replay.step(&record).unwrap();
            record.seq < seq
        })
        .unwrap();
    std::fs::write(
        house.path(&format!("{seq:020}")),
        Snapshot::of(&replay).to_bytes(),
    )
    .unwrap();
}

#[test]
fn a_snapshot_of_another_ledger_is_passed_over() {
    let house = House::new();
    candidates(&house.ledger, 1, 12);
    house.replay();
    let other = MemoryLedger::default();
    candidates(&other, 3, 20);
    let restored = house.snapshots.replay(&other, &stream()).unwrap();
    assert_eq!(restored.from, 0);
    assert!(
        restored.notes[0].contains("does not hold record 12@sha256:"),
        "{:?}",
        restored.notes
    );
    let (state, head) = replay(&other, &stream()).unwrap();
    assert_eq!(restored.replay.head(), head);
    assert_eq!(restored.replay.state().hash(), state.hash());
}

#[test]
fn a_disk_that_fails_costs_the_snapshot_and_not_the_replay() {
    let dir = tempfile::tempdir_in(testkit::disk::in_memory()).unwrap();
    let ledger = FileLedger::open(dir.path().join("store")).unwrap();
    candidates(&ledger, 1, 12);
    let root = dir.path().join("kept");
    std::fs::create_dir(&root).unwrap();
    let (_, recorder) = recorded(&root);
    let snapshots = Snapshots::with_files(&root, recorder.clone()).every(10);
    for at in 0..5 {
        recorder.take();
        *recorder.fail.lock().unwrap() = Some((at, std::io::ErrorKind::StorageFull));
        let restored = snapshots.replay(&ledger, &stream()).unwrap();
        assert_eq!(restored.replay.head().seq, 12);
        assert!(
            restored.notes[0].contains("make room on the disk"),
            "{:?}",
            restored.notes
        );
    }
    *recorder.fail.lock().unwrap() = None;
    recorder.take();
    let restored = snapshots.replay(&ledger, &stream()).unwrap();
    assert_eq!((restored.from, restored.notes), (0, vec![]));
    assert_eq!(snapshots.replay(&ledger, &stream()).unwrap().from, 12);
}
