//! `approve`: a person agrees that a version may enter an environment.

use promenade::promotion::{Command, EnvironmentName, Subject};

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ApproveArgs {
    /// The environment, or another name of it; `release` for the gates of a release
    environment: String,
    /// What is approved: a version or a full commit id; by default what is next there
    #[arg(long, value_name = "VERSION|COMMIT")]
    version: Option<String>,
    /// Takes the approval back
    #[arg(long)]
    withdraw: bool,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &ApproveArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let (environment, subject) = about(&site, &args.environment, args.version.as_deref())?;
    let name = site.name(&subject);
    let (title, command) = if args.withdraw {
        let title = format!("take back the approval of {name} for {environment}");
        let command = Command::WithdrawApproval {
            environment,
            subject,
        };
        (title, command)
    } else {
        let title = format!("approve {name} for {environment}");
        let command = Command::Approve {
            environment,
            subject,
        };
        (title, command)
    };
    world::run(&args.act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })
}

/// The environment and what is about to enter it. `release` stands for the gates of a release,
/// unless an environment has that name.
pub(super) fn about(
    site: &Site,
    environment: &str,
    version: Option<&str>,
) -> Result<(EnvironmentName, Subject), CliError> {
    match site.process.promotion().environment(environment) {
        Ok(rule) => Ok((rule.name.clone(), world::subject(site, rule, version)?)),
        Err(_) if environment == "release" => {
            let version = version.ok_or_else(|| {
                CliError::input("name the candidate that is to be released with `--version`")
            })?;
            let environment = EnvironmentName::new(environment).map_err(CliError::input)?;
            Ok((environment, site.subject(version)?))
        }
        Err(error) => Err(CliError::input(error)),
    }
}
