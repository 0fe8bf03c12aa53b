//! `undo`: takes back a plan that nobody else can have seen.

use std::path::PathBuf;

use promenade::process::Outcome;
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
    site.undo(&plan, &outside, &mut |step, outcome| {
        if outcome == Outcome::Done {
            text.push_str(&format!("taken back: {step}\n"));
            taken.push(step.kind());
        }
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
