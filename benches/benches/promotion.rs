//! Promotion against its limits: a replay against one hash pass over the same bytes, an event's bytes
//! against `serde_json`, a verdict against the copy of the state it is judged on.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use promenade::digest::Digest;
use promenade::promotion::ledger::{Head, OpId, Record, StreamId};
use promenade::promotion::{
    Accepts, Artifacts, Command, Condition, Context, EnvironmentRule, Event, EventKind, Lane,
    Outcome, Policy, PolicyRules, Replay, State, Verdict, decide,
};

fn artifacts(n: usize) -> Artifacts {
    let digest = Digest::sha256(n.to_string().as_bytes());
    Artifacts::new([("app.tar.gz", digest)]).expect("one name is a set")
}

fn event(n: usize) -> Event {
    let build = n / 500;
    let kind = if n.is_multiple_of(500) {
        EventKind::CandidateRegistered {
            artifacts: artifacts(build),
            commit: format!("{build:040x}").parse().expect("forty digits"),
            lane: Lane::Regular,
            tag: Some(format!("v1.{build}.0-rc.1")),
            version: format!("1.{build}.0-rc.1").parse().expect("a version"),
        }
    } else {
        EventKind::CheckRecorded {
            artifacts: artifacts(build).identity(),
            environment: None,
            gate: format!("integration-{}", n % 20).parse().expect("a name"),
            outcome: Outcome::Pass,
            reason: Some(format!(
                "https://ci.example/acme/app/actions/runs/{n:012}/attempts/1"
            )),
        }
    };
    let at: chrono::DateTime<chrono::Utc> = "2026-11-02T08:00:00Z".parse().expect("a time");
    Event {
        at: at.into(),
        by: "ci:https://ci.example/acme/app".parse().expect("an actor"),
        kind,
        policy: Some(Digest::sha256(b"policy")),
    }
}

fn ledger(stream: &StreamId, records: usize) -> Vec<Vec<u8>> {
    let mut head = Head::EMPTY;
    (0..records)
        .map(|n| {
            let op = OpId::new(format!("op-{n:08}")).expect("a name");
            let record = Record::after(&head, stream, &op, event(n).canonical_bytes());
            head = record.head();
            record.canonical_bytes()
        })
        .collect()
}

fn replay(c: &mut Criterion) {
    let stream = StreamId::new("app").expect("a name");
    let ledger = ledger(&stream, 10_000);
    let bytes: usize = ledger.iter().map(Vec::len).sum();
    let mut group = c.benchmark_group("replay 10,000 records");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("limit: one SHA-256 pass", |b| {
        b.iter(|| {
            for bytes in &ledger {
                black_box(Digest::sha256(bytes));
            }
        });
    });
    group.bench_function("verified replay", |b| {
        b.iter(|| {
            let mut replay = Replay::new(&stream);
            for bytes in &ledger {
                let record = Record::parse(bytes).expect("a record");
                replay.step(&record).expect("the next record");
            }
            replay.head()
        });
    });
    group.finish();
}

fn codec(c: &mut Criterion) {
    let bytes = event(1).canonical_bytes();
    let mut group = c.benchmark_group("one event from its bytes");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("peer: serde_json::Value", |b| {
        b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(&bytes)).expect("JSON"));
    });
    group.bench_function("Event::parse", |b| {
        b.iter(|| Event::parse(black_box(&bytes)).expect("an event"));
    });
    group.finish();
}

fn verdicts(c: &mut Criterion) {
    let mut environments = Vec::new();
    for n in 0..8 {
        let name = format!("env-{n}").parse().expect("a name");
        let mut rule = EnvironmentRule::new(name, Accepts::Candidate);
        let gate = |n: i32| Condition::Check(format!("gate-{n}").parse().expect("a name")).into();
        rule.gates = (0..20).map(gate).collect();
        environments.push(rule);
    }
    let rules = PolicyRules {
        environments,
        ..PolicyRules::default()
    };
    let policy = Policy::build(rules).expect("sound rules");
    let at: chrono::DateTime<chrono::Utc> = "2026-11-02T08:00:00Z".parse().expect("a time");
    let context = Context::new("ssh:ann".parse().expect("an actor"), at);
    let mut state = State::default();
    for n in 0..200 {
        state.apply(&event(500 * n)).expect("lawful");
    }
    let promote = Command::Promote {
        automated: false,
        consent: None,
        derived: None,
        environment: "env-7".parse().expect("a name"),
        subject: "1.100.0-rc.1".parse().expect("a version"),
    };
    let mut group = c.benchmark_group("verdict, 8 environments, 200 candidates, 20 gates");
    group.bench_function("limit: a copy of the state", |b| {
        b.iter(|| black_box(&state).clone())
    });
    group.bench_function("decide with all blockers", |b| {
        b.iter(
            || match decide(black_box(&state), &promote, &policy, &context) {
                Verdict::Hold(blockers) => blockers.as_slice().len(),
                Verdict::Advance(_) => 0,
            },
        );
    });
    group.finish();
}

criterion_group!(benches, replay, codec, verdicts);
criterion_main!(benches);
