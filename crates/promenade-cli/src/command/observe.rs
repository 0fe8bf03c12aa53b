//! `observe`: what an environment was seen to run, after a promotion or at any time.

use promenade::digest::Digest;
use promenade::promotion::{Command, EnvironmentName, State};

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
    let title = format!("look at {environment}");
    let command = match (&args.failed, &args.version, args.digest) {
        (Some(reason), _, _) => Command::FailDeployment {
            environment,
            reason: reason.clone(),
        },
        (None, Some(text), _) => {
            let subject = site.subject(text)?;
            let observed = state.artifacts_of(&subject).ok_or_else(|| {
                CliError::input(format!("the ledger knows no artifacts of {text}"))
            })?;
            command(&state, environment, observed)
        }
        (None, None, Some(observed)) => command(&state, environment, observed),
        (None, None, None) => return Err(CliError::input("say what was seen")),
    };
    world::run(&args.act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })
}

/// What was seen ends the promotion that is on its way; without one it is looked at all the same.
pub(super) fn command(state: &State, environment: EnvironmentName, observed: Digest) -> Command {
    let flight = state
        .slot(&environment)
        .and_then(|slot| slot.flight.as_ref());
    if flight.is_some() {
        Command::VerifyDeployed {
            environment,
            observed,
        }
    } else {
        Command::Observe {
            environment,
            observed,
        }
    }
}
