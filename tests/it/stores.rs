//! One ledger, whatever it is kept in; and the ledger of the first version, kept for ever.

use chrono::{DateTime, Utc};
use promenade::digest::Digest;
use promenade::git::{GitLedger, Ident, Repository};
use promenade::process::Process;
use promenade::promotion::ledger::{Head, LedgerStore, MemoryLedger, OpId, Record, StreamId};
use promenade::promotion::{
    Artifacts, Command, Context, Done, Journal, Lane, Outcome, Policy, replay,
};
use promenade::store::{FileLedger, Snapshots};

/// The records that version 0.1 wrote; they may never change, nor may what is read from them.
const GOLDEN: &[u8] = include_bytes!("golden/ledger-1");
const GOLDEN_HEAD: &str =
    "8@sha256:3032a7754d4440b5be98a39573a9115897566a6ecc9da35f336933adf99c6220";
const GOLDEN_STATE: &str =
    "sha256:744c942c6037d48f8ea32f3b94365d29c3c18fe0dfb9e671574d54f7a507e177";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn stream() -> StreamId {
    StreamId::new("ledger").unwrap()
}

fn policy() -> Policy {
    let text = r#"
        [process]
        format = 1
        name = "acme"

        [version]
        scheme = "semver"
        below-one = "breaking-is-minor"

        [[environment]]
        name = "staging"
        accepts = "candidate"
        gates = [{ check = "smoke" }, { approvals = { count = 1, from = ["maintainers"] } }]

        [[person]]
        name = "ada"
        keys = ["ssh:SHA256:ada"]
        roles = ["maintainers"]
    "#;
    Process::parse("release.toml", text)
        .unwrap()
        .promotion()
        .clone()
}

/// Takes the steps of a small story, each as an operation of its own.
fn play(store: &dyn LedgerStore) -> Head {
    let policy = policy();
    let journal = Journal::new(store, stream(), &policy);
    let artifacts =
        |text: &str| Artifacts::new([("app", Digest::sha256(text.as_bytes()))]).unwrap();
    let candidate = |n: u8| Command::RegisterCandidate {
        artifacts: artifacts(&format!("app {n}")),
        commit: format!("{n:040}").parse().unwrap(),
        lane: Lane::Regular,
        tag: Some(format!("v1.0.0-rc.{n}")),
        version: format!("1.0.0-rc.{n}").parse().unwrap(),
    };
    let (subject, environment) = ("1.0.0-rc.2".parse().unwrap(), "staging".parse().unwrap());
    let commands = [
        candidate(1),
        Command::Reject {
            reason: "it does not start: \u{201c}no \u{e4}rger\u{201d}".to_owned(),
            version: "1.0.0-rc.1".parse().unwrap(),
        },
        candidate(2),
        Command::RecordCheck {
            artifacts: artifacts("app 2").identity(),
            environment: None,
            gate: "smoke".parse().unwrap(),
            outcome: Outcome::Pass,
            reason: None,
        },
        Command::Freeze {
            environments: [].into(),
            from: at("2026-12-24T00:00:00Z"),
            id: "holidays".parse().unwrap(),
            reason: "nobody is here".to_owned(),
            until: Some(at("2027-01-02T00:00:00Z")),
        },
        Command::Approve {
            environment,
            subject,
        },
        Command::Promote {
            automated: false,
            consent: None,
            derived: None,
            environment: "staging".parse().unwrap(),
            subject: "1.0.0-rc.2".parse().unwrap(),
        },
        Command::Thaw {
            id: "holidays".parse().unwrap(),
        },
    ];
    for (number, command) in commands.iter().enumerate() {
        let now = at("2026-11-21T08:00:00Z") + chrono::TimeDelta::minutes(number as i64);
        let context = Context::new("ssh:SHA256:ada".parse().unwrap(), now);
        let op = OpId::new(format!("op-{number}")).unwrap();
        let done = journal.run(&op, command, &context).unwrap();
        assert!(
            matches!(done, Done::Appended { .. }),
            "{command:?}: {done:?}"
        );
    }
    store.head(&stream()).unwrap()
}

fn records(store: &dyn LedgerStore) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let read = store.read(&stream(), 1, &mut |record| {
        records.push(record.canonical_bytes());
        true
    });
    read.unwrap();
    records
}

#[test]
fn memory_files_and_git_hold_the_same_bytes_and_replay_to_the_same_state() {
    let dir = tempfile::tempdir().unwrap();
    let memory = MemoryLedger::default();
    let files = FileLedger::open(dir.path().join("files"))
        .unwrap()
        .seal_after(3);
    let repository = Repository::init(dir.path().join("git")).unwrap();
    let who = Ident::new(
        "Ada",
        "ada@example.org",
        at("2026-11-21T08:00:00Z").fixed_offset(),
    );
    let git = GitLedger::new(&repository, &who.unwrap());
    let stores: [&dyn LedgerStore; 3] = [&memory, &files, &git];
    let heads = stores.map(play);
    assert_eq!([heads[0]; 3], heads);
    let all = stores.map(records);
    assert_eq!(all[0].len(), 8);
    assert_eq!([&all[0]; 3], [&all[0], &all[1], &all[2]]);
    let states = stores.map(|store| replay(store, &stream()).unwrap().0.hash());
    assert_eq!([states[0]; 3], states);
    // From a snapshot as well, beside whichever store.
    for (number, store) in stores.into_iter().enumerate() {
        let kept = dir.path().join(format!("kept-{number}"));
        std::fs::create_dir(&kept).unwrap();
        let snapshots = Snapshots::in_dir(kept).every(1);
        for from in [0, heads[0].seq] {
            let restored = snapshots.replay(store, &stream()).unwrap();
            assert_eq!((restored.from, restored.notes), (from, vec![]));
            assert_eq!(restored.replay.state().hash(), states[0]);
        }
    }
}

#[test]
fn the_ledger_of_the_first_version_replays_for_ever() {
    let memory = MemoryLedger::default();
    let (mut rest, mut head) = (GOLDEN, Head::EMPTY);
    while !rest.is_empty() {
        let (record, own) = Record::parse_first(rest).unwrap();
        rest = &rest[own.len()..];
        assert_eq!(record.canonical_bytes(), own);
        head = memory
            .append(
                &stream(),
                &head,
                &record.op,
                std::slice::from_ref(&record.body),
            )
            .unwrap();
    }
    assert_eq!(records(&memory).concat(), GOLDEN, "byte for byte");
    assert_eq!(head.to_string(), GOLDEN_HEAD);
    let (state, _) = replay(&memory, &stream()).unwrap();
    assert_eq!(state.hash().to_string(), GOLDEN_STATE);
}
