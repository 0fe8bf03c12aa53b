//! Pins of environments: what the files of an environment name, along the history.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use promenade_manifest::VersionFiles;
use promenade_tag::Class;

use super::{Audit, Finding, RuleId};
use crate::port::past::{CommitTree, Mark, Past};
use crate::{PinRule, Process};

/// What an environment was pinned to, from a commit on.
#[derive(Clone, Debug)]
struct Pinned {
    text: String,
    commit: String,
    at: DateTime<FixedOffset>,
    until: Option<String>,
}

/// What each of the pins said, in the order of the history.
#[derive(Debug, Default)]
pub(super) struct PinHistory {
    by_rule: BTreeMap<usize, Vec<Pinned>>,
}

impl PinHistory {
    /// Takes in a commit that changed the file of a pin.
    pub(super) fn see(
        &mut self,
        rule: (usize, &PinRule),
        process: &Process,
        past: &dyn Past,
        mark: &Mark,
    ) {
        let (index, rule) = rule;
        let tree = CommitTree::new(past, &mark.commit);
        let Ok(files) = VersionFiles::new(Vec::new(), vec![rule.file.clone()]) else {
            return;
        };
        let named = files.named(&tree, process.version().scheme());
        let text = named
            .ok()
            .and_then(|named| named.into_iter().next())
            .map(|named| named.text);
        let pins = self.by_rule.entry(index).or_default();
        let last = pins.last_mut().filter(|last| last.until.is_none());
        if last.as_ref().map(|last| &last.text) == text.as_ref() {
            return;
        }
        if let Some(last) = last {
            last.until = Some(mark.commit.clone());
        }
        if let Some(text) = text {
            let commit = mark.commit.clone();
            pins.push(Pinned {
                text,
                commit,
                at: mark.at,
                until: None,
            });
        }
    }

    /// Judges the pins that name a tag of the process, given the dates of all tags.
    pub(super) fn judge(
        &self,
        process: &Process,
        tags: &BTreeMap<String, Option<DateTime<FixedOffset>>>,
    ) -> Audit {
        let mut audit = Audit::default();
        for (index, pins) in &self.by_rule {
            let Some(rule) = process.pins().get(*index) else {
                continue;
            };
            for pin in pins {
                audit.count("changes of pins", 1);
                let class = process.tags().read(&pin.text).class;
                if !matches!(class, Class::Release | Class::Candidate) {
                    continue;
                }
                let environment = rule.environment.to_string();
                let text = &pin.text;
                match tags.get(text) {
                    None => {
                        let until = match &pin.until {
                            Some(until) => format!("until {until}"),
                            None => "to this day".to_owned(),
                        };
                        let message =
                            format!("was pinned to `{text}`, which does not exist, {until}");
                        let finding = Finding::new(RuleId::PinMissing, environment, message);
                        audit.add(finding.on(&pin.commit));
                    }
                    Some(Some(made)) if *made > pin.at => {
                        let message =
                            format!("was pinned to `{text}` at {}, which is of {made}", pin.at);
                        let finding = Finding::new(RuleId::PinEarly, environment, message);
                        audit.add(finding.on(&pin.commit));
                    }
                    Some(_) => {}
                }
            }
        }
        audit
    }
}
