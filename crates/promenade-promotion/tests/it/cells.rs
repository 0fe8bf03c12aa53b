//! Every cell: what each step makes of each stage, and what each command becomes in each situation.

use std::fmt::Write as _;

use promenade_promotion::table::{Step, next};
use promenade_promotion::{Command, Event, EventKind, MakeRelease, Stage, Verdict};

use crate::support::*;
use crate::wishes::{Kind, wish, wishes};

/// The table that the documentation prints.
const PAGE: &str = include_str!("../../src/cells.md");

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

/// What happened, in order: the names of commands, after those that bring `0.9.0` into production.
const SITUATIONS: &[(&str, &[&str])] = &[
    ("absent", &[]),
    ("built", &["build"]),
    ("candidate", &["register"]),
    ("planned", &["register", "schedule"]),
    ("rejected", &["register", "reject"]),
    ("in flight", &["register", "promote"]),
    ("started", &["register", "promote", "deploy"]),
    ("failed", &["register", "promote", "fail"]),
    ("verified", &["register", "promote", "verify"]),
    (
        "drifted",
        &["register", "promote", "verify", "observe another"],
    ),
    ("held", &["register", "promote", "verify", "hold"]),
    (
        "rolling back",
        &["register", "promote", "verify", "roll back"],
    ),
    (
        "rolled back",
        &[
            "register",
            "promote",
            "verify",
            "roll back",
            "verify the old",
        ],
    ),
    (
        "pre-released",
        &["register", "promote", "verify", "pre-release"],
    ),
    ("released", &["register", "promote", "verify", "release"]),
    (
        "approved",
        &["register", "promote", "verify", "release", "approve"],
    ),
    (
        "waived",
        &["register", "promote", "verify", "release", "waive"],
    ),
    (
        "latest",
        &["register", "promote", "verify", "release", "move latest"],
    ),
    (
        "leaving",
        &[
            "register",
            "promote",
            "verify",
            "release",
            "approve",
            "promote release",
        ],
    ),
    (
        "in production",
        &[
            "register",
            "promote",
            "verify",
            "release",
            "approve",
            "promote release",
            "verify release",
        ],
    ),
    (
        "taken back",
        &[
            "register",
            "promote",
            "verify",
            "release",
            "approve",
            "promote release",
            "verify release",
            "roll release back",
        ],
    ),
    (
        "deprecated",
        &["register", "promote", "verify", "release", "deprecate"],
    ),
    ("frozen", &["register", "freeze"]),
    ("owing", &["register", "promote", "verify", "owe"]),
    ("paid", &["register", "promote", "verify", "owe", "pay"]),
    ("intended", &["register", "intend"]),
    ("sealed", &["register", "seal"]),
    ("disclosed", &["register", "seal", "disclose"]),
];

/// Staging for candidates, production for releases behind an approval; `0.9.0` is in production.
fn ground() -> Bench {
    let mut rules = two_stages();
    rules.environments[0].gates.clear();
    rules.environments[1].gates = vec![gate(r#"{"approvals":{"count":1,"from":["maintainers"]}}"#)];
    let mut bench = Bench::new(rules);
    bench.candidate("0.9.0-rc.1");
    bench.deploy("staging", "0.9.0-rc.1");
    bench.run(Command::Release(Box::new(MakeRelease::of_candidate(
        version("0.9.0"),
        version("0.9.0-rc.1"),
        commit("0.9.0-rc.1"),
        artifacts("0.9.0-rc.1"),
    ))));
    bench.run(Command::Approve {
        environment: environment("production"),
        subject: subject("0.9.0"),
    });
    bench.deploy("production", "0.9.0");
    bench
}

/// Every situation, the empty ledger and one that is not understood included.
fn situations() -> Vec<(String, String, Bench)> {
    let empty = Bench::new(two_stages());
    let mut unknown = ground();
    let event = Event {
        at: time(T0).into(),
        by: "ssh:ann".parse().unwrap(),
        kind: EventKind::Unknown {
            name: "teleported".to_owned(),
            fields: "{}".to_owned(),
        },
        policy: None,
    };
    unknown.state.apply(&event).unwrap();
    let mut all = vec![(
        "empty".to_owned(),
        "a ledger without a record".to_owned(),
        empty,
    )];
    for (name, steps) in SITUATIONS {
        let mut bench = ground();
        for step in *steps {
            bench.run(wish(step));
        }
        let steps = if steps.is_empty() {
            "nothing more".to_owned()
        } else {
            steps.join(", ")
        };
        all.push(((*name).to_owned(), steps, bench));
    }
    let how = "an event of a kind that only a newer version knows".to_owned();
    all.push(("not understood".to_owned(), how, unknown));
    all
}

/// What a command becomes: its events, or everything that holds it.
fn outcome(bench: &Bench, command: &Command) -> String {
    match bench.judge("ann", command) {
        Verdict::Advance(events) if events.is_empty() => "nothing to do".to_owned(),
        Verdict::Advance(events) => {
            let kinds = events
                .iter()
                .map(|event| format!("`{}`", event.kind.name()));
            kinds.collect::<Vec<_>>().join(", ")
        }
        Verdict::Hold(blockers) => {
            let held = blockers.as_slice().iter();
            let held = held.map(|blocker| format!("`{}` ({})", blocker.gate, blocker.rank));
            format!("held: {}", held.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The page of the documentation, and how many cells it tells of.
fn page() -> (String, usize) {
    let situations = situations();
    let mut text = "# What each command becomes in each situation\n\n".to_owned();
    text.push_str("The situations of `1.0.0-rc.1` and the release `1.0.0`, where `0.9.0` is in production:\n\n");
    text.push_str("| situation | what happened |\n|---|---|\n");
    for (name, how, _) in &situations {
        writeln!(text, "| {name} | {how} |").unwrap();
    }
    text.push_str("\nEach command stands with each situation exactly once:\n\n");
    text.push_str("| command | | becomes | where the situation is |\n|---|---|---|---|\n");
    let mut cells = 0;
    for kind in Kind::ALL {
        for (name, command) in wishes(*kind) {
            let mut outcomes: Vec<(String, Vec<&str>)> = Vec::new();
            for (situation, _, bench) in &situations {
                let outcome = outcome(bench, &command);
                cells += 1;
                match outcomes.iter_mut().find(|(known, _)| *known == outcome) {
                    Some((_, names)) => names.push(situation),
                    None => outcomes.push((outcome, vec![situation])),
                }
            }
            for (outcome, names) in outcomes {
                let names = names.join(", ");
                writeln!(text, "| `{kind:?}` | {name} | {outcome} | {names} |").unwrap();
            }
        }
    }
    (text, cells)
}

#[test]
fn every_command_in_every_situation_becomes_what_the_documentation_says() {
    let (text, cells) = page();
    // Where a cell is to change, this is the new page.
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/cells.md"), &text).unwrap();
    for (line, (found, expected)) in text.lines().zip(PAGE.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", line + 1);
    }
    assert_eq!(text, PAGE);
    let wishes: usize = Kind::ALL.iter().map(|kind| wishes(*kind).len()).sum();
    assert_eq!(cells, wishes * (SITUATIONS.len() + 2));
    println!(
        "{} kinds, {wishes} commands, {cells} cells",
        Kind::ALL.len()
    );
}

#[test]
fn every_kind_of_command_is_in_the_grid_and_goes_through_somewhere() {
    let situations = situations();
    for kind in Kind::ALL {
        let commands = wishes(*kind);
        assert!(
            commands
                .iter()
                .all(|(_, command)| Kind::of(command) == *kind)
        );
        let advances = |(_, command): &(&str, Command)| {
            situations.iter().any(|(_, _, bench)| {
                matches!(bench.judge("ann", command), Verdict::Advance(events) if !events.is_empty())
            })
        };
        assert!(commands.iter().any(advances), "{kind:?} never goes through");
    }
}
