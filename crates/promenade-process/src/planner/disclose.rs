//! Disclosure: what was under an embargo becomes public, all at once and in its order (B29, B31, INV-41).

use promenade_promotion::{Command, CommitId, Event, EventKind, ObligationKind};
use promenade_tag::Class;
use promenade_version::Version;

use super::publish::About;
use super::{Build, Draft, PlanError, Planned, Planner};
use crate::embargo::{Embargo, under};
use crate::hook::{HookEvent, HookTime};
use crate::port::repository::Repository;

/// A release that is disclosed.
struct Told {
    version: Version,
    commit: CommitId,
    tag: Option<String>,
}

impl Planner<'_> {
    /// Plans a disclosure: every event of the private stream is appended to the public one, which proves
    /// their order by the commitments that it holds; tags and branches are published, channels move, and
    /// the forge shows the releases with the notes that their changelogs have, and the files of `build`. `branches` are those that hold what was made in private.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if nothing waits for disclosure, or the public ledger went another way.
    pub fn disclose(
        &self,
        repository: &dyn Repository,
        embargo: &Embargo,
        branches: &[(String, CommitId)],
        build: Option<&Build>,
    ) -> Result<Planned, PlanError> {
        let waiting: Vec<&Event> = embargo.waiting(self.state).collect();
        let count = match waiting.len() {
            0 => {
                return Err(PlanError::Unknown {
                    what: "the embargo".to_owned(),
                    reason: "nothing waits for disclosure".to_owned(),
                });
            }
            1 => "1 event".to_owned(),
            count => format!("{count} events"),
        };
        let mut draft = Draft::new(self, &format!("disclose {count}"));
        let (mut commands, mut told) = (Vec::new(), Vec::new());
        let mut paid = Vec::new();
        for event in waiting {
            let Some((event, nonce)) = under(event) else {
                continue;
            };
            if let EventKind::Released {
                version,
                commit,
                tag,
                ..
            } = &event.kind
            {
                told.push(Told {
                    version: version.clone(),
                    commit: commit.clone(),
                    tag: tag.clone(),
                });
            }
            if let EventKind::ObligationOpened {
                id,
                kind: ObligationKind::Disclose,
                ..
            } = &event.kind
            {
                paid.push(Command::CloseObligation {
                    evidence: "its disclosure".to_owned(),
                    id: id.clone(),
                    waived: false,
                });
            }
            commands.push(Command::Disclose {
                nonce: nonce.to_owned(),
                event: Box::new(event),
            });
        }
        if build.is_some() && told.len() != 1 {
            return Err(PlanError::Unknown {
                what: "the release that files are attached to".to_owned(),
                reason: format!("{} are disclosed", told.len()),
            });
        }
        for one in &told {
            let about = about(one);
            draft.hooks(HookEvent::Release, HookTime::Before, about);
        }
        commands.extend(paid);
        draft.record(commands)?;
        for (name, at) in branches {
            draft.also_push(format!("refs/heads/{name}"), Some(at.clone()));
        }
        for one in &told {
            if let Some(tag) = &one.tag {
                draft.also_push(format!("refs/tags/{tag}"), None);
            }
        }
        for one in &told {
            let notes = self.notes_at(repository, &one.version, &one.commit)?;
            let record = draft.state().version(&one.version);
            let set = record.and_then(|record| record.artifacts);
            let set = set.and_then(|set| draft.state().sets.get(&set)?.artifacts.clone());
            let assets = match build.zip(set) {
                Some((build, set)) => draft.assets(build, &set)?,
                None => Vec::new(),
            };
            draft.forge(Class::Release, &one.version, notes, assets)?;
            draft.channels(&one.version, &one.commit)?;
            draft.hooks(HookEvent::Release, HookTime::After, about(one));
        }
        Ok(draft.finish())
    }
}

fn about(told: &Told) -> About<'_> {
    About {
        version: Some(&told.version),
        tag: told.tag.as_deref(),
        commit: Some(&told.commit),
        environment: None,
    }
}
