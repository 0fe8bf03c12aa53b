//! The changelog as it stands at the commit of a tag.

use chrono::{DateTime, FixedOffset};
use promenade_changelog::{Changelog, ChangelogPolicy, Section, SectionKind};

use super::{Excerpt, Finding, RuleId};

/// A changelog at a release.
pub(super) struct AtTag<'a> {
    pub(super) tag: &'a str,
    pub(super) commit: &'a str,
    pub(super) date: Option<DateTime<FixedOffset>>,
    /// The version as the scheme spells it.
    pub(super) version: &'a str,
    pub(super) policy: &'a ChangelogPolicy,
}

impl AtTag<'_> {
    fn finding(&self, rule: RuleId, message: impl Into<String>) -> Finding {
        Finding::new(rule, self.tag, message).on(self.commit)
    }

    /// Judges the bytes of the file; there may be none.
    pub(super) fn judge(&self, bytes: Option<&[u8]>) -> Vec<Finding> {
        let file = &self.policy.file;
        let Some(bytes) = bytes else {
            let message = format!("there is no `{file}` at the tag");
            return vec![self.finding(RuleId::ChangelogMissing, message)];
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            let message = format!("`{file}` at the tag is not UTF-8");
            return vec![self.finding(RuleId::ChangelogUnreadable, message)];
        };
        let changelog = Changelog::parse(text);
        let mut findings = Vec::new();
        // A version that is written out is a section of it, whatever its date says.
        match changelog.section(self.version) {
            Ok(section) => self.section(&changelog, section, &mut findings),
            Err(_) => self.missing(&changelog, &mut findings),
        }
        self.pending(&changelog, &mut findings);
        findings
    }

    fn missing(&self, changelog: &Changelog<'_>, findings: &mut Vec<Finding>) {
        let (file, version) = (&self.policy.file, self.version);
        let top = changelog
            .sections()
            .iter()
            .find(|section| section.version().is_some());
        let found = match top.or_else(|| changelog.sections().first()) {
            Some(top) => format!("its topmost version reads `{}`", top.heading()),
            None => "it has no section of any version".to_owned(),
        };
        let message = format!("`{file}` at the tag has no section of `{version}`; {found}");
        let mut finding = self.finding(RuleId::ChangelogSectionMissing, message);
        if let Some(top) = top {
            finding = finding.showing(self.excerpt(changelog, top));
        }
        findings.push(finding);
    }

    fn section(
        &self,
        changelog: &Changelog<'_>,
        section: &Section<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let excerpt = || self.excerpt(changelog, section);
        let heading = section.heading();
        match (section.date(), self.date) {
            (None, _) if section.kind() == SectionKind::Release => {
                let message = format!("the section `{heading}` has no date");
                findings.push(
                    self.finding(RuleId::ChangelogUndated, message)
                        .showing(excerpt()),
                );
            }
            (Some(written), Some(tagged)) => {
                let day = tagged.date_naive();
                let apart = (day - written).num_days().abs();
                if apart > 1 {
                    let message = format!(
                        "the section says {written}, the tag is of {day}: {apart} days apart"
                    );
                    let finding = self.finding(RuleId::ChangelogDateOff, message);
                    findings.push(finding.showing(excerpt()));
                }
            }
            _ => {}
        }
        if self.policy.compare.is_some() && changelog.url(section).is_none() {
            let message = format!("the section `{heading}` has no link");
            findings.push(
                self.finding(RuleId::ChangelogLinkMissing, message)
                    .showing(excerpt()),
            );
        }
        let left = changelog.unreleased().filter(|unreleased| {
            unreleased.kind() == SectionKind::Unreleased && unreleased.range() != section.range()
        });
        if let Some(left) = left {
            let entries = changelog.entries(left).count();
            if entries > 0 {
                let message = format!(
                    "`{}` still has {entries} entries at the tag",
                    left.heading()
                );
                let finding = self.finding(RuleId::ChangelogUnreleasedLeft, message);
                findings.push(finding.showing(self.excerpt(changelog, left)));
            }
        }
    }

    /// A version that is said to be unreleased at a release: its own, or another one.
    fn pending(&self, changelog: &Changelog<'_>, findings: &mut Vec<Finding>) {
        let pending = changelog.sections().iter();
        let pending = pending.filter(|section| {
            section.kind() == SectionKind::Pending && section.version().is_some()
        });
        for section in pending {
            let file = &self.policy.file;
            let message = format!("`{file}` at the tag says `{}`", section.heading());
            let finding = self.finding(RuleId::ChangelogPending, message);
            findings.push(finding.showing(self.excerpt(changelog, section)));
        }
    }

    fn excerpt(&self, changelog: &Changelog<'_>, section: &Section<'_>) -> Excerpt {
        let line = changelog.line_of(section.range().start);
        Excerpt::new(&self.policy.file, changelog.text(), line)
    }
}
