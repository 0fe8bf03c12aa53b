//! Runs a promotion with a gate of our own: held, explained, cleared, explained again.

mod gate;

use std::error::Error;
use std::sync::Arc;

use promenade_digest::Digest;
use promenade_promotion::{
    Accepts, Artifacts, Command, Context, EnvironmentRule, Lane, Outcome, Policy, PolicyRules,
    State, Verdict, decide, explain,
};

fn main() -> Result<(), Box<dyn Error>> {
    let environments = vec![EnvironmentRule::new(
        "production".parse()?,
        Accepts::Candidate,
    )];
    let rules = PolicyRules {
        environments,
        ..PolicyRules::default()
    };
    let policy = Policy::build(rules)?.with_gate(Arc::new(gate::ErrorBudget));
    let at: chrono::DateTime<chrono::Utc> = "2026-11-21T08:00:00Z".parse()?;
    let context = Context::new("ssh:ann".parse()?, at);
    let artifacts = Artifacts::new([("app.tar.gz", Digest::sha256(b"app"))])?;
    let identity = artifacts.identity();
    let mut state = State::default();
    let commands = [
        Command::RegisterCandidate {
            artifacts,
            commit: "94e3a1c0d2b54f6787980a1b2c3d4e5f60718293".parse()?,
            lane: Lane::Regular,
            tag: None,
            version: "1.4.0-rc.1".parse()?,
        },
        promote()?,
        Command::RecordCheck {
            artifacts: identity,
            environment: None,
            gate: "budget-left".parse()?,
            outcome: Outcome::Pass,
            reason: None,
        },
        promote()?,
    ];
    for command in &commands {
        match decide(&state, command, &policy, &context) {
            Verdict::Advance(events) => {
                for event in &events {
                    println!("{}", event.kind.name());
                    state.apply(event)?;
                }
            }
            Verdict::Hold(blockers) => println!("held: {blockers}"),
        }
        for (gate, standing) in explain(&state, &policy, "production", None, &context)?.gates {
            println!("  {gate}: {}", standing.summary());
        }
    }
    Ok(())
}

fn promote() -> Result<Command, Box<dyn Error>> {
    Ok(Command::Promote {
        automated: false,
        consent: None,
        derived: None,
        environment: "production".parse()?,
        subject: "1.4.0-rc.1".parse()?,
    })
}
