//! `rollback`: an environment back to what it ran before, its definitions with it.

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RollbackArgs {
    /// The environment, or another name of it
    environment: String,
    /// Back to what; by default the newest version that it ran before, verified
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &RollbackArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let rule = site.process.promotion().environment(&args.environment);
    let environment = rule.map_err(CliError::input)?.name.clone();
    let to = args.to.as_deref();
    let to = to.map(|text| site.version(text)).transpose()?;
    world::run(&args.act, context, &site, |planner, work| {
        planner.rollback(work, &environment, to.as_ref(), &args.reason)
    })
}
