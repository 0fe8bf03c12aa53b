//! `candidate`: the next candidate, from a commit that was built.

use promenade::version::{Impact, Level};

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CandidateArgs {
    /// The commit; by default the one that is checked out
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    commit: String,
    /// The strongest impact since the last release: none, fix, feature or breaking; by default what
    /// `[impact]` of the process reads it from, else fix
    #[arg(long, conflicts_with = "level")]
    impact: Option<Impact>,
    /// The level, instead of an impact: patch, minor or major
    #[arg(long)]
    level: Option<Level>,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &CandidateArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    if site.process.version().candidate().is_none() {
        return Err(CliError::input(
            "the process has no candidates: `release` releases a commit as it is, or \
             `candidate = { label = \"rc.{n}\", counter = \"label\" }` in its `[version]` brings them",
        ));
    }
    let commit = site.find(&args.commit)?;
    let since = site.since(site.released()?.as_ref(), &commit, args.impact, args.level)?;
    world::run_because(&args.act, context, &site, &since.why, |planner, _| {
        planner.candidate(&commit, since.change)
    })
}
