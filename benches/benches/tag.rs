//! Tags: classify and sort 100,000 names, beside `git tag --sort=v:refname` and a bare scan.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use promenade::tag::{Class, TagPolicy, TagRule};
use promenade::version::{Scheme, Version};

const COMMIT: &str = "2478748ea9d2bdab4c63fae580456cc50c00f7aa";

/// Names as a busy repository has them: releases, candidates, and some that are neither.
fn names(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| {
            let (major, minor, patch) = (n / 10_000, n / 100 % 100, n % 100);
            match n % 10 {
                0 => format!("build-{n}"),
                1..=3 => format!("v{major}.{minor}.{patch}-rc.{}", n % 7),
                _ => format!("v{major}.{minor}.{patch}"),
            }
        })
        .collect()
}

fn policy() -> TagPolicy {
    let rule = |class| TagRule::new(class, "v{version}".parse().expect("a template"));
    let rules = vec![rule(Class::Candidate), rule(Class::Release)];
    TagPolicy::build(rules, &Scheme::semver()).expect("a policy")
}

/// A rule for each of many components, as monorepos have them.
fn components_policy(count: usize) -> TagPolicy {
    let rules = (0..count).map(|n| {
        let template = format!("part{n}/v{{version}}");
        TagRule::new(Class::Release, template.parse().expect("a template"))
    });
    TagPolicy::build(rules.collect(), &Scheme::semver()).expect("a policy")
}

/// What any tool must do at least: cut the prefix, parse the version, sort.
fn bare<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(Version, &'a str)> {
    let mut versions: Vec<_> = names
        .filter_map(|name| Some((Version::parse(name.strip_prefix('v')?).ok()?, name)))
        .collect();
    versions.sort_unstable();
    versions
}

fn classified<'a>(
    policy: &'a TagPolicy,
    names: impl Iterator<Item = &'a str>,
) -> Vec<(Version, &'a str)> {
    let mut versions: Vec<_> = names
        .filter_map(|name| Some((policy.read(name).version?, name)))
        .collect();
    versions.sort_unstable();
    versions
}

/// The names of the tags in a packed-refs file.
fn packed(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter_map(|line| line.split_once(" refs/tags/").map(|(_, name)| name))
}

/// Makes a bare repository whose tags are packed: the ref store that git itself makes of so many.
fn repository(dir: &Path, names: &[String]) {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        let command = command.arg("-C").arg(dir).args(args).stdout(Stdio::null());
        assert!(command.status().expect("git").success(), "{args:?}");
    };
    git(&["init", "-q", "--bare"]);
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort();
    let mut text = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
    for name in sorted {
        let _ = writeln!(text, "{COMMIT} refs/tags/{name}");
    }
    std::fs::write(dir.join("packed-refs"), text).expect("packed-refs");
}

fn tags(c: &mut Criterion) {
    let policy = policy();
    let mut group = c.benchmark_group("tags/classify-and-sort");
    // The cost is linear: a name costs the same in a repository of any size.
    for count in [10_000, 100_000, 1_000_000] {
        group.sample_size(if count > 100_000 { 10 } else { 20 });
        let names = names(count);
        group.throughput(Throughput::Elements(count as u64));
        let all = || names.iter().map(String::as_str);
        assert_eq!(classified(&policy, all()), bare(all()));
        group.bench_function(BenchmarkId::new("promenade", count), |b| {
            b.iter(|| black_box(classified(&policy, all())));
        });
        group.bench_function(BenchmarkId::new("limit: semver and sort", count), |b| {
            b.iter(|| black_box(bare(all())));
        });
    }
    group.finish();

    let dir = tempfile::tempdir().expect("a directory");
    let names = names(100_000);
    repository(dir.path(), &names);
    let file = dir.path().join("packed-refs");
    let mut group = c.benchmark_group("tags/list-classify-sort/100000");
    group.sample_size(10);
    group.bench_function("promenade", |b| {
        b.iter(|| {
            let text = std::fs::read_to_string(&file).expect("packed-refs");
            black_box(classified(&policy, packed(&text)).len())
        });
    });
    group.bench_function("limit: scan, semver and sort", |b| {
        b.iter(|| {
            let text = std::fs::read_to_string(&file).expect("packed-refs");
            black_box(bare(packed(&text)).len())
        });
    });
    group.bench_function("peer: git for-each-ref --sort=v:refname", |b| {
        b.iter(|| {
            let mut command = Command::new("git");
            command.arg("-C").arg(dir.path());
            command.args([
                "for-each-ref",
                "--sort=v:refname",
                "--format=%(refname)",
                "refs/tags",
            ]);
            black_box(command.output().expect("git").stdout.len())
        });
    });
    group.finish();

    // Nor does a name cost more for every rule that is not its own.
    let mut group = c.benchmark_group("tags/read-among-rules");
    for components in [1, 10, 100] {
        let policy = components_policy(components);
        let name = format!("part{}/v1.24.3", components - 1);
        assert_eq!(policy.read(&name).class, Class::Release);
        group.bench_function(BenchmarkId::new("promenade", components), |b| {
            b.iter(|| black_box(policy.read(black_box(&name)).class));
        });
    }
    group.finish();

    let mut group = c.benchmark_group("tags/read-one");
    for name in ["v1.24.3", "v1.24.3-rc.1", "build-77"] {
        group.bench_function(BenchmarkId::new("promenade", name), |b| {
            b.iter(|| black_box(policy.read(black_box(name)).class));
        });
        group.bench_function(BenchmarkId::new("peer: semver", name), |b| {
            b.iter(|| {
                black_box(Version::parse(
                    black_box(name).strip_prefix('v').unwrap_or(name),
                ))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, tags);
criterion_main!(benches);
