//! Which crates are missing in a registry, and bringing them there.

use std::fmt;
use std::time::Duration;

use promenade_digest::Digest;

use super::cargo::{Cargo, CargoError};
use super::index::{IndexError, Published, SparseIndex};
use super::workspace::{OrderError, Workspace};

/// How often an index is looked at after an upload, and how long it is waited between.
const LOOKS: u32 = 30;
const PAUSE: Duration = Duration::from_secs(2);

/// Which crates go to a registry, in order, and which are there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct CratePlan {
    crates: Vec<PlannedCrate>,
}

/// A crate of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCrate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether it is there.
    pub state: State,
}

/// Whether a version of a crate is in its registry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It was there before.
    There(Published),
    /// It is not there.
    Missing,
    /// It was brought there by this run.
    Brought(Digest),
}

/// Crates could not be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishCrateError {
    /// They have no order.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The index does not say what is there.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Cargo does not package or publish them.
    #[error(transparent)]
    Cargo(#[from] CargoError),
    /// The package that cargo made cannot be read.
    #[error("cannot read the package of `{name}`: {reason}")]
    Package {
        /// The crate.
        name: String,
        /// Why.
        reason: String,
    },
    /// The registry has other bytes under this version: somebody else was faster.
    #[error(
        "`{name}` {version} is in the index with digest {found}, and was packaged with {expected}"
    )]
    OtherBytes {
        /// The crate.
        name: String,
        /// Its version.
        version: String,
        /// The digest of the package here.
        expected: Box<Digest>,
        /// The digest there.
        found: Box<Digest>,
    },
    /// The upload ended well, and the index does not show it.
    #[error(
        "`{name}` {version} was uploaded, and the index does not show it yet; run it again later"
    )]
    NotShown {
        /// The crate.
        name: String,
        /// Its version.
        version: String,
    },
}

impl CratePlan {
    /// Returns the crates in order.
    #[must_use]
    pub fn crates(&self) -> &[PlannedCrate] {
        &self.crates
    }

    /// Returns the names of those that are missing, in order.
    #[must_use]
    pub fn missing(&self) -> Vec<&str> {
        let missing = self.crates.iter().filter(|one| one.state == State::Missing);
        missing.map(|one| one.name.as_str()).collect()
    }
}

impl fmt::Display for CratePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, one) in self.crates.iter().enumerate() {
            let PlannedCrate {
                name,
                version,
                state,
            } = one;
            writeln!(f, "  {}. {name} {version}: {state}", index + 1)?;
        }
        if self.crates.is_empty() {
            writeln!(f, "  no package of the workspace may go there")?;
        }
        Ok(())
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::There(there) if there.yanked => write!(f, "there, yanked, {}", there.digest),
            Self::There(there) => write!(f, "there, {}", there.digest),
            Self::Missing => f.write_str("to be published"),
            Self::Brought(digest) => write!(f, "published, {digest}"),
        }
    }
}

/// Plans: which members go to the registry of `cargo`, in which order, and which the index has.
/// Nothing is changed.
///
/// # Errors
/// [`PublishCrateError::Order`] or [`PublishCrateError::Index`].
pub fn plan(
    workspace: &Workspace,
    cargo: &Cargo,
    index: &SparseIndex,
    named: &[String],
) -> Result<CratePlan, PublishCrateError> {
    let mut crates = Vec::new();
    for package in workspace.order(cargo.registry(), named)? {
        let (name, version) = (package.name().to_owned(), package.version().to_owned());
        let state = match index.find(&name, &version)? {
            Some(there) => State::There(there),
            None => State::Missing,
        };
        crates.push(PlannedCrate {
            name,
            version,
            state,
        });
    }
    Ok(CratePlan { crates })
}

/// Packages every crate that is missing, and builds what was packaged. Nothing is uploaded: this is
/// what to do before anything is tagged.
///
/// # Errors
/// [`PublishCrateError::Cargo`] with what cargo said.
pub fn verify(plan: &CratePlan, cargo: &Cargo) -> Result<(), PublishCrateError> {
    let missing = plan.missing();
    if missing.is_empty() {
        return Ok(());
    }
    Ok(cargo.package(&missing)?)
}

/// Verifies all crates that are missing, and then uploads them in order. `observe` is told of each
/// that is there. Run it again, with a new plan, to go on where it stopped.
///
/// # Errors
/// [`PublishCrateError`] of the first crate that failed.
pub fn publish(
    plan: CratePlan,
    workspace: &Workspace,
    cargo: &Cargo,
    index: &SparseIndex,
    observe: &mut dyn FnMut(&PlannedCrate),
) -> Result<CratePlan, PublishCrateError> {
    verify(&plan, cargo)?;
    let mut crates = plan.crates;
    for one in &mut crates {
        if one.state == State::Missing {
            let digest = upload(one, workspace, cargo, index)?;
            one.state = State::Brought(digest);
        }
        observe(one);
    }
    Ok(CratePlan { crates })
}

fn upload(
    one: &PlannedCrate,
    workspace: &Workspace,
    cargo: &Cargo,
    index: &SparseIndex,
) -> Result<Digest, PublishCrateError> {
    let (name, version) = (one.name.as_str(), one.version.as_str());
    let failed = cargo.publish(name).err();
    let file = workspace.package_file(name, version);
    let bytes = std::fs::read(&file).map_err(|error| PublishCrateError::Package {
        name: name.to_owned(),
        reason: error.to_string(),
    });
    for look in 0..LOOKS {
        // What became of an upload is what the index says, not what cargo could see of it.
        if let Some(there) = index.find(name, version)? {
            let expected = Digest::sha256(&bytes?);
            if there.digest == expected {
                return Ok(expected);
            }
            return Err(PublishCrateError::OtherBytes {
                name: name.to_owned(),
                version: version.to_owned(),
                expected: Box::new(expected),
                found: Box::new(there.digest),
            });
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        if look + 1 < LOOKS {
            std::thread::sleep(PAUSE);
        }
    }
    Err(PublishCrateError::NotShown {
        name: name.to_owned(),
        version: version.to_owned(),
    })
}
