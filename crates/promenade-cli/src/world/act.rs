//! Acting: the options that every step of a process takes, and its report.

use std::path::{Path, PathBuf};

use promenade::git::Work;
use promenade::process::port::repository::ObstacleKind;
use promenade::process::{
    ApplyError, ApplyErrorKind, Flow, Outcome, PLAN_SCHEMA, Plan, PlanError, Planned, Planner,
    Step, StoredPlan,
};
use promenade::promotion::ledger::Head;
use promenade::promotion::{Blocker, Blockers, EnvironmentRule, Subject, next_subject};
use serde_json::{Value, json};

use super::shelf::{self, Shelf};
use super::{Site, apply_error, interrupt, show, show_held};
use crate::{CliError, Context, Exit, Report};

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
    /// Write the plan to a file, which `apply` carries out
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Stop after this step: its number, or its kind (record, commit, tag, push, …)
    #[arg(long, value_name = "STEP")]
    pub(crate) until: Option<String>,
    /// The remote to publish at; by default that of the main branch, if it has one
    #[arg(long, value_name = "NAME")]
    pub(crate) remote: Option<String>,
    /// Publish nothing
    #[arg(long, conflicts_with = "remote")]
    pub(crate) no_push: bool,
    /// The registry and the repository in it, instead of those of the process
    #[arg(long, value_name = "HOST/NAME")]
    pub(crate) registry: Option<String>,
}

/// Plans, prints the plan or what holds it, and carries it out if that was asked for.
pub(crate) fn run(
    args: &ActArgs,
    context: &Context,
    site: &Site,
    wish: impl FnOnce(&Planner<'_>, &Work<'_>) -> Result<Planned, PlanError>,
) -> Result<Report, CliError> {
    run_because(args, context, site, &[], wish)
}

/// As [`run`], for reasons that are known before.
pub(crate) fn run_because(
    args: &ActArgs,
    context: &Context,
    site: &Site,
    why: &[String],
    wish: impl FnOnce(&Planner<'_>, &Work<'_>) -> Result<Planned, PlanError>,
) -> Result<Report, CliError> {
    if args.execute && site.process.ledger().signed && site.key().is_none() {
        return Err(CliError::input(
            "the process counts signed records only, and git names no key to sign them with; set \
             `user.signingkey` (and `gpg.format`)",
        ));
    }
    let hand = site.hand(args.who.as_deref(), context.at())?;
    let planned = match (site.embargoed, args.no_push) {
        (true, _) => site.plan_in_private(&hand, why, wish)?,
        (false, true) => site.plan_for(&hand, None, why, wish)?,
        (false, false) => {
            let remote = site.remote(args.remote.as_deref())?;
            site.plan_for(&hand, remote.as_ref(), why, wish)?
        }
    };
    match planned {
        Planned::Held { title, blockers } => Ok(held(&title, &blockers)),
        Planned::Ready(plan) => carry_out(args, site, *plan),
    }
}

/// Prints a plan, and carries it out if that was asked for.
pub(crate) fn carry_out(args: &ActArgs, site: &Site, plan: Plan) -> Result<Report, CliError> {
    let mut text = show(&plan);
    let object = plan.to_json();
    let stop = stop(args.until.as_deref(), &plan)?;
    if let Some(path) = &args.save {
        shelf::write(path, &StoredPlan::of(plan.clone()).to_text()).map_err(|error| {
            CliError::world(format!("cannot write `{}`: {error}", path.display()))
        })?;
        text.push_str(&format!("saved in {}\n", path.display()));
    }
    let mut outside = site.outside(&plan, args.registry.as_deref())?;
    if !args.execute {
        let obstacles = site.ready(&plan, &outside)?;
        if let Some(kind) = obstacles.iter().map(|one| one.kind).max() {
            let blockers: Vec<_> = obstacles.into_iter().map(|one| one.blocker).collect();
            return Ok(in_the_way(object, text, &blockers, kind));
        }
        if !plan.is_empty() {
            text.push_str(&unadopted(site)?);
            text.push_str("run again with `--execute`\n");
        }
        return Ok(report(object, false, Vec::new(), text));
    }
    let shelf = Shelf::new(&site.repository.git_dir());
    let kept = if plan.is_empty() {
        None
    } else {
        Some(shelf.keep(&plan)?)
    };
    if let Some(path) = &kept {
        outside.hooks.for_plan(path.clone());
    }
    let mut outcomes = Vec::new();
    let answering = interrupt::answer();
    let applied = site.apply(plan.clone(), &outside, &mut |step, outcome| {
        text.push_str(&format!("{outcome}: {step}\n"));
        for (name, printed) in outside.hooks.take_printed() {
            let printed = super::indent(&printed);
            text.push_str(&format!("  {name} printed:\n{printed}"));
        }
        outcomes.push(json!({ "step": step.kind(), "outcome": word(outcome) }));
        if stop == Some(outcomes.len()) || answering.is_asked() {
            Flow::Stop
        } else {
            Flow::Continue
        }
    });
    let stopped = match applied {
        Ok(receipt) => {
            if let Some(path) = &kept {
                shelf.forget(path);
            }
            let head = receipt.head();
            text.push_str(&format!("the ledger is at record {}\n", head.seq));
            return Ok(with_head(
                report(object, true, outcomes, text),
                &head.to_string(),
            ));
        }
        Err(error) => error,
    };
    if let ApplyErrorKind::Stopped = stopped.kind() {
        if answering.is_asked() {
            return Err(CliError::world(format!(
                "{stopped}; `apply` goes on with it"
            )));
        }
        text.push_str("stopped; `apply` goes on with it\n");
        return Ok(report(object, true, outcomes, text));
    }
    Err(failed(
        site,
        &plan,
        &outside,
        &stopped,
        &shelf,
        kept.as_deref(),
    ))
}

/// Says, before a ledger begins, that it cannot take up later what tags name.
fn unadopted(site: &Site) -> Result<String, CliError> {
    let (_, head) = site.public()?;
    let tag = match head == Head::EMPTY {
        true => site.tagged()?,
        false => None,
    };
    Ok(tag.map_or_else(String::new, |tag| {
        format!(
            "the ledger is empty, and `{tag}` names a release: `ledger adopt` takes the tags up, and only \
             an empty ledger can\n"
        )
    }))
}

/// What is left of a plan that did not come to its end, and what can be done about it.
fn failed(
    site: &Site,
    plan: &Plan,
    outside: &super::Outside,
    error: &ApplyError,
    shelf: &Shelf,
    kept: Option<&Path>,
) -> CliError {
    let mut failed = apply_error(error);
    // A first record whose answer was lost may have been made: the plan is kept for that.
    let first = error.index() == 0 && (error.is_conflict() || !is_record(plan));
    let nothing = matches!(error.kind(), ApplyErrorKind::NotReady { .. }) || first;
    let push = matches!(plan.steps().get(error.index()), Some(Step::Push { .. }));
    if error.is_conflict() && push {
        // Others were faster: nothing of ours was seen, and nothing of it stays.
        match site.undo(plan, outside, &mut |_, _| ()) {
            Ok(()) => {
                failed
                    .message
                    .push_str("; others were faster, and what was made here was taken back");
                if let Some(path) = kept {
                    shelf.forget(path);
                }
                return failed;
            }
            Err(why) => failed.message.push_str(&format!("; {why}")),
        }
    }
    match kept {
        Some(path) if nothing => shelf.forget(path),
        Some(_) => failed.message.push_str(
            "; what comes before it is done: `apply` goes on from there, `undo` takes it back",
        ),
        None => {}
    }
    // Its last line is in the message; what led there is above it.
    for (name, printed) in outside.hooks.take_printed() {
        let lines: Vec<_> = printed.trim_end().lines().collect();
        let kept = lines.len().saturating_sub(SHOWN_LINES);
        let printed = super::indent(&lines.get(kept..).unwrap_or_default().join("\n"));
        let message = format!("\n{name} printed:\n{}", printed.trim_end());
        failed.message.push_str(&message);
    }
    failed
}

/// How many lines are shown of what a hook printed that failed, the last ones.
const SHOWN_LINES: usize = 40;

/// Whether a plan begins with a record.
fn is_record(plan: &Plan) -> bool {
    matches!(plan.steps().first(), Some(Step::Record { .. }))
}

/// The number of steps after which to stop.
fn stop(until: Option<&str>, plan: &Plan) -> Result<Option<usize>, CliError> {
    let Some(until) = until else { return Ok(None) };
    let count = plan.steps().len();
    let named = match until.parse::<usize>() {
        Ok(number) => (1..=count).contains(&number).then_some(number),
        Err(_) => {
            let place = plan.steps().iter().position(|step| step.kind() == until);
            place.map(|index| index + 1)
        }
    };
    named.map(Some).ok_or_else(|| {
        let kinds: Vec<_> = plan.steps().iter().map(Step::kind).collect();
        CliError::input(format!(
            "`--until {until}` is no step of the plan; expected 1 to {count}, or one of {}",
            kinds.join(", ")
        ))
    })
}

fn report(mut object: Value, executed: bool, outcomes: Vec<Value>, text: String) -> Report {
    if let Some(fields) = object.as_object_mut() {
        fields.insert("verdict".to_owned(), "ready".into());
        fields.insert("executed".to_owned(), executed.into());
        fields.insert("outcomes".to_owned(), outcomes.into());
    }
    Report::new(PLAN_SCHEMA, object, text)
}

fn with_head(mut report: Report, head: &str) -> Report {
    if let Some(fields) = report.json.as_object_mut() {
        fields.insert("head".to_owned(), head.into());
    }
    report
}

/// A plan that is as it must be, in a world that is not.
fn in_the_way(object: Value, text: String, blockers: &[Blocker], kind: ObstacleKind) -> Report {
    let mut text = text + "it cannot be carried out:\n";
    for blocker in blockers {
        text.push_str(&format!("  - {blocker}\n"));
    }
    let mut report = report(object, false, Vec::new(), text);
    if let Some(fields) = report.json.as_object_mut() {
        fields.insert("verdict".to_owned(), "held".into());
        let blockers: Vec<_> = blockers.iter().map(blocker).collect();
        fields.insert("blockers".to_owned(), blockers.into());
    }
    report.exit(exit_of(kind))
}

pub(super) fn exit_of(kind: ObstacleKind) -> Exit {
    match kind {
        ObstacleKind::Held => Exit::Held,
        ObstacleKind::World => Exit::World,
        ObstacleKind::Conflict => Exit::Conflict,
    }
}

pub(crate) fn held(title: &str, blockers: &Blockers) -> Report {
    let json = json!({
        "title": title,
        "verdict": "held",
        "executed": false,
        "steps": [],
        "outcomes": [],
        "blockers": blockers.as_slice().iter().map(blocker).collect::<Vec<_>>(),
    });
    Report::new(PLAN_SCHEMA, json, show_held(title, blockers)).exit(Exit::Held)
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
