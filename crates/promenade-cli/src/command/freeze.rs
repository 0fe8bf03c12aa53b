//! `freeze`: nothing gets into an environment for a time; and its end.

use chrono::{DateTime, Utc};
use promenade::promotion::{Command, ItemId, Set};

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FreezeArgs {
    /// A name for it, by which it is lifted
    id: ItemId,
    /// Why
    #[arg(long, required_unless_present = "lift")]
    reason: Option<String>,
    /// An environment; may be given several times; by default all
    #[arg(long = "env", value_name = "ENV")]
    environments: Vec<String>,
    /// From when on; by default now
    #[arg(long, value_name = "RFC3339")]
    from: Option<DateTime<Utc>>,
    /// Until when; by default until it is lifted
    #[arg(long, value_name = "RFC3339")]
    to: Option<DateTime<Utc>>,
    /// Lifts it
    #[arg(long, conflicts_with_all = ["environments", "from", "to"])]
    lift: bool,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &FreezeArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let policy = site.process.promotion();
    let id = args.id.clone();
    let (title, command) = if args.lift {
        (format!("lift freeze {id}"), Command::Thaw { id })
    } else {
        let mut environments = Set::new();
        for name in &args.environments {
            let rule = policy.environment(name).map_err(CliError::input)?;
            environments.insert(rule.name.clone());
        }
        let title = format!("freeze {id}");
        let command = Command::Freeze {
            environments,
            from: args.from.unwrap_or_else(|| context.at()),
            id,
            reason: args.reason.clone().unwrap_or_default(),
            until: args.to,
        };
        (title, command)
    };
    world::run(&args.act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })
}
