//! Every rule of an audit is triggered by a history, and says what a reader needs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset};
use promenade_digest::Digest;
use promenade_manifest::{Entry, EntryKind};
use promenade_process::audit::{
    Audit, Auditor, Finding, LedgerFacts, RuleId, SignatureFacts, SignatureOutcome,
};
use promenade_process::port::past::{
    Beyond, Content, Mark, Oddity, OddityKind, Past, Sight, Stray, Walked,
};
use promenade_process::port::repository::RepositoryError;
use promenade_process::{Flow, Process};
use promenade_promotion::{
    AdoptedStage, AdoptedVersion, Artifacts, CommitId, Event, EventKind, Map, ObligationKind,
    State, Subject,
};
use promenade_tag::{ObjectKind, TagFacts};

/// A history in memory: the whole tree of each commit of the main branch.
#[derive(Default)]
struct Memory {
    tags: Vec<TagFacts>,
    oddities: Vec<Oddity>,
    line: Vec<(String, BTreeMap<String, Vec<u8>>)>,
    beyond: BTreeMap<String, Vec<Stray>>,
}

/// What a file holds that cannot be read.
const BROKEN: &[u8] = b"broken";

impl Memory {
    fn tree(&self, commit: &str) -> &BTreeMap<String, Vec<u8>> {
        let found = self.line.iter().find(|(id, _)| id == commit);
        &found.unwrap_or_else(|| panic!("no commit {commit}")).1
    }

    /// Adds a commit with files, on top of those before it; one without text is removed.
    fn commit(&mut self, n: u32, files: &[(&str, &[u8])]) {
        let mut tree = self
            .line
            .last()
            .map_or_else(BTreeMap::new, |last| last.1.clone());
        for (path, text) in files {
            if text.is_empty() {
                tree.remove(*path);
            } else {
                tree.insert((*path).to_owned(), text.to_vec());
            }
        }
        self.line.push((id(n), tree));
    }

    fn tag(&mut self, name: &[u8], commit: u32, day: u32) -> &mut TagFacts {
        let mut facts = TagFacts::lightweight(name, id(commit));
        facts.object = ObjectKind::Tag;
        facts.depth = 1;
        facts.inner_name = Some(name.to_vec());
        facts.date = Some(date(day));
        self.tags.push(facts);
        self.tags.last_mut().unwrap()
    }
}

impl Past for Memory {
    fn sight(&self) -> Result<Sight, RepositoryError> {
        let (tags, oddities) = (self.tags.clone(), self.oddities.clone());
        Ok(Sight { tags, oddities })
    }

    fn walk(
        &self,
        _branch: &str,
        watched: &[String],
        see: &mut dyn FnMut(&Mark) -> Flow,
    ) -> Result<Walked, RepositoryError> {
        let empty = BTreeMap::new();
        let mut before = &empty;
        for (place, (commit, tree)) in self.line.iter().enumerate() {
            let under = |tree: &BTreeMap<String, Vec<u8>>, path: &String| -> Vec<_> {
                let inside = |(file, _): &(&String, &Vec<u8>)| file.starts_with(path.as_str());
                let files = tree.iter().filter(inside);
                files
                    .map(|(file, text)| (file.clone(), text.clone()))
                    .collect()
            };
            let differs = |path: &String| under(before, path) != under(tree, path);
            let changed = (0..watched.len())
                .filter(|at| differs(&watched[*at]))
                .collect();
            let mark = Mark {
                commit: commit.clone(),
                at: date(u32::try_from(place).unwrap() + 1),
                message: "a change".to_owned(),
                changed,
                place,
            };
            if !mark.changed.is_empty() && see(&mark) == Flow::Stop {
                break;
            }
            before = tree;
        }
        let (commits, line) = (self.line.len(), self.line.len());
        Ok(Walked {
            commits,
            line,
            oddities: Vec::new(),
        })
    }

    fn beyond(&self, _branch: &str, commits: &[&str]) -> Result<Vec<Beyond>, RepositoryError> {
        let strays = |commit: &&str| self.beyond.get(*commit).cloned().unwrap_or_default();
        let all = commits.iter().map(|commit| Beyond {
            commits: strays(commit),
            oddities: Vec::new(),
        });
        Ok(all.collect())
    }

    fn look(&self, commit: &str, path: &str) -> Result<Content, RepositoryError> {
        let tree = self.tree(commit);
        if let Some(text) = tree.get(path) {
            if text == BROKEN {
                let (action, cause) = ("reading".to_owned(), "it is broken".to_owned());
                return Err(RepositoryError::Io { action, cause });
            }
            return Ok(Content::File(text.clone()));
        }
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        let below = tree.keys().filter_map(|file| file.strip_prefix(&prefix));
        let entries: BTreeMap<String, EntryKind> = below
            .map(|rest| match rest.split_once('/') {
                Some((folder, _)) => (folder.to_owned(), EntryKind::Folder),
                None => (rest.to_owned(), EntryKind::File),
            })
            .collect();
        if entries.is_empty() && !path.is_empty() {
            return Ok(Content::Nothing);
        }
        let entries = entries.into_iter();
        Ok(Content::Folder(
            entries.map(|(name, kind)| Entry { name, kind }).collect(),
        ))
    }

    fn differing(&self, one: &str, other: &str) -> Result<Vec<String>, RepositoryError> {
        let (one, other) = (self.tree(one), self.tree(other));
        let paths: BTreeSet<_> = one.keys().chain(other.keys()).collect();
        let differing = paths
            .into_iter()
            .filter(|path| one.get(*path) != other.get(*path));
        Ok(differing.cloned().collect())
    }
}

fn id(n: u32) -> String {
    format!("{n:040x}")
}

/// A day, counted from the first of 2026.
fn date(day: u32) -> DateTime<FixedOffset> {
    let first = DateTime::parse_from_rfc3339("2026-01-01T12:00:00Z").unwrap();
    first + chrono::TimeDelta::days(i64::from(day) - 1)
}

const HEAD: &str = r#"
[process]
format = 1
name = "acme"

[version]
scheme = "semver"
below-one = "breaking-is-minor"
candidate = { label = "rc.{n}", counter = "label" }
after-release = { marker = "dev" }
cadence = { every = "2w", anchor = "2026-01-01" }
"#;

const REST: &str = r#"
[[tag]]
class = "release"
template = "v{version}"
annotated = true
signature = "required"

[[tag]]
class = "candidate"
template = "v{version}"
annotated = true

[[tag]]
class = "release"
template = "acme-{version}"
legacy = true

[[tag]]
class = "legacy"
template = "old-{major}-{minor}-{patch}"
legacy = true

[[file]]
path = "VERSION"

[[pin]]
environment = "production"
file = { path = "pins", env = "TAG" }

[changelog]
file = "CHANGELOG.md"
compare = { url = "https://forge.example/acme/compare/{previous_tag}...{tag}", base = "previous-any" }

[[environment]]
name = "staging"
accepts = "candidate"

[[environment]]
name = "production"
after = ["staging"]
accepts = "release"
"#;

fn process(version: &str, release: &str) -> Process {
    Process::parse(
        "release.toml",
        &format!("{HEAD}{version}\n{release}\n{REST}"),
    )
    .unwrap()
}

fn run(auditor: &Auditor<'_>) -> Audit {
    auditor.run(&mut |_| Flow::Continue).unwrap()
}

/// A project that did most things wrong.
fn careless() -> Memory {
    let mut past = Memory::default();
    past.commit(1, &[("VERSION", b"1.0.0\n"), ("pins", b"TAG=v9.9.9\n")]);
    past.commit(2, &[("VERSION", b"1.1.0\n"), ("pins", b"TAG=v1.1.1\n")]);
    past.commit(3, &[("VERSION", b"1.0.0\n"), ("src/lib.rs", b"1")]);
    past.commit(
        4,
        &[
            ("src/lib.rs", b"2"),
            (
                "CHANGELOG.md",
                b"# Changelog\n\n## [1.0.0] - 2026-01-01\n\n- a\n",
            ),
        ],
    );
    let pending = b"# Changelog\n\n## [Unreleased]\n\n- left\n\n## [1.3.0] - UNRELEASED\n\n- b\n\n## [1.1.1]\n\n- a\n";
    past.commit(5, &[("VERSION", b"1.1.1\n"), ("CHANGELOG.md", pending)]);
    let off = b"# Changelog\n\n## [1.1.2] - 2020-01-01\n\n- a\n";
    past.commit(6, &[("VERSION", b""), ("CHANGELOG.md", off)]);
    past.commit(7, &[("CHANGELOG.md", b"\xff\xfe")]);
    past.commit(8, &[("CHANGELOG.md", BROKEN)]);

    past.tag(b"acme-1.1.3", 7, 91);
    past.tag(b"acme-1.1.2", 7, 91);
    past.tag(b"v1.0.0", 2, 1).object = ObjectKind::Commit;
    past.tag(b"v1.1.0-rc.1", 3, 9);
    past.tag(b"v1.1.0", 4, 10).depth = 2;
    past.tag(b"v1.1.1", 5, 5).inner_name = Some(b"v1.1.0".to_vec());
    past.tag(b"v1.1.2", 6, 90);
    past.tag(b"v1.1.3", 7, 91);
    past.tag(b"v1.2.0-rc.1", 8, 92);
    past.tag(b"v1.2.0-rc.2", 8, 93);
    past.tag(b"v3.5.0", 8, 94);
    past.tag(b"v4.0.0", 8, 95).peeled_kind = ObjectKind::Blob;
    past.tag(b"v6.0.0", 8, 96);
    past.tag(b"old-0-1-0", 1, 1);
    past.tag(b"bad-\xff", 1, 1);
    let stray = |on_branch| Stray {
        commit: id(99),
        subject: "fix".to_owned(),
        picked_from: Vec::new(),
        on_branch,
    };
    past.beyond.insert(id(5), vec![stray(false)]);
    past.beyond.insert(id(6), vec![stray(true)]);
    for kind in [
        OddityKind::Shallow,
        OddityKind::Graft,
        OddityKind::Replaced,
        OddityKind::Unreadable,
    ] {
        let (subject, why) = (format!("{kind:?}"), "is odd".to_owned());
        past.oddities.push(Oddity { kind, subject, why });
    }
    past
}

/// A ledger that knows one release as it is, one elsewhere, and one that is gone; that owes work; and whose
/// production runs what nobody promoted.
fn ledger() -> State {
    let adopted = |version: &str, commit: u32| AdoptedVersion {
        commit: CommitId::new(id(commit)).unwrap(),
        since: date(1).to_utc(),
        stage: AdoptedStage::Released,
        tag: format!("v{version}"),
        version: version.parse().unwrap(),
    };
    let commit = CommitId::new(id(42)).unwrap();
    let artifacts = Artifacts::new([("app", Digest::sha256(b"app"))]).unwrap();
    let (identity, other) = (artifacts.identity(), Digest::sha256(b"another"));
    let environment = || "production".parse().unwrap();
    let kinds = [
        EventKind::Adopted {
            current: Map::new(),
            source: "tags".to_owned(),
            versions: vec![
                adopted("1.0.0", 2),
                adopted("1.1.0", 5),
                adopted("0.9.0", 1),
            ],
        },
        EventKind::ObligationOpened {
            id: "hotfix-1".parse().unwrap(),
            kind: ObligationKind::MergeBack,
            line: "1.x".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            why: "merge it back".to_owned(),
        },
        EventKind::BuildRecorded {
            artifacts,
            commit: commit.clone(),
            version: None,
        },
        EventKind::Promoted {
            artifacts: identity,
            automated: false,
            consent: None,
            derivation: None,
            environment: environment(),
            gates: Map::new(),
            subject: Subject::Commit(commit),
        },
        EventKind::DeploymentStarted {
            environment: environment(),
        },
        EventKind::DeploymentVerified {
            artifacts: identity,
            environment: environment(),
        },
        EventKind::Observed {
            artifacts: other,
            environment: environment(),
        },
    ];
    let mut state = State::default();
    for kind in kinds {
        let event = Event {
            at: date(1).to_utc().into(),
            by: "ci:build".parse().unwrap(),
            kind,
            policy: None,
        };
        state.apply(&event).unwrap();
    }
    state
}

/// Definitions that are refused, doubtful and unreadable in turn, and a pin that goes back.
fn definitions() -> Audit {
    let process = Process::parse(
        "release.toml",
        &format!(
            "{HEAD}\n[definitions]\nroots = [\"service\"]\nrefs = {{ named = {{}}, others = \"named-or-default-branch\" }}\n{}",
            &REST[..REST.find("[[file]]").unwrap()]
        ),
    )
    .unwrap();
    let one = |deploy: &str| {
        format!("- github: \"kayron\"\n  docker: \"kayron\"\n  deploy: {{ {deploy} }}\n")
    };
    let mut past = Memory::default();
    let newer = one("release: \"v1.1.0\"");
    past.commit(1, &[("service/kayron.yaml", newer.as_bytes())]);
    past.commit(
        2,
        &[("service/kayron.yaml", one("release: \"v1.0.0\"").as_bytes())],
    );
    past.commit(
        3,
        &[(
            "service/kayron.yaml",
            one("branch: \"main\", suspend: true").as_bytes(),
        )],
    );
    past.commit(
        4,
        &[
            ("service/kayron.yaml", newer.as_bytes()),
            ("service/twin.yaml", newer.as_bytes()),
        ],
    );
    past.commit(5, &[("service/kayron.yaml", BROKEN)]);
    run(&Auditor::new(&process, &past))
}

/// Every history, audited.
fn audits() -> Vec<Audit> {
    let past = careless();
    let introduction = "unique = \"introduction\"";
    let paths = process(
        introduction,
        "[release]\nfinal = { paths = [\"CHANGELOG.md\"] }",
    );
    let same = process("unique = \"every-commit\"", "");
    let signatures = [
        ("v1.1.1", SignatureOutcome::Bad),
        ("v1.1.2", SignatureOutcome::Untrusted),
    ];
    let signatures = signatures.into_iter().map(|(tag, outcome)| {
        (
            tag.to_owned(),
            SignatureFacts::new(outcome, "as the keyring says"),
        )
    });
    let judged = Auditor::new(&paths, &past)
        .branch_instead("trunk")
        .signatures(signatures.collect())
        .ledger(LedgerFacts::Whole(Box::new(ledger())));
    let broken = Auditor::new(&same, &past).ledger(LedgerFacts::Broken("record 3".to_owned()));
    vec![run(&judged), run(&broken), definitions()]
}

#[test]
fn every_rule_is_triggered_by_a_history_and_has_a_page() {
    let page = std::fs::read_to_string(testkit::workspace().join("docs/rules.md")).unwrap();
    let audits = audits();
    let found: Vec<&Finding> = audits.iter().flat_map(Audit::findings).collect();
    let triggered: BTreeSet<_> = found.iter().map(|finding| finding.rule).collect();
    let silent: Vec<_> = RuleId::ALL
        .into_iter()
        .filter(|rule| !triggered.contains(rule))
        .map(RuleId::id)
        .collect();
    assert!(silent.is_empty(), "no history triggers {silent:?}");
    for rule in RuleId::ALL {
        assert!(
            page.contains(&format!("### `{}`\n\n*{}*. ", rule.id(), rule.severity())),
            "{rule}"
        );
        assert!(
            page.contains(&format!("Remedy: {}.", rule.remedy())),
            "{rule}"
        );
    }
    for finding in found {
        assert!(
            !finding.subject.is_empty() && !finding.message.is_empty(),
            "{finding:?}"
        );
        assert_eq!(finding.remedy, finding.rule.remedy());
        // Whatever happened at a commit names it; an environment, a ledger or a repository has none.
        let beside = ["ledger", "history", "object", "branch"];
        let without = beside
            .iter()
            .any(|area| finding.rule.id().starts_with(area));
        assert!(finding.commit.is_some() || without, "{finding:?}");
    }
}
