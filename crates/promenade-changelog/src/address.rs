//! Addresses of versions: comparisons and pages, and the tags that they name.

use crate::document::Changelog;
use crate::order;

/// The parts of an address that names a version: `…/compare/v1.0.0...v1.1.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    /// Up to the first tag.
    pub(crate) head: &'a str,
    /// The earlier tag of a comparison, and the dots.
    pub(crate) base: Option<(&'a str, &'a str)>,
    pub(crate) tag: &'a str,
    pub(crate) tail: &'a str,
}

impl<'a> Address<'a> {
    /// Splits an address. Without a comparison, the tag is the segment that holds `version`.
    pub(crate) fn read(url: &'a str, version: Option<&str>) -> Option<Self> {
        if !is_destination(url) {
            return None;
        }
        if let Some(found) = Self::comparison(url) {
            return Some(found);
        }
        let at = url.rfind(version?)?;
        let start = url.get(..at)?.rfind('/')? + 1;
        let rest = url.get(start..)?;
        let len = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        Some(Self {
            head: url.get(..start)?,
            base: None,
            tag: rest.get(..len)?,
            tail: rest.get(len..)?,
        })
    }

    fn comparison(url: &'a str) -> Option<Self> {
        let (dots, at) = ["...", ".."]
            .iter()
            .find_map(|dots| Some((*dots, url.find(dots)?)))?;
        let before = url.get(..at)?;
        // Tags may hold slashes: after `compare/` everything is the tag.
        let start = before
            .find("compare/")
            .map(|at| at + "compare/".len())
            .or_else(|| before.rfind('/').map(|at| at + 1))?;
        let rest = url.get(at + dots.len()..)?;
        let len = rest.find(['?', '#']).unwrap_or(rest.len());
        Some(Self {
            head: url.get(..start)?,
            base: Some((url.get(start..at)?, dots)),
            tag: rest.get(..len)?,
            tail: rest.get(len..)?,
        })
    }
}

/// Returns whether a link definition can hold an address as it is
/// ([CommonMark](https://spec.commonmark.org/0.31.2/#link-destination)).
fn is_destination(url: &str) -> bool {
    let mut open = 0_usize;
    let fits = |c: char| {
        match c {
            '(' => open += 1,
            ')' if open == 0 => return false,
            ')' => open -= 1,
            _ => {}
        }
        !(c.is_ascii_control() || c == ' ')
    };
    !url.starts_with('<') && url.chars().all(fits) && open == 0
}

/// Learns what stands before and after the version in tags, from the addresses of the releases.
pub(crate) fn tag_affixes(changelog: &Changelog<'_>) -> Option<(String, String)> {
    let from = |tag: &str, version: &str| {
        let at = tag.rfind(version)?;
        Some((
            tag.get(..at)?.to_owned(),
            tag.get(at + version.len()..)?.to_owned(),
        ))
    };
    changelog
        .releases()
        .take(8)
        .find_map(|section| {
            let version = section.version?;
            let url = changelog.url(section)?;
            from(Address::read(url, Some(version))?.tag, version)
        })
        .or_else(|| {
            // No release has an address: the base of Unreleased names a tag.
            let url = changelog.url(changelog.unreleased()?)?;
            let (base, _) = Address::read(url, None)?.base?;
            let at = base.find(|c: char| c.is_ascii_digit())?;
            order::key(base.get(at..)?)?;
            Some((base.get(..at)?.to_owned(), String::new()))
        })
}
