//! The embargo: nothing about a private candidate is public before it is disclosed, and afterwards the
//! public ledger proves the order (INV-41).

use insta::assert_snapshot;
use promenade_promotion::ledger::{LedgerStore as _, MemoryLedger, OpId, StreamId};
use promenade_promotion::{
    Board, ChannelMove, Command, Event, Follows, Journal, Lane, MakeRelease, ObligationKind,
    Policy, RunCommandError, Verdict, decide, embargo,
};

use crate::support::*;

fn private_register() -> Command {
    Command::RegisterCandidate {
        artifacts: artifacts("the mend"),
        commit: commit("the mend"),
        lane: Lane::Embargoed,
        tag: None,
        version: version("1.0.1-rc.1"),
    }
}

#[test]
fn a_sealed_history_is_proven_by_the_public_ledger() {
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    let mut public = Bench::new(rules);
    public.candidate("1.0.0-rc.1");
    // The private history is decided on the public state and kept elsewhere.
    let mut private = public.state.clone();
    let mut sealed: Vec<(Event, String)> = Vec::new();
    for command in [private_register(), promote("staging", "1.0.1-rc.1")] {
        let context = public.context("ann");
        let Verdict::Advance(events) = decide(&private, &command, &public.policy, &context) else {
            panic!("held");
        };
        for event in events {
            assert!(embargo::is_private(&private, &event));
            let nonce = format!("nonce-{}", sealed.len());
            public.run(Command::Seal {
                commitment: embargo::commitment(&nonce, &event),
            });
            private.apply(&event).unwrap();
            sealed.push((event, nonce));
        }
    }
    let ledger: Vec<u8> = public
        .events
        .iter()
        .flat_map(Event::canonical_bytes)
        .collect();
    let ledger = String::from_utf8(ledger).unwrap();
    for secret in [
        "1.0.1",
        "the mend",
        commit("the mend").as_str(),
        &artifacts("the mend").identity().encoded(),
    ] {
        assert!(!ledger.contains(secret), "{secret} is public");
    }
    assert_eq!(public.state.version(&version("1.0.1-rc.1")), None);
    let commitments = sealed.iter().enumerate().map(|(at, (event, nonce))| {
        assert_eq!(*nonce, format!("nonce-{at}"));
        embargo::commitment(nonce, event)
    });
    let commitments: Vec<_> = commitments.collect();
    let board = Board::new(&public.state, &public.policy);
    assert_eq!(
        board.sealed, commitments,
        "in the order in which they were made"
    );
    assert!(
        board
            .render()
            .ends_with(&format!("sealed: {}\n", commitments[1]))
    );

    let disclose = |at: usize, nonce: &str| Command::Disclose {
        event: Box::new(sealed[at].0.clone()),
        nonce: nonce.to_owned(),
    };
    assert!(
        public
            .held(disclose(1, "nonce-1"))
            .contains("was sealed before")
    );
    assert!(
        public
            .held(disclose(0, "another nonce"))
            .contains("is not sealed")
    );
    public.run(disclose(0, "nonce-0"));
    assert!(
        public
            .held(disclose(0, "nonce-0"))
            .contains("is open already")
    );
    public.run(disclose(1, "nonce-1"));
    assert!(public.state.version(&version("1.0.1-rc.1")).is_some());
    assert_eq!(public.state.slots, private.slots);
    assert_eq!(Board::new(&public.state, &public.policy).sealed, []);
}

#[test]
fn a_journal_refuses_to_publish_an_embargoed_version() {
    let store = MemoryLedger::default();
    let stream = StreamId::new("app").unwrap();
    let policy = Policy::build(two_stages()).unwrap();
    let journal = Journal::new(&store, stream.clone(), &policy);
    let context = Bench::new(two_stages()).context("ann");
    let error = journal
        .run(&OpId::new("op-1").unwrap(), &private_register(), &context)
        .unwrap_err();
    assert!(matches!(error, RunCommandError::Embargoed { .. }));
    assert_snapshot!(error, @r"`candidate-registered` would make an embargoed version public: seal it, and disclose it later");
    assert_eq!(store.head(&stream).unwrap().seq, 0);
}

/// Runs a command and tells of each event what it is and whether it is private.
#[track_caller]
fn told(bench: &mut Bench, by: &str, command: &Command) -> Vec<(String, bool)> {
    let Verdict::Advance(events) = bench.judge(by, command) else {
        panic!("{command:?} is held:\n{:?}", bench.judge(by, command));
    };
    let each = events.iter().map(|event| {
        let private = embargo::is_private(&bench.state, event);
        bench.state.apply(event).unwrap();
        (event.kind.name().to_owned(), private)
    });
    each.collect()
}

/// The life of a mend on a lane, after a release that everybody knows.
fn life(lane: Lane) -> Vec<(String, bool)> {
    let mut rules = two_stages();
    let approvals = r#"{"approvals": {"count": 1, "from": ["maintainers"]}}"#;
    rules.environments[0].gates.push(gate(approvals));
    let mut bench = Bench::new(rules);
    let approve = |what: &str| Command::Approve {
        environment: environment("staging"),
        subject: subject(what),
    };
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    bench.run(approve("1.0.0-rc.1"));
    bench.deploy("staging", "1.0.0-rc.1");
    let release = |text: &str, from: &str, of: &str| {
        let (text, from) = (version(text), version(from));
        MakeRelease::of_candidate(text, from, commit(of), artifacts(of))
    };
    bench.run(Command::Release(Box::new(release(
        "1.0.0",
        "1.0.0-rc.1",
        "1.0.0-rc.1",
    ))));
    bench.deploy("production", "1.0.0");
    let (mend, set) = (subject("1.0.1-rc.1"), artifacts("the mend").identity());
    let (staging, production) = (environment("staging"), environment("production"));
    let register = |text: &str, of: &str| Command::RegisterCandidate {
        artifacts: artifacts(of),
        commit: commit(of),
        lane,
        tag: None,
        version: version(text),
    };
    let waive = Command::Waive {
        environment: staging.clone(),
        expires: time(T0) + chrono::TimeDelta::days(9),
        gate: "check:smoke".to_owned(),
        reason: "the farm burnt down".to_owned(),
        subject: mend.clone(),
    };
    let mut made = release("1.0.1", "1.0.1-rc.1", "the mend");
    made.lane = lane;
    let check = |gate: &str| Command::RecordCheck {
        artifacts: set,
        environment: None,
        gate: gate.parse().unwrap(),
        outcome: promenade_promotion::Outcome::Pass,
        reason: None,
    };
    let seen = |environment| Command::VerifyDeployed {
        environment,
        observed: set,
    };
    let commands = [
        register("1.0.1-rc.1", "the mend"),
        register("1.0.2-rc.1", "another mend"),
        reject("1.0.2-rc.1"),
        approve("1.0.1-rc.1"),
        Command::WithdrawApproval {
            environment: staging.clone(),
            subject: mend,
        },
        waive,
        approve("1.0.1-rc.1"),
        check("lint"),
        promote("staging", "1.0.1-rc.1"),
        Command::Deploy {
            environment: staging.clone(),
        },
        seen(staging.clone()),
        Command::Observe {
            environment: staging,
            observed: set,
        },
        Command::Release(Box::new(made)),
        promote("production", "1.0.1"),
        Command::FailDeployment {
            environment: production.clone(),
            reason: "no room".to_owned(),
        },
        promote("production", "1.0.1"),
        seen(production),
        Command::MoveChannels {
            moves: vec![ChannelMove {
                channel: "latest".parse().unwrap(),
                follows: Follows::Highest,
                from: None,
                to: version("1.0.1"),
                environment: None,
            }],
        },
        Command::OpenObligation {
            id: "tell-them".parse().unwrap(),
            kind: ObligationKind::MergeBack,
            lines: vec!["1.0.x".parse().unwrap()],
            version: version("1.0.1"),
            why: "main lacks it".to_owned(),
        },
        rollback("production", "1.0.0"),
        Command::Deprecate {
            reason: "it is slow".to_owned(),
            replacement: None,
            version: version("1.0.1"),
        },
    ];
    let each = commands.iter();
    each.flat_map(|command| told(&mut bench, "ann", command))
        .collect()
}

#[test]
fn every_event_that_tells_of_an_embargoed_version_is_private_and_no_other() {
    let mut private = life(Lane::Embargoed);
    // A rollback goes back to what everybody knows; its doubts and holds name no version.
    let kinds: std::collections::BTreeSet<_> =
        private.iter().map(|(name, _)| name.clone()).collect();
    assert!(kinds.len() >= 15, "{kinds:?}");
    private.retain(|(_, private)| !private);
    assert_eq!(private, []);
    let public = life(Lane::Regular);
    assert_eq!(public.iter().filter(|(_, private)| *private).count(), 0);
}
