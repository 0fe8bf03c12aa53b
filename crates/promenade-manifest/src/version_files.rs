//! All the files of a process that name a version: check them, edit them together.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use promenade_version::Scheme;
use semver::Version;

use crate::cargo::Package;
use crate::lerna::{LERNA, Lerna};
use crate::npm::{Npm, NpmPackage};
use crate::place::find;
use crate::{
    Cargo, Dependents, FileEdit, FilePolicy, FileTree, Form, KeyPath, ManifestKind, ManifestPolicy,
    Mismatch, Place, PlanEditError, PlanEditErrorKind, PolicyError, Position, ReadManifestError,
    ReadManifestErrorKind, VersionChange, VersionEdit, Versions,
};

/// The manifests and files of a process that carry versions.
///
/// A version belongs to a group; a process with one version has one group without a name.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct VersionFiles {
    manifests: Vec<ManifestPolicy>,
    files: Vec<FilePolicy>,
}

/// A place that names a version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedVersion {
    /// The group whose version it is.
    pub group: Option<String>,
    /// The package, or the file for what is no package.
    pub subject: String,
    /// The file.
    pub file: String,
    /// The line and column.
    pub position: Position,
    /// The text that stands there.
    pub text: String,
    /// The version, if the whole of it stands there.
    pub version: Option<Version>,
    expects: Expects,
}

/// How an expected version is written in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expects {
    /// As SemVer: manifests of package managers.
    SemVer,
    /// As a package of its own group: nothing to compare with.
    Itself,
    /// In the form of the file policy at the index.
    File(usize),
}

/// What is asked for: the parts of the policy whose version changes.
#[derive(Debug, Default)]
struct Target<'a> {
    manifests: Vec<&'a ManifestPolicy>,
    files: Vec<&'a FilePolicy>,
    /// A package by name, where no policy names its group.
    package: Option<&'a str>,
}

/// The workspaces of the policy, read.
struct Read {
    cargo: Cargo,
    npm: Vec<Npm>,
}

impl VersionFiles {
    /// Takes the tables of a process file.
    ///
    /// # Errors
    /// [`PolicyError::Twice`] if one place is named twice, or two groups claim one package.
    pub fn new(
        manifests: Vec<ManifestPolicy>,
        files: Vec<FilePolicy>,
    ) -> Result<Self, PolicyError> {
        let mut claimed = BTreeSet::new();
        for manifest in &manifests {
            let mut names: Vec<_> = manifest.package_names().iter().map(Some).collect();
            if names.is_empty() {
                names.push(None);
            }
            for name in names {
                if !claimed.insert((manifest.path(), name)) {
                    let path = manifest.path().to_owned();
                    return Err(PolicyError::Twice { path });
                }
            }
        }
        for (index, file) in files.iter().enumerate() {
            let twice = files.iter().skip(index + 1).any(|other| {
                (other.path(), other.place(), other.form())
                    == (file.path(), file.place(), file.form())
            });
            if twice {
                let path = file.path().to_owned();
                return Err(PolicyError::Twice { path });
            }
        }
        Ok(Self { manifests, files })
    }

    /// Proposes the tables for a repository that has none: a `Cargo.toml` and a `package.json` at
    /// its root, and a `lerna.json` whose packages share a version.
    ///
    /// # Errors
    /// [`ReadManifestError`] if they cannot be read.
    pub fn found_in(tree: &impl FileTree) -> Result<Self, ReadManifestError> {
        let mut manifests = Vec::new();
        let lerna = Lerna::read(tree, "")?;
        let shared = lerna.as_ref().and_then(|lerna| lerna.version.as_ref());
        for (kind, path) in [
            (ManifestKind::Cargo, "Cargo.toml"),
            (ManifestKind::Npm, "package.json"),
        ] {
            if tree.read(path)?.is_none() {
                continue;
            }
            let mut names = Vec::new();
            let versions = match kind {
                ManifestKind::Cargo => {
                    let cargo = Cargo::read(tree, &[path])?;
                    let sharing = cargo.sharing(None);
                    several(sharing.iter().map(|package| package.version()))
                }
                ManifestKind::Npm => {
                    let npm = Npm::read(tree, path)?;
                    match shared {
                        Some(version) => {
                            names = npm.sharing(version);
                            Versions::Shared
                        }
                        None if lerna.is_some() => Versions::PerPackage,
                        None => several(npm.packages.iter().map(NpmPackage::version)),
                    }
                }
            };
            if let Ok(policy) = ManifestPolicy::new(kind, path) {
                manifests.push(policy.versions(versions).packages(names));
            }
        }
        let place = KeyPath::from_str("version").map(Place::Json).ok();
        let place = place.filter(|_| shared.is_some());
        let file = place.map(|place| FilePolicy::new(LERNA, place, Form::default()));
        Ok(Self {
            manifests,
            files: file.into_iter().flatten().collect(),
        })
    }

    /// Returns the tables of the manifests.
    #[must_use]
    pub fn manifests(&self) -> &[ManifestPolicy] {
        &self.manifests
    }

    /// Returns the tables of the other files.
    #[must_use]
    pub fn files(&self) -> &[FilePolicy] {
        &self.files
    }

    /// Returns every place that names a version, in the order of the tables.
    ///
    /// # Errors
    /// [`ReadManifestError`] with file, line and column.
    pub fn named(
        &self,
        tree: &impl FileTree,
        scheme: &Scheme,
    ) -> Result<Vec<NamedVersion>, ReadManifestError> {
        self.named_in(&self.read(tree)?, tree, scheme)
    }

    /// Returns every place that disagrees: with `expected`, the versions that groups are to have, or
    /// where that says nothing with the first place of the group; and every requirement and lock
    /// file that disagrees with its manifest.
    ///
    /// # Errors
    /// [`ReadManifestError`] with file, line and column.
    pub fn check(
        &self,
        tree: &impl FileTree,
        scheme: &Scheme,
        expected: &BTreeMap<Option<String>, Version>,
    ) -> Result<Vec<Mismatch>, ReadManifestError> {
        let read = self.read(tree)?;
        let named = self.named_in(&read, tree, scheme)?;
        let mut found = read.cargo.check()?;
        for npm in &read.npm {
            found.extend(npm.check());
        }
        let mut versions = expected.clone();
        for place in &named {
            if let Some(version) = &place.version
                && place.expects != Expects::Itself
            {
                let group = place.group.clone();
                versions.entry(group).or_insert_with(|| version.clone());
            }
        }
        for place in named {
            let Some(version) = versions.get(&place.group) else {
                continue;
            };
            let expected = match place.expects {
                Expects::Itself => continue,
                Expects::SemVer => version.to_string(),
                Expects::File(index) => match self.files.get(index) {
                    Some(policy) => match policy.form().render(version, scheme) {
                        Ok(text) => text,
                        Err(error) => error.to_string(),
                    },
                    None => continue,
                },
            };
            if place.text != expected {
                found.push(Mismatch {
                    file: place.file,
                    position: place.position,
                    subject: place.group.unwrap_or(place.subject),
                    found: place.text,
                    expected,
                });
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Returns every place that disagrees, where the group without a name (or the only one) is to
    /// have `version`: what must be empty before a tag is made.
    ///
    /// # Errors
    /// [`ReadManifestError`] with file, line and column.
    pub fn check_version(
        &self,
        tree: &impl FileTree,
        scheme: &Scheme,
        version: &Version,
    ) -> Result<Vec<Mismatch>, ReadManifestError> {
        let groups = self.groups();
        let group = match groups.first() {
            Some(one) if groups.len() == 1 => one.map(str::to_owned),
            _ => None,
        };
        let expected = BTreeMap::from([(group, version.clone())]);
        self.check(tree, scheme, &expected)
    }

    /// Returns whether no table names a file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.manifests.is_empty() && self.files.is_empty()
    }

    /// Returns what is left without the manifests that may be absent and are: `has` tells of a path.
    #[must_use]
    pub fn present(&self, has: impl Fn(&str) -> bool) -> Self {
        let mut left = self.clone();
        let stays = |one: &ManifestPolicy| !one.is_optional() || has(one.path());
        left.manifests.retain(stays);
        left
    }

    /// Returns whether the tables may lead to the file: it is named, or a manifest or lock file.
    #[must_use]
    pub fn may_read(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let kind = match name {
            "Cargo.toml" | "Cargo.lock" => Some(ManifestKind::Cargo),
            "package.json" | "package-lock.json" | "npm-shrinkwrap.json" | LERNA => {
                Some(ManifestKind::Npm)
            }
            _ => None,
        };
        self.files.iter().any(|file| file.path() == path)
            || self
                .manifests
                .iter()
                .any(|manifest| Some(manifest.kind()) == kind || manifest.path() == path)
    }

    fn groups(&self) -> BTreeSet<Option<&str>> {
        self.manifests
            .iter()
            .map(ManifestPolicy::group_name)
            .chain(self.files.iter().map(FilePolicy::group_name))
            .collect()
    }

    /// Plans the edit that gives a group `version`, everywhere: manifests, requirements, lock files
    /// and other files. `name` is a group or one of its packages, or any package that no group
    /// claims; it may be left out where there is one group.
    ///
    /// # Errors
    /// [`PlanEditError`] with file and line: an unknown name, a version that the scheme has no text
    /// for, a requirement, a lock file or a form that does not fit.
    pub fn plan_version_edit(
        &self,
        tree: &impl FileTree,
        scheme: &Scheme,
        name: Option<&str>,
        version: &Version,
    ) -> Result<VersionEdit, PlanEditError> {
        let read = self.read(tree)?;
        let target = self.target(name, &read)?;
        let mut edit = self.plan_cargo(&read.cargo, &target, version)?;
        self.plan_npm(&read.npm, &target, version, &mut edit)?;
        let mut edits: BTreeMap<&str, (Vec<u8>, Vec<crate::TextEdit>)> = BTreeMap::new();
        for policy in &target.files {
            let bytes = match edits.get(policy.path()) {
                Some((bytes, _)) => bytes.clone(),
                None => required(tree, policy.path())?,
            };
            let new = policy
                .form()
                .render(version, scheme)
                .map_err(|error| PlanEditError::new(PlanEditErrorKind::Scheme(error)))?;
            let mut old = None;
            let mut new_edits = Vec::new();
            for found in find(policy, &bytes)? {
                new_edits.push(found.set(policy, &bytes, &new)?);
                old.get_or_insert(found.text);
            }
            if let Some(from) = old.filter(|old| *old != new) {
                edit.changes.push(VersionChange {
                    subject: policy.path().to_owned(),
                    from,
                    to: new,
                });
            }
            let entry = edits.entry(policy.path()).or_insert((bytes, Vec::new()));
            entry.1.append(&mut new_edits);
        }
        for (path, (bytes, edits)) in edits {
            edit.add(FileEdit::new(path, bytes, edits)?)?;
        }
        edit.files.retain(|file| !file.edits().is_empty());
        edit.files
            .sort_by(|one, other| one.path().cmp(other.path()));
        Ok(edit)
    }

    fn read(&self, tree: &impl FileTree) -> Result<Read, ReadManifestError> {
        let paths = |kind: ManifestKind| {
            let mut seen = BTreeSet::new();
            self.manifests
                .iter()
                .filter(|policy| policy.kind() == kind && seen.insert(policy.path()))
                .map(ManifestPolicy::path)
                .collect::<Vec<_>>()
        };
        let cargo = Cargo::read(tree, &paths(ManifestKind::Cargo))?;
        let npm = paths(ManifestKind::Npm)
            .into_iter()
            .map(|path| Npm::read(tree, path))
            .collect::<Result<_, _>>()?;
        Ok(Read { cargo, npm })
    }

    fn named_in(
        &self,
        read: &Read,
        tree: &impl FileTree,
        scheme: &Scheme,
    ) -> Result<Vec<NamedVersion>, ReadManifestError> {
        let mut named = Vec::new();
        for policy in &self.manifests {
            let expects = match policy.versions_rule() {
                Versions::None => continue,
                Versions::Shared => Expects::SemVer,
                Versions::PerPackage => Expects::Itself,
            };
            let mut seen = BTreeSet::new();
            for (subject, file, position, text) in read.versions_of(policy)? {
                if seen.insert((file.clone(), position)) {
                    named.push(NamedVersion {
                        group: policy.group_name().map(str::to_owned),
                        version: Version::parse(&text).ok(),
                        expects: expects.clone(),
                        subject,
                        file,
                        position,
                        text,
                    });
                }
            }
        }
        for (index, policy) in self.files.iter().enumerate() {
            let bytes = required(tree, policy.path())?;
            for found in find(policy, &bytes)? {
                let middle = found.middle(policy.form());
                let version = middle.and_then(|text| scheme.parse(text).ok());
                // `1.4` of `{major}.{minor}` is no version, even where the scheme reads it as one.
                let whole = |version: &Version| {
                    policy.form().render(version, scheme).as_ref() == Ok(&found.text)
                        && policy.form().is_full()
                };
                named.push(NamedVersion {
                    group: policy.group_name().map(str::to_owned),
                    subject: policy.path().to_owned(),
                    file: policy.path().to_owned(),
                    position: Position::of(&bytes, found.range.start),
                    version: version.filter(whole),
                    expects: Expects::File(index),
                    text: found.text,
                });
            }
        }
        Ok(named)
    }

    fn target<'a>(
        &'a self,
        name: Option<&'a str>,
        read: &Read,
    ) -> Result<Target<'a>, PlanEditError> {
        let group = |group: Option<&str>| Target {
            manifests: self
                .manifests
                .iter()
                .filter(|policy| {
                    policy.group_name() == group && policy.versions_rule() == Versions::Shared
                })
                .collect(),
            files: self
                .files
                .iter()
                .filter(|policy| policy.group_name() == group)
                .collect(),
            package: None,
        };
        let groups = self.groups();
        let Some(name) = name else {
            let target = group(None);
            if !target.manifests.is_empty() || !target.files.is_empty() {
                return Ok(target);
            }
            let named: Vec<_> = groups.iter().flatten().copied().collect();
            return match named.as_slice() {
                [one] => Ok(group(Some(one))),
                _ => Err(PlanEditError::new(PlanEditErrorKind::NameGroup {
                    known: self.names(read).join(", "),
                })),
            };
        };
        if groups.contains(&Some(name)) {
            return Ok(group(Some(name)));
        }
        let claims = |policy: &&ManifestPolicy| {
            policy.versions_rule() == Versions::Shared
                && policy.package_names().iter().any(|package| package == name)
        };
        if let Some(policy) = self.manifests.iter().find(claims) {
            return Ok(group(policy.group_name()));
        }
        let mut npm = read.npm.iter();
        if read.cargo.named(name).is_err() && !npm.any(|npm| npm.indices(name).next().is_some()) {
            return Err(PlanEditError::new(PlanEditErrorKind::NoSuchPackage {
                name: name.to_owned(),
                known: self.names(read).join(", "),
            }));
        }
        Ok(Target {
            package: Some(name),
            ..Target::default()
        })
    }

    fn names(&self, read: &Read) -> Vec<String> {
        let groups = self
            .manifests
            .iter()
            .filter_map(ManifestPolicy::group_name)
            .chain(self.files.iter().filter_map(FilePolicy::group_name));
        let packages = read.cargo.packages().map(Package::name);
        let npm = read.npm.iter().flat_map(|npm| &npm.packages);
        let npm = npm.filter_map(|package| package.name.as_deref());
        let names: BTreeSet<_> = groups.chain(packages).chain(npm).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    fn plan_cargo(
        &self,
        cargo: &Cargo,
        target: &Target<'_>,
        version: &Version,
    ) -> Result<VersionEdit, PlanEditError> {
        let mut selected = Vec::new();
        let mut dependents = Dependents::default();
        for policy in &target.manifests {
            if policy.kind() == ManifestKind::Cargo {
                dependents = policy.dependents_rule();
                if policy.package_names().is_empty() {
                    selected.extend(cargo.shared(Some(policy.path()))?);
                }
                for name in policy.package_names() {
                    selected.extend(cargo.named(name)?);
                }
            }
        }
        if let Some(name) = target.package
            && let Ok(found) = cargo.named(name)
        {
            let root = found.first().and_then(|package| package.root.as_deref());
            let policy = self.manifests.iter().find(|one| Some(one.path()) == root);
            dependents = policy.map_or(dependents, ManifestPolicy::dependents_rule);
            selected.extend(found);
        }
        if selected.is_empty() {
            return Ok(VersionEdit::default());
        }
        cargo.plan_packages(&selected, version, dependents)
    }

    fn plan_npm(
        &self,
        all: &[Npm],
        target: &Target<'_>,
        version: &Version,
        edit: &mut VersionEdit,
    ) -> Result<(), PlanEditError> {
        for npm in all {
            let mut selected = BTreeSet::new();
            let mut dependents = Dependents::default();
            for policy in &target.manifests {
                if policy.kind() == ManifestKind::Npm && policy.path() == npm.root {
                    dependents = policy.dependents_rule();
                    selected.extend(npm.select(policy.package_names())?);
                }
            }
            if let Some(name) = target.package {
                let named: Vec<_> = npm.indices(name).collect();
                let policy = self.manifests.iter().find(|one| one.path() == npm.root);
                dependents = policy.map_or(dependents, ManifestPolicy::dependents_rule);
                selected.extend(named);
            }
            for file in npm.plan(&selected, version, dependents, &mut edit.changes)? {
                edit.add(file)?;
            }
        }
        Ok(())
    }
}

impl Read {
    /// Returns the versions that a policy names: subject, file, position and text.
    fn versions_of(
        &self,
        policy: &ManifestPolicy,
    ) -> Result<Vec<(String, String, Position, String)>, ReadManifestError> {
        let names = policy.package_names();
        let unknown = |package: &String| {
            let package = package.clone();
            let kind = ReadManifestErrorKind::NoSuchPackage { package };
            ReadManifestError::whole(policy.path(), kind)
        };
        if policy.kind() == ManifestKind::Npm {
            let Some(npm) = self.npm.iter().find(|npm| npm.root == policy.path()) else {
                return Ok(Vec::new());
            };
            if let Some(name) = names.iter().find(|name| npm.indices(name).next().is_none()) {
                return Err(unknown(name));
            }
            return Ok(npm.versions(names));
        }
        let mut packages = Vec::new();
        if names.is_empty() {
            packages = match policy.versions_rule() {
                Versions::PerPackage => self
                    .cargo
                    .packages()
                    .filter(|package| package.root.as_deref() == Some(policy.path()))
                    .collect(),
                Versions::Shared | Versions::None => self.cargo.sharing(Some(policy.path())),
            };
        }
        for name in names {
            packages.extend(self.cargo.named(name).map_err(|_| unknown(name))?);
        }
        Ok(packages
            .into_iter()
            .filter_map(|package| {
                let (file, literal) = package.source.as_ref()?;
                let position = self
                    .cargo
                    .manifests
                    .get(file)?
                    .position(literal.inner.start);
                let name = package.name.clone();
                Some((name, file.clone(), position, literal.value.clone()))
            })
            .collect())
    }
}

/// Returns how packages of the given versions are versioned.
fn several<'a>(versions: impl Iterator<Item = Option<&'a Version>>) -> Versions {
    let versions: BTreeSet<_> = versions.flatten().collect();
    if versions.len() > 1 {
        Versions::PerPackage
    } else {
        Versions::Shared
    }
}

fn required(tree: &impl FileTree, path: &str) -> Result<Vec<u8>, ReadManifestError> {
    match tree.read(path)? {
        Some(bytes) => Ok(bytes.into_owned()),
        None => Err(ReadManifestError::whole(
            path,
            ReadManifestErrorKind::Missing,
        )),
    }
}
