//! `lerna.json`: where the packages of a repository lie, and the version that they share.

use semver::Version;

use crate::document::{Document, Value};
use crate::tree::join;
use crate::{FileTree, ReadManifestError, ReadManifestErrorKind, json};

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

/// Returns the patterns of a list.
pub(crate) fn patterns(
    document: &Document,
    node: &crate::document::Node,
    key: &str,
) -> Result<Vec<String>, ReadManifestError> {
    let Value::List(items) = &node.value else {
        let kind = ReadManifestErrorKind::WrongKind {
            key: key.to_owned(),
            expected: "a list of patterns",
        };
        return Err(document.error(node.span.start, kind));
    };
    items
        .iter()
        .map(|item| Ok(document.text_of(item, key)?.literal.value.clone()))
        .collect()
}
