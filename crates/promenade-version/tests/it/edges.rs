//! Edges of versions: each test stands where one comparison decides.

use chrono::{Datelike, Days, NaiveDate};
use promenade_version::{
    AfterRelease, BelowOne, CalendarFormat, CandidatePolicy, HistoryFinding, Impact, Lane, Level,
    Line, Meaning, ParseVersionErrorKind, Period, PolicyError, Reason, Request, Rule, Scheme,
    SchemeKind, Support, Uniqueness, Version, VersionPolicy, line_states,
};
use serde_json::json;

fn calendar(format: &str) -> SchemeKind {
    SchemeKind::Calendar(format.parse().unwrap())
}

fn scheme(kind: SchemeKind) -> Scheme {
    Scheme::builder(kind).build().unwrap()
}

fn semver() -> VersionPolicy {
    VersionPolicy::builder(SchemeKind::Semver)
        .below_one(BelowOne::BreakingIsMinor)
        .candidate(CandidatePolicy::in_label("rc.{n}").unwrap())
        .build()
        .unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Years of months are those of the calendar, years of weeks those of ISO 8601.
#[test]
fn every_day_has_the_version_that_its_calendar_gives() {
    type Text = fn(NaiveDate) -> String;
    let rows: [(&str, Text); 6] = [
        ("YYYY.MM.DD", |d| {
            format!("{}.{}.{}", d.year(), d.month(), d.day())
        }),
        ("YYYY.0M.0D", |d| {
            format!("{}.{:02}.{:02}", d.year(), d.month(), d.day())
        }),
        ("YYYY.WW.MICRO", |d| {
            format!("{}.{}.0", d.iso_week().year(), d.iso_week().week())
        }),
        ("YYWW.PATCH", |d| {
            format!("{}{:02}.0", d.iso_week().year() - 2000, d.iso_week().week())
        }),
        ("YY.0M.MICRO", |d| {
            format!("{}.{:02}.0", d.year() - 2000, d.month())
        }),
        ("YYYY.MINOR.MICRO", |d| format!("{}.0.0", d.year())),
    ];
    for (format, text) in rows {
        let policy = VersionPolicy::builder(calendar(format)).build().unwrap();
        let own: CalendarFormat = format.parse().unwrap();
        let mut date = day("2024-12-15");
        while date < day("2033-01-20") {
            let first = policy.next(&Request::first().on(date)).unwrap().unwrap();
            assert_eq!(first.text(), text(date), "{format} on {date}");
            assert!(own.is_of(first.version(), date));
            let turn = matches!(date.month(), 1 | 12);
            date = date + Days::new(if turn { 1 } else { 13 });
        }
    }
}

#[test]
fn a_counter_stands_before_or_after_the_date_and_never_in_it() {
    for format in [
        "MAJOR.YYYY.MM",
        "MAJOR.YYYY.MICRO",
        "YYYY.MAJOR",
        "YYYY.MM.MAJOR",
        "YYWW.MAJOR.PATCH",
    ] {
        let read: CalendarFormat = format.parse().unwrap();
        assert_eq!(read.as_str(), format);
        assert_eq!(read.to_string(), format);
    }
    for format in [
        "YYYY.MAJOR.MM",
        "YYYY.MINOR.MM",
        "YYYY.PATCH.WW",
        "MINOR.YYYY.MM",
        "MICRO.YYYY",
    ] {
        assert!(format.parse::<CalendarFormat>().is_err(), "{format}");
    }
}

#[test]
fn a_major_before_the_date_rises_by_its_own_right() {
    let policy = VersionPolicy::builder(calendar("MAJOR.YYYY.MM"))
        .build()
        .unwrap();
    let current = policy.scheme().parse("3.2025.11").unwrap();
    let next = |on: &str, level| {
        let request = Request::after(&current).on(day(on)).level(level);
        policy
            .next(&request)
            .map(|next| next.unwrap().text().to_owned())
    };
    assert_eq!(next("2025-11-30", Level::Major).unwrap(), "4.2025.11");
    assert_eq!(next("2026-01-05", Level::Major).unwrap(), "4.2026.1");
    assert_eq!(next("2026-01-05", Level::Patch).unwrap(), "3.2026.1");
    assert!(next("2025-11-30", Level::Patch).is_err(), "one a month");
}

#[test]
fn a_padded_number_has_exactly_its_width() {
    let months = scheme(calendar("YYYY.0M.MICRO"));
    for (text, canonical) in [
        ("2025.011.1", "2025.11.1"),
        ("2025.11.01", "2025.11.1"),
        ("2025.1.1", "2025.01.1"),
        ("02025.11.1", "2025.11.1"),
    ] {
        let refused = months.parse(text).unwrap_err();
        let kind = ParseVersionErrorKind::NotCanonical {
            canonical: canonical.to_owned(),
        };
        assert_eq!(refused.kind(), &kind, "{text}");
        assert_eq!(months.recognise(text), None, "{text}");
        assert!(months.parse(canonical).is_ok());
    }
    // A month is no month because its last two digits are one.
    let short = scheme(calendar("YY.MM.MICRO"));
    for text in ["25.101.0", "25.13.0", "25.0.0"] {
        assert!(short.parse(text).is_err(), "{text}");
    }
    assert!(short.parse("25.12.0").is_ok());
}

#[test]
fn the_largest_number_is_read_and_the_next_one_is_an_overflow() {
    let (most, over) = (u64::MAX.to_string(), (u128::from(u64::MAX) + 1).to_string());
    let kinds = [
        (
            SchemeKind::Semver,
            ["{}.0.0", "1.{}.0", "1.1.{}"].as_slice(),
        ),
        (SchemeKind::MajorMinor, &["{}.0", "{}.1", "1.{}", "1.1.{}"]),
        (SchemeKind::Integer, &["{}"]),
        (calendar("YYYY.MM.MICRO"), &["2025.1.{}"]),
        (calendar("YYYY.0M.MICRO"), &["2025.11.{}"]),
    ];
    for (kind, texts) in kinds {
        let scheme = scheme(kind);
        for text in texts {
            let largest = text.replace("{}", &most);
            let version = scheme.parse(&largest).unwrap();
            assert_eq!(scheme.format(&version).unwrap(), largest);
            assert_eq!(scheme.recognise(&largest), Some(version));
            let error = scheme.parse(&text.replace("{}", &over)).unwrap_err();
            let ParseVersionErrorKind::Overflow { digits, .. } = error.kind() else {
                panic!("{error}")
            };
            assert_eq!(*digits, over);
        }
    }
    let named = |text: &str| {
        let error = scheme(SchemeKind::MajorMinor).parse(text).unwrap_err();
        match error.kind() {
            ParseVersionErrorKind::Overflow { component, .. } => *component,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(named(&format!("{over}.1")), "major");
    assert_eq!(named(&format!("1.{over}")), "minor");
    assert_eq!(named(&format!("1.1.{over}")), "patch");
}

#[test]
fn the_number_of_a_label_has_one_spelling_and_fits() {
    let (most, over) = (u64::MAX.to_string(), (u128::from(u64::MAX) + 1).to_string());
    for (label, text) in [("rc.{n}", "1.4.0-rc."), ("pre{n}", "1.4.0-pre")] {
        let scheme = Scheme::builder(SchemeKind::Semver).candidate(label);
        let scheme = scheme.build().unwrap();
        for number in ["0", "1", "10", &most] {
            let text = format!("{text}{number}");
            let version = scheme.parse(&text).unwrap();
            assert_eq!(scheme.meaning(&version), Meaning::Candidate);
            assert_eq!(scheme.format(&version).unwrap(), text);
        }
        for (padded, bare) in [("00", "0"), ("000", "0"), ("01", "1"), ("0010", "10")] {
            for build in ["", "+b5"] {
                let refused = scheme.parse(&format!("{text}{padded}{build}")).unwrap_err();
                let kind = ParseVersionErrorKind::NotCanonical {
                    canonical: format!("{text}{bare}{build}"),
                };
                assert_eq!(refused.kind(), &kind);
            }
        }
        let refused = scheme.parse(&format!("{text}{over}")).unwrap_err();
        assert!(
            matches!(
                refused.kind(),
                ParseVersionErrorKind::Overflow {
                    component: "suffix",
                    ..
                }
            ),
            "{refused}"
        );
    }
}

#[test]
fn build_metadata_alone_makes_no_stable_suffix() {
    let plain = scheme(SchemeKind::Semver);
    let fork = Scheme::builder(SchemeKind::Semver)
        .stable("{hex}")
        .stable("hotfix");
    let fork = fork.build().unwrap();
    for (text, expect) in [
        ("1.4.0", Meaning::Release),
        ("1.4.0+build.5", Meaning::Release),
        ("1.4.0+ce60d7", Meaning::Release),
        ("1.4.0+ce60d74", Meaning::StableSuffix),
        ("1.4.0+hotfix", Meaning::StableSuffix),
        ("1.4.0+hotfix.1", Meaning::Release),
    ] {
        let version: Version = text.parse().unwrap();
        assert_eq!(fork.meaning(&version), expect, "{text}");
        assert_eq!(plain.meaning(&version), Meaning::Release, "{text}");
    }
}

#[test]
fn what_another_version_is_written_as_cannot_be_printed() {
    let scheme = Scheme::builder(SchemeKind::Semver).candidate("rc{n}");
    let scheme = scheme.build().unwrap();
    assert_eq!(scheme.parse("1.0.0-rc1").unwrap().to_string(), "1.0.0-rc.1");
    // The text `1.0.0-rc1` is taken by another version.
    let other = Version::parse("1.0.0-rc1").unwrap();
    assert!(scheme.format(&other).is_err());
    let free = Version::parse("1.0.0-nightly.3").unwrap();
    assert_eq!(scheme.format(&free).unwrap(), "1.0.0-nightly.3");
}

#[test]
fn labels_that_share_no_text_live_together() {
    let both = |first: &str, second: &str| {
        let builder = Scheme::builder(SchemeKind::Semver).candidate(first);
        builder.candidate(second).build()
    };
    let scheme = both("rc{n}", "rc2.{n}").unwrap();
    for text in ["1.0.0-rc2", "1.0.0-rc2.1", "1.0.0-rc21"] {
        let version = scheme.parse(text).unwrap();
        assert_eq!(scheme.format(&version).unwrap(), text);
    }
    assert!(matches!(
        both("rc{n}", "rc2"),
        Err(PolicyError::AmbiguousSuffixes { .. })
    ));
}

#[test]
fn an_empty_number_is_a_matter_of_grammar() {
    for (kind, text) in [
        (SchemeKind::MajorMinor, "1."),
        (SchemeKind::MajorMinor, ".1"),
        (SchemeKind::Integer, ""),
        (SchemeKind::Semver, "1..0"),
        (calendar("YYYY.MM"), "2025."),
    ] {
        let error = scheme(kind).parse(text).unwrap_err();
        assert!(
            matches!(error.kind(), ParseVersionErrorKind::Grammar { .. }),
            "`{text}`: {error}"
        );
    }
    // What is said of a text with a `v` is said of the text as it stands.
    let error = scheme(SchemeKind::Semver).parse("v1.4").unwrap_err();
    assert!(error.to_string().contains("`v1` is no number"), "{error}");
}

#[test]
fn a_counter_is_in_the_label_or_in_the_patch() {
    let candidate = |label: &str, counter: &str, start: Option<u64>| {
        let mut table = json!({ "label": label, "counter": counter });
        if let Some(start) = start {
            table["start"] = json!(start);
        }
        serde_json::from_value::<CandidatePolicy>(table).map_err(|error| error.to_string())
    };
    assert!(candidate("rc.{n}", "label", None).is_ok());
    assert!(candidate("rc.{n}", "label", Some(0)).is_ok());
    assert!(candidate("rc.{n}", "label", Some(1)).is_ok());
    assert!(candidate("pre", "patch", None).is_ok());
    let start = "`start` is 0 or 1, for a counter in the label";
    assert_eq!(candidate("rc.{n}", "label", Some(2)).unwrap_err(), start);
    assert_eq!(candidate("pre", "patch", Some(0)).unwrap_err(), start);
    assert_eq!(candidate("pre", "patch", Some(1)).unwrap_err(), start);
    assert!(
        candidate("pre", "label", None)
            .unwrap_err()
            .contains("needs `{n}`")
    );
    assert!(
        candidate("pre.{n}", "patch", None)
            .unwrap_err()
            .contains("has no `{n}`")
    );
}

#[test]
fn a_marker_is_one_of_the_states_of_the_manifest_and_has_no_number() {
    let policy = |marker: &str, states: &[&str]| {
        let mut builder = VersionPolicy::builder(SchemeKind::Semver)
            .below_one(BelowOne::ZeroIsOpen)
            .after_release(AfterRelease::Marker(marker.parse().unwrap()));
        for state in states {
            builder = builder.manifest_state(state.parse().unwrap());
        }
        builder.build()
    };
    assert!(
        policy("dev.{n}", &[])
            .unwrap_err()
            .to_string()
            .contains("would need a number")
    );
    let released = Version::new(1, 5, 0);
    for states in [
        [].as_slice(),
        &["unstable"],
        &["dev"],
        &["alpha", "dev", "unstable"],
    ] {
        let policy = policy("dev", states).unwrap();
        let branch = promenade_version::Branch::Main(Level::Minor);
        let marked = policy.after(&released, branch).unwrap().unwrap();
        assert_eq!(marked.text(), "1.6.0-dev", "{states:?}");
        assert_eq!(
            policy.drop_marker(marked.version()).unwrap().text(),
            "1.6.0"
        );
        for state in states {
            let text = format!("1.6.0-{state}");
            let version = policy.scheme().parse(&text).unwrap();
            assert_eq!(
                policy.scheme().meaning(&version),
                Meaning::Manifest,
                "{text}"
            );
        }
    }
}

#[test]
fn a_release_on_one_commit_is_no_finding() {
    let policy = semver();
    let history = [
        "1.0.0",
        "1.1.0-rc.1",
        "1.1.0-rc.1",
        "1.1.0",
        "1.1.0",
        "1.2.0",
    ];
    let history: Vec<Version> = history.iter().map(|text| text.parse().unwrap()).collect();
    let found = policy.check_history(&history, Uniqueness::EveryCommit);
    assert_eq!(
        found,
        [HistoryFinding::ManyCommits {
            version: "1.1.0".to_owned(),
            commits: 2
        }]
    );
    assert_eq!(
        found[0].to_string(),
        "released version `1.1.0` is on 2 commits"
    );
    assert_eq!(policy.check_history(&history, Uniqueness::Introduction), []);
}

#[test]
fn a_level_is_given_by_the_rule_that_holds_there() {
    let rule = |policy: &VersionPolicy, current: &str| {
        let current: Version = current.parse().unwrap();
        let next = policy.next(&Request::after(&current).impact(Impact::Breaking));
        next.unwrap().unwrap().reasons()[0].rule
    };
    let of = |rule| {
        VersionPolicy::builder(SchemeKind::Semver)
            .below_one(rule)
            .build()
            .unwrap()
    };
    assert_eq!(
        rule(&of(BelowOne::BreakingIsMinor), "0.4.0"),
        Rule::BreakingIsMinor
    );
    assert_eq!(rule(&of(BelowOne::BreakingIsMinor), "1.4.0"), Rule::Semver);
    assert_eq!(rule(&of(BelowOne::ZeroIsOpen), "0.4.0"), Rule::ZeroIsOpen);
    assert_eq!(rule(&of(BelowOne::ZeroIsOpen), "1.4.0"), Rule::Semver);
    assert_eq!(rule(&of(BelowOne::Semver), "0.4.0"), Rule::Semver);
}

#[test]
fn every_reason_says_its_input_and_its_result_under_a_name_of_its_own() {
    let named = serde_json::to_value(Rule::BreakingIsMinor).unwrap();
    assert_eq!(named, json!(Rule::BreakingIsMinor.as_str()));
    for (rule, name) in [
        (Rule::Semver, "semver"),
        (Rule::SamePeriod, "same-period"),
        (Rule::RequirementBroken, "requirement-broken"),
    ] {
        assert_eq!(rule.as_str(), name);
        assert_eq!(serde_json::to_value(rule).unwrap(), json!(name));
    }
    let policy = semver();
    let reasons: Vec<Reason> = policy
        .next(&Request::after(&Version::new(0, 4, 0)).impact(Impact::Breaking))
        .unwrap()
        .unwrap()
        .reasons()
        .to_vec();
    let said: Vec<String> = reasons.iter().map(Reason::to_string).collect();
    assert_eq!(
        said,
        ["a breaking change below 1.0.0 raises the minor (`breaking-is-minor`)"]
    );
}

#[test]
fn only_numbers_move_the_base_of_a_series() {
    let integer = VersionPolicy::builder(SchemeKind::Integer)
        .candidate(CandidatePolicy::in_label("rc{n}").unwrap())
        .build()
        .unwrap();
    let dated = VersionPolicy::builder(calendar("YYYY.MM.MICRO"))
        .candidate(CandidatePolicy::in_label("rc{n}").unwrap())
        .build()
        .unwrap();
    for (policy, released, candidate, next) in [
        (&integer, "12", "13-rc1", "13-rc2"),
        (&dated, "2025.10.4", "2025.11.0-rc1", "2025.11.0-rc2"),
    ] {
        let read = |text: &str| policy.scheme().parse(text).unwrap();
        for impact in [Impact::None, Impact::Fix, Impact::Feature, Impact::Breaking] {
            for released in [None, Some(read(released))] {
                let found = policy.next_candidate(&read(candidate), released.as_ref(), impact);
                assert_eq!(found.unwrap().text(), next, "{impact:?}");
            }
        }
    }
}

/// The releases of two majors, in an order that is none.
fn shuffled() -> Vec<(Version, NaiveDate)> {
    let rows = [
        ("1.4.2", "2025-05-01"),
        ("2.0.0", "2025-06-01"),
        ("1.3.0", "2025-01-01"),
        ("1.4.10", "2025-08-01"),
        ("1.4.0", "2025-03-01"),
        ("1.3.1", "2025-03-20"),
        ("1.4.1", "2025-04-01"),
    ];
    rows.map(|(text, date)| (text.parse().unwrap(), day(date)))
        .to_vec()
}

#[test]
fn lines_are_the_same_in_whatever_order_their_releases_come() {
    let policy = semver();
    let mut releases = shuffled();
    releases.sort();
    let expect = line_states(policy.scheme(), &releases);
    let highest: Vec<_> = expect
        .iter()
        .map(|state| state.highest.to_string())
        .collect();
    assert_eq!(highest, ["2.0.0", "1.4.10", "1.3.1"]);
    assert_eq!(
        (expect[1].opened, expect[1].latest),
        (day("2025-03-01"), day("2025-08-01"))
    );
    releases.reverse();
    assert_eq!(line_states(policy.scheme(), &releases), expect);
    let mut releases = shuffled();
    for _ in 0..releases.len() {
        releases.rotate_left(1);
        assert_eq!(line_states(policy.scheme(), &releases), expect);
    }
}

#[test]
fn a_hotfix_starts_from_the_highest_release_of_its_own_line() {
    let policy = semver();
    let mut existing: Vec<Version> = shuffled().into_iter().map(|(version, _)| version).collect();
    existing.push("1.4.11-rc.1".parse().unwrap());
    let base = |line: &str| {
        let line: Line = line.parse().unwrap();
        policy.hotfix_base(&line, &existing).map(Version::to_string)
    };
    assert_eq!(base("1.4.x").as_deref(), Some("1.4.10"));
    assert_eq!(base("1.3.x").as_deref(), Some("1.3.1"));
    assert_eq!(base("2.0.x").as_deref(), Some("2.0.0"));
    assert_eq!(base("1.5.x"), None);
    let hotfix = Request::after(&existing[0]).lane(Lane::Hotfix);
    assert_eq!(policy.next(&hotfix).unwrap().unwrap().text(), "1.4.3");
}

#[test]
fn reports_use_the_names_of_the_process_file() {
    for rule in [
        BelowOne::Semver,
        BelowOne::BreakingIsMinor,
        BelowOne::ZeroIsOpen,
    ] {
        assert_eq!(json!(rule.as_str()), serde_json::to_value(rule).unwrap());
    }
    for meaning in [
        Meaning::Release,
        Meaning::Candidate,
        Meaning::StableSuffix,
        Meaning::Manifest,
    ] {
        let name = serde_json::to_value(meaning).unwrap();
        assert_eq!(json!(meaning.as_str()), name);
        assert_eq!(json!(meaning.to_string()), name);
    }
    assert_eq!(scheme(SchemeKind::Semver).name(), "semver");
    assert_eq!(scheme(calendar("YYWW.PATCH")).name(), "calendar");
    let error = "fortnight".parse::<Period>().unwrap_err();
    assert_eq!(error.input(), "fortnight");
    let error = "huge".parse::<Level>().unwrap_err();
    assert_eq!(error.input(), "huge");
    assert_eq!(
        error.to_string(),
        "unknown level `huge`, expected one of patch, minor, major"
    );
}

#[test]
fn a_policy_gives_what_its_table_says() {
    let policy: VersionPolicy = serde_json::from_value(json!({
        "scheme": "semver", "below-one": "semver", "unique": "every-commit",
        "cadence": {"every": "2w", "anchor": "2022-11-03"},
        "schedule": [{"at": "T-7d", "action": "freeze"}, {"at": "T", "action": "release"}],
        "support": {"newest": 2},
        "group": [{"name": "all", "sharing": "lockstep", "packages": ["a", "b"]}],
    }))
    .unwrap();
    assert_eq!(policy.unique(), Some(Uniqueness::EveryCommit));
    assert!(policy.cadence().is_some());
    assert_eq!(policy.schedule().len(), 2);
    assert_eq!(policy.support(), Some(&Support::Newest(2)));
    let written = serde_json::to_value(&policy).unwrap();
    assert_eq!(
        serde_json::to_value(policy.groups()).unwrap(),
        written["group"]
    );
    let bare = semver();
    assert_eq!((bare.unique(), bare.support()), (None, None));
    assert!(bare.cadence().is_none() && bare.schedule().is_empty());
    let written = serde_json::to_value(&bare).unwrap();
    assert_eq!(written.get("group"), None, "what is not set is not written");
}
