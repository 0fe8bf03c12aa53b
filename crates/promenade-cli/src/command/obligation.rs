//! `obligation`: what is owed, and who answers for it.

use std::fmt::Write as _;

use promenade::promotion::{Command, ItemId};
use serde_json::{Value, json};

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ObligationArgs {
    #[command(subcommand)]
    command: ObligationCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum ObligationCommand {
    /// Lists what is owed
    List {
        /// What was owed, too
        #[arg(long)]
        all: bool,
    },
    /// Records that it was done, and the evidence
    Close(CloseArgs),
    /// Answers for leaving it
    Waive(WaiveArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct CloseArgs {
    /// Its id
    id: ItemId,
    /// A commit that holds it, or a link
    #[arg(long)]
    evidence: String,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Clone, Debug, clap::Args)]
struct WaiveArgs {
    /// Its id
    id: ItemId,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &ObligationArgs, context: &Context) -> Result<Report, CliError> {
    match &args.command {
        ObligationCommand::List { all } => list(*all, context),
        ObligationCommand::Close(args) => {
            close(&args.act, context, (&args.id, &args.evidence), false)
        }
        ObligationCommand::Waive(args) => close(&args.act, context, (&args.id, &args.reason), true),
    }
}

fn list(all: bool, context: &Context) -> Result<Report, CliError> {
    let (state, _) = context.replay()?;
    let (mut text, mut list) = (String::new(), Vec::<Value>::new());
    for (id, owed) in &state.obligations {
        if owed.closed.is_some() && !all {
            continue;
        }
        let closed = match (&owed.closed, owed.waived) {
            (None, _) => String::new(),
            (Some(why), true) => format!(" (waived: {why})"),
            (Some(why), false) => format!(" (done: {why})"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{id}: {}{closed}", owed.why);
        list.push(json!({
            "id": id.as_str(),
            "kind": owed.kind.as_str(),
            "line": owed.line.as_str(),
            "version": owed.version.to_string(),
            "why": owed.why,
            "open": owed.closed.is_none(),
            "evidence": owed.closed,
            "waived": owed.waived,
        }));
    }
    if list.is_empty() {
        text.push_str("nothing is owed\n");
    }
    let json = json!({ "obligations": list });
    Ok(Report::new("promenade.obligations/1", json, text))
}

fn close(
    act: &ActArgs,
    context: &Context,
    (id, evidence): (&ItemId, &str),
    waived: bool,
) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let title = match waived {
        true => format!("waive {id}"),
        false => format!("close {id}"),
    };
    let command = Command::CloseObligation {
        evidence: evidence.to_owned(),
        id: id.clone(),
        waived,
    };
    world::run(act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })
}
