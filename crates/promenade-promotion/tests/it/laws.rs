//! Laws over random values and random histories.

use chrono::TimeDelta;
use promenade_promotion::ledger::{Head, LedgerStore as _, MemoryLedger, OpId, StreamId};
use promenade_promotion::{
    Accepts, Command, Context, Event, EventKind, Policy, PolicyRules, Rank, Reference, Replay,
    Snapshot, State, Verdict, decide, strategy,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::*;

/// Four environments with every kind of gate that a random history can pass.
pub(crate) fn rules() -> PolicyRules {
    let approvals = r#"{"approvals": {"count": 1, "from": ["maintainers"], "expires": "30d"}}"#;
    let mut rules = PolicyRules {
        environments: vec![
            rule("testing", Accepts::Commit, &[], vec![]),
            rule(
                "staging",
                Accepts::Candidate,
                &["testing"],
                vec![check("smoke")],
            ),
            rule(
                "preprod",
                Accepts::Candidate,
                &["testing"],
                vec![gate(approvals)],
            ),
            rule(
                "mainnet",
                Accepts::Candidate,
                &["staging"],
                vec![gate(r#"{"soak": {"for": "1d", "in": "staging"}}"#)],
            ),
        ],
        ..two_stages()
    };
    rules.environments[0].queue = promenade_promotion::Queue::Parallel;
    rules.environments[2].queue = promenade_promotion::Queue::Queued;
    rules.environments[2].after_rollback = promenade_promotion::AfterRollback::Newer;
    rules.release.after = Some(promenade_promotion::After::default());
    rules
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_event_is_its_bytes(event in strategy::event()) {
        let bytes = event.canonical_bytes();
        prop_assert_eq!(Event::parse(&bytes), Ok(event));
        // JSON as others read it, with its keys sorted, is the same text.
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(serde_json::to_string(&value).unwrap().into_bytes(), bytes);
    }

    #[test]
    fn what_can_be_read_is_written_the_same(event in strategy::event(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = event.canonical_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Event::parse(&bytes) {
            prop_assert_eq!(read.canonical_bytes(), bytes);
        }
    }

    #[test]
    fn rules_have_the_shape_of_the_process_file(rules in strategy::environments()) {
        let text = serde_json::to_string(&rules).unwrap();
        let read: Vec<promenade_promotion::EnvironmentRule> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &rules);
        let policy = |environments| Policy::build(PolicyRules { environments, ..PolicyRules::default() }).unwrap();
        prop_assert_eq!(policy(read).digest(), policy(rules).digest());
    }
}

/// Runs a history; gives the state and the events. Every verdict is checked on the way.
fn history(commands: &[(Command, &str, i64)]) -> Result<(State, Vec<Event>, usize), TestCaseError> {
    let policy = Policy::build(rules()).unwrap();
    let mut state = State::default();
    let mut reference = Reference::default();
    let mut events = Vec::new();
    let mut held = 0;
    let mut now = time("2026-10-19T08:00:00Z");
    for (command, by, hours) in commands {
        now += TimeDelta::hours(*hours);
        let context = Context::new(format!("ssh:{by}").parse().unwrap(), now);
        let verdict = decide(&state, command, &policy, &context);
        // INV-6: the same inputs, the same decision.
        prop_assert_eq!(&verdict, &decide(&state, command, &policy, &context));
        match verdict {
            Verdict::Advance(new) => {
                for event in new {
                    let judged = reference.step(&policy, &event);
                    prop_assert_eq!(judged, Ok(()), "{:?}", event);
                    state
                        .apply(&event)
                        .map_err(|error| TestCaseError::fail(error.to_string()))?;
                    events.push(event);
                }
            }
            Verdict::Hold(blockers) => {
                held += 1;
                // INV-44: every no has an excuse, and every no for now says what changes it.
                prop_assert!(!blockers.as_slice().is_empty());
                for blocker in blockers.as_slice() {
                    let clears = blocker.clears_at.is_some() || blocker.clears_by.is_some();
                    prop_assert_eq!(clears, blocker.rank != Rank::Permanent, "{}", blocker);
                }
                let ranks: Vec<_> = blockers
                    .as_slice()
                    .iter()
                    .map(|blocker| blocker.rank)
                    .collect();
                prop_assert!(ranks.is_sorted());
            }
        }
    }
    Ok((state, events, held))
}

fn commands() -> impl Strategy<Value = Vec<(Command, &'static str, i64)>> {
    let by = prop::sample::select(&["ann", "bob", "cyd"][..]);
    vec((strategy::command(), by, -5..30_i64), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(testkit::scale(300, 20_000)).unwrap()))]

    #[test]
    fn random_histories_keep_the_invariants(commands in commands()) {
        let (state, events, _) = history(&commands)?;
        // INV-36: the same ledger, the same state, by replay and by snapshot.
        let store = MemoryLedger::default();
        let stream = StreamId::new("app").unwrap();
        let mut head = Head::EMPTY;
        let mut middle = Replay::new(&stream);
        for (index, event) in events.iter().enumerate() {
            let op = OpId::new(format!("op-{index}")).unwrap();
            head = store.append(&stream, &head, &op, &[event.canonical_bytes()]).unwrap();
            if index == events.len() / 2 {
                middle.read_on(&store).unwrap();
            }
        }
        let (replayed, at) = promenade_promotion::replay(&store, &stream).unwrap();
        prop_assert_eq!(at, head);
        prop_assert_eq!(replayed.hash(), state.hash());
        let snapshot = Snapshot::parse(&Snapshot::of(&middle).to_bytes()).unwrap();
        let resumed = snapshot.resume(&store, &stream).unwrap();
        prop_assert_eq!(resumed.state(), &state);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(testkit::scale(200, 10_000)).unwrap()))]

    #[test]
    fn an_event_that_is_refused_changes_nothing_but_the_clock(
        commands in commands(),
        strangers in vec(strategy::event(), 40),
    ) {
        let (mut state, events, _) = history(&commands)?;
        // Events of elsewhere, and those of this history a second time.
        for event in strangers.iter().chain(&events) {
            let before = state.clone();
            if state.apply(event).is_err() {
                let clock = state.clock;
                state.clock = before.clock;
                prop_assert_eq!(&state, &before, "{:?}", event);
                state.clock = clock;
            }
        }
    }
}

#[test]
fn random_histories_reach_every_kind_of_event_they_can() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    let mut held = 0;
    for _ in 0..200 {
        let commands = commands().new_tree(&mut runner).unwrap().current();
        let (_, events, no) = history(&commands).unwrap();
        held += no;
        seen.extend(events.iter().map(|event| event.kind.name().to_owned()));
    }
    assert!(held > 1_000);
    let missing: Vec<_> = EventKind::NAMES
        .iter()
        .filter(|name| !seen.contains(**name))
        .collect();
    insta::assert_debug_snapshot!(missing, @r#"
    [
        "adopted",
        "build-recorded",
        "scheduled",
        "rolled-back",
        "effect-intended",
        "effect-settled",
        "sealed",
        "disclosed",
        "extension",
    ]
    "#);
}

#[test]
fn an_event_of_a_newer_version_is_read_and_stops_writing() {
    // INV-38.
    let bytes = br#"{"at":"2026-11-21T08:00:00Z","by":"ci:build","clocks":{},"event":"teleported","fields":{"to":["a",1]},"format":1,"policy":null}"#;
    let event = Event::parse(bytes).unwrap();
    assert_eq!(event.canonical_bytes(), bytes);
    let mut bench = Bench::new(two_stages());
    bench.candidate("1.0.0-rc.1");
    bench.state.apply(&event).unwrap();
    insta::assert_snapshot!(bench.held(reject("1.0.0-rc.1")), @r"format (unknown): the ledger holds events of kind `teleported`, which this version does not know; clears by a newer version of Promenade");
    let newer = String::from_utf8(bytes.to_vec())
        .unwrap()
        .replace("\"format\":1", "\"format\":2");
    insta::assert_snapshot!(Event::parse(newer.as_bytes()).unwrap_err(), @r"event format `2` is not known; expected `1`");
}
