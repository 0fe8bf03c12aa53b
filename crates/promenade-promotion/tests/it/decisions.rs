//! Decisions at their edges: each test stands where one comparison decides.

mod approvals;
mod laws;
mod obligations;
mod places;
mod releases;
mod rollbacks;
mod waits;

use chrono::TimeDelta;
use promenade_promotion::{
    Accepts, AdoptedStage, AdoptedVersion, AfterRollback, ChannelMove, Command, Derivation,
    DerivationKind, Downgrade, Event, EventKind, Follows, Lane, MakeRelease, Moment, MoveCause,
    ObligationKind, Outcome, PolicyRules, Queue, RollbackInFreeze, Stage, State, Verdict, embargo,
    evolve,
};

use crate::support::*;

/// Two stages for candidates, without gates.
fn open_stages() -> PolicyRules {
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    rules.environments[1].accepts = Accepts::Candidate;
    rules
}

fn stages(change: impl FnOnce(&mut PolicyRules)) -> Bench {
    let mut rules = open_stages();
    change(&mut rules);
    Bench::new(rules)
}

fn derived(name: &str, what: &str, text: &str, kind: DerivationKind) -> Command {
    let derivation = Derivation {
        from: artifacts(what).identity(),
        kind,
        proof: artifacts("a proof").identity(),
    };
    Command::Promote {
        automated: false,
        consent: None,
        derived: Some((artifacts(text).identity(), derivation)),
        environment: environment(name),
        subject: subject(what),
    }
}

fn consent(name: &str, what: &str, why: &str) -> Command {
    Command::Promote {
        automated: false,
        consent: Some(why.to_owned()),
        derived: None,
        environment: environment(name),
        subject: subject(what),
    }
}

fn seen(name: &str, text: &str) -> Command {
    Command::VerifyDeployed {
        environment: environment(name),
        observed: artifacts(text).identity(),
    }
}

fn direct(text: &str, lane: Lane) -> Command {
    Command::Release(Box::new(MakeRelease {
        lane,
        ..MakeRelease::direct(version(text), commit(text), artifacts(text))
    }))
}

fn of_candidate(text: &str, from: &str) -> MakeRelease {
    MakeRelease::of_candidate(version(text), version(from), commit(from), artifacts(from))
}

fn approve(name: &str, what: &str) -> Command {
    Command::Approve {
        environment: environment(name),
        subject: subject(what),
    }
}

fn waive(name: &str, what: &str, gate: &str, hours: i64) -> Command {
    Command::Waive {
        environment: environment(name),
        expires: time(T0) + TimeDelta::hours(hours),
        gate: gate.to_owned(),
        reason: "we answer for it".to_owned(),
        subject: subject(what),
    }
}

fn to(channel: &str, follows: Follows, from: Option<&str>, to: &str) -> ChannelMove {
    ChannelMove {
        channel: channel.parse().unwrap(),
        follows,
        from: from.map(version),
        to: version(to),
        environment: (follows == Follows::Environment).then(|| environment("production")),
    }
}

fn moves(moves: Vec<ChannelMove>) -> Command {
    Command::MoveChannels { moves }
}

#[track_caller]
fn nothing_to_do(bench: &Bench, command: &Command) {
    assert_eq!(bench.judge("ann", command), Verdict::Advance(Vec::new()));
}

/// The names of the gates that hold a command.
#[track_caller]
fn gates(bench: &Bench, command: &Command) -> Vec<String> {
    let verdict = bench.judge("ann", command);
    assert!(matches!(verdict, Verdict::Hold(_)), "{verdict:?}");
    let held = verdict.blockers().iter();
    held.map(|blocker| blocker.gate.clone()).collect()
}

fn event(kind: EventKind) -> Event {
    Event {
        at: time(T0).into(),
        by: "ssh:ann".parse().unwrap(),
        kind,
        policy: None,
    }
}

/// The law that an event breaks, and why.
#[track_caller]
fn broken(state: &State, kind: EventKind) -> (String, String) {
    let error = evolve(state.clone(), &event(kind)).expect_err("it is lawful");
    (error.law().to_owned(), error.to_string())
}
