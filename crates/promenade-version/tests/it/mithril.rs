//! The fifty versions of a real calendar-versioned project (A7, A11, A13, A14).

use chrono::{DateTime, FixedOffset, NaiveDate};
use promenade_version::{
    CandidatePolicy, GapReport, Impact, Meaning, SchemeKind, Version, VersionPolicy,
};

fn policy() -> VersionPolicy {
    let candidate = CandidatePolicy::in_patch("pre").unwrap();
    VersionPolicy::builder(SchemeKind::Calendar("YYWW.PATCH".parse().unwrap()))
        .candidate(candidate.legacy("prerelease").unwrap())
        .stable_suffix("hotfix".parse().unwrap())
        .build()
        .unwrap()
}

struct Row {
    version: Version,
    text: String,
    candidate: Option<Version>,
    last: Option<(Version, DateTime<FixedOffset>)>,
    tagged: DateTime<FixedOffset>,
    week: String,
}

fn timeline() -> Option<Vec<Row>> {
    let corpus = testkit::corpus()?;
    let policy = policy();
    let parse = |text: &str| policy.scheme().parse(text).unwrap();
    let date = |text: &str| DateTime::parse_from_rfc3339(text).unwrap();
    let rows = testkit::tsv(corpus.join("mithril/timeline.tsv"));
    let row = |row: testkit::Row| {
        let last = row
            .opt("final_tag")
            .map(|tag| (parse(tag), date(row.get("final_date"))));
        Row {
            version: parse(row.get("version")),
            text: row.get("version").to_owned(),
            candidate: row.opt("pre_tag").map(parse),
            tagged: last
                .as_ref()
                .map_or_else(|| date(row.get("pre_date")), |(_, date)| *date),
            week: row.get("iso_week_of_tag").to_owned(),
            last,
        }
    };
    Some(rows.into_iter().map(row).collect())
}

#[test]
fn every_version_parses_prints_back_and_sorts_by_time() {
    let Some(rows) = timeline() else { return };
    assert_eq!(rows.len(), 50);
    let policy = policy();
    for row in &rows {
        assert_eq!(policy.scheme().format(&row.version).unwrap(), row.text);
        assert_eq!(policy.scheme().meaning(&row.version), Meaning::Release);
    }
    assert!(rows.is_sorted_by(|a, b| a.version < b.version && a.tagged < b.tagged));
    // With their suffixes: a candidate before its final, a hotfix after what it mends.
    let tags = rows.iter().flat_map(|row| {
        row.candidate
            .iter()
            .chain(row.last.as_ref().map(|(version, _)| version))
    });
    let tags: Vec<&Version> = tags.collect();
    assert!(tags.is_sorted_by(|a, b| a < b));
    assert_eq!(tags.len(), 47 + 41);
}

#[test]
fn the_week_of_the_tag_differs_from_the_version_in_16_of_50() {
    let Some(rows) = timeline() else { return };
    let SchemeKind::Calendar(format) = policy().scheme().kind().clone() else {
        panic!("a calendar scheme");
    };
    let mut differing = 0;
    for row in &rows {
        let date = row.tagged.date_naive();
        let same = format.is_of(&row.version, date);
        // The table's own column is the oracle of the ISO week.
        assert_eq!(
            same,
            row.text.starts_with(&format!("{}.", row.week)),
            "{}",
            row.text
        );
        differing += usize::from(!same);
    }
    assert_eq!(differing, 16);
}

#[test]
fn the_gap_report_has_41_finals_a_median_of_28_days_and_8_gaps_within_15() {
    let Some(rows) = timeline() else { return };
    let finals = rows.iter().filter_map(|row| Some(row.last.as_ref()?.1));
    let days: Vec<NaiveDate> = finals.map(|date| date.date_naive()).collect();
    assert_eq!(days.len(), 41);
    let report = GapReport::new(&days);
    assert_eq!(report.gaps_days().len(), 40);
    assert_eq!(report.median_days(), Some(28));
    assert_eq!(report.within(15), 8);
    assert_eq!(report.longest_days(), Some(93));
}

#[test]
fn each_rejected_candidate_was_followed_by_the_one_the_policy_gives() {
    let Some(rows) = timeline() else { return };
    let policy = policy();
    let mut rejected = 0;
    for (row, after) in rows.iter().zip(rows.iter().skip(1)) {
        let Some(candidate) = row.candidate.as_ref().filter(|_| row.last.is_none()) else {
            continue;
        };
        rejected += 1;
        let next = policy.next_candidate(candidate, None, Impact::Fix).unwrap();
        let promoted = policy.promote(next.version()).unwrap();
        assert_eq!(*promoted.version(), after.version, "{next}");
    }
    assert_eq!(rejected, 9);
}
