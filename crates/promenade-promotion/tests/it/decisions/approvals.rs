//! Approvals and waivers: who may, how long, and what makes them void.

use super::*;

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
fn a_check_is_of_whoever_recorded_it_last() {
    let mut bench = stages(|_| {});
    bench.candidate("1.0.0-rc.1");
    let by = |bench: &Bench| {
        let set = bench.state.sets.get(&artifacts("1.0.0-rc.1").identity());
        set.unwrap().evidence.get("smoke").unwrap().by.clone()
    };
    for who in ["ann", "bob", "bob", "cyd"] {
        for outcome in [Outcome::Fail, Outcome::Pass] {
            bench.wait(1);
            let command = record(&bench.state, "smoke", "1.0.0-rc.1", outcome);
            bench.run_as(who, command);
            assert_eq!(by(&bench).to_string(), format!("ssh:{who}"));
        }
    }
}
