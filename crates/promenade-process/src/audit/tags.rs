//! Tags against the process: their form, and the story of candidates and releases that they tell.

use std::collections::BTreeMap;

use promenade_promotion::{Accepts, FinalCommit};
use promenade_tag::{Class, Classified, Surveyed, TagFacts, TagFinding};
use promenade_version::{Counter, Version};

use super::{
    Audit, CANDIDATE_OPEN, CANDIDATE_REJECTED, Finding, RELEASE_OTHER_COMMIT,
    RELEASE_WITHOUT_CANDIDATE, Severity, TAG_LEGACY,
};
use crate::Process;

/// A tag that stands for a version.
#[derive(Clone, Copy)]
struct Versioned<'a> {
    facts: &'a TagFacts,
    version: &'a Version,
}

/// Audits the tags of a repository, in any order.
pub fn tags(process: &Process, tags: &[TagFacts]) -> Audit {
    let surveyed = process.tags().survey(tags);
    let mut audit = Audit::default();
    audit.summary.insert("tags".to_owned(), tags.len());
    for tag in &surveyed {
        let class = format!("class {}", tag.classified.class.name());
        *audit.summary.entry(class).or_default() += 1;
        audit.findings.extend(form(tag));
    }
    let read: Vec<_> = surveyed
        .iter()
        .map(|tag| (tag.facts, &tag.classified))
        .collect();
    let mut components: Vec<Option<&str>> = read
        .iter()
        .map(|(_, classified)| classified.component)
        .collect();
    components.sort_unstable();
    components.dedup();
    for component in components {
        let of = |wanted: &dyn Fn(&Classified<'_>) -> bool| -> Vec<Versioned<'_>> {
            let mut versions: Vec<_> = read
                .iter()
                .filter(|(_, tag)| tag.component == component && wanted(tag))
                .filter_map(|(facts, tag)| {
                    Some(Versioned {
                        facts,
                        version: tag.version.as_ref()?,
                    })
                })
                .collect();
            versions.sort_by(|a, b| {
                a.version
                    .cmp(b.version)
                    .then(a.facts.name.cmp(&b.facts.name))
            });
            versions
        };
        let (candidates, releases) = (of(&|tag| tag.is_candidate()), of(&|tag| tag.is_release()));
        audit
            .findings
            .extend(story(process, &candidates, &releases));
    }
    let order: BTreeMap<String, Option<Version>> = read
        .iter()
        .map(|(facts, classified)| (name(facts), classified.version.clone()))
        .collect();
    audit.findings.sort_by(|a, b| {
        let version = |finding: &Finding| order.get(&finding.subject).cloned().flatten();
        version(a)
            .cmp(&version(b))
            .then_with(|| a.subject.cmp(&b.subject))
            .then(a.rule.cmp(b.rule))
    });
    for finding in &audit.findings {
        *audit
            .summary
            .entry(format!("rule {}", finding.rule))
            .or_default() += 1;
    }
    audit
}

/// What is wrong with a tag by itself and beside the others, by the rule that reads its name.
fn form(tag: &Surveyed<'_>) -> Vec<Finding> {
    let finding = |rule, severity, message: String, remedy: &str| Finding {
        rule,
        severity,
        subject: name(tag.facts),
        commit: Some(tag.facts.peeled.clone()),
        message,
        remedy: remedy.to_owned(),
    };
    if tag.classified.class == Class::Legacy
        && let Some(rule) = tag.classified.rule
    {
        // A legacy name was made under other rules: what these ask for is no fault of it.
        let message = format!("is named by the legacy template `{}`", rule.template);
        return vec![finding(
            TAG_LEGACY,
            Severity::Note,
            message,
            "none needed: it is only read",
        )];
    }
    let found = tag.findings.iter();
    found
        .map(|found| {
            let severity = match found.severity() {
                promenade_tag::Severity::Note => Severity::Note,
                promenade_tag::Severity::Warning => Severity::Warning,
                promenade_tag::Severity::Error => Severity::Error,
            };
            finding(found.id(), severity, found.to_string(), remedy(found))
        })
        .collect()
}

fn remedy(found: &TagFinding) -> &'static str {
    match found {
        TagFinding::Lightweight => "make annotated tags from now on; a published tag stays",
        TagFinding::Unsigned { .. } => "sign tags from now on; a published tag stays",
        TagFinding::NameMismatch { .. } => "make a tag object of its own for each name",
        TagFinding::VersionOnTwoCommits { .. } => "give the newer commit a version of its own",
        TagFinding::VersionTwice { .. } => "keep one name for a version",
        _ => "tag the commit that the version was made from",
    }
}

/// The story of candidates and releases.
fn story(
    process: &Process,
    candidates: &[Versioned<'_>],
    releases: &[Versioned<'_>],
) -> Vec<Finding> {
    let asks = process
        .promotion()
        .environments()
        .iter()
        .any(|e| e.accepts == Accepts::Candidate);
    if !asks {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for candidate in candidates {
        let target = base(candidate.version);
        if releases
            .iter()
            .any(|release| base(release.version) == target)
        {
            continue;
        }
        findings.push(fate(process, candidate, candidates, releases));
    }
    let same = process.promotion().release().final_commit == FinalCommit::SameCommit;
    for release in releases {
        let own: Vec<_> = candidates
            .iter()
            .filter(|candidate| base(candidate.version) == base(release.version))
            .collect();
        let Some(last) = own.last() else {
            findings.push(finding(
                RELEASE_WITHOUT_CANDIDATE,
                Severity::Warning,
                release,
                "was released without a candidate".to_owned(),
                "release a candidate that was verified, or record the release as a hotfix",
            ));
            continue;
        };
        let on_one = own
            .iter()
            .any(|candidate| candidate.facts.peeled == release.facts.peeled);
        if same && !on_one {
            let message = format!(
                "is on commit {}, its candidate `{}` on {}",
                release.facts.peeled,
                name(last.facts),
                last.facts.peeled,
            );
            let remedy = "release the commit of the candidate; a tag that was published stays";
            findings.push(finding(
                RELEASE_OTHER_COMMIT,
                Severity::Error,
                release,
                message,
                remedy,
            ));
        }
    }
    findings
}

/// What became of a candidate that was not released.
fn fate(
    process: &Process,
    candidate: &Versioned<'_>,
    candidates: &[Versioned<'_>],
    releases: &[Versioned<'_>],
) -> Finding {
    let in_patch = process
        .version()
        .candidate()
        .is_some_and(|policy| policy.counter() == Counter::Patch);
    let successor = candidates
        .iter()
        .chain(releases)
        .filter(|later| later.version > candidate.version)
        .find(|later| {
            let (old, new) = (candidate.version, later.version);
            let scheme = process.version().scheme();
            let on_line = || scheme.line_of(old).is_some_and(|line| line.contains(new));
            if in_patch {
                on_line()
            } else {
                base(old) == base(new)
            }
        });
    match successor {
        Some(later) => finding(
            CANDIDATE_REJECTED,
            Severity::Note,
            candidate,
            format!("was rejected and replaced by `{}`", name(later.facts)),
            "none needed: a rejected candidate stays rejected",
        ),
        None => finding(
            CANDIDATE_OPEN,
            Severity::Note,
            candidate,
            "was neither released nor replaced".to_owned(),
            "release it, or reject it with a reason",
        ),
    }
}

/// The numbers of a version, without its suffixes: what a candidate is a candidate of.
fn base(version: &Version) -> Version {
    Version::new(version.major, version.minor, version.patch)
}

fn name(facts: &TagFacts) -> String {
    String::from_utf8_lossy(&facts.name).into_owned()
}

fn finding(
    rule: &'static str,
    severity: Severity,
    tag: &Versioned<'_>,
    message: String,
    remedy: &str,
) -> Finding {
    Finding {
        rule,
        severity,
        subject: name(tag.facts),
        commit: Some(tag.facts.peeled.clone()),
        message,
        remedy: remedy.to_owned(),
    }
}
