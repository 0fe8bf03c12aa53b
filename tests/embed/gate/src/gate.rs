//! Production takes nothing while the error budget of the month is spent.

use promenade_promotion::{Blocker, Gate, GateName, Judgement, Outcome, Question, Rank};

#[derive(Debug)]
pub struct ErrorBudget;

impl Gate for ErrorBudget {
    fn id(&self) -> GateName {
        "error-budget".parse().expect("a gate name")
    }

    fn judge(&self, question: &Question<'_>) -> Judgement {
        if question.environment.name.as_str() != "production" {
            return Judgement::NotApplicable("only production has a budget".into());
        }
        let set = question.state.sets.get(question.artifacts);
        match set.and_then(|set| set.evidence.get("budget-left")) {
            Some(evidence) if evidence.outcome == Outcome::Pass => Judgement::Pass,
            _ => Judgement::Hold(Blocker::new(
                "",
                Rank::Waiting,
                "the budget is spent",
                "a new month",
            )),
        }
    }
}
