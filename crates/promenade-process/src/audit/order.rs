//! Versions in their order: releases of a line in the order of time, and no number left out.

use std::collections::BTreeSet;

use promenade_version::{Meaning, SchemeKind, Version};

use super::tags::{Story, base, finding, name};
use super::{Finding, RuleId};
use crate::Process;

/// Judges the order of the releases of a component.
pub(super) fn judge(process: &Process, story: &Story<'_>) -> Vec<Finding> {
    let scheme = process.version().scheme();
    let tried: BTreeSet<Version> = story
        .candidates
        .iter()
        .map(|tag| base(tag.version))
        .collect();
    let mut findings = Vec::new();
    for pair in story.releases.windows(2) {
        let [older, newer] = pair else { continue };
        let line = scheme.line_of(older.version);
        let on_line = line.is_some_and(|line| line.contains(newer.version));
        if on_line
            && let (Some(before), Some(after)) = (older.facts.date, newer.facts.date)
            && after < before
        {
            let (before, after) = (before.date_naive(), after.date_naive());
            let older = name(older.facts);
            let message = format!("is of {after}, the lower `{older}` of {before}");
            findings.push(finding(RuleId::TagOutOfOrder, newer, message));
        }
        let expected = successors(scheme.kind(), older.version);
        let found = base(newer.version);
        // A candidate that was rejected used the number up.
        if !expected.is_empty()
            && found != base(older.version)
            && !expected.contains(&found)
            && !expected.iter().any(|version| tried.contains(version))
        {
            let show = |version: &Version| {
                let text = scheme.format(version);
                format!("`{}`", text.unwrap_or_else(|_| version.to_string()))
            };
            let expected: Vec<_> = expected.iter().map(show).collect();
            let message = format!(
                "follows `{}`; expected one of {}",
                name(older.facts),
                expected.join(", ")
            );
            findings.push(finding(RuleId::VersionSkipped, newer, message));
        }
    }
    findings
}

/// The versions that may come right after one in the order of versions; none where the calendar says.
fn successors(kind: &SchemeKind, version: &Version) -> Vec<Version> {
    let (major, minor, patch) = (version.major, version.minor, version.patch);
    let next = |number: u64| number.saturating_add(1);
    match kind {
        SchemeKind::Semver => vec![
            Version::new(major, minor, next(patch)),
            Version::new(major, next(minor), 0),
            Version::new(next(major), 0, 0),
        ],
        SchemeKind::MajorMinor => vec![
            Version::new(major, next(minor), 0),
            Version::new(next(major), 0, 0),
        ],
        SchemeKind::Integer => vec![Version::new(next(major), 0, 0)],
        _ => Vec::new(),
    }
}

/// Says whether a version is one that users are offered.
pub(super) fn is_final(process: &Process, version: &Version) -> bool {
    let meaning = process.version().scheme().meaning(version);
    matches!(meaning, Meaning::Release | Meaning::StableSuffix)
}
