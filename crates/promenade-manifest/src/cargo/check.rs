//! Checking: whether everything that names a version of the workspace names the same.

use std::collections::BTreeMap;

use semver::VersionReq;

use super::manifest::Table;
use super::workspace::{Cargo, Package, Workspace};
use crate::{Mismatch, ReadManifestError, ReadManifestErrorKind};

impl Cargo {
    /// Returns every place that disagrees with the manifests: a requirement that does not accept
    /// the version of the package it takes from the workspace, a lock file that says another.
    ///
    /// # Errors
    /// [`ReadManifestError`] if a requirement is none that Cargo reads.
    pub fn check(&self) -> Result<Vec<Mismatch>, ReadManifestError> {
        let all: BTreeMap<&str, &Package> = self
            .packages
            .iter()
            .map(|(folder, package)| (folder.as_str(), package))
            .collect();
        let mut found = Vec::new();
        for manifest in self.manifests.values() {
            for entry in &manifest.dependencies {
                let (Some(package), Some(literal)) =
                    (self.target(manifest, entry, &all), &entry.requirement)
                else {
                    continue;
                };
                let Some(version) = &package.version else {
                    continue;
                };
                let at = manifest.position(literal.inner.start);
                let requirement = VersionReq::parse(&literal.value).map_err(|error| {
                    let kind = ReadManifestErrorKind::Requirement {
                        text: literal.value.clone(),
                        reason: error.to_string(),
                    };
                    ReadManifestError::at(&manifest.path, at, kind)
                })?;
                if entry.table == Table::Dependencies && !requirement.matches(version) {
                    found.push(Mismatch {
                        file: manifest.path.clone(),
                        position: at,
                        subject: package.name.clone(),
                        found: literal.value.clone(),
                        expected: format!("a requirement that accepts {version}"),
                    });
                }
            }
        }
        for workspace in &self.workspaces {
            self.check_lock(workspace, &mut found);
        }
        found.sort();
        Ok(found)
    }

    fn check_lock(&self, workspace: &Workspace, into: &mut Vec<Mismatch>) {
        let Some(lock) = &workspace.lock else {
            return;
        };
        for folder in &workspace.packages {
            let Some(package) = self.packages.get(folder) else {
                continue;
            };
            let zero = semver::Version::new(0, 0, 0);
            let expected = package.version.as_ref().unwrap_or(&zero);
            let (position, found) = match lock.entry_of(&package.name, Some(expected)) {
                Ok(entry) if entry.version == *expected => continue,
                Ok(entry) => (
                    lock.position(entry.literal.inner.start),
                    entry.version.to_string(),
                ),
                Err(count) => (lock.position(0), format!("{count} entries")),
            };
            into.push(Mismatch {
                file: lock.path.clone(),
                position,
                subject: package.name.clone(),
                found,
                expected: expected.to_string(),
            });
        }
    }
}
