//! The addresses after a cut: of the new version, and of what comes after it.

use crate::address::{Address, tag_affixes};
use crate::cut::{Cut, Previous};
use crate::dialect::Dialect;
use crate::document::Changelog;
use crate::order;
use crate::policy::{ChangelogPolicy, CompareBase, LinkStyle, UrlTemplate};
use crate::section::Section;

/// The addresses after a cut.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Links {
    pub(crate) version: Option<String>,
    pub(crate) unreleased: Option<String>,
}

impl Links {
    pub(crate) fn plan(
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
        if !is_stale(changelog, version.as_deref()) {
            return Some(Base {
                version,
                tag: base.to_owned(),
            });
        }
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

/// Whether Unreleased is still compared with a version that a later release of the file follows:
/// its link was forgotten then. A version without a section is taken as it stands.
fn is_stale(changelog: &Changelog<'_>, base: Option<&str>) -> bool {
    let Some(base) = base.filter(|base| changelog.named(base).next().is_some()) else {
        return false;
    };
    let mut above = changelog
        .releases()
        .filter_map(|section| section.version)
        .take_while(|version| !order::same(version, base))
        .filter(|version| !order::is_candidate(version));
    above.any(|version| order::key(version) > order::key(base))
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
