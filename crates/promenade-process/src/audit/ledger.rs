//! The ledger against the repository.

use std::collections::BTreeMap;

use promenade_promotion::{Phase, State};

use super::tags::{Story, finding, name};
use super::{Audit, Finding, RuleId};

/// What the ledger of a repository is.
#[derive(Clone, Debug, Default)]
pub enum LedgerFacts {
    /// There is none.
    #[default]
    None,
    /// It does not verify, and why: the first record that is not as it must be.
    Broken(String),
    /// It verifies, and this is what it adds up to.
    Whole(Box<State>),
}

/// Judges the ledger, and the tags of the process against it.
pub(super) fn judge(ledger: &LedgerFacts, stories: &[Story<'_>]) -> Audit {
    let mut audit = Audit::default();
    let state = match ledger {
        LedgerFacts::None => return audit,
        LedgerFacts::Broken(why) => {
            audit.add(Finding::new(RuleId::LedgerBroken, "ledger", why));
            return audit;
        }
        LedgerFacts::Whole(state) => state,
    };
    audit.count("versions in the ledger", state.versions.len());
    let tags = stories
        .iter()
        .flat_map(|story| story.candidates.iter().chain(&story.releases));
    let by_name: BTreeMap<String, _> = tags.map(|tag| (name(tag.facts), tag)).collect();
    let mut recorded = std::collections::BTreeSet::new();
    for (version, record) in state.versions.iter() {
        let Some(tag_name) = &record.tag else {
            continue;
        };
        recorded.insert(tag_name.as_str());
        match by_name.get(tag_name) {
            None => {
                let message =
                    format!("version {version} was recorded with this tag, which is not there");
                let finding = Finding::new(RuleId::LedgerTagMissing, tag_name, message);
                audit.add(finding.on(record.commit.as_str()));
            }
            Some(tag) if tag.facts.peeled != record.commit.as_str() => {
                let message = format!("is on {}, recorded is {}", tag.facts.peeled, record.commit);
                audit.add(finding(RuleId::LedgerTagMoved, tag, message));
            }
            Some(_) => {}
        }
    }
    for story in stories {
        for tag in &story.releases {
            let known = state
                .version(tag.version)
                .is_some_and(|record| record.tag.is_none());
            if !known && !recorded.contains(name(tag.facts).as_str()) {
                audit.add(finding(
                    RuleId::LedgerUnrecorded,
                    tag,
                    "is not in the ledger",
                ));
            }
        }
    }
    for (environment, slot) in &state.slots {
        if let Some(current) = slot
            .current
            .as_ref()
            .filter(|current| current.phase == Phase::Drifted)
        {
            let seen = current.observed.as_ref();
            let seen =
                seen.map_or_else(|| "something else".to_owned(), |digest| digest.to_string());
            let message = format!(
                "was meant to run {} and was seen to run {seen}",
                current.subject
            );
            audit.add(Finding::new(
                RuleId::LedgerDrift,
                environment.to_string(),
                message,
            ));
        }
    }
    for (id, owed) in state.open_obligations() {
        audit.add(Finding::new(RuleId::LedgerOwed, id.to_string(), &owed.why));
    }
    audit
}
