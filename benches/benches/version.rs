//! Versions: parse, format and sort of a million, against the bare `semver` crate.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use promenade::version::{Scheme, SchemeKind, Version};

const COUNT: u64 = 1_000_000;

/// A million texts: half releases, a third numbered candidates, the rest with another suffix.
fn texts(release: impl Fn(u64) -> String, candidate: &str, other: &str) -> Vec<String> {
    (0..COUNT)
        .map(|at| {
            // A fixed scatter, so that neighbours are not in order.
            let scattered = at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            let base = release(scattered);
            match at % 6 {
                0..=2 => base,
                3 | 4 => format!(
                    "{base}-{}",
                    candidate.replace("{n}", &(scattered % 20).to_string())
                ),
                _ => format!("{base}-{other}"),
            }
        })
        .collect()
}

fn three(seed: u64) -> String {
    format!("{}.{}.{}", seed % 30, seed / 30 % 90, seed / 2_700 % 200)
}

fn two(seed: u64) -> String {
    match seed / 2_700 % 3 {
        0 => format!("{}.{}", seed % 30, seed / 30 % 90),
        patch => format!("{}.{}.{patch}", seed % 30, seed / 30 % 90),
    }
}

fn week(seed: u64) -> String {
    format!(
        "{}{:02}.{}",
        22 + seed % 9,
        1 + seed / 9 % 52,
        seed / 500 % 12
    )
}

struct Case {
    name: &'static str,
    scheme: Scheme,
    texts: Vec<String>,
}

fn cases() -> Vec<Case> {
    let declared = |kind: SchemeKind, candidate: &str| {
        Scheme::builder(kind)
            .candidate(candidate)
            .stable("hotfix")
            .manifest("dev")
            .build()
            .expect("the declaration is sound")
    };
    let calendar = SchemeKind::Calendar("YYWW.PATCH".parse().expect("the format is sound"));
    vec![
        Case {
            name: "semver",
            scheme: Scheme::semver(),
            texts: texts(three, "rc.{n}", "dev"),
        },
        Case {
            name: "semver-declared",
            scheme: declared(SchemeKind::Semver, "rc.{n}"),
            texts: texts(three, "rc.{n}", "dev"),
        },
        Case {
            name: "major-minor",
            scheme: declared(SchemeKind::MajorMinor, "prerelease{n}"),
            texts: texts(two, "prerelease{n}", "hotfix"),
        },
        Case {
            name: "calendar",
            scheme: declared(calendar, "pre"),
            texts: texts(week, "pre", "hotfix"),
        },
    ]
}

fn versions(criterion: &mut Criterion) {
    for case in cases() {
        let scheme = &case.scheme;
        let values: Vec<Version> = case
            .texts
            .iter()
            .map(|text| scheme.parse(text).expect("made by the scheme"))
            .collect();
        // The limit reads and prints what the same values look like in plain SemVer.
        let plain: Vec<String> = values.iter().map(Version::to_string).collect();
        for (what, ours) in [("parse", 0), ("format", 1), ("sort", 2)] {
            let mut group = criterion.benchmark_group(format!("version-{what}/{}", case.name));
            group.throughput(Throughput::Elements(COUNT));
            group.sample_size(10);
            group.warm_up_time(Duration::from_millis(300));
            group.measurement_time(Duration::from_secs(2));
            group.bench_function(BenchmarkId::new("peer: semver", ours), |bench| match ours {
                0 => bench.iter(|| {
                    plain
                        .iter()
                        .filter(|text| Version::parse(black_box(text)).is_ok())
                        .count()
                }),
                1 => bench.iter(|| {
                    values
                        .iter()
                        .map(|v| black_box(v).to_string().len())
                        .sum::<usize>()
                }),
                _ => bench.iter_batched(
                    || values.clone(),
                    |mut v| {
                        v.sort_unstable();
                        v
                    },
                    criterion::BatchSize::LargeInput,
                ),
            });
            group.bench_function(BenchmarkId::new("promenade", ours), |bench| match ours {
                0 => bench.iter(|| {
                    case.texts
                        .iter()
                        .filter(|text| scheme.parse(black_box(text)).is_ok())
                        .count()
                }),
                1 => bench.iter(|| {
                    values
                        .iter()
                        .filter_map(|v| scheme.format(black_box(v)).ok())
                        .map(|t| t.len())
                        .sum::<usize>()
                }),
                _ => bench.iter_batched(
                    || values.clone(),
                    |mut v| {
                        v.sort_unstable();
                        v
                    },
                    criterion::BatchSize::LargeInput,
                ),
            });
            group.finish();
        }
    }
}

criterion_group!(benches, versions);
criterion_main!(benches);
