//! The rules, one after the other.

use super::{LintContext, LintFinding, LintRule, Linter};
use crate::category::{Category, plain};
use crate::document::Changelog;
use crate::index::Index;
use crate::link::normal_label;
use crate::order;
use crate::policy::{ChangelogPolicy, LinkStyle};
use crate::scan::BlockKind;
use crate::section::{Section, SectionKind};

impl Linter<'_, '_> {
    fn report(&mut self, rule: LintRule, at: usize, subject: &str, message: String) {
        self.found.push(LintFinding {
            rule,
            line: at,
            subject: subject.to_owned(),
            message,
        });
    }
}

impl<'a> Linter<'_, 'a> {
    pub(super) fn unreleased(&mut self, policy: &ChangelogPolicy) {
        let changelog = self.changelog;
        let Some(section) = changelog.unreleased() else {
            if policy.dialect.keep_unreleased != Some(false) && !changelog.sections.is_empty() {
                let message = "there is no Unreleased section; expected one above the releases";
                self.report(
                    LintRule::UnreleasedMissing,
                    0,
                    "Unreleased",
                    message.to_owned(),
                );
            }
            return;
        };
        let at = section.range.start;
        if let Some(above) = changelog.releases().find(|r| r.range.start < at) {
            let line = changelog.line_of(above.range.start);
            let message = format!("Unreleased stands below a release (line {line})");
            self.report(LintRule::UnreleasedPlace, at, "Unreleased", message);
        }
        let empty = changelog.content_end(section) == section.heading_range.end;
        if empty && policy.require_entries {
            let message = "Unreleased has no entry; expected the changes since the last release";
            self.report(
                LintRule::UnreleasedEmpty,
                at,
                "Unreleased",
                message.to_owned(),
            );
        }
    }

    pub(super) fn order(&mut self) {
        let releases: Vec<_> = self.changelog.releases().collect();
        for pair in releases.windows(2) {
            let [newer, older] = pair else { continue };
            let (Some(a), Some(b)) = (newer.version, older.version) else {
                continue;
            };
            if let (Some(x), Some(y)) = (order::key(a), order::key(b))
                && x < y
            {
                let message = format!("`{b}` stands below the older `{a}`");
                self.report(LintRule::VersionOrder, older.range.start, b, message);
            }
        }
    }

    pub(super) fn dates(&mut self, context: &LintContext) {
        let releases: Vec<_> = self.changelog.releases().collect();
        let released_line = |section: &Section<'a>| {
            let body = self.changelog.body(section).first();
            body.is_some_and(|block| {
                let text = self.changelog.slice(block.start..block.end);
                text.to_ascii_lowercase().contains("released")
            })
        };
        let dated = releases.iter().filter(|s| s.date().is_some()).count();
        let mut found = Vec::new();
        for section in &releases {
            let (at, name) = (section.range.start, Changelog::name(section));
            match section.date() {
                None if dated * 2 > releases.len() && !released_line(section) => found.push((
                    LintRule::MissingDate,
                    at,
                    name,
                    format!("`{name}` has no date, as the others have"),
                )),
                Some(date) if context.today.is_some_and(|today| date > today) => found.push((
                    LintRule::FutureDate,
                    at,
                    name,
                    format!("`{name}` is dated {date}, which is still to come"),
                )),
                _ => {}
            }
        }
        for pair in releases.windows(2) {
            if let [newer, older] = pair
                && let (Some(a), Some(b)) = (newer.date(), older.date())
                && a < b
            {
                let name = Changelog::name(newer);
                let message = format!(
                    "`{name}` is dated {a}, before {b} of `{}`",
                    Changelog::name(older)
                );
                found.push((LintRule::DateOrder, newer.range.start, name, message));
            }
        }
        for (rule, at, name, message) in found {
            self.report(rule, at, name, message);
        }
    }

    pub(super) fn duplicates(&mut self) {
        let mut seen = Index::default();
        for section in &self.changelog.sections {
            let Some(version) = section.version else {
                continue;
            };
            let start = section.range.start;
            if !seen.insert(version.to_owned(), start) {
                let first = seen.get(version).unwrap_or_default();
                let first = self.changelog.line_of(first);
                let message = format!("`{version}` has a section on line {first} already");
                self.report(LintRule::DuplicateVersion, start, version, message);
            }
        }
        let mut labels = Index::default();
        let links: Vec<_> = self.changelog.links().collect();
        for link in links {
            if !labels.add(normal_label(link.label())) {
                let label = link.label();
                let message = format!("`[{label}]` is defined above already; this is not used");
                self.report(
                    LintRule::DuplicateLink,
                    link.label_range().start,
                    label,
                    message,
                );
            }
        }
    }

    pub(super) fn content(&mut self, policy: &ChangelogPolicy) {
        let changelog = self.changelog;
        for section in &changelog.sections {
            let name = Changelog::name(section);
            let release = section.kind == SectionKind::Release;
            if release && changelog.content_end(section) == section.heading_range.end {
                let message = format!("`{name}` says nothing");
                self.report(LintRule::EmptySection, section.range.start, name, message);
            }
            self.references(section, policy);
            let mut seen = Index::default();
            for group in changelog.groups(section) {
                let (Some(heading), Some(category)) =
                    (group.heading, changelog.category_of(&group))
                else {
                    continue;
                };
                // Deeper headings divide a category; they are none.
                let level = match heading.kind {
                    BlockKind::Heading { level, .. } => level,
                    _ => continue,
                };
                if level != section.level + 1 {
                    continue;
                }
                if !seen.add(plain(category)) {
                    let message = format!("`{category}` occurs twice in `{name}`");
                    self.report(LintRule::DuplicateCategory, heading.start, name, message);
                }
                if group.blocks.is_empty() && !self.goes_deeper(heading.end, level) {
                    let message = format!("`{category}` in `{name}` has no entry");
                    self.report(LintRule::EmptyCategory, heading.start, name, message);
                }
                self.category(policy, category, heading.start, name);
            }
            self.entries(section);
        }
    }

    fn references(&mut self, section: &Section<'a>, policy: &ChangelogPolicy) {
        let end = self.changelog.content_end(section);
        let text = self.changelog.slice(section.heading_range.end..end);
        if !policy.require_links || text.trim().is_empty() || has_reference(text) {
            return;
        }
        let name = Changelog::name(section);
        let message = format!("`{name}` links to no issue and no pull request");
        self.report(LintRule::NoReference, section.range.start, name, message);
    }

    /// Whether the next block is a deeper heading.
    fn goes_deeper(&self, end: usize, level: u8) -> bool {
        let blocks = &self.changelog.scan.blocks;
        let next = blocks.get(blocks.partition_point(|block| block.start < end));
        next.is_some_and(
            |next| matches!(next.kind, BlockKind::Heading { level: found, .. } if found > level),
        )
    }

    fn category(&mut self, policy: &ChangelogPolicy, category: &str, at: usize, name: &str) {
        let listed = &policy.dialect.categories;
        if listed.is_empty() || category.starts_with('⚠') {
            return;
        }
        if !listed.iter().any(|known| plain(known) == plain(category)) {
            let kind = Category::read(category).map(Category::as_str);
            let near = kind.filter(|kind| listed.iter().any(|known| known == kind));
            let hint = near.map_or_else(
                || format!("expected one of {}", listed.join(", ")),
                |kind| format!("expected `{kind}`"),
            );
            let message = format!("unknown category `{category}`, {hint}");
            self.report(LintRule::UnknownCategory, at, name, message);
        }
    }

    fn entries(&mut self, section: &Section<'a>) {
        let mut seen = Index::default();
        let entries: Vec<_> = self.changelog.entries(section).collect();
        for entry in entries {
            let category = entry.category.unwrap_or_default();
            let key = format!("{category}\n{}", crate::entry::folded(entry.text));
            if !seen.add(key) {
                let message = "the same entry stands above".to_owned();
                let name = Changelog::name(section);
                self.report(LintRule::DuplicateEntry, entry.block.start, name, message);
            }
        }
    }

    pub(super) fn links(&mut self, policy: &ChangelogPolicy) {
        let changelog = self.changelog;
        let mut defined = Index::default();
        for link in changelog.links() {
            defined.add(normal_label(link.label()));
        }
        let has = |section: &&Section<'a>| {
            section
                .label()
                .is_some_and(|label| defined.contains(&normal_label(label)))
        };
        let labelled = changelog.sections.iter().filter(|s| s.label().is_some());
        let some = labelled.clone().any(|section| has(&section));
        let wanted =
            policy.compare.is_some() || policy.dialect.links == Some(LinkStyle::Definition);
        if !some && !wanted {
            return;
        }
        let missing: Vec<_> = labelled.filter(|section| !has(section)).collect();
        for section in missing {
            let label = section.label().unwrap_or_default();
            let message = format!("`[{label}]` has no link definition");
            let name = Changelog::name(section);
            self.report(LintRule::MissingLink, section.range.start, name, message);
        }
    }

    pub(super) fn tags(&mut self, context: &LintContext) {
        let Some(tagged) = &context.tagged else {
            return;
        };
        let releases: Vec<_> = self.changelog.releases().collect();
        let mut bare = Index::default();
        for tag in tagged {
            bare.add(order::bare(tag).to_owned());
        }
        for section in &releases {
            let version = section.version.unwrap_or_default();
            if !bare.contains(order::bare(version)) {
                let message = format!("`{version}` has a section and no tag");
                self.report(
                    LintRule::SectionWithoutTag,
                    section.range.start,
                    version,
                    message,
                );
            }
        }
        for tag in tagged {
            let mut told = self.changelog.named(tag);
            if !told.any(|section| section.kind == SectionKind::Release) {
                let message = format!("`{tag}` has a tag and no section");
                self.report(LintRule::TagWithoutSection, 0, tag, message);
            }
        }
    }
}

/// Whether a text holds an address, or a number as `#12` that a forge makes one of.
fn has_reference(text: &str) -> bool {
    let number = |(at, _): (usize, &str)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + 1..).and_then(|text| text.chars().next());
        !before.is_some_and(char::is_alphanumeric) && after.is_some_and(|c| c.is_ascii_digit())
    };
    text.contains("://") || text.match_indices('#').any(number)
}
