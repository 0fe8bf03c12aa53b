//! Digests against coreutils, openssl and nix-hash, in CPU seconds where the peer is a program and
//! in wall time where threads are the question.
//!
//! Sizes: `PROMENADE_SLOW` takes the full ones (100,000 files, 10,000 lines, 1 GiB).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use promenade_digest::fs::{check_files, record_build, record_build_parallel, tree_id};
use promenade_digest::image::{Limits, read_archive, read_archive_parallel};
use promenade_digest::{
    Algorithm, ChecksumFile, ChecksumFormat, ChecksumLine, Digest, hash, unobserved,
};

fn scale(ci: usize, slow: usize) -> usize {
    if std::env::var_os("PROMENADE_SLOW").is_some() {
        slow
    } else {
        ci
    }
}

/// The CPU time of this thread so far, in nanoseconds.
fn own_cpu() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split(' ').next().and_then(|word| word.parse().ok());
    Duration::from_nanos(first.unwrap_or_default())
}

/// The CPU time of all programs that were run and waited for, in ticks of 10 ms.
fn children_cpu() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    // Fields 16 and 17 of the whole line; the first of the rest is field 3.
    let ticks = after_name.split(' ').skip(13).take(2);
    let ticks: u64 = ticks.filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

fn ours(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut run: impl FnMut()) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| {
            let start = own_cpu();
            (0..count).for_each(|_| run());
            own_cpu() - start
        });
    });
}

/// Runs a shell command, and says whether it succeeded.
fn shell(dir: &Path, script: &str) -> bool {
    let mut command = Command::new("sh");
    command.current_dir(dir).args(["-c", script]);
    let status = command.stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// A shell command as a peer; left out where the program is missing.
fn peer(group: &mut BenchmarkGroup<'_, WallTime>, program: &str, dir: &Path, script: &str) {
    if !shell(dir, &format!("command -v {program}")) {
        return;
    }
    group.bench_function(format!("peer: {program}"), |bencher| {
        bencher.iter_custom(|count| {
            let start = children_cpu();
            for _ in 0..count {
                assert!(shell(dir, script), "{script}");
            }
            children_cpu() - start
        });
    });
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(3));
    group
}

/// T1: one file; openssl and coreutils as peers.
fn file(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, vec![7; scale(256 << 20, 1 << 30)]).unwrap();
    let mut group = group(criterion, "digest/file (CPU)");
    ours(&mut group, "ours", || {
        let _ = black_box(hash(File::open(&path).unwrap(), Algorithm::Sha256).unwrap());
    });
    peer(&mut group, "openssl", dir.path(), "openssl sha256 file");
    peer(&mut group, "sha256sum", dir.path(), "sha256sum file");
    group.finish();
}

/// Files of 6 KiB, a thousand to a directory.
fn plant(dir: &Path, count: usize) {
    for n in 0..count {
        let sub = dir.join(format!("d{}", n / 1000));
        if n % 1000 == 0 {
            fs::create_dir(&sub).unwrap();
        }
        let mut bytes = vec![7; 6 * 1024];
        bytes.splice(..8, n.to_le_bytes());
        fs::write(sub.join(format!("file-{n}")), bytes).unwrap();
    }
}

/// T3: a tree of many files.
fn tree(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    plant(dir.path(), scale(20_000, 100_000));
    let mut cpu = group(criterion, "digest/tree (CPU)");
    ours(&mut cpu, "ours", || {
        black_box(tree_id(dir.path(), &mut unobserved()).unwrap());
    });
    peer(&mut cpu, "nix-hash", dir.path(), "nix-hash --type sha256 .");
    let xargs = "find . -type f -print0 | xargs -0 sha256sum";
    peer(&mut cpu, "sha256sum", dir.path(), xargs);
    cpu.finish();
    let mut wall = group(criterion, "digest/files (wall)");
    wall.bench_function("one thread", |bencher| {
        bencher.iter(|| record_build(dir.path(), &mut unobserved()).unwrap());
    });
    let two = NonZeroUsize::MIN.saturating_add(1);
    wall.bench_function("two threads", |bencher| {
        bencher.iter(|| record_build_parallel(dir.path(), two, &mut unobserved()).unwrap());
    });
    // What two processors give to a peer in the same run.
    for (name, processes) in [
        ("peer: sha256sum, one process", 1),
        ("peer: sha256sum, two processes", 2),
    ] {
        let script = format!("find . -type f -print0 | xargs -0 -n 500 -P {processes} sha256sum");
        wall.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut command = Command::new("sh");
                command.current_dir(dir.path()).args(["-c", &script]);
                let status = command.stdout(Stdio::null()).status();
                assert!(status.is_ok_and(|status| status.success()), "{script}");
            });
        });
    }
    wall.finish();
}

/// T4: a checksum file of many lines, read, selected and checked.
fn checksums(criterion: &mut Criterion) {
    for size in [6_000, 64_000] {
        checksums_of(criterion, size);
    }
}

/// The least that can be done for a file: open it, ask what it is, read it, hash it.
fn bare(path: &Path, buffer: &mut [u8]) -> Digest {
    let mut file = File::open(path).unwrap();
    let size = usize::try_from(file.metadata().unwrap().len()).unwrap();
    file.read_exact(&mut buffer[..size]).unwrap();
    Digest::sha256(&buffer[..size])
}

fn checksums_of(criterion: &mut Criterion, size: usize) {
    let dir = tempfile::tempdir().unwrap();
    let count = 10_000;
    let mut lines = Vec::new();
    for n in 0..count {
        let (name, bytes) = (format!("file-{n}"), vec![7; size + n % 300]);
        fs::write(dir.path().join(&name), &bytes).unwrap();
        lines.push(ChecksumLine::new(name, Digest::sha256(&bytes)));
    }
    let file = ChecksumFile::new(lines).unwrap();
    let sums = dir.path().join("SUMS");
    fs::write(&sums, file.render(ChecksumFormat::Gnu)).unwrap();
    let name = format!("digest/checksum file, entries of {size} bytes (CPU)");
    let mut group = group(criterion, &name);
    ours(&mut group, "ours", || {
        let bytes = fs::read(&sums).unwrap();
        let file = ChecksumFile::parse(&bytes, ChecksumFormat::Gnu).unwrap();
        let names: BTreeMap<_, _> = file.names().unwrap();
        let checked = check_files(dir.path(), &names, &mut unobserved()).unwrap();
        assert!(checked.iter().all(|file| file.outcome.is_ok()));
    });
    let mut buffer = vec![0; 1 << 17];
    ours(&mut group, "limit: open, stat, read, hash", || {
        for n in 0..count {
            let _ = black_box(bare(&dir.path().join(format!("file-{n}")), &mut buffer));
        }
    });
    peer(&mut group, "sha256sum", dir.path(), "sha256sum -c SUMS");
    group.finish();
}

/// A docker archive of one layer.
fn docker_archive(path: &Path, size: usize) {
    let layer = vec![7; size];
    let diff_id = Digest::sha256(&layer);
    let config =
        format!(r#"{{"os":"linux","architecture":"amd64","rootfs":{{"diff_ids":["{diff_id}"]}}}}"#);
    let name = format!("{}.json", Digest::sha256(config.as_bytes()).encoded());
    let manifest = format!(r#"[{{"Config":"{name}","RepoTags":null,"Layers":["l.tar"]}}]"#);
    let mut tar = tar::Builder::new(File::create(path).unwrap());
    for (name, bytes) in [
        ("l.tar", layer.as_slice()),
        (name.as_str(), config.as_bytes()),
        ("manifest.json", manifest.as_bytes()),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).unwrap();
    }
    tar.finish().unwrap();
}

/// T5: an archive and the files in it, in one pass; the limit is the hash of the archive alone.
fn archive(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("save.tar");
    docker_archive(&path, scale(128 << 20, 1 << 30));
    let open = || File::open(&path).unwrap();
    let limits = Limits::default();
    let mut cpu = group(criterion, "digest/archive (CPU)");
    ours(&mut cpu, "limit: archive alone", || {
        let _ = black_box(hash(open(), Algorithm::Sha256).unwrap());
    });
    ours(&mut cpu, "archive and files", || {
        black_box(read_archive(open(), &limits, &mut unobserved()).unwrap());
    });
    cpu.finish();
    let mut wall = group(criterion, "digest/archive (wall)");
    let timed = |count, run: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..count).for_each(|_: u64| run());
        start.elapsed()
    };
    wall.bench_function("limit: archive alone", |bencher| {
        bencher.iter_custom(|count| {
            timed(count, &mut || {
                let _ = black_box(hash(open(), Algorithm::Sha256).unwrap());
            })
        });
    });
    wall.bench_function("archive and files, two threads", |bencher| {
        bencher.iter_custom(|count| {
            timed(count, &mut || {
                black_box(read_archive_parallel(open(), &limits, &mut unobserved()).unwrap());
            })
        });
    });
    wall.finish();
}

criterion_group!(benches, file, tree, checksums, archive);
criterion_main!(benches);
