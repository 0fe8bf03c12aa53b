//! `release`: a candidate, or the tip of a branch, becomes a release.

use std::path::PathBuf;

use promenade::process::ReleaseRequest;
use promenade::promotion::{Stage, State};
use promenade::version::{Change, Impact, Lane, Level, Request, Version};

use crate::world::{self, ActArgs, AssetArgs, Site};
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReleaseArgs {
    /// The version; by default that of the open candidate, or what follows the last release
    version: Option<String>,
    /// The candidate that is selected; by default the newest one of the version
    #[arg(long, value_name = "VERSION")]
    candidate: Option<String>,
    /// The branch that the release is made on; by default the main branch of the process
    #[arg(long)]
    branch: Option<String>,
    /// The lane: regular, hotfix or embargoed
    #[arg(long, default_value_t)]
    lane: Lane,
    /// A release of an older line, without a candidate
    #[arg(long)]
    backport: bool,
    /// The strongest impact since the last release, where there is no candidate; by default what
    /// `[impact]` of the process reads it from, else fix
    #[arg(long, conflicts_with = "version")]
    impact: Option<Impact>,
    /// A file with what users must do to come to this version
    #[arg(long, value_name = "FILE")]
    upgrade_notes: Option<PathBuf>,
    /// What the main branch goes on to, where manifests name the next version after a release: patch,
    /// minor or major
    #[arg(long, default_value = "minor", value_name = "LEVEL")]
    next: Level,
    #[command(flatten)]
    assets: AssetArgs,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &ReleaseArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let (request, why) = request(args, context, &site)?;
    world::run_because(&args.act, context, &site, &why, |planner, work| {
        planner.release(work, &request)
    })
}

/// What is to be released, and the reasons of its version.
fn request(
    args: &ReleaseArgs,
    context: &Context,
    site: &Site,
) -> Result<(ReleaseRequest, Vec<String>), CliError> {
    let (state, _) = site.replay()?;
    let branch = args
        .branch
        .clone()
        .unwrap_or_else(|| site.process.branches().main.clone());
    let named = args.version.as_deref().map(|text| site.version(text));
    let named = named.transpose()?;
    let candidate = match &args.candidate {
        Some(text) => Some(site.version(text)?),
        None if args.backport || args.lane == Lane::Hotfix => None,
        None => candidate(site, &state, named.as_ref()),
    };
    let mut why = Vec::new();
    let version = match (named, &candidate) {
        (Some(version), _) => version,
        (None, Some(candidate)) => {
            let next = site.process.version().promote(candidate);
            next.map_err(CliError::input)?.version().clone()
        }
        (None, None) => next(args, context, site, &branch, &mut why)?,
    };
    let mut request = match candidate {
        Some(candidate) => ReleaseRequest::of_candidate(version, candidate, branch),
        None if args.backport => ReleaseRequest::backport(version, branch),
        None => ReleaseRequest::direct(version, branch),
    };
    request.lane = args.lane;
    request.next = args.next;
    request.build = args.assets.build()?;
    if let Some(path) = &args.upgrade_notes {
        let notes = String::from_utf8(context.read(path)?).map_err(CliError::input)?;
        request = request.with_upgrade_notes(notes);
    }
    Ok((request, why))
}

/// The newest candidate that is neither rejected nor released; of a version, if one is named.
fn candidate(site: &Site, state: &State, of: Option<&Version>) -> Option<Version> {
    let policy = site.process.version();
    let becomes = |candidate: &Version| policy.promote(candidate).ok();
    state
        .versions
        .iter()
        .filter(|(_, record)| record.stage == Stage::Candidate)
        .filter(|(version, _)| {
            of.is_none_or(|of| becomes(version).is_some_and(|next| next.version() == of))
        })
        .max_by_key(|(_, record)| record.order)
        .map(|(version, _)| version.clone())
}

/// What follows the last release, where a process has no candidate for it.
fn next(
    args: &ReleaseArgs,
    context: &Context,
    site: &Site,
    branch: &str,
    why: &mut Vec<String>,
) -> Result<Version, CliError> {
    let released = site.released()?;
    let tip = site.find(&format!("refs/heads/{branch}"))?;
    let since = site.since(released.as_ref(), &tip, args.impact, None)?;
    let request = match &released {
        Some(released) => Request::after(&released.version),
        None => Request::first(),
    };
    let request = match since.change {
        Change::Impact(impact) => request.impact(impact),
        Change::Level(level) => request.level(level),
    };
    let request = request.lane(args.lane).on(context.at().date_naive());
    let next = site.process.version().next(&request);
    match next.map_err(CliError::input)? {
        Some(next) => {
            why.extend(since.why);
            why.push(next.why());
            Ok(next.version().clone())
        }
        None => Err(CliError::input(
            "nothing changed that a user can see, so no version follows; `--impact` says otherwise",
        )),
    }
}
