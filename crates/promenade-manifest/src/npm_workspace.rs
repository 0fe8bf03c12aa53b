//! Where the packages of an npm workspace lie, as pnpm, npm and yarn, or lerna says, the first that says so.

use std::collections::BTreeSet;

use crate::document::{Document, Node, Value};
use crate::lerna::Lerna;
use crate::tree::{glob, join, matches};
use crate::{FileTree, ReadManifestError, ReadManifestErrorKind};

/// Returns the folders of the packages, in the order of the patterns that name them, without the root.
pub(crate) fn members(
    tree: &impl FileTree,
    home: &str,
    manifest: &Document,
) -> Result<Vec<String>, ReadManifestError> {
    let mut patterns = pnpm(tree, home)?;
    if patterns.is_empty() {
        patterns = workspaces(manifest)?;
    }
    if patterns.is_empty()
        && let Some(lerna) = Lerna::read(tree, home)?
    {
        patterns = lerna.packages;
    }
    let written_out = |pattern: &str| {
        let all = braces(pattern).into_iter();
        all.filter_map(|pattern| join(home, &pattern))
            .collect::<Vec<_>>()
    };
    // What is excluded is looked up, not walked: `!**/test/**` would lead through every folder.
    let excluded = patterns.iter().filter_map(|text| text.strip_prefix('!'));
    let excluded: Vec<_> = excluded.flat_map(written_out).collect();
    let mut seen = BTreeSet::from([home.to_owned()]);
    let mut members = Vec::new();
    for pattern in patterns.iter().filter(|text| !text.starts_with('!')) {
        for pattern in written_out(pattern) {
            for folder in glob(tree, &pattern)? {
                let below = folder.strip_prefix(home).unwrap_or(&folder);
                if !below.contains("node_modules")
                    && !excluded.iter().any(|pattern| matches(pattern, &folder))
                    && seen.insert(folder.clone())
                {
                    members.push(folder);
                }
            }
        }
    }
    Ok(members)
}

/// Returns the patterns of `pnpm-workspace.yaml`, if it is there and names packages.
#[cfg(feature = "yaml")]
fn pnpm(tree: &impl FileTree, home: &str) -> Result<Vec<String>, ReadManifestError> {
    let path = join(home, "pnpm-workspace.yaml").unwrap_or_default();
    let Some(bytes) = tree.read(&path)? else {
        return Ok(Vec::new());
    };
    let file = crate::yaml::parse(&path, &bytes)?;
    if !matches!(file.root.value, Value::Map(_)) {
        return Ok(Vec::new());
    }
    match file.field(&file.root, "packages")? {
        Some(node) => patterns(&file, node, "packages"),
        None => Ok(Vec::new()),
    }
}

#[cfg(not(feature = "yaml"))]
fn pnpm(_: &impl FileTree, _: &str) -> Result<Vec<String>, ReadManifestError> {
    Ok(Vec::new())
}

/// Writes the alternatives of a pattern out: `{a,b}/*` is `a/*` and `b/*`.
fn braces(pattern: &str) -> Vec<String> {
    let split = || {
        let (before, rest) = pattern.split_once('{')?;
        let mut depth = 0_usize;
        let mut ends = Vec::new();
        for (at, char) in rest.char_indices() {
            match char {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' if depth == 0 => ends.push(at),
                '}' => {
                    ends.push(at);
                    return (ends.len() > 1).then_some((before, rest, ends));
                }
                _ => {}
            }
        }
        None
    };
    let Some((before, rest, ends)) = split() else {
        return vec![pattern.to_owned()];
    };
    let after = ends.last().and_then(|end| rest.get(end + 1..));
    let (mut start, mut all) = (0, Vec::new());
    for end in ends {
        let one = rest.get(start..end).unwrap_or_default();
        all.extend(braces(&format!(
            "{before}{one}{}",
            after.unwrap_or_default()
        )));
        start = end + 1;
    }
    all
}

/// Returns the patterns of `workspaces`: a list, or an object with a list `packages`.
fn workspaces(manifest: &Document) -> Result<Vec<String>, ReadManifestError> {
    let Some(mut node) = manifest.field(&manifest.root, "workspaces")? else {
        return Ok(Vec::new());
    };
    if let Some(packages) = manifest.field(node, "packages")? {
        node = packages;
    }
    patterns(manifest, node, "workspaces")
}

/// Returns the patterns of a list.
pub(crate) fn patterns(
    document: &Document,
    node: &Node,
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
