//! Every cell: what each step makes of each stage, and what each command becomes in each situation.

use std::fmt::Write as _;

use insta::assert_snapshot;
use promenade_promotion::table::{Step, next};
use promenade_promotion::{
    ChannelMove, Command, Follows, MakeRelease, Mark, Outcome, Stage, Verdict,
};

use crate::support::*;

#[test]
fn the_table_in_the_documentation_is_the_table() {
    let source = include_str!("../../src/table.rs");
    let lines: Vec<Vec<&str>> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("/// |"))
        .filter(|line| !line.starts_with("---"))
        .map(|line| {
            line.split('|')
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let (head, rows) = lines.split_first().unwrap();
    assert_eq!(
        head[1..],
        Step::ALL
            .iter()
            .map(|step| step.as_str())
            .collect::<Vec<_>>()
    );
    assert_eq!(rows.len(), 1 + Stage::ALL.len());
    let mut cells = 0;
    for row in rows {
        let stage: Option<Stage> = (row[0] != "absent").then(|| row[0].parse().unwrap());
        for (step, cell) in Step::ALL.iter().zip(&row[1..]) {
            let shown = next(stage, *step).map_or("–", Stage::as_str);
            assert_eq!(shown, *cell, "{} × {step}", row[0]);
            cells += 1;
        }
    }
    assert_eq!(cells, (1 + Stage::ALL.len()) * Step::ALL.len());
}

/// Brings version `1.0.0` (or its candidate) into a situation.
fn situation(name: &str) -> Bench {
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    let mut bench = Bench::new(rules);
    bench.candidate("0.9.0-rc.1");
    bench.deploy("staging", "0.9.0-rc.1");
    let steps: &[&str] = match name {
        "absent" => &[],
        "candidate" => &["register"],
        "rejected" => &["register", "reject"],
        "in flight" => &["register", "promote"],
        "started" => &["register", "promote", "deploy"],
        "failed" => &["register", "promote", "fail"],
        "verified" => &["register", "promote", "verify"],
        "drifted" => &["register", "promote", "verify", "drift"],
        "held" => &["register", "promote", "verify", "hold"],
        "selected" => &["register", "promote", "verify", "release"],
        "rolling back" => &["register", "promote", "verify", "roll back"],
        "rolled back" => &["register", "promote", "verify", "roll back", "see"],
        other => panic!("no situation {other}"),
    };
    for step in steps {
        bench.run(command(&bench, step));
    }
    bench
}

const SITUATIONS: [&str; 12] = [
    "absent",
    "candidate",
    "rejected",
    "in flight",
    "started",
    "failed",
    "verified",
    "drifted",
    "held",
    "selected",
    "rolling back",
    "rolled back",
];

const COMMANDS: [&str; 18] = [
    "register",
    "register another",
    "reject",
    "promote",
    "promote on",
    "deploy",
    "verify",
    "verify another",
    "fail",
    "drift",
    "release",
    "release on",
    "roll back",
    "hold",
    "unhold",
    "check",
    "move latest",
    "deprecate",
];

fn command(bench: &Bench, name: &str) -> Command {
    let staging = environment("staging");
    let release = || {
        MakeRelease::of_candidate(
            version("1.0.0"),
            version("1.0.0-rc.1"),
            commit("1.0.0-rc.1"),
            artifacts("1.0.0-rc.1"),
        )
    };
    let reason = "a reason".to_owned();
    match name {
        "register" => register("1.0.0-rc.1", "1.0.0-rc.1"),
        "register another" => register("1.0.0-rc.1", "another build"),
        "reject" => reject("1.0.0-rc.1"),
        "promote" => promote("staging", "1.0.0-rc.1"),
        "promote on" => promote("production", "1.0.0"),
        "deploy" => Command::Deploy {
            environment: staging,
        },
        "verify" => Command::VerifyDeployed {
            environment: staging,
            observed: artifacts("1.0.0-rc.1").identity(),
        },
        "see" => verify(&bench.state, "staging", "0.9.0-rc.1"),
        "verify another" => Command::VerifyDeployed {
            environment: staging,
            observed: artifacts("another build").identity(),
        },
        "fail" => Command::FailDeployment {
            environment: staging,
            reason,
        },
        "drift" => Command::Observe {
            environment: staging,
            observed: artifacts("another build").identity(),
        },
        "release" => Command::Release(Box::new(release())),
        "release on" => Command::Release(Box::new(MakeRelease {
            mark: Mark::Prerelease,
            ..release()
        })),
        "roll back" => rollback("staging", "0.9.0-rc.1"),
        "hold" => Command::Hold {
            environment: staging,
            reason,
        },
        "unhold" => Command::Unhold {
            environment: staging,
        },
        "check" => Command::RecordCheck {
            artifacts: artifacts("1.0.0-rc.1").identity(),
            environment: None,
            gate: "smoke".parse().unwrap(),
            outcome: Outcome::Pass,
            reason: None,
        },
        "move latest" => Command::MoveChannels {
            moves: vec![ChannelMove {
                channel: "latest".parse().unwrap(),
                follows: Follows::Highest,
                from: None,
                to: version("1.0.0"),
                environment: None,
            }],
        },
        "deprecate" => Command::Deprecate {
            reason,
            replacement: None,
            version: version("1.0.0"),
        },
        other => panic!("no command {other}"),
    }
}

#[test]
fn every_command_in_every_situation_has_its_verdict() {
    let mut text = String::new();
    for name in SITUATIONS {
        let bench = situation(name);
        writeln!(text, "{name}:").unwrap();
        for wish in COMMANDS {
            let verdict = match bench.judge("ann", &command(&bench, wish)) {
                Verdict::Advance(events) if events.is_empty() => "nothing to do".to_owned(),
                Verdict::Advance(events) => {
                    let kinds: Vec<_> = events.iter().map(|event| event.kind.name()).collect();
                    kinds.join(", ")
                }
                Verdict::Hold(blockers) => {
                    let held: Vec<_> = blockers
                        .as_slice()
                        .iter()
                        .map(|blocker| format!("{} ({})", blocker.gate, blocker.rank))
                        .collect();
                    format!("held: {}", held.join(", "))
                }
            };
            writeln!(text, "  {wish:16} {verdict}").unwrap();
        }
    }
    assert_snapshot!(text);
}
