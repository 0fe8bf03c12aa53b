//! The board: environments against versions, as data.

use std::fmt::Write as _;

use promenade_digest::Digest;
use semver::Version;

use crate::policy::Policy;
use crate::state::{Phase, Slot, Stage, State};
use crate::subject::Subject;
use crate::word::keywords;
use crate::{ChannelName, CommitId, EnvironmentName};

/// Environments against versions: what stands where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Board {
    /// The environments, in the order of the process file.
    pub columns: Vec<Column>,
    /// The subjects: versions from the highest down, then builds without a version.
    pub rows: Vec<Row>,
    /// The channels, and the versions they point at.
    pub channels: Vec<(ChannelName, Version)>,
    /// The open obligations, in words.
    pub owed: Vec<String>,
    /// The commitments to what is under an embargo and not disclosed, in their order (B31).
    pub sealed: Vec<Digest>,
}

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// The name.
    pub environment: EnvironmentName,
    /// What it runs.
    pub current: Option<Subject>,
    /// Why it is held, if it is.
    pub held: Option<String>,
}

/// A subject.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The version, or the commit.
    pub subject: Subject,
    /// Its standing; a build without a version has none.
    pub stage: Option<Stage>,
    /// Its commit.
    pub commit: CommitId,
    /// How it stands in each environment, in the order of the columns.
    pub cells: Vec<Cell>,
}

keywords! {
    /// How a subject stands in an environment.
    Cell, "cell" {
        /// It is not there.
        Absent = "absent",
        /// It is on its way in.
        InFlight = "in-flight",
        /// It runs there, as intended.
        Verified = "verified",
        /// It is meant to run there; something else does.
        Drifted = "drifted",
        /// It is meant to run there; an effect failed since.
        Unsure = "unsure",
        /// It ran there once.
        Past = "past",
    }
}

impl Board {
    /// Draws the board of a state. Environments that the policy does not know are left out.
    #[must_use]
    pub fn new(state: &State, policy: &Policy) -> Self {
        let slots: Vec<_> = policy
            .environments()
            .iter()
            .map(|rule| (&rule.name, state.slot(&rule.name)))
            .collect();
        let columns = slots.iter().map(|(name, slot)| Column {
            environment: (*name).clone(),
            current: slot.and_then(|slot| Some(slot.current.as_ref()?.subject.clone())),
            held: slot.and_then(|slot| Some(slot.hold.as_ref()?.reason.clone())),
        });
        let row = |subject: Subject, stage: Option<Stage>, commit: &CommitId| Row {
            cells: slots
                .iter()
                .map(|(_, slot)| cell(*slot, &subject))
                .collect(),
            subject,
            stage,
            commit: commit.clone(),
        };
        let versions = state.versions.iter().rev().map(|(version, record)| {
            row(version.clone().into(), Some(record.stage), &record.commit)
        });
        let of_version = |commit: &CommitId| {
            state
                .versions
                .iter()
                .any(|(_, record)| record.commit == *commit)
        };
        let commits = state
            .commits
            .keys()
            .filter(|commit| !of_version(commit))
            .map(|commit| row(commit.clone().into(), None, commit));
        Self {
            columns: columns.collect(),
            rows: versions.chain(commits).collect(),
            channels: state
                .channels
                .iter()
                .map(|(name, channel)| (name.clone(), channel.version.clone()))
                .collect(),
            owed: state
                .open_obligations()
                .map(|(id, owed)| format!("{id}: {}", owed.why))
                .collect(),
            sealed: state.sealed().copied().collect(),
        }
    }

    /// Renders the board as a table of text, one line for each subject.
    #[must_use]
    pub fn render(&self) -> String {
        let mut table = vec![vec!["version".to_owned(), "stage".to_owned()]];
        if let Some(head) = table.first_mut() {
            head.extend(
                self.columns
                    .iter()
                    .map(|column| column.environment.to_string()),
            );
        }
        for row in &self.rows {
            let stage = row.stage.map_or("build", Stage::as_str);
            let name = match &row.subject {
                Subject::Version(version) => version.to_string(),
                Subject::Commit(commit) => commit.as_str().chars().take(12).collect(),
            };
            let mut line = vec![name, stage.to_owned()];
            line.extend(row.cells.iter().map(|cell| match cell {
                Cell::Absent => "·".to_owned(),
                cell => cell.to_string(),
            }));
            table.push(line);
        }
        let mut text = align(&table);
        for column in &self.columns {
            if let Some(reason) = &column.held {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{} is held: {reason}", column.environment);
            }
        }
        for (channel, version) in &self.channels {
            let _ = writeln!(text, "{channel} -> {version}");
        }
        for owed in &self.owed {
            let _ = writeln!(text, "owed: {owed}");
        }
        for commitment in &self.sealed {
            let _ = writeln!(text, "sealed: {commitment}");
        }
        text
    }
}

fn align(table: &[Vec<String>]) -> String {
    let columns = table.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = table.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in table {
        let mut out = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(out, "{cell:width$}  ");
        }
        text.push_str(out.trim_end());
        text.push('\n');
    }
    text
}

fn cell(slot: Option<&Slot>, subject: &Subject) -> Cell {
    let Some(slot) = slot else {
        return Cell::Absent;
    };
    if slot
        .flight
        .as_ref()
        .is_some_and(|flight| flight.subject == *subject)
    {
        return Cell::InFlight;
    }
    match slot
        .current
        .as_ref()
        .filter(|current| current.subject == *subject)
    {
        Some(current) => match current.phase {
            Phase::Verified => Cell::Verified,
            Phase::Drifted => Cell::Drifted,
            Phase::Unsure => Cell::Unsure,
        },
        None if slot.verified.contains(subject) => Cell::Past,
        None => Cell::Absent,
    }
}
