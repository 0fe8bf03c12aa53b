//! Strategies for property tests: versions, schemes, policies, histories.
//!
//! ```
//! use promenade_version::strategy;
//! use proptest::prelude::*;
//!
//! proptest!(|((scheme, version) in strategy::scheme_and_version())| {
//!     let text = scheme.format(&version)?;
//!     prop_assert_eq!(scheme.parse(&text)?, version);
//! });
//! ```

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use semver::{BuildMetadata, Prerelease, Version};

use crate::label::Stable;
use crate::{
    AfterRelease, BelowOne, CalendarFormat, CandidatePolicy, Impact, Lane, LaneRules, Level,
    Period, Scheme, SchemeKind, SeriesBase, VersionPolicy,
};

/// Any impact.
pub fn impact() -> impl Strategy<Value = Impact> {
    select(Impact::ALL.as_slice())
}

/// Any level.
pub fn level() -> impl Strategy<Value = Level> {
    select(Level::ALL.as_slice())
}

/// Any lane.
pub fn lane() -> impl Strategy<Value = Lane> {
    select(Lane::ALL.as_slice())
}

/// A component of a version: mostly small, now and then the largest there is.
pub fn component() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0_u64..4, 3 => 0_u64..1_000, 1 => u64::MAX - 1..=u64::MAX]
}

/// A version without suffixes.
pub fn plain_version() -> impl Strategy<Value = Version> {
    (component(), component(), component())
        .prop_map(|(major, minor, patch)| Version::new(major, minor, patch))
}

/// Any SemVer version, with or without prerelease and build metadata.
pub fn version() -> impl Strategy<Value = Version> {
    let identifier = || {
        prop_oneof![
            select(vec![
                "alpha", "beta", "rc", "pre", "dev", "hotfix", "x-y", "-"
            ])
            .prop_map(str::to_owned),
            component().prop_map(|number| number.to_string()),
            "[0-9a-f]{7,9}".prop_filter_map("a numeric identifier with a leading zero", |text| {
                Prerelease::new(&text).ok().map(|_| text)
            }),
        ]
    };
    let identifiers =
        || prop::collection::vec(identifier(), 0..4).prop_map(|identifiers| identifiers.join("."));
    (plain_version(), identifiers(), identifiers()).prop_filter_map(
        "identifiers that SemVer takes",
        |(mut version, pre, build)| {
            version.pre = Prerelease::new(&pre).ok()?;
            version.build = BuildMetadata::new(&build).ok()?;
            Some(version)
        },
    )
}

/// A day between 2001 and 2099.
pub fn date() -> impl Strategy<Value = NaiveDate> {
    (0_u64..36_000).prop_filter_map("a day of the calendar", |days| {
        NaiveDate::from_ymd_opt(2001, 1, 7)?.checked_add_days(Days::new(days))
    })
}

/// A span of one day to twelve weeks.
pub fn period() -> impl Strategy<Value = Period> {
    (1_u32..85, select(vec!['d', 'w'])).prop_filter_map("a period", |(count, unit)| {
        format!("{count}{unit}").parse().ok()
    })
}

/// A calendar format.
pub fn calendar_format() -> impl Strategy<Value = CalendarFormat> {
    let formats = vec![
        "YYWW.PATCH",
        "YYYY.0M.MICRO",
        "YYYY.MM.DD",
        "YY.0M",
        "0Y0M.MICRO",
        "YYYY.0W",
        "YY.MM.MICRO",
        "YYYY.MINOR.PATCH",
        "YYYYMMDD",
        "YYYY0M0D.PATCH",
        "MAJOR.YYYY.MICRO",
        "YYYY.WW.PATCH",
    ];
    select(formats).prop_filter_map("a format", |text| text.parse().ok())
}

/// The numbers of a scheme.
pub fn scheme_kind() -> impl Strategy<Value = SchemeKind> {
    prop_oneof![
        3 => Just(SchemeKind::Semver),
        2 => Just(SchemeKind::MajorMinor),
        1 => Just(SchemeKind::Integer),
        2 => calendar_format().prop_map(SchemeKind::Calendar),
    ]
}

/// A scheme with any choice of candidate labels, stable suffixes and states of the manifest.
pub fn scheme() -> impl Strategy<Value = Scheme> {
    let labels = prop_oneof![
        subsequence(vec!["alpha.{n}", "beta.{n}", "rc.{n}"], 0..=3),
        subsequence(
            vec!["alpha{n}", "beta-{n}", "prerelease{n}", "rc{n}"],
            0..=4
        ),
        subsequence(vec!["pre", "prerelease"], 0..=2),
    ];
    let stable = subsequence(vec!["hotfix", "{hex}", "sp{n}", "fix.{n}"], 0..=4);
    let states = subsequence(vec!["dev", "unstable", "snapshot{n}"], 0..=3);
    (scheme_kind(), labels, stable, states).prop_filter_map(
        "a sound scheme",
        |(kind, labels, stable, states)| {
            let builder = Scheme::builder(kind);
            let builder = labels
                .into_iter()
                .fold(builder, |b, label| b.candidate(label));
            let builder = stable
                .into_iter()
                .fold(builder, |b, suffix| b.stable(suffix));
            states
                .into_iter()
                .fold(builder, |b, state| b.manifest(state))
                .build()
                .ok()
        },
    )
}

/// A version of a scheme, with any suffix that the scheme declares.
pub fn version_of(scheme: &Scheme) -> BoxedStrategy<Version> {
    let suffixes = suffix_texts(scheme);
    let numbers = numbers_of(scheme.kind());
    let scheme = scheme.clone();
    (numbers, select(suffixes), component())
        .prop_filter_map("a version of the scheme", move |(text, suffix, number)| {
            let suffix = suffix.replace("{n}", &number.to_string());
            scheme.parse(&format!("{text}{suffix}")).ok()
        })
        .boxed()
}

/// A scheme, and a version of it.
pub fn scheme_and_version() -> impl Strategy<Value = (Scheme, Version)> {
    scheme().prop_flat_map(|scheme| {
        let version = version_of(&scheme);
        (Just(scheme), version)
    })
}

/// A policy over any scheme.
pub fn policy() -> impl Strategy<Value = VersionPolicy> {
    let below = select(vec![
        BelowOne::Semver,
        BelowOne::BreakingIsMinor,
        BelowOne::ZeroIsOpen,
    ]);
    let base = select(vec![
        SeriesBase::Keep,
        SeriesBase::FromRelease,
        SeriesBase::FromCandidate,
    ]);
    let candidate = prop::option::of((any::<bool>(), any::<bool>(), 0_u64..2, base));
    let after = select(vec!["none", "next-in-manifest", "dev"]);
    (scheme_kind(), below, candidate, after, level()).prop_filter_map(
        "a sound policy",
        |(kind, below, candidate, after, floor)| {
            let after = match after {
                "none" => AfterRelease::None,
                "next-in-manifest" => AfterRelease::NextInManifest,
                marker => AfterRelease::Marker(marker.parse().ok()?),
            };
            let lanes = LaneRules::default().at_least(Lane::Regular, floor).ok()?;
            let builder = VersionPolicy::builder(kind)
                .below_one(below)
                .after_release(after)
                .lanes(lanes)
                .stable_suffix("hotfix".parse().ok()?);
            let Some((in_label, progress, start, base)) = candidate else {
                return builder.build().ok();
            };
            let candidate = match (in_label, progress) {
                (true, true) => CandidatePolicy::in_label("rc.{n}")
                    .ok()?
                    .earlier("alpha.{n}")
                    .ok()?
                    .earlier("beta.{n}")
                    .ok()?
                    .start(start)
                    .ok()?,
                (true, false) => CandidatePolicy::in_label("prerelease{n}")
                    .ok()?
                    .start(start)
                    .ok()?,
                (false, _) => CandidatePolicy::in_patch("pre")
                    .ok()?
                    .legacy("prerelease")
                    .ok()?,
            };
            builder.candidate(candidate.base(base)).build().ok()
        },
    )
}

/// A policy, and versions that exist under it: releases, candidates, states of the manifest.
pub fn policy_and_versions() -> impl Strategy<Value = (VersionPolicy, Vec<Version>)> {
    policy().prop_flat_map(|policy| {
        let versions = prop::collection::vec(version_of(policy.scheme()), 0..24);
        (Just(policy), versions)
    })
}

fn numbers_of(kind: &SchemeKind) -> BoxedStrategy<String> {
    match kind {
        SchemeKind::Semver => plain_version()
            .prop_map(|version| version.to_string())
            .boxed(),
        SchemeKind::MajorMinor => plain_version()
            .prop_map(|version| match version.patch {
                0 => format!("{}.{}", version.major, version.minor),
                _ => version.to_string(),
            })
            .boxed(),
        SchemeKind::Integer => component().prop_map(|number| number.to_string()).boxed(),
        SchemeKind::Calendar(format) => {
            let format = format.clone();
            (date(), [component(), component(), component()])
                .prop_filter_map("a day of the format", move |(date, counters)| {
                    let parts = format.of_date(date)?;
                    let mut numbers = counters;
                    for (at, (slot, part)) in numbers.iter_mut().zip(parts).enumerate() {
                        *slot = part.unwrap_or(if at < format.len() { *slot } else { 0 });
                    }
                    format.format(numbers).ok()
                })
                .boxed()
        }
    }
}

fn suffix_texts(scheme: &Scheme) -> Vec<String> {
    let mut texts = vec![String::new()];
    let (labels, stable) = scheme.suffixes().declared();
    texts.extend(labels.map(|label| format!("-{label}")));
    for suffix in stable {
        texts.push(match &suffix.0 {
            Stable::Hex => "-ce60d74".to_owned(),
            Stable::Label(label) => format!("-{label}"),
        });
    }
    if *scheme.kind() == SchemeKind::Semver {
        texts.extend([
            "-beta.x.{n}".to_owned(),
            "+build.7".to_owned(),
            "-{n}+meta".to_owned(),
        ]);
    }
    texts
}
