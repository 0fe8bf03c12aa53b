//! The members of a workspace, and the order in which they are published.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The packages of a workspace, as `cargo metadata --no-deps` tells them.
#[derive(Clone, Debug, Deserialize)]
pub struct Workspace {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

/// A package of a workspace.
#[derive(Clone, Debug, Deserialize)]
pub struct Package {
    name: String,
    version: String,
    /// The registries it may go to; anywhere if nothing is said.
    publish: Option<Vec<String>>,
    dependencies: Vec<Dependency>,
}

#[derive(Clone, Debug, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    req: String,
    path: Option<String>,
}

/// What `cargo metadata` printed cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read what `cargo metadata` says: {reason}")]
pub struct ReadWorkspaceError {
    reason: String,
}

/// Packages cannot be published in any order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// No member has this name, or it may not be published there.
    #[error("`{name}` is no package that may be published there; expected one of {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that may.
        known: String,
    },
    /// Packages need each other.
    #[error("packages need each other: {}", cycle.join(" -> "))]
    Cycle {
        /// Their names; the first again at the end.
        cycle: Vec<String>,
    },
    /// Packages need each other for their tests only.
    #[error(
        "packages need each other for their tests: {}; write dev-dependencies inside the workspace \
         with `path` and without `version`, and cargo leaves them out of what it publishes",
        cycle.join(" -> ")
    )]
    DevCycle {
        /// Their names; the first again at the end.
        cycle: Vec<String>,
    },
    /// A package needs another one by its path alone.
    #[error("`{package}` needs `{dependency}` by its path alone; expected a version beside it")]
    NoVersion {
        /// The package.
        package: String,
        /// What it needs.
        dependency: String,
    },
    /// A package needs one that is never published there.
    #[error("`{package}` needs `{dependency}`, which may not be published there")]
    Unpublished {
        /// The package.
        package: String,
        /// What it needs.
        dependency: String,
    },
}

impl Package {
    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Tells whether it may go to a registry; none named is the default one.
    fn goes_to(&self, registry: Option<&str>) -> bool {
        let registry = registry.unwrap_or("crates-io");
        let named = self.publish.as_ref();
        named.is_none_or(|all| all.iter().any(|one| one == registry))
    }
}

impl Dependency {
    fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }

    /// One of tests only and without a version is left out of what is published.
    fn is_published(&self) -> bool {
        !(self.is_dev() && self.req == "*")
    }
}

impl Workspace {
    /// Reads what `cargo metadata --no-deps --format-version 1` prints.
    ///
    /// # Errors
    /// [`ReadWorkspaceError`] if it is not that.
    pub fn parse(json: &[u8]) -> Result<Self, ReadWorkspaceError> {
        serde_json::from_slice(json).map_err(|error| ReadWorkspaceError {
            reason: error.to_string(),
        })
    }

    /// Returns where cargo builds.
    #[must_use]
    pub fn target_directory(&self) -> &Path {
        &self.target_directory
    }

    /// Returns where cargo leaves the package of a crate.
    pub(super) fn package_file(&self, name: &str, version: &str) -> PathBuf {
        let folder: &Path = &self.target_directory;
        folder
            .join("package")
            .join(format!("{name}-{version}.crate"))
    }

    /// Returns the packages that go to a registry (all, or those that are named), each after what it
    /// needs, and by name where there is a choice.
    ///
    /// # Errors
    /// [`OrderError`] naming the packages in the way.
    pub fn order(
        &self,
        registry: Option<&str>,
        named: &[String],
    ) -> Result<Vec<&Package>, OrderError> {
        let own: BTreeMap<&str, &Package> = self
            .packages
            .iter()
            .filter(|one| one.goes_to(registry))
            .map(|one| (one.name(), one))
            .collect();
        if let Some(name) = named.iter().find(|name| !own.contains_key(name.as_str())) {
            let known = own.keys().map(|name| format!("`{name}`"));
            return Err(OrderError::Unknown {
                name: name.clone(),
                known: known.collect::<Vec<_>>().join(", "),
            });
        }
        let wanted = |name: &&str| named.is_empty() || named.iter().any(|one| one == name);
        let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for package in own.values().filter(|one| wanted(&one.name())) {
            left.insert(package.name(), self.needs(package, &own)?);
        }
        let all: BTreeSet<&str> = left.keys().copied().collect();
        for needs in left.values_mut() {
            needs.retain(|need| all.contains(need));
        }
        let mut order = Vec::new();
        while let Some(next) = left.iter().find(|(_, needs)| needs.is_empty()) {
            let next = *next.0;
            left.remove(next);
            for needs in left.values_mut() {
                needs.remove(next);
            }
            order.extend(own.get(next).copied());
        }
        if left.is_empty() {
            return Ok(order);
        }
        let cycle = cycle(&left);
        let hard = |pair: &[String]| match pair {
            [from, to] => own.get(from.as_str()).is_some_and(|package| {
                let mut known = package.dependencies.iter();
                known.any(|one| one.name == *to && !one.is_dev())
            }),
            _ => false,
        };
        let needed = cycle.windows(2).all(hard);
        Err(match needed {
            true => OrderError::Cycle { cycle },
            false => OrderError::DevCycle { cycle },
        })
    }

    /// The members that must be there before a package.
    fn needs<'a>(
        &'a self,
        package: &'a Package,
        own: &BTreeMap<&str, &Package>,
    ) -> Result<BTreeSet<&'a str>, OrderError> {
        let mut needs = BTreeSet::new();
        let inside = |one: &&Dependency| {
            let member = self.packages.iter().any(|other| other.name == one.name);
            one.path.is_some() && member && one.name != package.name
        };
        for one in package.dependencies.iter().filter(inside) {
            let pair = || (package.name.clone(), one.name.clone());
            if !one.is_published() {
                continue;
            }
            if one.req == "*" {
                let (package, dependency) = pair();
                return Err(OrderError::NoVersion {
                    package,
                    dependency,
                });
            }
            if !own.contains_key(one.name.as_str()) {
                let (package, dependency) = pair();
                return Err(OrderError::Unpublished {
                    package,
                    dependency,
                });
            }
            needs.insert(one.name.as_str());
        }
        Ok(needs)
    }
}

/// Walks along what is needed until a package comes up twice.
fn cycle(left: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut path: Vec<&str> = Vec::new();
    let mut next = left.keys().next().copied();
    while let Some(name) = next {
        if let Some(at) = path.iter().position(|one| *one == name) {
            path.push(name);
            return path.into_iter().skip(at).map(str::to_owned).collect();
        }
        path.push(name);
        next = left.get(name).and_then(|needs| needs.first().copied());
    }
    path.into_iter().map(str::to_owned).collect()
}
