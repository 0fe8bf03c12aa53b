//! Tags against the process: their form, and the story of candidates and releases that they tell.

use std::collections::BTreeMap;

use promenade_promotion::{Accepts, FinalCommit};
use promenade_tag::{Classified, ObjectKind, SignatureKind, SignaturePolicy, TagFacts};
use promenade_version::{Counter, Version};

use super::{
    Audit, CANDIDATE_OPEN, CANDIDATE_REJECTED, Finding, RELEASE_OTHER_COMMIT,
    RELEASE_WITHOUT_CANDIDATE, Severity, TAG_INNER_NAME, TAG_LEGACY, TAG_LIGHTWEIGHT,
    TAG_NO_COMMIT, TAG_UNSIGNED, VERSION_TWICE,
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
    let policy = process.tags();
    let read: Vec<_> = tags
        .iter()
        .map(|facts| (facts, policy.classify(facts)))
        .collect();
    let mut audit = Audit::default();
    audit.summary.insert("tags".to_owned(), tags.len());
    for (facts, classified) in &read {
        *audit
            .summary
            .entry(format!("class {}", classified.class.name()))
            .or_default() += 1;
        audit.findings.extend(form(facts, classified));
    }
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
        audit.findings.extend(twice(&candidates));
        audit.findings.extend(twice(&releases));
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

/// What the object of a tag must be, by the rule that reads its name.
fn form(facts: &TagFacts, classified: &Classified<'_>) -> Vec<Finding> {
    let mut found: Vec<(&'static str, Severity, String, &str)> = Vec::new();
    let commit = facts.peeled_kind == ObjectKind::Commit;
    if !commit {
        let message = format!("points at a {}, not at a commit", facts.peeled_kind.name());
        found.push((
            TAG_NO_COMMIT,
            Severity::Warning,
            message,
            "tag the commit it was made from",
        ));
    }
    if let Some(inner) = facts
        .inner_name
        .as_ref()
        .filter(|inner| **inner != facts.name)
    {
        let inner = String::from_utf8_lossy(inner);
        let message = format!("holds a tag object that is named `{inner}`");
        found.push((
            TAG_INNER_NAME,
            Severity::Error,
            message,
            "make a tag object of its own",
        ));
    }
    let rule = classified.rule.filter(|_| commit);
    if let Some(rule) = rule.filter(|rule| rule.is_legacy()) {
        let message = format!("is named by the legacy template `{}`", rule.template);
        found.push((
            TAG_LEGACY,
            Severity::Note,
            message,
            "none needed: legacy names are only read",
        ));
    } else if let Some(rule) = rule {
        if rule.annotated && facts.object != ObjectKind::Tag {
            let message = "is lightweight; the process asks for a tag object".to_owned();
            found.push((
                TAG_LIGHTWEIGHT,
                Severity::Error,
                message,
                "make annotated tags from now on",
            ));
        }
        let severity = match rule.signature {
            SignaturePolicy::None => None,
            SignaturePolicy::Recommended => Some(Severity::Warning),
            SignaturePolicy::Required => Some(Severity::Error),
        };
        if let Some(severity) = severity.filter(|_| facts.signature == SignatureKind::None) {
            let message = "is not signed".to_owned();
            found.push((TAG_UNSIGNED, severity, message, "sign tags from now on"));
        }
    }
    let finding = |(rule, severity, message, remedy): (_, _, _, &str)| Finding {
        rule,
        severity,
        subject: name(facts),
        commit: Some(facts.peeled.clone()),
        message,
        remedy: remedy.to_owned(),
    };
    found.into_iter().map(finding).collect()
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

/// One version, one commit.
fn twice(versions: &[Versioned<'_>]) -> Vec<Finding> {
    let pairs = versions.iter().zip(versions.iter().skip(1));
    pairs
        .filter(|(one, two)| one.version == two.version && one.facts.peeled != two.facts.peeled)
        .map(|(one, two)| {
            let message = format!(
                "is the same version as `{}`, on another commit ({})",
                name(one.facts),
                one.facts.peeled,
            );
            let remedy = "give the newer commit a version of its own";
            finding(VERSION_TWICE, Severity::Error, two, message, remedy)
        })
        .collect()
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
