//! `backport`: a commit picked onto lines, with its provenance.

use promenade::version::Line;

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BackportArgs {
    /// The commit
    commit: String,
    /// The line, as `1.4.x`; may be given several times
    #[arg(long, value_name = "LINE", required = true)]
    onto: Vec<Line>,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &BackportArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let commit = site.find(&args.commit)?;
    world::run(&args.act, context, &site, |planner, work| {
        planner.backport(work, &commit, &args.onto)
    })
}
