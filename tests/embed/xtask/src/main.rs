//! Somebody's xtask: the whole command line, with a command and a gate of their own.

use std::process::ExitCode;

use promenade::promotion::{Blocker, Gate, GateName, Judgement, Outcome, Question, Rank};
use promenade_cli::{App, Report};

/// Nothing moves while the error budget is spent; `record error-budget pass` says that it is not.
#[derive(Debug)]
struct ErrorBudget;

impl Gate for ErrorBudget {
    fn id(&self) -> GateName {
        GateName::new("error-budget").expect("a name of letters and a hyphen")
    }

    fn judge(&self, question: &Question<'_>) -> Judgement {
        let set = question.state.sets.get(question.artifacts);
        match set.and_then(|set| set.evidence.get("error-budget")) {
            Some(evidence) if evidence.outcome == Outcome::Pass => Judgement::Pass,
            _ => Judgement::Hold(Blocker::new("", Rank::Waiting, "the budget is spent", "a new month")),
        }
    }
}

fn main() -> ExitCode {
    let heads = clap::Command::new("head").about("Prints the head of the ledger");
    App::new("xtask")
        .gate(ErrorBudget)
        .command(heads, |_, context| {
            let (_, head) = context.replay()?;
            let json = serde_json::json!({ "head": head.to_string() });
            Ok(Report::new("acme.head/1", json, format!("{head}\n")))
        })
        .main()
}
