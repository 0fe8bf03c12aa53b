//! `Cargo.lock`: the entries of path packages, and the references to them.
//!
//! Cargo writes a reference as `name`, as `name version` where several versions of the name are
//! locked, and with the source where several packages have both in common; entries are sorted by
//! name and version, references as texts. An edit keeps the file as Cargo would write it.

mod lines;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use semver::Version;
use toml_edit::{Item, TableLike};

use crate::toml::{self, Literal};
use crate::{Position, ReadManifestError, ReadManifestErrorKind, TextEdit};

/// A lock file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) path: String,
    pub(crate) text: String,
    /// Whether references leave out what is not needed to tell packages apart (since format 2).
    short: bool,
    packages: Vec<Locked>,
    /// `[[patch.unused]]` and `[root]`.
    others: Vec<Locked>,
    /// The entries without a source, by name: places in `packages`, then in `others`.
    local: BTreeMap<String, Vec<usize>>,
}

/// An entry of the lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: Version,
    pub(crate) literal: Literal,
    pub(crate) source: Option<String>,
    references: Vec<Literal>,
    /// The entry, from its header to the next one.
    block: Range<usize>,
}

impl Lock {
    /// Reads a lock file.
    pub(crate) fn read(path: &str, bytes: &[u8]) -> Result<Self, ReadManifestError> {
        let text = toml::utf8(path, bytes)?;
        match lines::read(text) {
            Some(entries) => Ok(Self::of_lines(path, text, entries)),
            None => Self::parse(path, text),
        }
    }

    fn of_lines(path: &str, text: &str, entries: lines::Entries) -> Self {
        Self::new(path, text, true, entries.packages, entries.unused)
    }

    fn parse(path: &str, text: &str) -> Result<Self, ReadManifestError> {
        let document = toml::parse(path, text)?;
        let root = document.as_table();
        let number = root.get("version").and_then(Item::as_integer);
        let mut packages = Vec::new();
        for table in tables(root.get("package")) {
            packages.push(entry(path, text, table.0, table.1)?);
        }
        let mut others = Vec::new();
        if let Some(item) = root.get("root")
            && let Some(table) = item.as_table_like()
        {
            others.push(entry(path, text, table, toml::start(item))?);
        }
        for (table, at) in tables(toml::get(root, &["patch", "unused"])) {
            others.push(entry(path, text, table, at)?);
        }
        // Format 1 has no number, format 2 neither; 2 keeps checksums in the entries.
        let checksums = packages.iter().any(|package| package.1);
        let metadata = root.get("metadata").is_some();
        let packages = packages.into_iter().map(|package| package.0).collect();
        let others = others.into_iter().map(|other| other.0).collect();
        let short = number.is_some() || checksums || !metadata;
        Ok(Self::new(path, text, short, packages, others))
    }

    fn new(
        path: &str,
        text: &str,
        short: bool,
        mut packages: Vec<Locked>,
        others: Vec<Locked>,
    ) -> Self {
        close_blocks(text, &mut packages);
        let mut local: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, entry) in packages.iter().chain(&others).enumerate() {
            if entry.source.is_none() {
                local.entry(entry.name.clone()).or_default().push(place);
            }
        }
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            short,
            packages,
            others,
            local,
        }
    }

    /// Returns the entry of a path package: the one of its version, else the only one of its name;
    /// or how many there are. An unused patch and a `[root]` count as well.
    pub(crate) fn entry_of(&self, name: &str, version: Option<&Version>) -> Result<&Locked, usize> {
        let places = self.local.get(name).map_or(&[][..], Vec::as_slice);
        let found: Vec<&Locked> = places
            .iter()
            .filter_map(|place| {
                let other = || self.others.get(place - self.packages.len());
                self.packages.get(*place).or_else(other)
            })
            .collect();
        let exact = found.iter().find(|entry| Some(&entry.version) == version);
        match (exact, found.as_slice()) {
            (Some(entry), _) | (None, [entry]) => Ok(entry),
            _ => Err(found.len()),
        }
    }

    /// Returns the position of an entry's version.
    pub(crate) fn position(&self, at: usize) -> Position {
        Position::of(self.text.as_bytes(), at)
    }

    /// Returns the edits that give path packages new versions.
    ///
    /// `changes` maps the place of an entry's version (its first byte) to the new version.
    pub(crate) fn edits(&self, changes: &BTreeMap<usize, Version>) -> Vec<TextEdit> {
        let mut after: Vec<Version> = Vec::with_capacity(self.packages.len());
        let mut names = BTreeSet::new();
        for package in &self.packages {
            let new = changes.get(&package.literal.inner.start);
            if new.is_some_and(|new| *new != package.version) {
                names.insert(package.name.as_str());
            }
            after.push(new.unwrap_or(&package.version).clone());
        }
        if names.is_empty() && self.others.is_empty() {
            return Vec::new();
        }
        let mut edits: Vec<_> = self
            .others
            .iter()
            .filter_map(|other| {
                let new = changes.get(&other.literal.inner.start)?;
                Some(other.literal.set(&new.to_string()))
            })
            .collect();
        for (package, new) in self.packages.iter().zip(&after) {
            if *new != package.version {
                edits.push(package.literal.set(&new.to_string()));
            }
        }
        self.references(&names, &after, &mut edits);
        self.reordered(&names, &after, edits)
    }

    /// Writes the references to packages of the given names as they read after the edit.
    fn references(&self, names: &BTreeSet<&str>, after: &[Version], edits: &mut Vec<TextEdit>) {
        let by_name = self.by_name(names);
        for package in self.packages.iter().chain(&self.others) {
            // Runs of references to one name: several of them are sorted as texts.
            let mut at = 0;
            while let Some(first) = package.references.get(at) {
                let name = reference_name(&first.value);
                let run: Vec<_> = package
                    .references
                    .iter()
                    .skip(at)
                    .take_while(|reference| reference_name(&reference.value) == name)
                    .collect();
                at += run.len();
                let Some(candidates) = by_name.get(name) else {
                    continue;
                };
                let mut new: Vec<_> = run
                    .iter()
                    .map(|reference| self.rewritten(reference, candidates, after))
                    .collect();
                new.sort();
                for (reference, new) in run.iter().zip(new) {
                    if reference.value != new {
                        edits.push(reference.set(&new));
                    }
                }
            }
        }
    }

    fn by_name(&self, names: &BTreeSet<&str>) -> BTreeMap<&str, Vec<usize>> {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, package) in self.packages.iter().enumerate() {
            if names.contains(package.name.as_str()) {
                by_name.entry(&package.name).or_default().push(index);
            }
        }
        by_name
    }

    fn rewritten(&self, reference: &Literal, candidates: &[usize], after: &[Version]) -> String {
        let mut parts = reference.value.splitn(3, ' ');
        let name = parts.next().unwrap_or_default();
        let version = parts.next();
        let source = parts.next().map(|text| text.trim_matches(['(', ')']));
        let meant: Vec<_> = candidates
            .iter()
            .filter_map(|index| Some((self.packages.get(*index)?, after.get(*index)?)))
            .filter(|(package, _)| {
                version.is_none_or(|version| package.version.to_string() == version)
                    && source.is_none_or(|source| {
                        package
                            .source
                            .as_deref()
                            .is_some_and(|own| same_source(own, source))
                    })
            })
            .collect();
        // A reference that leaves the source out means the path package, if one fits.
        let target = match meant.as_slice() {
            [one] => Some(*one),
            several => several
                .iter()
                .find(|(package, _)| package.source.is_none() && source.is_none())
                .copied(),
        };
        let Some((target, new)) = target else {
            return reference.value.clone();
        };
        if !self.short {
            return match source {
                Some(_) => reference.value.clone(),
                None => format!("{name} {new}"),
            };
        }
        let versions: Vec<_> = candidates
            .iter()
            .filter_map(|index| after.get(*index))
            .collect();
        let twins = versions.iter().filter(|version| **version == new).count();
        match &target.source {
            _ if versions.iter().all(|version| *version == new) && twins == 1 => name.to_owned(),
            Some(source) if twins > 1 => {
                let source = source.split('#').next().unwrap_or(source);
                format!("{name} {new} ({source})")
            }
            _ => format!("{name} {new}"),
        }
    }

    /// Moves entries of one name whose order of versions changes, as one edit per name.
    fn reordered(
        &self,
        names: &BTreeSet<&str>,
        after: &[Version],
        mut edits: Vec<TextEdit>,
    ) -> Vec<TextEdit> {
        for run in self.by_name(names).values() {
            let mut sorted = run.clone();
            sorted.sort_by_key(|index| {
                let source = self.packages.get(*index).and_then(|p| p.source.as_deref());
                (after.get(*index), source)
            });
            let blocks: Vec<_> = run
                .iter()
                .filter_map(|index| Some(self.packages.get(*index)?.block.clone()))
                .collect();
            let adjacent = blocks
                .iter()
                .zip(blocks.iter().skip(1))
                .all(|(one, next)| one.end == next.start);
            let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
                continue;
            };
            if sorted == *run || !adjacent {
                continue;
            }
            let whole = first.start..last.end;
            let (inside, outside): (Vec<_>, Vec<_>) = edits
                .into_iter()
                .partition(|edit| whole.contains(&edit.range().start));
            let mut text = String::new();
            for index in &sorted {
                let Some(package) = self.packages.get(*index) else {
                    continue;
                };
                let block = &package.block;
                let pieces: Vec<_> = inside
                    .iter()
                    .filter(|edit| block.contains(&edit.range().start))
                    .map(|edit| {
                        let range = edit.range();
                        (
                            range.start - block.start..range.end - block.start,
                            edit.text().to_owned(),
                        )
                    })
                    .collect();
                let mut pieces = pieces;
                pieces.sort_by_key(|(range, _)| range.start);
                let old = self.text.get(block.clone()).unwrap_or_default();
                let new = crate::requirement::splice(old, &pieces);
                // The last entry of a file has no blank line after it.
                let blank = if self.text.contains("\r\n") {
                    "\r\n\r\n"
                } else {
                    "\n\n"
                };
                text.push_str(new.trim_end());
                text.push_str(blank);
            }
            let old = self.text.get(whole.clone()).unwrap_or_default();
            let end = old.get(old.trim_end().len()..).unwrap_or_default();
            let text = format!("{}{end}", text.trim_end());
            edits = outside;
            edits.push(TextEdit::new(whole, text));
        }
        edits
    }
}

fn tables(item: Option<&Item>) -> Vec<(&dyn TableLike, usize)> {
    match item {
        Some(Item::ArrayOfTables(tables)) => tables
            .iter()
            .map(|table| {
                let at = table.span().map_or(0, |span| span.start);
                (table as &dyn TableLike, at)
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Reads an entry, and whether it has a checksum.
fn entry(
    path: &str,
    text: &str,
    table: &dyn TableLike,
    at: usize,
) -> Result<(Locked, bool), ReadManifestError> {
    let field = |key: &str| {
        let literal = table.get(key).and_then(|item| toml::literal(text, item));
        literal.ok_or_else(|| {
            let kind = ReadManifestErrorKind::NoSuchKey {
                key: format!("package.{key}"),
            };
            ReadManifestError::at(path, Position::of(text.as_bytes(), at), kind)
        })
    };
    let name = field("name")?;
    let literal = field("version")?;
    let version = Version::parse(&literal.value).map_err(|error| {
        let kind = ReadManifestErrorKind::Version {
            text: literal.value.clone(),
            reason: error.to_string(),
        };
        let at = Position::of(text.as_bytes(), literal.inner.start);
        ReadManifestError::at(path, at, kind)
    })?;
    let references = table
        .get("dependencies")
        .and_then(Item::as_array)
        .into_iter()
        .flatten()
        .filter_map(|value| {
            let span = value.span()?;
            Some(Literal {
                value: value.as_str()?.to_owned(),
                inner: span.start + 1..span.end - 1,
                plain: true,
            })
        })
        .collect();
    let locked = Locked {
        name: name.value,
        version,
        literal,
        source: table
            .get("source")
            .and_then(Item::as_str)
            .map(str::to_owned),
        references,
        block: at..at,
    };
    Ok((locked, table.get("checksum").is_some()))
}

/// Lets every entry reach to the start of the next, the last one to the next table or the end.
fn close_blocks(text: &str, packages: &mut [Locked]) {
    let starts: Vec<_> = packages.iter().map(|package| package.block.start).collect();
    let mut ends = starts.iter().skip(1).copied();
    for (package, start) in packages.iter_mut().zip(&starts) {
        package.block.end = ends.next().unwrap_or_else(|| {
            let rest = text.get(*start + 1..).unwrap_or_default();
            rest.find("\n[")
                .map_or(text.len(), |end| start + 1 + end + 1)
        });
    }
}

fn reference_name(reference: &str) -> &str {
    reference.split(' ').next().unwrap_or(reference)
}

/// Compares sources without the revision that a git source is pinned to.
fn same_source(one: &str, other: &str) -> bool {
    one.split('#').next() == other.split('#').next()
}
