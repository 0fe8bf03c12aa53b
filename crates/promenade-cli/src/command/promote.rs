//! `promote`: a version into an environment, by the digests that the ledger has.

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PromoteArgs {
    /// The environment, or another name of it
    environment: String,
    /// What is promoted: a version or a full commit id; by default what is next there
    #[arg(long, value_name = "VERSION|COMMIT")]
    version: Option<String>,
    /// Why an older version may follow a newer one
    #[arg(long, value_name = "REASON")]
    consent: Option<String>,
    /// A program asks, and no person
    #[arg(long)]
    automated: bool,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &PromoteArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let rule = site.process.promotion().environment(&args.environment);
    let rule = rule.map_err(CliError::input)?;
    let subject = world::subject(&site, rule, args.version.as_deref())?;
    world::run(&args.act, context, &site, |planner, _| {
        planner.promote(&rule.name, &subject, args.automated, args.consent.clone())
    })
}
