//! `observe`: what an environment was seen to run, after a promotion or at any time.

use promenade::digest::Digest;
use promenade::promotion::Command;

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
#[group(id = "seen", required = true, args = ["version", "digest", "failed"])]
pub(crate) struct ObserveArgs {
    /// The environment, or another name of it
    environment: String,
    /// The version, or the full id of the commit, that it was seen to run
    #[arg(long, value_name = "VERSION|COMMIT")]
    version: Option<String>,
    /// The identity of the artifact set that it was seen to run
    #[arg(long)]
    digest: Option<Digest>,
    /// The promotion that is on its way did not come about; why
    #[arg(long, value_name = "REASON")]
    failed: Option<String>,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &ObserveArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let rule = site.process.promotion().environment(&args.environment);
    let environment = rule.map_err(CliError::input)?.name.clone();
    let (state, _) = site.replay()?;
    let observed = match (&args.failed, &args.version, args.digest) {
        (Some(reason), _, _) => {
            let title = format!("give up on {environment}");
            let command = Command::FailDeployment {
                environment,
                reason: reason.clone(),
            };
            return world::run(&args.act, context, &site, |planner, _| {
                planner.commands(&title, [command])
            });
        }
        (None, Some(text), _) => {
            let subject = site.subject(text)?;
            state.artifacts_of(&subject).ok_or_else(|| {
                CliError::input(format!("the ledger knows no artifacts of {text}"))
            })?
        }
        (None, None, Some(digest)) => digest,
        (None, None, None) => return Err(CliError::input("say what was seen")),
    };
    world::run(&args.act, context, &site, |planner, _| {
        planner.observe(&environment, observed)
    })
}
