//! Decisions at their edges: each test stands where one comparison decides.

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

#[test]
fn the_gates_of_a_release_are_approved_and_waived_under_its_name() {
    let mut bench = stages(|rules| {
        rules.release.gates = vec![
            check("audit"),
            gate(r#"{"approvals": {"count": 1, "from": ["maintainers"]}}"#),
        ];
    });
    bench.candidate("1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    let release = Command::Release(Box::new(of_candidate("1.0.0", "1.0.0-rc.1")));
    assert_eq!(gates(&bench, &release), ["check:audit", "approvals"]);
    assert!(
        bench
            .held(approve("relase", "1.0.0-rc.1"))
            .contains("unknown environment `relase`")
    );
    bench.run_as("bob", approve("release", "1.0.0-rc.1"));
    bench.run(waive("release", "1.0.0-rc.1", "check:audit", 24));
    bench.run(release);
}

#[test]
fn what_is_not_known_is_said_with_what_is() {
    let mut bench = stages(|_| {});
    bench.candidate("1.0.0-rc.1");
    bench.candidate("1.0.0-rc.2");
    assert!(
        bench
            .held(promote("staging", "1.0.0-rc.3"))
            .contains("did you mean `1.0.0-rc.1`?")
    );
    assert!(
        bench
            .held(reject("27182.81828.0"))
            .contains("version `27182.81828.0` is not known; 2 versions are")
    );
}

#[test]
fn laws_that_hold_under_every_policy_are_named() {
    let mut bench = stages(|_| {});
    bench.candidate("1.0.0-rc.1");
    bench.candidate("1.0.0-rc.2");
    bench.run(reject("1.0.0-rc.2"));
    let moved = |cause, to: &str| EventKind::ChannelMoved {
        cause,
        channel: "next".parse().unwrap(),
        follows: Follows::Candidate,
        from: None,
        to: version(to),
    };
    let (law, why) = broken(&bench.state, moved(MoveCause::Release, "9.0.0"));
    assert_eq!(law, "INV-1");
    assert!(why.contains("version `9.0.0` is not known"), "{why}");
    assert_eq!(
        broken(&bench.state, moved(MoveCause::Release, "1.0.0-rc.2")).0,
        "INV-12"
    );
    let back = event(moved(MoveCause::Rollback, "1.0.0-rc.2"));
    assert_eq!(
        evolve(bench.state.clone(), &back).unwrap().channels.len(),
        1
    );
    let forward = event(moved(MoveCause::Promotion, "1.0.0-rc.1"));
    assert_ne!(evolve(bench.state.clone(), &forward).unwrap(), bench.state);
    let scheduled = EventKind::Scheduled {
        at: time(T0),
        version: version("9.0.0"),
    };
    assert_eq!(broken(&bench.state, scheduled).0, "INV-1");
    let settled = EventKind::EffectSettled {
        done: true,
        id: "push".parse().unwrap(),
        observed: "done".to_owned(),
    };
    assert_eq!(broken(&bench.state, settled).0, "INV-42");
    let closed = EventKind::ObligationClosed {
        evidence: "done".to_owned(),
        id: "owed".parse().unwrap(),
        waived: false,
    };
    assert_eq!(broken(&bench.state, closed).0, "INV-39");
    let started = EventKind::DeploymentStarted {
        environment: environment("staging"),
    };
    let (law, why) = broken(&bench.state, started);
    assert_eq!(law, "INV-42");
    assert!(
        why.contains("nothing is on its way into `staging`"),
        "{why}"
    );
    let again = EventKind::CandidateRejected {
        reason: "again".to_owned(),
        version: version("1.0.0-rc.2"),
    };
    let (law, why) = broken(&bench.state, again);
    assert_eq!(law, "INV-13");
    assert!(why.contains("no step `reject` from there"), "{why}");
    let promoted = |what: &str, text: &str| EventKind::Promoted {
        artifacts: artifacts(text).identity(),
        automated: false,
        consent: None,
        derivation: None,
        environment: environment("staging"),
        gates: Default::default(),
        subject: subject(what),
    };
    assert_eq!(
        broken(&bench.state, promoted("1.0.0-rc.1", "a stranger")).0,
        "INV-1"
    );
    assert_eq!(
        broken(&bench.state, promoted("1.0.0-rc.2", "1.0.0-rc.2")).0,
        "INV-12"
    );
    bench.run(promote("staging", "1.0.0-rc.1"));
    // What is on its way and not begun may be superseded; what has begun may not (INV-10).
    let superseding = event(promoted("1.0.0-rc.1", "1.0.0-rc.1"));
    assert!(evolve(bench.state.clone(), &superseding).is_ok());
    bench.run(Command::Deploy {
        environment: environment("staging"),
    });
    assert_eq!(
        broken(&bench.state, promoted("1.0.0-rc.1", "1.0.0-rc.1")).0,
        "INV-10"
    );
    let other = EventKind::DeploymentVerified {
        artifacts: artifacts("a stranger").identity(),
        environment: environment("staging"),
    };
    assert_eq!(broken(&bench.state, other).0, "INV-4");
    let nowhere = EventKind::DeploymentVerified {
        artifacts: artifacts("1.0.0-rc.1").identity(),
        environment: environment("production"),
    };
    assert_eq!(broken(&bench.state, nowhere).0, "INV-42");
    let rolled_back = |to: &str, text: &str| EventKind::RolledBack {
        artifacts: artifacts(text).identity(),
        automated: false,
        environment: environment("staging"),
        from: None,
        reason: "it is slow".to_owned(),
        to: subject(to),
    };
    assert_eq!(
        broken(&bench.state, rolled_back("1.0.0-rc.1", "1.0.0-rc.1")).0,
        "INV-14"
    );
    bench.run(seen("staging", "1.0.0-rc.1"));
    assert_eq!(
        broken(&bench.state, rolled_back("1.0.0-rc.1", "a stranger")).0,
        "INV-1"
    );
    bench.run(reject("1.0.0-rc.1"));
    assert_eq!(
        broken(&bench.state, rolled_back("1.0.0-rc.1", "1.0.0-rc.1")).0,
        "INV-14"
    );
}

#[test]
fn a_release_that_is_not_what_its_candidate_was_breaks_a_law() {
    let mut bench = stages(|_| {});
    bench.candidate("1.0.0-rc.1");
    let released = |from: &str, text: &str, derivation: Option<Derivation>| EventKind::Released {
        artifacts: artifacts(text),
        commit: commit(text),
        derivation,
        from: Some(version(from)),
        lane: Lane::Regular,
        mark: promenade_promotion::Mark::Release,
        paths: Default::default(),
        tag: None,
        version: version("1.0.0"),
    };
    assert_eq!(
        broken(&bench.state, released("1.0.0-rc.9", "1.0.0-rc.1", None)).0,
        "INV-1"
    );
    assert_eq!(
        broken(&bench.state, released("1.0.0-rc.1", "another", None)).0,
        "INV-1"
    );
    let derivation = |from: &str| Derivation {
        from: artifacts(from).identity(),
        kind: DerivationKind::Rebuilt,
        proof: artifacts("a proof").identity(),
    };
    let wrong = released("1.0.0-rc.1", "another", Some(derivation("a stranger")));
    assert_eq!(broken(&bench.state, wrong).0, "INV-1");
    let right = event(released(
        "1.0.0-rc.1",
        "another",
        Some(derivation("1.0.0-rc.1")),
    ));
    let after = evolve(bench.state.clone(), &right).unwrap();
    let of = |text: &str| after.version(&version(text)).unwrap();
    assert_eq!(of("1.0.0").artifacts, Some(artifacts("another").identity()));
    assert_eq!(of("1.0.0").from, Some(version("1.0.0-rc.1")));
    assert_eq!(of("1.0.0-rc.1").stage, Stage::Selected);
    let set = &after.sets[&artifacts("another").identity()];
    assert_eq!(set.derivation, Some(derivation("1.0.0-rc.1")));
    // The commit was built to what this derives from, and to nothing else.
    assert_eq!(after.commits.get(&commit("another")), None);
    let twice = EventKind::BuildRecorded {
        artifacts: artifacts("another"),
        commit: commit("1.0.0-rc.1"),
        version: None,
    };
    assert_eq!(broken(&bench.state, twice).0, "INV-2");
}

#[test]
fn versions_are_adopted_once_and_all_or_none() {
    let adopted = |text: &str| AdoptedVersion {
        commit: commit(text),
        since: time(T0),
        stage: AdoptedStage::Released,
        tag: format!("v{text}"),
        version: version(text),
    };
    let adopt = |versions| EventKind::Adopted {
        current: [(environment("staging"), subject("1.0.0"))].into(),
        source: "tags".to_owned(),
        versions,
    };
    let state = State::default();
    let twice = adopt(vec![adopted("1.0.0"), adopted("1.1.0"), adopted("1.0.0")]);
    assert_eq!(broken(&state, twice).0, "INV-2");
    let once = event(adopt(vec![adopted("1.0.0"), adopted("1.1.0")]));
    let state = evolve(state, &once).unwrap();
    let order = |text: &str| state.version(&version(text)).unwrap().order;
    assert_eq!((order("1.0.0"), order("1.1.0")), (0, 1));
    let slot = &state.slots[&environment("staging")];
    assert_eq!(slot.newest, Some(0));
    assert_eq!(broken(&state, adopt(vec![adopted("1.1.0")])).0, "INV-2");
    // Nobody saw what runs there, so its verification has nothing to compare with.
    let blind = EventKind::DeploymentVerified {
        artifacts: artifacts("1.0.0").identity(),
        environment: environment("staging"),
    };
    assert_eq!(broken(&state, blind).0, "INV-42");
}

#[test]
fn a_seal_is_made_once_and_opened_in_order() {
    let private = |text: &str| {
        event(EventKind::Held {
            environment: environment("staging"),
            reason: text.to_owned(),
        })
    };
    let mut bench = stages(|_| {});
    let (first, second) = (private("first"), private("second"));
    let seal = |event: &Event| Command::Seal {
        commitment: embargo::commitment("nonce", event),
    };
    let disclose = |event: &Event| Command::Disclose {
        event: Box::new(event.clone()),
        nonce: "nonce".to_owned(),
    };
    bench.run(seal(&first));
    bench.run(seal(&second));
    nothing_to_do(&bench, &seal(&first));
    let again = broken(&bench.state, embargo::sealed("nonce", &first));
    assert_eq!(again.0, "INV-41");
    assert!(bench.held(disclose(&second)).contains("was sealed before"));
    bench.run(disclose(&first));
    assert!(bench.held(disclose(&first)).contains("is open already"));
    bench.run(disclose(&second));
}

#[test]
fn a_derived_artifact_counts_as_verified_only_where_its_kind_is_taken() {
    let third = |rules: &mut PolicyRules, kinds: &[DerivationKind]| {
        rules.environments[0].derivation = vec![DerivationKind::Restamped, DerivationKind::Rebuilt];
        rules.environments[1].derivation = kinds.to_vec();
    };
    let restamped = |bench: &mut Bench| {
        bench.candidate("1.0.0-rc.1");
        bench.deploy("staging", "1.0.0-rc.1");
        bench.run(derived(
            "production",
            "1.0.0-rc.1",
            "restamped",
            DerivationKind::Restamped,
        ));
        bench.run(seen("production", "restamped"));
    };
    let mut bench = stages(|rules| {
        third(rules, &[DerivationKind::Restamped]);
        let mut last = rule("mirror", Accepts::Candidate, &["staging"], vec![]);
        last.derivation = vec![DerivationKind::Rebuilt];
        rules.environments.push(last);
        let mut after = rule("archive", Accepts::Candidate, &["production"], vec![]);
        after.derivation = vec![DerivationKind::Restamped];
        rules.environments.push(after);
    });
    restamped(&mut bench);
    // Another kind, or another origin, is not taken.
    let kind = derived("mirror", "1.0.0-rc.1", "restamped", DerivationKind::Rebuilt);
    bench.run(kind);
    let other = derived(
        "archive",
        "1.0.0-rc.1",
        "restamped elsewhere",
        DerivationKind::Restamped,
    );
    assert_eq!(gates(&bench, &other), ["after:production"]);
    bench.run(derived(
        "archive",
        "1.0.0-rc.1",
        "restamped",
        DerivationKind::Restamped,
    ));
    let mut unlike = derived("archive", "1.0.0-rc.1", "third", DerivationKind::Restamped);
    if let Command::Promote {
        derived: Some((_, derivation)),
        ..
    } = &mut unlike
    {
        derivation.from = artifacts("a stranger").identity();
    }
    assert!(gates(&bench, &unlike).contains(&"identity".to_owned()));
}

#[test]
fn a_recorded_derivation_opens_what_its_origin_opened() {
    // The release is a rebuilt candidate: what the candidate was verified in opens for the release
    // where a rebuilt one is taken, and nowhere else.
    let mut bench = stages(|rules| {
        rules.release.derivation = vec![DerivationKind::Rebuilt];
        rules.environments[1].derivation = vec![DerivationKind::Rebuilt];
        rules
            .environments
            .push(rule("strict", Accepts::Candidate, &["staging"], vec![]));
        let mut near = rule("near", Accepts::Candidate, &["staging"], vec![]);
        near.derivation = vec![DerivationKind::Restamped];
        rules.environments.push(near);
    });
    bench.candidate("1.0.0-rc.1");
    bench.candidate("1.1.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    let release = |origin: &str| {
        Command::Release(Box::new(MakeRelease {
            artifacts: artifacts("rebuilt"),
            derivation: Some(Derivation {
                from: artifacts(origin).identity(),
                kind: DerivationKind::Rebuilt,
                proof: artifacts("a proof").identity(),
            }),
            ..of_candidate("1.0.0", "1.0.0-rc.1")
        }))
    };
    assert!(gates(&bench, &release("1.1.0-rc.1")).contains(&"identity".to_owned()));
    bench.run(release("1.0.0-rc.1"));
    assert_eq!(
        gates(&bench, &promote("strict", "1.0.0")),
        ["after:staging"]
    );
    assert_eq!(gates(&bench, &promote("near", "1.0.0")), ["after:staging"]);
    bench.run(promote("production", "1.0.0"));
    bench.run(seen("production", "rebuilt"));
    // It replaces its own candidate where the candidate ran.
    bench.deploy("production", "1.0.0");
}

#[test]
fn what_is_being_replaced_or_taken_back_opens_nothing() {
    let mut bench = stages(|_| {});
    bench.candidate("1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    bench.candidate("1.0.0-rc.2");
    bench.run(promote("staging", "1.0.0-rc.2"));
    // On its way and not begun: the old one still stands there.
    let wish = promote("production", "1.0.0-rc.1");
    assert!(matches!(bench.judge("ann", &wish), Verdict::Advance(_)));
    bench.run(Command::Deploy {
        environment: environment("staging"),
    });
    assert_eq!(gates(&bench, &wish), ["after:staging"]);
    bench.run(seen("staging", "1.0.0-rc.2"));
    bench.run(rollback("staging", "1.0.0-rc.1"));
    assert_eq!(
        gates(&bench, &promote("production", "1.0.0-rc.2")),
        ["after:staging"]
    );
}

#[test]
fn an_obligation_gate_waits_for_its_own_kind() {
    let mut bench = stages(|rules| {
        rules.environments[0].gates = vec![gate(r#"{"obligation": "disclose"}"#)];
    });
    bench.candidate("1.0.0-rc.1");
    let open = |id: &str, kind| Command::OpenObligation {
        id: id.parse().unwrap(),
        kind,
        lines: vec!["1.x".parse().unwrap()],
        version: version("1.0.0-rc.1"),
        why: "it is owed".to_owned(),
    };
    bench.run(open("task", ObligationKind::Task));
    let wish = promote("staging", "1.0.0-rc.1");
    assert!(matches!(bench.judge("ann", &wish), Verdict::Advance(_)));
    bench.run(open("tell", ObligationKind::Disclose));
    assert_eq!(gates(&bench, &wish), ["obligation:disclose"]);
    assert!(
        bench
            .held(open("tell", ObligationKind::Disclose))
            .contains("obligation `tell` exists")
    );
    let close = |id: &str| Command::CloseObligation {
        evidence: "told".to_owned(),
        id: id.parse().unwrap(),
        waived: false,
    };
    assert!(
        bench
            .held(close("tall"))
            .contains("obligation `tall` does not exist; did you mean `tell`?")
    );
    bench.run(close("tell"));
    nothing_to_do(&bench, &close("tell"));
    bench.run(wish);
}

#[test]
fn authors_do_not_approve_what_was_made_from_their_candidate() {
    let mut bench = stages(|rules| {
        rules.environments[1].accepts = Accepts::Release;
        rules.environments[1].gates = vec![gate(
            r#"{"approvals": {"count": 1, "from": ["maintainers"], "separation": "duty"}}"#,
        )];
        rules.people.push(person("dan", &["maintainers"]));
    });
    // Ann made the candidate, bob the release.
    bench.candidate("1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    bench.run_as(
        "bob",
        Command::Release(Box::new(of_candidate("1.0.0", "1.0.0-rc.1"))),
    );
    for name in ["ann", "bob"] {
        bench.run_as(name, approve("production", "1.0.0"));
    }
    let wish = promote("production", "1.0.0");
    assert!(
        bench
            .held_as("cyd", wish.clone())
            .contains("0 of 1 approvals; clears by 1 of dan")
    );
    bench.run_as("dan", approve("production", "1.0.0"));
    assert!(
        bench
            .held_as("dan", wish.clone())
            .contains("0 of 1 approvals")
    );
    bench.run_as("cyd", wish);
}

#[test]
fn a_soak_by_a_named_clock_needs_both_readings() {
    let mut bench = stages(|rules| {
        rules.environments[1].gates = vec![gate(
            r#"{"soak": {"for": "7d", "in": "staging", "clock": "server"}}"#,
        )];
    });
    bench.candidate("1.0.0-rc.1");
    bench.run(promote("staging", "1.0.0-rc.1"));
    let server = || "server".parse::<promenade_promotion::ClockName>().unwrap();
    let judge = |bench: &Bench, command: &Command, reads: bool| {
        let mut context = bench.context("ann");
        if reads {
            context.at = context.at.clone().with_clock(server(), bench.now);
        }
        promenade_promotion::decide(&bench.state, command, &bench.policy, &context)
    };
    let wish = promote("production", "1.0.0-rc.1");
    let ranks = |verdict: &Verdict| {
        let held = verdict.blockers().iter();
        held.map(|blocker| blocker.rank.to_string())
            .collect::<Vec<_>>()
    };
    // Verified without a reading of it: never ripe by this clock.
    let mut blind = Bench::new(PolicyRules::default());
    blind.policy = bench.policy.clone();
    blind.state = bench.state.clone();
    blind.run(seen("staging", "1.0.0-rc.1"));
    blind.wait(8 * 24);
    assert_eq!(ranks(&judge(&blind, &wish, true)), ["unknown"]);
    // Verified with one: needs one now.
    let Verdict::Advance(events) = judge(&bench, &seen("staging", "1.0.0-rc.1"), true) else {
        panic!("not verified")
    };
    bench.state.apply(&events[0]).unwrap();
    bench.wait(8 * 24);
    assert_eq!(ranks(&judge(&bench, &wish, false)), ["unknown"]);
    assert!(matches!(judge(&bench, &wish, true), Verdict::Advance(_)));
}

#[test]
fn a_soak_says_when_it_ends() {
    let mut bench = stages(|rules| {
        rules.environments[1].gates = vec![gate(r#"{"soak": {"for": "7d", "in": "staging"}}"#)];
    });
    bench.candidate("1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    let ends = bench.now + TimeDelta::days(7);
    bench.wait(3 * 24);
    let verdict = bench.judge("ann", &promote("production", "1.0.0-rc.1"));
    assert_eq!(verdict.blockers()[0].clears_at, Some(ends));
}

#[test]
fn an_approval_relies_on_what_held_and_lapses_at_the_earliest() {
    let mut bench = stages(|rules| {
        rules.environments[0].gates = vec![
            check("smoke"),
            check("scan"),
            gate(r#"{"approvals": {"count": 1, "from": ["maintainers"], "expires": "2d"}}"#),
        ];
    });
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    bench.run_as("bob", approve("staging", "1.0.0-rc.1"));
    let events = bench.run_as("bob", approve("staging", "1.0.0-rc.1"));
    let EventKind::Approved {
        expires, relied, ..
    } = &events[0].kind
    else {
        panic!("{events:?}")
    };
    assert_eq!(*expires, Some(bench.now + TimeDelta::days(2)));
    assert_eq!(
        relied.iter().map(String::as_str).collect::<Vec<_>>(),
        ["check:smoke"]
    );
    // Another check's failure, and a second pass of the one it relies on, leave it as it is (INV-27).
    bench.run(record(&bench.state, "scan", "1.0.0-rc.1", Outcome::Fail));
    bench.pass("smoke", "1.0.0-rc.1");
    bench.pass("scan", "1.0.0-rc.1");
    bench.run_as("cyd", promote("staging", "1.0.0-rc.1"));
}

#[test]
fn an_approval_is_void_where_what_it_relied_on_is_in_doubt() {
    let mut bench = stages(|rules| {
        rules.environments[1].gates = vec![gate(
            r#"{"approvals": {"count": 1, "from": ["maintainers"]}}"#,
        )];
    });
    bench.candidate("1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    bench.run_as("bob", approve("production", "1.0.0-rc.1"));
    let look = |text: &str| Command::Observe {
        environment: environment("staging"),
        observed: artifacts(text).identity(),
    };
    bench.run(look("a stranger"));
    nothing_to_do(&bench, &look("a stranger"));
    bench.run(look("another stranger"));
    bench.run(look("1.0.0-rc.1"));
    nothing_to_do(&bench, &look("1.0.0-rc.1"));
    assert_eq!(
        gates(&bench, &promote("production", "1.0.0-rc.1")),
        ["approvals"]
    );
}

#[test]
fn waivers_come_from_whom_the_process_names() {
    let mut bench = stages(|rules| {
        rules.environments[0].gates = vec![check("smoke"), check("scan")];
        rules.waivers_from = vec!["qa".parse().unwrap()];
    });
    bench.candidate("1.0.0-rc.1");
    let wish = waive("staging", "1.0.0-rc.1", "check:smoke", 1);
    assert!(
        bench
            .held_as("ann", wish.clone())
            .contains("ssh:ann holds none of the roles qa")
    );
    bench.run_as("cyd", wish);
    assert_eq!(
        gates(&bench, &promote("staging", "1.0.0-rc.1")),
        ["check:scan"]
    );
    assert!(
        bench
            .held_as("cyd", waive("staging", "1.0.0-rc.1", "check:scan", 0))
            .contains("it would have lapsed already")
    );
    bench.run_as("cyd", waive("staging", "1.0.0-rc.1", "check:scan", 1));
    // It holds up to its end, and not at it.
    let wish = promote("staging", "1.0.0-rc.1");
    bench.now = time(T0) + TimeDelta::minutes(59);
    assert!(matches!(bench.judge("ann", &wish), Verdict::Advance(_)));
    bench.now = time(T0) + TimeDelta::hours(1);
    assert_eq!(gates(&bench, &wish), ["check:scan", "check:smoke"]);
}

#[test]
fn an_effect_is_intended_once_and_settled_once() {
    let mut bench = stages(|_| {});
    let intend = |action: &str| Command::IntendEffect {
        action: action.to_owned(),
        id: "push-1.0.0".parse().unwrap(),
    };
    let settle = || Command::SettleEffect {
        done: true,
        id: "push-1.0.0".parse().unwrap(),
        observed: "the tag is there".to_owned(),
    };
    assert!(
        bench
            .held(settle())
            .contains("effect `push-1.0.0` is not intended, or is settled")
    );
    let events = bench.run(intend("push the tag"));
    assert!(
        matches!(&events[0].kind, EventKind::EffectIntended { action, .. } if action == "push the tag")
    );
    nothing_to_do(&bench, &intend("push the tag"));
    assert!(
        bench
            .held(intend("push another tag"))
            .contains("is intended as: push the tag")
    );
    let events = bench.run(settle());
    assert!(matches!(
        events[0].kind,
        EventKind::EffectSettled { done: true, .. }
    ));
    assert!(bench.state.effects.is_empty());
    assert!(matches!(bench.judge("ann", &settle()), Verdict::Hold(_)));
    let before = bench.state.clone();
    let events = bench.run(Command::Extend {
        body: "{}".to_owned(),
        namespace: "acme".parse().unwrap(),
    });
    assert_eq!(events[0].kind.name(), "extension");
    assert_eq!(bench.state, before);
}

#[test]
fn a_version_that_was_rolled_back_comes_back_only_by_a_rollback() {
    let mut bench = Bench::new(PolicyRules {
        environments: vec![rule("production", Accepts::Release, &[], vec![])],
        ..PolicyRules::default()
    });
    for text in ["1.0.0", "1.1.0"] {
        bench.run(direct(text, Lane::Regular));
        bench.deploy("production", text);
    }
    bench.run(rollback("production", "1.0.0"));
    bench.run(seen("production", "1.0.0"));
    let of = |bench: &Bench, text: &str| bench.state.version(&version(text)).unwrap().stage;
    assert_eq!(of(&bench, "1.1.0"), Stage::RolledBack);
    let latest = || vec![to("latest", Follows::Highest, None, "1.1.0")];
    assert!(
        bench
            .held(moves(latest()))
            .contains("`1.1.0` was rolled back")
    );
    let back = Command::RollbackChannels {
        moves: latest(),
        reason: "it was not its fault".to_owned(),
    };
    assert!(matches!(bench.judge("ann", &back), Verdict::Advance(_)));
    bench.run(moves(vec![to("1.1.0", Follows::Fixed, None, "1.1.0")]));
    // Promoted and verified again, it is a release like any other.
    bench.run(Command::Unhold {
        environment: environment("production"),
    });
    bench.deploy("production", "1.1.0");
    assert_eq!(of(&bench, "1.1.0"), Stage::Released);
    bench.run(moves(latest()));
    nothing_to_do(&bench, &moves(latest()));
    assert!(
        bench
            .held(moves(vec![to(
                "latest",
                Follows::MostRecent,
                Some("1.1.0"),
                "1.0.0"
            )]))
            .contains("`latest` follows highest, not most-recent")
    );
}

#[test]
fn the_tag_of_an_environment_waits_for_its_own_version() {
    let mut bench = Bench::new(PolicyRules {
        environments: vec![rule("production", Accepts::Release, &[], vec![])],
        ..PolicyRules::default()
    });
    for text in ["1.0.0", "1.1.0"] {
        bench.run(direct(text, Lane::Regular));
    }
    bench.deploy("production", "1.0.0");
    let tag = |text: &str| moves(vec![to("mainnet", Follows::Environment, None, text)]);
    assert!(
        bench
            .held(tag("1.1.0"))
            .contains("`1.1.0` is not verified in `production`")
    );
    bench.run(Command::Observe {
        environment: environment("production"),
        observed: artifacts("a stranger").identity(),
    });
    assert!(
        bench
            .held(tag("1.0.0"))
            .contains("`1.0.0` is not verified in `production`")
    );
    bench.run(Command::Observe {
        environment: environment("production"),
        observed: artifacts("1.0.0").identity(),
    });
    let events = bench.run(tag("1.0.0"));
    assert!(matches!(
        events[0].kind,
        EventKind::ChannelMoved {
            cause: MoveCause::Promotion,
            ..
        }
    ));
    let mut nameless = to("testnet", Follows::Environment, None, "1.0.0");
    nameless.environment = None;
    assert!(
        bench
            .held(moves(vec![nameless]))
            .contains("follows an environment; none is named")
    );
}

#[test]
fn a_promotion_is_done_once_and_again_after_doubt() {
    let mut bench = stages(|rules| {
        rules.environments[0].derivation = vec![DerivationKind::Restamped];
    });
    bench.candidate("1.0.0-rc.1");
    bench.run(promote("staging", "1.0.0-rc.1"));
    nothing_to_do(&bench, &promote("staging", "1.0.0-rc.1"));
    // Other artifacts of the same version are another promotion.
    let other = derived(
        "staging",
        "1.0.0-rc.1",
        "restamped",
        DerivationKind::Restamped,
    );
    assert_eq!(gates(&bench, &other), ["in-flight"]);
    bench.run(seen("staging", "1.0.0-rc.1"));
    nothing_to_do(&bench, &promote("staging", "1.0.0-rc.1"));
    assert!(matches!(bench.judge("ann", &other), Verdict::Advance(events) if !events.is_empty()));
    bench.run(Command::Observe {
        environment: environment("staging"),
        observed: artifacts("a stranger").identity(),
    });
    assert!(!bench.run(promote("staging", "1.0.0-rc.1")).is_empty());
    bench.run(seen("staging", "1.0.0-rc.1"));
    // On its way back is not on its way in.
    bench.candidate("1.0.0-rc.2");
    bench.deploy("staging", "1.0.0-rc.2");
    bench.run(rollback("staging", "1.0.0-rc.1"));
    assert_eq!(
        gates(&bench, &promote("staging", "1.0.0-rc.1")),
        ["in-flight", "downgrade", "hold", "superseded"]
    );
}

#[test]
fn an_environment_takes_what_it_accepts_or_more() {
    let mut bench = Bench::new(PolicyRules {
        environments: vec![
            rule("testing", Accepts::Commit, &[], vec![]),
            rule("staging", Accepts::Candidate, &[], vec![]),
            rule("production", Accepts::Release, &[], vec![]),
        ],
        ..two_stages()
    });
    bench.run(Command::RecordBuild {
        artifacts: artifacts("a commit"),
        commit: commit("a commit"),
        version: None,
    });
    bench.candidate("1.0.0-rc.1");
    bench.candidate("1.1.0-rc.1");
    let what = commit("a commit").to_string();
    bench.run(promote("testing", &what));
    for name in ["staging", "production"] {
        assert_eq!(gates(&bench, &promote(name, &what)), ["accepts"]);
    }
    let wish = promote("production", "1.0.0-rc.1");
    assert!(
        bench
            .held(wish)
            .contains("`production` accepts a release; `1.0.0-rc.1` is a candidate")
    );
    bench.deploy("staging", "1.0.0-rc.1");
    bench.run(Command::Release(Box::new(of_candidate(
        "1.0.0",
        "1.0.0-rc.1",
    ))));
    // A candidate that a release was made from is still a candidate.
    assert_eq!(
        gates(&bench, &promote("production", "1.0.0-rc.1")),
        ["accepts"]
    );
    bench.run(promote("production", "1.0.0"));
}

#[test]
fn only_a_later_registration_supersedes_what_is_on_its_way() {
    let mut bench = stages(|_| {});
    for text in ["1.0.0-rc.1", "1.0.0-rc.2", "1.0.0-rc.3"] {
        bench.candidate(text);
    }
    bench.run(promote("staging", "1.0.0-rc.2"));
    assert_eq!(
        gates(&bench, &promote("staging", "1.0.0-rc.1")),
        ["in-flight", "superseded"]
    );
    bench.run(promote("staging", "1.0.0-rc.3"));
    bench.run(seen("staging", "1.0.0-rc.3"));
    assert_eq!(
        gates(&bench, &promote("staging", "1.0.0-rc.2")),
        ["downgrade", "superseded"]
    );
    bench.run(consent("staging", "1.0.0-rc.2", "rc.3 is slow"));
    bench.run(Command::FailDeployment {
        environment: environment("staging"),
        reason: "no room".to_owned(),
    });
    // What was superseded by something that is rejected goes in again.
    bench.run(reject("1.0.0-rc.3"));
    assert_eq!(
        gates(&bench, &promote("staging", "1.0.0-rc.2")),
        ["downgrade"]
    );
}

#[test]
fn a_queue_lets_the_earlier_one_go_first() {
    let mut bench = Bench::new(PolicyRules {
        environments: vec![
            rule("blue", Accepts::Candidate, &[], vec![]),
            rule("green", Accepts::Candidate, &[], vec![]),
            rule("production", Accepts::Candidate, &[], vec![]),
        ],
        ..PolicyRules::default()
    });
    let mut rules = PolicyRules {
        environments: bench.policy.environments().to_vec(),
        ..PolicyRules::default()
    };
    rules.environments[2].queue = Queue::Queued;
    rules.environments[2].after = serde_json::from_str(r#"{"any": ["blue", "green"]}"#).unwrap();
    bench.policy = promenade_promotion::Policy::build(rules).unwrap();
    for text in ["1.0.0-rc.1", "1.0.0-rc.2"] {
        bench.candidate(text);
    }
    bench.deploy("green", "1.0.0-rc.2");
    bench.run(promote("blue", "1.0.0-rc.1"));
    // Not verified yet: it does not wait in front of anything.
    let second = promote("production", "1.0.0-rc.2");
    assert!(matches!(bench.judge("ann", &second), Verdict::Advance(_)));
    bench.run(seen("blue", "1.0.0-rc.1"));
    assert!(
        bench
            .held(second.clone())
            .contains("`1.0.0-rc.1` waits in `blue` and was registered earlier")
    );
    // The later one does not hold the earlier one.
    bench.deploy("production", "1.0.0-rc.1");
    bench.deploy("production", "1.0.0-rc.2");
    // Both were there by now: neither holds the other, and what runs there is only older.
    assert_eq!(
        gates(&bench, &promote("production", "1.0.0-rc.1")),
        ["downgrade"]
    );
}

#[test]
fn an_older_version_needs_consent_where_consent_is_enough() {
    let both = |downgrade| {
        let mut bench = stages(|rules| {
            rules.environments[0].downgrade = downgrade;
            rules.environments[0].queue = Queue::Parallel;
        });
        bench.candidate("1.0.0-rc.1");
        bench.candidate("1.0.0-rc.2");
        bench.deploy("staging", "1.0.0-rc.2");
        bench
    };
    let bench = both(Downgrade::Consent);
    assert_eq!(
        gates(&bench, &promote("staging", "1.0.0-rc.1")),
        ["downgrade"]
    );
    assert_eq!(
        gates(&bench, &consent("staging", "1.0.0-rc.1", " ")),
        ["downgrade"]
    );
    let meant = consent("staging", "1.0.0-rc.1", "rc.2 is slow");
    assert!(matches!(bench.judge("ann", &meant), Verdict::Advance(_)));
    let bench = both(Downgrade::Never);
    assert!(
        bench
            .held(meant)
            .contains("downgrade (needs-person): `staging` runs `1.0.0-rc.2`; `1.0.0-rc.1` is older; clears by a rollback")
    );
}

#[test]
fn only_what_is_newer_than_the_rolled_back_one_lifts_its_hold() {
    let mut bench = stages(|rules| {
        rules.environments[0].after_rollback = AfterRollback::Newer;
        rules.environments[0].queue = Queue::Parallel;
    });
    for text in ["1.0.0-rc.1", "1.0.0-rc.2", "1.0.0-rc.3"] {
        bench.candidate(text);
    }
    bench.deploy("staging", "1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.2");
    bench.run(rollback("staging", "1.0.0-rc.1"));
    bench.run(seen("staging", "1.0.0-rc.1"));
    assert_eq!(gates(&bench, &promote("staging", "1.0.0-rc.2")), ["hold"]);
    bench.run(promote("staging", "1.0.0-rc.3"));
    // The effect of what lifted the hold is not held by it.
    bench.run(Command::Deploy {
        environment: environment("staging"),
    });
    nothing_to_do(
        &bench,
        &Command::Deploy {
            environment: environment("staging"),
        },
    );
}

#[test]
fn a_hold_a_freeze_and_a_rejection_are_judged_again_at_the_effect() {
    let deploy = || Command::Deploy {
        environment: environment("staging"),
    };
    let freeze = |name: &str| Command::Freeze {
        environments: [environment(name)].into(),
        from: time(T0),
        id: "feast".parse().unwrap(),
        reason: "a feast".to_owned(),
        until: Some(time(T0) + TimeDelta::hours(2)),
    };
    for refused in [RollbackInFreeze::Allowed, RollbackInFreeze::Refused] {
        let mut bench = stages(|rules| rules.environments[0].rollback_in_freeze = refused);
        bench.candidate("1.0.0-rc.1");
        bench.deploy("staging", "1.0.0-rc.1");
        bench.candidate("1.0.0-rc.2");
        bench.run(promote("staging", "1.0.0-rc.2"));
        bench.run(freeze("production"));
        let mut free = bench.judge("ann", &deploy());
        assert!(matches!(free, Verdict::Advance(_)));
        bench.run(Command::Thaw {
            id: "feast".parse().unwrap(),
        });
        bench.run(freeze("staging"));
        assert_eq!(gates(&bench, &deploy()), ["freeze:feast"]);
        // A freeze begins with its first moment and is over at its last.
        bench.now = time(T0) + TimeDelta::hours(2);
        free = bench.judge("ann", &deploy());
        assert!(matches!(free, Verdict::Advance(_)));
        bench.now = time(T0) + TimeDelta::hours(1);
        bench.run(Command::Hold {
            environment: environment("staging"),
            reason: "wait".to_owned(),
        });
        assert_eq!(gates(&bench, &deploy()), ["freeze:feast", "hold"]);
        bench.run(Command::Unhold {
            environment: environment("staging"),
        });
        nothing_to_do(
            &bench,
            &Command::Unhold {
                environment: environment("staging"),
            },
        );
        bench.run(reject("1.0.0-rc.2"));
        assert_eq!(gates(&bench, &deploy()), ["freeze:feast", "stage"]);
        // INV-18: the way back is free in a freeze, unless the process refuses that.
        let back = rollback("staging", "1.0.0-rc.1");
        match refused {
            RollbackInFreeze::Allowed => {
                bench.run(back);
                bench.run(deploy());
            }
            RollbackInFreeze::Refused => {
                assert_eq!(gates(&bench, &back), ["freeze:feast"]);
                bench.now = time(T0) + TimeDelta::hours(2);
                bench.run(back);
                bench.now = time(T0) + TimeDelta::hours(1);
                assert_eq!(gates(&bench, &deploy()), ["freeze:feast"]);
            }
        }
    }
}

#[test]
fn what_is_seen_is_recorded_for_what_it_is() {
    let mut bench = stages(|_| {});
    bench.candidate("1.0.0-rc.1");
    let wait = |bench: &Bench, text: &str| bench.held(seen("staging", text));
    assert!(wait(&bench, "1.0.0-rc.1").contains("nothing was promoted into `staging`"));
    let look = |text: &str| Command::Observe {
        environment: environment("staging"),
        observed: artifacts(text).identity(),
    };
    assert!(
        bench
            .held(look("1.0.0-rc.1"))
            .contains("nothing is recorded to run in `staging`")
    );
    bench.deploy("staging", "1.0.0-rc.1");
    bench.candidate("1.0.0-rc.2");
    bench.run(promote("staging", "1.0.0-rc.2"));
    assert!(wait(&bench, "1.0.0-rc.1").contains("still runs what it ran before `1.0.0-rc.2`"));
    assert!(wait(&bench, "a stranger").contains("intended is"));
    bench.run(seen("staging", "1.0.0-rc.2"));
    nothing_to_do(&bench, &seen("staging", "1.0.0-rc.2"));
    let events = bench.run(seen("staging", "a stranger"));
    assert_eq!(events[0].kind.name(), "observed");
}

#[test]
fn a_rollback_goes_where_it_was_and_is_not_now() {
    let mut bench = stages(|_| {});
    for text in ["1.0.0-rc.1", "1.0.0-rc.2"] {
        bench.candidate(text);
    }
    bench.deploy("staging", "1.0.0-rc.1");
    assert!(
        bench
            .held(rollback("staging", "1.0.0-rc.1"))
            .contains("`staging` runs `1.0.0-rc.1` already")
    );
    assert!(
        bench
            .held(rollback("staging", "1.0.0-rc.2"))
            .contains("`1.0.0-rc.2` was never verified in `staging`")
    );
    // Back to what stands there while something else is on its way in.
    bench.run(promote("staging", "1.0.0-rc.2"));
    let events = bench.run(rollback("staging", "1.0.0-rc.1"));
    assert!(
        matches!(&events[0].kind, EventKind::RolledBack { from: Some(from), .. } if *from == subject("1.0.0-rc.2"))
    );
    assert!(
        bench
            .held(rollback("staging", "1.0.0-rc.1"))
            .contains("a rollback to `1.0.0-rc.1` is on its way")
    );
    bench.run(seen("staging", "1.0.0-rc.1"));
    // Where it drifted, going back to it is a way to mend it.
    bench.run(Command::Observe {
        environment: environment("staging"),
        observed: artifacts("a stranger").identity(),
    });
    let again = rollback("staging", "1.0.0-rc.1");
    assert!(matches!(bench.judge("ann", &again), Verdict::Advance(_)));
    let mut by_itself = again;
    if let Command::Rollback { automated, .. } = &mut by_itself {
        *automated = true;
    }
    bench.run(by_itself.clone());
    bench.run(seen("staging", "1.0.0-rc.1"));
    bench.run(Command::Observe {
        environment: environment("staging"),
        observed: artifacts("a stranger").identity(),
    });
    // INV-17: a program goes back once, then a person decides.
    assert!(
        bench
            .held(by_itself)
            .contains("the last move here was an automated rollback")
    );
}

#[test]
fn a_new_verification_interrupts_nothing_and_doubt_begins_anew() {
    let mut bench = stages(|_| {});
    bench.candidate("1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    let since = |bench: &Bench| {
        let slot = &bench.state.slots[&environment("staging")];
        slot.current.as_ref().unwrap().since.at
    };
    let first = since(&bench);
    bench.wait(1);
    let verified = |text: &str| EventKind::DeploymentVerified {
        artifacts: artifacts(text).identity(),
        environment: environment("staging"),
    };
    let at = |bench: &Bench, kind| Event {
        at: Moment::from(bench.now),
        ..event(kind)
    };
    let again = at(&bench, verified("1.0.0-rc.1"));
    bench.state.apply(&again).unwrap();
    assert_eq!(since(&bench), first);
    let observed = |text: &str| EventKind::Observed {
        artifacts: artifacts(text).identity(),
        environment: environment("staging"),
    };
    let same = at(&bench, observed("1.0.0-rc.1"));
    bench.state.apply(&same).unwrap();
    assert_eq!(since(&bench), first);
    let other = at(&bench, observed("a stranger"));
    bench.state.apply(&other).unwrap();
    bench.wait(1);
    let back = at(&bench, verified("1.0.0-rc.1"));
    bench.state.apply(&back).unwrap();
    assert_eq!(since(&bench), bench.now);
    // A clock that went back does not make the time longer (INV-30).
    let other = at(&bench, observed("a stranger"));
    bench.state.apply(&other).unwrap();
    let latest = bench.now;
    bench.wait(-48);
    let back = at(&bench, observed("1.0.0-rc.1"));
    bench.state.apply(&back).unwrap();
    assert_eq!(since(&bench), latest);
}

#[test]
fn a_hotfix_owes_each_line_it_names_and_nothing_twice() {
    let mut bench = stages(|_| {});
    let hotfix = |text: &str, lines: &[&str]| {
        Command::Release(Box::new(MakeRelease {
            lane: Lane::Hotfix,
            merge_back: lines.iter().map(|line| line.parse().unwrap()).collect(),
            ..MakeRelease::direct(version(text), commit(text), artifacts(text))
        }))
    };
    let open = |bench: &Bench| {
        let owed = bench.state.open_obligations();
        owed.map(|(id, _)| id.to_string()).collect::<Vec<_>>()
    };
    bench.run(hotfix("1.0.1", &["1.1.x", "1.2.x"]));
    assert_eq!(
        open(&bench),
        ["merge-back-1.0.1-1.1.x", "merge-back-1.0.1-1.2.x"]
    );
    // The next hotfix of the same line is not held by it, a release of the other lines is.
    bench.run(hotfix("1.0.2", &["1.1.x"]));
    assert!(
        bench
            .held(hotfix("1.1.1", &["1.2.x"]))
            .contains("hotfix 1.0.1 must be merged back into 1.1.x")
    );
    nothing_to_do(&bench, &hotfix("1.0.1", &["1.1.x", "1.2.x"]));
}

#[test]
fn an_obligation_names_its_lines() {
    let bench = stages(|_| {});
    let open = |lines: &[&str]| Command::OpenObligation {
        id: "CVE-1".parse().unwrap(),
        kind: ObligationKind::Patch,
        lines: lines.iter().map(|line| line.parse().unwrap()).collect(),
        version: version("1.0.0"),
        why: "a crafted tag".to_owned(),
    };
    assert!(
        bench
            .held(open(&[]))
            .contains("obligation `CVE-1` names no line")
    );
    let ids = |lines: &[&str]| match bench.judge("ann", &open(lines)) {
        Verdict::Advance(events) => events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::ObligationOpened { id, .. } => Some(id.to_string()),
                _ => None,
            })
            .collect::<Vec<_>>(),
        Verdict::Hold(blockers) => panic!("{blockers}"),
    };
    assert_eq!(ids(&["1.x"]), ["CVE-1"]);
    assert_eq!(ids(&["1.x", "2.x"]), ["CVE-1-1.x", "CVE-1-2.x"]);
}

#[test]
fn a_history_is_adopted_into_an_empty_ledger_by_the_names_of_the_process() {
    let mut bench = stages(|rules| rules.environments[0].aliases = vec![environment("stage")]);
    let adopt = |name: &str| Command::Adopt {
        current: vec![(environment(name), subject("1.0.0"))],
        source: "tags".to_owned(),
        versions: Vec::new(),
    };
    assert!(
        bench
            .held(adopt("stages"))
            .contains("unknown environment `stages`")
    );
    let events = bench.run(adopt("stage"));
    let EventKind::Adopted { current, .. } = &events[0].kind else {
        panic!("{events:?}")
    };
    assert!(current.contains_key(&environment("staging")));
    assert_eq!(gates(&bench, &adopt("stage")), ["genesis"]);
}

#[test]
fn a_replacement_is_another_release() {
    let mut bench = Bench::new(PolicyRules {
        environments: vec![rule("production", Accepts::Release, &[], vec![])],
        ..PolicyRules::default()
    });
    bench.candidate("1.1.0-rc.1");
    for text in ["1.0.0", "1.0.1"] {
        bench.run(direct(text, Lane::Regular));
    }
    let deprecate = |text: &str, replacement: &str| Command::Deprecate {
        reason: "it loses files".to_owned(),
        replacement: Some(version(replacement)),
        version: version(text),
    };
    assert_eq!(gates(&bench, &deprecate("1.0.0", "1.0.0")), ["replacement"]);
    assert_eq!(
        gates(&bench, &deprecate("1.0.0", "1.1.0-rc.1")),
        ["replacement"]
    );
    assert_eq!(gates(&bench, &deprecate("1.1.0-rc.1", "1.0.1")), ["stage"]);
    bench.run(deprecate("1.0.0", "1.0.1"));
    nothing_to_do(&bench, &deprecate("1.0.0", "1.0.1"));
    let record = bench.state.version(&version("1.0.0")).unwrap();
    assert_eq!(record.replacement, Some(version("1.0.1")));
    assert_eq!(record.reason.as_deref(), Some("it loses files"));
    nothing_to_do(&bench, &register("1.1.0-rc.1", "1.1.0-rc.1"));
    bench.run(reject("1.1.0-rc.1"));
    nothing_to_do(&bench, &reject("1.1.0-rc.1"));
    assert_eq!(gates(&bench, &reject("1.0.1")), ["stage"]);
}

#[test]
fn a_backport_has_a_release_below_it_and_a_newer_line_above() {
    let mut bench = stages(|_| {});
    bench.candidate("3.0.0-rc.1");
    let backport = |text: &str| {
        Command::Release(Box::new(MakeRelease::backport(
            version(text),
            commit(text),
            artifacts(text),
        )))
    };
    for text in ["1.0.5", "2.0.0"] {
        bench.run(direct(text, Lane::Hotfix));
        let owed: Vec<_> = bench
            .state
            .open_obligations()
            .map(|(id, _)| id.clone())
            .collect();
        for id in owed {
            bench.run(Command::CloseObligation {
                evidence: "merged".to_owned(),
                id,
                waived: false,
            });
        }
    }
    // No release of its line is below it; no newer line is above it.
    for text in ["1.0.4", "1.1.0", "2.0.1", "3.0.1"] {
        assert_eq!(gates(&bench, &backport(text)), ["backport"], "{text}");
    }
    bench.run(backport("1.0.6"));
    nothing_to_do(&bench, &backport("1.0.6"));
    assert_eq!(
        gates(&bench, &direct("2.1.0", Lane::Regular)),
        ["candidate"]
    );
}

#[test]
fn a_release_is_what_its_candidate_was_and_nobody_elses() {
    let mut bench = stages(|rules| rules.release.derivation = vec![DerivationKind::Rebuilt]);
    for text in ["1.0.0-rc.1", "1.0.0-rc.2"] {
        bench.candidate(text);
        bench.deploy("staging", text);
    }
    let release = |release: MakeRelease| Command::Release(Box::new(release));
    let derived = |kind, from: &str| MakeRelease {
        artifacts: artifacts("another build"),
        derivation: Some(Derivation {
            from: artifacts(from).identity(),
            kind,
            proof: artifacts("a proof").identity(),
        }),
        ..of_candidate("1.0.0", "1.0.0-rc.2")
    };
    let other = MakeRelease {
        artifacts: artifacts("another build"),
        commit: commit("another commit"),
        ..of_candidate("1.0.0", "1.0.0-rc.2")
    };
    assert!(gates(&bench, &release(other)).contains(&"identity".to_owned()));
    let kind = derived(DerivationKind::Restamped, "1.0.0-rc.2");
    assert!(gates(&bench, &release(kind)).contains(&"identity".to_owned()));
    let origin = derived(DerivationKind::Rebuilt, "1.0.0-rc.1");
    assert!(gates(&bench, &release(origin)).contains(&"identity".to_owned()));
    let right = derived(DerivationKind::Rebuilt, "1.0.0-rc.2");
    assert!(matches!(
        bench.judge("ann", &release(right)),
        Verdict::Advance(_)
    ));
    bench.run(release(of_candidate("1.0.0", "1.0.0-rc.2")));
    // A candidate is selected for one release; the same release once more is nothing to do.
    nothing_to_do(&bench, &release(of_candidate("1.0.0", "1.0.0-rc.2")));
    assert!(
        bench
            .held(release(of_candidate("1.0.1", "1.0.0-rc.2")))
            .contains("candidate `1.0.0-rc.2` was selected for `1.0.0`")
    );
    bench.run(reject("1.0.0-rc.1"));
    assert!(
        bench
            .held(release(of_candidate("1.1.0", "1.0.0-rc.1")))
            .contains("`1.0.0-rc.1` is rejected; expected a candidate")
    );
}

#[test]
fn the_final_commit_is_the_candidates_or_differs_where_the_process_says_so() {
    // INV-3.
    use promenade_promotion::FinalCommit;

    let with = |rule: FinalCommit| {
        let mut bench = stages(|rules| rules.release.final_commit = rule);
        bench.candidate("1.0.0-rc.1");
        bench.deploy("staging", "1.0.0-rc.1");
        bench
    };
    let release = |text: &str, commit_of: &str, paths: &[&str]| {
        Command::Release(Box::new(MakeRelease {
            commit: commit(commit_of),
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            ..of_candidate(text, "1.0.0-rc.1")
        }))
    };
    let own = release("1.0.0", "1.0.0-rc.1", &[]);
    let bench = with(FinalCommit::SameCommit);
    assert!(matches!(bench.judge("ann", &own), Verdict::Advance(_)));
    assert!(
        bench
            .held(release("1.0.0", "another", &[]))
            .contains("candidate `1.0.0-rc.1` is commit")
    );
    let bench = with(FinalCommit::SameTag);
    assert!(
        bench
            .held(own.clone())
            .contains("candidate and release are one version here")
    );
    let one = release("1.0.0-rc.1", "1.0.0-rc.1", &[]);
    assert!(matches!(bench.judge("ann", &one), Verdict::Advance(_)));
    let bench = with(FinalCommit::Paths(["CHANGELOG.md".to_owned()].into()));
    assert!(matches!(bench.judge("ann", &own), Verdict::Advance(_)));
    let derived = |paths: &[&str]| {
        let mut wish = release("1.0.0", "another", paths);
        if let Command::Release(release) = &mut wish {
            release.artifacts = artifacts("1.0.0-rc.1");
        }
        wish
    };
    assert!(
        bench
            .held(derived(&["src/lib.rs", "CHANGELOG.md"]))
            .contains("the commits differ in `src/lib.rs`; only CHANGELOG.md may differ")
    );
    assert!(
        bench
            .held(derived(&[]))
            .contains("no path is said to differ")
    );
    assert!(matches!(
        bench.judge("ann", &derived(&["CHANGELOG.md"])),
        Verdict::Advance(_)
    ));
}

#[test]
fn a_release_may_be_below_its_own_candidate_and_no_other() {
    let mut bench = stages(|rules| rules.environments[1].queue = Queue::Parallel);
    for text in ["2603.1.0", "2603.2.0"] {
        bench.candidate(text);
    }
    bench.deploy("staging", "2603.1.0");
    bench.deploy("production", "2603.1.0");
    bench.run(Command::Release(Box::new(of_candidate(
        "2603.0.1", "2603.1.0",
    ))));
    bench.deploy("production", "2603.0.1");
    bench.deploy("staging", "2603.2.0");
    bench.deploy("production", "2603.2.0");
    assert!(gates(&bench, &promote("production", "2603.0.1")).contains(&"downgrade".to_owned()));
}

#[test]
fn every_predecessor_is_named_once_and_none_is_needed_where_none_is_named() {
    let mut bench = stages(|rules| {
        for name in ["blue", "green"] {
            let mut both = rule(name, Accepts::Candidate, &["staging"], vec![]);
            both.lanes = vec![Lane::Regular];
            rules.environments.push(both);
        }
        let last = &["staging", "production", "blue", "green", "staging"];
        rules
            .environments
            .push(rule("last", Accepts::Candidate, last, vec![]));
        let mut free = rule("free", Accepts::Candidate, &[], vec![]);
        free.after = serde_json::from_str(r#"{"any": []}"#).unwrap();
        rules.environments.push(free);
    });
    bench.candidate("1.0.0-rc.1");
    assert_eq!(
        gates(&bench, &promote("last", "1.0.0-rc.1")),
        [
            "after:blue",
            "after:green",
            "after:production",
            "after:staging"
        ]
    );
    bench.run(promote("free", "1.0.0-rc.1"));
    // On another lane blue and green fall away, and staging stands in for both, once.
    let mut hotfix = register("1.0.1-rc.1", "1.0.1-rc.1");
    if let Command::RegisterCandidate { lane, .. } = &mut hotfix {
        *lane = Lane::Hotfix;
    }
    bench.run(hotfix);
    assert_eq!(
        gates(&bench, &promote("last", "1.0.1-rc.1")),
        ["after:production", "after:staging"]
    );
}

#[test]
fn only_freezes_of_the_lane_are_judged_again_at_the_effect() {
    let weekend = r#"{"freeze": {"zone": "UTC", "weekly": [{"from": "mon 00:00", "to": "mon 12:00"}]}, "lanes": ["hotfix"]}"#;
    let mut bench = stages(|rules| {
        rules.environments[0].gates = vec![check("smoke"), gate(weekend)];
    });
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    bench.run(promote("staging", "1.0.0-rc.1"));
    bench.run(record(&bench.state, "smoke", "1.0.0-rc.1", Outcome::Fail));
    bench.run(Command::Deploy {
        environment: environment("staging"),
    });
}

#[test]
fn a_version_does_not_wait_for_itself() {
    let mut bench = stages(|rules| {
        rules.environments[0].derivation = vec![DerivationKind::Restamped];
        rules.environments[1].derivation = vec![DerivationKind::Restamped];
        rules.environments[1].queue = Queue::Queued;
    });
    bench.candidate("1.0.0-rc.1");
    let restamped =
        |name: &str| derived(name, "1.0.0-rc.1", "restamped", DerivationKind::Restamped);
    bench.run(restamped("staging"));
    bench.run(seen("staging", "restamped"));
    bench.run(restamped("production"));
}

#[test]
fn a_hotfix_is_not_held_by_what_its_own_line_owes() {
    let mut bench = stages(|_| {});
    let hotfix = |text: &str, lines: &[&str]| {
        Command::Release(Box::new(MakeRelease {
            lane: Lane::Hotfix,
            merge_back: lines.iter().map(|line| line.parse().unwrap()).collect(),
            ..MakeRelease::direct(version(text), commit(text), artifacts(text))
        }))
    };
    // Owed to every line, and its own line holds it already.
    bench.run(hotfix("1.0.1", &[]));
    assert_eq!(
        gates(&bench, &hotfix("1.1.1", &[])),
        ["obligation:merge-back"]
    );
    bench.run(hotfix("1.0.2", &[]));
    // What was opened by hand is not opened again.
    let mut bench = stages(|_| {});
    bench.run(Command::OpenObligation {
        id: "merge-back-1.0.1-1.1.x".parse().unwrap(),
        kind: ObligationKind::MergeBack,
        lines: vec!["1.1.x".parse().unwrap()],
        version: version("1.0.1"),
        why: "by hand".to_owned(),
    });
    assert_eq!(bench.run(hotfix("1.0.1", &["1.1.x"])).len(), 1);
}

#[test]
fn a_check_of_one_environment_voids_approvals_there_alone() {
    let approvals = r#"{"approvals": {"count": 1, "from": ["maintainers"]}}"#;
    let mut bench = stages(|rules| {
        rules.environments[1].after = promenade_promotion::After::default();
        for rule in &mut rules.environments {
            rule.gates = vec![check("smoke"), gate(approvals)];
        }
    });
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    for name in ["staging", "production"] {
        bench.run_as("bob", approve(name, "1.0.0-rc.1"));
    }
    bench.run(Command::RecordCheck {
        artifacts: artifacts("1.0.0-rc.1").identity(),
        environment: Some(environment("staging")),
        gate: "smoke".parse().unwrap(),
        outcome: Outcome::Fail,
        reason: None,
    });
    assert_eq!(
        gates(&bench, &promote("staging", "1.0.0-rc.1")),
        ["check:smoke", "approvals"]
    );
    bench.run(promote("production", "1.0.0-rc.1"));
}

#[test]
fn a_prerelease_is_no_release_below_itself() {
    let mut bench = stages(|_| {});
    let close = |bench: &mut Bench| {
        let owed = bench.state.open_obligations();
        let owed: Vec<_> = owed.map(|(id, _)| id.clone()).collect();
        for id in owed {
            bench.run(Command::CloseObligation {
                evidence: "merged".to_owned(),
                id,
                waived: false,
            });
        }
    };
    bench.run(direct("2.0.0", Lane::Hotfix));
    close(&mut bench);
    let first = MakeRelease {
        lane: Lane::Hotfix,
        mark: promenade_promotion::Mark::Prerelease,
        ..MakeRelease::direct(version("1.1.0"), commit("1.1.0"), artifacts("1.1.0"))
    };
    bench.run(Command::Release(Box::new(first)));
    close(&mut bench);
    let again = MakeRelease::backport(version("1.1.0"), commit("1.1.0"), artifacts("1.1.0"));
    assert_eq!(
        gates(&bench, &Command::Release(Box::new(again))),
        ["backport"]
    );
}

#[test]
fn a_rollback_may_end_at_what_derives_from_the_version() {
    let mut bench =
        stages(|rules| rules.environments[0].derivation = vec![DerivationKind::Restamped]);
    bench.candidate("1.0.0-rc.1");
    bench.run(derived(
        "staging",
        "1.0.0-rc.1",
        "restamped",
        DerivationKind::Restamped,
    ));
    bench.run(seen("staging", "restamped"));
    let back = |text: &str| EventKind::RolledBack {
        artifacts: artifacts(text).identity(),
        automated: false,
        environment: environment("staging"),
        from: None,
        reason: "it is slow".to_owned(),
        to: subject("1.0.0-rc.1"),
    };
    assert!(evolve(bench.state.clone(), &event(back("restamped"))).is_ok());
    assert!(evolve(bench.state.clone(), &event(back("1.0.0-rc.1"))).is_ok());
    let derivation = Derivation {
        from: artifacts("a stranger").identity(),
        kind: DerivationKind::Restamped,
        proof: artifacts("a proof").identity(),
    };
    let set = bench.state.sets.entry(artifacts("foreign").identity());
    set.or_default().derivation = Some(derivation);
    assert_eq!(broken(&bench.state, back("foreign")).0, "INV-1");
}

#[test]
fn doubt_voids_the_approvals_that_relied_on_the_place_and_no_others() {
    let approvals = r#"{"approvals": {"count": 1, "from": ["maintainers"]}}"#;
    let mut bench = stages(|rules| {
        let soak = r#"{"soak": {"for": "0s", "in": "staging"}}"#;
        rules.environments[1].after = promenade_promotion::After::default();
        rules.environments[1].gates = vec![check("smoke"), gate(approvals)];
        let soaked = vec![gate(soak), gate(approvals)];
        rules
            .environments
            .push(rule("mainnet", Accepts::Candidate, &[], soaked));
        rules.environments.push(rule(
            "mirror",
            Accepts::Candidate,
            &["staging"],
            vec![gate(approvals)],
        ));
    });
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    for name in ["production", "mainnet", "mirror"] {
        bench.run_as("bob", approve(name, "1.0.0-rc.1"));
    }
    let approved = |bench: &Bench| {
        let set = &bench.state.sets[&artifacts("1.0.0-rc.1").identity()];
        set.approvals
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(approved(&bench), ["mainnet", "mirror", "production"]);
    bench.run(Command::Observe {
        environment: environment("staging"),
        observed: artifacts("a stranger").identity(),
    });
    assert_eq!(approved(&bench), ["production"]);
}

#[test]
fn a_known_version_keeps_its_commit_even_for_the_same_artifacts() {
    // INV-2.
    let mut bench = stages(|_| {});
    bench.candidate("1.0.0");
    let released = |commit_of: &str| EventKind::Released {
        artifacts: artifacts("1.0.0"),
        commit: commit(commit_of),
        derivation: None,
        from: None,
        lane: Lane::Regular,
        mark: promenade_promotion::Mark::Release,
        paths: Default::default(),
        tag: None,
        version: version("1.0.0"),
    };
    assert!(evolve(bench.state.clone(), &event(released("1.0.0"))).is_ok());
    assert_eq!(broken(&bench.state, released("another commit")).0, "INV-2");
}

#[test]
fn what_was_rejected_is_not_released_directly_under_another_version() {
    // INV-12: a lane that needs no candidate is no way around a rejection.
    let mut bench = stages(|_| {});
    bench.candidate("1.0.0-rc.1");
    bench.candidate("1.0.0-rc.2");
    bench.run(reject("1.0.0-rc.1"));
    let same = |commit_of: &str, built_of: &str| {
        Command::Release(Box::new(MakeRelease {
            lane: Lane::Hotfix,
            ..MakeRelease::direct(version("1.0.1"), commit(commit_of), artifacts(built_of))
        }))
    };
    // The same build of any commit is what was rejected.
    let why = bench.held(same("1.0.1", "1.0.0-rc.1"));
    assert!(
        why.contains("rejected (permanent): candidate `1.0.0-rc.1` was rejected"),
        "{why}"
    );
    // Another build of its commit is no way around it either.
    let why = bench.held(same("1.0.0-rc.1", "1.0.1"));
    assert!(why.contains("is another build"), "{why}");
    let free = bench.judge("ann", &same("1.0.0-rc.2", "1.0.0-rc.2"));
    assert!(matches!(free, Verdict::Advance(_)), "{free:?}");
}
