//! Environment definitions along the history of the main branch.

use std::collections::{BTreeMap, BTreeSet};

use promenade_manifest::definitions::{
    DefinitionFinding, DefinitionPolicy, Definitions, ReleasePin, Severity as Weight, Strategy,
    UpstreamError, UpstreamTag, pin_changes, verify_upstream,
};

use super::{Audit, Finding, RuleId, Severity};
use crate::port::past::{CommitTree, Mark, Past};

/// The word that a message consents to a downgrade with.
const CONSENT: &str = "Rollback:";

/// The states of the definitions, one after the other.
#[derive(Debug, Default)]
pub(super) struct DefinitionHistory {
    last: Option<Definitions>,
    /// What was wrong in the last state: only what is new is reported.
    known: BTreeSet<(Option<String>, &'static str, String)>,
    pub(super) audit: Audit,
}

impl DefinitionHistory {
    /// Takes in a commit that may have changed a definition.
    pub(super) fn see(
        &mut self,
        policy: &DefinitionPolicy,
        past: &dyn Past,
        mark: &Mark,
        upstream: &BTreeMap<String, Vec<UpstreamTag>>,
    ) {
        let tree = CommitTree::new(past, &mark.commit);
        let now = match Definitions::read(&tree, policy) {
            Ok(now) => now,
            Err(error) => {
                let key = (
                    Some(error.file().to_owned()),
                    "unreadable",
                    error.to_string(),
                );
                if self.known.insert(key) {
                    let rule = RuleId::DefinitionUnreadable;
                    let finding = Finding::new(rule, error.file(), error.to_string());
                    self.audit.add(finding.on(&mark.commit));
                }
                return;
            }
        };
        self.audit.count("states of the definitions", 1);
        self.lint(&now, mark);
        self.pins(&now, mark, upstream);
        self.last = Some(now);
    }

    fn lint(&mut self, now: &Definitions, mark: &Mark) {
        let mut known = BTreeSet::new();
        for found in now.lint(None) {
            let key = (found.file.clone(), found.rule.id(), found.message.clone());
            if !self.known.contains(&key) {
                self.audit.add(lint_finding(&found, mark));
            }
            known.insert(key);
        }
        self.known = known;
    }

    fn pins(
        &mut self,
        now: &Definitions,
        mark: &Mark,
        upstream: &BTreeMap<String, Vec<UpstreamTag>>,
    ) {
        let changes = self.last.as_ref().map(|last| pin_changes(last, now));
        let changed = |name: &str| {
            changes
                .as_ref()
                .is_none_or(|changes| changes.iter().any(|one| one.name == name))
        };
        for entry in now.entries().iter().filter(|entry| changed(entry.name())) {
            let tags = entry.github().and_then(|name| upstream.get(name));
            let Some(tags) = tags.or_else(|| upstream.get(entry.name())) else {
                continue;
            };
            for strategy in entry.strategies() {
                let Strategy::Release(text) = strategy else {
                    continue;
                };
                let Ok(pin) = text.parse::<ReleasePin>() else {
                    continue;
                };
                self.audit.count("pins compared with upstream", 1);
                let Err(error) = verify_upstream(entry.name(), &pin, mark.at, tags) else {
                    continue;
                };
                let rule = match &error {
                    UpstreamError::Missing { .. } => RuleId::PinMissing,
                    _ => RuleId::PinEarly,
                };
                self.audit
                    .add(Finding::new(rule, entry.name(), error.to_string()).on(&mark.commit));
            }
        }
        let consents = mark.message.lines().any(|line| line.starts_with(CONSENT));
        for change in changes.into_iter().flatten() {
            self.audit.count("changes of pins", 1);
            if change.downgrade && !consents {
                let (from, to) = (
                    change.from.unwrap_or_default(),
                    change.to.unwrap_or_default(),
                );
                let message = format!("gave way from `{from}` to `{to}` without consent");
                let finding = Finding::new(RuleId::DefinitionDowngrade, change.name, message);
                self.audit.add(finding.on(&mark.commit));
            }
        }
    }
}

fn lint_finding(found: &DefinitionFinding, mark: &Mark) -> Finding {
    let (rule, severity) = match found.severity {
        Weight::Error => (RuleId::DefinitionRefused, Severity::Error),
        Weight::Warning => (RuleId::DefinitionQuestionable, Severity::Warning),
        Weight::Note => (RuleId::DefinitionQuestionable, Severity::Note),
    };
    let subject = match (&found.file, found.index) {
        (Some(file), Some(index)) => format!("{file}[{index}]"),
        (Some(file), None) => file.clone(),
        (None, _) => "definitions".to_owned(),
    };
    let message = format!("{} ({})", found.message, found.rule.id());
    Finding::new(rule, subject, message)
        .weighing(severity)
        .on(&mark.commit)
}
