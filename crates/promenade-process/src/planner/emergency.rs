//! An emergency: one commit onto every supported line, each patched or waived (B27, INV-40).

use std::collections::{BTreeMap, BTreeSet};

use promenade_promotion::{Blocker, Command, CommitId, ItemId, ObligationKind, Rank, Stage};
use promenade_version::{Line, LineState, Support, Version, line_states};

use super::{Draft, PlanError, Planned, Planner};
use crate::port::holding::Held;
use crate::port::repository::Repository;

/// What the ids of these obligations begin with; the commit and the line follow.
const PREFIX: &str = "emergency-";

/// A commit that mends every supported line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmergencyRequest {
    /// The commit.
    pub commit: CommitId,
    /// The lines that are left as they are, and why.
    pub waived: BTreeMap<Line, String>,
    /// The lines that somebody mends by hand: they owe it, and nothing is picked.
    pub by_hand: BTreeSet<Line>,
}

impl EmergencyRequest {
    /// Asks for a commit on every supported line.
    #[must_use]
    pub fn of(commit: CommitId) -> Self {
        Self {
            commit,
            waived: BTreeMap::new(),
            by_hand: BTreeSet::new(),
        }
    }

    /// Leaves a line as it is.
    #[must_use]
    pub fn waive(mut self, line: Line, why: impl Into<String>) -> Self {
        self.waived.insert(line, why.into());
        self
    }

    /// Leaves a line to somebody's hands.
    #[must_use]
    pub fn by_hand(mut self, line: Line) -> Self {
        self.by_hand.insert(line);
        self
    }
}

impl Planner<'_> {
    /// Plans an emergency: an obligation for each line that the process supports, the commit picked onto
    /// each, or the waiver of it. The release of a line closes its obligation, if it holds the commit.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] if a line that is named is not supported, or nothing was released.
    pub fn emergency(
        &self,
        repository: &dyn Repository,
        request: &EmergencyRequest,
    ) -> Result<Planned, PlanError> {
        let commit = &request.commit;
        let title = format!("emergency: {} on every line", crate::plan::short(commit));
        let mut draft = Draft::new(self, &title);
        let states = self.supported(repository)?;
        let named = request.waived.keys().chain(&request.by_hand);
        for line in named {
            if !states.iter().any(|state| state.line == *line) {
                let known: Vec<_> = states.iter().map(|it| it.line.to_string()).collect();
                return Err(PlanError::Unknown {
                    what: format!("line {line}"),
                    reason: format!("the supported lines are {}", known.join(", ")),
                });
            }
        }
        let mut commands = Vec::new();
        for state in &states {
            draft.because(format!(
                "line {} is supported; its last release that stands is {}",
                state.line,
                self.text(&state.highest)
            ));
            commands.extend(self.owe(request, state)?);
        }
        draft.record(commands)?;
        let mut held = Vec::new();
        for state in &states {
            let line = &state.line;
            if request.waived.contains_key(line) || request.by_hand.contains(line) {
                continue;
            }
            let id = self.obligation(commit, line)?;
            let release = self.state.version(&state.highest);
            let release = release.map(|record| record.commit.clone());
            if let Some(release) = release
                && let Some(by) = self.held_by(repository, commit, &release)?
            {
                let evidence = format!("{} holds it by {by}", self.text(&state.highest));
                draft.because(format!("line {line} has it: {evidence}"));
                held.push((id, evidence));
                continue;
            }
            if let Some(branch) = self.line_branch(repository, &state.highest, &mut draft)? {
                draft.pick(repository, &branch, commit)?;
            }
        }
        draft.record(
            held.into_iter()
                .map(|(id, evidence)| Command::CloseObligation {
                    evidence,
                    id,
                    waived: false,
                }),
        )?;
        Ok(draft.finish())
    }

    /// What opens the obligation of a line, and closes it if the line is waived.
    fn owe(
        &self,
        request: &EmergencyRequest,
        state: &LineState,
    ) -> Result<Vec<Command>, PlanError> {
        let id = self.obligation(&request.commit, &state.line)?;
        let line = state.line.to_string().parse();
        let line = line.map_err(|error| PlanError::Unknown {
            what: format!("line {}", state.line),
            reason: format!("{error}"),
        })?;
        let known = self.state.obligations.get(&id);
        let open = Command::OpenObligation {
            id: id.clone(),
            kind: ObligationKind::Patch,
            lines: vec![line],
            version: state.highest.clone(),
            why: format!(
                "the fix {} must be released on line {}",
                crate::plan::short(&request.commit),
                state.line
            ),
        };
        let close = request.waived.get(&state.line);
        let close = close.map(|why| Command::CloseObligation {
            evidence: why.clone(),
            id,
            waived: true,
        });
        Ok(known
            .is_none()
            .then_some(open)
            .into_iter()
            .chain(close)
            .collect())
    }

    fn obligation(&self, commit: &CommitId, line: &Line) -> Result<ItemId, PlanError> {
        ItemId::new(format!("{PREFIX}{commit}-{line}")).map_err(|error| PlanError::Unknown {
            what: "the obligation of a line".to_owned(),
            reason: error.to_string(),
        })
    }

    /// The lines that the process supports, newest first; the newest one alone if it says nothing.
    fn supported(&self, repository: &dyn Repository) -> Result<Vec<LineState>, PlanError> {
        let policy = self.process.version();
        let tags = repository.tags().map_err(PlanError::Repository)?;
        let now = self.hand.at.date_naive();
        let day = |tag: Option<&String>| {
            let facts = tags
                .iter()
                .find(|facts| Some(facts.name.as_slice()) == tag.map(|tag| tag.as_bytes()));
            facts
                .and_then(|facts| facts.date)
                .map_or(now, |date| date.date_naive())
        };
        let releases: Vec<_> = self
            .state
            .versions
            .iter()
            .filter(|(_, record)| record.stage == Stage::Released)
            .map(|(version, record)| (version.clone(), day(record.tag.as_ref())))
            .collect();
        let newest = Support::Newest(1);
        let support = policy.support().unwrap_or(&newest);
        let mut states = line_states(policy.scheme(), &releases);
        states.retain(|state| support.holds(state, now));
        if states.is_empty() {
            return Err(PlanError::Unknown {
                what: "the supported lines".to_owned(),
                reason: "nothing was released on any".to_owned(),
            });
        }
        Ok(states)
    }

    /// By what a commit holds a change.
    fn held_by(
        &self,
        repository: &dyn Repository,
        change: &CommitId,
        tip: &CommitId,
    ) -> Result<Option<String>, PlanError> {
        let found = repository.holdings(change, std::slice::from_ref(tip));
        let found = found.map_err(PlanError::Repository)?;
        Ok(match found.first().map(|holding| &holding.held) {
            Some(Held::By { commit, trace }) => Some(format!("{commit} ({})", trace.as_str())),
            _ => None,
        })
    }

    /// Holds a release of a line that owes a mend, and has not got it.
    pub(super) fn mends(
        &self,
        repository: &dyn Repository,
        version: &Version,
        tip: &CommitId,
        draft: &mut Draft<'_, '_>,
    ) -> Result<(), PlanError> {
        for (id, owed) in self.state.open_obligations() {
            if owed.kind != ObligationKind::Patch || !owed.line.holds(version) {
                continue;
            }
            let named = id.as_str().strip_prefix(PREFIX);
            let named = named.and_then(|rest| rest.split('-').next());
            let Some(commit) = named.and_then(|text| CommitId::new(text).ok()) else {
                continue;
            };
            if self.held_by(repository, &commit, tip)?.is_none() {
                let why = format!("{} has not got {commit}: {}", self.text(version), owed.why);
                let by = format!("a pick of it, or closing or waiving `{id}`");
                draft.hold(Blocker::new("obligation:patch", Rank::Blocked, why, by));
            }
        }
        Ok(())
    }
}
