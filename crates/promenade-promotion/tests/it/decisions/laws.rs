//! What no policy may allow, and what an event that breaks it is told.

use super::*;

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
