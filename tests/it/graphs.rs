//! Four processes as environment graphs: the rules that ship as presets, played through.
//!
//! Mithril's and Splits' histories are replayed in `promenade-promotion`; here Celo's own moves, and
//! the life of a version by Celo's and by RustShare's text.

use chrono::{DateTime, TimeDelta, Utc};
use promenade::digest::Digest;
use promenade::process::Process;
use promenade::promotion::{
    Artifacts, ChannelMove, Command, CommitId, Context, Follows, Lane, MakeRelease, ObligationKind,
    Outcome, Stage, State, Subject, Verdict, decide,
};
use promenade::version::Version;

/// The process of a preset, a state and a clock.
struct Graph {
    process: Process,
    state: State,
    now: DateTime<Utc>,
}

impl Graph {
    fn new(preset: &str) -> Self {
        Self {
            process: Process::preset(preset).unwrap(),
            state: State::default(),
            now: time("2026-11-02T08:00:00Z"),
        }
    }

    fn judge(&self, command: &Command) -> Verdict {
        self.judge_as("ci:build", command)
    }

    fn judge_as(&self, by: &str, command: &Command) -> Verdict {
        let context = Context::new(by.parse().unwrap(), self.now);
        decide(&self.state, command, self.process.promotion(), &context)
    }

    #[track_caller]
    fn run(&mut self, command: &Command) {
        self.run_as("ci:build", command);
    }

    #[track_caller]
    fn run_as(&mut self, by: &str, command: &Command) {
        match self.judge_as(by, command) {
            Verdict::Advance(events) => {
                for event in &events {
                    self.state.apply(event).unwrap();
                }
            }
            Verdict::Hold(blockers) => panic!("{command:?} is held:\n{blockers}"),
        }
    }

    /// The gates that hold a command, in the order of their ranks.
    #[track_caller]
    fn held(&self, command: &Command) -> Vec<String> {
        match self.judge(command) {
            Verdict::Advance(events) => panic!("{command:?} goes through: {events:?}"),
            Verdict::Hold(blockers) => {
                let held = blockers.as_slice().iter();
                held.map(|blocker| blocker.gate.clone()).collect()
            }
        }
    }

    #[track_caller]
    fn deploy(&mut self, environment: &str, what: &str) {
        self.run(&promote(environment, what));
        self.verify(environment, what);
    }

    #[track_caller]
    fn verify(&mut self, environment: &str, what: &str) {
        self.run(&Command::VerifyDeployed {
            environment: environment.parse().unwrap(),
            observed: self.state.artifacts_of(&subject(what)).unwrap(),
        });
    }

    #[track_caller]
    fn record(&mut self, gate: &str, what: &str, outcome: Outcome) {
        self.run(&Command::RecordCheck {
            artifacts: self.state.artifacts_of(&subject(what)).unwrap(),
            environment: None,
            gate: gate.parse().unwrap(),
            outcome,
            reason: (outcome == Outcome::NotApplicable).then(|| "nothing to look at".to_owned()),
        });
    }

    fn stage(&self, text: &str) -> Stage {
        self.state.version(&version(text)).unwrap().stage
    }
}

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn subject(text: &str) -> Subject {
    text.parse().unwrap()
}

/// What is built from a text, and the commit that is named after it.
fn built(text: &str) -> (CommitId, Artifacts) {
    let digest = Digest::sha256(text.as_bytes());
    let commit = CommitId::new(&digest.encoded()[..40]).unwrap();
    (commit, Artifacts::new([("image", digest)]).unwrap())
}

fn promote(environment: &str, what: &str) -> Command {
    Command::Promote {
        automated: false,
        consent: None,
        derived: None,
        environment: environment.parse().unwrap(),
        subject: subject(what),
    }
}

fn rollback(environment: &str, to: &str) -> Command {
    Command::Rollback {
        automated: false,
        environment: environment.parse().unwrap(),
        reason: "it loses files".to_owned(),
        to: subject(to),
    }
}

fn register(text: &str) -> Command {
    let (commit, artifacts) = built(text);
    Command::RegisterCandidate {
        artifacts,
        commit,
        lane: Lane::Regular,
        tag: Some(format!("v{text}")),
        version: version(text),
    }
}

fn direct(text: &str) -> MakeRelease {
    let (commit, artifacts) = built(text);
    MakeRelease::direct(version(text), commit, artifacts)
}

fn of_candidate(text: &str, from: &str) -> MakeRelease {
    let (commit, artifacts) = built(from);
    MakeRelease::of_candidate(version(text), version(from), commit, artifacts)
}

fn release(release: MakeRelease) -> Command {
    Command::Release(Box::new(release))
}

fn network(name: &str, from: Option<&str>, to: &str) -> ChannelMove {
    ChannelMove {
        channel: name.parse().unwrap(),
        follows: Follows::Environment,
        from: from.map(version),
        to: version(to),
        environment: Some(name.parse().unwrap()),
    }
}

fn alias(name: &str, from: Option<&str>, to: &str) -> ChannelMove {
    ChannelMove {
        channel: name.parse().unwrap(),
        follows: Follows::Highest,
        from: from.map(version),
        to: version(to),
        environment: None,
    }
}

#[test]
fn celo_goes_to_alfajores_a_week_before_the_other_networks() {
    let mut graph = Graph::new("celo");
    graph.run(&release(direct("1.2.0")));
    // B18: continuous integration, manual and end-to-end tests; only a pass or a reason opens.
    assert_eq!(
        graph.held(&promote("alfajores", "1.2.0")),
        ["check:ci", "check:e2e", "check:manual"]
    );
    graph.record("ci", "1.2.0", Outcome::Pass);
    graph.record("e2e", "1.2.0", Outcome::Pending);
    graph.record("manual", "1.2.0", Outcome::NotRun);
    assert_eq!(
        graph.held(&promote("alfajores", "1.2.0")),
        ["check:e2e", "check:manual"]
    );
    graph.record("e2e", "1.2.0", Outcome::Pass);
    graph.record("manual", "1.2.0", Outcome::NotApplicable);
    // B23: T-1w.
    assert!(
        graph
            .held(&promote("mainnet", "1.2.0"))
            .contains(&"after:alfajores".to_owned())
    );
    graph.deploy("alfajores", "1.2.0");
    graph.run(&Command::MoveChannels {
        moves: vec![network("alfajores", None, "1.2.0")],
    });
    graph.now += TimeDelta::days(7) - TimeDelta::seconds(1);
    for name in ["baklava", "mainnet"] {
        assert_eq!(graph.held(&promote(name, "1.2.0")), ["soak:alfajores"]);
    }
    // B14: a network's tag is an output of a promotion, so it waits for it.
    let early = Command::MoveChannels {
        moves: vec![network("mainnet", None, "1.2.0")],
    };
    assert_eq!(graph.held(&early), ["channel:mainnet"]);
    // B23, B24: at T both go, side by side, and their tags with them.
    graph.now += TimeDelta::seconds(1);
    for name in ["mainnet", "baklava"] {
        graph.deploy(name, "1.2.0");
    }
    graph.run(&Command::MoveChannels {
        moves: vec![
            network("baklava", None, "1.2.0"),
            network("mainnet", None, "1.2.0"),
        ],
    });
    // B13, B24: the tag of the version itself never moves.
    let fixed = |from: Option<&str>, to: &str| Command::MoveChannels {
        moves: vec![ChannelMove {
            follows: Follows::Fixed,
            ..alias("attestation-service-v1.2.0", from, to)
        }],
    };
    graph.run(&fixed(None, "1.2.0"));
    graph.run(&release(direct("1.3.0")));
    assert_eq!(
        graph.held(&fixed(Some("1.2.0"), "1.3.0")),
        ["channel:attestation-service-v1.2.0"]
    );
}

#[test]
fn celo_patches_every_supported_minor_of_an_emergency() {
    // B27: on top of all supported minors; B19: a patch of an older line has no candidate.
    let mut graph = Graph::new("celo");
    for text in ["1.3.0", "1.4.0"] {
        graph.run(&release(direct(text)));
    }
    graph.run(&Command::OpenObligation {
        id: "emergency".parse().unwrap(),
        kind: ObligationKind::Patch,
        lines: vec!["1.3.x".parse().unwrap(), "1.4.x".parse().unwrap()],
        version: version("1.4.0"),
        why: "a crafted number empties the account".to_owned(),
    });
    let backport = MakeRelease {
        backport: true,
        ..direct("1.3.1")
    };
    graph.run(&release(backport));
    // A release that is no patch waits for the patch; B7: the patch was picked from main.
    assert_eq!(graph.held(&release(direct("1.4.1"))), ["obligation:patch"]);
    let patch = MakeRelease {
        lane: Lane::Hotfix,
        merge_back: vec!["1.5.x".parse().unwrap()],
        ..direct("1.4.1")
    };
    graph.run(&release(patch));
    let owed: Vec<_> = graph
        .state
        .open_obligations()
        .map(|(id, _)| id.to_string())
        .collect();
    assert_eq!(owed, ["merge-back-1.4.1-1.5.x"]);
}

/// What the environment files said, against the graph of the text: which moves the text refuses.
#[test]
fn celos_own_moves_break_its_own_text() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let folder = corpus.join("celo-monorepo");
    let mut steps: Vec<(DateTime<Utc>, String, String)> = Vec::new();
    for row in testkit::tsv(folder.join("attestation_tags.tsv")) {
        steps.push((
            time(row.get("date")),
            String::new(),
            row.get("version_in_tag").to_owned(),
        ));
    }
    for row in testkit::tsv(folder.join("environments.tsv")) {
        let value = row.get("value").strip_prefix("attestation-service-v");
        let network = row.get("environment");
        if row.get("key") == "ATTESTATION_SERVICE_DOCKER_IMAGE_TAG"
            && ["alfajores", "baklava"].contains(&network)
            && let Some(value) = value
        {
            steps.push((time(row.get("date")), network.to_owned(), value.to_owned()));
        }
    }
    // A release before the moves of its commit, alfajores before baklava.
    steps.sort();
    let mut graph = Graph::new("celo");
    let mut said = Vec::new();
    for (at, network, text) in steps {
        graph.now = at;
        if network.is_empty() {
            graph.run(&release(direct(&text)));
            for gate in ["ci", "manual", "e2e"] {
                graph.record(gate, &text, Outcome::Pass);
            }
            continue;
        }
        let wish = promote(&network, &text);
        match graph.judge(&wish) {
            Verdict::Advance(_) => {
                graph.deploy(&network, &text);
                said.push(format!("{network} {text}"));
            }
            Verdict::Hold(blockers) => {
                let held = blockers.as_slice().iter();
                let held: Vec<_> = held.map(|blocker| blocker.gate.as_str()).collect();
                said.push(format!("{network} {text} held: {}", held.join(", ")));
            }
        }
    }
    // B23: the networks were moved within minutes. B13: 1.5.0 was in use three days before its
    // commit was tagged, and nothing was ever tagged as 1.5.3.
    assert_eq!(
        said,
        [
            "alfajores 1.1.0",
            "baklava 1.1.0 held: soak:alfajores",
            "alfajores 1.2.0",
            "baklava 1.2.0 held: soak:alfajores",
            "alfajores 1.3.0",
            "alfajores 1.5.0 held: subject",
            "baklava 1.5.0 held: subject",
            "alfajores 1.5.3 held: subject",
            "baklava 1.5.3 held: subject",
        ]
    );
}

const ADA: &str = "ssh:SHA256:nLPnMZC4Df0xQ6XbBV2yT8mG1c7jrK5uWqHsEoaYtI9";

/// A RustShare in which `0.6.0` was released and runs in production.
fn rustshare() -> Graph {
    let mut graph = Graph::new("rustshare");
    candidate(&mut graph, "0.6.0-rc.1");
    graph.run(&release(of_candidate("0.6.0", "0.6.0-rc.1")));
    production(&mut graph, "0.6.0");
    graph
}

/// Registers a candidate and brings it through staging and every gate of a release.
#[track_caller]
fn candidate(graph: &mut Graph, text: &str) {
    graph.run(&register(text));
    for gate in ["smoke", "scan"] {
        graph.record(gate, text, Outcome::Pass);
    }
    graph.deploy("staging", text);
    for gate in ["integration", "migration"] {
        graph.record(gate, text, Outcome::Pass);
    }
}

#[track_caller]
fn production(graph: &mut Graph, text: &str) {
    graph.run_as(
        ADA,
        &Command::Approve {
            environment: "production".parse().unwrap(),
            subject: subject(text),
        },
    );
    graph.deploy("production", text);
}

#[test]
fn rustshare_takes_a_second_candidate_where_the_first_fails() {
    let mut graph = rustshare();
    graph.run(&register("0.7.0-rc.1"));
    // C17: smoke test and scan before staging; a scan that fails holds.
    graph.record("smoke", "0.7.0-rc.1", Outcome::Pass);
    graph.record("scan", "0.7.0-rc.1", Outcome::Fail);
    assert_eq!(
        graph.held(&promote("staging", "0.7.0-rc.1")),
        ["check:scan"]
    );
    graph.record("scan", "0.7.0-rc.1", Outcome::Pass);
    graph.deploy("staging", "0.7.0-rc.1");
    // C18: staging, integration tests, migration check, all of them before the stable tag.
    let wish = release(of_candidate("0.7.0", "0.7.0-rc.1"));
    assert_eq!(graph.held(&wish), ["check:integration", "check:migration"]);
    graph.record("integration", "0.7.0-rc.1", Outcome::Pass);
    graph.record("migration", "0.7.0-rc.1", Outcome::Fail);
    assert_eq!(graph.held(&wish), ["check:migration"]);
    // C20: fixed on main, and a second candidate; the first never moves again.
    graph.run(&Command::Reject {
        reason: "the migration loses shares".to_owned(),
        version: version("0.7.0-rc.1"),
    });
    candidate(&mut graph, "0.7.0-rc.2");
    // C11, C17: a candidate touches none of `latest`, `0.7`, `0`.
    let moves = vec![alias("latest", None, "0.7.0-rc.2")];
    assert!(
        graph
            .held(&Command::MoveChannels { moves })
            .contains(&"channel:latest".to_owned())
    );
    assert!(graph.held(&wish).contains(&"candidate".to_owned()));
    // C19 against C21: the release differs from its candidate in the files of the checklist alone.
    let differs = |path: &str| {
        let (commit, _) = built("the commit of the release");
        MakeRelease {
            commit,
            paths: [path.to_owned()].into(),
            ..of_candidate("0.7.0", "0.7.0-rc.2")
        }
    };
    assert_eq!(graph.held(&release(differs("src/main.rs"))), ["final"]);
    graph.run(&release(of_candidate("0.7.0", "0.7.0-rc.2")));
    // C1, C35: a person releases into production, and no program.
    assert_eq!(graph.held(&promote("production", "0.7.0")), ["approvals"]);
    production(&mut graph, "0.7.0");
    assert_eq!(graph.stage("0.7.0-rc.1"), Stage::Rejected);
    assert_eq!(graph.stage("0.7.0-rc.2"), Stage::Selected);
    assert_eq!(graph.stage("0.7.0"), Stage::Released);
}

#[test]
fn rustshares_hotfix_is_shorter_and_is_owed_to_main() {
    let mut graph = rustshare();
    // C24: fast-track tests: no staging, no migration check.
    let hotfix = MakeRelease {
        lane: Lane::Hotfix,
        ..direct("0.6.1")
    };
    assert_eq!(graph.held(&release(hotfix.clone())), ["check:integration"]);
    let (commit, artifacts) = built("0.6.1");
    let identity = artifacts.identity();
    graph.run(&Command::RecordBuild {
        artifacts,
        commit,
        version: None,
    });
    graph.run(&Command::RecordCheck {
        artifacts: identity,
        environment: None,
        gate: "integration".parse().unwrap(),
        outcome: Outcome::Pass,
        reason: None,
    });
    graph.run(&release(hotfix));
    production(&mut graph, "0.6.1");
    // C27: merged back into main right after: until then nothing else is released.
    candidate(&mut graph, "0.7.0-rc.1");
    let next = release(of_candidate("0.7.0", "0.7.0-rc.1"));
    assert_eq!(graph.held(&next), ["obligation:merge-back"]);
    let (id, _) = graph.state.open_obligations().next().unwrap();
    let close = Command::CloseObligation {
        evidence: "merged as 7d2c".to_owned(),
        id: id.clone(),
        waived: false,
    };
    graph.run(&close);
    graph.run(&next);
}

#[test]
fn rustshare_takes_a_release_back_and_deletes_nothing() {
    let mut graph = rustshare();
    let first = vec![
        alias("latest", None, "0.6.0"),
        alias("0.6", None, "0.6.0"),
        alias("0", None, "0.6.0"),
    ];
    graph.run(&Command::MoveChannels { moves: first });
    candidate(&mut graph, "0.7.0-rc.1");
    graph.run(&release(of_candidate("0.7.0", "0.7.0-rc.1")));
    production(&mut graph, "0.7.0");
    let up = vec![
        alias("latest", Some("0.6.0"), "0.7.0"),
        alias("0.7", None, "0.7.0"),
        alias("0", Some("0.6.0"), "0.7.0"),
    ];
    graph.run(&Command::MoveChannels { moves: up });
    // C29: why, and which version instead.
    graph.run(&Command::Deprecate {
        reason: "it loses files".to_owned(),
        replacement: Some(version("0.6.0")),
        version: version("0.7.0"),
    });
    // C30: `latest` and the aliases go back, by a rollback and not by a release.
    let down = || {
        vec![
            alias("latest", Some("0.7.0"), "0.6.0"),
            alias("0", Some("0.7.0"), "0.6.0"),
        ]
    };
    let held = graph.held(&Command::MoveChannels { moves: down() });
    assert_eq!(held, ["channel:0", "channel:latest"]);
    graph.run(&Command::RollbackChannels {
        moves: down(),
        reason: "0.7.0 loses files".to_owned(),
    });
    graph.run(&rollback("production", "0.6.0"));
    graph.verify("production", "0.6.0");
    // C28: nothing is deleted; 0.7.0 stays known, and stays advised against.
    assert_eq!(graph.stage("0.7.0"), Stage::Deprecated);
    assert!(
        graph
            .held(&promote("production", "0.7.0"))
            .contains(&"stage".to_owned())
    );
}
