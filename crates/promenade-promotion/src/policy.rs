//! Policy: environments as a checked graph, people, and what a release needs.

use std::fmt;
use std::sync::Arc;

use promenade_digest::Digest;

use crate::environment::{After, DerivationKind, EnvironmentRule};
use crate::gate::{Condition, Gate, GateRule};
use crate::roster::{PersonRule, Roster};
use crate::subject::{Accepts, Lane};
use crate::word::nearest;
use crate::{EnvironmentName, Map, Role, Set};

/// The name under which the gates of a release are known where gates of environments are.
pub(crate) const RELEASE: &str = "release";

/// What a policy is built from: the tables of a process file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRules {
    /// The `[[environment]]` tables.
    pub environments: Vec<EnvironmentRule>,
    /// The `[[person]]` tables: who may approve, by role and key.
    pub people: Vec<PersonRule>,
    /// The `[release]` table.
    pub release: ReleaseRule,
    /// The roles of which one is needed to waive a gate; empty for anyone.
    pub waivers_from: Vec<Role>,
}

/// What a release needs of its candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case", default)
)]
#[non_exhaustive]
pub struct ReleaseRule {
    /// The environments that must have verified the candidate; by default those for candidates that an
    /// environment for releases comes directly after.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub after: Option<After>,
    /// What must hold besides.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub gates: Vec<GateRule>,
    /// How the commit of the release relates to that of the candidate (INV-3).
    #[cfg_attr(feature = "serde", serde(rename = "final"))]
    pub final_commit: FinalCommit,
    /// The ways in which the artifacts may differ from the candidate's.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub derivation: Vec<DerivationKind>,
}

/// How the commit of a release relates to that of its candidate: `"same-commit"`, `"same-tag"`, or
/// `{ paths = ["CHANGELOG.md"] }`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FinalCommit {
    /// It is the same commit.
    #[default]
    SameCommit,
    /// It is the same version under the same tag, marked as a release.
    SameTag,
    /// It may differ in these paths.
    Paths(Set<String>),
}

/// A checked policy. [`decide`](crate::decide) judges by it.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) environments: Vec<EnvironmentRule>,
    by_name: Map<String, usize>,
    pub(crate) roster: Roster,
    pub(crate) release: ReleaseRule,
    pub(crate) release_gates: EnvironmentRule,
    pub(crate) waivers_from: Vec<Role>,
    pub(crate) gates: Vec<Arc<dyn Gate>>,
    digest: Digest,
}

/// Rules contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildPolicyError {
    /// Two environments have one name.
    #[error("environment `{name}`: the name is taken by environment `{first}`")]
    DuplicateName {
        /// The name or alias.
        name: EnvironmentName,
        /// The environment that has it.
        first: EnvironmentName,
    },
    /// A rule names an environment that does not exist.
    #[error("environment `{environment}`: `{field}` names `{found}`, which is no environment{}", hint(.nearest))]
    UnknownEnvironment {
        /// Whose rule it is; `release` for that of releases.
        environment: String,
        /// Which field.
        field: &'static str,
        /// What it names.
        found: EnvironmentName,
        /// The nearest environment.
        nearest: Option<String>,
    },
    /// Environments come after each other in a circle.
    #[error("environments come after each other in a circle: {}", .path.join(" after "))]
    Cycle {
        /// The circle; its first name is its last as well.
        path: Vec<String>,
    },
    /// A rule names a role that nobody holds.
    #[error("environment `{environment}`: nobody holds role `{role}`{}", hint(.nearest))]
    UnknownRole {
        /// Whose rule it is.
        environment: String,
        /// The role.
        role: Role,
        /// The nearest role that someone holds.
        nearest: Option<String>,
    },
    /// More approvals are asked for than there are people to give them.
    #[error("environment `{environment}`: {count} approvals are asked of {people} people")]
    Quorum {
        /// Whose rule it is.
        environment: String,
        /// How many are asked for.
        count: u32,
        /// How many people could give one.
        people: usize,
    },
    /// Two gates of one environment have one name.
    #[error("environment `{environment}`: gate `{gate}` stands twice for one lane")]
    DuplicateGate {
        /// Whose rule it is.
        environment: String,
        /// The gate.
        gate: String,
    },
    /// Two people have one key, or one name.
    #[error("person `{person}`: {what} is taken by person `{first}`")]
    DuplicatePerson {
        /// The second person.
        person: String,
        /// The key or the name.
        what: String,
        /// The first person.
        first: String,
    },
    /// An environment cannot be entered in any order.
    #[error("environment `{environment}`: {why}")]
    Unreachable {
        /// The environment.
        environment: EnvironmentName,
        /// Why.
        why: String,
    },
}

impl BuildPolicyError {
    /// Returns the name of the environment that the error is about, if it is about one.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        match self {
            Self::DuplicateName { first, .. } => Some(first.as_str()),
            Self::UnknownEnvironment { environment, .. }
            | Self::UnknownRole { environment, .. }
            | Self::Quorum { environment, .. }
            | Self::DuplicateGate { environment, .. } => Some(environment),
            Self::Unreachable { environment, .. } => Some(environment.as_str()),
            Self::Cycle { path } => path.first().map(String::as_str),
            Self::DuplicatePerson { .. } => None,
        }
    }
}

fn hint(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map(|word| format!("; did you mean `{word}`?"))
        .unwrap_or_default()
}

/// A name is none of an environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown environment `{found}`: expected one of {}{}", .known.join(", "), hint(.nearest))]
pub struct UnknownEnvironmentError {
    pub(crate) found: String,
    pub(crate) known: Vec<String>,
    pub(crate) nearest: Option<String>,
}

impl UnknownEnvironmentError {
    /// Returns the name that was looked for.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// Returns the nearest name, if one is near.
    #[must_use]
    pub fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }
}

impl Policy {
    /// Checks the rules against each other.
    ///
    /// ```
    /// use promenade_promotion::{Accepts, EnvironmentRule, Policy, PolicyRules};
    ///
    /// let staging = EnvironmentRule::new("staging".parse()?, Accepts::Candidate);
    /// let mut production = EnvironmentRule::new("production".parse()?, Accepts::Release);
    /// production.after = promenade_promotion::After::All(vec!["stagin".parse()?]);
    /// let rules = PolicyRules { environments: vec![staging, production], ..PolicyRules::default() };
    /// assert_eq!(
    ///     Policy::build(rules).unwrap_err().to_string(),
    ///     "environment `production`: `after` names `stagin`, which is no environment; \
    ///      did you mean `staging`?",
    /// );
    /// # Ok::<(), promenade_promotion::ParseNameError>(())
    /// ```
    ///
    /// # Errors
    /// [`BuildPolicyError`] naming the element that contradicts another one.
    pub fn build(rules: PolicyRules) -> Result<Self, BuildPolicyError> {
        let digest = Digest::sha256(&crate::describe::bytes(&rules));
        let PolicyRules {
            environments,
            people,
            mut release,
            waivers_from,
        } = rules;
        let by_name = names(&environments)?;
        let roster = Roster::build(people)?;
        let mut release_gates = EnvironmentRule::new(
            EnvironmentName::new(RELEASE).expect("the word is a name"),
            Accepts::Candidate,
        );
        release_gates.gates.clone_from(&release.gates);
        let mut policy = Self {
            environments,
            by_name,
            roster,
            release: ReleaseRule::default(),
            release_gates,
            waivers_from,
            gates: Vec::new(),
            digest,
        };
        policy.resolve(&mut release)?;
        policy.acyclic()?;
        policy.check_gates()?;
        release.after.get_or_insert_with(|| policy.default_after());
        policy.release = release;
        Ok(policy)
    }

    /// Adds a gate of an embedder; it is judged for every environment.
    #[must_use]
    pub fn with_gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gates.push(gate);
        self
    }

    /// Returns the SHA-256 of the rules, which every event names (INV-11). Gates of embedders are
    /// code and not part of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the environments, in the order of the process file.
    #[must_use]
    pub fn environments(&self) -> &[EnvironmentRule] {
        &self.environments
    }

    /// Returns the people.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Returns what a release needs.
    #[must_use]
    pub fn release(&self) -> &ReleaseRule {
        &self.release
    }

    /// Looks an environment up by its name or an alias.
    ///
    /// # Errors
    /// [`UnknownEnvironmentError`] with the known names and the nearest one.
    pub fn environment(&self, name: &str) -> Result<&EnvironmentRule, UnknownEnvironmentError> {
        let found = self
            .by_name
            .get(name)
            .and_then(|index| self.environments.get(*index));
        found.ok_or_else(|| UnknownEnvironmentError {
            found: name.to_owned(),
            known: self
                .environments
                .iter()
                .map(|rule| rule.name.to_string())
                .collect(),
            nearest: nearest(name, &mut self.by_name.keys().map(String::as_str)),
        })
    }

    /// Replaces aliases in rules by the names they stand for.
    fn resolve(&mut self, release: &mut ReleaseRule) -> Result<(), BuildPolicyError> {
        let mut environments = std::mem::take(&mut self.environments);
        let names: Vec<_> = environments.iter().map(|rule| rule.name.clone()).collect();
        let by_name = &self.by_name;
        let find = |owner: &str, field, found: &EnvironmentName| {
            let index = by_name.get(found.as_str());
            let name = index.and_then(|index| names.get(*index));
            name.cloned()
                .ok_or_else(|| BuildPolicyError::UnknownEnvironment {
                    environment: owner.to_owned(),
                    field,
                    found: found.clone(),
                    nearest: nearest(found.as_str(), &mut by_name.keys().map(String::as_str)),
                })
        };
        for rule in &mut environments {
            let owner = rule.name.to_string();
            resolve_after(&mut rule.after, |name| find(&owner, "after", name))?;
            resolve_gates(&mut rule.gates, |name| find(&owner, "soak", name))?;
        }
        if let Some(after) = &mut release.after {
            resolve_after(after, |name| find(RELEASE, "after", name))?;
        }
        resolve_gates(&mut self.release_gates.gates, |name| {
            find(RELEASE, "soak", name)
        })?;
        self.environments = environments;
        Ok(())
    }

    fn acyclic(&self) -> Result<(), BuildPolicyError> {
        for rule in &self.environments {
            let mut path = vec![rule.name.clone()];
            if self.circle(rule, &mut path, &mut Set::new()) {
                let path = path.iter().map(ToString::to_string).collect();
                return Err(BuildPolicyError::Cycle { path });
            }
        }
        Ok(())
    }

    /// Follows predecessors until the first name of `path` comes again.
    fn circle(
        &self,
        rule: &EnvironmentRule,
        path: &mut Vec<EnvironmentName>,
        seen: &mut Set<EnvironmentName>,
    ) -> bool {
        for name in rule.after.names() {
            path.push(name.clone());
            if path.first() == Some(name) {
                return true;
            }
            if seen.insert(name.clone())
                && let Ok(next) = self.environment(name.as_str())
                && self.circle(next, path, seen)
            {
                return true;
            }
            path.pop();
        }
        false
    }

    fn check_gates(&self) -> Result<(), BuildPolicyError> {
        if !self.release_gates.gates.is_empty() && self.by_name.contains_key(RELEASE) {
            return Err(BuildPolicyError::DuplicateName {
                name: self.release_gates.name.clone(),
                first: self.release_gates.name.clone(),
            });
        }
        for rule in self.environments.iter().chain([&self.release_gates]) {
            let environment = rule.name.to_string();
            for (index, gate) in rule.gates.iter().enumerate() {
                let id = gate.id();
                let twice = rule.gates.iter().take(index).any(|other| {
                    let lanes = || {
                        Lane::ALL
                            .iter()
                            .any(|lane| other.is_for(*lane) && gate.is_for(*lane))
                    };
                    other.id() == id && lanes()
                });
                if twice {
                    return Err(BuildPolicyError::DuplicateGate {
                        environment,
                        gate: id,
                    });
                }
                if let Condition::Approvals(approvals) = &gate.condition {
                    self.check_roles(&environment, &approvals.from)?;
                    let people = self.roster.with_any_role(&approvals.from).count();
                    let asked = usize::try_from(approvals.count).unwrap_or(usize::MAX);
                    if asked == 0 || asked > people {
                        let count = approvals.count;
                        return Err(BuildPolicyError::Quorum {
                            environment,
                            count,
                            people,
                        });
                    }
                }
            }
        }
        self.check_roles("waivers", &self.waivers_from)
    }

    fn check_roles(&self, environment: &str, roles: &[Role]) -> Result<(), BuildPolicyError> {
        let held = || self.roster.roles().map(Role::as_str);
        let nobody_holds = |role: &&Role| held().all(|held| held != role.as_str());
        match roles.iter().find(nobody_holds) {
            None => Ok(()),
            Some(role) => Err(BuildPolicyError::UnknownRole {
                environment: environment.to_owned(),
                role: role.clone(),
                nearest: nearest(role.as_str(), &mut held()),
            }),
        }
    }

    fn default_after(&self) -> After {
        let before: Set<EnvironmentName> = self
            .environments
            .iter()
            .filter(|rule| rule.accepts == Accepts::Release)
            .flat_map(|rule| rule.after.names())
            .filter(|name| {
                self.environment(name.as_str())
                    .is_ok_and(|rule| rule.accepts == Accepts::Candidate)
            })
            .cloned()
            .collect();
        After::All(before.iter().cloned().collect())
    }

    /// Returns whether a lane passes through an environment.
    pub(crate) fn is_on(&self, lane: Lane, rule: &EnvironmentRule) -> bool {
        rule.lanes.is_empty() || rule.lanes.contains(&lane)
    }

    /// Returns what must have been verified before, where environments that the lane does not pass
    /// through are replaced by what they come after (INV-8).
    pub(crate) fn needs(&self, after: &After, lane: Lane) -> Need {
        let parts = after.names().iter().filter_map(|name| {
            let rule = self.environment(name.as_str()).ok()?;
            Some(if self.is_on(lane, rule) {
                Need::Verified(name.clone())
            } else {
                self.needs(&rule.after, lane)
            })
        });
        match after {
            After::All(_) => Need::All(parts.collect()),
            After::Any(_) => Need::Any(parts.collect()),
        }
    }
}

/// What must have been verified before an environment opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Verified(EnvironmentName),
    All(Vec<Need>),
    Any(Vec<Need>),
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Self::Verified(name) => return name.fmt(f),
            Self::All(parts) => (parts, " and "),
            Self::Any(parts) => (parts, " or "),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(word)?;
            }
            part.fmt(f)?;
        }
        Ok(())
    }
}

fn names(environments: &[EnvironmentRule]) -> Result<Map<String, usize>, BuildPolicyError> {
    let mut by_name = Map::<String, usize>::new();
    for (index, rule) in environments.iter().enumerate() {
        for name in [&rule.name].into_iter().chain(&rule.aliases) {
            if let Some(first) = by_name.insert(name.to_string(), index) {
                let first = environments.get(first).map_or(name, |rule| &rule.name);
                return Err(BuildPolicyError::DuplicateName {
                    name: name.clone(),
                    first: first.clone(),
                });
            }
        }
    }
    Ok(by_name)
}

fn resolve_after(
    after: &mut After,
    find: impl Fn(&EnvironmentName) -> Result<EnvironmentName, BuildPolicyError>,
) -> Result<(), BuildPolicyError> {
    let (After::All(names) | After::Any(names)) = after;
    for name in names {
        *name = find(name)?;
    }
    Ok(())
}

fn resolve_gates(
    gates: &mut [GateRule],
    find: impl Fn(&EnvironmentName) -> Result<EnvironmentName, BuildPolicyError>,
) -> Result<(), BuildPolicyError> {
    for gate in gates {
        if let Condition::Soak(soak) = &mut gate.condition {
            soak.within = find(&soak.within)?;
        }
    }
    Ok(())
}
