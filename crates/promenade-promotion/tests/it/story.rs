//! A whole life cycle, and what is refused on the way.

use insta::assert_snapshot;
use promenade_promotion::ledger::{LedgerStore as _, MemoryLedger, OpId, StreamId};
use promenade_promotion::{
    Board, ChannelMove, Command, Context, Done, Follows, Journal, MakeRelease, Policy, replay,
};

use crate::support::*;

fn release(text: &str, from: &str) -> MakeRelease {
    MakeRelease::of_candidate(version(text), version(from), commit(from), artifacts(from))
}

#[test]
fn a_version_goes_from_candidate_to_release_and_back() {
    let mut bench = Bench::new(two_stages());
    bench.candidate("1.4.0-rc.1");
    assert_snapshot!(bench.held(promote("staging", "1.4.0-rc.1")), @r"check:smoke (waiting): no outcome is recorded for `1.4.0-rc.1`; clears by recording `smoke`");
    bench.run(record(
        &bench.state,
        "smoke",
        "1.4.0-rc.1",
        promenade_promotion::Outcome::Fail,
    ));
    bench.run(reject("1.4.0-rc.1"));
    bench.candidate("1.4.0-rc.2");
    bench.pass("smoke", "1.4.0-rc.2");
    bench.deploy("staging", "1.4.0-rc.2");
    bench.run(Command::Release(Box::new(release("1.4.0", "1.4.0-rc.2"))));
    bench.deploy("production", "1.4.0");
    bench.run(Command::MoveChannels {
        moves: vec![ChannelMove {
            channel: "latest".parse().unwrap(),
            follows: Follows::Highest,
            from: None,
            to: version("1.4.0"),
            environment: None,
        }],
    });
    bench.candidate("1.5.0-rc.1");
    bench.pass("smoke", "1.5.0-rc.1");
    bench.deploy("staging", "1.5.0-rc.1");
    bench.run(Command::Release(Box::new(release("1.5.0", "1.5.0-rc.1"))));
    bench.deploy("production", "1.5.0");
    bench.run(rollback("production", "1.4.0"));
    bench.run(verify(&bench.state, "production", "1.4.0"));
    assert_snapshot!(Board::new(&bench.state, &bench.policy).render(), @r"
    version     stage        staging   production
    1.5.0       rolled-back  ·         past
    1.5.0-rc.1  selected     verified  ·
    1.4.0       released     ·         verified
    1.4.0-rc.2  selected     past      ·
    1.4.0-rc.1  rejected     ·         ·
    production is held: it is slow
    latest -> 1.4.0
    ");
}

#[test]
fn another_digest_under_one_version_is_refused_for_ever() {
    // INV-1, INV-2: also after a rejection.
    let mut bench = Bench::new(two_stages());
    bench.candidate("1.4.0-rc.1");
    let other = register("1.4.0-rc.1", "another build");
    assert!(
        bench
            .held(other.clone())
            .starts_with("identity (permanent)")
    );
    bench.run(reject("1.4.0-rc.1"));
    assert!(bench.held(other).starts_with("identity (permanent)"));
}

#[test]
fn a_journal_appends_once_and_replays_to_the_same_state() {
    let store = MemoryLedger::default();
    let stream = StreamId::new("app").unwrap();
    let policy = Policy::build(two_stages()).unwrap();
    let journal = Journal::new(&store, stream.clone(), &policy);
    let context = Context::new("ssh:ann".parse().unwrap(), time(T0));
    let op = OpId::new("op-1").unwrap();
    let command = register("1.4.0-rc.1", "a build");
    let Done::Appended { state, head, .. } = journal.run(&op, &command, &context).unwrap() else {
        panic!("not appended");
    };
    assert!(matches!(
        journal.run(&op, &command, &context).unwrap(),
        Done::Already { .. }
    ));
    assert_eq!(store.head(&stream).unwrap(), head);
    assert_eq!(replay(&store, &stream).unwrap(), (*state, head));
}
