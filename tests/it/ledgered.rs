//! Channels of a real registry brought to where the ledger of a repository has them, by a real
//! process that may be killed.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};
use promenade::digest::Digest;
use promenade::git::{CommitRequest, GitLedger, Ident, Repository};
use promenade::process::Process;
use promenade::promotion::ledger::{OpId, StreamId};
use promenade::promotion::{
    Artifacts, ChannelMove, Command as Wish, Context, Done, Follows, Journal, MakeRelease,
};
use promenade::version::Version;
use serde_json::Value;

use crate::command::{git, promenade};
use crate::proxy::{Fate, Proxy};
use crate::server::{Server, run};

/// A repository with a process and a ledger, whose images are in a registry.
struct House {
    dir: tempfile::TempDir,
    ledger: GitLedger,
    process: Process,
    count: u64,
}

impl House {
    fn new(server: &Server) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        let when = "2026-01-05T09:00:00Z".parse().unwrap();
        let who = Ident::new("Ada", "ada@example.org", when).unwrap();
        let text = format!(
            "[process]\nformat = 1\nname = \"acme\"\n\n[version]\nscheme = \"semver\"\n\
             below-one = \"breaking-is-minor\"\n\n[[tag]]\nclass = \"release\"\ntemplate = \"v{{version}}\"\n\n\
             [[channel]]\nname = \"{{version}}\"\non = \"release\"\nmutability = \"immutable\"\n\n\
             [[channel]]\nname = \"{{major}}.{{minor}}\"\non = \"release\"\nmutability = \"moving\"\nfollows = \"highest\"\n\n\
             [[channel]]\nname = \"latest\"\non = \"release\"\nmutability = \"moving\"\nfollows = \"highest\"\n\n\
             [registry]\nrepository = \"{}/app\"\nimage = \"image\"\n",
            server.host
        );
        let process = Process::parse("release.toml", &text).unwrap();
        let request =
            CommitRequest::new("main", "the process", who.clone()).file("release.toml", text);
        repository.commit(&request).unwrap();
        git(dir.path(), &["reset", "-q", "--hard"]);
        let ledger = GitLedger::new(&repository, &who);
        Self {
            dir,
            ledger,
            process,
            count: 0,
        }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    #[track_caller]
    fn record(&mut self, wish: &Wish) {
        let stream = StreamId::new("ledger").unwrap();
        let journal = Journal::new(&self.ledger, stream, self.process.promotion());
        self.count += 1;
        let op = OpId::new(format!("op-{}", self.count)).unwrap();
        let at: DateTime<Utc> = "2026-01-05T09:00:00Z".parse().unwrap();
        let context = Context::new("ci:test".parse().unwrap(), at);
        let done = journal.run(&op, wish, &context).unwrap();
        assert!(matches!(done, Done::Appended { .. }), "{done:?}");
    }

    /// Records and tags a release.
    #[track_caller]
    fn release(&mut self, version: &str, image: &str) {
        let digest: Digest = image.parse().unwrap();
        let artifacts = Artifacts::new([("image", digest)]).unwrap();
        // One commit is built once.
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let commit = ["commit", "-q", "--allow-empty", "-m", version];
        git(self.path(), &[&who[..], &commit].concat());
        let commit = git(self.path(), &["rev-parse", "HEAD"]);
        let commit = commit.trim().parse().unwrap();
        let release = MakeRelease::direct(version.parse().unwrap(), commit, artifacts);
        self.record(&Wish::Release(Box::new(release)));
        git(self.path(), &["tag", &format!("v{version}")]);
    }

    /// Records where the channels of a release go.
    #[track_caller]
    fn channels(&mut self, version: &str, before: Option<&str>) {
        let version: Version = version.parse().unwrap();
        let (major, minor) = (version.major, version.minor);
        let moving = |channel: String, from: Option<&str>| ChannelMove {
            channel: channel.parse().unwrap(),
            follows: Follows::Highest,
            from: from.map(|from| from.parse().unwrap()),
            to: version.clone(),
            environment: None,
        };
        let full = ChannelMove {
            follows: Follows::Fixed,
            ..moving(version.to_string(), None)
        };
        let moves = vec![
            full,
            moving(format!("{major}.{minor}"), None),
            moving("latest".to_owned(), before),
        ];
        self.record(&Wish::MoveChannels { moves });
    }

    /// Records the build of a new commit.
    #[track_caller]
    fn build(&mut self, image: &str) {
        for (key, value) in [("user.name", "Ada"), ("user.email", "ada@example.org")] {
            git(self.path(), &["config", key, value]);
        }
        let commit = ["commit", "-q", "--allow-empty", "-m", image];
        git(self.path(), &commit);
        let commit = git(self.path(), &["rev-parse", "HEAD"]);
        let digest: Digest = image.parse().unwrap();
        self.record(&Wish::RecordBuild {
            artifacts: Artifacts::new([("image", digest)]).unwrap(),
            commit: commit.trim().parse().unwrap(),
            version: None,
        });
    }

    fn run(&self, args: &[&str]) -> (i32, Value, String) {
        let all = [&["--format", "json", "channels"], args].concat();
        let run = promenade(self.path(), &all);
        let json = serde_json::from_str(&run.out).unwrap_or_default();
        (run.code, json, run.err)
    }
}

fn words(json: &Value) -> Vec<(&str, &str)> {
    let applied = json["applied"].as_array().unwrap().iter();
    applied
        .map(|one| {
            let word = |key: &str| one[key].as_str().unwrap();
            (word("channel"), word("outcome"))
        })
        .collect()
}

fn copy(server: &Server, from: &str, to: &str) {
    let place = |name: &str| format!("docker://{}/app:{name}", server.host);
    let how = [
        "copy",
        "-q",
        "--preserve-digests",
        "--insecure-policy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
    ];
    let (from, to) = (place(from), place(to));
    let args = [&how[..], &[&from, &to]].concat();
    run(server.dir.path(), "skopeo", &args);
}

#[test]
fn the_ledger_decides_where_channels_belong() {
    let Some(server) = Server::start() else {
        return;
    };
    let (old, new) = (server.build("old"), server.build("new"));
    server.build("strange");
    let mut house = House::new(&server);
    house.release("1.0.0", &old);
    // A release that is recorded, and whose channels are not: nothing is moved.
    let (code, json, err) = house.run(&["--publish", "v1.0.0", "--execute"]);
    assert_eq!((code, &json["authority"]), (1, &"ledger".into()), "{err}");
    assert!(
        words(&json).iter().all(|(_, word)| *word == "refused"),
        "{json}"
    );
    house.channels("1.0.0", None);
    // Every third answer is 500, whether or not the registry did what was asked.
    let mut number = 0;
    let proxy = Proxy::new(&server.host, move |_| {
        number += 1;
        match number % 6 {
            0 => Fate::Fail,
            3 => Fate::FailAfter,
            _ => Fate::Pass,
        }
    });
    let place = format!("{}/app", proxy.host);
    let args = ["--publish", "v1.0.0", "--execute", "--registry", &place];
    let (code, json, err) = house.run(&args);
    assert_eq!(code, 0, "{err}{json}");
    assert!(proxy.failed.load(Ordering::SeqCst) > 2);
    let moved = [("1.0.0", "moved"), ("1.0", "moved"), ("latest", "moved")];
    assert_eq!(words(&json), moved);

    house.release("1.1.0", &new);
    house.channels("1.1.0", Some("1.0.0"));
    // The plan of the older version says `latest`, and the ledger has gone on: the ledger wins.
    let (code, json, _) = house.run(&["--reconcile"]);
    assert_eq!((code, json["applied"].is_null()), (0, true));
    assert_eq!(server.oracle("latest"), old, "a plan moves nothing");
    let (code, json, err) = house.run(&["--publish", "v1.1.0", "--execute"]);
    assert_eq!(code, 0, "{err}{json}");
    for (channel, expected) in [
        ("1.0.0", &old),
        ("1.0", &old),
        ("1.1", &new),
        ("latest", &new),
    ] {
        assert_eq!(server.oracle(channel), *expected, "{channel}");
    }
    // Somebody goes back to an image that the ledger once had there: it is brought forward again.
    copy(&server, "build-old", "latest");
    let (code, json, _) = house.run(&["--reconcile", "--execute"]);
    let one = |json: &Value, channel: &str| {
        let all = words(json);
        let found = all.iter().find(|(name, _)| *name == channel);
        found.map(|(_, word)| (*word).to_owned())
    };
    assert_eq!((code, one(&json, "latest").as_deref()), (0, Some("moved")));
    assert_eq!(one(&json, "1.0.0").as_deref(), Some("already-there"));
    // Somebody moves it to an image that nobody recorded: that is told, and nothing is overwritten.
    copy(&server, "build-strange", "latest");
    let (code, json, _) = house.run(&["--reconcile", "--execute"]);
    assert_eq!(
        (code, one(&json, "latest").as_deref()),
        (3, Some("lost-race"))
    );
    copy(&server, "build-new", "latest");

    for (args, expected, word) in [
        (
            vec!["--publish", "v1.1.0", "--digest", &old],
            3,
            "in the ledger",
        ),
        (
            vec!["--publish", "v2.0.0", "--digest", &old],
            2,
            "no image of",
        ),
        (
            vec!["--publish", "v1.1.0", "--released", "v1.0.0"],
            2,
            "--released",
        ),
    ] {
        let (code, _, err) = house.run(&[&args[..], &["--execute"]].concat());
        assert_eq!(code, expected, "{args:?}: {err}");
        assert!(err.contains(word), "{args:?}: {err}");
    }
    let dir = tempfile::tempdir().unwrap();
    let none = promenade(
        dir.path(),
        &["--process", "preset:rustshare", "channels", "--reconcile"],
    );
    assert_eq!(none.code, 2, "{}", none.err);
}

#[test]
fn adv_103_a_process_killed_between_two_moves_is_taken_up_by_the_next_run() {
    let Some(server) = Server::start() else {
        return;
    };
    let images = [server.build("a"), server.build("b")];
    let mut house = House::new(&server);
    let mut before: Option<String> = None;
    let mut killed = 0;
    for put in 1..=3_usize {
        for fate in [Fate::Hold, Fate::HoldAfter] {
            let (version, image) = (format!("1.{killed}.0"), &images[killed % 2]);
            house.release(&version, image);
            house.channels(&version, before.as_deref());
            let mut puts = 0;
            let proxy = Proxy::new(&server.host, move |line| {
                puts += usize::from(line.starts_with("PUT "));
                if puts == put && line.starts_with("PUT ") {
                    fate
                } else {
                    Fate::Pass
                }
            });
            let place = format!("{}/app", proxy.host);
            let tag = format!("v{version}");
            let args = [
                "channels",
                "--publish",
                &tag,
                "--execute",
                "--registry",
                &place,
            ];
            let mut child = Command::new(env!("CARGO_BIN_EXE_promenade-under-test"))
                .current_dir(house.path())
                .args(args)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let line = proxy.held.recv_timeout(Duration::from_secs(60)).unwrap();
            child.kill().unwrap();
            assert_eq!(child.wait().unwrap().signal(), Some(9), "{line}");
            killed += 1;

            // What was done before stands; the rest is done by the next run, and nothing twice.
            let (code, json, err) = house.run(&["--publish", &tag, "--execute"]);
            assert_eq!(code, 0, "{err}{json}");
            let there = words(&json)
                .iter()
                .filter(|(_, word)| *word == "already-there")
                .count();
            let expected = put - usize::from(fate == Fate::Hold);
            assert_eq!(there, expected, "put {put}, {fate:?}: {json}");
            let minor = version.strip_suffix(".0").unwrap();
            for channel in [version.as_str(), minor, "latest"] {
                assert_eq!(server.oracle(channel), *image, "{channel}");
            }
            before = Some(version);
        }
    }
    assert_eq!(killed, 6);
}

/// Plans a release, and carries it out as far as the ledger: no channel of the registry is moved yet.
#[track_caller]
fn begin(house: &House, version: &str, file: &str) {
    let args = ["--format", "json", "release", version, "--save", file];
    let planned = promenade(house.path(), &args);
    assert_eq!(planned.code, 0, "{}{}", planned.out, planned.err);
    let json: Value = serde_json::from_str(&planned.out).unwrap();
    let mut steps = json["steps"].as_array().unwrap().iter();
    let done = steps.position(|step| step["step"] == "channel").unwrap();
    let until = done.to_string();
    let args = ["apply", file, "--execute", "--until", &until];
    let begun = promenade(house.path(), &args);
    assert_eq!(begun.code, 0, "{}{}", begun.out, begun.err);
}

#[test]
fn a_release_that_goes_on_late_takes_no_channel_back() {
    let Some(server) = Server::start() else {
        return;
    };
    let (old, new) = (server.build("old"), server.build("new"));
    let mut house = House::new(&server);
    let plans = tempfile::tempdir().unwrap();
    let [first, second] = ["a", "b"].map(|name| plans.path().join(name).display().to_string());
    house.build(&old);
    begin(&house, "1.0.0", &first);
    house.build(&new);
    begin(&house, "1.1.0", &second);
    let tags = || {
        let place = format!("docker://{}/app", server.host);
        let args = ["list-tags", "--tls-verify=false", &place];
        run(server.dir.path(), "skopeo", &args)
    };
    // The first goes on: `latest` is not there, as it found it, and the ledger wants it elsewhere.
    let late = promenade(house.path(), &["apply", &first, "--execute"]);
    assert_eq!(late.code, 3, "{}{}", late.out, late.err);
    assert!(late.err.contains("`latest`"), "{}", late.err);
    assert!(!tags().contains("\"latest\""), "{}", tags());
    // The second finds no image of the first there, and it is where the ledger once had it.
    let other = promenade(house.path(), &["apply", &second, "--execute"]);
    assert_eq!(other.code, 0, "{}{}", other.out, other.err);
    assert_eq!(server.oracle("latest"), new);
    let (code, json, err) = house.run(&["--reconcile", "--execute"]);
    assert_eq!(code, 0, "{err}{json}");
    for (channel, image) in [
        ("1.0.0", &old),
        ("1.0", &old),
        ("1.1.0", &new),
        ("1.1", &new),
    ] {
        assert_eq!(server.oracle(channel), *image, "{channel}");
    }
    assert_eq!(server.oracle("latest"), new);
}
