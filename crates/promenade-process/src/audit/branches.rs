//! Releases off the main branch: whether they came back to it, and where their commits are from.

use super::tags::{Versioned, finding};
use super::{Audit, RuleId};
use crate::port::past::{Beyond, Stray};

/// How many commits are named; the rest is counted.
const NAMED: usize = 3;

/// Judges what a release holds that the main branch does not.
pub(super) fn judge(main: &str, tag: &Versioned<'_>, beyond: &Beyond) -> Audit {
    let mut audit = Audit::default();
    if beyond.commits.is_empty() {
        return audit;
    }
    audit.count("releases off the main branch", 1);
    let left: Vec<&Stray> = beyond
        .commits
        .iter()
        .filter(|stray| !is_carried(stray))
        .collect();
    let all = beyond.commits.len();
    if left.is_empty() {
        let message = format!("is not on `{main}`, which carries its {all} commits");
        audit.add(finding(RuleId::HotfixCarried, tag, message));
    } else {
        let named: Vec<_> = left.iter().take(NAMED).map(|stray| named(stray)).collect();
        let more = left.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let message = format!(
            "is not on `{main}`, nor are {} of its {all} commits: {}{more}",
            left.len(),
            named.join(", "),
        );
        audit.add(finding(RuleId::HotfixNotMergedBack, tag, message));
    }
    let silent = beyond.commits.iter();
    for stray in silent.filter(|stray| stray.on_branch && stray.picked_from.is_empty()) {
        let message = format!(
            "holds {}, a copy of a commit of `{main}` that does not say so",
            named(stray)
        );
        audit.add(finding(RuleId::BackportWithoutProvenance, tag, message));
    }
    audit
}

fn is_carried(stray: &Stray) -> bool {
    stray.on_branch || !stray.picked_from.is_empty()
}

fn named(stray: &Stray) -> String {
    let id = stray.commit.get(..10).unwrap_or(&stray.commit);
    format!("{id} ({})", stray.subject)
}
