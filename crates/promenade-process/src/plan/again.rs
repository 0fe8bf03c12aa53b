//! A plan that waited: what it records is judged again, by the rules and at the time of now.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use promenade_promotion::ledger::Head;
use promenade_promotion::{
    Blocker, Blockers, Command, Context, Event, EventKind, Lane, MakeRelease, Rank, State, Verdict,
    decide, evolve,
};

use super::{Plan, Step};
use crate::Process;
use crate::embargo::under;

impl Plan {
    /// Returns what holds the plan now, though nothing did when it was made: an approval that lapsed, a
    /// freeze that began, a gate that the process has got since. `state` is that of the ledger at
    /// [`Plan::expected_head`]; for a plan under an embargo it is [`Embargo::state`](crate::Embargo::state),
    /// with the private stream as it was at [`Plan::expected_private`].
    #[must_use]
    pub fn held_now(
        &self,
        process: &Process,
        state: &State,
        at: DateTime<Utc>,
    ) -> Option<Blockers> {
        let mut state = state.clone();
        let mut blockers = Vec::new();
        for step in &self.steps {
            let events: Vec<Cow<'_, Event>> = match step {
                Step::Record { events, .. } => events.iter().map(Cow::Borrowed).collect(),
                Step::Private { events, .. } => {
                    let private = events.iter().filter_map(under);
                    private.map(|(event, _)| Cow::Owned(event)).collect()
                }
                _ => continue,
            };
            for event in &events {
                let context = Context::new(event.by.clone(), at.max(self.at));
                if let Some(command) = wish_of(&event.kind, &state)
                    && let Verdict::Hold(found) =
                        decide(&state, &command, process.promotion(), &context)
                {
                    blockers.extend(found.as_slice().iter().cloned());
                }
                state = match evolve(state, event) {
                    Ok(state) => state,
                    Err(error) => {
                        let why = format!("the ledger does not take {}: {error}", event.kind);
                        blockers.push(Blocker::new("ledger", Rank::Blocked, why, "planning again"));
                        return Blockers::new(blockers);
                    }
                };
            }
        }
        Blockers::new(blockers)
    }

    /// Returns the head that the private stream must have, for a plan under an embargo.
    #[must_use]
    pub fn expected_private(&self) -> Option<&Head> {
        self.steps.iter().find_map(|step| match step {
            Step::Private { expected, .. } => Some(expected),
            _ => None,
        })
    }
}

/// The command that an event with gates came from.
fn wish_of(kind: &EventKind, state: &State) -> Option<Command> {
    match kind.clone() {
        EventKind::CandidateRegistered {
            artifacts,
            commit,
            lane,
            tag,
            version,
        } => Some(Command::RegisterCandidate {
            artifacts,
            commit,
            lane,
            tag,
            version,
        }),
        EventKind::Promoted {
            artifacts,
            automated,
            consent,
            derivation,
            environment,
            subject,
            ..
        } => Some(Command::Promote {
            automated,
            consent,
            derived: derivation.map(|derivation| (artifacts, derivation)),
            environment,
            subject,
        }),
        EventKind::DeploymentStarted { environment } => Some(Command::Deploy { environment }),
        EventKind::RolledBack {
            automated,
            environment,
            reason,
            to,
            ..
        } => Some(Command::Rollback {
            automated,
            environment,
            reason,
            to,
        }),
        EventKind::Released {
            artifacts,
            commit,
            derivation,
            from,
            lane,
            mark,
            paths,
            tag,
            version,
        } => {
            // The event does not say whether it was asked for as one: only such a release is below another.
            let mut higher = state.versions.iter().rev();
            let below = higher.any(|(other, record)| record.stage.is_release() && *other > version);
            Some(Command::Release(Box::new(MakeRelease {
                backport: below && from.is_none() && lane == Lane::Regular,
                derivation,
                from,
                lane,
                mark,
                paths,
                tag,
                ..MakeRelease::direct(version, commit, artifacts)
            })))
        }
        _ => None,
    }
}
