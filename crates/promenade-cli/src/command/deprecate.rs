//! `deprecate`: a release is advised against, and nothing is deleted.

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DeprecateArgs {
    /// The release
    version: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// What to use instead
    #[arg(long, value_name = "VERSION")]
    instead: Option<String>,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &DeprecateArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let version = site.version(&args.version)?;
    let instead = args.instead.as_deref();
    let instead = instead.map(|text| site.version(text)).transpose()?;
    world::run(&args.act, context, &site, |planner, _| {
        planner.deprecate(&version, &args.reason, instead.as_ref())
    })
}
