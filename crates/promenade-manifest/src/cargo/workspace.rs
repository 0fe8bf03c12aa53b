//! Workspaces: the manifests that belong together, their packages, their lock file.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use semver::Version;

use super::lock::Lock;
use super::manifest::{Manifest, Table, VersionDecl};
use crate::tree::{folder, glob, join};
use crate::{FileTree, Position, ReadManifestError, ReadManifestErrorKind};

/// One or more Cargo workspaces of a repository, read: manifests and lock files.
///
/// Packages outside a workspace that its members depend on by path are read as well: their
/// versions stand in its lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Cargo {
    /// By path of the manifest.
    pub(crate) manifests: BTreeMap<String, Manifest>,
    pub(crate) workspaces: Vec<Workspace>,
    /// By folder.
    pub(crate) packages: BTreeMap<String, Package>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// The path of the root manifest.
    pub(crate) root: String,
    /// The folders of the packages in its lock file: members, and what they reach by path.
    pub(crate) packages: BTreeSet<String>,
    pub(crate) lock: Option<Lock>,
    /// What `[patch]` and `[replace]` of the root redirect to a folder.
    pub(crate) patched: BTreeMap<(String, String), String>,
}

/// A package, and where its version stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub(crate) name: String,
    pub(crate) version: Option<Version>,
    pub(crate) manifest: String,
    /// The manifest and the place of the text of the version.
    pub(crate) source: Option<(String, crate::toml::Literal)>,
    pub(crate) inherited: bool,
    /// The root of the workspace it is a member of.
    pub(crate) root: Option<String>,
}

impl Package {
    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the version; a manifest without one has none (Cargo reads `0.0.0`).
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// Returns the path of the manifest.
    #[must_use]
    pub fn manifest(&self) -> &str {
        &self.manifest
    }

    /// Returns whether the version is that of `[workspace.package]`.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        self.inherited
    }
}

impl Cargo {
    /// Reads the workspaces whose root manifests are given, such as `Cargo.toml`.
    ///
    /// # Errors
    /// [`ReadManifestError`] with file, line and column: a manifest or lock file that is absent,
    /// no TOML, or names a version, a requirement or a member that is none.
    pub fn read(tree: &impl FileTree, roots: &[&str]) -> Result<Self, ReadManifestError> {
        let mut cargo = Self {
            manifests: BTreeMap::new(),
            workspaces: Vec::new(),
            packages: BTreeMap::new(),
        };
        for root in roots {
            if cargo.load(tree, root)?.is_none() {
                let kind = ReadManifestErrorKind::Missing;
                return Err(ReadManifestError::whole(root, kind));
            }
            let workspace = cargo.workspace(tree, root)?;
            cargo.workspaces.push(workspace);
        }
        Ok(cargo)
    }

    /// Returns the packages that are members of a workspace, by folder.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .values()
            .filter(|package| package.root.is_some())
    }

    fn load(
        &mut self,
        tree: &impl FileTree,
        path: &str,
    ) -> Result<Option<&Manifest>, ReadManifestError> {
        if !self.manifests.contains_key(path) {
            let Some(bytes) = tree.read(path)? else {
                return Ok(None);
            };
            let manifest = Manifest::read(path, &bytes)?;
            self.manifests.insert(path.to_owned(), manifest);
        }
        Ok(self.manifests.get(path))
    }

    fn workspace(
        &mut self,
        tree: &impl FileTree,
        root: &str,
    ) -> Result<Workspace, ReadManifestError> {
        let home = folder(root).to_owned();
        let mut waiting = VecDeque::from(self.members(tree, root)?);
        let excluded: Vec<String> = self
            .manifests
            .get(root)
            .and_then(|manifest| manifest.workspace.as_ref())
            .map_or(&[][..], |workspace| &workspace.exclude)
            .iter()
            .filter_map(|path| join(&home, path))
            .collect();
        let is_workspace = self
            .manifests
            .get(root)
            .is_some_and(|manifest| manifest.workspace.is_some());
        let mut packages = BTreeSet::new();
        while let Some((at, mut member)) = waiting.pop_front() {
            if !packages.insert(at.clone()) {
                continue;
            }
            let path = join(&at, "Cargo.toml").unwrap_or_default();
            let Some(manifest) = self.load(tree, &path)? else {
                packages.remove(&at);
                if member {
                    let kind = ReadManifestErrorKind::NoSuchMember { member: at };
                    return Err(ReadManifestError::whole(root, kind));
                }
                continue;
            };
            // Cargo makes a path dependency inside the folder of a workspace a member of it.
            member |= is_workspace
                && within(&at, &home)
                && !excluded.iter().any(|excluded| within(&at, excluded));
            let next: Vec<_> = manifest
                .dependencies
                .iter()
                .filter(|entry| entry.table == Table::Dependencies)
                .filter_map(|entry| entry.folder.clone())
                .map(|folder| (folder, false))
                .collect();
            waiting.extend(next);
            self.package(tree, &path, root, member)?;
        }
        let lock_path = join(&home, "Cargo.lock").unwrap_or_default();
        let lock = match tree.read(&lock_path)? {
            Some(bytes) => Some(Lock::read(&lock_path, &bytes)?),
            None => None,
        };
        Ok(Workspace {
            root: root.to_owned(),
            packages,
            lock,
            patched: self.patched(root),
        })
    }

    /// Returns the folders of the members that the root names, patches included.
    fn members(
        &self,
        tree: &impl FileTree,
        root: &str,
    ) -> Result<Vec<(String, bool)>, ReadManifestError> {
        let Some(manifest) = self.manifests.get(root) else {
            return Ok(Vec::new());
        };
        let home = manifest.folder();
        let mut found = Vec::new();
        if manifest.package.is_some() {
            found.push((home.to_owned(), true));
        }
        if let Some(workspace) = &manifest.workspace {
            let excluded: BTreeSet<_> = workspace
                .exclude
                .iter()
                .filter_map(|path| join(home, path))
                .collect();
            for member in &workspace.members {
                let Some(pattern) = join(home, member) else {
                    continue;
                };
                if !member.contains(['*', '?', '[']) {
                    found.push((pattern, true));
                    continue;
                }
                for folder in glob(tree, &pattern)? {
                    let path = join(&folder, "Cargo.toml").unwrap_or_default();
                    if !excluded.contains(&folder) && tree.read(&path)?.is_some() {
                        found.push((folder, true));
                    }
                }
            }
        }
        for entry in &manifest.dependencies {
            if matches!(entry.table, Table::Patch(_) | Table::Replace)
                && let Some(folder) = &entry.folder
            {
                found.push((folder.clone(), false));
            }
        }
        Ok(found)
    }

    fn patched(&self, root: &str) -> BTreeMap<(String, String), String> {
        let entries = self.manifests.get(root).map(|root| &root.dependencies);
        entries
            .into_iter()
            .flatten()
            .filter_map(|entry| match (&entry.table, &entry.folder) {
                (Table::Patch(registry), Some(folder)) => {
                    Some(((registry.clone(), entry.package.clone()), folder.clone()))
                }
                _ => None,
            })
            .collect()
    }

    fn package(
        &mut self,
        tree: &impl FileTree,
        path: &str,
        root: &str,
        member: bool,
    ) -> Result<(), ReadManifestError> {
        let Some(decl) = self
            .manifests
            .get(path)
            .and_then(|manifest| manifest.package.clone())
        else {
            return Ok(());
        };
        let name = decl.name.value;
        let at = folder(path).to_owned();
        let (source, inherited) = match decl.version {
            VersionDecl::Absent => (None, false),
            VersionDecl::Own(literal) => (Some((path.to_owned(), literal)), false),
            VersionDecl::Inherited(place) => {
                let from = if member {
                    Some(root.to_owned())
                } else {
                    self.root_of(tree, &at, decl.root.as_deref())?
                };
                let found = from.and_then(|from| {
                    let workspace = self.manifests.get(&from)?.workspace.as_ref()?;
                    Some((from.clone(), workspace.version.clone()?))
                });
                if found.is_none() {
                    let position = self.manifests.get(path).map(|file| file.position(place));
                    return Err(ReadManifestError::at(
                        path,
                        position.unwrap_or(Position::new(1, 1)),
                        ReadManifestErrorKind::InheritsNothing { package: name },
                    ));
                }
                (found, true)
            }
        };
        let version = match &source {
            Some((file, literal)) => Some(self.version(file, literal)?),
            None => None,
        };
        let known = self.packages.get(&at).and_then(|known| known.root.clone());
        self.packages.insert(
            at,
            Package {
                name,
                version,
                manifest: path.to_owned(),
                source,
                inherited,
                root: known.or(member.then(|| root.to_owned())),
            },
        );
        Ok(())
    }

    fn version(
        &self,
        file: &str,
        literal: &crate::toml::Literal,
    ) -> Result<Version, ReadManifestError> {
        Version::parse(literal.value.trim()).map_err(|error| {
            let position = self
                .manifests
                .get(file)
                .map_or(Position::new(1, 1), |file| {
                    file.position(literal.inner.start)
                });
            let kind = ReadManifestErrorKind::Version {
                text: literal.value.clone(),
                reason: error.to_string(),
            };
            ReadManifestError::at(file, position, kind)
        })
    }

    /// Finds the workspace root of a package that is no member: `package.workspace`, or upwards.
    fn root_of(
        &mut self,
        tree: &impl FileTree,
        at: &str,
        named: Option<&str>,
    ) -> Result<Option<String>, ReadManifestError> {
        let mut folder = named.unwrap_or(at).to_owned();
        loop {
            let path = join(&folder, "Cargo.toml").unwrap_or_default();
            if let Some(manifest) = self.load(tree, &path)?
                && manifest.workspace.is_some()
            {
                return Ok(Some(path));
            }
            if named.is_some() || folder.is_empty() {
                return Ok(None);
            }
            folder = crate::tree::folder(&folder).to_owned();
        }
    }
}

fn within(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
