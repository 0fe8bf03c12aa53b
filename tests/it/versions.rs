//! Every place that names the version says the same, before a tag is made.

use promenade::git::{CommitRequest, Ident, Repository, Work};
use promenade::process::port::repository::Author;
use promenade::process::{Hand, PlanError, Planned, Planner, Process, ReleaseRequest};
use promenade::promotion::ledger::{MemoryLedger, StreamId};
use promenade::promotion::{Artifacts, Command, Context, Done, Journal, replay};
use promenade::version::Version;

const MANIFEST: &str = "[package]\nname = \"acme\"\nversion = \"0.5.0\"\nedition = \"2024\"\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"acme\"\nversion = \"0.1.0\"\n";

/// A process that tags commits as they are: nothing is edited on the way.
const PROCESS: &str = r#"
[process]
format = 1
name = "acme"

[version]
scheme = "semver"
below-one = "breaking-is-minor"

[[tag]]
class = "release"
template = "v{version}"

[[manifest]]
kind = "cargo"
path = "Cargo.toml"

[[environment]]
name = "production"
accepts = "release"
"#;

/// The lesson of RustShare 0.5.1: a lock file that still says 0.1.0 must stop the tag of 0.5.0.
fn plan(lock: &str) -> Result<Planned, PlanError> {
    let dir = tempfile::tempdir().unwrap();
    let repository = Repository::init(dir.path()).unwrap();
    let who = Ident::new(
        "Ada",
        "ada@forge.example",
        "2026-11-21T08:00:00Z".parse().unwrap(),
    );
    let request = CommitRequest::new("main", "ready", who.unwrap())
        .file("Cargo.toml", MANIFEST)
        .file("Cargo.lock", lock)
        .file("src/lib.rs", "");
    let commit = repository
        .commit(&request)
        .unwrap()
        .to_string()
        .parse()
        .unwrap();

    let process = Process::parse("release.toml", PROCESS).unwrap();
    let (ledger, stream) = (MemoryLedger::default(), StreamId::new("ledger").unwrap());
    let hand = Hand {
        actor: "ci:build".parse().unwrap(),
        author: Author {
            name: "Ada".to_owned(),
            email: "ada@forge.example".to_owned(),
        },
        at: "2026-11-21T09:00:00Z".parse().unwrap(),
        signs: false,
    };
    let built = Command::RecordBuild {
        artifacts: Artifacts::new([("acme", promenade::digest::Digest::sha256(b"acme"))]).unwrap(),
        commit,
        version: None,
    };
    let journal = Journal::new(&ledger, stream.clone(), process.promotion());
    let context = Context::new(hand.actor.clone(), hand.at);
    let done = journal
        .run(&"op-1".parse().unwrap(), &built, &context)
        .unwrap();
    assert!(matches!(done, Done::Appended { .. }));
    let (state, head) = replay(&ledger, &stream).unwrap();
    let planner = Planner::new(&process, &stream, &state, head, &hand);
    let release = ReleaseRequest::hotfix(Version::new(0, 5, 0), "main");
    planner.release(&Work::new(&repository), &release)
}

#[test]
fn a_stale_lock_file_stops_the_tag_and_is_named_with_its_line() {
    let error = plan(LOCK).unwrap_err();
    assert!(matches!(error, PlanError::Document { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("Cargo.lock:5"), "{message}");
    assert!(
        message.contains("0.1.0") && message.contains("0.5.0"),
        "{message}"
    );
}

#[test]
fn a_lock_file_that_agrees_lets_the_tag_be_planned() {
    let planned = plan(&LOCK.replace("0.1.0", "0.5.0")).unwrap();
    let Planned::Ready(plan) = planned else {
        panic!("{planned:?}")
    };
    let tags = plan.steps().iter().filter(|step| step.kind() == "tag");
    assert_eq!(tags.count(), 1, "{plan}");
}
