//! Changelogs: parse, cut and notes, beside parse-changelog, pulldown-cmark and a bare scan of the
//! lines.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use promenade::changelog::{Changelog, ChangelogPolicy, Cut};

/// Writes a changelog of about `size` bytes, in the shape that real ones have.
fn document(size: usize) -> String {
    let mut body = String::from(
        "# Changelog\n\nAll notable changes.\n\n## [Unreleased]\n\n### Added\n\n- Something new.\n\n",
    );
    let mut links = String::new();
    let top = size / 1200 + 1;
    for minor in (1..=top).rev() {
        if body.len() + links.len() > size {
            break;
        }
        body.push_str(&format!("## [0.{minor}.0] - 2020-01-02\n\n"));
        for category in ["Added", "Changed", "Fixed"] {
            body.push_str(&format!("### {category}\n\n"));
            for part in 0..2 {
                body.push_str(&format!(
                    "- Make part {part} of the parser accept what people write. \
                     ([#{minor}](https://forge.example/acme/app/pull/{minor}))\n"
                ));
            }
            body.push_str("  A second line says why.\n\n");
        }
        let before = minor - 1;
        links.push_str(&format!(
            "[0.{minor}.0]: https://forge.example/acme/app/compare/v0.{before}.0...v0.{minor}.0\n"
        ));
    }
    format!("{body}[Unreleased]: https://forge.example/acme/app/compare/v0.{top}.0...HEAD\n{links}")
}

/// The physical limit: where the lines are, and what each starts with.
fn line_scan(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut headings) = (0, 0);
    while at < bytes.len() {
        headings += usize::from(bytes[at] == b'#');
        at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
    }
    headings
}

const SIZES: [(&str, usize); 2] = [("100kB", 100_000), ("10MB", 10_000_000)];

fn parse(c: &mut Criterion) {
    for (name, size) in SIZES {
        let text = document(size);
        let mut group = c.benchmark_group(format!("changelog/parse/{name}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.sample_size(20);
        group.bench_function("promenade", |b| {
            b.iter(|| Changelog::parse(black_box(&text)).sections().len());
        });
        group.bench_function("peer: parse-changelog", |b| {
            b.iter(|| parse_changelog::parse(black_box(&text)).unwrap().len());
        });
        group.bench_function("peer: pulldown-cmark", |b| {
            b.iter(|| pulldown_cmark::Parser::new(black_box(&text)).count());
        });
        group.bench_function("limit: line scan", |b| {
            b.iter(|| line_scan(black_box(&text)))
        });
        group.finish();
    }
}

fn edit(c: &mut Criterion) {
    for (name, size) in SIZES {
        let text = document(size);
        let mut group = c.benchmark_group(format!("changelog/edit/{name}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.sample_size(20);
        let policy = ChangelogPolicy::default();
        let cut = Cut::new("99999.0.0", "2030-01-02".parse().unwrap());
        let changelog = Changelog::parse(&text);
        group.bench_function("cut-and-apply", |b| {
            b.iter(|| {
                let edits = changelog.cut(&cut, &policy).unwrap();
                edits.apply(&text).unwrap().len()
            });
        });
        group.bench_function("add-and-apply", |b| {
            b.iter(|| {
                let edits = changelog.add(Some("Fixed"), "New.", &policy).unwrap();
                edits.apply(&text).unwrap().len()
            });
        });
        let oldest = changelog
            .releases()
            .last()
            .and_then(|s| s.version())
            .unwrap();
        group.bench_function("notes", |b| {
            b.iter(|| changelog.notes(oldest).unwrap().len());
        });
        group.bench_function("limit: copy of the file", |b| {
            b.iter(|| black_box(&text).clone().len());
        });
        group.finish();
    }
}

criterion_group!(benches, parse, edit);
criterion_main!(benches);
