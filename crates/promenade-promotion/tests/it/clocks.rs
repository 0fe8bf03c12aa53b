//! Time: no clock makes a soak end early or a promotion happen in a freeze (INV-29 to INV-32).

use chrono::{DateTime, TimeDelta, Utc};
use promenade_promotion::{
    Accepts, ClockName, Command, Context, FreezeRule, Moment, Policy, PolicyRules, State, Verdict,
    decide,
};

use crate::support::*;

/// A small generator: the schedules are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 1) as i64 % limit
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high - low)
    }
}

const HOUR: i64 = 3_600;

fn soak_rules(clock: &str) -> PolicyRules {
    let soak = format!(r#"{{"soak": {{"for": "1d", "in": "staging"{clock}}}}}"#);
    PolicyRules {
        environments: vec![
            rule("staging", Accepts::Candidate, &[], vec![]),
            rule(
                "production",
                Accepts::Candidate,
                &["staging"],
                vec![gate(&soak)],
            ),
        ],
        ..PolicyRules::default()
    }
}

fn step(state: &mut State, policy: &Policy, command: &Command, at: Moment) -> bool {
    let context = Context::new("ci:clock".parse().unwrap(), at);
    match decide(state, command, policy, &context) {
        Verdict::Advance(events) => {
            events.iter().for_each(|event| state.apply(event).unwrap());
            true
        }
        Verdict::Hold(_) => false,
    }
}

#[test]
fn no_schedule_of_clocks_ends_a_soak_early() {
    // The actors' clocks are wrong by up to two days and jump at any time; the store's clock is only
    // wrong by a constant. What counts is true time, which nobody reads.
    let policy = Policy::build(soak_rules(r#", "clock": "store""#)).unwrap();
    let store: ClockName = "store".parse().unwrap();
    let start: DateTime<Utc> = time("2026-10-24T12:00:00Z");
    let mut dice = Dice(7);
    let (mut passed, mut held) = (0, 0);
    for _ in 0..testkit::scale(10_000, 1_000_000) {
        let offset = dice.between(-48 * HOUR, 48 * HOUR);
        let read = |truth: i64, dice: &mut Dice| {
            let skew = dice.between(-48 * HOUR, 48 * HOUR);
            Moment::from(start + TimeDelta::seconds(truth + skew))
                .with_clock(store.clone(), start + TimeDelta::seconds(truth + offset))
        };
        let mut state = State::default();
        let mut truth = 0;
        assert!(step(
            &mut state,
            &policy,
            &register("1.0.0-rc.1", "a"),
            read(truth, &mut dice)
        ));
        assert!(step(
            &mut state,
            &policy,
            &promote("staging", "1.0.0-rc.1"),
            read(truth, &mut dice)
        ));
        truth += dice.below(10 * HOUR);
        let seen = verify(&state, "staging", "1.0.0-rc.1");
        assert!(step(&mut state, &policy, &seen, read(truth, &mut dice)));
        let mut since = truth;
        for _ in 0..6 {
            truth += dice.below(12 * HOUR);
            if dice.below(8) == 0 {
                // Drift, and back: the time begins anew.
                let staging = environment("staging");
                let other = Command::Observe {
                    environment: staging.clone(),
                    observed: artifacts("b").identity(),
                };
                assert!(step(&mut state, &policy, &other, read(truth, &mut dice)));
                truth += dice.below(HOUR);
                let back = Command::Observe {
                    environment: staging,
                    observed: artifacts("a").identity(),
                };
                assert!(step(&mut state, &policy, &back, read(truth, &mut dice)));
                since = truth;
            }
            if step(
                &mut state,
                &policy,
                &promote("production", "1.0.0-rc.1"),
                read(truth, &mut dice),
            ) {
                assert!(
                    truth - since >= 24 * HOUR,
                    "{} s early",
                    24 * HOUR - (truth - since)
                );
                passed += 1;
                break;
            }
            held += 1;
        }
    }
    println!("{passed} passed, {held} held");
    assert!(passed > 100 && held > 1_000);
}

#[test]
fn one_clock_that_jumps_back_only_makes_a_soak_longer() {
    let policy = Policy::build(soak_rules("")).unwrap();
    let start: DateTime<Utc> = time("2026-10-24T12:00:00Z");
    let mut dice = Dice(11);
    for _ in 0..testkit::scale(5_000, 200_000) {
        // The clock of the one actor only ever falls behind.
        let mut behind = 0;
        let mut truth = 0;
        let mut read = |truth: i64, dice: &mut Dice| {
            behind += if dice.below(4) == 0 {
                dice.below(6 * HOUR)
            } else {
                0
            };
            Moment::from(start + TimeDelta::seconds(truth - behind))
        };
        let mut state = State::default();
        assert!(step(
            &mut state,
            &policy,
            &register("1.0.0-rc.1", "a"),
            read(truth, &mut dice)
        ));
        assert!(step(
            &mut state,
            &policy,
            &promote("staging", "1.0.0-rc.1"),
            read(truth, &mut dice)
        ));
        let seen = verify(&state, "staging", "1.0.0-rc.1");
        assert!(step(&mut state, &policy, &seen, read(truth, &mut dice)));
        for _ in 0..5 {
            truth += dice.below(12 * HOUR);
            if step(
                &mut state,
                &policy,
                &promote("production", "1.0.0-rc.1"),
                read(truth, &mut dice),
            ) {
                assert!(truth >= 24 * HOUR);
                break;
            }
        }
    }
}

fn frozen(json: &str, at: &str) -> Option<String> {
    let rule: FreezeRule = serde_json::from_str(json).unwrap();
    rule.frozen_until(&time(at)).map(|until| until.to_string())
}

#[test]
fn a_weekend_freeze_is_meant_in_its_zone_across_daylight_saving() {
    let rule = r#"{"zone": "Europe/Berlin", "weekly": [{"from": "fri 16:00", "to": "mon 08:00"}]}"#;
    // Summer time ends on 2026-10-25: Friday 16:00 is 14:00 UTC, Monday 08:00 is 07:00 UTC.
    assert_eq!(frozen(rule, "2026-10-23T13:59:59Z"), None);
    assert_eq!(
        frozen(rule, "2026-10-23T14:00:00Z").as_deref(),
        Some("2026-10-26 07:00:00 UTC")
    );
    assert_eq!(
        frozen(rule, "2026-10-26T06:59:59Z").as_deref(),
        Some("2026-10-26 07:00:00 UTC")
    );
    assert_eq!(frozen(rule, "2026-10-26T07:00:00Z"), None);
    // It begins on 2027-03-28.
    assert_eq!(
        frozen(rule, "2027-03-26T15:00:00Z").as_deref(),
        Some("2027-03-29 06:00:00 UTC")
    );
}

#[test]
fn an_hour_that_is_repeated_or_left_out_makes_no_hole() {
    let night =
        r#"{"zone": "Europe/Berlin", "weekly": [{"from": "sun 02:30", "to": "sun 02:45"}]}"#;
    // 02:30 comes twice on 2026-10-25 (00:30 and 01:30 UTC): frozen from the first to the end of the second.
    assert_eq!(
        frozen(night, "2026-10-25T00:30:00Z").as_deref(),
        Some("2026-10-25 01:45:00 UTC")
    );
    assert_eq!(
        frozen(night, "2026-10-25T01:44:00Z").as_deref(),
        Some("2026-10-25 01:45:00 UTC")
    );
    // 02:30 is left out on 2027-03-28; both ends are the moment of the change.
    assert_eq!(frozen(night, "2027-03-28T01:00:00Z"), None);
}

#[test]
fn dated_windows_include_their_last_day_and_join() {
    let rule = r#"{"zone": "+01:00", "dated": [
        {"from": "2026-12-20", "to": "2026-12-31"}, {"from": "2027-01-01", "to": "2027-01-01T12:00"}]}"#;
    assert_eq!(frozen(rule, "2026-12-19T22:59:59Z"), None);
    assert_eq!(
        frozen(rule, "2026-12-19T23:00:00Z").as_deref(),
        Some("2027-01-01 11:00:00 UTC")
    );
}

#[test]
fn no_schedule_promotes_inside_a_freeze() {
    let freeze = r#"{"freeze": {"zone": "America/New_York", "weekly": [{"from": "fri 16:00", "to": "mon 08:00"}],
        "dated": [{"from": "2026-10-30", "to": "2026-11-02"}]}}"#;
    let rules = PolicyRules {
        environments: vec![rule(
            "production",
            Accepts::Candidate,
            &[],
            vec![gate(freeze)],
        )],
        ..PolicyRules::default()
    };
    let policy = Policy::build(rules).unwrap();
    let zone: chrono_tz::Tz = "America/New_York".parse().unwrap();
    let start: DateTime<Utc> = time("2026-10-19T00:00:00Z");
    let mut dice = Dice(3);
    let mut promoted = 0;
    for _ in 0..testkit::scale(10_000, 1_000_000) {
        let truth = start + TimeDelta::seconds(dice.below(30 * 24 * HOUR));
        let mut state = State::default();
        let clocks = || Moment::from(truth);
        assert!(step(
            &mut state,
            &policy,
            &register("1.0.0-rc.1", "a"),
            clocks()
        ));
        // The actor's clock may be wrong; the store's is right, and one frozen clock is enough.
        let wrong = truth + TimeDelta::seconds(dice.between(-48 * HOUR, 48 * HOUR));
        let at = Moment::from(wrong).with_clock("store".parse().unwrap(), truth);
        if step(
            &mut state,
            &policy,
            &promote("production", "1.0.0-rc.1"),
            at,
        ) {
            assert!(!is_frozen_by_wall_clock(truth, zone), "promoted at {truth}");
            promoted += 1;
            // Intended before a freeze and not yet effected: judged again (INV-31).
            let later = truth + TimeDelta::seconds(dice.below(5 * 24 * HOUR));
            let deploy = Command::Deploy {
                environment: environment("production"),
            };
            if step(&mut state, &policy, &deploy, Moment::from(later)) {
                assert!(!is_frozen_by_wall_clock(later, zone), "deployed at {later}");
            }
        }
    }
    assert!(promoted > 1_000);
}

/// The same rule by looking at the clock on the wall, minute by minute.
fn is_frozen_by_wall_clock(at: DateTime<Utc>, zone: chrono_tz::Tz) -> bool {
    use chrono::{Datelike as _, Timelike as _, Weekday};
    let local = at.with_timezone(&zone);
    let minute = local.hour() * 60 + local.minute();
    let weekly = match local.weekday() {
        Weekday::Fri => minute >= 16 * 60,
        Weekday::Sat | Weekday::Sun => true,
        Weekday::Mon => minute < 8 * 60,
        Weekday::Tue | Weekday::Wed | Weekday::Thu => false,
    };
    let date = local.date_naive();
    weekly || ("2026-10-30".parse().unwrap()..="2026-11-02".parse().unwrap()).contains(&date)
}
