//! An embedder's own gate, and exports.

use std::path::Path;
use std::sync::Arc;

use insta::assert_snapshot;
use promenade_promotion::ledger::{Head, Record, StreamId};
use promenade_promotion::{
    Blocker, EventKind, Gate, GateName, Judgement, Outcome, Question, Rank, explain, export,
};

use crate::support::*;

/// Production takes nothing while the error budget is spent.
#[derive(Debug)]
struct ErrorBudget;

impl Gate for ErrorBudget {
    fn id(&self) -> GateName {
        "error-budget".parse().unwrap()
    }

    fn judge(&self, question: &Question<'_>) -> Judgement {
        let set = question.state.sets.get(question.artifacts);
        match set
            .and_then(|set| set.evidence.get("budget"))
            .map(|evidence| evidence.outcome)
        {
            _ if question.environment.name.as_str() != "staging" => {
                Judgement::NotApplicable("not here".into())
            }
            Some(Outcome::Pass) => Judgement::Pass,
            _ => Judgement::Hold(Blocker::new(
                "",
                Rank::Waiting,
                "the budget is spent",
                "a new month",
            )),
        }
    }
}

#[test]
fn a_gate_of_an_embedder_blocks_clears_and_is_explained() {
    let mut bench = Bench::new(two_stages());
    bench.policy = bench.policy.clone().with_gate(Arc::new(ErrorBudget));
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    assert_snapshot!(bench.held(promote("staging", "1.0.0-rc.1")), @r"gate:error-budget (waiting): the budget is spent; clears by a new month");
    let explained = explain(
        &bench.state,
        &bench.policy,
        "staging",
        None,
        &bench.context("ann"),
    )
    .unwrap();
    assert!(
        explained
            .gates
            .iter()
            .any(|(id, _)| id == "gate:error-budget")
    );
    bench.pass("budget", "1.0.0-rc.1");
    let events = bench.run(promote("staging", "1.0.0-rc.1"));
    let EventKind::Promoted { gates, .. } = &events[0].kind else {
        panic!("{events:?}")
    };
    assert_eq!(
        gates.get("gate:error-budget").map(String::as_str),
        Some("pass")
    );
}

/// A copy of the package in the build directory, with the versions that this workspace builds with.
fn copy_of_the_embedder(source: &Path, copy: &Path) {
    std::fs::create_dir_all(copy.join("src")).unwrap();
    let crates = testkit::workspace().join("crates");
    let manifest = std::fs::read_to_string(source.join("Cargo.toml")).unwrap();
    let manifest = manifest.replace("../../../crates", crates.to_str().unwrap());
    std::fs::write(copy.join("Cargo.toml"), manifest).unwrap();
    let lock = testkit::workspace().join("Cargo.lock");
    std::fs::copy(lock, copy.join("Cargo.lock")).unwrap();
    for file in ["gate.rs", "main.rs"] {
        std::fs::copy(source.join("src").join(file), copy.join("src").join(file)).unwrap();
    }
}

#[test]
fn a_gate_written_outside_the_workspace_blocks_clears_and_is_explained() {
    let source = testkit::workspace().join("tests/embed/gate");
    let gate = std::fs::read_to_string(source.join("src/gate.rs")).unwrap();
    assert!(gate.lines().count() < 30);
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("budget-gate");
    copy_of_the_embedder(&source, &copy);
    let output = std::process::Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--manifest-path"])
        .arg(copy.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(copy.join("target"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r"
    candidate-registered
      gate:error-budget: the budget is spent
    held: gate:error-budget (waiting): the budget is spent; clears by a new month
      gate:error-budget: the budget is spent
    check-recorded
      gate:error-budget: pass
    promoted
      gate:error-budget: pass
    ");
}

#[test]
fn a_promotion_is_exported_as_a_line_and_as_a_statement() {
    let mut bench = Bench::new(two_stages());
    bench.candidate("1.0.0-rc.1");
    bench.pass("smoke", "1.0.0-rc.1");
    let events = bench.run(promote("staging", "1.0.0-rc.1"));
    let stream = StreamId::new("app").unwrap();
    let op = promenade_promotion::ledger::OpId::new("op-1").unwrap();
    let record = Record::after(&Head::EMPTY, &stream, &op, events[0].canonical_bytes());
    let line: serde_json::Value =
        serde_json::from_str(&export::json_line(&record).unwrap()).unwrap();
    assert_eq!(line["event"]["event"], "promoted");
    assert_eq!(line["hash"], record.hash().to_string());
    let statement = export::statement(&record, &bench.state).unwrap().unwrap();
    let statement: serde_json::Value = serde_json::from_str(&statement).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["subject"][0]["name"], "app.tar.gz");
    let digest = artifacts("1.0.0-rc.1").by_name()["app.tar.gz"];
    assert_eq!(
        statement["subject"][0]["digest"]["sha256"],
        digest.encoded()
    );
    assert_eq!(statement["predicate"]["environment"], "staging");
    assert_eq!(statement["predicate"]["gates"]["check:smoke"], "pass");
}
