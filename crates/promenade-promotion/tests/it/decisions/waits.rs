//! Soaks, freezes and schedules.

use super::*;

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
