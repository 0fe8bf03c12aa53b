//! `cut`: what is unreleased becomes a version.

use chrono::NaiveDate;

use crate::compare::Links;
use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::heading::Names;
use crate::policy::{ChangelogPolicy, LinkStyle};
use crate::scan::BlockKind;
use crate::section::{Section, SectionKind};

/// A version to be cut.
///
/// ```
/// use chrono::NaiveDate;
/// use promenade_changelog::{Changelog, ChangelogPolicy, Cut};
///
/// let text = concat!(
///     "## [Unreleased]\n\n- New.\n\n",
///     "[Unreleased]: https://forge.example/a/b/compare/v1.0.0...HEAD\n",
/// );
/// let date = NaiveDate::from_ymd_opt(2024, 1, 2).ok_or("no such day")?;
/// let edits = Changelog::parse(text).cut(&Cut::new("1.1.0", date), &ChangelogPolicy::default())?;
/// assert_eq!(
///     edits.apply(text)?,
///     concat!(
///         "## [Unreleased]\n\n## [1.1.0] - 2024-01-02\n\n- New.\n\n",
///         "[Unreleased]: https://forge.example/a/b/compare/v1.1.0...HEAD\n",
///         "[1.1.0]: https://forge.example/a/b/compare/v1.0.0...v1.1.0\n",
///     )
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Cut {
    pub(crate) version: String,
    pub(crate) date: NaiveDate,
    pub(crate) tag: Option<String>,
    pub(crate) previous: Previous,
}

/// The version that a new one is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Previous {
    /// The one that the file names, by the rule of the policy.
    #[default]
    FromFile,
    /// None: the version is the first.
    None,
    /// This one.
    Version {
        /// Its text.
        version: String,
        /// Its tag; without one, it is spelt as the file spells tags.
        tag: Option<String>,
    },
}

impl Cut {
    /// Cuts `version` on `date`.
    pub fn new(version: impl Into<String>, date: NaiveDate) -> Self {
        Self {
            version: version.into(),
            date,
            tag: None,
            previous: Previous::FromFile,
        }
    }

    /// Sets the tag of the version, where the links shall not be spelt as the earlier ones.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// Sets the version that this one is compared with.
    pub fn previous(mut self, previous: Previous) -> Self {
        self.previous = previous;
        self
    }
}

const VERB: &str = "cut a version";

impl Changelog<'_> {
    /// Turns what is unreleased into a version: its heading, its link, and the link of Unreleased.
    ///
    /// The new section stands right below Unreleased, above every release. A version that is cut
    /// already, on the same day and with nothing new, is left as it is (C21.1).
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::NoUnreleased`], [`EditChangelogErrorKind::UnreleasedBelowRelease`],
    /// [`EditChangelogErrorKind::VersionExists`], [`EditChangelogErrorKind::DuplicateVersion`],
    /// [`EditChangelogErrorKind::DateBackwards`], [`EditChangelogErrorKind::UnreleasedEmpty`], and
    /// [`EditChangelogErrorKind::UnfitText`] if the version is no version.
    pub fn cut(&self, cut: &Cut, policy: &ChangelogPolicy) -> Result<Edits, EditChangelogError> {
        let refuse = |kind| EditChangelogError::new(VERB, kind);
        fit_version(&cut.version).map_err(refuse)?;
        let Some(pending) = self.cuttable(cut)? else {
            return Ok(Edits::none());
        };
        self.check_place(pending, cut).map_err(refuse)?;
        if policy.require_entries && self.content_end(pending) == pending.heading_range.end {
            return Err(refuse(EditChangelogErrorKind::UnreleasedEmpty {
                line: self.line_of(pending.range.start),
            }));
        }
        let mut dialect = Dialect::learn(self, &policy.dialect);
        if policy.compare.is_some() && policy.dialect.keep_unreleased.is_none() {
            // Versions that are compared have an Unreleased to compare too, unless it is a place
            // to be filled.
            dialect.keep_unreleased = pending.reading.names == Names::Unreleased;
        }
        dialect.level = self.level_of_cut(pending, dialect.level);
        let links = Links::plan(self, pending, cut, policy, &dialect);
        let mut edits = self.cut_heading(pending, cut, &dialect, &links);
        edits.extend(self.cut_links(pending, cut, &dialect, &links));
        self.finish(VERB, edits)
    }

    /// Finds the section to cut; nothing if the version is cut already.
    fn cuttable(&self, cut: &Cut) -> Result<Option<&Section<'_>>, EditChangelogError> {
        let refuse = |kind| EditChangelogError::new(VERB, kind);
        let pending = self
            .named(&cut.version)
            .find(|section| section.kind == SectionKind::Pending);
        let unreleased = pending.or_else(|| self.unreleased());
        match self.find(VERB, &cut.version) {
            Ok(section) if section.kind == SectionKind::Release => {
                let nothing_new =
                    unreleased.is_none_or(|u| self.content_end(u) == u.heading_range.end);
                let same_day = section.date().is_none_or(|date| date == cut.date);
                if nothing_new && same_day {
                    return Ok(None);
                }
                Err(refuse(EditChangelogErrorKind::VersionExists {
                    version: cut.version.clone(),
                    line: self.line_of(section.range.start),
                }))
            }
            Err(error) if matches!(error.kind, EditChangelogErrorKind::DuplicateVersion { .. }) => {
                Err(error)
            }
            _ => unreleased
                .map(Some)
                .ok_or_else(|| refuse(self.no_unreleased())),
        }
    }

    /// The section stands above every release, and the date does not run backwards.
    fn check_place(&self, pending: &Section<'_>, cut: &Cut) -> Result<(), EditChangelogErrorKind> {
        // Sections lie in the order of the text: the first release tells of all.
        let first = self.releases().next();
        let above = first.filter(|s| s.range.start < pending.range.start);
        if let Some(release) = above {
            return Err(EditChangelogErrorKind::UnreleasedBelowRelease {
                line: self.line_of(pending.range.start),
                release: self.line_of(release.range.start),
            });
        }
        let newest = self.releases().find(|section| section.date().is_some());
        match newest.and_then(|section| Some((section, section.date()?))) {
            Some((section, newest)) if cut.date < newest => {
                Err(EditChangelogErrorKind::DateBackwards {
                    date: cut.date,
                    newest,
                    line: self.line_of(section.range.start),
                })
            }
            _ => Ok(()),
        }
    }

    /// The level of the new heading: that of the releases, unless a heading in between would then
    /// end the new section, or become part of it.
    fn level_of_cut(&self, pending: &Section<'_>, releases: u8) -> u8 {
        let between = pending.level.min(releases) + 1..=pending.level.max(releases);
        // Sections lie in the order of the text: the next one is found without a look at all.
        let after = |section: &Section<'_>| section.blocks.start <= pending.blocks.start;
        let next = self.sections.get(self.sections.partition_point(after));
        let end = next.map_or(self.scan.blocks.len(), |next| next.blocks.start);
        let blocks = self.scan.blocks.get(pending.blocks.start + 1..end);
        let parts = blocks.unwrap_or_default().iter().any(
            |block| matches!(block.kind, BlockKind::Heading { level, .. } if between.contains(&level)),
        );
        if parts { pending.level } else { releases }
    }

    fn cut_heading(
        &self,
        pending: &Section<'_>,
        cut: &Cut,
        dialect: &Dialect,
        links: &Links,
    ) -> Vec<TextEdit> {
        let newline = dialect.newline;
        let text = dialect.heading_text(&cut.version, cut.date, links.version.as_deref());
        let released = dialect
            .released_line
            .as_ref()
            .map(|(before, style, after)| {
                format!(
                    "{newline}{newline}{before}{}{after}",
                    style.render(cut.date)
                )
            })
            .unwrap_or_default();
        if dialect.keep_unreleased {
            let at = pending.heading_range.end;
            let heading = dialect.heading_lines(&text);
            let before = if self
                .text
                .get(..at)
                .is_some_and(|t| t.ends_with(['\n', '\r']))
            {
                newline.to_owned()
            } else {
                newline.repeat(2)
            };
            // No line end is added to a file that ends with the heading and has none.
            let after = if before.len() == newline.len() {
                newline
            } else {
                ""
            };
            return vec![TextEdit::insert(
                at,
                format!("{before}{heading}{released}{after}"),
            )];
        }
        if pending.reading.names != Names::Unreleased {
            return self.cut_placeholder(pending, cut, dialect);
        }
        let block = self.scan.blocks.get(pending.blocks.start);
        let setext =
            block.is_some_and(|b| matches!(b.kind, BlockKind::Heading { setext: true, .. }));
        let old = self.slice(pending.heading_range.clone());
        let line_end = old
            .get(old.trim_end_matches(['\n', '\r']).len()..)
            .unwrap_or_default();
        if setext || !released.is_empty() {
            let heading = dialect.heading_lines(&text);
            vec![TextEdit::replace(
                pending.heading_range.clone(),
                format!("{heading}{released}{line_end}"),
            )]
        } else {
            let range = pending.offset..pending.offset + pending.heading.len();
            vec![TextEdit::replace(range, text)]
        }
    }

    /// Fills `XXXX` and `UNRELEASED` in place: the words around them stay.
    fn cut_placeholder(
        &self,
        pending: &Section<'_>,
        cut: &Cut,
        dialect: &Dialect,
    ) -> Vec<TextEdit> {
        let mut edits = vec![TextEdit::replace(
            pending.absolute(pending.reading.version),
            cut.version.clone(),
        )];
        let date = dialect.date.render(cut.date);
        if let Some(place) = pending.reading.pending {
            edits.push(TextEdit::replace(pending.absolute(place), date));
        } else if pending.reading.date.is_none() && dialect.heading.has("date") {
            let range = pending.offset..pending.offset + pending.heading.len();
            let text = dialect.heading_text(&cut.version, cut.date, None);
            return vec![TextEdit::replace(range, text)];
        }
        edits.retain(|edit| self.slice(edit.range()) != edit.text());
        edits
    }

    fn cut_links(
        &self,
        pending: &Section<'_>,
        cut: &Cut,
        dialect: &Dialect,
        links: &Links,
    ) -> Vec<TextEdit> {
        let mut edits = Vec::new();
        let own = pending.label().and_then(|label| self.link(label));
        if let Some(url) = &links.unreleased {
            if let Some((start, end)) = pending.reading.url {
                edits.push(TextEdit::replace(pending.absolute((start, end)), url));
            } else if let Some(own) = own {
                edits.push(TextEdit::replace(own.url_range(), url));
            }
        }
        let label = dialect.heading.label(&cut.version);
        if dialect.links != LinkStyle::Definition {
            return edits;
        }
        let (Some(url), Some(label)) = (&links.version, label) else {
            return edits;
        };
        if self.link(&label).is_some() {
            return edits;
        }
        edits.push(self.insert_definition(&label, url, dialect));
        edits
    }
}

/// A version stands in a heading and in a label.
pub(crate) fn fit_version(version: &str) -> Result<(), EditChangelogErrorKind> {
    if crate::heading::is_version(version.strip_prefix('v').unwrap_or(version), true) {
        Ok(())
    } else {
        Err(EditChangelogErrorKind::UnfitText {
            what: "version",
            text: version.to_owned(),
            why: "is no version: expected numbers with dots and a suffix",
        })
    }
}
