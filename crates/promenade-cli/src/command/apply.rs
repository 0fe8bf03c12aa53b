//! `apply`: carries out a plan that was saved, or goes on with one that was begun.

use std::path::PathBuf;

use promenade::process::{Plan, StoredPlan};

use crate::world::{self, ActArgs, Shelf, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ApplyArgs {
    /// The file of the plan; by default the one plan that was begun here
    file: Option<PathBuf>,
    /// Stop after this step: its number, or its kind (record, commit, tag, push, …)
    #[arg(long, value_name = "STEP")]
    until: Option<String>,
    /// The registry and the repository in it, instead of those of the process
    #[arg(long, value_name = "HOST/NAME")]
    registry: Option<String>,
    /// Carry the plan out; without it, the plan is only printed
    #[arg(long)]
    execute: bool,
}

pub(crate) fn run(args: &ApplyArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let (path, plan) = read(args.file.as_ref(), context, &site)?;
    // A plan under an embargo may have been begun and not sealed: the public state is what it expects.
    let (mut state, head) = site.public()?;
    if head == *plan.expected_head() {
        if let Some(private) = plan.expected_private() {
            state = world::in_private(&site.embargo()?.at(private), &state)?;
        }
        // Nothing of it was recorded yet: what holds it today holds it.
        if let Some(blockers) = plan.held_now(&site.process, &state, context.at()) {
            return Ok(world::held(plan.title(), &blockers));
        }
    }
    let act = ActArgs {
        execute: args.execute,
        until: args.until.clone(),
        registry: args.registry.clone(),
        ..ActArgs::default()
    };
    let report = world::carry_out(&act, &site, plan)?;
    if args.execute && args.until.is_none() && args.file.is_none() {
        Shelf::new(&site.repository.git_dir()).forget(&path);
    }
    Ok(report)
}

/// Reads a stored plan, and checks it against the ledger as it was when the plan was made.
pub(super) fn read(
    file: Option<&PathBuf>,
    context: &Context,
    site: &Site,
) -> Result<(PathBuf, Plan), CliError> {
    let path = match file {
        Some(path) => path.clone(),
        None => Shelf::new(&site.repository.git_dir()).only()?,
    };
    let text = String::from_utf8(context.read(&path)?).map_err(CliError::input)?;
    let stored = StoredPlan::parse(&text).map_err(CliError::input)?;
    let state = site.state_at(stored.expected_head())?;
    let plan = stored
        .check(&site.stream, &state)
        .map_err(CliError::input)?;
    Ok((path, plan))
}
