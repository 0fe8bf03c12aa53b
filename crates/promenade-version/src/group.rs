//! Groups: packages that share a version, and versions that belong to no package.

use std::collections::{BTreeMap, BinaryHeap};

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
        let mut names: Vec<(&str, usize)> = Vec::new();
        let mut owners: Vec<(&str, usize)> = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            names.push((&group.name, at));
            for package in &group.packages {
                owners.push((package, at));
            }
        }
        // A heap sorts with a fifth of the code of `sort`, and a process names few packages.
        let names = BinaryHeap::from(names).into_sorted_vec();
        let owners = BinaryHeap::from(owners).into_sorted_vec();
        if let Some((name, ..)) = twice(&names) {
            return Err(GroupError::DuplicateName(name.to_owned()));
        }
        if let Some((package, first, second)) = twice(&owners) {
            let name = |at: usize| groups.get(at).map_or("", |group| &group.name).to_owned();
            return Err(GroupError::SharedPackage {
                package: package.to_owned(),
                first: name(first),
                second: name(second),
            });
        }
        for group in &groups {
            let owned = owners.binary_search_by(|(package, _)| package.cmp(&group.name.as_str()));
            if group.packages.is_empty() && owned.is_ok() {
                return Err(GroupError::DuplicateName(group.name.clone()));
            }
        }
        Ok(Self { groups })
    }
}

/// Returns the first name that sorted names have twice, and where both are from.
fn twice<'a>(sorted: &[(&'a str, usize)]) -> Option<(&'a str, usize, usize)> {
    let mut previous = None;
    for &(name, at) in sorted {
        match previous {
            Some((other, first)) if other == name => return Some((name, first, at)),
            _ => previous = Some((name, at)),
        }
    }
    None
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
        let mut packages = self.packages(versions, dependencies, changes)?;
        // Impacts only ever rise, and there are four of them: the loop ends.
        loop {
            self.without_dependents(policy, &mut packages, request)?;
            let mut grown = false;
            for edge in dependencies {
                let source = packages.find(&edge.dependency)?;
                let Some(next) = &source.next else {
                    continue;
                };
                if edge.requirement.matches(next.version()) {
                    continue;
                }
                let breaks = edge.public && source.impact == Impact::Breaking;
                let needed = if breaks {
                    Impact::Breaking
                } else {
                    Impact::Fix
                };
                if packages.find(&edge.dependent)?.impact < needed {
                    let input = format!("{} {}", edge.dependency, next.text());
                    let dependent = packages.find_mut(&edge.dependent)?;
                    dependent.impact = needed;
                    let level = needed.to_string();
                    dependent.follows = Some(Reason::new(Rule::RequirementBroken, input, level));
                    grown = true;
                }
            }
            if !grown {
                return Ok(packages.into_plan());
            }
        }
    }

    /// Lists what has a version, and checks that all that is named has one.
    fn packages<'a>(
        &self,
        versions: &'a BTreeMap<String, Version>,
        dependencies: &[Dependency],
        changes: &BTreeMap<String, Impact>,
    ) -> Result<Packages<'a>, GroupError> {
        let mut packages = Packages(Vec::with_capacity(versions.len()));
        for (name, current) in versions {
            packages.0.push(Package {
                name,
                current,
                impact: Impact::None,
                shares: false,
                next: None,
                follows: None,
            });
        }
        for edge in dependencies {
            packages.find(&edge.dependent)?;
            packages.find(&edge.dependency)?;
        }
        for (name, impact) in changes {
            packages.find_mut(name)?.impact = *impact;
        }
        for group in &self.groups {
            for name in &group.packages {
                packages.find_mut(name)?.shares = group.sharing != Sharing::Independent;
            }
        }
        Ok(packages)
    }

    /// Sets the next version of every package that changed, and of those that move with it.
    fn without_dependents(
        &self,
        policy: &VersionPolicy,
        packages: &mut Packages<'_>,
        request: &Request,
    ) -> Result<(), GroupError> {
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
            let (mut impact, mut highest) = (Impact::None, None);
            for name in &group.packages {
                let package = packages.find(name)?;
                impact = impact.max(package.impact);
                highest = highest.max(Some(package.current));
            }
            let Some(highest) = highest else {
                continue;
            };
            let Some(next) = next(&group.name, highest, impact)? else {
                continue;
            };
            let reason = Reason::new(rule, group.name.clone(), next.text().to_owned());
            let next = next.because(reason);
            for name in &group.packages {
                let package = packages.find_mut(name)?;
                if group.sharing == Sharing::Lockstep || package.impact != Impact::None {
                    package.next = Some(next.clone());
                }
            }
        }
        for package in &mut packages.0 {
            if !package.shares && package.impact != Impact::None {
                package.next = next(package.name, package.current, package.impact)?;
            }
        }
        Ok(())
    }
}

/// What a plan knows of a package, or of a group without packages.
struct Package<'a> {
    name: &'a str,
    current: &'a Version,
    impact: Impact,
    /// Whether its group gives it its version.
    shares: bool,
    next: Option<Next>,
    /// Why it follows a dependency.
    follows: Option<Reason>,
}

/// All that has a version, in the order of names.
struct Packages<'a>(Vec<Package<'a>>);

impl<'a> Packages<'a> {
    fn position(&self, name: &str) -> Option<usize> {
        self.0
            .binary_search_by(|package| package.name.cmp(name))
            .ok()
    }

    fn find(&self, name: &str) -> Result<&Package<'a>, GroupError> {
        self.position(name)
            .and_then(|at| self.0.get(at))
            .ok_or_else(|| GroupError::Unknown(name.to_owned()))
    }

    fn find_mut(&mut self, name: &str) -> Result<&mut Package<'a>, GroupError> {
        self.position(name)
            .and_then(|at| self.0.get_mut(at))
            .ok_or_else(|| GroupError::Unknown(name.to_owned()))
    }

    fn into_plan(self) -> BTreeMap<String, Next> {
        let mut plan = BTreeMap::new();
        for package in self.0 {
            if let Some(mut next) = package.next {
                if let Some(reason) = package.follows {
                    next = next.because(reason);
                }
                plan.insert(package.name.to_owned(), next);
            }
        }
        plan
    }
}
