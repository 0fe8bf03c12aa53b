//! `cut`: what is unreleased becomes a version.

use chrono::NaiveDate;

use crate::dialect::{Address, Dialect, tag_affixes};
use crate::document::{Changelog, Section, SectionKind, is_label, normal_label};
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::heading::Names;
use crate::order;
use crate::policy::{ChangelogPolicy, CompareBase, LinkStyle, UrlTemplate};
use crate::scan::BlockKind;

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
        let links = Links::plan(self, pending, cut, policy, &dialect);
        let mut edits = self.cut_heading(pending, cut, &dialect, &links);
        edits.extend(self.cut_links(pending, cut, &dialect, &links));
        self.finish(VERB, edits)
    }

    /// Finds the section to cut; nothing if the version is cut already.
    fn cuttable(&self, cut: &Cut) -> Result<Option<&Section<'_>>, EditChangelogError> {
        let refuse = |kind| EditChangelogError::new(VERB, kind);
        let pending = self.sections.iter().find(|section| {
            section.kind == SectionKind::Pending
                && section
                    .version
                    .is_some_and(|known| order::same(known, &cut.version))
        });
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
                .ok_or_else(|| refuse(EditChangelogErrorKind::NoUnreleased)),
        }
    }

    /// The section stands above every release, and the date does not run backwards.
    fn check_place(&self, pending: &Section<'_>, cut: &Cut) -> Result<(), EditChangelogErrorKind> {
        let above = self
            .releases()
            .find(|s| s.range.start < pending.range.start);
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

    /// Makes a link definition: below that of Unreleased, else above the newest release's, else
    /// at the end of the file.
    pub(crate) fn insert_definition(&self, label: &str, url: &str, dialect: &Dialect) -> TextEdit {
        let newline = dialect.newline;
        let line = format!("[{label}]: {url}");
        let definition = |label: &str| {
            let wanted = normal_label(label);
            self.scan.blocks.iter().find(|block| {
                block.kind == BlockKind::Definition
                    && is_label(self.slice(block.inner.0..block.inner.1), &wanted)
            })
        };
        let unreleased = self
            .unreleased()
            .and_then(Section::label)
            .unwrap_or("unreleased");
        if let Some(block) = definition(unreleased) {
            return self.insert_line(block.end, &line, newline);
        }
        let mut known = self.releases().take(64).filter_map(|section| {
            let block = definition(section.label()?)?;
            Some(block)
        });
        if let Some(newest) = known.next() {
            let ascending = known.next().is_some_and(|older| older.start < newest.start);
            let at = if ascending { newest.end } else { newest.start };
            return self.insert_line(at, &line, newline);
        }
        let end = self.text.len();
        let trimmed = self.text.trim_end_matches(['\n', '\r', ' ', '\t']).len();
        let last = self.scan.blocks.last();
        let gap = match last {
            Some(block) if block.kind == BlockKind::Definition => 1,
            _ => 2,
        };
        let have = self
            .text
            .get(trimmed..)
            .unwrap_or_default()
            .matches('\n')
            .count();
        let after = if have > 0 { newline } else { "" };
        let before = newline.repeat(gap - have.min(gap));
        TextEdit::insert(end, format!("{before}{line}{after}"))
    }

    /// Inserts a line where a line starts.
    pub(crate) fn insert_line(&self, at: usize, line: &str, newline: &str) -> TextEdit {
        let open = at > 0 && !self.slice(0..at).ends_with(['\n', '\r']);
        if open {
            TextEdit::insert(at, format!("{newline}{line}"))
        } else {
            TextEdit::insert(at, format!("{line}{newline}"))
        }
    }
}

/// The addresses after a cut.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
struct Links {
    version: Option<String>,
    unreleased: Option<String>,
}

impl Links {
    fn plan(
        changelog: &Changelog<'_>,
        pending: &Section<'_>,
        cut: &Cut,
        policy: &ChangelogPolicy,
        dialect: &Dialect,
    ) -> Self {
        if dialect.links == LinkStyle::None && policy.compare.is_none() {
            return Self::default();
        }
        let tags = Tags::of(changelog, cut);
        let previous = previous(changelog, pending, cut, policy, &tags);
        let own = changelog.url(pending);
        let own = own.and_then(|url| Address::read(url, None));
        let unreleased = own.as_ref().and_then(|address| {
            let (_, dots) = address.base?;
            let Address {
                head, tag, tail, ..
            } = address;
            Some(format!("{head}{}{dots}{tag}{tail}", tags.tag))
        });
        let version = if let Some(compare) = &policy.compare {
            match &previous {
                Some(previous) => Some(fill(&compare.url, cut, &tags, Some(previous))),
                None => policy
                    .release_page
                    .clone()
                    .or_else(|| page_of(&compare.url))
                    .map(|page| fill(&page, cut, &tags, None)),
            }
        } else if let (Some(page), true) = (&policy.release_page, own.is_none()) {
            Some(fill(page, cut, &tags, previous.as_ref()))
        } else {
            learnt(changelog, own.as_ref(), &tags, previous.as_ref())
        };
        Self {
            version,
            unreleased,
        }
    }
}

/// The tag of the new version, and how tags are spelt.
struct Tags {
    tag: String,
    before: String,
    after: String,
}

impl Tags {
    fn of(changelog: &Changelog<'_>, cut: &Cut) -> Self {
        let (before, after) =
            tag_affixes(changelog).unwrap_or_else(|| ("v".to_owned(), String::new()));
        let tag = cut
            .tag
            .clone()
            .unwrap_or_else(|| format!("{before}{}{after}", cut.version));
        Self { tag, before, after }
    }

    fn spell(&self, version: &str) -> String {
        format!("{}{version}{}", self.before, self.after)
    }
}

struct Base {
    version: Option<String>,
    tag: String,
}

/// Finds the version to compare with.
fn previous(
    changelog: &Changelog<'_>,
    pending: &Section<'_>,
    cut: &Cut,
    policy: &ChangelogPolicy,
    tags: &Tags,
) -> Option<Base> {
    match &cut.previous {
        Previous::None => return None,
        Previous::Version { version, tag } => {
            return Some(Base {
                version: Some(version.clone()),
                tag: tag.clone().unwrap_or_else(|| tags.spell(version)),
            });
        }
        Previous::FromFile => {}
    }
    let stable = policy
        .compare
        .as_ref()
        .is_some_and(|compare| compare.base == CompareBase::PreviousStable);
    if !stable
        && let Some(url) = changelog.url(pending)
        && let Some((base, _)) = Address::read(url, None).and_then(|address| address.base)
    {
        let version = base.strip_prefix(tags.before.as_str()).map(str::to_owned);
        return Some(Base {
            version,
            tag: base.to_owned(),
        });
    }
    let mut releases = changelog.releases().filter_map(|section| section.version);
    let version = if stable {
        let new = order::key(&cut.version);
        releases
            .filter(|version| !order::is_candidate(version))
            .filter(|version| order::key(version) < new)
            .max_by_key(|version| order::key(version))
    } else {
        releases.next()
    };
    version.map(|version| Base {
        version: Some(version.to_owned()),
        tag: tags.spell(version),
    })
}

fn fill(template: &UrlTemplate, cut: &Cut, tags: &Tags, previous: Option<&Base>) -> String {
    template.render(|place| match place {
        "tag" => tags.tag.clone(),
        "version" => cut.version.clone(),
        "previous_tag" => previous.map(|base| base.tag.clone()).unwrap_or_default(),
        _ => previous
            .and_then(|base| base.version.clone())
            .unwrap_or_default(),
    })
}

/// The page of a release, where the comparisons of a forge are known.
pub(crate) fn page_of(compare: &UrlTemplate) -> Option<UrlTemplate> {
    let (root, _) = compare.as_ref().split_once("/compare/")?;
    format!("{root}/releases/tag/{{tag}}").parse().ok()
}

/// Continues the addresses of the file.
fn learnt(
    changelog: &Changelog<'_>,
    own: Option<&Address<'_>>,
    tags: &Tags,
    previous: Option<&Base>,
) -> Option<String> {
    let newest = changelog
        .releases()
        .take(8)
        .find_map(|section| Address::read(changelog.url(section)?, section.version));
    let compare = own
        .filter(|address| address.base.is_some())
        .or(newest.as_ref().filter(|address| address.base.is_some()));
    if let (Some(Address { head, base, .. }), Some(previous)) = (compare, previous) {
        let dots = base.map_or("...", |(_, dots)| dots);
        return Some(format!("{head}{}{dots}{}", previous.tag, tags.tag));
    }
    if let Some(Address { head, .. }) = compare {
        let root = head.split_once("/compare/")?.0;
        return Some(format!("{root}/releases/tag/{}", tags.tag));
    }
    let Address { head, tail, .. } = newest?;
    Some(format!("{head}{}{tail}", tags.tag))
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
