//! `lerna.json`: where the packages of a repository lie, and the version that they share.

use semver::Version;

use crate::npm_workspace::patterns;
use crate::tree::join;
use crate::{FileTree, ReadManifestError, json};

/// The name of the file.
pub(crate) const LERNA: &str = "lerna.json";

/// A `lerna.json`, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lerna {
    /// The version that the packages share; none if each has its own.
    pub(crate) version: Option<Version>,
    /// The patterns of their folders.
    pub(crate) packages: Vec<String>,
}

impl Lerna {
    /// Reads the file in a folder, if there is one.
    pub(crate) fn read(
        tree: &impl FileTree,
        home: &str,
    ) -> Result<Option<Self>, ReadManifestError> {
        let path = join(home, LERNA).unwrap_or_default();
        let Some(bytes) = tree.read(&path)? else {
            return Ok(None);
        };
        let file = json::parse(&path, &bytes)?;
        let version = file.field(&file.root, "version")?;
        let version = version.and_then(|node| node.text()?.value.parse().ok());
        let packages = match file.field(&file.root, "packages")? {
            None => vec!["packages/*".to_owned()],
            Some(node) => patterns(&file, node, "packages")?,
        };
        Ok(Some(Self { version, packages }))
    }
}
