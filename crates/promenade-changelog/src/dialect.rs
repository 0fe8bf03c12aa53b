//! How a file is written: learnt from itself, and what a policy sets instead.

use chrono::NaiveDate;

use crate::DateStyle;
use crate::date;
use crate::document::Changelog;
use crate::index::sort_by_numbers;
use crate::policy::{DialectPolicy, HeadingTemplate, LinkStyle};
use crate::scan::{self, Block, BlockKind};
use crate::section::{Section, SectionKind};

/// How a file writes its versions.
///
/// ```
/// use promenade_changelog::{Changelog, Dialect, DialectPolicy};
///
/// let text = "## Unreleased\n\n## v1.0.0 (January 2, 2024)\n\n* First.\n";
/// let dialect = Dialect::learn(&Changelog::parse(text), &DialectPolicy::default());
/// assert_eq!(dialect.heading().to_string(), "v{version} ({date})");
/// assert_eq!(dialect.bullet(), "*");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub(crate) level: u8,
    pub(crate) heading: HeadingTemplate,
    pub(crate) date: DateStyle,
    pub(crate) setext: bool,
    pub(crate) unreleased: String,
    pub(crate) keep_unreleased: bool,
    /// Below the heading of a category.
    pub(crate) blank_after_heading: bool,
    /// Below the heading of a version.
    pub(crate) blank_after_version: bool,
    pub(crate) released_line: Option<(String, DateStyle, String)>,
    pub(crate) links: LinkStyle,
    pub(crate) bullet: String,
    pub(crate) newline: &'static str,
}

impl Dialect {
    /// Learns from the newest releases; what `policy` sets goes first.
    #[must_use]
    pub fn learn(changelog: &Changelog<'_>, policy: &DialectPolicy) -> Self {
        let newest = changelog.releases().next();
        let pending = changelog.unreleased();
        let model = newest.or(pending);
        let (heading, date) = heading(changelog, newest, pending);
        let links = policy.links.unwrap_or_else(|| links(changelog, newest));
        let heading = policy.heading.clone().unwrap_or(heading);
        let released_line = newest.and_then(|section| released_line(changelog, section));
        let keep = policy
            .keep_unreleased
            .unwrap_or_else(|| keeps(changelog, pending, newest, released_line.is_some()));
        let after_version = blank_after_version(changelog);
        let after_category = blank_after_category(changelog);
        let mut dialect = Self {
            level: model.map_or(2, Section::level),
            date: policy.date.unwrap_or(date),
            setext: model.is_some_and(|section| is_setext(changelog, section)),
            unreleased: policy.unreleased.clone().unwrap_or_else(|| {
                pending
                    .filter(|section| section.kind == SectionKind::Unreleased)
                    .map_or_else(
                        || {
                            if heading.as_ref().starts_with('[') {
                                "[Unreleased]".to_owned()
                            } else {
                                "Unreleased".to_owned()
                            }
                        },
                        |section| section.heading.to_owned(),
                    )
            }),
            heading,
            keep_unreleased: keep,
            blank_after_heading: policy
                .blank_after_heading
                .or(after_category)
                .or(after_version)
                .unwrap_or(true),
            blank_after_version: policy
                .blank_after_heading
                .or(after_version)
                .or(after_category)
                .unwrap_or(true),
            released_line,
            links,
            bullet: bullet(changelog),
            newline: changelog.newline(),
        };
        dialect.setext = dialect.setext && dialect.is_heading_underlined();
        dialect
    }

    /// Returns whether a heading that is written with an underline is one, and no link definition.
    fn is_heading_underlined(&self) -> bool {
        let url = Some("https://forge.example/1.2.3");
        let text = self.heading_text("1.2.3", NaiveDate::default(), url);
        let lines = self.heading_lines(&text);
        let is_heading = |block: &Block| matches!(block.kind, BlockKind::Heading { .. });
        matches!(scan::scan(&lines).blocks.as_slice(), [block] if is_heading(block))
    }

    /// Returns the heading of a version.
    #[must_use]
    pub fn heading(&self) -> &HeadingTemplate {
        &self.heading
    }

    /// Returns how dates are written.
    #[must_use]
    pub fn date(&self) -> DateStyle {
        self.date
    }

    /// Returns the heading of unreleased changes.
    #[must_use]
    pub fn unreleased(&self) -> &str {
        &self.unreleased
    }

    /// Returns whether an empty Unreleased section stays above a new version.
    #[must_use]
    pub fn keeps_unreleased(&self) -> bool {
        self.keep_unreleased
    }

    /// Returns where the addresses of versions stand.
    #[must_use]
    pub fn links(&self) -> LinkStyle {
        self.links
    }

    /// Returns the marker of entries.
    #[must_use]
    pub fn bullet(&self) -> &str {
        &self.bullet
    }

    /// Renders the text of the heading of a version.
    pub(crate) fn heading_text(&self, version: &str, date: NaiveDate, url: Option<&str>) -> String {
        self.heading.render(|place| match place {
            "version" => version.to_owned(),
            "date" => self.date.render(date),
            _ => url.unwrap_or_default().to_owned(),
        })
    }

    /// Renders a whole heading, without a line end after it.
    pub(crate) fn heading_lines(&self, text: &str) -> String {
        if self.setext && self.level <= 2 {
            let mark = if self.level == 1 { "=" } else { "-" };
            let line = mark.repeat(text.chars().count().max(3));
            format!("{text}{}{line}", self.newline)
        } else {
            format!("{} {text}", "#".repeat(usize::from(self.level)))
        }
    }
}

fn is_setext(changelog: &Changelog<'_>, section: &Section<'_>) -> bool {
    changelog
        .scan
        .blocks
        .get(section.blocks.start)
        .is_some_and(|block| matches!(block.kind, BlockKind::Heading { setext: true, .. }))
}

/// Turns the heading of a section into a template.
fn heading(
    changelog: &Changelog<'_>,
    newest: Option<&Section<'_>>,
    pending: Option<&Section<'_>>,
) -> (HeadingTemplate, DateStyle) {
    let style = changelog
        .releases()
        .find_map(|section| section.reading.date)
        .map_or(DateStyle::Iso, |found| found.style);
    // The newest release that has a date, of those at one level; where none has one, the newest.
    let level = newest.map(Section::level);
    let model = changelog
        .releases()
        .take(8)
        .find(|section| section.reading.date.is_some() && Some(section.level) == level)
        .or(newest)
        .or(pending);
    let fallback = || {
        let bracketed = pending.is_some_and(|section| section.label().is_some());
        if bracketed {
            "[{version}] - {date}"
        } else {
            "{version} - {date}"
        }
    };
    let template = model
        .and_then(template)
        .and_then(|text| text.parse().ok())
        .filter(|template| is_read_back(template, style))
        .or_else(|| fallback().parse().ok());
    (template.unwrap_or_else(plain_heading), style)
}

/// Returns whether a heading that is written after a template will be found again.
fn is_read_back(template: &HeadingTemplate, style: DateStyle) -> bool {
    let (version, date) = (
        "1.2.3",
        NaiveDate::from_ymd_opt(2024, 1, 2).unwrap_or_default(),
    );
    let text = template.render(|place| match place {
        "version" => version.to_owned(),
        "date" => style.render(date),
        _ => "https://forge.example/".to_owned(),
    });
    crate::heading::read(&text).is_some_and(|reading| {
        let (start, end) = reading.version;
        text.get(start..end) == Some(version)
            && (reading.date.is_some() || !template.has("date"))
            && (reading.url.is_some() || !template.has("url"))
    })
}

fn plain_heading() -> HeadingTemplate {
    "{version}".parse().expect("`{version}` is a template")
}

fn template(section: &Section<'_>) -> Option<String> {
    let reading = &section.reading;
    let mut places = vec![(reading.version, "{version}")];
    if let Some(found) = reading.date {
        places.push(((found.start, found.end), "{date}"));
    } else if let Some(pending) = reading.pending {
        places.push((pending, "{date}"));
    } else if section.kind == SectionKind::Unreleased {
        return None;
    }
    if let Some(url) = reading.url {
        places.push((url, "{url}"));
    }
    if let Some(yanked) = reading.yanked {
        places.push((yanked, ""));
    }
    sort_by_numbers(&mut places, |(range, _)| *range);
    let mut out = String::new();
    let mut at = 0;
    for ((start, end), place) in places {
        out.push_str(section.heading.get(at..start)?);
        out.push_str(place);
        at = end;
    }
    // What follows (a code name) belongs to that version only; what closes something stays.
    let tail = section.heading.get(at..)?;
    let closers = [')', ']', '*', '_', ':', '.'];
    out.push_str(tail.get(..tail.len() - tail.trim_start_matches(closers).len())?);
    Some(out)
}

fn links(changelog: &Changelog<'_>, newest: Option<&Section<'_>>) -> LinkStyle {
    let inline = newest.is_some_and(|section| section.reading.url.is_some());
    if inline {
        return LinkStyle::Inline;
    }
    let defined = |section: &Section<'_>| {
        section
            .label()
            .is_some_and(|label| changelog.link(label).is_some())
    };
    if changelog.releases().take(4).any(defined) || changelog.unreleased().is_some_and(defined) {
        LinkStyle::Definition
    } else {
        LinkStyle::None
    }
}

/// A file whose versions have addresses, and whose Unreleased has none though nothing marks it as
/// standing, writes that heading anew for each version.
fn keeps(
    changelog: &Changelog<'_>,
    pending: Option<&Section<'_>>,
    newest: Option<&Section<'_>>,
    released_line: bool,
) -> bool {
    let Some(pending) = pending else {
        return false;
    };
    if pending.reading.pending.is_some() {
        return pending.kind == SectionKind::Unreleased
            && pending.reading.names == crate::heading::Names::Unreleased;
    }
    if pending.reading.names != crate::heading::Names::Unreleased {
        return false;
    }
    if changelog.url(pending).is_some() {
        return true;
    }
    let page = newest
        .and_then(|section| changelog.url(section))
        .is_some_and(|url| !url.contains(".."));
    !(page || released_line)
}

/// Reads `Released 2024-01-02` under the heading of a release.
fn released_line(
    changelog: &Changelog<'_>,
    section: &Section<'_>,
) -> Option<(String, DateStyle, String)> {
    if section.reading.date.is_some() {
        return None;
    }
    let block = changelog.body(section).first()?;
    if block.kind != BlockKind::Paragraph {
        return None;
    }
    let line = changelog.slice(block.inner.0..block.end);
    let line = line.lines().next()?;
    let lower = line.trim_start_matches(['*', '_']).to_ascii_lowercase();
    if !lower.starts_with("released") {
        return None;
    }
    let found = date::find(line)?;
    Some((
        line.get(..found.start)?.to_owned(),
        found.style,
        line.get(found.end..)?.to_owned(),
    ))
}

/// What follows the headings of the releases; nothing where each is followed by nothing.
fn blank_after_version(changelog: &Changelog<'_>) -> Option<bool> {
    let bytes = changelog.text.as_bytes();
    let (mut blank, mut tight) = (0_usize, 0_usize);
    let releases = changelog.releases().take(8);
    for section in releases.filter(|section| !changelog.body(section).is_empty()) {
        match bytes.get(section.heading_range.end) {
            Some(b'\n' | b'\r') => blank += 1,
            Some(_) => tight += 1,
            None => {}
        }
    }
    (blank + tight > 0).then_some(blank >= tight)
}

/// What follows the headings of categories; nothing where there are none.
fn blank_after_category(changelog: &Changelog<'_>) -> Option<bool> {
    let bytes = changelog.text.as_bytes();
    let (mut blank, mut tight) = (0_usize, 0_usize);
    for section in changelog.sections.iter().take(8) {
        for block in changelog.body(section) {
            if !matches!(block.kind, BlockKind::Heading { .. }) {
                continue;
            }
            match bytes.get(block.end) {
                Some(b'\n' | b'\r') => blank += 1,
                Some(_) => tight += 1,
                None => {}
            }
        }
    }
    (blank + tight > 0).then_some(blank >= tight)
}

fn bullet(changelog: &Changelog<'_>) -> String {
    let found = changelog.sections.iter().find_map(|section| {
        changelog
            .body(section)
            .iter()
            .find_map(|block| match block.kind {
                BlockKind::Item { marker } if matches!(marker, b'-' | b'*' | b'+') => {
                    Some(char::from(marker))
                }
                _ => None,
            })
    });
    found.unwrap_or('-').to_string()
}
