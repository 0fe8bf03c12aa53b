//! What a process file says about the files that carry a version: `[[manifest]]` and `[[file]]`.

use crate::tree::join;
use crate::{Dependents, Form, KeyPath};

/// A `[[manifest]]`: the manifest of a package manager, with its lock files and its workspace.
///
/// ```toml
/// [[manifest]]
/// kind = "cargo"                 # cargo | npm
/// path = "Cargo.toml"            # the root of the workspace
/// group = "core"                 # whose version it is; absent in a process of one version
/// versions = "shared"            # shared | per-package | none
/// packages = ["acme-core"]       # absent: all of them
/// dependents = "follow"          # follow | when-needed | keep
/// optional = true                # a repository may have no such file
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "crate::serde::RawManifest",
        into = "crate::serde::RawManifest"
    )
)]
pub struct ManifestPolicy {
    kind: ManifestKind,
    path: String,
    group: Option<String>,
    packages: Vec<String>,
    versions: Versions,
    dependents: Dependents,
    optional: bool,
}

/// How the packages of a manifest are versioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Versions {
    /// The packages have one version: those named, else those that inherit it from the workspace,
    /// else every package. The default.
    #[default]
    Shared,
    /// Each package has its own.
    PerPackage,
    /// The packages are not released: their requirements and lock file follow what they depend on.
    None,
}

/// The package manager of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum ManifestKind {
    /// `Cargo.toml` and `Cargo.lock`.
    Cargo,
    /// `package.json` and `package-lock.json` or `npm-shrinkwrap.json`. The packages of its workspace are
    /// those that `pnpm-workspace.yaml` names (with feature `yaml`), else its own `workspaces`, else
    /// `lerna.json`.
    Npm,
}

/// A `[[file]]`: any other file that names a version.
///
/// ```toml
/// [[file]]
/// path = "docs/openapi.yaml"
/// group = "api"
/// openapi = true                 # `info.version`, in YAML or JSON
/// # or one of: yaml = "info.version" · json = "app.version" · toml = "tool.acme.version"
/// #            env = "ACME_VERSION" · pattern = "acme:{version}" (times = 2) · none: the whole file
/// form = "v{version}"            # the text around the version; {major}.{minor} and {major} as well
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "crate::serde::RawFile", into = "crate::serde::RawFile")
)]
pub struct FilePolicy {
    path: String,
    group: Option<String>,
    place: Place,
    form: Form,
}

/// Where in a file a version stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The whole file, white space around it aside.
    Whole,
    /// A value of a YAML document.
    #[cfg(feature = "yaml")]
    Yaml(KeyPath),
    /// A value of a JSON document.
    Json(KeyPath),
    /// A value of a TOML document.
    Toml(KeyPath),
    /// `info.version` of an OpenAPI description, in YAML or JSON.
    OpenApi,
    /// The value of a variable in a file of `NAME=value` lines.
    Env(String),
    /// Every place where the form stands; `^` at its start and `$` at its end tie it to the start
    /// and the end of a line. It must stand in exactly so many places.
    Pattern {
        /// Whether a match starts where a line starts.
        line_start: bool,
        /// Whether a match ends where a line ends.
        line_end: bool,
        /// The number of matches there must be.
        times: usize,
    },
}

/// A policy value is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The path is empty, absolute, not in its simplest form, or leads out of the repository.
    #[error("invalid path `{path}`: expected a relative path with `/`, without `.` and `..`")]
    Path {
        /// The path.
        path: String,
    },
    /// A form or a pattern is none.
    #[error("{0}")]
    Form(#[source] crate::ParseFormError),
    /// More than one place is given.
    #[error("`{path}` has several places ({places}), expected one")]
    SeveralPlaces {
        /// The path.
        path: String,
        /// The keys given.
        places: String,
    },
    /// A variable has a name that none has.
    #[error("invalid variable `{name}`: expected letters, digits and `_`, no digit first")]
    Variable {
        /// The name.
        name: String,
    },
    /// `times` is given without a pattern, or is 0.
    #[error("`times` of `{path}` needs a pattern, and must be at least 1")]
    Times {
        /// The path.
        path: String,
    },
    /// A pattern is given together with a form.
    #[error("`{path}` has a pattern and a form; the pattern is the form")]
    PatternAndForm {
        /// The path.
        path: String,
    },
    /// A pattern has no text but the version.
    #[error("pattern `{pattern}` would match every word: give the text around the version")]
    Unanchored {
        /// The pattern.
        pattern: String,
    },
    /// One place is named twice.
    #[error("`{path}` is named twice")]
    Twice {
        /// The path, and the place.
        path: String,
    },
}

impl ManifestPolicy {
    /// Names the manifest at `path`; all packages that share a version, and requirements follow it.
    ///
    /// # Errors
    /// [`PolicyError::Path`].
    pub fn new(kind: ManifestKind, path: &str) -> Result<Self, PolicyError> {
        Ok(Self {
            kind,
            path: checked(path)?,
            group: None,
            packages: Vec::new(),
            versions: Versions::default(),
            dependents: Dependents::default(),
            optional: false,
        })
    }

    /// Sets whose version it is.
    #[must_use]
    pub fn group(mut self, group: Option<String>) -> Self {
        self.group = group;
        self
    }

    /// Sets whether a repository may have no such file.
    #[must_use]
    pub fn optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    /// Returns whether a repository may have no such file.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// Sets the packages; none stands for those that share a version.
    #[must_use]
    pub fn packages(mut self, packages: Vec<String>) -> Self {
        self.packages = packages;
        self
    }

    /// Sets how the packages are versioned.
    #[must_use]
    pub fn versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// Sets what happens to the requirements on the packages.
    #[must_use]
    pub fn dependents(mut self, dependents: Dependents) -> Self {
        self.dependents = dependents;
        self
    }

    /// Returns the package manager.
    #[must_use]
    pub fn kind(&self) -> ManifestKind {
        self.kind
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns whose version it is.
    #[must_use]
    pub fn group_name(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Returns the packages that are named.
    #[must_use]
    pub fn package_names(&self) -> &[String] {
        &self.packages
    }

    /// Returns how the packages are versioned.
    #[must_use]
    pub fn versions_rule(&self) -> Versions {
        self.versions
    }

    /// Returns what happens to the requirements on the packages.
    #[must_use]
    pub fn dependents_rule(&self) -> Dependents {
        self.dependents
    }
}

impl FilePolicy {
    /// Names a place in the file at `path`.
    ///
    /// # Errors
    /// [`PolicyError`] if the path or the place is none; use [`FilePolicy::pattern`] for patterns.
    pub fn new(path: &str, place: Place, form: Form) -> Result<Self, PolicyError> {
        if let Place::Env(name) = &place
            && (name.is_empty()
                || name.starts_with(|c: char| c.is_ascii_digit())
                || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        {
            return Err(PolicyError::Variable { name: name.clone() });
        }
        if let Place::Pattern {
            times,
            line_start,
            line_end,
        } = place
        {
            if times == 0 {
                return Err(PolicyError::Times {
                    path: path.to_owned(),
                });
            }
            let bare = form.before().is_empty() && form.after().is_empty();
            if bare && !(line_start && line_end) {
                return Err(PolicyError::Unanchored {
                    pattern: form.to_string(),
                });
            }
        }
        Ok(Self {
            path: checked(path)?,
            group: None,
            place,
            form,
        })
    }

    /// Names the places where a pattern stands: a [`Form`] that may start with `^` and end with `$`.
    ///
    /// # Errors
    /// [`PolicyError`] if the path is none, the pattern is no form, or `times` is 0.
    pub fn pattern(path: &str, pattern: &str, times: usize) -> Result<Self, PolicyError> {
        let (line_start, rest) = match pattern.strip_prefix('^') {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let (line_end, rest) = match rest.strip_suffix('$') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let form = rest.parse().map_err(PolicyError::Form)?;
        let place = Place::Pattern {
            line_start,
            line_end,
            times,
        };
        Self::new(path, place, form)
    }

    /// Sets whose version it is.
    #[must_use]
    pub fn group(mut self, group: Option<String>) -> Self {
        self.group = group;
        self
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns whose version it is.
    #[must_use]
    pub fn group_name(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Returns the place.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Returns the text around the version.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.form
    }
}

fn checked(path: &str) -> Result<String, PolicyError> {
    match join("", path) {
        Some(simple) if simple == path && !simple.is_empty() => Ok(simple),
        _ => Err(PolicyError::Path {
            path: path.to_owned(),
        }),
    }
}
