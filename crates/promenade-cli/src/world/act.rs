//! Acting: the options that every step of a process takes, and its report.

use promenade::git::Work;
use promenade::process::{Flow, Outcome, Plan, PlanError, Planned, Planner};
use promenade::promotion::{Blocker, Blockers, EnvironmentRule, Subject, next_subject};
use serde_json::{Value, json};

use super::{Site, apply_error, show, show_held};
use crate::{CliError, Context, Exit, Report};

/// The schema of plans.
const SCHEMA: &str = "promenade.plan/1";

/// The options of a command that takes a step of the process.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ActArgs {
    /// Carry the plan out; without it, the plan is only printed
    #[arg(long)]
    pub(crate) execute: bool,
    /// Who acts: a person of the process, or an identity such as `ci:…`; by default whoever holds
    /// the key that git signs with
    #[arg(long = "as", value_name = "PERSON")]
    pub(crate) who: Option<String>,
}

/// Plans, prints the plan or what holds it, and carries it out if that was asked for.
pub(crate) fn run(
    args: &ActArgs,
    context: &Context,
    site: &Site,
    wish: impl FnOnce(&Planner<'_>, &Work<'_>) -> Result<Planned, PlanError>,
) -> Result<Report, CliError> {
    if args.execute && site.process.ledger().signed && site.key().is_none() {
        return Err(CliError::input(
            "the process counts signed records only, and git names no key to sign them with; set \
             `user.signingkey` (and `gpg.format`)",
        ));
    }
    let hand = site.hand(args.who.as_deref(), context.at())?;
    match site.plan(&hand, wish)? {
        Planned::Held { title, blockers } => Ok(held(&title, &blockers)),
        Planned::Ready(plan) => carry_out(args, site, *plan),
    }
}

/// Prints a plan, and carries it out if that was asked for.
fn carry_out(args: &ActArgs, site: &Site, plan: Plan) -> Result<Report, CliError> {
    let mut text = show(&plan);
    let mut object = plan.to_json();
    if !args.execute {
        if !plan.is_empty() {
            text.push_str("run again with `--execute`\n");
        }
        return Ok(report(object, false, Vec::new(), text));
    }
    let mut outcomes = Vec::new();
    let receipt = site.apply(plan, None, &mut |step, outcome| {
        text.push_str(&format!("{outcome}: {step}\n"));
        outcomes.push(json!({ "step": step.kind(), "outcome": word(outcome) }));
        Flow::Continue
    });
    let receipt = receipt.map_err(|error| apply_error(&error))?;
    text.push_str(&format!("the ledger is at record {}\n", receipt.head().seq));
    if let Some(fields) = object.as_object_mut() {
        fields.insert("head".to_owned(), receipt.head().to_string().into());
    }
    Ok(report(object, true, outcomes, text))
}

fn report(mut object: Value, executed: bool, outcomes: Vec<Value>, text: String) -> Report {
    if let Some(fields) = object.as_object_mut() {
        fields.insert("verdict".to_owned(), "ready".into());
        fields.insert("executed".to_owned(), executed.into());
        fields.insert("outcomes".to_owned(), outcomes.into());
    }
    Report::new(SCHEMA, object, text)
}

fn held(title: &str, blockers: &Blockers) -> Report {
    let json = json!({
        "title": title,
        "verdict": "held",
        "executed": false,
        "steps": [],
        "outcomes": [],
        "blockers": blockers.as_slice().iter().map(blocker).collect::<Vec<_>>(),
    });
    Report::new(SCHEMA, json, show_held(title, blockers)).exit(Exit::Held)
}

/// A blocker, as every JSON object has it.
fn blocker(blocker: &Blocker) -> Value {
    json!({
        "gate": blocker.gate,
        "rank": blocker.rank.as_str(),
        "why": blocker.why,
        "clears_at": blocker.clears_at.map(|at| at.to_rfc3339()),
        "clears_by": blocker.clears_by,
    })
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Already => "already-done",
    }
}

/// What a command about an environment is about: the version or commit that was named, or what is
/// next there.
pub(crate) fn subject(
    site: &Site,
    rule: &EnvironmentRule,
    named: Option<&str>,
) -> Result<Subject, CliError> {
    if let Some(text) = named {
        return site.subject(text);
    }
    let (state, _) = site.replay()?;
    next_subject(&state, rule).ok_or_else(|| {
        CliError::input(format!(
            "there is no {} that is not in `{}` yet; name one with `--version`",
            rule.accepts, rule.name
        ))
    })
}
