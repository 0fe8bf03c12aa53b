//! Notes on upgrading: a second document with a section, or a row of a table, per version (C21.2).

use crate::cut::fit_version;
use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::heading;
use crate::order;
use crate::scan::BlockKind;
use crate::section::Section;

/// A document with notes on upgrading.
///
/// ```
/// use promenade_changelog::UpgradeNotes;
///
/// let text = "# Upgrading\n\n| Version | What to do |\n|---|---|\n| 0.4.0 | Migrate. |\n";
/// let edits = UpgradeNotes::parse(text).add("0.7.0", "Pin the digest.")?;
/// assert_eq!(
///     edits.apply(text)?,
///     "# Upgrading\n\n| Version | What to do |\n|---|---|\n| 0.7.0 | Pin the digest. |\n| 0.4.0 | Migrate. |\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct UpgradeNotes<'a> {
    document: Changelog<'a>,
}

const VERB: &str = "add notes on upgrading";

/// A table whose first column names versions.
struct Table<'a> {
    /// Each row: where its line starts, without and with its line end, and its version.
    rows: Vec<(usize, usize, usize, &'a str)>,
    /// After the line that parts head and rows.
    head_end: usize,
    columns: usize,
    /// Whether versions are written `v1.2.3`, in code, and so on.
    cell: (String, String),
}

impl<'a> UpgradeNotes<'a> {
    /// Reads a text.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        Self {
            document: Changelog::parse(text),
        }
    }

    /// Adds the notes of a version: a row where the document has a table of versions, else a
    /// section, in the order of the versions that are there. Notes that stand there are not added
    /// again.
    ///
    /// In a table, ` | ` parts the cells after the version.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::VersionExists`] if the version has other notes;
    /// [`EditChangelogErrorKind::UnfitText`] if `version` is no version, or `text` is empty, or has
    /// not as many cells as the table, or would end its section.
    pub fn add(&self, version: &str, text: &str) -> Result<Edits, EditChangelogError> {
        let refuse = |kind| EditChangelogError::new(VERB, kind);
        fit_version(version).map_err(refuse)?;
        let version = version.strip_prefix('v').unwrap_or(version);
        if text.trim().is_empty() {
            return Err(refuse(unfit(text, "is empty")));
        }
        match self.table() {
            Some(table) => self.row(&table, version, text),
            None => self.section(version, text),
        }
    }

    /// Finds the first table with versions in its first column, or the first table of all.
    fn table(&self) -> Option<Table<'a>> {
        let document = &self.document;
        let tables = document.scan.blocks.iter().filter_map(|block| {
            if block.kind != BlockKind::Paragraph {
                return None;
            }
            let mut at = block.start;
            let text = document.slice(block.start..block.end);
            let mut lines = text.split_inclusive('\n').map(|line| {
                let start = at;
                at += line.len();
                (start, line)
            });
            let (_, head) = lines.next()?;
            let (rule_start, rule) = lines.next()?;
            let columns = cells(head).len();
            let parts = |line: &str| {
                line.contains('-')
                    && line
                        .trim()
                        .chars()
                        .all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
            };
            if !head.contains('|') || !parts(rule) || cells(rule).len() != columns {
                return None;
            }
            let mut cell = None;
            let rows = lines.filter_map(|(start, line)| {
                let first = cells(line).first().copied()?;
                let (before, version, after) = version_in(first)?;
                cell.get_or_insert((before.to_owned(), after.to_owned()));
                let end = start + line.trim_end_matches(['\n', '\r']).len();
                Some((start, end, start + line.len(), version))
            });
            let rows: Vec<_> = rows.collect();
            Some(Table {
                rows,
                head_end: rule_start + rule.len(),
                columns,
                cell: cell.unwrap_or_default(),
            })
        });
        let tables: Vec<_> = tables.collect();
        let first = tables.iter().position(|table| !table.rows.is_empty())?;
        tables.into_iter().nth(first)
    }

    fn row(
        &self,
        table: &Table<'a>,
        version: &str,
        text: &str,
    ) -> Result<Edits, EditChangelogError> {
        let refuse = |kind| EditChangelogError::new(VERB, kind);
        let given: Vec<_> = text.split(" | ").map(str::trim).collect();
        if text.contains(['\n', '\r']) || given.len() + 1 != table.columns {
            let why = "has not as many cells, parted by ` | `, as the table after the version";
            return Err(refuse(unfit(text, why)));
        }
        let (before, after) = &table.cell;
        let row = format!("| {before}{version}{after} | {} |", given.join(" | "));
        if let Some((start, end, ..)) = table
            .rows
            .iter()
            .find(|(.., known)| order::same(known, version))
        {
            return if cells(self.document.slice(*start..*end)) == cells(&row) {
                Ok(Edits::none())
            } else {
                Err(refuse(EditChangelogErrorKind::VersionExists {
                    version: version.to_owned(),
                    line: self.document.line_of(*start),
                }))
            };
        }
        let newline = self.document.newline();
        let at = place(
            table
                .rows
                .iter()
                .map(|(start, _, next, version)| (*start, *next, *version)),
            version,
        )
        .unwrap_or(table.head_end);
        let edit = self.document.insert_line(at, &row, newline);
        self.document.finish(VERB, vec![edit])
    }

    fn section(&self, version: &str, text: &str) -> Result<Edits, EditChangelogError> {
        let refuse = |kind| EditChangelogError::new(VERB, kind);
        let document = &self.document;
        let newline = document.newline();
        let body = crate::mark::lines(text.trim(), newline);
        let model = document.sections.first();
        let level = model.map_or(2, Section::level);
        if !crate::mark::closes(&body, level) {
            return Err(refuse(unfit(
                text,
                "would end its section or swallow what follows",
            )));
        }
        let known = document.sections.iter().find(|section| {
            section
                .version
                .is_some_and(|known| order::same(known, version))
        });
        if let Some(known) = known {
            let there = document.slice(known.heading_range.end..document.content_end(known));
            return if crate::entry::folded(there) == crate::entry::folded(&body) {
                Ok(Edits::none())
            } else {
                Err(refuse(EditChangelogErrorKind::VersionExists {
                    version: version.to_owned(),
                    line: document.line_of(known.range.start),
                }))
            };
        }
        let title = match model.map(|section| (section.heading, section.reading.version)) {
            Some((heading, (start, end))) => {
                let before = heading.get(..start).unwrap_or_default();
                let after = heading.get(end..).unwrap_or_default();
                let after = if after.starts_with(']') { "]" } else { "" };
                format!("{before}{version}{after}")
            }
            None => version.to_owned(),
        };
        let mark = "#".repeat(usize::from(level));
        let lines = format!("{mark} {title}{newline}{newline}{body}");
        let versions = document.sections.iter().map(|section| {
            (
                section.range.start,
                section.range.end,
                section.version.unwrap_or(""),
            )
        });
        let edit = match place(versions, version) {
            Some(at)
                if document
                    .sections
                    .iter()
                    .any(|section| section.range.start == at) =>
            {
                TextEdit::insert(at, format!("{lines}{newline}{newline}"))
            }
            _ => {
                let blocks = document.scan.blocks.iter().rev();
                let last = blocks.clone().find(|block| !document.is_footer(block));
                match last {
                    Some(block) => document.after_block(block.end, &lines, true, newline),
                    None => TextEdit::insert(document.text.len(), format!("{lines}{newline}")),
                }
            }
        };
        document.finish(VERB, vec![edit])
    }
}

fn unfit(text: &str, why: &'static str) -> EditChangelogErrorKind {
    EditChangelogErrorKind::UnfitText {
        what: "text",
        text: text.to_owned(),
        why,
    }
}

/// Finds where a version goes: the list is newest first, or oldest first where it shows so.
fn place<'v>(known: impl Iterator<Item = (usize, usize, &'v str)>, version: &str) -> Option<usize> {
    let known: Vec<_> = known.collect();
    let key = order::key(version);
    let keys: Vec<_> = known
        .iter()
        .map(|(.., version)| order::key(version))
        .collect();
    let ascending = keys.len() > 1 && keys.first() < keys.last();
    let goes_before = |other: &Option<semver::Version>| {
        if ascending {
            *other > key
        } else {
            *other < key
        }
    };
    let at = keys.iter().position(goes_before);
    match at.and_then(|at| known.get(at)) {
        Some((start, ..)) => Some(*start),
        None => known.last().map(|(_, end, _)| *end),
    }
}

/// Splits a row into its cells.
fn cells(line: &str) -> Vec<&str> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    let mut cells = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, byte) in line.bytes().enumerate() {
        if byte == b'|' && !escaped {
            cells.push(line.get(start..at).unwrap_or_default().trim());
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    cells.push(line.get(start..).unwrap_or_default().trim());
    cells
}

/// Finds the version in a cell, and what stands around it.
fn version_in(cell: &str) -> Option<(&str, &str, &str)> {
    let start = cell.find(|c: char| c.is_ascii_digit())?;
    let rest = cell.get(start..)?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    let len = rest.find(|c| !legal(c)).unwrap_or(rest.len());
    let version = rest.get(..len)?;
    let before = cell.get(..start)?;
    let plain = before
        .chars()
        .all(|c| matches!(c, 'v' | 'V' | '`' | '*' | '_' | '['));
    (plain && heading::is_version(version, false)).then_some((before, version, rest.get(len..)?))
}
