//! What stands in the way of a plan, before its first effect.

use promenade_promotion::CommitId;
use promenade_promotion::ledger::{AppendError, Head, OpId, StreamId};

use super::{ApplyErrorKind, World, ledger, resolve};
use crate::embargo::embargo_stream;
use crate::port::forge::{AssetFile, Release};
use crate::port::repository::Obstacle;
use crate::{Plan, Step};

/// Looks at everything that could stop a plan halfway, and says all of it at once: a ledger that went
/// on, a branch that moved, changes in the work tree, a tag whose name is taken, a key that does not
/// sign, a remote that does not answer. Nothing is changed; steps that are done are not in the way.
///
/// # Errors
/// [`ApplyErrorKind`] if the world cannot be read.
pub fn ready(plan: &Plan, world: &World<'_>) -> Result<Vec<Obstacle>, ApplyErrorKind> {
    let mut obstacles = Vec::new();
    let (mut first, mut first_private) = (true, true);
    let mut begun: Vec<(&str, &CommitId)> = Vec::new();
    for step in plan.steps() {
        if let Step::Branch { name, at } = step {
            begun.push((name, at));
        }
        if is_on_new(step, &begun, world)? {
            continue;
        }
        if let Some(change) = step.change()
            && !goes_on(plan, step)
        {
            let found = world.repository.obstacles(change);
            obstacles.extend(found.map_err(ApplyErrorKind::Repository)?);
        }
        match step {
            Step::Record { expected, op, .. } if first => {
                first = false;
                obstacles.extend(moved(world, world.stream, expected, op)?);
            }
            Step::Private { expected, op, .. } if first_private => {
                first_private = false;
                let stream = embargo_stream(world.stream);
                obstacles.extend(moved(world, &stream, expected, op)?);
            }
            Step::Channel { name, .. } if world.channels.is_none() => {
                let why = format!("channel {name} is in a registry, and none is given");
                obstacles.push(Obstacle::held("registry", why, "naming the registry"));
            }
            Step::Forge { tag, .. } | Step::Banner { tag, .. } | Step::Latest { tag, .. } => {
                match world.forge {
                    None => {
                        let why = format!("the release of {tag} is on a forge, and none is given");
                        let clears = "naming the forge, and a token for it";
                        obstacles.push(Obstacle::held("forge", why, clears));
                    }
                    Some(forge) => match forge.list() {
                        Ok(all) => obstacles.extend(files(step, &all, world)),
                        Err(error) => {
                            let clears = "a forge that answers";
                            obstacles.push(Obstacle::world("forge", error.to_string(), clears));
                        }
                    },
                }
            }
            Step::Hook(call) if world.hooks.is_none() => {
                let why = format!("hook `{}` has no place to run in", call.name);
                obstacles.push(Obstacle::held("hook", why, "naming the place"));
            }
            _ => {}
        }
    }
    obstacles.dedup();
    Ok(obstacles)
}

/// Files that are to be attached, and are not there or are not what was recorded; or whose name the release
/// has already, with other bytes.
fn files(step: &Step, releases: &[Release], world: &World<'_>) -> Vec<Obstacle> {
    let Step::Forge { tag, assets, .. } = step else {
        return Vec::new();
    };
    let there = releases.iter().find(|release| release.tag == *tag);
    let look = |file: &AssetFile| {
        let shown = there.and_then(|there| there.assets.get(&file.name)?.digest);
        match shown {
            Some(found) if found == file.digest => None,
            Some(found) => {
                let why = format!(
                    "the release of {tag} has `{}` with digest {found}",
                    file.name
                );
                Some(Obstacle::conflict("asset", why))
            }
            None => {
                let Some(assets) = world.assets else {
                    let why = format!("asset `{}` is a file, and no files are given", file.name);
                    return Some(Obstacle::held("asset", why, "giving the files"));
                };
                let read = assets.read(file).and_then(|bytes| file.verify(&bytes));
                let clears = "the file that was recorded, or planning again without it";
                read.err()
                    .map(|error| Obstacle::held("asset", error.to_string(), clears))
            }
        }
    };
    assets.iter().filter_map(look).collect()
}

/// Whether a step is a commit that goes on from another one of the plan: what stands in the way of that one
/// stands in its way too, and nothing else.
fn goes_on(plan: &Plan, step: &Step) -> bool {
    let Step::Commit { request, .. } = step else {
        return false;
    };
    let mut others = plan.steps().iter();
    others.any(|other| matches!(other, Step::Commit { id, .. } if *id == request.parent))
}

/// Whether a commit is the first one on a branch that the plan is still to make.
fn is_on_new(
    step: &Step,
    begun: &[(&str, &CommitId)],
    world: &World<'_>,
) -> Result<bool, ApplyErrorKind> {
    let Step::Commit { request, .. } = step else {
        return Ok(false);
    };
    if !begun.contains(&(request.branch.as_str(), &request.parent)) {
        return Ok(false);
    }
    let tip = world
        .repository
        .find(&format!("refs/heads/{}", request.branch));
    tip.map(|tip| tip.is_none())
        .map_err(ApplyErrorKind::Repository)
}

/// A stream that is not where the plan expects it, and not because of the plan.
fn moved(
    world: &World<'_>,
    stream: &StreamId,
    expected: &Head,
    op: &OpId,
) -> Result<Option<Obstacle>, ApplyErrorKind> {
    let fault = |error: AppendError| ledger(error);
    let head = world.ledger.head(stream);
    let head = head.map_err(|error| fault(error.into()))?;
    if head == *expected {
        return Ok(None);
    }
    let done = resolve(world, stream, expected, op);
    if done.map_err(|error| fault(error.into()))?.is_some() {
        return Ok(None);
    }
    let why = format!("the plan was made for ledger head {expected}, and it is at {head}");
    Ok(Some(Obstacle::conflict("ledger", why)))
}
