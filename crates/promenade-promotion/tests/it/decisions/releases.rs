//! What becomes a release, from which candidate, under which number.

use super::*;

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
