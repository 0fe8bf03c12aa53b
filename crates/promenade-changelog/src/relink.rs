//! `open`, `rename`, `relink`: the headings and addresses of versions.

use crate::address::{Address, tag_affixes};
use crate::compare::page_of;
use crate::cut::fit_version;
use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::link::{is_label, normal_label};
use crate::order;
use crate::policy::{ChangelogPolicy, CompareBase, LinkStyle};
use crate::scan::BlockKind;
use crate::section::{Section, SectionKind};

impl<'a> Changelog<'a> {
    /// Opens an Unreleased section above the releases, unless there is one.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnreleasedBelowRelease`] if there is one in the wrong place.
    pub fn open(&self, policy: &ChangelogPolicy) -> Result<Edits, EditChangelogError> {
        let newest = self.releases().next();
        if let Some(section) = self.unreleased() {
            return match newest.filter(|release| release.range.start < section.range.start) {
                Some(release) => Err(EditChangelogError::new(
                    "open Unreleased",
                    EditChangelogErrorKind::UnreleasedBelowRelease {
                        line: self.line_of(section.range.start),
                        release: self.line_of(release.range.start),
                    },
                )),
                None => Ok(Edits::none()),
            };
        }
        let dialect = Dialect::learn(self, &policy.dialect);
        let newline = dialect.newline;
        let heading = dialect.heading_lines(&dialect.unreleased);
        let mut edits = Vec::new();
        match newest {
            Some(release) => edits.push(TextEdit::insert(
                release.range.start,
                format!("{heading}{newline}{newline}"),
            )),
            None => {
                let last = self.scan.blocks.iter().rev();
                let end = last
                    .clone()
                    .find(|block| !self.is_footer(block))
                    .map_or(0, |block| block.end);
                if end == 0 {
                    let bom = if self.text.starts_with('\u{feff}') {
                        3
                    } else {
                        0
                    };
                    let gap = if self.text.len() == bom { "" } else { newline };
                    edits.push(TextEdit::insert(bom, format!("{heading}{newline}{gap}")));
                } else {
                    edits.push(self.after_block(end, &heading, true, newline));
                }
            }
        }
        let label = dialect
            .unreleased
            .strip_prefix('[')
            .and_then(|text| text.split_once(']'));
        if let (Some((label, _)), Some(newest), LinkStyle::Definition) =
            (label, newest, dialect.links)
            && self.link(label).is_none()
            && let Some(url) = self.unreleased_url(newest)
        {
            edits.push(self.insert_definition(label, &url, &dialect));
        }
        self.finish("open Unreleased", edits)
    }

    /// What has changed since the newest release, where releases are compared.
    fn unreleased_url(&self, newest: &Section<'a>) -> Option<String> {
        let address = Address::read(self.url(newest)?, newest.version)?;
        let (_, dots) = address.base?;
        Some(format!("{}{}{dots}HEAD", address.head, address.tag))
    }

    /// Renames a version: its heading, its link definition, and the addresses that name its tag.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::UnknownVersion`], [`EditChangelogErrorKind::DuplicateVersion`],
    /// [`EditChangelogErrorKind::VersionExists`], and [`EditChangelogErrorKind::UnfitText`] if `to`
    /// is no version.
    pub fn rename(&self, from: &str, to: &str) -> Result<Edits, EditChangelogError> {
        const VERB: &str = "rename a version";
        let refuse = |kind| EditChangelogError::new(VERB, kind);
        fit_version(to).map_err(refuse)?;
        let to = to.strip_prefix('v').unwrap_or(to);
        let there = self.find(VERB, to);
        let section = match (self.find(VERB, from), there) {
            (_, Ok(_)) if order::same(from, to) => return Ok(Edits::none()),
            (Err(error), Ok(_))
                if matches!(error.kind, EditChangelogErrorKind::UnknownVersion { .. }) =>
            {
                return Ok(Edits::none());
            }
            (Err(error), _) => return Err(error),
            (Ok(_), Ok(there)) => {
                return Err(refuse(EditChangelogErrorKind::VersionExists {
                    version: to.to_owned(),
                    line: self.line_of(there.range.start),
                }));
            }
            (Ok(section), Err(_)) => section,
        };
        let old = section.version.unwrap_or_default();
        let heading = TextEdit::replace(section.absolute(section.reading.version), to);
        let mut edits: Vec<TextEdit> = self.with_underline(section, heading).into();
        let own = section.label().map(normal_label);
        let tag = self
            .url(section)
            .and_then(|url| Address::read(url, Some(old)))
            .map(|address| address.tag.to_owned());
        for link in self.links() {
            if Some(normal_label(link.label())) == own {
                edits.extend(rename_in(link.label(), link.label_range().start, old, to));
            }
            edits.extend(rename_tag(
                link.url(),
                link.url_range().start,
                tag.as_deref(),
                old,
                to,
            ));
        }
        for known in &self.sections {
            if let Some(range) = known.reading.url {
                let range = known.absolute(range);
                let url = self.slice(range.clone());
                edits.extend(rename_tag(url, range.start, tag.as_deref(), old, to));
            }
        }
        self.finish(VERB, edits)
    }

    /// Gives every version the address that the policy asks for; without a policy, gives those
    /// that have none the address that continues the others.
    ///
    /// `tag` names the tag of a version; where it does not, tags are spelt as the file spells them.
    /// An address of the oldest version is kept: what came before it, the file does not say.
    ///
    /// # Errors
    /// [`EditChangelogErrorKind::NoPlace`] if neither policy nor file have an address to go by, or
    /// headings have no label to define.
    pub fn relink(
        &self,
        policy: &ChangelogPolicy,
        tag: impl Fn(&str) -> Option<String>,
    ) -> Result<Edits, EditChangelogError> {
        let refuse =
            |what| EditChangelogError::new("relink", EditChangelogErrorKind::NoPlace { what });
        let dialect = Dialect::learn(self, &policy.dialect);
        let (before, after) = tag_affixes(self).unwrap_or_else(|| ("v".to_owned(), String::new()));
        let spell =
            |version: &str| tag(version).unwrap_or_else(|| format!("{before}{version}{after}"));
        let model = self.model(policy).ok_or_else(|| {
            refuse("address to continue: give a compare address, or link one version")
        })?;
        let releases: Vec<_> = self
            .sections
            .iter()
            .filter(|section| section.version.is_some() && section.kind != SectionKind::Pending)
            .collect();
        let mut edits = Vec::new();
        let mut missing = Vec::new();
        for (at, section) in releases.iter().enumerate() {
            let version = section.version.unwrap_or_default();
            let older = releases.get(at + 1..).unwrap_or_default();
            let previous = previous(version, older, policy);
            let known = self.url(section);
            if known.is_some() && (previous.is_none() || policy.compare.is_none()) {
                continue;
            }
            let url = model.url(&spell(version), previous.map(&spell).as_deref());
            self.set_url(section, &url, &mut edits, &mut missing);
        }
        if let (Some(section), Some(newest)) = (self.unreleased(), releases.first())
            && let Some(url) = model.head(&spell(newest.version.unwrap_or_default()))
            && (self.url(section).is_none() || policy.compare.is_some())
        {
            self.set_url(section, &url, &mut edits, &mut missing);
        }
        if releases
            .iter()
            .all(|s| s.label().is_none() && s.reading.url.is_none())
        {
            return Err(refuse("version in brackets, as a link definition needs it"));
        }
        edits.extend(self.insert_missing(&missing, &dialect));
        self.finish("relink", edits)
    }

    fn set_url(
        &self,
        section: &Section<'a>,
        url: &str,
        edits: &mut Vec<TextEdit>,
        missing: &mut Vec<(usize, String, String)>,
    ) {
        let range = match (section.reading.url, section.label()) {
            (Some(range), _) => section.absolute(range),
            (None, Some(label)) => match self.link(label) {
                Some(link) => link.url_range(),
                None => {
                    missing.push((section.range.start, label.to_owned(), url.to_owned()));
                    return;
                }
            },
            (None, None) => return,
        };
        if self.slice(range.clone()) != url {
            edits.push(TextEdit::replace(range, url));
        }
    }

    /// Inserts definitions in the order of the sections, each below its neighbour's.
    fn insert_missing(
        &self,
        missing: &[(usize, String, String)],
        dialect: &Dialect,
    ) -> Vec<TextEdit> {
        let newline = dialect.newline;
        let mut missing: Vec<_> = missing.iter().collect();
        missing.sort();
        let block_of = |section: &Section<'a>| {
            let label = normal_label(section.label()?);
            self.scan.blocks.iter().find(|block| {
                block.kind == BlockKind::Definition
                    && is_label(self.slice(block.inner.0..block.inner.1), &label)
            })
        };
        let mut edits: Vec<TextEdit> = Vec::new();
        let mut at_end = Vec::new();
        for (start, label, url) in missing {
            let line = format!("[{label}]: {url}");
            let newer = self
                .sections
                .iter()
                .rev()
                .filter(|s| s.range.start < *start);
            let older = self.sections.iter().filter(|s| s.range.start > *start);
            if let Some(block) = newer.clone().find_map(block_of) {
                edits.push(self.insert_line(block.end, &line, newline));
            } else if let Some(block) = older.clone().find_map(block_of) {
                edits.push(self.insert_line(block.start, &line, newline));
            } else {
                at_end.push((label, url));
            }
        }
        if let Some(((label, url), rest)) = at_end.split_first() {
            let first = self.insert_definition(label, url, dialect);
            let mut text = first.text().to_owned();
            for (label, url) in rest {
                let open = !text.ends_with(['\n', '\r']);
                let line = format!("[{label}]: {url}");
                if open {
                    text.push_str(newline);
                    text.push_str(&line);
                } else {
                    text.push_str(&line);
                    text.push_str(newline);
                }
            }
            edits.push(TextEdit::replace(first.range(), text));
        }
        edits
    }

    fn model(&self, policy: &ChangelogPolicy) -> Option<Model> {
        if let Some(compare) = &policy.compare {
            return Some(Model::Policy {
                compare: compare.url.clone(),
                page: policy
                    .release_page
                    .clone()
                    .or_else(|| page_of(&compare.url)),
            });
        }
        if let Some(page) = &policy.release_page {
            return Some(Model::Page(page.as_ref().to_owned(), String::new()));
        }
        let addresses = self.sections.iter().filter_map(|section| {
            let address = Address::read(self.url(section)?, section.version)?;
            Some((address.base.is_some(), address))
        });
        let mut addresses = addresses.take(16);
        let (compares, address) = addresses.next()?;
        let head = address.head.to_owned();
        Some(if compares {
            let dots = address.base.map_or("...", |(_, dots)| dots).to_owned();
            Model::Compare(head, dots)
        } else {
            Model::Page(format!("{head}{{tag}}"), address.tail.to_owned())
        })
    }
}

/// How addresses are made.
enum Model {
    Policy {
        compare: crate::UrlTemplate,
        page: Option<crate::UrlTemplate>,
    },
    Compare(String, String),
    Page(String, String),
}

impl Model {
    fn url(&self, tag: &str, previous: Option<&str>) -> String {
        match (self, previous) {
            (Self::Policy { compare, .. }, Some(previous)) => compare.render(|place| {
                let version = place == "tag" || place == "version";
                if version { tag } else { previous }.to_owned()
            }),
            (Self::Policy { compare, page }, None) => {
                page.as_ref().unwrap_or(compare).render(|_| tag.to_owned())
            }
            (Self::Compare(head, dots), Some(previous)) => format!("{head}{previous}{dots}{tag}"),
            (Self::Compare(head, _), None) => match head.split_once("/compare/") {
                Some((root, _)) => format!("{root}/releases/tag/{tag}"),
                None => format!("{head}{tag}"),
            },
            (Self::Page(page, tail), _) => format!("{}{tail}", page.replace("{tag}", tag)),
        }
    }

    /// What has changed since a tag.
    fn head(&self, tag: &str) -> Option<String> {
        match self {
            Self::Policy { compare, .. } => Some(compare.render(|place| {
                let version = place == "tag" || place == "version";
                if version { "HEAD" } else { tag }.to_owned()
            })),
            Self::Compare(head, dots) => Some(format!("{head}{tag}{dots}HEAD")),
            Self::Page(..) => None,
        }
    }
}

/// The version that `version` is compared with, among the older sections.
fn previous<'s>(
    version: &str,
    older: &[&Section<'s>],
    policy: &ChangelogPolicy,
) -> Option<&'s str> {
    let stable = policy
        .compare
        .as_ref()
        .is_some_and(|compare| compare.base == CompareBase::PreviousStable);
    let mut older = older.iter().filter_map(|section| section.version);
    if stable && !order::is_candidate(version) {
        older.find(|version| !order::is_candidate(version))
    } else {
        older.next()
    }
}

fn rename_in(text: &str, offset: usize, from: &str, to: &str) -> Option<TextEdit> {
    let at = offset + text.find(from)?;
    Some(TextEdit::replace(at..at + from.len(), to))
}

/// Renames a version in the tags of an address, where a whole tag names it.
fn rename_tag(url: &str, offset: usize, tag: Option<&str>, from: &str, to: &str) -> Vec<TextEdit> {
    let mut edits = Vec::new();
    let (Some(tag), Some(address)) = (tag, Address::read(url, Some(from))) else {
        return edits;
    };
    let head = address.head.len();
    let mut places = Vec::new();
    if let Some((base, dots)) = address.base {
        places.push((head, base));
        places.push((head + base.len() + dots.len(), address.tag));
    } else {
        places.push((head, address.tag));
    }
    for (at, found) in places {
        if found == tag
            && let Some(edit) = rename_in(found, offset + at, from, to)
        {
            edits.push(edit);
        }
    }
    edits
}
