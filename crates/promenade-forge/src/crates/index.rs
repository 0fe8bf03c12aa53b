//! The sparse index of a registry: which versions are there, and with which digest.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use promenade_digest::{Algorithm, Digest};
use serde::Deserialize;

use crate::http::{Ask, Http, HttpError, OpenError, Patience, Token, Url, Verb};

/// The index of the default registry.
pub const CRATES_IO_INDEX: &str = "sparse+https://index.crates.io/";

/// The longest file of an index that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// How long a read or a write may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The sparse index of a registry (The Cargo Book, "Registry Index").
pub struct SparseIndex {
    http: Http,
    base: Url,
}

/// A version that is in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The digest of its package.
    pub digest: Digest,
    /// Whether it is yanked.
    pub yanked: bool,
}

#[derive(Deserialize)]
struct Line {
    vers: String,
    cksum: String,
    #[serde(default)]
    yanked: bool,
}

/// An index did not say what it has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("index, `{name}`: {problem}")]
pub struct IndexError {
    name: String,
    problem: String,
}

/// No index is found for a registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FindIndexError {
    /// No configuration of cargo names it.
    #[error("no configuration of cargo names the index of registry `{registry}`")]
    Unknown {
        /// The registry.
        registry: String,
    },
    /// A configuration of cargo cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl SparseIndex {
    /// Speaks to an index (`sparse+https://…/`). The token is for registries that want one for reading.
    ///
    /// # Errors
    /// [`OpenError`] if that is not the address of a sparse index, or what is sent could be read on
    /// the way.
    pub fn new(url: &str, token: Option<Token>) -> Result<Self, OpenError> {
        let plain = url.strip_prefix("sparse+").ok_or_else(|| OpenError::Url {
            url: url.to_owned(),
        })?;
        let base = Url::server(plain)?;
        let token = token.map(|token| (token, ""));
        let http = Http::new(token, &[], LIMIT, base.is_loopback());
        Ok(Self { http, base })
    }

    /// Asks a failing server as often as this.
    #[must_use]
    pub fn patient(mut self, patience: Patience) -> Self {
        self.http.patience = patience;
        self
    }

    /// Looks for a version of a crate.
    ///
    /// # Errors
    /// [`IndexError`] if the index does not answer or answers what cannot be: never "not there".
    pub fn find(&self, name: &str, version: &str) -> Result<Option<Published>, IndexError> {
        let fail = |problem: String| IndexError {
            name: name.to_owned(),
            problem,
        };
        let url = self.base.below(&path(name));
        let answer = self.http.ask(Ask {
            verb: Verb::Get,
            url: &url,
            body: None,
            limit_bytes: MAX_FILE_BYTES,
        });
        let answer = answer.map_err(|error| fail(problem(&error)))?;
        match answer.status {
            200 => {}
            404 | 410 | 451 => return Ok(None),
            status => return Err(fail(format!("the index answered {status}"))),
        }
        let text = String::from_utf8(answer.body).map_err(|error| fail(error.to_string()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let line: Line = serde_json::from_str(line)
                .map_err(|error| fail(format!("a line is not what was expected: {error}")))?;
            if same_version(&line.vers, version) {
                let digest = Digest::from_encoded(Algorithm::Sha256, &line.cksum);
                let digest = digest.map_err(|error| fail(error.to_string()))?;
                let yanked = line.yanked;
                return Ok(Some(Published { digest, yanked }));
            }
        }
        Ok(None)
    }
}

impl fmt::Debug for SparseIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SparseIndex({})", self.base)
    }
}

/// A registry takes no two versions that differ in build metadata only.
fn same_version(a: &str, b: &str) -> bool {
    let base = |text: &str| text.split('+').next().unwrap_or_default().to_owned();
    base(a) == base(b)
}

fn problem(error: &HttpError) -> String {
    match error {
        HttpError::Unknown { cause } => format!("it did not answer: {cause}"),
        HttpError::Throttled { .. } => "the index asks to wait".to_owned(),
        HttpError::Protocol { problem } => problem.clone(),
    }
}

/// Where the file of a crate lies in an index.
fn path(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let part = |from: usize, to: usize| name.get(from..to).unwrap_or_default();
    match name.len() {
        1 | 2 => format!("{}/{name}", name.len()),
        3 => format!("3/{}/{name}", part(0, 1)),
        _ => format!("{}/{}/{name}", part(0, 2), part(2, 4)),
    }
}

/// Finds the address of the index of a registry as cargo does: a variable, then the configuration
/// files of a directory and of those around it, then that of cargo's home.
///
/// `variable` looks up an environment variable.
///
/// # Errors
/// [`FindIndexError`] if nothing names it, or a file that could cannot be read.
pub fn find_index(
    registry: Option<&str>,
    directory: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, FindIndexError> {
    let Some(registry) = registry else {
        return Ok(CRATES_IO_INDEX.to_owned());
    };
    let key = registry.to_ascii_uppercase().replace('-', "_");
    if let Some(index) = variable(&format!("CARGO_REGISTRIES_{key}_INDEX")) {
        return Ok(index);
    }
    let around = directory.ancestors().map(|folder| folder.join(".cargo"));
    let home = variable("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cargo")));
    for folder in around.chain(home) {
        for name in ["config.toml", "config"] {
            if let Some(index) = configured(&folder.join(name), registry)? {
                return Ok(index);
            }
        }
    }
    Err(FindIndexError::Unknown {
        registry: registry.to_owned(),
    })
}

fn configured(path: &Path, registry: &str) -> Result<Option<String>, FindIndexError> {
    if !path.is_file() {
        return Ok(None);
    }
    let fail = |reason: String| FindIndexError::Unreadable {
        path: path.to_path_buf(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| fail(error.to_string()))?;
    let found = table
        .get("registries")
        .and_then(|all| all.get(registry)?.get("index")?.as_str());
    Ok(found.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::{path, same_version};

    #[test]
    fn files_lie_where_cargo_looks_for_them() {
        for (name, expected) in [
            ("a", "1/a"),
            ("Ab", "2/ab"),
            ("abc", "3/a/abc"),
            ("Acme-core", "ac/me/acme-core"),
        ] {
            assert_eq!(path(name), expected);
        }
    }

    #[test]
    fn build_metadata_makes_no_other_version() {
        assert!(same_version("1.0.0+a", "1.0.0"));
        assert!(!same_version("1.0.0-rc.1", "1.0.0"));
    }
}
