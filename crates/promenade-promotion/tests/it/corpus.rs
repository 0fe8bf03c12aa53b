//! Real histories, replayed as commands: Mithril's timeline, Splits' releases.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use promenade_promotion::{
    Accepts, Artifacts, Command, CommitId, Context, Lane, MakeRelease, Outcome, Policy,
    PolicyRules, Stage, State, Verdict, decide,
};
use semver::Version;

use crate::support::*;

/// A history with its own clock.
struct History {
    state: State,
    policy: Policy,
}

impl History {
    fn new(rules: PolicyRules) -> Self {
        Self {
            state: State::default(),
            policy: Policy::build(rules).unwrap(),
        }
    }

    fn judge(&self, at: DateTime<Utc>, command: &Command) -> Verdict {
        let context = Context::new("ci:forge".parse().unwrap(), at);
        decide(&self.state, command, &self.policy, &context)
    }

    #[track_caller]
    fn run(&mut self, at: DateTime<Utc>, command: &Command) {
        match self.judge(at, command) {
            Verdict::Advance(events) => events
                .iter()
                .for_each(|event| self.state.apply(event).unwrap()),
            Verdict::Hold(blockers) => panic!("{command:?} is held:\n{blockers}"),
        }
    }

    #[track_caller]
    fn deploy(&mut self, at: DateTime<Utc>, name: &str, what: &str) {
        self.run(at, &promote(name, what));
        self.run(at, &verify(&self.state, name, what));
    }
}

fn date(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// `2603.1` is `2603.1.0`; `2543.1-hotfix` is a release: its suffix is declared stable.
fn distribution(text: &str) -> Version {
    let (number, suffix) = text
        .split_once('-')
        .map_or((text, ""), |(number, suffix)| (number, suffix));
    let plus = if suffix.is_empty() { "" } else { "+" };
    format!("{number}.0{plus}{suffix}").parse().unwrap()
}

/// What is built from a commit, named after it: the corpus holds no digests.
fn built(commit: &str) -> Artifacts {
    Artifacts::new([("distribution", Digest::sha256(commit.as_bytes()))]).unwrap()
}

#[test]
fn mithrils_timeline_replays_with_nine_rejections() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let mut preview = rule("pre-release-preview", Accepts::Candidate, &[], vec![]);
    preview.lanes = vec![Lane::Regular];
    // preprod and mainnet side by side: no order between them.
    let rules = PolicyRules {
        environments: vec![
            preview,
            rule(
                "release-preprod",
                Accepts::Release,
                &["pre-release-preview"],
                vec![],
            ),
            rule(
                "release-mainnet",
                Accepts::Release,
                &["pre-release-preview"],
                vec![],
            ),
        ],
        ..PolicyRules::default()
    };
    let mut history = History::new(rules);
    let mut open: Option<String> = None;
    let (mut finals, mut without_candidate) = (0, Vec::new());
    let mut last = DateTime::<Utc>::MIN_UTC;
    for row in testkit::tsv(corpus.join("mithril/timeline.tsv")) {
        let name = distribution(row.opt("final_tag").unwrap_or(row.get("version")));
        let candidate = format!("{}-pre", format!("{name}").split('+').next().unwrap());
        if let Some(commit) = row.opt("pre_commit") {
            let at = date(row.get("pre_date")).max(last);
            last = at;
            // A candidate that no final followed was rejected when the next one came.
            if let Some(open) = open.take() {
                history.run(at, &reject(&open));
            }
            let register = Command::RegisterCandidate {
                artifacts: built(commit),
                commit: CommitId::new(commit).unwrap(),
                lane: Lane::Regular,
                tag: row.opt("pre_tag").map(str::to_owned),
                version: version(&candidate),
            };
            history.run(at, &register);
            history.deploy(at, "pre-release-preview", &candidate);
            open = Some(candidate.clone());
        }
        let Some(commit) = row.opt("final_commit") else {
            continue;
        };
        let at = date(row.get("final_date")).max(last);
        last = at;
        finals += 1;
        let id = CommitId::new(commit).unwrap();
        let release = if row.opt("pre_commit").is_some() {
            open = None;
            MakeRelease::of_candidate(name.clone(), version(&candidate), id, built(commit))
        } else {
            // Under the text a final has a candidate; without one it is a finding, and a hotfix needs none.
            without_candidate.push(row.get("final_tag").to_owned());
            let direct = MakeRelease::direct(name.clone(), id, built(commit));
            let verdict = history.judge(at, &Command::Release(Box::new(direct.clone())));
            assert!(
                verdict
                    .blockers()
                    .iter()
                    .any(|blocker| blocker.gate == "candidate")
            );
            MakeRelease {
                lane: Lane::Hotfix,
                ..direct
            }
        };
        history.run(at, &Command::Release(Box::new(release)));
        let owed: Vec<_> = history
            .state
            .open_obligations()
            .map(|(id, _)| id.clone())
            .collect();
        for id in owed {
            history.run(
                at,
                &Command::CloseObligation {
                    evidence: "main".to_owned(),
                    id,
                    waived: false,
                },
            );
        }
        for environment in ["release-preprod", "release-mainnet"] {
            history.deploy(at, environment, &name.to_string());
        }
    }
    let of_stage = |stage: Stage| -> Vec<String> {
        let versions = history
            .state
            .versions
            .iter()
            .filter(|(_, record)| record.stage == stage);
        versions.map(|(version, _)| version.to_string()).collect()
    };
    assert_eq!(
        of_stage(Stage::Rejected),
        [
            "2246.0.0-pre",
            "2250.0.0-pre",
            "2304.0.0-pre",
            "2321.0.0-pre",
            "2331.0.0-pre",
            "2403.0.0-pre",
            "2418.0.0-pre",
            "2437.0.0-pre",
            "2603.0.0-pre",
        ],
    );
    assert_eq!(without_candidate, ["2517.1", "2543.1-hotfix", "2617.0"]);
    assert_eq!(of_stage(Stage::Released).len(), finals);
    assert_eq!(finals, 41);
    // A rejected candidate never moves on.
    let verdict = history.judge(last, &promote("pre-release-preview", "2603.0.0-pre"));
    assert!(
        verdict
            .blockers()
            .iter()
            .any(|blocker| blocker.gate == "stage")
    );
}

/// The definitions of one commit: the release pin of each service.
type Pins = BTreeMap<String, String>;

fn pin(text: &str) -> Option<Version> {
    let number = text.strip_prefix('v')?;
    let parts = number.split('-').next()?.split('.').count();
    Version::parse(&format!("{number}{}", ".0".repeat(3 - parts.min(3)))).ok()
}

#[test]
fn splits_history_replays_and_its_faults_are_refused() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let folder = corpus.join("splits-releases");
    let mut commits: BTreeMap<u32, (String, DateTime<Utc>, Pins)> = BTreeMap::new();
    for row in testkit::tsv(folder.join("lint.tsv")) {
        let seq = row.get("seq").parse().unwrap();
        commits.insert(
            seq,
            (
                row.get("commit").to_owned(),
                date(row.get("date")),
                Pins::new(),
            ),
        );
    }
    for row in testkit::tsv(folder.join("releases.tsv")) {
        if row.get("change") == "removed" || row.get("strategy") != "release" {
            continue;
        }
        let seq: u32 = row.get("seq").parse().unwrap();
        let pins = &mut commits.get_mut(&seq).unwrap().2;
        pins.insert(row.get("service").to_owned(), row.get("value").to_owned());
    }
    // What had a tag upstream when it was pinned.
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in testkit::tsv(folder.join("upstream_check.tsv")) {
        if row.get("verdict") != "ok" {
            let pins = missing.entry(row.get("commit").to_owned()).or_default();
            pins.push(format!("{} {}", row.get("service"), row.get("value")));
        }
    }
    let tags: BTreeMap<String, String> = testkit::tsv(folder.join("tags.tsv"))
        .iter()
        .map(|row| {
            (
                row.get("peeled_commit").to_owned(),
                row.get("tag").to_owned(),
            )
        })
        .collect();
    assert_eq!((commits.len(), tags.len()), (75, 52));

    let downgrades = staging_downgrades(&commits);
    assert!(
        downgrades
            .iter()
            .any(|(commit, ..)| commit.starts_with("e0fe20f1")),
        "{downgrades:?}"
    );
    let (_, service, from, to) = downgrades
        .iter()
        .find(|(commit, ..)| commit.starts_with("e0fe20f1"))
        .unwrap();
    assert_eq!(
        (service.as_str(), from.as_str(), to.as_str()),
        ("infrastructure", "0.1.6", "0.1.5")
    );

    // The repository as a whole: staging is every commit of main, production a tag; a release is refused
    // when a pinned version does not exist.
    let rules = PolicyRules {
        environments: vec![
            rule("staging", Accepts::Commit, &[], vec![]),
            rule(
                "production",
                Accepts::Release,
                &["staging"],
                vec![check("pins-exist")],
            ),
        ],
        ..PolicyRules::default()
    };
    let mut history = History::new(rules);
    let mut refused = Vec::new();
    for (commit, at, _) in commits.values() {
        let id = CommitId::new(commit.as_str()).unwrap();
        history.run(
            *at,
            &Command::RecordBuild {
                artifacts: built(commit),
                commit: id.clone(),
                version: None,
            },
        );
        history.deploy(*at, "staging", commit);
        let Some(tag) = tags.get(commit) else {
            continue;
        };
        let name = pin(tag).unwrap();
        let release = MakeRelease {
            tag: Some(tag.clone()),
            ..MakeRelease::direct(name.clone(), id, built(commit))
        };
        history.run(*at, &Command::Release(Box::new(release)));
        let absent = missing.get(commit);
        history.run(
            *at,
            &Command::RecordCheck {
                artifacts: built(commit).identity(),
                environment: None,
                gate: "pins-exist".parse().unwrap(),
                outcome: if absent.is_some() {
                    Outcome::Fail
                } else {
                    Outcome::Pass
                },
                reason: absent.map(|pins| pins.join(", ")),
            },
        );
        match history.judge(*at, &promote("production", &name.to_string())) {
            Verdict::Advance(_) => history.deploy(*at, "production", &name.to_string()),
            Verdict::Hold(blockers) => {
                assert!(
                    blockers
                        .as_slice()
                        .iter()
                        .all(|blocker| blocker.gate == "check:pins-exist")
                );
                refused.push((tag.clone(), absent.unwrap().clone()));
            }
        }
    }
    let first = &refused[0];
    assert_eq!(first.0, "v0.1.0");
    assert!(
        first.1.contains(&"kayron v0.2.0".to_owned())
            && first.1.contains(&"specta v0.4.1".to_owned()),
        "{first:?}"
    );
    println!("{} releases refused: {refused:?}", refused.len());
}

/// Every service as a stream of its own: promotes each pin into staging and collects those that are held
/// because they go back; each then goes through with consent.
fn staging_downgrades(
    commits: &BTreeMap<u32, (String, DateTime<Utc>, Pins)>,
) -> Vec<(String, String, String, String)> {
    let mut services: BTreeMap<String, History> = BTreeMap::new();
    let mut downgrades = Vec::new();
    for (commit, at, pins) in commits.values() {
        for (service, value) in pins {
            let Some(version) = pin(value) else { continue };
            let history = services.entry(service.clone()).or_insert_with(|| {
                History::new(PolicyRules {
                    environments: vec![rule("staging", Accepts::Release, &[], vec![])],
                    ..PolicyRules::default()
                })
            });
            let source = format!("{service} {value}");
            let release = MakeRelease::direct(
                version.clone(),
                crate::support::commit(&source),
                built(&source),
            );
            history.run(*at, &Command::Release(Box::new(release)));
            let mut wish = promote("staging", &version.to_string());
            if let Verdict::Hold(blockers) = history.judge(*at, &wish) {
                let gates: Vec<_> = blockers
                    .as_slice()
                    .iter()
                    .map(|blocker| blocker.gate.as_str())
                    .collect();
                assert!(
                    gates.contains(&"downgrade") || gates == ["superseded"],
                    "{source}: {blockers}"
                );
                let there = history.state.slots[&environment("staging")]
                    .current
                    .clone()
                    .unwrap()
                    .subject;
                downgrades.push((
                    commit.clone(),
                    service.clone(),
                    there.to_string(),
                    version.to_string(),
                ));
                if let Command::Promote { consent, .. } = &mut wish {
                    *consent = Some(format!("commit {commit}"));
                }
            }
            history.run(*at, &wish);
            history.run(
                *at,
                &verify(&history.state, "staging", &version.to_string()),
            );
        }
    }
    downgrades
}
