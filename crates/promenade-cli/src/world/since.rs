//! What changed since the last release, as the process wants it read.

use promenade::process::Impacts;
use promenade::promotion::CommitId;
use promenade::version::{Change, Impact, Level, Version};

use super::Site;
use crate::CliError;

/// The last release, as the ledger has it.
pub(crate) struct Released {
    pub(crate) version: Version,
    pub(crate) commit: CommitId,
}

/// What a change since the last release asks for, and what says so.
pub(crate) struct Since {
    pub(crate) change: Change,
    pub(crate) why: Vec<String>,
}

impl Site {
    /// Returns the highest version that was released.
    pub(crate) fn released(&self) -> Result<Option<Released>, CliError> {
        let (state, _) = self.replay()?;
        let mut all = state.versions.iter().rev();
        let found = all.find(|(_, record)| record.stage.is_release());
        Ok(found.map(|(version, record)| Released {
            version: version.clone(),
            commit: record.commit.clone(),
        }))
    }

    /// Returns what changed between a release and a commit: what somebody says, else what the process
    /// reads it from, else a fix.
    pub(crate) fn since(
        &self,
        released: Option<&Released>,
        until: &CommitId,
        impact: Option<Impact>,
        level: Option<Level>,
    ) -> Result<Since, CliError> {
        let said = level.map(Change::Level).or(impact.map(Change::Impact));
        if let Some(change) = said {
            let why = Vec::new();
            return Ok(Since { change, why });
        }
        let only = match self.process.components() {
            [one] => Some(one.name.as_str()),
            _ => None,
        };
        let component = self.component.as_deref().or(only);
        let commit = released.map(|released| &released.commit);
        let read = Impacts::observe(&self.process, &self.work(), commit, until, component);
        let Some(read) = read.map_err(CliError::repository)? else {
            let change = Change::Impact(Impact::Fix);
            let why = Vec::new();
            return Ok(Since { change, why });
        };
        let mut impact = read.strongest();
        if released.is_none() {
            // Everything is new to those who had nothing.
            impact = impact.max(Impact::Fix);
        }
        let why = read.reasons().iter().map(ToString::to_string);
        Ok(Since {
            change: Change::Impact(impact),
            why: why.collect(),
        })
    }
}
