//! `hold`: nothing gets into an environment by itself until somebody takes the hold off.

use promenade::promotion::Command;

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct HoldArgs {
    /// The environment, or another name of it
    environment: String,
    /// Why
    #[arg(long, required_unless_present = "lift")]
    reason: Option<String>,
    /// Takes the hold off, as after a rollback
    #[arg(long)]
    lift: bool,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &HoldArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let rule = site.process.promotion().environment(&args.environment);
    let environment = rule.map_err(CliError::input)?.name.clone();
    let (title, command) = if args.lift {
        let title = format!("take the hold off {environment}");
        (title, Command::Unhold { environment })
    } else {
        let title = format!("hold {environment}");
        let reason = args.reason.clone().unwrap_or_default();
        (
            title,
            Command::Hold {
                environment,
                reason,
            },
        )
    };
    world::run(&args.act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })
}
