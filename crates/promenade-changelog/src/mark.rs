//! Marks on a released version: yanked, deprecated, a note of what happened.

use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::scan::{Block, BlockKind};
use crate::section::Section;

/// Why a version should not be used, and which one instead (C29).
///
/// ```
/// use promenade_changelog::Deprecation;
///
/// let deprecation = Deprecation::new("It loses data on restart.").replacement("1.2.4");
/// assert_eq!(
///     deprecation.banner("## "),
///     "## ⚠️ Deprecated\n\nIt loses data on restart. Use 1.2.4 instead.\n"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Deprecation {
    reason: String,
    replacement: Option<String>,
}

const BANNER: &str = "⚠️ Deprecated";

impl Deprecation {
    /// Gives the reason, a paragraph.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            replacement: None,
        }
    }

    /// Names the version to use instead.
    pub fn replacement(mut self, version: impl Into<String>) -> Self {
        self.replacement = Some(version.into());
        self
    }

    /// Returns the banner under a heading that starts with `marker`.
    #[must_use]
    pub fn banner(&self, marker: &str) -> String {
        format!("{marker}{BANNER}\n\n{}\n", self.sentence())
    }

    fn sentence(&self) -> String {
        let reason = self.reason.trim();
        match &self.replacement {
            Some(version) => format!("{reason} Use {version} instead."),
            None => reason.to_owned(),
        }
    }

    /// Puts the banner on top of notes, such as those of a forge's release; one that stands there
    /// is replaced, so that twice is once.
    ///
    /// ```
    /// use promenade_changelog::Deprecation;
    ///
    /// let deprecation = Deprecation::new("Broken.").replacement("1.0.1");
    /// let once = deprecation.on_notes("- First.\n");
    /// assert_eq!(once, "## ⚠️ Deprecated\n\nBroken. Use 1.0.1 instead.\n\n- First.\n");
    /// assert_eq!(deprecation.on_notes(&once), once);
    /// ```
    #[must_use]
    pub fn on_notes(&self, notes: &str) -> String {
        let changelog = Changelog::parse(notes);
        let rest = match changelog.scan.blocks.as_slice() {
            [heading, sentence, ..]
                if is_banner(&changelog, heading) && sentence.kind == BlockKind::Paragraph =>
            {
                notes.get(sentence.end..).unwrap_or_default()
            }
            _ => notes,
        };
        let rest = rest.trim_start_matches(['\n', '\r']);
        let newline = changelog.newline();
        let banner = self.banner("## ").replace('\n', newline);
        if rest.is_empty() {
            banner
        } else {
            format!("{banner}{newline}{rest}")
        }
    }
}

pub(crate) fn is_banner(changelog: &Changelog<'_>, block: &Block) -> bool {
    matches!(block.kind, BlockKind::Heading { .. })
        && changelog
            .slice(block.inner.0..block.inner.1)
            .trim_start_matches(['⚠', '\u{fe0f}', ' '])
            .eq_ignore_ascii_case("deprecated")
        && changelog
            .slice(block.inner.0..block.inner.1)
            .starts_with('⚠')
}

impl Changelog<'_> {
    /// Puts a banner under the heading of a version: why it should not be used, and which one
    /// instead (C29). A banner that stands there is replaced.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnknownVersion`], [`EditChangelogErrorKind::DuplicateVersion`], and
    /// [`EditChangelogErrorKind::UnfitText`] if the reason is not one paragraph.
    pub fn deprecate(
        &self,
        version: &str,
        deprecation: &Deprecation,
    ) -> Result<Edits, EditChangelogError> {
        const VERB: &str = "deprecate a version";
        let section = self.find(VERB, version)?;
        let sentence = deprecation.sentence();
        if !is_paragraph(&sentence) {
            return Err(EditChangelogError::new(
                VERB,
                EditChangelogErrorKind::UnfitText {
                    what: "reason",
                    text: sentence,
                    why: "is not one paragraph",
                },
            ));
        }
        let newline = self.newline();
        let sentence = lines(&sentence, newline);
        if let [heading, old, ..] = self.body(section)
            && is_banner(self, heading)
            && old.kind == BlockKind::Paragraph
        {
            let range = old.inner.0..old.end;
            let text = self.slice(range.clone());
            let kept = text.trim_end().len();
            let edit = TextEdit::replace(range.start..range.start + kept, &sentence);
            return Ok(if self.slice(edit.range()) == edit.text() {
                Edits::none()
            } else {
                Edits::one(edit)
            });
        }
        let mark = "#".repeat(usize::from(section.level + 1).min(6));
        let banner = format!("{mark} {BANNER}{newline}{newline}{sentence}");
        let edit = self.after_block(section.heading_range.end, &banner, true, newline);
        self.finish(VERB, vec![edit])
    }

    /// Adds a text at the end of a version's section: an incident, a later finding (C31, C32).
    /// A text that stands there already is not added again; nothing else changes.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnknownVersion`], [`EditChangelogErrorKind::DuplicateVersion`], and
    /// [`EditChangelogErrorKind::UnfitText`] if the text is empty or would open a section.
    pub fn note(&self, version: &str, text: &str) -> Result<Edits, EditChangelogError> {
        const VERB: &str = "add a note";
        let section = self.find(VERB, version)?;
        let unfit = |why| {
            EditChangelogError::new(
                VERB,
                EditChangelogErrorKind::UnfitText {
                    what: "note",
                    text: text.to_owned(),
                    why,
                },
            )
        };
        if text.trim().is_empty() {
            return Err(unfit("is empty"));
        }
        let newline = self.newline();
        let note = lines(text.trim_matches(['\n', '\r']).trim_end(), newline);
        if !closes(&note, section.level) {
            return Err(unfit("would end the section or swallow what follows"));
        }
        let body = self.slice(section.heading_range.end..section.range.end);
        let wanted = crate::entry::folded(&note);
        if crate::entry::folded(body).contains(&wanted) {
            return Ok(Edits::none());
        }
        let end = self.content_end(section);
        self.finish(VERB, vec![self.after_block(end, &note, true, newline)])
    }

    /// Marks a version as `[YANKED]`.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnknownVersion`], [`EditChangelogErrorKind::DuplicateVersion`], and
    /// [`EditChangelogErrorKind::Misread`] if the heading would not be one any more.
    pub fn yank(&self, version: &str) -> Result<Edits, EditChangelogError> {
        const VERB: &str = "yank a version";
        let section = self.find(VERB, version)?;
        if section.is_yanked() {
            return Ok(Edits::none());
        }
        let at = section.offset + section.heading.len();
        self.mark(VERB, section, TextEdit::insert(at, " [YANKED]"))
    }

    /// Takes the `[YANKED]` mark off a version.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnknownVersion`], [`EditChangelogErrorKind::DuplicateVersion`], and
    /// [`EditChangelogErrorKind::Misread`] if the heading would have another version without it.
    pub fn unyank(&self, version: &str) -> Result<Edits, EditChangelogError> {
        const VERB: &str = "take back the yank of a version";
        let section = self.find(VERB, version)?;
        let Some(mark) = section.reading.yanked else {
            return Ok(Edits::none());
        };
        let mut heading = section.heading.to_owned();
        let mut marks = 0;
        // A heading may have been marked more than once.
        while let Some((start, end)) = crate::heading::read(&heading).and_then(|r| r.yanked) {
            heading.replace_range(start..end, "");
            marks += 1;
        }
        let edit = if marks > 1 {
            let whole = section.offset..section.offset + section.heading.len();
            TextEdit::replace(whole, heading)
        } else {
            TextEdit::delete(section.absolute(mark))
        };
        self.mark(VERB, section, edit)
    }

    /// Sets or takes away the mark of a heading; refused if the heading would not be read back as
    /// one heading of the same version.
    fn mark(
        &self,
        verb: &'static str,
        section: &Section<'_>,
        edit: TextEdit,
    ) -> Result<Edits, EditChangelogError> {
        let edits = self.with_underline(section, edit);
        let (start, heading) = (
            section.range.start,
            self.slice(section.heading_range.clone()),
        );
        let inside = edits.iter().map(|edit| {
            let range = edit.range();
            TextEdit::replace(range.start - start..range.end - start, edit.text())
        });
        let after = Edits::new(inside).ok().and_then(|e| e.apply(heading).ok());
        let is_kept = |after: &String| {
            let read = Changelog::parse(after);
            let [block] = read.scan.blocks.as_slice() else {
                return false;
            };
            let text = read.slice(block.inner.0..block.inner.1);
            let Some(reading) = crate::heading::read(text) else {
                return false;
            };
            let version = text.get(reading.version.0..reading.version.1);
            matches!(block.kind, BlockKind::Heading { .. })
                && version == section.version
                && reading.yanked.is_some() != section.is_yanked()
        };
        if after.as_ref().is_some_and(is_kept) {
            return Ok(edits);
        }
        let line = self.line_of(section.range.start);
        let kind = EditChangelogErrorKind::Misread { line };
        Err(EditChangelogError::new(verb, kind))
    }

    /// An underline that is as long as the heading stays as long.
    pub(crate) fn with_underline(&self, section: &Section<'_>, edit: TextEdit) -> Edits {
        let block = self.scan.blocks.get(section.blocks.start);
        let setext =
            block.is_some_and(|b| matches!(b.kind, BlockKind::Heading { setext: true, .. }));
        let after_text = section.offset + section.heading.len();
        let tail = self.slice(after_text..section.heading_range.end);
        let underline = tail.trim();
        let chars = section.heading.chars().count();
        if !setext || underline.len() != chars {
            return Edits::one(edit);
        }
        let removed = self.slice(edit.range()).chars().count();
        let len = (chars + edit.text().chars().count() - removed).max(1);
        let mark = underline.get(..1).unwrap_or("-");
        let start = after_text + tail.find(underline).unwrap_or_default();
        let line = TextEdit::replace(start..start + underline.len(), mark.repeat(len));
        Edits::new([edit, line]).expect("the underline is below the text")
    }
}

/// Gives a text the line ends of the file.
pub(crate) fn lines(text: &str, newline: &str) -> String {
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join(newline)
}

pub(crate) fn is_paragraph(text: &str) -> bool {
    let read = Changelog::parse(text);
    matches!(read.scan.blocks.as_slice(), [block] if block.kind == BlockKind::Paragraph)
}

/// Returns whether blocks stay in a section of the given level, and do not run on.
pub(crate) fn closes(text: &str, level: u8) -> bool {
    let with_end = format!("{text}\n\n# end\n");
    let read = Changelog::parse(&with_end);
    let Some((end, blocks)) = read.scan.blocks.split_last() else {
        return false;
    };
    let ended = matches!(end.kind, BlockKind::Heading { level: 1, .. });
    let inside = |block: &Block| !matches!(block.kind, BlockKind::Heading { level: found, .. } if found <= level);
    ended && blocks.iter().all(inside) && read.sections.is_empty()
}
