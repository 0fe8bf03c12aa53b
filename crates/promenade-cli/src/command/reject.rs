//! `reject`: a candidate that does not pass, for ever.

use promenade::promotion::Command;

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RejectArgs {
    /// The candidate
    version: String,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &RejectArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let version = site.version(&args.version)?;
    let title = format!("reject {}", site.text(&version));
    let command = Command::Reject {
        reason: args.reason.clone(),
        version,
    };
    world::run(&args.act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })
}
