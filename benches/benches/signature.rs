//! Tags: verifying a signed one against `git verify-tag`, and reading many against git.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};
use promenade::git::{CommitRequest, Ident, Repository, TagCheck, TagRequest};
use promenade::signature::{
    GpgSigner, MakeSignature, PgpKeys, PgpVerifier, SshKey, SshVerifier, VerifySignature,
};

/// How many annotated tags are read.
const TAGS: usize = 50_000;

fn run(dir: &Path, program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(args)
        .current_dir(dir)
        .env("GNUPGHOME", dir.join(".git/g"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {args:?}");
    output.stdout
}

fn sign(repository: &Repository, name: &str, signer: &dyn MakeSignature) {
    let who = Ident::new(
        "Ada",
        "ada@example.org",
        "2026-01-05T09:00:00Z".parse().unwrap(),
    )
    .unwrap();
    let request = CommitRequest::new("main", name, who.clone()).file("VERSION", name);
    let commit = repository.commit(&request).unwrap();
    let sign = |bytes: &[u8]| signer.sign("git", bytes).map_err(|error| error.to_string());
    let tag = TagRequest::new(name, commit, "Release", who);
    repository.create_tag(&tag.signed(&sign)).unwrap();
}

/// T6: at most a fifth of `git verify-tag`, which starts a program or two.
fn verify(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let repository = Repository::init(path).unwrap();
    let key = SshKey::from_seed(&[7; 32]);
    let line = key.allowed_signers_line("ada@example.org");
    std::fs::write(path.join(".git/allowed"), &line).unwrap();
    run(
        path,
        "git",
        &["config", "gpg.ssh.allowedSignersFile", ".git/allowed"],
        b"",
    );
    sign(&repository, "ssh", &key);
    let home = path.join(".git/g");
    std::fs::create_dir(&home).unwrap();
    std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let make = [
        "--batch",
        "--passphrase=",
        "--quick-gen-key",
        "ada@example.org",
        "ed25519",
        "sign",
        "0",
    ];
    run(path, "gpg", &make, b"");
    let listed = run(path, "gpg", &["--with-colons", "--list-keys"], b"");
    let listed = String::from_utf8(listed).unwrap();
    let line_of_key = listed
        .lines()
        .find(|line| line.starts_with("fpr:"))
        .unwrap();
    let fingerprint = line_of_key.split(':').nth(9).unwrap();
    let limit = std::time::Duration::from_secs(30);
    sign(
        &repository,
        "pgp",
        &GpgSigner::new(Path::new("gpg"), Some(&home), fingerprint, limit),
    );
    let keys = run(path, "gpg", &["--export"], b"");
    let ssh = SshVerifier::new(line.parse().unwrap());
    let pgp = PgpVerifier::new(PgpKeys::parse(&keys).unwrap());

    for (name, format, verifier) in [
        ("ssh", "ssh", &ssh as &dyn VerifySignature),
        ("pgp", "openpgp", &pgp),
    ] {
        let mut group = criterion.benchmark_group(format!("T6 verify a tag signed with {name}"));
        group.sample_size(20);
        group.bench_function("ours", |bencher| {
            bencher.iter(|| {
                let check = TagCheck {
                    verifier,
                    signers: &[],
                    now: "2090-01-01T00:00:00Z".parse().unwrap(),
                    recorded: &BTreeMap::new(),
                };
                let reports = repository.verify_tags(&[name], &check).unwrap();
                assert!(reports[0].is_good(), "{reports:?}");
            });
        });
        let format = format!("gpg.format={format}");
        group.bench_function("peer: git verify-tag", |bencher| {
            bencher.iter(|| run(path, "git", &["-c", &format, "verify-tag", name], b""));
        });
        group.finish();
    }
    let _ = Command::new("gpgconf")
        .args(["--kill", "all"])
        .env("GNUPGHOME", &home)
        .output();
}

/// T7: 50,000 annotated tags read and decoded, at most one second of one processor.
fn read(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let repository = Repository::init(path).unwrap();
    let mut stream = String::from(
        "commit refs/heads/main\nmark :1\ncommitter A <a@x> 1767225600 +0000\ndata 1\nx\n",
    );
    for number in 0..TAGS {
        let _ = write!(
            stream,
            "tag v0.{number}.0\nfrom :1\ntagger A <a@x> 1767225600 +0000\ndata 7\nRelease\n"
        );
    }
    run(path, "git", &["fast-import", "--quiet"], stream.as_bytes());
    run(path, "git", &["pack-refs", "--all"], b"");
    let mut group = criterion.benchmark_group("T7 read and decode 50,000 annotated tags");
    group.sample_size(10);
    group.bench_function("ours", |bencher| {
        bencher.iter(|| assert_eq!(repository.tags().unwrap().len(), TAGS));
    });
    let format = "--format=%(refname) %(*objectname) %(taggerdate)";
    group.bench_function("peer: git for-each-ref", |bencher| {
        bencher.iter(|| run(path, "git", &["for-each-ref", format, "refs/tags"], b""));
    });
    group.finish();
}

criterion_group!(benches, verify, read);
criterion_main!(benches);
