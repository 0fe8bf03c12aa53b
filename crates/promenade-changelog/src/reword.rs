//! `reword`: an entry gets other words.

use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::entry::{Entry, fit_entry, folded, item};
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::section::Section;

const VERB: &str = "reword an entry";

impl<'a> Changelog<'a> {
    /// Gives an entry other words: those that a review asked for, or a link. Its place, its marker
    /// and its indentation stay; white space does not matter to find it.
    ///
    /// `version` names the section; without one, it is Unreleased. Where no entry says `from` and one
    /// says `to`, nothing changes.
    ///
    /// ```
    /// use promenade_changelog::Changelog;
    ///
    /// let text = "## Unreleased\n\n- Faster.\n- Smaller.\n";
    /// let edits = Changelog::parse(text).reword(None, "Faster.", "Faster. (#11)")?;
    /// let after = edits.apply(text)?;
    /// assert_eq!(after, "## Unreleased\n\n- Faster. (#11)\n- Smaller.\n");
    /// assert!(Changelog::parse(&after).reword(None, "Faster.", "Faster. (#11)")?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnknownEntry`], [`EditChangelogErrorKind::DuplicateEntry`] if several
    /// entries say `from`, or one says `to` already; [`EditChangelogErrorKind::NoUnreleased`],
    /// [`EditChangelogErrorKind::UnknownVersion`], [`EditChangelogErrorKind::DuplicateVersion`];
    /// [`EditChangelogErrorKind::UnfitText`] if `to` would not be one entry, and
    /// [`EditChangelogErrorKind::Misread`] if what follows would become part of it.
    pub fn reword(
        &self,
        version: Option<&str>,
        from: &str,
        to: &str,
    ) -> Result<Edits, EditChangelogError> {
        let refuse = |kind| EditChangelogError::new(VERB, kind);
        let section = match version {
            Some(version) => self.find(VERB, version)?,
            None => self
                .unreleased()
                .ok_or_else(|| refuse(self.no_unreleased()))?,
        };
        fit_entry(None, to).map_err(refuse)?;
        let (old, new) = (folded(from), folded(to));
        let says = |entry: &Entry<'a>, text: &str| folded(entry.text) == text;
        let known: Vec<_> = self
            .entries(section)
            .filter(|entry| says(entry, &old) || says(entry, &new))
            .collect();
        let entry = match known.as_slice() {
            [entry] if says(entry, &old) => *entry,
            [_] => return Ok(Edits::none()),
            [] => {
                return Err(refuse(EditChangelogErrorKind::UnknownEntry {
                    text: from.to_owned(),
                    line: self.line_of(section.range.start),
                }));
            }
            several => {
                return Err(refuse(EditChangelogErrorKind::DuplicateEntry {
                    text: from.to_owned(),
                    lines: several
                        .iter()
                        .map(|entry| self.line_of(entry.block.start))
                        .collect(),
                }));
            }
        };
        let start = entry.block.inner.0.min(entry.block.end);
        let marker = self.slice(entry.block.start..start);
        let written = item(to, marker, self.newline());
        let words = written.get(marker.len()..).unwrap_or_default();
        if entry.text == words {
            return Ok(Edits::none());
        }
        let edit = TextEdit::replace(start..start + entry.text.len(), words);
        let edits = self.finish(VERB, vec![edit])?;
        if self.keeps_entries(&edits, section, &entry, &new) {
            return Ok(edits);
        }
        let line = self.line_of(entry.block.start);
        Err(refuse(EditChangelogErrorKind::Misread { line }))
    }

    /// Returns whether after an edit of one entry the section has the same entries, but that one.
    fn keeps_entries(
        &self,
        edits: &Edits,
        section: &Section<'a>,
        changed: &Entry<'a>,
        text: &str,
    ) -> bool {
        let after = edits.apply(self.text).unwrap_or_default();
        let read = Changelog::parse(&after);
        let at = self.sections.iter().position(|s| s.range == section.range);
        let Some(same) = at.and_then(|at| read.sections.get(at)) else {
            return false;
        };
        let expected = self.entries(section).map(|entry| {
            if entry.block.start == changed.block.start {
                text.to_owned()
            } else {
                folded(entry.text)
            }
        });
        read.sections.len() == self.sections.len()
            && read.scan.blocks.len() == self.scan.blocks.len()
            && expected.eq(read.entries(same).map(|entry| folded(entry.text)))
    }
}
