//! Channels: three releases, the last one a patch of the older line, planned by the real planner.

use std::collections::BTreeSet;

use promenade_tag::{ChannelEvent, ChannelSet, Class, Positions, Published, Trigger};
use promenade_version::Version;

use super::fault::{Checked, Fault, FaultRule};
use crate::Process;

/// Checks the channels of a process, and against those of others.
pub(super) fn check(process: &Process, beside: &[&Process], checked: &mut Checked) {
    let published = releases(process);
    backwards(process, &published, checked);
    waiting(process, checked);
    let own = written(process, &published);
    for other in beside.iter().filter(|other| same_image(process, other)) {
        let theirs = written(other, &releases(other));
        for (name, story) in &own {
            let Some((_, other_story)) = theirs.iter().find(|(theirs, _)| theirs == name) else {
                continue;
            };
            let story = vec![
                format!("{}: {story}", process.name()),
                format!("{}: {other_story}", other.name()),
            ];
            let message = format!(
                "is written by `{}` and by `{}`",
                process.name(),
                other.name()
            );
            checked.add(Fault::new(FaultRule::ChannelShared, name, message, story));
        }
    }
}

/// Three releases, in the order in which they are made.
fn releases(process: &Process) -> Vec<Published> {
    let versions = match process.version().scheme().line_of(&Version::new(1, 0, 0)) {
        Some(_) => [(1, 0, 0), (1, 1, 0), (1, 0, 1)],
        None => [(1, 0, 0), (2, 0, 0), (3, 0, 0)],
    };
    let component = process
        .tags()
        .rules()
        .iter()
        .find(|rule| rule.class == Class::Release)
        .and_then(|rule| rule.component.clone());
    let versions = versions.into_iter().enumerate();
    versions
        .filter_map(|(at, (major, minor, patch))| {
            let version = Version::new(major, minor, patch);
            let tag = process
                .tags()
                .name(Class::Release, component.as_deref(), &version)
                .ok()?;
            let mut published = Published::new(tag.as_str(), version);
            published.component.clone_from(&component);
            published.commit = Some(format!("{at:040x}"));
            published.digest = Some(format!("sha256:{at:064x}"));
            Some(published)
        })
        .collect()
}

/// Publishes one release after the other, and watches for a channel that goes back.
fn backwards(process: &Process, releases: &[Published], checked: &mut Checked) {
    let set: &ChannelSet = process.channels();
    let mut positions = Positions::new();
    let (mut known, mut story) = (Vec::new(), Vec::new());
    for release in releases {
        story.push(format!("publish {}", release.version));
        known.push(release.clone());
        let event = ChannelEvent::publish(release.clone());
        let Ok(plan) = set.plan(&known, &positions, &event) else {
            continue;
        };
        for step in plan.moves() {
            let from = step.from.as_ref().and_then(|from| from.version.as_ref());
            let to = step.to.version.as_ref();
            if let (Some(from), Some(to)) = (from, to)
                && to < from
            {
                let mut story = story.clone();
                story.push(format!("channel {} goes from {from} to {to}", step.channel));
                let message = format!("goes back from {from} to {to} when {to} is released");
                checked.add(Fault::new(
                    FaultRule::ChannelBackwards,
                    &step.channel,
                    message,
                    story,
                ));
            }
        }
        for step in plan.moves() {
            positions.insert(step.channel.clone(), step.to.clone());
        }
    }
}

/// The names that the releases are published under, and the step that does it.
fn written(process: &Process, releases: &[Published]) -> BTreeSet<(String, String)> {
    let mut names = BTreeSet::new();
    for release in releases {
        let event = ChannelEvent::publish(release.clone());
        let known = std::slice::from_ref(release);
        let Ok(plan) = process.channels().plan(known, &Positions::new(), &event) else {
            continue;
        };
        for step in plan.moves() {
            if !names.iter().any(|(name, _)| *name == step.channel) {
                let story = format!("publish {}, which moves {}", release.version, step.channel);
                names.insert((step.channel.clone(), story));
            }
        }
    }
    names
}

fn same_image(one: &Process, other: &Process) -> bool {
    match (one.registry(), other.registry()) {
        (Some(one), Some(other)) => one.repository == other.repository,
        // Where no registry is named it is not known that they differ.
        _ => true,
    }
}

/// A channel of promotions into an environment that does not exist, or of candidates that are never made.
fn waiting(process: &Process, checked: &mut Checked) {
    for rule in process.channels().rules() {
        let name = rule.name.to_string();
        let only = |trigger| rule.on.has(trigger) && rule.on.iter().count() == 1;
        let mut names = rule.environments.iter().chain(&rule.environment);
        let unknown = names.find(|name| process.promotion().environment(name).is_err());
        if let Some(environment) = unknown.filter(|_| rule.on.has(Trigger::Promotion)) {
            let story = vec![
                format!("promote to {environment}"),
                "there is no such environment".to_owned(),
            ];
            let message =
                format!("waits for promotions to `{environment}`, which is no environment");
            checked.add(Fault::new(
                FaultRule::ChannelNeverMoves,
                &name,
                message,
                story,
            ));
        } else if only(Trigger::Candidate) && process.version().candidate().is_none() {
            let story = vec![
                "publish a candidate".to_owned(),
                "the process makes none".to_owned(),
            ];
            let message = "waits for candidates, and `[version]` says nothing of them";
            checked.add(Fault::new(
                FaultRule::ChannelNeverMoves,
                &name,
                message,
                story,
            ));
        }
    }
}
