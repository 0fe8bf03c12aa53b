//! The embargo: nothing about a private candidate is public before it is disclosed, and afterwards the
//! public ledger proves the order (INV-41).

use insta::assert_snapshot;
use promenade_promotion::ledger::{LedgerStore as _, MemoryLedger, OpId, StreamId};
use promenade_promotion::{
    Board, Command, Event, Journal, Lane, Policy, RunCommandError, decide, embargo,
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
        let promenade_promotion::Verdict::Advance(events) =
            decide(&private, &command, &public.policy, &context)
        else {
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
