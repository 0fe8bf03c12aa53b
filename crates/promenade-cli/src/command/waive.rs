//! `waive`: somebody answers for a gate that does not hold.

use chrono::{DateTime, Utc};
use promenade::promotion::Command;

use super::approve::about;
use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WaiveArgs {
    /// The gate, as blockers name it: `check:smoke`, `soak`, …
    gate: String,
    /// The environment, or another name of it; `release` for the gates of a release
    environment: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// When the waiver lapses
    #[arg(long, value_name = "RFC3339")]
    expires: DateTime<Utc>,
    /// For what: a version or a full commit id; by default what is next there
    #[arg(long, value_name = "VERSION|COMMIT")]
    version: Option<String>,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &WaiveArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let (environment, subject) = about(&site, &args.environment, args.version.as_deref())?;
    let name = site.name(&subject);
    let title = format!("waive {} of {environment} for {name}", args.gate);
    let command = Command::Waive {
        environment,
        expires: args.expires,
        gate: args.gate.clone(),
        reason: args.reason.clone(),
        subject,
    };
    world::run(&args.act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })
}
