//! `open` and `rename`: the headings of Unreleased and of versions.

use crate::address::Address;
use crate::cut::fit_version;
use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::link::{Link, normal_label};
use crate::order;
use crate::policy::{ChangelogPolicy, LinkStyle};
use crate::section::Section;

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
        for link in own.iter().flat_map(|own| self.definitions_of(own)) {
            let label = self.slice(link.label_range());
            edits.extend(rename_in(label, link.label_range().start, old, to));
        }
        if let Some(tag) = tag.filter(|tag| tag.contains(old)) {
            edits.extend(self.rename_addresses(&tag, old, to));
        }
        self.finish(VERB, edits)
    }

    /// Renames a version in every address that names its tag.
    fn rename_addresses(&self, tag: &str, old: &str, to: &str) -> Vec<TextEdit> {
        let mut edits = Vec::new();
        for link in self.links_naming(tag) {
            edits.extend(rename_tag(link.url(), link.url_range().start, tag, old, to));
        }
        if self.has_inline_urls {
            for known in &self.sections {
                if let Some(range) = known.reading.url {
                    let range = known.absolute(range);
                    let url = self.slice(range.clone());
                    edits.extend(rename_tag(url, range.start, tag, old, to));
                }
            }
        }
        edits
    }

    /// Returns the definitions that hold a text.
    fn links_naming(&self, text: &str) -> Vec<Link<'a>> {
        let definitions = &self.scan.definitions;
        let (Some(first), Some(last)) = (definitions.first(), definitions.last()) else {
            return Vec::new();
        };
        let start = first.label.0;
        let region = self.slice(start..last.url.1);
        let mut found: Vec<usize> = memchr::memmem::find_iter(region.as_bytes(), text)
            .filter_map(|at| {
                let at = start + at;
                let after = definitions.partition_point(|link| link.label.0 <= at);
                after.checked_sub(1)
            })
            .collect();
        found.dedup();
        found
            .into_iter()
            .filter_map(|at| definitions.get(at))
            .map(|&at| self.link_at(at))
            .collect()
    }
}

fn rename_in(text: &str, offset: usize, from: &str, to: &str) -> Option<TextEdit> {
    let at = offset + text.find(from)?;
    Some(TextEdit::replace(at..at + from.len(), to))
}

/// Renames a version in the tags of an address, where a whole tag names it.
fn rename_tag(url: &str, offset: usize, tag: &str, from: &str, to: &str) -> Vec<TextEdit> {
    let mut edits = Vec::new();
    let Some(address) = Address::read(url, Some(from)) else {
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
