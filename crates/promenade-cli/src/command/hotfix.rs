//! `hotfix`: a branch from the last release of a line, and its merge back.

use promenade::process::HotfixRequest;
use promenade::promotion::{Command, ObligationKind, State};
use promenade::version::{Line, Version};

use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct HotfixArgs {
    #[command(subcommand)]
    command: HotfixCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum HotfixCommand {
    /// Makes the branch of a hotfix, from the last release of a line
    Start(StartArgs),
    /// Merges a hotfix back, or finds that it was, and closes what it owes
    Finish(FinishArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct StartArgs {
    /// The release to start from; by default the last one of the line
    from: Option<String>,
    /// The line, as `1.4.x`; by default that of the last release
    #[arg(long, conflicts_with = "from")]
    line: Option<Line>,
    /// A commit that mends it already, to be picked
    #[arg(long, value_name = "COMMIT")]
    pick: Option<String>,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Clone, Debug, clap::Args)]
struct FinishArgs {
    /// The hotfix; by default the only one that is not merged back
    version: Option<String>,
    /// The branch that it goes back into; by default the main branch of the process
    #[arg(long, value_name = "BRANCH")]
    into: Option<String>,
    /// Answer for leaving it where it is
    #[arg(long, value_name = "REASON", conflicts_with = "into")]
    waive: Option<String>,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &HotfixArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    match &args.command {
        HotfixCommand::Start(args) => start(args, context, &site),
        HotfixCommand::Finish(args) => finish(args, context, &site),
    }
}

fn start(args: &StartArgs, context: &Context, site: &Site) -> Result<Report, CliError> {
    let mut request = HotfixRequest::default();
    request.line = args.line.clone();
    let from = args.from.as_deref();
    request.from = from.map(|text| site.version(text)).transpose()?;
    let pick = args.pick.as_deref();
    request.pick = pick.map(|text| site.find(text)).transpose()?;
    world::run(&args.act, context, site, |planner, work| {
        planner.hotfix(work, &request)
    })
}

fn finish(args: &FinishArgs, context: &Context, site: &Site) -> Result<Report, CliError> {
    let (state, _) = site.replay()?;
    let version = match args.version.as_deref() {
        Some(text) => site.version(text)?,
        None => owing(&state, site)?,
    };
    if let Some(reason) = &args.waive {
        let title = format!("leave {} where it is", site.text(&version));
        let owed = state
            .open_obligations()
            .filter(|(_, owed)| owed.kind == ObligationKind::MergeBack && owed.version == version);
        let commands: Vec<_> = owed
            .map(|(id, _)| Command::CloseObligation {
                evidence: reason.clone(),
                id: id.clone(),
                waived: true,
            })
            .collect();
        return world::run(&args.act, context, site, |planner, _| {
            planner.commands(&title, commands)
        });
    }
    let main = &site.process.branches().main;
    let into = args.into.as_ref().unwrap_or(main);
    world::run(&args.act, context, site, |planner, work| {
        planner.merge_back(work, &version, into)
    })
}

/// The only version that owes a merge.
fn owing(state: &State, site: &Site) -> Result<Version, CliError> {
    let mut owing: Vec<&Version> = state
        .open_obligations()
        .filter(|(_, owed)| owed.kind == ObligationKind::MergeBack)
        .map(|(_, owed)| &owed.version)
        .collect();
    owing.sort();
    owing.dedup();
    match owing.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(CliError::input("no hotfix waits to be merged back")),
        several => {
            let names: Vec<_> = several.iter().map(|version| site.text(version)).collect();
            Err(CliError::input(format!(
                "several hotfixes wait to be merged back; name one of {}",
                names.join(", ")
            )))
        }
    }
}
