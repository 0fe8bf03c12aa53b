//! What can happen in a small world: the commands, who gives them, and how a story tells them.

use promenade_digest::Digest;
use promenade_promotion::{
    Accepts, Actor, Artifacts, Command, CommitId, Condition, EnvironmentName, EnvironmentRule,
    FinalCommit, GateRule, Lane, MakeRelease, Outcome, Policy, Subject,
};
use promenade_version::Version;

use crate::Process;

/// Who does what needs no person.
const ROBOT: &str = "ci:check";

/// A step of a story: commands that belong together, all or none.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) tells: String,
    pub(super) commands: Vec<(Actor, Command)>,
    pub(super) does: Does,
}

/// What a step is about, for the laws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Evidence, a build, a release: nothing that a law looks at.
    Other,
    /// A subject enters an environment, and is seen to run there.
    Enter(usize, Subject),
}

/// The one version of the world, under each of its names.
pub(super) struct Cast {
    pub(super) candidate: Version,
    pub(super) release: Version,
    pub(super) commit: CommitId,
    pub(super) artifacts: Artifacts,
}

impl Cast {
    pub(super) fn new(policy: &Policy) -> Option<Self> {
        let candidate = "1.0.0-rc.1".parse().ok()?;
        let release = match policy.release().final_commit {
            FinalCommit::SameTag => Version::clone(&candidate),
            _ => Version::new(1, 0, 0),
        };
        let artifacts = Artifacts::new([("app", Digest::sha256(b"app"))]).ok()?;
        let commit = CommitId::new(&Digest::sha256(b"commit").encoded()[..40]).ok()?;
        Some(Self {
            candidate,
            release,
            commit,
            artifacts,
        })
    }

    pub(super) fn subjects(&self) -> [Subject; 3] {
        [
            Subject::Version(self.release.clone()),
            Subject::Version(self.candidate.clone()),
            Subject::Commit(self.commit.clone()),
        ]
    }

    /// Everything that can happen on a lane.
    pub(super) fn steps(&self, process: &Process, lane: Lane) -> Vec<Step> {
        let policy = process.promotion();
        let mut rules = policy.environments().iter();
        let candidates = rules.any(|rule| rule.accepts == Accepts::Candidate);
        let mut steps = vec![self.build()];
        if candidates || process.version().candidate().is_some() {
            let of_candidate = self.release(lane, true);
            steps.extend([self.register(lane), self.reject(), of_candidate]);
        }
        if lane != Lane::Regular || !candidates {
            steps.push(self.release(lane, false));
        }
        let release = EnvironmentName::new("release").ok();
        let asking = policy
            .environments()
            .iter()
            .map(|rule| (&rule.name, &rule.gates));
        let asking = asking.chain(release.iter().map(|name| (name, &policy.release().gates)));
        for (name, gates) in asking {
            steps.extend(self.evidence(name, gates, lane));
            steps.extend(self.approvals(policy, name, gates, lane));
        }
        steps.extend(self.plan(policy));
        for (index, rule) in policy.environments().iter().enumerate() {
            for subject in self.subjects() {
                steps.push(self.enter(index, rule, subject));
            }
        }
        steps
    }

    fn one(&self, tells: String, command: Command) -> Step {
        Step {
            tells,
            commands: vec![(robot(), command)],
            does: Does::Other,
        }
    }

    fn build(&self) -> Step {
        let (artifacts, commit) = (self.artifacts.clone(), self.commit.clone());
        let tells = format!("build commit {}", short(&commit));
        self.one(
            tells,
            Command::RecordBuild {
                artifacts,
                commit,
                version: None,
            },
        )
    }

    fn register(&self, lane: Lane) -> Step {
        let tells = format!("register candidate {} on lane {lane}", self.candidate);
        self.one(
            tells,
            Command::RegisterCandidate {
                artifacts: self.artifacts.clone(),
                commit: self.commit.clone(),
                lane,
                tag: None,
                version: self.candidate.clone(),
            },
        )
    }

    fn reject(&self) -> Step {
        let (version, reason) = (self.candidate.clone(), "it does not work".to_owned());
        self.one(
            format!("reject {version}"),
            Command::Reject { reason, version },
        )
    }

    fn release(&self, lane: Lane, from_candidate: bool) -> Step {
        let (version, commit) = (self.release.clone(), self.commit.clone());
        let artifacts = self.artifacts.clone();
        let (mut release, tells) = if from_candidate {
            let from = self.candidate.clone();
            let tells = format!("release {version} from {from}");
            (
                MakeRelease::of_candidate(version, from, commit, artifacts),
                tells,
            )
        } else {
            let tells = format!("release {version} on lane {lane}, without a candidate");
            (MakeRelease::direct(version, commit, artifacts), tells)
        };
        release.lane = lane;
        self.one(tells, Command::Release(Box::new(release)))
    }

    /// Every check that an environment asks for is done, and passes.
    fn evidence(&self, name: &EnvironmentName, gates: &[GateRule], lane: Lane) -> Option<Step> {
        let names: Vec<_> = gates
            .iter()
            .filter(|gate| gate.is_for(lane))
            .filter_map(|gate| match &gate.condition {
                Condition::Check(gate)
                | Condition::Checklist(gate)
                | Condition::Signature(gate) => Some(gate.clone()),
                Condition::Command(rule) => Some(rule.name.clone()),
                _ => None,
            })
            .collect();
        if names.is_empty() {
            return None;
        }
        let told: Vec<_> = names.iter().map(ToString::to_string).collect();
        let commands = names.into_iter().map(|gate| {
            let command = Command::RecordCheck {
                artifacts: self.artifacts.identity(),
                environment: None,
                gate,
                outcome: Outcome::Pass,
                reason: None,
            };
            (robot(), command)
        });
        Some(Step {
            tells: format!("{} passes, as {name} asks", told.join(" and ")),
            commands: commands.collect(),
            does: Does::Other,
        })
    }

    /// Everybody who may approves, each subject.
    fn approvals(
        &self,
        policy: &Policy,
        name: &EnvironmentName,
        gates: &[GateRule],
        lane: Lane,
    ) -> Option<Step> {
        let rule = gates
            .iter()
            .filter(|gate| gate.is_for(lane))
            .find_map(|gate| match &gate.condition {
                Condition::Approvals(rule) => Some(rule),
                _ => None,
            })?;
        let people: Vec<_> = policy.roster().with_any_role(&rule.from).collect();
        let told: Vec<_> = people
            .iter()
            .map(|person| person.name.to_string())
            .collect();
        let keys = people.iter().filter_map(|person| person.keys.first());
        let commands = keys.flat_map(|key| {
            let subjects = self.subjects().into_iter();
            subjects.map(move |subject| {
                let environment = name.clone();
                (
                    key.clone(),
                    Command::Approve {
                        environment,
                        subject,
                    },
                )
            })
        });
        Some(Step {
            tells: format!("{} approve for {name}", told.join(" and ")),
            commands: commands.collect(),
            does: Does::Other,
        })
    }

    /// The day of the version is planned, where a gate asks for it.
    fn plan(&self, policy: &Policy) -> Option<Step> {
        let environments = policy.environments().iter().flat_map(|rule| &rule.gates);
        let mut gates = environments.chain(&policy.release().gates);
        gates.find(|gate| matches!(gate.condition, Condition::Schedule(_)))?;
        let plan = |version: &Version| {
            let (at, version) = (
                super::world::start() + chrono::TimeDelta::days(14),
                version.clone(),
            );
            (robot(), Command::Schedule { at, version })
        };
        Some(Step {
            tells: "plan the day of the release".to_owned(),
            commands: vec![plan(&self.candidate), plan(&self.release)],
            does: Does::Other,
        })
    }

    fn enter(&self, index: usize, rule: &EnvironmentRule, subject: Subject) -> Step {
        let told = match &subject {
            Subject::Commit(commit) => format!("commit {}", short(commit)),
            Subject::Version(version) => version.to_string(),
        };
        let environment = rule.name.clone();
        let promote = Command::Promote {
            automated: false,
            consent: None,
            derived: None,
            environment: environment.clone(),
            subject: subject.clone(),
        };
        let observed = self.artifacts.identity();
        let verify = Command::VerifyDeployed {
            environment,
            observed,
        };
        Step {
            tells: format!("promote {told} to {}, and see it run there", rule.name),
            commands: vec![(robot(), promote), (robot(), verify)],
            does: Does::Enter(index, subject),
        }
    }
}

pub(super) fn robot() -> Actor {
    ROBOT.parse().expect("the text is an actor")
}

fn short(commit: &CommitId) -> &str {
    commit.as_str().get(..7).unwrap_or(commit.as_str())
}
