//! `deprecate`: a release is advised against, and nothing is deleted.

use promenade::process::Withdrawal;

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DeprecateArgs {
    /// The release
    version: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// What to use instead
    #[arg(long, value_name = "VERSION")]
    instead: Option<String>,
    /// Leave channels where they are: the next release will mend it
    #[arg(long)]
    roll_forward: bool,
    /// Mark it as yanked in the changelog, besides the banner
    #[arg(long)]
    yank: bool,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &DeprecateArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let version = site.version(&args.version)?;
    let instead = args.instead.as_deref();
    let instead = instead.map(|text| site.version(text)).transpose()?;
    let mut wish = Withdrawal::new(version, &args.reason);
    wish.replacement = instead;
    if args.roll_forward {
        wish = wish.rolling_forward();
    }
    if args.yank {
        wish = wish.yanked();
    }
    world::run(&args.act, context, &site, |planner, work| {
        planner.deprecate(work, &wish)
    })
}
