//! `package.json` and those of its workspace, `package-lock.json` (formats 1 to 3) and `npm-shrinkwrap.json`.

use std::collections::BTreeSet;

use semver::Version;

use crate::document::{Document, Node, Value};
use crate::npm_range::{accepts, follow};
use crate::toml::Literal;
use crate::tree::{folder, join};
use crate::{
    Dependents, FileEdit, FileTree, Mismatch, PlanEditError, PlanEditErrorKind, Position,
    ReadManifestError, ReadManifestErrorKind, TextEdit, VersionChange, json, npm_workspace,
};

/// A `package.json` with its workspaces and lock files, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Npm {
    /// The path of the root manifest.
    pub(crate) root: String,
    pub(crate) packages: Vec<NpmPackage>,
    locks: Vec<Document>,
}

/// A package, its manifest, and its folder below that of the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NpmPackage {
    pub(crate) name: Option<String>,
    version: Option<(Version, Literal)>,
    manifest: Document,
    /// As lock files name it: `""` for the root.
    key: String,
}

const DEPENDENCIES: [&str; 4] = [
    "dependencies",
    "devDependencies",
    "peerDependencies",
    "optionalDependencies",
];

/// A version of a package in a lock file.
struct Locked<'a> {
    package: usize,
    literal: &'a Literal,
}

/// A requirement on a package of the workspace.
struct Required<'a> {
    document: &'a Document,
    package: usize,
    literal: &'a Literal,
}

impl NpmPackage {
    pub(crate) fn version(&self) -> Option<&Version> {
        self.version.as_ref().map(|(version, _)| version)
    }
}

impl Npm {
    pub(crate) fn read(tree: &impl FileTree, root: &str) -> Result<Self, ReadManifestError> {
        let home = folder(root).to_owned();
        let Some(bytes) = tree.read(root)? else {
            return Err(ReadManifestError::whole(
                root,
                ReadManifestErrorKind::Missing,
            ));
        };
        let first = package(json::parse(root, &bytes)?, String::new())?;
        let members = npm_workspace::members(tree, &home, &first.manifest)?;
        let mut packages = vec![first];
        for found in members {
            let path = join(&found, "package.json").unwrap_or_default();
            let key = found.strip_prefix(&home).unwrap_or(&found);
            let key = key.trim_start_matches('/').to_owned();
            if let Some(bytes) = tree.read(&path)? {
                packages.push(package(json::parse(&path, &bytes)?, key)?);
            }
        }
        let mut locks = Vec::new();
        for name in ["package-lock.json", "npm-shrinkwrap.json"] {
            let path = join(&home, name).unwrap_or_default();
            if let Some(bytes) = tree.read(&path)? {
                locks.push(json::parse(&path, &bytes)?);
            }
        }
        let npm = Self {
            root: root.to_owned(),
            packages,
            locks,
        };
        // What can be found at all is found now, so that later steps only look.
        for lock in &npm.locks {
            npm.locked(lock)?;
            npm.required(lock)?;
        }
        for package in &npm.packages {
            npm.required(&package.manifest)?;
        }
        Ok(npm)
    }

    /// Returns the packages of the name, by index.
    pub(crate) fn indices<'a>(&'a self, name: &str) -> impl Iterator<Item = usize> + use<'a> {
        let name = name.to_owned();
        self.packages
            .iter()
            .enumerate()
            .filter(move |(_, package)| package.name.as_ref() == Some(&name))
            .map(|(index, _)| index)
    }

    /// Returns the names of the packages that have a version, where others have another one; nothing where
    /// nobody has another.
    pub(crate) fn sharing(&self, version: &Version) -> Vec<String> {
        let mut versions = self.packages.iter().filter_map(NpmPackage::version);
        if versions.all(|other| other == version) {
            return Vec::new();
        }
        let own = self.packages.iter();
        own.filter(|package| package.version() == Some(version))
            .filter_map(|package| package.name.clone())
            .collect()
    }

    /// Returns the packages of the names; of no name, the root, and all that have its version.
    pub(crate) fn select(&self, names: &[String]) -> Result<Vec<usize>, PlanEditError> {
        let mut selected = Vec::new();
        for name in names {
            let before = selected.len();
            selected.extend(self.indices(name));
            if selected.len() == before {
                let known: Vec<_> = self
                    .packages
                    .iter()
                    .filter_map(|package| package.name.as_deref())
                    .collect();
                return Err(PlanEditError::new(PlanEditErrorKind::NoSuchPackage {
                    name: name.clone(),
                    known: known.join(", "),
                }));
            }
        }
        if !names.is_empty() {
            return Ok(selected);
        }
        let versions: BTreeSet<_> = self
            .packages
            .iter()
            .filter_map(NpmPackage::version)
            .collect();
        if versions.len() > 1 {
            let versions = self.packages.iter().filter_map(|package| {
                let name = package.name.as_deref().unwrap_or("the root");
                Some(format!("{name} {}", package.version()?))
            });
            return Err(PlanEditError::new(PlanEditErrorKind::SeveralVersions {
                versions: versions.collect::<Vec<_>>().join(", "),
            }));
        }
        let with_version = self.packages.iter().enumerate();
        Ok(with_version
            .filter(|(_, package)| package.version.is_some())
            .map(|(index, _)| index)
            .collect())
    }

    /// Returns the versions of the packages: subject, file, position and text.
    pub(crate) fn versions(&self, names: &[String]) -> Vec<(String, String, Position, String)> {
        self.packages
            .iter()
            .filter(|package| {
                names.is_empty()
                    || package
                        .name
                        .as_ref()
                        .is_some_and(|name| names.contains(name))
            })
            .filter_map(|package| {
                let (_, literal) = package.version.as_ref()?;
                let file = &package.manifest;
                Some((
                    package.name.clone().unwrap_or_else(|| file.file.clone()),
                    file.file.clone(),
                    file.position(literal.inner.start),
                    literal.value.clone(),
                ))
            })
            .collect()
    }

    /// Returns the places that disagree with the manifests.
    pub(crate) fn check(&self) -> Vec<Mismatch> {
        let mut found = Vec::new();
        let mismatch = |document: &Document, index: usize, literal: &Literal, expected| Mismatch {
            file: document.file.clone(),
            position: document.position(literal.inner.start),
            subject: self
                .packages
                .get(index)
                .and_then(|package| package.name.clone())
                .unwrap_or_else(|| self.root.clone()),
            found: literal.value.clone(),
            expected,
        };
        for lock in &self.locks {
            for Locked { package, literal } in self.locked(lock).unwrap_or_default() {
                let version = self.packages.get(package).and_then(NpmPackage::version);
                if let Some(version) = version
                    && literal.value != version.to_string()
                {
                    found.push(mismatch(lock, package, literal, version.to_string()));
                }
            }
        }
        let documents = self.packages.iter().map(|package| &package.manifest);
        for document in documents.chain(&self.locks) {
            for required in self.required(document).unwrap_or_default() {
                let version = self
                    .packages
                    .get(required.package)
                    .and_then(NpmPackage::version);
                if let Some(version) = version
                    && accepts(&required.literal.value, version) == Some(false)
                {
                    let expected = format!("a range that accepts {version}");
                    let Required {
                        package, literal, ..
                    } = required;
                    found.push(mismatch(document, package, literal, expected));
                }
            }
        }
        found
    }

    /// Plans the edits that give the selected packages `version`.
    pub(crate) fn plan(
        &self,
        selected: &BTreeSet<usize>,
        version: &Version,
        dependents: Dependents,
        changes: &mut Vec<VersionChange>,
    ) -> Result<Vec<FileEdit>, PlanEditError> {
        let text = version.to_string();
        for index in selected {
            let Some(package) = self.packages.get(*index) else {
                continue;
            };
            let name = package.name.clone().unwrap_or_else(|| self.root.clone());
            match package.version() {
                None => {
                    let kind = PlanEditErrorKind::NoVersion { package: name };
                    return Err(PlanEditError::new(kind));
                }
                Some(old) if old != version => changes.push(VersionChange {
                    subject: name,
                    from: old.to_string(),
                    to: text.clone(),
                }),
                Some(_) => {}
            }
        }
        let mut files = Vec::new();
        let manifests = self.packages.iter().map(|package| &package.manifest);
        for document in manifests.chain(&self.locks) {
            let mut edits = self.version_edits(document, selected, &text)?;
            for required in self.required(document)? {
                if selected.contains(&required.package) {
                    edits.extend(require(&required, self, version, dependents)?);
                }
            }
            let bytes = document.text.as_bytes().to_vec();
            files.push(FileEdit::new(&document.file, bytes, edits)?);
        }
        files.retain(|file| !file.edits().is_empty());
        Ok(files)
    }

    fn version_edits(
        &self,
        document: &Document,
        selected: &BTreeSet<usize>,
        text: &str,
    ) -> Result<Vec<TextEdit>, PlanEditError> {
        if self.is_lock(document) {
            return Ok(self
                .locked(document)?
                .iter()
                .filter(|locked| selected.contains(&locked.package))
                .map(|locked| locked.literal.set(text))
                .collect());
        }
        Ok(self
            .packages
            .iter()
            .enumerate()
            .filter(|(index, package)| {
                selected.contains(index) && package.manifest.file == document.file
            })
            .filter_map(|(_, package)| Some(package.version.as_ref()?.1.set(text)))
            .collect())
    }

    fn is_lock(&self, document: &Document) -> bool {
        self.locks.iter().any(|lock| lock.file == document.file)
    }

    /// Returns the versions of the workspace's own packages in a lock file.
    fn locked<'a>(&self, lock: &'a Document) -> Result<Vec<Locked<'a>>, ReadManifestError> {
        let mut found = Vec::new();
        let mut take = |node: Option<&'a Node>, package: usize| {
            if let Some(literal) = node.and_then(Node::text) {
                found.push(Locked { package, literal });
            }
        };
        take(lock.field(&lock.root, "version")?, 0);
        if let Some(packages) = lock.field(&lock.root, "packages")? {
            for (index, package) in self.packages.iter().enumerate() {
                if let Some(entry) = lock.field(packages, &package.key)? {
                    take(lock.field(entry, "version")?, index);
                }
            }
        }
        Ok(found)
    }

    /// Returns the requirements of a document on packages of the workspace.
    fn required<'a>(&self, document: &'a Document) -> Result<Vec<Required<'a>>, ReadManifestError> {
        let mut found = Vec::new();
        let mut holders: Vec<&Node> = vec![&document.root];
        let is_lock = self.is_lock(document);
        if is_lock {
            holders.clear();
            if let Some(packages) = document.field(&document.root, "packages")? {
                // Entries below `node_modules` come from a registry.
                for package in &self.packages {
                    holders.extend(document.field(packages, &package.key)?);
                }
            }
        }
        let mut tables = Vec::new();
        for holder in holders {
            for key in DEPENDENCIES {
                tables.extend(document.field(holder, key)?);
            }
        }
        if is_lock && let Some(entries) = document.field(&document.root, "dependencies")? {
            for (_, entry) in entries.fields() {
                let version = document.field(entry, "version")?.and_then(Node::text);
                if version.is_some_and(|version| version.value.starts_with("file:")) {
                    tables.extend(document.field(entry, "requires")?);
                }
            }
        }
        for table in tables {
            for (index, package) in self.packages.iter().enumerate().skip(1) {
                if let Some(name) = &package.name
                    && let Some(literal) = document.field(table, name)?.and_then(Node::text)
                {
                    found.push(Required {
                        document,
                        package: index,
                        literal,
                    });
                }
            }
        }
        Ok(found)
    }
}

/// Plans the edit of one requirement.
fn require(
    required: &Required<'_>,
    npm: &Npm,
    version: &Version,
    dependents: Dependents,
) -> Result<Option<TextEdit>, PlanEditError> {
    let literal = required.literal;
    match follow(&literal.value, version, dependents) {
        Ok(new) => Ok(new.map(|new| literal.set(&new))),
        Err(reason) => {
            let package = npm.packages.get(required.package);
            let kind = PlanEditErrorKind::Requirement {
                package: package
                    .and_then(|package| package.name.clone())
                    .unwrap_or_default(),
                requirement: literal.value.clone(),
                version: version.clone(),
                reason,
            };
            let at = required.document.position(literal.inner.start);
            Err(PlanEditError::at(&required.document.file, at, kind))
        }
    }
}

fn package(manifest: Document, key: String) -> Result<NpmPackage, ReadManifestError> {
    let root = &manifest.root;
    if !matches!(root.value, Value::Map(_)) {
        let kind = ReadManifestErrorKind::WrongKind {
            key: "the document".to_owned(),
            expected: "an object",
        };
        return Err(manifest.error(root.span.start, kind));
    }
    let name = match manifest.field(root, "name")? {
        Some(node) => Some(manifest.text_of(node, "name")?.literal.value.clone()),
        None => None,
    };
    let version = match manifest.field(root, "version")? {
        None => None,
        Some(node) => {
            let literal = manifest.text_of(node, "version")?.literal.clone();
            let version = Version::parse(&literal.value).map_err(|error| {
                let kind = ReadManifestErrorKind::Version {
                    text: literal.value.clone(),
                    reason: error.to_string(),
                };
                manifest.error(literal.inner.start, kind)
            })?;
            Some((version, literal))
        }
    };
    Ok(NpmPackage {
        name,
        version,
        manifest,
        key,
    })
}
