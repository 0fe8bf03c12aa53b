//! Groups: packages that share a version, and versions that belong to no package.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Version, VersionReq};

use crate::{Impact, Next, NextVersionError, Reason, Request, Rule, VersionPolicy};

/// How the packages of a group share a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Sharing {
    /// All packages are released together, under one version.
    Lockstep,
    /// Each package has a version of its own.
    Independent,
    /// Packages that are released together get one version; the others stay.
    Linked,
}

/// A group of packages, or a version that belongs to no package: `packages` is then empty and the
/// group's own name stands for the version (a protocol, an OpenAPI file; A19, A20).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct Group {
    /// The name of the group.
    pub name: String,
    /// How its packages share a version.
    pub sharing: Sharing,
    /// Its packages.
    #[cfg_attr(feature = "serde", serde(default))]
    pub packages: Vec<String>,
}

impl Group {
    /// Makes a group.
    pub fn new(
        name: impl Into<String>,
        sharing: Sharing,
        packages: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            sharing,
            packages: packages.into_iter().map(Into::into).collect(),
        }
    }
}

/// The groups of a repository; a package is in at most one of them, and independent in none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<Group>", into = "Vec<Group>"))]
pub struct Groups {
    groups: Vec<Group>,
}

/// Groups contradict each other, or a plan names what does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// Two groups have one name, or a group has the name of a package.
    #[error("the name `{0}` is given twice")]
    DuplicateName(String),
    /// A package is in two groups.
    #[error("package `{package}` is in the groups `{first}` and `{second}`")]
    SharedPackage {
        /// The package.
        package: String,
        /// One group.
        first: String,
        /// The other.
        second: String,
    },
    /// A change, a dependency or a group names a package that has no version.
    #[error("`{0}` has no version")]
    Unknown(String),
    /// A package has no next version.
    #[error("package `{package}`: {error}")]
    Next {
        /// The package.
        package: String,
        /// Why.
        error: NextVersionError,
    },
}

impl TryFrom<Vec<Group>> for Groups {
    type Error = GroupError;

    fn try_from(groups: Vec<Group>) -> Result<Self, GroupError> {
        let mut names = BTreeSet::new();
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for group in &groups {
            if !names.insert(group.name.as_str()) {
                return Err(GroupError::DuplicateName(group.name.clone()));
            }
            for package in &group.packages {
                if let Some(first) = owners.insert(package, &group.name) {
                    return Err(GroupError::SharedPackage {
                        package: package.clone(),
                        first: first.to_owned(),
                        second: group.name.clone(),
                    });
                }
            }
        }
        let clash = groups
            .iter()
            .find(|group| group.packages.is_empty() && owners.contains_key(group.name.as_str()));
        if let Some(group) = clash {
            return Err(GroupError::DuplicateName(group.name.clone()));
        }
        Ok(Self { groups })
    }
}

impl From<Groups> for Vec<Group> {
    fn from(groups: Groups) -> Self {
        groups.groups
    }
}

/// One package depends on another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dependency {
    /// The package that depends.
    pub dependent: String,
    /// The package it depends on.
    pub dependency: String,
    /// The versions that it accepts.
    pub requirement: VersionReq,
    /// Whether the dependency shows in the dependent's own interface, so that what breaks it breaks
    /// the dependent.
    pub public: bool,
}

impl Dependency {
    /// Makes a dependency that does not show in the dependent's interface.
    pub fn new(
        dependent: impl Into<String>,
        dependency: impl Into<String>,
        requirement: VersionReq,
    ) -> Self {
        Self {
            dependent: dependent.into(),
            dependency: dependency.into(),
            requirement,
            public: false,
        }
    }

    /// Says that the dependency shows in the dependent's own interface.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }
}

impl Groups {
    /// Returns the groups.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Plans the releases that a set of changes asks for.
    ///
    /// `versions` holds the current version of every package and of every group without packages;
    /// `changes` the strongest impact on each. A dependent follows when the new version of a
    /// dependency is outside its requirement, and not otherwise.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use promenade_version::{
    ///     BelowOne, Dependency, Group, Groups, Impact, Request, SchemeKind, Sharing, Version,
    ///     VersionPolicy,
    /// };
    ///
    /// let policy = VersionPolicy::builder(SchemeKind::Semver).below_one(BelowOne::Semver).build()?;
    /// let groups = Groups::try_from(vec![Group::new("core", Sharing::Lockstep, ["a", "b"])])?;
    /// let version = |major, minor| Version::new(major, minor, 0);
    /// let versions = [("a", version(1, 0)), ("b", version(1, 2)), ("tool", version(3, 1))];
    /// let versions = versions.map(|(name, version)| (name.to_owned(), version)).into();
    /// let depends = [Dependency::new("tool", "b", "^1.2".parse()?)];
    ///
    /// let feature = BTreeMap::from([("a".to_owned(), Impact::Feature)]);
    /// let plan = groups.plan(&policy, &versions, &depends, &feature, &Request::first())?;
    /// assert_eq!(plan["b"].text(), "1.3.0"); // in lockstep with `a`
    /// assert!(!plan.contains_key("tool")); // ^1.2 accepts 1.3.0
    ///
    /// let breaking = BTreeMap::from([("a".to_owned(), Impact::Breaking)]);
    /// let plan = groups.plan(&policy, &versions, &depends, &breaking, &Request::first())?;
    /// assert_eq!(plan["tool"].text(), "3.1.1"); // ^1.2 does not accept 2.0.0
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`GroupError::Unknown`] for a name without a version, [`GroupError::Next`] if a package has
    /// no next version under the policy.
    pub fn plan(
        &self,
        policy: &VersionPolicy,
        versions: &BTreeMap<String, Version>,
        dependencies: &[Dependency],
        changes: &BTreeMap<String, Impact>,
        request: &Request,
    ) -> Result<BTreeMap<String, Next>, GroupError> {
        self.check_names(versions, dependencies, changes)?;
        let mut impacts: BTreeMap<&str, Impact> = changes
            .iter()
            .filter(|(_, impact)| **impact != Impact::None)
            .map(|(name, impact)| (name.as_str(), *impact))
            .collect();
        let mut followed: BTreeMap<&str, Reason> = BTreeMap::new();
        // Impacts only ever rise, and there are four of them: the loop ends.
        loop {
            let mut plan = self.without_dependents(policy, versions, &impacts, request)?;
            let mut grown = false;
            for edge in dependencies {
                let Some(next) = plan.get(&edge.dependency) else {
                    continue;
                };
                if edge.requirement.matches(next.version()) {
                    continue;
                }
                let source = impacts.get(edge.dependency.as_str()).copied();
                let breaks = edge.public && source == Some(Impact::Breaking);
                let needed = if breaks {
                    Impact::Breaking
                } else {
                    Impact::Fix
                };
                let had = impacts.entry(&edge.dependent).or_default();
                if *had < needed {
                    *had = needed;
                    grown = true;
                    let input = format!("{} {}", edge.dependency, next.text());
                    let reason = Reason::new(Rule::RequirementBroken, input, needed);
                    followed.insert(&edge.dependent, reason);
                }
            }
            if !grown {
                for (name, reason) in followed {
                    if let Some(next) = plan.remove(name) {
                        plan.insert(name.to_owned(), next.because(reason));
                    }
                }
                return Ok(plan);
            }
        }
    }

    fn check_names(
        &self,
        versions: &BTreeMap<String, Version>,
        dependencies: &[Dependency],
        changes: &BTreeMap<String, Impact>,
    ) -> Result<(), GroupError> {
        let edges = dependencies
            .iter()
            .flat_map(|edge| [&edge.dependent, &edge.dependency]);
        let members = self.groups.iter().flat_map(|group| &group.packages);
        match edges
            .chain(changes.keys())
            .chain(members)
            .find(|name| !versions.contains_key(*name))
        {
            Some(name) => Err(GroupError::Unknown(name.clone())),
            None => Ok(()),
        }
    }

    fn without_dependents(
        &self,
        policy: &VersionPolicy,
        versions: &BTreeMap<String, Version>,
        impacts: &BTreeMap<&str, Impact>,
        request: &Request,
    ) -> Result<BTreeMap<String, Next>, GroupError> {
        let mut plan = BTreeMap::new();
        let mut shared = BTreeSet::new();
        let next = |name: &str, current: &Version, impact: Impact| {
            let request = Request {
                current: Some(current.clone()),
                ..request.clone()
            };
            policy
                .next(&request.impact(impact))
                .map_err(|error| GroupError::Next {
                    package: name.to_owned(),
                    error,
                })
        };
        for group in &self.groups {
            let rule = match group.sharing {
                Sharing::Independent => continue,
                Sharing::Lockstep => Rule::Lockstep,
                Sharing::Linked => Rule::Linked,
            };
            shared.extend(group.packages.iter().map(String::as_str));
            let impact = group
                .packages
                .iter()
                .filter_map(|name| impacts.get(name.as_str()))
                .max();
            let highest = group
                .packages
                .iter()
                .filter_map(|name| versions.get(name))
                .max();
            let (Some(impact), Some(highest)) = (impact, highest) else {
                continue;
            };
            let Some(next) = next(&group.name, highest, *impact)? else {
                continue;
            };
            let reason = Reason::new(rule, &group.name, next.text());
            for name in &group.packages {
                if group.sharing == Sharing::Lockstep || impacts.contains_key(name.as_str()) {
                    plan.insert(name.clone(), next.clone().because(reason.clone()));
                }
            }
        }
        for (name, impact) in impacts {
            if let (false, Some(current)) = (shared.contains(name), versions.get(*name))
                && let Some(next) = next(name, current, *impact)?
            {
                plan.insert((*name).to_owned(), next);
            }
        }
        Ok(plan)
    }
}
