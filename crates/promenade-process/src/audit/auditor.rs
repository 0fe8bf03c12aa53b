//! The auditor: reads the past once, and judges it by every rule.

use std::collections::{BTreeMap, BTreeSet};

use promenade_manifest::definitions::UpstreamTag;
use promenade_tag::{ObjectKind, Surveyed};

use super::definitions::DefinitionHistory;
use super::ledger::LedgerFacts;
use super::pins::PinHistory;
use super::signatures::SignatureFacts;
use super::tags::{Story, Versioned, name};
use super::versions::{VersionHistory, show};
use super::{Audit, Finding, RuleId};
use crate::port::past::{Content, Oddity, OddityKind, Past, Walked};
use crate::port::repository::RepositoryError;
use crate::{Flow, Process};

/// How far an audit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it is about.
    pub phase: &'static str,
    /// How much is done.
    pub done: usize,
    /// How much there is, if that is known.
    pub total: Option<usize>,
}

/// An audit did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The observer stopped it.
    #[error("stopped while {phase}")]
    Stopped {
        /// What it was about.
        phase: &'static str,
    },
    /// The repository cannot be read.
    #[error(transparent)]
    Repository(RepositoryError),
}

/// Audits a repository: its process, its past, and what is known besides.
#[must_use]
pub struct Auditor<'a> {
    process: &'a Process,
    past: &'a dyn Past,
    branch: String,
    named: Option<String>,
    signatures: BTreeMap<String, SignatureFacts>,
    upstream: BTreeMap<String, Vec<UpstreamTag>>,
    ledger: LedgerFacts,
}

impl<'a> Auditor<'a> {
    /// Audits a repository whose main branch is the one that the process names.
    pub fn new(process: &'a Process, past: &'a dyn Past) -> Self {
        Self {
            process,
            past,
            branch: process.branches().main.clone(),
            named: None,
            signatures: BTreeMap::new(),
            upstream: BTreeMap::new(),
            ledger: LedgerFacts::None,
        }
    }

    /// Takes another branch or ref for the main branch.
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = branch.into();
        self
    }

    /// Takes a branch in place of the one that the process names, which does not exist: a finding says so.
    pub fn branch_instead(mut self, branch: impl Into<String>) -> Self {
        self.named = Some(std::mem::replace(&mut self.branch, branch.into()));
        self
    }

    /// Adds what a keyring said about the signatures of tags, by name.
    pub fn signatures(mut self, facts: BTreeMap<String, SignatureFacts>) -> Self {
        self.signatures = facts;
        self
    }

    /// Adds the tags of a repository that definitions pin, under the name that they use.
    pub fn upstream(mut self, name: impl Into<String>, tags: Vec<UpstreamTag>) -> Self {
        self.upstream.insert(name.into(), tags);
        self
    }

    /// Adds what the ledger is.
    pub fn ledger(mut self, ledger: LedgerFacts) -> Self {
        self.ledger = ledger;
        self
    }

    /// Audits. The observer is told how far it is, and can stop it.
    ///
    /// # Errors
    /// [`AuditError`] if it was stopped, or the repository cannot be read at all; what is odd about a
    /// repository is a finding.
    pub fn run(&self, observer: &mut dyn FnMut(Progress) -> Flow) -> Result<Audit, AuditError> {
        let sight = self.past.sight().map_err(AuditError::Repository)?;
        let surveyed = self.process.tags().survey(&sight.tags);
        let mut audit = super::tags::survey(self.process, &surveyed);
        odd(&sight.oddities, &mut audit);
        let stories = super::tags::stories(&surveyed);
        audit.extend(super::signatures::judge(&surveyed, &self.signatures));
        audit.extend(super::ledger::judge(&self.ledger, &stories));
        for story in &stories {
            audit
                .findings
                .extend(super::order::judge(self.process, story));
            let paths = super::paths::judge(self.process, self.past, story);
            audit.findings.extend(paths);
            audit.extend(super::cadence::judge(self.process, story));
        }
        if let Some(named) = &self.named {
            let message = format!(
                "there is no branch `{named}`; `{}` is taken for it",
                self.branch
            );
            audit.add(Finding::new(RuleId::BranchMissing, named, message));
        }
        audit.extend(self.walk(&surveyed, &stories, observer)?);
        audit.extend(self.at_tags(&stories, observer)?);
        audit.extend(self.off_main(&stories, observer)?);
        super::tags::sort(&mut audit, &super::tags::places(&surveyed));
        audit.tally();
        Ok(audit)
    }

    /// Walks the main branch: versions in the manifest, definitions, pins.
    fn walk(
        &self,
        surveyed: &[Surveyed<'_>],
        stories: &[Story<'_>],
        observer: &mut dyn FnMut(Progress) -> Flow,
    ) -> Result<Audit, AuditError> {
        const PHASE: &str = "walking the main branch";
        let mut watched = VersionHistory::watched(self.process);
        let manifests = watched.len();
        watched.extend(
            self.process
                .pins()
                .iter()
                .map(|pin| pin.file.path().to_owned()),
        );
        let pinned = watched.len();
        if self.process.definitions().is_some() {
            watched.push(String::new());
        }
        let (mut versions, mut pins) = (VersionHistory::default(), PinHistory::default());
        let mut definitions = DefinitionHistory::default();
        let mut marks = 0;
        let mut see = |mark: &crate::port::past::Mark| {
            marks += 1;
            if mark.changed.iter().any(|index| *index < manifests) {
                versions.see(self.process, self.past, mark);
            }
            for index in mark
                .changed
                .iter()
                .filter(|index| (manifests..pinned).contains(*index))
            {
                let index = index - manifests;
                if let Some(rule) = self.process.pins().get(index) {
                    pins.see((index, rule), self.process, self.past, mark);
                }
            }
            if let Some(policy) = self.process.definitions()
                && mark.changed.contains(&pinned)
            {
                definitions.see(policy, self.past, mark, &self.upstream);
            }
            observer(Progress {
                phase: PHASE,
                done: marks,
                total: None,
            })
        };
        let walked = self.past.walk(&self.branch, &watched, &mut see);
        let Walked {
            commits,
            line,
            oddities,
        } = walked.map_err(AuditError::Repository)?;
        let end = Progress {
            phase: PHASE,
            done: commits,
            total: Some(commits),
        };
        if observer(end) == Flow::Stop {
            return Err(AuditError::Stopped { phase: PHASE });
        }
        let mut audit = Audit::default();
        audit.count("commits of the main branch", commits);
        odd(&oddities, &mut audit);
        if manifests > 0 {
            audit.extend(versions.judge(self.process, line));
            if let [story] = stories {
                audit.findings.extend(versions.introductions(story));
            }
        }
        let dates = surveyed
            .iter()
            .map(|tag| (name(tag.facts), tag.facts.date))
            .collect();
        audit.extend(pins.judge(self.process, &dates));
        audit.extend(definitions.audit);
        Ok(audit)
    }

    /// Judges the files as they stand at each release.
    fn at_tags(
        &self,
        stories: &[Story<'_>],
        observer: &mut dyn FnMut(Progress) -> Flow,
    ) -> Result<Audit, AuditError> {
        const PHASE: &str = "reading the files at the tags";
        let mut audit = Audit::default();
        let total: usize = stories.iter().map(|story| story.releases.len()).sum();
        let releases = stories.iter().flat_map(|story| &story.releases);
        let releases = releases.filter(|tag| tag.facts.peeled_kind == ObjectKind::Commit);
        for (done, tag) in releases.enumerate() {
            audit
                .findings
                .extend(super::manifests::judge(self.process, self.past, tag));
            self.changelog(tag, &mut audit);
            let progress = Progress {
                phase: PHASE,
                done,
                total: Some(total),
            };
            if observer(progress) == Flow::Stop {
                return Err(AuditError::Stopped { phase: PHASE });
            }
        }
        Ok(audit)
    }

    fn changelog(&self, tag: &Versioned<'_>, audit: &mut Audit) {
        let Some(policy) = self.process.changelog() else {
            return;
        };
        let commit = &tag.facts.peeled;
        let bytes = match self.past.look(commit, &policy.file) {
            Ok(Content::File(bytes)) => Some(bytes),
            Ok(Content::Folder(_) | Content::Nothing) => None,
            Err(error) => {
                let finding =
                    Finding::new(RuleId::ObjectUnreadable, name(tag.facts), error.to_string());
                audit.add(finding.on(commit));
                return;
            }
        };
        let at_tag = super::changelog::AtTag {
            tag: &name(tag.facts),
            commit,
            date: tag.facts.date,
            version: &show(self.process, tag.version),
            policy,
        };
        audit.findings.extend(at_tag.judge(bytes.as_deref()));
    }

    /// Judges the releases that the main branch does not reach.
    fn off_main(
        &self,
        stories: &[Story<'_>],
        observer: &mut dyn FnMut(Progress) -> Flow,
    ) -> Result<Audit, AuditError> {
        const PHASE: &str = "looking for releases off the main branch";
        let mut audit = Audit::default();
        let releases = stories.iter().flat_map(|story| &story.releases);
        let releases: Vec<&Versioned<'_>> = releases
            .filter(|tag| tag.facts.peeled_kind == ObjectKind::Commit)
            .collect();
        let start = Progress {
            phase: PHASE,
            done: 0,
            total: Some(releases.len()),
        };
        if observer(start) == Flow::Stop {
            return Err(AuditError::Stopped { phase: PHASE });
        }
        let commits: Vec<&str> = releases
            .iter()
            .map(|tag| tag.facts.peeled.as_str())
            .collect();
        let beyond = self
            .past
            .beyond(&self.branch, &commits)
            .map_err(AuditError::Repository)?;
        odd(
            beyond.iter().flat_map(|beyond| &beyond.oddities),
            &mut audit,
        );
        for (tag, beyond) in releases.iter().zip(&beyond) {
            audit.extend(super::branches::judge(&self.branch, tag, beyond));
        }
        Ok(audit)
    }
}

fn odd<'a>(oddities: impl IntoIterator<Item = &'a Oddity>, audit: &mut Audit) {
    // A history with many holes has many oddities, and some of them are met twice.
    let mut known = BTreeSet::new();
    for oddity in oddities {
        let rule = match oddity.kind {
            OddityKind::Shallow => RuleId::HistoryShallow,
            OddityKind::Graft => RuleId::HistoryGrafted,
            OddityKind::Replaced => RuleId::HistoryReplaced,
            OddityKind::Unreadable => RuleId::ObjectUnreadable,
        };
        let finding = Finding::new(rule, &oddity.subject, &oddity.why);
        if known.insert(finding.clone()) {
            audit.add(finding);
        }
    }
}
