//! What an environment takes, in which order, and what is seen there.

use super::*;

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
