//! The files that name the version, at the commit of a tag.

use promenade_manifest::FileTree as _;
use promenade_version::Version;

use super::tags::{Versioned, finding};
use super::{Finding, RuleId};
use crate::Process;
use crate::port::past::{CommitTree, Past};

/// Judges every place that names the version at a release.
pub(super) fn judge(process: &Process, past: &dyn Past, tag: &Versioned<'_>) -> Vec<Finding> {
    let commit = &tag.facts.peeled;
    let tree = CommitTree::new(past, commit);
    let has = |path: &str| !matches!(tree.read(path), Ok(None));
    let files = process.version_files().present(has);
    if files.is_empty() {
        return Vec::new();
    }
    let scheme = process.version().scheme();
    let version: &Version = tag.version;
    match files.check_version(&tree, scheme, version) {
        Err(error) => {
            let message = format!("cannot compare its version with the files: {error}");
            vec![finding(RuleId::ManifestUnreadable, tag, message)]
        }
        Ok(found) => {
            let found = found.iter();
            found
                .map(|found| finding(RuleId::ManifestDiffers, tag, format!("at the tag {found}")))
                .collect()
        }
    }
}
