//! Ways back, and the hold that a rollback leaves.

use super::*;

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
