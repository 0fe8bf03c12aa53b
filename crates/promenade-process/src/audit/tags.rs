//! Tags against the process: their form, and the story of candidates and releases that they tell.

use std::collections::{BTreeMap, BTreeSet};

use promenade_promotion::{Accepts, FinalCommit};
use promenade_tag::{Class, Classified, Surveyed, TagFacts, TagFinding};
use promenade_version::{Counter, Version};

use super::{Audit, Finding, RuleId, Severity};
use crate::Process;

/// A tag that stands for a version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Versioned<'a> {
    pub(crate) facts: &'a TagFacts,
    pub(crate) version: &'a Version,
}

/// The candidates and the releases of a component, each in the order of versions.
#[derive(Debug, Default)]
pub(crate) struct Story<'a> {
    pub(crate) component: Option<&'a str>,
    pub(crate) candidates: Vec<Versioned<'a>>,
    pub(crate) releases: Vec<Versioned<'a>>,
}

/// Audits the tags of a repository, in any order.
pub fn tags(process: &Process, tags: &[TagFacts]) -> Audit {
    let surveyed = process.tags().survey(tags);
    let mut audit = survey(process, &surveyed);
    let order = places(&surveyed);
    sort(&mut audit, &order);
    audit.tally();
    audit
}

/// Judges tags by themselves, and the stories of all components.
pub(super) fn survey(process: &Process, surveyed: &[Surveyed<'_>]) -> Audit {
    let mut audit = Audit::default();
    audit.count("tags", surveyed.len());
    for tag in surveyed {
        audit.count(format!("class {}", tag.classified.class.name()), 1);
        audit.findings.extend(form(tag));
    }
    for story in stories(surveyed) {
        audit.findings.extend(fates(process, &story));
    }
    audit
}

/// Returns the candidates and releases of each component.
pub(super) fn stories<'a>(surveyed: &'a [Surveyed<'a>]) -> Vec<Story<'a>> {
    let mut by_component: BTreeMap<Option<&str>, Story<'a>> = BTreeMap::new();
    for tag in surveyed {
        let classified: &Classified<'_> = &tag.classified;
        let Some(version) = &classified.version else {
            continue;
        };
        let story = by_component.entry(classified.component).or_default();
        story.component = classified.component;
        let facts = tag.facts;
        if classified.is_candidate() {
            story.candidates.push(Versioned { facts, version });
        } else if classified.is_release() {
            story.releases.push(Versioned { facts, version });
        }
    }
    let mut stories: Vec<_> = by_component.into_values().collect();
    for story in &mut stories {
        for tags in [&mut story.candidates, &mut story.releases] {
            tags.sort_by(|a, b| {
                a.version
                    .cmp(b.version)
                    .then(a.facts.name.cmp(&b.facts.name))
            });
        }
    }
    stories
}

/// Returns the version that each tag stands for, by its name: findings are sorted by it.
pub(super) fn places(surveyed: &[Surveyed<'_>]) -> BTreeMap<String, Option<Version>> {
    let named = surveyed.iter();
    named
        .map(|tag| (name(tag.facts), tag.classified.version.clone()))
        .collect()
}

/// Sorts findings by the version of their subject, then by subject and rule.
pub(super) fn sort(audit: &mut Audit, places: &BTreeMap<String, Option<Version>>) {
    audit.findings.sort_by(|a, b| {
        let version = |finding: &Finding| places.get(&finding.subject).and_then(Option::as_ref);
        version(a)
            .cmp(&version(b))
            .then_with(|| a.subject.cmp(&b.subject))
            .then(a.rule.cmp(&b.rule))
    });
}

/// What is wrong with a tag by itself and beside the others, by the rule that reads its name.
fn form(tag: &Surveyed<'_>) -> Vec<Finding> {
    let finding =
        |rule, message: String| Finding::new(rule, name(tag.facts), message).on(&tag.facts.peeled);
    let legacy = match tag.classified.rule {
        Some(rule) if tag.classified.class == Class::Legacy => {
            let message = format!("is named by the legacy template `{}`", rule.template);
            Some(finding(RuleId::TagLegacy, message))
        }
        _ => None,
    };
    // A legacy name was made under other rules: what these ask for is no fault of it. That a version has
    // one commit is asked of every name.
    let counts = |found: &&TagFinding| legacy.is_none() || is_double(found);
    let found = tag.findings.iter().filter(counts);
    let found: Vec<_> = found
        .map(|found| finding(rule(found), found.to_string()).weighing(severity(found)))
        .collect();
    legacy.into_iter().chain(found).collect()
}

fn is_double(found: &TagFinding) -> bool {
    matches!(
        found,
        TagFinding::VersionTwice { .. } | TagFinding::VersionOnTwoCommits { .. }
    )
}

fn severity(found: &TagFinding) -> Severity {
    match found.severity() {
        promenade_tag::Severity::Note => Severity::Note,
        promenade_tag::Severity::Warning => Severity::Warning,
        promenade_tag::Severity::Error => Severity::Error,
    }
}

fn rule(found: &TagFinding) -> RuleId {
    match found {
        TagFinding::Lightweight => RuleId::TagLightweight,
        TagFinding::Unsigned { .. } => RuleId::TagUnsigned,
        TagFinding::NameMismatch { .. } => RuleId::TagNameMismatch,
        TagFinding::Nested { .. } => RuleId::TagNested,
        TagFinding::NotUtf8 => RuleId::TagNotUtf8,
        TagFinding::VersionTwice { .. } => RuleId::TagVersionTwice,
        TagFinding::VersionOnTwoCommits { .. } => RuleId::TagVersionOnTwoCommits,
        _ => RuleId::TagNotACommit,
    }
}

/// What became of candidates, and where releases came from.
fn fates(process: &Process, story: &Story<'_>) -> Vec<Finding> {
    let environments = process.promotion().environments().iter();
    if !environments
        .into_iter()
        .any(|rule| rule.accepts == Accepts::Candidate)
    {
        return Vec::new();
    }
    let released: BTreeSet<Version> = story.releases.iter().map(|tag| base(tag.version)).collect();
    let mut later: Vec<&Versioned<'_>> = story.candidates.iter().chain(&story.releases).collect();
    later.sort_by(|a, b| a.version.cmp(b.version));
    let mut own: BTreeMap<Version, Vec<&Versioned<'_>>> = BTreeMap::new();
    let mut findings = Vec::new();
    for candidate in &story.candidates {
        let target = base(candidate.version);
        if !released.contains(&target) {
            findings.push(fate(process, candidate, &later));
        }
        own.entry(target).or_default().push(candidate);
    }
    let same = process.promotion().release().final_commit == FinalCommit::SameCommit;
    for release in &story.releases {
        let own = own.get(&base(release.version));
        let Some(last) = own.and_then(|own| own.last()) else {
            let message = "was released without a candidate";
            findings.push(finding(RuleId::ReleaseWithoutCandidate, release, message));
            continue;
        };
        let mut own = own.into_iter().flatten();
        if same && !own.any(|candidate| candidate.facts.peeled == release.facts.peeled) {
            let message = format!(
                "is on commit {}, its candidate `{}` on {}",
                release.facts.peeled,
                name(last.facts),
                last.facts.peeled,
            );
            findings.push(finding(RuleId::ReleaseOtherCommit, release, message));
        }
    }
    findings
}

/// What became of a candidate that was not released. `later` is in the order of versions, in which the
/// versions of one line, and the candidates of one version, stand side by side.
fn fate(process: &Process, candidate: &Versioned<'_>, later: &[&Versioned<'_>]) -> Finding {
    let policy = process.version().candidate();
    let in_patch = policy.is_some_and(|policy| policy.counter() == Counter::Patch);
    let next = later.partition_point(|other| other.version <= candidate.version);
    let successor = later.get(next).filter(|later| {
        let (old, new) = (candidate.version, later.version);
        let line = || process.version().scheme().line_of(old);
        if in_patch {
            line().is_some_and(|line| line.contains(new))
        } else {
            base(old) == base(new)
        }
    });
    match successor {
        Some(later) => {
            let message = format!("was rejected and replaced by `{}`", name(later.facts));
            finding(RuleId::CandidateRejected, candidate, message)
        }
        None => {
            let message = "was neither released nor replaced";
            finding(RuleId::CandidateOpen, candidate, message)
        }
    }
}

/// The numbers of a version, without its suffixes: what a candidate is a candidate of.
pub(super) fn base(version: &Version) -> Version {
    Version::new(version.major, version.minor, version.patch)
}

pub(super) fn name(facts: &TagFacts) -> String {
    String::from_utf8_lossy(&facts.name).into_owned()
}

pub(super) fn finding(rule: RuleId, tag: &Versioned<'_>, message: impl Into<String>) -> Finding {
    Finding::new(rule, name(tag.facts), message).on(&tag.facts.peeled)
}
