//! `tags`: every tag of the repository, what it stands for, and what is wrong with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use promenade::tag::{ObjectKind, Severity, SignatureKind, Surveyed, TagFacts, TagPolicy};
use promenade::version::{Scheme, Version};
use serde_json::{Value, json};

use super::verdict::{KeyringArgs, Verdicts};
use crate::context::git_error;
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TagsArgs {
    /// Only tags with findings
    #[arg(long)]
    findings: bool,
    /// In the order of their names, or by component and version with the highest last
    #[arg(long, value_name = "ORDER", value_enum, default_value_t)]
    sort: Order,
    #[command(flatten)]
    keys: KeyringArgs,
}

/// In which order tags are listed.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Order {
    /// By their names, as git lists them
    #[default]
    Name,
    /// By component and version; tags that stand for none come first
    Version,
}

pub(crate) fn run(args: &TagsArgs, context: &Context) -> Result<Report, CliError> {
    let process = context.process()?;
    let policy = process.tags();
    let repository = context.repository()?;
    let facts = repository.tags().map_err(git_error)?;
    let verdicts = args.keys.judge(&repository, &facts, &process, context)?;
    let survey = policy.survey(&facts);
    let worst = survey
        .iter()
        .flat_map(|one| &one.findings)
        .map(promenade::tag::TagFinding::severity)
        .max();
    let exit = match worst {
        Some(Severity::Error | Severity::Warning) => Exit::Held,
        _ if !verdicts.all_good() => Exit::Held,
        Some(Severity::Note) | None => Exit::Done,
    };
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &survey {
        *classes.entry(one.classified.class.name()).or_default() += 1;
    }
    let mut shown: Vec<_> = survey
        .iter()
        .filter(|one| !args.findings || !one.findings.is_empty())
        .collect();
    if let Order::Version = args.sort {
        // Stable: tags of one version stay in the order of their names.
        shown.sort_by(|one, other| {
            let (one, other) = (&one.classified, &other.classified);
            let versions = (
                one.version.is_some(),
                one.component,
                one.scope,
                &one.version,
            );
            versions.cmp(&(
                other.version.is_some(),
                other.component,
                other.scope,
                &other.version,
            ))
        });
    }
    let tags: Vec<Value> = shown
        .iter()
        .map(|one| object(policy, one, &verdicts))
        .collect();
    let json = json!({ "tags": tags, "summary": classes });
    let text = table(policy, &shown, &classes, &verdicts);
    Ok(Report::new("promenade.tags/1", json, text).exit(exit))
}

fn object(policy: &TagPolicy, one: &Surveyed<'_>, verdicts: &Verdicts) -> Value {
    let facts = one.facts;
    let classified = &one.classified;
    let version = classified.version.as_ref();
    let ids: Vec<_> = one.findings.iter().map(|finding| finding.id()).collect();
    let details: Vec<_> = one
        .findings
        .iter()
        .map(|finding| {
            json!({
                "id": finding.id(), "severity": finding.severity().name(),
                "message": finding.to_string(),
            })
        })
        .collect();
    json!({
        "tag": name(one),
        "class": classified.class.name(),
        "scope": classified.scope,
        "component": classified.component,
        "version": version.map(|version| scheme_text(policy.scheme(), version)),
        "meaning": classified.meaning.map(|meaning| meaning.as_str()),
        "object": facts.object.name(),
        "depth": facts.depth,
        "commit": (facts.peeled_kind == ObjectKind::Commit).then_some(&facts.peeled),
        "signature": signature(facts),
        "verdict": verdicts.json(&facts.name),
        "date": facts.date.map(|date| date.to_rfc3339()),
        "findings": ids,
        "details": details,
    })
}

/// The word for the kind of a signature, or for there being none.
fn signature(facts: &TagFacts) -> &'static str {
    facts.signature.map_or("none", SignatureKind::name)
}

fn name(one: &Surveyed<'_>) -> String {
    String::from_utf8_lossy(&one.facts.name).into_owned()
}

fn table(
    policy: &TagPolicy,
    shown: &[&Surveyed<'_>],
    classes: &BTreeMap<&str, usize>,
    verdicts: &Verdicts,
) -> String {
    let width = |column: fn(&Surveyed<'_>) -> usize, least: usize| {
        let widest = shown.iter().map(|one| column(one)).max();
        widest.unwrap_or_default().max(least)
    };
    let tag = width(|one| name(one).chars().count(), "tag".len());
    let mut text = format!(
        "{:tag$}  {:9}  {:16}  {:6}  {:4}  {:12}\n",
        "tag", "class", "version", "object", "sig", "commit"
    );
    for one in shown {
        let version = one.classified.version.as_ref();
        let version = version.map(|version| scheme_text(policy.scheme(), version));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:tag$}  {:9}  {:16}  {:6}  {:4}  {}",
            name(one),
            one.classified.class.name(),
            version.as_deref().unwrap_or("-"),
            one.facts.object.name(),
            signature(one.facts),
            one.facts.peeled.get(..12).unwrap_or(&one.facts.peeled),
        );
        if let Some(line) = verdicts.line(&one.facts.name) {
            let _ = writeln!(text, "{:tag$}  signature: {line}", "");
        }
        for finding in &one.findings {
            let severity = finding.severity().name();
            let _ = writeln!(text, "{:tag$}  {severity}: {finding}", "");
        }
    }
    let counts: Vec<_> = classes
        .iter()
        .map(|(class, count)| format!("{count} {class}"))
        .collect();
    let _ = writeln!(text, "{}", counts.join(", "));
    text
}

/// Prints a version as its scheme spells it; a version that was read has a spelling.
fn scheme_text(scheme: &Scheme, version: &Version) -> String {
    scheme
        .format(version)
        .unwrap_or_else(|_| version.to_string())
}
