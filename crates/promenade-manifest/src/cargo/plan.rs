//! Planning: which bytes change so that packages carry a version and everything still fits.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::manifest::{DependencyDecl, Manifest, Table};
use super::workspace::{Cargo, Package, Workspace};
use crate::requirement::follow;
use crate::{Dependents, EditOrderError, FileEdit, PlanEditError, PlanEditErrorKind, TextEdit};

/// Whose version is to change.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum PackageSelection {
    /// The version that all packages share: that of `[workspace.package]` if there is one, else the
    /// one version that every package has.
    #[default]
    Shared,
    /// These packages, by name. A package that inherits its version takes along all that inherit it.
    Named(BTreeSet<String>),
}

impl PackageSelection {
    /// Selects one package.
    #[must_use]
    pub fn one(name: impl Into<String>) -> Self {
        Self::Named(BTreeSet::from([name.into()]))
    }
}

/// A version edit: the packages whose version changes, and the edits of every file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[must_use]
pub struct VersionEdit {
    pub(crate) changes: Vec<VersionChange>,
    pub(crate) files: Vec<FileEdit>,
}

/// One thing whose version changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VersionChange {
    /// A package, or the file that carries a version of its own.
    pub subject: String,
    /// The version text before.
    pub from: String,
    /// The version text after.
    pub to: String,
}

impl VersionEdit {
    /// Returns what changes its version, sorted by name; without what has it already.
    #[must_use]
    pub fn changes(&self) -> &[VersionChange] {
        &self.changes
    }

    /// Returns the edits, a file each, sorted by path; files without an edit are left out.
    #[must_use]
    pub fn files(&self) -> &[FileEdit] {
        &self.files
    }

    /// Returns whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Adds the edits of a file, to those that the file has already.
    pub(crate) fn add(&mut self, file: FileEdit) -> Result<(), EditOrderError> {
        match self.files.iter_mut().find(|old| old.path() == file.path()) {
            Some(old) => *old = old.join(&file)?,
            None => self.files.push(file),
        }
        Ok(())
    }
}

impl Cargo {
    /// Plans the edit that gives the selected packages `version`: their manifests, the requirements
    /// on them as `dependents` says, and the lock files.
    ///
    /// # Errors
    /// [`PlanEditError`] with file and line: an unknown package, different versions where one is
    /// expected, a requirement that cannot accept the version, a lock file without an entry.
    pub fn plan_version_edit(
        &self,
        selection: &PackageSelection,
        version: &Version,
        dependents: Dependents,
    ) -> Result<VersionEdit, PlanEditError> {
        let selected = match selection {
            PackageSelection::Shared => self.shared(None)?,
            PackageSelection::Named(names) => {
                let mut selected = Vec::new();
                for name in names {
                    selected.extend(self.named(name)?);
                }
                selected
            }
        };
        self.plan_packages(&selected, version, dependents)
    }

    /// Plans the edit that gives packages `version`, and those that take theirs from the same place.
    pub(crate) fn plan_packages(
        &self,
        selected: &[&Package],
        version: &Version,
        dependents: Dependents,
    ) -> Result<VersionEdit, PlanEditError> {
        let changed = self.changed(selected);
        let mut edits: BTreeMap<&str, Vec<TextEdit>> = BTreeMap::new();
        let text = version.to_string();
        for package in changed.values() {
            let Some((file, literal)) = &package.source else {
                let package = package.name.clone();
                return Err(PlanEditError::new(PlanEditErrorKind::NoVersion { package }));
            };
            edits.entry(file).or_default().push(literal.set(&text));
        }
        for manifest in self.manifests.values() {
            for entry in &manifest.dependencies {
                if let Some(package) = self.target(manifest, entry, &changed) {
                    let into = edits.entry(&manifest.path).or_default();
                    require(manifest, entry, package, version, dependents, into)?;
                }
            }
        }
        let mut files = Vec::new();
        for (path, edits) in edits {
            let text = self
                .manifests
                .get(path)
                .map_or("", |file| file.text.as_str());
            files.push(FileEdit::new(path, text.as_bytes().to_vec(), edits)?);
        }
        for workspace in &self.workspaces {
            files.extend(lock_edit(workspace, &changed, version)?);
        }
        files.retain(|file| !file.edits().is_empty());
        files.sort_by(|one, other| one.path().cmp(other.path()));
        let mut changes: Vec<_> = changed
            .values()
            .filter(|package| package.version.as_ref() != Some(version))
            .map(|package| VersionChange {
                subject: package.name.clone(),
                from: package
                    .version
                    .as_ref()
                    .map_or_else(String::new, Version::to_string),
                to: text.clone(),
            })
            .collect();
        changes.sort_by(|one, other| one.subject.cmp(&other.subject));
        Ok(VersionEdit { changes, files })
    }

    /// Returns the packages whose version changes, by folder: those selected, and those that take
    /// their version from the same place.
    fn changed(&self, selected: &[&Package]) -> BTreeMap<&str, &Package> {
        let sources: BTreeSet<_> = selected
            .iter()
            .filter_map(|package| place(package))
            .collect();
        let manifests: BTreeSet<_> = selected.iter().map(|one| one.manifest.as_str()).collect();
        self.packages
            .iter()
            .filter(|(_, package)| {
                manifests.contains(package.manifest.as_str())
                    || place(package).is_some_and(|place| sources.contains(&place))
            })
            .map(|(folder, package)| (folder.as_str(), package))
            .collect()
    }

    /// Returns the members of the name.
    pub(crate) fn named(&self, name: &str) -> Result<Vec<&Package>, PlanEditError> {
        let found: Vec<_> = self
            .packages()
            .filter(|package| package.name == name)
            .collect();
        if found.is_empty() {
            return Err(PlanEditError::new(PlanEditErrorKind::NoSuchPackage {
                name: name.to_owned(),
                known: self.names(),
            }));
        }
        Ok(found)
    }

    /// Returns the packages that should have one version: those that inherit it, else all that have
    /// one; of one workspace, or of all.
    pub(crate) fn sharing(&self, root: Option<&str>) -> Vec<&Package> {
        let members = || {
            self.packages()
                .filter(move |package| root.is_none() || package.root.as_deref() == root)
        };
        let inheriting: Vec<_> = members().filter(|package| package.inherited).collect();
        if inheriting.is_empty() {
            return members()
                .filter(|package| package.version.is_some())
                .collect();
        }
        inheriting
    }

    /// Returns the packages with the one version that a call without a name means.
    pub(crate) fn shared(&self, root: Option<&str>) -> Result<Vec<&Package>, PlanEditError> {
        let all = self.sharing(root);
        let versions: BTreeSet<_> = all.iter().filter_map(|package| package.version()).collect();
        match versions.len() {
            1 => Ok(all),
            _ => Err(PlanEditError::new(PlanEditErrorKind::SeveralVersions {
                versions: all
                    .iter()
                    .filter_map(|package| Some(format!("{} {}", package.name, package.version()?)))
                    .collect::<Vec<_>>()
                    .join(", "),
            })),
        }
    }

    fn names(&self) -> String {
        let names: BTreeSet<_> = self.packages().map(Package::name).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// Returns the package among `packages` that an entry of a manifest takes.
    pub(crate) fn target<'a>(
        &self,
        manifest: &Manifest,
        entry: &DependencyDecl,
        packages: &BTreeMap<&str, &'a Package>,
    ) -> Option<&'a Package> {
        let named = |folder: &str| {
            packages
                .get(folder)
                .copied()
                .filter(|package| package.name == entry.package)
        };
        if let Some(folder) = &entry.folder {
            return named(folder);
        }
        // A registry entry that `[patch]` redirects, where the requirement accepts what is there.
        let registry = entry.registry.as_ref()?;
        let key = (registry.clone(), entry.package.clone());
        let folder = self
            .workspaces
            .iter()
            .filter(|workspace| {
                workspace.root == manifest.path || workspace.packages.contains(manifest.folder())
            })
            .find_map(|workspace| workspace.patched.get(&key))?;
        let package = named(folder)?;
        let requirement = semver::VersionReq::parse(&entry.requirement.as_ref()?.value).ok()?;
        requirement
            .matches(package.version.as_ref()?)
            .then_some(package)
    }
}

/// Returns where a package's version stands.
fn place(package: &Package) -> Option<(&str, usize)> {
    let (file, literal) = package.source.as_ref()?;
    Some((file, literal.inner.start))
}

/// Plans the edit of one requirement.
fn require(
    manifest: &Manifest,
    entry: &DependencyDecl,
    package: &Package,
    version: &Version,
    dependents: Dependents,
    into: &mut Vec<TextEdit>,
) -> Result<(), PlanEditError> {
    let error = |at: usize, kind| PlanEditError::at(&manifest.path, manifest.position(at), kind);
    if entry.table == Table::Replace {
        let package = package.name.clone();
        return Err(error(entry.at, PlanEditErrorKind::Replaced { package }));
    }
    let Some(literal) = &entry.requirement else {
        return Ok(());
    };
    let pieces = follow(&literal.value, version, dependents).map_err(|reason| {
        let kind = PlanEditErrorKind::Requirement {
            package: package.name.clone(),
            requirement: literal.value.clone(),
            version: version.clone(),
            reason,
        };
        error(literal.inner.start, kind)
    })?;
    if literal.plain {
        let start = literal.inner.start;
        into.extend(
            pieces
                .into_iter()
                .map(|(range, text)| TextEdit::new(start + range.start..start + range.end, text)),
        );
    } else if !pieces.is_empty() {
        into.push(literal.set(&crate::requirement::splice(&literal.value, &pieces)));
    }
    Ok(())
}

fn lock_edit(
    workspace: &Workspace,
    changed: &BTreeMap<&str, &Package>,
    version: &Version,
) -> Result<Option<FileEdit>, PlanEditError> {
    let Some(lock) = &workspace.lock else {
        return Ok(None);
    };
    let mut changes = BTreeMap::new();
    for (folder, package) in changed {
        if !workspace.packages.contains(*folder) {
            continue;
        }
        let entry = lock.entry_of(&package.name, package.version.as_ref());
        let entry = entry.map_err(|found| {
            let package = package.name.clone();
            let kind = PlanEditErrorKind::LockEntry { package, found };
            PlanEditError::at(&lock.path, lock.position(0), kind)
        })?;
        changes.insert(entry.literal.inner.start, version.clone());
    }
    let bytes = lock.text.as_bytes().to_vec();
    Ok(Some(FileEdit::new(
        &lock.path,
        bytes,
        lock.edits(&changes),
    )?))
}
