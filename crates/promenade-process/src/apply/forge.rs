//! The steps on the forge: each looks first, and only ever goes on.

use super::{ApplyErrorKind, Outcome, World};
use crate::port::forge::{
    AssetFile, Forge, ForgeError, ForgeErrorKind, Release, ReleaseText, Stage, deprecate,
    deprecation,
};

/// Makes the release of a tag with its files, or moves the one that is there on to its stage. Its name and notes may
/// have been written by people since, and stay; notes that are empty are filled in (B9).
///
/// A release never goes back: a plan of a candidate that is applied once more leaves the release that
/// was made of it, and one that was the latest does not take that from a later one, nor back when it is deprecated.
pub(super) fn release(
    world: &World<'_>,
    tag: &str,
    text: &ReleaseText,
    assets: &[AssetFile],
) -> Result<Outcome, ApplyErrorKind> {
    let forge = world.forge.ok_or(ApplyErrorKind::Missing("forge"))?;
    let mut all = forge.list().map_err(ApplyErrorKind::Forge)?;
    let mut fresh = false;
    if find(&all, tag).is_none() {
        // Nobody sees a release without its files.
        let stage = match assets {
            [] => text.stage,
            _ => Stage::Draft,
        };
        let first = ReleaseText {
            stage,
            ..text.clone()
        };
        match forge.create(tag, &first) {
            Ok(_) if assets.is_empty() => return Ok(Outcome::Done),
            Ok(made) => {
                fresh = true;
                all.push(made);
            }
            // It may have been made all the same, by us or by somebody else: look.
            Err(error) if may_exist(error.kind()) => {
                all = forge.list().map_err(ApplyErrorKind::Forge)?;
                if find(&all, tag).is_none() {
                    return Err(ApplyErrorKind::Forge(error));
                }
            }
            Err(error) => return Err(ApplyErrorKind::Forge(error)),
        }
    }
    let Some(found) = find(&all, tag) else {
        return Err(ApplyErrorKind::Missing("release on the forge"));
    };
    let attached = attach(world, forge, found, assets)? || fresh;
    let taken = all.iter().any(|one| one.text.stage == Stage::Latest)
        || deprecation(&found.text.notes).is_some();
    let stage = match (found.text.stage, text.stage) {
        (Stage::Full, Stage::Latest) if taken => Stage::Full,
        (there, wanted) => there.max(wanted),
    };
    let notes = match found.text.notes.is_empty() {
        true => text.notes.clone(),
        false => found.text.notes.clone(),
    };
    let name = found.text.name.clone();
    let written = write(forge, found, ReleaseText { name, notes, stage })?;
    Ok(if attached { Outcome::Done } else { written })
}

/// Attaches what a release does not have yet; tells whether there was anything.
fn attach(
    world: &World<'_>,
    forge: &dyn Forge,
    release: &Release,
    assets: &[AssetFile],
) -> Result<bool, ApplyErrorKind> {
    let mut attached = false;
    for file in assets {
        let there = release
            .assets
            .get(&file.name)
            .and_then(|asset| asset.digest);
        if there == Some(file.digest) {
            continue;
        }
        let files = world
            .assets
            .ok_or(ApplyErrorKind::Missing("place of files"))?;
        let bytes = files.read(file).map_err(ApplyErrorKind::Asset)?;
        file.verify(&bytes).map_err(ApplyErrorKind::Asset)?;
        let made = forge.attach(&release.id, &file.name, &file.media_type, &bytes);
        made.map_err(ApplyErrorKind::Forge)?;
        attached = true;
    }
    Ok(attached)
}

/// Puts the banner of a deprecated release on top of its notes, and takes the mark of the latest from
/// it (C29).
pub(super) fn banner(
    world: &World<'_>,
    tag: &str,
    reason: &str,
    instead: Option<&str>,
) -> Result<Outcome, ApplyErrorKind> {
    let forge = world.forge.ok_or(ApplyErrorKind::Missing("forge"))?;
    let all = forge.list().map_err(ApplyErrorKind::Forge)?;
    let Some(found) = find(&all, tag) else {
        return Ok(Outcome::Already);
    };
    let notes = deprecate(&found.text.notes, reason, instead).map_err(|error| {
        let problem = error.to_string();
        let action = format!("deprecate the release of `{tag}`");
        ApplyErrorKind::Forge(ForgeError::new(action, ForgeErrorKind::Invalid { problem }))
    })?;
    let text = ReleaseText {
        name: found.text.name.clone(),
        notes,
        stage: found.text.stage.min(Stage::Full),
    };
    write(forge, found, text)
}

/// Has the forge show a release as the latest. Which one it takes for that by itself, once the mark is
/// gone from another, is its own affair and none of the process.
pub(super) fn latest(
    world: &World<'_>,
    tag: &str,
    known: &[String],
) -> Result<Outcome, ApplyErrorKind> {
    let forge = world.forge.ok_or(ApplyErrorKind::Missing("forge"))?;
    let all = forge.list().map_err(ApplyErrorKind::Forge)?;
    let mut shown = all.iter().filter(|one| one.text.stage == Stage::Latest);
    let later = shown.any(|one| !known.contains(&one.tag));
    let Some(found) = find(&all, tag).filter(|one| one.text.stage == Stage::Full && !later) else {
        return Ok(Outcome::Already);
    };
    if deprecation(&found.text.notes).is_some() {
        return Ok(Outcome::Already);
    }
    let stage = Stage::Latest;
    let text = found.text.clone();
    write(forge, found, ReleaseText { stage, ..text })
}

fn write(forge: &dyn Forge, found: &Release, text: ReleaseText) -> Result<Outcome, ApplyErrorKind> {
    if found.text == text {
        return Ok(Outcome::Already);
    }
    let edited = forge.edit(&found.id, &found.text, &text);
    edited.map_err(ApplyErrorKind::Forge)?;
    Ok(Outcome::Done)
}

fn find<'a>(all: &'a [Release], tag: &str) -> Option<&'a Release> {
    all.iter().find(|release| release.tag == tag)
}

fn may_exist(kind: &ForgeErrorKind) -> bool {
    matches!(
        kind,
        ForgeErrorKind::Unknown { .. } | ForgeErrorKind::Exists
    )
}
