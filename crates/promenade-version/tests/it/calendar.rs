//! Calendar formats: their tokens, their dates, what follows.

use chrono::NaiveDate;
use promenade_version::{
    CalendarFormat, Lane, Level, NextVersionErrorKind, ParseVersionErrorKind, Request, Scheme,
    SchemeKind, VersionPolicy, strategy,
};
use proptest::prelude::*;

fn policy(format: &str) -> VersionPolicy {
    let kind = SchemeKind::Calendar(format.parse().unwrap());
    VersionPolicy::builder(kind).build().unwrap()
}

fn scheme(format: &str) -> Scheme {
    let kind = SchemeKind::Calendar(format.parse().unwrap());
    Scheme::builder(kind).build().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[track_caller]
fn check(format: &str, current: &str, request: impl Fn(Request) -> Request, expect: &str) {
    let policy = policy(format);
    let current = policy.scheme().parse(current).unwrap();
    let next = policy
        .next(&request(Request::after(&current)))
        .unwrap()
        .unwrap();
    assert_eq!(next.text(), expect, "{next}");
}

#[test]
fn a_new_period_restarts_the_counters_and_the_same_one_counts() {
    check(
        "YYWW.PATCH",
        "2543.1",
        |r| r.on(day("2026-01-20")),
        "2604.0",
    );
    check(
        "YYWW.PATCH",
        "2604.0",
        |r| r.on(day("2026-01-21")),
        "2604.1",
    );
    check(
        "YYYY.0M.MICRO",
        "2024.06.3",
        |r| r.on(day("2024-07-01")),
        "2024.07.0",
    );
    check(
        "YYYY.0M.MICRO",
        "2024.06.3",
        |r| r.on(day("2024-06-30")),
        "2024.06.4",
    );
    check(
        "YYYY.MINOR.MICRO",
        "2024.2.3",
        |r| r.on(day("2024-06-30")).level(Level::Minor),
        "2024.3.0",
    );
    check(
        "YYYY.MINOR.MICRO",
        "2024.2.3",
        |r| r.on(day("2025-06-30")),
        "2025.0.0",
    );
    check(
        "MAJOR.YYYY.MICRO",
        "3.2024.7",
        |r| r.on(day("2024-06-30")).level(Level::Major),
        "4.2024.0",
    );
    check(
        "MAJOR.YYYY.MICRO",
        "3.2024.7",
        |r| r.on(day("2025-06-30")),
        "3.2025.0",
    );
}

#[test]
fn a_hotfix_counts_and_does_not_read_the_calendar() {
    check(
        "YYWW.PATCH",
        "2543.0",
        |r| r.on(day("2025-11-07")).lane(Lane::Hotfix),
        "2543.1",
    );
    check("YYWW.PATCH", "2543.0", |r| r.lane(Lane::Hotfix), "2543.1");
}

#[test]
fn the_year_of_a_week_is_the_iso_year() {
    // 2024-12-30 lies in week 1 of 2025, 2027-01-01 in week 53 of 2026.
    check(
        "YYWW.PATCH",
        "2450.0",
        |r| r.on(day("2024-12-30")),
        "2501.0",
    );
    check(
        "YYWW.PATCH",
        "2650.0",
        |r| r.on(day("2027-01-01")),
        "2653.0",
    );
}

#[test]
fn a_day_before_the_current_period_is_refused() {
    let policy = policy("YYWW.PATCH");
    let current = policy.scheme().parse("2604.0").unwrap();
    let refused = policy
        .next(&Request::after(&current).on(day("2026-01-05")))
        .unwrap_err();
    let kind = NextVersionErrorKind::DateBeforeCurrent {
        on: day("2026-01-05"),
    };
    assert_eq!(refused.kind(), &kind);
    let refused = policy.next(&Request::after(&current)).unwrap_err();
    assert_eq!(refused.kind(), &NextVersionErrorKind::NeedsDate);
}

#[test]
fn a_format_without_a_counter_has_one_version_a_period() {
    let policy = policy("YYYY.MM.DD");
    let current = policy.scheme().parse("2024.6.30").unwrap();
    let refused = policy
        .next(&Request::after(&current).on(day("2024-06-30")))
        .unwrap_err();
    assert!(matches!(
        refused.kind(),
        NextVersionErrorKind::PeriodTaken { .. }
    ));
    check(
        "YYYY.MM.DD",
        "2024.6.30",
        |r| r.on(day("2024-07-01")),
        "2024.7.1",
    );
}

#[test]
fn texts_have_one_spelling_and_name_real_dates() {
    let refused = scheme("YYYY.0M.MICRO").parse("2024.6.1").unwrap_err();
    let kind = ParseVersionErrorKind::NotCanonical {
        canonical: "2024.06.1".to_owned(),
    };
    assert_eq!(refused.kind(), &kind);
    for (format, text) in [
        ("YYWW.PATCH", "2553.0"),
        ("YYWW.PATCH", "2500.0"),
        ("YYYY.MM.DD", "2023.2.29"),
        ("YYYY.0M.MICRO", "2024.13.0"),
    ] {
        let refused = scheme(format).parse(text).unwrap_err();
        assert!(
            matches!(refused.kind(), ParseVersionErrorKind::NoSuchDate { .. }),
            "{refused}"
        );
    }
    assert!(scheme("YYWW.PATCH").parse("2653.0").is_ok()); // 2026 has 53 weeks
    assert!(scheme("YYYY.MM.DD").parse("2024.2.29").is_ok());
    assert!(scheme("YYWW.PATCH").parse("2543").is_err());
}

/// `chrono` says which days and weeks there are.
#[test]
fn a_text_is_read_exactly_if_it_names_a_day_or_week_that_there_is() {
    let weeks = scheme("YYYY.0W");
    let days = scheme("YYYY.0M.0D");
    for year in 1990..=2060 {
        for week in 0..=60 {
            let there = NaiveDate::from_isoywd_opt(year, week, chrono::Weekday::Mon);
            let text = format!("{year}.{week:02}");
            assert_eq!(weeks.parse(&text).is_ok(), there.is_some(), "{text}");
        }
        for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
            let there = NaiveDate::from_ymd_opt(year, month, day);
            let text = format!("{year}.{month:02}.{day:02}");
            assert_eq!(days.parse(&text).is_ok(), there.is_some(), "{text}");
        }
    }
}

#[test]
fn formats_that_do_not_sort_as_time_are_refused() {
    for format in [
        "",
        "MM.YYYY",
        "YYYY.DD",
        "MICRO.YYYY",
        "YYYY.WW.MM",
        "YYYY.YYYY",
        "YYWWPATCH",
        "YYYY.MM.DD.MICRO",
        "MAJOR.MINOR",
        "YYYY.0M.FOO",
        "YYYY..MM",
        "PATCH",
        "YYYY.PATCH.MICRO",
    ] {
        assert!(format.parse::<CalendarFormat>().is_err(), "{format}");
    }
}

proptest! {
    #[test]
    fn versions_sort_as_time_does(
        format in strategy::calendar_format(), a in strategy::date(), b in strategy::date()
    ) {
        let policy = VersionPolicy::builder(SchemeKind::Calendar(format)).build()?;
        let first = |on| policy.next(&Request::first().on(on));
        let (Some(a_version), Some(b_version)) = (first(a)?, first(b)?) else {
            return Ok(());
        };
        if a <= b {
            prop_assert!(a_version.version() <= b_version.version());
        }
        if a_version.version() < b_version.version() {
            prop_assert!(a < b);
        }
    }
}
