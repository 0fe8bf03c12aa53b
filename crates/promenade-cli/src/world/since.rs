//! What changed since the last release, as the process wants it read.

use promenade::git::GitLedger;
use promenade::process::Impacts;
use promenade::promotion::CommitId;
use promenade::promotion::ledger::Head;
use promenade::version::{Change, Impact, Level, Version};

use super::Site;
use crate::CliError;
use crate::context::git_error;

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
        if found.is_none() {
            self.first()?;
        }
        Ok(found.map(|(version, record)| Released {
            version: version.clone(),
            commit: record.commit.clone(),
        }))
    }

    /// Refuses to begin with a first version where there were others: tags name releases that the ledger
    /// does not know, or may do so where a shallow clone does not show them.
    fn first(&self) -> Result<(), CliError> {
        let Some(tag) = self.tagged()? else {
            return self.repository.require_history().map_err(git_error);
        };
        let (_, head) = self.public()?;
        let name = GitLedger::ref_name(&self.stream);
        let way = if head == Head::EMPTY {
            "`ledger adopt --execute` takes the tags up; if somebody began a ledger elsewhere, \
             `ledger pull --execute` fetches it"
                .to_owned()
        } else {
            format!(
                "only an empty ledger can take them up: as long as nobody else has it, \
                 `git update-ref -d {name}` and then `ledger adopt --execute`"
            )
        };
        Err(CliError::input(format!(
            "the tag `{tag}` names a release, and `{name}` knows of none; {way}"
        )))
    }

    /// Returns the tag of the highest release that tags name.
    pub(super) fn tagged(&self) -> Result<Option<String>, CliError> {
        let names = self.repository.tag_names().map_err(git_error)?;
        let own = self.component.as_deref();
        let read = names.iter().filter_map(|name| {
            let name = std::str::from_utf8(name).ok()?;
            let read = self.process.tags().read(name);
            let ours = read.is_release() && (own.is_none() || read.component == own);
            Some((read.version.filter(|_| ours)?, name))
        });
        Ok(read.max().map(|(_, name)| name.to_owned()))
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
