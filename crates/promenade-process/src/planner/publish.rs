//! What a plan does outside of the repository: hooks, the forge, and pushes.

use std::collections::BTreeMap;

use promenade_promotion::{CommitId, EnvironmentName, State};
use promenade_tag::{Class, Values};
use promenade_version::Version;

use super::{Draft, PlanError};
use crate::hook::{HookEvent, HookTime};
use crate::plan::Step;
use crate::port::forge::{AssetFile, ReleaseText, Stage, deprecate};
use crate::port::hook::HookCall;
use crate::port::repository::{PushRef, PushRequest};

/// A remote, as it was seen when planning began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its name.
    pub name: String,
    /// Where each of its refs is, by full name.
    pub refs: BTreeMap<String, String>,
    /// The ref of the ledger.
    pub ledger: String,
}

/// What a hook is told.
#[derive(Clone, Copy, Default)]
pub(super) struct About<'a> {
    pub(super) version: Option<&'a Version>,
    pub(super) tag: Option<&'a str>,
    pub(super) commit: Option<&'a CommitId>,
    pub(super) environment: Option<&'a EnvironmentName>,
}

impl Draft<'_, '_> {
    /// Adds the hooks of a step that run at this time.
    pub(super) fn hooks(&mut self, on: HookEvent, when: HookTime, about: About<'_>) {
        let rules = self.process().hooks().iter();
        let calls: Vec<_> = rules
            .filter(|rule| rule.on == on && rule.when == when && rule.is_for(about.environment))
            .map(|rule| HookCall {
                name: rule.name.clone(),
                command: rule.run.clone(),
                env: self.told(on, about),
                limit_secs: rule.limit_secs(),
            })
            .collect();
        for call in calls {
            self.step(Step::Hook(Box::new(call)));
        }
    }

    fn told(&self, on: HookEvent, about: About<'_>) -> BTreeMap<String, String> {
        let version = about.version.map(|version| self.planner().text(version));
        [
            ("PROMENADE_EVENT", Some(on.as_str().to_owned())),
            ("PROMENADE_VERSION", version),
            ("PROMENADE_TAG", about.tag.map(str::to_owned)),
            ("PROMENADE_COMMIT", about.commit.map(ToString::to_string)),
            (
                "PROMENADE_ENVIRONMENT",
                about.environment.map(ToString::to_string),
            ),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
    }

    /// Adds the release of a version's tag on the forge, if the process has one.
    pub(super) fn forge(
        &mut self,
        class: Class,
        version: &Version,
        notes: Option<String>,
        assets: Vec<AssetFile>,
    ) -> Result<(), PlanError> {
        let process = self.process();
        let Some(rules) = process.forge() else {
            return Ok(());
        };
        let candidate = class == Class::Candidate;
        let Some(tag) = self.planner().tag_name(class, version)? else {
            return Ok(());
        };
        if candidate && !rules.candidates {
            return Ok(());
        }
        let scheme = process.version().scheme();
        let values = Values::of_version(version.clone(), scheme).with_tag(tag.as_str());
        let name = rules.name.render(&values, scheme);
        let name = name.map_err(|error| PlanError::Unknown {
            what: "the name of the release on the forge".to_owned(),
            reason: error.to_string(),
        })?;
        let latest = latest(self.state());
        let stage = match candidate {
            true => Stage::Prerelease,
            false if latest.is_none_or(|latest| latest <= version) => Stage::Latest,
            false => Stage::Full,
        };
        let notes = notes.unwrap_or_default();
        self.step(Step::Forge {
            tag,
            text: ReleaseText { name, notes, stage },
            assets,
        });
        Ok(())
    }
}

/// The version that is to be shown as the latest: the highest release that nothing was said against.
fn latest(state: &State) -> Option<&Version> {
    let mut all = state.versions.iter().rev();
    let standing = all.find(|(_, record)| record.stage == promenade_promotion::Stage::Released);
    standing.map(|(version, _)| version)
}

impl Draft<'_, '_> {
    /// Has the forge show another release as the latest, if `bad` was that until now.
    pub(super) fn latest_instead_of(&mut self, bad: &Version) -> Result<(), PlanError> {
        if self.process().forge().is_none() {
            return Ok(());
        }
        let (known, best) = {
            let all = self.state().versions.iter();
            let tags = all.filter(|(_, record)| record.stage.is_release());
            let tags = tags.filter_map(|(_, record)| record.tag.clone());
            let best = latest(self.state()).filter(|best| *best < bad);
            (tags.collect(), best.cloned())
        };
        if let Some(best) = best
            && let Some(tag) = self.planner().tag_name(Class::Release, &best)?
        {
            self.step(Step::Latest { tag, known });
        }
        Ok(())
    }

    /// Adds the banner of a deprecated release on the forge, if the process has one (C29).
    pub(super) fn banner(
        &mut self,
        tag: &str,
        reason: &str,
        instead: Option<&Version>,
    ) -> Result<(), PlanError> {
        if self.process().forge().is_some() {
            let instead = instead.map(|version| self.planner().text(version));
            deprecate("", reason, instead.as_deref()).map_err(|error| PlanError::Unknown {
                what: "the banner on the forge".to_owned(),
                reason: error.to_string(),
            })?;
            self.step(Step::Banner {
                tag: tag.to_owned(),
                reason: reason.to_owned(),
                instead,
            });
        }
        Ok(())
    }
}

/// Adds the pushes to the steps of a plan: what was made in the repository is published before the
/// first step outside of it that follows, and the rest at the end.
pub(super) fn with_pushes(
    steps: Vec<Step>,
    also: &[(String, Option<CommitId>)],
    remote: &Remote,
) -> Vec<Step> {
    let mut out = Vec::with_capacity(steps.len() + 2);
    // What is there already waits for the first record, which says why it is published.
    let mut also: Vec<_> = also
        .iter()
        .map(|(name, to)| PushRef {
            from: remote.refs.get(name).cloned(),
            name: name.clone(),
            to: to.clone(),
        })
        .collect();
    let mut pending: Vec<PushRef> = Vec::new();
    for step in steps {
        let own = match &step {
            Step::Branch { name, at } => Some((format!("refs/heads/{name}"), Some(at.clone()))),
            Step::Commit { id, request, .. } => {
                Some((format!("refs/heads/{}", request.branch), Some(id.clone())))
            }
            Step::Tag { request, .. } => Some((format!("refs/tags/{}", request.name), None)),
            Step::Record { .. } => {
                pending.append(&mut also);
                Some((remote.ledger.clone(), None))
            }
            Step::Private { .. } => None,
            Step::Channel { .. }
            | Step::Hook(_)
            | Step::Forge { .. }
            | Step::Banner { .. }
            | Step::Latest { .. }
            | Step::Push { .. } => {
                out.extend(push(&mut pending, remote));
                None
            }
        };
        if let Some((name, to)) = own {
            let from = remote.refs.get(&name).cloned();
            pending.retain(|one| one.name != name);
            pending.push(PushRef { name, from, to });
        }
        out.push(step);
    }
    out.extend(push(&mut pending, remote));
    out
}

fn push(pending: &mut Vec<PushRef>, remote: &Remote) -> Option<Step> {
    let refs = std::mem::take(pending);
    let request = PushRequest {
        remote: remote.name.clone(),
        refs,
    };
    (!request.refs.is_empty()).then(|| Step::Push {
        request: Box::new(request),
    })
}
