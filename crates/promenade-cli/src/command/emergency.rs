//! `emergency`: one commit onto every line that is supported, each patched or waived.

use promenade::process::EmergencyRequest;
use promenade::version::Line;

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct EmergencyArgs {
    /// The commit that mends it
    commit: String,
    /// A line that is left as it is, and why: `1.2.x=not affected`
    #[arg(long, value_name = "LINE=REASON", value_parser = waiver)]
    waive: Vec<(Line, String)>,
    /// A line that somebody mends by hand: it owes the mend, and nothing is picked
    #[arg(long, value_name = "LINE")]
    by_hand: Vec<Line>,
    #[command(flatten)]
    act: ActArgs,
}

fn waiver(text: &str) -> Result<(Line, String), String> {
    let (line, reason) = text
        .split_once('=')
        .filter(|(_, reason)| !reason.trim().is_empty())
        .ok_or_else(|| "expected a line and a reason, as in `1.2.x=not affected`".to_owned())?;
    let line = line.parse().map_err(|error| format!("{error}"))?;
    Ok((line, reason.trim().to_owned()))
}

pub(crate) fn run(args: &EmergencyArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let mut request = EmergencyRequest::of(site.find(&args.commit)?);
    for (line, reason) in &args.waive {
        request = request.waive(line.clone(), reason);
    }
    for line in &args.by_hand {
        request = request.by_hand(line.clone());
    }
    world::run(&args.act, context, &site, |planner, work| {
        planner.emergency(work, &request)
    })
}
