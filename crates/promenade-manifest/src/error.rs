//! The errors of reading documents and of planning edits.

use semver::Version;

use crate::Position;

/// Two edits of one document overlap, or one lies outside it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("edit of the bytes {start}..{end} overlaps another or lies outside the document")]
pub struct EditOrderError {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A file that is there must not or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read `{path}`: {reason}")]
pub struct ReadFileError {
    path: String,
    reason: String,
}

impl ReadFileError {
    /// Makes the error; for implementations of [`FileTree`](crate::FileTree).
    pub fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: reason.into(),
        }
    }

    /// Returns the path that was asked for.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// A document cannot be read as what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {kind}", place(.file, *.at))]
pub struct ReadManifestError {
    file: String,
    at: Option<Position>,
    kind: ReadManifestErrorKind,
}

impl ReadManifestError {
    pub(crate) fn at(file: &str, at: Position, kind: ReadManifestErrorKind) -> Self {
        Self {
            file: file.to_owned(),
            at: Some(at),
            kind,
        }
    }

    pub(crate) fn whole(file: &str, kind: ReadManifestErrorKind) -> Self {
        Self {
            file: file.to_owned(),
            at: None,
            kind,
        }
    }

    /// Returns the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the line and column, where the error has one.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.at
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn kind(&self) -> &ReadManifestErrorKind {
        &self.kind
    }
}

impl From<ReadFileError> for ReadManifestError {
    fn from(error: ReadFileError) -> Self {
        Self {
            file: error.path,
            at: None,
            kind: ReadManifestErrorKind::File {
                reason: error.reason,
            },
        }
    }
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadManifestErrorKind {
    /// The file is not there.
    #[error("no such file")]
    Missing,
    /// The file must not or cannot be read.
    #[error("cannot be read: {reason}")]
    File {
        /// Why.
        reason: String,
    },
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Invalid TOML.
    #[error("invalid TOML: {reason}")]
    Toml {
        /// What the grammar expected.
        reason: String,
    },
    /// Invalid JSON.
    #[error("invalid JSON: {reason}")]
    Json {
        /// What the grammar expected.
        reason: String,
    },
    /// Invalid YAML.
    #[error("invalid YAML: {reason}")]
    Yaml {
        /// What the grammar expected.
        reason: String,
    },
    /// A key has a value of another kind than the format wants.
    #[error("`{key}` must be {expected}")]
    WrongKind {
        /// The key, with its tables.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A key stands twice.
    #[error("`{key}` stands twice")]
    KeyTwice {
        /// The key.
        key: String,
    },
    /// A pattern matches more or less often than it must.
    #[error("pattern `{pattern}` matches {found} times, expected {expected}")]
    Matches {
        /// The pattern.
        pattern: String,
        /// How often it matches.
        found: usize,
        /// How often it must.
        expected: usize,
    },
    /// The process names a package that there is not.
    #[error("no package `{package}`")]
    NoSuchPackage {
        /// The package.
        package: String,
    },
    /// Nothing stands at the path.
    #[error("no `{key}`")]
    NoSuchKey {
        /// The key, with its tables.
        key: String,
    },
    /// A version is no SemVer version.
    #[error("invalid version `{text}`: {reason}")]
    Version {
        /// The text.
        text: String,
        /// What the grammar expected.
        reason: String,
    },
    /// A requirement is none that Cargo reads.
    #[error("invalid version requirement `{text}`: {reason}")]
    Requirement {
        /// The text.
        text: String,
        /// What the grammar expected.
        reason: String,
    },
    /// `version.workspace = true`, and no workspace with a version is around.
    #[error("the version of `{package}` is inherited, and no workspace defines it")]
    InheritsNothing {
        /// The package.
        package: String,
    },
    /// A member that the workspace names has no manifest.
    #[error("workspace member `{member}` has no `Cargo.toml`")]
    NoSuchMember {
        /// The folder.
        member: String,
    },
    /// Two packages have one name and one version.
    #[error("package `{package}` is also defined by `{other}`")]
    Twice {
        /// The package.
        package: String,
        /// The other manifest.
        other: String,
    },
}

/// A version edit that cannot be made without breaking something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", prefix(.file, *.at))]
pub struct PlanEditError {
    file: Option<String>,
    at: Option<Position>,
    kind: Box<PlanEditErrorKind>,
}

impl PlanEditError {
    pub(crate) fn at(file: &str, at: Position, kind: PlanEditErrorKind) -> Self {
        Self {
            file: Some(file.to_owned()),
            at: Some(at),
            kind: Box::new(kind),
        }
    }

    pub(crate) fn new(kind: PlanEditErrorKind) -> Self {
        Self {
            file: None,
            at: None,
            kind: Box::new(kind),
        }
    }

    /// Returns the file, where the error has one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Returns the line and column, where the error has one.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.at
    }

    /// Returns why no edit was made.
    #[must_use]
    pub fn kind(&self) -> &PlanEditErrorKind {
        &self.kind
    }
}

impl From<ReadManifestError> for PlanEditError {
    fn from(error: ReadManifestError) -> Self {
        Self {
            file: Some(error.file),
            at: error.at,
            kind: Box::new(PlanEditErrorKind::Read(error.kind)),
        }
    }
}

impl From<EditOrderError> for PlanEditError {
    fn from(error: EditOrderError) -> Self {
        Self::new(PlanEditErrorKind::Overlap(error))
    }
}

/// Why no edit was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanEditErrorKind {
    /// A document cannot be read.
    #[error("{0}")]
    Read(ReadManifestErrorKind),
    /// The edits of one document overlap.
    #[error("{0}")]
    Overlap(EditOrderError),
    /// No package has the name.
    #[error("no package `{name}`; the packages are {known}")]
    NoSuchPackage {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Packages have different versions, and none was named.
    #[error("packages have different versions ({versions}): name the package")]
    SeveralVersions {
        /// The packages and their versions.
        versions: String,
    },
    /// A package has no version to edit.
    #[error("package `{package}` has no `version` to edit")]
    NoVersion {
        /// The package.
        package: String,
    },
    /// A requirement cannot accept the version while keeping its operators.
    #[error("requirement `{requirement}` on `{package}` cannot accept {version}: {reason}")]
    Requirement {
        /// The package required.
        package: String,
        /// The requirement as it stands.
        requirement: String,
        /// The version it would have to accept.
        version: Version,
        /// Why not.
        reason: &'static str,
    },
    /// A lock file has no entry, or several, for a package.
    #[error("{found} entries for package `{package}`, expected one")]
    LockEntry {
        /// The package.
        package: String,
        /// How many there are.
        found: usize,
    },
    /// The process has several version groups, and none was named.
    #[error("name the package or the group: {known}")]
    NameGroup {
        /// The names there are.
        known: String,
    },
    /// A file holds another text than the form expects.
    #[error("`{found}` is not of the form `{form}`")]
    Form {
        /// What stands there.
        found: String,
        /// The form.
        form: String,
    },
    /// A value cannot be written where it must stand.
    #[error("cannot write `{text}`: {reason}")]
    Value {
        /// The text.
        text: String,
        /// Why not.
        reason: &'static str,
    },
    /// No environment definition has the name.
    #[error("no definition `{name}`; the definitions are {known}")]
    NoSuchDefinition {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Several environment definitions have the name.
    #[error("`{name}` is defined twice")]
    DefinedTwice {
        /// The name.
        name: String,
    },
    /// A definition has no strategy, or several: no line says what it is set to.
    #[error("`{name}` must have one strategy to set, found `{found}`")]
    Strategies {
        /// The name.
        name: String,
        /// The strategies.
        found: String,
    },
    /// The scheme has no text for the version.
    #[error("{0}")]
    Scheme(promenade_version::FormatVersionError),
    /// `[replace]` names the package together with its version.
    #[error("`[replace]` names `{package}` with its version; use `[patch]`")]
    Replaced {
        /// The package.
        package: String,
    },
}

fn place(file: &str, at: Option<Position>) -> String {
    match at {
        Some(at) => format!("{file}:{at}"),
        None => file.to_owned(),
    }
}

fn prefix(file: &Option<String>, at: Option<Position>) -> String {
    file.as_ref()
        .map_or_else(String::new, |file| format!("{}: ", place(file, at)))
}
