//! The version in the manifest, along the history of the main branch.

use std::collections::{BTreeMap, BTreeSet};

use promenade_version::{AfterRelease, Meaning, Uniqueness, Version};

use super::order::is_final;
use super::tags::{Story, finding};
use super::{Audit, Finding, RuleId};
use crate::Process;
use crate::port::past::{CommitTree, Mark, Past};

/// A stretch of the main branch whose manifest has one version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    commit: String,
    version: Version,
    place: usize,
}

/// The versions that the manifest had, in the order of the history.
#[derive(Debug, Default)]
pub(super) struct VersionHistory {
    runs: Vec<Run>,
}

impl VersionHistory {
    /// Returns the paths to watch.
    pub(super) fn watched(process: &Process) -> Vec<String> {
        let files = process.version_files();
        let manifests = files.manifests().iter().map(|manifest| manifest.path());
        let others = files.files().iter().map(|file| file.path());
        manifests.chain(others).map(str::to_owned).collect()
    }

    /// Takes in a commit that changed a manifest. One whose version cannot be read says nothing.
    pub(super) fn see(&mut self, process: &Process, past: &dyn Past, mark: &Mark) {
        let tree = CommitTree::new(past, &mark.commit);
        let scheme = process.version().scheme();
        let Ok(named) = process.version_files().named(&tree, scheme) else {
            return;
        };
        let Some(version) = named.into_iter().find_map(|named| named.version) else {
            return;
        };
        if self.runs.last().is_some_and(|run| run.version == version) {
            return;
        }
        let (commit, place) = (mark.commit.clone(), mark.place);
        self.runs.push(Run {
            commit,
            version,
            place,
        });
    }

    /// Judges the history by itself. `end` is the length of the first-parent line.
    pub(super) fn judge(&self, process: &Process, end: usize) -> Audit {
        let mut audit = Audit::default();
        audit.count("versions in the manifest", self.runs.len());
        match process.version().unique() {
            Some(Uniqueness::Introduction) => self.reentered(process, &mut audit),
            Some(Uniqueness::EveryCommit) => self.many(process, end, &mut audit),
            None => {}
        }
        self.markers(process, &mut audit);
        audit
    }

    /// Judges whether the tags are where their versions were introduced.
    pub(super) fn introductions(&self, story: &Story<'_>) -> Vec<Finding> {
        let mut introduced: BTreeMap<&Version, BTreeSet<&str>> = BTreeMap::new();
        for run in &self.runs {
            introduced
                .entry(&run.version)
                .or_default()
                .insert(&run.commit);
        }
        let tags = story.releases.iter();
        tags.filter_map(|tag| {
            let introduced = introduced.get(tag.version)?;
            if introduced.contains(tag.facts.peeled.as_str()) {
                return None;
            }
            let by: Vec<_> = introduced.iter().copied().collect();
            let message = format!(
                "is on {}; its version was introduced by {}",
                tag.facts.peeled,
                by.join(" and ")
            );
            Some(finding(RuleId::TagOffIntroduction, tag, message))
        })
        .collect()
    }

    fn finals<'a>(&'a self, process: &'a Process) -> impl Iterator<Item = (usize, &'a Run)> {
        let runs = self.runs.iter().enumerate();
        runs.filter(|(_, run)| is_final(process, &run.version))
    }

    fn reentered(&self, process: &Process, audit: &mut Audit) {
        let mut first: BTreeMap<&Version, &Run> = BTreeMap::new();
        for (_, run) in self.finals(process) {
            let Some(earlier) = first.get(&run.version) else {
                first.insert(&run.version, run);
                continue;
            };
            let text = show(process, &run.version);
            let message = format!("was introduced by {} and again here", earlier.commit);
            audit.add(Finding::new(RuleId::VersionReentered, text, message).on(&run.commit));
        }
    }

    fn many(&self, process: &Process, end: usize, audit: &mut Audit) {
        let mut commits: BTreeMap<&Version, (usize, &Run)> = BTreeMap::new();
        for (at, run) in self.finals(process) {
            let until = self.runs.get(at + 1).map_or(end, |next| next.place);
            let entry = commits.entry(&run.version).or_insert((0, run));
            entry.0 += until.saturating_sub(run.place);
        }
        for (version, (count, run)) in commits.into_iter().filter(|(_, (count, _))| *count > 1) {
            let message = format!("is on {count} commits of the main branch, expected one");
            let finding = Finding::new(
                RuleId::VersionOnManyCommits,
                show(process, version),
                message,
            );
            audit.add(finding.on(&run.commit));
        }
    }

    /// After a release the manifest must go to a marked version, before anything else.
    fn markers(&self, process: &Process, audit: &mut Audit) {
        if !matches!(process.version().after_release(), AfterRelease::Marker(_)) {
            return;
        }
        let scheme = process.version().scheme();
        for (at, run) in self.finals(process) {
            let Some(next) = self.runs.get(at + 1) else {
                continue;
            };
            if scheme.meaning(&next.version) == Meaning::Manifest {
                continue;
            }
            let text = show(process, &run.version);
            let next_text = show(process, &next.version);
            let message = format!("was followed by `{next_text}` without a marked version between");
            audit.add(Finding::new(RuleId::DevMarkerMissing, text, message).on(&next.commit));
        }
    }
}

/// Spells a version as the scheme does.
pub(super) fn show(process: &Process, version: &Version) -> String {
    let text = process.version().scheme().format(version);
    text.unwrap_or_else(|_| version.to_string())
}
