//! Large ledgers and large states, against the limit of the machine.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::time::Instant;

use promenade_digest::Digest;
use promenade_promotion::ledger::{Head, OpId, Record, StreamId};
use promenade_promotion::{
    Accepts, Command, Context, Event, EventKind, GateRule, Outcome, Policy, PolicyRules, Replay,
    State, Verdict, decide,
};

use crate::support::*;

/// Writes a ledger: versions that are checked over and over, as a busy pipeline does.
fn write(path: &std::path::Path, records: usize) -> Head {
    let stream = StreamId::new("app").unwrap();
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut head = Head::EMPTY;
    let mut push = |kind: EventKind, n: usize| {
        let at = time(T0) + chrono::TimeDelta::seconds(i64::try_from(n).unwrap());
        let by = "ci:https://ci.example/acme/app/.ci/release"
            .parse()
            .unwrap();
        let event = Event {
            at: at.into(),
            by,
            kind,
            policy: Some(Digest::sha256(b"policy")),
        };
        let op = OpId::new(format!("op-{n:08}")).unwrap();
        let record = Record::after(&head, &stream, &op, event.canonical_bytes());
        head = record.head();
        let bytes = record.canonical_bytes();
        file.write_all(&u32::try_from(bytes.len()).unwrap().to_le_bytes())
            .unwrap();
        file.write_all(&bytes).unwrap();
    };
    for n in 0..records {
        let version = format!("1.{}.0-rc.1", n / 500);
        let kind = if n % 500 == 0 {
            EventKind::CandidateRegistered {
                artifacts: artifacts(&version),
                commit: commit(&version),
                lane: promenade_promotion::Lane::Regular,
                tag: Some(format!("v{version}")),
                version: version.parse().unwrap(),
            }
        } else {
            EventKind::CheckRecorded {
                artifacts: artifacts(&version).identity(),
                environment: None,
                gate: format!("integration-{}", n % 20).parse().unwrap(),
                outcome: Outcome::Pass,
                reason: Some(format!(
                    "https://ci.example/acme/app/actions/runs/{n:012}/attempts/1"
                )),
            }
        };
        push(kind, n);
    }
    file.flush().unwrap();
    head
}

/// Calls `visit` with each record's bytes.
fn read(path: &std::path::Path, visit: &mut dyn FnMut(&[u8])) {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).unwrap());
    let mut bytes = Vec::new();
    let mut length = [0; 4];
    while file.read_exact(&mut length).is_ok() {
        bytes.resize(u32::from_le_bytes(length) as usize, 0);
        file.read_exact(&mut bytes).unwrap();
        visit(&bytes);
    }
}

/// The most memory that this process ever held, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or("VmHWM: 0 kB");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_long_ledger_replays_in_a_few_passes_of_its_hash_and_little_memory() {
    let records = testkit::scale(20_000, 1_000_000);
    let path = std::env::temp_dir().join(format!("promenade-replay-{}", std::process::id()));
    let head = write(&path, records);
    let before = peak_kib();
    let mut size_bytes = 0;
    let hashing = testkit::clock::worked(|| {
        read(&path, &mut |bytes| {
            std::hint::black_box(Digest::sha256(bytes));
            size_bytes += bytes.len();
        });
    });
    let mut replay = Replay::new(&StreamId::new("app").unwrap());
    let replaying = testkit::clock::worked(|| {
        read(&path, &mut |bytes| {
            replay.step(&Record::parse(bytes).unwrap()).unwrap()
        });
    });
    std::fs::remove_file(&path).unwrap();
    let ratio = replaying.as_secs_f64() / hashing.as_secs_f64();
    println!(
        "{records} records, {size_bytes} bytes: hash {hashing:?}, replay {replaying:?}, ratio {ratio:.2}, peak {} KiB",
        peak_kib(),
    );
    assert_eq!(replay.head(), head);
    // The peak is that of the process: it means something where each test has one of its own.
    let alone = std::env::var_os("NEXTEST").is_some();
    let peak = peak_kib().max(before);
    assert!(!alone || peak <= 64 * 1024, "{peak} KiB");
    // Timings are judged where everything is optimised.
    assert!(cfg!(debug_assertions) || ratio <= 3.0, "{ratio}");
}

#[test]
fn every_blocker_of_a_large_state_is_found_quickly() {
    let gates: Vec<GateRule> = (0..20).map(|n| check(&format!("gate-{n}"))).collect();
    let names: Vec<String> = (0..8).map(|n| format!("env-{n}")).collect();
    let environments = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let after: Vec<&str> = n
                .checked_sub(1)
                .map(|before| names[before].as_str())
                .into_iter()
                .collect();
            rule(name, Accepts::Candidate, &after, gates.clone())
        })
        .collect();
    let policy = Policy::build(PolicyRules {
        environments,
        ..PolicyRules::default()
    })
    .unwrap();
    let context = Context::new("ssh:ann".parse().unwrap(), time(T0));
    let mut state = State::default();
    let mut run = |command: &Command| match decide(&state, command, &policy, &context) {
        Verdict::Advance(events) => events.iter().for_each(|event| state.apply(event).unwrap()),
        Verdict::Hold(blockers) => panic!("{blockers}"),
    };
    let versions: Vec<String> = (0..200).map(|n| format!("1.{n}.0-rc.1")).collect();
    for version in &versions {
        run(&register(version, version));
        for gate in (0..20).step_by(2) {
            run(&Command::RecordCheck {
                artifacts: artifacts(version).identity(),
                environment: None,
                gate: format!("gate-{gate}").parse().unwrap(),
                outcome: Outcome::Pass,
                reason: None,
            });
        }
    }
    let mut times = Vec::new();
    for version in &versions {
        for name in &names {
            let command = promote(name, version);
            let start = Instant::now();
            let verdict = decide(&state, &command, &policy, &context);
            times.push(start.elapsed());
            assert!(verdict.blockers().len() >= 10);
        }
    }
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    println!(
        "{} verdicts: median {:?}, p99 {p99:?}",
        times.len(),
        times[times.len() / 2]
    );
    assert!(cfg!(debug_assertions) || p99.as_micros() <= 100, "{p99:?}");
}
