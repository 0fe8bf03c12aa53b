//! `disclose`: what was under an embargo becomes public.

use promenade::git::Archive;
use promenade::process::port::repository::History as _;
use promenade::promotion::CommitId;

use crate::world::{self, ActArgs, AssetArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DiscloseArgs {
    /// A branch that is published too, besides those whose tip was released; may be given several times
    #[arg(long, value_name = "BRANCH")]
    branch: Vec<String>,
    #[command(flatten)]
    assets: AssetArgs,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &DiscloseArgs, context: &Context) -> Result<Report, CliError> {
    if context.global.embargoed {
        return Err(CliError::input(
            "a disclosure is public; leave `--embargoed` out",
        ));
    }
    let site = Site::open(context)?;
    let (public, _) = site.replay()?;
    let embargo = site.embargo()?;
    let state = embargo.state(&public).map_err(CliError::conflict)?;
    let fresh: Vec<CommitId> = state
        .versions
        .iter()
        .filter(|(version, _)| public.version(version).is_none())
        .map(|(_, record)| record.commit.clone())
        .collect();
    let mut branches = Vec::new();
    for name in Archive::new(&site.repository).branches() {
        let found = site.work().find(&format!("refs/heads/{name}"));
        let found = found.map_err(CliError::repository)?;
        let Some(tip) = found else { continue };
        // The branch may have gone on to the next version right after the release.
        let before = site
            .work()
            .commit(&tip)
            .map_err(CliError::repository)?
            .parents;
        let before = before.first().map(String::as_str);
        let made = |commit: &CommitId| *commit == tip || Some(commit.as_str()) == before;
        if fresh.iter().any(made) || args.branch.contains(&name) {
            branches.push((name, tip));
        }
    }
    for name in &args.branch {
        if !branches.iter().any(|(known, _)| known == name) {
            return Err(CliError::input(format!("there is no branch `{name}`")));
        }
    }
    let build = args.assets.build()?;
    world::run(&args.act, context, &site, |planner, work| {
        planner.disclose(work, &embargo, &branches, build.as_ref())
    })
}
