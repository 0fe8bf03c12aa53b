//! Short names for values, and a bench that runs commands.

use chrono::{DateTime, TimeDelta, Utc};
use promenade_digest::Digest;
use promenade_promotion::{
    Accepts, After, Artifacts, Command, CommitId, Condition, Context, EnvironmentName,
    EnvironmentRule, Event, GateRule, Lane, Outcome, PersonRule, Policy, PolicyRules, State,
    Subject, Verdict, decide,
};
use semver::Version;

pub(crate) const T0: &str = "2026-11-02T08:00:00Z";

pub(crate) fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn version(text: &str) -> Version {
    text.parse().unwrap()
}

pub(crate) fn subject(text: &str) -> Subject {
    text.parse().unwrap()
}

pub(crate) fn environment(text: &str) -> EnvironmentName {
    text.parse().unwrap()
}

pub(crate) fn artifacts(text: &str) -> Artifacts {
    Artifacts::new([("app.tar.gz", Digest::sha256(text.as_bytes()))]).unwrap()
}

/// A commit id made of a text.
pub(crate) fn commit(text: &str) -> CommitId {
    let hex = Digest::sha256(text.as_bytes()).encoded();
    CommitId::new(&hex[..40]).unwrap()
}

pub(crate) fn person(name: &str, roles: &[&str]) -> PersonRule {
    PersonRule {
        name: name.parse().unwrap(),
        keys: vec![format!("ssh:{name}").parse().unwrap()],
        roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
    }
}

/// An environment after others.
pub(crate) fn rule(
    name: &str,
    accepts: Accepts,
    after: &[&str],
    gates: Vec<GateRule>,
) -> EnvironmentRule {
    let mut rule = EnvironmentRule::new(environment(name), accepts);
    rule.after = After::All(after.iter().map(|name| environment(name)).collect());
    rule.gates = gates;
    rule
}

pub(crate) fn check(name: &str) -> GateRule {
    Condition::Check(name.parse().unwrap()).into()
}

/// A gate as a process file writes it.
pub(crate) fn gate(json: &str) -> GateRule {
    serde_json::from_str(json).unwrap()
}

/// Staging for candidates behind a smoke test, production for releases.
pub(crate) fn two_stages() -> PolicyRules {
    PolicyRules {
        environments: vec![
            rule("staging", Accepts::Candidate, &[], vec![check("smoke")]),
            rule("production", Accepts::Release, &["staging"], vec![]),
        ],
        people: vec![
            person("ann", &["maintainers"]),
            person("bob", &["maintainers"]),
            person("cyd", &["qa"]),
        ],
        ..PolicyRules::default()
    }
}

/// A state, a policy and a clock; runs commands and keeps the events.
pub(crate) struct Bench {
    pub(crate) state: State,
    pub(crate) policy: Policy,
    pub(crate) now: DateTime<Utc>,
    pub(crate) events: Vec<Event>,
}

impl Bench {
    pub(crate) fn new(rules: PolicyRules) -> Self {
        Self {
            state: State::default(),
            policy: Policy::build(rules).unwrap(),
            now: time(T0),
            events: Vec::new(),
        }
    }

    pub(crate) fn wait(&mut self, hours: i64) {
        self.now += TimeDelta::hours(hours);
    }

    pub(crate) fn context(&self, by: &str) -> Context {
        Context::new(format!("ssh:{by}").parse().unwrap(), self.now)
    }

    pub(crate) fn judge(&self, by: &str, command: &Command) -> Verdict {
        decide(&self.state, command, &self.policy, &self.context(by))
    }

    /// Runs a command that must go through.
    #[track_caller]
    pub(crate) fn run(&mut self, command: Command) -> Vec<Event> {
        self.run_as("ann", command)
    }

    #[track_caller]
    pub(crate) fn run_as(&mut self, by: &str, command: Command) -> Vec<Event> {
        match self.judge(by, &command) {
            Verdict::Advance(events) => {
                for event in &events {
                    self.state.apply(event).unwrap();
                }
                self.events.extend(events.clone());
                events
            }
            Verdict::Hold(blockers) => panic!("{command:?} is held:\n{blockers}"),
        }
    }

    /// Returns the blockers of a command that must be held, one on a line.
    #[track_caller]
    pub(crate) fn held(&self, command: Command) -> String {
        self.held_as("ann", command)
    }

    #[track_caller]
    pub(crate) fn held_as(&self, by: &str, command: Command) -> String {
        match self.judge(by, &command) {
            Verdict::Advance(events) => panic!("{command:?} goes through: {events:?}"),
            Verdict::Hold(blockers) => blockers.to_string(),
        }
    }

    /// Registers a candidate that is built from the text of its version.
    #[track_caller]
    pub(crate) fn candidate(&mut self, text: &str) {
        self.run(register(text, text));
    }

    #[track_caller]
    pub(crate) fn pass(&mut self, check: &str, of: &str) {
        self.run(record(&self.state, check, of, Outcome::Pass));
    }

    /// Promotes and verifies.
    #[track_caller]
    pub(crate) fn deploy(&mut self, name: &str, what: &str) {
        self.run(promote(name, what));
        self.run(verify(&self.state, name, what));
    }
}

pub(crate) fn register(text: &str, built_from: &str) -> Command {
    Command::RegisterCandidate {
        artifacts: artifacts(built_from),
        commit: commit(built_from),
        lane: Lane::Regular,
        tag: Some(format!("v{text}")),
        version: version(text),
    }
}

pub(crate) fn record(state: &State, check: &str, of: &str, outcome: Outcome) -> Command {
    Command::RecordCheck {
        artifacts: state.artifacts_of(&subject(of)).unwrap(),
        environment: None,
        gate: check.parse().unwrap(),
        outcome,
        reason: (outcome == Outcome::NotApplicable).then(|| "nothing to look at".to_owned()),
    }
}

pub(crate) fn promote(name: &str, what: &str) -> Command {
    Command::Promote {
        automated: false,
        consent: None,
        derived: None,
        environment: environment(name),
        subject: subject(what),
    }
}

pub(crate) fn verify(state: &State, name: &str, what: &str) -> Command {
    Command::VerifyDeployed {
        environment: environment(name),
        observed: state.artifacts_of(&subject(what)).unwrap(),
    }
}

pub(crate) fn reject(text: &str) -> Command {
    Command::Reject {
        reason: "it fails".to_owned(),
        version: version(text),
    }
}

pub(crate) fn rollback(name: &str, to: &str) -> Command {
    Command::Rollback {
        automated: false,
        environment: environment(name),
        reason: "it is slow".to_owned(),
        to: subject(to),
    }
}
