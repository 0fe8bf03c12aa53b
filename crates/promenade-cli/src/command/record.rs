//! `record`: the outcome of a check, of a signature's verification, or of an item of a checklist.

use promenade::digest::Digest;
use promenade::promotion::{Command, GateName, Outcome};

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
#[group(id = "what", required = true, args = ["version", "commit", "artifact"])]
pub(crate) struct RecordArgs {
    /// The name of the check, as the gates of the process name it
    gate: GateName,
    /// The outcome: pass, fail, pending, not-run or not-applicable
    outcome: Outcome,
    /// The version whose artifacts were checked
    #[arg(long)]
    version: Option<String>,
    /// The commit whose build was checked
    #[arg(long, value_name = "REV")]
    commit: Option<String>,
    /// The identity of the artifact set that was checked
    #[arg(long, value_name = "DIGEST")]
    artifact: Option<Digest>,
    /// The environment, if the outcome means only there
    #[arg(long = "env", value_name = "ENV")]
    environment: Option<String>,
    /// Where its log is; or why it does not apply, which must be said then
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &RecordArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let (state, _) = site.replay()?;
    let found = match (&args.version, &args.commit) {
        (Some(text), _) => state.artifacts_of(&site.version(text)?.into()),
        (None, Some(revision)) => state.artifacts_of(&site.find(revision)?.into()),
        (None, None) => args.artifact,
    };
    let artifacts = found
        .ok_or_else(|| CliError::input("no build of it is recorded; `build record` records one"))?;
    let environment = match &args.environment {
        None => None,
        Some(name) => {
            let rule = site.process.promotion().environment(name);
            Some(rule.map_err(CliError::input)?.name.clone())
        }
    };
    let title = format!("record {}: {}", args.gate, args.outcome);
    let command = Command::RecordCheck {
        artifacts,
        environment,
        gate: args.gate.clone(),
        outcome: args.outcome,
        reason: args.reason.clone(),
    };
    world::run(&args.act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })
}
