//! `relink`: the addresses of all versions.

use crate::address::{Address, tag_affixes};
use crate::compare::page_of;
use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::edit::{Edits, TextEdit};
use crate::error::{EditChangelogError, EditChangelogErrorKind};
use crate::index::{Index, sort_by_numbers};
use crate::link::{Link, normal_label};
use crate::order;
use crate::policy::{ChangelogPolicy, CompareBase};
use crate::scan::Block;
use crate::section::{Section, SectionKind};

impl<'a> Changelog<'a> {
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
        let links = LinkTable::of(self);
        let mut edits = Vec::new();
        let mut missing = Vec::new();
        for (at, section) in releases.iter().enumerate() {
            let version = section.version.unwrap_or_default();
            let older = releases.get(at + 1..).unwrap_or_default();
            let previous = previous(version, older, policy);
            let known = links.url(section);
            if known.is_some() && (previous.is_none() || policy.compare.is_none()) {
                continue;
            }
            let url = model.url(&spell(version), previous.map(&spell).as_deref());
            links.set(section, &url, &mut edits, &mut missing);
        }
        if let (Some(section), Some(newest)) = (self.unreleased(), releases.first())
            && let Some(url) = model.head(&spell(newest.version.unwrap_or_default()))
            && (links.url(section).is_none() || policy.compare.is_some())
        {
            links.set(section, &url, &mut edits, &mut missing);
        }
        if releases
            .iter()
            .all(|s| s.label().is_none() && s.reading.url.is_none())
        {
            return Err(refuse("version in brackets, as a link definition needs it"));
        }
        edits.extend(self.insert_missing(&missing, &links, &dialect));
        self.finish("relink", edits)
    }

    /// Inserts definitions in the order of the sections, each below its neighbour's.
    fn insert_missing(
        &self,
        missing: &[Missing],
        links: &LinkTable<'_, 'a>,
        dialect: &Dialect,
    ) -> Vec<TextEdit> {
        let newline = dialect.newline;
        let mut missing: Vec<_> = missing.iter().collect();
        sort_by_numbers(&mut missing, |(start, ..)| (*start, 0));
        let newer = links.nearest_definitions(self.sections.iter());
        let mut older = links.nearest_definitions(self.sections.iter().rev());
        older.reverse();
        let of = |list: &[(usize, &'_ Block)], start: usize| {
            let at = list.binary_search_by_key(&start, |(start, _)| *start);
            at.ok()
                .and_then(|at| list.get(at))
                .map(|(_, block)| (block.start, block.end))
        };
        let mut edits: Vec<TextEdit> = Vec::new();
        let mut at_end = Vec::new();
        for (start, label, url) in missing {
            let line = format!("[{label}]: {url}");
            if let Some((_, end)) = of(&newer, *start) {
                edits.push(self.insert_line(end, &line, newline));
            } else if let Some((start, _)) = of(&older, *start) {
                edits.push(self.insert_line(start, &line, newline));
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

/// A definition that is missing: where its section starts, label and address.
type Missing = (usize, String, String);

/// The definition of each label, looked up for many sections.
struct LinkTable<'c, 'a> {
    changelog: &'c Changelog<'a>,
    /// Where each label is defined, in the list of definitions.
    links: Index,
    /// Where the block of each label starts, of those at the top level.
    blocks: Index,
}

impl<'c, 'a> LinkTable<'c, 'a> {
    fn of(changelog: &'c Changelog<'a>) -> Self {
        let mut table = Self {
            changelog,
            links: Index::default(),
            blocks: Index::default(),
        };
        for (at, link) in changelog.links().enumerate() {
            let label = normal_label(link.label());
            if link.at.top
                && let Some(block) = changelog.block_of(&link)
            {
                table.blocks.insert(label.clone(), block.start);
            }
            table.links.insert(label, at);
        }
        table
    }

    fn url(&self, section: &Section<'a>) -> Option<&'a str> {
        match section.reading.url {
            Some((start, end)) => section.heading.get(start..end),
            None => self.link(section.label()?).map(|link| link.url()),
        }
    }

    fn link(&self, label: &str) -> Option<Link<'a>> {
        let at = self.links.get(&normal_label(label))?;
        let definition = self.changelog.scan.definitions.get(at)?;
        Some(self.changelog.link_at(*definition))
    }

    /// Returns the block that defines the label of a section.
    fn block(&self, section: &Section<'a>) -> Option<&'c Block> {
        let start = self.blocks.get(&normal_label(section.label()?))?;
        self.changelog.block_at(start)
    }

    fn set(
        &self,
        section: &Section<'a>,
        url: &str,
        edits: &mut Vec<TextEdit>,
        missing: &mut Vec<Missing>,
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
        if self.changelog.slice(range.clone()) != url {
            edits.push(TextEdit::replace(range, url));
        }
    }

    /// Finds for each section, by where it starts, the definition of the nearest one before it.
    fn nearest_definitions<'s>(
        &self,
        sections: impl Iterator<Item = &'s Section<'a>>,
    ) -> Vec<(usize, &'c Block)>
    where
        'a: 's,
    {
        let mut nearest = None;
        let mut found = Vec::new();
        for section in sections {
            found.extend(nearest.map(|block| (section.range.start, block)));
            nearest = self.block(section).or(nearest);
        }
        found
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
