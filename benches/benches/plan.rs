//! Plans: the section of the commits since the last release, and the whole plan of a release, in a
//! repository of many tags and commits, beside `git log` of the same commits and git-cliff. The full sizes
//! are run as programs by `cargo xtask peers`.

use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use promenade::changelog::{Draft, DraftCommit, DraftLinks, draft};
use promenade::digest::Digest;
use promenade::git::{GitLedger, Ident, Repository, Work};
use promenade::process::port::repository::{Author, History as _};
use promenade::process::{Hand, Impacts, Plan, Planned, Planner, Process, ReleaseRequest};
use promenade::promotion::ledger::StreamId;
use promenade::promotion::{Actor, Artifacts, Command as Act, CommitId, Context, Journal, replay};

const TAGS: usize = 10_000;
const COMMITS: usize = 20_000;
/// As many as the cargo repository had after its last release when it was measured.
const UNRELEASED: usize = 411;

const PROCESS: &str = r#"
[process]
format = 1
name = "bench"

[version]
scheme = "semver"
below-one = "breaking-is-minor"

[commit]
message = "release: v{version}"

[changelog]
file = "CHANGELOG.md"

[[tag]]
class = "release"
template = "v{version}"
annotated = true
message = "Release {version}"
"#;

fn git(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(dir).args(args);
    command.stdout(Stdio::null());
    command
}

fn repository(dir: &Path) {
    let done = |args: &[&str]| assert!(git(dir, args).status().expect("git").success(), "{args:?}");
    done(&["init", "-q", "-b", "main"]);
    let mut import = git(dir, &["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("git");
    let stdin = import.stdin.take().expect("a pipe");
    let mut out = std::io::BufWriter::new(stdin);
    let mut write = |text: String| out.write_all(text.as_bytes()).expect("git reads");
    let changelog = "# Changelog\n\n## [Unreleased]\n\n- Everything.\n";
    for n in 0..COMMITS {
        let kind = if n % 3 == 0 { "feat" } else { "fix" };
        let message = format!("{kind}: number {n}\n");
        write(format!(
            "commit refs/heads/main\nmark :1\ncommitter A <a@forge.example> {} +0000\ndata {}\n{message}",
            1_600_000_000 + n,
            message.len()
        ));
        if n == 0 {
            write(format!(
                "M 100644 inline CHANGELOG.md\ndata {}\n{changelog}\n",
                changelog.len()
            ));
        }
        let last = COMMITS - UNRELEASED;
        if n < TAGS {
            let (major, minor, patch) = (n / 10_000, n / 100 % 100, n % 100);
            write(format!(
                "reset refs/tags/v{major}.{minor}.{patch}\nfrom :1\n\n"
            ));
        } else if n + 1 == last {
            write("reset refs/tags/v9.0.0\nfrom :1\n\n".to_owned());
        }
    }
    drop(out);
    assert!(import.wait().expect("git").success());
    done(&["config", "user.name", "A"]);
    done(&["config", "user.email", "a@forge.example"]);
    done(&["reset", "-q", "--hard"]);
    done(&["pack-refs", "--all"]);
    done(&["commit-graph", "write", "--reachable"]);
}

/// A repository whose tip is built and recorded.
struct Site {
    dir: tempfile::TempDir,
    process: Process,
    stream: StreamId,
    who: Ident,
    tip: CommitId,
    hand: Hand,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        repository(dir.path());
        let at: DateTime<Utc> = "2026-11-02T09:00:00Z".parse().expect("a time");
        let process = Process::parse("bench", PROCESS).expect("a process");
        let stream = StreamId::new("ledger").expect("a name");
        let who = Ident::new("A", "a@forge.example", at.fixed_offset()).expect("who");
        let opened = Repository::open(dir.path()).expect("a repository");
        let ledger = GitLedger::new(&opened, &who);
        let tip = CommitId::new(opened.head().expect("a commit").as_str()).expect("an id");
        let artifacts = Artifacts::new([("app", Digest::sha256(b"app"))]).expect("artifacts");
        let built = Act::RecordBuild {
            artifacts,
            commit: tip.clone(),
            version: None,
        };
        let actor: Actor = "ci:build".parse().expect("an actor");
        let asking = Context::new(actor.clone(), at);
        let journal = Journal::new(&ledger, stream.clone(), process.promotion());
        let op = "op-1".parse().expect("an id");
        let _ = journal.run(&op, &built, &asking).expect("a record");
        let author = Author {
            name: "A".to_owned(),
            email: "a@forge.example".to_owned(),
        };
        let hand = Hand {
            actor,
            author,
            at,
            signs: false,
        };
        Self {
            dir,
            process,
            stream,
            who,
            tip,
            hand,
        }
    }

    fn section(&self) -> (Impacts, Draft) {
        let repository = Repository::open(self.dir.path()).expect("a repository");
        let work = Work::new(&repository);
        let last = work.find("refs/tags/v9.0.0").expect("git").expect("a tag");
        let commits = work.commits(Some(&last), &self.tip).expect("commits");
        let impacts = Impacts::of_commits(&commits, None);
        let commits: Vec<_> = commits
            .into_iter()
            .map(|facts| DraftCommit {
                id: facts.id,
                message: facts.message,
            })
            .collect();
        assert_eq!(commits.len(), UNRELEASED);
        (impacts, draft(&commits, &DraftLinks::plain()))
    }

    fn plan(&self) -> Box<Plan> {
        let repository = Repository::open(self.dir.path()).expect("a repository");
        let ledger = GitLedger::new(&repository, &self.who);
        let (state, head) = replay(&ledger, &self.stream).expect("a ledger");
        let planner = Planner::new(&self.process, &self.stream, &state, head, &self.hand);
        let version = "9.1.0".parse().expect("a version");
        let request = ReleaseRequest::direct(version, "main");
        let planned = planner.release(&Work::new(&repository), &request);
        match planned.expect("a plan") {
            Planned::Ready(plan) => plan,
            Planned::Held { blockers, .. } => panic!("held: {blockers:?}"),
        }
    }

    /// Times a program, if it is there.
    fn program(&self, group: &mut BenchmarkGroup<'_, WallTime>, name: &str, args: &[&str]) {
        let mut run = Command::new(name);
        run.args(args).current_dir(self.dir.path());
        run.stdout(Stdio::null()).stderr(Stdio::null());
        if run.status().is_ok() {
            let name = format!("peer: {name}");
            group.bench_function(name, |b| b.iter(|| run.status().expect("it ran")));
        }
    }
}

const LOG: &[&str] = &["log", "--format=%H%n%B", "v9.0.0..HEAD"];

fn plans(c: &mut Criterion) {
    let site = Site::new();
    let mut group = c.benchmark_group("section-of-the-commits-since-the-last-release");
    group.sample_size(20);
    group.bench_function("promenade", |b| b.iter(|| black_box(site.section())));
    site.program(&mut group, "git", LOG);
    site.program(&mut group, "git-cliff", &["--unreleased", "--offline"]);
    group.finish();

    let mut group = c.benchmark_group("plan-of-a-release");
    group.sample_size(20);
    group.bench_function("promenade", |b| {
        b.iter(|| {
            let plan = site.plan();
            assert!(plan.steps().len() >= 3, "{plan}");
            black_box(plan)
        });
    });
    site.program(&mut group, "git", LOG);
    group.finish();
}

criterion_group!(benches, plans);
criterion_main!(benches);
