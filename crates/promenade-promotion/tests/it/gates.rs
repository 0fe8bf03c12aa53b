//! Gates: what holds, who or when clears it, and what cannot be gone around.

use chrono::TimeDelta;
use insta::assert_snapshot;
use promenade_promotion::{
    Accepts, AfterRollback, BuildPolicyError, ChannelMove, Command, Derivation, DerivationKind,
    Follows, Lane, MakeRelease, ObligationKind, Outcome, Policy, PolicyRules, Queue, Rank, explain,
};

use crate::support::*;

fn everything() -> PolicyRules {
    let gates = [
        r#"{"check": "integration"}"#,
        r#"{"command": {"name": "scan", "run": ["./scan.sh", "--strict"]}}"#,
        r#"{"checklist": "announce"}"#,
        r#"{"signature": "tag"}"#,
        r#"{"approvals": {"count": 2, "from": ["maintainers"], "separation": "duty", "expires": "14d"}}"#,
        r#"{"soak": {"for": "7d", "in": "stage"}}"#,
        r#"{"freeze": {"zone": "Europe/Berlin", "weekly": [{"from": "fri 16:00", "to": "mon 10:00"}]}}"#,
        r#"{"obligation": "merge-back"}"#,
        r#"{"schedule": {"offset": "-7d"}}"#,
    ];
    let mut rules = two_stages();
    rules.environments[0].aliases = vec![environment("stage")];
    rules.environments[1].accepts = Accepts::Candidate;
    rules.environments[1].gates = gates.iter().map(|text| gate(text)).collect();
    rules.people.push(person("dan", &["maintainers"]));
    rules.people.push(person("eve", &["maintainers"]));
    rules
}

#[test]
fn every_blocker_is_shown_at_once_with_who_or_when_clears_it() {
    let mut bench = Bench::new(everything());
    bench.candidate("1.0.0-rc.1");
    bench.run(record(
        &bench.state,
        "integration",
        "1.0.0-rc.1",
        Outcome::Fail,
    ));
    bench.run(record(&bench.state, "scan", "1.0.0-rc.1", Outcome::NotRun));
    assert_snapshot!(bench.held(promote("production", "1.0.0-rc.1")), @r"
    freeze (waiting): frozen, by the clocks of Europe/Berlin; clears at 2026-11-02T09:00:00Z
    signature:tag (waiting): no outcome is recorded for `1.0.0-rc.1`; clears by recording `tag`
    after:staging (blocked): nothing runs in `staging`; clears by a verified deployment of `1.0.0-rc.1` in `staging`
    check:integration (blocked): failed, recorded by ssh:ann; clears by a pass for the same artifacts, or a waiver; otherwise a rejection of `1.0.0-rc.1`
    soak:staging (blocked): `1.0.0-rc.1` is not verified in `staging`; clears by a verified deployment of `1.0.0-rc.1` in `staging`, and 7d
    approvals (needs-person): 0 of 2 approvals; clears by 2 of bob, dan, eve
    checklist:announce (needs-person): no outcome is recorded for `1.0.0-rc.1`; clears by someone who does and records `announce`
    schedule (needs-person): no day is planned for `1.0.0-rc.1`; clears by planning its day
    command:scan (unknown): not run; clears by running `./scan.sh --strict`
    ");
    let context = bench.context("ann");
    let explanation = explain(&bench.state, &bench.policy, "production", None, &context).unwrap();
    assert_eq!(explanation.subject, Some(subject("1.0.0-rc.1")));
    assert!(!explanation.is_open());
    let unknown = explain(&bench.state, &bench.policy, "prodution", None, &context).unwrap_err();
    assert_snapshot!(unknown, @r"unknown environment `prodution`: expected one of staging, production; did you mean `production`?");
}

#[test]
fn gates_clear_one_by_one() {
    let mut bench = Bench::new(everything());
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    for name in ["integration", "scan", "announce"] {
        bench.pass(name, "1.0.0-rc.1");
    }
    bench.run(record(
        &bench.state,
        "tag",
        "1.0.0-rc.1",
        Outcome::NotApplicable,
    ));
    let at = bench.now + TimeDelta::days(14);
    bench.run(Command::Schedule {
        at,
        version: version("1.0.0-rc.1"),
    });
    let approve = |name: &str| Command::Approve {
        environment: environment(name),
        subject: subject("1.0.0-rc.1"),
    };
    // The author of the candidate may approve and does not count; nor does who promotes.
    bench.run_as("ann", approve("production"));
    bench.run_as("bob", approve("production"));
    assert_snapshot!(bench.held_as("cyd", approve("production")), @r"approvals (permanent): ssh:cyd holds none of the roles maintainers");
    assert_snapshot!(bench.held(promote("production", "1.0.0-rc.1")), @r"
    freeze (waiting): frozen, by the clocks of Europe/Berlin; clears at 2026-11-02T09:00:00Z
    schedule (waiting): planned for -7d from 2026-11-16T08:00:00Z; clears at 2026-11-09T08:00:00Z
    soak:staging (waiting): in `staging` for 0s of 7d; clears at 2026-11-09T08:00:00Z
    approvals (needs-person): 1 of 2 approvals; clears by 1 of dan, eve
    ");
    bench.run_as("dan", approve("production"));
    bench.wait(7 * 24 + 3);
    bench.run(promote("production", "1.0.0-rc.1"));
}

#[test]
fn approvals_lapse_are_withdrawn_and_are_void_when_evidence_changes() {
    // INV-25, INV-27.
    let approvals = r#"{"approvals": {"count": 1, "from": ["maintainers"], "expires": "2d"}}"#;
    let mut rules = two_stages();
    rules.environments[0].gates.push(gate(approvals));
    let mut bench = Bench::new(rules);
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    let approve = || Command::Approve {
        environment: environment("staging"),
        subject: subject("1.0.0-rc.1"),
    };
    bench.run_as("bob", approve());
    let withdraw = Command::WithdrawApproval {
        environment: environment("staging"),
        subject: subject("1.0.0-rc.1"),
    };
    bench.run_as("bob", withdraw);
    assert!(
        bench
            .held(promote("staging", "1.0.0-rc.1"))
            .contains("0 of 1 approvals")
    );
    bench.run_as("bob", approve());
    bench.wait(48);
    assert!(
        bench
            .held(promote("staging", "1.0.0-rc.1"))
            .contains("0 of 1 approvals")
    );
    bench.run_as("bob", approve());
    bench.run(record(&bench.state, "smoke", "1.0.0-rc.1", Outcome::Fail));
    bench.pass("smoke", "1.0.0-rc.1");
    assert!(
        bench
            .held(promote("staging", "1.0.0-rc.1"))
            .contains("0 of 1 approvals")
    );
    bench.run_as("bob", approve());
    // A new candidate inherits none.
    bench.candidate("1.0.0-rc.2");
    bench.pass("smoke", "1.0.0-rc.2");
    assert!(
        bench
            .held(promote("staging", "1.0.0-rc.2"))
            .contains("0 of 1 approvals")
    );
    bench.run(promote("staging", "1.0.0-rc.1"));
}

#[test]
fn two_keys_of_one_person_are_one_approval() {
    // INV-26.
    let mut rules = two_stages();
    rules.environments[0].gates = vec![gate(
        r#"{"approvals": {"count": 2, "from": ["maintainers"]}}"#,
    )];
    rules.people[0].keys.push("openpgp:ANN".parse().unwrap());
    let mut bench = Bench::new(rules);
    bench.candidate("1.0.0-rc.1");
    let approve = Command::Approve {
        environment: environment("staging"),
        subject: subject("1.0.0-rc.1"),
    };
    bench.run(approve.clone());
    let mut context = bench.context("ann");
    context.by = "openpgp:ANN".parse().unwrap();
    let verdict = promenade_promotion::decide(&bench.state, &approve, &bench.policy, &context);
    let promenade_promotion::Verdict::Advance(events) = verdict else {
        panic!("{verdict:?}")
    };
    bench.state.apply(&events[0]).unwrap();
    assert_snapshot!(bench.held(promote("staging", "1.0.0-rc.1")), @r"approvals (needs-person): 1 of 2 approvals; clears by 1 of bob");
}

#[test]
fn a_waiver_has_a_reason_a_scope_and_an_end() {
    // INV-28.
    let mut bench = Bench::new(two_stages());
    bench.candidate("1.0.0-rc.1");
    let waive = |bench: &Bench, gate: &str, reason: &str, hours| Command::Waive {
        environment: environment("staging"),
        expires: bench.now + TimeDelta::hours(hours),
        gate: gate.to_owned(),
        reason: reason.to_owned(),
        subject: subject("1.0.0-rc.1"),
    };
    assert!(
        bench
            .held(waive(&bench, "check:smoke", " ", 1))
            .contains("no reason")
    );
    assert!(
        bench
            .held(waive(&bench, "check:smoke", "known", 0))
            .contains("lapsed")
    );
    assert_snapshot!(bench.held(waive(&bench, "check:smok", "known", 1)), @r"waiver (permanent): `check:smok` is no gate of `staging` that can be waived; did you mean `check:smoke`?");
    assert_snapshot!(bench.held(waive(&bench, "identity", "known", 1)), @r"waiver (permanent): `identity` is no gate of `staging` that can be waived");
    bench.run(waive(&bench, "check:smoke", "the rig is down", 1));
    bench.candidate("1.0.0-rc.2");
    assert!(
        bench
            .held(promote("staging", "1.0.0-rc.2"))
            .contains("check:smoke")
    );
    bench.wait(1);
    assert!(
        bench
            .held(promote("staging", "1.0.0-rc.1"))
            .contains("check:smoke")
    );
}

#[test]
fn announced_freezes_hold_promotions_and_not_rollbacks() {
    // INV-18, INV-31.
    let mut bench = Bench::new(two_stages());
    for text in ["1.0.0-rc.1", "1.0.0-rc.2"] {
        bench.candidate(text);
        bench.pass("smoke", text);
        bench.deploy("staging", text);
    }
    bench.candidate("1.0.0-rc.3");
    bench.pass("smoke", "1.0.0-rc.3");
    bench.run(promote("staging", "1.0.0-rc.3"));
    let freeze = Command::Freeze {
        environments: [environment("staging")].into(),
        from: bench.now,
        id: "holidays".parse().unwrap(),
        reason: "nobody is there".to_owned(),
        until: Some(bench.now + TimeDelta::days(3)),
    };
    bench.run(freeze);
    // Intended before, not yet effected: judged again.
    assert_snapshot!(bench.held(Command::Deploy { environment: environment("staging") }), @r"freeze:holidays (waiting): frozen: nobody is there; clears at 2026-11-05T08:00:00Z; clears by lifting freeze `holidays`");
    bench.run(rollback("staging", "1.0.0-rc.1"));
    bench.run(Command::Deploy {
        environment: environment("staging"),
    });
    bench.run(verify(&bench.state, "staging", "1.0.0-rc.1"));
}

#[test]
fn a_rollback_holds_the_environment_until_someone_takes_it_off() {
    // INV-14, INV-16, INV-17.
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    let mut bench = Bench::new(rules.clone());
    for text in ["1.0.0-rc.1", "1.0.0-rc.2"] {
        bench.candidate(text);
        bench.deploy("staging", text);
    }
    bench.candidate("1.0.0-rc.3");
    assert!(
        bench
            .held(rollback("staging", "1.0.0-rc.3"))
            .contains("never verified")
    );
    let automated = |to: &str| Command::Rollback {
        automated: true,
        environment: environment("staging"),
        reason: "errors rise".to_owned(),
        to: subject(to),
    };
    bench.run_as("bob", automated("1.0.0-rc.1"));
    bench.run(verify(&bench.state, "staging", "1.0.0-rc.1"));
    assert_snapshot!(bench.held(automated("1.0.0-rc.2")), @r"rollback (needs-person): the last move here was an automated rollback; another one needs a person; clears by a person who rolls back, or takes the hold off `staging`");
    assert_snapshot!(bench.held(promote("staging", "1.0.0-rc.3")), @r"hold (needs-person): `staging` is held by ssh:bob: errors rise; clears by taking the hold off `staging`");
    bench.run(Command::Unhold {
        environment: environment("staging"),
    });
    bench.run(promote("staging", "1.0.0-rc.3"));

    rules.environments[0].after_rollback = AfterRollback::Newer;
    bench.policy = Policy::build(rules).unwrap();
    bench.run(verify(&bench.state, "staging", "1.0.0-rc.3"));
    bench.run(rollback("staging", "1.0.0-rc.2"));
    bench.run(verify(&bench.state, "staging", "1.0.0-rc.2"));
    assert!(
        bench
            .held(promote("staging", "1.0.0-rc.3"))
            .contains("hold")
    );
    bench.candidate("1.0.0-rc.4");
    bench.run(promote("staging", "1.0.0-rc.4"));
}

#[test]
fn queues_say_what_a_newer_candidate_does_to_an_older_one() {
    let build = |queue| {
        let mut rules = two_stages();
        rules.environments[0].gates.clear();
        rules.environments[0].queue = queue;
        let mut bench = Bench::new(rules);
        bench.candidate("1.0.0-rc.1");
        bench.candidate("1.0.0-rc.2");
        bench
    };
    let mut superseded = build(Queue::Superseded);
    superseded.run(promote("staging", "1.0.0-rc.1"));
    superseded.run(promote("staging", "1.0.0-rc.2"));
    assert_snapshot!(superseded.held(promote("staging", "1.0.0-rc.1")), @r"
    in-flight (blocked): `1.0.0-rc.2` is on its way into `staging`; clears by its verification or failure in `staging`
    superseded (needs-person): `1.0.0-rc.2` was registered later and got into `staging` first; clears by consent to the older version, with a reason
    ");
    for queue in [Queue::Queued, Queue::Parallel] {
        let mut bench = build(queue);
        bench.run(promote("staging", "1.0.0-rc.1"));
        assert!(
            bench
                .held(promote("staging", "1.0.0-rc.2"))
                .starts_with("in-flight (blocked)")
        );
    }
}

#[test]
fn a_hotfix_takes_the_declared_shorter_path_and_owes_its_merge() {
    // INV-8, INV-39.
    let mut rules = two_stages();
    rules.environments[0].lanes = vec![Lane::Regular];
    let mut bench = Bench::new(rules);
    let release = |text: &str| MakeRelease::direct(version(text), commit(text), artifacts(text));
    assert!(
        bench
            .held(Command::Release(Box::new(release("1.0.0"))))
            .contains("is made from a candidate")
    );
    let hotfix = MakeRelease {
        lane: Lane::Hotfix,
        merge_back: vec!["1.1.x".parse().unwrap()],
        ..release("1.0.1")
    };
    bench.run(Command::Release(Box::new(hotfix)));
    bench.deploy("production", "1.0.1");
    assert!(
        bench
            .held(promote("staging", "1.0.1"))
            .contains("does not pass through")
    );
    bench.candidate("1.1.0-rc.1");
    bench.pass("smoke", "1.1.0-rc.1");
    bench.deploy("staging", "1.1.0-rc.1");
    let next = MakeRelease::of_candidate(
        version("1.1.0"),
        version("1.1.0-rc.1"),
        commit("1.1.0-rc.1"),
        artifacts("1.1.0-rc.1"),
    );
    let next = Command::Release(Box::new(next));
    assert_snapshot!(bench.held(next.clone()), @r"obligation:merge-back (blocked): owed: hotfix 1.0.1 must be merged back into 1.1.x; clears by closing obligation `merge-back-1.0.1-1.1.x`");
    bench.run(Command::CloseObligation {
        evidence: "merged as 7d2c".to_owned(),
        id: "merge-back-1.0.1-1.1.x".parse().unwrap(),
        waived: false,
    });
    bench.run(next);
}

#[test]
fn an_emergency_is_patched_on_every_supported_line_or_waived() {
    // INV-40.
    let mut bench = Bench::new(PolicyRules {
        environments: vec![rule("production", Accepts::Release, &[], vec![])],
        ..PolicyRules::default()
    });
    let release = |text: &str| MakeRelease::direct(version(text), commit(text), artifacts(text));
    for text in ["1.0.0", "1.1.0", "1.2.0"] {
        bench.run(Command::Release(Box::new(release(text))));
    }
    bench.run(Command::OpenObligation {
        id: "CVE-1".parse().unwrap(),
        kind: ObligationKind::Patch,
        lines: ["1.0.x", "1.1.x", "1.2.x"]
            .map(|line| line.parse().unwrap())
            .to_vec(),
        version: version("1.2.0"),
        why: "a crafted tag crashes the reader".to_owned(),
    });
    let backport = MakeRelease {
        backport: true,
        ..release("1.1.1")
    };
    bench.run(Command::Release(Box::new(backport)));
    assert!(
        bench
            .held(Command::Release(Box::new(release("1.2.1"))))
            .contains("owed")
    );
    bench.run(Command::CloseObligation {
        evidence: "1.0 is not affected".to_owned(),
        id: "CVE-1-1.0.x".parse().unwrap(),
        waived: true,
    });
    let open: Vec<_> = bench
        .state
        .open_obligations()
        .map(|(id, _)| id.to_string())
        .collect();
    assert_eq!(open, ["CVE-1-1.2.x"]);
}

#[test]
fn channels_move_forward_except_by_a_rollback() {
    // INV-19, INV-20, INV-22, INV-23.
    let mut bench = Bench::new(PolicyRules {
        environments: vec![rule("mainnet", Accepts::Candidate, &[], vec![])],
        ..PolicyRules::default()
    });
    bench.candidate("1.3.0-rc.1");
    for text in ["1.0.0", "1.1.0", "1.0.1"] {
        let release = MakeRelease {
            lane: Lane::Hotfix,
            ..MakeRelease::direct(version(text), commit(text), artifacts(text))
        };
        bench.run(Command::Release(Box::new(release)));
        let id = format!("merge-back-{text}-x").parse().unwrap();
        bench.run(Command::CloseObligation {
            evidence: "merged".to_owned(),
            id,
            waived: false,
        });
    }
    let to = |channel: &str, follows, from: Option<&str>, to: &str| ChannelMove {
        channel: channel.parse().unwrap(),
        follows,
        from: from.map(version),
        to: version(to),
        environment: (follows == Follows::Environment).then(|| environment("mainnet")),
    };
    let moves = |moves| Command::MoveChannels { moves };
    bench.run(moves(vec![
        to("latest", Follows::Highest, None, "1.1.0"),
        to("1.0.0", Follows::Fixed, None, "1.0.0"),
    ]));
    assert_snapshot!(bench.held(moves(vec![
        to("latest", Follows::Highest, Some("1.1.0"), "1.0.1"),
        to("1.0.0", Follows::Fixed, Some("1.0.0"), "1.0.1"),
        to("stable", Follows::Highest, None, "1.3.0-rc.1"),
        to("1.1", Follows::Highest, Some("1.0.0"), "1.1.0"),
        to("mainnet", Follows::Environment, None, "1.1.0"),
    ])), @r"
    channel:1.1 (blocked): `1.1` points at nothing, not at 1.0.0; clears by reading the channel again and deciding again
    channel:mainnet (blocked): `1.1.0` is not verified in `mainnet`; clears by a verified deployment of `1.1.0` in `mainnet`
    channel:1.0.0 (permanent): `1.0.0` points at `1.0.0` for ever
    channel:latest (permanent): `latest` is at `1.1.0`; `1.0.1` is lower, and only a rollback goes back
    channel:stable (permanent): `stable` follows releases; `1.3.0-rc.1` is a pre-release by its number
    channel:stable (permanent): `stable` follows releases; `1.3.0-rc.1` is candidate
    ");
    bench.run(Command::RollbackChannels {
        moves: vec![to("latest", Follows::Highest, Some("1.1.0"), "1.0.1")],
        reason: "1.1.0 loses files".to_owned(),
    });
    bench.deploy("mainnet", "1.0.1");
    bench.run(moves(vec![to(
        "mainnet",
        Follows::Environment,
        None,
        "1.0.1",
    )]));
    bench.run(Command::Deprecate {
        reason: "it loses files".to_owned(),
        replacement: Some(version("1.0.1")),
        version: version("1.1.0"),
    });
    assert!(
        bench
            .held(moves(vec![to(
                "latest",
                Follows::Highest,
                Some("1.0.1"),
                "1.1.0"
            )]))
            .contains("deprecated")
    );
}

#[test]
fn a_derivation_is_refused_unless_the_policy_says_so() {
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    rules.environments[1].accepts = Accepts::Candidate;
    let derived = || {
        let derivation = Derivation {
            from: artifacts("1.0.0-rc.1").identity(),
            kind: DerivationKind::Restamped,
            proof: artifacts("a proof").identity(),
        };
        Command::Promote {
            automated: false,
            consent: None,
            derived: Some((artifacts("restamped").identity(), derivation)),
            environment: environment("production"),
            subject: subject("1.0.0-rc.1"),
        }
    };
    let mut bench = Bench::new(rules.clone());
    bench.candidate("1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    assert_snapshot!(bench.held(derived()), @r"derivation (permanent): `production` takes no restamped artifacts");
    rules.environments[1].derivation = vec![DerivationKind::Restamped];
    bench.policy = Policy::build(rules).unwrap();
    bench.run(derived());
    bench.run(Command::VerifyDeployed {
        environment: environment("production"),
        observed: artifacts("restamped").identity(),
    });
}

#[test]
fn drift_blocks_what_comes_after() {
    // INV-4.
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    rules.environments[1].accepts = Accepts::Candidate;
    let mut bench = Bench::new(rules);
    bench.candidate("1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    bench.run(Command::Observe {
        environment: environment("staging"),
        observed: artifacts("a stranger").identity(),
    });
    assert_snapshot!(bench.held(promote("production", "1.0.0-rc.1")), @r"after:staging (blocked): `1.0.0-rc.1` in `staging` is drifted; clears by seeing in `staging` what is intended there");
}

#[test]
fn any_predecessor_is_enough_where_the_process_says_any() {
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    let mut last = rule("mainnet", Accepts::Candidate, &[], vec![]);
    last.after = serde_json::from_str(r#"{"any": ["staging", "production"]}"#).unwrap();
    rules.environments.push(last);
    let mut bench = Bench::new(rules);
    bench.candidate("1.0.0-rc.1");
    assert_snapshot!(bench.held(promote("mainnet", "1.0.0-rc.1")), @r"after:staging-or-production (blocked): needs to be verified in staging or production; clears by a verified deployment in staging or production");
    bench.deploy("staging", "1.0.0-rc.1");
    bench.run(promote("mainnet", "1.0.0-rc.1"));
}

#[test]
fn a_policy_that_contradicts_itself_is_refused_by_name() {
    let build = |change: &dyn Fn(&mut PolicyRules)| {
        let mut rules = two_stages();
        change(&mut rules);
        Policy::build(rules).expect_err("accepted").to_string()
    };
    let circle = |rules: &mut PolicyRules| {
        rules.environments[0].after = serde_json::from_str(r#"["production"]"#).unwrap();
    };
    assert_snapshot!(build(&circle), @r"environments come after each other in a circle: staging after production after staging");
    assert_snapshot!(build(&|rules| rules.environments[1].aliases = vec![environment("staging")]), @r"environment `staging`: the name is taken by environment `staging`");
    let role = |rules: &mut PolicyRules| {
        rules.environments[0].gates = vec![gate(
            r#"{"approvals": {"count": 1, "from": ["maintainer"]}}"#,
        )];
    };
    assert_snapshot!(build(&role), @r"environment `staging`: nobody holds role `maintainer`; did you mean `maintainers`?");
    let quorum = |rules: &mut PolicyRules| {
        rules.environments[0].gates = vec![gate(
            r#"{"approvals": {"count": 3, "from": ["maintainers"]}}"#,
        )];
    };
    assert_snapshot!(build(&quorum), @r"environment `staging`: 3 approvals are asked of 2 people");
    let twice = |rules: &mut PolicyRules| {
        rules.environments[0].gates = vec![check("smoke"), check("smoke")]
    };
    assert_snapshot!(build(&twice), @r"environment `staging`: gate `check:smoke` stands twice for one lane");
    let key = |rules: &mut PolicyRules| rules.people[1].keys = rules.people[0].keys.clone();
    assert_snapshot!(build(&key), @r"person `bob`: key `ssh:ann` is taken by person `ann`");
    let is_cycle = {
        let mut rules = two_stages();
        circle(&mut rules);
        matches!(Policy::build(rules), Err(BuildPolicyError::Cycle { .. }))
    };
    assert!(is_cycle);
}

#[test]
fn ranks_go_from_what_time_clears_to_what_nothing_clears() {
    assert!(Rank::ALL.is_sorted());
    assert_eq!(Rank::ALL.first(), Some(&Rank::Waiting));
    assert_eq!(Rank::ALL.last(), Some(&Rank::Permanent));
}

#[test]
fn a_gate_in_a_file_is_one_condition() {
    let error = |json: &str| {
        serde_json::from_str::<promenade_promotion::GateRule>(json)
            .unwrap_err()
            .to_string()
    };
    assert_snapshot!(error(r#"{"chek": "smoke"}"#), @r"unknown field `chek`, expected one of `approvals`, `check`, `checklist`, `command`, `freeze`, `lanes`, `obligation`, `schedule`, `signature`, `soak` at line 1 column 17");
    assert_snapshot!(error(r#"{"check": "smoke", "signature": "tag"}"#), @r"a gate is one condition, found `check` and `signature` at line 1 column 38");
    assert_snapshot!(error(r#"{"lanes": ["regular"]}"#), @r"a gate needs one condition of approvals, check, checklist, command, freeze, lanes, obligation, schedule, signature, soak at line 1 column 22");
    assert_snapshot!(error(r#"{"soak": {"for": "7 days", "in": "staging"}}"#), @r"invalid span `7 days`: expected a whole number and one of `s`, `m`, `h`, `d`, `w` at line 1 column 25");
    let rule = gate(r#"{"check": "smoke", "lanes": ["hotfix"]}"#);
    assert_eq!(
        serde_json::to_string(&rule).unwrap(),
        r#"{"check":"smoke","lanes":["hotfix"]}"#
    );
}
