//! Cadence and schedules, as data.

use chrono::NaiveDate;
use promenade_version::{
    Cadence, Enforcement, GapReport, Offset, Period, ScheduleStep, schedule, strategy,
};
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_schedule_around_a_release_is_data() {
    // Celo's distribution (B23): a week before to Alfajores, then everywhere, then confirm.
    let step = |at: &str, action: &str| ScheduleStep::new(at.parse().unwrap(), action);
    let steps = [
        step("T", "tag and publish"),
        step("T+1w", "confirm"),
        step("T-7d", "candidate to alfajores"),
    ];
    let dated = schedule(&steps, day("2022-01-17"));
    let shown: Vec<String> = dated
        .iter()
        .map(|(date, step)| format!("{date} {}", step.action))
        .collect();
    assert_eq!(
        shown,
        [
            "2022-01-10 candidate to alfajores",
            "2022-01-17 tag and publish",
            "2022-01-24 confirm"
        ]
    );
}

#[test]
fn a_hard_cadence_refuses_and_an_advisory_one_reports() {
    let cadence =
        |enforcement| Cadence::new("2w".parse().unwrap(), day("2026-01-05"), enforcement).unwrap();
    assert!(cadence(Enforcement::Hard).refuses(day("2026-01-06")));
    assert!(!cadence(Enforcement::Hard).refuses(day("2026-01-19")));
    assert!(!cadence(Enforcement::Advisory).refuses(day("2026-01-06")));
    assert!(Cadence::new("0d".parse().unwrap(), day("2026-01-05"), Enforcement::Hard).is_err());
}

#[test]
fn spans_have_one_spelling() {
    for text in ["14d", "2w", "1d"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "d",
        "2",
        "02w",
        "+2w",
        "-2w",
        "2 w",
        "2m",
        "99999999999d",
    ] {
        assert!(text.parse::<Period>().is_err(), "{text}");
    }
    for text in ["T", "T-7d", "T+1w"] {
        assert_eq!(text.parse::<Offset>().unwrap().to_string(), text);
    }
    for text in ["", "t", "T7d", "T-0d", "T--7d", "T+", "7d"] {
        assert!(text.parse::<Offset>().is_err(), "{text}");
    }
}

#[test]
fn gaps_are_measured_in_the_order_of_time() {
    let days = ["2026-01-20", "2026-01-01", "2026-01-11"].map(day);
    let report = GapReport::new(&days);
    assert_eq!(report.gaps_days(), [10, 9]);
    assert_eq!(
        (report.median_days(), report.longest_days()),
        (Some(9), Some(10))
    );
    assert_eq!(report.within(9), 1);
    assert_eq!(GapReport::new(&[]).median_days(), None);
}

proptest! {
    #[test]
    fn the_next_due_day_is_what_counting_from_the_anchor_finds(
        every in strategy::period(), anchor in strategy::date(), ahead in 0_u64..400
    ) {
        let cadence = Cadence::new(every, anchor, Enforcement::Hard)?;
        let at = anchor + chrono::Days::new(ahead);
        let mut expect = anchor;
        while expect <= at {
            expect = expect + chrono::Days::new(every.days());
        }
        prop_assert_eq!(cadence.due_after(at), Some(expect));
        prop_assert!(cadence.is_due(expect));
        prop_assert_eq!(cadence.is_due(at), ahead % every.days() == 0);
    }
}
