//! What differs between a candidate and its release, where the process names the paths that may.

use promenade_promotion::FinalCommit;
use promenade_tag::ObjectKind;

use super::tags::{Story, Versioned, base, finding, name};
use super::{Finding, RuleId};
use crate::Process;
use crate::port::past::Past;

/// How many paths are named; the rest is counted.
const NAMED: usize = 3;

/// Judges the releases of a component against the nearest of their candidates.
pub(super) fn judge(process: &Process, past: &dyn Past, story: &Story<'_>) -> Vec<Finding> {
    let FinalCommit::Paths(allowed) = &process.promotion().release().final_commit else {
        return Vec::new();
    };
    let is_commit = |tag: &&Versioned<'_>| tag.facts.peeled_kind == ObjectKind::Commit;
    let mut findings = Vec::new();
    for release in story.releases.iter().filter(is_commit) {
        let target = base(release.version);
        // Candidates are in the order of versions, and those of one target side by side.
        let first = story
            .candidates
            .partition_point(|candidate| base(candidate.version) < target);
        let own = story.candidates.iter().skip(first);
        let own = own.take_while(|candidate| base(candidate.version) == target);
        let Some(last) = own.filter(is_commit).last() else {
            continue;
        };
        let (from, to) = (&last.facts.peeled, &release.facts.peeled);
        if from == to {
            continue;
        }
        let differing = match past.differing(from, to) {
            Ok(differing) => differing,
            Err(error) => {
                let why = error.to_string();
                findings.push(finding(RuleId::ObjectUnreadable, release, why));
                continue;
            }
        };
        let others: Vec<_> = differing
            .iter()
            .filter(|path| !allowed.contains(*path))
            .collect();
        if others.is_empty() {
            continue;
        }
        let named: Vec<_> = others
            .iter()
            .take(NAMED)
            .map(|path| format!("`{path}`"))
            .collect();
        let more = others.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let message = format!(
            "differs from its candidate `{}` in {}{more}, which the process does not name",
            name(last.facts),
            named.join(", "),
        );
        findings.push(finding(RuleId::ReleaseOtherPaths, release, message));
    }
    findings
}
