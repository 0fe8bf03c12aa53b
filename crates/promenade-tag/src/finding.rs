//! What is wrong with tags: each by itself, and all of a repository together.

use std::fmt;

use promenade_version::Version;

use crate::{Class, Classified, ObjectKind, SignaturePolicy, TagFacts, TagPolicy};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Against a recommendation.
    Warning,
    /// Against a rule.
    Error,
}

impl Severity {
    /// Returns the name that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something about a tag that its rule does not allow, or that no tag should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TagFinding {
    /// It points at the commit itself, and its rule asks for a tag object.
    Lightweight,
    /// It has no signature.
    Unsigned {
        /// What its rule asks for.
        policy: SignaturePolicy,
    },
    /// The tag object says another name.
    NameMismatch {
        /// That name, as far as it is text.
        inner: String,
    },
    /// It does not lead to a commit.
    NotACommit {
        /// What it leads to.
        found: ObjectKind,
        /// Whether it stands for a version.
        released: bool,
    },
    /// It is a tag of a tag.
    Nested {
        /// How many tag objects there are on the way.
        depth: u32,
    },
    /// Its name is not UTF-8.
    NotUtf8,
    /// Another tag of the same commit stands for the same version.
    VersionTwice {
        /// That tag.
        other: String,
    },
    /// A tag of another commit stands for the same version.
    VersionOnTwoCommits {
        /// That tag.
        other: String,
        /// Its commit.
        commit: String,
    },
}

impl TagFinding {
    /// The ids of all findings.
    pub const IDS: [&'static str; 8] = [
        "tag-lightweight",
        "tag-unsigned",
        "tag-name-mismatch",
        "tag-not-a-commit",
        "tag-nested",
        "tag-not-utf8",
        "tag-version-twice",
        "tag-version-on-two-commits",
    ];

    /// Returns the id of the finding, which never changes.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Lightweight => "tag-lightweight",
            Self::Unsigned { .. } => "tag-unsigned",
            Self::NameMismatch { .. } => "tag-name-mismatch",
            Self::NotACommit { .. } => "tag-not-a-commit",
            Self::Nested { .. } => "tag-nested",
            Self::NotUtf8 => "tag-not-utf8",
            Self::VersionTwice { .. } => "tag-version-twice",
            Self::VersionOnTwoCommits { .. } => "tag-version-on-two-commits",
        }
    }

    /// Returns how much it matters.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::Lightweight
            | Self::VersionOnTwoCommits { .. }
            | Self::NotACommit { released: true, .. }
            | Self::Unsigned {
                policy: SignaturePolicy::Required,
            } => Severity::Error,
            Self::Unsigned { .. } | Self::NameMismatch { .. } | Self::VersionTwice { .. } => {
                Severity::Warning
            }
            Self::NotACommit { .. } | Self::Nested { .. } | Self::NotUtf8 => Severity::Note,
        }
    }
}

impl fmt::Display for TagFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lightweight => f.write_str("it is lightweight, and must be a tag object"),
            Self::Unsigned {
                policy: SignaturePolicy::Required,
            } => f.write_str("it is not signed, and must be"),
            Self::Unsigned { .. } => f.write_str("it is not signed, and should be"),
            Self::NameMismatch { inner } => {
                write!(
                    f,
                    "the tag object says `{inner}`; the name of the ref counts"
                )
            }
            Self::NotACommit { found, .. } => {
                write!(f, "it leads to a {}, not to a commit", found.name())
            }
            Self::Nested { depth } => write!(f, "it is a tag of a tag, {depth} deep"),
            Self::NotUtf8 => f.write_str("its name is not UTF-8"),
            Self::VersionTwice { other } => {
                write!(
                    f,
                    "`{other}` stands for the same version, on the same commit"
                )
            }
            Self::VersionOnTwoCommits { other, commit } => {
                write!(
                    f,
                    "`{other}` stands for the same version, on commit {commit}"
                )
            }
        }
    }
}

/// A tag, what it stands for, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surveyed<'a> {
    /// The facts.
    pub facts: &'a TagFacts,
    /// What it stands for.
    pub classified: Classified<'a>,
    /// What is wrong with it.
    pub findings: Vec<TagFinding>,
}

impl TagPolicy {
    /// Says what is wrong with one tag, whatever the others are.
    #[must_use]
    pub fn findings(&self, facts: &TagFacts, classified: &Classified<'_>) -> Vec<TagFinding> {
        let mut findings = Vec::new();
        if std::str::from_utf8(&facts.name).is_err() {
            findings.push(TagFinding::NotUtf8);
        }
        if facts.peeled_kind != ObjectKind::Commit {
            findings.push(TagFinding::NotACommit {
                found: facts.peeled_kind,
                released: classified.version.is_some(),
            });
        }
        if facts.depth > 1 {
            findings.push(TagFinding::Nested { depth: facts.depth });
        }
        if let Some(inner) = &facts.inner_name
            && *inner != facts.name
        {
            findings.push(TagFinding::NameMismatch {
                inner: String::from_utf8_lossy(inner).into_owned(),
            });
        }
        let Some(rule) = classified.rule else {
            return findings;
        };
        if facts.object != ObjectKind::Tag && rule.needs_object() {
            findings.push(TagFinding::Lightweight);
        }
        if facts.signature.is_none() && rule.signature != SignaturePolicy::None {
            findings.push(TagFinding::Unsigned {
                policy: rule.signature,
            });
        }
        findings
    }

    /// Classifies all tags of a repository, and says what is wrong with each and with all of them
    /// together: a version that two tags stand for. The order is that of `tags`, and no finding depends on it.
    #[must_use]
    pub fn survey<'a>(&'a self, tags: &'a [TagFacts]) -> Vec<Surveyed<'a>> {
        let mut surveyed = Vec::with_capacity(tags.len());
        for facts in tags {
            let classified = self.classify(facts);
            surveyed.push(Surveyed {
                findings: self.findings(facts, &classified),
                facts,
                classified,
            });
        }
        for (at, other) in twice(&surveyed) {
            let Some(one) = surveyed.get_mut(at) else {
                continue;
            };
            let commit = &other.peeled;
            let name = String::from_utf8_lossy(&other.name).into_owned();
            one.findings.push(if *commit == one.facts.peeled {
                TagFinding::VersionTwice { other: name }
            } else {
                TagFinding::VersionOnTwoCommits {
                    other: name,
                    commit: commit.clone(),
                }
            });
        }
        surveyed
    }
}

/// What no two tags may stand for: a version of a component, within a scope.
type Key<'a> = (Option<&'a str>, Option<&'a str>, &'a Version);

fn key<'a>(classified: &'a Classified<'a>) -> Option<Key<'a>> {
    let fixed = classified.class != Class::Channel;
    let version = classified.version.as_ref().filter(|_| fixed)?;
    Some((classified.component, classified.scope, version))
}

/// Returns the tags that stand for what another one stands for, by their place, with that one.
///
/// It is the same whatever the order of the tags: one with a legacy name, which nobody makes any more,
/// else the first by name.
fn twice<'a>(surveyed: &[Surveyed<'a>]) -> Vec<(usize, &'a TagFacts)> {
    let mut versions = Vec::new();
    for (at, one) in surveyed.iter().enumerate() {
        if let Some(key) = key(&one.classified) {
            let legacy = one.classified.class == Class::Legacy;
            versions.push((key, !legacy, one.facts, at));
        }
    }
    versions.sort_unstable_by(|(key, newer, facts, at), (other, is_newer, its, its_at)| {
        key.cmp(other)
            .then_with(|| newer.cmp(is_newer))
            .then_with(|| facts.name.cmp(&its.name))
            .then_with(|| at.cmp(its_at))
    });
    let mut twice = Vec::new();
    for same in versions.chunk_by(|one, other| one.0 == other.0) {
        let Some((.., first, _)) = same.first() else {
            continue;
        };
        for (.., facts, at) in same {
            if facts.name != first.name {
                twice.push((*at, *first));
            }
        }
    }
    twice
}
