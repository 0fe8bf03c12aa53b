//! Every invariant of the promotion machine and its ledger, and the tests that guard it.

use promenade_promotion::{
    Accepts, Command, EventKind, MakeRelease, Policy, PolicyRules, Stage, Subject, Verdict,
};

use crate::support::*;

/// Tests by their names: `module::test` of this crate, `crate/file::test` of another one.
const GUARDS: [(u8, &[&str]); 44] = [
    (
        1,
        &[
            "story::another_digest_under_one_version_is_refused_for_ever",
            "model::every_seeded_defect_is_found",
        ],
    ),
    (
        2,
        &[
            "story::another_digest_under_one_version_is_refused_for_ever",
            "laws::random_histories_keep_the_invariants",
        ],
    ),
    (
        3,
        &[
            "decisions::releases::the_final_commit_is_the_candidates_or_differs_where_the_process_says_so",
        ],
    ),
    (
        4,
        &[
            "gates::drift_blocks_what_comes_after",
            "decisions::places::what_is_seen_is_recorded_for_what_it_is",
        ],
    ),
    (5, &["invariants::no_tag_is_a_subject"]),
    (6, &["laws::random_histories_keep_the_invariants"]),
    (
        7,
        &[
            "decisions::places::what_is_being_replaced_or_taken_back_opens_nothing",
            "model::one_candidate_in_three_environments_is_checked_to_the_end",
        ],
    ),
    (
        8,
        &["gates::a_hotfix_takes_the_declared_shorter_path_and_owes_its_merge"],
    ),
    (9, &["invariants::a_soak_is_not_handed_on_to_a_successor"]),
    (
        10,
        &[
            "decisions::laws::laws_that_hold_under_every_policy_are_named",
            "decisions::places::only_a_later_registration_supersedes_what_is_on_its_way",
        ],
    ),
    (
        11,
        &["invariants::a_new_policy_changes_nothing_of_what_was"],
    ),
    (
        12,
        &[
            "invariants::a_rejected_candidate_moves_nowhere",
            "decisions::releases::what_was_rejected_is_not_released_directly_under_another_version",
        ],
    ),
    (
        13,
        &[
            "invariants::a_rejected_candidate_moves_nowhere",
            "cells::the_table_in_the_documentation_is_the_table",
        ],
    ),
    (
        14,
        &[
            "gates::a_rollback_holds_the_environment_until_someone_takes_it_off",
            "decisions::rollbacks::a_rollback_goes_where_it_was_and_is_not_now",
        ],
    ),
    (15, &["invariants::a_rollback_deletes_nothing"]),
    (
        16,
        &[
            "gates::a_rollback_holds_the_environment_until_someone_takes_it_off",
            "decisions::rollbacks::only_what_is_newer_than_the_rolled_back_one_lifts_its_hold",
        ],
    ),
    (
        17,
        &[
            "decisions::rollbacks::a_rollback_goes_where_it_was_and_is_not_now",
            "model::every_seeded_defect_is_found",
        ],
    ),
    (
        18,
        &[
            "gates::announced_freezes_hold_promotions_and_not_rollbacks",
            "decisions::waits::a_hold_a_freeze_and_a_rejection_are_judged_again_at_the_effect",
        ],
    ),
    (19, &["gates::channels_move_forward_except_by_a_rollback"]),
    (
        20,
        &[
            "gates::channels_move_forward_except_by_a_rollback",
            "promenade-tag/history::every_step_of_every_history_keeps_the_laws",
        ],
    ),
    (
        21,
        &[
            "promenade-tag/history::every_step_of_every_history_keeps_the_laws",
            "promenade-tag/channel::a_candidate_moves_no_alias",
        ],
    ),
    (
        22,
        &[
            "decisions::places::the_tag_of_an_environment_waits_for_its_own_version",
            "promenade-tag/channel::a_network_name_is_taken_and_version_names_are_not",
        ],
    ),
    (
        23,
        &[
            "gates::channels_move_forward_except_by_a_rollback",
            "promenade-registry/moves::adv_084_a_channel_moved_between_look_and_put_is_a_lost_race",
        ],
    ),
    (
        24,
        &[
            "promenade-registry/moves::a_target_whose_layer_is_gone_is_refused",
            "promenade-registry/real::adv_097_a_target_that_was_deleted_is_refused",
        ],
    ),
    (
        25,
        &["gates::approvals_lapse_are_withdrawn_and_are_void_when_evidence_changes"],
    ),
    (
        26,
        &[
            "gates::two_keys_of_one_person_are_one_approval",
            "decisions::approvals::authors_do_not_approve_what_was_made_from_their_candidate",
        ],
    ),
    (
        27,
        &[
            "gates::approvals_lapse_are_withdrawn_and_are_void_when_evidence_changes",
            "decisions::approvals::an_approval_is_void_where_what_it_relied_on_is_in_doubt",
        ],
    ),
    (
        28,
        &[
            "gates::a_waiver_has_a_reason_a_scope_and_an_end",
            "decisions::approvals::waivers_come_from_whom_the_process_names",
        ],
    ),
    (
        29,
        &[
            "clocks::no_schedule_of_clocks_ends_a_soak_early",
            "decisions::places::a_new_verification_interrupts_nothing_and_doubt_begins_anew",
        ],
    ),
    (
        30,
        &[
            "clocks::one_clock_that_jumps_back_only_makes_a_soak_longer",
            "decisions::waits::a_soak_by_a_named_clock_needs_both_readings",
        ],
    ),
    (
        31,
        &[
            "clocks::no_schedule_promotes_inside_a_freeze",
            "decisions::waits::a_hold_a_freeze_and_a_rejection_are_judged_again_at_the_effect",
        ],
    ),
    (
        32,
        &[
            "clocks::no_schedule_of_clocks_ends_a_soak_early",
            "invariants::the_order_is_that_of_the_ledger",
        ],
    ),
    (
        33,
        &["tamper::swapped_dropped_and_repeated_records_are_found"],
    ),
    (
        34,
        &[
            "story::a_journal_appends_once_and_replays_to_the_same_state",
            "promenade-store/stressed::killed_writers_lose_and_double_nothing_and_the_next_one_goes_on",
        ],
    ),
    (
        35,
        &[
            "model::every_seeded_defect_is_found",
            "promenade-store/stressed::eight_writers_lose_double_and_fork_nothing",
        ],
    ),
    (
        36,
        &[
            "laws::random_histories_keep_the_invariants",
            "invariants::a_ledger_of_today_has_this_state_for_ever",
        ],
    ),
    (
        37,
        &[
            "tamper::every_flipped_bit_of_a_short_ledger_is_found_and_located",
            "tamper::every_truncation_is_found_with_a_pinned_head",
            "tamper::a_fork_is_found_with_a_pinned_head",
        ],
    ),
    (
        38,
        &["laws::an_event_of_a_newer_version_is_read_and_stops_writing"],
    ),
    (
        39,
        &[
            "gates::a_hotfix_takes_the_declared_shorter_path_and_owes_its_merge",
            "decisions::obligations::a_hotfix_owes_each_line_it_names_and_nothing_twice",
        ],
    ),
    (
        40,
        &["gates::an_emergency_is_patched_on_every_supported_line_or_waived"],
    ),
    (
        41,
        &[
            "embargo::a_sealed_history_is_proven_by_the_public_ledger",
            "decisions::laws::a_seal_is_made_once_and_opened_in_order",
        ],
    ),
    (
        42,
        &[
            "decisions::laws::an_effect_is_intended_once_and_settled_once",
            "promenade-registry/moves::a_crash_in_any_call_converges_when_run_again",
        ],
    ),
    (
        43,
        &[
            "promenade-git/stressed::killed_writers_lose_and_double_nothing_and_the_next_one_goes_on",
        ],
    ),
    (
        44,
        &[
            "laws::random_histories_keep_the_invariants",
            "gates::every_blocker_is_shown_at_once_with_who_or_when_clears_it",
        ],
    ),
];

#[test]
fn every_invariant_is_guarded_by_a_test_that_exists() {
    let crates = testkit::workspace().join("crates");
    for (place, (number, guards)) in (1..).zip(GUARDS) {
        assert_eq!(place, number);
        assert!(!guards.is_empty());
        for guard in guards {
            let (file, test) = guard.rsplit_once("::").unwrap();
            let (krate, file) = file
                .split_once('/')
                .unwrap_or(("promenade-promotion", file));
            let file = file.replace("::", "/");
            let path = crates.join(krate).join(format!("tests/it/{file}.rs"));
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                text.contains(&format!("fn {test}(")),
                "INV-{number}: no test `{test}` in {krate}/tests/it/{file}.rs"
            );
        }
    }
}

#[test]
fn no_tag_is_a_subject() {
    // INV-5: what is promoted is named by a version or a commit, what is seen by a digest.
    for text in [
        "latest",
        "mainnet",
        "v1.2.0",
        "attestation-service-alfajores",
        "0.6",
        "94e3a1c",
    ] {
        assert!(text.parse::<Subject>().is_err(), "{text}");
        assert!(text.parse::<promenade_digest::Digest>().is_err(), "{text}");
    }
}

#[test]
fn a_soak_is_not_handed_on_to_a_successor() {
    // INV-9.
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    rules.environments[1].accepts = Accepts::Candidate;
    rules.environments[1].gates = vec![gate(r#"{"soak": {"for": "7d", "in": "staging"}}"#)];
    let mut bench = Bench::new(rules);
    for text in ["1.0.0-rc.1", "1.0.0-rc.2"] {
        bench.candidate(text);
        bench.deploy("staging", text);
        bench.wait(6 * 24);
    }
    // Twelve days in all, six of its own.
    assert!(
        bench
            .held(promote("production", "1.0.0-rc.2"))
            .contains("soak:staging (waiting)")
    );
    assert!(
        bench
            .held(promote("production", "1.0.0-rc.1"))
            .contains("soak:staging (blocked)")
    );
    bench.wait(24);
    bench.run(promote("production", "1.0.0-rc.2"));
}

#[test]
fn a_new_policy_changes_nothing_of_what_was() {
    // INV-11.
    let mut bench = Bench::new(two_stages());
    let before = bench.policy.digest();
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    let mut rules = two_stages();
    rules.environments[0].gates.push(check("scan"));
    bench.policy = Policy::build(rules).unwrap();
    assert_ne!(bench.policy.digest(), before);
    assert!(
        bench
            .events
            .iter()
            .all(|event| event.policy == Some(before))
    );
    let mut again = promenade_promotion::State::default();
    for event in &bench.events {
        again.apply(event).unwrap();
    }
    assert_eq!(again, bench.state);
    bench.candidate("1.0.0-rc.2");
    let last = bench.events.last().unwrap();
    assert_eq!(last.policy, Some(bench.policy.digest()));
}

#[test]
fn a_rejected_candidate_moves_nowhere() {
    // INV-12, INV-13.
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    let mut bench = Bench::new(rules);
    bench.candidate("1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    bench.run(reject("1.0.0-rc.1"));
    let release = MakeRelease::of_candidate(
        version("1.0.0"),
        version("1.0.0-rc.1"),
        commit("1.0.0-rc.1"),
        artifacts("1.0.0-rc.1"),
    );
    let moved = Command::MoveChannels {
        moves: vec![promenade_promotion::ChannelMove {
            channel: "next".parse().unwrap(),
            follows: promenade_promotion::Follows::Candidate,
            from: None,
            to: version("1.0.0-rc.1"),
            environment: None,
        }],
    };
    for command in [
        promote("production", "1.0.0-rc.1"),
        rollback("staging", "1.0.0-rc.1"),
        register("1.0.0-rc.1", "1.0.0-rc.1"),
        Command::Release(Box::new(release)),
        moved,
    ] {
        let verdict = bench.judge("ann", &command);
        let permanent = verdict
            .blockers()
            .iter()
            .any(|blocker| blocker.rank == promenade_promotion::Rank::Permanent);
        assert!(permanent, "{command:?}: {verdict:?}");
    }
}

#[test]
fn a_rollback_deletes_nothing() {
    // INV-15.
    let mut bench = Bench::new(PolicyRules {
        environments: vec![rule("production", Accepts::Release, &[], vec![])],
        ..PolicyRules::default()
    });
    for text in ["1.0.0", "1.1.0"] {
        let release = MakeRelease::direct(version(text), commit(text), artifacts(text));
        bench.run(Command::Release(Box::new(release)));
        bench.deploy("production", text);
    }
    let before = bench.state.clone();
    bench.run(rollback("production", "1.0.0"));
    bench.run(verify(&bench.state, "production", "1.0.0"));
    let after = &bench.state;
    assert!(
        before
            .versions
            .iter()
            .all(|(version, _)| after.version(version).is_some())
    );
    assert!(
        before
            .commits
            .iter()
            .all(|known| after.commits.iter().any(|kept| kept == known))
    );
    assert!(before.sets.keys().all(|set| after.sets.contains_key(set)));
    assert_eq!(before.channels, after.channels);
    assert_eq!(
        after.version(&version("1.1.0")).unwrap().stage,
        Stage::RolledBack
    );
}

#[test]
fn the_order_is_that_of_the_ledger() {
    // INV-32: a later event with an earlier time is still the later one.
    let mut bench = Bench::new(two_stages());
    bench.candidate("1.0.0-rc.1");
    bench.wait(-48);
    bench.candidate("1.0.0-rc.2");
    let order = |text: &str| bench.state.version(&version(text)).unwrap().order;
    assert!(order("1.0.0-rc.1") < order("1.0.0-rc.2"));
    assert_eq!(bench.state.clock, Some(time(T0)));
}

#[test]
fn a_ledger_of_today_has_this_state_for_ever() {
    // INV-36: a change of this hash breaks every ledger that was ever written.
    let mut bench = Bench::new(two_stages());
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    bench.deploy("staging", "1.0.0-rc.1");
    bench.run(Command::Observe {
        environment: environment("staging"),
        observed: artifacts("a stranger").identity(),
    });
    bench.run(reject("1.0.0-rc.1"));
    bench.run(Command::Freeze {
        environments: [environment("production")].into(),
        from: time(T0),
        id: "feast".parse().unwrap(),
        reason: "a \"feast\"\n".to_owned(),
        until: None,
    });
    let release = MakeRelease {
        lane: promenade_promotion::Lane::Hotfix,
        ..MakeRelease::direct(version("0.9.1"), commit("0.9.1"), artifacts("0.9.1"))
    };
    bench.run(Command::Release(Box::new(release)));
    let kinds: Vec<_> = bench.events.iter().map(|event| event.kind.name()).collect();
    insta::assert_snapshot!(kinds.join(" "), @"candidate-registered check-recorded promoted deployment-verified observed candidate-rejected frozen released obligation-opened");
    insta::assert_snapshot!(bench.state.hash(), @"sha256:43f85b0a609bbdf1b0c23463d1b03b063d658fa97983fe02e5b3646222269bcc");
    assert!(matches!(
        bench.judge("ann", &register("0.9.1", "0.9.1")),
        Verdict::Hold(_)
    ));
    assert!(matches!(
        &bench.events[0].kind,
        EventKind::CandidateRegistered { .. }
    ));
}
