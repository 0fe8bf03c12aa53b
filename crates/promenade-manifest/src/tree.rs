//! The files to read: a port, and its implementation over a map.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::ReadFileError;

/// Files by path: `/` between the parts, no leading `/`, no `.` and no `..`; the root is `""`.
pub trait FileTree {
    /// Returns the bytes of a file, or nothing if there is no such file.
    ///
    /// # Errors
    /// [`ReadFileError`] if there is something at `path` that must not or cannot be read, such as a
    /// symbolic link that leads out of the tree.
    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, ReadFileError>;

    /// Returns what lies directly in a folder, sorted by name; nothing if there is no such folder.
    ///
    /// # Errors
    /// [`ReadFileError`] if the folder cannot be read.
    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadFileError>;
}

/// What lies in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The last part of the path.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

impl FileTree for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, ReadFileError> {
        Ok(self.get(path).map(|bytes| Cow::Borrowed(bytes.as_slice())))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadFileError> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let entries: BTreeSet<_> = self
            .range(prefix.clone()..)
            .map_while(|(path, _)| path.strip_prefix(&prefix))
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => (name, EntryKind::Folder),
                None => (rest, EntryKind::File),
            })
            .map(|(name, kind)| Entry {
                name: name.to_owned(),
                kind,
            })
            .collect();
        Ok(entries.into_iter().collect())
    }
}

/// Joins a folder and a relative path with `/` (or `\`, as Cargo accepts it on Windows), and
/// resolves `.` and `..`; nothing if the path is absolute or leads out of the tree.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '\\']) || path.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Returns the folder that a file lies in.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns whether a name matches one part of a glob: `*`, `?` and `[…]`.
fn part_matches(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        (['*', rest @ ..], _) => {
            part_matches(rest, name)
                || matches!(name, [_, tail @ ..] if part_matches(pattern, tail))
        }
        (['?', rest @ ..], [_, tail @ ..]) => part_matches(rest, tail),
        (['[', rest @ ..], [first, tail @ ..]) => {
            let Some(close) = rest.iter().skip(1).position(|c| *c == ']') else {
                return false;
            };
            let (set, after) = rest.split_at(close + 1);
            let (negated, set) = match set {
                ['!', set @ ..] => (true, set),
                set => (false, set),
            };
            set_contains(set, *first) != negated
                && part_matches(after.get(1..).unwrap_or_default(), tail)
        }
        ([literal, rest @ ..], [first, tail @ ..]) => literal == first && part_matches(rest, tail),
        _ => false,
    }
}

fn set_contains(set: &[char], c: char) -> bool {
    match set {
        [low, '-', high, rest @ ..] => (*low..=*high).contains(&c) || set_contains(rest, c),
        [one, rest @ ..] => *one == c || set_contains(rest, c),
        [] => false,
    }
}

/// Returns the folders that match a glob, sorted. `**` stands for any number of folders.
pub(crate) fn glob(tree: &impl FileTree, pattern: &str) -> Result<Vec<String>, ReadFileError> {
    let mut found = BTreeSet::from([String::new()]);
    for part in pattern.split('/').filter(|part| !matches!(*part, "" | ".")) {
        let mut next = BTreeSet::new();
        for folder in &found {
            if !part.contains(['*', '?', '[']) {
                next.extend(join(folder, part));
                continue;
            }
            if part == "**" {
                descend(tree, folder, &mut next)?;
                continue;
            }
            let part: Vec<char> = part.chars().collect();
            for entry in tree.list(folder)? {
                let name: Vec<char> = entry.name.chars().collect();
                if entry.kind == EntryKind::Folder && part_matches(&part, &name) {
                    next.extend(join(folder, &entry.name));
                }
            }
        }
        found = next;
    }
    Ok(found.into_iter().collect())
}

/// Says whether a folder matches a glob, as [`glob`] reads it; nothing is listed.
pub(crate) fn matches(pattern: &str, folder: &str) -> bool {
    fn all(pattern: &[&str], folder: &[&str]) -> bool {
        match (pattern, folder) {
            (["**", rest @ ..], _) => {
                all(rest, folder) || matches!(folder, [_, below @ ..] if all(pattern, below))
            }
            ([part, rest @ ..], [name, below @ ..]) => {
                let (part, name): (Vec<_>, Vec<_>) =
                    (part.chars().collect(), name.chars().collect());
                part_matches(&part, &name) && all(rest, below)
            }
            (rest, below) => rest.is_empty() && below.is_empty(),
        }
    }
    fn parts(path: &str) -> Vec<&str> {
        let parts = path.split('/');
        parts.filter(|part| !matches!(*part, "" | ".")).collect()
    }
    all(&parts(pattern), &parts(folder))
}

fn descend(
    tree: &impl FileTree,
    folder: &str,
    into: &mut BTreeSet<String>,
) -> Result<(), ReadFileError> {
    into.insert(folder.to_owned());
    for entry in tree.list(folder)? {
        if entry.kind == EntryKind::Folder
            && let Some(path) = join(folder, &entry.name)
        {
            descend(tree, &path, into)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn matches(pattern: &str, name: &str) -> bool {
        let pattern: Vec<char> = pattern.chars().collect();
        let name: Vec<char> = name.chars().collect();
        part_matches(&pattern, &name)
    }

    #[test]
    fn stars_question_marks_and_sets_match_within_one_part() {
        assert!(matches("*", "anything"));
        assert!(matches("a*c", "abbc"));
        assert!(matches("a?c", "abc"));
        assert!(matches("[a-c]x", "bx"));
        assert!(matches("[!a-c]x", "dx"));
        assert!(!matches("[!a-c]x", "bx"));
        assert!(!matches("a*c", "abcd"));
        assert!(!matches("a?c", "ac"));
    }

    #[test]
    fn a_path_that_leads_out_is_no_path() {
        assert_eq!(join("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(join("a", "../..").as_deref(), None);
        assert_eq!(join("a", "/etc").as_deref(), None);
        assert_eq!(join("", "./b/.").as_deref(), Some("b"));
        assert_eq!(join("a", "..\\b").as_deref(), Some("b"));
    }
}
