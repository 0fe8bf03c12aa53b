//! `undo`: takes back a plan that nobody else can have seen.

use std::path::PathBuf;

use promenade::process::{Outcome, Plan, Step};
use promenade::promotion::EventKind;
use serde_json::json;

use super::apply::read;
use crate::world::{Shelf, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct UndoArgs {
    /// The file of the plan; by default the one plan that was begun here
    file: Option<PathBuf>,
    /// Take it back; without it, what would be taken back is only printed
    #[arg(long)]
    execute: bool,
}

pub(crate) fn run(args: &UndoArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let (path, plan) = read(args.file.as_ref(), context, &site)?;
    let mut text = format!("undo: {}\n", plan.title());
    if !args.execute {
        for step in plan.steps().iter().rev() {
            text.push_str(&format!("  take back, if it was made: {step}\n"));
        }
        text.push_str("run again with `--execute`\n");
        let json = json!({ "title": plan.title(), "executed": false, "taken_back": [] });
        return Ok(Report::new("promenade.undo/1", json, text));
    }
    let mut taken = Vec::new();
    let outside = site.outside(&plan, None)?;
    let undone = site.undo(&plan, &outside, &mut |step, outcome| {
        if outcome == Outcome::Done {
            text.push_str(&format!("taken back: {step}\n"));
            taken.push(step.kind());
        }
    });
    undone.map_err(|error| CliError {
        message: format!("{error}{}", answers(&site, &plan)),
        ..error
    })?;
    if taken.is_empty() {
        text.push_str("there was nothing of it\n");
    }
    if args.file.is_none() {
        Shelf::new(&site.repository.git_dir()).forget(&path);
    }
    let json = json!({ "title": plan.title(), "executed": true, "taken_back": taken });
    Ok(Report::new("promenade.undo/1", json, text))
}

/// What can be recorded instead of taking back what others have seen: the ledger only grows.
fn answers(site: &Site, plan: &Plan) -> String {
    let events = plan.steps().iter().flat_map(|step| match step {
        Step::Record { events, .. } => events.as_slice(),
        _ => &[],
    });
    let mut found: Vec<String> = events
        .filter_map(|event| match &event.kind {
            EventKind::Released { version, .. } => {
                Some(format!("deprecate {}", site.text(version)))
            }
            EventKind::CandidateRegistered { version, .. } => {
                Some(format!("reject {}", site.text(version)))
            }
            EventKind::Promoted { environment, .. } => Some(format!("rollback {environment}")),
            EventKind::Approved { environment, .. } => {
                Some(format!("approve {environment} --withdraw"))
            }
            EventKind::Held { environment, .. } => Some(format!("hold {environment} --lift")),
            EventKind::CheckRecorded { gate, .. } => Some(format!("record {gate}")),
            _ => None,
        })
        .collect();
    found.dedup();
    if found.is_empty() {
        return String::new();
    }
    format!(
        "; what was seen is answered by a record of its own: `{}`",
        found.join("`, `")
    )
}
