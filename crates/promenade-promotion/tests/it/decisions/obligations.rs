//! What is owed, to which lines, and what it holds.

use super::*;

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
