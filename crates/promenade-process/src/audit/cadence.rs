//! Releases against the cadence of the process.

use chrono::NaiveDate;
use promenade_version::GapReport;

use super::tags::{Story, finding, name};
use super::{Audit, RuleId, Severity};
use crate::Process;

/// Judges how far apart the releases of a component are.
pub(super) fn judge(process: &Process, story: &Story<'_>) -> Audit {
    let mut audit = Audit::default();
    let Some(cadence) = process.version().cadence() else {
        return audit;
    };
    let mut dated: Vec<_> = story
        .releases
        .iter()
        .filter_map(|tag| Some((tag.facts.date?.date_naive(), tag)))
        .collect();
    dated.sort_by_key(|(date, _)| *date);
    let every = cadence.every().days();
    let days: Vec<NaiveDate> = dated.iter().map(|(date, _)| *date).collect();
    let gaps = GapReport::new(&days);
    if let (Some(median), Some(longest)) = (gaps.median_days(), gaps.longest_days()) {
        audit.count(
            "days between releases, median",
            usize::try_from(median).unwrap_or(usize::MAX),
        );
        audit.count(
            "days between releases, longest",
            usize::try_from(longest).unwrap_or(usize::MAX),
        );
    }
    for pair in dated.windows(2) {
        let [(before, older), (after, newer)] = pair else {
            continue;
        };
        let gap = u64::try_from((*after - *before).num_days()).unwrap_or(0);
        // A day early or late is no departure: a day has another date elsewhere.
        if gap > every.saturating_add(1) {
            let older = name(older.facts);
            let message = format!("came {gap} days after `{older}`; one is due every {every} days");
            let hard = cadence.refuses(*after);
            let severity = if hard {
                Severity::Warning
            } else {
                Severity::Note
            };
            audit.add(finding(RuleId::CadenceMissed, newer, message).weighing(severity));
        }
    }
    audit
}
