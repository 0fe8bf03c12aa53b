//! One `Cargo.toml`: the places in it that name a version.

use toml_edit::{Item, TableLike};

use crate::toml::{self, Literal};
use crate::tree::{folder, join};
use crate::{Position, ReadManifestError, ReadManifestErrorKind};

/// A manifest that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) package: Option<PackageDecl>,
    pub(crate) workspace: Option<WorkspaceDecl>,
    pub(crate) dependencies: Vec<DependencyDecl>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackageDecl {
    pub(crate) name: Literal,
    pub(crate) version: VersionDecl,
    /// `package.workspace`: the folder of the workspace root.
    pub(crate) root: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VersionDecl {
    Own(Literal),
    /// `version.workspace = true`, and where.
    Inherited(usize),
    Absent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkspaceDecl {
    pub(crate) members: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) version: Option<Literal>,
}

/// An entry of a dependency table, a patch table or `[workspace.dependencies]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DependencyDecl {
    pub(crate) table: Table,
    /// The name of the package, a renaming resolved.
    pub(crate) package: String,
    pub(crate) requirement: Option<Literal>,
    /// The folder that `path` leads to; nothing if it leads out of the files.
    pub(crate) folder: Option<String>,
    /// Whether the entry takes the package from a registry: neither `path` nor `git` nor `workspace`.
    pub(crate) registry: Option<String>,
    pub(crate) at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// A dependency table of a package or of the workspace.
    Dependencies,
    /// `[patch.REGISTRY]`.
    Patch(String),
    /// `[replace]`.
    Replace,
}

/// The name that Cargo gives its default registry.
pub(crate) const CRATES_IO: &str = "crates-io";

const DEPENDENCY_TABLES: [&str; 5] = [
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
];

impl Manifest {
    /// Reads a manifest.
    pub(crate) fn read(path: &str, bytes: &[u8]) -> Result<Self, ReadManifestError> {
        let text = toml::utf8(path, bytes)?;
        let document = toml::parse(path, text)?;
        let root: &dyn TableLike = document.as_table();
        let reader = Reader { path, text };
        let package = match root.get("package").or_else(|| root.get("project")) {
            Some(item) => Some(reader.package(item)?),
            None => None,
        };
        let workspace = match root.get("workspace") {
            Some(item) => Some(reader.workspace(item)?),
            None => None,
        };
        let mut dependencies = Vec::new();
        reader.tables(root, &mut dependencies)?;
        if let Some(item) = toml::get(root, &["workspace", "dependencies"]) {
            reader.table(item, &Table::Dependencies, &mut dependencies)?;
        }
        if let Some(targets) = root.get("target").and_then(Item::as_table_like) {
            for (_, target) in targets.iter() {
                if let Some(target) = target.as_table_like() {
                    reader.tables(target, &mut dependencies)?;
                }
            }
        }
        if let Some(patches) = root.get("patch").and_then(Item::as_table_like) {
            for (registry, patch) in patches.iter() {
                let table = Table::Patch(registry.to_owned());
                reader.table(patch, &table, &mut dependencies)?;
            }
        }
        if let Some(item) = root.get("replace") {
            reader.table(item, &Table::Replace, &mut dependencies)?;
        }
        Ok(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            package,
            workspace,
            dependencies,
        })
    }

    /// Returns the folder of the manifest.
    pub(crate) fn folder(&self) -> &str {
        folder(&self.path)
    }

    /// Returns the position of a byte.
    pub(crate) fn position(&self, at: usize) -> Position {
        Position::of(self.text.as_bytes(), at)
    }
}

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn wrong(&self, key: String, item: &Item, expected: &'static str) -> ReadManifestError {
        let at = Position::of(self.text.as_bytes(), toml::start(item));
        ReadManifestError::at(
            self.path,
            at,
            ReadManifestErrorKind::WrongKind { key, expected },
        )
    }

    fn literal(&self, key: &str, item: &Item) -> Result<Literal, ReadManifestError> {
        toml::literal(self.text, item).ok_or_else(|| self.wrong(key.to_owned(), item, "a string"))
    }

    fn package(&self, item: &Item) -> Result<PackageDecl, ReadManifestError> {
        let table = item
            .as_table_like()
            .ok_or_else(|| self.wrong("package".to_owned(), item, "a table"))?;
        let name = table.get("name").ok_or_else(|| {
            let at = Position::of(self.text.as_bytes(), toml::start(item));
            let key = "package.name".to_owned();
            ReadManifestError::at(self.path, at, ReadManifestErrorKind::NoSuchKey { key })
        })?;
        let version = match table.get("version") {
            None => VersionDecl::Absent,
            Some(item) => match item.as_table_like() {
                Some(inherited) => {
                    let workspace = inherited.get("workspace").and_then(Item::as_bool);
                    if workspace != Some(true) {
                        let key = "package.version".to_owned();
                        return Err(self.wrong(key, item, "a string or `workspace = true`"));
                    }
                    let at = inherited.get("workspace").map_or(0, toml::start);
                    VersionDecl::Inherited(at)
                }
                None => VersionDecl::Own(self.literal("package.version", item)?),
            },
        };
        Ok(PackageDecl {
            name: self.literal("package.name", name)?,
            version,
            root: table
                .get("workspace")
                .and_then(Item::as_str)
                .and_then(|path| join(folder(self.path), path)),
        })
    }

    fn workspace(&self, item: &Item) -> Result<WorkspaceDecl, ReadManifestError> {
        let table = item
            .as_table_like()
            .ok_or_else(|| self.wrong("workspace".to_owned(), item, "a table"))?;
        let list = |key: &str| -> Result<Vec<String>, ReadManifestError> {
            let Some(item) = table.get(key) else {
                return Ok(Vec::new());
            };
            let wrong = || self.wrong(format!("workspace.{key}"), item, "a list of strings");
            let values = item.as_array().ok_or_else(wrong)?.iter();
            values
                .map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong))
                .collect()
        };
        let version = toml::get(table, &["package", "version"])
            .map(|item| self.literal("workspace.package.version", item))
            .transpose()?;
        Ok(WorkspaceDecl {
            members: list("members")?,
            exclude: list("exclude")?,
            version,
        })
    }

    fn tables(
        &self,
        table: &dyn TableLike,
        into: &mut Vec<DependencyDecl>,
    ) -> Result<(), ReadManifestError> {
        for key in DEPENDENCY_TABLES {
            if let Some(item) = table.get(key) {
                self.table(item, &Table::Dependencies, into)?;
            }
        }
        Ok(())
    }

    fn table(
        &self,
        item: &Item,
        table: &Table,
        into: &mut Vec<DependencyDecl>,
    ) -> Result<(), ReadManifestError> {
        let entries = item
            .as_table_like()
            .ok_or_else(|| self.wrong("dependencies".to_owned(), item, "a table"))?;
        for (key, item) in entries.iter() {
            into.push(self.dependency(key, item, table)?);
        }
        Ok(())
    }

    fn dependency(
        &self,
        key: &str,
        item: &Item,
        table: &Table,
    ) -> Result<DependencyDecl, ReadManifestError> {
        // `[replace]` names `package:version`, or an URL that ends so.
        let name = match table {
            Table::Replace => {
                let spec = key.rsplit(['/', '#']).next().unwrap_or(key);
                spec.split(':').next().unwrap_or(spec)
            }
            Table::Dependencies | Table::Patch(_) => key,
        };
        let mut entry = DependencyDecl {
            table: table.clone(),
            package: name.to_owned(),
            requirement: None,
            folder: None,
            registry: None,
            at: toml::start(item),
        };
        let Some(fields) = item.as_table_like() else {
            entry.requirement = Some(self.literal(key, item)?);
            entry.registry = Some(CRATES_IO.to_owned());
            return Ok(entry);
        };
        let text = |field: &str| fields.get(field).and_then(Item::as_str);
        if let Some(package) = text("package") {
            package.clone_into(&mut entry.package);
        }
        entry.requirement = fields
            .get("version")
            .map(|item| self.literal(&format!("{key}.version"), item))
            .transpose()?;
        entry.folder = text("path").and_then(|path| join(folder(self.path), path));
        if fields.get("path").is_none()
            && fields.get("git").is_none()
            && fields.get("workspace").is_none()
        {
            let registry = text("registry").or_else(|| text("registry-index"));
            entry.registry = Some(registry.unwrap_or(CRATES_IO).to_owned());
        }
        Ok(entry)
    }
}
